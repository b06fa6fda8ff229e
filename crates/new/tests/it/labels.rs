//! Labels: counts by type, slots of one type, and deletes that are checked.

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicUsize, Ordering};

use heapwright_conformance::misuse::{dies_with, lives};
use heapwright_new::{
    ByType, Checked, Isolated, Label, Owned, OwnedArray, label, label_table, labels, value,
};

#[test]
fn objects_are_counted_under_their_type_with_a_high_water_mark() {
    struct Packet([u8; 100]);
    label!(Packet);
    let packet = || Owned::try_new_in(Packet([0; 100]), ByType::<Packet>::default()).unwrap();
    let label = Packet::label();
    let three = [packet(), packet(), packet()];
    assert_eq!((label.live_count(), label.live_bytes(), label.peak_bytes()), (3, 300, 300));
    assert_eq!(three[0].0[99], 0);
    drop(three);
    let _one = packet();
    assert_eq!((label.live_count(), label.live_bytes(), label.peak_bytes()), (1, 100, 300));
    assert_eq!(label.total_count(), 4);
    let rows = OwnedArray::<Packet, _>::try_new_uninit_in(5, ByType::<Packet>::default()).unwrap();
    assert_eq!((label.live_count(), label.peak_bytes()), (6, 600));
    drop(rows);

    assert!(labels().any(|known| core::ptr::eq(known, label)));
    let table = label_table().to_string();
    let row = table.lines().find(|line| line.contains("::Packet")).expect("it is in the table");
    let words: Vec<_> = row.split_whitespace().skip(1).collect();
    assert_eq!(words, ["1", "100", "600", "9"]);
}

