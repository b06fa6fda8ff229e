//! `cargo xtask bench scaling`: what becomes of the cost as the heap and the threads grow.
//!
//! ```text
//!   replace     one of 10⁴ … 10⁷ live objects is freed, another allocated: nanoseconds
//!   touch       one of as many is read and written: what the caches cost by themselves
//!   producers   1 … 16, and as many consumers, hand on the same blocks: seconds
//! ```
//!
//! Each figure stands beside its ratio to the first row of its table, within a round. An allocator
//! whose cost does not grow has the ratio that touching the memory has.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use super::contenders;
use super::figures::{Figures, Metric};
use super::launch::Launcher;
use super::options::Options;
use super::rows::{Kind, Row};
use super::{Contest, build, folder, measure, report};

/// Live objects.
const OBJECTS: [usize; 4] = [10_000, 100_000, 1_000_000, 10_000_000];
/// What is done to them at scale 1.
const ACTIONS: f64 = 4e6;
/// Threads that allocate; as many free.
const PRODUCERS: [usize; 5] = [1, 2, 4, 8, 16];
/// The scale of their work at scale 1.
const PRODUCER_SCALE: f64 = 2.0;

/// Rows that differ in one thing.
struct Group {
    /// Its name on the command line.
    name: &'static str,
    /// The head of the column that says how much there is.
    growing: &'static str,
    /// How much there is, and the arguments of the workload.
    rows: Vec<(usize, Vec<OsString>)>,
    tables: Vec<Figure>,
}

/// What of a group stands in one table.
struct Figure {
    title: &'static str,
    metric: Metric,
    /// The seconds of a row are divided by this.
    divisor: f64,
}

