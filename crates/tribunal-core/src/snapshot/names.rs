//! Names of members: whoever reads a JSON text reads them as well as the texts, so they are visited and redacted too.
//!
//! A name is told by the object it stands in and its place there, and not by itself: what is found in a name would
//! otherwise stand in the report in full.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Parts, Snapshot, descend, descend_mut};
use crate::Pointer;

/// New names for members of an object, by their places.
pub(crate) type Renamed = BTreeMap<usize, String>;

/// Members of a snapshot that have a meaning of their own: nothing else may take their names.
const RESERVED: [&str; 5] = ["trace_id", "input_text", "model_response", "context", "phase"];

impl Snapshot {
    /// Calls `visit` with every name of a member in an object at or below the pointer, with the pointer to the
    /// object, and with the place of the member in it, counted from 0. The names of attributes are those of the whole.
    ///
    /// No text is copied, and what lies deeper than [`Pointer::MAX_PARTS`] is left out.
    pub fn each_name<'a>(
        &'a self,
        pointer: &Pointer,
        visit: &mut dyn FnMut(&Pointer, usize, &'a str),
    ) {
        let Some((first, rest)) = pointer.tokens().split_first() else {
            each_name_in(&self.0.context, &Pointer::of(["context"]), visit);
            each_name_in(&self.0.attributes, pointer, visit);
            return;
        };
        let found = match (&**first, rest) {
            ("context", []) => return each_name_in(&self.0.context, pointer, visit),
            ("context", [name, rest @ ..]) => {
                self.0.context.get(&**name).and_then(|value| descend(value, rest))
            }
            (name, rest) => self.0.attributes.get(name).and_then(|value| descend(value, rest)),
        };
        found.into_iter().for_each(|value| each_name_of(value, pointer, visit));
    }

    /// The name of the member with this place in an object; `None` where there is none.
    pub(crate) fn name_at(&self, object: &Pointer, place: usize) -> Option<&str> {
        let members = match object.tokens() {
            [] => &self.0.attributes,
            [context] if &**context == "context" => &self.0.context,
            [context, name, rest @ ..] if &**context == "context" => {
                descend(self.0.context.get(&**name)?, rest)?.as_object()?
            }
            [name, rest @ ..] => descend(self.0.attributes.get(&**name)?, rest)?.as_object()?,
        };
        members.keys().nth(place).map(String::as_str)
    }
}

fn each_name_of<'a>(
    value: &'a Value,
    at: &Pointer,
    visit: &mut dyn FnMut(&Pointer, usize, &'a str),
) {
    match value {
        Value::Object(members) => each_name_in(members, at, visit),
        Value::Array(items) if at.tokens().len() < Pointer::MAX_PARTS => {
            for (index, item) in items.iter().enumerate().filter(|(_, item)| nests(item)) {
                each_name_of(item, &at.join(&index.to_string()), visit);
            }
        }
        _ => {}
    }
}

fn each_name_in<'a>(
    members: &'a Map<String, Value>,
    at: &Pointer,
    visit: &mut dyn FnMut(&Pointer, usize, &'a str),
) {
    for (place, name) in members.keys().enumerate() {
        visit(at, place, name);
    }
    if at.tokens().len() < Pointer::MAX_PARTS {
        for (name, member) in members.iter().filter(|(_, member)| nests(member)) {
            each_name_of(member, &at.join(name), visit);
        }
    }
}

const fn nests(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}

impl Parts {
    /// Gives members other names. No member is lost: a name that is taken gets a number.
    pub(super) fn rename(&mut self, names: &BTreeMap<Pointer, Renamed>) {
        let mut deepest_first: Vec<_> = names.iter().collect();
        // The other way round, a pointer would lead through a name that is no longer there.
        deepest_first.sort_by_key(|(object, _)| std::cmp::Reverse(object.tokens().len()));
        for (object, names) in deepest_first {
            let found = match object.tokens() {
                [] => Some(&mut self.attributes),
                [context] if &**context == "context" => Some(&mut self.context),
                [context, name, rest @ ..] if &**context == "context" => {
                    self.context.get_mut(&**name).and_then(|value| object_in(value, rest))
                }
                [name, rest @ ..] => {
                    self.attributes.get_mut(&**name).and_then(|value| object_in(value, rest))
                }
            };
            let reserved: &[&str] = if object.tokens().is_empty() { &RESERVED } else { &[] };
            found.into_iter().for_each(|members| rename(members, names, reserved));
        }
    }
}

