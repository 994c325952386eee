//! Keeps several runs going and hands on what they came to, in the order of the lines.
//!
//! Nothing piles up: at most so many runs at a time, and a bounded number of lines and bytes between the
//! reader and the writer. When one run takes long, those after it wait for their turn to be written; when
//! too many wait, nothing more is read.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};

use super::input::{Line, Place};
use crate::exit::Trouble;

/// How many lines may be waiting to be written, for each that may be judged at a time.
const HELD_PER_RUN: usize = 4;
/// How many bytes of lines may be between the reader and the writer before no more are read.
const HELD_BYTES: u64 = 64 * 1024 * 1024;

/// What a line came to.
#[derive(Debug)]
pub(crate) struct Judged<T> {
    pub(crate) place: Place,
    /// The line's own `id`; null when it has none, or none that can be read.
    pub(crate) id: Value,
    /// The report and what goes with it, or why there is none.
    pub(crate) result: Result<T, String>,
    /// The line to write, where the format has one for each.
    pub(crate) rendered: Option<Vec<u8>>,
    /// Bytes read since the line before it.
    pub(crate) consumed: u64,
}

impl<T> Judged<T> {
    /// The same line with what its result becomes.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Judged<U> {
        let Self { place, id, result, rendered, consumed } = self;
        Judged { place, id, result: result.map(change), rendered, consumed }
    }
}

/// Takes what lines came to.
pub(crate) trait Sink<T> {
    /// The next in the order of the lines.
    fn take(&mut self, judged: Judged<T>) -> Result<(), Trouble>;
    /// Nothing more is there at the moment.
    fn idle(&mut self) -> Result<(), Trouble>;
}

/// How it came to an end.
#[derive(Debug)]
pub(crate) enum Ended {
    /// All lines were read.
    Read,
    /// It was asked to stop, and what was in flight then has been handed on.
    Stopped,
    /// Reading failed, and what was read before has been handed on.
    Cut(Trouble),
}

/// Judges lines until there are no more, or until `stop` is ready; then waits for what is in flight.
///
/// # Errors
///
/// Those of the sink, at once: nobody takes what more there would be.
pub(crate) async fn pump<T, J, F>(
    mut lines: mpsc::Receiver<Result<Line, Trouble>>,
    judge: J,
    in_flight: usize,
    stop: impl Future<Output = ()>,
    sink: &mut dyn Sink<T>,
) -> Result<Ended, Trouble>
where
    T: Send + 'static,
    J: Fn(Line) -> F,
    F: Future<Output = Judged<T>> + Send + 'static,
{
    let mut stop = pin!(stop);
    let mut runs = Runs::new(in_flight);
    let mut reading = true;
    let mut ended = Ended::Read;
    loop {
        while let Some(judged) = runs.next_in_order() {
            sink.take(judged)?;
        }
        if !reading && runs.is_empty() {
            return Ok(ended);
        }
        let event = {
            let roomy = reading && runs.have_room();
            let busy = !runs.tasks.is_empty();
            let mut event = pin!(async {
                tokio::select! {
                    biased; // To stop comes first; then what is done, so that it does not pile up.
                    () = &mut stop, if reading => Event::Stop,
                    Some(done) = runs.tasks.join_next_with_id(), if busy => Event::Done(done),
                    line = lines.recv(), if roomy => Event::Line(line),
                }
            });
            match poll_fn(|cx| Poll::Ready(event.as_mut().poll(cx))).await {
                Poll::Ready(event) => event,
                Poll::Pending => {
                    sink.idle()?;
                    event.await
                }
            }
        };
        match event {
            Event::Stop => {
                reading = false;
                ended = Ended::Stopped;
                lines.close();
            }
            Event::Done(done) => runs.done(done),
            Event::Line(Some(Ok(line))) => runs.start(line, &judge),
            Event::Line(Some(Err(trouble))) => {
                reading = false;
                ended = Ended::Cut(trouble);
            }
            Event::Line(None) => reading = false,
        }
    }
}

enum Event<T> {
    Stop,
    Done(Result<(Id, Judged<T>), JoinError>),
    Line(Option<Result<Line, Trouble>>),
}

/// The runs in flight, and those done before their turn.
struct Runs<T> {
    tasks: JoinSet<Judged<T>>,
    slots: VecDeque<Slot<T>>,
    most: usize,
    held_bytes: u64,
}

struct Slot<T> {
    task: Id,
    place: Arc<Place>,
    consumed: u64,
    done: Option<Judged<T>>,
}

