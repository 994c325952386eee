//! Whether an opinion may be seen: by a gate, by another critic, by the verdict.

use std::sync::Arc;

use serde_json::Value;
use tribunal_core::{
    Opinion, OpinionCheck, OpinionFault, Outcome, Pointer, Reason, Status, contain, seeded,
};

use crate::spec::{Strictness, Validation};

/// An opinion that may be seen, and what was let pass in it.
pub(crate) struct Valid {
    pub(crate) opinion: Opinion,
    pub(crate) let_pass: Vec<OpinionFault>,
}

impl Valid {
    /// Makes an outcome that is still missing a success, which lists the faults it was let pass with.
    pub(crate) fn fill(self, outcome: &mut Outcome) {
        outcome.status = Status::Success;
        outcome.opinion = Some(self.opinion);
        if !self.let_pass.is_empty() {
            outcome.reason = Some(Reason::Invalid(self.let_pass));
        }
    }
}

/// Checks ranges, required fields and the critic's own checks.
///
/// Numbers out of range are refused under lenient validation too: they must never become a verdict.
pub(crate) fn validate(rules: &Validation, opinion: Opinion) -> Result<Valid, Reason> {
    let faults = opinion.faults();
    if !faults.is_empty() && !seeded!(NotANumberAllowed) {
        return Err(opinion.refused(faults));
    }
    if rules.asks_for_nothing() {
        return Ok(Valid { opinion, let_pass: faults });
    }
    let missing = rules.required.iter().filter(|field| !is_there(&opinion, field));
    let mut faults: Vec<OpinionFault> =
        missing.map(|field| OpinionFault::Missing(field.to_string())).collect();
    for check in &rules.checks {
        faults.extend(run_check(check, &opinion));
    }
    match rules.strictness {
        Strictness::Strict if !faults.is_empty() => Err(opinion.refused(faults)),
        Strictness::Strict | Strictness::Lenient => Ok(Valid { opinion, let_pass: faults }),
    }
}

/// What is asked of opinions, as far as that can be told at a glance.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Plainly {
    value: bool,
    score: bool,
    cost: bool,
    violations: bool,
    details: bool,
    /// There is more to it.
    deeper: bool,
}

impl Plainly {
    pub(crate) fn of(rules: &Validation) -> Self {
        let mut plainly = Self { deeper: !rules.checks.is_empty(), ..Self::default() };
        for field in &rules.required {
            let place = match field.tokens() {
                [field] => match &**field {
                    "value" => &mut plainly.value,
                    "score" => &mut plainly.score,
                    "cost" => &mut plainly.cost,
                    "violations" => &mut plainly.violations,
                    "details" => &mut plainly.details,
                    _ => &mut plainly.deeper,
                },
                _ => &mut plainly.deeper,
            };
            *place = true;
        }
        plainly
    }

    /// Whether there is nothing to be said against an opinion. One of which that cannot be told may still be valid.
    #[inline(always)]
    pub(crate) fn is_met(self, opinion: &Opinion) -> bool {
        opinion.is_sound()
            && !(self.deeper
                || self.value && opinion.value.is_null()
                || self.score && opinion.score.is_none()
                || self.cost && opinion.cost.is_none()
                || self.violations && opinion.violations.is_empty()
                || self.details && opinion.details.is_none())
    }
}

fn run_check(check: &Arc<dyn OpinionCheck>, opinion: &Opinion) -> Vec<OpinionFault> {
    contain(|| check.faults(opinion))
        .unwrap_or_else(|_| vec![OpinionFault::Check("the check panicked".into())])
}

/// Whether the opinion has something other than null there.
fn is_there(opinion: &Opinion, field: &Pointer) -> bool {
    let Some((first, rest)) = field.tokens().split_first() else { return true };
    match (&**first, rest) {
        ("value", _) => leads_to_something(&opinion.value, rest),
        ("score", []) => opinion.score.is_some(),
        ("severity" | "uncertainty", []) => true,
        ("cost", []) => opinion.cost.is_some(),
        ("violations", []) => !opinion.violations.is_empty(),
        ("details", []) => opinion.details.is_some(),
        ("details", [name, deeper @ ..]) => {
            let details = opinion.details.as_deref();
            let value = details.and_then(|details| details.get(&**name));
            value.is_some_and(|value| leads_to_something(value, deeper))
        }
        _ => false,
    }
}

