//! An object without a destructor, in an arena that is warm.

use core::hint::black_box;
use core::ptr;
use core::time::Duration;

use bumpalo::Bump;
use heapwright_arena::Arena;
use heapwright_benches::callgrind::{self, Unavailable};
use heapwright_benches::table;
use heapwright_new::value;

use crate::objects::Numbered;
use crate::subject::{self, BUMPALO, Effort, OURS, Subject, Target, timed};

const COUNT: usize = 1000;
/// Time beside bumpalo's.
const TIME_MAX: f64 = 1.05;
/// Instructions more than bumpalo's.
const INSTRUCTIONS_MORE_MAX: f64 = 2.0;

/// An arena for objects of a type without a destructor.
pub(crate) trait Fills<T>: Sized {
    /// With room for so many.
    fn with_room(count: usize) -> Self;

    #[expect(clippy::mut_from_ref, reason = "each call builds another object")]
    fn put(&self, object: T) -> Option<&mut T>;

    /// Takes the objects back, and keeps the memory.
    fn empty(&mut self);

    /// Puts so many; ends early where there is no memory, as `?` does.
    #[inline(always)]
    fn fill(&self, count: usize) -> Option<()>
    where
        T: Numbered,
    {
        for number in 0..count {
            black_box(ptr::from_mut(self.put(T::of(number))?));
        }
        Some(())
    }
}

fn room<T>(count: usize) -> usize {
    count * size_of::<T>() + 64
}

impl<T> Fills<T> for Arena<'_> {
    fn with_room(count: usize) -> Self {
        Self::with_capacity(room::<T>(count)).expect("memory for a benchmark")
    }

    #[inline(always)]
    fn put(&self, object: T) -> Option<&mut T> {
        self.alloc(value(object)).ok()
    }

    fn empty(&mut self) {
        self.reset();
    }
}

impl<T> Fills<T> for Bump {
    fn with_room(count: usize) -> Self {
        Self::with_capacity(room::<T>(count))
    }

    #[inline(always)]
    fn put(&self, object: T) -> Option<&mut T> {
        Some(self.alloc(object))
    }

    fn empty(&mut self) {
        self.reset();
    }
}

/// bumpalo without its panic where memory ends.
struct TryBump(Bump);

impl<T> Fills<T> for TryBump {
    fn with_room(count: usize) -> Self {
        Self(Bump::with_capacity(room::<T>(count)))
    }

    #[inline(always)]
    fn put(&self, object: T) -> Option<&mut T> {
        self.0.try_alloc(object).ok()
    }

    fn empty(&mut self) {
        self.0.reset();
    }
}

#[cfg(feature = "peers")]
mod peers {
    use super::{Fills, room};

    impl<T> Fills<T> for bump_scope::Bump {
        fn with_room(count: usize) -> Self {
            Self::with_size(room::<T>(count) + 256)
        }

        #[inline(always)]
        fn put(&self, object: T) -> Option<&mut T> {
            Some(bump_scope::BumpBox::leak(self.alloc(object)))
        }

        fn empty(&mut self) {
            self.reset();
        }
    }

    impl<T> Fills<T> for typed_arena::Arena<T> {
        fn with_room(count: usize) -> Self {
            Self::with_capacity(count)
        }

        #[inline(always)]
        fn put(&self, object: T) -> Option<&mut T> {
            Some(self.alloc(object))
        }

        /// It has no reset: a new one takes its place, whose memory the allocator still has.
        fn empty(&mut self) {
            let count = self.len();
            *self = Self::new();
            *self = Self::with_capacity(count);
        }
    }

    impl<T> Fills<T> for blink_alloc::Blink {
        fn with_room(count: usize) -> Self {
            Self::with_chunk_size(room::<T>(count))
        }

        #[inline(always)]
        fn put(&self, object: T) -> Option<&mut T> {
            Some(self.put_no_drop(object))
        }

        fn empty(&mut self) {
            self.reset();
        }
    }

    impl<T> Fills<T> for multitude::Arena {
        fn with_room(count: usize) -> Self {
            Self::builder().with_capacity(room::<T>(count).max(512)).build()
        }

        #[inline(always)]
        fn put(&self, object: T) -> Option<&mut T> {
            Some(multitude::Alloc::leak(self.alloc(object)))
        }

        fn empty(&mut self) {
            self.reset();
        }
    }
}

