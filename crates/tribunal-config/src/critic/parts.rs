//! The tables within a critic: `retry`, `hedge`, `breaker`, `validation`. `rate` is with the rates that critics share.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use tribunal_core::{ParamStep, Pointer};
use tribunal_production::{
    Backoff, BackoffError, BreakerError, BreakerSettings, Hedge, Jitter, Retry, Validation,
};
use tribunal_schema::{Schema, SchemaCheck};

use crate::Code;
use crate::duration;
use crate::notes::{Mistake, Notes};
use crate::params;
use crate::read::{Item, Table};

/// Where each value of a table stands, by its name in messages.
pub(super) type Places = BTreeMap<String, Range<usize>>;

pub(super) fn retry(table: Table<'_>, notes: &Notes) -> (Retry, Places) {
    let attempts = table.required("attempts").and_then(|item| item.integer(1..=Retry::MOST));
    let default = Backoff::default();
    let first_item = table.get("first_delay");
    let max_item = table.get("max_delay");
    let first = first_item.as_ref().and_then(Item::duration).unwrap_or(default.first());
    // Who only sets the first delay does not want to hear that the default of the longest is shorter.
    let max = max_item.as_ref().and_then(Item::duration).unwrap_or(default.max().max(first));
    let factor = table
        .get("factor")
        .and_then(|item| item.number_that("lie within 1 to 100", |f| (1.0..=100.0).contains(&f)));
    let jitter = match table.get("jitter").and_then(|item| item.boolean()) {
        Some(false) => Jitter::None,
        Some(true) | None => Jitter::Full,
    };
    let on_timeout = table.get("on_timeout").and_then(|item| item.boolean()).unwrap_or(false);
    let backoff = Backoff::new(first, factor.unwrap_or(default.factor()), max, jitter);
    let backoff = backoff.unwrap_or_else(|error| {
        let (wrong, other) = match error {
            BackoffError::MaxBelowFirst if max_item.is_some() => (&max_item, &first_item),
            _ if first > Duration::from_hours(24) => (&first_item, &None),
            _ => (&max_item, &None),
        };
        let span = wrong.as_ref().map_or(table.span.clone(), Item::span);
        let problem = match error {
            BackoffError::MaxBelowFirst => {
                "`retry.max_delay` is shorter than `retry.first_delay`".to_owned()
            }
            other => format!("`retry`: {other}"),
        };
        let at_least = format!("must be at least {}", duration::write(first));
        let mistake = match error {
            BackoffError::MaxBelowFirst => {
                Mistake::new(Code::CrossedBounds, span, problem).label(at_least)
            }
            _ => Mistake::new(Code::OutOfRange, span, problem),
        };
        notes.add(match other {
            Some(item) => mistake.other(item.span(), "the first delay"),
            None => mistake,
        });
        default
    });
    let mut retry = Retry::attempts(attempts.unwrap_or(1)).backoff(backoff);
    if on_timeout {
        retry = retry.on_timeout();
    }
    (retry, table.close())
}

/// When a slow call gets a second one, for a critic whose attempts last so long at most.
pub(super) fn hedge(table: Table<'_>, longest: Option<Duration>) -> (Option<Hedge>, Places) {
    let after_item = table.get("after");
    let percentile_item = table.get("percentile");
    if let (Some(after), Some(percentile)) = (&after_item, &percentile_item) {
        let problem = "and `hedge.after` are two ways to say it: keep one";
        let mistake = percentile.mistake(Code::ConflictingKeys, problem);
        percentile.add(mistake.other(after.span(), "the other"));
    }
    if after_item.is_none() && percentile_item.is_none() {
        let message = "`hedge` needs `after` (a duration) or `percentile` (50 to 99.9)";
        table.note(Code::MissingKey, message);
    }
    let after = after_item.as_ref().and_then(|item| {
        let after = item.duration()?;
        if let Some(longest) = longest.filter(|longest| after >= *longest) {
            let has = duration::write(longest);
            let problem = format_args!("can never be reached: the critic's timeout is {has}");
            item.note(Code::DelayNeverReached, problem);
            return None;
        }
        Some(after)
    });
    let percentile = percentile_item.as_ref().and_then(|item| {
        item.number_that("lie within 50 to 99.9", |percent| (50.0..=99.9).contains(&percent))
    });
    let most = Hedge::MOST;
    let share = table.get("share").and_then(|item| {
        let what = format!("lie above 0 and up to {most}");
        item.number_that(&what, |share| share > 0.0 && share <= most)
    });
    let hedge = after.map(Hedge::after).or(percentile.map(Hedge::percentile));
    let hedge = hedge.map(|hedge| share.map_or(hedge, |share| hedge.share(share)));
    (hedge, table.close())
}

