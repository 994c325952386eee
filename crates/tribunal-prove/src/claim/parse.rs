//! From a sentence to a promise. Every mistake has its place and says what would be right.

use std::ops::Range;
use std::time::Duration;

use thiserror::Error;
use tribunal_core::{CriticName, Phase, RiskTier, Verdict, nearest};

use super::{Claim, Event, Promise, RiskFrom, What};

/// The longest sentence, in bytes.
const MOST_BYTES: usize = 1_000;
/// How uncertain an opinion is that `is uncertain`, as `on_uncertainty` has it.
const UNCERTAIN: f64 = 0.7;

/// Why a sentence is no promise.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{problem}")]
pub struct ParseError {
    /// From which byte to which.
    pub part: Range<usize>,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub help: Option<String>,
}

impl Promise {
    /// Reads a promise about critics of these names.
    ///
    /// # Errors
    ///
    /// [`ParseError`] at the first word that does not fit.
    pub fn parse(text: &str, critics: &[CriticName]) -> Result<Self, ParseError> {
        if text.len() > MOST_BYTES {
            let problem = format!("is longer than {MOST_BYTES} bytes");
            return Err(ParseError { part: 0..text.len(), problem, help: None });
        }
        let mut reader = Reader { text, words: words(text), at: 0, critics };
        let claim = reader.claim()?;
        let mut promise = Self { claim, phases: Phase::ALL.to_vec(), risk: None };
        reader.scope(&mut promise)?;
        Ok(promise)
    }
}

/// A word and its place.
#[derive(Debug, Clone)]
struct Word<'t> {
    text: &'t str,
    part: Range<usize>,
    /// It stands in backticks, and so is a name.
    quoted: bool,
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        if first.is_whitespace() || first == ',' {
            continue;
        }
        let mut end = start + first.len_utf8();
        let quoted = first == '`';
        while let Some((at, next)) = rest.peek().copied() {
            let apart = if quoted { next == '`' } else { next.is_whitespace() || next == ',' };
            if apart || (!quoted && sign(first) != sign(next)) {
                break;
            }
            end = at + next.len_utf8();
            rest.next();
        }
        if quoted {
            rest.next();
        }
        let from = if quoted { start + 1 } else { start };
        words.push(Word { text: text.get(from..end).unwrap_or_default(), part: from..end, quoted });
    }
    words
}

fn sign(c: char) -> bool {
    matches!(c, '<' | '>' | '=')
}

struct Reader<'t, 'c> {
    text: &'t str,
    words: Vec<Word<'t>>,
    at: usize,
    critics: &'c [CriticName],
}

const STARTS: [&str; 6] =
    ["no allow", "block when", "review when", "nothing fails open", "worst", "at most"];

