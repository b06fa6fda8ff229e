//! Real programs, unmodified, on libheapwright: what they say and what they make is compared byte
//! for byte with a run without it, on both breaks; and their reports prove that the library
//! served them.

mod compilers;
mod interpreters;
mod scenario;
mod tools;
