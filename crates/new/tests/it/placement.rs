//! Placement: on the stack, in statics, in bytes, in memory that two processes share.

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU32, Ordering};

use heapwright_new::{
    AlignedStorage, Carver, PlaceError, Placed, StaticStorage, Storage, StorageError, init, place,
    place_array, unsize, value,
};

use crate::objects::{Local, Log, Object, panic_as_expected, returns};

#[test]
fn storage_has_the_size_and_the_alignment_of_its_object_and_no_more() {
    #[repr(align(64))]
    struct Wide(#[expect(dead_code, reason = "it has a size")] u8);
    assert_eq!(size_of::<Storage<[u32; 5]>>(), 20);
    assert_eq!(align_of::<Storage<Wide>>(), 64);
    assert!(!core::mem::needs_drop::<Storage<String>>());
    assert_eq!(size_of::<AlignedStorage<100, 1>>(), 100);
    assert_eq!(align_of::<AlignedStorage<1, 4096>>(), 4096);
}

#[test]
fn an_object_is_placed_destroyed_and_placed_again() {
    let log = Log::default();
    let mut storage = Storage::new();
    for id in 0..3 {
        let object = storage.emplace(value(log.object(id))).unwrap();
        assert_eq!(object.id, id);
    }
    assert_eq!(log.ends(), [0, 1, 2]);
}

#[test]
fn a_forgotten_handle_leaks_its_object_and_harms_nobody() {
    let log = Log::default();
    let mut storage = Storage::new();
    core::mem::forget(storage.emplace(value(log.object(1))).unwrap());
    drop(storage.emplace(value(log.object(2))).unwrap());
    assert_eq!((log.ends(), log.live()), (vec![2], 1));
}

#[test]
fn a_constructor_that_fails_or_panics_leaves_the_storage_free() {
    struct Two<'log>(Object<'log>, u8);
    let log = Log::default();
    let mut storage = Storage::<Two<'_>>::new();
    let two = |second: Result<u8, ()>| init!(Two { 0 <- value(log.object(1)), 1 <- second } ? ());
    assert!(storage.emplace(two(Err(()))).is_err());
    assert_eq!(log.ends(), [1]);
    let two = init!(Two {
        0 <- value(log.object(2)),
        // SAFETY: it builds nothing and does not return.
        1 <- unsafe { heapwright_new::init_raw(|_: *mut u8| panic_as_expected()) },
    });
    assert!(returns(|| drop(storage.emplace(two))).is_none());
    assert_eq!((log.ends(), log.live()), (vec![1, 2], 0));
    let two = init!(Two { 0 <- value(log.object(3)), 1 <- value(9) });
    assert_eq!(storage.emplace(two).unwrap().1, 9);
}

#[test]
fn a_placed_object_is_moved_out_leaked_and_seen_as_a_trait() {
    let log = Log::default();
    let mut storage = Storage::new();
    let object = Placed::into_inner(storage.emplace(value(log.object(1))).unwrap());
    assert_eq!(log.live(), 1);
    drop(object);
    let leaked: &mut Object<'_> = Placed::leak(storage.emplace(value(log.object(2))).unwrap());
    assert_eq!((leaked.id, log.ends()), (2, vec![1]));
    let mut storage = Storage::new();
    let shown = unsize!(storage.emplace(value(7)).unwrap() => dyn core::fmt::Display);
    assert_eq!(shown.to_string(), "7");
}

#[test]
fn a_handle_may_be_taken_for_one_of_a_shorter_life() {
    fn shorter<'short>(long: Placed<'short, &'static str>) -> Placed<'short, &'short str> {
        long
    }
    let mut storage = Storage::new();
    assert_eq!(*shorter(storage.emplace(value("long")).unwrap()), "long");
}

