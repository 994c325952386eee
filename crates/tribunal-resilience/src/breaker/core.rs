//! The states of a breaker, without clock or lock: `Closed -> Open -> HalfOpen -> { Closed, Open }`.
//!
//! Every time it changes state it starts a new generation. What was admitted in an older one reports into
//! the void: a call that began before the breaker opened says nothing about how things are now.

use std::time::Duration;

use super::CallResult;
use super::settings::BreakerSettings;
use tribunal_clock::nanos;

/// What a breaker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Everything passes, and is counted.
    Closed,
    /// Nothing passes.
    Open,
    /// A few probes pass.
    HalfOpen,
}

impl BreakerState {
    /// All of them, in the order in which a breaker that opens goes through them.
    pub const ALL: [Self; 3] = [Self::Closed, Self::Open, Self::HalfOpen];

    /// How it is written in metrics and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// The right to make one call, in one generation: its number, and in the lowest bit whether it is one in which
/// everything passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pass(pub(super) u64);

impl Pass {
    /// In which generation.
    pub(super) const fn generation(self) -> u64 {
        self.0 >> 1
    }

    /// Whether everything passes in it.
    #[inline]
    pub(super) const fn is_closed(self) -> bool {
        self.0 & 1 != 0
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Core {
    settings: BreakerSettings,
    state: State,
    generation: u64,
    /// How often each state was entered, in the order of [`BreakerState::ALL`].
    entered: [u64; BreakerState::ALL.len()],
}

#[derive(Debug, Clone, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "one of these in each breaker, and closed nearly always"
)]
enum State {
    Closed(Window),
    Open {
        until: Duration,
    },
    /// Since when probes have been out; with none out it has no age.
    HalfOpen {
        since: Duration,
        in_flight: u32,
        succeeded: u32,
    },
}

impl Core {
    pub(super) fn new(settings: BreakerSettings) -> Self {
        Self {
            settings,
            state: State::Closed(Window::new(settings.window)),
            generation: 0,
            entered: [0; BreakerState::ALL.len()],
        }
    }

    pub(super) fn state(&mut self, now: Duration) -> BreakerState {
        self.pass_time(now);
        self.state.kind()
    }

    /// How often each state has been entered, in the order of [`BreakerState::ALL`]; beginning closed does not count.
    pub(super) fn entered(&mut self, now: Duration) -> [u64; BreakerState::ALL.len()] {
        self.pass_time(now);
        self.entered
    }

    /// What a call of now would pass by.
    pub(super) const fn pass(&self) -> Pass {
        Pass(self.generation << 1 | matches!(self.state, State::Closed(_)) as u64)
    }

    /// How long a slice of the window is, in nanoseconds.
    pub(super) fn slice(&self) -> u64 {
        slice_of(self.settings.window)
    }

    /// So many calls succeeded in that slice of the window, since anything else happened.
    pub(super) fn add_successes(&mut self, slice: u64, calls: u32) {
        if let State::Closed(window) = &mut self.state
            && calls > 0
        {
            window.add(slice, calls, 0, 0);
        }
    }

    /// Whether it is closed and no call that succeeds in time can open it, however much of what is counted is
    /// forgotten meanwhile: even of the fewest calls that are judged, too few failed.
    pub(super) fn is_calm(&self) -> bool {
        let State::Closed(window) = &self.state else { return false };
        let (failures, slow) = window.slices.iter().fold((0_u64, 0_u64), |sum, slice| {
            (sum.0 + u64::from(slice.failures), sum.1 + u64::from(slice.slow))
        });
        let bears =
            |count: u64, rate: f64| (count as f64) < rate * f64::from(self.settings.min_calls);
        bears(failures, self.settings.failure_rate)
            && self.settings.slow.is_none_or(|(_, rate)| bears(slow, rate))
    }

    /// Lets a call through, or says for how long there is no use in asking again.
    pub(super) fn admit(&mut self, now: Duration) -> Result<Pass, Duration> {
        self.pass_time(now);
        let pass = self.pass();
        match &mut self.state {
            State::Closed(_) => Ok(pass),
            State::Open { until } => Err(until.saturating_sub(now)),
            State::HalfOpen { since, in_flight, succeeded } => {
                // Those that have succeeded already need no second one.
                if *in_flight + *succeeded < self.settings.probes {
                    if *in_flight == 0 {
                        *since = now;
                    }
                    *in_flight += 1;
                    return Ok(pass);
                }
                Err((*since + self.settings.half_open_for).saturating_sub(now))
            }
        }
    }

