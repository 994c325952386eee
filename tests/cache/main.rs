//! The result cache around both engines: what is called once, what is called again, and what is never kept.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "here to fail a test with a plain message"
)]

mod flights;
mod kept;
mod production;

use tribunal_cache::ResultCache;
use tribunal_core::{Pointer, Reads};
use tribunal_testkit::{Probe, Scripted};
use tribunal_tests::{Engine, Panel};

macro_rules! for_both {
    ($($claims:ident { $($claim:ident)+ })+) => { for_both! { @V2 v2 $($claims { $($claim)+ })+ } for_both! { @Production on_production $($claims { $($claim)+ })+ } };
    (@$engine:ident $name:ident $($claims:ident { $($claim:ident)+ })+) => {
        mod $name {
            $($(#[tokio::test(start_paused = true)]
            async fn $claim() {
                crate::$claims::$claim::<tribunal_tests::$engine>().await;
            })+)+
        }
    };
}

for_both! {
    kept {
        the_same_again_is_answered_for
        only_what_the_critic_reads_counts
        a_critic_that_does_not_say_what_it_reads_is_called_each_time
        another_configuration_is_another_critic
        critics_without_a_fingerprint_are_kept_apart
        an_answer_grows_old
        an_answer_does_not_get_younger_by_being_given
        failures_are_not_kept
        a_fallback_is_not_kept
        what_came_from_another_cache_is_not_kept
        what_is_kept_is_bounded_in_entries
        what_is_kept_is_bounded_in_bytes
        a_monitored_critic_is_answered_for_too
        a_cache_may_keep_to_some_critics
        a_closure_that_says_what_it_reads_is_answered_for
    }
    flights {
        identical_calls_at_the_same_time_are_made_once
        different_calls_are_made_each_for_itself
        a_call_that_is_cancelled_is_made_by_one_of_those_who_wait
        cancelled_while_waiting_leaves_the_rest_alone
        a_call_that_fails_is_made_by_each_who_waits
        a_failure_of_another_call_is_not_the_leaders
        a_call_that_panics_is_made_by_each_who_waits
        an_answer_from_elsewhere_says_nothing_of_the_call
        waiting_ends_with_the_run
        calls_beyond_the_bound_are_made_without_anyone_waiting
        the_leaders_run_being_held_up_is_no_pass
    }
}

/// A critic that declares to read the prompt alone.
fn reads_input(critic: Scripted) -> (Scripted, Probe) {
    let critic = critic.reading(Reads::snapshot([Pointer::input_text()]));
    let probe = critic.probe();
    (critic, probe)
}

fn cache() -> ResultCache {
    ResultCache::builder().build().unwrap()
}

/// An engine with one critic and a cache.
fn with<E: Engine>(critic: Scripted, cache: &ResultCache) -> E {
    E::build(Panel::of([critic]).hook(cache.clone()))
}
