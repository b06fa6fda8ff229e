//! `pin_data!`: structs with fields that are pinned with them.
//!
//! A pinned object may hand out the address of a field for good only if nothing safe ever moves
//! that field. Four things could: an `impl Unpin` of the user's, a plain `Drop` with its `&mut
//! self`, a packed layout, and a projection of the user's own. The macro therefore declares the
//! struct and owns all four, as pin-project does.

use core::marker::PhantomData;
use core::pin::Pin;

/// The destructor of a type declared by [`pin_data!`](crate::pin_data) with `#[pinned_drop]`.
///
/// `Drop` would be handed a `&mut Self`, from which safe code could move pinned fields.
///
/// # Examples
///
/// ```
/// use core::pin::Pin;
/// use heapwright_new::{DropToken, Owned, PinnedDrop, pin_data};
/// use std::rc::Rc;
/// use std::cell::Cell;
///
/// pin_data! {
///     #[pinned_drop]
///     struct Timer {
///         ends: Rc<Cell<u32>>,
///     }
/// }
///
/// impl PinnedDrop for Timer {
///     fn drop(self: Pin<&mut Self>, _: DropToken<Self>) {
///         let ends = self.project().ends;
///         ends.set(ends.get() + 1);
///     }
/// }
///
/// let ends = Rc::new(Cell::new(0));
/// drop(Owned::new(Timer { ends: ends.clone() }));
/// assert_eq!(ends.get(), 1);
/// ```
pub trait PinnedDrop {
    /// Runs before the fields are dropped. The token keeps everybody else from calling it.
    ///
    /// # Examples
    ///
    /// The destructors of the fields come after it:
    ///
    /// ```
    /// use core::pin::Pin;
    /// use heapwright_new::{DropToken, PinnedDrop, pin_data};
    /// use std::rc::Rc;
    ///
    /// pin_data! {
    ///     #[pinned_drop]
    ///     struct Connection {
    ///         socket: Rc<()>,
    ///     }
    /// }
    ///
    /// impl PinnedDrop for Connection {
    ///     fn drop(self: Pin<&mut Self>, _: DropToken<Self>) {
    ///         assert_eq!(Rc::strong_count(self.project().socket), 2); // still open
    ///     }
    /// }
    ///
    /// let socket = Rc::new(());
    /// drop(Connection { socket: socket.clone() });
    /// assert_eq!(Rc::strong_count(&socket), 1);
    /// ```
    fn drop(self: Pin<&mut Self>, token: DropToken<Self>);
}

/// What only a destructor of `T` has. See [`PinnedDrop`].
///
/// # Examples
///
/// A method that only the destructor can call:
///
/// ```
/// use core::cell::Cell;
/// use core::pin::Pin;
/// use heapwright_new::{DropToken, PinnedDrop, pin_data};
///
/// pin_data! {
///     #[pinned_drop]
///     struct Timer<'a> { runs: &'a Cell<bool> }
/// }
///
/// impl Timer<'_> {
///     fn stop(self: Pin<&mut Self>, _: DropToken<Self>) {
///         self.runs.set(false);
///     }
/// }
///
/// impl PinnedDrop for Timer<'_> {
///     fn drop(self: Pin<&mut Self>, token: DropToken<Self>) {
///         self.stop(token);
///     }
/// }
///
/// let runs = Cell::new(true);
/// drop(Timer { runs: &runs });
/// assert!(!runs.get());
/// ```
#[derive(Debug)]
pub struct DropToken<T: ?Sized>(PhantomData<fn(*const T) -> *const T>);

impl<T: ?Sized> DropToken<T> {
    /// A token.
    ///
    /// # Safety
    ///
    /// It is handed to the [`PinnedDrop`] of an object that is being dropped, which never happens
    /// again.
    #[doc(hidden)]
    #[must_use]
    pub const unsafe fn new() -> Self {
        Self(PhantomData)
    }
}

