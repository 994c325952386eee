//! Coverage marks: situations that a simulation has to have been in. One that was not reached is a failure.

use tribunal_core::Status;

macro_rules! marks {
    ($($mark:ident = $text:literal,)*) => {
        /// A situation that the simulation must get into.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Mark { $($mark,)* }

        const NAMED: &[&str] = &[$($text,)*];
    };
}

marks! {
    TimeoutAtDeadline = "an answer exactly at its deadline",
    JustInTime = "an answer a millisecond before its deadline",
    LateOk = "a good answer after its deadline",
    PanicInCall = "a panic in the call, with permits held",
    PanicInPoll = "a panic in a poll, with permits held",
    PanicInDrop = "a panic while being dropped",
    CancelBeforePoll = "a run dropped before its first poll",
    CancelMidCall = "a run dropped with critics at work",
    CancelMidBackoff = "a run dropped during a backoff",
    CancelInQueue = "a run dropped while it waits to be admitted",
    CancelQueuedForPermit = "a run dropped while a critic waits for a permit",
    QueueFull = "a run refused because the queue is full",
    QueueTooSlow = "a run refused because its time went by in the queue",
    Admitted = "a run that waited and was admitted",
    EarlyExitInFlight = "early exit with critics in flight",
    EarlyExitAhead = "early exit with stages still to come",
    CriticTimeout = "a critic's own deadline",
    StageTimeout = "a stage's deadline",
    RunTimeout = "a run's deadline",
    RateLimitedRetry = "a retry for which no token comes in time",
    WaitedForToken = "a critic that waited for its token",
    WaitedForPermit = "a critic that waited for a permit",
    AtCriticLimit = "as many in flight as a critic's limit",
    AtStageLimit = "as many in flight as a stage's limit",
    AtGlobalLimit = "as many in flight as the global limit",
    AtRunLimit = "as many runs as may go on",
    SecondAttempt = "a second attempt that helps",
    RetryAfter = "a wait that the critic asked for",
    RetryOnTimeout = "a retry after the critic's own timeout",
    AttemptsUsedUp = "a critic's attempts used up",
    TotalRetriesBound = "the retries of a run used up",
    BackoffTooLong = "a backoff that would end after the deadline",
    NotANumber = "an opinion with a number out of range",
    MissingField = "an opinion without a required field",
    LenientPass = "an opinion let pass with faults",
    DependencyFailed = "a critic skipped for one that failed",
    DependencyGated = "a critic skipped for one that was gated",
    RanAnyway = "a critic run although its dependency has no opinion",
    ConditionFailed = "a condition that could not be evaluated",
    OtherPhase = "a critic kept to another phase",
    CacheAnswer = "an opinion from a hook before",
    Fallback = "an opinion from a hook after a failure",
    HookFault = "a hook that fails, panics or hangs",
    ObserverPanic = "an observer that panics",
    MonitoredBlock = "a monitored critic that would have blocked",
    FailOpen = "a failure let pass by its mode",
    FailClosed = "a block for a failure alone",
    NothingHeard = "a run in which nobody gave an opinion",
    Allow = "a verdict allow",
    Review = "a verdict review",
    Block = "a verdict block",
    OneStage = "a plan of one stage",
    SixStages = "a plan of all stages",
    BreakerOpened = "a breaker opened by failures",
    BreakerOpenedBySlowness = "a breaker opened by slow calls",
    RefusedByBreaker = "a call refused by an open breaker",
    RefusedBesideProbe = "a call refused because probes are out",
    RetryRefusedByBreaker = "a retry refused by a breaker",
    ProbeSucceeded = "a probe that succeeds",
    ProbeFailed = "a probe that fails",
    ProbeCancelled = "a probe that is cancelled",
    ProbeGivenUp = "a probe that stays out for too long",
    ClosedAfterwards = "a breaker closed again once faults have stopped",
    RetryBudgetEmpty = "a retry refused by the budget of all runs",
    SharedRateUsedUp = "a shared rate used up",
    LimitedByShared = "a critic limited by a shared rate alone",
    OverBudget = "a critic that no longer fits the budget",
    MonitoredOverBudget = "a monitored critic that no longer fits the budget",
    RetryOverBudget = "a retry that no longer fits the budget",
    BudgetUsedUp = "a budget used up to the last",
    StopMidRun = "a shutdown with runs going on",
    StopWithQueue = "a shutdown with runs waiting",
    StopWaits = "a shutdown that runs end in time for",
    StopCuts = "a shutdown that cuts runs off",
    StopRefusesWaiting = "a waiting run refused by a shutdown",
    StopRefusesNew = "a new run refused after a shutdown",
    ReloadMidRun = "a reload with runs going on",
    ReloadWithQueue = "a reload with runs waiting",
    EndsOnTheOld = "a run that ends by the old config after a reload",
    BeginsOnTheNew = "a run that begins by the new config",
    Hedged = "a second call beside a slow one",
    HedgeWins = "a hedge that answers and the first call does not",
    FirstWins = "a first call that answers beside its hedge",
    BothFailed = "a call and its hedge that both come to nothing",
    HedgedByPercentile = "a second call beside one slower than most before",
    TaskCut = "a task that is cut off at its work",
    TaskNeverBegan = "a task that is cut off before it begins",
    TaskLetGo = "a task whose run is dropped at its work",
    PanicInTask = "a panic in a task of its own",
    AtCeiling = "as many in flight as the ceiling of a limit that moves",
    LeaseKept = "a lease that a hook has kept while a critic runs",
    AnswerAwaited = "an opinion that a hook waited for",
    AwaitedInVain = "a hook that waits for what does not come",
    AlikeAfterwards = "a healthy run after faults",
}

const POSITIONS: [&str; 3] = ["first", "middle", "last"];

/// How often each situation came up.
#[derive(Debug, Clone)]
pub(crate) struct Marks(Vec<u64>);

impl Default for Marks {
    fn default() -> Self {
        Self(vec![0; NAMED.len() + Status::ALL.len() * POSITIONS.len()])
    }
}

impl Marks {
    pub(crate) fn hit(&mut self, mark: Mark) {
        self.0[mark as usize] += 1;
    }

    pub(crate) fn hit_if(&mut self, when: bool, mark: Mark) {
        self.0[mark as usize] += u64::from(when);
    }

    /// A status in the first stage of a plan, the last, or one between.
    pub(crate) fn status(&mut self, status: Status, stage: usize, stages: usize) {
        let position = match stage {
            0 => 0,
            _ if stage + 1 == stages => 2,
            _ => 1,
        };
        self.0[NAMED.len() + status as usize * POSITIONS.len() + position] += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, more)| *mine += more);
    }

    /// Every mark by name, with how often it was reached.
    pub(crate) fn all(&self) -> Vec<(String, u64)> {
        let statuses = Status::ALL.iter().flat_map(|status| {
            POSITIONS.iter().map(move |position| format!("{status} in the {position} stage"))
        });
        let names = NAMED.iter().map(|name| (*name).to_owned()).chain(statuses);
        names.zip(self.0.iter().copied()).collect()
    }
}
