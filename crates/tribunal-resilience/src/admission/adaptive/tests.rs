//! Both methods against a server with a capacity, in simulated time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use proptest::prelude::*;

use super::*;

const MS: fn(u64) -> Duration = Duration::from_millis;
const AIMD: Adaptation = Adaptation::Aimd { target: Duration::from_millis(110) };

/// Takes 100 ms a call; above its capacity, in proportion longer.
struct Server {
    limit: Limit,
    capacity: usize,
    /// How often as long a call takes.
    slowness: u64,
    /// How many want to be in at most.
    demand: usize,
    now: u64,
    inside: BinaryHeap<Reverse<(u64, u64)>>,
    calls: u64,
    lowest: usize,
    highest: usize,
}

impl Server {
    fn new(floor: usize, ceiling: usize, adaptation: Adaptation, capacity: usize) -> Self {
        let limit = Limit::new(AdaptiveLimit::new(floor, ceiling, adaptation).unwrap());
        Self {
            limit,
            capacity,
            slowness: 1,
            demand: usize::MAX,
            now: 0,
            inside: BinaryHeap::new(),
            calls: 0,
            lowest: usize::MAX,
            highest: 0,
        }
    }

    /// So many more calls end.
    fn run(&mut self, calls: usize) -> &mut Self {
        (self.lowest, self.highest) = (usize::MAX, 0);
        for _ in 0..calls {
            while self.inside.len() < self.limit.now().min(self.demand) {
                let share = (self.inside.len() + 1).max(self.capacity) * 100_000 / self.capacity;
                // Between a tenth less and a tenth more, or they would all end together.
                self.calls += 1;
                let spread = 90 + self.calls.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 21;
                let took = share as u64 * self.slowness * spread / 100;
                self.inside.push(Reverse((self.now + took, self.now)));
            }
            let inside = self.inside.len();
            let Some(Reverse((end, start))) = self.inside.pop() else { return self };
            self.now = end;
            let took = Duration::from_micros(end - start);
            self.limit.note(Sample { took, inside, end: End::Done });
            self.lowest = self.lowest.min(self.limit.now());
            self.highest = self.highest.max(self.limit.now());
        }
        self
    }
}

#[test]
fn aimd_stays_near_what_the_target_allows() {
    for capacity in [5, 20, 200] {
        // The slowest take a tenth longer than the rest.
        let target = Adaptation::Aimd { target: MS(140) };
        let mut server = Server::new(1, 1_000, target, capacity);
        let settled = server.run(100 * capacity).run(100 * capacity);
        let (low, high) = (settled.lowest, settled.highest);
        assert!(low >= capacity && high <= capacity * 14 / 10 + 2, "{capacity}: {low} to {high}");
    }
}

#[test]
fn gradient_stays_near_the_capacity_and_does_not_take_its_own_jam_for_normal() {
    for capacity in [5, 20, 200] {
        let mut server = Server::new(2, 1_000, Adaptation::Gradient, capacity);
        server.run(1_000 * capacity).run(1_000 * capacity);
        let high = server.highest as f64;
        // Its rule settles at the tolerance times the capacity and a square root for the queue.
        let expected = 1.5 * capacity as f64 + (2.0 * capacity as f64).sqrt();
        assert!(high <= expected * 1.3 && high >= capacity as f64, "{capacity}: {high}");
        assert!(server.lowest >= capacity / 3, "{capacity}: {}", server.lowest);
    }
}

#[test]
fn after_a_slow_phase_the_limit_comes_back() {
    for adaptation in [AIMD, Adaptation::Gradient] {
        let mut server = Server::new(2, 1_000, adaptation, 50);
        server.run(10_000);
        let before = server.limit.now();
        server.slowness = 10;
        server.run(1_000);
        let slow = server.limit.now();
        assert!(slow * 10 <= before * 7, "{adaptation:?}: {before} to {slow}");
        server.slowness = 1;
        server.run(20_000);
        let after = server.limit.now();
        assert!(after * 10 >= before * 7, "{adaptation:?}: {before} to {slow} to {after}");
    }
}

/// What is slower for good is not taken for a jam for good.
#[test]
fn gradient_gets_used_to_calls_that_take_longer_from_now_on() {
    let mut server = Server::new(2, 1_000, Adaptation::Gradient, 50);
    server.run(10_000);
    server.slowness = 10;
    server.run(50_000);
    assert!(server.limit.now() >= 40, "{}", server.limit.now());
}

