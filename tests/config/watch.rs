//! Watching: a change is noticed, what is bad changes nothing, and what is half written is not taken.

use std::sync::{Arc, Mutex};

use tribunal_config::{Layers, Reloaded, Wake, Watch};

use super::catalogue;
use super::layers::{A, Files, files, lines, read};

/// Files that a test can change.
#[derive(Clone)]
struct Disk(Arc<Mutex<Files>>);

impl Disk {
    fn of<const N: usize>(all: [(&str, &str); N]) -> Self {
        Self(Arc::new(Mutex::new(files(all))))
    }

    fn write(&self, path: &str, text: &str) {
        self.0.lock().unwrap().insert(path.to_owned(), text.to_owned());
    }

    fn remove(&self, path: &str) {
        self.0.lock().unwrap().remove(path);
    }

    fn watch(&self) -> (Watch, Reloaded) {
        let disk = self.clone();
        let layers =
            Layers::open("main.toml", move |path| read(&disk.0.lock().unwrap(), path)).unwrap();
        Watch::start(layers, &catalogue(), &|_| None).unwrap()
    }
}

/// What a look comes to: the hash of the base, or what is wrong.
fn look(watch: &mut Watch) -> Option<Result<String, Vec<String>>> {
    watch.look(&catalogue(), &|_| None).map(told)
}

fn told(result: Result<Reloaded, tribunal_config::ConfigError>) -> Result<String, Vec<String>> {
    result.map(hash).map_err(|error| lines(&error))
}

fn hash(reloaded: Reloaded) -> String {
    reloaded.profiles.into_base().build().unwrap().outline().config_hash
}

#[test]
fn a_change_is_told_once_and_only_when_it_has_settled() {
    let disk = Disk::of([("main.toml", A)]);
    let (mut watch, first) = disk.watch();
    let (sources, first) = (first.sources, hash(first));
    assert_eq!(look(&mut watch), None);
    disk.write("main.toml", &format!("{A}[[critic]]\nname = \"b\"\n"));
    assert_eq!(look(&mut watch), None, "it may be half written");
    disk.write("main.toml", &format!("{A}[[critic]]\nname = \"b\"\nkind = \"echo\"\n"));
    assert_eq!(look(&mut watch), None, "it was");
    let second = watch.look(&catalogue(), &|_| None).unwrap().unwrap();
    assert_ne!(second.sources, sources);
    assert_ne!(hash(second), first);
    assert_eq!(look(&mut watch), None);
    // Written anew as it was: no change.
    disk.write("main.toml", &format!("{A}[[critic]]\nname = \"b\"\nkind = \"echo\"\n"));
    assert_eq!((look(&mut watch), look(&mut watch)), (None, None));
}

/// An editor may remove a file and put another in its place.
#[test]
fn a_file_that_is_gone_for_a_moment_is_not_missed() {
    let disk = Disk::of([("main.toml", A)]);
    let (mut watch, _) = disk.watch();
    disk.remove("main.toml");
    assert_eq!(look(&mut watch), None);
    disk.write("main.toml", A);
    assert_eq!((look(&mut watch), look(&mut watch)), (None, None));
    disk.remove("main.toml");
    assert_eq!(look(&mut watch), None);
    let found = look(&mut watch).unwrap().unwrap_err();
    assert!(found[0].starts_with("main.toml:1:1: cannot read `main.toml`: "), "{found:?}");
    assert_eq!(look(&mut watch), None, "it has been told");
    disk.write("main.toml", A);
    look(&mut watch);
    assert!(look(&mut watch).unwrap().is_ok());
}

#[test]
fn what_is_wrong_is_told_once_and_a_repair_is_noticed() {
    let disk = Disk::of([("main.toml", A)]);
    let (mut watch, first) = disk.watch();
    disk.write("main.toml", &format!("{A}priority = 11\n"));
    look(&mut watch);
    let found = look(&mut watch).unwrap().unwrap_err();
    assert_eq!(
        found,
        ["main.toml:4:12: `priority` must be a whole number from 1 to 10, found 11, at `11`"]
    );
    assert_eq!(look(&mut watch), None);
    disk.write("main.toml", A);
    look(&mut watch);
    assert_eq!(look(&mut watch), Some(Ok(hash(first))));
}

/// Included files count, those that appear later too, and a profile that is not the chosen one.
#[test]
fn every_file_counts_and_every_profile() {
    let main = format!("include = [\"base.toml\"]\n{A}");
    let disk = Disk::of([("main.toml", &main), ("base.toml", "[run]\nmax_runs = 5\n")]);
    let (mut watch, first) = disk.watch();
    assert_eq!(
        watch.files().iter().map(|f| f.display().to_string()).collect::<Vec<_>>(),
        ["main.toml", "base.toml"]
    );
    disk.write("base.toml", "include = [\"more.toml\"]\n[run]\nmax_runs = 6\n");
    look(&mut watch);
    let found = look(&mut watch).unwrap().unwrap_err();
    assert!(found[0].starts_with("base.toml:1:12: `more.toml` cannot be included"), "{found:?}");
    assert_eq!(watch.files().len(), 3);
    disk.write("more.toml", "[profile.p.run]\nmax_runs = 0\n");
    look(&mut watch);
    let found = look(&mut watch).unwrap().unwrap_err();
    assert!(found[0].starts_with("more.toml:2:12: `run.max_runs` must be"), "{found:?}");
    disk.write("more.toml", "[profile.p.run]\nmax_runs = 1\n");
    look(&mut watch);
    assert_ne!(look(&mut watch).unwrap().unwrap(), hash(first));
}

/// SIGHUP: read now, also where no text has changed. A reference may stand for something else by now.
#[tokio::test]
async fn someone_who_asks_gets_an_answer_at_once() {
    let disk = Disk::of([("main.toml", A)]);
    let (mut watch, first) = disk.watch();
    let sources = first.sources;
    let again = watch.now(&catalogue(), &|_| None).unwrap();
    assert_eq!(again.sources, sources);
    disk.write("main.toml", &format!("{A}x = 1\n"));
    assert!(watch.now(&catalogue(), &|_| None).is_err());
    assert_eq!((look(&mut watch), look(&mut watch)), (None, None));

    // Ticks pass until a change has settled.
    let mut ticks = 0;
    let text = format!("{A}priority = 2\n");
    let kinds = catalogue();
    let next = watch.next(&kinds, &|_| None, async || {
        ticks += 1;
        if ticks == 3 {
            disk.write("main.toml", &text);
        }
        Wake::Tick
    });
    assert!(next.await.is_ok());
    assert_eq!(ticks, 4);
    assert!(watch.next(&catalogue(), &|_| None, async || Wake::Now).await.is_ok());
}

/// Real files: also one that is put in the place of another with the same length and the same times.
#[test]
fn a_file_of_the_same_length_and_time_is_a_change_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.toml");
    std::fs::write(&path, format!("{A}priority = 2\n")).unwrap();
    let times = std::fs::metadata(&path).unwrap().modified().unwrap();
    let layers = Layers::read(&path).unwrap();
    let (mut watch, _) = Watch::start(layers, &catalogue(), &|_| None).unwrap();
    let other = folder.path().join("other.toml");
    std::fs::write(&other, format!("{A}priority = 3\n")).unwrap();
    std::fs::File::options().write(true).open(&other).unwrap().set_modified(times).unwrap();
    std::fs::rename(&other, &path).unwrap();
    assert_eq!(look(&mut watch), None);
    assert!(look(&mut watch).unwrap().is_ok());
}
