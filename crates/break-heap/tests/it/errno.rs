//! No method of a break changes `errno`.

use heapwright_break::{Break, BreakError, ProcessBreak, ProgramBreak, ReservedBreak};

use crate::fork::in_child;
use crate::limits::{limit_address_space, limit_data};
use crate::pages;
use crate::tested::Tested;

/// A value that no call of the system gives.
const MARK: i32 = 12345;

fn set_errno(value: i32) {
    // SAFETY: the call has no conditions.
    let location = unsafe { libc::__errno_location() };
    // SAFETY: it points at this thread's `errno`.
    unsafe { location.write(value) };
}

fn errno() -> i32 {
    // SAFETY: the call has no conditions.
    let location = unsafe { libc::__errno_location() };
    // SAFETY: it points at this thread's `errno`.
    unsafe { location.read() }
}

/// Runs every method, each once at least into a refusal of the system, and looks at `errno`.
fn assert_errno_kept(source: ProcessBreak) {
    let mut tested = Tested::new(source);
    let page_size = tested.source().page_size();
    tested.grow(8 * page_size).unwrap();
    pages::lock(tested.memory(0..page_size));

    set_errno(MARK);
    tested.discard(0..2 * page_size); // refused: locked
    assert_eq!((errno(), tested.source().page_size()), (MARK, page_size));
    tested.shrink(page_size).unwrap();
    tested.grow(page_size).unwrap();
    assert_eq!(errno(), MARK);

    limit_data(1); // 0 means something else to the kernel
    set_errno(MARK);
    let needed = 1 << 20;
    assert_eq!(tested.grow(needed), Err(BreakError::Exhausted { needed })); // refused: limit
    assert_eq!(errno(), MARK);
    drop(tested);
    assert_eq!(errno(), MARK);
}

#[test]
fn a_reserved_break_keeps_errno_in_success_and_in_refusal() {
    in_child(|| assert_errno_kept(ProcessBreak::Reserved(ReservedBreak::default())));
    in_child(|| {
        limit_address_space(0);
        set_errno(MARK);
        let refusal = ReservedBreak::default().grow(1).unwrap_err();
        assert_eq!((refusal, errno()), (BreakError::Refused { size: 1 << 20 }, MARK));
    });
}

#[test]
fn the_program_break_keeps_errno_in_success_and_in_refusal() {
    // SAFETY: the child has one thread.
    in_child(|| assert_errno_kept(ProcessBreak::Program(unsafe { ProgramBreak::new() })));
}
