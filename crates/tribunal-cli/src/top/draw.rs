//! The picture: four lines about the process, its stages, its critics, the last blocks, and what keys do.
//!
//! What runs out of room first are critics, which can be gone through, and blocks.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use tribunal_status::{Block, CriticStatus, Room, StageStatus, Status};

use super::table::{self, Column, Row, numbers, words};
use super::view::View;
use super::words::{cost, count, lasting, millis, perhaps, rate};
use crate::safe::shown;

/// The lines at the top.
const HEAD: u16 = 5;
/// As many blocks as are shown where there is no want of room.
const BLOCKS: u16 = 10;

const STAGES: [Column; 7] = [
    words("stage", 16, 0),
    numbers("in flight", 9, 0),
    numbers("waiting", 7, 0),
    numbers("runs", 6, 0),
    numbers("p50", 6, 0),
    numbers("p95", 6, 0),
    numbers("p99", 6, 0),
];

const CRITICS: [Column; 19] = [
    words("critic", 18, 0),
    words("stage", 15, 4),
    numbers("in", 5, 0),
    numbers("wait", 5, 0),
    numbers("ran", 6, 0),
    numbers("failed", 6, 0),
    numbers("gated", 6, 0),
    numbers("skip", 6, 5),
    numbers("review", 6, 3),
    numbers("block", 6, 3),
    numbers("p50", 6, 0),
    numbers("p95", 6, 0),
    numbers("p99", 6, 2),
    words("breaker", 9, 0),
    numbers("tokens", 6, 1),
    numbers("retry", 6, 2),
    numbers("cached", 6, 5),
    numbers("spent", 7, 1),
    numbers("saved", 7, 5),
];

/// How many lines it takes to leave nothing out.
pub(super) fn whole_height(view: &View) -> u16 {
    let rows = |count: usize| u16::try_from(count + 1).unwrap_or(u16::MAX);
    let status = &view.status;
    let blocks = status.blocks.len().clamp(1, BLOCKS.into());
    let tables = [status.stages.len(), status.critics.len(), blocks];
    tables.into_iter().fold(HEAD, |sum, count| sum.saturating_add(rows(count)))
}

/// How many lines each part has: stages, critics, blocks; headings included.
fn parts(view: &View, height: u16) -> [u16; 3] {
    let rows = |count: usize| u16::try_from(count + 1).unwrap_or(u16::MAX);
    let stages = rows(view.status.stages.len());
    let critics = rows(view.status.critics.len());
    let blocks = rows(view.status.blocks.len().clamp(1, BLOCKS.into()));
    let left = height.saturating_sub(HEAD);
    let stages = stages.min(left);
    let left = left - stages;
    // Blocks have a third of what is left, and what critics do not need.
    let blocks = blocks.min((left / 3).max(left.saturating_sub(critics)));
    [stages, critics.min(left - blocks), blocks]
}

/// How many critics are shown at this height.
pub(super) fn critics_shown(view: &View, height: u16) -> usize {
    let [_, critics, _] = parts(view, height.saturating_sub(1));
    usize::from(critics.saturating_sub(1))
}

/// All of it but the line of keys.
pub(super) fn once(view: &View, area: Rect, buffer: &mut Buffer) {
    head(view, area, buffer);
    let [stages, critics, blocks] = parts(view, area.height);
    let mut y = area.y.saturating_add(HEAD);
    for (columns, rows, height) in [
        (&STAGES[..], stage_rows(view), stages),
        (&CRITICS[..], critic_rows(view, usize::from(critics.saturating_sub(1))), critics),
    ] {
        let part = Rect { y, height, ..area }.intersection(area);
        table::draw(columns, &rows, part, buffer);
        y = y.saturating_add(height);
    }
    last_blocks(view, Rect { y, height: blocks, ..area }.intersection(area), buffer);
}

/// All of it.
pub(super) fn screen(view: &View, area: Rect, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let above = Rect { height: area.height - 1, ..area };
    once(view, above, buffer);
    let y = area.bottom() - 1;
    let (text, style) = match &view.problem {
        Some((problem, times)) => {
            let times = if *times > 1 { format!(" ({times} times)") } else { String::new() };
            (format!("{}{times}; asking again", shown(problem)), paint(view, Color::Red))
        }
        None => (keys(view, critics_shown(view, area.height)), Style::new()),
    };
    let style = style.add_modifier(Modifier::REVERSED);
    buffer.set_style(Rect { y, height: 1, ..area }, style);
    buffer.set_stringn(area.x, y, text, area.width.into(), style);
}

fn keys(view: &View, shown: usize) -> String {
    let mut keys = format!("q quit  s sort: {}  p pause", view.order.as_str());
    let all = view.status.critics.len();
    if shown < all {
        let (first, last) = (view.first + 1, (view.first + shown).min(all));
        // Writing to a `String` cannot fail.
        let _ = write!(keys, "  ↑↓ critics {first} to {last} of {all}");
    }
    if view.paused {
        keys.push_str("  PAUSED");
    }
    keys
}

