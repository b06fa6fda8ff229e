//! Sizes as people read them.

const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/// `bytes` in the largest unit of which there is one at least, with one decimal unless it is 0.
pub(crate) fn in_words(bytes: usize) -> String {
    let mut unit = 0;
    while unit + 1 < UNITS.len() && bytes >> (10 * (unit + 1)) > 0 {
        unit += 1;
    }
    let whole = bytes >> (10 * unit);
    let rest = bytes - (whole << (10 * unit));
    let tenth = (rest >> (10 * unit).saturating_sub(10)) * 10 / 1024;
    let name = UNITS[unit];
    if unit == 0 || tenth == 0 {
        format!("{whole} {name}")
    } else {
        format!("{whole}.{tenth} {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn sizes_are_rounded_down_to_a_tenth_of_their_unit() {
        for (bytes, words) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1024, "1 KiB"),
            (4000, "3.9 KiB"),
            (1 << 20, "1 MiB"),
            ((1 << 20) + (1 << 19), "1.5 MiB"),
            ((1 << 30) - 1, "1023.9 MiB"),
            (1 << 40, "1 TiB"),
            (2048 << 40, "2048 TiB"),
        ] {
            assert_eq!(in_words(bytes), words);
        }
    }
}
