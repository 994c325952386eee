//! What critics need together against what there is: told where runs cannot go, or go wrong for sure, and
//! nowhere else.

use tribunal_config::{Code, Level, Problem};

use super::{parse, parse_with};

/// Every problem of a text as `line:column code`, whether it is refused for them or not.
fn told(text: &str) -> Vec<String> {
    let shown = |problems: &[Problem]| {
        let each = problems.iter().map(|p| format!("{}:{} {}", p.line(), p.column(), p.code()));
        each.collect()
    };
    match parse(text) {
        Ok(pipeline) => shown(&pipeline.warnings),
        Err(error) => shown(error.problems()),
    }
}

fn warning(text: &str) -> String {
    let pipeline = parse(text).unwrap();
    assert_eq!(pipeline.warnings.len(), 1, "{:?}", pipeline.warnings);
    pipeline.warnings[0].message().to_owned()
}

/// A critic of that name with these keys.
fn critic(name: &str, keys: &str) -> String {
    format!("[[critic]]\nname = \"{name}\"\nkind = \"echo\"\n{keys}\n")
}

fn critics<const N: usize>(all: [(&str, &str); N]) -> String {
    all.iter().map(|(name, keys)| critic(name, keys)).collect()
}

#[test]
fn a_warning_keeps_nothing_from_being_loaded_and_comes_with_the_errors() {
    let fine =
        "[run]\nmax_cost = 1\n".to_owned() + &critics([("a", "cost = 0.6"), ("b", "cost = 0.6")]);
    let pipeline = parse(&fine).unwrap();
    let [warning] = pipeline.warnings.as_slice() else { panic!("{:?}", pipeline.warnings) };
    assert_eq!((warning.code(), warning.level()), (Code::CostsExceedBudget, Level::Warning));
    assert!(warning.on_one_line().starts_with("test.toml:2:12: warning[costs-exceed-budget]: "));
    pipeline.build().unwrap();

    let wrong = fine + "[critic.params]\nseverity = 2\n" + &critic("c", "cost = 0.6");
    assert_eq!(told(&wrong), ["2:12 costs-exceed-budget", "12:12 out-of-range"]);
}

#[test]
fn a_chain_of_critics_must_fit_into_its_stage() {
    let chain = |limits: &str, second: &str| {
        let all = [
            ("a", "timeout = \"1s\""),
            ("b", "timeout = \"1s\"\ndepends_on = [\"a\"]"),
            ("c", second),
        ];
        format!("{limits}\n{}", critics(all))
    };
    let of_stage = "[stages.core_analysis]\ntimeout = \"2500ms\"";
    let third = "timeout = \"1s\"\ndepends_on = [\"a\", \"b\"]";
    assert_eq!(told(&chain(of_stage, third)), ["15:11 chain-too-long"]);
    assert_eq!(
        warning(&chain(of_stage, third)),
        "`a -> b -> c` may take 1s + 1s + 1s = 3s, and the stage `core_analysis` has 2500ms"
    );
    // The run's limit counts where the stage has none.
    assert_eq!(
        warning(&chain("[run]\ntimeout = \"2s\"", third)),
        "`a -> b -> c` may take 1s + 1s + 1s = 3s, and the run has 2s"
    );
    for fits in [
        chain("[stages.core_analysis]\ntimeout = \"3s\"", third),
        // Not one after the other.
        chain(of_stage, "timeout = \"1s\"\ndepends_on = [\"a\"]"),
        // A later stage has time of its own.
        chain(of_stage, &format!("{third}\nstage = \"deep_analysis\"")),
        // The run's timeout cannot be read.
        chain(of_stage, "timeout = \"100ms\"\ndepends_on = [\"b\"]"),
    ] {
        assert_eq!(told(&fits), [] as [&str; 0], "{fits}");
    }
    let unreadable = chain("[run]\ntimeout = 2", "timeout = \"11s\"\ndepends_on = [\"b\"]");
    assert_eq!(told(&unreadable), ["2:11 wrong-type"]);
}