/// A colour, where there are any.
fn paint(view: &View, colour: Color) -> Style {
    if view.colours { Style::new().fg(colour) } else { Style::new() }
}

/// A colour where something is so, plain elsewhere.
fn paint_if(view: &View, holds: bool, colour: Color) -> Style {
    if holds { paint(view, colour) } else { Style::new() }
}

fn head(view: &View, area: Rect, buffer: &mut Buffer) {
    let status = &view.status;
    let runs = &status.runs;
    let mut lines: Vec<Vec<(String, Style)>> = Vec::new();
    let plain = |text: String| (text, Style::new());
    let bold = Style::new().add_modifier(Modifier::BOLD);

    let mut first = vec![(shown(&status.name), bold), plain(format!("pid {}", status.pid))];
    first.push(plain(format!("up {}", lasting(status.uptime_ms))));
    if let Some(plan) = &status.plan {
        let hash: String = plan.config_hash.chars().take(8).collect();
        first.push(plain(format!("config {}, generation {}", shown(&hash), plan.generation)));
    }
    if let Some(canary) = &status.canary {
        let (word, colour) =
            if canary.ready { ("ready", Color::Green) } else { ("NOT READY", Color::Red) };
        first.push((word.to_owned(), paint(view, colour).add_modifier(Modifier::BOLD)));
    }
    lines.push(first);

    let all = runs.allowed + runs.reviewed + runs.blocked;
    let refused = runs.overloaded + runs.shut_down;
    lines.push(vec![
        plain(format!("runs {all}")),
        (format!("allow {}", runs.allowed), paint(view, Color::Green)),
        (format!("review {}", runs.reviewed), paint(view, Color::Yellow)),
        (format!("block {}", runs.blocked), paint(view, Color::Red)),
        (format!("refused {refused}"), paint_if(view, refused > 0, Color::Red)),
        (
            format!("failed open {}", runs.failed_open),
            paint_if(view, runs.failed_open > 0, Color::Red),
        ),
    ]);

    let (per, blocked) = (runs.per_second, runs.blocked_per_second);
    let refused = runs.refused_per_second;
    lines.push(vec![
        plain(format!("last second {}", rate(per.last_second))),
        plain(format!("last minute {}", rate(per.last_minute))),
        plain(format!("blocked {}", rate(blocked.last_minute))),
        plain(format!("refused {}", rate(refused.last_minute))),
    ]);

    let took = &runs.took;
    let mut fourth = Vec::new();
    if let Some(room) = runs.room {
        fourth.push((format!("in flight {}", of(room)), full(view, room)));
        let oldest = room.oldest_wait_ms.filter(|_| room.waiting > 0);
        let oldest = oldest.map(|oldest| format!(", the oldest {}", millis(oldest)));
        let waiting = format!("waiting {}{}", room.waiting, oldest.unwrap_or_default());
        fourth.push((waiting, paint_if(view, room.waiting > 0, Color::Yellow)));
    }
    for (name, time) in [("p50", took.p50_ms), ("p95", took.p95_ms), ("p99", took.p99_ms)] {
        if let Some(time) = time {
            fourth.push(plain(format!("{name} {}", millis(time))));
        }
    }
    lines.push(fourth);
    lines.push(limits(view, status));

    let ys = area.y..area.bottom();
    for (y, line) in ys.zip(lines) {
        let (mut x, mut before) = (area.x, "");
        for (text, style) in line.iter().filter(|(text, _)| !text.is_empty()) {
            let room = |x: u16| usize::from(area.right().saturating_sub(x));
            (x, _) = buffer.set_stringn(x, y, before, room(x), Style::new());
            (x, _) = buffer.set_stringn(x, y, text, room(x), *style);
            before = " · ";
        }
    }
}

/// What is left of what all critics share, and what must not happen.
fn limits(view: &View, status: &Status) -> Vec<(String, Style)> {
    let mut line = Vec::new();
    if let Some(room) = status.calls {
        let waiting =
            if room.waiting > 0 { format!(", {} wait", room.waiting) } else { String::new() };
        line.push((format!("calls {}{waiting}", of(room)), full(view, room)));
    }
    if let Some(room) = status.blocking.filter(|room| room.in_use + room.waiting > 0) {
        line.push((format!("threads {}", of(room)), full(view, room)));
    }
    if let Some(left) = status.retries_left {
        line.push((format!("retries left {left}"), paint_if(view, left == 0, Color::Yellow)));
    }
    for shared in &status.shared_tokens {
        let text = format!("{} {} tokens", shown(&shared.name), shared.left);
        line.push((text, paint_if(view, shared.left == 0, Color::Yellow)));
    }
    if let Some(log) = status.log {
        let text = format!("log {}, lost {}", log.written, log.lost);
        line.push((text, paint_if(view, log.lost > 0, Color::Red)));
    }
    for (name, times) in
        [("hook failures", status.hook_failures), ("observer panics", status.observer_panics)]
    {
        if times > 0 {
            line.push((format!("{name} {times}"), paint(view, Color::Red)));
        }
    }
    line
}