impl<'t> Reader<'t, '_> {
    fn peek(&self) -> Option<&Word<'t>> {
        self.words.get(self.at)
    }

    fn is(&self, word: &str) -> bool {
        self.peek().is_some_and(|next| !next.quoted && next.text.eq_ignore_ascii_case(word))
    }

    fn is_one_of(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    fn take(&mut self, word: &str) -> bool {
        let is = self.is(word);
        self.at += usize::from(is);
        is
    }

    fn next(&mut self, what: &str) -> Result<Word<'t>, ParseError> {
        let word = self.peek().cloned();
        self.at += 1;
        word.ok_or_else(|| {
            let end = self.text.len();
            let problem = format!("ends where {what} is expected");
            ParseError { part: end..end, problem, help: None }
        })
    }

    /// One of these words comes next.
    fn one_of<'w>(&mut self, known: &[&'w str]) -> Result<&'w str, ParseError> {
        let listed = listed(known);
        let word = self.next(&listed)?;
        let found = known.iter().find(|known| known.eq_ignore_ascii_case(word.text));
        found.filter(|_| !word.quoted).copied().ok_or_else(|| {
            let close = nearest(&word.text.to_lowercase(), known.iter().copied());
            let help = close.map(|close| format!("did you mean `{close}`?"));
            wrong(&word, &format!("stands where {listed} is expected"), help)
        })
    }

    fn critic(&mut self) -> Result<CriticName, ParseError> {
        let word = self.next("the name of a critic")?;
        if let Some(name) = self.critics.iter().find(|name| **name == *word.text) {
            return Ok(name.clone());
        }
        let names = self.critics.iter().map(CriticName::as_str);
        let help = nearest(&word.text.to_lowercase(), names)
            .map(|close| format!("did you mean `{close}`?"));
        Err(wrong(&word, "is no critic that is enabled", help))
    }

    fn claim(&mut self) -> Result<Claim, ParseError> {
        if self.words.is_empty() {
            let help =
                Some(String::from("as in \"secrets always runs\" or \"nothing fails open\""));
            let problem = String::from("is empty");
            return Err(ParseError { part: 0..self.text.len(), problem, help });
        }
        if self.take("nothing") {
            self.one_of(&["fails"])?;
            self.one_of(&["open"])?;
            return Ok(Claim::NothingFailsOpen);
        }
        if self.take("no") {
            self.one_of(&["allow"])?;
            return match self.one_of(&["when", "without"])? {
                "when" => Ok(Claim::NoAllowWhen(self.events()?)),
                _ => Ok(Claim::NoAllowWithout(self.critic()?)),
            };
        }
        for (word, verdict) in [("block", Verdict::Block), ("review", Verdict::Review)] {
            if self.take(word) {
                self.one_of(&["when"])?;
                return Ok(Claim::VerdictWhen(verdict, self.events()?));
            }
        }
        if self.take("worst") {
            let what = self.one_of(&["latency", "cost"])?;
            self.one_of(&["<="])?;
            return match what {
                "latency" => Ok(Claim::WorstLatency(self.duration()?)),
                _ => Ok(Claim::WorstCost(self.number("a cost such as `0.05`", f64::MAX)?)),
            };
        }
        if self.is("at") {
            self.at += 1;
            self.one_of(&["most"])?;
            let word = self.next("a number of critics")?;
            let most = word
                .text
                .parse()
                .map_err(|_| wrong(&word, "stands where a number of critics is expected", None))?;
            self.one_of(&["critics", "critic"])?;
            self.one_of(&["run", "runs"])?;
            return Ok(Claim::AtMost(most));
        }
        self.about_a_critic()
    }

    fn about_a_critic(&mut self) -> Result<Claim, ParseError> {
        let first = self.at;
        let critic = match self.critic() {
            Ok(critic) => critic,
            Err(mut error) => {
                // It may have been meant for one of the other beginnings.
                let word = self.words.get(first).map(|word| word.text.to_lowercase());
                let starts = STARTS.iter().map(|start| start.split(' ').next().unwrap_or(start));
                let close = word.and_then(|word| nearest(&word, starts));
                if let (None, Some(close)) = (&error.help, close) {
                    error.help = Some(format!("did you mean `{close}`?"));
                }
                if error.help.is_none() {
                    let starts = listed(&STARTS);
                    error.help = Some(format!(
                        "a promise starts with the name of a critic or with {starts}"
                    ));
                }
                return Err(error);
            }
        };
        match self.one_of(&["always", "never", "runs"])? {
            "always" => {
                self.one_of(&["runs"])?;
                Ok(Claim::AlwaysRuns(critic))
            }
            "never" => {
                self.one_of(&["runs"])?;
                Ok(Claim::NeverRuns(critic))
            }
            _ if self.is_one_of(&["in", "when"]) && !self.names_an_event() => {
                Ok(Claim::AlwaysRuns(critic))
            }
            _ => {
                self.one_of(&["whenever", "when", "in"])?;
                Ok(Claim::RunsWhenever(critic, self.events()?))
            }
        }
    }

    /// Whether `when` is followed by what happens to a critic, and not by a risk.
    fn names_an_event(&self) -> bool {
        self.is("when") && !self.words.get(self.at + 1).is_some_and(|word| self.is_risk(word))
    }

    /// `risk`, unless a critic is called that and something happens to it.
    fn is_risk(&self, word: &Word<'_>) -> bool {
        word.text.eq_ignore_ascii_case("risk") && !word.quoted
    }

    /// One event, or several with `or` between them.
    fn events(&mut self) -> Result<Vec<Event>, ParseError> {
        let mut events = vec![self.event()?];
        while self.take("or") {
            events.push(self.event()?);
        }
        Ok(events)
    }

    fn event(&mut self) -> Result<Event, ParseError> {
        let critic = self.critic()?;
        let known = ["objects", "fails", "failed", "is", "runs"];
        let what = match self.one_of(&known)? {
            "objects" if self.is("at") => What::ObjectsAt(self.or_above("a severity")?),
            "objects" => What::Objects,
            "is" => {
                self.one_of(&["uncertain"])?;
                if self.is("at") {
                    What::IsUncertain(self.or_above("an uncertainty")?)
                } else {
                    What::IsUncertain(UNCERTAIN)
                }
            }
            "runs" => What::Runs,
            _ => What::Fails,
        };
        Ok(Event { critic, what })
    }

    /// `at S or above`.
    fn or_above(&mut self, what: &str) -> Result<f64, ParseError> {
        self.one_of(&["at"])?;
        let number = self.number(&format!("{what} from 0 to 1"), 1.0)?;
        self.one_of(&["or"])?;
        self.one_of(&["above"])?;
        Ok(number)
    }

    fn number(&mut self, what: &str, most: f64) -> Result<f64, ParseError> {
        let word = self.next(what)?;
        let number = word.text.parse::<f64>().ok();
        let number = number.filter(|number| (0.0..=most).contains(number));
        number.ok_or_else(|| wrong(&word, &format!("stands where {what} is expected"), None))
    }

    fn duration(&mut self) -> Result<Duration, ParseError> {
        let what = "a duration such as `2s`";
        let word = self.next(what)?;
        duration(word.text).ok_or_else(|| {
            let help = Some(String::from("write a number and a unit, us, ms, s, m or h"));
            wrong(&word, &format!("stands where {what} is expected"), help)
        })
    }

    /// In which runs: phases and risk, in any order, each once.
    fn scope(&mut self, promise: &mut Promise) -> Result<(), ParseError> {
        let (mut phases, mut risk) = (false, false);
        while let Some(word) = self.peek().cloned() {
            if !phases && self.take("in") {
                phases = true;
                self.one_of(&["phase", "phases"])?;
                promise.phases = self.phases()?;
            } else if !risk && self.take("when") {
                risk = true;
                self.one_of(&["risk"])?;
                self.one_of(&[">="])?;
                promise.risk = Some(self.risk()?);
            } else {
                let help = "it may end with `in phase P` and with `when risk >= R`";
                return Err(wrong(&word, "does not belong here", Some(help.into())));
            }
        }
        Ok(())
    }

    fn phases(&mut self) -> Result<Vec<Phase>, ParseError> {
        let mut phases = Vec::new();
        loop {
            let word = self.one_of(Phase::WORDS)?;
            let phase = Phase::ALL.iter().copied().find(|phase| phase.as_str() == word);
            phases.extend(phase);
            if !self.take("or") {
                return Ok(phases);
            }
        }
    }

    fn risk(&mut self) -> Result<RiskFrom, ParseError> {
        let is_number = self.peek().and_then(|word| word.text.parse::<f64>().ok());
        if is_number.is_some() {
            return Ok(RiskFrom::Score(self.number("a risk from 0 to 1", 1.0)?));
        }
        let word = self.one_of(RiskTier::WORDS)?;
        let tier = RiskTier::ALL.iter().copied().find(|tier| tier.as_str() == word);
        Ok(RiskFrom::Tier(tier.unwrap_or(RiskTier::High)))
    }
}

