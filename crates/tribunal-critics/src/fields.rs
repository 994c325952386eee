//! Which texts of a snapshot a critic reads.

use tribunal_core::{MayBeEmpty, ParamShape, Params, Pointer, Reads, Snapshot};

/// The parameter `fields`: JSON pointers into the snapshot, `/input_text` and `/model_response` unless given.
///
/// A pointer to an object or a list stands for every text in it. The names of its members are not among them: what is
/// found has a place in a text, and a name has none.
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

    /// Calls `visit` with every text that is not empty, and with where it stands.
    pub(crate) fn each<'a>(
        &self,
        snapshot: &'a Snapshot,
        mut visit: impl FnMut(&Pointer, &'a str),
    ) {
        self.each_even_empty(snapshot, |at, text| {
            if !text.is_empty() {
                visit(at, text);
            }
        });
    }

    /// As [`Fields::each`], and with those that are empty.
    pub(crate) fn each_even_empty<'a>(
        &self,
        snapshot: &'a Snapshot,
        mut visit: impl FnMut(&Pointer, &'a str),
    ) {
        for pointer in &self.0 {
            snapshot.each_text(pointer, &mut visit);
        }
    }
}
