//! Screens as they must look, written by hand.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::json;

use super::super::lines;
use super::super::view::Asked;
use super::*;

/// A service with two stages and four critics, at work.
fn status() -> Status {
    let took = |count: u64| json!({"count": count, "p50_ms": 0.2, "p95_ms": 3.0, "p99_ms": 12.5});
    let room = |in_use: usize, limit: usize, waiting: usize| json!({"in_use": in_use, "limit": limit, "waiting": waiting});
    let status = json!({
        "tribunal_status": 1, "name": "support bot", "pid": 4711, "uptime_ms": 200_000,
        "plan": {"config_hash": "c815c82901", "generation": 2},
        "canary": {"ready": true},
        "runs": {
            "allowed": 900, "reviewed": 80, "blocked": 20, "overloaded": 3, "failed_open": 0,
            "room": {"in_use": 5, "limit": 8, "waiting": 2, "oldest_wait_ms": 40.0},
            "took": took(1_000),
            "per_second": {"last_second": 12.0, "last_minute": 5.5},
            "blocked_per_second": {"last_minute": 0.25},
        },
        "calls": room(6, 64, 0), "retries_left": 10, "log": {"written": 1_000, "lost": 0},
        "stages": [
            {"stage": "fast_critics", "took": took(1_000)},
            {"stage": "core_analysis", "calls": room(4, 4, 1), "took": took(998)},
        ],
        "critics": [
            {
                "critic": "secrets", "stage": "fast_critics", "mode": "enforce",
                "outcomes": {"success": 1_000}, "called_for_block": 4, "took": took(1_000),
            },
            {
                "critic": "judge", "stage": "core_analysis", "mode": "enforce",
                "outcomes": {"success": 290, "timeout": 7, "error": 3, "gated": 700},
                "calls": room(4, 4, 1), "took": {"count": 300, "p50_ms": 420.0, "p95_ms": 1_900.0},
                "breaker": {"state": "half_open", "opened": 2}, "tokens_left": 17, "retries": 6,
                "cost_spent": 1.25,
            },
            {
                "critic": "tone_watch", "stage": "core_analysis", "mode": "monitor",
                "outcomes": {"success": 1_000}, "took": took(1_000),
            },
            {"critic": "idle", "stage": "core_analysis", "mode": "enforce"},
        ],
        "blocks": [
            {"ago_ms": 5_000, "trace_id": "t-20", "decision": "01a2-77",
             "causes": [{"critic": "secrets", "code": "secret.key"}, {"critic": "judge", "failure": "timeout"}]},
            {"ago_ms": 90_000, "causes": [{"failure": "no_opinion"}]},
        ],
    });
    serde_json::from_value(status).unwrap()
}

fn view() -> View {
    View::new(status(), true)
}

fn screen_of(view: &View, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| screen(view, frame.area(), frame.buffer_mut())).unwrap();
    terminal.backend().buffer().clone()
}

fn drawn(view: &View, width: u16, height: u16) -> Vec<String> {
    lines(&screen_of(view, width, height)).lines().map(str::to_owned).collect()
}

fn press(view: &mut View, key: KeyCode, height: u16) -> Asked {
    let shown = critics_shown(view, height);
    view.press(KeyEvent::new(key, KeyModifiers::NONE), shown)
}

#[test]
fn it_fits_the_smallest_of_screens() {
    let expected = [
        "support bot · pid 4711 · up 3m 20s · config c815c829, generation 2 · ready",
        "runs 1000 · allow 900 · review 80 · block 20 · refused 3 · failed open 0",
        "last second 12/s · last minute 5.5/s · blocked 0.2/s · refused ?",
        "in flight 5 of 8 · waiting 2, the oldest 40ms · p50 200µs · p95 3.0ms · p99 12ms",
        "calls 6 of 64 · retries left 10 · log 1000, lost 0",
        "stage                              in flight waiting   runs    p50    p95    p99",
        "fast_critics                                           1000  200µs  3.0ms   12ms",
        "core_analysis                            4/4       1    998  200µs  3.0ms   12ms",
        "critic                     in  wait    ran failed  gated    p50    p95 breaker",
        "secrets                               1000                200µs  3.0ms",
        "judge                     4/4     1    300     10    700  420ms   1.9s half_open",
        "tone_watch (monitor)                  1000                200µs  3.0ms",
        "idle",
        "last blocks",
        "     5s ago  secrets secret.key, judge timeout  trace t-20  log 01a2-77",
        " 1m 30s ago  nobody no_opinion",
        "q quit  s sort: plan  p pause",
    ];
    let mut drawn = drawn(&view(), 80, 24);
    drawn.retain(|line| !line.is_empty());
    assert_eq!(drawn, expected);
}

#[test]
fn a_wide_one_has_more_columns() {
    let drawn = drawn(&view(), 160, 24);
    let of = |start: &str| drawn.iter().find(|line| line.starts_with(start)).unwrap().as_str();
    assert_eq!(
        of("critic"),
        "critic                 stage              in  wait    ran failed  gated   skip review  \
         block    p50    p95    p99 breaker   tokens  retry cached   spent   saved"
    );
    assert_eq!(
        of("judge"),
        "judge                  core_analysis     4/4     1    300     10    700                       \
         420ms   1.9s        half_open     17      6           1.25"
    );
}