fn object_in<'a>(value: &'a mut Value, path: &[Box<str>]) -> Option<&'a mut Map<String, Value>> {
    descend_mut(value, path)?.as_object_mut()
}

fn rename(members: &mut Map<String, Value>, names: &Renamed, reserved: &[&str]) {
    let kept = members.keys().enumerate().filter(|(place, _)| !names.contains_key(place));
    let mut taken: BTreeSet<String> = kept.map(|(_, name)| name.clone()).collect();
    taken.extend(reserved.iter().map(|name| (*name).to_owned()));
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let old = std::mem::take(members);
    for (place, (name, member)) in old.into_iter().enumerate() {
        let Some(wanted) = names.get(&place) else {
            members.insert(name, member);
            continue;
        };
        let mut free = wanted.clone();
        while !taken.insert(free.clone()) {
            let number = numbers.entry(wanted).or_insert(1);
            *number += 1;
            free = format!("{wanted}#{number}");
        }
        members.insert(free, member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn example() -> Snapshot {
        let context = json!({"b": [{"deep": {"x": 1}}, 2], "a": {}, "": "text"});
        Snapshot::builder()
            .context(context.as_object().unwrap().clone())
            .attribute("id", json!({"of": null}))
            .attribute("tag", 1)
            .build()
    }

    fn names(at: &str) -> Vec<String> {
        let mut names = Vec::new();
        example().each_name(&at.parse().unwrap(), &mut |object, place, name| {
            assert_eq!(example().name_at(object, place), Some(name));
            names.push(format!("{object} {place} {name}"));
        });
        names
    }

    #[test]
    fn each_name_is_visited_with_its_object_and_its_place() {
        let context = [
            "/context 0 ",
            "/context 1 a",
            "/context 2 b",
            "/context/b/0 0 deep",
            "/context/b/0/deep 0 x",
        ];
        assert_eq!(names("/context"), context);
        assert_eq!(names("/context/b"), context[3..]);
        assert_eq!(names("/context/b/0/deep"), context[4..]);
        assert_eq!(names("/id"), ["/id 0 of"]);
        assert_eq!(names(""), [&context[..], &[" 0 id", " 1 tag", "/id 0 of"]].concat());
        for nothing in ["/context/a", "/context/", "/tag", "/input_text", "/no", "/context/no"] {
            assert!(names(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn where_there_is_no_member_there_is_no_name() {
        let at = |object: &str, place| {
            example().name_at(&object.parse().unwrap(), place).map(str::to_owned)
        };
        assert_eq!(at("/context/b/0", 0).as_deref(), Some("deep"));
        for (object, place) in [("/context", 3), ("/context/b", 0), ("/no", 0), ("/tag", 0)] {
            assert_eq!(at(object, place), None, "{object} {place}");
        }
    }

    #[test]
    fn names_change_from_the_inside_out_and_no_member_is_lost() {
        let context = json!({"x": {"x": {"x": 1, "y": 2, "z": 3}, "new": 4}, "y": 5});
        let snapshot = Snapshot::builder().context(context.as_object().unwrap().clone()).build();
        let new = |places: &[usize]| -> Renamed {
            places.iter().map(|place| (*place, "new".to_owned())).collect()
        };
        let renamed = BTreeMap::from([
            ("/context".parse().unwrap(), new(&[0])),
            ("/context/x".parse().unwrap(), new(&[1])),
            ("/context/x/x".parse().unwrap(), new(&[0, 1, 2])),
        ]);
        let renamed = snapshot.with_texts(&BTreeMap::new(), &renamed);
        let expected = json!(
            {"new": {"new#2": {"new": 1, "new#2": 2, "new#3": 3}, "new": 4}, "y": 5}
        );
        assert_eq!(Value::Object(renamed.context().clone()), expected);
    }

    #[test]
    fn an_attribute_does_not_get_the_name_of_a_part_of_the_snapshot() {
        let renamed: Renamed = [(0, "input_text".to_owned()), (1, "id".to_owned())].into();
        let renamed = example().with_texts(&BTreeMap::new(), &[(Pointer::of([]), renamed)].into());
        let names: Vec<&String> = renamed.attributes().keys().collect();
        assert_eq!(names, ["id", "input_text#2"]);
    }
}
