//! One value from outside of files: an environment variable, or a `--set`.
//!
//! A key is a path: `run.timeout`, `critic.pii.block_at`. In a variable the steps are upper case and two
//! underscores apart: `TRIBUNAL__RUN__TIMEOUT`. The value is TOML where it reads as TOML, and a text otherwise.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::Layers;
use super::tree::{critics, moved_value, text};
use crate::Code;
use crate::notes::Mistake;
use crate::read::short;

/// A step of a path, and where it is written.
type Step = (String, Range<usize>);

/// Longest of them, in bytes, name or key included.
const LONGEST: usize = 64 << 10;
/// Most steps of a path.
const DEEPEST: usize = 64;

/// The layer that a `--set` is, with its offsets from `base` on.
pub(crate) fn of_set(written: &str, base: usize) -> Result<DeTable<'_>, Mistake> {
    bounded(written, base)?;
    let (path, value) = split(written, base)?;
    layer(path, value_at(written, value, base), base..base + written.len())
}

/// The layer that an environment variable is: `NAME=value`, over what is below.
pub(crate) fn of_variable<'a>(
    written: &'a str,
    base: usize,
    below: &DeTable<'_>,
) -> Result<DeTable<'a>, Mistake> {
    bounded(written, base)?;
    let whole = base..base + written.len();
    let name = written.split('=').next().unwrap_or_default();
    let prefix = Layers::PREFIX.len();
    let mut steps: Vec<Step> = Vec::new();
    let mut at = prefix;
    for step in name.get(prefix..).unwrap_or_default().split("__") {
        steps.push((step.to_owned(), base + at..base + at + step.len()));
        at += step.len() + 2;
    }
    if steps.iter().any(|(step, _)| step.is_empty() || step.bytes().any(|b| b.is_ascii_lowercase()))
    {
        let message = "a variable names a key in upper case, its steps two underscores apart";
        let help = format!("as in `{}RUN__TIMEOUT`", Layers::PREFIX);
        return Err(Mistake::new(Code::InvalidSetting, whole, message).help(help));
    }
    if steps.len() > DEEPEST {
        let message = format!("has more than {DEEPEST} steps, and no key is that deep");
        return Err(Mistake::new(Code::InvalidSetting, whole, message));
    }
    let path = path_of(steps, below)?;
    layer(path, value_at(written, name.len() + 1, base), whole)
}

fn bounded(written: &str, base: usize) -> Result<(), Mistake> {
    if written.len() <= LONGEST {
        return Ok(());
    }
    let message = format!("is longer than {LONGEST} bytes: that belongs in a file");
    Err(Mistake::new(Code::TooLarge, base..base, message))
}

/// The path of a `--set`, and where its value starts.
fn split(written: &str, base: usize) -> Result<(Vec<Step>, usize), Mistake> {
    let wrong = || {
        let message = "expected `key=value`, the key with dots between its steps";
        let help = "as in `run.timeout=5s` or `critic.pii.block_at=0.9`; a step with other characters goes in quotes";
        Mistake::new(Code::InvalidSetting, base..base + written.len(), message).help(help)
    };
    let mut path: Vec<Step> = Vec::new();
    let mut at = 0;
    loop {
        let rest = written.get(at..).unwrap_or_default();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (step, length) = match quote {
            Some(quote) => {
                let inner = rest.get(1..).unwrap_or_default();
                let step = inner.split(quote).next().unwrap_or_default();
                let closed = inner.len() > step.len() && !step.contains(['\\', '\n']);
                (step, if closed { step.len() + 2 } else { 0 })
            }
            None => {
                let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
                let step = rest.split(|c| !bare(c)).next().unwrap_or_default();
                (step, step.len())
            }
        };
        if length == 0 {
            return Err(wrong());
        }
        path.push((step.to_owned(), base + at..base + at + length));
        at += length;
        match written.get(at..at + 1) {
            Some("=") => return Ok((path, at + 1)),
            Some(".") if path.len() < DEEPEST => at += 1,
            _ => return Err(wrong()),
        }
    }
}

/// The value that starts at an offset of what is written.
fn value_at(written: &str, at: usize, base: usize) -> Spanned<DeValue<'_>> {
    let rest = written.get(at..).unwrap_or_default();
    match DeValue::parse(rest) {
        Ok(value) => moved_value(value, base + at),
        Err(_) => {
            let span = base + at..base + written.len();
            Spanned::new(span, DeValue::String(Cow::Borrowed(rest)))
        }
    }
}

