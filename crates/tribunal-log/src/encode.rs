//! From what was copied of a run to the bytes of its line. Works on the log's own thread.
//!
//! What is the same in every line of a plan (names, stages, versions) is written once and copied from then on.

use std::sync::Arc;

use serde_json::{Value, json};
use tribunal_core::{
    Cause, ConfigHash, CriticInfo, Mode, Opinion, Reason, Report, Skipped, Source,
};

use crate::chain::{Chain, Head, LineHash};
use crate::json;
use crate::record::{Kept, MAX_CODES, Private, Run, Said, Why};
use crate::time::Stamp;

/// The version of the format: what [`Opened::version`](crate::Opened) says.
pub const FORMAT: u32 = 1;

/// A code is cut beyond so many bytes, and a trace id beyond twice as many.
const LONGEST_CODE: usize = 128;

/// Which texts a line has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Texts {
    None,
    Redacted,
    Raw,
}

/// Makes lines, each after the one before.
pub(crate) struct Encoder {
    chain: Chain,
    head: Option<Head>,
    texts: Texts,
    max_text: usize,
    plan: Option<PlanBytes>,
    scratch: String,
}

/// How each outcome of a plan begins.
struct PlanBytes {
    // Held, so that no other plan can come to lie at its address.
    critics: Arc<[CriticInfo]>,
    config_hash: ConfigHash,
    begins: Vec<Vec<u8>>,
}

/// What was found behind the last line when a log was opened: the start of a line that a crash cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Torn {
    /// How many bytes, up to the line that tells of it.
    pub bytes: u64,
    /// Their hash.
    pub hash: LineHash,
}

impl Encoder {
    pub(crate) fn new(chain: Chain, head: Option<Head>, texts: Texts, max_text: usize) -> Self {
        Self { chain, head, texts, max_text, plan: None, scratch: String::new() }
    }

    /// Where the log ends with the line that was made last.
    pub(crate) const fn head(&self) -> Option<Head> {
        self.head
    }

    /// Goes on from another line, since those that were made after it are not in the log.
    pub(crate) const fn go_back_to(&mut self, head: Option<Head>) {
        self.head = head;
    }

    fn line(&mut self, to: &mut Vec<u8>, time: Stamp, body: impl FnOnce(&mut Self, &mut Vec<u8>)) {
        let start = to.len();
        let seq = Chain::open(to, self.head);
        to.extend_from_slice(b",\"time\":");
        time.write(to);
        body(self, to);
        self.head = Some(self.chain.close(to, start, seq));
    }

    /// The log begins, or goes on after having been closed, in a new file or an old one.
    pub(crate) fn opened(&mut self, to: &mut Vec<u8>, time: Stamp, torn: Option<Torn>) {
        self.line(to, time, |this, to| {
            to.extend_from_slice(b",\"opened\":");
            let mut opened = json!({ "version": FORMAT, "keyed": this.chain.is_keyed() });
            if let (Some(torn), Some(map)) = (torn, opened.as_object_mut()) {
                map.insert("torn".into(), serde_json::to_value(torn).unwrap_or_default());
            }
            json::value(to, &opened);
        });
    }

    /// So many lines that should be here are not.
    pub(crate) fn lost(&mut self, to: &mut Vec<u8>, time: Stamp, count: u64) {
        self.line(to, time, |_, to| {
            to.extend_from_slice(b",\"lost\":");
            json::whole(to, count);
        });
    }

    /// A decision.
    pub(crate) fn run(&mut self, to: &mut Vec<u8>, run: &Run) {
        self.line(to, run.time, |this, to| this.run_members(to, run));
    }

