//! What an opinion is kept under: a digest of who was asked and of what it reads.
//!
//! Everything that is digested is framed: texts by their length, values by their kind, lists by their number.
//! So no two inputs run together to the same bytes, and what is missing differs from what is empty.

use blake3::Hasher;
use serde_json::{Map, Value};
use tribunal_core::{CriticInfo, Pointer, Snapshot};

/// A digest: of the text that was judged nothing is left in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// `None` for a critic that does not say what it reads, and for values nested too deep to be looked at.
    pub(crate) fn of(critic: &CriticInfo, snapshot: &Snapshot) -> Option<Self> {
        let parts = critic.reads.parts()?;
        let mut digest = Digest(Hasher::new());
        digest.text(critic.name.as_str());
        digest.0.update(&critic.origin.config.0);
        match critic.origin.build {
            None => digest.tag(0),
            Some(build) => {
                digest.tag(1);
                digest.number(build.number());
            }
        }
        digest.length(parts.len());
        for part in parts {
            digest.length(part.tokens().len());
            part.tokens().iter().for_each(|token| digest.text(token));
            digest.part(snapshot, part)?;
        }
        Some(Self(*digest.0.finalize().as_bytes()))
    }
}

/// Members that have a place of their own in a snapshot.
const OWN_PLACE: [&str; 5] = ["input_text", "model_response", "context", "trace_id", "phase"];

struct Digest(Hasher);

/// Nested too deep.
type TooDeep = Option<()>;

impl Digest {
    fn tag(&mut self, tag: u8) {
        self.0.update(&[tag]);
    }

    fn number(&mut self, number: u64) {
        self.0.update(&number.to_le_bytes());
    }

    fn length(&mut self, length: usize) {
        self.number(length as u64);
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.update(text.as_bytes());
    }

    fn part(&mut self, snapshot: &Snapshot, part: &Pointer) -> TooDeep {
        let Some((first, _)) = part.tokens().split_first() else {
            for member in OWN_PLACE {
                self.member(snapshot, &Pointer::of([member]))?;
            }
            return self.object(snapshot.attributes(), 0);
        };
        self.member(snapshot, part)?;
        // An attribute may have the name of a member; some ways of reading a snapshot lead to it.
        if OWN_PLACE.contains(&&**first) {
            match snapshot.attributes().get(&**first) {
                Some(namesake) => self.value(namesake, 0)?,
                None => self.tag(0),
            }
        }
        Some(())
    }

    /// What the pointer leads to; the long ones are not copied for that.
    fn member(&mut self, snapshot: &Snapshot, part: &Pointer) -> TooDeep {
        let tokens: [&str; 2] = match part.tokens() {
            [only] => [only, ""],
            _ => ["", ""],
        };
        match tokens {
            ["input_text", _] => self.string(snapshot.input_text()),
            ["model_response", _] => self.string(snapshot.model_response()),
            ["context", _] => return self.object(snapshot.context(), 0),
            _ => match snapshot.at(part) {
                None => self.tag(0),
                Some(value) => return self.value(&value, 0),
            },
        }
        Some(())
    }

    fn string(&mut self, text: &str) {
        self.tag(5);
        self.text(text);
    }

    fn value(&mut self, value: &Value, depth: usize) -> TooDeep {
        if depth > Pointer::MAX_PARTS {
            return None;
        }
        match value {
            Value::Null => self.tag(1),
            Value::Bool(false) => self.tag(2),
            Value::Bool(true) => self.tag(3),
            Value::Number(number) => {
                self.tag(4);
                self.text(&number.to_string());
            }
            Value::String(text) => self.string(text),
            Value::Array(items) => {
                self.tag(6);
                self.length(items.len());
                for item in items {
                    self.value(item, depth + 1)?;
                }
            }
            Value::Object(members) => return self.object(members, depth),
        }
        Some(())
    }

    fn object(&mut self, members: &Map<String, Value>, depth: usize) -> TooDeep {
        self.tag(7);
        self.length(members.len());
        for (name, member) in members {
            self.text(name);
            self.value(member, depth + 1)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;
