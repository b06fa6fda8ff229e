//! 9. A plugin host: objects of different types and sizes, deleted through their base.
//!
//! In C++ the base needs a virtual destructor, and even then `delete_object` of a polymorphic
//! allocator gives back the size of the base. Here the size and the alignment that go back are the
//! object's own, whichever handle deletes it: the allocator of this host checks that.

use core::alloc::Layout;
use core::cell::RefCell;
use core::error::Error;
use core::ptr::NonNull;
use std::collections::HashMap;

use allocator_api2::alloc::{AllocError, Allocator};
use heapwright_malloc::Malloc;
use heapwright_new::{Owned, unsize};

trait Plugin {
    fn name(&self) -> &'static str;
    fn run(&mut self, text: &str) -> String;
}

/// Repeats the text.
struct Echo;

/// Counts words, and remembers the last texts.
#[repr(align(64))]
struct Count {
    words: usize,
    texts: [String; 8],
}

impl Plugin for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn run(&mut self, text: &str) -> String {
        text.to_owned()
    }
}

impl Plugin for Count {
    fn name(&self) -> &'static str {
        "count"
    }

    fn run(&mut self, text: &str) -> String {
        self.words += text.split_whitespace().count();
        self.texts.rotate_right(1);
        self.texts[0] = text.to_owned();
        format!("{} words so far", self.words)
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        println!("count ends after {} words", self.words);
    }
}

/// Remembers the layout of every block, and prints it when the block goes back.
#[derive(Default)]
struct Accounts {
    layouts: RefCell<HashMap<NonNull<u8>, Layout>>,
}

// SAFETY: the blocks are `Malloc`'s.
unsafe impl Allocator for Accounts {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let block = Malloc.allocate(layout)?;
        self.layouts.borrow_mut().insert(block.cast(), layout);
        Ok(block)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        let known = self.layouts.borrow_mut().remove(&block);
        assert_eq!(known, Some(layout), "a block goes back as it came");
        println!("{} bytes aligned to {} go back", layout.size(), layout.align());
        // SAFETY: the caller promises a block of this allocator and its layout.
        unsafe { Malloc.deallocate(block, layout) };
    }
}

type Handle<'heap> = Owned<dyn Plugin, &'heap dyn Allocator>;

/// A plugin by its name, as a host would load it.
fn load<'heap>(name: &str, heap: &'heap dyn Allocator) -> Result<Handle<'heap>, Box<dyn Error>> {
    match name {
        "echo" => Ok(unsize!(Owned::try_new_in(Echo, heap)? => dyn Plugin)),
        "count" => {
            let count = Count { words: 0, texts: Default::default() };
            Ok(unsize!(Owned::try_new_in(count, heap)? => dyn Plugin))
        }
        other => Err(format!("there is no plugin {other}").into()),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let accounts = Accounts::default();
    let mut plugins = Vec::new();
    for name in ["echo", "count"] {
        plugins.push(load(name, &accounts)?);
    }
    assert!(load("none", &accounts).is_err());
    for plugin in &mut plugins {
        for text in ["new and delete", "through the base"] {
            println!("{}: {}", plugin.name(), plugin.run(text));
        }
    }
    drop(plugins);
    assert!(accounts.layouts.borrow().is_empty(), "every block went back");
    Ok(())
}
