//! What is left of a text when only its meaning counts: words in lower case, stemmed, without those
//! that every text has.
//!
//! Good enough to see that two short texts say the same; no linguistics. English only: words of other
//! languages are compared as they stand.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Words that say nothing of what a text is about.
const EMPTY: &[&str] = &[
    "a", "about", "again", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be",
    "because", "been", "before", "being", "but", "by", "can", "could", "did", "do", "does",
    "doing", "each", "every", "few", "for", "from", "further", "go", "going", "had", "has", "have",
    "having", "he", "her", "here", "him", "his", "how", "i", "i'd", "i'll", "i'm", "i've", "if",
    "in", "into", "is", "it", "it's", "its", "just", "let", "let's", "lets", "may", "me", "might",
    "more", "most", "must", "my", "now", "of", "off", "ok", "okay", "on", "once", "only", "or",
    "other", "our", "out", "over", "own", "please", "really", "same", "shall", "she", "should",
    "since", "so", "some", "such", "than", "that", "that's", "the", "their", "them", "then",
    "there", "these", "they", "thing", "this", "those", "to", "too", "under", "up", "us", "very",
    "was", "we", "we'll", "we're", "we've", "were", "what", "when", "where", "which", "while",
    "who", "whom", "why", "will", "with", "would", "yes", "you", "you're", "your",
];

/// Words that turn a statement around. They are no content: what is forbidden and what is asked for
/// are about the same thing.
const TURNING: &[&str] = &[
    "aren't",
    "avoid",
    "can't",
    "cannot",
    "didn't",
    "doesn't",
    "don't",
    "dont",
    "forbidden",
    "instead",
    "isn't",
    "mustn't",
    "never",
    "no",
    "nor",
    "not",
    "nothing",
    "rather",
    "shouldn't",
    "stop",
    "without",
    "won't",
];

/// Words that only say that it always holds.
const STANDING: &[&str] = &[
    "always", "future", "remember", "note", "whenever", "ever", "anymore", "mind", "sure", "keep",
];

/// All words that are no content.
static SILENT: LazyLock<HashSet<&str>> =
    LazyLock::new(|| [EMPTY, TURNING, STANDING].concat().into_iter().collect());

/// A word as it stands in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// In lower case, with a straight apostrophe.
    pub(crate) lower: String,
    /// Its first byte.
    pub(crate) start: usize,
    /// The byte behind it.
    pub(crate) end: usize,
}

/// The words of a text, in order: letters and digits, and what joins them inside of a word.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let mut start = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let goes_on = c.is_alphanumeric() || start.is_some() && joins(c, next);
        match (goes_on, start) {
            (true, None) => start = Some(at),
            (false, Some(first)) => {
                found.push(word(text, first, at));
                start = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    found.extend(start.map(|first| word(text, first, text.len())));
    found
}

/// An apostrophe, hyphen, underscore or dot stands inside of a word: `don't`, `read-only`, `3.12`.
fn joins(c: char, next: Option<char>) -> bool {
    matches!(c, '\'' | '’' | '-' | '_' | '.') && next.is_some_and(char::is_alphanumeric)
}

fn word(text: &str, start: usize, end: usize) -> Word {
    let text = &text[start..end];
    let lower = match text.is_ascii() {
        true => text.to_ascii_lowercase(),
        false => text.to_lowercase().replace('’', "'"),
    };
    Word { lower, start, end }
}

/// Whether a word turns a statement around.
pub(crate) fn is_turning(lower: &str) -> bool {
    TURNING.contains(&lower)
}

/// Whether a word says what a text is about.
pub(crate) fn is_content(lower: &str) -> bool {
    !SILENT.contains(lower)
}

/// The stems of the words that say what a text is about, in order. Parts of a path or of a compound
/// count for themselves.
pub(crate) fn stems(text: &str) -> Vec<String> {
    let words = words(text).into_iter().filter(|word| is_content(&word.lower));
    let parts = words.flat_map(|word| parts(&word.lower));
    parts.filter(|part| is_content(part)).map(|part| stem(&part)).collect()
}

/// `read-only` is two words, `3.12` is one.
fn parts(word: &str) -> Vec<String> {
    if word.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return vec![word.to_owned()];
    }
    let parts = word.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.map(|part| part.strip_suffix("'s").unwrap_or(part).to_owned()).collect()
}

/// The part of a word that its forms have in common: `tests`, `testing` and `tested` are `test`.
pub(crate) fn stem(word: &str) -> String {
    if word.len() <= 3 || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return word.to_owned();
    }
    if matches!(word, "uses" | "used" | "using") {
        return "use".to_owned();
    }
    let word = singular(word);
    let word = inflected(&word).unwrap_or(word);
    let word = ["ment", "ion", "ly"].iter().find_map(|end| derived(&word, end)).unwrap_or(word);
    match word.strip_suffix('e') {
        Some(rest) if rest.len() >= 3 => rest.to_owned(),
        Some(_) | None => word,
    }
}

fn singular(word: &str) -> String {
    if let Some(rest) = word.strip_suffix("ies").filter(|rest| rest.len() >= 2) {
        return format!("{rest}y");
    }
    let hissing = ["sses", "xes", "zes", "ches", "shes"];
    if hissing.iter().any(|end| word.ends_with(end)) {
        return word[..word.len() - 2].to_owned();
    }
    let is_plural =
        word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    word[..word.len() - usize::from(is_plural)].to_owned()
}

fn inflected(word: &str) -> Option<String> {
    let rest = word.strip_suffix("ing").or_else(|| word.strip_suffix("ed"))?;
    let has_vowel = rest.bytes().any(|b| matches!(b, b'a' | b'e' | b'i' | b'o' | b'u' | b'y'));
    (rest.len() >= 3 && has_vowel).then(|| undoubled(rest).to_owned())
}

/// `runn` of `running` is `run`; `call` and `pass` stay.
fn undoubled(word: &str) -> &str {
    let bytes = word.as_bytes();
    let [.., before, last] = bytes else { return word };
    let doubled = before == last && !matches!(last, b'l' | b's' | b'z' | b'e' | b'o');
    &word[..word.len() - usize::from(doubled)]
}

fn derived(word: &str, end: &str) -> Option<String> {
    let rest = word.strip_suffix(end).filter(|rest| rest.len() >= 4)?;
    (end != "ion" || rest.ends_with(['t', 's'])).then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        let families: [&[&str]; 9] = [
            &["test", "tests", "testing", "tested"],
            &["use", "uses", "using", "used"],
            &["migrate", "migrates", "migration", "migrations", "migrated"],
            &["deploy", "deployment", "deploys"],
            &["run", "running", "runs"],
            &["dependency", "dependencies"],
            &["cache", "caching", "caches"],
            &["pass", "passes", "passing"],
            &["commit", "commits", "committing", "committed"],
        ];
        for family in families {
            let stems: Vec<_> = family.iter().map(|word| stem(word)).collect();
            assert!(stems.iter().all(|stem| *stem == stems[0]), "{stems:?}");
        }
        assert_ne!(stem("status"), stem("state"));
    }

    #[test]
    fn only_what_a_text_is_about_is_left() {
        let cases = [
            ("Always run the tests with `cargo nextest`!", "run test cargo nextest"),
            ("We don’t support Python 3.12.", "support python 3.12"),
            ("src/read-only.rs", "src read rs"),
            ("It is what it is", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(stems(text).join(" "), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn words_lie_in_their_text(text in "\\PC{0,60}") {
            for word in words(&text) {
                proptest::prop_assert!(!text[word.start..word.end].is_empty());
            }
            stems(&text);
        }
    }
}
