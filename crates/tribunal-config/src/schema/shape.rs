//! What definitions of keys are made of.

/// A table of the file.
pub(super) struct Section {
    /// What it is for, in a sentence.
    pub(super) about: &'static str,
    /// Where `docs/config.md` tells about it.
    pub(super) anchor: &'static str,
    pub(super) keys: &'static [Key],
    /// What some keys have to do with others.
    pub(super) rules: &'static [Rule],
}

/// One key of a table.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) absent: Absent,
    /// What it means, in a sentence.
    pub(super) about: &'static str,
}

/// What holds where a key is left out.
pub(super) enum Absent {
    /// It must be there.
    Required,
    /// The same as with this value, written as JSON.
    Is(&'static str),
    /// What no single value says: the rest of a sentence that starts with "Unless given:".
    Otherwise(&'static str),
    /// Nothing worth a word.
    Nothing,
}

/// What may stand at a key. What this cannot say, the reader still checks.
pub(super) enum Shape {
    Text,
    /// A text of this form: an anchored regular expression.
    Form(&'static str),
    Boolean,
    Duration,
    /// A whole number; both ends are included.
    Whole(u64, u64),
    /// A number; `None` where there is no end.
    Number(From, Option<f64>),
    /// One of these words, and a line for each or none at all.
    Word(&'static [&'static str], &'static [&'static str]),
    /// A severity above 0 and up to 1, or `"never"`.
    Threshold,
    List(&'static Shape, Items),
    Table(&'static Section),
    Tables(&'static Section),
    /// A table whose keys are names of this form.
    Named(&'static str, &'static Shape),
    /// A table with a table for each stage.
    Stages(&'static Section),
    /// A kind of the catalogue.
    Kind,
    /// What a kind of the catalogue is told.
    Params,
    /// A JSON Schema.
    JsonSchema,
    /// A text of one line and at most so many characters.
    Line(usize),
    /// What a promise says holds.
    Claim,
    /// Paths of files.
    Files,
    /// Tables by name, of whatever a file may have: they are checked when the config is loaded.
    Profiles,
}

/// Where a range of numbers begins.
#[derive(Clone, Copy)]
pub(super) enum From {
    At(f64),
    Above(f64),
}

/// What holds for the items of a list as a whole.
#[derive(Clone, Copy)]
pub(super) struct Items {
    /// There is at least one.
    pub(super) some: bool,
    /// None stands twice.
    pub(super) once: bool,
}

/// What a key has to do with another. Values are written as JSON.
pub(super) enum Rule {
    /// The first is there only with the second.
    Needs(&'static str, &'static str),
    /// The first is there only where the second has this value.
    OnlyWith(&'static str, &'static str, &'static str),
    /// Where the first has this value, the third is there.
    Asks(&'static str, &'static str, &'static str),
    /// One of the two is there, and not both.
    OneOf(&'static str, &'static str),
}

pub(super) const fn key(
    name: &'static str,
    shape: Shape,
    absent: Absent,
    about: &'static str,
) -> Key {
    Key { name, shape, absent, about }
}
