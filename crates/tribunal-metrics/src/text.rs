//! The text that Prometheus reads: its exposition format, version 0.0.4
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>).

use std::fmt::{self, Display, Formatter, Write};

use crate::catalogue::Label;
use crate::histogram::Histogram;
use crate::readings::{Family, Readings, Sample, Value};

impl Readings {
    /// What an HTTP answer with this text says of its type.
    pub const CONTENT_TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";
}

/// The text for a scrape.
impl Display for Readings {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.families().try_for_each(|family| write_family(f, family))
    }
}

fn write_family(f: &mut Formatter<'_>, family: &Family) -> fmt::Result {
    let metric = family.metric;
    writeln!(f, "# HELP {} {}", metric.name, metric.help.trim())?;
    writeln!(f, "# TYPE {} {}", metric.name, metric.kind.as_str())?;
    for Sample { labels, value } in &family.samples {
        let labels = Labels { names: metric.labels, values: labels, upto: None };
        match value {
            Value::Count(count) => writeln!(f, "{}{labels} {count}", metric.name)?,
            Value::Number(number) => writeln!(f, "{}{labels} {number}", metric.name)?,
            Value::Histogram(histogram) => write_histogram(f, metric.name, labels, histogram)?,
        }
    }
    Ok(())
}

fn write_histogram(
    f: &mut Formatter<'_>,
    name: &str,
    labels: Labels<'_>,
    histogram: &Histogram,
) -> fmt::Result {
    for (upto, count) in histogram.buckets() {
        writeln!(f, "{name}_bucket{} {count}", Labels { upto: Some(upto), ..labels })?;
    }
    let all = histogram.count();
    writeln!(f, "{name}_bucket{} {all}", Labels { upto: Some("+Inf"), ..labels })?;
    writeln!(f, "{name}_sum{labels} {}", histogram.sum().as_secs_f64())?;
    writeln!(f, "{name}_count{labels} {all}")
}

#[derive(Clone, Copy)]
struct Labels<'a> {
    names: &'a [Label],
    values: &'a [std::borrow::Cow<'static, str>],
    /// Of a bucket.
    upto: Option<&'a str>,
}

impl Display for Labels<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let own = self.names.iter().zip(self.values);
        let own = own.map(|(name, value)| (name.as_str(), &**value));
        let mut before = '{';
        for (name, value) in own.chain(self.upto.map(|upto| ("le", upto))) {
            write!(f, "{before}{name}=\"{}\"", Escaped(value))?;
            before = ',';
        }
        if before == ',' { f.write_char('}') } else { Ok(()) }
    }
}

/// A label's value; names of shared rates may have any letters.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| match letter {
            '\\' => f.write_str("\\\\"),
            '"' => f.write_str("\\\""),
            '\n' => f.write_str("\\n"),
            letter => f.write_char(letter),
        })
    }
}