fn leads_to_something(value: &Value, path: &[Box<str>]) -> bool {
    let found = path.iter().try_fold(value, |value, token| match value {
        Value::Object(map) => map.get(&**token),
        Value::Array(items) => {
            // RFC 6901: an index has no leading zero and no sign.
            let plain = token.len() == 1 || !token.starts_with(['0', '+']);
            items.get(token.parse::<usize>().ok().filter(|_| plain)?)
        }
        _ => None,
    });
    found.is_some_and(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults(rules: &Validation, opinion: Opinion) -> Vec<OpinionFault> {
        match validate(rules, opinion) {
            Ok(valid) => valid.let_pass,
            Err(Reason::Invalid(faults)) => faults,
            Err(other) => panic!("{other}"),
        }
    }

    /// Rule 15: required fields.
    #[test]
    fn a_required_field_may_stand_anywhere_in_the_opinion() {
        let there = Opinion::clean()
            .value(json!({"label": "a", "none": null, "list": [1]}))
            .score(0.5)
            .detail("nested", json!({"deep": 1, "list": [{"x": 1}, null]}));
        for (field, is_missing) in [
            ("/value", false),
            ("/value/label", false),
            ("/value/none", true),
            ("/value/list/0", false),
            ("/value/list/1", true),
            ("/value/list/00", true),
            ("/value/list/+0", true),
            ("/value/label/0", true),
            ("/score", false),
            ("/cost", true),
            ("/violations", true),
            ("/details", false),
            ("/details/nested/deep", false),
            ("/details/nested/list/0/x", false),
            ("/details/nested/list/1", true),
            ("/details/nested/list/2", true),
            ("/details/other", true),
            ("/severity", false),
            ("/severity/0", true),
            ("/colour", true),
            ("", false),
        ] {
            let rules = Validation::new().require(field.parse().unwrap());
            assert_eq!(faults(&rules, there.clone()).len(), usize::from(is_missing), "{field}");
        }
    }

    #[test]
    fn a_required_field_that_has_something_in_it_is_there() {
        let violation = tribunal_core::Violation::new("x", "x", 0.5);
        let there = Opinion::objection(violation).cost(0.0).score(0.0);
        for field in ["/cost", "/violations", "/score", "/uncertainty"] {
            let rules = Validation::new().require(field.parse().unwrap());
            assert_eq!(faults(&rules, there.clone()), [], "{field}");
        }
    }

    /// The short way lets through only what the long way lets through with nothing to be said against it.
    #[test]
    fn what_is_plainly_valid_is_valid_without_a_fault() {
        let demands = || Validation::new().require("/score".parse().unwrap());
        let checked = |fits: bool| {
            let check = move |_: &Opinion| if fits { Ok(()) } else { Err(String::from("no")) };
            Validation::new().check(check)
        };
        let (bare, scored) = (Opinion::clean(), Opinion::clean().score(0.5));
        let wrong = Opinion::clean().score(2.0);
        for (rules, opinion, plain) in [
            (Validation::new(), &bare, true),
            (Validation::new(), &wrong, false),
            (demands(), &scored, true),
            (demands(), &bare, false),
            (demands(), &wrong, false),
            (demands().lenient(), &bare, false),
            // A check has to be asked, which is the long way.
            (checked(true), &scored, false),
            (checked(false), &scored, false),
        ] {
            assert_eq!(Plainly::of(&rules).is_met(opinion), plain, "{opinion:?}");
            let valid = validate(&rules, opinion.clone());
            assert!(!plain || valid.is_ok_and(|valid| valid.let_pass.is_empty()));
        }
    }

    /// Rule 15: for every field that can be asked for, and every opinion with and without it.
    #[test]
    fn at_a_glance_no_field_is_seen_that_is_not_there() {
        let violation = tribunal_core::Violation::new("x", "x", 0.5);
        let opinions = [
            Opinion::clean(),
            Opinion::clean().value(json!({"a": null})),
            Opinion::clean().score(0.0),
            Opinion::clean().cost(0.0),
            Opinion::objection(violation),
            Opinion::clean().detail("a", json!(1)),
        ];
        let fields = ["value", "score", "cost", "violations", "details"];
        for (asked, field) in fields.iter().enumerate() {
            let rules = Validation::new().require(format!("/{field}").parse().unwrap());
            for (there, opinion) in opinions.iter().enumerate() {
                assert_eq!(
                    Plainly::of(&rules).is_met(opinion),
                    there == asked + 1,
                    "{field} {there}"
                );
                assert_eq!(faults(&rules, opinion.clone()).is_empty(), there == asked + 1);
            }
        }
        for deeper in ["/value/a", "/details/a", "/severity", ""] {
            let rules = Validation::new().require(deeper.parse().unwrap());
            assert!(
                opinions.iter().all(|opinion| !Plainly::of(&rules).is_met(opinion)),
                "{deeper}"
            );
        }
    }

    /// Rule 15: lenient keeps the opinion, but never a number out of range.
    #[test]
    fn lenient_lets_faults_pass_but_no_number_out_of_range() {
        let rules = Validation::new().require("/score".parse().unwrap()).lenient();
        assert!(validate(&rules, Opinion::clean()).is_ok_and(|valid| valid.let_pass.len() == 1));
        assert!(validate(&rules, Opinion::clean().severity(f64::NAN)).is_err());
    }

    /// Rule 13: a check that panics is a fault, not a pass.
    #[test]
    fn a_check_that_panics_is_a_fault() {
        let rules = Validation::new().check(|_: &Opinion| -> Result<(), String> { panic!("no") });
        assert!(validate(&rules, Opinion::clean()).is_err());
    }

    /// Rule 15: who is faultless is let through, and only what was let pass is listed.
    #[test]
    fn a_success_lists_what_it_was_let_pass_with_and_nothing_else() {
        let demands = || Validation::new().require("/score".parse().unwrap());
        let outcome = |rules: &Validation, opinion| {
            let mut outcome = Outcome::missing();
            validate(rules, opinion).expect("valid").fill(&mut outcome);
            outcome
        };
        assert_eq!(outcome(&demands(), Opinion::clean().score(0.5)).reason, None);
        assert_eq!(outcome(&Validation::new(), Opinion::clean()).reason, None);
        let missing = OpinionFault::Missing("/score".into());
        let kept = outcome(&demands().lenient(), Opinion::clean());
        assert_eq!(kept.reason, Some(Reason::Invalid(vec![missing])));
    }
}
