//! What happened when: a row for each critic that had its turn, stage by stage.
//!
//! Bars are what a critic waited for and each of its calls; between calls lies what it waited before it tried again.

use std::fmt::Write as _;

use crate::page::escaped;
use crate::plan::Plan;
use crate::run::{Call, Outcome, Run};
use crate::scale::{ticks, time};

/// Where the bars begin, in units of the drawing.
const LEFT: f64 = 190.0;
/// How wide the part with the bars is.
const WIDTH: f64 = 690.0;
/// How much is left for words to the right of them.
const RIGHT: f64 = 220.0;
const ROW: f64 = 22.0;
const HEAD: f64 = 26.0;
/// The most letters of a name.
const NAME: usize = 24;

/// The drawing; nothing for a run of which no critic had its turn.
pub(crate) fn timeline(run: &Run, plan: Option<&Plan>) -> String {
    let stages = stages(run);
    if stages.iter().all(|stage| stage.rows.is_empty()) {
        return String::new();
    }
    let end = end(run, &stages);
    let height = HEAD
        + stages.iter().map(|stage| ROW * (stage.rows.len() as f64) + STAGE_HEAD).sum::<f64>()
        + 6.0;
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<svg class=\"timeline\" viewBox=\"0 0 {} {height}\" role=\"img\" aria-label=\"Timeline: {} rows over {}\">",
        LEFT + WIDTH + RIGHT,
        stages.iter().map(|stage| stage.rows.len()).sum::<usize>(),
        time(end)
    );
    let axis = Axis { end };
    for at in ticks(end) {
        let x = axis.x(at);
        let _ = writeln!(
            svg,
            "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{HEAD}\" y2=\"{height}\"/><text class=\"tick\" x=\"{x:.1}\" y=\"16\">{}</text>",
            time(at)
        );
    }
    let mut y = HEAD;
    for stage in &stages {
        y = stage.draw(&mut svg, &axis, y, plan);
    }
    if let Some(deadline) = plan.and_then(|plan| plan.timeout_ms).filter(|ms| *ms <= end) {
        let x = axis.x(deadline);
        let _ = writeln!(
            svg,
            "<line class=\"deadline\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{HEAD}\" y2=\"{height}\"><title>the run's deadline, {}</title></line>",
            time(deadline)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// The room for a stage's name.
const STAGE_HEAD: f64 = 20.0;

/// A stage and those of its critics that had their turn.
struct Stage<'r> {
    name: &'r str,
    begun: f64,
    elapsed: f64,
    rows: Vec<&'r Outcome>,
    /// How many had none.
    idle: usize,
}

fn stages(run: &Run) -> Vec<Stage<'_>> {
    let mut begun = run.queued_ms;
    let mut stages: Vec<Stage<'_>> = Vec::new();
    for timing in &run.stages {
        let of_stage = || run.outcomes.iter().filter(|outcome| outcome.stage == timing.stage);
        let rows: Vec<&Outcome> = of_stage().filter(|outcome| outcome.begun_ms.is_some()).collect();
        let idle = of_stage().count() - rows.len();
        let elapsed = timing.elapsed_ms;
        stages.push(Stage { name: &timing.stage, begun, elapsed, rows, idle });
        begun += elapsed;
    }
    stages
}

/// When the last thing ended that is drawn.
fn end(run: &Run, stages: &[Stage<'_>]) -> f64 {
    let calls = run.outcomes.iter().flat_map(Outcome::all_calls);
    let calls = calls.map(|call| call.begun_ms + call.took_ms);
    let stages = stages.iter().map(|stage| stage.begun + stage.elapsed);
    let end = calls.chain(stages).chain([run.elapsed_ms]).filter(|ms| ms.is_finite());
    end.fold(0.0, f64::max).max(1e-3)
}

/// Where times lie.
struct Axis {
    end: f64,
}

impl Axis {
    fn x(&self, millis: f64) -> f64 {
        LEFT + WIDTH * (millis / self.end).clamp(0.0, 1.0)
    }

    /// A bar from one time to another, at least as wide as can be seen.
    fn bar(&self, begun: f64, took: f64) -> (f64, f64) {
        let (from, to) = (self.x(begun), self.x(begun + took));
        (from, (to - from).max(1.5))
    }
}

impl Stage<'_> {
    fn draw(&self, svg: &mut String, axis: &Axis, top: f64, plan: Option<&Plan>) -> f64 {
        let bottom = top + STAGE_HEAD + ROW * self.rows.len() as f64;
        let (x, width) = axis.bar(self.begun, self.elapsed);
        let idle = match self.idle {
            0 => String::new(),
            idle => format!(", {idle} without a turn"),
        };
        let _ = writeln!(
            svg,
            "<rect class=\"stage\" x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{:.1}\"/><text class=\"stage-name\" x=\"0\" y=\"{:.1}\">{} <tspan class=\"soft\">{}{idle}</tspan></text>",
            bottom - top,
            top + 14.0,
            escaped(&self.name.replace('_', " ")),
            time(self.elapsed)
        );
        if let Some(timeout) = plan.and_then(|plan| plan.stage(self.name)?.timeout_ms) {
            mark(svg, axis, self.begun + timeout, (top, bottom), "the stage's deadline");
        }
        let mut y = top + STAGE_HEAD;
        for outcome in &self.rows {
            row(svg, axis, y, outcome, plan);
            y += ROW;
        }
        bottom
    }
}

