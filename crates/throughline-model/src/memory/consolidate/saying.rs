//! What a finding or a memory claims, and how it stands to what another claims.

use crate::memory::likeness::Meaning;
use crate::memory::word_set::WordSet;
use crate::memory::words::{stem, stems, words};
use crate::memory::{Finding, Memory, MemoryKind, subject};

/// From this share of common words on, two claims that don't set the same thing are one.
const SAME: f64 = 0.8;

/// From this share on, two claims of which one has all the other's words are one, and two that turn
/// each other around are opposed.
const RELATED: f64 = 0.5;

/// So many words a question and its answer have in common at least.
pub(super) const LEAST_ANSWER: usize = 3;

/// Words that say that something is chosen or done, not what.
const GENERIC: &[&str] = &[
    "use", "go", "switch", "decid", "pick", "choos", "chos", "want", "prefer", "lik", "like",
    "mak", "make", "stick", "adopt", "mov", "move", "migrat", "new", "answer", "write", "writ",
    "agre", "will",
];

/// Kinds whose findings can be one memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Family {
    /// How it is to be done.
    Rule,
    /// How it is.
    Fact,
    Command,
    Pitfall,
    Question,
    /// Words of other tools.
    Other,
}

impl Family {
    pub(super) fn of(kind: &MemoryKind) -> Self {
        match kind {
            MemoryKind::Decision | MemoryKind::Convention | MemoryKind::Preference => Self::Rule,
            MemoryKind::Fact => Self::Fact,
            MemoryKind::Command => Self::Command,
            MemoryKind::Pitfall => Self::Pitfall,
            MemoryKind::Question => Self::Question,
            MemoryKind::Other(_) => Self::Other,
        }
    }
}

/// A claim, taken apart.
#[derive(Debug, Clone)]
pub(super) struct Saying {
    pub(super) family: Family,
    pub(super) meaning: Meaning,
    /// Its subject, made comparable.
    pub(super) subject: Option<String>,
    is_literal: bool,
    /// The command that it says works, or fails.
    pub(super) command: Option<String>,
    /// Its words without those of the subject: to what it is set.
    value: WordSet,
}

/// How two claims stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// They say the same.
    Same,
    /// Both can't hold.
    Opposed,
    /// Neither says anything of the other.
    Unrelated,
}

impl Saying {
    pub(super) fn of_finding(finding: &Finding) -> Self {
        Self::of(&finding.kind, &finding.text, finding.subject.as_deref())
    }

    pub(super) fn of_memory(memory: &Memory) -> Self {
        Self::of(&memory.kind, &memory.text, memory.subject.as_deref())
    }

    fn of(kind: &MemoryKind, text: &str, subject: Option<&str>) -> Self {
        let claim = claim(text);
        let meaning = Meaning::of(claim);
        let named: Vec<_> = subject.iter().flat_map(|subject| subject_stems(subject)).collect();
        let value = stems(claim)
            .into_iter()
            .filter(|stem| !named.contains(stem) && !GENERIC.contains(&stem.as_str()));
        Self {
            family: Family::of(kind),
            value: WordSet::of(&value.collect::<Vec<_>>()),
            subject: subject.map(subject::key),
            is_literal: subject.is_some_and(subject::is_literal),
            command: subject.and_then(|subject| command(kind, subject)),
            meaning,
        }
    }

    /// How this one stands to another of the same scope.
    pub(super) fn likeness(&self, other: &Self) -> Likeness {
        if self.family != other.family {
            // The same command can't both work and fail.
            let opposed = self.command.is_some() && self.command == other.command;
            return if opposed { Likeness::Opposed } else { Likeness::Unrelated };
        }
        match (self.is_literal, other.is_literal) {
            (true, true) => self.literal_likeness(other),
            (false, false) if self.has_subject_of(other) => self.likeness_of_values(other),
            (false, false) => self.likeness_of_words(other),
            (true, false) | (false, true) => Likeness::Unrelated,
        }
    }

    fn has_subject_of(&self, other: &Self) -> bool {
        self.subject.is_some() && self.subject == other.subject
    }

    fn literal_likeness(&self, other: &Self) -> Likeness {
        let same_values =
            self.meaning.has_values_of(&other.meaning) || self.family == Family::Command;
        match (self.has_subject_of(other), same_values) {
            (true, true) => Likeness::Same,
            (true, false) => Likeness::Opposed,
            (false, _) => Likeness::Unrelated,
        }
    }

    /// Of the same subject: one value, or two.
    fn likeness_of_values(&self, other: &Self) -> Likeness {
        let one_value = self.value.is_subset(&other.value) || other.value.is_subset(&self.value);
        let turned = self.meaning.turns_around(&other.meaning);
        match one_value && !turned && self.meaning.agrees_on_values(&other.meaning) {
            true => Likeness::Same,
            false => Likeness::Opposed,
        }
    }

