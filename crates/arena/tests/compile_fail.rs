//! What must not compile does not, and says why.
//!
//! Refusals by a `const` assertion appear when a program is built, not when it is checked. The
//! program that passes has trybuild build the others too.

#[test]
fn wrong_uses_are_refused_and_right_ones_are_not() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/compile_pass/*.rs");
    cases.compile_fail("tests/compile_fail/*.rs");
}
