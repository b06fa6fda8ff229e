//! Scopes: what may refer to what, and that memory stays warm.

use heapwright_arena::Arena;
use heapwright_new::value;

#[test]
fn what_is_inside_may_refer_to_what_is_outside_in_its_destructor_too() {
    struct Adds<'a>(&'a core::cell::Cell<u32>);
    impl Drop for Adds<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    let arena = Arena::new();
    let count = &*arena.alloc(value(core::cell::Cell::new(0))).unwrap();
    arena.scope(|scope| {
        scope.create(value(Adds(count))).unwrap();
        scope.scope(|inner| inner.create(value(Adds(count))).map(|_| ())).unwrap();
        assert_eq!(count.get(), 1);
    });
    assert_eq!(count.get(), 2);
}

#[test]
fn a_scope_hands_out_what_lives_outside() {
    let arena = Arena::new();
    let word: &str = arena.scope(|scope| {
        let draft = scope.create(value(String::from("draft"))).unwrap();
        draft.push_str(", final");
        &*arena.alloc_str(draft).unwrap()
    });
    assert_eq!(word, "draft, final");
}

#[test]
fn the_next_scope_uses_the_memory_of_the_last_one() {
    let arena = Arena::new();
    let address = |arena: &Arena<'_>| {
        arena.scope(|scope| {
            let outer = (&raw const *scope.alloc(value(1_u64)).unwrap()).addr();
            let inner =
                scope.scope(|inner| (&raw const *inner.alloc(value(2_u64)).unwrap()).addr());
            (outer, inner)
        })
    };
    let (outer, inner) = address(&arena);
    let again = address(&arena);
    // Whichever of the two warm sources is taken first.
    assert!(again == (outer, inner) || again == (inner, outer));
}

#[test]
fn scopes_go_deep() {
    fn descend(arena: &Arena<'_>, depth: usize) -> usize {
        if depth == 0 {
            return 0;
        }
        let name = arena.create(value(depth.to_string())).unwrap();
        name.len() + arena.scope(|scope| descend(scope, depth - 1))
    }
    assert_eq!(descend(&Arena::new(), 100), 9 + 90 * 2 + 3);
}

#[test]
fn an_arena_that_is_reset_inside_of_nothing_keeps_its_scopes_working() {
    let mut arena = Arena::new();
    for _ in 0..3 {
        arena.scope(|scope| scope.create(value(String::from("inside"))).map(|_| ())).unwrap();
        arena.create(value(String::from("outside"))).unwrap();
        arena.reset();
    }
    assert_eq!(arena.live::<String>().count(), 0);
}
