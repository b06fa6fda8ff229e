//! The figures as one picture: who is where in the means, and every ratio of every row.
//!
//! ```text
//!   ┌ time × peak RSS, means ┐     less of both is better: down and to the left
//!   ├ time ──────┬ peak RSS ─┤     one line a row, one dot a contender; 1 is the base
//!   └────────────┴───────────┘     half lies as far from 1 as double
//! ```

use core::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::Contest;
use super::figures::{Figures, Metric};

const WIDTH: u32 = 1400;
const MEANS_HEIGHT: u32 = 520;
const ROW_HEIGHT: u32 = 24;
const FRAME_HEIGHT: u32 = 140;
const FONT: &str = "sans-serif";

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws the picture into a file.
pub(super) fn draw(path: &Path, contest: &Contest, figures: &Figures) -> Result<()> {
    let rows = u32::try_from(contest.rows.len())?;
    let height = MEANS_HEIGHT + FRAME_HEIGHT + rows * ROW_HEIGHT;
    let root = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    draw_on(&root, contest, figures)
        .map_err(|error| anyhow!("{error}"))
        .with_context(|| format!("cannot draw {}", path.display()))
}

fn draw_on(
    root: &Area<'_>,
    contest: &Contest,
    figures: &Figures,
) -> core::result::Result<(), Box<dyn core::error::Error>> {
    root.fill(&WHITE)?;
    let (above, below) = root.split_vertically(MEANS_HEIGHT);
    draw_means(&above, contest, figures)?;
    let halves = below.split_evenly((1, 2));
    for (half, metric) in halves.iter().zip(Metric::ALL) {
        draw_ratios(half, contest, figures, metric)?;
    }
    root.present()?;
    Ok(())
}

fn color(contender: usize) -> PaletteColor<Palette99> {
    Palette99::pick(contender)
}

fn draw_means(
    area: &Area<'_>,
    contest: &Contest,
    figures: &Figures,
) -> core::result::Result<(), Box<dyn core::error::Error>> {
    let mean = |metric, contender| figures.mean(metric, contender, None).value;
    let places: Vec<(f64, f64)> = (0..contest.contenders.len())
        .map(|contender| (mean(Metric::Time, contender), mean(Metric::Peak, contender)))
        .collect();
    let times = range(places.iter().map(|place| place.0));
    let peaks = range(places.iter().map(|place| place.1));
    let base = &contest.contenders[figures.base()].name;
    let title = format!("{}: geometric means over all rows, relative to {base}", contest.name);
    let mut chart = ChartBuilder::on(area)
        .caption(title, (FONT, 22))
        .margin(15)
        .x_label_area_size(45)
        .y_label_area_size(70)
        .build_cartesian_2d(times, peaks)?;
    chart
        .configure_mesh()
        .x_desc("time")
        .y_desc("peak RSS")
        .x_label_formatter(&|value| format!("{value:.2}"))
        .y_label_formatter(&|value| format!("{value:.2}"))
        .light_line_style(WHITE)
        .draw()?;
    for (index, (contender, place)) in contest.contenders.iter().zip(&places).enumerate() {
        if !(place.0.is_finite() && place.1.is_finite()) {
            continue;
        }
        let text = Text::new(contender.name.clone(), (9, -7), (FONT, 16));
        let dot = Circle::new((0, 0), 6, color(index).filled());
        chart.draw_series([EmptyElement::at(*place) + dot + text])?;
    }
    Ok(())
}

fn draw_ratios(
    area: &Area<'_>,
    contest: &Contest,
    figures: &Figures,
    metric: Metric,
) -> core::result::Result<(), Box<dyn core::error::Error>> {
    let (rows, base) = (&contest.rows, figures.base());
    let ratio = |row, contender| figures.ratio(metric, row, contender, base);
    let pairs =
        (0..rows.len()).flat_map(|row| (0..contest.contenders.len()).map(move |it| (row, it)));
    let span = range(pairs.filter_map(|(row, contender)| ratio(row, contender)));
    // Drawn by its logarithm to the base 2, and labelled by itself.
    let span = span.start.log2()..span.end.log2();
    // The first row stands at the top.
    let place = |row: usize| SegmentValue::CenterOf(rows.len() - 1 - row);
    let name = |place: &SegmentValue<usize>| match place {
        SegmentValue::CenterOf(place) => rows
            .len()
            .checked_sub(place + 1)
            .and_then(|row| rows.get(row))
            .map_or_else(String::new, |row| row.name.clone()),
        _ => String::new(),
    };
    let mut chart = ChartBuilder::on(area)
        .caption(format!("{} / {}", metric.name(), contest.contenders[base].name), (FONT, 18))
        .margin(15)
        .x_label_area_size(35)
        .y_label_area_size(190)
        .build_cartesian_2d(span, (0..rows.len()).into_segmented())?;
    chart
        .configure_mesh()
        .y_labels(rows.len())
        .x_label_formatter(&|value| format!("{:.2}", value.exp2()))
        .y_label_formatter(&name)
        .label_style((FONT, 13))
        .light_line_style(WHITE)
        .draw()?;
    for (index, contender) in contest.contenders.iter().enumerate() {
        let size = if contender.is_ours() { 6 } else { 4 };
        let dots = (0..rows.len()).filter_map(|row| Some((ratio(row, index)?.log2(), place(row))));
        let dots: Vec<_> =
            dots.map(|place| Circle::new(place, size, color(index).filled())).collect();
        chart
            .draw_series(dots)?
            .label(contender.name.clone())
            .legend(move |(x, y)| Circle::new((x + 10, y), size, color(index).filled()));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font((FONT, 13))
        .draw()?;
    Ok(())
}

/// A range that holds 1 and all finite values, with a margin on both sides.
fn range(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (mut least, mut most) = (1.0_f64, 1.0_f64);
    for value in values.filter(|value| value.is_finite() && *value > 0.0) {
        (least, most) = (least.min(value), most.max(value));
    }
    least * 0.85..most * 1.18
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::{contest, samples};
    use super::*;

    #[test]
    fn a_range_holds_the_base_and_every_value_that_is_a_number() {
        let range = range([0.25, f64::NAN, 8.0, f64::INFINITY].into_iter());
        assert!(range.start < 0.25 && range.start > 0.2, "{range:?}");
        assert!(range.end > 8.0 && range.end < 10.0, "{range:?}");
    }

    #[test]
    fn the_picture_names_every_contender_and_every_row() {
        let contest = contest();
        let figures = Figures::new(&contest, &samples(), 0);
        let path = std::env::temp_dir().join(format!("plot-{}.svg", std::process::id()));
        draw(&path, &contest, &figures).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let names = contest.rows.iter().map(|row| &row.name);
        for name in names.chain(contest.contenders.iter().map(|contender| &contender.name)) {
            assert!(text.lines().any(|line| line.trim() == name), "{name} in\n{text}");
        }
    }
}
