//! `operator new` and `operator delete`: every form of C++17.
//!
//! ```text
//!   new[](size)            ─▶ new(size)         ─┐
//!   new[](size, align)     ─▶ new(size, align)  ─┴▶ new_or_throw ─▶ a block
//!                                                     │   ▲
//!                                                     ▼   │ again
//!                                                   new-handler ── none ─▶ throw std::bad_alloc
//!   delete[], sized, nothrow forms ─▶ delete(block), delete(block, align)
//! ```
//!
//! A program may replace single operators by its own, and the standard says which of the others
//! then lead there. So the arrows on the left are jumps through the dynamic linker, and a program
//! that has only its own `operator new(size)` and `operator delete(block)` gets them for all.
//!
//! What may be passed by an exception is no Rust: a frame of this library, built to abort where
//! it would unwind, would end the process. Those functions are naked (`sys/`): the loop stands in
//! a frame that knows how to be unwound, and the throw is a jump out of it. The new-handler and
//! the throw are libstdc++'s, looked up on failure only: a program of C has neither.

use core::ffi::{CStr, c_void};
use core::mem;
use core::ptr::{self, NonNull};

use heapwright_malloc::message::{Message, abort_with};

use crate::{Heap, sys};

const LIBSTDCXX: &CStr = c"libstdc++.so.6";

/// `const std::nothrow_t &`: an object without contents.
type NoThrow = *const c_void;

// What the naked functions call.

extern "C" fn allocate(size: usize, align: usize) -> *mut c_void {
    Heap::aligned_alloc(align, size).map_or(ptr::null_mut(), |block| block.as_ptr().cast())
}

extern "C" fn allocate_unaligned(size: usize) -> *mut c_void {
    Heap::malloc(size).map_or(ptr::null_mut(), |block| block.as_ptr().cast())
}

/// The new-handler, or null.
#[cold]
extern "C" fn handler() -> *mut c_void {
    // std::get_new_handler()
    let linked = || sys::weak_symbol!("_ZSt15get_new_handlerv");
    let Some(getter) = symbol_of_cxx(c"_ZSt15get_new_handlerv", linked) else {
        // Who sets a handler has the function that gets it.
        return ptr::null_mut();
    };
    // SAFETY: that is the type of the function of this name.
    let getter =
        unsafe { mem::transmute::<NonNull<c_void>, extern "C" fn() -> *mut c_void>(getter) };
    getter()
}

/// The function that throws `std::bad_alloc`.
#[cold]
extern "C" fn thrower() -> NonNull<c_void> {
    // std::__throw_bad_alloc()
    let linked = || sys::weak_symbol!("_ZSt17__throw_bad_allocv");
    symbol_of_cxx(c"_ZSt17__throw_bad_allocv", linked).unwrap_or_else(|| {
        abort_with(Message::<128>::new().text(
            "heapwright: operator new is out of memory, and no libstdc++ is there to throw\n",
        ))
    })
}

/// A function of libstdc++. Libraries that were loaded for one other library alone are not in the
/// process's scope, so libstdc++ is asked itself first; a program that is linked as a whole has no
/// such scope, only what its linker found.
fn symbol_of_cxx(name: &CStr, linked: impl FnOnce() -> usize) -> Option<NonNull<c_void>> {
    sys::symbol_of(LIBSTDCXX, name)
        .or_else(|| sys::symbol_of_process(name))
        .or_else(|| NonNull::new(ptr::with_exposed_provenance_mut(linked())))
}

#[unsafe(naked)]
unsafe extern "C-unwind" fn new_or_throw(size: usize, align: usize) -> *mut c_void {
    sys::new_or_throw!(allocate, handler, thrower)
}

// The four forms that throw.

/// `operator new(size)`.
///
/// # Safety
///
/// As the C++ standard says.
#[unsafe(naked)]
#[unsafe(export_name = "_Znwm")]
pub unsafe extern "C-unwind" fn new(size: usize) -> *mut c_void {
    sys::new_unaligned!("heapwright_operator_new", allocate_unaligned, new_or_throw)
}

