//! Reports, logs in a folder, and what stands in them.

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tribunal_core::{
    CallEnd, CallTiming, ConfigHash, CriticInfo, CriticName, Failure, FailureKind, Gated, Mode,
    Opinion, Origin, Outcome, Pointer, Reason, Report, RunTimings, Skipped, Span, Stage,
    StageTiming, StageTimings, TimeoutLevel, Violation, calls_for,
};
use tribunal_log::{
    Chain, Decision, DecisionLog, Entry, FileSink, Lines, Sync, Verified, Verifier, files_of,
    verify,
};

pub(crate) const SOON: Duration = Duration::from_secs(20);

pub(crate) fn name(name: &str) -> CriticName {
    CriticName::new(name).unwrap()
}

/// What a critic of each kind comes to.
fn all_sorts() -> Vec<(CriticInfo, Outcome)> {
    let span = Span::new(Pointer::input_text(), 0..4, "email").replaced_by("[email]");
    let opinion = Opinion::objection(Violation::new("pii.email", "an address", 0.9).at(span))
        .violation(Violation::new("pii.email", "an address", 0.5))
        .violation(Violation::new("pii.\"odd\"\n", "odd", 0.5))
        .score(0.75)
        .uncertainty(0.25);
    let mut found = Outcome::success(opinion);
    (found.attempts, found.hedges, found.cost) = (2, 1, 0.001);
    found.begin_at(Duration::from_micros(250));
    let call = |begun, end| {
        CallTiming::new(Duration::from_millis(begun), Duration::from_micros(15_500), end)
    };
    found.set_calls(vec![call(1, CallEnd::Transient), call(17, CallEnd::Success).hedge()]);
    found.took(Duration::from_micros(1_250), Duration::from_millis(30));
    let others = [
        ("gated", Reason::Gated(Gated::UncertaintyBelow { highest: 0.25, threshold: 0.7 })),
        ("behind", Reason::Skipped(Skipped::Dependency { name: name("gated"), gated: true })),
        ("dear", Reason::Skipped(Skipped::OverBudget)),
        ("slow", Reason::Timeout(TimeoutLevel::Stage)),
        ("broken", Reason::Failed(Failure::new(FailureKind::Transient, "private words"))),
        ("limited", Reason::RateLimited { wait: Duration::from_secs(3) }),
    ];
    let mut all = vec![(CriticInfo::new(name("pii")), found)];
    all.push((CriticInfo::new(name("fine")), Outcome::success(Opinion::clean())));
    all.extend(
        others.map(|(critic, reason)| (CriticInfo::new(name(critic)), Outcome::without(reason))),
    );
    all[1].0.mode = Mode::Monitor;
    all[2].0.stage = Stage::DeepAnalysis;
    all[3].0.origin = Origin::told_by(ConfigHash([7; 16]));
    all
}

static CRITICS: LazyLock<Arc<[CriticInfo]>> =
    LazyLock::new(|| all_sorts().into_iter().map(|(critic, _)| critic).collect());

/// A report with an outcome of every kind.
pub(crate) fn report(trace_id: &str) -> Report {
    let outcomes = all_sorts().into_iter().map(|(critic, mut outcome)| {
        outcome.calls_for = calls_for(&critic, &outcome);
        outcome
    });
    let mut timings =
        RunTimings { elapsed: Duration::from_micros(31_700), ..RunTimings::default() };
    let mut stages = StageTimings::default();
    stages.push(StageTiming { stage: Stage::CoreAnalysis, elapsed: Duration::from_millis(31) });
    timings.stages = stages;
    let critics = Arc::clone(&CRITICS);
    Report::new(Some(trace_id.into()), critics, outcomes.collect(), timings, ConfigHash([9; 16]))
}

/// A report of one critic that has nothing to object to.
pub(crate) fn small(trace_id: &str) -> Report {
    static ONE: LazyLock<Arc<[CriticInfo]>> =
        LazyLock::new(|| vec![CriticInfo::new(name("fine"))].into());
    let outcomes = vec![Outcome::success(Opinion::clean())];
    let timings = RunTimings::default();
    Report::new(
        Some(trace_id.into()),
        Arc::clone(&ONE),
        outcomes.into(),
        timings,
        ConfigHash([9; 16]),
    )
}

pub(crate) fn start(path: &Path) -> DecisionLog {
    DecisionLog::builder().start(FileSink::new(path).keep(None).sync(Sync::Never)).unwrap()
}

/// Records reports named from `from` on, closes the log, and gives what stands in its file.
pub(crate) fn written(path: &Path, from: usize, count: usize) -> Vec<u8> {
    let log = start(path);
    for index in from..from + count {
        log.record(&small(&format!("t{index}")), None, None).unwrap();
    }
    assert!(log.close(SOON).in_time);
    std::fs::read(path).unwrap()
}

pub(crate) fn verified(path: &Path) -> Verified {
    verify(&files_of(path).unwrap(), Verifier::new(Chain::default(), None)).unwrap()
}

/// What the lines of some bytes come to.
pub(crate) fn verified_bytes(bytes: &[u8], mut verifier: Verifier) -> Verified {
    let mut lines = Lines::new(bytes);
    while let Some(line) = lines.next().unwrap() {
        verifier.line(line);
    }
    verifier.finish()
}

pub(crate) fn entries(path: &Path) -> Vec<Entry> {
    let mut entries = Vec::new();
    for file in files_of(path).unwrap() {
        let mut lines = Lines::of(&file).unwrap();
        while let Some(line) = lines.next().unwrap() {
            entries.extend(line.entry());
        }
    }
    entries
}

pub(crate) fn decisions(path: &Path) -> Vec<Decision> {
    let decision = |entry| match entry {
        Entry::Decision(decision) => Some(*decision),
        _ => None,
    };
    entries(path).into_iter().filter_map(decision).collect()
}

/// The trace ids in the order of the lines.
pub(crate) fn traces(path: &Path) -> Vec<String> {
    decisions(path).into_iter().filter_map(|decision| decision.trace_id).collect()
}
