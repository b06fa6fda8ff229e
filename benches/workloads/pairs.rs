//! `workloads pairs`: malloc and free of one size on one thread, for counting instructions.
//!
//! ```text
//!   pairs --size S --count N [--depth D] [--null]
//! ```
//!
//! `D` blocks are allocated, then freed, the last one first, until `N` were. With `--null` two
//! functions of known length answer in place of `malloc` and `free`: the loop around them is the
//! same, so the difference of two runs is what the allocator executes by itself.

use core::{arch::naked_asm, ffi::c_void, hint::black_box, ptr};
use std::time::Instant;

use lexopt::prelude::*;

/// What [`null_malloc`] and [`null_free`] execute together.
#[cfg(target_arch = "x86_64")]
const NULL_INSTRUCTIONS: u32 = 3;
#[cfg(target_arch = "aarch64")]
const NULL_INSTRUCTIONS: u32 = 2;

const DEPTH_MAX: usize = 1024;

type Malloc = unsafe extern "C" fn(usize) -> *mut c_void;
type Free = unsafe extern "C" fn(*mut c_void);

struct Options {
    size: usize,
    count: usize,
    depth: usize,
    calls: (Malloc, Free),
}

impl Options {
    fn parse(mut arguments: lexopt::Parser) -> Result<Self, lexopt::Error> {
        let mut options =
            Self { size: 16, count: 1_000_000, depth: 1, calls: (libc::malloc, libc::free) };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("size") => options.size = arguments.value()?.parse()?,
                Long("count") => options.count = arguments.value()?.parse()?,
                Long("depth") => options.depth = arguments.value()?.parse()?,
                Long("null") => options.calls = (null_malloc, null_free),
                other => return Err(other.unexpected()),
            }
        }
        if !(1..=DEPTH_MAX).contains(&options.depth) {
            return Err(format!("--depth needs 1 to {DEPTH_MAX}").into());
        }
        Ok(options)
    }
}

/// Runs the pairs and prints the nanoseconds of one.
pub(crate) fn main(arguments: lexopt::Parser) -> Result<(), lexopt::Error> {
    let options = Options::parse(arguments)?;
    let start = Instant::now();
    run(&options);
    let nanoseconds = start.elapsed().as_secs_f64() * 1e9 / options.count as f64;
    println!("ns_per_pair={nanoseconds:.2} null_instructions={NULL_INSTRUCTIONS}");
    Ok(())
}

fn run(options: &Options) {
    // Hidden, so that both variants are called alike, through a register.
    let (malloc, free) = black_box(options.calls);
    let size = black_box(options.size);
    let mut blocks = [ptr::null_mut::<c_void>(); DEPTH_MAX];
    for _ in 0..options.count / options.depth {
        for block in &mut blocks[..options.depth] {
            // SAFETY: `malloc` takes any size, and its stand-in too.
            *block = unsafe { malloc(size) };
        }
        black_box(&mut blocks);
        for &block in blocks[..options.depth].iter().rev() {
            // SAFETY: it came from the matching function just now, and is freed once.
            unsafe { free(block) }
        }
    }
}

#[unsafe(naked)]
unsafe extern "C" fn null_malloc(_: usize) -> *mut c_void {
    #[cfg(target_arch = "x86_64")]
    naked_asm!("xor eax, eax", "ret");
    #[cfg(target_arch = "aarch64")]
    naked_asm!("ret");
}

#[unsafe(naked)]
unsafe extern "C" fn null_free(_: *mut c_void) {
    naked_asm!("ret");
}