#[test]
fn stages_with_times_of_their_own_must_fit_into_the_run() {
    let of = |run: &str, deep: &str| {
        format!(
            "{run}\n[stages.core_analysis]\ntimeout = \"3s\"\n{}",
            critics([("a", "timeout = \"3s\""), ("b", deep)])
        )
    };
    let deep = "stage = \"deep_analysis\"\ntimeout = \"3s\"";
    let run = "[run]\ntimeout = \"5s\"";
    assert_eq!(told(&of(run, deep)), ["2:11 stages-exceed-run"]);
    assert_eq!(warning(&of(run, deep)), "the stages may take 3s + 3s = 6s, and the run has 5s");
    for fits in [
        of("[run]\ntimeout = \"6s\"", deep),
        // Nobody wrote that it may take 2s.
        of("[run]\ntimeout = \"4s\"", "stage = \"deep_analysis\""),
        of(run, "timeout = \"3s\""),
        // A stage without critics takes no time.
        of("[stages.deep_analysis]\ntimeout = \"9s\"", "timeout = \"3s\""),
        // A stage that may take longer than its critics do.
        format!(
            "[stages.core_analysis]\ntimeout = \"10s\"\n{}",
            critics([("a", "timeout = \"1s\""), ("b", deep)])
        ),
    ] {
        assert_eq!(told(&fits), [] as [&str; 0], "{fits}");
    }
}

#[test]
fn what_never_fits_the_budget_is_refused_and_what_may_not_is_told() {
    let of = |most: &str, a: &str, b: &str| {
        format!("[run]\nmax_cost = {most}\n{}", critics([("a", a), ("b", b)]))
    };
    assert_eq!(
        told(&of("1", "cost = 1.5", "cost = 2")),
        ["6:8 cost-exceeds-budget", "10:8 cost-exceeds-budget"]
    );
    assert_eq!(told(&of("0", "cost = 0.1", "")), ["6:8 cost-exceeds-budget"]);
    assert_eq!(told(&of("0.3", "cost = 0.2", "cost = 0.2")), ["2:12 costs-exceed-budget"]);
    assert_eq!(
        warning(&of("0.3", "cost = 0.2", "cost = 0.2\nphases = [\"output\"]")),
        "`a` and `b` run whatever happens and cost 0.4 together in the phase `output`, and a run may cost 0.3"
    );
    for fits in [
        of("0.3", "cost = 0.1", "cost = 0.2"),
        of("0.3", "cost = 0.2", "cost = 0.2\nmode = \"monitor\""),
        of("0.3", "cost = 0.2", "cost = 0.2\npolicy = \"on_violation\"\npriority = 9"),
        of("0.3", "cost = 0.2\nphases = [\"input\"]", "cost = 0.2\nphases = [\"output\"]"),
        of("0", "cost = 0.0", ""),
    ] {
        assert_eq!(told(&fits), [] as [&str; 0], "{fits}");
    }
    // One that depends on a gated critic may be skipped.
    let gated = of("0.3", "policy = \"on_high_risk\"", "cost = 0.2\ndepends_on = [\"a\"]");
    assert_eq!(told(&(gated + &critic("c", "cost = 0.2"))), [] as [&str; 0]);
}

#[test]
fn a_rate_that_keeps_runs_waiting_for_sure_is_told() {
    let shared = |rate: &str, keys: &str| {
        let share = "shares = [\"provider\"]\n".to_owned() + keys;
        format!("[rates.provider]\n{rate}\n{}", critics([("a", &share), ("b", &share)]))
    };
    let one = "tokens = 1\nper = \"1m\"";
    assert_eq!(told(&shared(one, "")), ["2:10 rate-starves-stage"]);
    assert_eq!(
        warning(&shared(one, "")),
        "`rates.provider` has 1 token in the 10s that there are, and every run of the phase `input` takes 2"
    );
    // With a burst for one run there is none for the next.
    assert!(warning(&shared("tokens = 2\nper = \"1m\"", "")).contains("a token every 30s"));
    for fits in [
        shared("tokens = 2\nper = \"10s\"", ""),
        shared(one, "mode = \"monitor\""),
        shared(one, "policy = \"on_high_risk\""),
        shared(one, "") + "[cache]\n",
    ] {
        assert_eq!(told(&fits), [] as [&str; 0], "{fits}");
    }
    // Each phase has one of them, and that one gets its token every 5s.
    let apart = "[rates.provider]\ntokens = 1\nper = \"5s\"\n".to_owned()
        + &critics([
            ("a", "shares = [\"provider\"]\nphases = [\"input\"]"),
            ("b", "shares = [\"provider\"]\nphases = [\"output\"]"),
        ]);
    assert_eq!(told(&apart), [] as [&str; 0]);
}

