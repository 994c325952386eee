//! Where a part of a value stands that is known by the path to it.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;
use tribunal_core::ParamStep;

use crate::notes::{Mistake, Notes};
use crate::{Code, literal, pattern};

/// What a path leads to, if it does.
pub(super) fn find<'v>(
    value: &'v Spanned<DeValue<'v>>,
    path: &[ParamStep],
) -> Option<&'v Spanned<DeValue<'v>>> {
    path.iter().try_fold(value, |here, step| match step {
        ParamStep::Key(key) => here.get_ref().as_table()?.get(key.as_str()),
        ParamStep::Index(index) => here.get_ref().as_array()?.get(*index),
    })
}

/// Where a path leads, or as far as it goes.
pub(crate) fn locate(value: &Spanned<DeValue<'_>>, path: &[ParamStep]) -> Range<usize> {
    let mut here = value;
    for step in path {
        match find(here, std::slice::from_ref(step)) {
            Some(next) => here = next,
            None => break,
        }
    }
    here.span()
}

/// Where the key stands that a path ends with.
pub(super) fn key_span(value: &Spanned<DeValue<'_>>, path: &[ParamStep]) -> Option<Range<usize>> {
    let (last, before) = path.split_last()?;
    let ParamStep::Key(key) = last else { return None };
    let (key, _) = find(value, before)?.get_ref().as_table()?.get_key_value(key.as_str())?;
    Some(key.span())
}

/// The steps of a JSON pointer. Whether a number is an index shows when it is followed.
pub(crate) fn steps(pointer: &str, value: &Spanned<DeValue<'_>>) -> Vec<ParamStep> {
    let mut here = Some(value.get_ref());
    let mut steps = Vec::new();
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let index = token.parse::<usize>().ok();
        let list = here.and_then(DeValue::as_array);
        let step = match (list, index) {
            (Some(_), Some(index)) => ParamStep::Index(index),
            _ => ParamStep::Key(token),
        };
        here = match &step {
            ParamStep::Key(key) => here.and_then(|v| v.as_table()?.get(key.as_str())),
            ParamStep::Index(index) => here.and_then(|v| v.as_array()?.get(*index)),
        }
        .map(Spanned::get_ref);
        steps.push(step);
    }
    steps
}

/// Where the pattern breaks that stands at the end of a path through a schema, if one does and it does.
pub(crate) fn in_pattern(
    value: &Spanned<DeValue<'_>>,
    path: &[ParamStep],
    name: &str,
    notes: &Notes,
) -> Option<Mistake> {
    let Some(ParamStep::Key(key)) = path.last() else { return None };
    let written = find(value, path).filter(|_| key == "pattern")?;
    let (problem, part) = pattern::fault(written.get_ref().as_str()?)?;
    let place = literal::place(&written.span(), notes.text(&written.span()), &part);
    Some(Mistake::new(Code::InvalidPattern, place, format!("`{name}` does not do: {problem}")))
}
