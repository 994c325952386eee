//! The section `cache`: absent, nothing is kept; there, it holds for the critics it names.

use tribunal_core::{Snapshot, Source, Status};
use tribunal_tests::paused;

use super::{parse, problems};

const CRITICS: &str = "[[critic]]\nname = \"a\"\nkind = \"length\"\nparams = { max_characters = 9 }\n\
                       [[critic]]\nname = \"b\"\nkind = \"invisible_text\"\n\
                       [[critic]]\nname = \"c\"\nkind = \"echo\"\n";

/// Where the opinions of the three come from when the same is asked again.
fn again(section: &str) -> [Source; 3] {
    let court = parse(&format!("{section}{CRITICS}")).unwrap().build().unwrap();
    paused(async {
        let run = || court.run_all(Snapshot::of_input("hello"));
        run().await.unwrap();
        let report = run().await.unwrap();
        ["a", "b", "c"].map(|name| {
            assert_eq!(report[name].status, Status::Success);
            report[name].source
        })
    })
}

#[test]
fn without_the_section_nothing_is_kept() {
    assert!(parse(CRITICS).unwrap().cache.is_none());
    assert_eq!(again(""), [Source::Critic; 3]);
}

/// The third does not say what it reads.
#[test]
fn with_the_section_the_critics_that_declare_what_they_read_are_answered_for() {
    assert_eq!(again("[cache]\n"), [Source::Cache, Source::Cache, Source::Critic]);
    assert_eq!(
        again("[cache]\ncritics = [\"b\"]\n"),
        [Source::Critic, Source::Cache, Source::Critic]
    );
}

#[test]
fn the_bounds_arrive() {
    let text =
        "[cache]\nmax_entries = 7\nmax_bytes = 9000\ntime_to_live = \"90s\"\ncritics = [\"a\"]\n";
    let shown = format!("{:?}", parse(&format!("{text}{CRITICS}")).unwrap().cache.unwrap());
    for part in ["max_entries: 7,", "max_bytes: 9000,", "time_to_live: 90s,", "only: Some({\"a\"})"]
    {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let plain = format!("{:?}", parse(&format!("[cache]\n{CRITICS}")).unwrap().cache.unwrap());
    assert_eq!(
        plain,
        format!("{:?}", tribunal_cache::ResultCache::builder().build().unwrap()),
        "what is left out has the default of the code"
    );
}

#[test]
fn what_is_wrong_with_the_section_is_shown_in_its_place() {
    for (lines, expected) in [
        (
            "max_entries = 0",
            "2:15 `cache.max_entries` must be a whole number from 1 to 100000000, found 0",
        ),
        (
            "max_bytes = 4294967296",
            "2:13 `cache.max_bytes` must be a whole number from 1 to 4294967295",
        ),
        ("time_to_live = 60", "2:16 `cache.time_to_live` must be a duration with its unit"),
        ("time_to_live = \"0s\"", "2:16 `cache.time_to_live` must be longer than nothing"),
        ("time_to_live = \"721h\"", "2:16 `cache.time_to_live` must be at most 30 days"),
        ("time_to_life = \"60s\"", "2:1 `cache.time_to_life` is not known here"),
        ("critics = \"a\"", "2:11 `cache.critics` must be a list, found a string"),
        ("critics = []", "2:11 `cache.critics` must name at least one critic"),
        ("critics = [\"a\", \"d\"]", "2:17 `cache.critics[1]` names no critic: `d`"),
    ] {
        let found = problems(&format!("[cache]\n{lines}\n{CRITICS}"));
        assert!(found.len() == 1 && found[0].starts_with(expected), "{lines}: {found:?}");
    }
    let error = parse(&format!("[cache]\ntime_to_life = \"60s\"\n{CRITICS}")).unwrap_err();
    assert_eq!(error.problems()[0].help(), Some("did you mean `time_to_live`?"));
    let found = problems(&format!("cache = 5\n{CRITICS}"));
    assert!(found.len() == 1 && found[0].contains("`cache` must be a table"), "{found:?}");
}
