//! The tables of `bench peers`: ratios, means, spread, and where ours loses.

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};

use super::Contest;
use super::figures::{Figures, Mean, Metric};
use super::rows::Kind;

/// More than this times the time of the best peer is a loss.
const TIME_MAX: f64 = 1.15;
/// More than this times the peak of the smallest peer is a loss …
const PEAK_MAX: f64 = 1.3;
/// … from this size on.
const PEAK_KIB_MIN: f64 = 10.0 * 1024.0;

/// Prints everything.
pub(super) fn print(contest: &Contest, figures: &Figures) {
    println!("\nContenders\n\n{}", contenders(contest));
    for metric in Metric::ALL {
        let base = &contest.contenders[figures.base()].name;
        let (name, table) = (metric.name(), ratios(contest, figures, metric));
        println!("\nRatio of {name} to {base}, less is better\n\n{table}");
        println!("\n{}", spread(contest, figures, metric));
    }
    for (ours, contender) in contest.contenders.iter().enumerate() {
        if contender.is_ours() {
            let table = beside_the_best(contest, figures, ours);
            println!("\n{} beside the best peer in each row\n\n{table}", contender.name);
        }
    }
    print_failures(contest, figures);
}

/// Says who failed what, and who is not here.
pub(super) fn print_failures(contest: &Contest, figures: &Figures) {
    for failure in figures.failures() {
        println!("FAILED: {failure}");
    }
    for line in &contest.absent {
        println!("absent: {line}");
    }
}

/// A table whose columns but the first are numbers.
pub(super) fn table(header: Vec<String>, rows: Vec<Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(header).add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Who competes, in which version.
pub(super) fn contenders(contest: &Contest) -> Table {
    let rows = contest.contenders.iter().map(|it| vec![it.name.clone(), it.version.clone()]);
    table(vec!["allocator".to_owned(), "version".to_owned()], rows.collect())
}

/// One row each, then the means.
fn ratios(contest: &Contest, figures: &Figures, metric: Metric) -> Table {
    let base = figures.base();
    let absolute = format!("{}, {}", contest.contenders[base].name, unit(metric));
    let mut header = vec!["row".to_owned(), absolute];
    header.extend(contest.contenders.iter().map(|contender| contender.name.clone()));
    let columns = 0..contest.contenders.len();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (index, row) in contest.rows.iter().enumerate() {
        let absolute = figures.median(metric, index, base).map(|value| shown(metric, value));
        let mut cells = vec![row.name.clone(), absolute.unwrap_or_else(|| "failed".to_owned())];
        cells.extend(columns.clone().map(|contender| {
            let ratio = figures.ratio(metric, index, contender, base);
            ratio.map_or_else(|| absence(figures, index, contender), |it| format!("{it:.2}"))
        }));
        rows.push(cells);
    }
    let kinds = Kind::ALL.map(Some).into_iter().chain([None]);
    for kind in kinds {
        let is_of_kind = |of_row| kind.is_none_or(|kind| kind == of_row);
        let row_count = contest.rows.iter().filter(|row| is_of_kind(row.kind)).count();
        let is_only_kind = kind.is_some() && row_count == contest.rows.len();
        if row_count == 0 || is_only_kind {
            continue;
        }
        let name = kind.map_or("all", Kind::plural);
        let mut cells = vec![format!("**geomean, {name}**"), format!("{row_count} rows")];
        let means = columns.clone().map(|contender| figures.mean(metric, contender, kind));
        cells.extend(means.map(|mean| shown_mean(mean, row_count)));
        rows.push(cells);
    }
    table(header, rows)
}

/// Why there is no ratio: the contender failed, or the base did.
fn absence(figures: &Figures, row: usize, contender: usize) -> String {
    let ended = figures.median(Metric::Time, row, contender).is_some();
    if ended { "-" } else { "failed" }.to_owned()
}

fn shown_mean(mean: Mean, row_count: usize) -> String {
    let Mean { value, row_count: counted } = mean;
    match counted {
        0 => "-".to_owned(),
        _ if counted == row_count => format!("{value:.3}"),
        _ => format!("{value:.3} of {counted}"),
    }
}

const fn unit(metric: Metric) -> &'static str {
    match metric {
        Metric::Peak => "MiB",
        _ => "s",
    }
}

fn shown(metric: Metric, value: f64) -> String {
    match metric {
        Metric::Peak => format!("{:.1}", value / 1024.0),
        _ => format!("{value:.3}"),
    }
}