    fn run_members(&mut self, to: &mut Vec<u8>, run: &Run) {
        to.extend_from_slice(b",\"decision_id\":");
        json::plain(to, run.id);
        if let Some(trace_id) = &run.trace_id {
            to.extend_from_slice(b",\"trace_id\":");
            json::cut(to, trace_id, 2 * LONGEST_CODE);
        }
        to.extend_from_slice(b",\"config_hash\":");
        json::plain(to, run.config_hash);
        if let Some(generation) = run.generation {
            to.extend_from_slice(b",\"generation\":");
            json::whole(to, generation);
        }
        to.extend_from_slice(b",\"verdict\":\"");
        to.extend_from_slice(run.verdict.as_str().as_bytes());
        to.extend_from_slice(b"\",\"causes\":");
        causes(to, &run.causes);
        to.extend_from_slice(b",\"let_pass\":");
        json::value(to, &run.let_pass);
        to.extend_from_slice(b",\"outcomes\":[");
        let begins = &PlanBytes::of(&mut self.plan, run).begins;
        for (index, (begin, kept)) in begins.iter().zip(&run.outcomes).enumerate() {
            if index > 0 {
                to.push(b',');
            }
            to.extend_from_slice(begin);
            outcome(to, &mut self.scratch, kept);
        }
        to.extend_from_slice(b"],\"stages\":[");
        for (index, timing) in run.stages.iter().enumerate() {
            if index > 0 {
                to.push(b',');
            }
            to.extend_from_slice(b"{\"stage\":\"");
            to.extend_from_slice(timing.stage.as_str().as_bytes());
            to.extend_from_slice(b"\",\"elapsed_ms\":");
            json::millis(to, timing.elapsed);
            to.push(b'}');
        }
        to.extend_from_slice(b"],\"elapsed_ms\":");
        json::millis(to, run.elapsed);
        to.extend_from_slice(b",\"queued_ms\":");
        json::millis(to, run.queued);
        to.extend_from_slice(b",\"cost_spent\":");
        json::float(to, run.cost_spent);
        to.extend_from_slice(b",\"cost_saved\":");
        json::float(to, run.cost_saved);
        if let Some(private) = &run.private {
            self.texts(to, private);
        }
    }

    /// The last members, so that they can be left out again when they are too long.
    fn texts(&self, to: &mut Vec<u8>, private: &Private) {
        let raw = match self.texts {
            Texts::None => return,
            Texts::Redacted => false,
            Texts::Raw => true,
        };
        let start = to.len();
        to.extend_from_slice(if raw { b",\"text\":\"raw\"" } else { b",\"text\":\"redacted\"" });
        let Private { report, snapshot, .. } = private;
        let snapshot = if raw { Ok(snapshot.clone()) } else { report.redacted(snapshot) };
        match snapshot {
            Ok(snapshot) => {
                to.extend_from_slice(b",\"snapshot\":");
                json::value(to, &snapshot.to_json());
            }
            Err(error) => {
                to.extend_from_slice(b",\"text_error\":");
                json::text(to, &error.to_string());
            }
        }
        to.extend_from_slice(b",\"opinions\":");
        json::value(to, &opinions(report, raw));
        if to.len() - start > self.max_text {
            to.truncate(start);
            to.extend_from_slice(b",\"text_error\":");
            json::text(to, &format!("longer than {} bytes", self.max_text));
        }
    }
}

/// What critics said, in words. Values, details and the words of failures may quote what redaction takes out.
fn opinions(report: &Report, raw: bool) -> Value {
    let said = |opinion: &Opinion| match raw {
        true => serde_json::to_value(opinion).unwrap_or_default(),
        false => json!({ "violations": opinion.violations }),
    };
    let mut all = serde_json::Map::new();
    for (critic, outcome) in report.outcomes() {
        let mut of = match &outcome.opinion {
            Some(opinion) if raw || !opinion.violations.is_empty() => said(opinion),
            _ => json!({}),
        };
        if let (true, Some(reason), Some(map)) = (raw, &outcome.reason, of.as_object_mut()) {
            map.insert("reason".into(), reason.to_string().into());
        }
        if of.as_object().is_some_and(|map| !map.is_empty()) {
            all.insert(critic.name.to_string(), of);
        }
    }
    Value::Object(all)
}

impl PlanBytes {
    /// That of the run's plan; made when it is another than last time.
    fn of<'a>(known: &'a mut Option<Self>, run: &Run) -> &'a Self {
        let same = known.as_ref().is_some_and(|known| {
            Arc::ptr_eq(&known.critics, &run.critics) && known.config_hash == run.config_hash
        });
        if !same {
            *known = None;
        }
        known.get_or_insert_with(|| Self {
            critics: Arc::clone(&run.critics),
            config_hash: run.config_hash,
            begins: run.critics.iter().map(|critic| begin(critic, run.config_hash)).collect(),
        })
    }
}

fn begin(critic: &CriticInfo, config_hash: ConfigHash) -> Vec<u8> {
    let mut to = b"{\"critic\":".to_vec();
    json::text(&mut to, critic.name.as_str());
    to.extend_from_slice(b",\"stage\":");
    json::text(&mut to, critic.stage.as_str());
    if critic.mode == Mode::Monitor {
        to.extend_from_slice(b",\"mode\":\"monitor\"");
    }
    // Where the config tells all there is to tell of a critic, its version is the config's.
    if critic.origin.build.is_some() {
        to.extend_from_slice(b",\"in_code\":true");
    }
    if critic.origin.config != config_hash && critic.origin.config != ConfigHash::default() {
        to.extend_from_slice(b",\"version\":");
        json::plain(&mut to, critic.origin.config);
    }
    to
}

