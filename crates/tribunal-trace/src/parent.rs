//! The trace that a caller is in: the W3C headers `traceparent` and `tracestate`, and where a snapshot has them.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use tribunal_core::Snapshot;

use crate::ids::{SpanId, TraceId};
use crate::state::TraceState;

/// A place in a trace, as [Trace Context](https://www.w3.org/TR/trace-context/) has it: the content of a `traceparent`
/// header, and of the `tracestate` beside it.
///
/// A snapshot has it as attributes, or as members of its context, of just these names; or has a whole `traceparent` for
/// its trace id. What cannot be read is as if it were not there, and is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceParent {
    /// Which trace.
    pub trace_id: TraceId,
    /// Which span of it.
    pub span_id: SpanId,
    /// Whether the caller keeps that trace.
    pub sampled: bool,
    /// What other systems have to say to themselves.
    pub state: Option<TraceState>,
}

/// Why a text is no `traceparent`. Says nothing of what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TraceParentError {
    /// Parts are missing, or are not as long as they have to be.
    #[error("expected a traceparent such as `00-{{32 digits}}-{{16 digits}}-01`")]
    Form,
    /// No version, or the one that is forbidden.
    #[error(
        "expected two lower-case hexadecimal digits other than `ff` for the version of a traceparent"
    )]
    Version,
    /// No id, or all zeros.
    #[error(
        "expected 32 lower-case hexadecimal digits, not all 0, for the trace id of a traceparent"
    )]
    TraceId,
    /// No id, or all zeros.
    #[error(
        "expected 16 lower-case hexadecimal digits, not all 0, for the parent id of a traceparent"
    )]
    SpanId,
    /// No flags.
    #[error("expected two lower-case hexadecimal digits for the flags of a traceparent")]
    Flags,
}

/// Lower-case hexadecimal digits, and nothing else.
fn hex(text: &str) -> Option<u128> {
    let mut number = 0;
    for byte in text.bytes() {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        number = number << 4 | u128::from(digit);
    }
    Some(number)
}

impl FromStr for TraceParent {
    type Err = TraceParentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use TraceParentError as Error;
        // By characters' bytes: what is not ASCII has no such parts.
        let part = |from: usize, to: usize| text.get(from..to).ok_or(Error::Form);
        let version = hex(part(0, 2)?).filter(|version| *version != 0xff).ok_or(Error::Version)?;
        let dashes = [2, 35, 52].iter().all(|place| text.as_bytes().get(*place) == Some(&b'-'));
        // Later versions may have more behind it, which begins with a dash.
        let ends = match text.as_bytes().get(55) {
            None => true,
            Some(next) => version > 0 && *next == b'-',
        };
        if !dashes || !ends {
            return Err(Error::Form);
        }
        let trace_id = hex(part(3, 35)?).and_then(|id| TraceId::new(id.to_be_bytes()));
        let span_id = hex(part(36, 52)?).and_then(|id| u64::try_from(id).ok());
        let span_id = span_id.and_then(|id| SpanId::new(id.to_be_bytes()));
        let flags = hex(part(53, 55)?);
        Ok(Self {
            trace_id: trace_id.ok_or(Error::TraceId)?,
            span_id: span_id.ok_or(Error::SpanId)?,
            sampled: flags.ok_or(Error::Flags)? & 1 == 1,
            state: None,
        })
    }
}

/// As a header of version 00.
impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trace_id, span_id, sampled, .. } = self;
        write!(f, "00-{trace_id}-{span_id}-{:02x}", u8::from(*sampled))
    }
}

impl TraceParent {
    /// Without a state.
    #[must_use]
    pub const fn new(trace_id: TraceId, span_id: SpanId, sampled: bool) -> Self {
        Self { trace_id, span_id, sampled, state: None }
    }

    /// With one.
    #[must_use]
    pub fn with_state(mut self, state: TraceState) -> Self {
        self.state = Some(state);
        self
    }

    /// That of a snapshot; none where it has none.
    ///
    /// # Errors
    ///
    /// [`TraceParentError`]. A state that cannot be read is left out without one, as the recommendation wants it.
    pub fn of(snapshot: &Snapshot) -> Result<Option<Self>, TraceParentError> {
        let found = match member(snapshot, "traceparent") {
            Some(text) => Some(text.parse()),
            // Most trace ids are something else, and that is no mistake.
            None => snapshot
                .trace_id()
                .filter(|id| id.len() == 55)
                .and_then(|id| id.parse().ok())
                .map(Ok),
        };
        let Some(mut parent): Option<Self> = found.transpose()? else { return Ok(None) };
        parent.state = member(snapshot, "tracestate")
            .and_then(|text| text.parse().ok())
            .filter(|state: &TraceState| !state.as_str().is_empty());
        Ok(Some(parent))
    }
}