/// How far the rounds lie apart, in one sentence.
pub(super) fn spread(contest: &Contest, figures: &Figures, metric: Metric) -> String {
    let mut spreads: Vec<(f64, String)> = Vec::new();
    for (index, row) in contest.rows.iter().enumerate() {
        for (number, contender) in contest.contenders.iter().enumerate() {
            if let Some(spread) = figures.spread(metric, index, number) {
                spreads.push((spread, format!("{} on {}", row.name, contender.name)));
            }
        }
    }
    spreads.sort_by(|left, right| right.0.total_cmp(&left.0));
    let all = spreads.iter().map(|spread| spread.0).collect();
    let median = super::figures::median(all).unwrap_or(f64::NAN) * 100.0;
    let worst = spreads.iter().take(4);
    let worst = worst.map(|(spread, name)| format!("{name} {:.0} %", spread * 100.0));
    format!(
        "Spread of {} over the rounds, (max - min) / median: median {median:.1} %, largest {}.",
        metric.name(),
        worst.collect::<Vec<_>>().join(", ")
    )
}

/// In each row the peer that is best, how much worse or better we are, and whether that is a loss.
fn beside_the_best(contest: &Contest, figures: &Figures, ours: usize) -> Table {
    let header = ["row", "fastest", "time", "smallest", "peak RSS", "peak, MiB", "lost"];
    let mut rows = Vec::new();
    for (index, row) in contest.rows.iter().enumerate() {
        let mut cells = vec![row.name.clone()];
        let mut losses = Vec::new();
        let peak_kib = figures.median(Metric::Peak, index, ours);
        for metric in Metric::ALL {
            let best = best_peer(contest, figures, metric, index);
            let ratio = best.and_then(|best| figures.ratio(metric, index, ours, best));
            cells.push(best.map_or("-", |best| &contest.contenders[best].name).to_owned());
            cells.push(ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")));
            if ratio.is_some_and(|ratio| is_loss(metric, ratio, peak_kib)) {
                losses.push(metric.name());
            }
        }
        if peak_kib.is_none() {
            losses.push("failed");
        }
        cells.push(peak_kib.map_or_else(|| "-".to_owned(), |it| shown(Metric::Peak, it)));
        cells.push(losses.join(", "));
        rows.push(cells);
    }
    table(header.map(str::to_owned).to_vec(), rows)
}

/// The best of those who are neither ours nor what every program has anyway.
fn best_peer(contest: &Contest, figures: &Figures, metric: Metric, row: usize) -> Option<usize> {
    let peers = contest.contenders.iter().enumerate();
    let peers = peers.filter(|(_, peer)| !peer.is_ours() && !peer.is_system());
    let figures = peers.filter_map(|(index, _)| Some((index, figures.median(metric, row, index)?)));
    figures.min_by(|left, right| left.1.total_cmp(&right.1)).map(|best| best.0)
}

fn is_loss(metric: Metric, ratio: f64, peak_kib: Option<f64>) -> bool {
    match metric {
        Metric::Peak => ratio > PEAK_MAX && peak_kib.is_some_and(|kib| kib >= PEAK_KIB_MIN),
        _ => ratio > TIME_MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::{contest, samples};
    use super::*;

    #[test]
    fn the_table_has_every_row_the_means_and_the_failures() {
        let contest = contest();
        let figures = Figures::new(&contest, &samples(), 0);
        let text = ratios(&contest, &figures, Metric::Time).to_string();
        let line = |start: &str| {
            let mut lines = text.lines();
            lines.find(|line| line.starts_with(start)).map(|line| line.replace(' ', ""))
        };
        assert_eq!(line("| one").unwrap(), "|one|1.200|1.00|0.50|");
        assert_eq!(line("| three").unwrap(), "|three|1.000|1.00|failed|");
        assert_eq!(line("| **geomean, all").unwrap(), "|**geomean,all**|3rows|1.000|1.000of2|");
    }

    #[test]
    fn a_loss_is_said_to_be_one() {
        let contest = contest();
        let figures = Figures::new(&contest, &samples(), 0);
        let text = beside_the_best(&contest, &figures, 1).to_string().replace(' ', "");
        assert!(text.contains("|two|a|2.00|a|0.50|0.0|time|"), "{text}");
        assert!(text.contains("|one|a|0.50|a|2.00|0.2||"), "small peaks do not count: {text}");
        assert!(text.contains("|three|a|-|a|-|-|failed|"), "{text}");
        assert!(is_loss(Metric::Peak, 1.31, Some(PEAK_KIB_MIN)));
        assert!(!is_loss(Metric::Time, 1.15, None));
    }
}
