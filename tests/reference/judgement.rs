//! The verdict alone, in `tribunal_core`, over every set of outcomes that up to four critics may have.

use tribunal_core::{
    Cause, CriticInfo, CriticName, Failure, FailureKind, FailureMode, Gated, Judgement, Mode,
    Opinion, Outcome, Reason, Skipped, Source, Thresholds, Verdict, Violation, calls_for,
};

const MODES: [FailureMode; 3] = [FailureMode::Allow, FailureMode::Review, FailureMode::Block];

/// What a critic's outcome may be, and with which severity, if any; and whether it is a failure.
fn outcomes() -> [(Outcome, Option<f64>, bool); 8] {
    let name = CriticName::new("other").unwrap();
    let says = |severity| Outcome::success(Opinion::clean().severity(severity));
    let objects = Outcome::success(Opinion::objection(Violation::new("x", "x", 0.8)));
    let skipped = |gated| Skipped::Dependency { name: name.clone(), gated };
    let failure = Failure::new(FailureKind::Panic, "");
    [
        (says(0.0), Some(0.0), false),
        (says(0.4), Some(0.4), false),
        (objects, Some(0.8), false),
        (Outcome::without(Reason::Failed(failure)), None, true),
        (Outcome::without(Reason::Invalid(Vec::new())), None, true),
        (Outcome::without(Reason::Skipped(skipped(false))), None, true),
        (Outcome::without(Reason::Skipped(skipped(true))), None, false),
        (Outcome::without(Reason::Gated(Gated::NoViolation)), None, false),
    ]
}

/// A critic with its outcome, and what the rules make of it.
struct Seat {
    info: CriticInfo,
    outcome: Outcome,
    called: Option<Verdict>,
    spoke: bool,
    let_pass: bool,
}

/// Everything that one critic may be and may have come to, under some thresholds.
fn seats(review_at: Option<f64>, block_at: Option<f64>) -> Vec<Seat> {
    let mut seats = Vec::new();
    for failure_mode in MODES {
        for (mut outcome, severity, failed) in outcomes() {
            let mut info = CriticInfo::new(CriticName::new(&format!("c{}", seats.len())).unwrap());
            info.failure_mode = failure_mode;
            info.thresholds = Thresholds::new(review_at, block_at).unwrap();
            let reaches = |at: Option<f64>| severity >= at && at.is_some();
            let called = match severity {
                Some(_) if reaches(block_at) => Some(Verdict::Block),
                Some(_) if reaches(review_at) => Some(Verdict::Review),
                Some(_) => Some(Verdict::Allow),
                None if failed => Some(failure_mode.verdict()),
                None => None,
            };
            assert_eq!(calls_for(&info, &outcome), called, "{info:?} {outcome:?}");
            outcome.calls_for = called;
            let let_pass = failed && failure_mode == FailureMode::Allow;
            seats.push(Seat { info, outcome, called, spoke: severity.is_some(), let_pass });
        }
    }
    seats
}

fn check(bench: &[&Seat]) {
    let judgement = Judgement::of(bench.iter().map(|seat| (&seat.info, &seat.outcome)));
    let votes = || bench.iter().filter(|seat| seat.info.mode == Mode::Enforce);
    let highest = votes().filter_map(|seat| seat.called).max().unwrap_or(Verdict::Allow);
    let unheard = !votes().any(|seat| seat.spoke);
    let expected = if unheard { highest.max(Verdict::Review) } else { highest };
    let culprits = votes().filter(|seat| highest > Verdict::Allow && seat.called == Some(highest));
    let nobody = (unheard && highest == Verdict::Allow).then_some(None);
    let causes = culprits.map(|seat| Some(&seat.info.name)).chain(nobody);
    let let_pass = votes().filter(|seat| seat.let_pass).map(|seat| &seat.info.name);
    let fits = judgement.verdict == expected
        && judgement.causes.iter().map(Cause::critic).eq(causes)
        && judgement.let_pass.iter().eq(let_pass);
    assert!(
        fits,
        "{judgement:?} of {:?}",
        bench.iter().map(|seat| &seat.outcome).collect::<Vec<_>>()
    );
}

/// Every bench of exactly so many seats.
fn benches<'s>(seats: &'s [Seat], count: usize, bench: &mut Vec<&'s Seat>) -> u64 {
    if bench.len() == count {
        check(bench);
        return 1;
    }
    let mut tried = 0;
    for seat in seats {
        bench.push(seat);
        tried += benches(seats, count, bench);
        bench.pop();
    }
    tried
}

/// G6, rules 14 and 16: up to four critics, eight outcomes, three failure modes, all kinds of thresholds.
#[test]
fn every_bench_of_up_to_four_critics_is_judged_by_the_rules() {
    let mut tried = 0;
    for (review_at, block_at) in
        [(Some(0.4), Some(0.8)), (Some(0.4), None), (None, Some(0.4)), (None, None)]
    {
        let seats = seats(review_at, block_at);
        tried += (0..=4).map(|count| benches(&seats, count, &mut Vec::new())).sum::<u64>();
    }
    assert_eq!(tried, 4 * (1 + 24 + 24 * 24 + 24 * 24 * 24 + 24 * 24 * 24 * 24));
}

/// Rules 14 and 19: the same with monitored critics, and with opinions from hooks, among up to three.
#[test]
fn every_bench_with_monitored_critics_and_fallbacks_is_judged_by_the_rules() {
    let mut all = seats(Some(0.4), Some(0.8));
    for severity in [0.0, 0.8] {
        for mut seat in seats(Some(0.4), Some(0.8)) {
            if seat.spoke && seat.outcome.opinion.as_ref().unwrap().worst_severity() == severity {
                seat.outcome.source = Source::Fallback;
                seat.let_pass = true;
                all.push(seat);
            }
        }
    }
    for mut seat in seats(Some(0.4), Some(0.8)) {
        seat.info.mode = Mode::Monitor;
        all.push(seat);
    }
    let tried: u64 = (0..=3).map(|count| benches(&all, count, &mut Vec::new())).sum();
    assert!(tried > 150_000, "{tried}");
}
