//! Draws a [`Plot`] as SVG: horizontal bars in groups, or lines.

use std::fmt::Write as _;

use crate::answer::{Kind, Plot, number};

const WIDTH: f64 = 860.0;
const LEFT: f64 = 250.0;
const RIGHT: f64 = 80.0;
const TOP: f64 = 74.0;
const COLOURS: [&str; 6] = ["#2f6fb0", "#e08a1e", "#3b9150", "#b0413e", "#7a5aa6", "#6b6b6b"];

/// The picture.
#[must_use]
pub fn svg(plot: &Plot) -> String {
    let mut body = String::new();
    let height = match plot.kind {
        Kind::Bars => bars(plot, &mut body),
        Kind::Lines => lines(plot, &mut body),
    };
    let title = escape(&plot.title) + if plot.log { " (logarithmic)" } else { "" };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" \
         height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">\n\
         <title>{title}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"16\" y=\"24\" font-size=\"15\" font-weight=\"bold\">{title}</text>\n{}{body}</svg>\n",
        legend(plot)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A mark of the axis: without places where it has none.
fn round(mark: f64) -> String {
    let text = number(mark);
    if mark.fract() == 0.0 { text.split('.').next().unwrap_or_default().into() } else { text }
}

fn colour(series: usize) -> &'static str {
    COLOURS.get(series % COLOURS.len()).copied().unwrap_or("#000")
}

fn legend(plot: &Plot) -> String {
    let mut text = String::new();
    if plot.series.len() < 2 {
        return text;
    }
    let mut x = 16.0;
    for (index, (name, _)) in plot.series.iter().enumerate() {
        let _ = writeln!(
            text,
            "<rect x=\"{x:.0}\" y=\"40\" width=\"12\" height=\"12\" fill=\"{}\"/>\
             <text x=\"{:.0}\" y=\"50\">{}</text>",
            colour(index),
            x + 17.0,
            escape(name)
        );
        x += 40.0 + 6.6 * name.chars().count() as f64;
    }
    text
}

/// From values to the axis, and where its marks are.
struct Scale {
    log: bool,
    from: f64,
    to: f64,
    start: f64,
    length: f64,
}

impl Scale {
    fn new(plot: &Plot, start: f64, length: f64) -> Self {
        let values =
            || plot.series.iter().flat_map(|(_, values)| values).filter(|value| **value > 0.0);
        let most = values().copied().fold(f64::MIN_POSITIVE, f64::max);
        let least = values().copied().fold(most, f64::min);
        let (from, to) = match plot.log {
            true => (10_f64.powf((least.log10() - 0.15).floor()), 10_f64.powf(most.log10() + 0.05)),
            false => (0.0, most * 1.05),
        };
        Self { log: plot.log, from, to, start, length }
    }

    fn at(&self, value: f64) -> f64 {
        let share = match self.log {
            true => (value.max(self.from) / self.from).ln() / (self.to / self.from).ln(),
            false => value / self.to,
        };
        self.start + self.length * share
    }

    fn marks(&self) -> Vec<f64> {
        if self.log {
            let first = self.from.log10().round() as i32;
            let last = self.to.log10().floor() as i32;
            return (first..=last).map(|power| 10_f64.powi(power)).collect();
        }
        let rough = self.to / 5.0;
        let unit = 10_f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0];
        let step = steps.iter().map(|step| step * unit).find(|step| *step >= rough);
        let step = step.unwrap_or(unit * 10.0);
        (0..).map(|index| f64::from(index) * step).take_while(|mark| *mark <= self.to).collect()
    }
}

fn bars(plot: &Plot, body: &mut String) -> f64 {
    let (bar, gap) = (13.0, 9.0);
    let scale = Scale::new(plot, LEFT, WIDTH - LEFT - RIGHT);
    let group = |place: usize| {
        let drawn =
            |(_, values): &&(String, Vec<f64>)| values.get(place).is_some_and(|value| *value > 0.0);
        plot.series.iter().filter(drawn).count().max(1) as f64 * bar
    };
    let bottom = TOP + (0..plot.places.len()).map(|place| group(place) + gap).sum::<f64>();
    for mark in scale.marks() {
        let x = scale.at(mark);
        let _ = writeln!(
            body,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#666\">{}</text>",
            bottom + 16.0,
            round(mark)
        );
    }
    let mut y = TOP;
    for (place, name) in plot.places.iter().enumerate() {
        let _ = writeln!(
            body,
            "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            y + group(place) / 2.0 + 4.0,
            escape(name)
        );
        let mut at = y;
        for (series, (_, values)) in plot.series.iter().enumerate() {
            let Some(value) = values.get(place).filter(|value| **value > 0.0) else { continue };
            let width = (scale.at(*value) - LEFT).max(1.0);
            let _ = writeln!(
                body,
                "<rect x=\"{LEFT}\" y=\"{at:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"11\">{}</text>",
                bar - 2.0,
                colour(series),
                LEFT + width + 4.0,
                at + bar - 3.5,
                number(*value)
            );
            at += bar;
        }
        y += group(place) + gap;
    }
    bottom + 30.0
}

fn lines(plot: &Plot, body: &mut String) -> f64 {
    let (left, bottom, height) = (90.0, 380.0, 306.0);
    let scale = Scale::new(plot, 0.0, height);
    let up = |value: f64| bottom - scale.at(value);
    let right = WIDTH - RIGHT;
    for mark in scale.marks() {
        let y = up(mark);
        let _ = writeln!(
            body,
            "<line x1=\"{left}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#666\">{}</text>",
            left - 8.0,
            y + 4.0,
            round(mark)
        );
    }
    let steps = plot.places.len().saturating_sub(1).max(1) as f64;
    let across = |place: usize| left + 30.0 + (right - left - 60.0) * place as f64 / steps;
    for (place, name) in plot.places.iter().enumerate() {
        let _ = writeln!(
            body,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#666\">{}</text>",
            across(place),
            bottom + 20.0,
            escape(name)
        );
    }
    for (series, (_, values)) in plot.series.iter().enumerate() {
        let points = values.iter().enumerate().filter(|(_, value)| **value > 0.0);
        let points: Vec<(f64, f64)> = points.map(|(at, value)| (across(at), up(*value))).collect();
        let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let stroke = colour(series);
        let _ = writeln!(
            body,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"2\"/>",
            path.join(" ")
        );
        for (x, y) in points {
            let _ =
                writeln!(body, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{stroke}\"/>");
        }
    }
    bottom + 36.0
}