/// The value at the end of its path, as a layer. Critics are a list, in which the name is one more key.
fn layer<'a>(
    path: Vec<Step>,
    value: Spanned<DeValue<'a>>,
    whole: Range<usize>,
) -> Result<DeTable<'a>, Mistake> {
    let refused = |message: &str, help: &str| {
        Err(Mistake::new(Code::InvalidSetting, whole.clone(), message).help(help))
    };
    let first = path.first().map_or("", |(step, _)| step.as_str());
    if matches!(first, "include" | "profile") {
        let message = format!("`{first}` can only be set in a file");
        return refused(&message, "choose a profile with `--profile`");
    }
    if first != "critic" {
        return Ok(nested(path, value));
    }
    let mut path = path.into_iter();
    let (Some(list), Some((name, at)), Some(key)) = (path.next(), path.next(), path.next()) else {
        return refused("names no key of a critic", "as in `critic.pii.block_at=0.9`");
    };
    if key.0 == "name" {
        return refused("a critic cannot be given another name", "leave out `name`");
    }
    let mut critic = nested(std::iter::once(key).chain(path).collect(), value);
    let named = Spanned::new(at.clone(), DeValue::String(Cow::Owned(name)));
    critic.insert(text(&at, "name"), named);
    let mut critics = DeArray::new();
    critics.push(Spanned::new(at, DeValue::Table(critic)));
    let mut root = DeTable::new();
    root.insert(text(&list.1, list.0), Spanned::new(list.1, DeValue::Array(critics)));
    Ok(root)
}

fn nested<'a>(path: Vec<Step>, value: Spanned<DeValue<'a>>) -> DeTable<'a> {
    let mut steps = path.into_iter().rev();
    let mut table = DeTable::new();
    if let Some((step, at)) = steps.next() {
        table.insert(text(&at, step), value);
    }
    for (step, at) in steps {
        let inner = std::mem::replace(&mut table, DeTable::new());
        table.insert(text(&at, step), Spanned::new(at, DeValue::Table(inner)));
    }
    table
}

/// The path that the steps of a variable stand for. A key that is there already may have characters that a
/// variable cannot have, and a critic may have `__` in its name.
fn path_of(steps: Vec<Step>, below: &DeTable<'_>) -> Result<Vec<Step>, Mistake> {
    let mut steps = steps.into_iter().peekable();
    let mut path: Vec<Step> = Vec::new();
    let mut here = Some(below);
    while let Some((step, span)) = steps.next() {
        let key = match here {
            Some(table) => chosen(&step, table.keys().map(|key| &**key.get_ref()), &span)?,
            None => None,
        };
        let key = key.unwrap_or_else(|| step.to_ascii_lowercase());
        let critic = path.is_empty() && key == "critic";
        here = here.and_then(|table| table.get(key.as_str())?.get_ref().as_table());
        path.push((key, span));
        if !critic {
            continue;
        }
        let Some((mut name, mut span)) = steps.next() else { break };
        // The longest name that there is, as long as a key is left over.
        let mut taken = chosen(&name, critics(below).map(|(name, _)| name), &span)?;
        let rest: Vec<Step> = steps.by_ref().collect();
        let mut used = 0;
        let mut longer = name.clone();
        for (index, (step, _)) in rest.iter().enumerate().take(rest.len().saturating_sub(1)) {
            longer = format!("{longer}__{step}");
            if let Some(found) = chosen(&longer, critics(below).map(|(name, _)| name), &span)? {
                taken = Some(found);
                used = index + 1;
            }
        }
        if let Some((_, end)) = used.checked_sub(1).and_then(|last| rest.get(last)) {
            span.end = end.end;
        }
        name = taken.unwrap_or_else(|| name.to_ascii_lowercase());
        here = critics(below).find(|(other, _)| *other == name).map(|(_, table)| table);
        path.push((name, span));
        steps = rest.into_iter().skip(used).collect::<Vec<Step>>().into_iter().peekable();
    }
    Ok(path)
}

/// Which of the keys that there are a step means: the one in lower case, or else the one that differs in what a
/// variable cannot have.
fn chosen<'k>(
    step: &str,
    keys: impl Iterator<Item = &'k str>,
    span: &Range<usize>,
) -> Result<Option<String>, Mistake> {
    let folded = |key: &str| {
        key.chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
            .collect::<String>()
    };
    let lower = step.to_ascii_lowercase();
    let mut fits: Vec<&str> = keys.filter(|key| folded(key) == step).collect();
    fits.sort_unstable();
    fits.dedup();
    if fits.contains(&lower.as_str()) {
        return Ok(Some(lower));
    }
    match fits.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some((*one).to_owned())),
        [one, other, ..] => {
            let message = format!("may mean `{}` or `{}`", short(one), short(other));
            let help = "set it in a file, or with `--set`";
            Err(Mistake::new(Code::InvalidSetting, span.clone(), message).help(help))
        }
    }
}