#[test]
fn a_block_that_grows_is_counted_once() {
    struct Byte(#[expect(dead_code, reason = "it has a size")] u8);
    label!(Byte);
    let mut bytes = allocator_api2::vec::Vec::new_in(ByType::<Byte>::default());
    for _ in 0..1000 {
        bytes.push(Byte(1));
    }
    assert_eq!(Byte::label().live_bytes(), bytes.capacity());
    bytes.shrink_to_fit();
    assert_eq!(Byte::label().live_count(), 1000);
    drop(bytes);
    assert_eq!((Byte::label().live_count(), Byte::label().live_bytes()), (0, 0));
}

#[test]
fn the_peak_of_a_block_that_grows_is_its_size() {
    struct Word(#[expect(dead_code, reason = "it has a size")] u64);
    label!(Word);
    let label = Word::label();
    let mut words = allocator_api2::vec::Vec::new_in(ByType::<Word>::default());
    words.reserve_exact(1000);
    words.push(Word(1));
    assert_eq!((label.live_bytes(), label.peak_bytes(), label.total_count()), (8000, 8000, 1000));
    words.reserve_exact(4999);
    assert_eq!((label.live_bytes(), label.peak_bytes()), (40_000, 40_000));
    assert_eq!((label.live_count(), label.total_count()), (5000, 5000));
    words.shrink_to(10);
    assert_eq!((label.live_count(), label.total_count()), (10, 5000));
    words.reserve_exact(11);
    // Room that was given up counts again.
    assert_eq!((label.live_count(), label.total_count(), label.peak_bytes()), (12, 5002, 40_000));
}

#[test]
fn a_label_costs_a_handle_no_room() {
    struct Packet(#[expect(dead_code, reason = "it has a size")] u8);
    label!(Packet);
    assert_eq!(size_of::<Owned<Packet, ByType<Packet>>>(), size_of::<usize>());
    assert_eq!(size_of::<Owned<Packet, Isolated<Packet>>>(), size_of::<usize>());
}

#[test]
fn isolated_slots_serve_one_layout_and_no_other_allocator_has_them() {
    #[repr(align(64))]
    struct Session([u64; 5]);
    label!(Session);
    let session = |n| Owned::try_new_in(Session([n; 5]), Isolated::<Session>::default()).unwrap();
    let sessions: Vec<_> = (0..1000).map(session).collect();
    let mut addresses: Vec<_> =
        sessions.iter().map(|session| Owned::as_ptr(session).addr()).collect();
    assert!(addresses.iter().all(|address| address.is_multiple_of(64)));
    assert!(sessions.iter().zip(0..).all(|(session, n)| session.0 == [n; 5]));
    drop(sessions);
    // Whatever else the program asks for, these addresses are not handed out again, ...
    assert!(Owned::try_new_in([0_u64; 5], Isolated::<Session>::default()).is_err());
    assert!(
        OwnedArray::<Session, _>::try_new_uninit_in(2, Isolated::<Session>::default()).is_err()
    );
    let others: Vec<_> = (0..1000).map(|_| Owned::new([0_u64; 8])).collect();
    addresses.sort_unstable();
    let is_ours = |address: usize| addresses.binary_search(&address).is_ok();
    assert!(!others.iter().any(|other| is_ours(Owned::as_ptr(other).addr())));
    // ... but for objects of the type, for which all are, ...
    let mut again: Vec<_> = (0..1000).map(session).collect();
    assert!(again.iter().all(|session| is_ours(Owned::as_ptr(session).addr())));
    // ... and for whatever else of that layout names the type's slots.
    again.pop();
    #[repr(align(64))]
    struct Alike(#[expect(dead_code, reason = "it has a size")] u8);
    let alike = Owned::try_new_in(Alike(1), Isolated::<Session>::default()).unwrap();
    assert!(is_ours(Owned::as_ptr(&alike).addr()));
}

#[test]
fn a_deleted_slot_keeps_its_bytes_until_the_type_uses_it_again() {
    struct Secret([u64; 4]);
    label!(Secret);
    let secret = Owned::try_new_in(Secret([7; 4]), Isolated::<Secret>::default()).unwrap();
    let stale = Owned::as_ptr(&secret);
    drop(secret);
    // SAFETY: slots are never unmapped, and only a `Secret` was ever there.
    assert_eq!(unsafe { stale.read() }.0, [7; 4]);
}

#[test]
fn threads_share_the_slots_of_a_type() {
    struct Shared(usize);
    label!(Shared);
    let sum = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let sum = &sum;
            scope.spawn(move || {
                let mut kept = Vec::new();
                for turn in 0..2000 {
                    let id = thread * 10_000 + turn;
                    kept.push((
                        id,
                        Owned::try_new_in(Shared(id), Isolated::<Shared>::default()).unwrap(),
                    ));
                    if turn % 3 == 0 {
                        let (id, shared) = kept.swap_remove(turn % kept.len());
                        assert_eq!(shared.0, id);
                    }
                }
                assert!(kept.iter().all(|(id, shared)| shared.0 == *id));
                sum.fetch_add(kept.len(), Ordering::Relaxed);
            });
        }
    });
    assert_eq!(sum.into_inner(), 4 * (2000 - 667));
    assert_eq!(Shared::label().live_count(), 0);
}

struct Node {
    id: usize,
}
label!(Node);
struct Other(#[expect(dead_code, reason = "it has a size")] usize);
label!(Other);

#[test]
fn every_right_delete_passes() {
    lives(|| {
        let nodes = Checked::<Node>::default();
        let mut made = Vec::new();
        // More than the table begins with, and addresses used again.
        for id in 0..5000 {
            made.push(nodes.new_with(value(Node { id })).unwrap());
            if id % 2 == 1 {
                // SAFETY: nobody uses it any more.
                unsafe { nodes.delete(made.swap_remove(id % made.len())) };
            }
        }
        for node in made {
            // SAFETY: nobody uses it any more.
            unsafe { nodes.delete(node) };
        }
        let array = nodes.new_array(3, |id| value(Node { id })).unwrap();
        // SAFETY: inside the array.
        let last = unsafe { array.add(2) };
        // SAFETY: the element lives, and nobody else uses it.
        assert_eq!(unsafe { &*last }.id, 2);
        // SAFETY: nobody uses them any more.
        unsafe { nodes.delete_array(array) };
        let none = nodes.new_array(0, |id| value(Node { id })).unwrap();
        // SAFETY: nobody uses them any more.
        unsafe { nodes.delete_array(none) };
        let mut place = MaybeUninit::uninit();
        for id in 0..2 {
            // SAFETY: the place is for a `Node`, and this function's alone.
            let node =
                unsafe { nodes.construct_at(place.as_mut_ptr(), value(Node { id })) }.unwrap();
            // SAFETY: nobody uses it any more.
            unsafe { nodes.destroy_at(node) };
        }
        // SAFETY: null is nothing.
        unsafe { nodes.delete(core::ptr::null_mut()) };
    });
}

#[test]
fn a_double_delete_names_the_type_and_all_three_places() {
    let words =
        ["delete of ", "labels::Node at 0x", "labels.rs:", "made by new_with", "ended before"];
    dies_with(libc::SIGABRT, &words, || {
        let nodes = Checked::<Node>::default();
        let node = nodes.new_with(value(Node { id: 1 })).unwrap();
        // SAFETY: nobody uses it any more.
        unsafe { nodes.delete(node) };
        // SAFETY: it is not: that is what is found.
        unsafe { nodes.delete(node) };
    });
}

#[test]
fn the_wrong_form_is_found() {
    let words = ["delete of ", "::Node", "made by new_array", "its end is delete_array"];
    dies_with(libc::SIGABRT, &words, || {
        let nodes = Checked::<Node>::default();
        let array = nodes.new_array(3, |id| value(Node { id })).unwrap();
        // SAFETY: it is not: that is what is found.
        unsafe { nodes.delete(array) };
    });
    dies_with(
        libc::SIGABRT,
        &["delete_array of ", "made by new_with", "its end is delete"],
        || {
            let nodes = Checked::<Node>::default();
            let node = nodes.new_with(value(Node { id: 1 })).unwrap();
            // SAFETY: it is not: that is what is found.
            unsafe { nodes.delete_array(node) };
        },
    );
}

#[test]
fn what_new_made_is_replaced_by_assignment_and_ends_by_delete_alone() {
    lives(|| {
        let nodes = Checked::<Node>::default();
        let node = nodes.new_with(value(Node { id: 1 })).unwrap();
        // SAFETY: the object lives, and nobody else uses it.
        unsafe { *node = Node { id: 2 } };
        // SAFETY: nobody uses it any more.
        unsafe { nodes.delete(node) };
    });
    dies_with(libc::SIGABRT, &["destroy_at of ", "made by new_with", "its end is delete"], || {
        let nodes = Checked::<Node>::default();
        let node = nodes.new_with(value(Node { id: 1 })).unwrap();
        // SAFETY: its memory is still there; its end is another one: that is what is found.
        unsafe { nodes.destroy_at(node) };
    });
}

#[test]
fn a_delete_of_what_was_placed_is_found() {
    dies_with(libc::SIGABRT, &["made by construct_at", "its end is destroy_at"], || {
        let nodes = Checked::<Node>::default();
        let mut place = MaybeUninit::uninit();
        // SAFETY: the place is for a `Node`, and this function's alone.
        let node =
            unsafe { nodes.construct_at(place.as_mut_ptr(), value(Node { id: 1 })) }.unwrap();
        // SAFETY: it is not: that is what is found.
        unsafe { nodes.delete(node) };
    });
}

#[test]
fn a_stranger_and_an_object_of_another_type_are_found() {
    dies_with(libc::SIGABRT, &["::Node at 0x", "no such object was made"], || {
        let mut node = Node { id: 1 };
        // SAFETY: it is not: that is what is found.
        unsafe { Checked::<Node>::default().delete(&raw mut node) };
    });
    dies_with(
        libc::SIGABRT,
        &["delete of ", "::Node", "there is a ", "::Other", "new_with"],
        || {
            let other = Checked::<Other>::default().new_with(value(Other(1))).unwrap();
            // SAFETY: it is not: that is what is found.
            unsafe { Checked::<Node>::default().delete(other.cast()) };
        },
    );
}

#[test]
fn a_delete_on_another_allocator_is_found() {
    use allocator_api2::alloc::Global;
    let words =
        ["delete of ", "::Node", "made by new_with", " on ", "::Malloc and not on ", "::Global"];
    dies_with(libc::SIGABRT, &words, || {
        let node = Checked::<Node>::default().new_with(value(Node { id: 1 })).unwrap();
        // SAFETY: it is not: that is what is found.
        unsafe { Checked::<Node, Global>::default().delete(node) };
    });
    dies_with(libc::SIGABRT, &["delete_array of ", " on ", "::Global and not on "], || {
        let made = Checked::<Node, Global>::default().new_array(3, |id| value(Node { id }));
        // SAFETY: it is not: that is what is found.
        unsafe { Checked::<Node>::default().delete_array(made.unwrap()) };
    });
    lives(|| {
        let mut place = MaybeUninit::uninit();
        let nodes = Checked::<Node>::default();
        // SAFETY: the place is for a `Node`, and this function's alone.
        let node = unsafe { nodes.construct_at(place.as_mut_ptr(), value(Node { id: 1 })) };
        // SAFETY: nobody uses it any more; what was placed is no allocator's.
        unsafe { Checked::<Node, Global>::default().destroy_at(node.unwrap()) };
    });
}

#[test]
fn types_of_one_name_are_told_apart() {
    fn made_here() -> (*mut u8, &'static str) {
        struct Twin(#[expect(dead_code, reason = "it has a size")] [u64; 2]);
        label!(Twin);
        let twin = Checked::<Twin>::default().new_with(value(Twin([1, 2]))).unwrap();
        (twin.cast(), Twin::label().name())
    }

    fn deleted_here(address: *mut u8) -> &'static str {
        struct Twin(#[expect(dead_code, reason = "it has a size")] [u64; 20]);
        label!(Twin);
        // SAFETY: it is not: that is what is found.
        unsafe { Checked::<Twin>::default().delete(address.cast()) };
        Twin::label().name()
    }

    dies_with(
        libc::SIGABRT,
        &["delete of ", "::Twin", "there is a ", "::Twin", "new_with"],
        || {
            let (twin, name) = made_here();
            // Only where nothing is found are there names to compare.
            assert_eq!(deleted_here(twin), name);
        },
    );
}
