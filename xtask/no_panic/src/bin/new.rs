//! No panic is reachable from the allocation and construction paths of `heapwright-new`: shown by
//! linking, as `block.rs` says. The constructors and destructors here cannot panic themselves; what
//! a user's can is the user's.
#![no_std]
#![no_main]

use core::alloc::Layout;
use core::ffi::c_int;
use core::mem::MaybeUninit;
use core::panic::PanicInfo;
use core::pin::Pin;
use core::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator};
use heapwright_malloc::Malloc;
use heapwright_new::polymorphic::{Monotonic, NullAllocator, PoolAllocator};
use heapwright_new::{
    BadAlloc, ByType, Carver, Checked, InitRaw, Isolated, NewError, NewHandler, Owned, OwnedArray,
    PinStorage, PlaceError, Placed, PlacedArray, StaticStorage, Storage, WithHandler, label, place,
    place_array, raw, set_new_handler,
};

#[link(name = "c")]
unsafe extern "C" {
    safe fn heapwright_a_panic_is_reachable() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    heapwright_a_panic_is_reachable()
}

/// An object with a destructor.
struct Object(u64);

impl Drop for Object {
    fn drop(&mut self) {
        self.0 = 0;
    }
}

label!(Object);

/// A constructor of which nothing is known here.
type Build = fn(*mut Object) -> Result<(), u8>;
type Init = InitRaw<Object, u8, Build>;
type New<T> = Result<T, NewError<u8>>;
type Place<T> = Result<T, PlaceError<u8>>;
type Bytes = &'static mut [MaybeUninit<u8>];
type Blocks = Result<NonNull<[u8]>, AllocError>;
type Buffer = Monotonic<'static, Malloc>;
type Pool = PoolAllocator<Malloc>;
type Handled = WithHandler<Malloc, NewHandler>;

