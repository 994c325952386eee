//! Pages as a whole: well formed whatever is on them, bounded, and without what they must not show.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "here to fail a test")]

use serde_json::{Value, json};
use tribunal_picture::{Album, Plan, Run, Texts};

/// Every tag that is opened is closed, in order; what is wrong otherwise.
fn well_formed(page: &str) -> Result<(), String> {
    let body = page.split_once("</style>").ok_or("no style")?.1;
    let mut open: Vec<&str> = vec!["html", "head"];
    let mut rest = body;
    while let Some((text, tag)) = rest.split_once('<') {
        if text.contains('>') {
            return Err(format!("a bare `>` in {text:?}"));
        }
        let (tag, after) = tag.split_once('>').ok_or("a tag without an end")?;
        rest = after;
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if tag.matches('"').count() % 2 == 1 {
            return Err(format!("quotes in <{tag}>"));
        }
        if tag.starts_with('/') {
            let last = open.pop();
            if last != Some(name) {
                return Err(format!("</{name}> closes {last:?}"));
            }
        } else if !tag.ends_with('/') && name != "br" {
            open.push(name);
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("left open: {open:?}")) }
}

const HOSTILE: &str = "</script></pre></svg><img src=x onerror=alert(1)>\"' onload='x' \u{202e}\u{0}\u{1b}[2J &amp; ]]>";

fn outcome(name: &str, extra: Value) -> Value {
    let mut outcome = json!({"critic": name, "stage": "fast_critics", "status": "success",
        "calls_for": "allow", "attempts": 1, "begun_ms": 0.5, "execution_ms": 1.0, "cost": 0.1});
    for (key, value) in extra.as_object().unwrap() {
        outcome[key] = value.clone();
    }
    outcome
}

fn run(verdict: &str, outcomes: Vec<Value>) -> Run {
    let stages = json!([{"stage": "fast_critics", "elapsed_ms": 2.0}]);
    let json = json!({"id": "x", "verdict": verdict, "elapsed_ms": 3.0, "stages": stages,
        "outcomes": outcomes});
    Run::of(json).unwrap()
}

fn hostile() -> Run {
    let violation = json!({"code": HOSTILE, "message": HOSTILE, "severity": 1.0,
        "span": {"field": "/input_text", "start": 0, "end": 4, "label": HOSTILE, "replacement": HOSTILE}});
    let mut json = json!({"id": HOSTILE, "trace_id": HOSTILE, "input": HOSTILE, "line": 1, "verdict": HOSTILE,
        "config_hash": HOSTILE, "elapsed_ms": 1.0, "let_pass": [HOSTILE],
        "causes": [{"critic": HOSTILE, "severity": 0.5, "codes": [HOSTILE]}, {"critic": HOSTILE, "kind": HOSTILE}],
        "stages": [{"stage": HOSTILE, "elapsed_ms": 1.0}]});
    json["outcomes"] = json!([
        {"critic": HOSTILE, "stage": HOSTILE, "status": HOSTILE, "calls_for": HOSTILE, "source": HOSTILE, "begun_ms": 0.0,
         "attempts": 2, "calls": [{"end": HOSTILE}, {"end": "success", "hedge": true}], "opinion": {"violations": [violation]}},
        {"critic": "b", "stage": HOSTILE, "status": "error", "begun_ms": 0.1,
         "reason": {"kind": HOSTILE, "text": HOSTILE}}]);
    Run::of(json).unwrap()
}

