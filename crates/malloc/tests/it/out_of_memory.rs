//! `out_of_memory`: one line, and the end.

use core::alloc::Layout;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

const VARIABLE: &str = "DIE_OUT_OF_MEMORY";

#[test]
fn it_says_what_was_refused_and_aborts() {
    if std::env::var_os(VARIABLE).is_some() {
        heapwright_malloc::out_of_memory(Layout::from_size_align(4800, 32).unwrap());
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "out_of_memory::it_says_what_was_refused_and_aborts", "--nocapture"])
        .env(VARIABLE, "1")
        .output()
        .unwrap();
    assert_eq!(output.status.signal(), Some(libc::SIGABRT));
    let said = String::from_utf8(output.stderr).unwrap();
    let line = "heapwright: out of memory: 4800 bytes aligned to 32 were refused\n";
    assert!(said.ends_with(line), "{said}");
}
