//! Random scripts on an arena, and what a stack of numbers says of them: what is destroyed, when,
//! and in which order.

use core::convert::Infallible;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use heapwright_arena::source::{Bump, Chunks, Source, Spawn};
use heapwright_arena::{Arena, Census, CountByType, Local, NoCensus};
use heapwright_malloc::Malloc;
use heapwright_new::{Init, PinInit, value};
use proptest::prelude::*;

use crate::probe::{Aligned, Empty, Large, Medium, Probe, Small, destroyed, live, settle};

#[derive(Debug, Clone, Copy)]
enum Kind {
    Small,
    Medium,
    Large,
    Aligned,
    Empty,
}

/// Calls a function for the type of a kind.
macro_rules! for_kind {
    ($kind:expr, $function:ident($($argument:expr),*)) => {
        match $kind {
            Kind::Small => $function::<Small, _, _>($($argument),*),
            Kind::Medium => $function::<Medium, _, _>($($argument),*),
            Kind::Large => $function::<Large, _, _>($($argument),*),
            Kind::Aligned => $function::<Aligned, _, _>($($argument),*),
            Kind::Empty => $function::<Empty, _, _>($($argument),*),
        }
    };
}

#[derive(Debug, Clone)]
enum Step {
    Create(Kind),
    /// As many in a row.
    CreateMany(Kind, u8),
    /// One whose constructor creates another.
    CreateInside(Kind, Kind),
    CreateArray(Kind, u8),
    /// An array whose constructor fails at the last element.
    FailArray(Kind, u8),
    Fail(Kind),
    Panic(Kind),
    Alloc(usize),
    OwnAndDrop(Kind),
    OwnAndForget(Kind),
    Scope(Vec<Step>),
    /// A scope that ends by a panic.
    PanicInScope(Vec<Step>),
    /// Creates here while a scope lasts.
    CreateAround(Kind, Vec<Step>),
    /// Only at the outside.
    Reset,
}

fn kinds() -> impl Strategy<Value = Kind> {
    use Kind::{Aligned, Empty, Large, Medium, Small};
    proptest::sample::select(&[Small, Small, Small, Medium, Medium, Large, Aligned, Empty])
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let leaf = prop_oneof![
        8 => kinds().prop_map(Step::Create),
        4 => (kinds(), 2_u8..40).prop_map(|(kind, count)| Step::CreateMany(kind, count)),
        2 => (kinds(), kinds()).prop_map(|(outer, inner)| Step::CreateInside(outer, inner)),
        2 => (kinds(), 0_u8..20).prop_map(|(kind, len)| Step::CreateArray(kind, len)),
        1 => (kinds(), 1_u8..20).prop_map(|(kind, len)| Step::FailArray(kind, len)),
        1 => kinds().prop_map(Step::Fail),
        1 => kinds().prop_map(Step::Panic),
        2 => (0_usize..5000).prop_map(Step::Alloc),
        1 => kinds().prop_map(Step::OwnAndDrop),
        1 => kinds().prop_map(Step::OwnAndForget),
        1 => Just(Step::Reset),
    ];
    let step = leaf.prop_recursive(3, 60, 12, |inner| {
        let steps = || proptest::collection::vec(inner.clone(), 0..12);
        prop_oneof![
            4 => inner.clone(),
            2 => steps().prop_map(Step::Scope),
            1 => steps().prop_map(Step::PanicInScope),
            1 => (kinds(), steps()).prop_map(|(kind, steps)| Step::CreateAround(kind, steps)),
        ]
    });
    proptest::collection::vec(step, 0..40)
}

/// Numbers objects, of all scopes together.
#[derive(Default)]
struct Numbers(u32);

impl Numbers {
    fn next<T: Probe>(&mut self) -> u32 {
        self.0 += 1;
        if size_of::<T>() == 0 { 0 } else { self.0 }
    }
}

type Tested<'a, C, S> = Arena<'a, Local, C, S>;

fn probe<T: Probe>(number: u32) -> impl Init<T, Error = Infallible> {
    value(T::with_number(number)).then(|object| {
        settle(object);
        Ok(())
    })
}

fn create<T: Probe, C: Census, S: Source>(
    arena: &Tested<C, S>,
    numbers: &mut Numbers,
    model: &mut Vec<u32>,
) {
    let number = numbers.next::<T>();
    let object = arena.create(probe::<T>(number)).unwrap();
    assert_eq!(object.number(), number);
    model.push(number);
}

fn create_array<T: Probe, C: Census, S: Source>(
    arena: &Tested<C, S>,
    numbers: &mut Numbers,
    model: &mut Vec<u32>,
    len: u8,
) {
    let first = model.len();
    let array = arena.create_array(len.into(), |_| {
        let number = numbers.next::<T>();
        model.push(number);
        probe::<T>(number)
    });
    let found: Vec<u32> = array.unwrap().iter().map(T::number).collect();
    assert_eq!(found, model[first..]);
}

fn fail_array<T: Probe, C: Census, S: Source>(
    arena: &Tested<C, S>,
    numbers: &mut Numbers,
    len: u8,
) {
    let mut built = Vec::new();
    let made = arena.create_array(len.into(), |index| {
        let number = numbers.next::<T>();
        built.push(number);
        let is_last = index + 1 == usize::from(len);
        let outcome = if is_last { Err("no") } else { Ok(()) };
        probe::<T>(number).with_error().then(move |_| outcome)
    });
    assert!(made.is_err());
    built.reverse();
    assert_eq!(destroyed(), built, "what was built before the failure is destroyed");
}

fn fail<T: Probe, C: Census, S: Source>(arena: &Tested<C, S>) {
    let refused: Result<T, _> = Err("no");
    assert!(arena.create(refused).is_err());
    let half_built = probe::<T>(0).with_error().then(|_| Err("no"));
    assert!(arena.create(half_built).is_err());
    assert_eq!(destroyed(), [0], "what was built before the failure is destroyed");
}

