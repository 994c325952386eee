//! What do gates save on a request that nothing is wrong with, and what do stages cost on one that is?
//!
//! ```text
//! cargo bench --bench gated_vs_ungated
//! ```
//!
//! First with ten critics of 25 ms to 2.5 s on a paused clock: two always run, eight wait for a violation. That gives
//! the same numbers on every machine. Then with the default config on prompts of our own, in real time, against the
//! same critics without gates, stages or phases.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a bench that cannot be set up has nothing to measure"
)]

use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep};
use tribunal_benches::answer::{Answer, Kind, Plot, number};
use tribunal_benches::contender::{Contender, one_thread};
use tribunal_benches::prompts::{HARMLESS, VIOLATING, snapshots};
use tribunal_benches::rounds::{Entrant, Rounds};
use tribunal_config::{Source, load};
use tribunal_core::{
    Answer as Said, Critic, Opinion, Report, Review, Snapshot, Stage, Verdict, View, Violation,
};
use tribunal_production::{CriticSpec, Policy, ProductionOrchestrator};

fn main() {
    let mut answer = Answer::new("gated_vs_ungated");
    paused(&mut answer);
    real(&mut answer);
    answer.give();
}

/// Takes its time, then objects to what is marked.
struct Slow(Duration);

impl Critic for Slow {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        Said::later(async move {
            sleep(self.0).await;
            let marked = view.snapshot().input_text().contains("violating");
            Ok(match marked {
                true => Opinion::objection(Violation::new("bench.marked", "marked", 0.9)),
                false => Opinion::clean(),
            })
        })
    }
}

/// Name, stage, milliseconds, cost.
const CRITICS: [(&str, Stage, u64, f64); 10] = [
    ("length", Stage::FastCritics, 25, 0.0),
    ("patterns", Stage::FastCritics, 40, 0.0),
    ("toxicity", Stage::CoreAnalysis, 120, 0.0002),
    ("injection", Stage::CoreAnalysis, 250, 0.0005),
    ("relevance", Stage::CoreAnalysis, 400, 0.0005),
    ("privacy", Stage::DeepAnalysis, 700, 0.002),
    ("judge", Stage::DeepAnalysis, 900, 0.004),
    ("facts", Stage::DeepAnalysis, 1_400, 0.006),
    ("policy", Stage::DeepAnalysis, 1_800, 0.008),
    ("second_judge", Stage::DeepAnalysis, 2_500, 0.01),
];

fn slow(gated: bool) -> ProductionOrchestrator {
    let mut builder = ProductionOrchestrator::builder();
    for (name, stage, millis, cost) in CRITICS {
        let mut spec = CriticSpec::new(name).cost(cost).timeout(Duration::from_secs(5));
        if gated {
            spec = spec.stage(stage);
            if stage != Stage::FastCritics {
                spec = spec.policy(Policy::OnViolation);
            }
        }
        builder = builder.critic(spec, Slow(Duration::from_millis(millis)));
    }
    builder.build().expect("a plan")
}

struct Seen {
    latency: Duration,
    ran: usize,
    cost: f64,
}

fn ran(report: &Report) -> usize {
    report.outcomes().filter(|(_, outcome)| outcome.attempts > 0).count()
}

fn judge(runtime: &Runtime, court: &ProductionOrchestrator, snapshot: &Snapshot) -> Seen {
    runtime.block_on(async {
        let start = Instant::now();
        let report = court.run_all(snapshot).await.expect("a report");
        Seen { latency: start.elapsed(), ran: ran(&report), cost: report.cost_spent }
    })
}

