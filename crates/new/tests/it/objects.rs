//! Objects that log their ends, and constructors that fail or panic on demand.

use core::any::Any;
use core::cell::{Cell, RefCell};
use core::marker::PhantomData;
use core::panic::AssertUnwindSafe;
use std::panic::{catch_unwind, resume_unwind};

use heapwright_new::{Init, init_raw};

/// The order in which objects ended, and how many live.
#[derive(Default)]
pub(crate) struct Log {
    ends: RefCell<Vec<usize>>,
    live: Cell<usize>,
}

impl Log {
    /// The objects that ended, in that order.
    pub(crate) fn ends(&self) -> Vec<usize> {
        self.ends.borrow().clone()
    }

    /// The objects that live.
    pub(crate) fn live(&self) -> usize {
        self.live.get()
    }

    /// A new object.
    pub(crate) fn object(&self, id: usize) -> Object<'_> {
        self.live.set(self.live.get() + 1);
        Object { log: self, id, panics_at_end: false, _large: [id; 3] }
    }

    /// A new object whose destructor panics, after it logged itself.
    pub(crate) fn bomb(&self, id: usize) -> Object<'_> {
        let mut object = self.object(id);
        object.panics_at_end = true;
        object
    }
}

/// An object that logs its end.
pub(crate) struct Object<'log> {
    log: &'log Log,
    pub(crate) id: usize,
    panics_at_end: bool,
    _large: [usize; 3],
}

impl Drop for Object<'_> {
    fn drop(&mut self) {
        self.log.ends.borrow_mut().push(self.id);
        self.log.live.set(self.log.live.get() - 1);
        if self.panics_at_end {
            panic_as_expected();
        }
    }
}

/// How a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By an error, or a refusal of memory.
    Error,
    /// By a panic.
    Panic,
}

/// What a constructor that was told to fail says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("step {0} failed as it was told to")]
pub(crate) struct Fault(pub(crate) usize);

/// Counts the steps of a run, and makes one of them fail.
pub(crate) struct Faults {
    next: Cell<usize>,
    at: usize,
    way: Way,
    fired: Cell<bool>,
    objects: Cell<usize>,
}

impl Faults {
    /// Fails at the step with this number, counted from 0.
    pub(crate) fn at(at: usize, way: Way) -> Self {
        Self { next: Cell::new(0), at, way, fired: Cell::new(false), objects: Cell::new(0) }
    }

    /// Whether there was such a step.
    pub(crate) fn fired(&self) -> bool {
        self.fired.get()
    }

    fn is_due(&self) -> bool {
        let step = self.next.replace(self.next.get() + 1);
        if step == self.at {
            self.fired.set(true);
        }
        step == self.at
    }

    /// A step of an allocator: whether it refuses.
    pub(crate) fn refuses(&self) -> bool {
        self.way == Way::Error && self.is_due()
    }

    /// A step of a constructor.
    pub(crate) fn step(&self) -> Result<(), Fault> {
        if !self.is_due() {
            return Ok(());
        }
        match self.way {
            Way::Error => Err(Fault(self.at)),
            Way::Panic => panic_as_expected(),
        }
    }

    /// As [`object`](Self::object), with the next number, from 1 on.
    pub(crate) fn next_object<'log>(
        &self,
        log: &'log Log,
    ) -> impl Init<Object<'log>, Error = Fault> {
        let build = move |slot: *mut Object<'log>| {
            self.step()?;
            self.objects.set(self.objects.get() + 1);
            // SAFETY: valid for the write, as the initialiser is told.
            unsafe { slot.write(log.object(self.objects.get())) };
            Ok(())
        };
        // SAFETY: it writes the whole of the object or nothing, and remembers no address.
        unsafe { init_raw(build) }
    }

    /// A constructor that is one step: an object, or a failure.
    pub(crate) fn object<'log>(
        &self,
        log: &'log Log,
        id: usize,
    ) -> impl Init<Object<'log>, Error = Fault> {
        let build = move |slot: *mut Object<'log>| {
            self.step()?;
            // SAFETY: valid for the write, as the initialiser is told.
            unsafe { slot.write(log.object(id)) };
            Ok(())
        };
        // SAFETY: it writes the whole of the object or nothing, and remembers no address.
        unsafe { init_raw(build) }
    }
}

/// What the objects of this file panic with. Any other panic is a test's.
#[derive(Debug, PartialEq)]
struct Expected;

fn is_expected(panic: &(dyn Any + Send)) -> bool {
    panic.is::<Expected>()
}

/// Runs `body`, and says whether it went on to its end. A panic that is none of this file's goes
/// on.
pub(crate) fn returns<R>(body: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => Some(result),
        Err(panic) if is_expected(&*panic) => None,
        Err(panic) => resume_unwind(panic),
    }
}

/// Panics as the objects of this file do.
pub(crate) fn panic_as_expected() -> ! {
    resume_unwind(Box::new(Expected))
}

/// Runs `body` with each of its steps failing in turn, in each way, until it has no step left that
/// could. Returns how many there were.
pub(crate) fn with_every_fault(mut body: impl FnMut(&Faults)) -> usize {
    let mut steps = 0;
    for way in [Way::Error, Way::Panic] {
        for at in 0.. {
            let faults = Faults::at(at, way);
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| body(&faults)))
                && !is_expected(&*panic)
            {
                resume_unwind(panic);
            }
            if !faults.fired() {
                break;
            }
            steps += 1;
        }
    }
    steps
}

/// Not `Send`, not `Sync`, and nothing else.
pub(crate) type Local = PhantomData<*const ()>;
