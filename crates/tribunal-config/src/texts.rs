//! The texts that a configuration is made of, laid end to end, so that one offset says which text it is and where
//! in it.
//!
//! The main file is the first: its offsets are those of its own text.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::Source;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    /// One environment variable, as `NAME=value`.
    Variable,
    /// One `--set`.
    Set,
}

/// One of the texts.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// What it is called where mistakes are shown.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// From where to where in all of them.
    pub(crate) range: Range<usize>,
}

/// All of the texts.
#[derive(Clone)]
pub(crate) struct Texts {
    joined: Arc<str>,
    parts: Vec<Part>,
}

impl Texts {
    /// Lays texts end to end, with a line feed between two, which is part of neither. The first is the main file.
    pub(crate) fn of(texts: impl IntoIterator<Item = (Source, Kind)>) -> Self {
        let mut joined = String::new();
        let mut parts = Vec::new();
        for (Source { name, text }, kind) in texts {
            if !parts.is_empty() {
                joined.push('\n');
            }
            let start = joined.len();
            joined.push_str(&text);
            parts.push(Part { name, kind, range: start..joined.len() });
        }
        Self { joined: joined.into(), parts }
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// All of them as one text.
    pub(crate) fn joined(&self) -> Arc<str> {
        Arc::clone(&self.joined)
    }

    /// The text of one part.
    pub(crate) fn text(&self, part: &Part) -> &str {
        self.joined.get(part.range.clone()).unwrap_or_default()
    }

    /// Which part an offset is in, by its index. The end of a text is still its own.
    pub(crate) fn index(&self, offset: usize) -> usize {
        self.parts.partition_point(|part| part.range.start <= offset).saturating_sub(1)
    }

    pub(crate) fn part(&self, offset: usize) -> Option<&Part> {
        self.parts.get(self.index(offset))
    }

    /// The folder that relative paths start from which are written at an offset: that of the file it is in, or of
    /// the main file.
    pub(crate) fn folder(&self, offset: usize) -> &Path {
        let file = self.part(offset).filter(|part| part.kind == Kind::File);
        let name = file.or_else(|| self.parts.first()).map_or("", |part| &part.name);
        Path::new(name).parent().unwrap_or(Path::new(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_says_which_text_it_is_in() {
        let texts =
            ["ab", "", "c"].map(|text| (Source::new(format!("{text}/x"), text), Kind::File));
        let texts = Texts::of(texts);
        assert_eq!(&*texts.joined(), "ab\n\nc");
        let parts: Vec<usize> = (0..7).map(|offset| texts.index(offset)).collect();
        assert_eq!(parts, [0, 0, 0, 1, 2, 2, 2]);
        assert_eq!(texts.folder(4), Path::new("c"));
    }
}
