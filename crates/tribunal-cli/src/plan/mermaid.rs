//! A plan as a Mermaid flowchart: a box for each stage, arrows for dependencies, dashed ones for what gates see.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tribunal_core::Mode;
use tribunal_production::{CriticOutline, Outline};

use super::sees_outcomes;
use crate::safe::on_one_line;

/// The whole chart. The same plan gives the same text.
pub(crate) fn flowchart(outline: &Outline) -> String {
    let mut chart = String::from("flowchart TD\n");
    // Nodes are numbered: a name may be a word of Mermaid's own.
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    for (stage, of_stage) in outline.stages.iter().enumerate() {
        // Writing to a `String` cannot fail.
        let _ = writeln!(chart, "  subgraph s{stage}[\"{}\"]", of_stage.stage);
        for critic in &of_stage.critics {
            let id = ids.len();
            ids.insert(critic.name.as_str(), id);
            let _ = writeln!(chart, "    {}", node(id, critic));
        }
        let _ = writeln!(chart, "  end");
    }
    for stage in 1..outline.stages.len() {
        let _ = writeln!(chart, "  s{} ==> s{stage}", stage - 1);
    }
    let critics = || outline.stages.iter().flat_map(|stage| &stage.critics);
    for (id, critic) in critics().enumerate() {
        for name in &critic.depends_on {
            if let Some(from) = ids.get(name.as_str()) {
                let _ = writeln!(chart, "  c{from} --> c{id}");
            }
        }
        if sees_outcomes(critic) {
            for from in seen(outline, critic, &ids) {
                let _ = writeln!(chart, "  {from} -.-> c{id}");
            }
        }
    }
    chart
}

fn node(id: usize, critic: &CriticOutline) -> String {
    let mut label = critic.name.to_string();
    if critic.policy != "always" {
        label.push_str("<br/>");
        label.push_str(&safe(&on_one_line(&critic.policy)));
    }
    // What is only watched has rounded corners.
    match critic.mode {
        Mode::Enforce => format!("c{id}[\"{label}\"]"),
        Mode::Monitor => format!("c{id}(\"{label}<br/>monitor\")"),
    }
}

/// Where dashed arrows start: whole stages where all that counts of them is seen, else critics one by one.
fn seen(outline: &Outline, critic: &CriticOutline, ids: &BTreeMap<&str, usize>) -> Vec<String> {
    let is_seen = |other: &CriticOutline| critic.sees.contains(&other.name);
    let mut from = Vec::new();
    for (stage, of_stage) in outline.stages.iter().enumerate() {
        let mut counts = of_stage.critics.iter().filter(|other| other.mode == Mode::Enforce);
        let own = of_stage.critics.iter().any(|other| other.name == critic.name);
        if !own && counts.clone().count() > 1 && counts.all(is_seen) {
            from.push(format!("s{stage}"));
            continue;
        }
        for other in of_stage.critics.iter().filter(|other| is_seen(other)) {
            let known = critic.depends_on.contains(&other.name);
            let id = ids.get(other.name.as_str()).filter(|_| !known);
            from.extend(id.map(|id| format!("c{id}")));
        }
    }
    from
}

/// Text that can stand between quotes: what means something to Mermaid, or to a page, is written by number.
fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || " _-.,()=!:/'+*".contains(c) {
            safe.push(c);
        } else {
            let _ = write!(safe, "#{};", u32::from(c));
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use tribunal_core::{Answer, Opinion, Stage, critic_fn};
    use tribunal_production::{CriticSpec, Policy, ProductionOrchestrator};

    #[test]
    fn the_chart_shows_stages_dependencies_and_gates() {
        let court = [
            CriticSpec::new("end").stage(Stage::FastCritics),
            CriticSpec::new("secrets").stage(Stage::FastCritics).priority(6),
            CriticSpec::new("tone").depends_on("secrets").mode(Mode::Monitor),
            CriticSpec::new("judge").stage(Stage::DeepAnalysis).policy(Policy::OnViolation),
        ]
        .into_iter()
        .fold(ProductionOrchestrator::builder(), |court, spec| {
            court.critic(spec, critic_fn(|_| Answer::now(Ok(Opinion::clean()))))
        });
        let expected = r#"flowchart TD
  subgraph s0["fast_critics"]
    c0["end"]
    c1["secrets"]
  end
  subgraph s1["core_analysis"]
    c2("tone<br/>monitor")
  end
  subgraph s2["deep_analysis"]
    c3["judge<br/>on_violation"]
  end
  s0 ==> s1
  s1 ==> s2
  c1 --> c2
  s0 -.-> c3
"#;
        assert_eq!(flowchart(&court.build().unwrap().outline()), expected);
    }

    #[test]
    fn text_cannot_break_out_of_a_label() {
        let text = safe("a < \"b\"]; <script> #x \u{202e}`");
        assert_eq!(text, "a #60; #34;b#34;#93;#59; #60;script#62; #35;x #8238;#96;");
    }
}
