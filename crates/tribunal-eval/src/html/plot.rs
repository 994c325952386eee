//! Curves and intervals as inline SVG. Colours come from the style sheet, by class.

use std::fmt::Write as _;

use super::escaped;
use crate::curve::{Curve, Point};
use crate::evaluation::NamedCurve;
use crate::interval::Interval;

/// The side of a plot, in pixels, and the room left of and below it for its numbers.
const SIDE: f64 = 240.0;
const LEFT: f64 = 44.0;
const TOP: f64 = 10.0;
const WIDTH: f64 = LEFT + SIDE + 12.0;
const HEIGHT: f64 = TOP + SIDE + 40.0;
/// Colours for lines; more lines than these begin again.
const COLOURS: usize = 6;

/// Two plots for each label, with all its curves in them.
pub(super) fn curves(curves: &[NamedCurve], page: &mut String) {
    let mut labels: Vec<&str> = curves.iter().map(|curve| curve.label.as_str()).collect();
    labels.dedup();
    for label in labels {
        let of_label: Vec<&NamedCurve> =
            curves.iter().filter(|curve| curve.label == label).collect();
        let name = escaped(label);
        let _ = writeln!(page, "<section class=\"curves\"><h3>{name}</h3>\n<div class=\"plots\">");
        let positive = of_label.first().map_or(0.0, |it| {
            let all = it.curve.positives + it.curve.negatives;
            it.curve.positives as f64 / all.max(1) as f64
        });
        let roc = Plot { title: format!("ROC of {name}"), x: "false-positive rate", y: "recall" };
        roc.draw(
            &of_label,
            |point| (point.fpr, point.recall),
            Some((0.0, 0.0)),
            [[0.0, 0.0], [1.0, 1.0]],
            page,
        );
        let pr =
            Plot { title: format!("precision and recall of {name}"), x: "recall", y: "precision" };
        let chance = [[0.0, positive], [1.0, positive]];
        pr.draw(&of_label, |point| (point.recall, point.precision), None, chance, page);
        page.push_str("</div>\n<ul class=\"legend\">\n");
        for (index, named) in of_label.iter().enumerate() {
            legend(index, named, page);
        }
        page.push_str("<li><svg class=\"key\" viewBox=\"0 0 24 10\" aria-hidden=\"true\"><line class=\"chance\" x1=\"0\" y1=\"5\" x2=\"24\" y2=\"5\"/></svg>chance</li>\n</ul></section>\n");
    }
}

fn legend(index: usize, named: &NamedCurve, page: &mut String) {
    let Curve { roc_auc, average_precision, best_f1: (point, best), .. } = &named.curve;
    let _ = writeln!(
        page,
        "<li><svg class=\"key\" viewBox=\"0 0 24 10\" aria-hidden=\"true\"><line class=\"line c{}\" x1=\"0\" y1=\"5\" x2=\"24\" y2=\"5\"/></svg>{}: area under ROC {roc_auc:.3}, average precision {average_precision:.3}, best F1 {best:.3} at {:.3}</li>",
        index % COLOURS,
        escaped(&named.by),
        point.threshold
    );
}

struct Plot {
    /// Escaped.
    title: String,
    x: &'static str,
    y: &'static str,
}

impl Plot {
    fn draw(
        &self,
        curves: &[&NamedCurve],
        at: impl Fn(&Point) -> (f64, f64),
        start: Option<(f64, f64)>,
        chance: [[f64; 2]; 2],
        page: &mut String,
    ) {
        let (title, bottom) = (&self.title, TOP + SIDE);
        let _ = writeln!(
            page,
            "<svg class=\"plot\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>"
        );
        for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
            let (x, y) = place(tick, tick);
            let _ = writeln!(
                page,
                "<line class=\"grid\" x1=\"{x}\" y1=\"{TOP}\" x2=\"{x}\" y2=\"{bottom}\"/><line class=\"grid\" x1=\"{LEFT}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\"/><text class=\"x\" x=\"{x}\" y=\"{}\">{tick}</text><text class=\"y\" x=\"{}\" y=\"{}\">{tick}</text>",
                LEFT + SIDE,
                bottom + 15.0,
                LEFT - 6.0,
                y + 4.0
            );
        }
        let (middle, low) = (LEFT + SIDE / 2.0, bottom + 33.0);
        let _ =
            writeln!(page, "<text class=\"x axis\" x=\"{middle}\" y=\"{low}\">{}</text>", self.x);
        let centre = TOP + SIDE / 2.0;
        let _ = writeln!(
            page,
            "<text class=\"x axis\" transform=\"translate(12 {centre}) rotate(-90)\">{}</text>",
            self.y
        );
        let [[x1, y1], [x2, y2]] = chance;
        let ((x1, y1), (x2, y2)) = (place(x1, y1), place(x2, y2));
        let _ = writeln!(
            page,
            "<line class=\"chance\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        );
        for (index, named) in curves.iter().enumerate() {
            let colour = index % COLOURS;
            // Precision at no recall is that of the first point.
            let first = named.curve.points.first().map(|point| (0.0, at(point).1));
            let start = start.or(first);
            let points = start.into_iter().chain(named.curve.points.iter().map(&at));
            let mut path = String::new();
            for (x, y) in points.map(|(x, y)| place(x, y)) {
                let _ = write!(path, "{x:.1},{y:.1} ");
            }
            let _ = writeln!(
                page,
                "<polyline class=\"line c{colour}\" points=\"{}\"/>",
                path.trim_end()
            );
            let (x, y) = at(&named.curve.best_f1.0);
            let (x, y) = place(x, y);
            let _ = writeln!(
                page,
                "<circle class=\"dot c{colour}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>"
            );
        }
        page.push_str("</svg>\n");
    }
}

/// From shares to pixels.
fn place(x: f64, y: f64) -> (f64, f64) {
    (LEFT + x * SIDE, TOP + (1.0 - y) * SIDE)
}

/// A share and its interval on a line from 0 to 1.
pub(super) fn bar(share: f64, [low, high]: Interval) -> String {
    let (x, from, to) = (2.0 + share * 80.0, 2.0 + low * 80.0, 2.0 + high * 80.0);
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 84 12\" aria-hidden=\"true\"><line class=\"grid\" x1=\"2\" y1=\"6\" x2=\"82\" y2=\"6\"/><line class=\"range\" x1=\"{from:.1}\" y1=\"6\" x2=\"{to:.1}\" y2=\"6\"/><circle class=\"dot c0\" cx=\"{x:.1}\" cy=\"6\" r=\"2.5\"/></svg>"
    )
}
