//! What criterion measured, kept for one table of ratios at the end.
//!
//! Criterion shows each benchmark alone; a reader wants them side by side. A benchmark that
//! times its own batches (`iter_custom`) tells the batch here too.

use core::{cell::RefCell, time::Duration};

use crate::{measure::median, table};

struct Batch {
    iteration_count: u64,
    nanoseconds: f64,
}

/// The batches of every benchmark, by row and column of the table.
pub struct Recorder {
    columns: &'static [&'static str],
    rows: RefCell<Vec<(String, Vec<Vec<Batch>>)>>,
}

impl Recorder {
    /// An empty table; ratios refer to the first column.
    #[must_use]
    pub const fn new(columns: &'static [&'static str]) -> Self {
        Self { columns, rows: RefCell::new(Vec::new()) }
    }

    /// Notes that a batch of iterations took so long, and returns the time for criterion.
    ///
    /// # Panics
    ///
    /// If `column` is none of the columns.
    pub fn record(
        &self,
        row: &str,
        column: &str,
        iteration_count: u64,
        elapsed: Duration,
    ) -> Duration {
        let column = self.columns.iter().position(|name| *name == column);
        let column = column.expect("the column belongs to the table");
        let mut rows = self.rows.borrow_mut();
        let index = rows.iter().position(|(name, _)| name == row).unwrap_or_else(|| {
            rows.push((row.to_owned(), self.columns.iter().map(|_| Vec::new()).collect()));
            rows.len() - 1
        });
        let nanoseconds = elapsed.as_secs_f64() * 1e9;
        rows[index].1[column].push(Batch { iteration_count, nanoseconds });
        elapsed
    }

    /// Prints the nanoseconds of one iteration in the first column, and the time of each other
    /// column as a multiple of it; `-` where a filter on the command line left one out.
    pub fn print(&self, title: &str) {
        let first = self.columns[0];
        let mut header = vec!["row".to_owned(), format!("{first}, ns")];
        header.extend(self.columns[1..].iter().map(|name| format!("{name} / {first}")));
        let header: Vec<_> = header.iter().map(String::as_str).collect();
        let rows = self.rows.borrow();
        let cells = rows.iter().map(|(name, columns)| {
            let times: Vec<_> = columns.iter().map(|batches| typical(batches)).collect();
            let ratios = times[1..].iter().map(|time| figure(time / times[0], 2));
            [name.clone(), figure(times[0], 1)].into_iter().chain(ratios).collect()
        });
        if !rows.is_empty() {
            table::print(title, &header, cells.collect());
        }
    }
}

fn figure(value: f64, decimals: usize) -> String {
    if value.is_nan() { "-".to_owned() } else { format!("{value:.decimals$}") }
}

/// The median time of one iteration, of the larger half of the batches: the short ones are
/// criterion's warm-up, and the clock's own cost weighs on them.
fn typical(batches: &[Batch]) -> f64 {
    let middle = median(batches.iter().map(|batch| batch.iteration_count as f64).collect());
    let larger = batches.iter().filter(|batch| batch.iteration_count as f64 >= middle);
    median(larger.map(|batch| batch.nanoseconds / batch.iteration_count as f64).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_batches_do_not_count() {
        let batch = |iteration_count, nanoseconds| Batch { iteration_count, nanoseconds };
        assert_eq!(typical(&[batch(1, 90.0), batch(100, 200.0), batch(100, 300.0)]), 2.5);
    }
}
