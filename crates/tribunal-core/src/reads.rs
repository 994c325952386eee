//! What an opinion depends on: what a critic declares about itself, so that its answers may be kept.

use std::sync::Arc;

use crate::{Critic, Pointer, Review, View};

/// What a critic's opinion depends on, besides its own code and parameters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Reads {
    /// Anything: earlier outcomes, the time, the world. Its answers hold for one run and are never kept.
    #[default]
    Unknown,
    /// These parts of the snapshot and nothing else, each once and in order. See [`Reads::snapshot`].
    Snapshot(Arc<[Pointer]>),
}

impl Reads {
    /// Nothing but these parts of the snapshot: `/input_text`, `/context/tenant`, `/phase`, a member of the
    /// attributes such as `/id`. The empty pointer is the whole, the trace id too.
    ///
    /// It is a promise: whenever the parts are the same, a part that is missing among them, an opinion given
    /// once is as good as a new one. A critic that looks at earlier outcomes cannot make it, nor one that forgot a
    /// part: it would be answered for with what it said of something else. [`Snapshot::risk`](crate::Snapshot::risk)
    /// reads `/context/risk` and `/context/risk_tier`; [`Snapshot::phase`](crate::Snapshot::phase) is `/phase`.
    #[must_use]
    pub fn snapshot(parts: impl IntoIterator<Item = Pointer>) -> Self {
        let mut parts: Vec<Pointer> = parts.into_iter().collect();
        parts.sort_unstable();
        parts.dedup();
        Self::Snapshot(parts.into())
    }

    /// The parts, where they are known.
    #[must_use]
    pub fn parts(&self) -> Option<&[Pointer]> {
        match self {
            Self::Unknown => None,
            Self::Snapshot(parts) => Some(parts),
        }
    }
}

/// The same critic, with a declaration of what it reads: for closures, and for critics of others.
///
/// ```
/// use tribunal_core::{Critic, Opinion, Pointer, Reads, Snapshot, async_critic, reading};
///
/// let judge = async_critic(|snapshot: Snapshot| async move {
///     // ask a model about `snapshot.input_text()`, and about nothing else ...
///     Ok(Opinion::clean().uncertainty(if snapshot.input_text().is_empty() { 1.0 } else { 0.1 }))
/// });
/// assert_eq!(judge.reads(), Reads::Unknown);
/// let judge = reading(Reads::snapshot([Pointer::input_text()]), judge);
/// assert_eq!(judge.reads().parts(), Some(&[Pointer::input_text()][..]));
/// ```
pub fn reading(reads: Reads, critic: impl Critic) -> impl Critic {
    struct Reading<C> {
        reads: Reads,
        critic: C,
    }
    impl<C: Critic> Critic for Reading<C> {
        fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
            self.critic.review(view)
        }

        fn reads(&self) -> Reads {
            self.reads.clone()
        }

        fn returns(&self) -> crate::Returns {
            self.critic.returns()
        }
    }
    Reading { reads, critic }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, Opinion, critic_fn};

    #[test]
    fn parts_count_once_whatever_their_order() {
        let [a, b] = ["/context/a", "/input_text"].map(|part| part.parse::<Pointer>().unwrap());
        let twice = Reads::snapshot([b.clone(), a.clone(), b.clone()]);
        assert_eq!(twice, Reads::snapshot([a, b]));
        assert_eq!(twice.parts().unwrap().len(), 2);
    }

    #[test]
    fn what_is_declared_is_heard_through_an_arc() {
        let plain = critic_fn(|_| Answer::now(Ok(Opinion::clean())));
        let declared: Arc<dyn Critic> = Arc::new(reading(Reads::snapshot([]), plain));
        assert_eq!(Arc::new(declared).reads(), Reads::snapshot([]));
    }
}