#[expect(dead_code, clippy::type_complexity, reason = "kept for the linker, never called")]
struct Handles {
    new: fn(Object) -> Owned<Object>,
    try_new: fn(Object) -> Result<Owned<Object>, BadAlloc>,
    try_new_with: fn(Init) -> New<Owned<Object>>,
    try_pin_with: fn(Init) -> New<Pin<Owned<Object>>>,
    try_zeroed: fn() -> Result<Owned<[u64; 99]>, BadAlloc>,
    into_inner: fn(Owned<Object>) -> Object,
    drop: fn(Owned<Object>),
    drop_dyn: fn(Owned<dyn Send, &'static dyn Allocator>),
    try_new_in: fn(
        Object,
        &'static dyn Allocator,
    ) -> Result<Owned<Object, &'static dyn Allocator>, BadAlloc>,
    try_from_fn: fn(usize, fn(usize) -> Init) -> New<OwnedArray<Object>>,
    try_fill: fn(usize, u64) -> Result<OwnedArray<u64>, BadAlloc>,
    array_try_zeroed: fn(usize) -> Result<OwnedArray<u64>, BadAlloc>,
    drop_array: fn(OwnedArray<Object>),
    set_new_handler: fn(Option<NewHandler>) -> Option<NewHandler>,
}

#[used]
static HANDLES: Handles = Handles {
    new: Owned::new,
    try_new: Owned::try_new,
    try_new_with: Owned::try_new_with,
    try_pin_with: Owned::try_pin_with,
    try_zeroed: Owned::try_zeroed,
    into_inner: Owned::into_inner,
    drop,
    drop_dyn: drop,
    try_new_in: Owned::try_new_in,
    try_from_fn: OwnedArray::try_from_fn,
    try_fill: OwnedArray::try_fill,
    array_try_zeroed: OwnedArray::try_zeroed,
    drop_array: drop,
    set_new_handler,
};

#[expect(dead_code, clippy::type_complexity, reason = "kept for the linker, never called")]
struct Placements {
    emplace: fn(&'static mut Storage<Object>, Init) -> Result<Placed<'static, Object>, u8>,
    emplace_pin:
        fn(Pin<&'static mut PinStorage<Object>>, Init) -> Result<Pin<&'static mut Object>, u8>,
    static_emplace: fn(&'static StaticStorage<Object>, Init) -> Place<&'static mut Object>,
    place: fn(Bytes, Init) -> Place<Placed<'static, Object>>,
    place_array: fn(Bytes, usize, fn(usize) -> Init) -> Place<PlacedArray<'static, Object>>,
    carver_place: fn(&mut Carver<'static>, Init) -> Place<Placed<'static, Object>>,
    carver_array:
        fn(&mut Carver<'static>, usize, fn(usize) -> Init) -> Place<PlacedArray<'static, Object>>,
    drop: fn(Placed<'static, Object>),
    drop_array: fn(PlacedArray<'static, Object>),
    drop_storage: fn(PinStorage<Object>),
    construct_at: unsafe fn(*mut Object, Init) -> Result<raw::PlacementPtr<Object>, u8>,
    destroy_n: unsafe fn(*mut Object, usize),
}

#[used]
static PLACEMENTS: Placements = Placements {
    emplace: Storage::emplace,
    emplace_pin: PinStorage::emplace_pin,
    static_emplace: StaticStorage::emplace,
    place,
    place_array,
    carver_place: Carver::place,
    carver_array: Carver::place_array,
    drop,
    drop_array: drop,
    drop_storage: drop,
    construct_at: raw::construct_at,
    destroy_n: raw::destroy_n,
};

#[expect(dead_code, reason = "kept for the linker, never called")]
struct Allocators<A: Allocator> {
    allocate: fn(&A, Layout) -> Blocks,
    allocate_zeroed: fn(&A, Layout) -> Blocks,
    deallocate: unsafe fn(&A, NonNull<u8>, Layout),
    grow: unsafe fn(&A, NonNull<u8>, Layout, Layout) -> Blocks,
    shrink: unsafe fn(&A, NonNull<u8>, Layout, Layout) -> Blocks,
    drop: fn(A),
}

impl<A: Allocator> Allocators<A> {
    const ALL: Self = Self {
        allocate: A::allocate,
        allocate_zeroed: A::allocate_zeroed,
        deallocate: A::deallocate,
        grow: A::grow,
        shrink: A::shrink,
        drop,
    };
}

#[used]
static BUFFER: Allocators<Buffer> = Allocators::ALL;
#[used]
static POOL: Allocators<Pool> = Allocators::ALL;
#[used]
static NULL: Allocators<NullAllocator> = Allocators::ALL;
#[used]
static BY_TYPE: Allocators<ByType<Object>> = Allocators::ALL;
#[used]
static ISOLATED: Allocators<Isolated<Object>> = Allocators::ALL;
#[used]
static HANDLED: Allocators<Handled> = Allocators::ALL;

#[expect(dead_code, clippy::type_complexity, reason = "kept for the linker, never called")]
struct Checks {
    new_with: fn(&Checked<Object>, Init) -> New<*mut Object>,
    delete: unsafe fn(&Checked<Object>, *mut Object),
    new_array: fn(&Checked<Object>, usize, fn(usize) -> Init) -> New<*mut Object>,
    delete_array: unsafe fn(&Checked<Object>, *mut Object),
    construct_at: unsafe fn(&Checked<Object>, *mut Object, Init) -> New<*mut Object>,
    destroy_at: unsafe fn(&Checked<Object>, *mut Object),
}

#[used]
static CHECKS: Checks = Checks {
    new_with: Checked::new_with,
    delete: Checked::delete,
    new_array: Checked::new_array,
    delete_array: Checked::delete_array,
    construct_at: Checked::construct_at,
    destroy_at: Checked::destroy_at,
};

/// There is nothing to run: that this program exists is the proof.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    0
}