    pub(super) fn report(&mut self, pass: Pass, result: CallResult, took: Duration, now: Duration) {
        self.pass_time(now);
        if pass.generation() != self.generation {
            return;
        }
        let slow = self.settings.slow.is_some_and(|(limit, _)| took >= limit);
        match &mut self.state {
            State::Closed(window) => {
                if result == CallResult::Ignored {
                    return;
                }
                window.count(now, result == CallResult::Failure, slow);
                if window.is_bad(now, &self.settings) {
                    self.open(now);
                }
            }
            State::HalfOpen { in_flight, succeeded, .. } => {
                *in_flight = in_flight.saturating_sub(1);
                match result {
                    CallResult::Ignored => {}
                    CallResult::Failure => self.open(now),
                    CallResult::Success if slow => self.open(now),
                    CallResult::Success => {
                        *succeeded += 1;
                        if *succeeded >= self.settings.probes {
                            self.close();
                        }
                    }
                }
            }
            State::Open { .. } => {}
        }
    }

    /// A call was given up without a result.
    pub(super) fn release(&mut self, pass: Pass, now: Duration) {
        self.pass_time(now);
        if pass.generation() == self.generation
            && let State::HalfOpen { in_flight, .. } = &mut self.state
        {
            *in_flight = in_flight.saturating_sub(1);
        }
    }

    /// What time alone changes. It is the same whenever somebody asks, and however often.
    fn pass_time(&mut self, now: Duration) {
        if let State::HalfOpen { since, in_flight, .. } = self.state {
            // Probes that never come back must not keep it half open for ever.
            let too_old = since.saturating_add(self.settings.half_open_for);
            if in_flight > 0 && now >= too_old {
                self.open(too_old);
            }
        }
        if let State::Open { until } = self.state
            && now >= until
        {
            self.enter(State::HalfOpen { since: until, in_flight: 0, succeeded: 0 });
        }
    }

    fn open(&mut self, now: Duration) {
        self.enter(State::Open { until: now.saturating_add(self.settings.open_for) });
    }

    fn close(&mut self) {
        self.enter(State::Closed(Window::new(self.settings.window)));
    }

    fn enter(&mut self, state: State) {
        if let Some(entered) = self.entered.get_mut(state.kind() as usize) {
            *entered += 1;
        }
        self.state = state;
        self.generation += 1;
    }
}

impl State {
    const fn kind(&self) -> BreakerState {
        match self {
            Self::Closed(_) => BreakerState::Closed,
            Self::Open { .. } => BreakerState::Open,
            Self::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }
}

/// How many slices a window has: what is forgotten is forgotten a slice at a time.
const SLICES: usize = 10;

/// In nanoseconds.
fn slice_of(window: Duration) -> u64 {
    nanos(window / SLICES as u32).max(1)
}

/// Counts over the last while, in slices.
#[derive(Debug, Clone, PartialEq)]
struct Window {
    /// How long one is, in nanoseconds.
    slice: u64,
    slices: [Slice; SLICES],
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Slice {
    /// The how-manieth since the epoch; slices of another round count as empty.
    number: u64,
    calls: u32,
    failures: u32,
    slow: u32,
}

impl Window {
    fn new(window: Duration) -> Self {
        Self { slice: slice_of(window), slices: [Slice::default(); SLICES] }
    }

    fn number(&self, now: Duration) -> u64 {
        nanos(now) / self.slice.max(1)
    }

    fn count(&mut self, now: Duration, failed: bool, slow: bool) {
        self.add(self.number(now), 1, u32::from(failed), u32::from(slow));
    }

    fn add(&mut self, number: u64, calls: u32, failures: u32, slow: u32) {
        let place = (number % SLICES as u64) as usize;
        let Some(slice) = self.slices.get_mut(place) else { return };
        if slice.number != number {
            *slice = Slice { number, ..Slice::default() };
        }
        slice.calls = slice.calls.saturating_add(calls);
        slice.failures = slice.failures.saturating_add(failures);
        slice.slow = slice.slow.saturating_add(slow);
    }

