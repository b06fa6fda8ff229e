//! Real programs, as far as they are installed, and the inputs that they work on.
//!
//! The inputs are written anew each time from fixed seeds, into the folder of results. A program
//! that is not installed is named as absent, and never silently left out.

use core::fmt::Write as _;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use fastrand::Rng;

use super::contenders::output_of;
use super::options::Options;
use super::rows::{Kind, Row};

/// One program of the system.
struct Program {
    name: &'static str,
    like: &'static str,
    /// What must be installed.
    needs: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
    /// Writes the inputs and answers the command.
    prepare: fn(&Setup<'_>) -> Result<Vec<OsString>>,
}

const PROGRAMS: [Program; 6] = [
    Program {
        name: "python3",
        like: "python3 with PYTHONMALLOC=malloc: records, JSON, dictionaries, long numbers",
        needs: &["python3"],
        variables: &[("PYTHONMALLOC", "malloc"), ("PYTHONHASHSEED", "0")],
        prepare: python,
    },
    Program {
        name: "perl",
        like: "perl: hashes of arrays of hashes, strings",
        needs: &["perl"],
        variables: &[("PERL_HASH_SEED", "0"), ("PERL_PERTURB_KEYS", "0")],
        prepare: perl,
    },
    Program {
        name: "gcc",
        like: "gcc -O1 of a file of many functions",
        needs: &["gcc"],
        variables: &[("LC_ALL", "C")],
        prepare: gcc,
    },
    Program {
        name: "sort",
        like: "sort of many lines, by two threads",
        needs: &["sort"],
        variables: &[("LC_ALL", "C")],
        prepare: sort,
    },
    Program {
        name: "sqlite3",
        like: "sqlite3: tables in memory, filled, indexed, joined, changed",
        needs: &["sqlite3"],
        variables: &[],
        prepare: sqlite,
    },
    Program {
        name: "redis",
        like: "redis-server under redis-benchmark: set, get, lpush, sadd",
        needs: &["redis-server", "redis-benchmark", "redis-cli"],
        variables: &[],
        prepare: redis,
    },
];

/// Where inputs go, and how large they are.
struct Setup<'a> {
    folder: &'a Path,
    scale: f64,
}

impl Setup<'_> {
    /// So many of what there are `at_scale_one`; at least one.
    fn count(&self, at_scale_one: u32) -> usize {
        let scaled = (f64::from(at_scale_one) * self.scale).round().max(1.0);
        // By way of text, as no conversion from a float is exact for every value.
        format!("{scaled:.0}").parse().unwrap_or(usize::MAX)
    }

    fn write(&self, name: &str, text: &str) -> Result<OsString> {
        let path = self.folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path.into())
    }
}

/// The names of all, installed or not.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    PROGRAMS.iter().map(|program| program.name)
}

/// Whether a program of that name may be asked for.
pub(super) fn is_known(name: &str) -> bool {
    names().any(|known| known == name)
}

/// A row for each program that is asked for and installed; the others are added to `absent`.
pub(super) fn rows(options: &Options, folder: &Path, absent: &mut Vec<String>) -> Result<Vec<Row>> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let setup = Setup { folder, scale: options.scale };
    let mut rows = Vec::new();
    for program in PROGRAMS.iter().filter(|program| options.wants_row(program.name)) {
        if let Some(missing) = program.needs.iter().find(|name| find(name).is_none()) {
            absent.push(format!("{}: {missing} is not installed", program.name));
            continue;
        }
        rows.push(Row {
            name: program.name.to_owned(),
            like: program.like.to_owned(),
            kind: Kind::Program,
            command: (program.prepare)(&setup)?,
            variables: program.variables.to_vec(),
        });
    }
    Ok(rows)
}

/// A program in the folders of `PATH`.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn python(setup: &Setup<'_>) -> Result<Vec<OsString>> {
    let script = setup.write("objects.py", include_str!("objects.py"))?;
    // What is found first may be a script that looks for the interpreter.
    let program =
        output_of(Command::new("python3").args(["-c", "import sys; print(sys.executable)"]));
    let rounds = setup.count(55).to_string();
    Ok(vec![program.into(), "-S".into(), "-B".into(), script, rounds.into()])
}

