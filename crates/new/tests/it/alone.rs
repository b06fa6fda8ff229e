//! A program that takes this crate alone: no other crate has to be named for its functions.
#![cfg(feature = "malloc")]

use core::alloc::Layout;
use core::ptr::NonNull;

use heapwright_new::polymorphic::PoolAllocator;
use heapwright_new::{
    AllocError, Allocator, Class, ClassOwned, DestroyingDelete, Malloc, Owned, ProcessMalloc,
    SelfDeleting, StaticAllocator, value,
};

#[test]
fn a_polymorphic_allocator_can_be_named() {
    let pool = PoolAllocator::new(Malloc);
    let memory: &dyn Allocator = &pool;
    let number: Owned<u64, &dyn Allocator> = Owned::try_new_in(7, memory).unwrap();
    assert_eq!(*number, 7);
}

#[test]
fn an_allocator_of_ones_own_can_be_written() {
    #[derive(Clone, Copy)]
    struct Small;
    // SAFETY: the blocks are those of `Malloc`, and every value is the same.
    unsafe impl Allocator for Small {
        fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
            if layout.size() > 64 {
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
    unsafe impl StaticAllocator for Small {}

    struct Order(u32);
    impl Class for Order {
        type Allocator = Small;

        fn allocator() -> Small {
            Small
        }
    }

    let order: ClassOwned<Order> = Order::try_new_with(value(Order(7))).unwrap();
    assert_eq!(order.0, 7);
    assert!(Owned::try_new_in([0; 65], Small).is_err());
}

#[test]
fn an_object_of_the_processes_malloc_deletes_itself() {
    struct Handle(u32);
    // SAFETY: the object ends and its memory goes back, once.
    unsafe impl DestroyingDelete<ProcessMalloc> for Handle {
        unsafe fn destroying_delete(this: NonNull<Self>, heap: &ProcessMalloc) {
            // SAFETY: an object of this allocator, used no more.
            drop(unsafe { Owned::from_raw_parts(this, *heap) });
        }
    }
    let (pointer, heap) =
        Owned::into_raw_parts(Owned::try_new_in(Handle(7), ProcessMalloc).unwrap());
    // SAFETY: the parts of a handle.
    let handle = unsafe { SelfDeleting::from_raw_parts(pointer, heap) };
    assert_eq!(handle.0, 7);
}

#[cfg(feature = "alloc")]
#[test]
fn an_object_of_global_becomes_a_box() {
    use heapwright_new::Global;

    let number: Owned<u32, Global> = Owned::new_in(7, Global);
    let boxed: Box<u32> = Owned::into_box(number);
    assert_eq!(*boxed, 7);
}
