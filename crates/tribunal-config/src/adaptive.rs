//! `adaptive`: a limit that moves below its ceiling, of a critic's calls or of runs.

use tribunal_production::Adaptation;

use crate::Code;
use crate::read::Item;

const METHODS: [&str; 2] = ["aimd", "gradient"];

/// The limit that is the ceiling: its key, where it stands, and its value or default.
pub(crate) struct Ceiling<'i, 'a> {
    pub(crate) key: &'static str,
    pub(crate) item: Option<&'i Item<'a>>,
    pub(crate) value: Option<usize>,
}

/// How low the limit may get, and by what it moves.
pub(crate) fn adaptive(item: &Item<'_>, ceiling: &Ceiling<'_, '_>) -> Option<(usize, Adaptation)> {
    let table = item.table()?;
    let key = ceiling.key;
    if ceiling.item.is_none() && ceiling.value.is_none() {
        let problem = format_args!("needs `{key}` beside it: that is its ceiling");
        item.note(Code::NoEffect, problem);
    }
    let floor_item = table.get("floor");
    let floor = match &floor_item {
        None => Some(1),
        Some(item) => item.integer(1..=usize::MAX),
    };
    let above = floor.zip(ceiling.value).filter(|(floor, most)| floor > most);
    if let (Some(item), Some((_, most))) = (&floor_item, above) {
        let problem = format_args!("is above `{key}`, which is {most}");
        let mistake = item.mistake(Code::CrossedBounds, problem);
        item.add(match ceiling.item {
            Some(ceiling) => mistake.other(ceiling.span(), "the ceiling"),
            None => mistake,
        });
    }
    let target = table.get("target");
    let method = table.required("method").and_then(|item| {
        let word = item.string()?;
        let known = METHODS.contains(&word);
        if !known {
            item.unknown_word("method", word, &METHODS);
        }
        known.then_some(word)
    });
    let how = match method {
        Some("aimd") => {
            let target = table.required("target").and_then(|item| item.duration());
            target.map(|target| Adaptation::Aimd { target })
        }
        Some(_) => {
            if let Some(target) = target {
                target.note(Code::NoEffect, "has no effect: only `aimd` has a target");
            }
            Some(Adaptation::Gradient)
        }
        None => {
            target.and_then(|item| item.duration());
            None
        }
    };
    table.close();
    let sound = above.is_none() && ceiling.value.is_some();
    floor.zip(how).filter(|_| sound)
}