fn perl(setup: &Setup<'_>) -> Result<Vec<OsString>> {
    let script = setup.write("objects.pl", include_str!("objects.pl"))?;
    Ok(vec!["perl".into(), script, setup.count(35).to_string().into()])
}

fn gcc(setup: &Setup<'_>) -> Result<Vec<OsString>> {
    let source = setup.write("functions.c", &functions(setup.count(30))?)?;
    let words = ["gcc", "-O1", "-c", "-o", "/dev/null"];
    Ok(words.into_iter().map(OsString::from).chain([source]).collect())
}

fn sort(setup: &Setup<'_>) -> Result<Vec<OsString>> {
    let mut rng = Rng::with_seed(1);
    let mut text = String::new();
    for _ in 0..setup.count(600_000) {
        writeln!(text, "{:x} {}", rng.u64(..), rng.u32(..1000))?;
    }
    let lines = setup.write("lines.txt", &text)?;
    let words = ["sort", "--parallel=2", "-S", "64M", "-o", "/dev/null"];
    Ok(words.into_iter().map(OsString::from).chain([lines]).collect())
}

fn sqlite(setup: &Setup<'_>) -> Result<Vec<OsString>> {
    let count = setup.count(40_000).to_string();
    let query = setup.write("query.sql", &include_str!("query.sql").replace("ROWS", &count))?;
    let mut read = OsString::from(".read ");
    read.push(query);
    Ok(vec!["sqlite3".into(), ":memory:".into(), read])
}

fn redis(setup: &Setup<'_>) -> Result<Vec<OsString>> {
    let script = setup.write("redis.sh", include_str!("redis.sh"))?;
    let folder = setup.folder.join("redis");
    std::fs::create_dir_all(&folder)?;
    let requests = setup.count(60_000).to_string();
    Ok(vec!["sh".into(), script, folder.into(), requests.into()])
}

/// A C file of so many functions, each with a loop, a switch and calls of those before it.
fn functions(count: usize) -> Result<String> {
    let mut rng = Rng::with_seed(2);
    let mut text = String::from("struct node { struct node *next; long value; int kind; };\n");
    for number in 0..count {
        writeln!(text, "long f{number}(struct node *node, long a, int b) {{")?;
        writeln!(text, "  long table[{}]; long sum = {};", rng.u8(4..40), rng.u16(..))?;
        writeln!(
            text,
            "  for (int i = 0; i < b % 4; i++) {{ table[i] = a * i; sum += table[i]; }}"
        )?;
        writeln!(text, "  while (node) {{ switch (node->kind) {{")?;
        for case in 0..rng.u8(3..12) {
            let callee = rng.usize(..=number);
            let (left, right) = (rng.u16(..), rng.u8(1..9));
            writeln!(
                text,
                "    case {case}: if (node->value > {left}) sum ^= f{callee}(node->next, a >> \
                 {right}, b + {case}); else a += sum % {right}; break;"
            )?;
        }
        writeln!(text, "    default: sum -= node->value; }} node = node->next; }}")?;
        writeln!(text, "  return sum + table[b & 3];\n}}")?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_follow_the_scale_and_are_never_none() {
        let setup = |scale| Setup { folder: Path::new("/"), scale };
        assert_eq!(setup(0.1).count(55), 6);
        assert_eq!(setup(2.0).count(60_000), 120_000);
        assert_eq!(setup(0.0001).count(55), 1);
    }

    #[test]
    fn inputs_are_the_same_each_time() {
        assert_eq!(functions(20).unwrap(), functions(20).unwrap());
        assert_eq!(functions(20).unwrap().matches("return sum").count(), 20);
    }

    #[test]
    fn programs_are_found_where_the_shell_finds_them() {
        assert!(find("sh").is_some());
        assert!(find("no-such-program").is_none());
    }
}
