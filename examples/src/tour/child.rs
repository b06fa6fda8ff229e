//! What would hurt this process happens in a forked child, which tells what it saw.

use anyhow::{Result, ensure};
use heapwright_conformance::misuse::{Ending, in_child, write_to_standard_error};

/// Performs `act` in a child with one thread, and returns the numbers that it returned there.
///
/// They come as words on the child's standard error, which is a pipe to here.
///
/// # Errors
///
/// Where `act` fails or the child ends otherwise than it should.
pub(crate) fn numbers_from_child(act: impl FnOnce() -> Result<Vec<usize>>) -> Result<Vec<usize>> {
    let child = in_child(|| {
        let text = match act() {
            Ok(numbers) => numbers.iter().map(|number| format!("{number} ")).collect(),
            Err(error) => format!("{error:#}"),
        };
        write_to_standard_error(&text);
    });
    // Its words say how it went, whatever the status: valgrind sets another one where it takes
    // fresh memory behind the break, which the kernel zeroed, for uninitialised.
    ensure!(matches!(child.ending, Ending::Exited(_)), "the child failed: {child}");
    let numbers = child.output.split_whitespace().map(str::parse).collect::<Result<_, _>>();
    numbers.map_err(|_| anyhow::anyhow!("the child said: {}", child.output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_arrive_and_so_do_errors() {
        let numbers = [0, 1, usize::MAX];
        assert_eq!(numbers_from_child(|| Ok(numbers.to_vec())).unwrap(), numbers);
        assert!(numbers_from_child(|| Ok(Vec::new())).unwrap().is_empty());
        // Made before the fork: an error may look at its backtrace, under a lock that another
        // test's thread holds just then.
        let error = anyhow::anyhow!("no memory today");
        let error = numbers_from_child(|| Err(error)).unwrap_err();
        assert!(error.to_string().contains("no memory today"), "{error}");
    }
}