#[test]
fn a_rate_is_held_against_the_runs_that_the_file_allows() {
    let of = |run: &str, keys: &str| {
        format!(
            "{run}\n{}",
            critic("a", &format!("rate = {{ tokens = 10, per = \"1s\" }}\n{keys}"))
        )
    };
    // 10 at once and 10 a second for 10s.
    assert_eq!(told(&of("[run]\nmax_runs = 111", "")), ["6:19 rate-starves-stage"]);
    assert_eq!(
        warning(&of("[run]\nmax_runs = 111", "")),
        "`rate` has 110 tokens in the 10s that there are, and 111 runs at a time take 111"
    );
    for fits in [
        of("[run]\nmax_runs = 110", ""),
        // Nobody asked for the 1024 runs that are the default.
        of("", ""),
        of("[run]\nmax_runs = 1000", "policy = \"on_high_risk\""),
    ] {
        assert_eq!(told(&fits), [] as [&str; 0], "{fits}");
    }
    let short = of("[run]\nmax_runs = 31\n[stages.core_analysis]\ntimeout = \"2s\"", "");
    assert_eq!(told(&short), ["8:19 rate-starves-stage"]);
}

#[test]
fn a_pattern_is_told_where_it_breaks() {
    let rule = |written: &str| {
        format!(
            "[[critic]]\nname = \"a\"\nkind = \"pattern\"\n[[critic.params.rules]]\nname = \"x\"\npattern = {written}\n"
        )
    };
    for (written, place) in [
        (r"'ab(c'", "6:14"),
        (r#""ab(c""#, "6:14"),
        (r#""\u00e4\t\\d[z-a]""#, "6:24"),
        (r"'ä{2,1}'", "6:13"),
        ("\"\"\"\nab(c\"\"\"", "7:3"),
        ("'''\nab\n(c'''", "8:1"),
    ] {
        let problems = told(&rule(written));
        assert_eq!(problems, [format!("{place} invalid-pattern")], "{written}");
    }
    // What is looked for as it is written breaks nowhere.
    assert_eq!(told(&(rule("'ab(c'") + "literal = true\n")), [] as [&str; 0]);
    let schema = critic("a", "validation.schema.properties.value.pattern = 'x[b-a]'");
    assert_eq!(told(&schema), ["4:49 invalid-pattern"]);
    let when =
        critic("a", "policy = \"conditional\"\nwhen = '''snapshot.input_text.matches(\"a(\")'''");
    assert_eq!(told(&when), ["5:41 invalid-pattern"]);
    let escaped = critic(
        "a",
        "policy = \"conditional\"\nwhen = '''snapshot.input_text.matches(\"\\\\d(\")'''",
    );
    assert_eq!(told(&escaped), ["5:39 invalid-pattern"]);
}

/// Rule 20: where in a secret it breaks says something of it.
#[test]
fn a_pattern_that_a_reference_brought_in_is_told_as_a_whole() {
    let text =
        "[[critic]]\nname = \"a\"\nkind = \"secrets\"\nparams.allow = [\"ok\", \"$SECRET\"]\n";
    let error = parse_with(text, &|_| Some("hunter2(".into())).unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    assert_eq!(
        (problem.code(), problem.column(), problem.found().as_str()),
        (Code::InvalidPattern, 23, "\"$SECRET\"")
    );
    assert!(!error.to_string().contains("hunter2") && !error.to_string().contains("unclosed"));
}
