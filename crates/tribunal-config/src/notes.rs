//! A place to put every mistake while reading goes on.

use std::cell::RefCell;
use std::ops::Range;

use crate::{Code, Level};

/// A mistake and its place in the text, in bytes.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) code: Code,
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    /// Stands at the place itself.
    pub(crate) label: Option<String>,
    pub(crate) help: Option<String>,
    pub(crate) others: Vec<(Range<usize>, String)>,
}

impl Mistake {
    pub(crate) fn new(code: Code, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { code, span, message: message.into(), label: None, help: None, others: Vec::new() }
    }

    /// Whether the configuration cannot be loaded with it.
    pub(crate) fn is_error(&self) -> bool {
        self.code.level() == Level::Error
    }

    pub(crate) fn label(mut self, text: impl Into<String>) -> Self {
        self.label = Some(text.into());
        self
    }

    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    pub(crate) fn maybe_help(mut self, text: Option<String>) -> Self {
        self.help = text.or(self.help);
        self
    }

    pub(crate) fn other(mut self, span: Range<usize>, text: impl Into<String>) -> Self {
        self.others.push((span, text.into()));
        self
    }
}

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Notes {
    text: String,
    list: RefCell<Vec<Mistake>>,
}

impl Notes {
    pub(crate) fn of(text: &str) -> Self {
        Self { text: text.to_owned(), list: RefCell::default() }
    }

    /// What stands at a place, as it is written.
    pub(crate) fn text(&self, span: &Range<usize>) -> &str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    pub(crate) fn add(&self, mistake: Mistake) {
        self.list.borrow_mut().push(mistake);
    }

    /// How many of them are errors.
    pub(crate) fn errors(&self) -> usize {
        self.list.borrow().iter().filter(|mistake| mistake.is_error()).count()
    }

    pub(crate) fn take(self) -> Vec<Mistake> {
        self.list.into_inner()
    }
}
