//! Numbers as short as they must be to stand in a column.

/// A count in at most five characters.
pub(super) fn count(count: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "T"), (1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    if count < 100_000 {
        return count.to_string();
    }
    for (size, unit) in UNITS {
        if count >= size {
            let whole = count / size;
            return match whole {
                0..10 => format!("{whole}.{}{unit}", count % size / (size / 10)),
                10..10_000 => format!("{whole}{unit}"),
                _ => String::from("lots"),
            };
        }
    }
    count.to_string()
}

/// A time in at most five characters.
pub(super) fn millis(millis: f64) -> String {
    match millis {
        // What is below a tenth of a microsecond was not measured.
        ..0.0001 => String::from("0"),
        ..0.9995 => format!("{:.0}µs", (millis * 1e3).max(1.0)),
        ..9.95 => format!("{millis:.1}ms"),
        ..999.5 => format!("{millis:.0}ms"),
        ..9_950.0 => format!("{:.1}s", millis / 1e3),
        ..99_500.0 => format!("{:.0}s", millis / 1e3),
        _ => lasting(millis as u64),
    }
}

/// The same, and nothing where there is none.
pub(super) fn perhaps(time: Option<f64>) -> String {
    time.map(millis).unwrap_or_default()
}

/// How long something has lasted, in its two largest units.
pub(super) fn lasting(millis: u64) -> String {
    let seconds = millis / 1_000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h {}m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// So many a second.
pub(super) fn rate(rate: Option<f64>) -> String {
    match rate {
        None => String::from("?"),
        Some(0.0) => String::from("0/s"),
        Some(rate) if rate < 10.0 => format!("{rate:.1}/s"),
        Some(rate) => format!("{}/s", count(rate.round() as u64)),
    }
}

/// A sum of costs in at most seven characters.
pub(super) fn cost(cost: f64) -> String {
    match cost {
        0.0 => String::new(),
        ..1_000.0 => crate::ink::number(cost),
        _ => count(cost.round() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_their_columns() {
        for (number, text) in [
            (0, "0"),
            (99_999, "99999"),
            (100_000, "100k"),
            (999_999, "999k"),
            (1_260_000, "1.2M"),
            (99_000_000, "99M"),
            (7_000_000_000, "7.0G"),
            (u64::MAX, "lots"),
        ] {
            assert_eq!(count(number), text);
        }
        for (time, text) in [
            (0.0, "0"),
            (0.0004, "1µs"),
            (0.25, "250µs"),
            (0.9999, "1.0ms"),
            (9.94, "9.9ms"),
            (9.96, "10ms"),
            (420.4, "420ms"),
            (1_500.0, "1.5s"),
            (30_000.0, "30s"),
            (150_000.0, "2m 30s"),
        ] {
            assert_eq!(millis(time), text);
        }
        for (rate_, text) in
            [(None, "?"), (Some(0.0), "0/s"), (Some(0.25), "0.2/s"), (Some(41.6), "42/s")]
        {
            assert_eq!(rate(rate_), text);
        }
        assert_eq!([0.0, 0.0625, 1_234.0].map(cost), ["", "0.062", "1234"]);
        assert_eq!(lasting(200_000_000), "2d 7h");
    }
}