#[test]
fn one_thread_wins_a_static() {
    static STORAGE: StaticStorage<Vec<u32>> = StaticStorage::new();
    let wins = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let wins = &wins;
            scope.spawn(move || {
                if let Ok(numbers) = STORAGE.emplace(value(vec![number])) {
                    numbers.push(number);
                    assert_eq!(*numbers, [number, number]);
                    wins.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(wins.into_inner(), 1);
}

#[test]
fn a_static_is_free_again_where_a_constructor_failed_or_panicked() {
    static STORAGE: StaticStorage<u32> = StaticStorage::new();
    assert_eq!(STORAGE.emplace(Err("no")).unwrap_err(), PlaceError::Construct("no"));
    // SAFETY: it builds nothing and does not return.
    let panics = unsafe { heapwright_new::init_raw(|_: *mut u32| panic_as_expected()) };
    let panicked = returns(|| {
        let _: Result<_, PlaceError<()>> = STORAGE.emplace(panics);
    });
    assert!(panicked.is_none());
    assert_eq!(*STORAGE.emplace(value(7)).unwrap(), 7);
    let taken = STORAGE.emplace(value(8)).unwrap_err();
    assert_eq!(taken, PlaceError::Storage(StorageError::Occupied));
}

#[test]
fn a_static_may_hold_what_stays_on_its_thread() {
    static STORAGE: StaticStorage<Local> = StaticStorage::new();
    assert!(STORAGE.emplace(value(core::marker::PhantomData)).is_ok());
}

#[test]
fn bytes_too_few_or_misaligned_are_errors() {
    let mut storage = AlignedStorage::<32, 16>::new();
    let bytes = storage.as_bytes_mut();
    let few = place(&mut bytes[..7], value(0_u64)).unwrap_err();
    assert_eq!(few, PlaceError::Storage(StorageError::TooSmall { has: 7, needed: 8 }));
    let askew = place(&mut bytes[2..], value(0_u64)).unwrap_err();
    assert_eq!(askew, PlaceError::Storage(StorageError::Misaligned { has: 2, needed: 8 }));
    let few = place_array(bytes, 5, |_| value(0_u64)).unwrap_err();
    assert_eq!(few, PlaceError::Storage(StorageError::TooSmall { has: 32, needed: 40 }));
    let huge = place_array(bytes, usize::MAX, |_| value(0_u64)).unwrap_err();
    assert!(matches!(huge, PlaceError::Storage(StorageError::TooSmall { .. })));
    assert_eq!(*place(bytes, value(1_u64)).unwrap(), 1);
    assert_eq!(place_array(bytes, 4, |i| value(i as u64)).unwrap().len(), 4);
    // What has no size fits anywhere.
    drop(place(&mut [], value(())).unwrap());
}

#[test]
fn a_placed_array_is_destroyed_last_to_first() {
    let log = Log::default();
    let mut storage = AlignedStorage::<256, 8>::new();
    let make = |i| value(log.object(i));
    let array = place_array(storage.as_bytes_mut(), 3, make).unwrap();
    assert_eq!(array[1].id, 1);
    drop(array);
    assert_eq!(log.ends(), [2, 1, 0]);
    let fails = |i| if i == 2 { Err(()) } else { Ok(log.object(i)) };
    let failed = place_array(storage.as_bytes_mut(), 3, fails).err();
    assert_eq!(failed, Some(PlaceError::Construct(())));
    assert_eq!((log.ends(), log.live()), (vec![2, 1, 0, 1, 0], 0));
}

#[test]
fn a_carver_places_side_by_side_and_a_failure_takes_no_room() {
    let log = Log::default();
    let mut storage = AlignedStorage::<128, 16>::new();
    let start = storage.as_bytes_mut().as_ptr().addr();
    let mut carver = Carver::new(storage.as_bytes_mut());
    let byte = carver.place(value(1_u8)).unwrap();
    let failed = carver.place::<u64, _>(Err("no")).unwrap_err();
    assert_eq!((failed, carver.remaining_bytes()), (PlaceError::Construct("no"), 127));
    let number = carver.place(value(2_u64)).unwrap();
    let objects = carver.place_array(2, |i| value(log.object(i))).unwrap();
    let rest = carver.remaining_bytes();
    let full = carver.place(value([0_u8; 128])).unwrap_err();
    assert_eq!(full, PlaceError::Storage(StorageError::TooSmall { has: rest, needed: 128 }));
    assert_eq!(Placed::as_ptr(&byte).addr() - start, 0);
    assert_eq!(Placed::as_ptr(&number).addr() - start, 8);
    assert_eq!(objects.as_ptr().addr() - start, 16);
    assert_eq!((*byte, *number, objects[1].id), (1, 2, 1));
}

/// Pages that a child of this process sees too.
struct Shared {
    start: *mut MaybeUninit<u8>,
    len: usize,
}

impl Shared {
    fn new(len: usize) -> Self {
        let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: new pages anywhere.
        let start = unsafe { libc::mmap(core::ptr::null_mut(), len, access, flags, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED);
        Self { start: start.cast(), len }
    }

    fn bytes(&mut self) -> &mut [MaybeUninit<u8>] {
        // SAFETY: the pages are this value's, as long as it lives.
        unsafe { core::slice::from_raw_parts_mut(self.start, self.len) }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: nobody refers to the pages any more.
        unsafe { libc::munmap(self.start.cast(), self.len) };
    }
}

#[test]
fn an_object_in_shared_memory_is_seen_by_another_process() {
    struct Board {
        version: u32,
        score: AtomicU32,
    }
    let mut pages = Shared::new(4096);
    let board = init!(Board { version <- value(1), score <- value(AtomicU32::new(0)) });
    let board = place(pages.bytes(), board).unwrap();
    // SAFETY: the child touches nothing but the shared object, and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    assert_ne!(child, -1);
    if child == 0 {
        board.score.fetch_add(board.version + 41, Ordering::SeqCst);
        // SAFETY: it has no conditions.
        unsafe { libc::_exit(0) };
    }
    let mut status = -1;
    // SAFETY: `status` is valid for writes, and `child` ours.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!((status, board.score.load(Ordering::SeqCst)), (0, 42));
}