/// So many of so many.
fn of(room: Room) -> String {
    format!("{} of {}", room.in_use, room.limit)
}

fn full(view: &View, room: Room) -> Style {
    paint_if(view, room.in_use >= room.limit, Color::Yellow)
}

/// In flight and waiting, of a limit; nothing where there is none.
fn calls(view: &View, room: Option<Room>) -> [(String, Style); 2] {
    let Some(room) = room else { return Default::default() };
    let waiting = if room.waiting == 0 { String::new() } else { count(room.waiting as u64) };
    [
        (format!("{}/{}", room.in_use, room.limit), full(view, room)),
        (waiting, paint_if(view, room.waiting > 0, Color::Yellow)),
    ]
}

fn stage_rows(view: &View) -> Vec<Row> {
    let row = |stage: &StageStatus| {
        let [in_flight, waiting] = calls(view, stage.calls);
        let plain = |text: String| (text, Style::new());
        let took = &stage.took;
        vec![
            plain(shown(&stage.stage)),
            in_flight,
            waiting,
            plain(count(took.count)),
            plain(perhaps(took.p50_ms)),
            plain(perhaps(took.p95_ms)),
            plain(perhaps(took.p99_ms)),
        ]
    };
    view.status.stages.iter().map(row).collect()
}

fn critic_rows(view: &View, most: usize) -> Vec<Row> {
    let first = view.first.min(view.status.critics.len().saturating_sub(most));
    view.critics()
        .into_iter()
        .skip(first)
        .take(most)
        .map(|critic| critic_row(view, critic))
        .collect()
}

fn critic_row(view: &View, critic: &CriticStatus) -> Row {
    let plain = |text: String| (text, Style::new());
    let some = |number: u64| plain(if number == 0 { String::new() } else { count(number) });
    let monitored = critic.mode == "monitor";
    let name = shown(&critic.critic);
    let name = if monitored { format!("{name} (monitor)") } else { name };
    let [in_flight, waiting] = calls(view, critic.calls);
    let failed = critic.outcomes.failed();
    let breaker = critic.breaker.as_ref().map_or("", |breaker| breaker.state.as_str());
    let colour = if breaker == "open" { Color::Red } else { Color::Yellow };
    let is_shut = !matches!(breaker, "" | "closed");
    let tokens = critic.tokens_left.map(count).unwrap_or_default();
    vec![
        (name, if monitored { Style::new().add_modifier(Modifier::DIM) } else { Style::new() }),
        plain(shown(&critic.stage)),
        in_flight,
        waiting,
        some(critic.outcomes.ran()),
        (some(failed).0, paint_if(view, failed > 0, Color::Red)),
        some(critic.outcomes.gated),
        some(critic.outcomes.skipped),
        some(critic.called_for_review),
        some(critic.called_for_block),
        plain(perhaps(critic.took.p50_ms)),
        plain(perhaps(critic.took.p95_ms)),
        plain(perhaps(critic.took.p99_ms)),
        (shown(breaker), paint_if(view, is_shut, colour)),
        (tokens, paint_if(view, critic.tokens_left == Some(0), Color::Yellow)),
        some(critic.retries),
        some(critic.cache_hits),
        plain(cost(critic.cost_spent)),
        plain(cost(critic.cost_saved)),
    ]
}

fn last_blocks(view: &View, area: Rect, buffer: &mut Buffer) {
    let dim = Style::new().add_modifier(Modifier::DIM);
    let blocks = &view.status.blocks;
    let heading = if blocks.is_empty() { "no blocks yet" } else { "last blocks" };
    if area.height == 0 {
        return;
    }
    buffer.set_stringn(area.x, area.y, heading, area.width.into(), dim);
    let ys = area.y.saturating_add(1)..area.bottom();
    for (y, block) in ys.zip(blocks) {
        let text = table::cut(&block_line(block), area.width);
        buffer.set_stringn(area.x, y, text, area.width.into(), Style::new());
    }
}

/// When, who and what for, and which run it was.
fn block_line(block: &Block) -> String {
    let causes: Vec<String> = block
        .causes
        .iter()
        .map(|cause| {
            let critic = cause.critic.as_deref().unwrap_or("nobody");
            match cause.code.as_deref().or(cause.failure.as_deref()) {
                Some(what) => format!("{} {}", shown(critic), shown(what)),
                None => shown(critic),
            }
        })
        .collect();
    let ids = [("trace", &block.trace_id), ("log", &block.decision)];
    let ids = ids
        .into_iter()
        .filter_map(|(name, id)| id.as_deref().map(|id| format!("  {name} {}", shown(id))));
    format!("{:>7} ago  {}{}", lasting(block.ago_ms), causes.join(", "), ids.collect::<String>())
}

#[cfg(test)]
mod tests;
