#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "here to fail a test")]

use tribunal_core::{Answer, FailureMode, Mode, Opinion, Stage, critic_fn};
use tribunal_production::{CriticSpec, Policy, ProductionOrchestrator, Rate, Retry};

use super::*;

fn outline(specs: impl IntoIterator<Item = CriticSpec>) -> Outline {
    let clean = || critic_fn(|_| Answer::now(Ok(Opinion::clean())));
    let builder = ProductionOrchestrator::builder();
    let builder = specs.into_iter().fold(builder, |court, spec| court.critic(spec, clean()));
    builder.build().unwrap().outline()
}

fn small() -> Outline {
    outline([
        CriticSpec::new("secrets").stage(Stage::FastCritics).failure_mode(FailureMode::Block),
        CriticSpec::new("words").stage(Stage::FastCritics).failure_mode(FailureMode::Allow),
        CriticSpec::new("tone").depends_on("secrets").mode(Mode::Monitor),
        CriticSpec::new("judge")
            .stage(Stage::DeepAnalysis)
            .policy(Policy::OnViolation)
            .retry(Retry::attempts(2))
            .max_in_flight(4)
            .cost(0.5),
    ])
}

/// Forty critics with everything that a gate can see.
fn forty() -> Outline {
    let policies = [Policy::Always, Policy::OnViolation, Policy::on_uncertainty()];
    let specs = (0..40).map(|at: usize| {
        let stage = Stage::ALL[[0, 1, 1, 2, 2, 3, 3, 4, 5, 1][at % 10]];
        let spec = CriticSpec::new(format!("critic-{at:02}-{}", "x".repeat(at)))
            .stage(stage)
            .priority(u8::try_from(at / 10 * 2 + 1).unwrap())
            .policy(policies[at % 3].clone())
            .rate(Rate::new(9, std::time::Duration::from_secs(1), 9).unwrap());
        match at {
            // The first of some stage before.
            12.. if at.is_multiple_of(4) => spec.depends_on(format!("critic-{:02}", 0)),
            23 => spec.depends_on("critic-01-x"),
            _ => spec,
        }
    });
    let specs: Vec<CriticSpec> = specs.collect();
    // The name of the first has no letters behind it.
    let first = CriticSpec::new("critic-00").stage(Stage::PreValidation);
    outline(specs.into_iter().skip(1).chain([first]))
}

#[test]
fn the_same_plan_gives_the_same_picture() {
    let drawn = picture(&small());
    assert_eq!(drawn, picture(&small()));
    // What matters of it, in order, without the places.
    let document = roxmltree::Document::parse(&drawn).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    let texts: Vec<&str> = texts.filter_map(|node| node.text()).collect();
    assert_eq!(
        texts,
        [
            "4 critics in 3 stages",
            "a run ends within 10s · at worst 8.05s · cost 1",
            "1 fast_critics",
            "at worst 2s",
            "2 core_analysis",
            "at worst 2s",
            "3 deep_analysis",
            "at worst 4.05s · cost 1",
            "sees 1–2",
            "secrets",
            "p5",
            "at worst 2s",
            "words",
            "p5",
            "at worst 2s",
            "fails open",
            "tone",
            "p5",
            "at worst 2s",
            "monitored",
            "on violation",
            "judge",
            "p5",
            "at worst 4.05s · 2 tries · cost 1",
            "4 at a time",
            "depends on",
            "its gate sees",
            "all outcomes of earlier stages",
            "monitored",
            "fails open",
        ]
    );
}

