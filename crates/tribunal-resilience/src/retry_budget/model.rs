//! Every order of steps of a few threads that pay into a budget and take from it.

use crate::Moment;
use loom::sync::Arc;
use loom::thread;

use super::RetryBudget;
use crate::model::{every_order, most_orders};

/// Two others and this thread play; gives how many retries they took together, and the budget.
fn three(
    budget: RetryBudget,
    play: impl Fn(&RetryBudget, Moment) -> usize + Copy + 'static,
) -> (usize, Arc<RetryBudget>, Moment) {
    let budget = Arc::new(budget);
    let now = Moment::now();
    let others = [0, 1].map(|_| {
        let budget = Arc::clone(&budget);
        thread::spawn(move || play(&budget, now))
    });
    let mut taken = play(&budget, now);
    for other in others {
        taken += other.join().unwrap();
    }
    (taken, budget, now)
}

fn rest(budget: &RetryBudget, now: Moment) -> usize {
    (0..10).filter(|_| budget.withdraw(now)).count()
}

/// I27: what is taken, and what is left then, is what was paid in: nothing twice, nothing lost.
#[test]
fn what_is_paid_in_is_taken_once() {
    most_orders(|| {
        let budget = RetryBudget::new(0.7, 100, 0).unwrap();
        let (taken, budget, now) = three(budget, |budget, now| {
            budget.deposit();
            usize::from(budget.withdraw(now))
        });
        assert_eq!(taken + rest(&budget, now), 2, "three times 0.7");
    });
}

/// I27: the floor is taken once, too.
#[test]
fn the_floor_is_taken_once() {
    most_orders(|| {
        let budget = RetryBudget::new(0.0, 0, 2).unwrap();
        let (taken, budget, now) = three(budget, |budget, now| usize::from(budget.withdraw(now)));
        assert_eq!((taken, rest(&budget, now)), (2, 0));
    });
}

/// I27: never more than was paid in and the floor, and never less than either.
#[test]
fn savings_and_floor_together_are_taken_once() {
    most_orders(|| {
        let budget = RetryBudget::new(0.5, 100, 1).unwrap();
        let (taken, budget, now) = three(budget, |budget, now| {
            budget.deposit();
            usize::from(budget.withdraw(now))
        });
        // Of three halves one is whole, and each counts towards the other: a second one is to be had only from
        // savings that are taken between what the floor gives and its being owed.
        let all = taken + rest(&budget, now);
        assert!((1..=2).contains(&all), "{all}");
    });
}

/// No two who pay in at once get past the most that may be saved up.
#[test]
fn no_more_than_the_most_is_saved_up_by_several() {
    every_order(|| {
        let budget = RetryBudget::new(1.0, 2, 0).unwrap();
        let (_, budget, now) = three(budget, |budget, _| {
            budget.deposit();
            0
        });
        assert_eq!(rest(&budget, now), 2);
    });
}
