//! Placeholders for what is taken out, and the way back.

use std::collections::HashMap;

use tribunal_core::{CriticInfo, Cut, Pointer, RedactError, Report, Snapshot, Span, redact_with};

use crate::seal::Originals;
use crate::{Key, RestoreError, Sealed};

/// Replaces spans by placeholders such as `[EMAIL_1]`, and seals what they stand for.
///
/// The same text under the same label has the same placeholder throughout a snapshot, so that a model can tell
/// that two places speak of one person. A placeholder that already stands somewhere in the snapshot is not used.
#[derive(Debug, Clone)]
pub struct Redactor {
    key: Key,
}

/// A redacted snapshot, and what it takes to undo that.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Redacted {
    /// With placeholders.
    pub snapshot: Snapshot,
    /// What they stand for; [`restore`] opens it with the key.
    pub sealed: Sealed,
}

impl Redactor {
    /// Seals with this key, which the caller keeps.
    #[must_use]
    pub const fn new(key: Key) -> Self {
        Self { key }
    }

    /// Takes these spans out. Those that overlap go as one.
    ///
    /// # Errors
    ///
    /// [`RedactError`] when a span does not fit, or when the system has no random bytes for the seal.
    pub fn redact<'a>(
        &self,
        snapshot: &Snapshot,
        spans: impl IntoIterator<Item = &'a Span>,
    ) -> Result<Redacted, RedactError> {
        let mut names = Names::beside(snapshot);
        let redacted = redact_with(snapshot, spans, &mut |cut| Ok(names.name(cut)))?;
        let sealed = Sealed::seal(&names.originals, &self.key);
        let sealed = sealed.map_err(|error| RedactError::Replacement(error.to_string()))?;
        Ok(Redacted { snapshot: redacted, sealed })
    }

    /// Takes out what these critics point at.
    ///
    /// # Errors
    ///
    /// As [`Redactor::redact`], and as [`Report::lists_all`].
    pub fn redact_report(
        &self,
        report: &Report,
        snapshot: &Snapshot,
        wanted: impl Fn(&CriticInfo) -> bool,
    ) -> Result<Redacted, RedactError> {
        report.lists_all(&wanted)?;
        let spans = report.spans().filter(|(critic, ..)| wanted(critic));
        self.redact(snapshot, spans.map(|(_, _, span)| span))
    }
}

/// Writes what placeholders stand for in their place, in the redacted text or in one about it.
///
/// Brackets that are no placeholder of this map stay as they are, and what is put in is not looked at again.
///
/// # Errors
///
/// [`RestoreError::Seal`] when the map was sealed with another key, or was changed.
pub fn restore(text: &str, sealed: &Sealed, key: &Key) -> Result<String, RestoreError> {
    let originals = sealed.open(key)?;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let placeholder = from.find(']').and_then(|close| from.get(..=close));
        match placeholder.and_then(|it| Some((it, originals.get(it)?))) {
            Some((placeholder, original)) => {
                out.push_str(original);
                rest = from.get(placeholder.len()..).unwrap_or_default();
            }
            None => {
                out.push('[');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Gives out placeholders.
struct Names {
    /// All texts and names of the snapshot that hold a bracket: what looks like a placeholder there must stay what it is.
    texts: Vec<String>,
    originals: Originals,
    /// By label and original.
    given: HashMap<(String, String), String>,
    /// The last number of each label.
    last: HashMap<String, u64>,
}

impl Names {
    fn beside(snapshot: &Snapshot) -> Self {
        let mut texts = Vec::new();
        let mut note = |text: &str| {
            if text.contains('[') {
                texts.push(text.to_owned());
            }
        };
        snapshot.each_text(&Pointer::of([]), &mut |_, text| note(text));
        snapshot.each_name(&Pointer::of([]), &mut |_, _, name| note(name));
        Self { texts, originals: Originals::new(), given: HashMap::new(), last: HashMap::new() }
    }

    fn name(&mut self, cut: &Cut<'_>) -> String {
        let label = label(&cut.span.label);
        let entry = (label.clone(), cut.original.to_owned());
        if let Some(given) = self.given.get(&entry) {
            return given.clone();
        }
        let last = self.last.entry(label.clone()).or_default();
        let name = loop {
            *last += 1;
            let name = format!("[{label}_{last}]");
            if !self.texts.iter().any(|text| text.contains(&name)) {
                break name;
            }
        };
        self.originals.insert(name.clone(), cut.original.to_owned());
        self.given.insert(entry, name.clone());
        name
    }
}

/// A label as it stands in a placeholder: capitals, digits and underscores.
fn label(label: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let label: String = label.chars().take(40).map(plain).collect();
    if label.is_empty() { "REDACTED".to_owned() } else { label }
}
