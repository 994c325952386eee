//! What critics and hooks do in a case: everything follows from the seed, the run, the critic and the attempt,
//! so that it is the same whatever the interleaving.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tribunal_core::{
    Answer, Before, Critic, CriticError, CriticInfo, Hook, HookError, Lease, Opinion, Outcome,
    Review, View, Violation, Waited,
};

use super::case::{Case, HedgeCase};
use super::quiet::scripted_panic;
use super::rng::Rng;
use super::watch::{Flight, Kept, Watch};

/// What a call comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Says {
    Opinion {
        severity: f64,
        violation: bool,
        doubt: f64,
        score: bool,
    },
    NotANumber,
    OutOfRange,
    Permanent,
    Input,
    Transient,
    TransientAfter(u64),
    Panics,
    Hangs,
    /// Hangs, and panics when it is dropped.
    Bomb,
}

/// What one call does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) says: Says,
    delay: Duration,
    pends: u32,
    blocks: Duration,
    put_off: bool,
    /// What the opinion says that the call has cost.
    cost: Option<f64>,
}

fn opinion(rng: &mut Rng) -> Says {
    Says::Opinion {
        severity: rng.pick(&[0.0, 0.0, 0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0]),
        violation: rng.percent(35),
        doubt: rng.pick(&[0.0, 0.0, 0.3, 0.5, 0.9]),
        score: rng.percent(70),
    }
}

impl Step {
    /// A call while faults are on.
    pub(crate) fn faulty(case: &Case, run: usize, place: usize, attempt: u32) -> Self {
        let mut rng = Rng::of(&[case.seed, 2, run as u64, place as u64, u64::from(attempt)]);
        let timeout = case.critics[place].timeout;
        let millis = Duration::from_millis;
        let delays = [millis(0), millis(0), millis(0), millis(1), millis(3), millis(12)];
        let mut step = Self {
            says: opinion(&mut rng),
            delay: rng.pick(&delays),
            pends: rng.pick(&[0, 0, 0, 0, 1, 2]),
            blocks: Duration::ZERO,
            put_off: rng.percent(20),
            cost: rng.percent(10).then(|| rng.pick(&[0.0, 0.25, 1.5])),
        };
        if !rng.percent(case.faults) {
            return step;
        }
        match rng.below(15) {
            0 | 1 => step.says = Says::Permanent,
            2..=4 => step.says = Says::Transient,
            5 => step.says = Says::TransientAfter(rng.below(40)),
            6 => step.says = Says::Panics,
            7 => step.says = Says::Hangs,
            8 => step.says = Says::Bomb,
            9 => step.says = rng.pick(&[Says::NotANumber, Says::OutOfRange]),
            10 => step.says = Says::Input,
            11 => step.delay = timeout,
            12 => step.delay = rng.pick(&[timeout.saturating_sub(millis(1)), timeout + millis(1)]),
            13 => step.delay = timeout * 3,
            _ if case.blocks => step.blocks = rng.pick(&[millis(2), timeout, timeout * 2]),
            _ => step.says = Says::Transient,
        }
        step
    }

    /// A call once faults have stopped.
    pub(crate) fn healthy(case: &Case, place: usize) -> Self {
        let mut rng = Rng::of(&[case.seed, 3, place as u64]);
        let says = Says::Opinion {
            severity: rng.pick(&[0.0, 0.0, 0.3]),
            violation: rng.percent(20),
            doubt: rng.pick(&[0.0, 0.6]),
            score: true,
        };
        let delay = Duration::from_millis(rng.pick(&[0, 1]));
        // What is learned of calls before may have it hedged, which it would not be on an orchestrator that is new.
        let learned = matches!(case.critics[place].hedge, Some(HedgeCase::Percentile(_)));
        let delay = if learned { Duration::ZERO } else { delay };
        Self { says, delay, pends: 0, blocks: Duration::ZERO, put_off: false, cost: None }
    }

    fn is_immediate(&self) -> bool {
        let waits = self.put_off || self.pends > 0 || !self.delay.is_zero();
        !waits && !matches!(self.says, Says::Hangs | Says::Bomb)
    }

    async fn wait(&self) {
        let mut left = self.pends;
        poll_fn(|cx| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        match self.says {
            Says::Hangs => pending().await,
            Says::Bomb => {
                let _bomb = Bomb;
                pending().await
            }
            _ => {}
        }
    }

    fn end(&self) -> Result<Opinion, CriticError> {
        if !self.blocks.is_zero() {
            // The clock moves in the first poll of `advance`; what it waits for afterwards is left out.
            let mut advance = pin!(tokio::time::advance(self.blocks));
            let _ = advance.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
        match self.says {
            Says::Opinion { severity, violation, doubt, score } => {
                let opinion = Opinion::clean().uncertainty(doubt);
                let opinion = match self.cost {
                    Some(cost) => opinion.cost(cost),
                    None => opinion,
                };
                let opinion = if score { opinion.score(severity) } else { opinion };
                Ok(if violation {
                    opinion.violation(Violation::new("sim.objection", "objected to", severity))
                } else {
                    opinion.severity(severity)
                })
            }
            Says::NotANumber => Ok(Opinion::clean().severity(f64::NAN)),
            Says::OutOfRange => Ok(Opinion::clean().uncertainty(1.5)),
            Says::Permanent => Err(CriticError::permanent("scripted")),
            Says::Input => Err(CriticError::input("scripted")),
            Says::Transient => Err(CriticError::transient("scripted")),
            Says::TransientAfter(wait) => {
                Err(CriticError::transient_after("scripted", Duration::from_millis(wait)))
            }
            Says::Panics | Says::Hangs | Says::Bomb => scripted_panic(),
        }
    }
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            scripted_panic();
        }
    }
}

