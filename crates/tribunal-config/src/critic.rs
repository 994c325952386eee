//! One `[[critic]]`: how it is run, and the critic itself.
//!
//! Start at [`Draft::read`]. A draft keeps the place of every value, so that what the plan refuses later can be
//! shown where it was written.

mod keys;
mod model;
mod parts;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tribunal_core::{
    Answer, Catalogue, Condition, Critic, CriticKind, CriticName, FailureMode, Mode, Opinion,
    Phases, Stage, Thresholds, critic_fn,
};
use tribunal_production::{
    Adaptation, BreakerSettings, CriticSpec, Hedge, Isolation, Policy, Rate, Retry, Validation,
};

use self::keys::{mandatory, name, phases, shares, strings};
pub(crate) use self::keys::{names, timeout};
use self::parts::{breaker, hedge, retry, validation};
use crate::Code;
use crate::adaptive::{Ceiling, adaptive};
use crate::gate::{self, When};
use crate::nearest::{listed, meant};
use crate::notes::{Mistake, Notes};
use crate::params::{self, Environment, Params};
use crate::rates::rate;
use crate::read::{Table, short};
use crate::run::{Defaults, MOST_IN_FLIGHT, Marks, Run, with};
use crate::texts::Texts;
use crate::when::Expression;

/// What all critics of a file are read with.
pub(crate) struct Around<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) environment: Environment<'a>,
    /// Where what is written, and so from which folder paths start.
    pub(crate) texts: &'a Texts,
    pub(crate) run: &'a Run,
    pub(crate) defaults: &'a Defaults,
    pub(crate) notes: &'a Notes,
}

/// A critic as it was written. What was wrong has been noted, and has its default here.
pub(crate) struct Draft {
    /// `None` when it has none, or one that cannot be a name.
    pub(crate) name: Option<CriticName>,
    /// As it was written, also when it cannot be a name.
    pub(crate) written_name: String,
    pub(crate) name_span: Range<usize>,
    /// The kind as it was written; empty when there is none.
    pub(crate) kind: String,
    pub(crate) enabled: bool,
    pub(crate) stage: Stage,
    pub(crate) priority: u8,
    pub(crate) mode: Mode,
    pub(crate) depends_on: Vec<(String, Range<usize>)>,
    pub(crate) when: Option<When>,
    pub(crate) critic: Arc<dyn Critic>,
    pub(crate) phases: Phases,
    pub(crate) policy: Policy,
    pub(crate) run_anyway: bool,
    pub(crate) timeout: Duration,
    retry: Retry,
    max_in_flight: Option<usize>,
    adaptive: Option<(usize, Adaptation)>,
    hedge: Option<Hedge>,
    isolation: Isolation,
    pub(crate) rate: Option<Rate>,
    /// The names of rates that there are.
    pub(crate) shares: Vec<String>,
    breaker: Option<BreakerSettings>,
    validation: Validation,
    failure_mode: FailureMode,
    thresholds: Thresholds,
    pub(crate) cost: f64,
    pub(crate) tags: Vec<String>,
    fingerprint: String,
    header: Range<usize>,
    places: BTreeMap<String, Range<usize>>,
    /// Whether something about it has been noted, so that a value may be its default and not what was meant.
    pub(crate) doubtful: bool,
}

