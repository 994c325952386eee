//! Deliberate defects, one at a time, so that it can be shown that the simulator finds each of them.
//!
//! Here under `cfg(seeded_bug)` only, which nothing but `RUSTFLAGS` sets; in any other build [`seeded!`](crate::seeded)
//! is `false`, and there is nothing of this. The places are marked with `seeded!`, each with one of [`Bug`].

use std::cell::Cell;

macro_rules! bugs {
    ($($(#[doc = $text:literal])+ $bug:ident,)*) => {
        /// A defect: what goes wrong while it is on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Bug { $($(#[doc = $text])+ $bug,)* }

        impl Bug {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$bug,)*];

            /// What goes wrong, in words.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$bug => concat!($($text,)+).trim_ascii(),)* }
            }
        }
    };
}

bugs! {
    /// a critic's permit is not given back after a timeout
    CriticPermitLeaked,
    /// a stage's permit is not given back after a timeout
    StagePermitLeaked,
    /// a global permit is not given back when a breaker refuses
    GlobalPermitLeaked,
    /// a run that is dropped keeps its place
    RunPlaceLeaked,
    /// one more in flight than a critic's limit
    CriticLimitPlusOne,
    /// one more in flight than a stage's limit
    StageLimitPlusOne,
    /// one more in flight than the global limit
    GlobalLimitPlusOne,
    /// one more run than may go on
    RunLimitPlusOne,
    /// one more run waits than may
    RunQueuePlusOne,
    /// one attempt more than configured
    OneAttemptMore,
    /// a timeout is repeated although only errors are to be
    TimeoutRepeated,
    /// a permanent error is repeated
    PermanentErrorRepeated,
    /// the budget of retries over all runs is ignored
    RetryBudgetIgnored,
    /// the most retries of a run are ignored
    TotalRetriesIgnored,
    /// a retry of the run is lost when the budget of all runs refuses it
    RefusedRetryKept,
    /// a backoff goes past the deadline
    BackoffPastDeadline,
    /// the wait that a critic asked for is ignored
    RetryAfterIgnored,
    /// a panic passes as a clean opinion
    PanicPasses,
    /// a timeout passes as a clean opinion
    TimeoutPasses,
    /// a call refused by an open breaker passes as a clean opinion
    BreakerOpenPasses,
    /// an invalid opinion passes as a clean one
    InvalidPasses,
    /// a critic for which no token comes in time passes as clean
    RateLimitedPasses,
    /// a number that is none, or out of range, is believed
    NotANumberAllowed,
    /// an opinion from a hook is not validated
    CachedNotValidated,
    /// an answer that came too late is taken
    LateAnswerTaken,
    /// the deadline of a stage is ignored
    StageDeadlineIgnored,
    /// the time in the queue does not count towards a run's deadline
    QueueTimeIsFree,
    /// a call is begun although its deadline is over
    BegunAfterDeadline,
    /// a critic whose time is up goes on
    TimedOutGoesOn,
    /// the critics of a run that is dropped go on
    DroppedRunGoesOn,
    /// the second stage begins with the first
    BarrierBroken,
    /// whether a dependency has an opinion is ignored
    DependencyIgnored,
    /// a dependency in the same stage is not waited for
    DependencyNotAwaited,
    /// a dependency that failed counts as one that was gated
    DependencyFailureHidden,
    /// a gate reads the outcomes of monitored critics
    GateReadsMonitored,
    /// a gate reads whichever neighbours have finished
    GateReadsNeighbours,
    /// a half-open breaker lets everyone through
    HalfOpenOverAdmits,
    /// an error that the input is to blame for moves the breaker
    InputMovesBreaker,
    /// a call that was cut short moves the breaker
    ShortCutMovesBreaker,
    /// a retry takes no token
    RetryTakesNoToken,
    /// no token is taken of a shared rate
    SharedRateFree,
    /// what no longer fits the budget is run anyway
    OverBudgetRuns,
    /// the money for a retry that is not made is not given back
    RefusedRetryPaid,
    /// a monitored critic counts for the verdict
    MonitoredCounts,
    /// a failure calls for nothing
    FailureCallsForNothing,
    /// with nobody heard the verdict is `allow`
    NothingHeardAllows,
    /// a verdict is settled one critic too early
    SettledTooEarly,
    /// the outcome of the last critic of a stage is lost
    OutcomeLost,
    /// the first two outcomes are exchanged
    OutcomesExchanged,
    /// the config hash is the same after a reload
    HashOfNothing,
    /// a shutdown lets new runs in
    ShutdownAdmits,
    /// a shutdown cuts runs off before its deadline
    ShutdownCutsEarly,
    /// a shutdown does not tell of one that it cut off
    ShutdownLosesARun,
    /// more calls are hedged than may be
    HedgedTooOften,
    /// the slower of two calls goes on
    LoserGoesOn,
    /// a hedge takes no token
    HedgeTakesNoToken,
    /// what a hook waits for is waited for too long
    HookWaitsTooLong,
    /// the lease of a hook is never given back
    LeaseKeptForEver,
    /// executions are counted twice
    CountedTwice,
}

thread_local! {
    static ON: Cell<Option<Bug>> = const { Cell::new(None) };
}

/// Turns one on for this thread, and any other off.
pub fn turn_on(bug: Option<Bug>) {
    ON.set(bug);
}

/// Whether it is on. Not while the thread ends.
#[must_use]
pub fn is(bug: Bug) -> bool {
    ON.try_with(Cell::get) == Ok(Some(bug))
}
