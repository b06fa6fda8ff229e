//! An object with a destructor, from its birth to its end.
//!
//! Everybody keeps what leads to the objects in a list, as a program would that uses them, and is
//! done when all of them were destroyed.

use core::hint::black_box;
use core::ptr;
use core::time::Duration;

use heapwright_arena::Arena;
use heapwright_new::value;

use crate::objects::{Guard, Numbered};
use crate::subject::{self, Effort, OURS, Subject, Target, timed};

const COUNT: usize = 1000;
const BOX: &str = "Box";
/// Speed beside `Box`.
const SPEED_MIN: f64 = 1.5;

#[inline(never)]
fn boxes<T: Numbered>(passes: usize, count: usize) -> Duration {
    let work = |(): &mut ()| {
        let mut held = Vec::with_capacity(count);
        for number in 0..count {
            held.push(Box::new(T::of(number)));
        }
        black_box(held);
    };
    timed(passes, &mut (), work, |()| ())
}

#[inline(never)]
fn ours<T: Numbered + 'static>(passes: usize, count: usize) -> Duration {
    let work = |arena: &mut Arena<'static>| {
        let mut held = Vec::with_capacity(count);
        for number in 0..count {
            let Ok(object) = arena.create(value(T::of(number))) else { return };
            held.push(ptr::from_mut(object));
        }
        black_box(&held);
        arena.reset();
    };
    let mut arena = Arena::new();
    work(&mut arena);
    timed(passes, &mut arena, work, |_| ())
}

#[cfg(feature = "peers")]
mod peers {
    use super::{Duration, Numbered, black_box, ptr, timed};

    #[inline(never)]
    pub(super) fn bump_scope<T: Numbered>(passes: usize, count: usize) -> Duration {
        let work = |bump: &mut bump_scope::Bump| {
            let mut held = Vec::with_capacity(count);
            for number in 0..count {
                held.push(bump.alloc(T::of(number)));
            }
            drop(black_box(held));
            bump.reset();
        };
        let mut bump = bump_scope::Bump::new();
        work(&mut bump);
        timed(passes, &mut bump, work, |_| ())
    }

    #[inline(never)]
    pub(super) fn typed_arena<T: Numbered>(passes: usize, count: usize) -> Duration {
        let work = |(): &mut ()| {
            let arena = typed_arena::Arena::with_capacity(count);
            let mut held = Vec::with_capacity(count);
            for number in 0..count {
                held.push(ptr::from_mut(arena.alloc(T::of(number))));
            }
            black_box(&held);
        };
        timed(passes, &mut (), work, |()| ())
    }

    #[inline(never)]
    pub(super) fn blink_alloc<T: Numbered + 'static>(passes: usize, count: usize) -> Duration {
        let work = |blink: &mut blink_alloc::Blink| {
            let mut held = Vec::with_capacity(count);
            for number in 0..count {
                held.push(ptr::from_mut(blink.put(T::of(number))));
            }
            black_box(&held);
            blink.reset();
        };
        let mut blink = blink_alloc::Blink::new();
        work(&mut blink);
        timed(passes, &mut blink, work, |_| ())
    }

    #[inline(never)]
    pub(super) fn multitude<T: Numbered>(passes: usize, count: usize) -> Duration {
        let work = |arena: &mut multitude::Arena| {
            let mut held = Vec::with_capacity(count);
            for number in 0..count {
                held.push(arena.alloc(T::of(number)));
            }
            drop(black_box(held));
            arena.reset();
        };
        let mut arena = multitude::Arena::new();
        work(&mut arena);
        timed(passes, &mut arena, work, |_| ())
    }
}

fn subjects<T: Numbered + 'static>() -> Vec<Subject> {
    vec![
        Subject { name: BOX, run: boxes::<T> },
        Subject { name: OURS, run: ours::<T> },
        #[cfg(feature = "peers")]
        Subject { name: "bump-scope", run: peers::bump_scope::<T> },
        #[cfg(feature = "peers")]
        Subject { name: "typed-arena", run: peers::typed_arena::<T> },
        #[cfg(feature = "peers")]
        Subject { name: "blink-alloc", run: peers::blink_alloc::<T> },
        #[cfg(feature = "peers")]
        Subject { name: "multitude", run: peers::multitude::<T> },
    ]
}

pub(crate) fn print(effort: Effort) {
    let time = |subjects: &[Subject]| subject::time(subjects, effort.rounds, effort.passes, COUNT);
    let times = [
        ("16 B", time(&subjects::<Guard<0, 2>>())),
        ("64 B", time(&subjects::<Guard<0, 8>>())),
        ("String", time(&subjects::<String>())),
    ];
    let subjects = subjects::<String>();
    let title = format!("`create`: {COUNT} objects with a destructor, built, held and destroyed");
    subject::print(&title, &subjects, &times);
    for (name, rounds) in &times {
        let ratio = subject::ratio(&subjects, rounds, BOX, OURS);
        // What a string holds comes from the allocator for all alike, and takes most of the time.
        match *name {
            "String" => println!("- {name}: speed / Box's: {:.2}", ratio.unwrap_or(f64::NAN)),
            _ => Target::AtLeast(SPEED_MIN).judge(
                &format!("{name}: speed / Box's"),
                ratio.filter(|_| cfg!(feature = "peers")),
            ),
        }
    }
}