/// A critic that does what the case says, and says so to the watch.
pub(crate) struct SimCritic {
    pub(crate) watch: Arc<Watch>,
    pub(crate) place: usize,
}

impl Critic for SimCritic {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let (step, flight) = Flight::start(&self.watch, self.place, view);
        if step.is_immediate() {
            let said = step.end();
            flight.land(&step, &said);
            return Answer::now(said);
        }
        Answer::later(async move {
            step.wait().await;
            let said = step.end();
            flight.land(&step, &said);
            said
        })
    }
}

/// What a call of a hook does.
#[derive(Debug, Clone, Copy)]
enum HookStep {
    Nothing,
    Gives(Says),
    Fails,
    Panics,
    PanicsLater,
    Hangs,
    Slow,
}

/// A hook that does what the case says.
pub(crate) struct SimHook(pub(crate) Arc<Watch>);

impl SimHook {
    fn step(&self, critic: &CriticInfo, view: View<'_>, kind: u64) -> HookStep {
        let Some((case, run, place)) = self.0.hook_called(critic, view) else {
            return HookStep::Nothing;
        };
        let mut rng = Rng::of(&[case.seed, 4, run as u64, place as u64, kind]);
        let gives = if kind == 1 { 0 } else { 12 };
        let says = if rng.percent(10) { Says::NotANumber } else { opinion(&mut rng) };
        let faults = case.faults.min(20);
        rng.weighted(&[
            (60, HookStep::Nothing),
            (gives, HookStep::Gives(says)),
            (faults, HookStep::Fails),
            (faults / 4, HookStep::Panics),
            (faults / 4, HookStep::PanicsLater),
            (faults / 4, HookStep::Hangs),
            (5, HookStep::Slow),
        ])
    }

    /// A lease, or something to wait for; seldom.
    fn says_later(&self, critic: &CriticInfo, view: View<'_>) -> Option<Before<'static>> {
        let (case, run, place) = self.0.hook_called(critic, view)?;
        let mut rng = Rng::of(&[case.seed, 10, run as u64, place as u64]);
        let watch = Arc::clone(&self.0);
        let wait = Duration::from_millis(rng.pick(&[0, 1, 4, 1_000]));
        let opinion = Opinion::clean().severity(rng.pick(&[0.0, 0.6])).score(0.5);
        let comes_to = match rng.below(25) {
            0 => return Some(Before::Hold(Lease::new(Kept::lease(&watch, run, place)))),
            1 => Waited::Hold(Lease::new(Kept::lease(&watch, run, place))),
            2 => Waited::Answer(opinion),
            3 => Waited::Proceed,
            _ => return None,
        };
        let fails = rng.percent(20);
        Some(Before::Wait(Box::pin(async move {
            let kept = Kept::wait(&watch, run, place);
            tokio::time::sleep(wait).await;
            kept.comes();
            if fails { Err(HookError("as scripted".into())) } else { Ok(comes_to) }
        })))
    }

    fn play<'a>(&self, step: HookStep) -> Answer<'a, Result<Option<Opinion>, HookError>> {
        let faulty = !matches!(step, HookStep::Nothing | HookStep::Gives(_) | HookStep::Slow);
        self.0.hook_fault(faulty);
        match step {
            HookStep::Nothing => Answer::now(Ok(None)),
            HookStep::Gives(says) => {
                let nothing = Duration::ZERO;
                let step = Step {
                    says,
                    delay: nothing,
                    pends: 0,
                    blocks: nothing,
                    put_off: false,
                    cost: None,
                };
                Answer::now(step.end().map(Some).map_err(|error| HookError(error.to_string())))
            }
            HookStep::Fails => Answer::now(Err(HookError("as scripted".into()))),
            HookStep::Panics => scripted_panic(),
            HookStep::PanicsLater => Answer::later(async { scripted_panic() }),
            HookStep::Hangs => Answer::later(pending()),
            HookStep::Slow => Answer::later(async {
                tokio::time::sleep(Duration::from_millis(2)).await;
                Ok(None)
            }),
        }
    }
}

impl Hook for SimHook {
    fn before<'a>(
        &'a self,
        critic: &'a CriticInfo,
        view: View<'a>,
    ) -> Answer<'a, Result<Before<'a>, HookError>> {
        if let Some(said) = self.says_later(critic, view) {
            return Answer::now(Ok(said));
        }
        match self.play(self.step(critic, view, 0)) {
            Answer::Now(answered) => Answer::Now(answered.map(Before::from)),
            Answer::Later(future) => Answer::later(async move { future.await.map(Before::from) }),
        }
    }

    fn after<'a>(
        &'a self,
        critic: &'a CriticInfo,
        view: View<'a>,
        _: &'a Outcome,
    ) -> Answer<'a, Result<(), HookError>> {
        match self.play(self.step(critic, view, 1)) {
            Answer::Now(answered) => Answer::Now(answered.map(drop)),
            Answer::Later(future) => Answer::later(async move { future.await.map(drop) }),
        }
    }

    fn on_failure<'a>(
        &'a self,
        critic: &'a CriticInfo,
        view: View<'a>,
        outcome: &'a Outcome,
    ) -> Answer<'a, Result<Option<Opinion>, HookError>> {
        self.0.check("I10", outcome.opinion.is_none(), || {
            format!("{}: a fallback is asked for although there is an opinion", critic.name)
        });
        self.play(self.step(critic, view, 2))
    }
}
