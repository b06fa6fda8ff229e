//! Looking at the heap: figures, walk, trim.

use heapwright_malloc::{BlockState, BreakKind, malloc, stats, trim, walk};

#[test]
fn calls_and_live_blocks_are_counted() {
    let before = stats().unwrap();
    let blocks: Vec<_> = (0..1000).map(|_| malloc(100).unwrap()).collect();
    let between = stats().unwrap();
    // Other tests run beside this one, so the counts are at least these.
    assert!(between.calls.malloc >= before.calls.malloc + 1000);
    assert!(between.blocks.heap_bytes_peak >= between.blocks.heap_bytes);
    assert_eq!(between.break_kind, BreakKind::Reserved);
    for block in blocks {
        // SAFETY: freed once.
        unsafe { heapwright_malloc::free(block) };
    }
    assert!(stats().unwrap().calls.free >= between.calls.free + 1000);
}

#[test]
fn the_walk_passes_a_live_block_with_its_size() {
    let block = malloc(12_345).unwrap();
    let (mut count, mut found) = (0, None);
    walk(&mut |seen| {
        count += 1;
        if seen.payload() == block.addr().get() {
            found = Some(seen);
        }
    });
    let found = found.expect("a live block is in the walk");
    assert_eq!(found.state, BlockState::InUse);
    assert!(found.payload_size() >= 12_345);
    assert!(count > 1);
    // SAFETY: freed once.
    unsafe { heapwright_malloc::free(block) };
}

/// In a child, where no other test has a block above.
fn trimmed_in_a_child() -> bool {
    let heap_bytes = || stats().map_or(0, |stats| stats.blocks.heap_bytes);
    // Larger than all that is free, so it comes from the break.
    let Some(block) = malloc(heap_bytes() + (1 << 20)) else { return false };
    let with_block = heap_bytes();
    // SAFETY: freed once.
    unsafe { heapwright_malloc::free(block) };
    trim(64 << 10);
    let kept = heap_bytes();
    let given_back = trim(0);
    kept + (1 << 20) <= with_block && given_back > 0 && heap_bytes() + given_back == kept
}

#[test]
fn trim_lowers_the_break_by_the_free_top() {
    // SAFETY: the child calls the allocator and `_exit` only.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let code = i32::from(!trimmed_in_a_child());
        // SAFETY: no conditions.
        unsafe { libc::_exit(code) };
    }
    let mut status = 0;
    // SAFETY: `status` is valid for the write.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    assert_eq!(status, 0);
    heapwright_malloc::verify().unwrap();
}
