//! A plan as a picture: stages as columns, critics as boxes in plan order, lines for what leads to a gate.
//!
//! `svg/boxes.rs` says what stands in a box, `svg/gate.rs` where lines start, `svg/layout.rs` where everything goes; this
//! file writes it down. The same plan gives the same picture, in light and in dark.

mod boxes;
mod gate;
mod layout;

use std::fmt::Write as _;

use tribunal_production::Outline;

use self::boxes::Mark;
use self::layout::{ALL, Box, Bus, CHIP, Kind, LINE, Layout, NAME, PAD, WIDTH, Wire};

/// Where the columns begin, below the title.
const TOP: i32 = 66;
/// Height of the legend.
const LEGEND: i32 = 44;

/// Colours; all text is of one width, so that what fits here fits everywhere.
const STYLE: &str = "\
text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;font-size:10.5px;fill:#24292f}
.t{font-size:16px;font-weight:700}.n{font-size:12.5px;font-weight:700}.h{font-size:13px;font-weight:700}
.d{fill:#57606a}.g{font-size:10px;fill:#0a4b94}.w{font-size:9.5px;font-weight:700}
.bg{fill:#ffffff}.col{fill:#f3f5f7;stroke:#d8dee4}.box{fill:#ffffff;stroke:#8c959f}.chip{fill:#ddeeff;stroke:none}
.box.watch{stroke:#8250df;stroke-dasharray:5 3}.box.open{stroke:#cf4a00;stroke-width:2}
.pill.watch{fill:#8250df}.pill.open{fill:#cf4a00}.w{fill:#ffffff}
.gate{stroke:#1f6feb;fill:none;stroke-width:1.2}.need{stroke:#24292f;fill:none;stroke-width:1.8}
.bus{stroke:#1f6feb;stroke-width:3;fill:none}.all{fill:#1f6feb}.ag{fill:#1f6feb}.an{fill:#24292f}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.d{fill:#9da7b3}.g{fill:#a5d0ff}.bg{fill:#0d1117}.col{fill:#161b22;stroke:#30363d}
.box{fill:#0d1117;stroke:#6e7681}.chip{fill:#12304f}.box.watch{stroke:#b392f0}.box.open{stroke:#ff8a4c}
.pill.watch{fill:#b392f0}.pill.open{fill:#ff8a4c}.w{fill:#0d1117}
.gate,.bus{stroke:#58a6ff}.need{stroke:#e6edf3}.all,.ag{fill:#58a6ff}.an{fill:#e6edf3}}
";

/// The whole picture.
pub(crate) fn picture(outline: &Outline) -> String {
    let layout = layout::of(outline, TOP);
    let (title, figures) = boxes::title(outline);
    let letters = i32::try_from(boxes::width(&figures)).unwrap_or_default();
    let width = layout.width.max(48 + letters * 13 / 2).max(660);
    let height = layout.height + LEGEND;
    let mut svg = String::new();
    // Writing to a `String` cannot fail.
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n\
         <rect class=\"bg\" width=\"{width}\" height=\"{height}\"/>",
        safe(&format!("{title}: {figures}")),
    );
    text(&mut svg, "t", 24, 30, &title);
    text(&mut svg, "d", 24, 50, &figures);
    columns(&mut svg, &layout);
    for wire in &layout.wires {
        draw(&mut svg, wire);
    }
    for bus in &layout.buses {
        draw_bus(&mut svg, bus);
    }
    for of in &layout.boxes {
        draw_box(&mut svg, of);
    }
    legend(&mut svg, layout.bottom + 28);
    svg.push_str("</svg>\n");
    svg
}

fn text(svg: &mut String, class: &str, x: i32, y: i32, text: &str) {
    let _ = writeln!(svg, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", safe(text));
}

fn columns(svg: &mut String, layout: &Layout) {
    for column in &layout.columns {
        let (x, y) = (column.x - PAD, layout.top);
        let (width, height) = (WIDTH + 2 * PAD, layout.bottom - layout.top);
        let _ = writeln!(
            svg,
            "<rect class=\"col\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>"
        );
        text(svg, "h", column.x, y + 20, &column.name);
        for (at, line) in (0..).zip(&column.lines) {
            text(svg, "d", column.x, y + 36 + LINE * at, line);
        }
    }
}

fn draw_box(svg: &mut String, of: &Box) {
    let Box { x, y, height, content } = of;
    let class = content.marks.first().map_or("", |mark| mark.class());
    let _ = writeln!(
        svg,
        "<g><title>{}</title>\n<rect class=\"box {class}\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" \
         height=\"{height}\" rx=\"5\"/>",
        safe(&content.told)
    );
    let mut line = *y;
    if let Some(gate) = &content.gate {
        let _ = writeln!(
            svg,
            "<path class=\"chip\" d=\"M{} {}v-{}a4 4 0 0 1 4 -4h{}a4 4 0 0 1 4 4v{}z\"/>",
            x + 1,
            y + CHIP,
            CHIP - 5,
            WIDTH - 10,
            CHIP - 5
        );
        text(svg, "g", x + 9, line + 13, gate);
        line += CHIP;
    }
    text(svg, "n", x + 9, line + 16, &content.name);
    let priority = format!("p{}", content.priority);
    let letters = i32::try_from(priority.len()).unwrap_or_default();
    text(svg, "d", x + WIDTH - 9 - letters * 7, line + 16, &priority);
    line += NAME;
    for of_line in &content.lines {
        text(svg, "d", x + 9, line + 10, of_line);
        line += LINE;
    }
    let mut at = x + 9;
    for mark in &content.marks {
        at += pill(svg, *mark, at, line + 1) + 6;
    }
    svg.push_str("</g>\n");
}

/// Draws a mark and says how wide it is.
fn pill(svg: &mut String, mark: Mark, x: i32, y: i32) -> i32 {
    let word = mark.as_str();
    let width = i32::try_from(word.len()).unwrap_or_default() * 6 + 12;
    let class = mark.class();
    let _ = writeln!(
        svg,
        "<rect class=\"pill {class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"14\" rx=\"7\"/>"
    );
    text(svg, "w", x + 6, y + 10, word);
    width
}

const fn classes(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Gate => ("gate", "ag"),
        Kind::Need => ("need", "an"),
    }
}

/// A line with round corners and an arrow at its end.
fn draw(svg: &mut String, wire: &Wire) {
    let (class, arrow) = classes(wire.kind);
    let mut path = String::new();
    let points = &wire.points;
    for (at, &(x, y)) in points.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| points.get(before));
        let (Some(&before), Some(&after)) = (before, points.get(at + 1)) else {
            let _ = write!(path, "{}{x} {y}", if at == 0 { 'M' } else { 'L' });
            continue;
        };
        let (from, to) = (towards((x, y), before), towards((x, y), after));
        let _ = write!(path, "L{} {}Q{x} {y} {} {}", from.0, from.1, to.0, to.1);
    }
    let _ = writeln!(svg, "<path class=\"{class}\" d=\"{path}\"/>");
    if let Some(&(x, y)) = points.last() {
        let _ = writeln!(svg, "<path class=\"{arrow}\" d=\"M{x} {y}l-7 -3.5v7z\"/>");
    }
}

/// A point a little way from a corner.
fn towards(corner: (i32, i32), other: (i32, i32)) -> (i32, i32) {
    let step = |from: i32, to: i32| {
        from + (to - from).clamp(-4, 4) / if (to - from).abs() < 8 { 2 } else { 1 }
    };
    (step(corner.0, other.0), step(corner.1, other.1))
}

fn draw_bus(svg: &mut String, bus: &Bus) {
    let Bus { x, top, bottom, label } = bus;
    let letters = i32::try_from(boxes::width(label)).unwrap_or_default();
    let _ = writeln!(
        svg,
        "<path class=\"bus\" d=\"M{x} {top}V{bottom}\"/>\n\
         <rect class=\"all\" x=\"{}\" y=\"{}\" width=\"{ALL}\" height=\"16\" rx=\"8\"/>",
        x - ALL / 2,
        top - 12,
    );
    text(svg, "w", x - letters * 57 / 20, *top, label);
}

fn legend(svg: &mut String, y: i32) {
    let wire = |kind, x: i32| Wire { kind, points: vec![(x, y - 4), (x + 34, y - 4)] };
    draw(svg, &wire(Kind::Need, 24));
    text(svg, "d", 64, y, "depends on");
    draw(svg, &wire(Kind::Gate, 150));
    text(svg, "d", 190, y, "its gate sees");
    let _ = writeln!(svg, "<path class=\"bus\" d=\"M296 {}V{}\"/>", y - 12, y + 3);
    text(svg, "d", 304, y, "all outcomes of earlier stages");
    let watch = pill(svg, Mark::Monitored, 510, y - 11);
    pill(svg, Mark::FailsOpen, 516 + watch, y - 11);
}

/// Text that can stand in XML: what means something to it is escaped, and what it cannot hold is left out.
fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\n' => safe.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests;