/// Declares a struct with fields that are pinned whenever the struct is.
///
/// - Fields marked `#[pin]` are pinned with the whole, and take any
///   [`PinInit`](crate::PinInit) in [`pin_init!`](crate::pin_init).
/// - The struct is `Unpin` exactly where all of these are; an `impl Unpin` of one's own is
///   rejected, and so is a plain `impl Drop`. With `#[pinned_drop]` in front of the struct,
///   [`PinnedDrop`] is its destructor.
/// - A private method `project(self: Pin<&mut Self>)` makes a reference to each field: a
///   `Pin<&mut Field>` where it is pinned, a `&mut Field` where it is not.
///
/// Structs with named fields; lifetimes, types and constants as parameters, with bounds, defaults
/// and `where`.
///
/// # Examples
///
/// ```
/// use core::pin::Pin;
/// use heapwright_new::{Owned, pin_data, pin_init, value};
///
/// pin_data! {
///     /// Counts how often its future was asked.
///     pub struct Counted<F> {
///         #[pin]
///         future: F,
///         /// How often.
///         pub polls: usize,
///     }
/// }
///
/// impl<F: Future> Future for Counted<F> {
///     type Output = (usize, F::Output);
///
///     fn poll(
///         self: Pin<&mut Self>,
///         context: &mut core::task::Context<'_>,
///     ) -> core::task::Poll<Self::Output> {
///         let this = self.project();
///         *this.polls += 1;
///         this.future.poll(context).map(|output| (*this.polls, output))
///     }
/// }
///
/// let ready = core::future::ready('!');
/// let counted = pin_init!(Counted { future <- value(ready), polls <- value(0) });
/// let mut counted = Owned::try_pin_with(counted)?;
/// let mut context = core::task::Context::from_waker(core::task::Waker::noop());
/// assert!(counted.as_mut().poll(&mut context).is_ready());
/// assert_eq!(counted.polls, 1);
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
///
/// ```compile_fail,E0119
/// use heapwright_new::pin_data;
///
/// pin_data! {
///     struct Node { #[pin] link: core::marker::PhantomPinned }
/// }
/// impl Unpin for Node {}
/// ```
#[macro_export]
macro_rules! pin_data {
    ($($item:tt)*) => {
        $crate::__pin_data! { @attributes [] [] $($item)* }
    };
}

