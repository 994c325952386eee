//! Times and numbers as people read them, and an axis for times.

/// A time in milliseconds with a unit that suits it.
pub(crate) fn time(millis: f64) -> String {
    if !millis.is_finite() {
        return String::from("–");
    }
    match millis {
        0.0 => String::from("0"),
        ms if ms < 0.9995 => format!("{:.0} µs", ms * 1e3),
        ms if ms < 10.0 => format!("{ms:.2} ms"),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms => format!("{:.2} s", ms / 1e3),
    }
}

/// A number with as many decimals as say something.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "-0" { String::from("0") } else { text.to_owned() }
}

/// A number from 0 to 1, to the thousandth.
pub(crate) fn rating(value: f64) -> String {
    number((value * 1e3).round() / 1e3)
}

/// A share in percent.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    match whole {
        0 => String::from("–"),
        whole => format!("{:.0} %", 100.0 * part as f64 / whole as f64),
    }
}

/// Where the marks of an axis stand that ends at `end`: at most about eight, at round numbers.
pub(crate) fn ticks(end: f64) -> Vec<f64> {
    if !end.is_finite() || end <= 0.0 {
        return Vec::new();
    }
    let rough = end / 8.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power);
    (0..=8).map(|n| f64::from(n) * step).take_while(|at| *at <= end * 1.0001).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_unit_that_suits_them() {
        let told = [0.0, 0.0004, 0.25, 0.9996, 3.456, 42.0, 2_500.0, f64::NAN].map(time);
        assert_eq!(told, ["0", "0 µs", "250 µs", "1.00 ms", "3.46 ms", "42 ms", "2.50 s", "–"]);
    }

    #[test]
    fn an_axis_has_a_few_round_marks_whatever_its_length() {
        assert_eq!(ticks(10.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        for end in [1e-6, 0.37, 1.0, 59.0, 1e9] {
            assert!((3..=9).contains(&ticks(end).len()), "{end}: {:?}", ticks(end));
        }
        assert_eq!(ticks(0.0), [] as [f64; 0]);
        assert_eq!(ticks(f64::INFINITY), [] as [f64; 0]);
    }

    #[test]
    fn numbers_end_where_they_say_nothing_more() {
        assert_eq!([0.0, 1.0, 0.0312, 1e-9, -0.0].map(number), ["0", "1", "0.0312", "0", "0"]);
    }
}