/// `operator new(size, align)`.
///
/// # Safety
///
/// As the C++ standard says.
#[unsafe(naked)]
#[unsafe(export_name = "_ZnwmSt11align_val_t")]
pub unsafe extern "C-unwind" fn new_aligned(size: usize, align: usize) -> *mut c_void {
    sys::new_aligned!("heapwright_operator_new_aligned", new_or_throw)
}

/// `operator new[](size)`.
///
/// # Safety
///
/// As the C++ standard says.
#[unsafe(naked)]
#[unsafe(export_name = "_Znam")]
pub unsafe extern "C-unwind" fn new_array(size: usize) -> *mut c_void {
    sys::jump_to!("_Znwm")
}

/// `operator new[](size, align)`.
///
/// # Safety
///
/// As the C++ standard says.
#[unsafe(naked)]
#[unsafe(export_name = "_ZnamSt11align_val_t")]
pub unsafe extern "C-unwind" fn new_array_aligned(size: usize, align: usize) -> *mut c_void {
    sys::jump_to!("_ZnwmSt11align_val_t")
}

// The four that return null instead. An exception of the new-handler must be caught on the way,
// and only C++ can: on failure, and where a program has its own throwing form, libstdc++'s
// function of the same name calls the throwing form and catches.

/// `operator new(size, std::nothrow)`.
#[unsafe(export_name = "_ZnwmRKSt9nothrow_t")]
pub extern "C" fn new_nothrow(size: usize, nothrow: NoThrow) -> *mut c_void {
    if sys::is_bound_to!("_Znwm", "heapwright_operator_new") {
        let block = allocate(size, 1);
        if !block.is_null() {
            return block;
        }
    }
    new_and_catch(c"_ZnwmRKSt9nothrow_t", size, nothrow)
}

/// `operator new(size, align, std::nothrow)`.
#[unsafe(export_name = "_ZnwmSt11align_val_tRKSt9nothrow_t")]
pub extern "C" fn new_aligned_nothrow(size: usize, align: usize, nothrow: NoThrow) -> *mut c_void {
    if sys::is_bound_to!("_ZnwmSt11align_val_t", "heapwright_operator_new_aligned") {
        let block = allocate(size, align);
        if !block.is_null() {
            return block;
        }
    }
    new_aligned_and_catch(c"_ZnwmSt11align_val_tRKSt9nothrow_t", size, align, nothrow)
}

/// `operator new[](size, std::nothrow)`.
///
/// # Safety
///
/// As the C++ standard says.
#[unsafe(naked)]
#[unsafe(export_name = "_ZnamRKSt9nothrow_t")]
pub unsafe extern "C" fn new_array_nothrow(size: usize, nothrow: NoThrow) -> *mut c_void {
    sys::jump_to!("_ZnwmRKSt9nothrow_t")
}

/// `operator new[](size, align, std::nothrow)`.
///
/// # Safety
///
/// As the C++ standard says.
#[unsafe(naked)]
#[unsafe(export_name = "_ZnamSt11align_val_tRKSt9nothrow_t")]
pub unsafe extern "C" fn new_array_aligned_nothrow(
    size: usize,
    align: usize,
    nothrow: NoThrow,
) -> *mut c_void {
    sys::jump_to!("_ZnwmSt11align_val_tRKSt9nothrow_t")
}

#[cold]
fn new_and_catch(name: &CStr, size: usize, nothrow: NoThrow) -> *mut c_void {
    type New = extern "C" fn(usize, NoThrow) -> *mut c_void;
    let Some(new) = sys::symbol_of(LIBSTDCXX, name) else { return new_by_handler(size, 1) };
    // SAFETY: that is the type of the function of this name.
    let new = unsafe { mem::transmute::<NonNull<c_void>, New>(new) };
    new(size, nothrow)
}

#[cold]
fn new_aligned_and_catch(name: &CStr, size: usize, align: usize, nothrow: NoThrow) -> *mut c_void {
    type New = extern "C" fn(usize, usize, NoThrow) -> *mut c_void;
    let Some(new) = sys::symbol_of(LIBSTDCXX, name) else { return new_by_handler(size, align) };
    // SAFETY: that is the type of the function of this name.
    let new = unsafe { mem::transmute::<NonNull<c_void>, New>(new) };
    new(size, align, nothrow)
}