fn panic<T: Probe, C: Census, S: Source>(arena: &Tested<C, S>) {
    let panics = probe::<T>(0).then(|_| panic!("on purpose"));
    let caught = catch_unwind(AssertUnwindSafe(|| arena.create(panics).map(|_| ())));
    assert!(caught.is_err());
    assert_eq!(destroyed(), [0], "what was built before the panic is destroyed");
}

fn own<T: Probe, C: Census, S: Source>(
    arena: &Tested<C, S>,
    numbers: &mut Numbers,
    is_forgotten: ForgottenOrNot,
) {
    let number = numbers.next::<T>();
    match is_forgotten {
        ForgottenOrNot::Forgotten => {
            // It stays alive for ever in memory that is used again: it is not settled.
            core::mem::forget(arena.own(value(T::with_number(number))).unwrap());
        }
        ForgottenOrNot::Dropped => {
            drop(arena.own(probe::<T>(number)).unwrap());
            assert_eq!(destroyed(), [number]);
        }
    }
}

enum ForgottenOrNot {
    Forgotten,
    Dropped,
}

fn create_inside<T: Probe, C: Census, S: Source>(
    arena: &Tested<C, S>,
    numbers: &mut Numbers,
    model: &mut Vec<u32>,
    inner: Kind,
) {
    let number = numbers.next::<T>();
    let nested = probe::<T>(number).then(|_| {
        for_kind!(inner, create(arena, numbers, model));
        Ok(())
    });
    arena.create(nested).unwrap();
    model.push(number);
}

/// Takes the steps, and says which numbers live at the end, oldest first.
fn run<C: Census, S: Spawn>(
    arena: &Tested<C, S>,
    steps: &[Step],
    numbers: &mut Numbers,
    model: &mut Vec<u32>,
) {
    for step in steps {
        match step {
            Step::Create(kind) => for_kind!(*kind, create(arena, numbers, model)),
            Step::CreateMany(kind, count) => {
                for _ in 0..*count {
                    for_kind!(*kind, create(arena, numbers, model));
                }
            }
            Step::CreateInside(outer, inner) => {
                for_kind!(*outer, create_inside(arena, numbers, model, *inner));
            }
            Step::CreateArray(kind, len) => {
                for_kind!(*kind, create_array(arena, numbers, model, *len));
            }
            Step::FailArray(kind, len) => for_kind!(*kind, fail_array(arena, numbers, *len)),
            Step::Fail(kind) => for_kind!(*kind, fail(arena)),
            Step::Panic(kind) => for_kind!(*kind, panic(arena)),
            Step::Alloc(bytes) => {
                let bytes = arena.alloc_slice(&vec![0xa5_u8; *bytes]).unwrap();
                assert!(bytes.iter().all(|byte| *byte == 0xa5));
            }
            Step::OwnAndDrop(kind) => {
                for_kind!(*kind, own(arena, numbers, ForgottenOrNot::Dropped));
            }
            Step::OwnAndForget(kind) => {
                for_kind!(*kind, own(arena, numbers, ForgottenOrNot::Forgotten));
            }
            Step::Scope(steps) => scope(arena, steps, numbers, None, model),
            Step::PanicInScope(steps) => panic_in_scope(arena, steps, numbers),
            Step::CreateAround(kind, steps) => {
                scope(arena, steps, numbers, Some(*kind), model);
            }
            // Of a scope the caller has no exclusive borrow.
            Step::Reset => {}
        }
    }
}

fn scope<C: Census, S: Spawn>(
    arena: &Tested<C, S>,
    steps: &[Step],
    numbers: &mut Numbers,
    around: Option<Kind>,
    model: &mut Vec<u32>,
) {
    let mut inside = Vec::new();
    arena.scope(|scope| {
        run(scope, steps, numbers, &mut inside);
        if let Some(kind) = around {
            for_kind!(kind, create(arena, numbers, model));
        }
        run(scope, steps, numbers, &mut inside);
        assert_eq!(destroyed(), []);
    });
    inside.reverse();
    assert_eq!(destroyed(), inside);
}

fn panic_in_scope<C: Census, S: Spawn>(
    arena: &Tested<C, S>,
    steps: &[Step],
    numbers: &mut Numbers,
) {
    let mut inside = Vec::new();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        arena.scope(|scope| {
            run(scope, steps, numbers, &mut inside);
            panic!("on purpose");
        })
    }));
    assert!(caught.is_err());
    inside.reverse();
    assert_eq!(destroyed(), inside);
}

/// Takes the steps, and then destroys all.
fn check<C: Census, S: Spawn>(mut arena: Tested<'static, C, S>, steps: &[Step]) {
    let mut numbers = Numbers::default();
    let mut model = Vec::new();
    for part in steps.split(|step| matches!(step, Step::Reset)) {
        run(&arena, part, &mut numbers, &mut model);
        assert_eq!(destroyed(), []);
        if numbers.0.is_multiple_of(2) {
            arena.reset();
            model.reverse();
            assert_eq!(destroyed(), model);
            assert_eq!(live(), 0);
            model.clear();
        }
    }
    drop(arena);
    model.reverse();
    assert_eq!(destroyed(), model);
    assert_eq!(live(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn objects_are_destroyed_once_newest_first(steps in steps()) {
        let _quiet = crate::order::quiet();
        check(Arena::new(), &steps);
        check(Arena::<Local, _, _>::from_parts(Bump::new(), CountByType::new()), &steps);
        check(Arena::<Local, NoCensus, _>::from_parts(Chunks::new(Malloc), NoCensus), &steps);
    }
}