/// Reads the declaration from left to right, and writes it down at the end.
///
/// The state in brackets: the head (attributes, whether there is a destructor, visibility, name),
/// the parameters (as declared; as in an `impl`; as arguments), and what is being read.
#[doc(hidden)]
#[macro_export]
macro_rules! __pin_data {
    // Attributes, one of which is ours.
    (@attributes [$($attributes:tt)*] [$($drop:ident)?] #[pinned_drop] $($rest:tt)*) => {
        $crate::__pin_data! { @attributes [$($attributes)*] [pinned_drop] $($rest)* }
    };
    (@attributes [$($attributes:tt)*] [$($drop:ident)?] #[$($one:tt)*] $($rest:tt)*) => {
        $crate::__pin_data! { @attributes [$($attributes)* #[$($one)*]] [$($drop)?] $($rest)* }
    };
    (@attributes $attributes:tt $drop:tt $vis:vis struct $name:ident < $($rest:tt)*) => {
        $crate::__pin_data! { @parameter [$attributes $drop [$vis] $name] [] [] [] $($rest)* }
    };
    (@attributes $attributes:tt $drop:tt $vis:vis struct $name:ident $($rest:tt)*) => {
        $crate::__pin_data! { @where [$attributes $drop [$vis] $name] [] [] [] $($rest)* }
    };
    (@attributes $($other:tt)*) => {
        ::core::compile_error!("`pin_data!` declares one struct with named fields");
    };

    // A parameter begins, or there are no more.
    (@parameter $head:tt [$($decl:tt)*] [$($imp:tt)*] [$($args:tt)*] > $($rest:tt)*) => {
        $crate::__pin_data! { @where $head [$($decl)*] [$($imp)*] [$($args)*] $($rest)* }
    };
    (@parameter $head:tt [$($decl:tt)*] [$($imp:tt)*] [$($args:tt)*]
        const $name:ident $($rest:tt)*) => {
        $crate::__pin_data! { @bound $head [$($decl)* const $name] [$($imp)* const $name]
            [$($args)* $name,] [] [] $($rest)* }
    };
    (@parameter $head:tt [$($decl:tt)*] [$($imp:tt)*] [$($args:tt)*]
        $name:ident $($rest:tt)*) => {
        $crate::__pin_data! { @bound $head [$($decl)* $name] [$($imp)* $name]
            [$($args)* $name,] [] [] $($rest)* }
    };
    (@parameter $head:tt [$($decl:tt)*] [$($imp:tt)*] [$($args:tt)*]
        $name:lifetime $($rest:tt)*) => {
        $crate::__pin_data! { @bound $head [$($decl)* $name] [$($imp)* $name]
            [$($args)* $name,] [] [] $($rest)* }
    };

    // The bound of a parameter, then perhaps its default, which an `impl` does not repeat. The
    // first bracket after the arguments has an `<` for each that is open.
    (@bound $head:tt [$($decl:tt)*] [$($imp:tt)*] $args:tt [] [$($default:ident)?]
        , $($rest:tt)*) => {
        $crate::__pin_data! { @parameter $head [$($decl)* ,] [$($imp)* ,] $args $($rest)* }
    };
    (@bound $head:tt [$($decl:tt)*] [$($imp:tt)*] $args:tt [] [$($default:ident)?]
        > $($rest:tt)*) => {
        $crate::__pin_data! { @parameter $head [$($decl)* ,] [$($imp)* ,] $args > $($rest)* }
    };
    (@bound $head:tt [$($decl:tt)*] $imp:tt $args:tt [] [] = $($rest:tt)*) => {
        $crate::__pin_data! { @bound $head [$($decl)* =] $imp $args [] [default] $($rest)* }
    };
    (@bound $head:tt $decl:tt $imp:tt $args:tt [$($open:tt)*] $default:tt < $($rest:tt)*) => {
        $crate::__pin_data! { @token $head $decl $imp $args [$($open)* <] $default < $($rest)* }
    };
    (@bound $head:tt $decl:tt $imp:tt $args:tt [< $($open:tt)*] $default:tt > $($rest:tt)*) => {
        $crate::__pin_data! { @token $head $decl $imp $args [$($open)*] $default > $($rest)* }
    };
    (@bound $head:tt $decl:tt $imp:tt $args:tt $open:tt $default:tt >> $($rest:tt)*) => {
        $crate::__pin_data! { @bound $head $decl $imp $args $open $default > > $($rest)* }
    };
    (@bound $head:tt $decl:tt $imp:tt $args:tt $open:tt $default:tt $($rest:tt)+) => {
        $crate::__pin_data! { @token $head $decl $imp $args $open $default $($rest)+ }
    };
    (@token $head:tt [$($decl:tt)*] [$($imp:tt)*] $args:tt $open:tt [] $one:tt $($rest:tt)*) => {
        $crate::__pin_data! { @bound $head [$($decl)* $one] [$($imp)* $one] $args $open []
            $($rest)* }
    };
    (@token $head:tt [$($decl:tt)*] $imp:tt $args:tt $open:tt [default] $one:tt $($rest:tt)*) => {
        $crate::__pin_data! { @bound $head [$($decl)* $one] $imp $args $open [default] $($rest)* }
    };

    // What stands between the parameters and the fields.
    (@where $head:tt $decl:tt $imp:tt $args:tt where $($rest:tt)*) => {
        $crate::__pin_data! { @predicates $head $decl $imp $args [] $($rest)* }
    };
    (@where $head:tt $decl:tt $imp:tt $args:tt { $($fields:tt)* }) => {
        $crate::__pin_data! { @field [$head $decl $imp $args []] [] [] [] $($fields)* }
    };
    (@where $($other:tt)*) => {
        ::core::compile_error!("`pin_data!` declares one struct with named fields");
    };
    (@predicates $head:tt $decl:tt $imp:tt $args:tt [$($where:tt)*] { $($fields:tt)* }) => {
        $crate::__pin_data! { @field [$head $decl $imp $args [$($where)* ,]] [] [] [] $($fields)* }
    };
    (@predicates $head:tt $decl:tt $imp:tt $args:tt [$($where:tt)*] , { $($fields:tt)* }) => {
        $crate::__pin_data! { @field [$head $decl $imp $args [$($where)* ,]] [] [] [] $($fields)* }
    };
    (@predicates $head:tt $decl:tt $imp:tt $args:tt [$($where:tt)*] $one:tt $($rest:tt)*) => {
        $crate::__pin_data! { @predicates $head $decl $imp $args [$($where)* $one] $($rest)* }
    };

    // A field: its attributes, one of which is ours, its visibility, name and type.
    (@field $struct:tt $done:tt [$($attributes:tt)*] [$($pin:ident)?] #[pin] $($rest:tt)*) => {
        $crate::__pin_data! { @field $struct $done [$($attributes)*] [pin] $($rest)* }
    };
    (@field $struct:tt $done:tt [$($attributes:tt)*] $pin:tt #[$($one:tt)*] $($rest:tt)*) => {
        $crate::__pin_data! { @field $struct $done [$($attributes)* #[$($one)*]] $pin $($rest)* }
    };
    (@field $struct:tt [$($done:tt)*] $attributes:tt $pin:tt
        $vis:vis $name:ident : $type:ty, $($rest:tt)*) => {
        $crate::__pin_data! { @field $struct
            [$($done)* ($attributes $pin [$vis] $name $type)] [] [] $($rest)* }
    };
    (@field $struct:tt [$($done:tt)*] $attributes:tt $pin:tt $vis:vis $name:ident : $type:ty) => {
        $crate::__pin_data! { @field $struct
            [$($done)* ($attributes $pin [$vis] $name $type)] [] [] }
    };
    (@field [
        [[$($attributes:tt)*] [$($drop:ident)?] [$vis:vis] $name:ident]
        $decl:tt $imp:tt $args:tt $where:tt
    ] [$($fields:tt)*] [] []) => {
        $crate::__pin_declare! { [$($attributes)*] [$vis] $name $decl $where $($fields)* }
        const _: () = {
            $crate::__pin_impl! { [$vis] $name $imp $args $where $($fields)* }
            $crate::__pin_drop! { [$($drop)?] $name $imp $args $where }
        };
    };
}

/// Writes the struct.
#[doc(hidden)]
#[macro_export]
macro_rules! __pin_declare {
    ([$($attributes:tt)*] [$vis:vis] $name:ident [$($decl:tt)*] [$($where:tt)*]
        $(([$($of_field:tt)*] $pin:tt [$field_vis:vis] $field:ident $type:ty))*) => {
        $($attributes)*
        $vis struct $name<$($decl)*> where $($where)* {
            $($($of_field)* $field_vis $field: $type,)*
        }
    };
}

/// Writes what keeps the pinned fields in their places, and what leads to them.
#[doc(hidden)]
#[macro_export]
macro_rules! __pin_impl {
    ([$vis:vis] $name:ident [$($imp:tt)*] [$($args:tt)*] [$($where:tt)*]
        $(($of_field:tt $pin:tt [$field_vis:vis] $field:ident $type:ty))*) => {
        $vis struct __HeapwrightProjection<'__heapwright, $($imp)*>
        where
            $name<$($args)*>: '__heapwright,
            $($where)*
        {
            $($field_vis $field: $crate::__pin_reference!($pin '__heapwright $type),)*
        }

        // SAFETY: only fields marked `#[pin]` are pinned; `Unpin` and `Drop` are implemented below
        // and nowhere else, and a packed struct is rejected by the references taken here.
        unsafe impl<$($imp)*> $crate::__private::PinData for $name<$($args)*>
        where
            $($where)*
        {
            type Projection<'__heapwright> = __HeapwrightProjection<'__heapwright, $($args)*>
            where
                Self: '__heapwright;

            fn heapwright_project<'__heapwright>(
                this: ::core::pin::Pin<&'__heapwright mut Self>,
            ) -> __HeapwrightProjection<'__heapwright, $($args)*>
            where
                Self: '__heapwright,
            {
                // SAFETY: what is pinned is not moved, but lent as `Pin`.
                let _this = unsafe { ::core::pin::Pin::get_unchecked_mut(this) };
                __HeapwrightProjection {
                    $(
                        // SAFETY: the whole is pinned, and nothing moves a field marked `#[pin]`
                        // out of it.
                        $field: unsafe { $crate::__pin_field!($pin)(&mut _this.$field) },
                    )*
                }
            }
        }

        // SAFETY: what the projection leads to are the fields of this type.
        unsafe impl<'__heapwright, $($imp)*> $crate::__private::FieldsOf<$name<$($args)*>>
            for __HeapwrightProjection<'__heapwright, $($args)*>
        where
            $name<$($args)*>: '__heapwright,
            $($where)*
        {
        }

        impl<$($imp)*> $name<$($args)*>
        where
            $($where)*
        {
            #[inline]
            fn project<'__heapwright>(
                self: ::core::pin::Pin<&'__heapwright mut Self>,
            ) -> __HeapwrightProjection<'__heapwright, $($args)*>
            where
                Self: '__heapwright,
            {
                $crate::__private::PinData::heapwright_project(self)
            }
        }

        impl<'__heapwright, $($imp)*> ::core::marker::Unpin for $name<$($args)*>
        where
            $crate::__private::PinnedFields<
                '__heapwright,
                ($($crate::__pin_condition!($pin $type),)*)
            >: $crate::__private::AllUnpin,
            $($where)*
        {
        }
    };
}

/// The reference to a field.
#[doc(hidden)]
#[macro_export]
macro_rules! __pin_reference {
    ([pin] $lifetime:lifetime $type:ty) => { ::core::pin::Pin<&$lifetime mut $type> };
    ([] $lifetime:lifetime $type:ty) => { &$lifetime mut $type };
}

/// What takes the reference to a field.
#[doc(hidden)]
#[macro_export]
macro_rules! __pin_field {
    ([pin]) => {
        $crate::__private::pinned_field
    };
    ([]) => {
        $crate::__private::free_field
    };
}

/// What is `Unpin` where a field does not keep the whole from being so.
#[doc(hidden)]
#[macro_export]
macro_rules! __pin_condition {
    ([pin] $type:ty) => { ::core::marker::PhantomData<$type> };
    ([] $type:ty) => { () };
}

/// Writes the destructor, or sees to it that there is none.
#[doc(hidden)]
#[macro_export]
macro_rules! __pin_drop {
    ([] $name:ident [$($imp:tt)*] [$($args:tt)*] [$($where:tt)*]) => {
        impl<$($imp)*> $crate::__private::MustNotImplDrop for $name<$($args)*>
        where
            $($where)*
        {
        }
    };
    ([pinned_drop] $name:ident [$($imp:tt)*] [$($args:tt)*] [$($where:tt)*]) => {
        impl<$($imp)*> ::core::ops::Drop for $name<$($args)*>
        where
            $($where)*
        {
            fn drop(&mut self) {
                // SAFETY: what is being dropped is not moved any more.
                let this = unsafe { ::core::pin::Pin::new_unchecked(self) };
                // SAFETY: this is the destructor.
                let token = unsafe { $crate::DropToken::new() };
                $crate::PinnedDrop::drop(this, token);
            }
        }
    };
}
