//! `init!` and `pin_init!`: an object field by field, each built where it is to stay.
//!
//! ```text
//!   init!(Packet { id <- value(7), name <- Name::open(path) } ? OpenError)
//!
//!   1  the initialisers are evaluated, in order, where the macro stands: `?`, `return` and
//!      `break` in them mean what they mean there, and nothing is built yet
//!   2  when the object is built, so are its fields, in that order, each followed by a guard
//!   3  where one fails or panics, the guards destroy what was built, last to first
//! ```
//!
//! What makes the macros sound: the object is also written as a literal, so the compiler sees that
//! every field is there once, and as one that takes the rest from another, which only a struct may;
//! references to the fields are taken, so the type is not packed; and user code stands outside of
//! `unsafe`. None of these extra expressions is ever evaluated. Bindings of the macros are out of
//! its reach; where it has a `static` or a `const` of such a name, the compiler says so.

/// An initialiser of a struct that builds field by field, in place.
///
/// ```text
/// init!(Type { field <- initialiser, … } ? Error)
/// ```
///
/// Every field stands there exactly once. The initialisers are evaluated at once and in order, as
/// in a struct literal; the fields are built when the object is, in the same order. Where one
/// fails, those before it are destroyed, last to first, and its error becomes an `Error` by
/// [`From`]; a field that cannot fail needs none. Without `? Error` no field may fail.
///
/// `Type` may be generic, an alias or `Self`; of a tuple struct the fields are `0`, `1`, …. Structs
/// with more than about a hundred fields need a larger `#![recursion_limit]`.
///
/// # Examples
///
/// ```
/// use heapwright_new::{Owned, init, value, zeroed};
/// use core::num::ParseIntError;
///
/// struct Packet {
///     id: u32,
///     body: [u8; 1500],
/// }
///
/// fn packet(id: &str) -> Result<Owned<Packet>, Box<dyn std::error::Error>> {
///     let init = init!(Packet { id <- id.parse(), body <- zeroed() } ? ParseIntError);
///     Ok(Owned::try_new_with(init)?)
/// }
/// assert_eq!(packet("7")?.id, 7);
/// assert!(packet("seven").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A missing field is rejected, and named:
///
/// ```compile_fail,E0063
/// use heapwright_new::{init, value};
///
/// struct Point { x: i32, y: i32 }
/// let point = init!(Point { x <- value(1) });
/// ```
#[macro_export]
macro_rules! init {
    ($type:path { $($fields:tt)* }) => {
        $crate::__fields!(init $type; ::core::convert::Infallible; [] $($fields)*)
    };
    ($type:path { $($fields:tt)* } ? $error:ty) => {
        $crate::__fields!(init $type; $error; [] $($fields)*)
    };
}

/// As [`init!`](macro@crate::init), for an object that stays where it is built.
///
/// In a type declared by [`pin_data!`](crate::pin_data), the fields marked `#[pin]` take any
/// [`PinInit`](crate::PinInit), all others an [`Init`](crate::Init). In every other type all
/// fields take an `Init`: nothing would keep safe code from moving them.
///
/// # Examples
///
/// ```
/// use core::cell::Cell;
/// use core::marker::PhantomPinned;
/// use heapwright_new::{Owned, PinInit, init, pin_data, pin_init, value};
/// use core::convert::Infallible;
///
/// /// A link of a ring, which begins as a ring of its own.
/// struct Link {
///     next: Cell<*const Link>,
///     pinned: PhantomPinned,
/// }
///
/// impl Link {
///     fn new() -> impl PinInit<Self, Error = Infallible> {
///         let nowhere = Cell::new(core::ptr::null());
///         init!(Link { next <- value(nowhere), pinned <- value(PhantomPinned) }).then_pin(|link| {
///             link.next.set(&raw const *link);
///             Ok(())
///         })
///     }
/// }
///
/// pin_data! {
///     struct Task {
///         #[pin]
///         link: Link,
///         name: String,
///     }
/// }
///
/// let name = value(String::from("idle"));
/// let task = Owned::try_pin_with(pin_init!(Task { link <- Link::new(), name <- name }))?;
/// assert!(core::ptr::eq(task.link.next.get(), &raw const task.link));
/// assert_eq!(task.name, "idle");
/// # Ok::<(), heapwright_new::NewError<Infallible>>(())
/// ```
///
/// Without `pin_data!`, a field that remembers its address is rejected:
///
/// ```compile_fail,E0277
/// use core::marker::PhantomPinned;
/// use heapwright_new::{PinInit, pin_init, value};
///
/// struct Task { link: PhantomPinned }
/// let task = pin_init!(Task { link <- value(PhantomPinned).then_pin(|_| Ok(())) });
/// ```
#[macro_export]
macro_rules! pin_init {
    ($type:path { $($fields:tt)* }) => {
        $crate::__fields!(pin_init $type; ::core::convert::Infallible; [] $($fields)*)
    };
    ($type:path { $($fields:tt)* } ? $error:ty) => {
        $crate::__fields!(pin_init $type; $error; [] $($fields)*)
    };
}

