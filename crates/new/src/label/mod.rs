//! Labels: allocators that know which type they serve.
//!
//! ```text
//!   label!(Packet);                   a static for the type: Rust has no generic ones
//!        │
//!        ├── ByType<Packet, A>        counts live objects and bytes under the type's name
//!        ├── Isolated<Packet, A>      slots that Packets alone share
//!        └── Checked<Packet, A>       deletes by address, each of them checked
//!
//!   labels() ──▶ every type that was counted        label_table() ──▶ the same as a table
//! ```
//!
//! A label is chosen by a type parameter, never by a global switch: what does not name it pays
//! nothing for it.
//!
//! With the feature `malloc`, labels stand a `fork` beside other threads as Heapwright's malloc
//! does. Without it this crate knows of no `fork`: a child may find slots locked for ever.

/// What a labelled allocator is, as far as the allocator inside is: the type that it is for need
/// be nothing of it.
///
/// A bound at the end is what `new` asks of the allocator.
macro_rules! as_what_is_inside {
    ($name:ident { $inside:ident } $(: $($bound:tt)+)?) => {
        impl<T: Label, A: Default $(+ $($bound)+)?> Default for $name<T, A> {
            fn default() -> Self {
                Self::new(A::default())
            }
        }

        impl<T: Label, A: Clone> Clone for $name<T, A> {
            fn clone(&self) -> Self {
                Self { $inside: self.$inside.clone(), label: PhantomData }
            }
        }

        impl<T: Label, A: Copy> Copy for $name<T, A> {}

        impl<T: Label, A: core::fmt::Debug> core::fmt::Debug for $name<T, A> {
            fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let mut shown = formatter.debug_struct(stringify!($name));
                shown.field("type", &T::label().name());
                shown.field(stringify!($inside), &self.$inside).finish()
            }
        }
    };
}

mod by_type;
#[cfg(feature = "malloc")]
mod checked;
mod fork;
mod isolated;
mod registry;
mod slots;
mod spin;

use core::alloc::Layout;

pub use by_type::ByType;
#[cfg(feature = "malloc")]
pub use checked::Checked;
pub use isolated::Isolated;
pub use registry::{LabelTable, Labels, label_table, labels};

use registry::{Counts, Link};
use slots::Slots;
use spin::Spin;

/// A type with a label. Implemented by [`label!`](macro@crate::label).
///
/// # Safety
///
/// `label` always returns the same label, which is no other type's and was made with the layout of
/// this one.
///
/// # Examples
///
/// ```
/// use heapwright_new::{ByType, Label, Owned, label};
///
/// fn report<T: Label>() -> String {
///     let label = T::label();
///     format!("{} live, {} bytes each", label.live_count(), label.layout().size())
/// }
///
/// struct Order([u64; 2]);
/// label!(Order);
///
/// let order = Owned::try_new_in(Order([7, 100]), ByType::<Order>::default())?;
/// assert_eq!(report::<Order>(), "1 live, 16 bytes each");
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
pub unsafe trait Label {
    /// The type's own label.
    fn label() -> &'static TypeLabel;
}

/// What is kept of a type: its name, what is counted, and its slots.
///
/// # Examples
///
/// ```
/// use heapwright_new::{ByType, Label, Owned, TypeLabel, label};
///
/// struct Buffer([u8; 512]);
/// label!(Buffer);
///
/// let buffer = Owned::try_new_in(Buffer([0; 512]), ByType::<Buffer>::default())?;
/// let label: &'static TypeLabel = Buffer::label();
/// drop(buffer);
/// assert_eq!((label.live_bytes(), label.peak_bytes(), label.total_count()), (0, 512, 1));
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
#[derive(Debug)]
pub struct TypeLabel {
    name: &'static str,
    layout: Layout,
    counts: Counts,
    link: Link,
    slots: Spin<Slots>,
}

impl TypeLabel {
    /// The label of `T`, for a `static`.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Label, TypeLabel};
    ///
    /// struct Packet;
    ///
    /// // SAFETY: the static is this type's alone, and made with its layout.
    /// unsafe impl Label for Packet {
    ///     fn label() -> &'static TypeLabel {
    ///         static PACKET: TypeLabel = TypeLabel::new::<Packet>("network packet");
    ///         &PACKET
    ///     }
    /// }
    /// assert_eq!(Packet::label().name(), "network packet"); // `label!` takes the path
    /// ```
    #[must_use]
    pub const fn new<T>(name: &'static str) -> Self {
        Self {
            name,
            layout: Layout::new::<T>(),
            counts: Counts::new(),
            link: Link::new(),
            slots: Spin::new(Slots::new()),
        }
    }

