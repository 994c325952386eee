//! Deliberate defects that take more than a line; see [`tribunal_core::seeded`].

use tribunal_core::{FailureKind, Opinion, Outcome, Reason, View, seeded};

use crate::plan::StagePlan;
use crate::stage::Scope;
use crate::validate::Valid;

/// A failure passes as a clean opinion.
pub(crate) fn let_pass(reason: Reason) -> Result<Valid, Reason> {
    let passes = match &reason {
        Reason::Timeout(_) => seeded!(TimeoutPasses),
        Reason::Invalid(_) => seeded!(InvalidPasses),
        Reason::RateLimited { .. } => seeded!(RateLimitedPasses),
        Reason::Failed(failure) => match failure.kind {
            FailureKind::Panic => seeded!(PanicPasses),
            FailureKind::BreakerOpen => seeded!(BreakerOpenPasses),
            _ => false,
        },
        _ => false,
    };
    match passes {
        true => Ok(Valid { opinion: Opinion::clean(), let_pass: Vec::new() }),
        false => Err(reason),
    }
}

/// Two stages become one, and their critics start together.
pub(crate) fn without_barrier(mut stages: Vec<StagePlan>) -> Vec<StagePlan> {
    if seeded!(BarrierBroken) && stages.len() > 1 {
        let second = stages.remove(1);
        if let Some(first) = stages.first_mut() {
            first.critics.end = second.critics.end;
            first.sees_itself = true;
            first.waits |= second.waits;
        }
    }
    stages
}

/// No plan is so large in a simulation.
static ALL: [u32; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/// A gate sees every outcome that is there.
pub(crate) fn wider<'r>(scope: &'r Scope<'r>, view: View<'r>) -> View<'r> {
    if !seeded!(GateReadsNeighbours) {
        return view;
    }
    let (run, sight) = (scope.run, &scope.sight);
    View::with_prior(run.snapshot, &run.court.plan.names, sight.earlier, sight.current, &ALL)
}

/// The first two outcomes change places.
pub(crate) fn exchange(outcomes: &mut [Outcome]) {
    if seeded!(OutcomesExchanged)
        && let [first, second, ..] = outcomes
    {
        std::mem::swap(first, second);
    }
}
