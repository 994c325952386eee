//! Many runs on one page: what they came to together, and the ones that matter most one by one.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::evidence::Texts;
use crate::page::{self, escaped};
use crate::plan::Plan;
use crate::run::{Outcome, Run};
use crate::scale::{number, percent, time};
use crate::section::section;
use crate::series::Series;
use crate::story::done;

const STYLE: &str = include_str!("album.css");
/// How many runs are drawn one by one.
const DRAWN: usize = 50;
/// How many different causes are listed.
const CAUSES: usize = 20;
/// How many different ones are counted; those that come first are.
const MOST_CAUSES: usize = 10_000;

/// Runs that become a page. Takes any number of them, and room for a bounded part.
pub struct Album {
    title: String,
    texts: Texts,
    plan: Option<Plan>,
    runs: u64,
    unjudged: u64,
    verdicts: BTreeMap<String, u64>,
    let_pass: u64,
    configs: Vec<String>,
    elapsed: Series,
    cost_spent: f64,
    cost_saved: f64,
    stages: Vec<(String, Series)>,
    critics: Vec<OfCritic>,
    causes: BTreeMap<(String, String), u64>,
    drawn: Vec<Drawn>,
}

/// A run that is drawn.
struct Drawn {
    /// Which comes first: the worst verdict, then the slowest.
    rank: (u8, u64),
    number: u64,
    run: Run,
    snapshot: Option<Value>,
}

/// What a critic came to over all runs.
#[derive(Default)]
struct OfCritic {
    name: String,
    stage: String,
    monitored: bool,
    called: u64,
    gated: u64,
    skipped: u64,
    failed: u64,
    review: u64,
    block: u64,
    /// Runs whose verdict would have been milder without it.
    only: u64,
    took: Series,
    waited: Series,
    worked: f64,
    cost: f64,
    seen: u64,
}

impl Album {
    /// Nothing yet. The title says what the runs are of.
    #[must_use]
    pub fn new(title: &str, texts: Texts) -> Self {
        Self {
            title: title.to_owned(),
            texts,
            plan: None,
            runs: 0,
            unjudged: 0,
            verdicts: BTreeMap::new(),
            let_pass: 0,
            configs: Vec::new(),
            elapsed: Series::default(),
            cost_spent: 0.0,
            cost_saved: 0.0,
            stages: Vec::new(),
            critics: Vec::new(),
            causes: BTreeMap::new(),
            drawn: Vec::new(),
        }
    }

    /// What the runs went by, where that is known: it says when critics run, what gates see, and deadlines.
    #[must_use]
    pub fn plan(mut self, plan: Plan) -> Self {
        self.plan = Some(plan);
        self
    }

    /// One more that could not be judged.
    pub fn add_unjudged(&mut self) {
        self.unjudged += 1;
    }

    /// One more run; with the snapshot's JSON where evidence is to be shown.
    pub fn add(&mut self, run: Run, snapshot: Option<Value>) {
        self.runs += 1;
        *self.verdicts.entry(run.verdict.clone()).or_default() += 1;
        self.let_pass += u64::from(!run.let_pass.is_empty());
        if !self.configs.contains(&run.config_hash) && self.configs.len() < CAUSES {
            self.configs.push(run.config_hash.clone());
        }
        self.elapsed.add(run.elapsed_ms);
        self.cost_spent += run.cost_spent;
        self.cost_saved += run.cost_saved;
        for stage in &run.stages {
            match self.stages.iter_mut().find(|(name, _)| *name == stage.stage) {
                Some((_, series)) => series.add(stage.elapsed_ms),
                None => {
                    let mut series = Series::default();
                    series.add(stage.elapsed_ms);
                    self.stages.push((stage.stage.clone(), series));
                }
            }
        }
        let alone = alone(&run);
        for (place, outcome) in run.outcomes.iter().enumerate() {
            let at = self.critic(place, outcome);
            if let Some(critic) = self.critics.get_mut(at) {
                critic.add(outcome, alone == Some(place));
            }
        }
        for cause in &run.causes {
            let critic = cause.critic.clone().unwrap_or_else(|| String::from("nobody"));
            let first = cause.codes.first().or(cause.kind.as_ref());
            let code = first.cloned().unwrap_or_else(|| String::from("severity alone"));
            let known = self.causes.len();
            match self.causes.get_mut(&(critic.clone(), code.clone())) {
                Some(count) => *count += 1,
                None if known < MOST_CAUSES => {
                    self.causes.insert((critic, code), 1);
                }
                None => {}
            }
        }
        self.keep(run, snapshot);
    }

