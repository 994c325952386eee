//! The screen that goes on: a task asks, and this thread draws and listens to keys.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyEventKind};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tribunal_status::{Address, Status, ask};

use super::view::{Asked, View};
use super::{PATIENCE, draw};

/// Between two looks for an answer, while no key is pressed.
const LISTEN: Duration = Duration::from_millis(50);

type Told = Option<Result<Status, String>>;

/// Until somebody ends it. The terminal is as it was then, also after a panic.
pub(super) fn run(
    runtime: &Runtime,
    address: &Address,
    interval: Duration,
    view: View,
) -> io::Result<()> {
    let (tell, told) = watch::channel(None);
    let ended = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    tasks.spawn_on(asking(address.clone(), interval, tell), runtime.handle());
    let end = Arc::clone(&ended);
    tasks.spawn_on(async move { terminated(&end).await }, runtime.handle());
    let mut terminal = ratatui::try_init()?;
    let done = looking(&mut terminal, told, &ended, view);
    ratatui::try_restore()?;
    done
}

fn looking(
    terminal: &mut ratatui::DefaultTerminal,
    mut told: watch::Receiver<Told>,
    ended: &AtomicBool,
    mut view: View,
) -> io::Result<()> {
    loop {
        terminal.draw(|frame| draw::screen(&view, frame.area(), frame.buffer_mut()))?;
        loop {
            if ended.load(Relaxed) {
                return Ok(());
            }
            if told.has_changed().unwrap_or(false) {
                if let Some(told) = told.borrow_and_update().clone() {
                    view.take(told);
                }
                break;
            }
            if !event::poll(LISTEN)? {
                continue;
            }
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => {
                    let shown = draw::critics_shown(&view, terminal.size()?.height);
                    match view.press(key, shown) {
                        Asked::Quit => return Ok(()),
                        Asked::Redraw => break,
                        Asked::Nothing => {}
                    }
                }
                Event::Resize(..) => break,
                _ => {}
            }
        }
    }
}

/// Asks again and again, also when there was no answer.
async fn asking(address: Address, interval: Duration, tell: watch::Sender<Told>) {
    loop {
        tokio::time::sleep(interval).await;
        let told = ask(&address, PATIENCE).await.map_err(|error| error.to_string());
        if tell.send(Some(told)).is_err() {
            return;
        }
    }
}

/// A signal that would end the process and leave the terminal as it is now.
async fn terminated(end: &AtomicBool) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = (signal(SignalKind::terminate()), signal(SignalKind::hangup()));
        if let (Ok(mut terminate), Ok(mut hangup)) = signals {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
            return end.store(true, Relaxed);
        }
    }
    let _ = end;
    std::future::pending().await
}
