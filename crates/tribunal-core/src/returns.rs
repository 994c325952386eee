//! What a critic's opinions look like: what it declares about itself, so that what is written about them can be checked.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Critic;

/// What the opinions of a critic can have in them.
///
/// A declaration, not a check: nothing is refused at run time for breaking it. It lets a condition on
/// `prior.pii.codes` be checked when it is loaded instead of staying false for ever.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Returns {
    /// `None`: any.
    codes: Option<Arc<[Cow<'static, str>]>>,
    score: Option<bool>,
    value: Shape,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Shape {
    /// Not known.
    #[default]
    Anything,
    /// Always null.
    Nothing,
    /// True or false.
    Bool,
    /// A whole number.
    Integer,
    /// A number with decimals.
    Number,
    /// A text.
    Text,
    /// A list of such.
    List(Arc<Shape>),
    /// An object whose members have these names and no others. None of them needs to be there.
    Object(Arc<BTreeMap<Cow<'static, str>, Shape>>),
}

impl Shape {
    /// An object that may have these members, all of one shape.
    pub fn object<N: Into<Cow<'static, str>>>(
        names: impl IntoIterator<Item = N>,
        shape: &Self,
    ) -> Self {
        let members = names.into_iter().map(|name| (name.into(), shape.clone()));
        Self::Object(Arc::new(members.collect()))
    }
}

impl Returns {
    /// Nothing is known: what a critic returns that declares nothing.
    #[must_use]
    pub fn unknown() -> Self {
        Self::default()
    }

    /// Violations with these codes and no others, no score and no value.
    ///
    /// A code that ends in `.*` stands for all that begin so: `schema.*`.
    pub fn codes<C: Into<Cow<'static, str>>>(codes: impl IntoIterator<Item = C>) -> Self {
        let mut codes: Vec<Cow<'static, str>> = codes.into_iter().map(Into::into).collect();
        codes.sort_unstable();
        codes.dedup();
        Self { codes: Some(codes.into()), score: Some(false), value: Shape::Nothing }
    }

    /// Each opinion has a score.
    #[must_use]
    pub fn with_score(mut self) -> Self {
        self.score = Some(true);
        self
    }

    /// The value has this shape, or is null.
    #[must_use]
    pub fn with_value(mut self, shape: Shape) -> Self {
        self.value = shape;
        self
    }

    /// The codes it can raise, where they are known; one that ends in `.*` stands for all that begin so.
    #[must_use]
    pub fn known_codes(&self) -> Option<&[Cow<'static, str>]> {
        self.codes.as_deref()
    }

    /// Whether it gives scores, where that is known.
    #[must_use]
    pub const fn score(&self) -> Option<bool> {
        self.score
    }

    /// What its value is.
    #[must_use]
    pub const fn value(&self) -> &Shape {
        &self.value
    }

    /// Whether it may raise this code.
    #[must_use]
    pub fn may_raise(&self, code: &str) -> bool {
        self.codes.as_deref().is_none_or(|known| {
            known.iter().any(|known| match known.strip_suffix('*') {
                Some(family) => code.starts_with(family),
                None => code == known,
            })
        })
    }

    /// Whether it may raise a code that begins so.
    #[must_use]
    pub fn may_begin(&self, prefix: &str) -> bool {
        self.codes.as_deref().is_none_or(|known| {
            known.iter().any(|known| match known.strip_suffix('*') {
                Some(family) => family.starts_with(prefix) || prefix.starts_with(family),
                None => known.starts_with(prefix),
            })
        })
    }
}

/// The same critic, with a declaration of what it returns: for closures, and for critics of others.
///
/// ```
/// use tribunal_core::{Answer, Critic, Opinion, Returns, critic_fn, returning};
///
/// let polite = critic_fn(|_| Answer::now(Ok(Opinion::clean())));
/// let polite = returning(Returns::codes(["manners.rude"]), polite);
/// assert!(polite.returns().may_raise("manners.rude") && !polite.returns().may_raise("manners.late"));
/// ```
pub fn returning(returns: Returns, critic: impl Critic) -> impl Critic {
    struct Returning<C> {
        returns: Returns,
        critic: C,
    }
    impl<C: Critic> Critic for Returning<C> {
        fn review<'a>(&'a self, view: crate::View<'a>) -> crate::Review<'a> {
            self.critic.review(view)
        }

        fn reads(&self) -> crate::Reads {
            self.critic.reads()
        }

        fn returns(&self) -> Returns {
            self.returns.clone()
        }
    }
    Returning { returns, critic }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, Opinion, Reads, critic_fn, reading};

    #[test]
    fn a_code_is_known_by_itself_or_by_its_family() {
        let returns = Returns::codes(["a.one", "b.*"]);
        for (code, may) in [("a.one", true), ("a.two", false), ("b.x", true), ("c", false)] {
            assert_eq!(returns.may_raise(code), may, "{code}");
        }
        for (prefix, may) in
            [("a", true), ("a.o", true), ("b.x.y", true), ("b", true), ("c", false)]
        {
            assert_eq!(returns.may_begin(prefix), may, "{prefix}");
        }
        assert!(Returns::unknown().may_raise("x") && Returns::unknown().may_begin("x"));
    }

    #[test]
    fn declarations_are_heard_through_each_other_and_through_an_arc() {
        let plain = critic_fn(|_| Answer::now(Ok(Opinion::clean())));
        let returns = Returns::codes(["a"]).with_score();
        let both = returning(returns.clone(), reading(Reads::snapshot([]), plain));
        let both = reading(Reads::snapshot([]), Arc::new(both));
        assert_eq!((both.returns(), both.reads()), (returns, Reads::snapshot([])));
    }
}
