//! Durations as they are written: a number and its unit.

use std::time::Duration;

use crate::Code;

/// The longest that makes sense anywhere.
const MOST: Duration = Duration::from_hours(365 * 24);

/// What a duration looks like, for those who wrote something else.
pub(crate) const EXAMPLES: &str =
    "write a number and a unit, us, ms, s, m or h: \"250ms\", \"1.5s\"";

/// Reads `250ms`, `2s`, `1.5s`, `1m`, `1h`, `100us`; above 0 and up to 365 days.
///
/// # Errors
///
/// What kind of mistake it is, and what is wrong, as the rest of a sentence that starts with the key.
pub(crate) fn parse(text: &str) -> Result<Duration, (Code, String)> {
    let none = |problem: &str| Err((Code::InvalidDuration, problem.to_owned()));
    let beyond = |problem: &str| (Code::OutOfRange, problem.to_owned());
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(number.len()..).unwrap_or_default();
    if number.starts_with('-') {
        return Err(beyond("cannot be negative"));
    }
    let nanos_in_unit: u64 = match unit {
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60 * 1_000_000_000,
        "h" => 3_600 * 1_000_000_000,
        _ if number.is_empty() => return none("is no duration"),
        "" if plain(number).is_some() => return none("has no unit"),
        "" => return none("is no duration"),
        _ => return none("has a unit that is none of us, ms, s, m and h"),
    };
    let Some((whole, fraction)) = plain(number) else {
        return none("is no duration");
    };
    let too_long = || beyond("must be at most 365 days (8760h)");
    if whole.len() > 18 {
        return Err(too_long());
    }
    // Nine decimals of an hour are well below a microsecond; further ones would only overflow.
    let fraction = fraction.get(..9).unwrap_or(fraction);
    let digits = u128::from(whole.parse::<u64>().map_err(|_| too_long())?);
    let decimals = u128::from(format!("{fraction:0<9}").parse::<u64>().map_err(|_| too_long())?);
    let unit = u128::from(nanos_in_unit);
    let nanos = digits * unit + decimals * unit / 1_000_000_000;
    if nanos > MOST.as_nanos() {
        return Err(too_long());
    }
    if nanos == 0 {
        return Err(beyond("must be longer than nothing"));
    }
    u64::try_from(nanos).map(Duration::from_nanos).map_err(|_| too_long())
}

/// Digits before and after the point; `None` when it is no plain decimal number.
fn plain(number: &str) -> Option<(&str, &str)> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match number.split_once('.') {
        None => digits(number).then_some((number, "")),
        Some((whole, fraction)) => (digits(whole) && digits(fraction)).then_some((whole, fraction)),
    }
}

/// As it would be written: the largest unit that leaves no fraction.
pub(crate) fn write(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let units: [(u128, &str); 4] =
        [(3_600_000_000_000, "h"), (60_000_000_000, "m"), (1_000_000_000, "s"), (1_000_000, "ms")];
    let whole = units.iter().find(|(unit, _)| nanos >= *unit && nanos.is_multiple_of(*unit));
    match whole {
        Some((unit, name)) => format!("{}{name}", nanos / unit),
        None => format!("{}us", nanos / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        for (text, nanos) in [
            ("250ms", 250_000_000),
            ("1.5s", 1_500_000_000),
            ("2s", 2_000_000_000),
            ("1m", 60_000_000_000),
            ("1h", 3_600_000_000_000),
            ("100us", 100_000),
            ("0.001ms", 1_000),
            ("007s", 7_000_000_000),
            ("1.0000000000000000000001s", 1_000_000_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_nanos(nanos)), "{text}");
        }
        assert_eq!(parse("8760h"), Ok(MOST));
    }

    #[test]
    fn what_is_none_is_told_why() {
        for (text, problem) in [
            ("", "is no duration"),
            ("5", "has no unit"),
            ("0s", "longer than nothing"),
            ("0.0000000001us", "longer than nothing"),
            ("-1s", "negative"),
            ("1ns", "none of us, ms, s, m and h"),
            ("1d", "none of us, ms, s, m and h"),
            ("1 s", "is no duration"),
            ("1m30s", "is no duration"),
            ("1.s", "is no duration"),
            (".5s", "is no duration"),
            ("1e3s", "is no duration"),
            ("s", "is no duration"),
            ("infs", "is no duration"),
            ("１s", "is no duration"),
            ("8761h", "at most 365 days"),
            ("9223372036854775808ms", "at most 365 days"),
            ("99999999999999999h", "at most 365 days"),
        ] {
            let (_, error) = parse(text).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in ["250ms", "1500ms", "2s", "1m", "90s", "3h", "100us"] {
            assert_eq!(write(parse(text).unwrap()), text);
        }
    }
}
