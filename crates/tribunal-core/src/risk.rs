//! How risky a request is, as its sender says.

use serde_json::{Map, Value};

use crate::words::word_enum;

word_enum! {
    /// Risk in words, as in `context.risk_tier`.
    pub enum RiskTier ("risk tier") {
        /// Nothing at stake.
        Low = "low",
        /// The ordinary.
        Medium = "medium",
        /// Harm is likely, or dear.
        High = "high",
        /// Harm is certain, or cannot be undone.
        Critical = "critical",
    }
}

/// The risk a snapshot states about itself: a tier, a number, both, or neither.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Risk {
    tier: Stated<RiskTier>,
    score: Stated<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Stated<T> {
    Nothing,
    Value(T),
    /// Something is there that cannot be read. Taken for the highest risk: a typo must not close a gate.
    Unreadable,
}

impl Risk {
    /// Reads `risk_tier` (a word) and `risk` (a number from 0 to 1) of a context.
    #[must_use]
    pub fn of_context(context: &Map<String, Value>) -> Self {
        let tier = match context.get("risk_tier") {
            None | Some(Value::Null) => Stated::Nothing,
            Some(Value::String(word)) => match word.to_ascii_lowercase().parse() {
                Ok(tier) => Stated::Value(tier),
                Err(_) => Stated::Unreadable,
            },
            Some(_) => Stated::Unreadable,
        };
        let score = match context.get("risk") {
            None | Some(Value::Null) => Stated::Nothing,
            Some(value) => match value.as_f64() {
                Some(score) if (0.0..=1.0).contains(&score) => Stated::Value(score),
                _ => Stated::Unreadable,
            },
        };
        Self { tier, score }
    }

    /// Whether it reaches the level: by its tier, by its number, or by being unreadable.
    #[must_use]
    pub fn reaches(&self, level: RiskLevel) -> bool {
        let by_tier = match self.tier {
            Stated::Nothing => false,
            Stated::Value(tier) => tier >= level.tier,
            Stated::Unreadable => true,
        };
        let by_score = match self.score {
            Stated::Nothing => false,
            Stated::Value(score) => score >= level.score,
            Stated::Unreadable => true,
        };
        by_tier || by_score
    }

    /// The tier, where one is stated and can be read.
    #[must_use]
    pub fn tier(&self) -> Option<RiskTier> {
        match self.tier {
            Stated::Value(tier) => Some(tier),
            Stated::Nothing | Stated::Unreadable => None,
        }
    }

    /// The number, where one is stated and can be read.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        match self.score {
            Stated::Value(score) => Some(score),
            Stated::Nothing | Stated::Unreadable => None,
        }
    }
}

/// From where on risk counts as high: a tier for those who state one, a number for the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RiskLevel {
    tier: RiskTier,
    score: f64,
}

impl RiskLevel {
    /// `None` when the score is not within 0 to 1.
    #[must_use]
    pub fn new(tier: RiskTier, score: f64) -> Option<Self> {
        (0.0..=1.0).contains(&score).then_some(Self { tier, score })
    }

    /// The lowest tier that reaches it.
    #[must_use]
    pub const fn tier(&self) -> RiskTier {
        self.tier
    }

    /// The lowest number that reaches it.
    #[must_use]
    pub const fn score(&self) -> f64 {
        self.score
    }
}

impl Default for RiskLevel {
    /// `high`, or 0.7.
    fn default() -> Self {
        Self { tier: RiskTier::High, score: 0.7 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reaches_high(context: Value) -> bool {
        Risk::of_context(context.as_object().unwrap()).reaches(RiskLevel::default())
    }

    #[test]
    fn a_tier_or_a_number_reaches_the_level() {
        assert!(!reaches_high(json!({})));
        assert!(!reaches_high(json!({"risk_tier": "medium", "risk": 0.69})));
        assert!(reaches_high(json!({"risk_tier": "High"})));
        assert!(reaches_high(json!({"risk_tier": "critical"})));
        assert!(reaches_high(json!({"risk": 0.7})));
        assert!(reaches_high(json!({"risk_tier": "low", "risk": 1})));
    }

    #[test]
    fn risk_that_cannot_be_read_counts_as_high() {
        for context in [
            json!({"risk_tier": "hihg"}),
            json!({"risk_tier": 3}),
            json!({"risk": "0.1"}),
            json!({"risk": 1.5}),
            json!({"risk": -0.1}),
        ] {
            assert!(reaches_high(context.clone()), "{context}");
        }
    }
}