#[test]
fn a_page_is_well_formed_whatever_is_on_it() {
    let plan = || {
        let critic =
            json!({"name": HOSTILE, "policy": HOSTILE, "sees": [HOSTILE], "timeout_ms": 0.1});
        Plan::of(
            json!({"timeout_ms": 0.5, "stages": [{"stage": HOSTILE, "timeout_ms": 0.2, "critics": [critic]}]}),
        )
    };
    for count in [1, 3] {
        for texts in [Texts::None, Texts::Redacted, Texts::Raw] {
            let mut album = Album::new(HOSTILE, texts).plan(plan());
            for _ in 0..count {
                album.add(hostile(), Some(json!({"input_text": HOSTILE})));
            }
            let page = album.html();
            well_formed(&page).unwrap();
            assert!(!page.contains("<img") && !page.contains("<script"), "markup from outside");
            assert!(!page.contains(['\u{202e}', '\u{0}', '\u{1b}']), "what steers a reader");
        }
    }
    well_formed(&Album::new("nothing", Texts::Raw).html()).unwrap();
}

/// Nothing is fetched, nothing runs.
#[test]
fn a_page_needs_nothing_else() {
    let mut album = Album::new("x", Texts::Raw);
    album.add(hostile(), None);
    let page = album.html();
    assert!(page.contains("default-src 'none'"));
    for part in ["http://", "https://", "<script", "<link", "@import", "url(", "<iframe"] {
        assert!(!page.contains(part), "{part}");
    }
}

#[test]
fn numbers_that_are_none_break_nothing() {
    let odd = [-1.0, 0.0, 1e-12, 1e12, f64::MAX];
    for elapsed in odd {
        for begun in odd {
            let call = json!({"begun_ms": begun, "took_ms": elapsed, "end": "success"});
            let outcome =
                outcome("a", json!({"begun_ms": begun, "execution_ms": elapsed, "calls": [call]}));
            let json = json!({"verdict": "allow", "elapsed_ms": elapsed, "outcomes": [outcome],
                "stages": [{"stage": "fast_critics", "elapsed_ms": elapsed}]});
            let mut album = Album::new("odd", Texts::None);
            album.add(Run::of(json).unwrap(), None);
            let page = album.html();
            well_formed(&page).unwrap();
            assert!(!page.contains("NaN") && !page.contains("\"inf"), "{elapsed} {begun}");
        }
    }
}

/// A critic earns its place by the runs that would have been milder without it.
#[test]
fn only_the_one_critic_that_called_for_a_verdict_is_told_to_have_caught_it() {
    let mut album = Album::new("x", Texts::None);
    let calls = |name, verdict: &str| outcome(name, json!({"calls_for": verdict}));
    album.add(run("block", vec![calls("a", "block"), calls("b", "review")]), None);
    album.add(run("block", vec![calls("a", "block"), calls("b", "block")]), None);
    album.add(run("allow", vec![calls("a", "allow"), calls("b", "allow")]), None);
    let watched = outcome("a", json!({"calls_for": "block", "mode": "monitor"}));
    album.add(run("review", vec![watched, calls("b", "review")]), None);
    let page = album.html();
    let row = |name: &str| {
        let row = page.split(&format!("<th scope=\"row\">{name}")).nth(1).unwrap();
        let cells: Vec<&str> = row.split("</tr>").next().unwrap().split("<td").collect();
        cells[7].split_once('>').unwrap().1.split('<').next().unwrap().to_owned()
    };
    assert_eq!((row("a"), row("b")), ("1".into(), "1".into()));
}

/// However many there are, the page is bounded, and the worst are on it.
#[test]
fn of_many_runs_the_worst_are_drawn_and_the_rest_is_counted() {
    let mut album = Album::new("many", Texts::None);
    for number in 0..5_000_u32 {
        let verdict = if number == 1_234 { "block" } else { "allow" };
        let json = json!({"id": number, "verdict": verdict, "elapsed_ms": 1.0, "outcomes": [outcome("a", json!({}))]});
        album.add(Run::of(json).unwrap(), None);
    }
    let page = album.html();
    assert!(page.len() < 400_000, "{} bytes", page.len());
    assert!(page.contains("<b>1234</b>") && page.contains("50 of 5000"));
    assert!(page.contains("<b>block</b> 1"));
}
