//! One layer over the other.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::gather::Gathered;
use super::mandatory::Held;
use super::profile::{ProfileTables, starts};
use super::tree::{critics, merge, name_of};
use super::{parsed, setting};
use crate::Code;
use crate::nearest::{listed, meant};
use crate::notes::{Mistake, Notes};
use crate::read::short;
use crate::texts::{Kind, Texts};

/// The files, merged, and what may be put over them.
pub(super) struct Stack<'a> {
    root: DeTable<'a>,
    pub(super) profiles: ProfileTables<'a>,
    pub(super) texts: &'a Texts,
}

/// All layers in one.
pub(crate) struct Layered<'a> {
    pub(crate) root: DeTable<'a>,
    /// Which profile put a value there, by where the value starts.
    pub(crate) of_profile: BTreeMap<usize, String>,
}

impl<'a> Stack<'a> {
    /// The files as one layer, and the profiles beside it. `None` where some text could not be read.
    pub(super) fn of(gathered: &'a Gathered, notes: &Notes) -> Option<Self> {
        let Gathered { texts, order, .. } = gathered;
        let mut readable = gathered.mistakes.is_empty();
        gathered.mistakes.iter().for_each(|mistake| notes.add(mistake.clone()));
        let mut root = DeTable::new();
        for (height, part) in order.iter().filter_map(|part| texts.parts().get(*part)).enumerate() {
            match parsed(texts.text(part), part.range.start, notes) {
                Some(mut table) => {
                    table.remove("include");
                    put_over(&mut root, table, height == 0, notes);
                }
                None => readable = false,
            }
        }
        // What could not be read would look like further mistakes.
        if !readable {
            return None;
        }
        let profiles = ProfileTables::take(&mut root, notes);
        Some(Self { root, profiles, texts })
    }

    /// The files with a profile, the variables and the `--set`s over them. `None` where there is no such profile.
    pub(super) fn with(&self, profile: Option<&str>, notes: &Notes) -> Option<Layered<'a>> {
        let mut root = self.root.clone();
        let mut of_profile = BTreeMap::new();
        let texts = self.texts;
        if let Some(name) = profile {
            if self.profiles.names().all(|other| other != name) {
                notes.add(self.profiles.unknown(name, 0..0));
                return None;
            }
            // A profile that is broken has been told when all were taken.
            for (name, table) in self.profiles.chain(name, &Notes::default()) {
                let mut found = Vec::new();
                starts(&table, &mut found);
                of_profile.extend(found.into_iter().map(|start| (start, name.to_owned())));
                put_over(&mut root, table, false, notes);
            }
        }
        let of = |kind| texts.parts().iter().filter(move |part| part.kind == kind);
        let held = Held::of(&root);
        for part in of(Kind::Variable) {
            match setting::of_variable(texts.text(part), part.range.start, &root) {
                Ok(layer) => put_setting(&mut root, layer, notes),
                Err(mistake) => notes.add(mistake),
            }
        }
        held.check(&mut root, notes);
        let held = Held::of(&root);
        for part in of(Kind::Set) {
            match setting::of_set(texts.text(part), part.range.start) {
                Ok(layer) => put_setting(&mut root, layer, notes),
                Err(mistake) => notes.add(mistake),
            }
        }
        held.check(&mut root, notes);
        Some(Layered { root, of_profile })
    }
}

/// Puts one layer over those below. One over others may change critics that are there and add whole ones.
fn put_over<'a>(root: &mut DeTable<'a>, mut over: DeTable<'a>, lowest: bool, notes: &Notes) {
    if !lowest {
        strangers(root, &mut over, "kind", notes);
    }
    let held = Held::of(root);
    merge(root, over);
    held.check(root, notes);
}

/// Puts one value over all layers. It may change a critic that is there and can add none.
fn put_setting<'a>(root: &mut DeTable<'a>, mut over: DeTable<'a>, notes: &Notes) {
    // No single value is a whole critic, so there is no key that would make it one.
    strangers(root, &mut over, "", notes);
    merge(root, over);
}

/// Takes out critics that are not there below and have not what makes one: somebody meant one that is.
fn strangers(root: &DeTable<'_>, over: &mut DeTable<'_>, makes_one: &str, notes: &Notes) {
    let Some(DeValue::Array(list)) = over.get_mut("critic").map(Spanned::get_mut) else { return };
    let known: Vec<&str> = critics(root).map(|(name, _)| name).collect();
    let kept = std::mem::replace(list, DeArray::new()).into_iter().filter(|item| {
        let Some(table) = item.get_ref().as_table() else { return true };
        let Some(name) = name_of(item.get_ref()) else { return true };
        if known.contains(&name) || table.contains_key(makes_one) {
            return true;
        }
        let message = format!("there is no critic called `{}` below this layer", short(name));
        let listed = || format!("there are {}", listed(known.iter().copied(), "and"));
        let help = meant(name, known.iter().copied()).unwrap_or_else(listed);
        let span = table.get("name").map_or_else(|| item.span(), Spanned::span);
        notes.add(Mistake::new(Code::UnknownCritic, span, message).help(help));
        false
    });
    *list = kept.collect();
}
