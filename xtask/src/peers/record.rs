//! The results as JSON: every sample, who competed in which version, on which machine.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::launch::Outcome;
use super::options::Options;
use super::rounds::Samples;
use super::{Contest, machine};

/// What is known before the first run.
pub(super) fn header(contest: &Contest, options: &Options, base: usize) -> Value {
    let contenders = contest.contenders.iter().map(|contender| {
        let library = contender.library().map(|path| path.display().to_string());
        json!({ "name": contender.name, "version": contender.version, "library": library })
    });
    json!({
        "contest": contest.name,
        "unix_seconds": machine::unix_seconds(),
        "machine": machine::describe(),
        "rounds": options.rounds,
        "scale": options.scale,
        "threads": options.threads,
        "base": contest.contenders[base].name,
        "contenders": contenders.collect::<Vec<_>>(),
        "absent": contest.absent,
    })
}

/// Writes the header and what was measured so far.
pub(super) fn write(
    path: &Path,
    header: &Value,
    contest: &Contest,
    samples: &Samples,
) -> Result<()> {
    let mut record = header.clone();
    record["load_at_the_end"] = machine::load().into();
    record["rows"] = rows(contest, samples);
    let text = serde_json::to_string_pretty(&record)?;
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn rows(contest: &Contest, samples: &Samples) -> Value {
    let rows = contest.rows.iter().zip(samples).map(|(row, of_row)| {
        let by_name = contest.contenders.iter().zip(of_row).map(|(contender, outcomes)| {
            (contender.name.clone(), outcomes.iter().map(sample).collect::<Value>())
        });
        json!({
            "row": row.name,
            "like": row.like,
            "kind": row.kind.plural(),
            "samples": by_name.collect::<serde_json::Map<_, _>>(),
        })
    });
    rows.collect()
}

fn sample(outcome: &Outcome) -> Value {
    match outcome {
        Ok(sample) => json!({
            "seconds": sample.seconds,
            "processor_seconds": sample.processor_seconds,
            "own_seconds": sample.own_seconds,
            "peak_kib": sample.peak_kib,
            "checksum": sample.checksum,
        }),
        Err(reason) => json!({ "failed": reason }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::{contest, samples};
    use super::*;

    #[test]
    fn every_sample_and_every_failure_is_kept() {
        let rows = rows(&contest(), &samples());
        assert_eq!(rows[0]["samples"]["a"][1]["seconds"], 10.0);
        assert_eq!(rows[2]["samples"]["heapwright"][1]["failed"], "signal:11");
        assert_eq!(rows[2]["kind"], "programs");
        assert_eq!(rows.as_array().map(Vec::len), Some(3));
    }
}
