//! Words that are nearly the same: typos, beginnings, and parts of longer words.
//!
//! Asked only of words that no memory has; a word that is known is never taken for another.

/// How much of a term a misspelt word counts.
const MISSPELT: f32 = 0.75;
/// How much the longer word counts where its beginning was asked for, and the other way round.
const BEGINNING: f32 = 0.55;
/// Words this short, in letters, have too many neighbours.
const SHORTEST: usize = 4;

/// How much `found` counts where `asked` was; none, if they have nothing to do with each other.
pub(super) fn near(asked: &str, found: &str) -> Option<f32> {
    let (short, long) = (asked.len().min(found.len()), asked.len().max(found.len()));
    if short < SHORTEST || has_digit(asked) || has_digit(found) {
        return None;
    }
    let is_beginning = asked.starts_with(found) || found.starts_with(asked);
    if is_beginning && (short >= 6 || short * 2 >= long) && (short >= 5 || found.len() > short) {
        return Some(BEGINNING);
    }
    let allowed = if short >= 8 { 2 } else { 1 };
    let may_be_typo = long - short <= allowed && short >= 5 && shares_an_end(asked, found);
    // A letter for another makes other words: "crane", "crate".
    let is_slip = short != long || short >= 8 || is_anagram(asked, found);
    (may_be_typo && is_slip && strsim::osa_distance(asked, found) <= allowed).then_some(MISSPELT)
}

fn is_anagram(asked: &str, found: &str) -> bool {
    let sorted = |word: &str| {
        let mut letters = word.as_bytes().to_vec();
        letters.sort_unstable();
        letters
    };
    sorted(asked) == sorted(found)
}

/// A port is no typo of another.
fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// People get one of the two ends right: it also keeps the dear comparison rare.
fn shares_an_end(asked: &str, found: &str) -> bool {
    asked.as_bytes()[..2] == found.as_bytes()[..2]
        || asked.as_bytes()[asked.len() - 2..] == found.as_bytes()[found.len() - 2..]
}

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn typos_and_beginnings_are_near_and_neighbours_are_not() {
        for (asked, found) in [
            ("kuberentes", "kubernetes"),
            ("postgers", "postgres"),
            ("recieve", "receive"),
            ("config", "configuration"),
        ] {
            assert!(near(asked, found).is_some(), "{asked} {found}");
        }
        for (asked, found) in [
            ("8080", "8081"),
            ("test", "rest"),
            ("mysql", "mssql2"),
            ("cranes", "crates"),
            ("billing", "shipping"),
        ] {
            assert_eq!(near(asked, found), None, "{asked} {found}");
        }
    }
}
