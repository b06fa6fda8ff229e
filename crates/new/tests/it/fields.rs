//! `init!`: fields in order, errors by `From`, names out of reach, generic types.

use core::convert::Infallible;
use core::num::ParseIntError;

use heapwright_new::{Init, NewError, Owned, PinInit, init, init_raw, pin_init, value, zeroed};

use crate::objects::Log;

#[derive(Debug, PartialEq)]
enum OpenError {
    Number(ParseIntError),
}

impl From<ParseIntError> for OpenError {
    fn from(error: ParseIntError) -> Self {
        Self::Number(error)
    }
}

#[derive(Debug, PartialEq)]
struct Name(u32);

impl Name {
    fn open(path: &str) -> impl Init<Self, Error = ParseIntError> {
        path.parse().map(Name)
    }
}

struct Packet {
    id: u64,
    name: Name,
    body: [u8; 16],
}

fn packet(path: &str) -> Result<Owned<Packet>, NewError<OpenError>> {
    let packet = Owned::try_new_with(
        init!(Packet { id <- value(7), name <- Name::open(path), body <- zeroed() } ? OpenError),
    )?;
    Ok(packet)
}

#[test]
fn a_field_that_cannot_fail_needs_no_from_and_another_ones_error_converts() {
    let built = packet("5").unwrap();
    assert_eq!((built.id, &built.name, built.body), (7, &Name(5), [0; 16]));
    assert!(matches!(packet("x"), Err(NewError::Construct(OpenError::Number(_)))));
}

#[test]
fn fields_that_were_built_are_destroyed_last_to_first_when_one_fails() {
    struct Four<'log> {
        _a: crate::objects::Object<'log>,
        _b: crate::objects::Object<'log>,
        _c: u8,
        _d: crate::objects::Object<'log>,
    }
    let log = Log::default();
    let four = |c: Result<u8, ()>| {
        Owned::try_new_with(init!(Four {
            _a <- value(log.object(1)),
            _b <- value(log.object(2)),
            _c <- c,
            _d <- value(log.object(3)),
        } ? ()))
    };
    assert!(four(Err(())).is_err());
    // What was never built goes with its initialiser.
    assert_eq!((log.ends(), log.live()), (vec![2, 1, 3], 0));
    let built = four(Ok(1)).unwrap();
    assert_eq!(log.live(), 3);
    drop(built);
    assert_eq!(log.live(), 0);
}

#[test]
fn objects_nest() {
    struct Outer {
        inner: Inner,
        last: u8,
    }
    struct Inner {
        numbers: [u32; 2],
    }
    let inner = || init!(Inner { numbers <- value([1, 2]) });
    let outer = init!(Outer { inner <- inner(), last <- value(3) });
    let outer = Owned::try_new_with(outer).unwrap();
    assert_eq!((outer.inner.numbers, outer.last), ([1, 2], 3));
}

#[test]
fn generic_types_tuple_structs_aliases_and_self_work() {
    struct Pair<A, B> {
        first: A,
        second: B,
    }
    impl<A: Clone, B> Pair<A, B> {
        fn new<I: Init<B>>(first: &A, second: I) -> impl Init<Self, Error = I::Error> {
            let first = first.clone();
            init!(Self { first <- value(first), second <- second } ? I::Error)
        }
    }
    let pair = Owned::try_new_with(Pair::new(&"a", value(2))).unwrap();
    assert_eq!((pair.first, pair.second), ("a", 2));
    let failed = Owned::<Pair<u8, u8>>::try_new_with(Pair::new(&1, "x".parse()));
    assert!(matches!(failed, Err(NewError::Construct(_))));

    let inferred = init!(Pair { first <- value(1_u8), second <- value("b") });
    let inferred: Owned<Pair<u8, &str>> = Owned::try_new_with(inferred).unwrap();
    assert_eq!(inferred.second, "b");

    struct Tuple(u8, String);
    type Alias = Tuple;
    let tuple = init!(Alias { 1 <- value("x".to_string()), 0 <- value(1) });
    let tuple = Owned::try_new_with(tuple).unwrap();
    assert_eq!((tuple.0, &*tuple.1), (1, "x"));

    struct Unit;
    let _: Owned<Unit> = Owned::try_new_with(init!(Unit {})).unwrap();

    struct Sized<const N: usize>([u8; N]);
    let sized = init!(Sized<3> { 0 <- zeroed() });
    assert_eq!(Owned::try_new_with(sized).unwrap().0, [0; 3]);
}

