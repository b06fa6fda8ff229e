//! Types that differ by lifetimes alone cannot be told apart at run time: where a `Holder<'a>` was
//! created, nobody asks for a `Holder<'static>`.

use heapwright_arena::Arena;
use heapwright_new::value;

struct Holder<'a>(&'a str);

fn main() {
    let name = String::from("short");
    let mut arena = Arena::new();
    arena.create(value(Holder(&name))).unwrap();
    let holder = arena.live::<Holder<'static>>().next().unwrap();
    let _longer: &'static str = holder.0;
}
