//! What every engine must do alike. One claim each, put to all of them.
//!
//! A claim is a generic function in one of the modules; the list below turns it into a test per engine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "here to fail a test with a plain message"
)]

mod failures;
mod hooks;
mod runs;
mod verdicts;

macro_rules! contract {
    ($engine:ident: $($claims:ident { $($claim:ident)+ })+) => {
        $(mod $claims {
            $(#[tokio::test(start_paused = true)]
            async fn $claim() {
                crate::$claims::$claim::<tribunal_tests::$engine>().await;
            })+
        })+

        #[test]
        fn the_verdict_is_the_maximum_whatever_the_opinions_and_failures() {
            crate::verdicts::the_verdict_is_the_maximum::<tribunal_tests::$engine>();
        }
    };
    ($engine:ident) => {
        contract! { $engine:
            runs {
                each_critic_has_one_outcome_in_plan_order
                critics_overlap
                a_run_takes_as_long_as_its_slowest_critic
                runs_of_one_engine_overlap
                the_same_run_twice_gives_the_same_report
                the_order_in_which_critics_answer_changes_nothing
                a_dropped_run_cancels_its_critics
                a_run_dropped_at_any_poll_leaves_nothing_in_flight
                observers_hear_of_every_critic_once
                an_observer_that_panics_changes_nothing
                the_trace_id_is_in_the_report
                no_text_of_the_snapshot_is_in_the_report
            }
            failures {
                an_error_stays_with_its_critic
                the_kind_of_error_is_kept
                a_panic_stays_with_its_critic
                a_panic_in_drop_stays_with_its_critic
                a_number_that_is_none_is_invalid
                numbers_out_of_range_are_invalid
                an_opinion_that_is_too_large_is_invalid
                what_is_too_large_is_no_way_round_a_block
                of_many_faults_a_few_are_told
                of_a_long_error_the_beginning_is_kept
                a_late_opinion_may_be_as_deep_as_it_likes
                a_critic_that_hangs_times_out
                a_timeout_stays_with_its_critic
                an_answer_after_the_deadline_is_a_timeout
                an_answer_given_at_once_but_late_is_a_timeout
            }
            verdicts {
                a_failure_calls_for_its_failure_mode
                a_failure_let_pass_is_named
                an_objection_that_can_be_read_counts_although_the_rest_is_invalid
                without_any_opinion_the_verdict_is_review
                a_monitored_critic_changes_no_verdict
                thresholds_are_the_critics_own
                the_highest_call_wins_and_is_named
            }
            hooks {
                a_cached_opinion_stands_in_for_the_critic
                the_first_cached_opinion_wins
                a_cached_opinion_is_judged_like_any_other
                a_cached_opinion_that_is_invalid_is_passed_over
                opinions_of_hooks_that_are_too_large_are_passed_over
                after_is_called_with_each_outcome
                a_fallback_stands_in_for_a_failure
                a_fallback_does_not_soften_what_was_objected_to
                a_fallback_that_is_invalid_is_passed_over
                on_failure_is_not_called_for_a_success
                a_fallback_at_hand_stands_in_for_a_timeout
                hooks_that_fail_change_nothing
                hooks_that_panic_change_nothing
                hooks_that_panic_later_change_nothing
                an_after_hook_that_hangs_loses_no_outcome
                a_lease_is_kept_until_the_after_hooks_were_called
                a_lease_is_dropped_with_the_run
                a_lease_that_panics_when_dropped_changes_nothing
                what_was_waited_for_stands_in_for_the_critic
                a_wait_that_is_invalid_is_passed_over
                a_wait_that_brings_nothing_leaves_it_to_the_critic
                a_lease_that_was_waited_for_is_kept_too
                a_wait_ends_with_the_run
            }
        }
    };
}

/// `OrchestratorV2`.
mod v2 {
    contract!(V2);
}

/// `ProductionOrchestrator`.
mod production {
    contract!(Production);
}
