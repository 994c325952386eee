//! What many reports come to: counts by verdict, status and critic, and what gating saved.

use std::fmt::Write as _;
use std::time::Duration;

use comfy_table::Cell;
use tribunal_core::{CriticInfo, Mode, Report, Status, Verdict};

use crate::ink;

/// Which columns hold numbers.
const NUMBERS: [usize; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// Counts over all reports so far.
pub(crate) struct Totals {
    pub(crate) judged: u64,
    pub(crate) unjudged: u64,
    verdicts: [u64; Verdict::ALL.len()],
    statuses: [u64; Status::ALL.len()],
    critics: Vec<OfCritic>,
    let_pass: u64,
    cost_spent: f64,
    cost_saved: f64,
}

/// Counts of one critic.
struct OfCritic {
    info: CriticInfo,
    /// Runs in which it was called at least once.
    called: u64,
    gated: u64,
    skipped: u64,
    failed: u64,
    /// Runs in which it was not called and no opinion was due.
    spared: u64,
    violations: u64,
    called_for: [u64; Verdict::ALL.len()],
    at_work: Duration,
}

impl OfCritic {
    fn new(info: &CriticInfo) -> Self {
        Self {
            info: info.clone(),
            called: 0,
            gated: 0,
            skipped: 0,
            failed: 0,
            spared: 0,
            violations: 0,
            called_for: [0; Verdict::ALL.len()],
            at_work: Duration::ZERO,
        }
    }

    /// How long a run of it takes; `None` where it never ran.
    fn mean(&self) -> Option<Duration> {
        let runs = u32::try_from(self.called).unwrap_or(u32::MAX);
        self.at_work.checked_div(runs)
    }
}

impl Totals {
    /// Nothing yet, for critics in plan order.
    pub(crate) fn new(critics: &[CriticInfo]) -> Self {
        Self {
            judged: 0,
            unjudged: 0,
            verdicts: [0; Verdict::ALL.len()],
            statuses: [0; Status::ALL.len()],
            critics: critics.iter().map(OfCritic::new).collect(),
            let_pass: 0,
            cost_spent: 0.0,
            cost_saved: 0.0,
        }
    }

    /// One more report. Its critics are those of the others, as a rule; another profile or a reload may have more.
    pub(crate) fn add(&mut self, report: &Report) {
        self.judged += 1;
        count(&mut self.verdicts, report.verdict as usize);
        self.let_pass += report.let_pass.len() as u64;
        self.cost_spent += report.cost_spent;
        self.cost_saved += report.cost_saved;
        for (index, (info, outcome)) in report.outcomes().enumerate() {
            let index = match self.critics.get(index).filter(|critic| critic.info.name == info.name)
            {
                Some(_) => index,
                None => self.place(info),
            };
            let Some(critic) = self.critics.get_mut(index) else { continue };
            count(&mut self.statuses, outcome.status as usize);
            if let Some(verdict) = outcome.calls_for {
                count(&mut critic.called_for, verdict as usize);
            }
            let called = outcome.attempts > 0;
            critic.called += u64::from(called);
            critic.gated += u64::from(outcome.status == Status::Gated);
            critic.skipped += u64::from(outcome.status == Status::Skipped);
            critic.failed += u64::from(is_failed(outcome.status));
            // As the report counts the cost it saved.
            let spared = !called && outcome.opinion.is_none() && !outcome.is_failure();
            critic.spared += u64::from(spared);
            critic.at_work = critic.at_work.saturating_add(outcome.execution());
            let violations = outcome.opinion.as_ref().map_or(0, |opinion| opinion.violations.len());
            critic.violations += violations as u64;
        }
    }

    /// Where a critic of that name is counted, from now on at the latest.
    fn place(&mut self, info: &CriticInfo) -> usize {
        let known = self.critics.iter().position(|critic| critic.info.name == info.name);
        known.unwrap_or_else(|| {
            self.critics.push(OfCritic::new(info));
            self.critics.len() - 1
        })
    }

    /// All of it, for people; painted.
    pub(crate) fn show(&self, elapsed: Duration, width: Option<u16>) -> String {
        let mut text = String::new();
        let seconds = elapsed.as_secs_f64();
        let pace = if seconds > 0.0 && self.judged > 0 {
            format!(", {:.0} a second", self.judged as f64 / seconds)
        } else {
            String::new()
        };
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            text,
            "{} in {}{pace}",
            ink::bold(format!("{} judged", ink::many(self.judged, "snapshot"))),
            ink::duration(elapsed),
        );
        if self.unjudged > 0 {
            let lines = ink::many(self.unjudged, "line");
            let _ = writeln!(text, "{}", ink::bold(format!("{lines} could not be judged")));
        }
        if self.judged == 0 {
            return text;
        }
        let verdicts = Verdict::ALL.iter().rev().zip(self.verdicts.iter().rev());
        let verdicts =
            verdicts.map(|(verdict, count)| format!("{} {count}", ink::verdict(*verdict)));
        let _ = writeln!(text, "\n  verdicts  {}", joined(verdicts));
        let statuses = Status::ALL.iter().zip(&self.statuses).filter(|(_, count)| **count > 0);
        let statuses = statuses.map(|(status, count)| format!("{status} {count}"));
        let _ = writeln!(text, "  outcomes  {}", joined(statuses));
        let _ = writeln!(text, "  cost      {}", self.cost());
        let _ = writeln!(text, "  time      {}", self.time_saved());
        if self.let_pass > 0 {
            let failures = ink::many(self.let_pass, "failure");
            let _ = writeln!(text, "  let pass  {}", ink::bold(format!("{failures} of critics")));
        }
        let _ = writeln!(text, "\n{}", self.table(width));
        text
    }

    fn cost(&self) -> String {
        let whole = self.cost_spent + self.cost_saved;
        let share = if self.cost_saved > 0.0 {
            format!(" ({:.0}% of what every gate open would cost)", 100.0 * self.cost_saved / whole)
        } else {
            String::new()
        };
        let (spent, saved) = (ink::number(self.cost_spent), ink::number(self.cost_saved));
        format!("{spent} spent, {saved} saved by gates{share}")
    }

    /// An estimate: what was spared, at the pace of the runs that there were.
    fn time_saved(&self) -> String {
        let worked: Duration = self.critics.iter().map(|critic| critic.at_work).sum();
        let mut saved = Duration::ZERO;
        let mut unknown = 0;
        for critic in self.critics.iter().filter(|critic| critic.spared > 0) {
            match critic.mean() {
                Some(mean) => {
                    let times = u32::try_from(critic.spared).unwrap_or(u32::MAX);
                    saved = saved.saturating_add(mean.saturating_mul(times));
                }
                None => unknown += 1,
            }
        }
        let beyond = match unknown {
            0 => String::new(),
            many => format!(", besides {} that never ran", ink::many(many, "critic")),
        };
        format!(
            "{} of critics at work, about {} saved by gates (an estimate{beyond})",
            ink::duration(worked),
            ink::duration(saved)
        )
    }

    fn table(&self, width: Option<u16>) -> comfy_table::Table {
        let header = [
            "critic",
            "ran",
            "gated",
            "skipped",
            "failed",
            "violations",
            "review",
            "block",
            "mean ms",
        ];
        let mut table = ink::table(&header, &NUMBERS, width);
        for critic in &self.critics {
            let counts = critic.info.mode == Mode::Enforce;
            let called = |verdict: Verdict| {
                let count = critic.called_for.get(verdict as usize).copied().unwrap_or_default();
                if count > 0 && !counts {
                    ink::right(format!("({count})"))
                } else {
                    ink::count_cell(count)
                }
            };
            let mean = critic.mean().map(|mean| format!("{:.3}", mean.as_secs_f64() * 1e3));
            table.add_row([
                Cell::new(name(&critic.info)),
                ink::count_cell(critic.called),
                ink::count_cell(critic.gated),
                ink::count_cell(critic.skipped),
                ink::count_cell(critic.failed),
                ink::count_cell(critic.violations),
                called(Verdict::Review),
                called(Verdict::Block),
                ink::right(mean.unwrap_or_default()),
            ]);
        }
        table
    }
}