/// A deadline, where it lies within the drawing.
fn mark(svg: &mut String, axis: &Axis, at: f64, (top, bottom): (f64, f64), what: &str) {
    if at > axis.end {
        return;
    }
    let x = axis.x(at);
    let _ = writeln!(
        svg,
        "<line class=\"deadline\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top:.1}\" y2=\"{bottom:.1}\"><title>{what}, {}</title></line>",
        time(at)
    );
}

fn row(svg: &mut String, axis: &Axis, y: f64, outcome: &Outcome, plan: Option<&Plan>) {
    let middle = y + 14.0;
    let _ = writeln!(
        svg,
        "<text class=\"name\" x=\"10\" y=\"{middle:.1}\">{}<title>{}</title></text>",
        escaped(&shortened(&outcome.critic)),
        escaped(&outcome.critic)
    );
    let calls = outcome.all_calls();
    let begun = outcome.begun_ms.unwrap_or_default();
    let first = calls.first().map_or(begun + outcome.queued_ms, |call| call.begun_ms);
    if first > begun {
        bar(svg, axis, y, &Bar { class: "wait", begun, took: first - begun, what: "waited" });
    }
    // What lies between one call and the next, where nothing was at work.
    let mut busy = first;
    for call in &calls {
        if call.begun_ms > busy {
            let took = call.begun_ms - busy;
            bar(
                svg,
                axis,
                y,
                &Bar { class: "pause", begun: busy, took, what: "waited to try again" },
            );
        }
        busy = busy.max(call.begun_ms + call.took_ms);
    }
    for call in &calls {
        draw_call(svg, axis, y, call);
        let timeout = plan.and_then(|plan| plan.critic(&outcome.critic)?.timeout_ms);
        if let (Some(timeout), "timeout") = (timeout, &*call.end) {
            mark(
                svg,
                axis,
                call.begun_ms + timeout,
                (y + 2.0, y + ROW - 4.0),
                "the critic's deadline",
            );
        }
    }
    if calls.is_empty() && outcome.opinion.is_some() {
        let x = axis.x(begun + outcome.queued_ms);
        let _ = writeln!(
            svg,
            "<circle class=\"cached\" cx=\"{x:.1}\" cy=\"{:.1}\" r=\"4\"><title>from a cache</title></circle>",
            y + 10.0
        );
    }
    let end = axis.x(busy) + 6.0;
    let _ = writeln!(
        svg,
        "<text class=\"end {}\" x=\"{end:.1}\" y=\"{middle:.1}\">{}</text>",
        class(outcome),
        escaped(&said(outcome))
    );
}

struct Bar {
    class: &'static str,
    begun: f64,
    took: f64,
    what: &'static str,
}

fn bar(svg: &mut String, axis: &Axis, y: f64, bar: &Bar) {
    let (x, width) = axis.bar(bar.begun, bar.took);
    let (top, height) = if bar.class == "pause" { (y + 9.0, 2.0) } else { (y + 6.0, 8.0) };
    let _ = writeln!(
        svg,
        "<rect class=\"{}\" x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height}\"><title>{} {}</title></rect>",
        bar.class,
        bar.what,
        time(bar.took)
    );
}

fn draw_call(svg: &mut String, axis: &Axis, y: f64, call: &Call) {
    let (x, width) = axis.bar(call.begun_ms, call.took_ms);
    let class = match &*call.end {
        "success" => "fine",
        "cancelled" => "cancelled",
        _ => "failed",
    };
    // A hedge lies beside the call it was made for.
    let (top, height) = if call.hedge { (y + 12.0, 6.0) } else { (y + 3.0, 14.0) };
    let hedge = if call.hedge { "second call: " } else { "" };
    let _ = writeln!(
        svg,
        "<rect class=\"call {class}{}\" x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height}\" rx=\"1.5\"><title>{hedge}{} from {}, {}</title></rect>",
        if call.hedge { " hedge" } else { "" },
        escaped(&call.end),
        time(call.begun_ms),
        time(call.took_ms)
    );
}

/// The colour of what it came to.
fn class(outcome: &Outcome) -> &'static str {
    match outcome.calls_for.as_deref() {
        Some("block") => "hot",
        Some("review") => "warm",
        _ if outcome.is_failure() => "warm",
        _ => "soft",
    }
}

/// What it came to, in a few words.
fn said(outcome: &Outcome) -> String {
    let monitored = if outcome.is_enforced() { "" } else { " (monitor)" };
    let calls_for = outcome.calls_for.as_deref().unwrap_or("nothing");
    match &outcome.opinion {
        Some(_) => format!("{calls_for}{monitored}"),
        None => {
            let kind = outcome.reason.as_ref().map_or(&*outcome.status, |reason| &*reason.kind);
            let kind = kind.replace('_', " ");
            match outcome.calls_for.as_deref() {
                Some(verdict) => format!("{kind}: {verdict}{monitored}"),
                None => format!("{kind}{monitored}"),
            }
        }
    }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.to_owned();
    }
    let mut short: String = name.chars().take(NAME - 1).collect();
    short.push('…');
    short
}
