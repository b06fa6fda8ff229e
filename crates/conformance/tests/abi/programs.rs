//! Compiles the test programs and runs them on the library.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use heapwright_conformance::library::{BREAKS, Library};

/// How a program gets the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Link {
    /// Not at all: by `LD_PRELOAD`.
    Preload,
    /// By `-lheapwright`, for those that call what the C library does not have.
    Shared,
    /// With the archive.
    Archive,
    /// With the archive, and nothing else is shared either.
    Static,
}

/// The directory of the sources.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../abi/tests/c")
}

/// A directory of one test.
pub(crate) fn directory(test: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("abi").join(test);
    fs::create_dir_all(&directory).expect("a directory for what is compiled");
    directory
}

/// Whether programs can be linked without shared libraries; says `SKIPPED` where they cannot.
pub(crate) fn has_static_libraries() -> bool {
    let probe = directory("static").join("probe.cpp");
    fs::write(&probe, "int main() {}").expect("a file for the probe");
    let mut command = Command::new(compiler("probe.cpp"));
    command.arg("-static").arg(&probe).arg("-o").arg(probe.with_extension("out"));
    let can_link = command.output().is_ok_and(|output| output.status.success());
    if !can_link {
        println!("SKIPPED: static programs: there are no static libraries");
    }
    can_link
}

/// Whether there is a compiler for `source`; says `SKIPPED` where there is none.
pub(crate) fn has_compiler(source: &str) -> bool {
    let compiler = compiler(source);
    let outcome = Command::new(&compiler)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let is_there = outcome.is_ok_and(|status| status.success());
    if !is_there {
        println!("SKIPPED: {source}: there is no compiler {compiler}");
    }
    is_there
}

fn compiler(source: &str) -> String {
    let (variable, default) = if source.ends_with(".c") { ("CC", "cc") } else { ("CXX", "c++") };
    env::var(variable).unwrap_or_else(|_| default.to_owned())
}

/// Compiles one source, once in a run of this test, and returns what came of it.
pub(crate) fn compile(source: &'static str, link: Link, extra: &[&str]) -> PathBuf {
    static COMPILED: Mutex<BTreeMap<(&str, Link), PathBuf>> = Mutex::new(BTreeMap::new());
    // A test that fails to compile leaves the map as it was.
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(program) = compiled.get(&(source, link)) {
        return program.clone();
    }
    let program = compile_anew(source, link, extra);
    compiled.insert((source, link), program.clone());
    program
}

fn compile_anew(source: &str, link: Link, extra: &[&str]) -> PathBuf {
    let library = Library::get();
    let stem = source.split('.').next().unwrap_or(source);
    let output = directory(stem).join(format!("{stem}-{link:?}"));
    let mut command = Command::new(compiler(source));
    if source.ends_with(".c") {
        command.arg("-std=gnu11");
    } else {
        // Sized deletes beside a plain one of the program are what one test is about.
        command.args(["-std=c++17", "-Wno-sized-deallocation"]);
    }
    command.current_dir(sources());
    command.args(["-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread"]);
    // The compiler knows `malloc` and takes calls of it away; and what the tests do with it on
    // purpose, it warns of.
    command.args(["-fno-builtin", "-Wno-use-after-free"]);
    command.args(["-I../../include", source, "-o"]).arg(&output).args(extra);
    match link {
        Link::Preload => &mut command,
        Link::Shared => command.arg("-L").arg(library.dir()).arg("-lheapwright"),
        Link::Archive => command.arg(&library.archive),
        // The linker warns that `dlopen` needs shared libraries; it may fail, then.
        Link::Static => {
            command.args(["-static", "-DWITHOUT_SHARED_LIBSTDCXX"]).arg(&library.archive)
        }
    };
    let outcome = command.output().expect("the compiler was found");
    assert!(outcome.status.success(), "{command:?}\n{}", text(&outcome.stderr));
    output
}

/// A command that runs `program` on the library and the given break.
pub(crate) fn on_library(program: &Path, source: &str) -> Command {
    let mut command = Command::new(program);
    Library::get().preload(&mut command, source);
    command
}

/// Runs a command and returns what it wrote; the test fails where it does not say `ok`.
pub(crate) fn expect_ok(command: &mut Command) -> Output {
    let output = command.output().expect("the program was compiled");
    assert!(
        output.status.success() && text(&output.stdout).ends_with("ok\n"),
        "{command:?}: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    output
}

/// Compiles a program and runs it on both breaks: it must say `ok` and nothing else.
pub(crate) fn passes(source: &'static str, link: Link) {
    if !has_compiler(source) {
        return;
    }
    let program = compile(source, link, &[]);
    for source in BREAKS {
        let output = expect_ok(&mut on_library(&program, source));
        assert_eq!(text(&output.stderr), "", "on standard error, on the {source} break");
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
