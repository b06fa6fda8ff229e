//! A timer wheel: its lists lead through the timers themselves, which stand on the stack or in an
//! arena. A timer that is dropped is cancelled.
//!
//! ```text
//!   wheel   slot 0 │ 1 │ 2 │ 3 │ …              each tick looks at one slot
//!                    ▼
//!                  timer ◀──▶ timer ◀──▶ timer  no memory but their own
//!                  (stack)    (arena)   (stack)
//! ```
//!
//! Such lists are sound only if a timer neither moves nor goes without leaving its list. That is
//! what a pinned place promises: `PinStorage` on the stack, `create_pin` in an arena.

use core::cell::{Cell, RefCell};
use core::pin::pin;

use anyhow::Result;
use heapwright_arena::Arena;
use heapwright_new::PinStorage;
use wheel::{Timer, Wheel};

mod wheel {
    //! All that can break the lists is in this module.

    use core::cell::Cell;
    use core::convert::Infallible;
    use core::marker::PhantomPinned;
    use core::pin::Pin;
    use core::ptr::NonNull;

    use heapwright_new::{DropToken, PinInit, PinnedDrop, pin_data, value};

    const SLOTS: usize = 8;
    /// The list of those that are due, behind the slots.
    const DUE: usize = SLOTS;

    /// A place that leads to a node of a list, or to none.
    type Link<'env> = Cell<Option<NonNull<Node<'env>>>>;

    /// What all timers hang on.
    ///
    /// `'env` is what their callbacks borrow, and outlives the wheel: a timer that is forgotten is
    /// never dropped, so it stays in its list and is called like any other. It is invariant, by the
    /// cells, so no timer can come with a shorter one.
    ///
    /// # Invariants
    ///
    /// 1. A link, of the wheel or of a listed node, leads to a listed node of this wheel.
    /// 2. A listed node is pinned, and leaves its list before its memory is used for anything else:
    ///    its timer's destructor sees to it. It leads to nodes, never to the wheel, which may move
    ///    when all timers that are left were forgotten.
    pub(crate) struct Wheel<'env> {
        now: Cell<u64>,
        first: [Link<'env>; SLOTS + 1],
    }

    /// The part of a timer that is listed.
    struct Node<'env> {
        list: Cell<Option<usize>>,
        previous: Link<'env>,
        next: Link<'env>,
        due: u64,
        callback: &'env dyn Fn(u64),
        /// Others lead to it, so it must not move, and a `&mut` of it is not the only way to it.
        _pinned: PhantomPinned,
    }

    pin_data! {
        /// Calls back when its time comes; dropped before, it never does.
        #[pinned_drop]
        pub(crate) struct Timer<'wheel, 'env> {
            /// Borrowed: while there is a timer that will be dropped, the wheel does not move.
            wheel: &'wheel Wheel<'env>,
            #[pin]
            node: Node<'env>,
        }
    }

    impl<'wheel, 'env> Timer<'wheel, 'env> {
        /// A timer that calls back in so many ticks, one at least.
        pub(crate) fn after(
            ticks: u64,
            wheel: &'wheel Wheel<'env>,
            callback: &'env dyn Fn(u64),
        ) -> impl PinInit<Self, Error = Infallible> {
            let node = Node {
                list: Cell::new(None),
                previous: Cell::new(None),
                next: Cell::new(None),
                due: wheel.now.get().saturating_add(ticks.max(1)),
                callback,
                _pinned: PhantomPinned,
            };
            // Nobody sees a timer before it stands in its place, listed.
            value(Self { wheel, node }).then_pin(|timer| {
                let timer = timer.project();
                timer.wheel.start(timer.node.as_ref());
                Ok(())
            })
        }
    }

    impl PinnedDrop for Timer<'_, '_> {
        fn drop(self: Pin<&mut Self>, _: DropToken<Self>) {
            let timer = self.project();
            timer.wheel.unlist(&timer.node);
        }
    }

    impl<'env> Wheel<'env> {
        pub(crate) fn new() -> Self {
            Self { now: Cell::new(0), first: Default::default() }
        }

        /// How many timers will still call back.
        pub(crate) fn waiting(&self) -> usize {
            let all = self.first.iter().map(|first| {
                core::iter::successors(self.at(first), |node| self.at(&node.next)).count()
            });
            all.sum()
        }

        /// Goes on by one tick, and calls those back whose time has come, the oldest first.
        ///
        /// They may start and drop timers, themselves among them.
        pub(crate) fn tick(&self) {
            let now = self.now.get() + 1;
            self.now.set(now);
            let mut next = self.at(&self.first[slot_of(now)]);
            while let Some(node) = next {
                next = self.at(&node.next);
                if node.due == now {
                    self.unlist(node);
                    self.list(node, DUE);
                }
            }
            // One by one, from the wheel: no node is held while anything is called.
            while let Some(callback) = self.take_due() {
                callback(now);
            }
        }

        fn take_due(&self) -> Option<&'env dyn Fn(u64)> {
            let node = self.at(&self.first[DUE])?;
            self.unlist(node);
            Some(node.callback)
        }

        /// Lists a node for the first time. Its timer's destructor unlists it.
        fn start(&self, node: Pin<&Node<'env>>) {
            self.list(node.get_ref(), slot_of(node.due));
        }

        /// Puts a pinned node at the front of a list.
        fn list(&self, node: &Node<'env>, list: usize) {
            let first = &self.first[list];
            // INVARIANT: 1 and 2, as the node is pinned.
            let place = Some(NonNull::from(node));
            if let Some(next) = self.at(first) {
                next.previous.set(place);
            }
            node.next.set(first.replace(place));
            node.list.set(Some(list));
        }

        /// Takes a node out of its list, if it is in one.
        fn unlist(&self, node: &Node<'env>) {
            let Some(list) = node.list.take() else { return };
            let (previous, next) = (node.previous.take(), node.next.take());
            if let Some(next) = self.at(&Cell::new(next)) {
                next.previous.set(previous);
            }
            match self.at(&Cell::new(previous)) {
                Some(previous) => previous.next.set(next),
                None => self.first[list].set(next),
            }
        }

        /// The node that a link leads to. Nobody holds it while a callback runs, or a timer is
        /// dropped.
        fn at(&self, link: &Link<'env>) -> Option<&Node<'env>> {
            // SAFETY: a listed node (invariant 1), so it is where it was, and not destroyed
            // (invariant 2). It changes by its cells alone as long as it is listed.
            link.get().map(|node| unsafe { node.as_ref() })
        }
    }

    fn slot_of(tick: u64) -> usize {
        usize::try_from(tick % SLOTS as u64).unwrap_or(0)
    }
}

