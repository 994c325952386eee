//! What a scripted critic or hook does in one call: how long it takes, and how it ends.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tribunal_core::{CriticError, Opinion, Violation};

/// What a critic does in one call. Answers at once unless told otherwise.
#[derive(Debug, Clone)]
pub struct Step {
    pub(crate) end: End,
    after: Duration,
    blocks: Duration,
    pends: u32,
    later: bool,
}

/// How a call ends.
#[derive(Debug, Clone)]
pub(crate) enum End {
    Says(Opinion),
    Transient(String, Option<Duration>),
    Permanent(String),
    Input(String),
    Panics,
    Hangs,
    /// Hangs, and panics when it is dropped.
    Bomb,
}

impl Step {
    const fn ending(end: End) -> Self {
        Self { end, after: Duration::ZERO, blocks: Duration::ZERO, pends: 0, later: false }
    }

    /// Gives this opinion, whatever it is worth.
    #[must_use]
    pub const fn says(opinion: Opinion) -> Self {
        Self::ending(End::Says(opinion))
    }

    /// Has nothing to object to.
    #[must_use]
    pub fn allows() -> Self {
        Self::says(Opinion::clean())
    }

    /// Objects, with the one violation `test.objection` of this severity.
    #[must_use]
    pub fn objects(severity: f64) -> Self {
        Self::says(Opinion::objection(Violation::new("test.objection", "objected to", severity)))
    }

    /// Has nothing to object to, and is this unsure of it.
    #[must_use]
    pub fn doubts(uncertainty: f64) -> Self {
        Self::says(Opinion::clean().uncertainty(uncertainty))
    }

    /// Gives an opinion with a severity that is not a number.
    #[must_use]
    pub fn lies() -> Self {
        Self::says(Opinion::clean().severity(f64::NAN))
    }

    /// Fails; a second try may help.
    #[must_use]
    pub fn transient() -> Self {
        Self::ending(End::Transient("scripted".into(), None))
    }

    /// Fails; a second try may help, but not before this much time has passed.
    #[must_use]
    pub fn transient_after(retry_after: Duration) -> Self {
        Self::ending(End::Transient("scripted".into(), Some(retry_after)))
    }

    /// Fails for good.
    #[must_use]
    pub fn permanent() -> Self {
        Self::ending(End::Permanent("scripted".into()))
    }

    /// Cannot judge this snapshot.
    #[must_use]
    pub fn input() -> Self {
        Self::ending(End::Input("scripted".into()))
    }

    /// Panics: in the call itself, or in a poll if it takes time, pends or is put off.
    #[must_use]
    pub const fn panics() -> Self {
        Self::ending(End::Panics)
    }

    /// Never answers.
    #[must_use]
    pub const fn hangs() -> Self {
        Self::ending(End::Hangs)
    }

    /// Never answers, and panics when it is dropped.
    #[must_use]
    pub const fn panics_when_dropped() -> Self {
        Self::ending(End::Bomb)
    }

    /// Waits this much virtual time before it ends.
    #[must_use]
    pub const fn after(mut self, delay: Duration) -> Self {
        self.after = delay;
        self
    }

    /// Blocks its thread for this much virtual time, within one poll, before it ends: time passes for
    /// everyone, and nobody can do anything about it. Needs a paused clock.
    #[must_use]
    pub const fn blocks(mut self, time: Duration) -> Self {
        self.blocks = time;
        self
    }

    /// Is polled this many times before it ends; wakes itself each time.
    #[must_use]
    pub const fn pends(mut self, times: u32) -> Self {
        self.pends = times;
        self
    }

    /// Answers through a future even if that is ready at its first poll.
    #[must_use]
    pub const fn put_off(mut self) -> Self {
        self.later = true;
        self
    }

    /// Whether the answer is there in the call itself.
    pub(crate) fn is_immediate(&self) -> bool {
        let waits = self.later || self.pends > 0 || !self.after.is_zero();
        !waits && !matches!(self.end, End::Hangs | End::Bomb)
    }

    /// Everything that comes before the end.
    pub(crate) async fn wait(&self) {
        let mut left = self.pends;
        poll_fn(|cx| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        if !self.after.is_zero() {
            tokio::time::sleep(self.after).await;
        }
        match self.end {
            End::Hangs => std::future::pending().await,
            End::Bomb => {
                let _bomb = Bomb;
                std::future::pending().await
            }
            _ => {}
        }
    }

    /// The end itself.
    #[allow(clippy::panic)] // That is what it is for.
    pub(crate) fn end(&self) -> Result<Opinion, CriticError> {
        if !self.blocks.is_zero() {
            // The clock moves in the first poll of `advance`; what it waits for afterwards is left out.
            let mut advance = pin!(tokio::time::advance(self.blocks));
            let _ = advance.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
        match &self.end {
            End::Says(opinion) => Ok(opinion.clone()),
            End::Transient(why, None) => Err(CriticError::transient(why)),
            End::Transient(why, Some(delay)) => Err(CriticError::transient_after(why, *delay)),
            End::Permanent(why) => Err(CriticError::permanent(why)),
            End::Input(why) => Err(CriticError::input(why)),
            End::Panics | End::Hangs | End::Bomb => panic!("as scripted"),
        }
    }
}

struct Bomb;

impl Drop for Bomb {
    #[allow(clippy::panic)] // That is what it is for.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("as scripted, when dropped");
        }
    }
}