fn member<'a>(snapshot: &'a Snapshot, name: &str) -> Option<&'a str> {
    let value = snapshot.attributes().get(name).or_else(|| snapshot.context().get(name))?;
    // What is no text cannot be read either.
    Some(value.as_str().unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_header_is_read_and_written() {
        let parent: TraceParent = GOOD.parse().unwrap();
        assert_eq!(parent.trace_id.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(parent.span_id.to_string(), "b7ad6b7169203331");
        assert!(parent.sampled);
        assert_eq!(parent.to_string(), GOOD);
        // The other flags mean nothing here.
        assert!(!GOOD.replace("-01", "-fe").parse::<TraceParent>().unwrap().sampled);
    }

    #[test]
    fn a_later_version_may_have_more_behind_it() {
        for text in [GOOD.replacen("00", "01", 1), format!("cc{}-what-comes", &GOOD[2..])] {
            assert_eq!(text.parse::<TraceParent>().unwrap().to_string(), GOOD);
        }
        for text in [format!("{GOOD}-more"), format!("cc{}.more", &GOOD[2..]), format!("{GOOD}0")] {
            assert_eq!(text.parse::<TraceParent>(), Err(TraceParentError::Form), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_part_that_is_wrong() {
        use TraceParentError::{Flags, Form, SpanId, TraceId, Version};
        for (from, to, error) in [
            ("00-0a", "ff-0a", Version),
            ("00-0a", "0A-0a", Version),
            ("00-0a", "00_0a", Form),
            ("-b7", "_b7", Form),
            ("0af7651916cd43dd8448eb211c80319c", "00000000000000000000000000000000", TraceId),
            ("0af7", "0AF7", TraceId),
            ("0af7", "+af7", TraceId),
            ("b7ad6b7169203331", "0000000000000000", SpanId),
            ("b7ad", "b7 d", SpanId),
            ("-01", "-0x", Flags),
            ("-01", "-1", Form),
            ("0af7", "\u{e9}f7", TraceId),
            (GOOD, "", Form),
            (GOOD, "\u{20ac}", Form),
        ] {
            let text = GOOD.replace(from, to);
            assert_eq!(text.parse::<TraceParent>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_snapshot_has_it_among_its_attributes_or_in_its_context_or_for_a_trace_id() {
        let expected = Ok(Some(GOOD.parse().unwrap()));
        let builder = Snapshot::builder;
        for snapshot in [
            builder().attribute("traceparent", GOOD).with("traceparent", "other").build(),
            builder().with("traceparent", GOOD).trace_id("other").build(),
            builder().trace_id(GOOD).build(),
        ] {
            assert_eq!(TraceParent::of(&snapshot), expected);
        }
        for none in [builder().build(), builder().trace_id("x".repeat(55)).build()] {
            assert_eq!(TraceParent::of(&none), Ok(None));
        }
        let number = builder().attribute("traceparent", 7).build();
        assert_eq!(TraceParent::of(&number), Err(TraceParentError::Form));
    }

    #[test]
    fn a_state_that_cannot_be_read_is_left_out() {
        let with = |state: &str| {
            let snapshot = Snapshot::builder().attribute("traceparent", GOOD);
            let parent = TraceParent::of(&snapshot.attribute("tracestate", state).build());
            parent.unwrap().unwrap().state.map(|state| state.to_string())
        };
        assert_eq!(with("a=1").as_deref(), Some("a=1"));
        assert_eq!(with("A=1"), None);
        assert_eq!(with(""), None);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_read_is_written_the_same(
            text in "(0[0-9a-g])[-_]?-[0-9a-fA-F]{31,33}-[0-9a-f]{15,17}-[0-9a-f]{1,3}|.{0,60}"
        ) {
            if let Ok(parent) = text.parse::<TraceParent>() {
                proptest::prop_assert_eq!(&parent.to_string()[2..53], &text[2..53]);
            }
            let _ = text.parse::<TraceState>();
        }
    }
}