    fn likeness_of_words(&self, other: &Self) -> Likeness {
        let (ours, theirs) = (&self.meaning.stems, &other.meaning.stems);
        if ours.len().max(theirs.len()) > 2 * ours.len().min(theirs.len()) {
            return Likeness::Unrelated;
        }
        let common = share(ours, theirs);
        let contains = ours.is_subset(theirs) || theirs.is_subset(ours);
        let is_close = common >= SAME || contains && common >= RELATED;
        let turned = self.meaning.turns_around(&other.meaning);
        let can_oppose = matches!(self.family, Family::Rule | Family::Fact);
        match (is_close, turned) {
            (true, false) if self.meaning.agrees_on_values(&other.meaning) => Likeness::Same,
            (true, true) if can_oppose => Likeness::Opposed,
            (true | false, true | false) => Likeness::Unrelated,
        }
    }

    /// Whether this, a rule or fact that was told later, answers the question.
    pub(super) fn answers(&self, question: &Self) -> bool {
        let asked = &question.meaning.stems;
        let common = asked.common(&self.meaning.stems);
        let fewer = asked.len().min(self.meaning.stems.len());
        !self.is_literal && common >= LEAST_ANSWER && common * 10 >= fewer * 7
    }
}

/// The command that a memory is about: of the subject "`x`", or of the pitfall "`x` fails".
fn command(kind: &MemoryKind, subject: &str) -> Option<String> {
    let command = match Family::of(kind) {
        Family::Command => subject,
        Family::Pitfall => subject.strip_suffix(crate::memory::extract::FAILS)?,
        Family::Rule | Family::Fact | Family::Question | Family::Other => return None,
    };
    subject::is_literal(command).then(|| command.to_owned())
}

fn subject_stems(subject: &str) -> Vec<String> {
    let mut all: Vec<_> = words(subject).iter().map(|word| stem(&word.lower)).collect();
    all.extend(stems(subject));
    all
}

/// The words that both have, as a share of all.
fn share(one: &WordSet, other: &WordSet) -> f64 {
    let common = one.common(other);
    let all = one.len() + other.len() - common;
    let count = |number: usize| u32::try_from(number).map_or(f64::MAX, f64::from);
    if all == 0 { 0.0 } else { count(common) / count(all) }
}

/// What a text claims, without the reason and what extraction adds in brackets.
fn claim(text: &str) -> &str {
    let added = [
        " (Said ",
        " (Found while working on",
        " (The agent asked this while",
        " It worked ",
        ") failed before",
        " (`",
    ];
    let ends = added.iter().filter_map(|mark| text.find(mark));
    let reasons = [" because ", " so that ", ". Because ", " otherwise ", ". Otherwise "];
    let ends = ends.chain(reasons.iter().filter_map(|mark| text.find(mark)));
    let claim = &text[..ends.min().unwrap_or(text.len())];
    if stems(claim).is_empty() { text } else { claim }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Likeness::{Opposed, Same, Unrelated};
    use MemoryKind::{Convention, Decision, Fact};

    fn likeness(kind: &MemoryKind, texts: [&str; 2]) -> Likeness {
        let [one, other] = texts.map(|text| {
            let subject = crate::memory::extract::subject(kind, text);
            Saying::of(kind, text, subject.as_deref())
        });
        assert_eq!(one.likeness(&other), other.likeness(&one));
        one.likeness(&other)
    }

    #[test]
    fn what_says_the_same_what_cannot_both_hold_and_what_has_nothing_to_do_with_it() {
        let cases = [
            (
                Same,
                Convention,
                ["Always run clippy before committing.", "Run clippy before you commit!"],
            ),
            (Same, Convention, ["Use pnpm, not npm.", "Use pnpm instead of npm"]),
            (
                Same,
                Decision,
                [
                    "Let's use SQLite for the cache because it needs no server.",
                    "We'll use SQLite for the cache.",
                ],
            ),
            (
                Same,
                Fact,
                ["The staging DB is at db1.example.com.", "Staging DB is at db1.example.com"],
            ),
            (Opposed, Convention, ["Use pnpm, not npm.", "Use npm, not pnpm."]),
            (Opposed, Convention, ["Use tabs for indentation.", "Use spaces for indentation."]),
            (Opposed, Convention, ["Always squash commits.", "Never squash commits."]),
            (
                Opposed,
                Fact,
                [
                    "The staging DB is at db1.example.com.",
                    "The staging DB has moved to db2.example.com.",
                ],
            ),
            (
                Opposed,
                Fact,
                ["The rate limit is 100 per minute.", "The rate limit is 50 per minute."],
            ),
            (
                Opposed,
                Decision,
                ["Let's use SQLite for the cache.", "We'll use Redis for the cache."],
            ),
            (
                Unrelated,
                Convention,
                [
                    "Run the unit tests before committing.",
                    "Run the integration tests before committing.",
                ],
            ),
            (
                Unrelated,
                Fact,
                ["The staging DB is at db1.example.com.", "The staging DB is owned by Ada."],
            ),
            (Unrelated, Decision, ["Use sqlite for tests.", "Use postgres for production."]),
        ];
        let wrong: Vec<_> = cases
            .into_iter()
            .filter(|(expected, kind, texts)| likeness(kind, *texts) != *expected)
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
