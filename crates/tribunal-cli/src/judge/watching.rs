//! `--watch`: goes on with the config as it is written by now.

use std::convert::Infallible;
use std::io::Write as _;
use std::time::Duration;

use tribunal_config::{Wake, Watch};

use super::courts::Courts;
use crate::{check, exit, pipeline};

/// Between two looks at the files. A change counts at the second look that sees it.
const PAUSE: Duration = Duration::from_secs(1);

/// Looks at the files for as long as it is polled, and on SIGHUP at once. What is wrong is told on standard error,
/// and changes nothing.
pub(super) async fn watching(mut watch: Watch, courts: &Courts) -> Infallible {
    let catalogue = pipeline::catalogue();
    let mut hangups = Hangups::listen();
    loop {
        let wake = async || {
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => Wake::Tick,
                () = hangups.next() => Wake::Now,
            }
        };
        match watch.next(&catalogue, &pipeline::environment, wake).await {
            Ok(reloaded) => {
                let sources = reloaded.sources;
                match courts.reload(reloaded.profiles) {
                    Ok(number) => {
                        tell(&format!("config reloaded: generation {number}, sources {sources}"))
                    }
                    Err(problem) => {
                        exit::complain(&format!("the config goes on as it was: {problem}"))
                    }
                }
            }
            Err(error) => {
                check::show(error.problems());
                exit::complain("the changed config has mistakes, and the one before goes on");
            }
        }
    }
}

/// One line on standard error. That it may be closed is nobody's concern any more.
fn tell(message: &str) {
    let _ = writeln!(anstream::stderr(), "{message}");
}

/// SIGHUP, where there is such a thing.
struct Hangups {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangups {
    fn listen() -> Self {
        Self {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
        }
    }

    /// The next one; never, where none can be heard.
    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}
