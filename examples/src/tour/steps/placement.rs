//! Step 13: placement: objects in memory that is there already.

use core::alloc::Layout;

use anyhow::{Result, anyhow};
use heapwright_new::{AlignedStorage, Carver, PlaceError, Placed, StorageError, value};

use crate::tour::Step;
use crate::tour::page::{Ink, Line, Page};

/// An object that was placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub name: &'static str,
    /// From the start of the region, in bytes.
    pub offset: usize,
    /// Its size and alignment.
    pub layout: Layout,
}

/// A region of the stack, and what was placed in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The region's size, in bytes.
    pub region_bytes: usize,
    /// In the order of placement.
    pub objects: Vec<Object>,
    /// The bytes that were left.
    pub left_bytes: usize,
    /// What the region said to an object that was too large.
    pub refusal: StorageError,
    /// Where the region begins.
    pub start: usize,
}

const REGION_BYTES: usize = 96;

fn object<T>(name: &'static str, start: usize, object: *const T) -> Object {
    Object { name, offset: object.addr() - start, layout: Layout::new::<T>() }
}

impl Step for Placement {
    const TITLE: &str = "Placement: objects in memory that is there already";

    fn perform() -> Result<Self> {
        let mut storage = AlignedStorage::<REGION_BYTES, 16>::new();
        let bytes = storage.as_bytes_mut();
        let start = bytes.as_ptr().addr();
        let mut carver = Carver::new(bytes);
        let tag = carver.place(value(7_u8)).map_err(|error| anyhow!("{error}"))?;
        let number = carver.place(value(7_u64)).map_err(|error| anyhow!("{error}"))?;
        let wide = carver.place(value(7_u128)).map_err(|error| anyhow!("{error}"))?;
        let squares =
            carver.place_array(5, |i| value(i * i)).map_err(|error| anyhow!("{error}"))?;
        let too_large = carver.place(value([0_u8; REGION_BYTES])).map(drop);
        let Err(PlaceError::Storage(refusal)) = too_large else {
            return Err(anyhow!("a region holds more than it has"));
        };
        let mut objects = vec![
            object("u8", start, Placed::as_ptr(&tag)),
            object("u64", start, Placed::as_ptr(&number)),
            object("u128", start, Placed::as_ptr(&wide)),
        ];
        let offset = squares.as_ptr().addr() - start;
        let layout = Layout::array::<usize>(squares.len())?;
        objects.push(Object { name: "[usize; 5]", offset, layout });
        Ok(Self {
            region_bytes: REGION_BYTES,
            objects,
            left_bytes: carver.remaining_bytes(),
            refusal,
            start,
        })
    }

    fn tell(&self, page: &mut Page) {
        page.prose(&format!(
            "An object needs no heap, only {} bytes that are aligned and somebody's to lend: of \
             the stack, a static, a ring, a page that two processes share. C++ calls it placement \
             new. Here is a region on the stack, at {:#x}, carved from its start:",
            self.region_bytes, self.start
        ));
        page.blank();
        for Object { name, offset, layout } in &self.objects {
            let mut line = Line::new();
            line.push_at(2, Ink::Strong, name);
            let end = offset + layout.size();
            line.push_at(16, Ink::Address, &format!("bytes {offset:2} to {end:2}"));
            line.push_at(36, Ink::Plain, &format!("aligned to {}", layout.align()));
            page.push(line);
        }
        page.blank();
        page.prose(&format!(
            "{} bytes are left; one more object of {} bytes is answered by an error: \"{}\". No \
             heap was asked. A placed object ends with its handle, which borrows the region, so \
             neither can outlive the other, and there is nothing to delete.",
            self.left_bytes, self.region_bytes, self.refusal
        ));
    }
}
