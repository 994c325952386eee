//! The section `eval`: which critics and codes speak for which label of the data.

use tribunal_core::{Catalogue, CriticKind};
use tribunal_eval::{By, Level, OVER_BLOCKING, Rule, Rules, Selector};

use crate::Code;
use crate::critic::{Draft, names};
use crate::nearest::{listed, meant};
use crate::read::{Item, Table, short};

/// Longest name of a label, in bytes; longer ones are refused in the data too.
const LONGEST: usize = 200;

/// What the section says; names of critics and tags are held against the critics later.
#[derive(Default)]
pub(crate) struct Eval<'a> {
    rules: Rules,
    critics: Vec<(String, Item<'a>)>,
    tags: Vec<(String, Item<'a>)>,
}

impl<'a> Eval<'a> {
    /// The built-in rules where there is no such section.
    pub(crate) fn read(root: &Table<'a>, catalogue: &Catalogue) -> Self {
        let mut eval = Self::default();
        let Some(table) = root.table("eval") else { return eval };
        if let Some(item) = table.get("hide") {
            eval.rules.hide = names(&item).into_iter().map(|(name, _)| name).collect();
        }
        if let Some(types) = table.table("types") {
            for (label, item) in types.entries() {
                let means = names(&item).into_iter().map(|(name, _)| name);
                eval.rules.types.add(label, means);
            }
        }
        if let Some(labels) = table.table("labels") {
            for (name, item) in labels.entries() {
                eval.label(name, &item, catalogue);
            }
        }
        table.close();
        eval
    }

    fn label(&mut self, name: &str, item: &Item<'a>, catalogue: &Catalogue) {
        if name == OVER_BLOCKING {
            item.note_key(
                Code::InvalidName,
                "is made from `benign` and `unsafe` and cannot be set",
            );
            return;
        }
        if name.is_empty() || name.len() > LONGEST || name.chars().any(char::is_control) {
            let problem = format_args!("is no name of a label: those have 1 to {LONGEST} bytes");
            item.note_key(Code::InvalidName, problem);
            return;
        }
        let Some(table) = item.table() else { return };
        let mut selector = Selector::default();
        let mut keys = Vec::new();
        let mut list = |key| -> Vec<(String, Item<'a>)> {
            let Some(item) = table.get(key) else { return Vec::new() };
            keys.push(key);
            if item.value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
                item.note(Code::EmptyList, "must name at least one");
            }
            names(&item)
        };
        let plain = |named: &[(String, Item<'a>)]| -> Vec<String> {
            named.iter().map(|(name, _)| name.clone()).collect()
        };
        let critics = list("critics");
        let kinds = list("kinds");
        let tags = list("tags");
        selector.codes = plain(&list("codes"));
        selector.critics = plain(&critics);
        selector.kinds = plain(&kinds);
        selector.tags = plain(&tags);
        for (kind, item) in kinds.iter().filter(|(kind, _)| catalogue.get(kind).is_none()) {
            let all = || catalogue.iter().map(CriticKind::name);
            let help =
                meant(kind, all()).unwrap_or_else(|| format!("there are {}", listed(all(), "and")));
            let problem = format!("names no kind of critic: `{}`", short(kind));
            item.add(item.mistake(Code::UnknownKind, problem).help(help));
        }
        self.critics.extend(critics);
        self.tags.extend(tags);

        let verdict = table.get("verdict").and_then(|item| {
            let on = item.boolean()?;
            if let (true, Some(key)) = (on, keys.first()) {
                let problem =
                    format_args!("does not go with `{key}`: either the verdict speaks, or critics");
                item.note(Code::ConflictingKeys, problem);
            }
            Some(on)
        });
        let at = table.get("at").and_then(|item| level(&item));
        let objects_to = table.get("objects_to").and_then(|item| item.boolean());
        let known = self.rules.labels.get(name).cloned();
        let by = match (verdict, keys.is_empty(), &known) {
            (Some(true), _, _) => By::Verdict,
            (_, false, _) => By::Critics(selector),
            (_, true, Some(rule)) if rule.by != By::Nobody => rule.by.clone(),
            (_, true, _) => {
                let help = "give `critics`, `kinds`, `tags` or `codes`, or `verdict = true`";
                let mistake = item.mistake(Code::SilentLabel, "says not who speaks for it");
                item.add(mistake.help(help));
                By::Nobody
            }
        };
        let mut rule =
            known.map_or_else(|| Rule::by(By::Nobody), |rule| Rule { by: By::Nobody, ..rule });
        rule.by = by;
        rule.at = at.unwrap_or(rule.at);
        rule.objects_to = objects_to.unwrap_or(rule.objects_to);
        self.rules.labels.insert(name.to_owned(), rule);
        table.close();
    }

    /// The rules, once it is known which critics there are. What is wrong is noted.
    pub(crate) fn build(self, drafts: &[Draft]) -> Rules {
        let critics = || drafts.iter().map(|draft| draft.written_name.as_str());
        for (name, item) in self.critics.iter().filter(|(name, _)| critics().all(|it| it != name)) {
            let all = || format!("there are {}", listed(critics(), "and"));
            let help = meant(name, critics()).unwrap_or_else(all);
            let problem = format!("names no critic: `{}`", short(name));
            item.add(item.mistake(Code::UnknownCritic, problem).help(help));
        }
        let tags = || drafts.iter().flat_map(|draft| &draft.tags).map(String::as_str);
        for (name, item) in self.tags.iter().filter(|(name, _)| tags().all(|tag| tag != name)) {
            let mut all: Vec<&str> = tags().collect();
            all.sort_unstable();
            all.dedup();
            let help = meant(name, all.iter().copied())
                .unwrap_or_else(|| format!("there are {}", listed(all, "and")));
            let problem = format!("is the tag of no critic: `{}`", short(name));
            item.add(item.mistake(Code::UnknownTag, problem).help(help));
        }
        self.rules
    }
}

fn level(item: &Item<'_>) -> Option<Level> {
    let text = item.string()?;
    let level = Level::named(text);
    if level.is_none() {
        item.unknown_word("level", text, Level::WORDS);
    }
    level
}