/// Runs `bench scaling`.
pub(crate) fn main(arguments: lexopt::Parser) -> Result<ExitCode> {
    let options = Options::parse(arguments)?;
    if options.threads.is_some() {
        bail!("--threads is for `bench peers`: here their number is what changes");
    }
    let groups = wanted(&options)?;
    let workloads = build::workloads()?;
    let launcher = Launcher { program: workloads.clone(), timeout: options.timeout };
    let (contenders, absent) = contenders::find(&options, &launcher)?;
    let rows = groups.iter().flat_map(|group| group.rows(&workloads)).collect();
    let contest = Contest { name: "scaling", contenders, rows, absent };
    let (figures, stem) = measure(&contest, &options, &launcher, &folder()?)?;
    print(&contest, &groups, &figures);
    println!("\n{}", stem.with_extension("json").display());
    let complete = figures.failures().is_empty();
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The groups that are asked for.
fn wanted(options: &Options) -> Result<Vec<Group>> {
    let mut groups = Vec::from(groups(options.scale));
    let names: Vec<_> = groups.iter().map(|group| group.name).collect();
    if let Some(name) = options.rows.iter().find(|name| !names.contains(&name.as_str())) {
        bail!("no table `{name}`; there are {}", names.join(", "));
    }
    groups.retain(|group| options.wants_row(group.name));
    Ok(groups)
}

fn groups(scale: f64) -> [Group; 3] {
    let actions = (ACTIONS * scale).ceil();
    let live = |more: &[&str]| {
        let row = |&objects: &usize| {
            let mut words: Vec<OsString> = vec!["live".into(), "--objects".into()];
            words.extend([objects.to_string(), "--replacements".to_owned()].map(Into::into));
            words.push(format!("{actions:.0}").into());
            words.extend(more.iter().map(Into::into));
            (objects, words)
        };
        OBJECTS.iter().map(row).collect()
    };
    let produce = |&producers: &usize| {
        let scale = (PRODUCER_SCALE * scale).to_string();
        let words = ["producer-consumer", "--threads", &producers.to_string(), "--scale", &scale];
        (producers, words.map(OsString::from).to_vec())
    };
    let figure = |title, metric, divisor| Figure { title, metric, divisor };
    [
        Group {
            name: "replace",
            growing: "live objects",
            rows: live(&[]),
            tables: vec![figure(
                "Nanoseconds to free one of so many objects at random and to allocate another",
                Metric::Timed,
                actions / 1e9,
            )],
        },
        Group {
            name: "touch",
            growing: "live objects",
            rows: live(&["--touch"]),
            tables: vec![figure(
                "Nanoseconds to read and write one of so many objects at random",
                Metric::Timed,
                actions / 1e9,
            )],
        },
        Group {
            name: "producers",
            growing: "producers",
            rows: PRODUCERS.iter().map(produce).collect(),
            tables: vec![
                figure(
                    "Seconds for the same blocks from so many producers to as many consumers",
                    Metric::Timed,
                    1.0,
                ),
                figure("Processor seconds of the same", Metric::Processor, 1.0),
            ],
        },
    ]
}

impl Group {
    fn rows<'a>(&'a self, program: &'a Path) -> impl Iterator<Item = Row> + 'a {
        self.rows.iter().map(move |(amount, words)| {
            let mut command = vec![program.into()];
            command.extend(words.iter().cloned());
            let name = format!("{} {amount}", self.name);
            let like = self.tables.first().map_or("", |table| table.title).to_owned();
            Row { name, like, kind: Kind::Workload, command, variables: Vec::new() }
        })
    }
}

fn print(contest: &Contest, groups: &[Group], figures: &Figures) {
    println!("\nContenders\n\n{}", report::contenders(contest));
    let mut first = 0;
    for group in groups {
        for figure in &group.tables {
            println!("\n{}\n\n{}", figure.title, table(contest, group, figure, first, figures));
        }
        first += group.rows.len();
    }
    println!("\n{}", report::spread(contest, figures, Metric::Timed));
    report::print_failures(contest, figures);
}

/// The rows of a group, of which the first is the row `first` of the contest.
fn table(
    contest: &Contest,
    group: &Group,
    figure: &Figure,
    first: usize,
    figures: &Figures,
) -> String {
    let mut header = vec![group.growing.to_owned()];
    header.extend(contest.contenders.iter().map(|contender| contender.name.clone()));
    let rows = group.rows.iter().enumerate().map(|(index, (amount, _))| {
        let mut cells = vec![amount.to_string()];
        cells.extend((0..contest.contenders.len()).map(|contender| {
            let row = first + index;
            let value = figures.median(figure.metric, row, contender);
            let growth = figures.growth(figure.metric, row, first, contender);
            let cell = value.zip(growth);
            cell.map_or("failed".to_owned(), |(value, growth)| {
                shown(value / figure.divisor, growth)
            })
        }));
        cells
    });
    report::table(header, rows.collect()).to_string()
}

/// A figure and its ratio, with three digits or so.
fn shown(value: f64, growth: f64) -> String {
    let digits = if value < 10.0 { 2 } else { 0 };
    format!("{value:.digits$} ({growth:.2})")
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::{contest, samples};
    use super::*;

    #[test]
    fn each_figure_stands_beside_its_ratio_to_the_first_row() {
        let contest = contest();
        let figures = Figures::new(&contest, &samples(), 0);
        let rows = [7, 8, 9].map(|amount| (amount, Vec::new())).to_vec();
        let group = Group { name: "", growing: "things", rows, tables: Vec::new() };
        let figure = Figure { title: "", metric: Metric::Timed, divisor: 0.01 };
        let text = table(&contest, &group, &figure, 0, &figures).replace(' ', "");
        assert!(text.contains("|things|a|heapwright|"), "{text}");
        assert!(text.contains("|7|120(1.00)|60(1.00)|"), "{text}");
        assert!(text.contains("|8|100(0.83)|200(3.33)|"), "{text}");
        assert!(text.contains("|9|100(0.83)|failed|"), "{text}");
    }

    #[test]
    fn every_row_grows_in_one_thing_alone() {
        for group in groups(0.3) {
            let amounts = group.rows.iter().map(|row| row.0);
            assert!(amounts.is_sorted(), "{}", group.name);
            for row in group.rows(Path::new("workloads")) {
                let amount = row.name.rsplit(' ').next().unwrap();
                let of_it = row.command.iter().filter(|word| *word == amount).count();
                assert_eq!(of_it, 1, "{:?}", row.command);
            }
        }
    }

    #[test]
    fn tables_are_chosen_by_name() {
        let parse = |words: &[&str]| Options::parse(lexopt::Parser::from_args(words)).unwrap();
        let names = |words: &[&str]| -> Vec<_> {
            wanted(&parse(words)).unwrap().iter().map(|group| group.name).collect()
        };
        assert_eq!(names(&[]), ["replace", "touch", "producers"]);
        assert_eq!(names(&["--workload", "touch"]), ["touch"]);
        assert!(wanted(&parse(&["--workload", "huge"])).is_err());
    }
}