/// Fills an arena that was filled before.
#[inline(never)]
pub(crate) fn refill<T: Numbered, A: Fills<T>>(passes: usize, count: usize) -> Duration {
    let mut arena = A::with_room(count);
    black_box(arena.fill(count));
    arena.empty();
    let work = |arena: &mut A| {
        black_box(arena.fill(count));
    };
    timed(passes, &mut arena, work, A::empty)
}

/// Fills an arena once: what callgrind counts.
#[inline(never)]
fn fill_once<T: Numbered, A: Fills<T>>(_passes: usize, count: usize) -> Duration {
    black_box(A::with_room(count).fill(count));
    Duration::ZERO
}

macro_rules! subjects {
    ($run:ident, $type:ty) => {
        vec![
            Subject { name: BUMPALO, run: $run::<$type, Bump> },
            Subject { name: "bumpalo, try_", run: $run::<$type, TryBump> },
            Subject { name: OURS, run: $run::<$type, Arena<'_>> },
            #[cfg(feature = "peers")]
            Subject { name: "bump-scope", run: $run::<$type, bump_scope::Bump> },
            #[cfg(feature = "peers")]
            Subject { name: "typed-arena", run: $run::<$type, typed_arena::Arena<$type>> },
            #[cfg(feature = "peers")]
            Subject { name: "blink-alloc", run: $run::<$type, blink_alloc::Blink> },
            #[cfg(feature = "peers")]
            Subject { name: "multitude", run: $run::<$type, multitude::Arena> },
        ]
    };
}

/// The types, by their names in the tables.
type Case = (&'static str, Vec<Subject>, Vec<Subject>);

fn cases() -> [Case; 4] {
    [
        ("u8", subjects!(refill, u8), subjects!(fill_once, u8)),
        ("u32", subjects!(refill, u32), subjects!(fill_once, u32)),
        ("16 B", subjects!(refill, [usize; 2]), subjects!(fill_once, [usize; 2])),
        ("64 B", subjects!(refill, [usize; 8]), subjects!(fill_once, [usize; 8])),
    ]
}

pub(crate) fn print(effort: Effort) {
    let cases = cases();
    let timed = |(name, subjects, _): &Case| {
        (*name, subject::time(subjects, effort.rounds, effort.passes, COUNT))
    };
    let times: Vec<_> = cases.iter().map(timed).collect();
    let subjects = &cases[0].1;
    subject::print("`alloc`: an object without a destructor, arena warm", subjects, &times);
    for (name, rounds) in &times {
        let ratio = subject::ratio(subjects, rounds, OURS, BUMPALO);
        Target::AtMost(TIME_MAX).judge(&format!("{name}: time / bumpalo's"), ratio);
    }
    if let Err(unavailable) = print_instructions(&cases) {
        println!("{unavailable}");
    }
}

fn print_instructions(cases: &[Case]) -> Result<(), Unavailable> {
    const STEPS: u64 = 100_000;
    let mut rows: Vec<_> = cases[0].1.iter().map(|it| vec![it.name.to_owned()]).collect();
    let mut more = Vec::new();
    for (case, _, subjects) in cases {
        let mut counts = Vec::new();
        for (subject, row) in subjects.iter().zip(&mut rows) {
            let count = callgrind::instructions_per_step(STEPS, |steps| {
                let case = format!("alloc/{case}/{}", subject.name);
                ["--count".to_owned(), case, "--steps".to_owned(), steps.to_string()].into()
            })?;
            row.push(format!("{count:.1}"));
            counts.push(count);
        }
        let count = |name| subject::place(subjects, name).map(|place| counts[place]);
        more.push((case, count(OURS).zip(count(BUMPALO)).map(|(ours, theirs)| ours - theirs)));
    }
    let header: Vec<_> = ["instructions"].into_iter().chain(cases.iter().map(|it| it.0)).collect();
    table::print("`alloc`: instructions an object, with those of the loop", &header, rows);
    println!();
    for (case, more) in more {
        let what = format!("{case}: instructions more than bumpalo");
        Target::AtMost(INSTRUCTIONS_MORE_MAX).judge(&what, more);
    }
    Ok(())
}

/// One pass of `alloc/TYPE/ARENA`, if that is what `case` names.
pub(crate) fn count(case: &str, step_count: usize) -> bool {
    let mut parts = case.splitn(3, '/');
    let (Some("alloc"), Some(name), Some(arena)) = (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let cases = cases();
    let subjects = cases.iter().find(|case| case.0 == name).map(|case| &case.2);
    let subject = subjects.and_then(|all| all.iter().find(|subject| subject.name == arena));
    subject.map(|subject| (subject.run)(1, step_count)).is_some()
}
