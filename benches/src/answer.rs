//! What a bench found out: shown as a table and a line of JSON, and kept for the report.
//!
//! Each answer lies in `target/benchmarks/NAME.json` until the next run; `cargo run --bin report` makes the tables
//! and plots of `docs/benchmarks.md` from them.

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// An answer of one bench.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    /// The bench.
    pub name: String,
    /// What was measured.
    pub tables: Vec<Table>,
    /// The same to look at.
    pub plots: Vec<Plot>,
    /// The figures that have goals, and their like. The line of JSON.
    pub figures: Map<String, Value>,
}

/// Rows under heads; the first cell of a row is its name.
#[derive(Debug, Serialize, Deserialize)]
pub struct Table {
    /// What the numbers are.
    pub title: String,
    /// A head for every column.
    pub heads: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
}

/// Bars or lines.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plot {
    /// The file it becomes, without its suffix.
    pub file: String,
    /// What is shown, with the unit.
    pub title: String,
    /// The form.
    pub kind: Kind,
    /// Whether each step of the axis is a factor; for numbers that lie far apart.
    pub log: bool,
    /// Where each point or group of bars stands.
    pub places: Vec<String>,
    /// What is compared at each place. A value that is 0 is left out.
    pub series: Vec<(String, Vec<f64>)>,
}

/// The form of a plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A group of bars at every place.
    Bars,
    /// A line for every series.
    Lines,
}

impl Answer {
    /// An empty one.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), tables: Vec::new(), plots: Vec::new(), figures: Map::new() }
    }

    /// Adds a table.
    pub fn table(&mut self, title: &str, heads: &[&str], rows: Vec<Vec<String>>) {
        let heads = heads.iter().map(ToString::to_string).collect();
        self.tables.push(Table { title: title.into(), heads, rows });
    }

    /// Adds a figure, to three places.
    pub fn figure(&mut self, key: &str, figure: f64) {
        self.figures.insert(key.into(), json!((figure * 1_000.0).round() / 1_000.0));
    }

    /// Where answers are kept.
    #[must_use]
    pub fn directory() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/benchmarks"))
    }

    /// Shows it, and keeps it.
    ///
    /// # Panics
    ///
    /// When it cannot be written.
    pub fn give(&self) {
        let directory = Self::directory();
        std::fs::create_dir_all(&directory).expect("a directory for answers");
        let text = serde_json::to_string_pretty(self).expect("plain data");
        let path = directory.join(format!("{}.json", self.name));
        std::fs::write(path, text).expect("a file for the answer");
        let shown = self.to_string();
        std::io::Write::write_all(&mut std::io::stdout().lock(), shown.as_bytes())
            .expect("somewhere to write to");
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for table in &self.tables {
            writeln!(f, "{}\n{table}", table.title)?;
        }
        writeln!(f, "{}", Value::Object(self.figures.clone()))
    }
}

/// In columns of one width, and as a table of markdown.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            let all = std::iter::once(&self.heads).chain(&self.rows);
            all.filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
        };
        let widths: Vec<usize> =
            (0..self.heads.len()).map(|column| width(column).unwrap_or(0).max(3)).collect();
        let line = |row: &[String]| {
            let mut line = String::from("|");
            for (column, (width, cell)) in widths.iter().zip(row).enumerate() {
                let _ = match column {
                    0 => write!(line, " {cell:width$} |"),
                    _ => write!(line, " {cell:>width$} |"),
                };
            }
            line
        };
        writeln!(f, "{}", line(&self.heads))?;
        let rule = |(column, width): (usize, &usize)| match column {
            0 => format!(" {} ", "-".repeat(*width)),
            _ => format!(" {}: ", "-".repeat(width - 1)),
        };
        let rules: Vec<String> = widths.iter().enumerate().map(rule).collect();
        writeln!(f, "|{}|", rules.join("|"))?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{}", line(row)))
    }
}

/// A number with commas where it is long, and places where it is short.
#[must_use]
pub fn number(value: f64) -> String {
    let places = match value.abs() {
        large if large >= 100.0 => 0,
        middle if middle >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.places$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.chars().count() - index;
        if index > 0 && left % 3 == 0 && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

/// A ratio, as `1.23x`.
#[must_use]
pub fn times(ratio: f64) -> String {
    format!("{ratio:.2}x")
}
