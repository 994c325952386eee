//! How long does it take to prove what a hundred critics promise?
//!
//! ```text
//! cargo bench --bench prove
//! ```
//!
//! A generated pipeline of a hundred critics with gates, conditions and dependencies. `check` is what every load asks:
//! who never runs, and which gates never close. `prove` is everything that the command `tribunal prove` asks. `budget`
//! is what the same pipeline costs at worst with prices of seven kinds, retries, and a budget that has room for half of
//! what always runs: the highest sum, and a promise that it breaks by a little.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench that cannot be set up has nothing to measure"
)]

use std::hint::black_box;
use std::time::Duration;

use tokio::time::Instant;
use tribunal_benches::answer::{Answer, number};
use tribunal_benches::rounds::median;
use tribunal_core::{CriticName, RiskLevel, Stage};
use tribunal_prove::{
    Atom, Bound, Condition, CriticModel, Formula, Gate, Model, Promise, Prover, Quantity, RunModel,
};

const TOTAL: Duration = Duration::from_secs(20);

const PROMISES: [&str; 9] = [
    "critic_0 always runs",
    "critic_44 runs whenever critic_4 objects",
    "no allow when critic_50 failed",
    "no allow without critic_99",
    "block when critic_3 objects at 0.8 or above",
    "nothing fails open",
    "worst latency <= 9s",
    "worst cost <= 0.04",
    "at most 90 critics run",
];

fn main() {
    let (model, budgeted) = (hundred(false), hundred(true));
    let names: Vec<CriticName> = model.critics().iter().map(|critic| critic.name.clone()).collect();
    let promises = PROMISES.map(|text| Promise::parse(text, &names).expect("a promise"));
    let mut seen = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    let end = Instant::now() + TOTAL;
    while Instant::now() < end {
        let millis = |start: Instant| start.elapsed().as_secs_f64() * 1e3;
        let start = Instant::now();
        let mut prover = Prover::new(&model, &[]);
        black_box((prover.never_run().expect("decided"), prover.never_gated().expect("decided")));
        seen[0].push(millis(start));
        let start = Instant::now();
        let mut prover = Prover::new(&model, &promises);
        for promise in &promises {
            black_box(prover.answer(promise).expect("decided"));
        }
        seen[1].push(millis(start));
        black_box((
            prover.worst_cost().expect("decided"),
            prover.worst_latency().expect("decided"),
        ));
        black_box((prover.fail_open().expect("decided"), prover.never_run().expect("decided")));
        for name in &names {
            black_box(prover.allow_without(name).expect("decided"));
        }
        seen[2].push(millis(start));
        let start = Instant::now();
        let worst = Prover::new(&budgeted, &[]).worst_cost().expect("decided");
        let broken = format!("worst cost <= {}", worst - 0.000_5);
        let broken = Promise::parse(&broken, &names).expect("a promise");
        let mut prover = Prover::new(&budgeted, std::slice::from_ref(&broken));
        black_box(prover.answer(&broken).expect("decided"));
        seen[3].push(millis(start));
    }
    let [check, promised, prove, budget] = seen.map(median);
    let mut answer = Answer::new("prove");
    let row = vec![number(check), number(promised), number(prove), number(budget)];
    answer.table(
        "Milliseconds to prove things of a hundred critics",
        &["check", "nine promises", "prove", "budget"],
        vec![row],
    );
    answer.figure("check_ms", check);
    answer.figure("promises_ms", promised);
    answer.figure("prove_ms", prove);
    answer.figure("budget_ms", budget);
    answer.give();
}

fn name(index: usize) -> CriticName {
    CriticName::new(&format!("critic_{index}")).expect("a name")
}

/// A hundred critics over three stages.
fn hundred(budgeted: bool) -> Model {
    let critic = |index: usize| {
        let mut critic = CriticModel::new(name(index));
        critic.stage =
            [Stage::FastCritics, Stage::CoreAnalysis, Stage::DeepAnalysis][index * 3 / 100];
        critic.priority = (index % 10 + 1) as u8;
        critic.cost = 0.001;
        if budgeted {
            critic.cost *= (index % 7 + 1) as f64;
            critic.waits = vec![Duration::from_millis(100); (index + 1) % 2];
        }
        critic.rate_limited = true;
        let Some(earlier) = index.checked_sub(40) else { return critic };
        match index % 4 {
            0 => critic.gate = Gate::OnViolation,
            1 => {
                let bound = Bound::from(1.0);
                let holds =
                    Formula::Atom(Atom::Reaches(name(earlier), Quantity::Violations, bound));
                let condition = Condition { holds, may_fail: false, reads_outcomes: true };
                critic.gate = Gate::Conditional(condition);
            }
            2 => critic.depends_on = vec![name(earlier)],
            _ => critic.gate = Gate::OnHighRisk(RiskLevel::default()),
        }
        critic
    };
    let critics: Vec<CriticModel> = (0..100).map(critic).collect();
    let always = critics.iter().filter(|critic| critic.gate == Gate::Always);
    let half = always.map(|critic| critic.cost).sum::<f64>() / 2.0;
    let run = RunModel { max_cost: budgeted.then_some(half), ..RunModel::default() };
    Model::new(critics, run).expect("a model")
}
