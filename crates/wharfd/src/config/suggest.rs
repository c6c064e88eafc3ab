//! Which word was meant.

/// The word that is nearest to `written`, if one is near enough to be meant.
pub(super) fn nearest<'a>(written: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = plain(written);
    let most = if written.len() <= 4 { 1 } else { 2 };
    let near = |word: &'a str| {
        let distance = distance(&written, &plain(word));
        (distance <= most).then_some((distance, word))
    };
    words.into_iter().filter_map(near).min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// Hyphens, underscores and case are what people mix up most.
fn plain(word: &str) -> Vec<char> {
    word.chars().take(64).map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
}

/// Letters added, left out, replaced, or swapped with their neighbour.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let replaced = last[j] + usize::from(a != b);
            let mut least = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_word_and_other_words_find_none() {
        let words = ["control", "data", "key", "max_sessions", "passive_ports"];
        for (written, meant) in [
            ("contrl", Some("control")),
            ("cnotrol", Some("control")),
            ("Control", Some("control")),
            ("max-sessions", Some("max_sessions")),
            ("passive_port", Some("passive_ports")),
            ("dat", Some("data")),
            ("kye", Some("key")),
            ("colour", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, words), meant, "{written}");
        }
    }
}