/// Its name, and whether it is only watched.
pub(crate) fn name(critic: &CriticInfo) -> String {
    match critic.mode {
        Mode::Enforce => critic.name.to_string(),
        Mode::Monitor => format!("{} (monitor)", critic.name),
    }
}

fn is_failed(status: Status) -> bool {
    matches!(status, Status::Timeout | Status::Error | Status::Invalid | Status::RateLimited)
}

fn count(counts: &mut [u64], index: usize) {
    if let Some(count) = counts.get_mut(index) {
        *count += 1;
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tribunal_core::{
        ConfigHash, CriticName, Failure, FailureKind, Gated, Opinion, Outcome, Reason, RunTimings,
        Violation, calls_for,
    };

    fn info(name: &str, cost: f64) -> CriticInfo {
        let mut info = CriticInfo::new(CriticName::new(name).unwrap());
        info.cost = cost;
        info
    }

    fn ran(opinion: Opinion, took: u64) -> Outcome {
        let mut outcome = Outcome::success(opinion);
        outcome.attempts = 1;
        outcome.took(Duration::ZERO, Duration::from_millis(took));
        outcome
    }

    #[test]
    fn gates_save_the_mean_of_the_runs_there_were() {
        let critics = [info("fast", 0.0), info("deep", 4.0), info("never", 1.0)];
        let mut totals = Totals::new(&critics);
        let bad = || Opinion::objection(Violation::new("x", "x", 0.9));
        let gated = || Outcome::without(Reason::Gated(Gated::NoViolation));
        let failed = || Outcome::without(Reason::Failed(Failure::new(FailureKind::Permanent, "x")));
        let runs = [
            [ran(bad(), 1), ran(Opinion::clean(), 30), gated()],
            [ran(Opinion::clean(), 1), gated(), gated()],
            [failed(), gated(), gated()],
        ];
        for mut outcomes in runs {
            for (critic, outcome) in critics.iter().zip(&mut outcomes) {
                outcome.calls_for = calls_for(critic, outcome);
            }
            let timings = RunTimings::default();
            let hash = ConfigHash([0; 16]);
            let critics = critics.to_vec().into();
            totals.add(&Report::new(None, critics, outcomes.into(), timings, hash));
        }
        let text = ink::plain(&totals.show(Duration::from_secs(2), None));
        assert!(text.starts_with("3 snapshots judged in 2s, 2 a second\n"), "{text}");
        assert!(text.contains("verdicts  block 1 · review 1 · allow 1\n"), "{text}");
        assert!(text.contains("outcomes  success 3 · error 1 · gated 5\n"), "{text}");
        assert!(text.contains("cost      0 spent, 11 saved by gates (100% of"), "{text}");
        let time = "32ms of critics at work, about 60ms saved by gates (an estimate, besides 1 critic that never ran)";
        assert!(text.contains(time), "{text}");
    }

    #[test]
    fn nothing_judged_is_said_without_tables() {
        let mut totals = Totals::new(&[info("a", 1.0)]);
        totals.unjudged = 1;
        let text = ink::plain(&totals.show(Duration::ZERO, None));
        assert_eq!(text, "0 snapshots judged in 0ms\n1 line could not be judged\n");
    }
}
