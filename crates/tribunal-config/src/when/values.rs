//! The values that an expression reads, and no others.

use std::collections::HashMap;
use std::sync::Arc;

use cel::objects::{Key, Map, Value as CelValue};
use serde_json::Value;
use tribunal_core::{Outcome, Snapshot, Status, View};

use super::needs::Needs;

/// Most items of a list, and members of an object.
pub(super) const MAX_ITEMS: usize = 1_000;
/// Longest text, in bytes.
pub(super) const MAX_TEXT: usize = 64 * 1024;
/// Most values of all kinds together.
const MAX_VALUES: usize = 10_000;
/// Deepest nesting.
const MAX_DEPTH: usize = 32;
/// Most codes of violations.
const MAX_CODES: usize = 64;

type Members = HashMap<Key, CelValue>;

/// The variables, by name.
///
/// # Errors
///
/// What is too large to be handed to an expression. Cutting it off would let what comes after it pass unseen.
pub(super) fn roots(
    needs: &Needs,
    view: View<'_>,
) -> Result<Vec<(&'static str, CelValue)>, String> {
    let mut budget = MAX_VALUES;
    let mut roots = Vec::with_capacity(2);
    if let Some(needs) = needs.get("snapshot") {
        roots.push(("snapshot", map(snapshot(needs, view.snapshot(), &mut budget)?)));
    }
    if let Some(needs) = needs.get("prior") {
        let mut critics = Members::new();
        for (name, needs) in &needs.members {
            let Some(outcome) = view.outcome(name) else {
                return Err(format!("there is no outcome of `{name}` to be seen"));
            };
            critics.insert(key(name), map(prior(needs, outcome, &mut budget)?));
        }
        roots.push(("prior", map(critics)));
    }
    Ok(roots)
}

fn snapshot(needs: &Needs, snapshot: &Snapshot, budget: &mut usize) -> Result<Members, String> {
    let mut members = Members::new();
    let texts = [
        ("input_text", snapshot.input_text()),
        ("model_response", snapshot.model_response()),
        ("phase", snapshot.phase().as_str()),
        ("trace_id", snapshot.trace_id().unwrap_or_default()),
    ];
    for (name, value) in texts {
        if needs.reads(name) {
            members.insert(key(name), text(value, name)?);
        }
    }
    for (name, object) in [("context", snapshot.context()), ("attributes", snapshot.attributes())] {
        if let Some(needs) = needs.get(name) {
            let mut path = Path { root: name, budget };
            members.insert(key(name), path.object(object, needs, 0)?);
        }
    }
    Ok(members)
}

fn prior(needs: &Needs, outcome: &Outcome, budget: &mut usize) -> Result<Members, String> {
    let opinion = outcome.opinion.as_ref();
    let violations = opinion.map_or(&[][..], |opinion| &opinion.violations);
    let mut members = Members::new();
    let mut add = |name: &str, value: &dyn Fn() -> CelValue| {
        if needs.reads(name) {
            members.insert(key(name), value());
        }
    };
    add("status", &|| outcome.status.as_str().into());
    add("success", &|| CelValue::Bool(outcome.status == Status::Success));
    add("violation", &|| CelValue::Bool(!violations.is_empty()));
    add("violations", &|| CelValue::Int(i64::try_from(violations.len()).unwrap_or(i64::MAX)));
    add("codes", &|| {
        let codes = violations.iter().take(MAX_CODES).map(|violation| (&*violation.code).into());
        CelValue::List(Arc::new(codes.collect()))
    });
    let severity = opinion.map_or(0.0, tribunal_core::Opinion::worst_severity);
    add("severity", &|| CelValue::Float(severity));
    add("score", &|| CelValue::Float(opinion.and_then(|o| o.score).unwrap_or_default()));
    add("uncertainty", &|| CelValue::Float(outcome.doubt()));
    if needs.reads("value") {
        let value = opinion.map_or(&Value::Null, |opinion| &opinion.value);
        let whole = Needs { whole: true, ..Needs::default() };
        let needs = needs.get("value").filter(|_| !needs.whole).unwrap_or(&whole);
        let value = Path { root: "value", budget }.value(value, needs, 0)?;
        members.insert(key("value"), value);
    }
    Ok(members)
}

fn key(name: &str) -> Key {
    Key::String(Arc::new(name.to_owned()))
}

fn map(members: Members) -> CelValue {
    CelValue::Map(Map { map: Arc::new(members) })
}

fn text(text: &str, root: &str) -> Result<CelValue, String> {
    if text.len() > MAX_TEXT {
        return Err(format!("a text in `{root}` is longer than {MAX_TEXT} bytes"));
    }
    Ok(text.into())
}

/// Takes JSON over, as far as it is read. Errors name the root alone: further names may be private.
struct Path<'b> {
    root: &'static str,
    budget: &'b mut usize,
}

impl Path<'_> {
    fn value(&mut self, value: &Value, needs: &Needs, depth: usize) -> Result<CelValue, String> {
        let root = self.root;
        *self.budget = self
            .budget
            .checked_sub(1)
            .ok_or_else(|| format!("more than {MAX_VALUES} values up to `{root}`"))?;
        if depth > MAX_DEPTH {
            return Err(format!("`{root}` nests deeper than {MAX_DEPTH} levels"));
        }
        Ok(match value {
            Value::Null => CelValue::Null,
            Value::Bool(on) => CelValue::Bool(*on),
            Value::Number(number) => number
                .as_i64()
                .map(CelValue::Int)
                .or_else(|| number.as_u64().map(CelValue::UInt))
                .or_else(|| number.as_f64().map(CelValue::Float))
                .unwrap_or(CelValue::Null),
            Value::String(string) => text(string, root)?,
            Value::Array(items) => {
                self.fits(items.len())?;
                let whole = Needs { whole: true, ..Needs::default() };
                let items = items.iter().map(|item| self.value(item, &whole, depth + 1));
                CelValue::List(Arc::new(items.collect::<Result<_, _>>()?))
            }
            Value::Object(object) => self.object(object, needs, depth)?,
        })
    }

    fn object(
        &mut self,
        object: &serde_json::Map<String, Value>,
        needs: &Needs,
        depth: usize,
    ) -> Result<CelValue, String> {
        let mut members = Members::new();
        if needs.whole {
            self.fits(object.len())?;
            let whole = Needs { whole: true, ..Needs::default() };
            for (name, value) in object {
                text(name, self.root)?;
                members.insert(key(name), self.value(value, &whole, depth + 1)?);
            }
        } else {
            for (name, needs) in &needs.members {
                if let Some(value) = object.get(name) {
                    members.insert(key(name), self.value(value, needs, depth + 1)?);
                }
            }
        }
        Ok(map(members))
    }

    fn fits(&self, items: usize) -> Result<(), String> {
        if items > MAX_ITEMS {
            return Err(format!("`{}` has a list or object of more than {MAX_ITEMS}", self.root));
        }
        Ok(())
    }
}
