//! Which texts of a snapshot a critic reads.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use tribunal_core::{MayBeEmpty, ParamShape, Params, Pointer, Reads, Snapshot, Span};

/// The parameter `fields`: JSON pointers into the snapshot, `/input_text` and `/model_response` unless given.
///
/// A pointer to an object or a list stands for every text in it, and for the names of its members.
#[derive(Debug, Clone)]
pub(crate) struct Fields(Vec<Pointer>);

/// What the parameter means, for editors.
pub(crate) const LINE: (&str, &str) = (
    "fields",
    "Which texts are read: JSON pointers into the snapshot. One to an object or a list stands for every text in it. \
     `/input_text` and `/model_response` unless given.",
);

impl Default for Fields {
    fn default() -> Self {
        Self(vec![Pointer::input_text(), Pointer::model_response()])
    }
}

impl Fields {
    /// Those that are named; the default when none is, for a critic that reads nothing would approve all.
    pub(crate) fn of(pointers: impl IntoIterator<Item = Pointer>) -> Self {
        let pointers: Vec<Pointer> = pointers.into_iter().collect();
        if pointers.is_empty() { Self::default() } else { Self(pointers) }
    }

    pub(crate) fn read(params: &Params<'_>) -> Self {
        params.shape(LINE.0, || ParamShape::List(Box::new(ParamShape::Pointer), MayBeEmpty::No));
        match params.optional::<Vec<Pointer>>("fields") {
            None => Self::default(),
            Some(pointers) if pointers.is_empty() => {
                params.fault("fields", "must name at least one field, such as \"/input_text\"");
                Self::default()
            }
            Some(pointers) => Self(pointers),
        }
    }

    /// What a critic declares that reads these and nothing else.
    pub(crate) fn reads(&self) -> Reads {
        Reads::snapshot(self.0.iter().cloned())
    }

    /// Calls `visit` with every text and every name that is not empty, and with where it stands. It gives whether there
    /// was anything in it: a name in which there was nothing is not shown again, for lists of many objects repeat theirs.
    pub(crate) fn each<'a>(
        &self,
        snapshot: &'a Snapshot,
        mut visit: impl FnMut(&Place<'_>, &'a str) -> bool,
    ) {
        self.each_even_empty(snapshot, |at, text| !text.is_empty() && visit(at, text));
    }

    /// As [`Fields::each`], and with texts that are empty.
    pub(crate) fn each_even_empty<'a>(
        &self,
        snapshot: &'a Snapshot,
        mut visit: impl FnMut(&Place<'_>, &'a str) -> bool,
    ) {
        let mut harmless: HashSet<&'a str> = HashSet::new();
        for pointer in &self.0 {
            snapshot.each_text(pointer, &mut |field, text| {
                visit(&Place { field, name: None }, text);
            });
            snapshot.each_name(pointer, &mut |field, place, name| {
                let new = !name.is_empty() && !harmless.contains(name);
                if new && !visit(&Place { field, name: Some(place) }, name) {
                    harmless.insert(name);
                }
            });
        }
    }
}

/// Where a text stands, or which member has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place<'a> {
    pub(crate) field: &'a Pointer,
    name: Option<usize>,
}

/// The same, to be kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OwnPlace {
    field: Pointer,
    name: Option<usize>,
}

impl Place<'_> {
    pub(crate) const fn is_name(&self) -> bool {
        self.name.is_some()
    }

    /// What the text is called; nothing for a name.
    pub(crate) fn called(&self) -> &str {
        match self.name {
            None => self.field.tokens().last().map_or("", |name| &**name),
            Some(_) => "",
        }
    }

    pub(crate) fn own(&self) -> OwnPlace {
        OwnPlace { field: self.field.clone(), name: self.name }
    }

    /// A part of it.
    pub(crate) fn span(&self, bytes: Range<usize>, label: impl Into<Cow<'static, str>>) -> Span {
        self.own().span(bytes, label)
    }
}

impl OwnPlace {
    /// A part of it.
    pub(crate) fn span(self, bytes: Range<usize>, label: impl Into<Cow<'static, str>>) -> Span {
        match self.name {
            None => Span::new(self.field, bytes, label),
            Some(place) => Span::in_name(self.field, place, bytes, label),
        }
    }
}

#[cfg(test)]
mod tests;
