//! What was measured: a table for people, and one line for programs.

use std::fmt;

use serde_json::json;

use crate::scenario::black_hole::BlackHole;
use crate::scenario::pulse::Pulse;
use crate::scenario::retry_storm::RetryStorm;
use crate::scenario::steady::Steady;

pub(crate) struct Results {
    pub(crate) unloaded: Steady,
    pub(crate) at_10x: Steady,
    pub(crate) at_10x_default: Steady,
    pub(crate) at_100x: Steady,
    pub(crate) pulse: Pulse,
    pub(crate) black_hole: BlackHole,
    pub(crate) retry_storm: RetryStorm,
}

/// A figure that should be reached.
struct Figure {
    name: &'static str,
    value: Option<f64>,
    goal: Goal,
}

enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    fn is_met(&self, value: Option<f64>) -> bool {
        match (self, value) {
            (_, None) => false,
            (Self::AtLeast(goal), Some(value)) => value >= *goal,
            (Self::AtMost(goal), Some(value)) => value <= *goal,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(goal) => write!(f, ">= {goal}"),
            Self::AtMost(goal) => write!(f, "<= {goal}"),
        }
    }
}

/// What is measured once per scenario, and printed in several places.
struct Row {
    name: &'static str,
    offered: f64,
    arrived: u64,
    goodput: f64,
    accepted: usize,
    spoilt: u64,
    accepted_p99: Option<f64>,
    shed: usize,
    shed_p99: Option<f64>,
    lag_p99: Option<f64>,
}

impl Row {
    fn of(name: &'static str, steady: &Steady) -> Self {
        Self {
            name,
            offered: steady.offered,
            arrived: steady.arrived,
            goodput: steady.goodput,
            accepted: steady.accepted.seen(),
            spoilt: steady.spoilt,
            accepted_p99: steady.accepted.p99_ms(),
            shed: steady.shed.seen(),
            shed_p99: steady.shed.p99_ms(),
            lag_p99: steady.lag.p99_ms(),
        }
    }
}

fn ratio(value: Option<f64>, base: Option<f64>) -> Option<f64> {
    Some(value? / base.filter(|base| *base > 0.0)?)
}

/// The larger; `None` only where neither is known.
fn worst(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.into_iter().chain(b).reduce(f64::max)
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:.2}"))
}

fn rounded(value: Option<f64>) -> Option<f64> {
    value.map(|value| (value * 1e3).round() / 1e3)
}

impl Results {
    fn rows(&self) -> [Row; 4] {
        [
            Row::of("0.7x", &self.unloaded),
            Row::of("10x", &self.at_10x),
            Row::of("10x, default run limits", &self.at_10x_default),
            Row::of("100x", &self.at_100x),
        ]
    }

    fn figures(&self, [unloaded, at_10x, _, at_100x]: &[Row; 4]) -> [Figure; 7] {
        let hole = &self.black_hole;
        let figure = |name, value, goal| Figure { name, value, goal };
        use Goal::{AtLeast, AtMost};
        [
            figure("goodput_at_10x", Some(at_10x.goodput), AtLeast(0.9)),
            figure("goodput_at_100x", Some(at_100x.goodput), AtLeast(0.9)),
            figure(
                "p99_ratio_at_10x",
                ratio(at_10x.accepted_p99, unloaded.accepted_p99),
                AtMost(2.0),
            ),
            figure("shed_p99_ms", worst(at_10x.shed_p99, at_100x.shed_p99), AtMost(50.0)),
            figure(
                "recovery_s",
                self.pulse.recovery.map(|recovery| recovery.as_secs_f64()),
                AtMost(2.0),
            ),
            figure(
                "black_hole_p99_ratio",
                ratio(hole.sick.others.p99_ms(), hole.well.others.p99_ms()),
                AtMost(1.1),
            ),
            figure(
                "attempts_per_request_in_outage",
                Some(self.retry_storm.attempts_per_request),
                AtMost(1.1),
            ),
        ]
    }
}

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        writeln!(
            f,
            "{:<24}{:>10}{:>10}{:>9}{:>10}{:>8}{:>10}{:>10}{:>10}{:>9}",
            "load",
            "offered/s",
            "arrived",
            "goodput",
            "accepted",
            "spoilt",
            "p99 ms",
            "shed",
            "p99 ms",
            "lag p99"
        )?;
        for row in &rows {
            writeln!(
                f,
                "{:<24}{:>10.0}{:>10}{:>9.3}{:>10}{:>8}{:>10}{:>10}{:>10}{:>9}",
                row.name,
                row.offered,
                row.arrived,
                row.goodput,
                row.accepted,
                row.spoilt,
                shown(row.accepted_p99),
                row.shed,
                shown(row.shed_p99),
                shown(row.lag_p99),
            )?;
        }
        let Pulse { before, during, after, tries_per_request, .. } = &self.pulse;
        writeln!(
            f,
            "\npulse of 3x: answered {before:.3} before, {during:.3} during, {after:.3} after; {tries_per_request:.2} tries per request"
        )?;
        for (name, arm) in [
            ("all critics well", &self.black_hole.well),
            ("one of 12 hangs", &self.black_hole.sick),
            ("one of 12 hangs, breaker", &self.black_hole.broken),
        ] {
            writeln!(
                f,
                "{name:<24} p99 of the other critics {} ms, of runs {} ms; {} opinions of the others lost, {} runs shed",
                shown(arm.others.p99_ms()),
                shown(arm.runs.p99_ms()),
                arm.lost,
                arm.shed,
            )?;
        }
        let RetryStorm { requests, shed, .. } = &self.retry_storm;
        writeln!(f, "retry storm: {requests} requests, {shed} shed\n")?;

        let figures = self.figures(&rows);
        for Figure { name, value, goal } in &figures {
            let met = if goal.is_met(*value) { "" } else { "   missed" };
            writeln!(f, "{name:<32}{:>8}   {goal}{met}", shown(*value))?;
        }
        let members =
            figures.iter().map(|figure| (figure.name.into(), json!(rounded(figure.value))));
        writeln!(f, "{}", serde_json::Value::Object(members.collect()))
    }
}
