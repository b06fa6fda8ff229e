//! Objects that are counted when they are born and when they end.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

/// What became of all objects so far.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) born: Cell<usize>,
    /// The objects destroyed, in their order.
    pub(crate) ended: RefCell<Vec<u64>>,
    /// The destructor of this object panics.
    pub(crate) panics: Cell<Option<u64>>,
}

/// An object with a number that tells the ledger of its life.
#[derive(Debug)]
pub(crate) struct Tracked {
    pub(crate) number: u64,
    ledger: Rc<Ledger>,
}

impl Tracked {
    pub(crate) fn new(number: u64, ledger: &Rc<Ledger>) -> Self {
        ledger.born.set(ledger.born.get() + 1);
        Self { number, ledger: Rc::clone(ledger) }
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.ledger.ended.borrow_mut().push(self.number);
        if self.ledger.panics.get() == Some(self.number) {
            self.ledger.panics.set(None);
            panic!("the destructor of {}", self.number);
        }
    }
}

impl Ledger {
    pub(crate) fn live(&self) -> usize {
        self.born.get() - self.ended.borrow().len()
    }
}
