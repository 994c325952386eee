//! What a line says of each label: `--label`, `--negative`, `--ordinary`.

use std::str::FromStr;

use tribunal_classifier::train::{Example, Truth};

use super::lines::Line;

/// `--label NAME[=A,B]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) name: String,
    /// The labels of the lines that it stands for.
    of: Vec<String>,
}

impl FromStr for Label {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, of) = text.split_once('=').unwrap_or((text, text));
        let of: Vec<String> = of.split(',').map(str::to_owned).collect();
        if name.is_empty() || of.iter().any(String::is_empty) {
            return Err("expected `NAME` or `NAME=A,B`".into());
        }
        Ok(Self { name: name.to_owned(), of })
    }
}

/// `--negative [LABEL:]NAME[=false]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Negative {
    /// All labels when none is named.
    label: Option<String>,
    name: String,
    value: bool,
}

impl FromStr for Negative {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (label, rest) = match text.split_once(':') {
            Some((label, rest)) => (Some(label.to_owned()), rest),
            None => (None, text),
        };
        let (name, value) = match rest.split_once('=') {
            None => (rest, true),
            Some((name, "true")) => (name, true),
            Some((name, "false")) => (name, false),
            Some(_) => return Err("expected `true` or `false` after the `=`".into()),
        };
        if name.is_empty() || label.as_ref().is_some_and(String::is_empty) {
            return Err("expected `NAME`, `NAME=false` or `LABEL:NAME`".into());
        }
        Ok(Self { label, name: name.to_owned(), value })
    }
}

/// Whether every `--negative` belongs to a label that is learnt.
pub(super) fn check(labels: &[Label], negatives: &[Negative]) -> Result<(), String> {
    let mut named = negatives.iter().filter_map(|negative| negative.label.as_ref());
    named.try_for_each(|label| known(labels, "--negative", label))
}

/// Whether a label that an option names is learnt.
pub(super) fn known(labels: &[Label], option: &str, label: &str) -> Result<(), String> {
    if labels.iter().any(|known| known.name == label) {
        return Ok(());
    }
    Err(format!("{option} is for `{}`, which no --label names", label.escape_debug()))
}

/// A line as an example; a sentence on what is wrong where it is none.
pub(super) fn example(
    line: Line,
    labels: &[Label],
    negatives: &[Negative],
    ordinary: bool,
) -> Result<Example, String> {
    let truth = labels.iter().map(|label| truth(&line, label, negatives, ordinary));
    let truth = truth.collect::<Result<Vec<Truth>, String>>()?;
    let Line { input_text: text, source, context, .. } = line;
    let group = context.group.unwrap_or_else(|| text.clone());
    Ok(Example { text, source, group, language: context.language, truth })
}

/// What the line says itself comes first, what is said of lines like it second.
fn truth(
    line: &Line,
    label: &Label,
    negatives: &[Negative],
    ordinary: bool,
) -> Result<Truth, String> {
    let mut known = false;
    for name in &label.of {
        match line.label(name)? {
            Some(true) => return Ok(Truth::Positive),
            Some(false) => known = true,
            None => {}
        }
    }
    if known {
        return Ok(Truth::Negative { named: false });
    }
    for negative in negatives {
        let mine = negative.label.as_ref().is_none_or(|name| *name == label.name);
        if mine && line.label(&negative.name)? == Some(negative.value) {
            return Ok(Truth::Negative { named: true });
        }
    }
    Ok(if ordinary { Truth::Negative { named: false } } else { Truth::Unknown })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truths(line: &str, labels: &[&str], negatives: &[&str], ordinary: bool) -> Vec<Truth> {
        let labels: Vec<Label> = labels.iter().map(|label| label.parse().unwrap()).collect();
        let negatives: Vec<Negative> = negatives.iter().map(|it| it.parse().unwrap()).collect();
        check(&labels, &negatives).unwrap();
        example(serde_json::from_str(line).unwrap(), &labels, &negatives, ordinary).unwrap().truth
    }

    const HARMLESS: Truth = Truth::Negative { named: false };
    const NAMED: Truth = Truth::Negative { named: true };

    #[test]
    fn a_label_that_is_absent_is_unknown() {
        let line = r#"{"input_text": "a", "labels": {"x": true}}"#;
        assert_eq!(truths(line, &["x", "y"], &[], false), [Truth::Positive, Truth::Unknown]);
        let line = r#"{"input_text": "a"}"#;
        assert_eq!(truths(line, &["x"], &[], false), [Truth::Unknown]);
    }

    #[test]
    fn one_of_several_is_enough_and_none_needs_one_that_is_known() {
        let of = |labels: &str| {
            let line = format!(r#"{{"input_text": "a", "labels": {labels}}}"#);
            truths(&line, &["bad=x,y"], &[], false)[0]
        };
        assert_eq!(of(r#"{"x": false, "y": true}"#), Truth::Positive);
        assert_eq!(of(r#"{"x": false}"#), HARMLESS);
        assert_eq!(of(r#"{"z": false}"#), Truth::Unknown);
    }

    #[test]
    fn a_negative_holds_where_the_line_itself_says_nothing() {
        let negatives = ["fine", "odd=false", "y:odd"];
        let of = |labels: &str| {
            let line = format!(r#"{{"input_text": "a", "labels": {labels}}}"#);
            truths(&line, &["x", "y"], &negatives, false)
        };
        assert_eq!(of(r#"{"fine": true}"#), [NAMED, NAMED]);
        assert_eq!(of(r#"{"fine": false}"#), [Truth::Unknown, Truth::Unknown]);
        assert_eq!(of(r#"{"fine": true, "x": true}"#), [Truth::Positive, NAMED]);
        assert_eq!(of(r#"{"odd": false}"#), [NAMED, NAMED]);
        assert_eq!(of(r#"{"odd": true}"#), [Truth::Unknown, NAMED]);
    }

    #[test]
    fn an_ordinary_text_has_no_label_that_it_says_nothing_of() {
        let line = r#"{"input_text": "a", "labels": {"x": true}}"#;
        assert_eq!(truths(line, &["x", "y"], &[], true), [Truth::Positive, HARMLESS]);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!("=x".parse::<Label>().is_err());
        assert!("x=a,".parse::<Label>().is_err());
        assert!("x=maybe".parse::<Negative>().is_err());
        assert!(":x".parse::<Negative>().is_err());
        let negative = "y:x".parse().unwrap();
        assert!(check(&["x".parse().unwrap()], &[negative]).unwrap_err().contains("`y`"));
    }
}
