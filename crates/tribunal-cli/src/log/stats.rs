//! `tribunal log stats`: many decisions, added up.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use comfy_table::Cell;
use serde::Serialize;
use tribunal_core::Verdict;
use tribunal_log::{CriticStats, Latencies, Stats};

use super::{LogFormat, source};
use crate::exit::{Exit, Trouble};
use crate::ink;
use crate::lines::Output;
use crate::safe::shown;

/// What `tribunal log stats` is told.
#[derive(Debug, Args)]
pub(super) struct StatsArgs {
    /// How to show them
    #[arg(long, value_enum, default_value_t = LogFormat::Human)]
    format: LogFormat,
    /// Logs; the name of one stands for its full files too
    #[arg(value_name = "LOG", required = true)]
    logs: Vec<PathBuf>,
}

/// What `--format json` writes.
#[derive(Serialize)]
struct All<'a> {
    #[serde(flatten)]
    stats: &'a Stats,
    lost: u64,
    unread_lines: u64,
    open_rates: std::collections::BTreeMap<&'a str, f64>,
}

pub(super) fn run(args: &StatsArgs) -> Result<Exit, Trouble> {
    let files = source::files(&args.logs)?;
    let mut output = Output::open(None)?;
    let mut stats = Stats::default();
    let seen = source::decisions(&files, &mut |decision, _| {
        stats.add(decision);
        Ok(ControlFlow::Continue(()))
    })?;
    match args.format {
        LogFormat::Human => output.write_painted(&human(&stats, &seen, output.width()))?,
        LogFormat::Json => {
            let rate = |critic: &'_ CriticStats| critic.open_rate();
            let open_rates = stats
                .critics
                .iter()
                .filter_map(|critic| Some((critic.critic.as_str(), rate(critic)?)));
            let all = All {
                stats: &stats,
                lost: seen.lost,
                unread_lines: seen.unread,
                open_rates: open_rates.collect(),
            };
            let json = serde_json::to_string(&all).unwrap_or_default();
            output.write(crate::safe::json(&json).as_bytes())?;
            output.write(b"\n")?;
        }
    }
    output.finish()?;
    Ok(Exit::Fine)
}

fn human(stats: &Stats, seen: &source::Seen, width: Option<u16>) -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "{}", ink::bold(ink::many(stats.decisions, "decision")));
    if let (Some(from), Some(to)) = (&stats.from, &stats.to) {
        let _ = writeln!(text, "\n  from      {}\n  to        {}", shown(from), shown(to));
    }
    let verdict = |(verdict, count): (&Verdict, &u64)| {
        let share = share(*count, stats.decisions);
        format!("{} {count} ({share})", ink::verdict(*verdict))
    };
    let verdicts: Vec<String> =
        Verdict::ALL.iter().zip(&stats.verdicts).rev().map(verdict).collect();
    let _ = writeln!(text, "  verdicts  {}", verdicts.join(" · "));
    if stats.let_pass > 0 {
        let runs = ink::many(stats.let_pass, "run");
        let _ = writeln!(text, "  let pass  a failure in {runs}");
    }
    let _ = writeln!(text, "  took      {}", latencies(&stats.elapsed));
    for (stage, taken) in &stats.stages {
        let _ = writeln!(text, "            {stage}: {}", latencies(taken));
    }
    let _ = writeln!(
        text,
        "  cost      {} spent, {} saved by gates",
        ink::number(stats.cost_spent),
        ink::number(stats.cost_saved),
    );
    for (count, what) in [
        (seen.lost, "lost: the log says that they are missing"),
        (seen.unread, "lines cannot be read: `tribunal log verify` says more"),
        (stats.beyond, "outcomes of critics beyond the first 4096 are left out"),
    ] {
        if count > 0 {
            let _ = writeln!(text, "  {}", ink::bold(format!("{count} {what}")));
        }
    }
    let _ = writeln!(text, "\n{}", table(stats, width));
    text
}

fn table(stats: &Stats, width: Option<u16>) -> comfy_table::Table {
    let header = [
        "critic", "ran", "gated", "open", "skipped", "failed", "found", "review", "block", "alone",
        "p50 ms", "p95 ms", "p99 ms", "cost",
    ];
    let mut table = ink::table(&header, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], width);
    for critic in &stats.critics {
        let ms = |share| match critic.execution.count() {
            0 => String::new(),
            _ => ink::number(critic.execution.percentile(share)),
        };
        let watched = |count: u64| match (critic.monitored, count) {
            (true, 1..) => ink::right(format!("({count})")),
            _ => ink::count_cell(count),
        };
        let open = critic.open_rate().map(|rate| format!("{:.0}%", rate * 100.0));
        let name = shown(&critic.critic) + if critic.monitored { " (monitor)" } else { "" };
        table.add_row([
            Cell::new(name),
            ink::count_cell(critic.ran),
            ink::count_cell(critic.gated),
            ink::right(open.unwrap_or_default()),
            ink::count_cell(critic.skipped),
            ink::count_cell(critic.failed),
            ink::count_cell(critic.found),
            watched(critic.review),
            watched(critic.block),
            ink::count_cell(critic.alone),
            ink::right(ms(0.5)),
            ink::right(ms(0.95)),
            ink::right(ms(0.99)),
            ink::right(if critic.cost > 0.0 { ink::number(critic.cost) } else { String::new() }),
        ]);
    }
    table
}

fn latencies(of: &Latencies) -> String {
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| ink::number(of.percentile(share)));
    format!("p50 {p50} ms, p95 {p95} ms, p99 {p99} ms, at most {} ms", ink::number(of.max()))
}

#[expect(clippy::cast_precision_loss, reason = "counts that are divided")]
fn share(count: u64, of: u64) -> String {
    if of == 0 { "0%".to_owned() } else { format!("{:.1}%", count as f64 / of as f64 * 100.0) }
}
