//! Types of which all bytes zero are a valid value.

use core::cell::{Cell, UnsafeCell};
use core::marker::{PhantomData, PhantomPinned};
use core::mem::{ManuallyDrop, MaybeUninit};
use core::num::Wrapping;
use core::ptr::NonNull;
use core::sync::atomic;

/// A type of which all bytes zero are a valid value.
///
/// A struct is one where [`zeroable!`](crate::zeroable) says so and all its fields are.
///
/// # Safety
///
/// Memory of the size of a `Self` whose bytes are all zero holds a valid value, which may be
/// dropped.
///
/// # Examples
///
/// ```
/// fn is_zeroable<T: heapwright_new::Zeroable + ?Sized>() {}
///
/// is_zeroable::<[f64; 100]>();
/// is_zeroable::<(u8, Option<&u32>, *const u8)>();
/// ```
///
/// ```compile_fail,E0277
/// fn is_zeroable<T: heapwright_new::Zeroable + ?Sized>() {}
///
/// is_zeroable::<&str>(); // a reference is never null
/// ```
#[diagnostic::on_unimplemented(
    message = "zeros are not known to be a valid `{Self}`",
    note = "for a struct of your own: `zeroable!({Self} {{ every, field }})`"
)]
pub unsafe trait Zeroable {}

/// Says that structs are [`Zeroable`], which is checked: all fields must be named, and be so.
///
/// Parameters stand after `for`, and are then required to be `Zeroable`. Of a tuple struct the
/// fields are `0`, `1`, ….
///
/// # Examples
///
/// ```
/// use heapwright_new::{Owned, zeroable, zeroed};
///
/// struct Matrix {
///     rows: u32,
///     cells: [f64; 64],
/// }
/// zeroable!(Matrix { rows, cells });
///
/// struct Pair<A, B>(A, B);
/// zeroable!(for<A, B> Pair { 0, 1 });
///
/// let pair: Owned<Pair<u8, Matrix>> = Owned::try_new_with(zeroed())?;
/// assert_eq!((pair.0, pair.1.rows, pair.1.cells[63]), (0, 0, 0.0));
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
///
/// ```compile_fail,E0277
/// struct Named { id: u32, name: &'static str }
/// heapwright_new::zeroable!(Named { id, name });
/// ```
#[macro_export]
macro_rules! zeroable {
    (for<$($parameter:ident),+ $(,)?> $name:ident { $($field:tt),* $(,)? }) => {
        $crate::__zeroable!([<$($parameter),+>] $name { $($field),* });
    };
    ($name:ident { $($field:tt),* $(,)? }) => {
        $crate::__zeroable!([] $name { $($field),* });
    };
}

/// Writes the promise and what checks it.
#[doc(hidden)]
#[macro_export]
macro_rules! __zeroable {
    ([$(<$($parameter:ident),+>)?] $name:ident { $($field:tt),* }) => {
        // SAFETY: `$name` is a struct, since the literal below is that of one and names a type;
        // all its fields are zeroable, since the literal has them all and each is asked.
        unsafe impl$(<$($parameter: $crate::Zeroable),+>)? $crate::Zeroable
            for $name$(<$($parameter),+>)?
        {
        }
        const _: () = {
            // For the compiler, never called.
            fn _every_field_is_zeroable$(<$($parameter: $crate::Zeroable),+>)?(
                value: &$name$(<$($parameter),+>)?,
            ) {
                $crate::__private::has_all_fields(value, || $name {
                    $($field: $crate::__private::never(),)*
                });
                $($crate::__private::is_zeroable(&raw const value.$field);)*
            }
        };
    };
}

/// Says that `literal` makes what `value` is. Neither is used: for the compiler, which rejects a
/// literal with a field missing and names the field.
pub const fn has_all_fields<T>(value: &T, literal: fn() -> T) {
    let _ = (value, literal);
}

/// Says that what `field` points to is zeroable. Nothing is used: for the compiler.
pub const fn is_zeroable<T: Zeroable + ?Sized>(field: *const T) {
    let _ = field;
}

macro_rules! zeros_are_valid {
    ($($type:ty),+ $(,)?) => { $(
        // SAFETY: a number, a null or nothing: no bit pattern of it is invalid, or zero is not.
        unsafe impl Zeroable for $type {}
    )+ };
}

zeros_are_valid! {
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, bool, char, (),
    atomic::AtomicBool, atomic::AtomicU8, atomic::AtomicU16, atomic::AtomicU32, atomic::AtomicU64,
    atomic::AtomicUsize, atomic::AtomicI8, atomic::AtomicI16, atomic::AtomicI32,
    atomic::AtomicI64, atomic::AtomicIsize, PhantomPinned, str,
    Option<core::num::NonZeroU8>, Option<core::num::NonZeroU16>, Option<core::num::NonZeroU32>,
    Option<core::num::NonZeroU64>, Option<core::num::NonZeroUsize>,
}

// SAFETY: each element is zeros.
unsafe impl<T: Zeroable, const N: usize> Zeroable for [T; N] {}
// SAFETY: each element is zeros.
unsafe impl<T: Zeroable> Zeroable for [T] {}
// SAFETY: they are laid out as what they hold.
unsafe impl<T: Zeroable + ?Sized> Zeroable for Cell<T> {}
// SAFETY: they are laid out as what they hold.
unsafe impl<T: Zeroable + ?Sized> Zeroable for UnsafeCell<T> {}
// SAFETY: they are laid out as what they hold.
unsafe impl<T: Zeroable + ?Sized> Zeroable for ManuallyDrop<T> {}
// SAFETY: they are laid out as what they hold.
unsafe impl<T: Zeroable> Zeroable for Wrapping<T> {}
// SAFETY: any bytes are valid.
unsafe impl<T> Zeroable for MaybeUninit<T> {}
// SAFETY: there are no bytes.
unsafe impl<T: ?Sized> Zeroable for PhantomData<T> {}
// SAFETY: zero is null.
unsafe impl<T> Zeroable for *const T {}
// SAFETY: zero is null.
unsafe impl<T> Zeroable for *mut T {}
// SAFETY: zero is null.
unsafe impl<T> Zeroable for atomic::AtomicPtr<T> {}
// SAFETY: an option of what is never null is null where it is none, as the language promises.
unsafe impl<T> Zeroable for Option<&T> {}
// SAFETY: an option of what is never null is null where it is none, as the language promises.
unsafe impl<T> Zeroable for Option<&mut T> {}
// SAFETY: an option of what is never null is null where it is none, as the language promises.
unsafe impl<T> Zeroable for Option<NonNull<T>> {}

macro_rules! zeros_are_valid_in_tuples {
    ($(($($element:ident),+))+) => { $(
        // SAFETY: each element is zeros.
        unsafe impl<$($element: Zeroable),+> Zeroable for ($($element,)+) {}
    )+ };
}

zeros_are_valid_in_tuples! { (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) }
