//! Step 14: the arena: objects that live and die together, and keys for those that do not.

use core::cell::RefCell;

use anyhow::Result;
use heapwright_arena::{Arena, Pool};
use heapwright_new::value;

use crate::tour::Step;
use crate::tour::page::{Ink, Line, Page};

/// What happened in an arena, and in a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Together {
    /// Where the nodes of a ring lie, each of which refers to the next.
    pub ring: [usize; 3],
    /// The ends of named objects, in their order.
    pub ended: Vec<&'static str>,
    /// How many of them had ended when the scope did.
    pub ended_in_scope: usize,
    /// The bytes of the arena's chunks before and after it was reset.
    pub reserved_bytes: [usize; 2],
    /// What the pool said to a key before its object was removed, and to the same key afterwards.
    pub answers: [Option<&'static str>; 2],
}

/// An object that writes down its end.
struct Ends<'log>(&'static str, &'log RefCell<Vec<&'static str>>);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

/// A node of a ring: it has no destructor, so it may refer to its siblings in circles.
struct Node<'arena> {
    next: core::cell::Cell<Option<&'arena Node<'arena>>>,
}

fn ring(arena: &Arena<'_>) -> Result<[usize; 3]> {
    let node = || arena.alloc(value(Node { next: core::cell::Cell::new(None) }));
    let nodes: [&Node<'_>; 3] = [node()?, node()?, node()?];
    for (node, next) in nodes.iter().zip(nodes.iter().cycle().skip(1)) {
        node.next.set(Some(next));
    }
    Ok(nodes.map(|node| core::ptr::from_ref(node).addr()))
}

impl Step for Together {
    const TITLE: &str = "Objects that live and die together";

    fn perform() -> Result<Self> {
        let log = RefCell::new(Vec::new());
        let mut arena = Arena::new();
        let ring = ring(&arena)?;
        arena.create(value(Ends("door", &log)))?;
        arena.create(value(Ends("window", &log)))?;
        arena.scope(|scope| scope.create(value(Ends("guest", &log))).map(|_| ()))?;
        let ended_in_scope = log.borrow().len();
        let before = arena.reserved_bytes();
        arena.reset();
        let reserved_bytes = [before, arena.reserved_bytes()];
        let mut pool = Pool::new();
        let key = pool.insert("Argo")?;
        let before = pool.get(key).copied();
        pool.remove(key);
        pool.insert("Beagle")?; // in the same slot
        let answers = [before, pool.get(key).copied()];
        drop(arena);
        Ok(Self { ring, ended: log.into_inner(), ended_in_scope, reserved_bytes, answers })
    }

    fn tell(&self, page: &mut Page) {
        let Self { ring: [first, second, third], ended, ended_in_scope, .. } = self;
        let [before, after] = self.reserved_bytes;
        page.prose(
            "Many objects end at the same time: those of a request, a frame, a syntax tree. An \
             arena hands out memory by moving one pointer and takes all of it back at once. Three \
             nodes without destructors, each of which refers to the next, lie side by side:",
        );
        page.blank();
        for (name, address) in [("first", first), ("second", second), ("third", third)] {
            let mut line = Line::new();
            line.push_at(2, Ink::Strong, name);
            line.push_at(12, Ink::Address, &format!("{address:#x}"));
            page.push(line);
        }
        page.blank();
        page.prose(&format!(
            "Objects with destructors are destroyed by the arena, newest first: {}. A scope inside \
             of it ended its {ended_in_scope} before. Of {before} bytes the arena kept {after} for \
             what comes next.",
            ended.join(", "),
        ));
        page.blank();
        let [alive, gone] = self.answers.map(|answer| answer.unwrap_or("nothing"));
        page.prose(&format!(
            "Where objects come and go one by one, others had better not refer to them: a pool \
             answers a key with {alive} while it lives, and with {gone} afterwards, whatever \
             stands in its slot by then.",
        ));
    }
}