/// A breaker, for a critic whose attempts last so long at most.
pub(super) fn breaker(
    table: Table<'_>,
    longest: Option<Duration>,
    notes: &Notes,
) -> (Option<BreakerSettings>, Places) {
    let failure_rate = table.required("failure_rate").and_then(|item| breaker_rate(&item));
    let window = table.required("window").and_then(|item| breaker_time(&item));
    let min_calls = table.required("min_calls").and_then(|item| item.integer(1..=u32::MAX));
    let slow = (table.get("slow_after"), table.get("slow_rate"));
    match &slow {
        (Some(item), None) => {
            item.note(Code::NoEffect, "has no effect without `breaker.slow_rate`")
        }
        (None, Some(item)) => {
            item.note(Code::NoEffect, "has no effect without `breaker.slow_after`")
        }
        _ => {}
    }
    let slow_after = slow.0.and_then(|item| {
        let after = breaker_time(&item)?;
        if let Some(longest) = longest.filter(|longest| after > *longest) {
            let has = duration::write(longest);
            let problem = format_args!("can never be reached: the critic's timeout is {has}");
            item.note(Code::DelayNeverReached, problem);
        }
        Some(after)
    });
    let slow_rate = slow.1.and_then(|item| breaker_rate(&item));
    let open_for = table.get("open_for").and_then(|item| breaker_time(&item));
    let probes = table.get("probes").and_then(|item| item.integer(1..=u32::MAX));
    let half_open_for = table.get("half_open_for").and_then(|item| breaker_time(&item));
    let build = |rate, window, calls| {
        let mut settings = BreakerSettings::new(rate, window, calls)?;
        if let Some((after, rate)) = slow_after.zip(slow_rate) {
            settings = settings.slow(after, rate)?;
        }
        if let Some(span) = open_for {
            settings = settings.open_for(span)?;
        }
        if let Some(probes) = probes {
            settings = settings.probes(probes)?;
        }
        if let Some(span) = half_open_for {
            settings = settings.half_open_for(span)?;
        }
        Ok::<_, BreakerError>(settings)
    };
    let settings = match (failure_rate, window, min_calls) {
        (Some(rate), Some(window), Some(calls)) => build(rate, window, calls)
            // Each value lies in its range, so this is for ranges that have changed.
            .map_err(|error| {
                let message = format!("`breaker`: {error}");
                notes.add(Mistake::new(Code::OutOfRange, table.span.clone(), message));
            })
            .ok(),
        _ => None,
    };
    (settings, table.close())
}

fn breaker_rate(item: &Item<'_>) -> Option<f64> {
    item.number_that("lie above 0 and up to 1", |rate| rate > 0.0 && rate <= 1.0)
}

fn breaker_time(item: &Item<'_>) -> Option<Duration> {
    let span = item.duration()?;
    if span > Duration::from_hours(24) {
        item.note(Code::OutOfRange, "must be at most a day (24h)");
        return None;
    }
    Some(span)
}

pub(super) fn validation(table: Table<'_>, notes: &Notes) -> (Validation, Option<String>, Places) {
    let mut validation = Validation::new();
    if let Some(items) = table.get("required").and_then(|item| item.list()) {
        for item in items {
            let Some(text) = item.string() else { continue };
            match text.parse::<Pointer>() {
                Ok(pointer) => validation = validation.require(pointer),
                Err(error) => {
                    item.note(Code::InvalidPointer, format_args!("does not do: {error}"));
                }
            }
        }
    }
    let mut written = None;
    if let Some(item) = table.get("schema")
        && let Some(schema) = params::json(&item.name, item.value, notes)
    {
        match Schema::compile(&schema) {
            Ok(compiled) => {
                validation = validation.check(SchemaCheck::new(compiled));
                written = Some(params::canonical(&schema));
            }
            Err(error) => {
                let steps: Vec<ParamStep> =
                    params::steps(error.at().unwrap_or_default(), item.value);
                let mistake = params::in_pattern(item.value, &steps, &item.name, notes);
                notes.add(mistake.unwrap_or_else(|| {
                    let span = params::locate(item.value, &steps);
                    let message = format!("`{}` does not do: {error}", item.name);
                    Mistake::new(Code::InvalidSchema, span, message)
                }));
            }
        }
    }
    if table.get("lenient").and_then(|item| item.boolean()) == Some(true) {
        validation = validation.lenient();
    }
    (validation, written, table.close())
}