/// A condition that is described by this text.
struct Says(&'static str);

impl tribunal_core::Condition for Says {
    fn holds(&self, _: tribunal_core::View<'_>) -> Result<bool, tribunal_core::ConditionError> {
        Ok(true)
    }

    fn describe(&self) -> String {
        self.0.into()
    }
}

#[test]
fn it_is_xml_in_light_and_dark_whatever_the_names_and_expressions() {
    let odd = "prior.a.severity > 0.1 && snapshot.input_text == '</text><script>\"\u{0}\u{1b}\u{fffe}\u{202e}漢'";
    let specs = [
        CriticSpec::new("a").stage(Stage::FastCritics),
        CriticSpec::new("b")
            .policy(Policy::Conditional(std::sync::Arc::new(Says(odd))))
            .tag("<&>]]>"),
    ];
    for outline in [small(), forty(), outline(specs)] {
        let drawn = picture(&outline);
        let document = roxmltree::Document::parse(&drawn).unwrap_or_else(|error| panic!("{error}"));
        let root = document.root_element();
        assert!(root.has_tag_name(("http://www.w3.org/2000/svg", "svg")));
        assert!(!document.descendants().any(|node| node.has_tag_name("script")));
        assert!(drawn.contains("@media (prefers-color-scheme:dark)"));
    }
}

/// Whether a stretch of a line runs through a box, its edges apart.
fn crosses(from: (i32, i32), to: (i32, i32), of: &Box) -> bool {
    let (left, right) = (from.0.min(to.0), from.0.max(to.0));
    let (top, bottom) = (from.1.min(to.1), from.1.max(to.1));
    right > of.x && left < of.x + WIDTH && bottom > of.y && top < of.y + of.height
}

#[test]
fn no_line_runs_through_a_box_and_no_two_boxes_overlap() {
    for outline in [small(), forty()] {
        let layout = layout::of(&outline, TOP);
        assert!(!layout.wires.is_empty() && !layout.buses.is_empty());
        for (at, one) in layout.boxes.iter().enumerate() {
            assert!(one.x + WIDTH <= layout.width && one.y + one.height <= layout.bottom);
            for other in &layout.boxes[..at] {
                let apart = one.x != other.x
                    || one.y >= other.y + other.height
                    || other.y >= one.y + one.height;
                assert!(apart, "{} and {}", one.content.name, other.content.name);
            }
            for wire in &layout.wires {
                for ends in wire.points.windows(2) {
                    let name = &one.content.name;
                    assert!(!crosses(ends[0], ends[1], one), "{:?} through {name}", wire.points);
                }
            }
            for bus in &layout.buses {
                assert!(!crosses((bus.x, bus.top), (bus.x, bus.bottom), one));
                // Nor its mark.
                let mark = ((bus.x - ALL / 2, bus.top), (bus.x + ALL / 2, bus.top));
                assert!(!crosses(mark.0, mark.1, one));
            }
        }
    }
}

/// Lines of different critics may cross, and never lie upon each other.
#[test]
fn lines_of_different_critics_share_no_stretch() {
    let layout = layout::of(&forty(), TOP);
    type Stretch = (bool, i32, i32, i32, (i32, i32), (i32, i32));
    let mut stretches: Vec<Stretch> = Vec::new();
    for wire in &layout.wires {
        let (start, end) = (wire.points[0], wire.points[wire.points.len() - 1]);
        for ends in wire.points.windows(2) {
            let ((x, y), (u, v)) = (ends[0], ends[1]);
            let upright = x == u;
            let (at, from, to) =
                if upright { (x, y.min(v), y.max(v)) } else { (y, x.min(u), x.max(u)) };
            stretches.push((upright, at, from, to, start, end));
        }
    }
    for (index, one) in stretches.iter().enumerate() {
        for other in &stretches[..index] {
            let same_way = one.0 == other.0 && one.1 == other.1;
            let upon = same_way && one.2.max(other.2) < one.3.min(other.3);
            // From one source, or into one gate, is the same line.
            assert!(!upon || one.4 == other.4 || one.5 == other.5, "{one:?} {other:?}");
        }
    }
}

#[test]
fn every_text_fits_its_box() {
    let layout = layout::of(&forty(), TOP);
    for of in &layout.boxes {
        let content = &of.content;
        assert!(boxes::width(&content.name) <= 26, "{}", content.name);
        for line in content.lines.iter().chain(&content.gate) {
            assert!(boxes::width(line) <= boxes::LETTERS, "{line}");
        }
    }
    for column in &layout.columns {
        assert!(column.lines.iter().all(|line| boxes::width(line) <= boxes::LETTERS));
    }
}

#[test]
fn a_gate_is_told_in_a_few_words() {
    for (policy, words) in [
        ("always", None),
        ("on_violation", Some("on violation")),
        ("on_high_risk (high or 0.7)", Some("on risk high or 0.7")),
        ("on_uncertainty (0.2)", Some("on uncertainty from 0.2")),
        ("conditional (a > 1\n && b)", Some("when a > 1 && b")),
        ("conditional (a closure)", Some("when a closure")),
    ] {
        assert_eq!(gate::words(policy).as_deref(), words);
    }
}

#[test]
fn an_expression_is_shown_in_brief_and_told_in_full() {
    let spec = CriticSpec::new("b").policy(Policy::Conditional(std::sync::Arc::new(Says(
        "prior.a.severity > 0.4 || prior[\"c-d\"].violation && has(snapshot.context.tool)",
    ))));
    let names = ["a", "c-d"].map(|name| CriticSpec::new(name).stage(Stage::FastCritics));
    let outline = outline(names.into_iter().chain([spec]));
    let layout = layout::of(&outline, TOP);
    let content = &layout.boxes[2].content;
    assert_eq!(content.gate.as_deref(), Some("when a.severity > 0.4 || c-d.viola…"));
    assert!(content.told.contains("runs when prior.a.severity > 0.4 || prior[\"c-d\"].violation"));
    // Lines start at those two alone, not at all that the gate may see.
    assert_eq!(gate::feeds(&outline)[2].gate, [0, 1]);
    assert!(layout.buses.is_empty());
}

#[test]
fn lines_start_at_what_a_gate_looks_at() {
    let feeds = gate::feeds(&small());
    let secrets = gate::Feeds::default();
    let needs = gate::Feeds { needs: vec![0], ..gate::Feeds::default() };
    let all = gate::Feeds { all_before: true, ..gate::Feeds::default() };
    assert_eq!(feeds, [secrets, gate::Feeds::default(), needs, all]);
}
