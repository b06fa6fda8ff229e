//! All runs, in an order that is fair on a machine that changes from minute to minute.
//!
//! In each round every row is run on all contenders, one after the other, so that a slow minute
//! hits them all. Their order is shuffled once for each row and rotated by one each round, so
//! that nobody always comes first, or always after the same other one.

use anyhow::Result;
use fastrand::Rng;
use indicatif::{ProgressBar, ProgressStyle};

use super::Contest;
use super::launch::{Launcher, Outcome};
use super::options::Options;

/// What was measured: `samples[row][contender][round]`.
pub(super) type Samples = Vec<Vec<Vec<Outcome>>>;

/// Runs everything, and tells `keep` after each round, so that a run which is broken off is not
/// lost.
pub(super) fn run(
    contest: &Contest,
    options: &Options,
    launcher: &Launcher,
    mut keep: impl FnMut(&Samples) -> Result<()>,
) -> Result<Samples> {
    let Contest { contenders, rows, .. } = contest;
    let mut samples: Samples = vec![vec![Vec::new(); contenders.len()]; rows.len()];
    let total = u64::try_from(options.rounds * rows.len() * contenders.len())?;
    let progress = ProgressBar::new(total);
    let template = "{bar:24} {pos}/{len} {elapsed} of {duration} {wide_msg}";
    progress.set_style(ProgressStyle::with_template(template)?);
    for round in 0..options.rounds {
        for (index, row) in rows.iter().enumerate() {
            for contender in order(contenders.len(), index, round) {
                let who = &contenders[contender];
                let round = round + 1;
                progress.set_message(format!("{} on {}, round {round}", row.name, who.name));
                samples[index][contender].push(launcher.launch(row, who)?);
                progress.inc(1);
            }
        }
        keep(&samples)?;
        if progress.is_hidden() {
            println!("round {} of {}", round + 1, options.rounds);
        }
    }
    progress.finish_and_clear();
    Ok(samples)
}

/// The contenders in the order of one row in one round.
fn order(count: usize, row: usize, round: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    Rng::with_seed(row as u64).shuffle(&mut order);
    order.rotate_left(round % count.max(1));
    order
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn everyone_runs_once_a_round_and_comes_first_once_in_as_many_rounds() {
        let mut first: Vec<usize> = (0..6).map(|round| order(6, 3, round)[0]).collect();
        first.sort_unstable();
        assert_eq!(first, [0, 1, 2, 3, 4, 5]);
        let mut all = order(6, 3, 4);
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4, 5]);
        assert!((0..9).any(|row| order(6, row, 0) != order(6, row + 1, 0)));
    }
}