impl Draft {
    pub(crate) fn read(table: Table<'_>, around: &Around<'_>) -> Self {
        let Around { run, defaults, notes, .. } = *around;
        let header = table.span.clone();
        let errors = notes.errors();
        let (name, written_name, name_span) = name(&table, notes);
        let enabled = table.get("enabled").and_then(|item| item.boolean()).unwrap_or(true);
        let stage = table.get("stage").and_then(|item| item.word()).unwrap_or_default();
        let priority = table.get("priority").and_then(|item| item.integer(1..=10)).unwrap_or(5);
        let phases = table.get("phases").and_then(|item| phases(&item)).unwrap_or_default();
        let (policy, when) = gate::read(&table, notes);
        let depends_on = table.get("depends_on").map(|item| names(&item)).unwrap_or_default();
        let depends_on = depends_on.into_iter().map(|(name, item)| (name, item.span())).collect();
        let run_anyway = table.get("run_anyway").and_then(|item| {
            let on = item.boolean()?;
            if on && table.get("depends_on").is_none() {
                item.note(Code::NoEffect, "has no effect: the critic depends on no other");
            }
            Some(on)
        });
        let timeout = table.get("timeout").and_then(|item| timeout(&item, Some(stage), run));
        let retry = table.table("retry").map(|retry_table| retry(retry_table, notes));
        let limit = table.get("max_in_flight");
        let max_in_flight = limit.as_ref().and_then(|item| item.integer(1..=MOST_IN_FLIGHT));
        let ceiling = Ceiling { key: "max_in_flight", item: limit.as_ref(), value: max_in_flight };
        let adaptive = table.get("adaptive").and_then(|item| adaptive(&item, &ceiling));
        let isolation = table.get("isolation").and_then(|item| item.word()).unwrap_or_default();
        let rate = table.table("rate").map(rate);
        let shares = table.get("shares").map(|item| shares(&item, enabled, run));
        let default_timeout = defaults.timeout.unwrap_or(CriticSpec::TIMEOUT);
        // One that could not be read is no reason to find fault with others.
        let longest = timeout.or(table.get("timeout").is_none().then_some(default_timeout));
        let hedge = table.table("hedge").map(|table| hedge(table, longest));
        let breaker = table.table("breaker").map(|table| breaker(table, longest, notes));
        let validation = table.table("validation").map(|t| validation(t, notes));
        let failure_mode = table.get("failure_mode").and_then(|item| item.word());
        let mode = table.get("mode").and_then(|item| item.word()).unwrap_or_default();
        let thresholds = Marks::read(&table).thresholds(&defaults.marks, notes);
        mandatory(&table, enabled, mode);
        let cost =
            table.get("cost").and_then(|item| item.number_that("be 0 or more", |cost| cost >= 0.0));
        let tags = table.get("tags").map(|item| strings(&item)).unwrap_or_default();
        let kind = table.raw().get("kind").and_then(|kind| kind.get_ref().as_str());
        let kind = kind.unwrap_or_default().to_owned();
        let (critic, mut fingerprint) = critic(&table, enabled, around);

        let mut places = BTreeMap::new();
        let (retry, retry_places) = retry.unwrap_or_default();
        let (rate, rate_places) = rate.unwrap_or_default();
        let (hedge, hedge_places) = hedge.unwrap_or_default();
        let (breaker, breaker_places) = breaker.unwrap_or_default();
        let (validation, schema, validation_places) = validation.unwrap_or_default();
        if let Some(schema) = schema {
            fingerprint.push_str(&schema);
        }
        places.extend(table.close());
        places.extend(retry_places);
        places.extend(rate_places);
        places.extend(hedge_places);
        places.extend(breaker_places);
        places.extend(validation_places);
        Self {
            name,
            written_name,
            name_span,
            kind,
            enabled,
            stage,
            priority,
            mode,
            depends_on,
            when,
            critic,
            phases,
            policy,
            run_anyway: run_anyway.unwrap_or_default(),
            timeout: timeout.unwrap_or(default_timeout),
            retry,
            max_in_flight,
            adaptive,
            hedge,
            isolation,
            rate,
            shares: shares.unwrap_or_default(),
            breaker,
            validation,
            failure_mode: failure_mode.or(defaults.failure_mode).unwrap_or_default(),
            thresholds,
            cost: cost.unwrap_or_default(),
            tags,
            fingerprint,
            header,
            places,
            doubtful: notes.errors() > errors,
        }
    }

