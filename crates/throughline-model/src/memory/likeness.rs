//! Whether two texts say the same, the opposite, or nothing of each other.

use std::collections::BTreeSet;

use super::word_set::WordSet;
use super::words::{Word, stems, words};

/// Words that forbid by themselves.
const FORBIDS: &[&str] = &[
    "never",
    "don't",
    "dont",
    "avoid",
    "stop",
    "mustn't",
    "shouldn't",
    "cannot",
    "can't",
    "forbidden",
    "doesn't",
    "isn't",
    "aren't",
    "won't",
    "longer",
    "no",
];

/// Words after which a "not" turns the sentence around.
const BEFORE_NOT: &[&str] =
    &["do", "does", "did", "must", "should", "is", "are", "will", "can", "shall", "let's"];

/// Whether a sentence forbids or denies.
pub(crate) fn is_negative(text: &str) -> bool {
    denies(&words(text))
}

fn denies(words: &[Word]) -> bool {
    let forbids = |at: usize| FORBIDS.contains(&words[at].lower.as_str());
    let denies = |at: usize| {
        words[at].lower == "not" && (at == 0 || BEFORE_NOT.contains(&words[at - 1].lower.as_str()))
    };
    (0..words.len()).any(|at| forbids(at) || denies(at))
}

/// What stands on either side of "instead of": what was chosen, and what was not.
fn rejected(text: &str, is_negative: bool) -> WordSet {
    let lower = text.to_lowercase();
    let marks = ["instead of ", "rather than ", ", not ", " not ", " over "];
    let at = marks.iter().find_map(|mark| lower.find(mark).map(|at| at + mark.len()));
    let Some(at) = at.filter(|_| !is_negative) else { return WordSet::default() };
    let end = lower[at..].find([',', '.', ';', '(']).map_or(lower.len(), |end| at + end);
    WordSet::of(&stems(&lower[at..end]))
}

/// Words that are values: with digits, in backticks, or with a mark inside.
fn literals(text: &str) -> WordSet {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 && part.len() <= 200 {
            found.insert(part.trim().to_owned());
            continue;
        }
        let words =
            part.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '"'));
        let words = words.map(|word| word.trim_matches(['.', ':', '!', '?', '\'']));
        let is_value = |word: &&str| {
            word.bytes().any(|b| b.is_ascii_digit()) || word.contains(['/', '.', '_', '@'])
        };
        found.extend(words.filter(is_value).map(str::to_lowercase));
    }
    WordSet::of(&found)
}

/// A text, taken apart for comparison.
#[derive(Debug, Clone)]
pub(crate) struct Meaning {
    /// Stems of its content, each once.
    pub(crate) stems: WordSet,
    is_negative: bool,
    rejected: WordSet,
    literals: WordSet,
}

impl Meaning {
    /// Takes a text apart.
    pub(crate) fn of(text: &str) -> Self {
        let is_negative = is_negative(text);
        Self {
            stems: WordSet::of(&stems(text)),
            is_negative,
            rejected: rejected(text, is_negative),
            literals: literals(text),
        }
    }

    /// Whether one says the opposite of the other, of the same words.
    pub(crate) fn turns_around(&self, other: &Self) -> bool {
        let chosen = |one: &Self, other: &Self| {
            one.rejected
                .iter()
                .any(|stem| other.stems.contains(stem) && !other.rejected.contains(stem))
        };
        let swapped = chosen(self, other) && chosen(other, self);
        self.is_negative != other.is_negative || swapped
    }

    /// Whether both name the same values.
    pub(crate) fn has_values_of(&self, other: &Self) -> bool {
        self.literals == other.literals
    }

    /// Whether both name the same values, or one names none beyond the other's.
    pub(crate) fn agrees_on_values(&self, other: &Self) -> bool {
        self.literals.is_subset(&other.literals) || other.literals.is_subset(&self.literals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opposite_is_seen() {
        let cases = [
            ("Never push to main", "Always push to main", true),
            ("Use pnpm, not npm.", "Use npm, not pnpm.", true),
            ("Use pnpm, not npm.", "Use pnpm instead of npm.", false),
            ("Do not use unwrap.", "Avoid unwrap.", false),
        ];
        for (one, other, expected) in cases {
            assert_eq!(Meaning::of(one).turns_around(&Meaning::of(other)), expected, "{one}");
        }
    }

    #[test]
    fn values_are_compared() {
        let cases = [
            ("The limit is 100.", "The limit is 80.", false),
            ("It is at db1.example.com", "It is at db1.example.com, port 5432", true),
            ("Run `cargo test`.", "Run `cargo nextest run`.", false),
        ];
        for (one, other, expected) in cases {
            assert_eq!(Meaning::of(one).agrees_on_values(&Meaning::of(other)), expected, "{one}");
        }
    }
}
