//! From what was copied of a run to its spans: run, stages, critics, attempts. Works on the tracer's own thread.
//!
//! Start at [`spans`]. Reports tell times from the call of the run, critics' turns to the microsecond; where that would
//! have something begin before what it lies in, it begins with it.

use std::borrow::Cow;
use std::time::Duration;

use tribunal_core::{CallEnd, CallTiming, CriticInfo, Mode, Source, StageTiming, Status, Verdict};

use crate::ids::SpanId;
use crate::sketch::{Became, CameTo, Judged, Sketch};
use crate::span::{Link, Span, SpanKind, SpanStatus, within};

/// So many calls of one critic have spans; of the others its span says how many there were.
const MOST_CALLS: usize = 32;

/// Adds the spans of a run, each behind the one it lies in.
pub(crate) fn spans(sketch: &Sketch, to: &mut Vec<Span>) {
    let mut tree = Tree { sketch, start: earlier(sketch.end, sketch.elapsed), made: 0, to };
    let mut run = tree.span(SpanKind::Run, "run".into(), None, (Duration::ZERO, sketch.elapsed));
    run.say("tribunal.kept", sketch.kept.as_str());
    run.say("tribunal.phase", sketch.phase.as_str());
    match &sketch.came_to {
        CameTo::Refusal(why) => {
            run.say("tribunal.refused", why.as_str());
            run.say("error.type", why.as_str());
            run.status = SpanStatus::Error(why.as_str());
            tree.to.push(run);
        }
        CameTo::Report(judged) => {
            judged.describe(&mut run);
            tree.to.push(run);
            tree.judged(judged);
        }
    }
}

/// So long before that moment.
fn earlier(end: u64, by: Duration) -> u64 {
    end.saturating_sub(nanos(by))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The spans of a run, as they are made.
struct Tree<'a> {
    sketch: &'a Sketch,
    /// When the run was called.
    start: u64,
    /// How many spans there are below the run.
    made: u64,
    to: &'a mut Vec<Span>,
}

impl Tree<'_> {
    /// A span that says nothing yet; without a parent the one of the run itself. `time` is its start after the call of
    /// the run, and how long it took.
    fn span(
        &mut self,
        kind: SpanKind,
        name: Cow<'static, str>,
        parent: Option<SpanId>,
        (begun, took): (Duration, Duration),
    ) -> Span {
        let sketch = self.sketch;
        let caller = sketch.parent.as_ref();
        let (id, parent, parent_is_remote) = match parent {
            None => (sketch.id, caller.map(|caller| caller.span_id), caller.is_some()),
            Some(parent) => {
                self.made += 1;
                (sketch.id.below(self.made), Some(parent), false)
            }
        };
        let start = self.start.saturating_add(nanos(begun));
        Span {
            kind,
            trace_id: sketch.trace_id,
            id,
            parent,
            parent_is_remote,
            state: caller.and_then(|caller| caller.state.clone()),
            name,
            start,
            end: start.saturating_add(nanos(took)),
            // Room for what most of them say: growing would cost more than all the rest.
            attributes: Vec::with_capacity(match kind {
                SpanKind::Run | SpanKind::Critic => 16,
                SpanKind::Stage | SpanKind::Attempt => 3,
                SpanKind::Queue => 0,
            }),
            links: Vec::new(),
            status: SpanStatus::Unset,
        }
    }

    fn judged(&mut self, judged: &Judged) {
        let run = self.sketch.id;
        if !judged.queued.is_zero() {
            let time = (Duration::ZERO, judged.queued);
            let queue = self.span(SpanKind::Queue, "queue".into(), Some(run), time);
            self.to.push(queue);
        }
        let mut begun = judged.queued;
        for timing in judged.stages.iter() {
            self.stage(judged, timing, begun);
            begun = begun.saturating_add(timing.elapsed);
        }
    }

    fn stage(&mut self, judged: &Judged, timing: StageTiming, begun: Duration) {
        let StageTiming { stage, elapsed } = timing;
        let of_stage = || judged.all().filter(|(critic, _)| critic.stage == stage);
        let without = |status| {
            let alike = of_stage().filter(move |(_, it)| it.status == status && !it.has_span());
            alike.map(|(critic, _)| critic.name.as_str())
        };
        let name = format!("stage {stage}").into();
        let run = self.sketch.id;
        let mut span = self.span(SpanKind::Stage, name, Some(run), (begun, elapsed));
        span.say("tribunal.stage", stage.as_str());
        span.list("tribunal.gated", without(Status::Gated));
        span.list("tribunal.skipped", without(Status::Skipped));
        let id = span.id;
        self.to.push(span);
        for (critic, became) in of_stage().filter(|(_, became)| became.has_span()) {
            self.critic(critic, became, (id, begun));
        }
    }

    fn critic(
        &mut self,
        critic: &CriticInfo,
        became: &Became,
        (stage, at_least): (SpanId, Duration),
    ) {
        let begun = became.begun.unwrap_or_default().max(at_least);
        let calls = became.calls(begun);
        let ends = calls.iter().map(|call| call.begun.saturating_add(call.took));
        let waited = begun.saturating_add(became.queued);
        let took = ends.fold(waited, Duration::max).saturating_sub(begun);
        let name = format!("critic {}", within(critic.name.as_str())).into();
        let mut span = self.span(SpanKind::Critic, name, Some(stage), (begun, took));
        became.describe(critic, &mut span);
        if calls.len() > MOST_CALLS {
            span.say("tribunal.attempts.left_out", calls.len() - MOST_CALLS);
        }
        let id = span.id;
        self.to.push(span);
        self.attempts(id, calls.get(..MOST_CALLS).unwrap_or(&calls));
    }

    /// Those of one critic, in the order in which they began.
    fn attempts(&mut self, critic: SpanId, calls: &[CallTiming]) {
        // The last call that is no hedge: what a retry takes the place of, and what a hedge lies beside.
        let mut last = None;
        for (number, call) in (1_u32..).zip(calls) {
            let time = (call.begun, call.took);
            let mut span = self.span(SpanKind::Attempt, "attempt".into(), Some(critic), time);
            span.say("tribunal.attempt", number);
            span.say("tribunal.end", call.end.as_str());
            if call.hedge {
                span.say("tribunal.hedge", true);
            }
            if !matches!(call.end, CallEnd::Success | CallEnd::Cancelled) {
                span.say("error.type", call.end.as_str());
                span.status = SpanStatus::Error(call.end.as_str());
            }
            let how = if call.hedge { "hedge_of" } else { "retry_of" };
            span.links.extend(last.map(|to| Link { to, how }));
            if !call.hedge {
                last = Some(span.id);
            }
            self.to.push(span);
        }
    }
}

