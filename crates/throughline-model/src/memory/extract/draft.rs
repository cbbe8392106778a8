//! From words to a finding: short, on one line, without secrets, with its provenance.

use std::collections::BTreeSet;

use super::cue::{Clauses, Cue};
use crate::memory::words::stems;
use crate::memory::{Confidence, Finding, MemoryKind, Narrative, Reach, Source, Told};
use crate::redact::redact;
use crate::sanitise::for_model;

/// The longest title, in characters.
pub(super) const LONGEST_TITLE: usize = 80;

/// The longest text, in characters.
pub(super) const LONGEST_TEXT: usize = 600;

/// The most files that a finding names.
const MOST_FILES: usize = 8;

/// What was found, before it is made presentable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) kind: MemoryKind,
    pub(super) reach: Reach,
    /// If it isn't the start of the text.
    pub(super) title: Option<String>,
    pub(super) text: String,
    pub(super) confidence: Confidence,
    pub(super) subject: Option<String>,
    pub(super) files: Vec<String>,
    /// The turn, from 0.
    pub(super) turn: usize,
    /// It takes back what was said before.
    pub(super) corrects: bool,
}

impl Draft {
    /// One that holds in the project and names its own files.
    pub(super) fn new(kind: MemoryKind, confidence: Confidence, turn: usize, text: String) -> Self {
        let (reach, title, subject, files) = (Reach::Project, None, None, Vec::new());
        Self { kind, reach, title, text, confidence, subject, files, turn, corrects: false }
    }

    /// As it is handed out; none, if nothing that could be read is left.
    pub(super) fn finding(self, narrative: &Narrative) -> Option<Finding> {
        let text = presentable(&capitalised(&self.text), LONGEST_TEXT);
        let title =
            presentable(&titled(self.title.as_deref().unwrap_or(&self.text)), LONGEST_TITLE);
        if text.is_empty() || title.is_empty() || says_only_secrets(&text) {
            return None;
        }
        let subject = self.subject.map(|subject| presentable(&subject, 2 * LONGEST_TITLE));
        let source = source(narrative, self.turn)?;
        let files = files(&self.text, &self.files);
        let Self { kind, reach, confidence, .. } = self;
        Some(Finding { kind, reach, title, text, confidence, subject, files, source })
    }
}

/// On one line, redacted and cut. Redacted first: half a secret is not known for one.
pub(super) fn presentable(text: &str, longest: usize) -> String {
    let clean = for_model(&without_marks(text), usize::MAX);
    // Taking an invisible character away can uncover a secret; cutting can't, because it comes last.
    for_model(&redact(&clean), longest)
}

/// Without colours of a terminal, and without the marks of a code block, which would open one where the
/// text is shown.
fn without_marks(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains(['\u{1b}', '`', '~']) {
        return text.into();
    }
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or("").to_owned();
    for part in parts {
        plain.push_str(
            part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';')
                .get(1..)
                .unwrap_or(""),
        );
    }
    while plain.contains("```") || plain.contains("~~~") {
        plain = plain.replace("```", "`").replace("~~~", "~");
    }
    plain.into()
}

/// Whether nothing is left to know.
fn says_only_secrets(text: &str) -> bool {
    let marked = text.matches("[REDACTED:").count();
    marked > 0 && stems(text).len() <= 2 + 2 * marked
}

/// Words with which a sentence joins what was said before it.
const OPENERS: &[&str] = &[
    "please ",
    "remember that ",
    "remember to ",
    "remember: ",
    "note that ",
    "note: ",
    "keep in mind that ",
    "from now on, ",
    "from now on ",
    "going forward, ",
    "fyi, ",
    "fyi: ",
    "fyi ",
    "ok, ",
    "okay, ",
    "no, ",
    "also, ",
    "also ",
    "and ",
    "but ",
    "so ",
    "actually, ",
    "decision: ",
    "just so you know, ",
    "for the record, ",
    "for future reference, ",
    "for future reference: ",
    "well, ",
    "be aware that ",
    "bear in mind that ",
    "don't forget that ",
    "btw, ",
    "by the way, ",
];

