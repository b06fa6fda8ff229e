//! Types with an allocator of their own, and types that delete themselves.

use core::alloc::Layout;
use core::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator, Global};
use heapwright_new::{
    Class, ClassOwned, DestroyingDelete, Isolated, Label, Malloc, Owned, SelfDeleting,
    StaticAllocator, class_pool, init, label, value, zeroed,
};

use crate::ledger::Ledger;

struct Order {
    price: u32,
    quantity: u64,
}
class_pool!(Order);

#[test]
fn a_class_pool_serves_its_type_by_a_handle_of_one_word() {
    let order =
        |price| Order::try_new_with(init!(Order { price <- value(price), quantity <- value(1) }));
    let first = order(1).unwrap();
    assert_eq!(size_of_val(&first), size_of::<usize>());
    let address = Owned::as_ptr(&first);
    let second = order(2).unwrap();
    assert_eq!((first.price, second.price, second.quantity), (1, 2, 1));
    drop(first);
    assert_eq!(Owned::as_ptr(&order(3).unwrap()), address, "the slot is used again");
    let many: Vec<ClassOwned<Order>> = (0..5000).map(|price| order(price).unwrap()).collect();
    assert!(many.iter().zip(0..).all(|(order, price)| order.price == price));
    assert!(Order::label().live_count() >= 5001);
}

#[test]
fn a_class_may_name_any_allocator_and_pin_on_a_static_one() {
    struct Plain(u8);
    impl Class for Plain {
        type Allocator = Global;

        fn allocator() -> Global {
            Global
        }
    }
    assert_eq!(Plain::try_new_with(value(Plain(7))).unwrap().0, 7);
    let pinned = Order::try_pin_with(value(Order { price: 1, quantity: 2 })).unwrap();
    assert_eq!(pinned.quantity, 2);
}

#[test]
fn a_pool_of_large_objects_takes_no_more_than_each_of_them_needs() {
    const MIB: usize = 1 << 20;
    struct Modest;
    // SAFETY: the blocks are those of `Malloc`.
    unsafe impl Allocator for Modest {
        fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
            if layout.size() > 4 * MIB || layout.align() > MIB {
                return Err(AllocError);
            }
            Malloc.allocate(layout)
        }

        unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
            // SAFETY: the caller's conditions; the block is of `Malloc`.
            unsafe { Malloc.deallocate(block, layout) }
        }
    }
    // SAFETY: as `Malloc` is one.
    unsafe impl StaticAllocator for Modest {}

    type Large = [u64; 3 * MIB / 8];
    struct Page(Large);
    label!(Page);
    heapwright_new::zeroable!(Page { 0 });
    let page = || Owned::try_new_with_in(zeroed::<Page>(), Isolated::<Page, _>::new(Modest));
    let (mut first, second) = (page().unwrap(), page().unwrap());
    first.0.fill(7);
    assert!(second.0.iter().all(|&word| word == 0));
    let addresses = [Owned::as_ptr(&first), Owned::as_ptr(&second)];
    drop((first, second));
    for page in [page().unwrap(), page().unwrap()] {
        assert!(addresses.contains(&Owned::as_ptr(&page)), "the slots are used again");
        assert_eq!(page.0[0] + page.0[page.0.len() - 1], 0);
    }
}

/// Numbers behind their count, in one block.
struct Row {
    len: usize,
}

impl Row {
    fn layout(len: usize) -> Layout {
        Layout::new::<Self>().extend(Layout::array::<u64>(len).unwrap()).unwrap().0
    }

    fn new<A: Allocator>(numbers: &[u64], heap: A) -> SelfDeleting<Self, A> {
        let block = heap.allocate(Self::layout(numbers.len())).unwrap().cast::<Self>();
        // SAFETY: the block is large enough for a header, aligned for it, and ours.
        unsafe { block.write(Self { len: numbers.len() }) };
        // SAFETY: the numbers are behind the header.
        let first = unsafe { block.add(1) }.cast::<u64>();
        // SAFETY: as many were asked for.
        unsafe { first.copy_from_nonoverlapping(NonNull::from(numbers).cast(), numbers.len()) };
        // SAFETY: built just now, in a block of this layout.
        unsafe { SelfDeleting::from_raw_parts(block, heap) }
    }
}

// SAFETY: a row has no destructor, and its block is of this layout.
unsafe impl<A: Allocator> DestroyingDelete<A> for Row {
    unsafe fn destroying_delete(this: NonNull<Self>, heap: &A) {
        // SAFETY: the object lives.
        let len = unsafe { this.as_ref() }.len;
        // SAFETY: of this allocator and layout.
        unsafe { heap.deallocate(this.cast(), Self::layout(len)) };
    }
}

#[test]
fn an_object_gives_back_more_than_its_type_has() {
    let ledger = Ledger::new();
    let row = Row::new(&[1, 2, 3], &ledger);
    assert_eq!((row.len, ledger.only_layout().size()), (3, 32));
    drop(row); // the ledger checks the layout
    assert_eq!(ledger.live(), 0);
    drop(Row::new(&[], heapwright_malloc::Malloc));
}
