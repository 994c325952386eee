//! Lines to anywhere: a sink of the caller's that takes its time.

use std::fmt;
use std::time::Duration;

use futures_core::future::BoxFuture;
use thiserror::Error;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tribunal_core::{Contained, contain};

use crate::chain::{Chain, Head};
use crate::sink::{Batch, Resume, Sink, SinkError};

/// Takes lines to where they are kept: a queue, a bucket, a database.
///
/// # Contract
///
/// It runs on the log's own thread, in a runtime of its own; one call at a time. It may be slow, fail, hang or panic:
/// a call that takes longer than its time is dropped, and the same batch is given again, a bounded number of times. So
/// the other side may see a batch twice; the numbers of its lines tell.
pub trait AsyncSink: Send + 'static {
    /// Delivers a batch, all of it or nothing.
    fn deliver<'a>(&'a mut self, batch: Batch<'a>) -> BoxFuture<'a, Result<(), SinkError>>;

    /// Where the log ends that is there; asked once, first. A log begins anew when there is none.
    fn head(&mut self) -> BoxFuture<'_, Result<Option<Head>, SinkError>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

/// Why a batch was not delivered, when the sink did not say so itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// It took longer than it may.
    #[error("not delivered in time")]
    Late,
    /// It panicked.
    #[error("the sink panicked")]
    Panicked,
    /// There is no runtime to run it in.
    #[error("no runtime to deliver in")]
    NoRuntime,
}

/// An [`AsyncSink`] with bounds: how long a call may take, and how often a batch is tried.
pub struct RemoteSink<S> {
    sink: S,
    within: Duration,
    tries: u32,
    runtime: Option<Runtime>,
}

impl<S: AsyncSink> RemoteSink<S> {
    /// Ten seconds a call, five calls a batch.
    #[must_use]
    pub const fn new(sink: S) -> Self {
        Self { sink, within: Duration::from_secs(10), tries: 5, runtime: None }
    }

    /// How long one call may take.
    #[must_use]
    pub const fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    /// How often a batch is tried before it is given up and counted as failed; at least once.
    #[must_use]
    pub const fn tries(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }
}

/// Runs it to its end, within some time.
async fn bounded<'a, T>(
    within: Duration,
    call: impl FnOnce() -> BoxFuture<'a, Result<T, SinkError>>,
) -> Result<T, SinkError> {
    let call = contain(call).map_err(|_| SinkError::new(RemoteError::Panicked))?;
    match timeout(within, Contained::new(call)).await {
        Err(_) => Err(SinkError::new(RemoteError::Late)),
        Ok(Err(_)) => Err(SinkError::new(RemoteError::Panicked)),
        Ok(Ok(done)) => done,
    }
}

impl<S: AsyncSink> Sink for RemoteSink<S> {
    fn open(&mut self, _: &Chain) -> Result<Resume, SinkError> {
        // What it awaits there, and what it leaves running, has no other thread to be on.
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(SinkError::from)?;
        let runtime = &*self.runtime.insert(runtime);
        let sink = &mut self.sink;
        let within = self.within;
        // Whoever starts a log may be in a runtime himself, in which another cannot be driven.
        let head = std::thread::scope(|scope| {
            let opening = scope.spawn(|| runtime.block_on(bounded(within, || sink.head())));
            opening.join().unwrap_or_else(|_| Err(SinkError::new(RemoteError::Panicked)))
        })?;
        Ok(Resume { head, torn: None })
    }

    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let Some(runtime) = &self.runtime else {
            return Err(SinkError::new(RemoteError::NoRuntime));
        };
        let sink = &mut self.sink;
        runtime.block_on(bounded(self.within, || sink.deliver(*batch)))
    }

    fn tries(&self) -> Option<u32> {
        Some(self.tries.max(1))
    }

    fn close(&mut self) -> Result<(), SinkError> {
        self.end();
        Ok(())
    }
}

impl<S> RemoteSink<S> {
    fn end(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Nothing of the caller's may hold up the end of the log, nor whoever could not start one.
            runtime.shutdown_background();
        }
    }
}

impl<S> Drop for RemoteSink<S> {
    fn drop(&mut self) {
        self.end();
    }
}

impl<S> fmt::Debug for RemoteSink<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { within, tries, .. } = self;
        f.debug_struct("RemoteSink")
            .field("within", within)
            .field("tries", tries)
            .finish_non_exhaustive()
    }
}