#[test]
fn expressions_mean_what_they_mean_where_the_macro_stands() {
    struct Two {
        a: u32,
        b: u32,
    }
    // `?` and `return` leave this function, and `break` the loop: nothing is half built.
    fn by_question_mark(text: &str) -> Result<u32, ParseIntError> {
        let two = init!(Two { a <- value(1), b <- value(text.parse::<u32>()?) });
        let two = Owned::try_new_with(two).unwrap();
        Ok(two.a + two.b)
    }
    assert_eq!(by_question_mark("2"), Ok(3));
    assert!(by_question_mark("x").is_err());

    #[expect(unreachable_code, clippy::diverging_sub_expression, reason = "what is tested")]
    fn by_return() -> u32 {
        let _two = init!(Two { a <- value(1), b <- value(return 9) });
        0
    }
    assert_eq!(by_return(), 9);

    let log = Log::default();
    let mut turns = 0;
    loop {
        struct Held<'log>(crate::objects::Object<'log>, usize);
        turns += 1;
        let held = init!(Held {
            0 <- value(log.object(turns)),
            1 <- value(if turns == 3 { break } else { turns })
        });
        let held = Owned::try_new_with(held).unwrap();
        assert_eq!(held.0.id, held.1);
    }
    assert_eq!((turns, log.live()), (3, 0));
}

#[test]
fn temporaries_live_as_long_as_the_statement() {
    struct Named {
        name: String,
    }
    fn copy_of(name: &str) -> impl Init<String, Error = Infallible> {
        let copy = move |slot: *mut String| {
            // SAFETY: valid for the write, as the initialiser is told.
            unsafe { slot.write(name.to_owned()) };
            Ok(())
        };
        // SAFETY: it writes the whole of the object, and remembers no address.
        unsafe { init_raw(copy) }
    }
    let named = Owned::try_new_with(init!(Named { name <- copy_of(&format!("{}!", 1)) }));
    assert_eq!(named.unwrap().name, "1!");
}

#[test]
fn names_of_the_user_do_not_meet_those_of_the_macro() {
    #[derive(Debug, PartialEq)]
    struct Names {
        object: u8,
        armed: u8,
        field: u8,
        init: u8,
        build: u8,
        built: u8,
        _guard: u8,
        error: u8,
    }
    let (object, armed, field, init, build, built, _guard, error) = (1, 2, 3, 4, 5, 6, 7, 8);
    #[expect(non_camel_case_types, reason = "a name that the macro could trip over")]
    #[expect(dead_code, reason = "a name that the macro could trip over")]
    struct core;
    let names = init!(Names {
        object <- value(object), armed <- value(armed), field <- value(field),
        init <- value(init), build <- value(build), built <- value(built),
        _guard <- value(_guard), error <- value(error),
    });
    let names = Owned::try_new_with(names).unwrap();
    let expected =
        Names { object: 1, armed: 2, field: 3, init: 4, build: 5, built: 6, _guard: 7, error: 8 };
    assert_eq!(*names, expected);
}

#[test]
fn a_struct_with_more_than_a_dozen_fields_works() {
    struct Many {
        a: u8,
        b: u8,
        c: u8,
        d: u8,
        e: u8,
        f: u8,
        g: u8,
        h: u8,
        i: u8,
        j: u8,
        k: u8,
        l: u8,
        m: u8,
        n: u8,
        o: u8,
        p: u8,
    }
    let many = init!(Many {
        a <- value(1), b <- value(1), c <- value(1), d <- value(1),
        e <- value(1), f <- value(1), g <- value(1), h <- value(1),
        i <- value(1), j <- value(1), k <- value(1), l <- value(1),
        m <- value(1), n <- value(1), o <- value(1), p <- value(1),
    });
    let many = Owned::try_new_with(many).unwrap();
    let sum = many.a + many.b + many.c + many.d + many.e + many.f + many.g + many.h;
    assert_eq!(sum + many.i + many.j + many.k + many.l + many.m + many.n + many.o + many.p, 16);
}

#[test]
fn a_type_with_a_destructor_of_its_own_is_not_destroyed_before_it_is_whole() {
    struct Whole<'log> {
        log: &'log Log,
        _part: crate::objects::Object<'log>,
        _last: u8,
    }
    impl Drop for Whole<'_> {
        fn drop(&mut self) {
            drop(self.log.object(100));
        }
    }
    let log = Log::default();
    let whole = |last: Result<u8, ()>| {
        let init =
            init!(Whole { log <- value(&log), _part <- value(log.object(1)), _last <- last } ? ());
        Owned::try_new_with(init)
    };
    assert!(whole(Err(())).is_err());
    assert_eq!(log.ends(), [1]);
    drop(whole(Ok(0)));
    assert_eq!(log.ends(), [1, 100, 1]);
}

#[test]
fn pin_init_takes_what_may_be_moved_on_any_type() {
    struct Plain<'a> {
        number: u32,
        pinned: core::pin::Pin<&'a mut u8>,
    }
    let mut byte = 1;
    let pinned = core::pin::Pin::new(&mut byte);
    let plain = pin_init!(Plain { number <- "7".parse(), pinned <- value(pinned) } ? ParseIntError);
    let mut storage = core::pin::pin!(heapwright_new::PinStorage::new());
    let plain = storage.as_mut().emplace_pin(plain.map_err(drop)).unwrap();
    assert_eq!((plain.number, *plain.pinned), (7, 1));
}
