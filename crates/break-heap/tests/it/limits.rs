//! Limits of the process, to be lowered in forked children.

/// Sets the soft limit on address space in bytes.
pub(crate) fn limit_address_space(bytes: usize) {
    let limit = libc::rlimit { rlim_cur: bytes as libc::rlim_t, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: `limit` is a valid value.
    let outcome = unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) };
    assert_eq!(outcome, 0, "setrlimit: {}", std::io::Error::last_os_error());
}

/// Sets the soft limit on data in bytes.
pub(crate) fn limit_data(bytes: usize) {
    let limit = libc::rlimit { rlim_cur: bytes as libc::rlim_t, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: `limit` is a valid value.
    let outcome = unsafe { libc::setrlimit(libc::RLIMIT_DATA, &raw const limit) };
    assert_eq!(outcome, 0, "setrlimit: {}", std::io::Error::last_os_error());
}

/// The address space and the data of this process in bytes, as the kernel counts them.
pub(crate) fn usage() -> (usize, usize) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let kibibytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap()
    };
    (kibibytes("VmSize:") << 10, kibibytes("VmData:") << 10)
}
