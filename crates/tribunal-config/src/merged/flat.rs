//! From tables to a list of keys, each with its origin.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::write::{is_tables, json, key, sorted, write};
use super::{Header, Merged, Origin, Setting};
use crate::error::Lines;
use crate::layers::Layered;
use crate::texts::{Kind, Texts};

pub(super) struct Flat<'f, 'a> {
    pub(super) texts: &'f Texts,
    pub(super) lines: Vec<Lines<'f>>,
    pub(super) layered: &'f Layered<'a>,
    /// Where the offsets of defaults start.
    pub(super) base: usize,
    pub(super) merged: Merged,
}

impl Flat<'_, '_> {
    pub(super) fn root(&mut self, root: &DeTable<'_>) {
        let is_section = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
            DeValue::Table(_) => true,
            DeValue::Array(list) => is_tables(list),
            _ => false,
        };
        // What has no header must come before the first one.
        for (name, value) in sorted(root).into_iter().filter(|(_, value)| !is_section(value)) {
            self.value(&[name.to_owned()], 0, value);
        }
        for (name, value) in sorted(root).into_iter().filter(|(_, value)| is_section(value)) {
            let path = [name.to_owned()];
            match value.get_ref() {
                DeValue::Table(table) => {
                    self.header(format!("[{}]", key(&path)), value);
                    self.table(&path, 1, table);
                }
                DeValue::Array(list) => {
                    for (index, item) in list.iter().enumerate() {
                        let Some(table) = item.get_ref().as_table() else { continue };
                        let name = crate::layers::tree::name_of(item.get_ref());
                        let name = name.map_or_else(|| index.to_string(), str::to_owned);
                        self.header(format!("[[{}]]", key(&path)), item);
                        self.table(&[path[0].clone(), name], 2, table);
                    }
                }
                _ => {}
            }
        }
    }

    fn header(&mut self, text: String, value: &Spanned<DeValue<'_>>) {
        let (from, written) = (self.merged.settings.len(), value.span().start < self.base);
        self.merged.headers.push(Header { from, text, written });
    }

    /// `under` says how many steps of the path the header has.
    fn table(&mut self, path: &[String], under: usize, table: &DeTable<'_>) {
        for (name, value) in sorted(table) {
            let mut path = path.to_vec();
            path.push(name.to_owned());
            match value.get_ref() {
                DeValue::Table(inner) if !inner.is_empty() => self.table(&path, under, inner),
                _ => self.value(&path, under, value),
            }
        }
    }

    fn value(&mut self, path: &[String], under: usize, value: &Spanned<DeValue<'_>>) {
        let mut line = key(path.get(under..).unwrap_or_default());
        line.push_str(" = ");
        write(value.get_ref(), &mut line);
        let origin = self.origin(value.span().start);
        let value = json(value.get_ref());
        self.merged.settings.push(Setting { path: path.to_vec(), value, origin, line });
    }

    fn origin(&self, offset: usize) -> Origin {
        let index = self.texts.index(offset);
        let found = self.texts.parts().get(index).zip(self.lines.get(index));
        let Some((part, lines)) = found.filter(|_| offset < self.base) else {
            return Origin::Default;
        };
        match part.kind {
            Kind::File => {
                let (line, column) = lines.position(offset - part.range.start);
                let profile = self.layered.of_profile.get(&offset).cloned();
                Origin::File { name: part.name.clone(), line, column, profile }
            }
            Kind::Variable => {
                let name = self.texts.text(part).split('=').next().unwrap_or_default();
                Origin::Variable { name: name.to_owned() }
            }
            Kind::Set => {
                let first = self.texts.parts().iter().position(|part| part.kind == Kind::Set);
                Origin::Set { number: index - first.unwrap_or(index) + 1 }
            }
        }
    }
}