#[test]
fn with_little_room_critics_and_blocks_share_what_there_is() {
    let mut view = view();
    let twelve = drawn(&view, 80, 12);
    assert_eq!(
        &twelve[8..10],
        [
            "critic                     in  wait    ran failed  gated    p50    p95 breaker",
            "secrets                               1000                200µs  3.0ms"
        ]
    );
    assert_eq!(twelve[10], "last blocks");
    assert_eq!(twelve[11], "q quit  s sort: plan  p pause  ↑↓ critics 1 to 1 of 4");
    for key in [KeyCode::Down, KeyCode::Down] {
        assert_eq!(press(&mut view, key, 12), Asked::Redraw);
    }
    let drawn = drawn(&view, 80, 12);
    assert!(drawn[9].starts_with("tone_watch"), "{drawn:?}");
    press(&mut view, KeyCode::End, 12);
    press(&mut view, KeyCode::Down, 12);
    assert_eq!(view.first, 3, "no further than to the last");
    for (width, height) in [(1, 1), (3, 2), (10, 5), (80, 1), (2, 40)] {
        screen_of(&view, width, height);
    }
}

#[test]
fn critics_are_sorted_by_what_was_asked_for() {
    let mut view = view();
    let mut orders = Vec::new();
    for _ in 0..7 {
        press(&mut view, KeyCode::Char('s'), 24);
        orders.push((view.order.as_str(), view.critics()[0].critic.clone()));
    }
    let expected = [
        ("busy", "judge"),
        ("slow", "judge"),
        ("failed", "judge"),
        ("ran", "secrets"),
        ("cost", "judge"),
        ("name", "idle"),
        ("plan", "secrets"),
    ];
    assert_eq!(orders, expected.map(|(order, first)| (order, first.to_owned())));
}

#[test]
fn a_picture_that_is_held_stays_and_then_goes_on_with_the_latest() {
    let mut view = view();
    press(&mut view, KeyCode::Char('p'), 24);
    let mut later = status();
    later.runs.blocked = 21;
    view.take(Ok(later));
    assert!(drawn(&view, 80, 24)[1].contains("block 20"));
    assert!(drawn(&view, 80, 24)[23].ends_with("PAUSED"));
    press(&mut view, KeyCode::Char('p'), 24);
    assert!(drawn(&view, 80, 24)[1].contains("block 21"));
}

#[test]
fn a_lost_connection_is_told_until_there_is_an_answer() {
    let mut view = view();
    view.take(Err(String::from("nobody answers")));
    assert_eq!(drawn(&view, 80, 24)[23], "nobody answers; asking again");
    view.take(Err(String::from("nobody answers")));
    assert_eq!(drawn(&view, 80, 24)[23], "nobody answers (2 times); asking again");
    assert!(drawn(&view, 80, 24)[0].starts_with("support bot"), "the last picture stays");
    view.take(Ok(status()));
    assert!(drawn(&view, 80, 24)[23].starts_with("q quit"));
}

#[test]
fn keys_end_it() {
    let mut view = view();
    assert_eq!(press(&mut view, KeyCode::Char('q'), 24), Asked::Quit);
    assert_eq!(press(&mut view, KeyCode::Esc, 24), Asked::Quit);
    assert_eq!(press(&mut view, KeyCode::Char('c'), 24), Asked::Nothing);
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(view.press(interrupt, 4), Asked::Quit);
}

/// `NO_COLOR`: <https://no-color.org>.
#[test]
fn there_are_colours_where_they_are_wanted_and_only_there() {
    let coloured = |colours: bool| {
        let mut view = View::new(status(), colours);
        view.take(Err(String::from("lost")));
        let screen = screen_of(&view, 80, 24);
        screen
            .content
            .iter()
            .filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
            .count()
    };
    assert!(coloured(true) > 50);
    assert_eq!(coloured(false), 0);
    let screen = screen_of(&view(), 80, 24);
    let half_open =
        screen.content.iter().find(|cell| cell.symbol() == "_" && cell.fg == Color::Yellow);
    assert!(half_open.is_some(), "a breaker that is not closed stands out");
}

/// Names, ids and codes may come from outside.
#[test]
fn nothing_that_is_told_steers_the_terminal() {
    let evil = "\u{1b}[2J\u{202e}x";
    let mut status = status();
    status.name = evil.into();
    status.stages[0].stage = evil.into();
    status.critics[0].critic = evil.into();
    status.blocks[0].trace_id = Some(evil.into());
    status.blocks[0].causes[0].code = Some(evil.into());
    let mut view = View::new(status, true);
    view.take(Err(evil.into()));
    let text = drawn(&view, 160, 30).join("");
    assert!(!text.chars().any(crate::safe::steers), "{text:?}");
    assert!(text.contains("\\u{1b}[2J"));
}

#[test]
fn printed_once_it_leaves_nothing_out() {
    let mut status = status();
    let critic = status.critics[0].clone();
    status.critics.extend(std::iter::repeat_n(critic, 100));
    let view = View::new(status, false);
    let area = Rect::new(0, 0, 100, whole_height(&view));
    let mut buffer = Buffer::empty(area);
    once(&view, area, &mut buffer);
    let text = lines(&buffer);
    assert_eq!(text.lines().filter(|line| line.starts_with("secrets ")).count(), 101);
    assert!(text.trim_end().ends_with("nobody no_opinion"), "{text}");
}
