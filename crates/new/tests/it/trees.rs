//! Trees of any shape on any allocator, with a failure anywhere, against a model: what ends, in
//! which order, and that nothing is left.

use core::mem::MaybeUninit;
use heapwright_new::polymorphic::{Monotonic, PoolAllocator};
use heapwright_new::{Init, NewError, Owned, OwnedArray, init, init_with};

use allocator_api2::alloc::Allocator;
use proptest::prelude::*;

use crate::ledger::Ledger;
use crate::objects::{Fault, Faults, Log, Object, Way, returns};

/// A node with these children.
#[derive(Debug, Clone)]
struct Shape(Vec<Shape>);

fn shapes() -> impl Strategy<Value = Shape> {
    let leaf = Just(Shape(Vec::new()));
    leaf.prop_recursive(4, 24, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Shape))
}

type Heap<'a> = &'a dyn Allocator;

/// Two objects, and children between them.
struct Tree<'a> {
    _before: Object<'a>,
    _children: OwnedArray<Tree<'a>, Heap<'a>>,
    _after: Object<'a>,
}

/// Builds a tree, with the objects numbered as they are built.
fn tree<'a>(
    shape: &'a Shape,
    faults: &'a Faults,
    log: &'a Log,
    heap: Heap<'a>,
) -> impl Init<Tree<'a>, Error = Fault> {
    init!(Tree {
        _before <- faults.next_object(log),
        _children <- init_with(move || {
            let child = |i: usize| boxed(&shape.0[i], faults, log, heap);
            OwnedArray::try_from_fn_in(shape.0.len(), child, heap).map_err(fault)
        }),
        _after <- faults.next_object(log),
    } ? Fault)
}

/// The initialiser of a child: a function, so that the type does not contain itself.
fn boxed<'a>(
    shape: &'a Shape,
    faults: &'a Faults,
    log: &'a Log,
    heap: Heap<'a>,
) -> impl Init<Tree<'a>, Error = Fault> + use<'a> {
    let build = move |slot: *mut Tree<'a>| {
        let child: Box<dyn FnOnce(*mut Tree<'a>) -> Result<(), Fault> + 'a> =
            Box::new(move |slot| {
                let init = tree(shape, faults, log, heap);
                // SAFETY: as the caller of the initialiser promises.
                unsafe { heapwright_new::PinInit::pin_init_at(init, slot) }
            });
        child(slot)
    };
    // SAFETY: it does what the initialiser of a tree does.
    unsafe { heapwright_new::init_raw(build) }
}

fn fault(error: NewError<Fault>) -> Fault {
    match error {
        NewError::Construct(fault) => fault,
        NewError::Alloc(_) => Fault(usize::MAX),
    }
}

/// What should happen: the same steps, without objects.
struct Model {
    fails_at: usize,
    counts_blocks: bool,
    step: usize,
    next_id: usize,
    ends: Vec<usize>,
}

struct Finished {
    before: usize,
    children: Vec<Finished>,
    after: usize,
}

impl Model {
    fn step(&mut self) -> Option<()> {
        let step = self.step;
        self.step += 1;
        (step != self.fails_at).then_some(())
    }

    fn object(&mut self) -> Option<usize> {
        self.step()?;
        self.next_id += 1;
        Some(self.next_id)
    }

    fn block(&mut self) -> Option<()> {
        if self.counts_blocks { self.step() } else { Some(()) }
    }

    fn build(&mut self, shape: &Shape) -> Option<Finished> {
        let before = self.object()?;
        let Some(children) = self.build_children(shape) else {
            self.ends.push(before);
            return None;
        };
        let Some(after) = self.object() else {
            self.end_children(children);
            self.ends.push(before);
            return None;
        };
        Some(Finished { before, children, after })
    }

    fn build_children(&mut self, shape: &Shape) -> Option<Vec<Finished>> {
        let mut children = Vec::new();
        if !shape.0.is_empty() {
            self.block()?;
        }
        for child in &shape.0 {
            match self.build(child) {
                Some(child) => children.push(child),
                None => {
                    self.end_children(children);
                    return None;
                }
            }
        }
        Some(children)
    }

    /// An array ends last to first.
    fn end_children(&mut self, children: Vec<Finished>) {
        children.into_iter().rev().for_each(|child| self.end(child));
    }

    /// The fields of a finished object end in Rust's order.
    fn end(&mut self, tree: Finished) {
        self.ends.push(tree.before);
        self.end_children(tree.children);
        self.ends.push(tree.after);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_tree_ends_as_the_model_does_and_leaves_nothing(
        shape in shapes(),
        fails_at in 0..80_usize,
        panics in any::<bool>(),
        kind in 0..3,
    ) {
        let way = if panics { Way::Panic } else { Way::Error };
        let faults = Faults::at(fails_at, way);
        let log = Log::default();
        // Over a pool or a buffer, blocks are the upstream's business, and only objects fail.
        let ledger = if kind == 0 { Ledger::refusing(&faults) } else { Ledger::new() };
        let mut bytes = [MaybeUninit::uninit(); 512];
        let pool = PoolAllocator::new(&ledger);
        let buffer = Monotonic::new(&mut bytes, &ledger);
        let heap: Heap<'_> = match kind {
            0 => &ledger,
            1 => &pool,
            _ => &buffer,
        };
        let counts_blocks = kind == 0 && way == Way::Error;
        let mut model = Model { fails_at, counts_blocks, step: 0, next_id: 0, ends: Vec::new() };

        let built = returns(|| Owned::try_new_with_in(tree(&shape, &faults, &log, heap), heap));
        let expected = model.block().and_then(|()| model.build(&shape));
        prop_assert_eq!(matches!(built, Some(Ok(_))), expected.is_some());
        prop_assert_eq!(&log.ends(), &model.ends);
        drop(built);
        if let Some(tree) = expected {
            model.end(tree);
        }
        prop_assert_eq!(log.ends(), model.ends);
        prop_assert_eq!(log.live(), 0);
        if kind == 0 {
            prop_assert_eq!(ledger.live(), 0);
        }
        drop(pool);
        drop(buffer);
        prop_assert_eq!(ledger.live(), 0);
    }
}
