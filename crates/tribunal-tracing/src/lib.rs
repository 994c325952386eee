//! Runs as events of [`tracing`], for processes that have a subscriber already.
//!
//! [`RunEvents`] is an observer. When a run is over it tells of it in the span that its caller is in, so that it stands
//! beside whatever else the request did: an event `tribunal::run` (info), and for each critic one `tribunal::critic`: warn for
//! a failure, else debug. A run that was refused is a warning. Nothing private is in them: no text of a snapshot, and nothing
//! that a critic put into words. Where nobody listens it costs a few instructions.
//!
//! For traces with spans of stages, critics and attempts there is `tribunal-trace`, which needs no subscriber.
//!
//! ```
//! use tribunal_core::{Observer, RunEvent};
//! use tribunal_tracing::RunEvents;
//!
//! // ProductionOrchestrator::builder().observer(RunEvents)
//! fn is_observer(_: impl Observer) {}
//! is_observer(RunEvents);
//! ```

use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing::{debug, info, warn};
use tribunal_core::{
    CriticInfo, Interest, Observer, Outcome, Reason, Refusal, Report, RunEvent, Verdict,
};

/// Tells of each run when it is over.
#[derive(Debug, Clone, Copy, Default)]
pub struct RunEvents;

impl Observer for RunEvents {
    fn on_event(&self, event: RunEvent<'_>) {
        match event {
            RunEvent::RunFinished { report, .. } => finished(report),
            RunEvent::Refused { why, after, .. } => refused(why, after),
            _ => {}
        }
    }

    /// Reports alone: with nothing else to tell, a run goes its fastest way.
    fn interest(&self) -> Interest {
        Interest::Runs
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn finished(report: &Report) {
    // Nobody listens, or not to that much.
    if LevelFilter::current() < LevelFilter::WARN {
        return;
    }
    for (info, outcome) in report.outcomes() {
        critic(info, outcome);
    }
    info!(
        target: "tribunal::run",
        verdict = report.verdict.as_str(),
        let_pass = report.let_pass.len(),
        elapsed_ms = millis(report.elapsed),
        queued_ms = millis(report.queued),
        cost_spent = report.cost_spent,
        cost_saved = report.cost_saved,
        config_hash = %report.config_hash,
        "run finished"
    );
}

fn critic(info: &CriticInfo, outcome: &Outcome) {
    let status = outcome.status.as_str();
    let reason = outcome.reason.as_ref().map(Reason::kind);
    let calls_for = outcome.calls_for.map(Verdict::as_str);
    if outcome.is_failure() {
        warn!(
            target: "tribunal::critic",
            critic = info.name.as_str(),
            mode = info.mode.as_str(),
            status,
            reason,
            calls_for,
            attempts = outcome.attempts,
            execution_ms = millis(outcome.execution()),
            "critic gave no opinion"
        );
        return;
    }
    debug!(
        target: "tribunal::critic",
        critic = info.name.as_str(),
        mode = info.mode.as_str(),
        status,
        reason,
        calls_for,
        source = outcome.source.as_str(),
        severity = outcome.opinion.as_ref().map(tribunal_core::Opinion::worst_severity),
        violations = outcome.opinion.as_ref().map(|opinion| opinion.violations.len()),
        attempts = outcome.attempts,
        queued_ms = millis(outcome.queued()),
        execution_ms = millis(outcome.execution()),
        cost = outcome.cost,
        "critic finished"
    );
}

fn refused(why: Refusal, after: Duration) {
    warn!(
        target: "tribunal::run",
        refused = why.as_str(),
        elapsed_ms = millis(after),
        "run refused"
    );
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing::Level;
    use tracing_subscriber::fmt::MakeWriter;
    use tribunal_core::{
        ConfigHash, CriticName, Failure, FailureKind, Opinion, RunTimings, Snapshot, Violation,
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Written {
        type Writer = Self;
        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    fn report() -> Report {
        let critics = ["bad", "broken"].map(|name| CriticInfo::new(CriticName::new(name).unwrap()));
        let failure = Failure::new(FailureKind::Transient, "private words");
        let opinion = Opinion::objection(Violation::new("private.code", "private", 0.9));
        let mut bad = Outcome::success(opinion);
        bad.calls_for = Some(Verdict::Block);
        let outcomes = vec![bad, Outcome::without(Reason::Failed(failure))];
        let timings = RunTimings::default();
        Report::new(None, critics.into(), outcomes.into(), timings, ConfigHash::default())
    }

    fn told(level: Level) -> String {
        let written = Written::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_writer(written.clone())
            .with_ansi(false)
            .without_time()
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let (report, snapshot) = (report(), Snapshot::of_input("private input"));
            RunEvents.on_event(RunEvent::RunFinished { report: &report, snapshot: &snapshot });
            let after = Duration::from_millis(5);
            let why = Refusal::Overloaded;
            RunEvents.on_event(RunEvent::Refused { why, after, snapshot: &snapshot });
        });
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_run_is_an_event_and_so_is_each_critic() {
        let all = told(Level::TRACE);
        let lines: Vec<&str> = all.lines().collect();
        let [bad, broken, run, refused] = lines[..] else { panic!("{all}") };
        for (line, parts) in [
            (
                bad,
                &["DEBUG tribunal::critic: critic finished", "critic=\"bad\"", "severity=0.9"][..],
            ),
            (broken, &["WARN tribunal::critic: critic gave no opinion", "reason=\"transient\""]),
            (run, &["INFO tribunal::run: run finished", "verdict=\"block\""]),
            (refused, &["WARN tribunal::run: run refused", "refused=\"overloaded\""]),
        ] {
            assert!(parts.iter().all(|part| line.contains(part)), "{line}");
        }
        assert!(!all.contains("private"), "{all}");
    }

    #[test]
    fn a_subscriber_hears_what_it_asks_for() {
        assert_eq!(told(Level::INFO).lines().count(), 3);
        assert_eq!(told(Level::WARN).lines().count(), 2);
        assert_eq!(told(Level::ERROR), "");
    }
}
