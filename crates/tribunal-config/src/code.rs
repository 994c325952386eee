//! What kinds of mistakes there are: one code for each thing that someone would look up.
//!
//! A code never changes its name or its meaning; messages may. `docs/diagnostics.md` has a section for each.

use std::fmt;

/// How much a problem weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// It may be meant as it stands; the configuration is loaded.
    Warning,
    /// It cannot work as it stands; the configuration is refused.
    Error,
}

impl Level {
    /// `warning` or `error`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Writes the enum, its words and [`Code::ALL`] from one list, so that none of them misses a code.
macro_rules! codes {
    ($($code:ident $level:ident $slug:literal $summary:literal)*) => {
        /// What kind of mistake a problem is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = concat!("`", $slug, "`: ", $summary, ".")] $code,)*
        }

        impl Code {
            /// All of them, in the order of the page.
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// What it is called wherever it is written: `unknown-key`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $slug,)* }
            }

            /// What it means, on one line that starts in lower case and ends without a full stop.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$code => $summary,)* }
            }

            /// How much every problem of this kind weighs.
            #[must_use]
            pub const fn level(self) -> Level {
                match self { $(Self::$code => Level::$level,)* }
            }
        }
    };
}

codes! {
    // The file as text.
    Syntax Error "syntax" "the text is not TOML"
    DuplicateKey Error "duplicate-key" "a key or a table stands twice"
    TooLarge Error "too-large" "the file is longer than may be read"

    // Keys and values.
    UnknownKey Error "unknown-key" "nothing reads a key of this name here"
    MissingKey Error "missing-key" "a key is left out that must be given"
    WrongType Error "wrong-type" "a value is of another type than its key takes"
    OutOfRange Error "out-of-range" "a number or a span of time lies outside of what makes sense"
    InvalidDuration Error "invalid-duration" "a text is no span of time with its unit"
    UnknownWord Error "unknown-word" "a text is none of the words that its key knows"
    InvalidName Error "invalid-name" "a text cannot be the name of a critic, a rate or a label"
    RepeatedEntry Error "repeated-entry" "a list names the same thing twice"
    EmptyList Error "empty-list" "a list is empty that must name something"
    ConflictingKeys Error "conflicting-keys" "two keys do not go together, or one belongs to something else"
    NoEffect Error "no-effect" "a key changes nothing without another one"
    CrossedBounds Error "crossed-bounds" "what must be the lower bound lies above the upper one"
    InvalidPointer Error "invalid-pointer" "a text is no JSON pointer, or points at nothing there is"

    // Critics and what they are called.
    NoCritic Error "no-critic" "there is no critic that is enabled"
    DuplicateCritic Error "duplicate-critic" "two critics have the same name, or differ by case alone"
    UnknownKind Error "unknown-kind" "there is no kind of critic of this name"
    UnknownCritic Error "unknown-critic" "there is no critic of this name to speak of"
    UnknownTag Error "unknown-tag" "no critic has this tag"
    UnknownRate Error "unknown-rate" "there is no shared rate of this name"
    SilentLabel Error "silent-label" "a label says not who speaks for it"

    // What critics depend on.
    UnknownDependency Error "unknown-dependency" "a critic depends on one that is not there"
    LaterDependency Error "later-dependency" "a critic depends on one of a later stage"
    MonitoredDependency Error "monitored-dependency" "an enforcing critic depends on a monitored one"
    DependencyCycle Error "dependency-cycle" "critics wait for each other"
    ImpossiblePlan Error "impossible-plan" "critics and settings do not make a plan"

    // Gates.
    InvalidExpression Error "invalid-expression" "a condition cannot be read, or gives no truth value"
    UnknownName Error "unknown-name" "a condition reads or calls what there is not"
    UnseenCritic Error "unseen-critic" "a condition reads a critic that its gate does not see"
    TypeMismatch Error "type-mismatch" "a condition compares or computes what does not go together"
    NeverReturned Error "never-returned" "a condition asks a critic for what it never returns"

    GateNeverOpens Warning "gate-never-opens" "a policy lets its critic run in no run"
    GateNeverCloses Warning "gate-never-closes" "a policy keeps its critic from no run"
    CriticNeverRuns Warning "critic-never-runs" "a critic runs in no run, whatever its own policy says"

    // Promises.
    InvalidPromise Error "invalid-promise" "a promise cannot be read"
    BrokenPromise Error "broken-promise" "a promise does not hold in every run"
    VacuousPromise Warning "vacuous-promise" "a promise is about what happens in no run"
    Undecided Error "undecided" "a question about all runs takes too much work to be decided"

    // Parameters.
    InvalidParameter Error "invalid-parameter" "a critic refuses a parameter"
    InvalidPattern Error "invalid-pattern" "a regular expression does not compile"
    InvalidSchema Error "invalid-schema" "a JSON Schema does not compile"
    UnreadableFile Error "unreadable-file" "a file that a parameter names cannot be read"
    MissingVariable Error "missing-variable" "a reference names a variable that the environment does not have"

    // Layers.
    UnreadableConfig Error "unreadable-config" "the configuration itself cannot be read"
    InvalidInclude Error "invalid-include" "an included file cannot be read, includes itself, or is one too many"
    UnknownProfile Error "unknown-profile" "there is no profile of this name"
    ProfileCycle Error "profile-cycle" "profiles extend each other"
    InvalidSetting Error "invalid-setting" "a variable or a `--set` is no key that can be set, with its value"
    MandatoryLoosened Error "mandatory-loosened" "a layer loosens a critic that a layer below made mandatory"

    // Time, money and rates.
    TimeoutCutShort Error "timeout-cut-short" "a timeout is longer than what its stage or run has"
    DelayNeverReached Error "delay-never-reached" "something waits for longer than the timeout lets it"
    ChainTooLong Warning "chain-too-long" "critics that wait for each other may take longer than their stage or run has"
    StagesExceedRun Warning "stages-exceed-run" "the timeouts of the stages add up to more than the run has"
    CostExceedsBudget Error "cost-exceeds-budget" "one critic costs more than a whole run may"
    CostsExceedBudget Warning "costs-exceed-budget" "critics that always run cost more together than a run may"
    RateStarvesStage Warning "rate-starves-stage" "a rate has fewer tokens than the runs take"
}

impl Code {
    /// The code of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }

    /// Its section in the documentation, from the root of the repository on.
    #[must_use]
    pub fn page(self) -> String {
        format!("docs/diagnostics.md#{}", self.as_str())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_a_word_of_its_own_and_a_line_that_explains_it() {
        let words: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        for code in Code::ALL {
            let word = code.as_str();
            assert!(word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{word}");
            assert_eq!(Code::named(word), Some(*code));
            let summary = code.summary();
            assert!(!summary.ends_with('.') && summary.starts_with(char::is_lowercase), "{word}");
        }
        assert_eq!(Code::named("Unknown-Key"), None);
    }
}