fn main() -> Result<()> {
    let log = RefCell::new(Vec::new());
    let callback = |name| {
        let log = &log;
        move |now: u64| log.borrow_mut().push(format!("{name} at {now}"))
    };
    let (blink, poll, retry, lease) =
        (callback("blink"), callback("poll"), callback("retry"), callback("lease"));

    let wheel = Wheel::new();
    let mut arena = Arena::new();

    // On the stack, and in the arena, in the same lists: ticks 3, 11 and 19 share a slot.
    let mut on_stack = pin!(PinStorage::new());
    on_stack.as_mut().emplace_pin(Timer::after(3, &wheel, &blink))?;
    arena.create_pin(Timer::after(11, &wheel, &poll))?;
    arena.create_pin(Timer::after(19, &wheel, &retry))?;
    assert_eq!(wheel.waiting(), 3);

    for _ in 0..11 {
        wheel.tick();
    }
    println!("called: {}", log.borrow().join(", "));
    assert_eq!(*log.borrow(), ["blink at 3", "poll at 11"]);

    // Placed anew, the storage destroys the timer before. A scope's timers end with the scope.
    on_stack.as_mut().emplace_pin(Timer::after(8, &wheel, &blink))?;
    arena.scope(|scope| {
        let timers = [1, 2, 8].map(|ticks| scope.create_pin(Timer::after(ticks, &wheel, &lease)));
        println!("in the scope {} wait, {} of them are its own", wheel.waiting(), timers.len());
        assert_eq!(wheel.waiting(), 5);
        wheel.tick();
    });
    println!("after the scope {} wait", wheel.waiting());
    assert_eq!(wheel.waiting(), 2);

    // Cancelled: by name, and with everything else in the arena.
    assert!(on_stack.as_mut().destroy());
    arena.reset();
    assert_eq!(wheel.waiting(), 0);
    for _ in 0..30 {
        wheel.tick();
    }
    println!("called in all: {}", log.borrow().join(", "));
    assert_eq!(*log.borrow(), ["blink at 3", "poll at 11", "lease at 12"]);
    forget_a_timer()
}

/// Forgotten is not cancelled: the memory is never used again, so the timer is called as planned.
fn forget_a_timer() -> Result<()> {
    let calls = Cell::new(0);
    let call = |_| calls.set(calls.get() + 1);
    let wheel = Wheel::new();
    let arena = Arena::new();
    arena.create_pin(Timer::after(1, &wheel, &call))?;
    core::mem::forget(arena);
    // Nobody borrows the wheel any more, so it may move; no list leads to where it was.
    let moved = Box::new(wheel);
    moved.tick();
    println!("one that was forgotten was called {} time", calls.get());
    assert_eq!((calls.get(), moved.waiting()), (1, 0));
    Ok(())
}