fn wrong(word: &Word<'_>, problem: &str, help: Option<String>) -> ParseError {
    let shown: String = word.text.chars().take(60).flat_map(char::escape_debug).collect();
    ParseError { part: word.part.clone(), problem: format!("`{shown}` {problem}"), help }
}

fn listed(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((only, _)) => only.clone(),
        None => String::new(),
    }
}

/// A duration above nothing, up to a year.
fn duration(text: &str) -> Option<Duration> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match text.get(number.len()..)? {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return None,
    };
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let length = number.parse::<f64>().ok().filter(|_| plain)? * seconds;
    (length > 0.0 && length <= 365.0 * 86_400.0)
        .then(|| Duration::from_nanos((length * 1e9).round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<CriticName> {
        ["secrets", "judge", "pii-deep", "no"].map(|name| CriticName::new(name).unwrap()).to_vec()
    }

    fn read(text: &str) -> Promise {
        Promise::parse(text, &names()).unwrap_or_else(|error| panic!("{text}: {error:?}"))
    }

    fn named(name: &str) -> CriticName {
        CriticName::new(name).unwrap()
    }

    fn event(name: &str, what: What) -> Event {
        Event { critic: named(name), what }
    }

    #[test]
    fn every_claim_can_be_said() {
        let secrets = || named("secrets");
        for (text, claim) in [
            ("secrets always runs", Claim::AlwaysRuns(secrets())),
            ("secrets never runs", Claim::NeverRuns(secrets())),
            (
                "secrets runs whenever judge objects or pii-deep is uncertain",
                Claim::RunsWhenever(
                    secrets(),
                    vec![event("judge", What::Objects), event("pii-deep", What::IsUncertain(0.7))],
                ),
            ),
            ("no allow when judge failed", Claim::NoAllowWhen(vec![event("judge", What::Fails)])),
            ("no allow without secrets", Claim::NoAllowWithout(secrets())),
            (
                "block when judge objects at 0.8 or above",
                Claim::VerdictWhen(Verdict::Block, vec![event("judge", What::ObjectsAt(0.8))]),
            ),
            (
                "review when judge is uncertain at 0.5 or above or secrets runs",
                Claim::VerdictWhen(
                    Verdict::Review,
                    vec![event("judge", What::IsUncertain(0.5)), event("secrets", What::Runs)],
                ),
            ),
            ("nothing fails open", Claim::NothingFailsOpen),
            ("worst latency <= 2s", Claim::WorstLatency(Duration::from_secs(2))),
            ("worst latency<=1.5ms", Claim::WorstLatency(Duration::from_micros(1_500))),
            ("worst cost <= 0.05", Claim::WorstCost(0.05)),
            ("at most 12 critics run", Claim::AtMost(12)),
            ("`no` always runs", Claim::AlwaysRuns(named("no"))),
        ] {
            assert_eq!(read(text).claim, claim, "{text}");
        }
    }

    #[test]
    fn the_runs_it_is_about_may_follow_in_any_order() {
        let read = read("no allow when judge failed when risk >= high in phase input or output");
        assert_eq!(read.phases, [Phase::Input, Phase::Output]);
        assert_eq!(read.risk, Some(RiskFrom::Tier(RiskTier::High)));
        let read = self::read("secrets runs in phase tool_call when risk >= 0.5");
        assert_eq!(read.claim, Claim::AlwaysRuns(named("secrets")));
        assert_eq!((read.phases, read.risk), (vec![Phase::ToolCall], Some(RiskFrom::Score(0.5))));
        assert_eq!(
            self::read("judge runs when risk >= low").risk,
            Some(RiskFrom::Tier(RiskTier::Low))
        );
    }

    #[test]
    fn what_is_wrong_is_told_in_its_place() {
        for (text, part, problem, help) in [
            ("secrts always runs", 0..6, "`secrts` is no critic", "did you mean `secrets`?"),
            ("secrets allways runs", 8..15, "`allways` stands where", "did you mean `always`?"),
            ("noting fails open", 0..6, "`noting` is no critic", "did you mean `nothing`?"),
            ("no allow wen judge failed", 9..12, "`wen` stands", "did you mean `when`?"),
            ("no allow when judge objects at", 30..30, "ends where", ""),
            ("no allow when judge objects at 2 or above", 31..32, "`2` stands", ""),
            (
                "worst latency <= 2",
                17..18,
                "`2` stands where a duration",
                "write a number and a unit",
            ),
            ("worst cost < 2", 11..12, "`<` stands where `<=`", "did you mean `<=`?"),
            ("nothing fails open at all", 19..21, "`at` does not belong here", "it may end with"),
            ("judge always runs in phase inptu", 27..32, "`inptu`", "did you mean `input`?"),
            ("", 0..0, "is empty", "as in"),
            ("???", 0..3, "`???` is no critic", "a promise starts with"),
        ] {
            let error = Promise::parse(text, &names()).unwrap_err();
            assert_eq!(error.part, part, "{text}: {error:?}");
            assert!(error.problem.starts_with(problem), "{text}: {error:?}");
            assert!(error.help.unwrap_or_default().starts_with(help), "{text}");
        }
    }

    #[test]
    fn no_text_makes_the_reader_stumble() {
        for text in ["`", "``", "` `", "é`ü", ",", "<=>", "at", "worst", "no", "judge runs when"]
        {
            let _ = Promise::parse(text, &names());
        }
        assert!(Promise::parse(&"a".repeat(2_000), &names()).is_err());
    }
}
