//! From inputs to lines to what each came to: what every command that judges JSON lines does alike.
//!
//! A line's way: [`input`] reads it, [`pump`] has it judged, several at a time, and a [`Sink`] takes what it came
//! to, in the order of the lines. Start at [`each`].

mod id;
mod input;
mod output;
mod progress;
mod pump;

use std::future::Future;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tribunal_core::Snapshot;

use crate::exit::Trouble;

pub(crate) use input::{Input, Line, Place};
pub(crate) use output::Output;
pub(crate) use progress::progress;
pub(crate) use pump::{Ended, Judged, Sink};

/// Lines read before there is room for them. Few: each may be as long as a line may be.
const READ_AHEAD: usize = 2;

/// How lines are read and judged.
pub(crate) struct Pace {
    /// How many are judged at a time.
    pub(crate) in_flight: usize,
    /// How long one may be, in bytes, without its end.
    pub(crate) longest: usize,
}

/// Has every line of every input judged. `None` when it was asked to stop twice: what is in flight is not waited
/// for then.
///
/// # Errors
///
/// Those of the sink.
pub(crate) async fn each<T, J, F>(
    inputs: Vec<Input>,
    pace: &Pace,
    judge: J,
    sink: &mut dyn Sink<T>,
) -> Result<Option<Ended>, Trouble>
where
    T: Send + 'static,
    J: Fn(Line) -> F,
    F: Future<Output = Judged<T>> + Send + 'static,
{
    let (to, lines) = mpsc::channel(READ_AHEAD);
    let mut reader = JoinSet::new();
    reader.spawn(input::send_lines(inputs, pace.longest, to));
    tokio::select! {
        biased;
        ended = pump::pump(lines, judge, pace.in_flight, interrupted(), sink) => ended.map(Some),
        () = interrupted_twice() => Ok(None),
    }
}

/// The snapshot of a line, or why there is none; and the line's own `id`, as far as it can be read.
pub(crate) fn snapshot(text: input::Text, longest: usize) -> (Value, Result<Snapshot, String>) {
    match text {
        input::Text::TooLong(bytes) => {
            let why = format!("the line is {bytes} bytes long, and may be {longest}");
            (Value::Null, Err(why))
        }
        input::Text::Whole(bytes) => match Snapshot::from_json(&bytes) {
            Err(error) => (id::id_of(&bytes), Err(error.to_string())),
            // The text has become a snapshot and goes; both at once would be twice the memory.
            Ok(snapshot) => {
                let id = snapshot.attributes().get("id").cloned().unwrap_or_default();
                (id, Ok(snapshot))
            }
        },
    }
}

/// Ready once somebody asks to stop. Never, where that cannot be heard.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

async fn interrupted_twice() {
    interrupted().await;
    interrupted().await;
}
