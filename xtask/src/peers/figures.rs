//! Medians, ratios, geometric means and spread of what was measured.
//!
//! A ratio is the median of the ratios within each round, because a round's runs of one row
//! follow each other closely. A contender that failed a row in any round has no figure there, and
//! its means say over how many rows they go.

use super::Contest;
use super::launch::Sample;
use super::rounds::Samples;
use super::rows::Kind;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metric {
    /// Seconds from start to end.
    Time,
    /// KiB resident at most.
    Peak,
    /// Seconds that the workload timed itself.
    Timed,
    /// Seconds of processors, in the program and in the kernel.
    Processor,
}

impl Metric {
    /// What every run has, in the order of the tables.
    pub(super) const ALL: [Self; 2] = [Self::Time, Self::Peak];

    /// As it stands in titles.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Peak => "peak RSS",
            Self::Timed => "the timed part",
            Self::Processor => "processor time",
        }
    }

    fn of(self, sample: &Sample) -> f64 {
        match self {
            Self::Time => sample.seconds,
            Self::Peak => sample.peak_kib,
            Self::Timed => sample.own_seconds.unwrap_or(f64::NAN),
            Self::Processor => sample.processor_seconds,
        }
    }
}

/// A geometric mean, and over how many rows it goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mean {
    /// NaN over no row.
    pub(super) value: f64,
    /// The rows in which both the contender and the base ended well.
    pub(super) row_count: usize,
}

/// What was measured, as figures.
pub(super) struct Figures {
    kinds: Vec<Kind>,
    /// `None` where a round failed; the reason is among `failures`.
    cells: Vec<Vec<Option<Vec<Sample>>>>,
    failures: Vec<String>,
    base: usize,
}

impl Figures {
    /// Sorts the samples out; `base` is the contender whom ratios refer to.
    pub(super) fn new(contest: &Contest, samples: &Samples, base: usize) -> Self {
        let mut failures = Vec::new();
        let mut cells = Vec::new();
        for (row, of_row) in contest.rows.iter().zip(samples) {
            let checksum = usual_checksum(of_row);
            let mut of_row_good = Vec::new();
            for (contender, outcomes) in contest.contenders.iter().zip(of_row) {
                let good: Vec<Sample> = outcomes.iter().flatten().cloned().collect();
                let failure = outcomes.iter().find_map(|outcome| outcome.as_ref().err().cloned());
                let other = good.iter().any(|sample| Some(&sample.checksum) != checksum.as_ref());
                let failure = failure.or_else(|| other.then(|| "another result".to_owned()));
                if let Some(reason) = &failure {
                    failures.push(format!("{} on {}: {reason}", row.name, contender.name));
                }
                of_row_good.push((failure.is_none() && !good.is_empty()).then_some(good));
            }
            cells.push(of_row_good);
        }
        let kinds = contest.rows.iter().map(|row| row.kind).collect();
        Self { kinds, cells, failures, base }
    }

    /// One line for each contender that failed a row.
    pub(super) fn failures(&self) -> &[String] {
        &self.failures
    }

    /// The contender whom ratios refer to.
    pub(super) const fn base(&self) -> usize {
        self.base
    }

    /// The median of a contender's rounds.
    pub(super) fn median(&self, metric: Metric, row: usize, contender: usize) -> Option<f64> {
        let samples = self.cells[row][contender].as_ref()?;
        median(samples.iter().map(|sample| metric.of(sample)).collect())
    }

    /// The median, over rounds, of a contender's figure divided by another's.
    pub(super) fn ratio(
        &self,
        metric: Metric,
        row: usize,
        contender: usize,
        other: usize,
    ) -> Option<f64> {
        let samples = self.cells[row][contender].as_ref()?;
        let others = self.cells[row][other].as_ref()?;
        let pairs = samples.iter().zip(others);
        median(pairs.map(|(sample, other)| metric.of(sample) / metric.of(other)).collect())
    }

    /// The median, over rounds, of a contender's figure in a row divided by that in another.
    pub(super) fn growth(
        &self,
        metric: Metric,
        row: usize,
        other: usize,
        contender: usize,
    ) -> Option<f64> {
        let samples = self.cells[row][contender].as_ref()?;
        let others = self.cells[other][contender].as_ref()?;
        let pairs = samples.iter().zip(others);
        median(pairs.map(|(sample, other)| metric.of(sample) / metric.of(other)).collect())
    }

    /// (Largest − smallest) / median of a contender's rounds.
    pub(super) fn spread(&self, metric: Metric, row: usize, contender: usize) -> Option<f64> {
        let samples = self.cells[row][contender].as_ref()?;
        let values = samples.iter().map(|sample| metric.of(sample));
        let largest = values.clone().fold(f64::NEG_INFINITY, f64::max);
        let smallest = values.fold(f64::INFINITY, f64::min);
        Some((largest - smallest) / self.median(metric, row, contender)?)
    }