/// What is 0, or nothing, is left out: most of what there is to say of most outcomes.
fn outcome(to: &mut Vec<u8>, scratch: &mut String, kept: &Kept) {
    to.extend_from_slice(b",\"status\":\"");
    to.extend_from_slice(kept.status.as_str().as_bytes());
    to.push(b'"');
    if let Some(verdict) = kept.calls_for {
        to.extend_from_slice(b",\"calls_for\":\"");
        to.extend_from_slice(verdict.as_str().as_bytes());
        to.push(b'"');
    }
    if kept.source != Source::Critic {
        to.extend_from_slice(b",\"source\":");
        json::text(to, kept.source.as_str());
    }
    if let Some(why) = &kept.why {
        reason(to, scratch, why);
    }
    if let Some(said) = &kept.said {
        opinion(to, said);
    }
    for (name, count) in [(&b"attempts"[..], kept.attempts), (b"hedges", kept.hedges)] {
        if count > 0 {
            member(to, name);
            json::whole(to, count.into());
        }
    }
    if let Some(begun) = kept.begun {
        to.extend_from_slice(b",\"begun_ms\":");
        json::millis(to, begun);
    }
    for (name, time) in [(&b"queued_ms"[..], kept.queued), (b"execution_ms", kept.execution)] {
        if !time.is_zero() {
            member(to, name);
            json::millis(to, time);
        }
    }
    if !kept.calls.is_empty() {
        to.extend_from_slice(b",\"calls\":");
        json::value(to, &kept.calls);
    }
    if kept.cost != 0.0 {
        to.extend_from_slice(b",\"cost\":");
        json::float(to, kept.cost);
    }
    to.push(b'}');
}

fn member(to: &mut Vec<u8>, name: &[u8]) {
    to.extend_from_slice(b",\"");
    to.extend_from_slice(name);
    to.extend_from_slice(b"\":");
}

fn reason(to: &mut Vec<u8>, scratch: &mut String, why: &Why) {
    to.extend_from_slice(b",\"reason\":{\"kind\":");
    match why {
        Why::Kind(kind) => json::text(to, kind),
        Why::Told(reason) => {
            json::text(to, reason.kind());
            if let Reason::Skipped(Skipped::Dependency { name, gated }) = reason {
                to.extend_from_slice(b",\"critic\":");
                json::text(to, name.as_str());
                if *gated {
                    to.extend_from_slice(b",\"gated\":true");
                }
            }
            to.extend_from_slice(b",\"text\":");
            json::shown(to, scratch, reason);
        }
    }
    to.push(b'}');
}

fn opinion(to: &mut Vec<u8>, said: &Said) {
    to.extend_from_slice(b",\"severity\":");
    json::float(to, said.severity);
    if said.uncertainty != 0.0 {
        to.extend_from_slice(b",\"uncertainty\":");
        json::float(to, said.uncertainty);
    }
    if let Some(score) = said.score {
        to.extend_from_slice(b",\"score\":");
        json::float(to, score);
    }
    if said.violations > 0 {
        to.extend_from_slice(b",\"violations\":");
        json::whole(to, said.violations as u64);
        to.extend_from_slice(b",\"codes\":");
        codes(to, said.codes.iter().map(AsRef::as_ref));
    }
}

fn codes<'a>(to: &mut Vec<u8>, codes: impl Iterator<Item = &'a str>) {
    to.push(b'[');
    for (index, code) in codes.take(MAX_CODES).enumerate() {
        if index > 0 {
            to.push(b',');
        }
        json::cut(to, code, LONGEST_CODE);
    }
    to.push(b']');
}

fn causes(to: &mut Vec<u8>, causes: &[Cause]) {
    to.push(b'[');
    for (index, cause) in causes.iter().enumerate() {
        if index > 0 {
            to.push(b',');
        }
        match cause {
            Cause::Opinion { critic, severity, codes: all } => {
                to.extend_from_slice(b"{\"critic\":");
                json::text(to, critic.as_str());
                to.extend_from_slice(b",\"severity\":");
                json::float(to, *severity);
                to.extend_from_slice(b",\"codes\":");
                codes(to, all.iter().map(String::as_str));
                to.push(b'}');
            }
            other => json::value(to, other),
        }
    }
    to.push(b']');
}
