//! Every text of a configuration, read: the main file, what it includes, the variables and the `--set`s.
//!
//! Start at [`gather`]. Included files are read in the order in which they are named; each is there once, at the
//! place where it is named first. Files are bounded in number and depth, and a circle is spelt out.

use std::path::{Component, Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::{FileReader, Layers, in_full};
use crate::notes::Mistake;
use crate::read::{kind as kind_of, short};
use crate::texts::{Kind, Texts};
use crate::{Code, Source};

/// What was read.
pub(crate) struct Gathered {
    pub(crate) texts: Texts,
    /// The files, by their parts in `texts`, from the lowest layer to the main file.
    pub(crate) order: Vec<usize>,
    /// What is wrong with inclusions and with the number of layers.
    pub(crate) mistakes: Vec<Mistake>,
    /// Every file that is part of it or would be, as it is named to the reader; the main file is the first.
    pub(crate) files: Vec<PathBuf>,
}

pub(crate) fn gather(layers: &Layers) -> Gathered {
    let mut tree = Tree {
        reader: layers.reader.as_ref(),
        sources: Vec::new(),
        found: Vec::new(),
        files: Vec::new(),
        order: Vec::new(),
    };
    tree.file(layers.file.clone(), PathBuf::from(&layers.file.name), &mut Vec::new());
    let Tree { sources, found, files, order, .. } = tree;
    let mut all: Vec<(Source, Kind)> =
        sources.into_iter().map(|source| (source, Kind::File)).collect();
    let mut too_many = Vec::new();
    for (name, value) in &layers.variables {
        let shown = format!("environment variable {}", short(name));
        all.push((Source::new(shown, format!("{name}={value}")), Kind::Variable));
    }
    for (index, text) in layers.sets.iter().enumerate() {
        all.push((Source::new(format!("--set #{}", index + 1), text.as_str()), Kind::Set));
    }
    for (what, count) in
        [("environment variables", layers.variables.len()), ("`--set`s", layers.sets.len())]
    {
        if count > Layers::MOST_SETTINGS {
            let most = Layers::MOST_SETTINGS;
            let message = format!("there are {count} {what} for it, and there may be {most}");
            too_many.push(Mistake::new(Code::TooLarge, 0..0, message));
        }
    }
    let texts = Texts::of(all);
    let start = |part: usize| texts.parts().get(part).map_or(0, |part| part.range.start);
    let placed = found.into_iter().map(|(part, mut mistake)| {
        let by = start(part);
        mistake.span = mistake.span.start + by..mistake.span.end + by;
        mistake
    });
    let mistakes = placed.chain(too_many).collect();
    Gathered { texts, order, mistakes, files }
}

struct Tree<'r> {
    reader: Option<&'r FileReader>,
    sources: Vec<Source>,
    /// What is wrong, each with the part whose offsets it has.
    found: Vec<(usize, Mistake)>,
    files: Vec<PathBuf>,
    order: Vec<usize>,
}

impl Tree<'_> {
    /// Takes a file and, before it, what it includes. `open` are the files that are being read, outermost first.
    fn file(&mut self, source: Source, path: PathBuf, open: &mut Vec<PathBuf>) {
        let part = self.sources.len();
        let includes = self.includes(part, &source);
        let folder = Path::new(&source.name).parent().map(Path::to_path_buf).unwrap_or_default();
        self.sources.push(source);
        self.files.push(path.clone());
        open.push(plain(&path));
        for (name, span) in includes {
            if let Err(problem) = self.include(&folder, &name, open) {
                let mistake = Mistake::new(Code::InvalidInclude, span, problem);
                self.found.push((part, mistake));
            }
        }
        open.pop();
        self.order.push(part);
    }

    fn include(
        &mut self,
        folder: &Path,
        name: &str,
        open: &mut Vec<PathBuf>,
    ) -> Result<(), String> {
        let path = folder.join(name);
        let identity = plain(&path);
        if let Some(at) = open.iter().position(|other| *other == identity) {
            let circle = open.iter().skip(at).chain([&identity]);
            let names: Vec<String> =
                circle.map(|path| short(&path.display().to_string())).collect();
            return Err(format!("files include each other: {}", names.join(" -> ")));
        }
        if self.files.iter().any(|other| plain(other) == identity) {
            return Ok(());
        }
        let shown = short(name);
        let Some(reader) = self.reader else {
            return Err(format!("`{shown}` cannot be included: this is a text, and no file"));
        };
        if open.len() > Layers::DEEPEST {
            let most = Layers::DEEPEST;
            return Err(format!("`{shown}` is included by more than {most} files, one in another"));
        }
        if self.files.len() > Layers::MOST_FILES {
            let most = Layers::MOST_FILES;
            return Err(format!(
                "`{shown}` is one more than the {most} files that may be included"
            ));
        }
        match reader(&path) {
            Ok(source) => {
                self.file(source, path, open);
                Ok(())
            }
            Err(error) => {
                // It may appear later, which is a change.
                self.files.push(path);
                Err(format!("`{shown}` cannot be included: {}", in_full(&error)))
            }
        }
    }

    /// The files that a file names, and where. Whatever else there is in the file is read later.
    fn includes(&mut self, part: usize, source: &Source) -> Vec<(String, std::ops::Range<usize>)> {
        if source.text.len() > Source::MAX_BYTES {
            return Vec::new();
        }
        let (document, _) = DeTable::parse_recoverable(&source.text);
        let Some(value) = document.get_ref().get("include") else { return Vec::new() };
        let mut wrong = |span, what: &str, found: &DeValue<'_>| {
            let message = format!("`include` must be {what}, found {}", kind_of(found));
            self.found.push((part, Mistake::new(Code::WrongType, span, message)));
        };
        let Some(list) = value.get_ref().as_array() else {
            wrong(value.span(), "a list of files", value.get_ref());
            return Vec::new();
        };
        let mut names = Vec::new();
        for item in list.iter() {
            match item.get_ref().as_str() {
                Some(name) => names.push((name.to_owned(), item.span())),
                None => wrong(item.span(), "a list of files, each a string", item.get_ref()),
            }
        }
        names
    }
}

/// A path without detours, to tell whether two lead to the same file. Links are not followed.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(plain.components().next_back(), Some(Component::Normal(_))) =>
            {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_plain_form() {
        for (path, expected) in [
            ("a/./b", "a/b"),
            ("./a", "a"),
            ("a/../b", "b"),
            ("../a", "../a"),
            ("../../a", "../../a"),
            ("/a/../../b", "/../b"),
        ] {
            assert_eq!(plain(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
