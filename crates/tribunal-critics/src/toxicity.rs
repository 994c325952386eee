//! Hate, harassment, threats and other abuse.
//!
//! Start at [`Toxicity`]; all it does is what `labelled.rs` does for every critic that asks a classifier.

use tribunal_core::CriticKind;

use crate::labelled::{Kind, Labelled, critic, from_params};

/// Objects to toxic texts: hate, harassment, insults, threats, violence, self-harm.
///
/// A linear classifier gives the probability. Swearing as such is not toxic, and neither are questions about
/// what is bad: it was trained on such texts as negatives.
///
/// The opinion: `score` is the probability, `uncertainty` how near that is to the threshold; a violation
/// `toxicity.likely`. `docs/classifier.md` says how good it is.
#[derive(Clone)]
pub struct Toxicity(Labelled);

const KIND: Kind = Kind {
    label: "toxicity",
    code: "toxicity.likely",
    message: "reads like hate, harassment, a threat or other abuse",
};

const SIGNS: &[crate::labelled::Sign] = &[];

critic!(Toxicity, KIND);

pub(crate) fn kind() -> CriticKind {
    let summary = "hate, harassment, threats and other abuse";
    CriticKind::new("toxicity", summary, |params| Some(Toxicity(from_params(params, KIND))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tribunal_core::{Answer, Critic as _, Snapshot, View};

    fn objects(text: &str) -> bool {
        let critic = Toxicity::new();
        let snapshot = Snapshot::of_input(text);
        let Answer::Now(Ok(opinion)) = critic.review(View::of(&snapshot)) else { panic!("{text}") };
        !opinion.violations.is_empty()
    }

    #[test]
    fn abuse_is_found() {
        assert!(objects("Shut up, you stupid worthless idiot, nobody likes you"));
    }

    #[test]
    fn ordinary_prompts_and_questions_that_sound_bad_are_let_pass() {
        let ordinary = include_str!("ordinary.txt").lines();
        let sounding = ["How do I kill a zombie process?", "Where can I shoot a good portrait?"];
        for text in ordinary.chain(sounding) {
            assert!(!objects(text), "{text}");
        }
    }
}
