//! What is wrong with a configuration is shown in its place, all of it at once.
//!
//! In the texts below `«` stands right before each mistake, in the order of the file; it is taken out before
//! the text is read. `C` stands for a critic that is fine: its name is `a`.

use std::time::Duration;

use super::{parse, problems};

const C: &str = "[[critic]]\nname = \"a\"\nkind = \"echo\"\n";

/// The text without its marks, and the line and column of each mark.
fn marked(text: &str) -> (String, Vec<String>) {
    let mut plain = String::new();
    let mut places = Vec::new();
    for c in text.replace("C\n", C).chars() {
        if c == '«' {
            let line = plain.matches('\n').count() + 1;
            let column = plain.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            places.push(format!("{line}:{column} "));
        } else {
            plain.push(c);
        }
    }
    (plain, places)
}

/// Every mark has its problem, with this text in it, and there is no other.
#[track_caller]
fn check(text: &str, messages: &[&str]) {
    if let Err(difference) = compare(text, messages) {
        panic!("{difference}");
    }
}

/// The same for many texts: all that differ are told.
#[track_caller]
fn check_all<'t>(cases: impl IntoIterator<Item = (String, Vec<&'t str>)>) {
    let compared = cases.into_iter().map(|(text, messages)| compare(&text, &messages));
    let differences: Vec<String> = compared.filter_map(Result::err).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn compare(text: &str, messages: &[&str]) -> Result<(), String> {
    let (plain, places) = marked(text);
    let found = problems(&plain);
    let as_said = found.len() == messages.len()
        && places.len() == messages.len()
        && found.iter().zip(&places).zip(messages).all(|((problem, place), message)| {
            problem.starts_with(place) && problem.contains(message)
        });
    if as_said {
        let error = parse(&plain).err();
        let problems = error.as_ref().map_or(&[][..], |error| error.problems());
        return super::schema::agrees(&plain, problems);
    }
    Err(format!("expected {messages:?} at {places:?}\nfound {found:#?}\nin {text}"))
}

/// Each key of a critic with what is refused, and a part of the message.
const OF_A_CRITIC: &[(&str, &str)] = &[
    ("isolation = «\"threads\"", "`isolation` names no isolation: `threads`"),
    ("isolation = «true", "`isolation` must be a string, found a boolean"),
    ("hedge = «3", "`hedge` must be a table, found an integer"),
    ("hedge = «{}", "`hedge` needs `after` (a duration) or `percentile` (50 to 99.9)"),
    ("hedge = { after = «50 }", "`hedge.after` must be a duration with its unit, found an integer"),
    (
        "hedge = { after = «\"2s\" }",
        "`hedge.after` can never be reached: the critic's timeout is 2s",
    ),
    ("hedge = { percentile = «49 }", "`hedge.percentile` must lie within 50 to 99.9, found 49"),
    ("hedge = { percentile = «100 }", "`hedge.percentile` must lie within 50 to 99.9, found 100"),
    ("hedge = { percentile = «nan }", "`hedge.percentile` must be a finite number"),
    (
        "hedge = { after = \"1s\", percentile = «95 }",
        "`hedge.percentile` and `hedge.after` are two ways",
    ),
    ("hedge = { after = \"1s\", share = «0.06 }", "`hedge.share` must lie above 0 and up to 0.05"),
    ("hedge = { after = \"1s\", share = «0 }", "`hedge.share` must lie above 0 and up to 0.05"),
    ("hedge = { after = \"1s\", «delay = 1 }", "`hedge.delay` is not known here"),
    ("adaptive = «{ method = \"gradient\" }", "`adaptive` needs `max_in_flight` beside it"),
    ("max_in_flight = 4\nadaptive = «true", "`adaptive` must be a table, found a boolean"),
    ("max_in_flight = 4\nadaptive = «{}", "`adaptive.method` is missing"),
    (
        "max_in_flight = 4\nadaptive = { method = «\"vegas\" }",
        "`adaptive.method` names no method: `vegas`",
    ),
    ("max_in_flight = 4\nadaptive = «{ method = \"aimd\" }", "`adaptive.target` is missing"),
    (
        "max_in_flight = 4\nadaptive = { method = \"gradient\", target = «\"1s\" }",
        "`adaptive.target` has no effect: only `aimd` has a target",
    ),
    (
        "max_in_flight = 4\nadaptive = { method = \"gradient\", floor = «5 }",
        "`adaptive.floor` is above `max_in_flight`, which is 4",
    ),
    (
        "max_in_flight = 4\nadaptive = { method = \"gradient\", floor = «0 }",
        "`adaptive.floor` must be a whole number from 1",
    ),
    (
        "max_in_flight = 4\nadaptive = { method = \"gradient\", «flor = 1 }",
        "`adaptive.flor` is not known here",
    ),
    ("enabled = «1", "`enabled` must be true or false, found an integer"),
    ("stage = «\"fast\"", "`stage` names no stage: `fast`"),
    ("stage = «3", "`stage` must be a string, found an integer"),
    ("priority = «0", "must be a whole number from 1 to 10, found 0"),
    ("priority = «11", "must be a whole number from 1 to 10, found 11"),
    ("priority = «-1", "from 1 to 10, found -1"),
    ("priority = «1.5", "must be a whole number, found a float"),
    ("priority = «99999999999999999999999999999999999999999999", "from 1 to 10"),
    ("phases = «[]", "a critic of no phase would never run"),
    ("phases = [«\"inptu\"]", "`phases[0]` names no phase: `inptu`"),
    ("phases = «\"input\"", "must be a list, found a string"),
    ("policy = «\"sometimes\"", "`policy` names no policy: `sometimes`"),
    ("policy = «true", "`policy` must be a string, found a boolean"),
    ("«risk = 0.5", "`risk` belongs to the policy `on_high_risk`, and this one is `always`"),
    ("policy = \"on_violation\"\n«uncertainty = 0.5", "belongs to the policy `on_uncertainty`"),
    ("policy = \"on_high_risk\"\nrisk = «0", "must lie above 0 and up to 1, found 0"),
    ("policy = \"on_high_risk\"\nrisk = «1.1", "must lie above 0 and up to 1, found 1.1"),
    ("policy = \"on_high_risk\"\nrisk_tier = «\"hihg\"", "names no risk tier: `hihg`"),
    ("policy = \"on_uncertainty\"\nuncertainty = «nan", "must be a finite number"),
    ("policy = \"on_uncertainty\"\nuncertainty = «0", "must lie above 0 and up to 1"),
    ("policy = «\"conditional\"", "`when` is missing"),
    ("«when = \"true\"", "`when` belongs to the policy `conditional`"),
    ("policy = \"conditional\"\nwhen = «1", "`when` must be a string"),
    ("depends_on = [«\"b\"]", "there is no critic called `b` to depend on"),
    ("depends_on = [«\"a\"]", "critics wait for each other: a -> a"),
    ("depends_on = [«1]", "`depends_on[0]` must be a string"),
    ("run_anyway = «true", "has no effect: the critic depends on no other"),
    ("timeout = «5", "must be a duration with its unit, found an integer"),
    ("timeout = «\"0s\"", "`timeout` must be longer than nothing"),
    ("timeout = «\"-1s\"", "`timeout` cannot be negative"),
    ("timeout = «\"1ns\"", "has a unit that is none of us, ms, s, m and h"),
    ("timeout = «\"9223372036854775808ms\"", "must be at most 365 days"),
    ("timeout = «\"soon\"", "`timeout` is no duration"),
    ("timeout = «\"11s\"", "can never be reached: the run has 10s"),
    ("retry = «3", "`retry` must be a table"),
    ("retry = «{}", "`retry.attempts` is missing"),
    ("retry = { attempts = «0 }", "from 1 to 100, found 0"),
    ("retry = { attempts = «4294967296 }", "from 1 to 100, found 4294967296"),
    ("retry = { attempts = 2, factor = «0.5 }", "must lie within 1 to 100, found 0.5"),
    ("retry = { attempts = 2, factor = «inf }", "must be a finite number"),
    (
        "retry = { attempts = 2, first_delay = \"2s\", max_delay = «\"1s\" }",
        "is shorter than `retry.first_delay`",
    ),
    ("retry = { attempts = 2, max_delay = «\"1ms\" }", "is shorter than `retry.first_delay`"),
    ("retry = { attempts = 2, max_delay = «\"25h\" }", "a delay is at most a day"),
    ("retry = { attempts = 2, jitter = «\"full\" }", "must be true or false"),
    ("retry = { attempts = 2, «delay = \"1s\" }", "`retry.delay` is not known here"),
    ("max_in_flight = «0", "from 1 to 1000000, found 0"),
    ("max_in_flight = «2_000_000", "from 1 to 1000000, found 2000000"),
    ("rate = «{ tokens = 1 }", "`rate.per` is missing"),
    ("rate = { tokens = «0, per = \"1s\" }", "from 1 to 4294967295, found 0"),
    ("rate = { tokens = «inf, per = \"1s\" }", "must be a whole number, found a float"),
    ("rate = { tokens = 1, per = «\"0s\" }", "must be longer than nothing"),
    ("rate = { tokens = 4000000000, per = «\"1us\" }", "at least a nanosecond for each token"),
    ("rate = { tokens = 1, per = \"1s\", burst = «0 }", "found 0"),
    ("validation = { required = [«\"score\"] }", "a JSON pointer starts with `/`"),
    ("validation = { required = «[\"/colour\"] }", "names `/colour`, which no opinion has"),
    ("validation = { schema = { type = «\"strin\" } }", "does not do"),
    ("validation = { schema = «{ \"$ref\" = \"https://example.com/s\" } }", "cannot resolve"),
    ("validation = { lenient = «\"yes\" }", "must be true or false"),
    ("failure_mode = «\"open\"", "`failure_mode` names no failure mode: `open`"),
    ("mode = «\"shadow\"", "`mode` names no mode: `shadow`"),
    ("review_at = «0", "must lie above 0 and up to 1, found 0"),
    ("block_at = «1.01", "must lie above 0 and up to 1, found 1.01"),
    ("block_at = «\"always\"", "must be a number above 0 and up to 1, or \"never\""),
    ("block_at = «1e400", "is too large a number"),
    ("review_at = «0.9", "`review_at` (0.9) is above `block_at` (0.8)"),
    ("cost = «-1", "must be 0 or more, found -1"),
    ("cost = «nan", "must be a finite number"),
    ("tags = [\"x\", «3]", "`tags[1]` must be a string"),
    ("«colour = 1", "`colour` is not known here"),
    ("[critic.params]\nseverity = «2", "`params.severity` must lie within 0 to 1, found 2"),
    ("[critic.params]\n«sevrity = 1", "`params.sevrity` is not known here"),
    ("[critic.params]\nvalue = «1979-05-27", "is a date or time, which JSON does not have"),
    ("[critic.params]\nvalue = [1, «inf]", "`params.value[1]` must be a finite number"),
    (
        "[critic.params]\nvalue = «\"$NOWHERE\"",
        "refers to `$NOWHERE`, and there is no such variable",
    ),
    ("params = «1", "`params` must be a table, found an integer"),
];

#[test]
fn every_key_of_a_critic_says_what_is_wrong_with_it() {
    assert!(OF_A_CRITIC.len() >= 60);
    check_all(OF_A_CRITIC.iter().map(|(line, message)| (format!("C\n{line}\n"), vec![*message])));
}

#[test]
fn sections_for_whole_runs_say_what_is_wrong_with_them() {
    let cases = [
        ("[run]\ntimeout = «\"0s\"\nC\n", "`run.timeout` must be longer than nothing"),
        ("[run]\ntimeout = «10\nC\n", "must be a duration with its unit"),
        ("[run]\nmax_in_flight = «0\nC\n", "`run.max_in_flight` must be a whole number from 1"),
        ("[run]\nmax_runs = «-1\nC\n", "found -1"),
        ("[run]\nmax_queued_runs = «1_000_001\nC\n", "from 0 to 1000000"),
        ("[run]\nmax_total_retries = «4294967296\nC\n", "from 0 to 4294967295"),
        ("[run]\nearly_exit = «\"no\"\nC\n", "must be true or false, found a string"),
        ("[run]\nhook_timeout = «\"0ms\"\nC\n", "must be longer than nothing"),
        ("[run]\nmax_cost = «-0.1\nC\n", "must be 0 or more"),
        ("[run]\nmax_cost = «inf\nC\n", "must be a finite number"),
        ("[run]\nretry_budget = «0.1\nC\n", "`run.retry_budget` must be a table, found a float"),
        ("[run]\nretry_budget = «{ share = 0.1 }\nC\n", "`run.retry_budget.floor` is missing"),
        ("[run]\nretry_budget = «{ floor = 1 }\nC\n", "`run.retry_budget.share` is missing"),
        (
            "[run]\nretry_budget = { share = «-0.1, floor = 1 }\nC\n",
            "`run.retry_budget.share` must lie within 0 to 10, found -0.1",
        ),
        ("[run]\nretry_budget = { share = «10.1, floor = 1 }\nC\n", "within 0 to 10, found 10.1"),
        ("[run]\nretry_budget = { share = «inf, floor = 1 }\nC\n", "must be a finite number"),
        (
            "[run]\nretry_budget = { share = 1, floor = «-1 }\nC\n",
            "`run.retry_budget.floor` must be a whole number from 0 to 4294967295, found -1",
        ),
        (
            "[run]\nretry_budget = { share = 1, floor = 1, «most = 1 }\nC\n",
            "`run.retry_budget.most` is not known here",
        ),
        ("[run]\n«timeuot = \"1s\"\nC\n", "`run.timeuot` is not known here"),
        ("run = «3\nC\n", "`run` must be a table"),
        ("[stages.«deep]\nC\n", "`stages.deep` is not known here"),
        (
            "[stages.deep_analysis]\n«retries = 1\nC\n",
            "`stages.deep_analysis.retries` is not known",
        ),
        ("[stages.deep_analysis]\nmax_in_flight = «0\nC\n", "from 1 to 1000000"),
        (
            "[run]\ntimeout = \"1s\"\n[stages.core_analysis]\ntimeout = «\"2s\"\nC\n",
            "never be reached within the run's",
        ),
        ("[defaults]\nfailure_mode = «\"closed\"\nC\n", "names no failure mode"),
        ("[defaults]\nreview_at = «0.9\nC\n", "is above `block_at`"),
        ("[defaults]\nreview_at = «0.9\nblock_at = 0.5\nC\n", "is above `block_at`"),
        ("[defaults]\n«policy = \"always\"\nC\n", "`defaults.policy` is not known here"),
        ("[defaults]\ntimeout = «\"11s\"\nC\n", "`defaults.timeout` can never be reached"),
        ("«colour = 1\nC\n", "`colour` is not known here"),
        ("«critics = []\nC\n", "`critics` is not known here"),
        ("critic = «1\n", "`critic` must be a list"),
        ("critic = [«1]\n", "`critic[0]` must be a table"),
        ("«", "there is no critic"),
        ("«[run]\ntimeout = \"1s\"\n", "there is no critic"),
        ("critic = «[]\n", "there is no critic"),
        ("C\nenabled = «false\n", "every critic is disabled"),
    ];
    check_all(cases.map(|(text, message)| (text.to_owned(), vec![message])));
}

/// What `breaker` needs, and then what is wrong with it.
const OF_A_BREAKER: &[(&str, &str)] = &[
    ("breaker = «1", "`breaker` must be a table, found an integer"),
    ("breaker = «{ window = \"1s\", min_calls = 1 }", "`breaker.failure_rate` is missing"),
    ("breaker = «{ failure_rate = 0.5, min_calls = 1 }", "`breaker.window` is missing"),
    ("breaker = «{ failure_rate = 0.5, window = \"1s\" }", "`breaker.min_calls` is missing"),
    (
        "breaker = { failure_rate = «0, window = \"1s\", min_calls = 1 }",
        "`breaker.failure_rate` must lie above 0 and up to 1, found 0",
    ),
    (
        "breaker = { failure_rate = «1.1, window = \"1s\", min_calls = 1 }",
        "must lie above 0 and up to 1, found 1.1",
    ),
    (
        "breaker = { failure_rate = «nan, window = \"1s\", min_calls = 1 }",
        "`breaker.failure_rate` must be a finite number",
    ),
    (
        "breaker = { failure_rate = 0.5, window = «\"25h\", min_calls = 1 }",
        "`breaker.window` must be at most a day",
    ),
    (
        "breaker = { failure_rate = 0.5, window = «60, min_calls = 1 }",
        "must be a duration with its unit",
    ),
    (
        "breaker = { failure_rate = 0.5, window = \"1s\", min_calls = «0 }",
        "`breaker.min_calls` must be a whole number from 1 to 4294967295, found 0",
    ),
    ("B\nslow_after = «\"1s\"", "`breaker.slow_after` has no effect without `breaker.slow_rate`"),
    ("B\nslow_rate = «0.5", "`breaker.slow_rate` has no effect without `breaker.slow_after`"),
    ("B\nslow_after = «\"0s\"\nslow_rate = 1", "must be longer than nothing"),
    ("B\nslow_after = «\"25h\"\nslow_rate = 1", "`breaker.slow_after` must be at most a day"),
    ("B\nslow_after = «\"3s\"\nslow_rate = 1", "never be reached: the critic's timeout is 2s"),
    ("B\nslow_after = \"1s\"\nslow_rate = «1.5", "must lie above 0 and up to 1, found 1.5"),
    ("B\nopen_for = «\"25h\"", "`breaker.open_for` must be at most a day"),
    ("B\nopen_for = «5", "must be a duration with its unit"),
    ("B\nprobes = «0", "`breaker.probes` must be a whole number from 1 to 4294967295, found 0"),
    ("B\nprobes = «true", "must be a whole number, found a boolean"),
    ("B\nhalf_open_for = «\"24.1h\"", "`breaker.half_open_for` must be at most a day"),
    ("B\n«threshold = 5", "`breaker.threshold` is not known here"),
];

#[test]
fn every_key_of_a_breaker_says_what_is_wrong_with_it() {
    let fine = "[critic.breaker]\nfailure_rate = 0.5\nwindow = \"1m\"\nmin_calls = 10\n";
    check_all(
        OF_A_BREAKER.iter().map(|(lines, message)| {
            (format!("C\n{}\n", lines.replace("B\n", fine)), vec![*message])
        }),
    );
    // Each on its own, all at once; a timeout that cannot be read is not held against others.
    check(
        "C\ntimeout = «3\nbreaker = { failure_rate = «2, window = «\"2d\", min_calls = «-1, slow_after = \"3s\", slow_rate = «0 }\n",
        &["`timeout`", "failure_rate", "window", "min_calls", "slow_rate"],
    );
}

#[test]
fn rates_that_are_shared_say_what_is_wrong_with_them() {
    let rate = "{ tokens = 1, per = \"1s\" }";
    let long = "a".repeat(65);
    check_all([
        ("rates = «1\nC\nshares = [\"x\"]\n".into(), vec!["`rates` must be a table"]),
        ("[rates]\nx = «1\nC\nshares = [\"x\"]\n".into(), vec!["`rates.x` must be a table"]),
        ("«[rates.x]\ntokens = 1\nC\n".into(), vec!["`rates.x.per` is missing"]),
        ("«[rates.x]\nper = \"1s\"\nC\n".into(), vec!["`rates.x.tokens` is missing"]),
        (
            "[rates.x]\ntokens = «0\nper = «1\nburst = «-1\nC\nshares = [\"x\"]\n".into(),
            vec!["`rates.x.tokens`", "`rates.x.per` must be a duration", "`rates.x.burst`"],
        ),
        (
            "[rates.x]\ntokens = 4000000000\nper = «\"1us\"\nC\n".into(),
            vec!["`rates.x.per` does not do: a rate needs a span of time"],
        ),
        (
            "[rates.x]\ntokens = 1\nper = \"1s\"\n«bursts = 1\nC\n".into(),
            vec!["`rates.x.bursts` is not known here"],
        ),
        (
            format!("[rates]\n«Big = {rate}\nC\nshares = [\"Big\"]\n"),
            vec!["`rates.Big` is no name"],
        ),
        (format!("[rates]\n«\"\" = {rate}\nC\n"), vec!["is no name of a rate"]),
        (format!("[rates]\n«\"a.b\" = {rate}\nC\n"), vec!["`rates.a.b` is no name of a rate"]),
        (format!("[rates]\n«{long} = {rate}\nC\n"), vec!["those are 1 to 64 of a-z"]),
        (format!("[rates]\nx = {rate}\nC\nshares = «\"x\"\n"), vec!["`shares` must be a list"]),
        (format!("[rates]\nx = {rate}\nC\nshares = [«1]\n"), vec!["`shares[0]` must be a string"]),
        (
            format!("[rates]\nx = {rate}\nC\nshares = [\"x\", «\"x\"]\n"),
            vec!["`shares[1]` names `x` a second time"],
        ),
        (
            format!(
                "[rates]\nprovider = {rate}\nC\nshares = [\"provider\", «\"provder\", «\"z\"]\n"
            ),
            vec!["`shares[1]` names no rate: `provder`", "`shares[2]` names no rate: `z`"],
        ),
        ("C\nshares = [«\"x\"]\n".into(), vec!["names no rate: `x`"]),
    ]);
}

#[test]
fn critics_that_do_not_go_together_are_told_apart() {
    let b = "[[critic]]\nname = \"b\"\nkind = \"echo\"\n";
    check_all([
        ("C\n[[critic]]\nname = «\"a\"\nkind = \"echo\"\n".into(), vec!["two critics are called `a`"]),
        (
            "C\n[[critic]]\nname = ««\"A\"\nkind = \"echo\"\n".into(),
            vec!["`A` cannot name a critic", "`a` and `A` are the same name but for case"],
        ),
        ("[[critic]]\nname = «\"Straße\"\nkind = \"echo\"\n".into(), vec!["cannot name a critic"]),
        ("«[[critic]]\nkind = \"echo\"\n".into(), vec!["`name` is missing"]),
        ("«[[critic]]\nname = \"a\"\n".into(), vec!["`kind` is missing"]),
        ("[[critic]]\nname = «7\nkind = \"echo\"\n".into(), vec!["`name` must be a string"]),
        ("[[critic]]\nname = \"a\"\nkind = «\"patern\"\n".into(), vec!["no kind of critic called `patern`"]),
        (
            "[[critic]]\nname = \"a\"\nkind = \"pattern\"\n[critic.params]\n[[critic.params.rules]]\nname = \"x\"\npattern = \"«(\"\n".into(),
            vec!["`params.rules[0].pattern` does not do"],
        ),
        (
            "«[[critic]]\nname = \"a\"\nkind = \"pattern\"\n".into(),
            vec!["`params.rules` is missing"],
        ),
        (
            "[[critic]]\nname = \"a\"\nkind = \"pattern\"\n«[critic.params]\n".into(),
            vec!["`params.rules` is missing"],
        ),
        (format!("C\ndepends_on = [\"b\", «\"b\"]\n{b}"), vec!["names `b` a second time"]),
        (format!("C\ndepends_on = [«\"bb\"]\n{b}"), vec!["there is no critic called `bb`"]),
        (format!("C\ndepends_on = [«\"b\"]\n{b}enabled = false\n"), vec!["no critic called `b`"]),
        (format!("C\ndepends_on = [«\"b\"]\n{b}stage = \"deep_analysis\"\n"), vec!["of the later stage `deep_analysis`"]),
        (format!("C\ndepends_on = [«\"b\"]\n{b}mode = \"monitor\"\n"), vec!["is only monitored"]),
        (format!("C\ndepends_on = [«\"b\"]\n{b}depends_on = [\"a\"]\n"), vec!["critics wait for each other: "]),
        (
            format!("C\ndepends_on = [«\"b\"]\n{b}depends_on = [\"c\"]\n[[critic]]\nname = \"c\"\nkind = \"echo\"\ndepends_on = [\"a\"]\n"),
            vec!["critics wait for each other: "],
        ),
        // A gate that looks at outcomes waits for smaller priority numbers: a cycle with one dependency in it.
        (
            format!("C\npriority = 9\npolicy = \"on_violation\"\n{b}priority = 1\ndepends_on = [«\"a\"]\n"),
            vec!["critics wait for each other: "],
        ),
        (
            "[stages.core_analysis]\ntimeout = \"1s\"\nC\ntimeout = «\"1500ms\"\n".into(),
            vec!["the stage `core_analysis` has 1s"],
        ),
        ("[run]\ntimeout = \"1s\"\nC\ntimeout = «\"2s\"\n".into(), vec!["the run has 1s"]),
        (
            "[defaults]\nblock_at = 0.3\nreview_at = 0.2\nC\nreview_at = «0.5\n".into(),
            vec!["`review_at` (0.5) is above `block_at` (0.3)"],
        ),
    ]);
}

#[test]
fn what_is_no_toml_is_told_in_its_place() {
    for (text, message) in [
        ("C\nstage = «\n", "quoted"),
        ("C\npriority = 1\n«priority = 2\n", "duplicate key"),
        ("[run]\n[«run]\nC\n", "duplicate key"),
        ("C\n«\u{1}\n", ""),
    ] {
        let (plain, places) = marked(text);
        let found = problems(&plain);
        assert!(found[0].starts_with(&places[0]), "{found:?} {places:?}");
        assert!(found[0].contains(message), "{found:?}");
    }
    // All of them at once.
    assert_eq!(problems("a = \nb = \n[x\n").len(), 3);
    assert!(!problems("a = \"\0\"\n").is_empty());
    // Where only a key stands twice, the rest is looked at too.
    check("C\npriority = 1\n«priority = 2\ncost = «-1\n", &["duplicate key", "`cost` must be 0"]);
}

#[test]
fn ten_mistakes_are_ten_problems() {
    check(
        "[run]\ntimeout = «\"0s\"\nmax_runs = «0\n«colour = 1\n\
         [stages.core_analysis]\ntimeout = «\"1m\"\n\
         [defaults]\nblock_at = «2\n\
         [[critic]]\nname = \"a\"\nkind = \"echo\"\ntimeout = «7\ndepends_on = [«\"bb\", \"c\"]\n\
         [[critic]]\nname = \"b\"\nkind = \"echo\"\ncost = «-2\n[critic.params]\nseverity = «9\n\
         [[critic]]\nname = \"c\"\nkind = \"echo\"\ndepends_on = [\"b\", «\"c\"]\n",
        &[
            "longer than nothing",
            "`run.max_runs`",
            "`run.colour`",
            "stages.core_analysis.timeout",
            "`defaults.block_at`",
            "`timeout`",
            "called `bb`",
            "`cost`",
            "`params.severity`",
            "c -> c",
        ],
    );
}

#[test]
fn columns_count_characters() {
    check("C\ntags = [\"äöü😀\", «1]\n", &["`tags[1]`"]);
}

#[test]
fn what_was_meant_is_suggested() {
    let help = |text: &str| {
        let (plain, _) = marked(text);
        let error = parse(&plain).unwrap_err();
        error.problems()[0].help().unwrap_or_default().to_owned()
    };
    assert_eq!(help("C\ntimeuot = \"1s\"\n"), "did you mean `timeout`?");
    assert_eq!(help("C\nstage = \"fast_critic\"\n"), "did you mean `fast_critics`?");
    assert_eq!(help("C\ntimeout = 5\n"), "did you mean \"5s\"?");
    assert_eq!(help("C\ntimeout = 0.25\n"), "did you mean \"0.25s\"?");
    assert_eq!(help("C\n[critic.params]\nsevrity = 1\n"), "did you mean `severity`?");
    assert_eq!(help("[[critic]]\nname = \"Aa\"\nkind = \"echo\"\n"), "names are lower case: `aa`");
    assert!(
        help("[[critic]]\nname = \"a\"\nkind = \"patern\"\n")
            .starts_with("did you mean `pattern`?")
    );
    assert_eq!(
        help("C\ndepends_on = [\"bx\"]\n[[critic]]\nname = \"b\"\nkind = \"echo\"\n"),
        "did you mean `b`?"
    );
    let rates = "[rates.provider]\ntokens = 1\nper = \"1s\"\n";
    assert_eq!(help(&format!("{rates}C\nshares = [\"provder\"]\n")), "did you mean `provider`?");
    assert_eq!(help(&format!("{rates}C\nshares = [\"xyz\"]\n")), "there are `provider`");
    assert_eq!(help("C\nshares = [\"x\"]\n"), "there are none: add a `[rates.<name>]`");
    let disabled =
        "C\ndepends_on = [\"b\"]\n[[critic]]\nname = \"b\"\nkind = \"echo\"\nenabled = false\n";
    assert_eq!(help(disabled), "`b` is disabled");
    assert!(help("C\nmode = \"x\"\n").contains("`enforce` and `monitor`"));
    assert!(
        help("colour = 1\n").contains(
            "known are `cache`, `critic`, `defaults`, `eval`, `include`, `profile`, `promise`, `rates`, `run` and `stages`"
        )
    );
}

#[test]
fn as_text_each_problem_has_a_line_with_what_stands_there() {
    let error = parse("[run]\ntimeout = \"0s\"\nearly_exit = 1\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "test.toml:2:11: error[out-of-range]: `run.timeout` must be longer than nothing, at `\"0s\"`; \
         write a number and a unit, us, ms, s, m or h: \"250ms\", \"1.5s\"\n\
         test.toml:3:14: error[wrong-type]: `run.early_exit` must be true or false, found an integer, at `1`"
    );
    assert_eq!(format!("{error:?}"), error.to_string());
}

#[test]
fn as_a_diagnostic_each_problem_has_its_source_its_place_and_the_other_places() {
    use miette::Diagnostic;
    let text =
        "[run]\ntimeout = \"1s\"\n[[critic]]\nname = \"a\"\nkind = \"echo\"\ntimeout = \"2s\"\n";
    let error = parse(text).unwrap_err();
    let related: Vec<_> = error.related().unwrap().collect();
    assert_eq!(related.len(), 1);
    let labels: Vec<_> = related[0].labels().unwrap().collect();
    let shown =
        |label: &miette::LabeledSpan| text[label.offset()..label.offset() + label.len()].to_owned();
    assert_eq!(labels.iter().map(shown).collect::<Vec<_>>(), ["\"2s\"", "\"1s\""]);
    assert_eq!(labels[1].label(), Some("at most this"));
    let source = related[0].source_code().unwrap();
    let contents = source.read_span(labels[0].inner(), 0, 0).unwrap();
    assert_eq!(contents.name(), Some("test.toml"));
    assert_eq!(error.file(), "test.toml");
    assert_eq!(error.problems()[0].labels()[0].text, "at most this");
}

#[test]
fn a_control_character_of_the_file_does_not_reach_the_terminal() {
    let error =
        parse("[[critic]]\nname = \"\\u001b[31m\"\nkind = \"\\u001b[31m\"\n\"\\u001bx\" = 1\n");
    assert!(!error.unwrap_err().to_string().contains('\u{1b}'));
}

#[test]
fn marks_of_direction_in_a_file_reorder_no_message() {
    let error =
        parse("[[critic]]\nname = \"\u{202e}a\u{2066}\u{200b}\"\nkind = \"echo\"\n").unwrap_err();
    let told = error.to_string();
    assert!(!told.contains(['\u{202e}', '\u{2066}', '\u{200b}']), "{told:?}");
}

/// Nothing but what is said to be refused is refused.
#[test]
fn odd_and_allowed_values_are_taken() {
    for text in [
        "C\ncost = -0.0\n",
        "C\ncost = 1e300\n",
        "C\ntimeout = \"100us\"\n",
        "C\nreview_at = \"never\"\nblock_at = \"never\"\n",
        "C\nretry = { attempts = 100, first_delay = \"1h\" }\n",
        "[stages.deep_analysis]\ntimeout = \"1s\"\nC\n",
        "[run]\nmax_queued_runs = 0\nmax_total_retries = 0\nC\n",
        "C\ndepends_on = []\n",
        "[run]\nretry_budget = { share = 0, floor = 0 }\nC\n",
        "[run.retry_budget]\nshare = 10\nfloor = 4294967295\nC\n",
        "[rates]\nC\nshares = []\n",
        "[rates.-0_a]\ntokens = 1\nper = \"1s\"\nC\n",
        "C\n[[critic]]\nname = \"b\"\nkind = \"echo\"\nenabled = false\nshares = [\"nowhere\"]\n",
        "C\nbreaker = { failure_rate = 1, window = \"24h\", min_calls = 4294967295, slow_after = \"2s\", slow_rate = 1 }\n",
        "[defaults]\ntimeout = \"5s\"\nC\nbreaker = { failure_rate = 1, window = \"1s\", min_calls = 1, slow_after = \"5s\", slow_rate = 1 }\n",
        "critic = [{ name = \"a\", kind = \"echo\" }]\n",
        "run.timeout = \"1s\"\nC\n",
        "C\npriority = 0x0a\n",
        "C\n[[critic]]\nname = \"b\"\nkind = \"echo\"\nenabled = false\nparams = { value = \"$NOWHERE\" }\n",
    ] {
        let (plain, _) = marked(text);
        parse(&plain).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    let (plain, _) = marked("[stages.deep_analysis]\ntimeout = \"1s\"\nC\n");
    let outline = parse(&plain).unwrap().build().unwrap().outline();
    assert_eq!(outline.timeout, Duration::from_secs(10));
}
