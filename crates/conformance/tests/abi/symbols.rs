//! The symbols of the shared library: all that are promised, and no others.

use std::collections::BTreeSet;
use std::process::Command;

use heapwright_conformance::library::Library;

use crate::programs::text;

/// `malloc.h`, C23's sized frees, and C++17's operators: 2 × (4 forms of `new`, 6 of `delete`).
const EXPORTED: &str = "
    malloc free calloc realloc reallocarray posix_memalign aligned_alloc memalign valloc pvalloc
    malloc_usable_size free_sized free_aligned_sized
    malloc_trim mallinfo mallinfo2 malloc_stats malloc_info mallopt
    _Znwm _ZnwmRKSt9nothrow_t _ZnwmSt11align_val_t _ZnwmSt11align_val_tRKSt9nothrow_t
    _Znam _ZnamRKSt9nothrow_t _ZnamSt11align_val_t _ZnamSt11align_val_tRKSt9nothrow_t
    _ZdlPv _ZdlPvm _ZdlPvRKSt9nothrow_t
    _ZdlPvSt11align_val_t _ZdlPvmSt11align_val_t _ZdlPvSt11align_val_tRKSt9nothrow_t
    _ZdaPv _ZdaPvm _ZdaPvRKSt9nothrow_t
    _ZdaPvSt11align_val_t _ZdaPvmSt11align_val_t _ZdaPvSt11align_val_tRKSt9nothrow_t";

#[test]
fn the_library_exports_what_is_promised_and_nothing_else() {
    let nm = Command::new("nm").args(["-D", "--defined-only"]).arg(&Library::get().shared).output();
    let Ok(nm) = nm else {
        println!("SKIPPED: the exported symbols: there is no nm");
        return;
    };
    let listing = text(&nm.stdout);
    let found: BTreeSet<&str> =
        listing.lines().filter_map(|line| line.split_whitespace().last()).collect();
    let promised: BTreeSet<&str> = EXPORTED.split_whitespace().collect();
    assert_eq!(found, promised);
}
