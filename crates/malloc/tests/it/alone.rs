//! Tests in a process of their own, where no other test allocates meanwhile.

use std::process::Command;

const VARIABLE: &str = "HEAPWRIGHT_MALLOC_TEST_ALONE";

/// Runs `work` in a new process of this test binary. `test` is the full name of the test that
/// calls this, and nothing else.
pub(crate) fn alone(test: &str, work: impl FnOnce()) {
    if std::env::var_os(VARIABLE).is_some() {
        return work();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(VARIABLE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("1 passed"), "{}\n{said}\n{}", output.status, {
        String::from_utf8_lossy(&output.stderr)
    });
}

/// The bytes of this process that are in memory.
pub(crate) fn resident_bytes() -> usize {
    // The figures of `statm` are estimates where a process has many threads.
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = text.lines().find(|line| line.starts_with("Rss:")).unwrap();
    let kibibytes: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kibibytes << 10
}
