//! What is run: the workloads of `benches/workloads/`, then the system's programs.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::options::Options;
use super::programs;

/// One thing to run on every contender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Its name in tables.
    pub(super) name: String,
    /// What it does.
    pub(super) like: String,
    /// Which mean it counts in.
    pub(super) kind: Kind,
    /// The program and its arguments; the arguments alone where the contender is the program.
    pub(super) command: Vec<OsString>,
    /// Variables that are added to the environment.
    pub(super) variables: Vec<(&'static str, &'static str)>,
}

/// Where a row comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Written here.
    Workload,
    /// A program of the system.
    Program,
}

impl Kind {
    /// Both, as the means are shown.
    pub(super) const ALL: [Self; 2] = [Self::Workload, Self::Program];

    /// The plural, as it stands in tables.
    pub(super) const fn plural(self) -> &'static str {
        match self {
            Self::Workload => "workloads",
            Self::Program => "programs",
        }
    }
}

/// Every row that is asked for; programs that are not installed are added to `absent`.
pub(super) fn find(
    options: &Options,
    workloads: &Path,
    inputs: &Path,
    absent: &mut Vec<String>,
) -> Result<Vec<Row>> {
    let mut rows = workload_rows(options, workloads, Some(workloads))?;
    let known: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    rows.retain(|row| options.wants_row(&row.name));
    rows.extend(programs::rows(options, inputs, absent)?);
    let is_known = |name: &&String| !known.contains(name) && !programs::is_known(name);
    if let Some(name) = options.rows.iter().find(is_known) {
        let programs = programs::names().collect::<Vec<_>>().join(", ");
        bail!("no workload `{name}`; there are {}, {programs}", known.join(", "));
    }
    Ok(rows)
}

/// A row for each workload that `listing`, a program of workloads, knows; `program` stands at the
/// beginning of the command.
pub(super) fn workload_rows(
    options: &Options,
    listing: &Path,
    program: Option<&Path>,
) -> Result<Vec<Row>> {
    let output = Command::new(listing).arg("list").output();
    let output = output.with_context(|| format!("cannot start {}", listing.display()))?;
    let list = String::from_utf8_lossy(&output.stdout);
    let row = |line: &str| {
        let (name, like) = line.split_once('\t')?;
        let mut command: Vec<OsString> = program.map(Into::into).into_iter().collect();
        command.extend([name, "--scale", &options.scale.to_string()].map(OsString::from));
        if let Some(threads) = options.threads {
            command.extend(["--threads".into(), threads.to_string().into()]);
        }
        let (name, like) = (name.to_owned(), like.to_owned());
        Some(Row { name, like, kind: Kind::Workload, command, variables: Vec::new() })
    };
    Ok(list.lines().filter_map(row).collect())
}
