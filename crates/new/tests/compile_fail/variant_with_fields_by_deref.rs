//! A variant of an enum is no struct, though its fields are found by way of what it derefs to.

#![expect(dangerous_implicit_autorefs, reason = "a lint, and no more")]

use core::ops::{Deref, DerefMut};

use heapwright_new::{Storage, init, value};

struct Named {
    name: String,
}

enum Either {
    Here { name: String },
    There(Box<Named>),
}

impl Deref for Either {
    type Target = Named;

    fn deref(&self) -> &Named {
        match self {
            Self::There(named) => named,
            Self::Here { name } => panic!("{name}"),
        }
    }
}

impl DerefMut for Either {
    fn deref_mut(&mut self) -> &mut Named {
        match self {
            Self::There(named) => named,
            Self::Here { name } => panic!("{name}"),
        }
    }
}

fn main() {
    let mut storage = Storage::<Either>::new();
    storage.emplace(init!(Either::Here { name <- value(String::new()) })).unwrap();
}