#[test]
fn gradient_grows_only_when_its_limit_is_reached_and_falls_only_when_half_of_it_is_used() {
    let mut server = Server::new(10, 1_000, Adaptation::Gradient, 1_000);
    server.demand = 8;
    server.run(5_000);
    assert_eq!((server.lowest, server.highest), (10, 10));

    let mut server = Server::new(2, 1_000, Adaptation::Gradient, 50);
    server.run(10_000);
    // More than what is as good as a probe, and less than half.
    server.demand = server.limit.now() * 2 / 5;
    // Those who are in go first.
    server.run(1_000);
    let before = server.limit.now();
    server.demand = before * 2 / 5;
    server.slowness = 10;
    server.run(5_000);
    assert_eq!((server.lowest, server.highest), (before, before));
}

#[test]
fn a_limit_that_is_not_reached_does_not_move() {
    for adaptation in [AIMD, Adaptation::Gradient] {
        let mut server = Server::new(10, 1_000, adaptation, 1_000);
        server.demand = 4;
        server.run(5_000);
        assert_eq!((server.lowest, server.highest), (10, 10), "{adaptation:?}");
        server.slowness = 50;
        server.run(5_000);
        assert_eq!((server.lowest, server.highest), (10, 10), "{adaptation:?}");
    }
}

#[test]
fn who_runs_out_of_time_lowers_the_limit_once_for_all_who_were_in() {
    for adaptation in [AIMD, Adaptation::Gradient] {
        let mut server = Server::new(1, 100, adaptation, 1_000);
        server.run(20_000);
        let before = server.limit.now();
        assert!(before >= 90, "{adaptation:?}: {before}");
        for inside in (1..=before).rev() {
            server.limit.note(Sample { took: MS(50), inside, end: End::Late });
        }
        let after = server.limit.now();
        assert!((before * 8 / 10..before).contains(&after), "{adaptation:?}: {before} to {after}");
    }
}

/// Neither what was not used nor what was cut short in time says anything.
#[test]
fn what_says_nothing_moves_nothing() {
    for adaptation in [AIMD, Adaptation::Gradient] {
        let mut limit = Limit::new(AdaptiveLimit::new(3, 100, adaptation).unwrap());
        for end in [End::Unused, End::Cut] {
            for _ in 0..1_000 {
                limit.note(Sample { took: MS(1), inside: 3, end });
            }
        }
        assert_eq!(limit.now(), 3, "{adaptation:?}");
    }
}

#[test]
fn settings_tell_what_they_are_made_of() {
    for adaptation in [AIMD, Adaptation::Gradient] {
        let limit = AdaptiveLimit::new(3, 8, adaptation).unwrap();
        assert_eq!((limit.floor(), limit.ceiling(), limit.adaptation()), (3, 8, adaptation));
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    use Adaptation::Gradient;
    let new = AdaptiveLimit::new;
    assert_eq!(new(0, 5, Gradient), Err(AdaptiveError::NoFloor));
    assert_eq!(new(6, 5, Gradient), Err(AdaptiveError::CeilingBelowFloor));
    assert_eq!(new(1, 1_000_001, Gradient), Err(AdaptiveError::CeilingTooHigh));
    let none = Adaptation::Aimd { target: Duration::ZERO };
    assert_eq!(new(1, 5, none), Err(AdaptiveError::NoTarget));
    assert!(new(1, 1, Gradient).is_ok() && new(1_000_000, 1_000_000, AIMD).is_ok());
}

proptest! {
    /// Whatever is measured, nothing and centuries too.
    #[test]
    fn the_limit_never_leaves_its_bounds(
        floor in 1usize..50, more in 0usize..1_000, gradient: bool,
        samples in prop::collection::vec(
            (prop_oneof![Just(0), Just(u64::MAX), 0u64..1_000_000], 0usize..2_000, 0u8..4), 1..500),
    ) {
        let adaptation = if gradient { Adaptation::Gradient } else { AIMD };
        let mut limit = Limit::new(AdaptiveLimit::new(floor, floor + more, adaptation).unwrap());
        for (micros, inside, end) in samples {
            let end = match end { 0 => End::Late, 1 => End::Cut, 2 => End::Unused, _ => End::Done };
            let took = Duration::from_micros(micros);
            limit.note(Sample { took, inside, end });
            prop_assert!((floor..=floor + more).contains(&limit.now()));
        }
    }
}