    /// The slots, in whose lock no other thread is at a `fork`.
    #[inline]
    fn with_slots<R>(&'static self, body: impl FnOnce(&mut Slots) -> R) -> R {
        self.join();
        self.slots.with(body)
    }

    /// The type's name and where it is.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::Label;
    ///
    /// mod network {
    ///     pub struct Packet;
    ///     heapwright_new::label!(Packet);
    /// }
    /// assert!(network::Packet::label().name().ends_with("::network::Packet"));
    /// ```
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The size and alignment of one object.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::alloc::Layout;
    /// use heapwright_new::{Label, label};
    ///
    /// struct Header(u64, u8);
    /// label!(Header);
    ///
    /// assert_eq!(Header::label().layout(), Layout::new::<Header>());
    /// ```
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// The objects that live: those of an array each count.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{ByType, Label, Owned, OwnedArray, label, value};
    ///
    /// struct Pixel(u8);
    /// label!(Pixel);
    ///
    /// let one = Owned::try_new_with_in(value(Pixel(0)), ByType::<Pixel>::default())?;
    /// let row = OwnedArray::try_from_fn_in(640, |_| value(Pixel(0)), ByType::<Pixel>::default())?;
    /// drop(one);
    /// assert_eq!(Pixel::label().live_count(), 640);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[must_use]
    pub fn live_count(&self) -> usize {
        self.counts.live_count()
    }

    /// The bytes of the objects that live.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{ByType, Label, Owned, label};
    ///
    /// struct Tile([u8; 1024]);
    /// label!(Tile);
    ///
    /// let mut cache = Vec::new();
    /// while Tile::label().live_bytes() < 10 << 10 {
    ///     cache.push(Owned::try_new_in(Tile([0; 1024]), ByType::<Tile>::default())?);
    /// }
    /// assert_eq!(cache.len(), 10);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[must_use]
    pub fn live_bytes(&self) -> usize {
        self.counts.live_bytes()
    }

    /// The most bytes that lived at once: the high-water mark.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{ByType, Label, OwnedArray, label, value};
    ///
    /// struct Frame([u8; 100]);
    /// label!(Frame);
    ///
    /// let counted = ByType::<Frame>::default();
    /// for len in [1, 5, 2] {
    ///     OwnedArray::try_from_fn_in(len, |_| value(Frame([0; 100])), counted)?; // ends at once
    /// }
    /// assert_eq!(Frame::label().peak_bytes(), 500);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[must_use]
    pub fn peak_bytes(&self) -> usize {
        self.counts.peak_bytes()
    }

    /// The objects for which there ever was memory, those whose constructor failed too. Room that
    /// is given up and asked for again counts again.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{ByType, Label, Owned, label};
    ///
    /// struct Token(u32);
    /// label!(Token);
    ///
    /// for id in 0..1000 {
    ///     Owned::try_new_in(Token(id), ByType::<Token>::default())?; // ends at once
    /// }
    /// let label = Token::label();
    /// assert_eq!((label.live_count(), label.total_count()), (0, 1000)); // a pool may serve better
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[must_use]
    pub fn total_count(&self) -> usize {
        self.counts.total_count()
    }
}

/// Gives a type its label: `label!(Packet)`, once, in the crate of the type. A generic type takes
/// one for each set of parameters: `label!(Packet<u8>)`.
///
/// # Examples
///
/// ```
/// use heapwright_new::{ByType, Label, Owned, label};
///
/// struct Packet([u8; 100]);
/// label!(Packet);
///
/// let packet = Owned::try_new_in(Packet([0; 100]), ByType::<Packet>::default())?;
/// assert_eq!(Packet::label().live_count(), 1);
/// drop(packet);
/// assert_eq!((Packet::label().live_count(), Packet::label().peak_bytes()), (0, 100));
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
#[macro_export]
macro_rules! label {
    ($type:ty) => {
        // SAFETY: the static is this type's alone, and made with its layout.
        unsafe impl $crate::Label for $type {
            #[inline]
            fn label() -> &'static $crate::TypeLabel {
                static LABEL: $crate::TypeLabel = $crate::TypeLabel::new::<$type>(::core::concat!(
                    ::core::module_path!(),
                    "::",
                    ::core::stringify!($type)
                ));
                &LABEL
            }
        }
    };
}
