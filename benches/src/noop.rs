//! Critics that do nothing, in the forms that we and our rivals call.
//!
//! All of them move the same opinion, so that contenders differ in what they do around the critics.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tribunal_core::{Answer, Critic, CriticError, Opinion, Review, Snapshot, View};

/// What a critic says.
pub type Said = Result<Opinion, CriticError>;

/// A critic as a rival would have it: our trait without the view.
pub trait Check: Send + Sync + 'static {
    /// Forms an opinion, through a boxed future.
    fn check<'a>(&'a self, snapshot: &'a Snapshot) -> BoxFuture<'a, Said>;
    /// The same for what must own its request, as tower's services must.
    fn check_owned(&self, snapshot: Snapshot) -> BoxFuture<'static, Said>;
}

/// A critic as a function: no future at all.
pub trait Call: Send + Sync + 'static {
    /// Forms an opinion.
    fn call(&self, snapshot: &Snapshot) -> Said;
}

/// The opinion of a critic that has nothing to object to. The score is there for validations that ask for it.
#[must_use]
pub fn content() -> Opinion {
    Opinion::clean().score(0.1)
}

/// Agrees at once, through a boxed future: what an async critic costs at least.
pub struct Noop;

impl Critic for Noop {
    fn review<'a>(&'a self, _: View<'a>) -> Review<'a> {
        Answer::later(async { Ok(content()) })
    }
}

impl Check for Noop {
    fn check<'a>(&'a self, _: &'a Snapshot) -> BoxFuture<'a, Said> {
        Box::pin(async { Ok(content()) })
    }
    fn check_owned(&self, _: Snapshot) -> BoxFuture<'static, Said> {
        Box::pin(async { Ok(content()) })
    }
}

/// Agrees at once, without a future.
pub struct SyncNoop;

impl Critic for SyncNoop {
    fn review<'a>(&'a self, _: View<'a>) -> Review<'a> {
        Answer::now(Ok(content()))
    }
}

impl Call for SyncNoop {
    fn call(&self, _: &Snapshot) -> Said {
        Ok(content())
    }
}

/// Agrees when it is asked the second time.
pub struct PendingOnce;

async fn pending_once() {
    let mut asked = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Critic for PendingOnce {
    fn review<'a>(&'a self, _: View<'a>) -> Review<'a> {
        Answer::later(async {
            pending_once().await;
            Ok(content())
        })
    }
}

impl Check for PendingOnce {
    fn check<'a>(&'a self, _: &'a Snapshot) -> BoxFuture<'a, Said> {
        Box::pin(async {
            pending_once().await;
            Ok(content())
        })
    }
    fn check_owned(&self, _: Snapshot) -> BoxFuture<'static, Said> {
        Box::pin(async {
            pending_once().await;
            Ok(content())
        })
    }
}

/// Agrees after a while.
pub struct Sleeper(pub Duration);

impl Critic for Sleeper {
    fn review<'a>(&'a self, _: View<'a>) -> Review<'a> {
        Answer::later(async {
            tokio::time::sleep(self.0).await;
            Ok(content())
        })
    }
}

impl Check for Sleeper {
    fn check<'a>(&'a self, _: &'a Snapshot) -> BoxFuture<'a, Said> {
        Box::pin(async {
            tokio::time::sleep(self.0).await;
            Ok(content())
        })
    }
    fn check_owned(&self, _: Snapshot) -> BoxFuture<'static, Said> {
        let span = self.0;
        Box::pin(async move {
            tokio::time::sleep(span).await;
            Ok(content())
        })
    }
}
