//! What cargo knows about this workspace: where it is, its packages, their features and programs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use xshell::{Shell, cmd};

/// The package of the C library, which is always built and linted alone: it is `no_std` and
/// brings its own panic handler, which one `std` feature of another member would contradict.
pub(crate) const ABI: &str = "heapwright-abi";
/// The programs that show each layer without `std`.
pub(crate) const NO_STD: &str = "heapwright-no-std";
/// The programs that link only where no panic is reachable.
pub(crate) const NO_PANIC: &str = "heapwright-no-panic";
/// The programs to read in order, the tour among them.
pub(crate) const EXAMPLES: &str = "heapwright-examples";
/// The benchmarks.
pub(crate) const BENCHES: &str = "heapwright-benches";

/// What a feature is called that needs a nightly toolchain.
pub(crate) const NIGHTLY_FEATURE: &str = "nightly";

/// The folder that holds the root `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// A shell that stands in the root of the workspace.
pub(crate) fn shell() -> Result<Shell> {
    let shell = Shell::new()?;
    shell.change_dir(root());
    Ok(shell)
}

/// One program, library or benchmark of a package.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Its name on cargo's command line.
    pub(crate) name: String,
    /// `lib`, `bin`, `example`, `bench`, …
    pub(crate) kind: String,
    /// The features without which cargo does not build it.
    pub(crate) required_features: Vec<String>,
}

/// One member of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    /// Its name on cargo's command line.
    pub(crate) name: String,
    /// Its features, `default` left out.
    pub(crate) features: Vec<String>,
    /// Whether it is for users: everything else is a tool of this repository.
    pub(crate) is_published: bool,
    /// What it builds.
    pub(crate) targets: Vec<Target>,
}

impl Package {
    /// The names of its targets of one kind that need no features, in cargo's order.
    pub(crate) fn names(&self, kind: &'static str) -> Vec<&str> {
        self.of_kind(kind)
            .filter(|target| target.required_features.is_empty())
            .map(|target| target.name.as_str())
            .collect()
    }

    /// Its features that build on the stable toolchain.
    pub(crate) fn stable_features(&self) -> Vec<&str> {
        self.features.iter().map(String::as_str).filter(|name| *name != NIGHTLY_FEATURE).collect()
    }

    /// What the layer is called, of which this is the package.
    pub(crate) fn layer(&self) -> &str {
        self.name.strip_prefix("heapwright-").unwrap_or(&self.name)
    }

    /// Whether this is the wanted package; all are where none is named.
    pub(crate) fn is_wanted(&self, wanted: Option<&Self>) -> bool {
        wanted.is_none_or(|wanted| wanted.name == self.name)
    }

    /// Its targets of one kind.
    pub(crate) fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &Target> {
        self.targets.iter().filter(move |target| target.kind == kind)
    }
}

/// What `cargo metadata` says about the workspace, dependencies left out.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The members, in cargo's order.
    pub(crate) packages: Vec<Package>,
    /// Where cargo builds.
    pub(crate) target_directory: PathBuf,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn load(shell: &Shell) -> Result<Self> {
        let text = cmd!(shell, "cargo metadata --format-version 1 --no-deps").quiet().read()?;
        let metadata: Value = serde_json::from_str(&text).context("cargo metadata is no JSON")?;
        Ok(Self::from_metadata(&metadata))
    }

    fn from_metadata(metadata: &Value) -> Self {
        let packages = items(&metadata["packages"]).map(package).collect();
        Self { packages, target_directory: PathBuf::from(text(&metadata["target_directory"])) }
    }

    /// The libraries for users.
    pub(crate) fn published(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.is_published)
    }

    /// The library for users of that name, or of the layer of that name.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub(crate) fn library(&self, name: &str) -> Result<&Package> {
        let is_meant =
            |package: &&Package| [package.name.as_str(), package.layer()].contains(&name);
        self.published().find(is_meant).with_context(|| {
            let layers: Vec<_> = self.published().map(Package::layer).collect();
            format!("no layer `{name}`; there are {}", layers.join(", "))
        })
    }

    /// The member of that name, if it exists.
    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }
}

fn package(value: &Value) -> Package {
    let features = value["features"].as_object();
    Package {
        name: text(&value["name"]),
        features: features
            .into_iter()
            .flat_map(|features| features.keys())
            .filter(|name| *name != "default")
            .cloned()
            .collect(),
        is_published: items(&value["publish"]).count() > 0 || value["publish"].is_null(),
        targets: items(&value["targets"]).map(target).collect(),
    }
}

fn target(value: &Value) -> Target {
    Target {
        name: text(&value["name"]),
        kind: text(&value["kind"][0]),
        required_features: items(&value["required-features"]).map(text).collect(),
    }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read_as_cargo_writes_it() {
        let metadata = serde_json::json!({
            "target_directory": "/somewhere/target",
            "packages": [{
                "name": "a",
                "publish": [],
                "features": { "default": ["x"], "nightly": [], "x": [], "y": [] },
                "targets": [
                    { "name": "a", "kind": ["lib"] },
                    { "name": "shown", "kind": ["bin"] },
                    { "name": "hidden", "kind": ["bin"], "required-features": ["x"] },
                ],
            }, { "name": "heapwright-b", "publish": null, "features": {}, "targets": [] }],
        });
        let workspace = Workspace::from_metadata(&metadata);
        assert_eq!(workspace.target_directory, Path::new("/somewhere/target"));
        let a = workspace.package("a").unwrap();
        assert_eq!(a.features, ["nightly", "x", "y"]);
        assert_eq!(a.stable_features(), ["x", "y"]);
        assert!(!a.is_published);
        assert_eq!(a.names("bin"), ["shown"]);
        assert_eq!(a.of_kind("bin").count(), 2);
        assert!(workspace.package("heapwright-b").unwrap().is_published);
        assert!(workspace.package("c").is_none());
        for name in ["b", "heapwright-b"] {
            assert_eq!(workspace.library(name).unwrap().name, "heapwright-b");
        }
        assert!(workspace.library("a").is_err(), "it is not for users");
        let count = |wanted| workspace.packages.iter().filter(|it| it.is_wanted(wanted)).count();
        assert_eq!((count(None), count(Some(a))), (2, 1));
    }
}