    /// The geometric mean of a contender's ratios to the base, over the rows of a kind, or all.
    pub(super) fn mean(&self, metric: Metric, contender: usize, kind: Option<Kind>) -> Mean {
        let rows = self.kinds.iter().enumerate();
        let rows = rows.filter(|(_, of_row)| kind.is_none_or(|kind| kind == **of_row));
        let ratios: Vec<f64> =
            rows.filter_map(|(row, _)| self.ratio(metric, row, contender, self.base)).collect();
        Mean { value: geometric_mean(&ratios), row_count: ratios.len() }
    }
}

/// The result that most runs of a row have.
fn usual_checksum(of_row: &[Vec<super::launch::Outcome>]) -> Option<String> {
    let checksums: Vec<&String> =
        of_row.iter().flatten().flatten().map(|sample| &sample.checksum).collect();
    let count = |checksum: &String| checksums.iter().filter(|other| **other == checksum).count();
    checksums.iter().max_by_key(|checksum| count(checksum)).map(|checksum| (*checksum).clone())
}

/// The middle value, or the mean of the two in the middle.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2)?;
    let lower = values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(*lower, *upper))
}

/// NaN of nothing.
fn geometric_mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::contenders::Contender;
    use super::super::rows::Row;
    use super::*;

    /// A contest of `a` and `heapwright` in rows `one`, `two` and the program `three`.
    pub(in super::super) fn contest() -> Contest {
        let contenders = ["a", "heapwright"].map(|name| Contender::preloaded(name, None, "1"));
        let row = |name: &str, kind| Row {
            name: name.to_owned(),
            like: String::new(),
            kind,
            command: Vec::new(),
            variables: Vec::new(),
        };
        let rows = vec![
            row("one", Kind::Workload),
            row("two", Kind::Workload),
            row("three", Kind::Program),
        ];
        Contest { name: "test", contenders: contenders.to_vec(), rows, absent: Vec::new() }
    }

    pub(in super::super) fn sample(seconds: f64, peak_kib: f64) -> super::super::launch::Outcome {
        let checksum = "same".to_owned();
        let own_seconds = Some(seconds);
        Ok(Sample { seconds, processor_seconds: seconds, own_seconds, peak_kib, checksum })
    }

    pub(in super::super) fn samples() -> Samples {
        let slow_minute = 10.0;
        vec![
            vec![
                vec![sample(1.0, 100.0), sample(slow_minute, 100.0), sample(1.2, 100.0)],
                vec![sample(0.5, 200.0), sample(slow_minute / 2.0, 200.0), sample(0.6, 200.0)],
            ],
            vec![
                vec![sample(1.0, 100.0), sample(1.0, 100.0), sample(1.0, 100.0)],
                vec![sample(2.0, 50.0), sample(2.0, 50.0), sample(2.0, 50.0)],
            ],
            vec![
                vec![sample(1.0, 100.0), sample(1.0, 100.0), sample(1.0, 100.0)],
                vec![sample(1.0, 50.0), Err("signal:11".to_owned()), sample(1.0, 50.0)],
            ],
        ]
    }

    #[test]
    fn a_ratio_compares_within_each_round() {
        let figures = Figures::new(&contest(), &samples(), 0);
        assert_eq!(figures.ratio(Metric::Time, 0, 1, 0), Some(0.5));
        assert_eq!(figures.median(Metric::Time, 0, 0), Some(1.2));
        assert_eq!(figures.ratio(Metric::Peak, 0, 1, 0), Some(2.0));
        assert_eq!(figures.spread(Metric::Time, 0, 0), Some(7.5));
    }

    #[test]
    fn means_go_over_the_rows_that_ended_well() {
        let figures = Figures::new(&contest(), &samples(), 0);
        let mean = figures.mean(Metric::Time, 1, None);
        assert!((mean.value - 1.0).abs() < 1e-12, "{mean:?}");
        assert_eq!((mean.row_count, figures.mean(Metric::Time, 0, None).row_count), (2, 3));
        let programs = figures.mean(Metric::Time, 1, Some(Kind::Program));
        assert!(programs.value.is_nan() && programs.row_count == 0);
    }

    #[test]
    fn one_failed_round_and_one_other_result_are_failures() {
        let mut samples = samples();
        let figures = Figures::new(&contest(), &samples, 0);
        assert_eq!(figures.failures(), ["three on heapwright: signal:11"]);
        assert_eq!(figures.ratio(Metric::Time, 2, 1, 0), None);
        if let Ok(sample) = &mut samples[1][1][2] {
            sample.checksum = "other".to_owned();
        }
        let figures = Figures::new(&contest(), &samples, 0);
        assert_eq!(figures.failures()[0], "two on heapwright: another result");
        assert_eq!(figures.median(Metric::Time, 1, 1), None);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 5.0]), Some(5.0));
        assert_eq!(median(vec![9.0, 1.0, 5.0, 3.0]), Some(4.0));
        assert_eq!(median(vec![]), None);
    }
}
