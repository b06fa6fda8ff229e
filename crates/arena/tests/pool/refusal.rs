//! Allocators that refuse each allocation of a pool once, that panic, that see what is touched.

use core::alloc::Layout;
use core::cell::Cell;
use core::panic::AssertUnwindSafe;
use core::ptr::NonNull;
use std::panic::catch_unwind;

use allocator_api2::alloc::{AllocError, Allocator, Global};
use heapwright_arena::pool::{ObjectPool, Pool, SharedPool};
use heapwright_new::{BadAlloc, NewError, value};

/// Serves so many blocks, and counts those that did not come back.
struct Limited {
    left: Cell<usize>,
    out: Cell<isize>,
}

impl Limited {
    fn to(blocks: usize) -> Self {
        Self { left: Cell::new(blocks), out: Cell::new(0) }
    }
}

// SAFETY: blocks are those of `Global`.
unsafe impl Allocator for Limited {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let left = self.left.get().checked_sub(1).ok_or(AllocError)?;
        let block = Global.allocate(layout)?;
        self.left.set(left);
        self.out.set(self.out.get() + 1);
        Ok(block)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        self.out.set(self.out.get() - 1);
        // SAFETY: the caller's conditions.
        unsafe { Global.deallocate(block, layout) };
    }
}

const OBJECTS: usize = 3000;

#[test]
fn a_pool_that_was_refused_is_as_before_and_goes_on_later() {
    for served in 0..7 {
        let limited = Limited::to(served);
        let mut pool = Pool::new_in(&limited);
        let mut keys = Vec::new();
        let refused = loop {
            match pool.insert(format!("{}", keys.len())) {
                Ok(key) => keys.push(key),
                Err(refused) => break refused,
            }
        };
        assert!(matches!(refused, BadAlloc::Exhausted { size, .. } if size > 0), "{refused}");
        assert!(pool.insert(String::new()).is_err(), "there is no memory the second time either");
        assert_eq!((pool.len(), pool.capacity()), (keys.len(), keys.len()));
        assert!(pool.reserve(1).is_err());
        // What is there still works without memory.
        if let Some(key) = keys.pop() {
            pool.remove(key).unwrap();
            keys.push(pool.insert(format!("{}", keys.len())).unwrap());
        }
        limited.left.set(usize::MAX);
        while keys.len() < OBJECTS {
            keys.push(pool.insert(format!("{}", keys.len())).unwrap());
        }
        for (number, key) in keys.iter().enumerate() {
            assert_eq!(pool[*key], format!("{number}"));
        }
        assert!(limited.out.get() > 0);
        drop(pool);
        assert_eq!(limited.out.get(), 0);
    }
}

#[test]
fn memory_for_some_of_what_is_reserved_is_given_back() {
    // More than one chunk has, so that two more are asked for, of which the second is refused.
    const MANY: usize = 1 << 26;
    let limited = Limited::to(3);
    let mut pool = Pool::new_in(&limited);
    let key = pool.insert(()).unwrap();
    let capacity = pool.capacity();
    assert!(pool.reserve(2 * MANY).is_err());
    assert_eq!((limited.out.get(), pool.capacity()), (2, capacity));
    assert!(matches!(pool.reserve(usize::MAX), Err(BadAlloc::BadArrayNewLength { .. })));
    // Nor is a chunk kept that there are no indices for.
    limited.left.set(1);
    assert!(pool.reserve(MANY / 2).is_err());
    assert_eq!((limited.out.get(), pool.capacity()), (2, capacity));
    assert!(pool.reserve(0).is_ok() && pool.insert(()).is_ok());
    limited.left.set(2);
    pool.reserve(MANY / 2).unwrap();
    assert!(pool.capacity() > MANY / 2);
    assert!(pool.contains(key) && pool.insert(()).is_ok());
    drop(pool);
    assert_eq!(limited.out.get(), 0);
}

#[test]
fn all_memory_goes_back_though_a_destructor_panics() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("the destructor");
        }
    }

    let limited = Limited::to(usize::MAX);
    let mut pool = Pool::new_in(&limited);
    pool.insert(Panics).unwrap();
    assert!(limited.out.get() > 0);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(pool))).is_err());
    assert_eq!(limited.out.get(), 0);
}

