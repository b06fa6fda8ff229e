//! What a result is worth nothing without: the machine, the system, and the time.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::contenders::{output_of, revision};

/// Variables that change how an allocator works, by how their names begin.
const VARIABLES: [&str; 6] =
    ["HEAPWRIGHT_", "MIMALLOC_", "MALLOC_", "GLIBC_", "SNMALLOC_", "_RJEM"];

/// Everything about the machine that a reader may ask for.
pub(super) fn describe() -> Value {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, core::num::NonZero::get);
    let set = std::env::vars().filter(|(name, _)| VARIABLES.iter().any(|it| name.starts_with(it)));
    json!({
        "processor": field(&read("/proc/cpuinfo"), "model name"),
        "cores": cores,
        "memory": field(&read("/proc/meminfo"), "MemTotal"),
        "kernel": read("/proc/sys/kernel/osrelease").trim(),
        "huge_pages": read("/sys/kernel/mm/transparent_hugepage/enabled").trim(),
        "load": load(),
        "libc": output_of(Command::new("getconf").arg("GNU_LIBC_VERSION")),
        "rustc": output_of(Command::new("rustc").arg("--version")),
        "commit": revision(),
        "variables": set.collect::<std::collections::BTreeMap<_, _>>(),
    })
}

/// How many processes wanted to run in the last minute, and in the last five and fifteen.
pub(super) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

/// The time, as names of files bear it.
pub(super) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The value of the first line `name : value`.
fn field(text: &str, name: &str) -> String {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    let value = pairs.find(|pair| pair.0.trim() == name).map(|pair| pair.1.trim());
    value.unwrap_or("?").to_owned()
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn fields_are_found_by_name() {
        let text = "model\t: 1\nmodel name\t: A machine: fast\nmodel name\t: B\n";
        assert_eq!(field(text, "model name"), "A machine: fast");
        assert_eq!(field(text, "flags"), "?");
    }
}
