//! What someone may have meant.

use tribunal_core::nearest;

/// "did you mean `...`?", if one of the words is similar enough to have been meant.
pub(crate) fn meant<'w>(found: &str, words: impl IntoIterator<Item = &'w str>) -> Option<String> {
    let word = nearest(&found.to_lowercase(), words.into_iter())?;
    Some(format!("did you mean `{word}`?"))
}

/// "`a`, `b` and `c`".
pub(crate) fn listed<'w>(words: impl IntoIterator<Item = &'w str>, last: &str) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => String::from("none"),
        Some((only, [])) => only.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_similar_is_suggested() {
        let words = ["timeout", "retry", "rate"];
        assert_eq!(meant("timeuot", words).unwrap(), "did you mean `timeout`?");
        assert_eq!(meant("Retry", words).unwrap(), "did you mean `retry`?");
        assert_eq!(meant("colour", words), None);
        assert_eq!(meant("x", []), None);
    }
}
