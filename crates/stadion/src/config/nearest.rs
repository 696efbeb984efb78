//! The known key that somebody probably meant.

/// The candidate that is nearest to `word` by edit distance, if it is near enough to be a slip of the fingers:
/// at most a third of its characters differ, and at least one may.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, taken out, changed or swapped with their neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut two_back: Vec<usize> = Vec::new();
    let mut one_back: Vec<usize> = (0..=b.len()).collect();
    let mut previous_a = None;
    for (i, ca) in a.chars().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        let mut left = i + 1;
        row.push(left);
        let mut previous_b = None;
        for (j, cb) in b.iter().copied().enumerate() {
            let above = one_back.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let diagonal = one_back.get(j).copied().unwrap_or(usize::MAX - 1);
            let mut cost = (left + 1).min(above + 1).min(diagonal + usize::from(ca != cb));
            if previous_a == Some(cb)
                && previous_b == Some(ca)
                && let Some(before_swap) = j.checked_sub(1).and_then(|j| two_back.get(j))
            {
                cost = cost.min(before_swap + 1);
            }
            row.push(cost);
            left = cost;
            previous_b = Some(cb);
        }
        two_back = std::mem::replace(&mut one_back, row);
        previous_a = Some(ca);
    }
    one_back.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_slips_of_the_fingers() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("tick", "tick", 0),
            ("tikc", "tick", 1),
            ("tik", "tick", 1),
            ("disconect_after", "disconnect_after", 1),
            ("kitten", "sitting", 3),
            ("ca", "abc", 3),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn only_what_is_near_is_offered() {
        let keys = ["root", "tick", "disconnect_after", "idle_after"];
        for (word, expected) in [
            ("disconect_after", Some("disconnect_after")),
            ("idle", None),
            ("idle_aftr", Some("idle_after")),
            ("tikc", Some("tick")),
            ("ticks", Some("tick")),
            ("completely_different", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, keys), expected, "{word}");
        }
    }
}
