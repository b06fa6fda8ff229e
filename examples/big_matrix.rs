//! 10. In place means in place: a matrix of 64 MiB on a stack of 64 KiB, without optimisation.
//!
//! `Box::new(Matrix { … })` makes the value first and moves it then, if the optimiser does not
//! help: on this stack the process would end. An initialiser is told the address instead.

use core::error::Error;
use std::thread;

use heapwright_new::{Init, Owned, init, value, zeroed};

const SIDE: usize = 2897; // 2897² × 8 bytes are 64 MiB and a little

struct Matrix {
    name: &'static str,
    cells: [[f64; SIDE]; SIDE],
}

#[derive(Debug, thiserror::Error)]
#[error("a matrix needs a name")]
struct Nameless;

impl Matrix {
    /// Ones on the diagonal. It is built of zeros, and then worked on where it stands.
    fn identity(name: &'static str) -> impl Init<Self, Error = Nameless> {
        let name = if name.is_empty() { Err(Nameless) } else { Ok(name) };
        init!(Matrix { name <- name, cells <- zeroed() } ? Nameless).then(|matrix| {
            for (index, row) in matrix.cells.iter_mut().enumerate() {
                row[index] = 1.0;
            }
            Ok(())
        })
    }

    fn trace(&self) -> f64 {
        self.cells.iter().enumerate().map(|(index, row)| row[index]).sum()
    }
}

fn work() -> Result<(), Box<dyn Error + Send + Sync>> {
    let matrix = Owned::try_new_with(Matrix::identity("identity"))?;
    println!(
        "{}: {} MiB on a stack of 64 KiB, trace {}",
        matrix.name,
        size_of::<Matrix>() >> 20,
        matrix.trace()
    );
    assert_eq!(matrix.trace(), 2897.0);
    // Refused, and the 64 MiB went back.
    assert!(Owned::try_new_with(Matrix::identity("")).is_err());

    // What is built from a value of its own goes by the stack, and is small.
    let small = Owned::try_new_with(value([1.0; 4]))?;
    assert_eq!(small.iter().sum::<f64>(), 4.0);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let thread = thread::Builder::new().stack_size(64 << 10).spawn(work)?;
    thread.join().map_err(|_| "the thread panicked")?
}