impl<T: Send + 'static> Runs<T> {
    fn new(most: usize) -> Self {
        Self { tasks: JoinSet::new(), slots: VecDeque::new(), most, held_bytes: 0 }
    }

    fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn have_room(&self) -> bool {
        self.tasks.len() < self.most
            && self.slots.len() < self.most.saturating_mul(HELD_PER_RUN)
            && self.held_bytes < HELD_BYTES
    }

    fn start<F>(&mut self, line: Line, judge: &impl Fn(Line) -> F)
    where
        F: Future<Output = Judged<T>> + Send + 'static,
    {
        let place = Arc::new(line.place.clone());
        let consumed = line.consumed;
        let task = self.tasks.spawn(judge(line)).id();
        self.held_bytes += consumed;
        self.slots.push_back(Slot { task, place, consumed, done: None });
    }

    fn done(&mut self, done: Result<(Id, Judged<T>), JoinError>) {
        let (task, judged) = match done {
            Ok((task, judged)) => (task, Some(judged)),
            Err(error) => (error.id(), None),
        };
        // The oldest are the most likely, so this looks at few.
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.task == task) {
            // A run that panicked is one line without a report; the others know nothing of it.
            slot.done = Some(judged.unwrap_or_else(|| Judged {
                place: Place::clone(&slot.place),
                id: Value::Null,
                result: Err(String::from("the run panicked")),
                rendered: None,
                consumed: slot.consumed,
            }));
        }
    }

    fn next_in_order(&mut self) -> Option<Judged<T>> {
        let judged = self.slots.front_mut()?.done.take()?;
        if let Some(slot) = self.slots.pop_front() {
            self.held_bytes = self.held_bytes.saturating_sub(slot.consumed);
        }
        Some(judged)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::lines::input::Text;

    #[derive(Default)]
    struct Seen(Vec<(u64, bool)>);

    impl Sink<()> for Seen {
        fn take(&mut self, judged: Judged<()>) -> Result<(), Trouble> {
            let panicked = matches!(&judged.result, Err(why) if why == "the run panicked");
            self.0.push((judged.place.line, panicked));
            Ok(())
        }
        fn idle(&mut self) -> Result<(), Trouble> {
            Ok(())
        }
    }

    fn line(line: u64, bytes: u64) -> Line {
        let place = Place { input: "x".into(), line };
        Line { place, text: Text::TooLong(0), consumed: bytes }
    }

    fn judged(line: &Line) -> Judged<()> {
        let (place, consumed) = (line.place.clone(), line.consumed);
        let result = Err(String::from("none"));
        Judged { place, id: Value::Null, result, rendered: None, consumed }
    }

    /// Judges so many lines of so many bytes; gives what was seen, and the most lines started and not yet taken.
    async fn run(
        count: u64,
        bytes: u64,
        takes: fn(u64) -> Duration,
    ) -> (Result<Ended, Trouble>, Vec<(u64, bool)>, usize) {
        let (to, from) = mpsc::channel(1);
        let mut feed = JoinSet::new();
        feed.spawn(async move {
            for number in 1..=count {
                if to.send(Ok(line(number, bytes))).await.is_err() {
                    return;
                }
            }
        });
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let judge = |line: Line| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(takes(line.place.line)).await;
                running.fetch_sub(1, Ordering::SeqCst);
                assert!(line.place.line != 13, "a bug in one run");
                judged(&line)
            }
        };
        let mut seen = Seen::default();
        let ended = pump(from, judge, 4, std::future::pending(), &mut seen).await;
        (ended, seen.0, most.load(Ordering::SeqCst))
    }

    #[tokio::test(start_paused = true)]
    async fn lines_are_handed_on_in_order_whatever_ends_first() {
        let (ended, seen, most) = run(40, 1, |line| Duration::from_millis(100 - line)).await;
        assert!(matches!(ended, Ok(Ended::Read)));
        assert_eq!(
            seen.iter().map(|(line, _)| *line).collect::<Vec<_>>(),
            (1..=40).collect::<Vec<_>>()
        );
        assert_eq!(most, 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_panics_is_one_line_without_a_report() {
        let (_, seen, _) = run(20, 1, |_| Duration::from_millis(1)).await;
        let panicked: Vec<u64> = seen.iter().filter(|(_, p)| *p).map(|(line, _)| *line).collect();
        assert_eq!((seen.len(), panicked), (20, vec![13]));
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_for_a_slow_line_is_bounded() {
        let (to, from) = mpsc::channel(1);
        let mut feed = JoinSet::new();
        feed.spawn(async move {
            for number in 1..=100 {
                to.send(Ok(line(number, 1))).await.ok();
            }
        });
        let started = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&started);
        let judge = move |line: Line| {
            count.fetch_add(1, Ordering::SeqCst);
            async move {
                if line.place.line == 1 {
                    std::future::pending::<()>().await;
                }
                judged(&line)
            }
        };
        let mut seen = Seen::default();
        let pumping = pump(from, judge, 4, std::future::pending(), &mut seen);
        assert!(tokio::time::timeout(Duration::from_secs(60), pumping).await.is_err());
        assert_eq!((started.load(Ordering::SeqCst), seen.0.len()), (4 * HELD_PER_RUN, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn large_lines_are_judged_few_at_a_time() {
        let (_, seen, most) = run(12, HELD_BYTES / 2, |_| Duration::from_millis(1)).await;
        assert_eq!((seen.len(), most), (12, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn when_stopped_what_is_in_flight_is_still_handed_on() {
        let (to, from) = mpsc::channel(1);
        let mut feed = JoinSet::new();
        feed.spawn(async move {
            for number in 1.. {
                if to.send(Ok(line(number, 1))).await.is_err() {
                    return;
                }
            }
        });
        let judge = |line: Line| async move {
            tokio::time::sleep(Duration::from_secs(2)).await;
            judged(&line)
        };
        let stop = tokio::time::sleep(Duration::from_secs(5));
        let mut seen = Seen::default();
        let ended = pump(from, judge, 4, stop, &mut seen).await;
        assert!(matches!(ended, Ok(Ended::Stopped)));
        assert_eq!(seen.0.len(), 12);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_read_before_reading_failed_is_handed_on() {
        let (to, from) = mpsc::channel(2);
        to.send(Ok(line(1, 1))).await.unwrap();
        to.send(Err(Trouble::Usage("gone".into()))).await.unwrap();
        let mut seen = Seen::default();
        let judge = |line: Line| async move { judged(&line) };
        let ended = pump(from, judge, 4, std::future::pending(), &mut seen).await;
        assert!(matches!(ended, Ok(Ended::Cut(_))));
        assert_eq!(seen.0.len(), 1);
    }
}
