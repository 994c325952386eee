//! The forms in which models write the call of a tool.

use serde_json::{Map, Value};

/// What a call must look like, for messages.
pub(super) const FORM: &str =
    "not an object with a name and arguments, or with one function that has them";

/// A call, in whatever form.
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) arguments: Option<&'a Value>,
    /// Where the arguments stand in the call.
    pub(super) path: Vec<&'static str>,
}

impl<'a> Call<'a> {
    /// `None` when it is no call, or can be read in two ways.
    pub(super) fn of(value: &'a Value) -> Option<Self> {
        let call = value.as_object()?;
        match call.get("function") {
            Some(function) => {
                let twice =
                    ["name", "arguments", "input", "args"].iter().any(|n| call.contains_key(*n));
                let inner = function.as_object().filter(|_| !twice)?;
                Self::plain(inner, vec!["function"])
            }
            None => Self::plain(call, Vec::new()),
        }
    }

    fn plain(call: &'a Map<String, Value>, mut path: Vec<&'static str>) -> Option<Self> {
        let name = call.get("name")?.as_str()?;
        let mut given = ["arguments", "input", "args"]
            .into_iter()
            .filter_map(|key| Some((key, call.get(key)?)));
        let arguments = given.next();
        if given.next().is_some() {
            return None;
        }
        path.extend(arguments.map(|(key, _)| key));
        Some(Self { name, arguments: arguments.map(|(_, value)| value), path })
    }
}
