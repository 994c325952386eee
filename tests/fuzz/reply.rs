//! A critic's reply: no number out of range reaches a verdict, by whichever engine, and no failure passes unnamed.

use futures_util::FutureExt as _;
use serde_json::Value;
use tribunal_core::{
    Answer, CriticInfo, CriticName, FailureMode, Mode, Opinion, Pointer, Report, Snapshot, Span,
    Status, Verdict, Violation, critic_fn,
};
use tribunal_production::{CriticSpec, ProductionOrchestrator, Validation};
use tribunal_v2::OrchestratorV2;

/// Bytes as the parts of an opinion; when there are none left, it is all zeros.
struct Parts<'b>(&'b [u8]);

impl Parts<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Any float there is; what lies near a threshold is more likely than by chance.
    fn number(&mut self) -> f64 {
        const NEAR: [f64; 12] = [
            0.0,
            -0.0,
            0.4,
            0.8,
            1.0,
            1.000_000_1,
            -0.1,
            f64::NAN,
            f64::INFINITY,
            f64::MAX,
            5e-324,
            0.7,
        ];
        let kind = self.byte();
        match NEAR.get(usize::from(kind)) {
            Some(number) => *number,
            None if kind < 128 => f64::from(self.byte()) / 255.0,
            None => f64::from_bits(u64::from_le_bytes(std::array::from_fn(|_| self.byte()))),
        }
    }

    fn text(&mut self) -> String {
        let bytes: Vec<u8> = (0..self.byte() % 8).map(|_| self.byte()).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn opinion(&mut self) -> Opinion {
        let mut opinion = Opinion::clean().severity(self.number()).uncertainty(self.number());
        if self.byte() % 2 == 1 {
            opinion = opinion.score(self.number());
        }
        if self.byte() % 2 == 1 {
            opinion = opinion.cost(self.number());
        }
        for _ in 0..self.byte() % 4 {
            let mut violation = Violation::new(self.text(), self.text(), self.number());
            if self.byte() % 2 == 1 {
                let (start, end) = (usize::from(self.byte()), usize::from(self.byte()));
                let field: Pointer = format!("/{}", self.text().replace('~', "")).parse().unwrap();
                violation = violation
                    .at(Span::new(field, start..end, self.text()).replaced_by(self.text()));
            }
            opinion = opinion.violation(violation);
        }
        opinion.value(self.text()).detail(self.text(), self.number())
    }
}

fn in_range(number: f64) -> bool {
    (0.0..=1.0).contains(&number)
}

fn is_sound(opinion: &Opinion) -> bool {
    let mut severities = opinion.violations.iter().map(|violation| violation.severity);
    in_range(opinion.severity)
        && in_range(opinion.uncertainty)
        && opinion.score.is_none_or(in_range)
        && opinion.cost.is_none_or(|cost| cost.is_finite() && cost >= 0.0)
        && severities.all(in_range)
}

pub(crate) fn check(bytes: &[u8]) {
    let mut parts = Parts(bytes);
    let (mode, failure_mode) = (parts.byte() % 2, parts.byte() % 3);
    let mode = [Mode::Enforce, Mode::Monitor][usize::from(mode)];
    let failure_mode = FailureMode::ALL[usize::from(failure_mode)];
    let lenient = parts.byte() % 2 == 1;
    let opinion = parts.opinion();

    let said = |opinion: &Opinion| {
        let opinion = opinion.clone();
        critic_fn(move |_| Answer::now(Ok(opinion.clone())))
    };
    let validation = if lenient { Validation::new().lenient() } else { Validation::new() };
    let spec = CriticSpec::new("a").mode(mode).failure_mode(failure_mode).validation(validation);
    let production = ProductionOrchestrator::builder()
        .critic(spec, said(&opinion))
        .critic(CriticSpec::new("fine"), said(&Opinion::clean()))
        .build()
        .unwrap();
    let mut info = CriticInfo::new(CriticName::new("a").unwrap());
    (info.mode, info.failure_mode) = (mode, failure_mode);
    let v2 = OrchestratorV2::builder()
        .critic_with(info, std::sync::Arc::new(said(&opinion)))
        .critic_with(
            CriticInfo::new(CriticName::new("fine").unwrap()),
            std::sync::Arc::new(said(&Opinion::clean())),
        )
        .build()
        .unwrap();
    let snapshot = Snapshot::of_input("x");
    let reports = [
        production.run_all(snapshot.clone()).now_or_never().unwrap().unwrap(),
        v2.run_all(snapshot).now_or_never().unwrap(),
    ];
    for report in &reports {
        judged(report, &opinion, mode, failure_mode);
    }
    assert_eq!(reports[0].verdict, reports[1].verdict);
}

fn judged(report: &Report, opinion: &Opinion, mode: Mode, failure_mode: FailureMode) {
    let outcome = &report["a"];
    assert_eq!(outcome.status == Status::Success, is_sound(opinion), "{opinion:?} {outcome:?}");
    assert!(report.outcomes().all(|(_, outcome)| outcome.opinion.as_ref().is_none_or(is_sound)));
    assert!(report.cost_spent >= 0.0);
    let worst = opinion
        .violations
        .iter()
        .map(|violation| violation.severity)
        .fold(opinion.severity, f64::max);
    let called = match outcome.status {
        Status::Success if worst >= 0.8 => Verdict::Block,
        Status::Success if worst >= 0.4 => Verdict::Review,
        Status::Success => Verdict::Allow,
        // What can be read of it counts, although the rest cannot be believed.
        _ => {
            let severities = opinion.violations.iter().map(|violation| violation.severity);
            let readable = severities.chain([opinion.severity]).filter(|s| (0.0..=1.0).contains(s));
            let objected = match readable.fold(0.0, f64::max) {
                worst if worst >= 0.8 => Verdict::Block,
                worst if worst >= 0.4 => Verdict::Review,
                _ => Verdict::Allow,
            };
            failure_mode.verdict().max(objected)
        }
    };
    assert_eq!(outcome.calls_for, Some(called), "{opinion:?}");
    let counts = mode == Mode::Enforce;
    assert_eq!(report.verdict, if counts { called } else { Verdict::Allow }, "{opinion:?}");
    let passed = counts && outcome.status != Status::Success && called == Verdict::Allow;
    assert_eq!(report.let_pass.len(), usize::from(passed));
    let json = serde_json::to_string(report).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["verdict"], report.verdict.as_str());
}
