//! The allocators that compete, and how each is found.
//!
//! | name | from |
//! |---|---|
//! | heapwright | this repository, built for release |
//! | glibc | the C library: nothing is preloaded |
//! | mimalloc, jemalloc, tcmalloc | Debian's packages, where they are installed |
//! | any other | `--lib NAME=PATH` |
//!
//! Nothing is installed: an absent one is named, with the package that has it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::launch::Launcher;
use super::options::Options;
use crate::library;
use crate::workspace;

/// Debian's packages: name in tables, package, file.
const DEBIAN: [(&str, &str, &str); 3] = [
    ("mimalloc", "libmimalloc2.0", "libmimalloc.so.2"),
    ("jemalloc", "libjemalloc2", "libjemalloc.so.2"),
    ("tcmalloc", "libtcmalloc-minimal4", "libtcmalloc_minimal.so.4"),
];

/// Where Linux distributions keep shared libraries.
const FOLDERS: [&str; 4] =
    ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];

/// One allocator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contender {
    /// Its name in tables.
    pub(super) name: String,
    /// What it is exactly.
    pub(super) version: String,
    /// How a program gets it.
    pub(super) way: Way,
}

/// How a program gets an allocator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// By `LD_PRELOAD`; with nothing to load, from the C library.
    Preload(Option<PathBuf>),
    /// By being linked into this program.
    Linked(PathBuf),
}

impl Contender {
    /// One for programs that call the C library.
    pub(super) fn preloaded(name: &str, library: Option<PathBuf>, version: &str) -> Self {
        Self { name: name.to_owned(), version: version.to_owned(), way: Way::Preload(library) }
    }

    /// One that is linked into a program.
    pub(super) fn linked(name: &str, program: PathBuf, version: &str) -> Self {
        Self { name: name.to_owned(), version: version.to_owned(), way: Way::Linked(program) }
    }

    /// Whether it comes from this repository, in whatever version.
    pub(super) fn is_ours(&self) -> bool {
        self.name.starts_with("heapwright")
    }

    /// Whether it is what every program has anyway.
    pub(super) fn is_system(&self) -> bool {
        self.name == "glibc" || self.name == "system"
    }

    /// What to preload.
    pub(super) fn library(&self) -> Option<&Path> {
        match &self.way {
            Way::Preload(library) => library.as_deref(),
            Way::Linked(_) => None,
        }
    }

    /// Whether `answered`, what a workload says about its malloc, is this one.
    pub(super) fn is(&self, answered: &str) -> bool {
        match &self.way {
            Way::Linked(_) => answered == self.name,
            Way::Preload(None) => answered.contains("/libc.so"),
            Way::Preload(Some(library)) => {
                let real = |path: &Path| path.canonicalize().ok();
                real(library).is_some() && real(library) == real(Path::new(answered))
            }
        }
    }
}

/// Everyone who is asked for, is here and does serve; the second list names the others.
pub(super) fn find(
    options: &Options,
    launcher: &Launcher,
) -> Result<(Vec<Contender>, Vec<String>)> {
    let mut absent = Vec::new();
    let mut contenders = Vec::new();
    for contender in candidates(options, &mut absent)? {
        match launcher.objection(&contender)? {
            Some(objection) => absent.push(format!("{}: {objection}", contender.name)),
            None => contenders.push(contender),
        }
    }
    Ok((contenders, absent))
}

/// Everyone who is asked for and whose library is here.
fn candidates(options: &Options, absent: &mut Vec<String>) -> Result<Vec<Contender>> {
    let mut contenders = Vec::new();
    if options.wants_contender("heapwright") {
        contenders.push(Contender::preloaded("heapwright", Some(library::build()?), &revision()));
    }
    if options.wants_contender("glibc") {
        contenders.push(Contender::preloaded("glibc", None, &glibc_version()));
    }
    for (name, package, file) in DEBIAN {
        let is_given = options.libraries.iter().any(|(given, _)| given == name);
        if is_given || !options.wants_contender(name) {
            continue;
        }
        let path = FOLDERS.iter().map(|folder| Path::new(folder).join(file));
        match path.into_iter().find(|path| path.is_file()) {
            Some(path) => {
                let version = debian_version(package);
                contenders.push(Contender::preloaded(name, Some(path), &version));
            }
            None => absent.push(format!("{name}: no {file} (Debian's package {package})")),
        }
    }
    for (name, path) in options.libraries.iter().filter(|it| options.wants_contender(&it.0)) {
        let version = path.canonicalize()?.display().to_string();
        contenders.push(Contender::preloaded(name, Some(path.clone()), &version));
    }
    Ok(contenders)
}

/// The commit that was built, `-dirty` where files are changed.
pub(super) fn revision() -> String {
    let arguments = ["describe", "--always", "--dirty", "--abbrev=10"];
    output_of(Command::new("git").args(arguments).current_dir(workspace::root()))
}

fn glibc_version() -> String {
    output_of(Command::new("getconf").arg("GNU_LIBC_VERSION"))
}

fn debian_version(package: &str) -> String {
    let version = output_of(Command::new("dpkg-query").args(["-W", "-f", "${Version}", package]));
    format!("{package} {version}")
}

/// The first line that a command prints, `?` where it fails.
pub(super) fn output_of(command: &mut Command) -> String {
    let output = command.output().ok().filter(|output| output.status.success());
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let line = text.as_deref().and_then(|text| text.lines().next());
    line.map_or_else(|| "?".to_owned(), |line| line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_answered_is_checked_by_the_file_and_not_by_its_name() {
        let file = PathBuf::from(env!("CARGO_MANIFEST_PATH"));
        let folder = file.parent().unwrap();
        let detour = folder.join("src/../Cargo.toml");
        let contender = Contender::preloaded("it", Some(file.clone()), "1");
        assert!(contender.is(&detour.display().to_string()));
        assert!(!contender.is("/lib/x86_64-linux-gnu/libc.so.6"));
        assert!(!Contender::preloaded("it", Some("/no/file".into()), "1").is("/no/file"));
        let glibc = Contender::preloaded("glibc", None, "1");
        assert!(glibc.is("/lib/x86_64-linux-gnu/libc.so.6") && !glibc.is(&file.to_string_lossy()));
        let linked = Contender::linked("mimalloc", file, "1");
        assert!(linked.is("mimalloc") && !linked.is("system"));
    }

    #[test]
    fn a_command_that_fails_has_no_version() {
        assert_eq!(output_of(&mut Command::new("/no/such/program")), "?");
        assert_eq!(output_of(Command::new("sh").args(["-c", "echo 1; exit 1"])), "?");
        assert_eq!(output_of(Command::new("sh").args(["-c", "echo ' 2 '; echo 3"])), "2");
    }
}
