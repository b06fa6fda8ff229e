//! Class-specific allocation: a type that names its own allocator.
//!
//! In C++ a class may declare an `operator new` of its own, and `new Order(…)` finds it. Here a
//! type implements [`Class`], and `Order::try_new_with(…)` finds its allocator; the handle's type
//! says which one it is. A pool is the common case: [`class_pool!`](crate::class_pool).

use core::pin::Pin;

use allocator_api2::alloc::Allocator;

use crate::{Init, NewError, Owned, PinInit, StaticAllocator};

/// A handle to an object of a type that names its own allocator.
///
/// # Examples
///
/// The pool of the class is named nowhere:
///
/// ```
/// use heapwright_new::{Class, ClassOwned, class_pool, value};
///
/// struct Order {
///     price: u32,
/// }
/// class_pool!(Order);
///
/// struct Book {
///     best: ClassOwned<Order>,
/// }
///
/// let mut book = Book { best: Order::try_new_with(value(Order { price: 7 }))? };
/// book.best.price += 1;
/// assert_eq!(book.best.price, 8);
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
pub type ClassOwned<T> = Owned<T, <T as Class>::Allocator>;

/// A type with an allocator of its own: C++'s class with `operator new` and `operator delete`.
///
/// # Examples
///
/// ```
/// use heapwright_new::{Class, ClassOwned, Malloc, value};
///
/// struct Order {
///     price: u32,
/// }
///
/// impl Class for Order {
///     type Allocator = Malloc;
///
///     fn allocator() -> Malloc {
///         Malloc
///     }
/// }
///
/// let order: ClassOwned<Order> = Order::try_new_with(value(Order { price: 7 }))?;
/// assert_eq!(order.price, 7);
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
pub trait Class: Sized {
    /// Where objects of this type live.
    type Allocator: Allocator;

    /// The allocator, or a name of it.
    ///
    /// # Examples
    ///
    /// For the forms of `new` that [`Class`] itself has not:
    ///
    /// ```
    /// use heapwright_new::{ByType, Class, Label, Owned, label};
    ///
    /// struct Order(u32);
    /// label!(Order);
    ///
    /// impl Class for Order {
    ///     type Allocator = ByType<Self>;
    ///
    ///     fn allocator() -> ByType<Self> {
    ///         ByType::default()
    ///     }
    /// }
    ///
    /// let order = Owned::try_new_in(Order(7), Order::allocator())?;
    /// assert_eq!((order.0, Order::label().live_count()), (7, 1)); // counted, as all orders are
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    fn allocator() -> Self::Allocator;

    /// A new object on the type's own allocator, built in place.
    ///
    /// # Errors
    ///
    /// As [`Owned::try_new_with_in`].
    ///
    /// # Examples
    ///
    /// ```
    /// use core::num::ParseIntError;
    /// use heapwright_new::{Class, ClassOwned, NewError, class_pool, init};
    ///
    /// struct Order {
    ///     price: u32,
    /// }
    /// class_pool!(Order);
    ///
    /// fn read(text: &str) -> Result<ClassOwned<Order>, NewError<ParseIntError>> {
    ///     Order::try_new_with(init!(Order { price <- text.parse() } ? ParseIntError))
    /// }
    /// assert_eq!(read("7")?.price, 7);
    /// assert!(read("seven").is_err()); // the slot went back to the pool
    /// # Ok::<(), NewError<ParseIntError>>(())
    /// ```
    #[inline]
    fn try_new_with<I: Init<Self>>(init: I) -> Result<ClassOwned<Self>, NewError<I::Error>> {
        Owned::try_new_with_in(init, Self::allocator())
    }

    /// A new object on the type's own allocator, built in place, which then stays there.
    ///
    /// # Errors
    ///
    /// As [`Owned::try_pin_with_in`].
    ///
    /// # Examples
    ///
    /// ```
    /// use core::marker::PhantomPinned;
    /// use heapwright_new::{Class, class_pool, value};
    ///
    /// struct Session(u32, PhantomPinned);
    /// class_pool!(Session);
    ///
    /// let session = Session::try_pin_with(value(Session(7, PhantomPinned)))?;
    /// let address = &raw const *session;
    /// let sessions = [session]; // moves the handle, and no session
    /// assert!(core::ptr::eq(&raw const *sessions[0], address));
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    fn try_pin_with<I: PinInit<Self>>(init: I) -> Result<Pin<ClassOwned<Self>>, NewError<I::Error>>
    where
        Self::Allocator: StaticAllocator,
    {
        Owned::try_pin_with_in(init, Self::allocator())
    }
}

/// Gives a type a pool of its own, shared with no other type's: `class_pool!(Order)`.
///
/// It is short for [`label!`](macro@crate::label) and an `impl` of [`Class`] with
/// [`Isolated<Order>`](crate::Isolated).
///
/// # Examples
///
/// ```
/// use heapwright_new::{Class, class_pool, init, value};
///
/// struct Order {
///     price: u32,
/// }
/// class_pool!(Order);
///
/// let order = Order::try_new_with(init!(Order { price <- value(7) }))?;
/// assert_eq!(size_of_val(&order), size_of::<usize>());
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[cfg(feature = "malloc")]
#[macro_export]
macro_rules! class_pool {
    ($type:ty) => {
        $crate::label!($type);

        impl $crate::Class for $type {
            type Allocator = $crate::Isolated<$type>;

            #[inline]
            fn allocator() -> $crate::Isolated<$type> {
                $crate::Isolated::default()
            }
        }
    };
}