    /// The spec, for a critic of this name.
    pub(crate) fn spec(&self, name: &CriticName) -> CriticSpec {
        let spec = CriticSpec::new(name.as_str())
            .stage(self.stage)
            .priority(self.priority)
            .phases(self.phases)
            .policy(self.policy.clone())
            .timeout(self.timeout)
            .retry(self.retry)
            .validation(self.validation.clone())
            .failure_mode(self.failure_mode)
            .mode(self.mode)
            .thresholds(self.thresholds)
            .cost(self.cost)
            .isolation(self.isolation)
            .fingerprint(&self.fingerprint);
        let spec = with(spec, self.max_in_flight, CriticSpec::max_in_flight);
        let moving = |spec: CriticSpec, (floor, how)| spec.adaptive(floor, how);
        let spec = with(spec, self.adaptive, moving);
        let spec = with(spec, self.hedge, CriticSpec::hedge);
        let spec = with(spec, self.rate, CriticSpec::rate);
        let mut spec = with(spec, self.breaker, CriticSpec::breaker);
        for rate in &self.shares {
            spec = spec.shares(rate);
        }
        if self.run_anyway {
            spec = spec.run_anyway();
        }
        for (other, _) in &self.depends_on {
            spec = spec.depends_on(other);
        }
        for tag in &self.tags {
            spec = spec.tag(tag);
        }
        spec
    }

    /// Puts an expression in the place of its own: the same, where it is known what its gate sees.
    pub(crate) fn bind(&mut self, bound: Arc<Expression>) {
        self.policy = Policy::Conditional(Arc::clone(&bound) as Arc<dyn Condition>);
        if let Some(when) = &mut self.when {
            when.expression = bound;
        }
    }

    /// Where a value stands, by the name the plan gives it; the critic's header where it was left out.
    pub(crate) fn place(&self, key: &str) -> Range<usize> {
        self.places.get(key).unwrap_or(&self.header).clone()
    }

    /// Whether the file gives this value.
    pub(crate) fn writes(&self, key: &str) -> bool {
        self.places.contains_key(key)
    }

    /// Forgets a value that the plan refuses, so that the rest can still be checked.
    pub(crate) fn forget(&mut self, key: &str) {
        match key {
            "priority" => self.priority = 5,
            "timeout" => self.timeout = CriticSpec::TIMEOUT,
            "retry.attempts" => self.retry = Retry::default(),
            "max_in_flight" => {
                self.max_in_flight = None;
                self.adaptive = None;
            }
            "adaptive" => self.adaptive = None,
            "hedge" | "hedge.after" | "hedge.percentile" | "hedge.share" => self.hedge = None,
            "shares" => self.shares.clear(),
            "cost" => self.cost = 0.0,
            "uncertainty" => self.policy = Policy::on_uncertainty(),
            "validation.required" => self.validation = Validation::new(),
            _ => {}
        }
    }
}

/// The critic itself, and what it is made of as one text. A stand-in where it cannot be built: the other
/// mistakes are to be found too.
fn critic(table: &Table<'_>, enabled: bool, around: &Around<'_>) -> (Arc<dyn Critic>, String) {
    let Around { catalogue, environment, notes, .. } = *around;
    let stand_in = || Arc::new(critic_fn(|_| Answer::now(Ok(Opinion::clean()))));
    let given = table.get("params");
    let item = table.required("kind");
    let Some((item, name)) = item.and_then(|item| item.string().map(|name| (item, name))) else {
        return (stand_in(), String::new());
    };
    let Some(kind) = catalogue.get(name) else {
        let kinds = || catalogue.iter().map(CriticKind::name);
        let list = format!("there are {}", listed(kinds(), "and"));
        let help = match meant(name, kinds()) {
            Some(meant) => format!("{meant}; {list}"),
            None => list,
        };
        let message = format!("there is no kind of critic called `{}`", short(name));
        notes.add(Mistake::new(Code::UnknownKind, item.span(), message).help(help));
        return (stand_in(), String::new());
    };
    if !enabled {
        // Its parameters may refer to what is not there, which may be why it is disabled.
        return (stand_in(), String::new());
    }
    let read = match &given {
        Some(given) => params::params(given.value, environment, notes),
        None => Some(Params::default()),
    };
    let Some(read) = read else { return (stand_in(), String::new()) };
    let fingerprint = format!("{name} {}", params::canonical(&read.written));
    let at = given.as_ref().map(|given| given.value);
    // A critic's files lie beside the file that says what it is.
    match read.build(kind, around.texts.folder(item.span().start), at, &table.span, notes) {
        Some(critic) => (critic, fingerprint),
        None => (stand_in(), fingerprint),
    }
}
