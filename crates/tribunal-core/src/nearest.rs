//! Which known word somebody probably meant.

/// The known word closest to `found`, if any is close enough to be worth naming in a message.
#[must_use]
pub fn nearest<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // A word of a megabyte is no misspelling, and the distance costs the product of the lengths.
    if found.len() > 100 {
        return None;
    }
    let allowed = 2.max(found.chars().count() / 3);
    known
        .map(|word| (distance(found, word), word))
        .filter(|(distance, word)| *distance <= allowed || word.contains(found))
        .min()
        .map(|(_, word)| word)
}

/// How many characters must be put in, taken out or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, to) in row.iter_mut().skip(1).zip(b.chars()) {
            let changed = diagonal + usize::from(from != to);
            diagonal = *cell;
            left = changed.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_word_is_named_and_a_far_one_is_not() {
        let known = ["github-token", "gitlab-token", "jwt"];
        assert_eq!(nearest("githb-token", known.into_iter()), Some("github-token"));
        assert_eq!(nearest("jtw", known.into_iter()), Some("jwt"));
        assert_eq!(nearest("entirely different", known.into_iter()), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
