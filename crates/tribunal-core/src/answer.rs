//! An answer that is there at once, or comes later.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::future::BoxFuture;

/// What a critic or a hook returns: the answer itself, or a future of it.
///
/// What answers at once costs no allocation and no timer.
pub enum Answer<'a, T> {
    /// Here it is.
    Now(T),
    /// It takes a while. Dropped at its current `.await` when time runs out.
    Later(BoxFuture<'a, T>),
}

impl<'a, T> Answer<'a, T> {
    /// An answer that is there.
    pub const fn now(answer: T) -> Self {
        Self::Now(answer)
    }

    /// An answer that takes a while.
    pub fn later(future: impl Future<Output = T> + Send + 'a) -> Self {
        Self::Later(Box::pin(future))
    }
}

impl<'a, T> From<BoxFuture<'a, T>> for Answer<'a, T> {
    fn from(future: BoxFuture<'a, T>) -> Self {
        Self::Later(future)
    }
}

impl<T: Unpin> Answer<'_, T> {
    /// The answer, awaited where it has to be.
    pub async fn get(self) -> T {
        match self {
            Self::Now(answer) => answer,
            Self::Later(future) => future.await,
        }
    }
}

/// A future whose panics stay inside: polling it gives `Err` once, and it is never polled again.
pub struct Contained<F>(Option<F>);

impl<F> Contained<F> {
    /// Guards a future.
    pub const fn new(future: F) -> Self {
        Self(Some(future))
    }
}

impl<F: Future + Unpin> Future for Contained<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_with(cx, |output| output)
    }
}

impl<F: Future + Unpin> Contained<F> {
    /// Polls, and does with the output what is to be done with it inside too: what is large need not be handed on from
    /// one to the next.
    #[inline]
    pub fn poll_with<T>(
        &mut self,
        cx: &mut Context<'_>,
        done: impl FnOnce(F::Output) -> T,
    ) -> Poll<Result<T, Panicked>> {
        let Some(future) = self.0.as_mut() else {
            return Poll::Ready(Err(Panicked));
        };
        match contain(|| Pin::new(future).poll(cx).map(done)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(Panicked) => {
                self.discard();
                Poll::Ready(Err(Panicked))
            }
        }
    }
}

impl<F> Contained<F> {
    /// Drops what is inside; a panic while dropping stays inside too. Polling gives an error from then on.
    #[inline]
    pub fn discard(&mut self) {
        if let Some(future) = self.0.take() {
            let _ = contain(|| drop(future));
        }
    }
}

impl<F> Drop for Contained<F> {
    fn drop(&mut self) {
        self.discard();
    }
}

/// Code of someone else's panicked. Its message is left to the process's panic hook: it may be private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("panicked")]
pub struct Panicked;

/// Runs foreign code; a panic becomes an error.
///
/// # Errors
///
/// [`Panicked`] when it panicked.
pub fn contain<T>(code: impl FnOnce() -> T) -> Result<T, Panicked> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(code)).map_err(|payload| {
        // A payload may panic when it is dropped; what that throws in turn is leaked.
        let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(payload)));
        dropped.unwrap_or_else(std::mem::forget);
        Panicked
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    struct PanicsTwice;
    impl Future for PanicsTwice {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            panic!("in poll")
        }
    }
    impl Drop for PanicsTwice {
        fn drop(&mut self) {
            panic!("in drop")
        }
    }

    /// Rule 13: a panic in a poll, and another in the drop that follows, both stay inside.
    #[test]
    fn a_future_that_panics_when_polled_and_when_dropped_is_contained() {
        let mut future = Contained::new(PanicsTwice);
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(Pin::new(&mut future).poll(&mut cx), Poll::Ready(Err(Panicked)));
        assert_eq!(Pin::new(&mut future).poll(&mut cx), Poll::Ready(Err(Panicked)));
        drop(Contained::new(PanicsTwice));
    }
}