fn paused(answer: &mut Answer) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let (gated, ungated) = (slow(true), slow(false));
    let harmless = Snapshot::of_input("a harmless request");
    let violating = Snapshot::of_input("a violating request");
    let low = judge(&runtime, &gated, &harmless);
    let high = judge(&runtime, &gated, &violating);
    let all = judge(&runtime, &ungated, &harmless);

    let longest = |stage: Stage| {
        let of_stage = CRITICS.iter().filter(|(_, other, _, _)| *other == stage);
        of_stage.map(|(_, _, millis, _)| *millis).max().unwrap_or_default()
    };
    let path =
        longest(Stage::FastCritics) + longest(Stage::CoreAnalysis) + longest(Stage::DeepAnalysis);
    let millis = |span: Duration| span.as_secs_f64() * 1e3;
    let row = |name: &str, seen: &Seen| {
        vec![
            name.to_owned(),
            number(millis(seen.latency)),
            seen.ran.to_string(),
            format!("{:.4}", seen.cost),
        ]
    };
    answer.table(
        "Ten critics of 25 ms to 2.5 s, paused clock",
        &["request", "ms", "critics run", "cost"],
        vec![
            row("everything at once", &all),
            row("gated, harmless", &low),
            row("gated, violating", &high),
            vec![
                "critical path of the stages".into(),
                number(path as f64),
                "10".into(),
                String::new(),
            ],
        ],
    );
    answer.plots.push(Plot {
        file: "gated_vs_ungated".into(),
        title: "Milliseconds until the verdict, ten critics of 25 ms to 2.5 s".into(),
        kind: Kind::Bars,
        log: false,
        places: ["everything at once", "gated, harmless", "gated, violating", "critical path"]
            .map(String::from)
            .into(),
        series: vec![(
            "ms".into(),
            vec![millis(all.latency), millis(low.latency), millis(high.latency), path as f64],
        )],
    });
    answer.figure("low_risk_time_vs_everything", millis(low.latency) / millis(all.latency));
    answer.figure("low_risk_critics_vs_everything", low.ran as f64 / all.ran as f64);
    answer.figure("low_risk_cost_vs_everything", low.cost / all.cost);
    answer.figure("violating_time_vs_critical_path", millis(high.latency) / path as f64);
    answer.figure("violating_time_vs_everything", millis(high.latency) / millis(all.latency));
}

/// The default config, and its critics without gates, stages and phases.
fn defaults() -> (ProductionOrchestrator, ProductionOrchestrator) {
    let environment = |name: &str| std::env::var(name).ok();
    let kinds = tribunal_critics::catalogue();
    let pipeline = || load(&Source::default_pipeline(), &kinds, &environment).expect("the default");
    let gated = pipeline().build().expect("a plan");
    let critics = pipeline().critics.into_iter().enumerate();
    let ungated =
        critics.fold(ProductionOrchestrator::builder(), |builder, (index, (_, critic))| {
            builder.shared(CriticSpec::new(format!("critic_{index}")).cost(0.001), critic)
        });
    (gated, ungated.build().expect("a plan"))
}

fn real(answer: &mut Answer) {
    let runtime = one_thread();
    let (gated, ungated) = defaults();
    let mut rows = Vec::new();
    let mut entrants = Vec::new();
    for (class, texts) in [("harmless", &HARMLESS[..]), ("violating", &VIOLATING[..])] {
        for (name, court) in [("gated", &gated), ("everything", &ungated)] {
            let (court, snapshots) = (court.clone(), snapshots(texts));
            let reports: Vec<Report> = snapshots
                .iter()
                .map(|snapshot| runtime.block_on(court.run_all(snapshot)).expect("a report"))
                .collect();
            let each = |sum: f64| sum / reports.len() as f64;
            let key = format!("{class}, {name}");
            let flagged = reports.iter().filter(|report| report.verdict != Verdict::Allow).count();
            rows.push(vec![
                key.clone(),
                String::new(),
                number(each(reports.iter().map(|report| ran(report) as f64).sum())),
                format!("{:.4}", each(reports.iter().map(|report| report.cost_spent).sum())),
                format!("{flagged} of {}", reports.len()),
            ]);
            let contender = Contender::new("default config", async move || {
                let mut reports = Vec::with_capacity(snapshots.len());
                for snapshot in &snapshots {
                    reports.extend(court.run_all(snapshot).await.ok());
                }
                reports
            });
            entrants.push(Entrant { key, contender, opinions: 1 });
        }
    }
    let rounds = Rounds::run(&runtime, &entrants, Duration::from_millis(1), Duration::from_secs(4));
    let micros = |key: &str, texts: usize| rounds.nanoseconds(key) / 1e3 / texts as f64;
    for row in &mut rows {
        let texts = if row[0].starts_with("harmless") { HARMLESS.len() } else { VIOLATING.len() };
        row[1] = number(micros(&row[0], texts));
    }
    answer.table(
        "The default config on prompts of our own, a request",
        &["requests", "µs", "critics run", "cost", "not allowed"],
        rows,
    );
    answer.figure(
        "real_harmless_vs_everything",
        rounds.ratio("harmless, gated", "harmless, everything"),
    );
    answer.figure(
        "real_violating_vs_everything",
        rounds.ratio("violating, gated", "violating, everything"),
    );
}
