//! Programs that do little but allocate, in one binary that calls the C library's `malloc`,
//! `calloc`, `realloc` and `free`, so that `LD_PRELOAD` chooses who answers.
//!
//! ```text
//!   cargo xtask bench peers
//!        │ starts, for each workload, allocator and round
//!   workloads launch … ──fork, exec──►  workloads NAME  on  LD_PRELOAD=lib….so
//!        │ wall time, peak RSS               │ one line: seconds, peak RSS, checksum
//! ```
//!
//! Each workload is a file in `work/`, written after the behaviour of a public benchmark or of a
//! kind of program. All of them do a fixed amount of work from fixed seeds, write to the memory
//! they get, and check what they wrote when they give it back: the checksum is the same on every
//! allocator, or that allocator is broken. What they keep account of lies in mapped memory
//! (`mapped.rs`) or on the stack, so that the heap holds the workload alone.
//!
//! ```text
//!   workloads NAME [--scale X] [--threads N]     one workload
//!   workloads list                               their names, and what each is like
//!   workloads malloc                             the file whose malloc answers
//!   workloads pairs …                            malloc and free of one size (`pairs.rs`)
//!   workloads live …                             the same among many live objects (`live.rs`)
//!   workloads launch … -- PROGRAM …              runs a program and measures it (`launch.rs`)
//! ```

mod block;
mod channel;
mod held;
mod launch;
mod live;
mod mapped;
mod pairs;
mod threads;
mod vector;
mod work;

use std::process::ExitCode;

use heapwright_benches::{plan, process};
use lexopt::prelude::*;

fn main() -> ExitCode {
    match dispatch(lexopt::Parser::from_env()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("workloads: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(mut arguments: lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    let Some(Value(name)) = arguments.next()? else {
        return Err("which workload? `workloads list` names them".into());
    };
    match name.to_string_lossy().as_ref() {
        "malloc" => println!("malloc={}", process::malloc_library()),
        "pairs" => pairs::main(arguments)?,
        "live" => live::main(arguments)?,
        "launch" => return launch::main(arguments),
        work::short_process::CHILD => work::short_process::child(),
        name => plan::dispatch(work::ALL, name, arguments, &process::malloc_library())?,
    }
    Ok(ExitCode::SUCCESS)
}