impl Judged {
    fn all(&self) -> impl Iterator<Item = (&CriticInfo, &Became)> + Clone {
        self.critics.iter().zip(&self.outcomes)
    }

    fn describe(&self, run: &mut Span) {
        let enforced = self.all().filter(|(critic, _)| critic.mode == Mode::Enforce);
        let names = |wanted: fn(&Self, &Became) -> bool| {
            let wanted = enforced.clone().filter(move |(_, became)| wanted(self, became));
            wanted.map(|(critic, _)| critic.name.as_str())
        };
        run.say("tribunal.verdict", self.verdict.as_str());
        let cause = |judged: &Self, became: &Became| {
            judged.verdict != Verdict::Allow && became.calls_for == Some(judged.verdict)
        };
        run.list("tribunal.causes", names(cause));
        // As `Judgement::let_pass` has it.
        let let_pass = |judged: &Self, became: &Became| {
            let by_mode = became.is_failure && became.calls_for == Some(Verdict::Allow);
            judged.opened && (by_mode || became.source == Source::Fallback)
        };
        run.list("tribunal.let_pass", names(let_pass));
        run.list("tribunal.failed", names(|_, became| became.is_failure));
        run.say("tribunal.critics", self.critics.len());
        run.say("tribunal.config_hash", self.config_hash.to_string());
        run.say("tribunal.queued_ms", millis(self.queued));
        run.say("tribunal.cost.spent", self.cost_spent);
        run.say("tribunal.cost.saved", self.cost_saved);
        run.say("gen_ai.evaluation.name", "tribunal");
        run.say("gen_ai.evaluation.score.label", self.verdict.as_str());
        if self.canary {
            run.say("tribunal.canary", true);
        }
    }
}

impl Became {
    /// Whether there is more to tell than that it did not run, as it should be.
    fn has_span(&self) -> bool {
        self.begun.is_some() || self.attempts > 0 || self.said.is_some() || self.is_failure
    }

    /// All of its calls, in the order in which they began; `begun` is when it was its turn.
    fn calls(&self, begun: Duration) -> Vec<CallTiming> {
        if self.calls.is_empty() && self.attempts > 0 {
            return vec![CallTiming::new(
                begun.saturating_add(self.queued),
                self.execution,
                self.end,
            )];
        }
        let mut calls = self.calls.to_vec();
        calls.sort_by_key(|call| call.begun);
        calls
    }

    fn describe(&self, critic: &CriticInfo, span: &mut Span) {
        let name = critic.name.as_str();
        span.say("tribunal.critic", name.to_owned());
        span.say("tribunal.stage", critic.stage.as_str());
        span.say("tribunal.status", self.status.as_str());
        if let Some(verdict) = self.calls_for {
            span.say("tribunal.calls_for", verdict.as_str());
        }
        if critic.mode == Mode::Monitor {
            span.say("tribunal.mode", critic.mode.as_str());
        }
        if self.source != Source::Critic {
            span.say("tribunal.source", self.source.as_str());
        }
        if let Some(reason) = self.reason {
            span.say("tribunal.reason", reason);
        }
        span.say("tribunal.attempts", self.attempts);
        if self.hedges > 0 {
            span.say("tribunal.hedges", self.hedges);
        }
        span.say("tribunal.queued_ms", millis(self.queued));
        span.say("tribunal.execution_ms", millis(self.execution));
        span.say("tribunal.cost", self.cost);
        span.say("gen_ai.evaluation.name", name.to_owned());
        if let Some(said) = &self.said {
            span.say("tribunal.severity", said.severity);
            span.say("tribunal.uncertainty", said.uncertainty);
            span.say("tribunal.violations", said.violations);
            span.list("tribunal.codes", said.codes.iter().map(String::as_str));
            // Not its severity, where it has none: that is another scale.
            if let Some(score) = said.score {
                span.say("gen_ai.evaluation.score.value", score);
            }
        }
        if let Some(verdict) = self.calls_for {
            span.say("gen_ai.evaluation.score.label", verdict.as_str());
        }
        if self.is_failure {
            let kind = self.reason.unwrap_or(self.status.as_str());
            span.say("error.type", kind);
            span.status = SpanStatus::Error(kind);
        }
    }
}
