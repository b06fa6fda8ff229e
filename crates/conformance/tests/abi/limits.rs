//! Processes that may have little: the heap takes a smaller reservation, and no less serves them.

use std::path::Path;
use std::process::{Command, Output};

use heapwright_conformance::library::{BREAKS, Library, reports, without_heapwright};

use crate::programs::{directory, text};

/// Work for an interpreter: small blocks, large blocks, and a list that grows.
const SCRIPT: &str = "
import json
words = {str(number): [number] * (number % 50) for number in range(20000)}
text = json.dumps(words)
assert json.loads(text) == words
block = bytearray(30_000_000)
block.extend(block[:1_000_000])
print(len(text), len(block), sum(map(len, words.values())))
";

/// Runs the script where a shell first takes all but 256 MiB of addresses from it.
fn run(variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new("sh");
    without_heapwright(&mut command);
    // The shell itself is without the library: it lowers the limit when it runs already.
    command.args(["-c", "ulimit -v 262144 && exec env \"$@\"", "sh"]);
    command.args(variables.iter().map(|(name, value)| format!("{name}={value}")));
    command.args(["python3", "-c", SCRIPT]).output().expect("there is a shell")
}

#[test]
fn an_interpreter_runs_in_256_mebibytes_of_addresses() {
    let plain = run(&[]);
    if !plain.status.success() {
        println!("SKIPPED: 256 MiB of addresses: python3 does not run there by itself: {plain:?}");
        return;
    }
    let file = directory("limits").join("reports");
    let path = |path: &Path| path.to_str().expect("a path of this repository").to_owned();
    for source in BREAKS {
        let _ = std::fs::remove_file(&file);
        let output = run(&[
            ("LD_PRELOAD", &path(&Library::get().shared)),
            ("HEAPWRIGHT_BREAK", source),
            ("HEAPWRIGHT_STATS", &path(&file)),
        ]);
        assert_eq!(text(&output.stderr), "", "on the {source} break");
        assert_eq!(text(&output.stdout), text(&plain.stdout), "on the {source} break");
        let reports = reports(&file);
        assert!(reports.iter().all(|report| report.word("break") == source));
        let python = reports.iter().filter(|report| report.word("program").starts_with("python"));
        let largest = python.map(|report| report.number("heap_bytes_peak")).max();
        assert!(largest > Some(30_000_000), "{source}: python3 was not served: {reports:?}");
    }
}

#[test]
fn a_block_beyond_the_limit_is_refused_and_the_program_told() {
    // Too little for the block, and enough for the heap.
    let script = "ulimit -v 262144 && exec python3 -c 'bytearray(400_000_000)'";
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    let runs_alone = without_heapwright(&mut command).output().expect("there is a shell");
    if !text(&runs_alone.stderr).ends_with("MemoryError\n") {
        println!("SKIPPED: refusals of 256 MiB of addresses: {runs_alone:?}");
        return;
    }
    for source in BREAKS {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let output = Library::get().preload(&mut command, source).output().expect("it ran above");
        assert!(text(&output.stderr).ends_with("MemoryError\n"), "{source}: {output:?}");
        assert_eq!(output.status.code(), Some(1), "{source}: {output:?}");
    }
}
