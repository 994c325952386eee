//! Gathers violations up to a number, and counts the rest.

use tribunal_core::{Opinion, Violation};

/// Most violations that a critic reports of one snapshot. The worst is always among them.
pub const MOST_VIOLATIONS: usize = 100;

/// Violations in the order they were found, bounded.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    kept: Vec<Violation>,
    worst: f64,
    more: u64,
}

impl Findings {
    /// Takes one more. It is built only if it is kept; `severity` must be its severity.
    pub(crate) fn add(&mut self, severity: f64, violation: impl FnOnce() -> Violation) {
        if self.kept.len() >= MOST_VIOLATIONS {
            self.more += 1;
            // Only one that is worse than all of them takes the place of another.
            if severity <= self.worst {
                return;
            }
            let by_severity = |a: &(usize, &Violation), b: &(usize, &Violation)| {
                a.1.severity.total_cmp(&b.1.severity)
            };
            let mildest = self.kept.iter().enumerate().rev().min_by(by_severity);
            if let Some((index, _)) = mildest {
                self.kept.remove(index);
            }
        }
        self.worst = self.worst.max(severity);
        self.kept.push(violation());
    }

    /// Counts some that were not even built. None of them may be worse than those that were.
    pub(crate) fn add_more(&mut self, more: usize) {
        self.more += more as u64;
    }

    /// How many there are in all.
    pub(crate) fn len(&self) -> u64 {
        self.kept.len() as u64 + self.more
    }

    /// An opinion with those that were kept; clean when there is none.
    pub(crate) fn into_opinion(self) -> Opinion {
        let mut opinion = Opinion::clean();
        opinion.violations = self.kept;
        if self.more > 0 {
            opinion = opinion.detail("more", self.more);
        }
        opinion
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_cap_the_rest_is_counted_and_the_worst_is_kept() {
        let mut findings = Findings::default();
        for index in 0..250 {
            let severity = if index == 200 { 0.9 } else { 0.3 };
            findings.add(severity, || Violation::new("x", "x", severity));
        }
        let opinion = findings.into_opinion();
        assert_eq!(opinion.violations.len(), MOST_VIOLATIONS);
        assert_eq!(opinion.worst_severity(), 0.9);
        assert_eq!(opinion.details.unwrap()["more"], 150);
    }

    #[test]
    fn nothing_found_is_a_clean_opinion() {
        assert_eq!(Findings::default().into_opinion(), Opinion::clean());
    }
}