    fn is_bad(&self, now: Duration, settings: &BreakerSettings) -> bool {
        let number = self.number(now);
        let recent =
            self.slices.iter().filter(|slice| slice.number.saturating_add(SLICES as u64) > number);
        let (calls, failures, slow) = recent.fold((0_u64, 0_u64, 0_u64), |sum, slice| {
            (
                sum.0 + u64::from(slice.calls),
                sum.1 + u64::from(slice.failures),
                sum.2 + u64::from(slice.slow),
            )
        });
        if calls < u64::from(settings.min_calls) {
            return false;
        }
        let reaches = |count: u64, rate: f64| count as f64 >= rate * calls as f64;
        reaches(failures, settings.failure_rate)
            || settings.slow.is_some_and(|(_, rate)| reaches(slow, rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn core() -> Core {
        let settings = BreakerSettings::new(0.5, MS(1_000), 4)
            .and_then(|s| s.open_for(MS(100)))
            .and_then(|s| s.half_open_for(MS(50)))
            .and_then(|s| s.probes(2))
            .and_then(|s| s.slow(MS(30), 1.0))
            .unwrap();
        Core::new(settings)
    }

    fn call(core: &mut Core, at: u64, result: CallResult) {
        let pass = core.admit(MS(at)).unwrap();
        core.report(pass, result, MS(1), MS(at));
    }

    fn broken_at(at: u64) -> Core {
        let mut core = core();
        (0..4).for_each(|_| call(&mut core, at, CallResult::Failure));
        core
    }

    #[test]
    fn it_opens_at_the_rate_and_not_before_enough_calls() {
        let mut core = core();
        for result in [CallResult::Failure, CallResult::Failure, CallResult::Success] {
            call(&mut core, 0, result);
        }
        assert_eq!(core.state(MS(0)), BreakerState::Closed);
        call(&mut core, 0, CallResult::Success);
        assert_eq!(core.state(MS(0)), BreakerState::Open);
        assert_eq!(core.admit(MS(40)), Err(MS(60)));
    }

    #[test]
    fn what_lies_outside_the_window_is_forgotten() {
        let mut core = core();
        (0..3).for_each(|_| call(&mut core, 0, CallResult::Failure));
        call(&mut core, 1_000, CallResult::Failure);
        assert_eq!(core.state(MS(1_000)), BreakerState::Closed);
    }

    /// Also when it has gone through all slices of its window more than once.
    #[test]
    fn what_lies_within_the_window_counts_together() {
        let mut core = core();
        for at in [2_050, 2_250, 2_550] {
            call(&mut core, at, CallResult::Failure);
            assert_eq!(core.state(MS(at)), BreakerState::Closed);
        }
        call(&mut core, 2_950, CallResult::Failure);
        assert_eq!(core.state(MS(2_950)), BreakerState::Open);
    }

    #[test]
    fn a_probe_that_is_slow_opens_it_again_although_it_succeeds() {
        for (took, state) in [(29, BreakerState::HalfOpen), (30, BreakerState::Open)] {
            let mut core = broken_at(0);
            let probe = core.admit(MS(100)).unwrap();
            core.report(probe, CallResult::Success, MS(took), MS(100 + took));
            assert_eq!(core.state(MS(100 + took)), state, "{took} ms");
        }
    }

    #[test]
    fn while_probes_are_out_it_says_when_they_will_have_been_for_too_long() {
        let mut core = broken_at(0);
        let _one = core.admit(MS(110)).unwrap();
        let _two = core.admit(MS(120)).unwrap();
        assert_eq!(core.admit(MS(130)), Err(MS(30)), "the first has been out since 110");
    }

    /// I29: failures that an input can cause do not move it.
    #[test]
    fn what_its_input_is_to_blame_for_counts_for_nothing() {
        let mut core = core();
        (0..100).for_each(|_| call(&mut core, 0, CallResult::Ignored));
        assert_eq!(core.state(MS(0)), BreakerState::Closed);
        (0..3).for_each(|_| call(&mut core, 0, CallResult::Failure));
        assert_eq!(core.state(MS(0)), BreakerState::Closed);
    }

    #[test]
    fn calls_that_are_too_slow_open_it_although_they_succeed() {
        let mut core = core();
        for _ in 0..4 {
            let pass = core.admit(MS(0)).unwrap();
            core.report(pass, CallResult::Success, MS(30), MS(30));
        }
        assert_eq!(core.state(MS(30)), BreakerState::Open);
    }

    #[test]
    fn it_closes_after_as_many_successes_as_probes_and_opens_at_one_failure() {
        let mut core = broken_at(0);
        let (one, two) = (core.admit(MS(100)).unwrap(), core.admit(MS(100)).unwrap());
        assert!(core.admit(MS(100)).is_err());
        core.report(one, CallResult::Success, MS(1), MS(101));
        assert_eq!(core.state(MS(101)), BreakerState::HalfOpen);
        core.report(two, CallResult::Success, MS(1), MS(101));
        assert_eq!(core.state(MS(101)), BreakerState::Closed);

        let mut core = broken_at(0);
        call(&mut core, 100, CallResult::Failure);
        assert_eq!(core.state(MS(100)), BreakerState::Open);
    }

    /// I28: half open has a maximum age.
    #[test]
    fn a_probe_that_never_comes_back_does_not_keep_it_half_open() {
        let mut core = broken_at(0);
        let lost = core.admit(MS(100)).unwrap();
        assert_eq!(core.state(MS(149)), BreakerState::HalfOpen);
        assert_eq!(core.state(MS(150)), BreakerState::Open);
        core.report(lost, CallResult::Success, MS(60), MS(160));
        assert_eq!(core.state(MS(160)), BreakerState::Open);
        assert_eq!(core.state(MS(250)), BreakerState::HalfOpen);
    }

    /// I28: what counts is how long probes have been out, and not how long ago it was half open first.
    #[test]
    fn a_probe_after_a_long_rest_closes_it_all_the_same() {
        let mut core = broken_at(0);
        let given_up = core.admit(MS(100)).unwrap();
        core.release(given_up, MS(101));
        for at in [5_000, 9_000] {
            assert_eq!(core.state(MS(at)), BreakerState::HalfOpen);
            call(&mut core, at, CallResult::Success);
        }
        assert_eq!(core.state(MS(9_000)), BreakerState::Closed);
    }

    /// I28: who asks when changes nothing.
    #[test]
    fn it_is_open_from_when_its_probes_had_been_out_for_too_long_and_not_from_when_somebody_asks() {
        let (mut asked, mut not_asked) = (broken_at(0), broken_at(0));
        let lost = [&mut asked, &mut not_asked].map(|core| core.admit(MS(100)).unwrap());
        assert_eq!(asked.state(MS(150)), BreakerState::Open);
        asked.release(lost[0], MS(200));
        not_asked.release(lost[1], MS(200));
        for at in [200, 249, 250] {
            assert_eq!(asked.state(MS(at)), not_asked.state(MS(at)), "at {at} ms");
        }
        assert_eq!(asked.state(MS(250)), BreakerState::HalfOpen);
    }

    #[test]
    fn a_call_from_before_it_opened_says_nothing_about_now() {
        let mut core = core();
        let early = core.admit(MS(0)).unwrap();
        (0..4).for_each(|_| call(&mut core, 0, CallResult::Failure));
        assert_eq!(core.state(MS(100)), BreakerState::HalfOpen);
        core.report(early, CallResult::Failure, MS(1), MS(100));
        assert_eq!(core.state(MS(100)), BreakerState::HalfOpen);
    }

    proptest! {
        /// I28: probes in flight never exceed their limit, whatever is reported, released or lost.
        #[test]
        fn probes_in_flight_never_exceed_their_limit(
            steps in proptest::collection::vec((0u8..5, 0u64..60), 1..300),
        ) {
            let mut core = core();
            let mut now = 0;
            let mut out: Vec<Pass> = Vec::new();
            for (step, wait) in steps {
                now += wait;
                match (step, out.is_empty()) {
                    (0 | 1, _) => out.extend(core.admit(MS(now))),
                    (2, false) => core.report(out.remove(0), CallResult::Failure, MS(1), MS(now)),
                    (3, false) => core.report(out.remove(0), CallResult::Success, MS(1), MS(now)),
                    (_, false) => core.release(out.remove(0), MS(now)),
                    _ => {}
                }
                if let State::HalfOpen { in_flight, succeeded, .. } = core.state {
                    let live = out.iter().filter(|pass| pass.generation() == core.generation);
                    prop_assert_eq!(live.count(), in_flight as usize);
                    prop_assert!(in_flight + succeeded <= 2);
                }
            }
        }
    }
}
