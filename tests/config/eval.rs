//! The section `eval`: which critics speak for which label, and what is wrong with it shown in its place.

use tribunal_eval::{By, Level, Rules, Selector};

use super::{parse, problems};

const CRITICS: &str = "[[critic]]\nname = \"phrases\"\nkind = \"invisible_text\"\ntags = [\"style\"]\n\
                       [[critic]]\nname = \"said\"\nkind = \"echo\"\nenabled = false\n";

fn rules(section: &str) -> Rules {
    parse(&format!("{section}{CRITICS}")).unwrap_or_else(|error| panic!("{error}")).eval
}

#[test]
fn without_the_section_the_built_in_rules_hold() {
    let pipeline = parse(CRITICS).unwrap();
    assert_eq!(pipeline.eval, Rules::default());
    assert_eq!(
        pipeline.kinds.into_iter().collect::<Vec<_>>(),
        [("phrases".to_owned(), "invisible_text".to_owned())]
    );
}

#[test]
fn what_the_section_says_arrives() {
    let rules = rules(
        "[eval]\nhide = [\"note\"]\n\
         [eval.types]\nplate = [\"DE_KFZ\"]\n\
         [eval.labels.spam]\ncritics = [\"phrases\", \"said\"]\ncodes = [\"invisible.tags\"]\nat = \"block\"\n\
         [eval.labels.clean]\ntags = [\"style\"]\nkinds = [\"echo\"]\nobjects_to = false\n\
         [eval.labels.hate]\nverdict = true\n\
         [eval.labels.pii]\nat = \"review\"\n",
    );
    assert_eq!(rules.hide, ["note"]);
    assert!(rules.types.same("plate", "DE_KFZ") && rules.types.same("email", "EMAIL_ADDRESS"));
    let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let spam = &rules.labels["spam"];
    let selector = Selector {
        critics: list(&["phrases", "said"]),
        codes: list(&["invisible.tags"]),
        ..Selector::default()
    };
    assert_eq!((&spam.by, spam.at, spam.objects_to), (&By::Critics(selector), Level::Block, true));
    let clean = &rules.labels["clean"];
    let selector =
        Selector { tags: list(&["style"]), kinds: list(&["echo"]), ..Selector::default() };
    assert_eq!((&clean.by, clean.at), (&By::Critics(selector), Level::Review));
    assert!(!clean.objects_to);
    assert_eq!(rules.labels["hate"].by, By::Verdict);
    // What is left out of a built-in rule stays.
    assert_eq!(rules.labels["pii"].by, Rules::default().labels["pii"].by);
    assert_eq!(rules.labels["pii"].at, Level::Review);
}

/// What is measured is no part of what runs.
#[test]
fn the_section_changes_no_config_hash() {
    let hash = |text: &str| parse(text).unwrap().build().unwrap().outline().config_hash;
    assert_eq!(hash(CRITICS), hash(&format!("[eval.labels.hate]\nverdict = true\n{CRITICS}")));
}

#[test]
fn what_is_wrong_with_the_section_is_shown_in_its_place() {
    for (lines, expected, help) in [
        ("eval = 5", "1:8 `eval` must be a table, found an integer", None),
        (
            "[eval]\nlables = {}",
            "2:1 `eval.lables` is not known here",
            Some("did you mean `labels`?"),
        ),
        ("[eval]\nhide = \"x\"", "2:8 `eval.hide` must be a list, found a string", None),
        ("[eval.types]\nx = 3", "2:5 `eval.types.x` must be a list, found an integer", None),
        (
            "[eval.labels.x]\ncritics = [\"phrasse\"]",
            "2:12 `eval.labels.x.critics[0]` names no critic: `phrasse`",
            Some("did you mean `phrases`?"),
        ),
        (
            "[eval.labels.x]\nkinds = [\"ehco\"]",
            "2:10 `eval.labels.x.kinds[0]` names no kind of critic: `ehco`",
            Some("did you mean `echo`?"),
        ),
        (
            "[eval.labels.x]\ntags = [\"stile\"]",
            "2:9 `eval.labels.x.tags[0]` is the tag of no critic: `stile`",
            Some("did you mean `style`?"),
        ),
        ("[eval.labels.x]\ncodes = []", "2:9 `eval.labels.x.codes` must name at least one", None),
        (
            "[eval.labels.x]\ncodes = [\"a\"]\nat = \"blok\"",
            "3:6 `eval.labels.x.at` names no level: `blok`",
            Some("did you mean `block`?"),
        ),
        (
            "[eval.labels.x]\ncodes = [\"a\"]\nobject_to = true",
            "3:1 `eval.labels.x.object_to` is not known here",
            Some("did you mean `objects_to`?"),
        ),
        (
            "[eval.labels.x]\nat = \"block\"",
            "1:1 `eval.labels.x` says not who speaks for it",
            Some("give `critics`, `kinds`, `tags` or `codes`, or `verdict = true`"),
        ),
        (
            "[eval.labels.x]\nverdict = true\ncodes = [\"a\"]",
            "2:11 `eval.labels.x.verdict` does not go with `codes`: either the verdict speaks, or critics",
            None,
        ),
        (
            "[eval.labels.over_blocking]\nverdict = true",
            "1:14 `eval.labels.over_blocking` is made from `benign` and `unsafe` and cannot be set",
            None,
        ),
    ] {
        let text = format!("{lines}\n{CRITICS}");
        let found = problems(&text);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{lines}: {found:?}");
        let error = parse(&text).unwrap_err();
        assert!(help.is_none() || error.problems()[0].help() == help, "{lines}: {error}");
    }
}