    /// Where the counts of a critic are: at its place, as a rule.
    fn critic(&mut self, place: usize, outcome: &Outcome) -> usize {
        let is_it = |critic: &OfCritic| critic.name == outcome.critic;
        let found = match self.critics.get(place).is_some_and(is_it) {
            true => Some(place),
            false => self.critics.iter().position(is_it),
        };
        found.unwrap_or_else(|| {
            self.critics.push(OfCritic {
                name: outcome.critic.clone(),
                stage: outcome.stage.clone(),
                monitored: !outcome.is_enforced(),
                ..OfCritic::default()
            });
            self.critics.len() - 1
        })
    }

    /// Keeps a run to be drawn, if it matters more than another one that is kept.
    fn keep(&mut self, run: Run, snapshot: Option<Value>) {
        let verdict = match &*run.verdict {
            "block" => 3,
            "review" => 2,
            _ if !run.let_pass.is_empty() => 1,
            _ => 0,
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an order")]
        let slow = (run.elapsed_ms * 1e3) as u64;
        let drawn = Drawn { rank: (verdict, slow), number: self.runs, run, snapshot };
        self.drawn.push(drawn);
        if self.drawn.len() > 2 * DRAWN {
            self.sort_drawn();
        }
    }

    fn sort_drawn(&mut self) {
        self.drawn.sort_by_key(|drawn| (Reverse(drawn.rank), drawn.number));
        self.drawn.truncate(DRAWN);
    }

    /// The page.
    #[must_use]
    pub fn html(mut self) -> String {
        self.sort_drawn();
        let title = match (&*self.drawn, self.runs) {
            ([only], 1) => format!("{}: {}", done(&only.run.verdict), only.run.name()),
            _ => format!("{} runs of {}", self.runs, self.title),
        };
        let mut page = page::begin(&format!("Tribunal: {title}"), STYLE);
        if let ([only], 1) = (&*self.drawn, self.runs) {
            let verdict = class(&only.run.verdict);
            let _ = writeln!(
                page,
                "<h1><span class=\"verdict {verdict}\">{}</span> {} <span class=\"note\">{}</span></h1>",
                done(&only.run.verdict),
                escaped(&only.run.name()),
                escaped(&self.title)
            );
            page.push_str(&self.drawing(only));
        } else {
            self.together(&mut page);
            self.one_by_one(&mut page);
        }
        page::end(&mut page);
        page
    }

    fn drawing(&self, drawn: &Drawn) -> String {
        section(&drawn.run, drawn.snapshot.as_ref(), self.plan.as_ref(), self.texts)
    }

    fn together(&self, page: &mut String) {
        let _ = writeln!(
            page,
            "<h1>{} runs <span class=\"note\">{}</span></h1>",
            self.runs,
            escaped(&self.title)
        );
        self.shares(page);
        page.push_str("<dl>\n");
        let [p50, p90, p99] = self.elapsed.percentiles([50.0, 90.0, 99.0]).map(told);
        let whole = self.cost_spent + self.cost_saved;
        let saved = if whole > 0.0 { 100.0 * self.cost_saved / whole } else { 0.0 };
        let worked: f64 = self.critics.iter().map(|critic| critic.worked).sum();
        let spared: f64 = self.critics.iter().map(OfCritic::spared).sum();
        for (name, value) in [
            ("took (p50, p90, p99)", format!("{p50} · {p90} · {p99}")),
            ("cost", number(self.cost_spent)),
            ("saved by gates", format!("{} ({saved:.0} %)", number(self.cost_saved))),
            ("critics at work", time(worked)),
            ("time saved by gates, about", time(spared)),
            ("with a failure let pass", self.let_pass.to_string()),
            ("not judged", self.unjudged.to_string()),
            (
                "config",
                self.configs
                    .iter()
                    .map(|hash| hash.get(..12).unwrap_or(hash))
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
        ] {
            let _ = writeln!(page, "<div><dt>{name}</dt><dd>{}</dd></div>", escaped(&value));
        }
        page.push_str("</dl>\n");
        if !self.elapsed.is_whole() {
            page.push_str("<p class=\"note\">Percentiles are of a fair sample of 100,000.</p>\n");
        }
        self.reasons(page);
        self.table(page);
        self.stage_table(page);
    }

    /// The share of each verdict as one bar.
    fn shares(&self, page: &mut String) {
        page.push_str("<div class=\"shares\">");
        for verdict in ["block", "review", "allow"] {
            let count = self.verdicts.get(verdict).copied().unwrap_or_default();
            if count > 0 {
                let _ = write!(
                    page,
                    "<span class=\"{}\" style=\"flex-grow:{count}\"><b>{verdict}</b> {count} · {}</span>",
                    class(verdict),
                    percent(count, self.runs)
                );
            }
        }
        page.push_str("</div>\n");
    }

    fn reasons(&self, page: &mut String) {
        let mut causes: Vec<_> = self.causes.iter().collect();
        causes.sort_by_key(|(cause, count)| (Reverse(**count), *cause));
        if causes.is_empty() {
            return;
        }
        page.push_str("<h2>Why</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>critic</th><th>first code, or how it failed</th><th class=\"n\">runs</th><th></th></tr></thead>\n<tbody>\n");
        let most = causes.first().map_or(1, |(_, count)| **count);
        for ((critic, code), count) in causes.iter().take(CAUSES) {
            let _ = writeln!(
                page,
                "<tr><th scope=\"row\">{}</th><td><code>{}</code></td><td class=\"n\">{count}</td><td><i class=\"meter\" style=\"width:{:.0}px\"></i></td></tr>",
                escaped(critic),
                escaped(code),
                120.0 * (**count as f64) / (most as f64)
            );
        }
        page.push_str("</tbody>\n</table></div>\n");
        if causes.len() > CAUSES {
            let _ = writeln!(page, "<p class=\"note\">and {} more</p>", causes.len() - CAUSES);
        }
    }

    fn table(&self, page: &mut String) {
        page.push_str("<h2>Critics</h2>\n<p class=\"note\"><em>Only it</em>: runs whose verdict would have been milder without this critic. What it cost, and what each such run cost, tell whether it earns its place. <em>Saved</em>: what it would have taken in the runs that its gate spared it, at its mean.</p>\n<div class=\"wide\"><table>\n<thead><tr><th>critic</th><th class=\"n\">called</th><th>gate open</th><th class=\"n\">skipped</th><th class=\"n\">failed</th><th class=\"n\">review</th><th class=\"n\">block</th><th class=\"n\">only it</th><th class=\"n\">p50</th><th class=\"n\">p90</th><th class=\"n\">p99</th><th class=\"n\">waited p99</th><th class=\"n\">cost</th><th class=\"n\">cost for each “only it”</th><th class=\"n\">saved, about</th></tr></thead>\n<tbody>\n");
        let mut last = "";
        for critic in &self.critics {
            if critic.stage != last {
                last = &critic.stage;
                let stage = escaped(&critic.stage.replace('_', " "));
                let _ = writeln!(page, "<tr class=\"group\"><th colspan=\"15\">{stage}</th></tr>");
            }
            critic.row(page);
        }
        page.push_str("</tbody>\n</table></div>\n");
    }

    fn stage_table(&self, page: &mut String) {
        page.push_str("<h2>Stages</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>stage</th><th class=\"n\">p50</th><th class=\"n\">p90</th><th class=\"n\">p99</th></tr></thead>\n<tbody>\n");
        for (stage, series) in &self.stages {
            let [p50, p90, p99] = series.percentiles([50.0, 90.0, 99.0]).map(told);
            let stage = escaped(&stage.replace('_', " "));
            let _ = writeln!(
                page,
                "<tr><th scope=\"row\">{stage}</th><td class=\"n\">{p50}</td><td class=\"n\">{p90}</td><td class=\"n\">{p99}</td></tr>"
            );
        }
        page.push_str("</tbody>\n</table></div>\n");
    }

    fn one_by_one(&self, page: &mut String) {
        let _ = writeln!(
            page,
            "<h2>Runs</h2>\n<p class=\"note\">{}: the worst verdicts first, and of those the slowest.</p>",
            match self.drawn.len() as u64 {
                all if all == self.runs => String::from("All of them"),
                some => format!("{some} of {}", self.runs),
            }
        );
        for drawn in &self.drawn {
            let run = &drawn.run;
            let first = run.causes.first().map_or_else(String::new, |cause| {
                let critic = escaped(cause.critic.as_deref().unwrap_or("nobody gave an opinion"));
                let code = cause.codes.first().or(cause.kind.as_ref()).map(|code| escaped(code));
                format!("<code>{critic}</code> {}", code.unwrap_or_default())
            });
            let _ = writeln!(
                page,
                "<details class=\"run\"><summary><span class=\"verdict {}\">{}</span> <b>{}</b> {first} <span class=\"note\">{}</span></summary>\n{}</details>",
                class(&run.verdict),
                escaped(&run.verdict),
                escaped(&run.name()),
                time(run.elapsed_ms),
                self.drawing(drawn)
            );
        }
    }
}

impl OfCritic {
    fn add(&mut self, outcome: &Outcome, only: bool) {
        self.seen += 1;
        self.only += u64::from(only);
        self.gated += u64::from(outcome.status == "gated");
        self.skipped += u64::from(outcome.status == "skipped");
        self.failed += u64::from(outcome.is_failure() && outcome.status != "skipped");
        match outcome.calls_for.as_deref() {
            Some("review") => self.review += 1,
            Some("block") => self.block += 1,
            _ => {}
        }
        self.cost += outcome.cost;
        if outcome.attempts > 0 {
            self.called += 1;
            self.worked += outcome.execution_ms;
            self.took.add(outcome.execution_ms);
            self.waited.add(outcome.queued_ms);
        }
    }

    /// What it would have taken in the runs that its gate spared it.
    fn spared(&self) -> f64 {
        match self.called {
            0 => 0.0,
            called => self.gated as f64 * self.worked / called as f64,
        }
    }

    fn row(&self, page: &mut String) {
        let [p50, p90, p99] = self.took.percentiles([50.0, 90.0, 99.0]).map(told);
        let [waited] = self.waited.percentiles([99.0]).map(told);
        let open = self.seen.saturating_sub(self.gated);
        let share = if self.seen > 0 { 100.0 * open as f64 / self.seen as f64 } else { 0.0 };
        let each = match self.only {
            0 => String::from("–"),
            only => number(self.cost / only as f64),
        };
        let monitored = if self.monitored { " <span class=\"note\">monitor</span>" } else { "" };
        let failed = if self.failed > 0 { "n bad" } else { "n" };
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}{monitored}</th><td class=\"n\">{}</td><td><span class=\"open\"><i style=\"width:{share:.0}%\"></i></span> {}</td><td class=\"n\">{}</td><td class=\"{failed}\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{p50}</td><td class=\"n\">{p90}</td><td class=\"n\">{p99}</td><td class=\"n\">{waited}</td><td class=\"n\">{}</td><td class=\"n\">{each}</td><td class=\"n\">{}</td></tr>",
            escaped(&self.name),
            self.called,
            percent(open, self.seen),
            self.skipped,
            self.failed,
            self.review,
            self.block,
            self.only,
            number(self.cost),
            time(self.spared()),
        );
    }
}

/// The one critic without which the verdict would have been milder, if there is just one.
fn alone(run: &Run) -> Option<usize> {
    let rank = |verdict: &str| match verdict {
        "block" => 2,
        "review" => 1,
        _ => 0,
    };
    let verdict = rank(&run.verdict);
    let calls = |outcome: &Outcome| outcome.calls_for.as_deref().map_or(0, rank);
    let mut those =
        run.outcomes.iter().enumerate().filter(|(_, outcome)| {
            outcome.is_enforced() && verdict > 0 && calls(outcome) == verdict
        });
    let (place, _) = those.next()?;
    those.next().is_none().then_some(place)
}

fn told(millis: Option<f64>) -> String {
    millis.map_or_else(|| String::from("–"), time)
}

/// The colour of a verdict.
fn class(verdict: &str) -> &'static str {
    match verdict {
        "block" => "hot",
        "review" => "warm",
        _ => "cool",
    }
}
