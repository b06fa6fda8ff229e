//! A thousand objects and their scope.

use core::hint::black_box;
use core::ptr;
use core::time::Duration;

use heapwright_arena::Arena;
use heapwright_new::value;

use crate::objects::{Guard, Numbered};
use crate::subject::{self, Effort, OURS, Subject, Target, timed};

const COUNT: usize = 1000;
const BUMP_SCOPE: &str = "bump-scope";
/// Time beside bump-scope's.
const TIME_MAX: f64 = 1.1;

type Small = [usize; 2];
type Guarded = Guard<0, 2>;

#[inline(never)]
fn ours_alloc(passes: usize, count: usize) -> Duration {
    let work = |arena: &mut Arena<'_>| {
        let outcome = arena.scope(|scope| {
            for number in 0..count {
                black_box(ptr::from_mut(scope.alloc(value(Small::of(number)))?));
            }
            Ok::<_, heapwright_new::NewError<_>>(())
        });
        black_box(outcome.is_ok());
    };
    let mut arena = Arena::new();
    work(&mut arena);
    timed(passes, &mut arena, work, |_| ())
}

#[inline(never)]
fn ours_create(passes: usize, count: usize) -> Duration {
    let work = |arena: &mut Arena<'_>| {
        let outcome = arena.scope(|scope| {
            for number in 0..count {
                black_box(ptr::from_mut(scope.create(value(Guarded::of(number)))?));
            }
            Ok::<_, heapwright_new::NewError<_>>(())
        });
        black_box(outcome.is_ok());
    };
    let mut arena = Arena::new();
    work(&mut arena);
    timed(passes, &mut arena, work, |_| ())
}

#[cfg(feature = "peers")]
mod peers {
    use super::{Duration, Guarded, Numbered, Small, black_box, ptr, timed};
    use bump_scope::{Bump, BumpBox, BumpVec};

    #[inline(never)]
    pub(super) fn alloc(passes: usize, count: usize) -> Duration {
        let work = |bump: &mut Bump| {
            bump.scoped(|scope| {
                for number in 0..count {
                    black_box(ptr::from_mut(BumpBox::leak(scope.alloc(Small::of(number)))));
                }
            });
        };
        let mut bump = Bump::new();
        work(&mut bump);
        timed(passes, &mut bump, work, |_| ())
    }

    /// Its boxes destroy, so somebody must hold them: a vector in the scope.
    #[inline(never)]
    pub(super) fn create(passes: usize, count: usize) -> Duration {
        let work = |bump: &mut Bump| {
            bump.scoped(|scope| {
                let mut held = BumpVec::with_capacity_in(count, &*scope);
                for number in 0..count {
                    let mut object = scope.alloc(Guarded::of(number));
                    black_box(ptr::from_mut(&mut *object));
                    held.push(object);
                }
            });
        };
        let mut bump = Bump::new();
        work(&mut bump);
        timed(passes, &mut bump, work, |_| ())
    }
}

pub(crate) fn print(effort: Effort) {
    let alloc = [
        Subject { name: OURS, run: ours_alloc },
        #[cfg(feature = "peers")]
        Subject { name: BUMP_SCOPE, run: peers::alloc },
    ];
    let create = [
        Subject { name: OURS, run: ours_create },
        #[cfg(feature = "peers")]
        Subject { name: BUMP_SCOPE, run: peers::create },
    ];
    let time = |subjects: &[Subject], count| {
        // As many objects in all, however many a scope has.
        let passes = effort.passes * COUNT / count;
        subject::time(subjects, effort.rounds, passes, count)
    };
    let times = [
        ("alloc, 1000", time(&alloc, COUNT)),
        ("create, 1000", time(&create, COUNT)),
        ("alloc, 10", time(&alloc, 10)),
        ("create, 10", time(&create, 10)),
    ];
    subject::print("`scope`: so many objects of 16 B in a scope, and its end", &alloc, &times);
    for (name, rounds) in &times[..2] {
        let ratio = subject::ratio(&alloc, rounds, OURS, BUMP_SCOPE);
        Target::AtMost(TIME_MAX).judge(&format!("{name}: time / bump-scope's"), ratio);
    }
}