/// The first sentence without the words that only open it, cut at a word.
fn titled(text: &str) -> String {
    let mut rest = text.trim();
    while let Some(shorter) = OPENERS.iter().find_map(|opener| without_prefix(rest, opener)) {
        rest = shorter.trim_start();
    }
    let end = sentence_end(rest);
    let rest = rest[..end].trim_end_matches(['.', '!', ':', ';', ',', ' ']);
    cut_at_word(&capitalised(rest))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn without_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn sentence_end(text: &str) -> usize {
    let marks = text.match_indices(['.', '!', '?']);
    let mut ends = marks.filter(|(at, mark)| text[at + mark.len()..].starts_with(' ') && *at > 20);
    ends.next().map_or(text.len(), |(at, mark)| at + mark.len())
}

fn cut_at_word(title: &str) -> String {
    if title.chars().count() <= LONGEST_TITLE {
        return title.to_owned();
    }
    let cut: String = title.chars().take(LONGEST_TITLE - 1).collect();
    let at = cut.rfind(' ').filter(|at| *at > LONGEST_TITLE / 2).unwrap_or(cut.len());
    format!("{}…", cut[..at].trim_end_matches([',', ';', ':', ' ']))
}

/// Where it is known from: the commit is the last of the turn, else the next that was made, else where
/// HEAD stood.
fn source(narrative: &Narrative, turn: usize) -> Option<Source> {
    let told = narrative.turns.get(turn)?;
    let after = || narrative.turns[turn + 1..].iter().find_map(|later| later.commits.first());
    let before = || narrative.turns[..turn].iter().rev().find_map(|earlier| earlier.commits.last());
    let made = told.commits.last().or_else(after).or_else(before);
    let commit = made.or(narrative.head.as_ref()).cloned();
    let session = Some(narrative.session.clone()).filter(|session| !session.is_empty());
    let id = Some(told.id.clone()).filter(|id| !id.is_empty());
    Some(Source { session, turn: id, commit, file: None, at: told.at })
}

/// Files that the text names, then those it is known to be about.
fn files(text: &str, known: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let named = named_files(text).into_iter().chain(known.iter().cloned());
    let clean = named.map(|file| presentable(&file, 300)).filter(|file| !file.is_empty());
    clean.filter(|file| seen.insert(file.clone())).take(MOST_FILES).collect()
}

/// Relative paths in a text: with a slash and a dot, or in backticks with an extension.
fn named_files(text: &str) -> Vec<String> {
    let words =
        text.split(|c: char| c.is_whitespace() || matches!(c, '`' | '"' | '(' | ')' | ',' | ';'));
    let words = words.map(|word| word.trim_matches(['.', ':', '\'', '!', '?']));
    words.filter(|word| is_path(word)).map(str::to_owned).collect()
}

fn is_path(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or("");
    let has_extension = name.rsplit_once('.').is_some_and(|(stem, end)| {
        !stem.is_empty()
            && (1..=5).contains(&end.len())
            && end.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    let is_outside = word.starts_with(['/', '~', '<', '-'])
        || word.contains("://")
        || word.contains("..")
        || word.contains('@');
    word.contains('/') && has_extension && !is_outside && word.len() <= 200
}

/// What the turn was about: the first words of its first prompt.
pub(super) fn about(told: &Told) -> Option<String> {
    let first = told.prompts.iter().find_map(|prompt| {
        let mut said = super::prose::sentences(prompt).into_iter().map(|sentence| sentence.text);
        said.find(|text| !Clauses::of(text).has(Cue::Hostile))
    })?;
    let first = cut_at_word(&presentable(&first, 200));
    (!first.is_empty()).then(|| first.trim_end_matches(['.', ':', '!']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_short_and_says_the_thing() {
        let cases = [
            ("please remember that the DB is at x.", "The DB is at x"),
            ("From now on, run clippy.", "Run clippy"),
            ("Use v1.2 of it. And more.", "Use v1.2 of it. And more"),
            (
                "We use tabs for indentation. Spaces break the linter.",
                "We use tabs for indentation",
            ),
        ];
        for (text, title) in cases {
            assert_eq!(titled(text), title);
        }
        assert!(titled(&"word ".repeat(50)).chars().count() <= LONGEST_TITLE);
    }

    #[test]
    fn paths_are_read_off_the_text() {
        let text =
            "See `src/a.rs`, docs/x.md. Not /etc/x.conf, https://a.b/c.d nor ../up.rs or and/or.";
        assert_eq!(named_files(text), ["src/a.rs", "docs/x.md"]);
    }

    #[test]
    fn a_secret_that_something_invisible_split_is_redacted() {
        let key =
            crate::redact::specimens().into_iter().next().map(|specimen| format!("{specimen:?}"));
        assert!(key.is_some());
        let split = "The key is AKIA\u{200b}IOSFODNN7EXAMPLE for staging uploads.";
        assert!(!presentable(split, 600).contains("AKIAIOSFODNN7EXAMPLE"));
    }
}
