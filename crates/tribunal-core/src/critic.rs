//! One check of a snapshot: what an implementor writes.
//!
//! Start at [`Critic`]; [`critic_fn`] and [`async_critic`] turn closures into critics, and
//! [`reading`](crate::reading) says what one reads, [`returning`](crate::returning) what it returns.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::{Answer, Opinion, Reads, Returns, Snapshot, View};

/// What [`Critic::review`] returns.
pub type Review<'a> = Answer<'a, Result<Opinion, CriticError>>;

/// One check of a [`Snapshot`]: elsewhere a guardrail, a validator, a scanner, a judge.
///
/// An objection is an opinion; `Err` means that none could be formed.
///
/// # Contract
///
/// - **Repeatable.** A late or failed call may be made again; its side effects must survive that.
/// - **Droppable.** At a deadline the future is dropped at its current `.await`, state and all.
/// - **Brief between awaits.** Nothing can interrupt a poll: work of more than a few milliseconds holds up
///   the other critics of its run, and when it is over its answer is late.
///
/// # Errors
///
/// [`CriticError::Transient`] promises that trying again may help, and the retry policy believes it.
pub trait Critic: Send + Sync + 'static {
    /// Forms an opinion. Deadlines are enforced from outside; a critic need not watch the clock.
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a>;

    /// What its opinions depend on. Asked once, when it is built into an orchestrator.
    ///
    /// One that declares nothing may read anything, and is called each time. [`Reads::snapshot`] is a promise that
    /// lets a cache answer for it.
    fn reads(&self) -> Reads {
        Reads::Unknown
    }

    /// What its opinions can have in them. Asked when a configuration is checked, and never in a run.
    ///
    /// One that declares nothing may return anything, and conditions on it are checked less.
    fn returns(&self) -> Returns {
        Returns::unknown()
    }
}

impl<C: Critic + ?Sized> Critic for Arc<C> {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        (**self).review(view)
    }

    fn reads(&self) -> Reads {
        (**self).reads()
    }

    fn returns(&self) -> Returns {
        (**self).returns()
    }
}

/// Why a critic could form no opinion.
///
/// The message goes into the report, which belongs to the caller, and nowhere else.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CriticError {
    /// It may work the next time: a connection was reset, a server was busy.
    #[error("{message}")]
    Transient {
        /// What went wrong.
        message: String,
        /// Not before this much time has passed, where the other side said so.
        retry_after: Option<Duration>,
    },
    /// Trying again will not help.
    #[error("{0}")]
    Permanent(String),
    /// This snapshot cannot be judged, and no other is to blame: too large, unreadable, of the wrong kind.
    #[error("{0}")]
    Input(String),
}

impl CriticError {
    /// It may work the next time.
    pub fn transient(cause: impl ToString) -> Self {
        Self::Transient { message: cause.to_string(), retry_after: None }
    }

    /// It may work once this much time has passed.
    pub fn transient_after(cause: impl ToString, retry_after: Duration) -> Self {
        Self::Transient { message: cause.to_string(), retry_after: Some(retry_after) }
    }

    /// Trying again will not help.
    pub fn permanent(cause: impl ToString) -> Self {
        Self::Permanent(cause.to_string())
    }

    /// This snapshot cannot be judged.
    pub fn input(cause: impl ToString) -> Self {
        Self::Input(cause.to_string())
    }
}

/// A critic from a closure over the view: it answers at once, or with [`Answer::later`].
///
/// ```
/// use tribunal_core::{critic_fn, Answer, Opinion, Violation};
///
/// let no_shouting = critic_fn(|view| {
///     let text = view.snapshot().input_text();
///     let shouts = text.len() > 20 && !text.chars().any(char::is_lowercase);
///     Answer::now(Ok(if shouts {
///         Opinion::objection(Violation::new("style.shouting", "all upper case", 0.4))
///     } else {
///         Opinion::clean()
///     }))
/// });
/// # let _: std::sync::Arc<dyn tribunal_core::Critic> = std::sync::Arc::new(no_shouting);
/// ```
pub fn critic_fn<F>(review: F) -> impl Critic
where
    F: for<'a> Fn(View<'a>) -> Review<'a> + Send + Sync + 'static,
{
    struct FnCritic<F>(F);
    impl<F> Critic for FnCritic<F>
    where
        F: for<'a> Fn(View<'a>) -> Review<'a> + Send + Sync + 'static,
    {
        fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
            (self.0)(view)
        }
    }
    FnCritic(review)
}

/// A critic from an async closure over the snapshot. One that needs earlier outcomes implements [`Critic`].
///
/// ```
/// use tribunal_core::{async_critic, Opinion, Snapshot};
///
/// let judge = async_critic(|snapshot: Snapshot| async move {
///     // ask a model ...
///     Ok(Opinion::clean().uncertainty(if snapshot.input_text().is_empty() { 1.0 } else { 0.1 }))
/// });
/// # let _: std::sync::Arc<dyn tribunal_core::Critic> = std::sync::Arc::new(judge);
/// ```
pub fn async_critic<F, Fut>(review: F) -> impl Critic
where
    F: Fn(Snapshot) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Opinion, CriticError>> + Send + 'static,
{
    struct AsyncCritic<F>(F);
    impl<F, Fut> Critic for AsyncCritic<F>
    where
        F: Fn(Snapshot) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Opinion, CriticError>> + Send + 'static,
    {
        fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
            Answer::later((self.0)(view.snapshot().clone()))
        }
    }
    AsyncCritic(review)
}