#[test]
fn a_pool_is_whole_though_the_allocator_panics_while_it_grows() {
    /// Panics where it is told to, of what it took back.
    struct Panics(Cell<bool>);

    // SAFETY: blocks are those of `Global`.
    unsafe impl Allocator for Panics {
        fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
            Global.allocate(layout)
        }

        unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
            // SAFETY: the caller's conditions.
            unsafe { Global.deallocate(block, layout) };
            if self.0.get() {
                panic!("the allocator");
            }
        }
    }

    let allocator = Panics(Cell::new(false));
    let mut pool = Pool::new_in(&allocator);
    let keys: Vec<_> = (0..10).map(|number| pool.insert(number).unwrap()).collect();
    pool.remove(keys[3]).unwrap();
    allocator.0.set(true);
    assert!(catch_unwind(AssertUnwindSafe(|| pool.reserve(100_000))).is_err());
    allocator.0.set(false);
    let again = pool.insert(13).unwrap();
    assert!(!pool.contains(keys[3]) && pool[again] == 13);
    for number in 0..100_000 {
        pool.insert(number).unwrap();
    }
    assert_eq!((pool.len(), pool[keys[9]]), (100_010, 9));
}

#[test]
fn pools_of_handles_that_were_refused_serve_again_what_comes_back() {
    for served in 0..5 {
        let limited = Limited::to(served);
        let (one, many) = (ObjectPool::new_in(&limited), SharedPool::new_in(&limited));
        let (mut of_one, mut of_many) = (Vec::new(), Vec::new());
        while let Ok(object) = one.create(value(of_one.len())) {
            of_one.push(object);
            if let Ok(object) = many.create(value(of_many.len())) {
                of_many.push(object);
            }
        }
        assert!(matches!(one.create(value(0)), Err(NewError::Alloc(BadAlloc::Exhausted { .. }))));
        assert!(of_one.iter().enumerate().all(|(number, object)| **object == number));
        assert!(of_many.iter().enumerate().all(|(number, object)| **object == number));
        if of_one.pop().is_some() {
            of_one.push(one.create(value(7)).unwrap());
        }
        drop((of_one, of_many));
        drop((one, many));
        assert_eq!(limited.out.get(), 0);
    }
}

#[test]
fn memory_that_no_slot_was_taken_from_is_not_touched() {
    /// Paints what it hands out, and counts the bytes that come back otherwise.
    struct Painter(Cell<usize>);

    const PAINT: u8 = 0xa5;

    // SAFETY: blocks are those of `Global`.
    unsafe impl Allocator for Painter {
        fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
            let block = Global.allocate(layout)?;
            // SAFETY: allocated just now, and nobody else's.
            unsafe { block.cast::<u8>().write_bytes(PAINT, layout.size()) };
            Ok(block)
        }

        unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
            // SAFETY: the caller's block, all of which was painted.
            let bytes = unsafe { core::slice::from_raw_parts(block.as_ptr(), layout.size()) };
            self.0.set(self.0.get() + bytes.iter().filter(|byte| **byte != PAINT).count());
            // SAFETY: the caller's conditions.
            unsafe { Global.deallocate(block, layout) };
        }
    }

    let painter = Painter(Cell::new(0));
    let mut pool = Pool::with_capacity_in(1_000_000, &painter).unwrap();
    let keys: Vec<_> = (0..100_u64).map(|number| pool.insert(number).unwrap()).collect();
    pool.retain(|_, number| *number % 2 == 0);
    assert_eq!((pool.len(), pool.get(keys[99])), (50, None));
    drop(pool);
    // Of each slot the header and the object, and the index of each that came back.
    assert!(painter.0.get() <= 100 * (8 + 8) + 50 * 4, "{} bytes", painter.0.get());
}

#[test]
fn an_empty_pool_asks_for_nothing() {
    let limited = Limited::to(0);
    let pool = Pool::<String, _>::new_in(&limited);
    assert_eq!((pool.len(), pool.capacity(), pool.iter().count()), (0, 0, 0));
    assert!(Pool::<String, _>::with_capacity_in(0, &limited).is_ok());
}

#[test]
fn what_can_never_be_is_an_error_and_no_overflow() {
    let mut bytes = Pool::<u8, Global>::new_in(Global);
    assert!(matches!(bytes.reserve(usize::MAX), Err(BadAlloc::BadArrayNewLength { .. })));
    let refused = Pool::<[u8; 1 << 40], Global>::with_capacity_in(1 << 30, Global);
    assert!(matches!(refused, Err(BadAlloc::BadArrayNewLength { .. })));
    assert!(bytes.insert(1).is_ok());
}
