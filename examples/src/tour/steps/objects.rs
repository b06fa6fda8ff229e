//! Step 12: `new` and `delete`: memory first, then the constructor in it; backwards at the end.

use core::cell::RefCell;
use std::rc::Rc;

use anyhow::{Context as _, Result};
use heapwright_new::{Init, NewError, Owned, OwnedArray, init, init_with, unsize};

use crate::tour::Step;
use crate::tour::page::{Ink, Line, Page};

/// What happened to objects, in order: `+name` and `-name`.
pub type Log = Rc<RefCell<Vec<String>>>;

/// A part that says when it begins and ends, and where it is.
#[derive(Debug)]
pub struct Part {
    name: &'static str,
    log: Log,
}

/// An object of parts.
#[derive(Debug)]
pub struct Whole {
    first: Part,
    second: Part,
}

/// A part that cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} cannot be had")]
pub struct Missing(pub &'static str);

impl Part {
    fn build(
        name: &'static str,
        missing: Option<&'static str>,
        log: &Log,
    ) -> impl Init<Self, Error = Missing> + use<> {
        let log = Rc::clone(log);
        init_with(move || {
            if missing == Some(name) {
                return Err(Missing(name));
            }
            log.borrow_mut().push(format!("+{name}"));
            Ok(Self { name, log })
        })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.log.borrow_mut().push(format!("-{}", self.name));
    }
}

impl Whole {
    fn build(missing: Option<&'static str>, log: &Log) -> impl Init<Self, Error = Missing> + use<> {
        let first = Part::build("first", missing, log);
        let second = Part::build("second", missing, log);
        init!(Whole { first <- first, second <- second } ? Missing)
    }
}

trait Named {
    fn name(&self) -> String;
}

impl Named for Whole {
    fn name(&self) -> String {
        format!("{} and {}", self.first.name, self.second.name)
    }
}

/// Objects that came and went.
#[derive(Debug)]
pub struct Objects {
    /// Where the object was, and where its second part was.
    pub addresses: [usize; 2],
    /// What its trait said of it.
    pub named: String,
    /// The life of an object.
    pub life: Vec<String>,
    /// What was left of one whose second part failed, and why.
    pub failed: (Vec<String>, Missing),
    /// The life of an array.
    pub array: Vec<String>,
}

impl Step for Objects {
    const TITLE: &str = "new and delete: constructors where the objects stay";

    fn perform() -> Result<Self> {
        let log = Log::default();
        let take = || core::mem::take(&mut *log.borrow_mut());

        let whole = Owned::try_new_with(Whole::build(None, &log))?;
        let addresses = [(&raw const *whole).addr(), (&raw const whole.second).addr()];
        let whole = unsize!(whole => dyn Named);
        let named = whole.name();
        drop(whole);
        let life = take();

        let failed = match Owned::try_new_with(Whole::build(Some("second"), &log)) {
            Err(NewError::Construct(missing)) => (take(), missing),
            _ => anyhow::bail!("an object was built of parts that cannot be had"),
        };

        let names = ["a", "b", "c"];
        let array = OwnedArray::try_from_fn(3, |index| Part::build(names[index], None, &log));
        drop(array.ok().context("there is memory for three parts")?);
        Ok(Self { addresses, named, life, failed, array: take() })
    }

    fn tell(&self, page: &mut Page) {
        page.prose(
            "malloc hands out bytes; a program wants objects. Owned::try_new_with gets memory and \
             then has the constructor build right there: no copy is ever made, so the object may \
             be larger than the stack. What begins with + is built, what begins with - ends.",
        );
        page.blank();
        let [object, second] = self.addresses;
        let place = format!("at {object:#x}, second part at +{}", second - object);
        page.push(row("one object", &self.life, &place));
        let (log, missing) = &self.failed;
        page.push(row("its second part fails", log, &missing.to_string()));
        page.push(row("an array", &self.array, "ends last to first"));
        page.blank();
        page.prose(&format!(
            "The first one was deleted by a handle that knew no more of it than a trait ({}): the \
             destructor, the size and the alignment were its own all the same. In the second row \
             the constructor failed half way. That is a value; what was built before is undone, \
             and the memory went back.",
            self.named
        ));
    }
}

fn row(what: &str, log: &[String], remark: &str) -> Line {
    let mut line = Line::new();
    line.push_at(2, Ink::Plain, what);
    line.push_at(26, Ink::Strong, &log.join(" "));
    line.push_at(57, Ink::Address, remark);
    line
}
