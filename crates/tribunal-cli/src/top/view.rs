//! What is looked at, and how: the last document, the order of critics, where the picture is held.

use std::cmp::Ordering;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tribunal_status::{CriticStatus, Status};

/// What is on the screen.
pub(super) struct View {
    pub(super) status: Status,
    /// What came while the picture was held.
    next: Option<Status>,
    pub(super) paused: bool,
    pub(super) order: Order,
    /// So many critics are above the first that is shown.
    pub(super) first: usize,
    /// Why there is nothing newer, and how often in a row.
    pub(super) problem: Option<(String, u32)>,
    pub(super) colours: bool,
}

/// By what critics are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Plan,
    Busy,
    Slow,
    Failed,
    Ran,
    Cost,
    Name,
}

impl Order {
    const ALL: [Self; 7] =
        [Self::Plan, Self::Busy, Self::Slow, Self::Failed, Self::Ran, Self::Cost, Self::Name];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Busy => "busy",
            Self::Slow => "slow",
            Self::Failed => "failed",
            Self::Ran => "ran",
            Self::Cost => "cost",
            Self::Name => "name",
        }
    }

    fn next(self) -> Self {
        let place = Self::ALL.iter().position(|order| *order == self).unwrap_or(0);
        Self::ALL.get(place + 1).copied().unwrap_or(Self::Plan)
    }

    fn compare(self, a: &CriticStatus, b: &CriticStatus) -> Ordering {
        let busy =
            |critic: &CriticStatus| critic.calls.map_or(0, |room| room.in_use + room.waiting);
        let slow = |critic: &CriticStatus| critic.took.p95_ms.unwrap_or(0.0);
        match self {
            Self::Plan => Ordering::Equal,
            Self::Busy => busy(b).cmp(&busy(a)),
            Self::Slow => slow(b).total_cmp(&slow(a)),
            Self::Failed => b.outcomes.failed().cmp(&a.outcomes.failed()),
            Self::Ran => b.outcomes.ran().cmp(&a.outcomes.ran()),
            Self::Cost => b.cost_spent.total_cmp(&a.cost_spent),
            Self::Name => a.critic.cmp(&b.critic),
        }
    }
}

/// What a key asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// To end it.
    Quit,
    /// Another picture.
    Redraw,
    Nothing,
}

impl View {
    pub(super) const fn new(status: Status, colours: bool) -> Self {
        let (order, problem) = (Order::Plan, None);
        Self { status, next: None, paused: false, order, first: 0, problem, colours }
    }

    /// What the process says now, or why it says nothing.
    pub(super) fn take(&mut self, told: Result<Status, String>) {
        match told {
            Ok(status) if self.paused => {
                self.next = Some(status);
                self.problem = None;
            }
            Ok(status) => {
                self.status = status;
                self.problem = None;
            }
            Err(problem) => {
                let times = self.problem.as_ref().map_or(0, |(_, times)| *times);
                self.problem = Some((problem, times.saturating_add(1)));
            }
        }
    }

    /// Critics in the order that was asked for; those that are alike stay in plan order.
    pub(super) fn critics(&self) -> Vec<&CriticStatus> {
        let mut critics: Vec<&CriticStatus> = self.status.critics.iter().collect();
        critics.sort_by(|a, b| self.order.compare(a, b));
        critics
    }

    /// Does what a key stands for. `shown` is how many critics are on the screen.
    pub(super) fn press(&mut self, key: KeyEvent, shown: usize) -> Asked {
        let last = self.status.critics.len().saturating_sub(shown);
        self.first = match key.code {
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Asked::Quit;
            }
            KeyCode::Char('q') | KeyCode::Esc => return Asked::Quit,
            KeyCode::Char('s') => {
                self.order = self.order.next();
                0
            }
            KeyCode::Char('p' | ' ') => {
                self.paused = !self.paused;
                if let Some(next) = self.next.take() {
                    self.status = next;
                }
                self.first
            }
            KeyCode::Up | KeyCode::Char('k') => self.first.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.first.saturating_add(1),
            KeyCode::PageUp => self.first.saturating_sub(shown),
            KeyCode::PageDown => self.first.saturating_add(shown),
            KeyCode::Home => 0,
            KeyCode::End => last,
            _ => return Asked::Nothing,
        }
        .min(last);
        Asked::Redraw
    }
}