/// The loop where no shared libstdc++ is there to catch: what a handler throws ends the process.
#[cold]
fn new_by_handler(size: usize, align: usize) -> *mut c_void {
    loop {
        let block = allocate(size, align);
        if !block.is_null() {
            return block;
        }
        let Some(handler) = NonNull::new(handler()) else { return ptr::null_mut() };
        // SAFETY: a new-handler is a function without arguments or result.
        let handler = unsafe { mem::transmute::<NonNull<c_void>, extern "C" fn()>(handler) };
        handler();
    }
}

// The two forms of delete that do it, and the ten that lead there.

/// `operator delete(block)`.
///
/// # Safety
///
/// As [`free`](crate::c::free).
#[unsafe(export_name = "_ZdlPv")]
pub unsafe extern "C" fn delete(block: *mut c_void) {
    // SAFETY: the caller's conditions.
    unsafe { crate::c::free(block) };
}

/// `operator delete(block, align)`.
///
/// # Safety
///
/// As [`free`](crate::c::free).
#[unsafe(export_name = "_ZdlPvSt11align_val_t")]
pub unsafe extern "C" fn delete_aligned(block: *mut c_void, _align: usize) {
    // SAFETY: the caller's conditions.
    unsafe { crate::c::free(block) };
}

/// Defines forms of `operator delete` that are jumps to another form: `name(arguments) =
/// "symbol" => jump "symbol of the other"`.
macro_rules! deletes {
    ($($(#[$documentation:meta])* $name:ident($($argument:ident: $type:ty),*)
        = $symbol:literal => $jump:ident $target:literal;)*) => {$(
        $(#[$documentation])*
        ///
        /// # Safety
        ///
        /// As [`free`](crate::c::free).
        #[unsafe(naked)]
        #[unsafe(export_name = $symbol)]
        pub unsafe extern "C" fn $name(block: *mut c_void $(, $argument: $type)*) {
            sys::$jump!($target)
        }
    )*};
}

deletes! {
    /// `operator delete(block, size)`.
    delete_sized(size: usize)
        = "_ZdlPvm" => jump_to "_ZdlPv";
    /// `operator delete(block, std::nothrow)`.
    delete_nothrow(nothrow: NoThrow)
        = "_ZdlPvRKSt9nothrow_t" => jump_to "_ZdlPv";
    /// `operator delete[](block)`.
    delete_array()
        = "_ZdaPv" => jump_to "_ZdlPv";
    /// `operator delete[](block, size)`.
    delete_array_sized(size: usize)
        = "_ZdaPvm" => jump_to "_ZdaPv";
    /// `operator delete[](block, std::nothrow)`.
    delete_array_nothrow(nothrow: NoThrow)
        = "_ZdaPvRKSt9nothrow_t" => jump_to "_ZdaPv";
    /// `operator delete(block, size, align)`.
    delete_sized_aligned(size: usize, align: usize)
        = "_ZdlPvmSt11align_val_t" => jump_to_without_size "_ZdlPvSt11align_val_t";
    /// `operator delete(block, align, std::nothrow)`.
    delete_aligned_nothrow(align: usize, nothrow: NoThrow)
        = "_ZdlPvSt11align_val_tRKSt9nothrow_t" => jump_to "_ZdlPvSt11align_val_t";
    /// `operator delete[](block, align)`.
    delete_array_aligned(align: usize)
        = "_ZdaPvSt11align_val_t" => jump_to "_ZdlPvSt11align_val_t";
    /// `operator delete[](block, size, align)`.
    delete_array_sized_aligned(size: usize, align: usize)
        = "_ZdaPvmSt11align_val_t" => jump_to_without_size "_ZdaPvSt11align_val_t";
    /// `operator delete[](block, align, std::nothrow)`.
    delete_array_aligned_nothrow(align: usize, nothrow: NoThrow)
        = "_ZdaPvSt11align_val_tRKSt9nothrow_t" => jump_to "_ZdaPvSt11align_val_t";
}