/// Reads the fields one by one. Each expansion has a name `init` of its own, by hygiene.
#[doc(hidden)]
#[macro_export]
macro_rules! __fields {
    ($how:ident $type:path; $error:ty; [$($done:tt)*]) => {
        $crate::__initialiser!($how $type; $error; $($done)*)
    };
    ($how:ident $type:path; $error:ty; [$($done:tt)*] $field:tt <- $value:expr) => {
        $crate::__fields!($how $type; $error; [$($done)* (init $field $value)])
    };
    ($how:ident $type:path; $error:ty; [$($done:tt)*] $field:tt <- $value:expr, $($rest:tt)*) => {
        $crate::__fields!($how $type; $error; [$($done)* (init $field $value)] $($rest)*)
    };
    ($how:ident $type:path; $error:ty; [$($done:tt)*] $($rest:tt)+) => {
        ::core::compile_error!(::core::concat!(
            "expected `field <- initialiser`, found `", ::core::stringify!($($rest)+), "`"
        ))
    };
}

/// Makes the initialiser.
#[doc(hidden)]
#[macro_export]
macro_rules! __initialiser {
    ($how:ident $type:path; $error:ty; $(($init:ident $field:tt $value:expr))*) => {
        // A `match`, so that what the expressions borrow lives as long as the whole statement.
        match ($($value,)*) {
            ($($init,)*) => {
                let build = move |object: *mut _| -> ::core::result::Result<(), $error> {
                    use $crate::__private::ways::*;
                    $crate::__private::whole(object, || {
                        $type { $($field: $crate::__private::never(),)* }
                    });
                    #[expect(clippy::needless_update, reason = "a variant of an enum may not")]
                    $crate::__private::is_struct(object, || {
                        $type {
                            $($field: $crate::__private::never(),)*
                            ..$crate::__private::never()
                        }
                    });
                    $crate::__private::not_packed(object, |_object| {
                        $($crate::__private::is_reference(&_object.$field);)*
                    });
                    $crate::__pinning!($how object $($field $init)*);
                    let armed = ::core::cell::Cell::new(true);
                    $(
                        // SAFETY: `object` is valid for writes of the type that `whole` names,
                        // which has this field.
                        let field = unsafe { &raw mut (*object).$field };
                        // SAFETY: the field is valid for writes, aligned (`not_packed`) and
                        // nobody else's, as the object is; where the object stays, so does it.
                        let built = unsafe { $crate::__field!($how)($init, field) };
                        built.map_err(|error| {
                            $crate::__private::Conversion::<_, $error>::of(&error)
                                .heapwright_convert(error)
                        })?;
                        // SAFETY: built just now, and nobody's before the end of this function.
                        let _guard = unsafe { $crate::__private::FieldGuard::new(field, &armed) };
                    )*
                    armed.set(false);
                    ::core::result::Result::Ok(())
                };
                // SAFETY: `Ok` means that every field is built (`whole` has them all), anything
                // else that the guards destroyed those that were; each field keeps what its
                // initialiser promises.
                unsafe { $crate::__raw!($how)(build) }
            }
        }
    };
}

/// What builds a field.
#[doc(hidden)]
#[macro_export]
macro_rules! __field {
    (init) => {
        $crate::__private::init_field
    };
    (pin_init) => {
        $crate::__private::pin_init_field
    };
}

/// What makes the function an initialiser.
#[doc(hidden)]
#[macro_export]
macro_rules! __raw {
    (init) => {
        $crate::init_raw
    };
    (pin_init) => {
        $crate::pin_init_raw
    };
}

/// What has the compiler check that only pinned fields are built by a mere `PinInit`.
#[doc(hidden)]
#[macro_export]
macro_rules! __pinning {
    (init $object:ident $($field:tt $init:ident)*) => {};
    (pin_init $object:ident $($field:tt $init:ident)*) => {
        let _kind = $crate::__private::PinKind::of($object);
        let _fields = || _kind.checked(_kind.heapwright_fields($crate::__private::never()));
        $(
            // SAFETY: as in `__initialiser!`; a place is named, and nothing is read.
            let _field = unsafe { &raw mut (*$object).$field };
            if false {
                $crate::__private::check_pinning(&mut _fields().$field, _field, &$init);
            }
        )*
    };
}
