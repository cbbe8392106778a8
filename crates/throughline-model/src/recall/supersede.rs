//! What takes the place of what: two memories about one thing with different values.
//!
//! The later one holds if it says the same but for the value, or says itself that something changed
//! ("switched from A to B", "no longer"). Of two at the same time, neither does. Two memories that only
//! look alike, because they say the same of different things, must both stay: so what they are about
//! is compared first, and in doubt nothing is replaced.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::Document;
use super::lexicon::{self, SYNONYM};
use super::question::{is_light, is_stop};
use super::stem::stem;
use super::words::{self, Shape};
use crate::memory::{Confidence, MemoryStatus};

/// How a later memory stands to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It takes its place.
    Replaces,
    /// It says something else, and nothing tells which holds.
    Contradicts,
}

/// Within so long two memories are of the same time, unless one says that something changed.
const SAME_TIME: SignedDuration = SignedDuration::from_hours(20);

/// The status with which each is served: superseded if a later one of them takes its place, disputed if
/// another contradicts it. `as_of` leaves out what was not known then.
#[must_use]
pub fn superseding(documents: &[Document<'_>], as_of: Option<Timestamp>) -> Vec<MemoryStatus> {
    let told: Vec<Statement> = documents.iter().map(Statement::read).collect();
    let mut statuses: Vec<MemoryStatus> =
        documents.iter().map(|document| status(document, as_of)).collect();
    let is_known = |at: usize| {
        as_of.is_none_or(|as_of| documents[at].since < as_of)
            && matches!(statuses_of(documents, at), MemoryStatus::Current | MemoryStatus::Disputed)
    };
    for later in (0..documents.len()).filter(|at| is_known(*at)) {
        for earlier in (0..documents.len()).filter(|at| *at != later) {
            let in_order = (documents[earlier].since, earlier) < (documents[later].since, later);
            if !in_order || statuses[earlier] == MemoryStatus::Superseded {
                continue;
            }
            match compared(&told[earlier], &told[later]) {
                Some(Standing::Replaces) => statuses[earlier] = MemoryStatus::Superseded,
                Some(Standing::Contradicts) => {
                    for at in [earlier, later] {
                        if statuses[at] == MemoryStatus::Current {
                            statuses[at] = MemoryStatus::Disputed;
                        }
                    }
                }
                None => {}
            }
        }
    }
    statuses
}

fn statuses_of(documents: &[Document<'_>], at: usize) -> MemoryStatus {
    documents[at].status
}

/// As it stood then: what a later one replaced held until that came.
fn status(document: &Document<'_>, as_of: Option<Timestamp>) -> MemoryStatus {
    let held = as_of.zip(document.until).is_some_and(|(as_of, until)| as_of < until);
    if document.status == MemoryStatus::Superseded && held {
        MemoryStatus::Current
    } else {
        document.status
    }
}

/// How the later of two stands to the earlier; none, if they are about different things or agree.
#[must_use]
pub fn standing(earlier: &Document<'_>, later: &Document<'_>) -> Option<Standing> {
    compared(&Statement::read(earlier), &Statement::read(later))
}

fn compared(earlier: &Statement<'_>, later: &Statement<'_>) -> Option<Standing> {
    if !earlier.is_memory() || !later.is_memory() || earlier.text == later.text {
        return None;
    }
    let same_subject = earlier.subject.is_some() && earlier.subject == later.subject;
    if same_subject || later.says_so_of(earlier) {
        return Some(Standing::Replaces);
    }
    let differ = later.differs_in_value(earlier) || later.denies(earlier);
    differ.then(|| {
        let is_same_time = later.since.duration_since(earlier.since).abs() < SAME_TIME;
        let is_less_sure =
            later.confidence == Confidence::Inferred && earlier.confidence == Confidence::Stated;
        if (is_same_time && !later.says_now) || is_less_sure {
            Standing::Contradicts
        } else {
            Standing::Replaces
        }
    })
}

/// A memory, read as a statement.
struct Statement<'d> {
    kind: &'d str,
    subject: Option<&'d str>,
    text: &'d str,
    since: Timestamp,
    confidence: Confidence,
    title: Vec<String>,
    told: Vec<Told>,
    /// Stems of title and text that say something.
    content: BTreeSet<String>,
    /// It says that it holds from now on.
    says_now: bool,
    /// It says that something changed.
    says_change: bool,
    /// Stems of what it says no longer holds.
    left: BTreeSet<String>,
}

/// A word of a statement.
struct Told {
    word: String,
    stem: String,
    shape: Shape,
}

/// Words that say that something changed.
const CHANGES: [&str; 34] = [
    "switched",
    "moved",
    "migrated",
    "replaced",
    "replaces",
    "renamed",
    "changed",
    "upgraded",
    "bumped",
    "raised",
    "lowered",
    "increased",
    "reduced",
    "dropped",
    "deprecated",
    "retired",
    "superseded",
    "supersedes",
    "swapped",
    "reverted",
    "replacing",
    "switching",
    "moving",
    "shortened",
    "extended",
    "doubled",
    "halved",
    "downgraded",
    "abandoned",
    "rewrote",
    "switch",
    "adopted",
    "ditched",
    "became",
];
const NOWS: [&str; 5] = ["now", "currently", "nowadays", "meanwhile", "actually"];
/// Words behind which stands what no longer holds.
const LEAVINGS: [&str; 9] = [
    "from",
    "longer",
    "replaced",
    "replaces",
    "replacing",
    "dropped",
    "deprecated",
    "retired",
    "ditched",
];
/// Words that end what stands behind those.
const ENDS: [&str; 9] = ["to", "with", "by", "for", "because", "in", "and", "since", "as"];
/// Words behind which a value stands.
const BEFORE_VALUES: [&str; 26] = [
    "is", "are", "to", "at", "on", "in", "with", "by", "called", "named", "uses", "use", "via",
    "than", "under", "through", "every", "using", "now", "of", "a", "an", "the", "after", "from",
    "as",
];
/// Verbs of which several objects hold at once.
const MANY: [&str; 20] = [
    "like", "love", "enjoy", "support", "include", "have", "contain", "know", "need", "allow",
    "read", "visit", "want", "avoid", "see", "play", "own", "meet", "collect", "watch",
];
/// Verbs that end what a statement is about.
const VERBS: [&str; 52] = [
    "is", "are", "was", "were", "use", "uses", "run", "runs", "live", "lives", "listen", "listens",
    "has", "have", "must", "should", "go", "goes", "sit", "sits", "point", "points", "default",
    "defaults", "deploy", "deploys", "take", "takes", "need", "needs", "keep", "keeps", "store",
    "stores", "stay", "stays", "happen", "happens", "work", "works", "prefer", "prefers", "write",
    "writes", "log", "logs", "expire", "expires", "belongs", "will", "can", "does",
];
const NEGATIONS: [&str; 9] =
    ["not", "never", "no", "dont", "doesnt", "without", "isnt", "arent", "stop"];

impl<'d> Statement<'d> {
    fn read(document: &Document<'d>) -> Self {
        let told = told(document.text);
        let title = told_stems(document.title);
        let content: BTreeSet<String> = content(&told).chain(title.iter().cloned()).collect();
        let has = |words: &[&str]| told.iter().any(|told| words.contains(&told.word.as_str()));
        let pair = |one: &str, other: &str| {
            told.windows(2).any(|pair| pair[0].word == one && pair[1].word == other)
        };
        let left = left(&told);
        Self {
            kind: document.kind,
            subject: document.subject,
            text: document.text,
            since: document.since,
            confidence: document.confidence,
            title,
            says_now: has(&NOWS) || pair("as", "of") || pair("from", "now"),
            says_change: has(&CHANGES) || pair("no", "longer") || pair("instead", "of"),
            left,
            content,
            told,
        }
    }

    fn is_memory(&self) -> bool {
        !matches!(self.kind, "digest" | "task" | "adr" | "question")
    }

    /// Whether this one says of what the earlier one says that it changed.
    fn says_so_of(&self, earlier: &Self) -> bool {
        if !self.says_change && !self.says_now || self.is_about_other_than(earlier) {
            return false;
        }
        let shared = self.content.intersection(&earlier.content).count();
        let others = earlier.content.difference(&self.left).count();
        let named = self.left.intersection(&earlier.content).count();
        if named > 0 && named * 2 >= self.left.len() {
            return shared > named || others <= 2;
        }
        let least = earlier.content.len().min(self.content.len());
        let is_same = shared >= 2 && shared * 2 >= least;
        // "Now" alone is said of much that replaces nothing.
        self.says_change && is_same && !earlier.is_event() && self.left.is_empty()
            || is_same && shared * 3 >= least * 2 && self.differs_in_value(earlier)
    }

    /// Whether the two have subjects of which neither knows the other's.
    fn is_about_other_than(&self, other: &Self) -> bool {
        let foreign = |one: BTreeSet<String>, there: &Self| {
            one.into_iter().any(|word| !there.has_word_for(&word) && !is_light(&word))
        };
        foreign(self.about(), other) && foreign(other.about(), self)
            || foreign(self.scope(), other) && foreign(other.scope(), self)
    }

    fn has_word_for(&self, word: &str) -> bool {
        self.content.contains(word)
            || lexicon::alternatives(word)
                .iter()
                .any(|(other, weight)| *weight >= SYNONYM && self.content.contains(*other))
    }

    /// Stems before the first verb.
    fn about(&self) -> BTreeSet<String> {
        let is_verb = |told: &Told| {
            let word = told.word.as_str();
            VERBS.contains(&word)
                || CHANGES.contains(&word)
                || word.len() > 4 && word.ends_with("ed")
        };
        let end = self.told.iter().position(is_verb).unwrap_or(0);
        content(&self.told[..end]).collect()
    }

    /// Stems of what it is said for: "for billing".
    fn scope(&self) -> BTreeSet<String> {
        let Some(at) = self.told.iter().position(|told| told.word == "for") else {
            return BTreeSet::new();
        };
        content(&self.told[at + 1..self.told.len().min(at + 4)]).collect()
    }

    /// It tells what somebody did, not how something is.
    fn is_event(&self) -> bool {
        const TOLD: [&str; 22] = [
            "went", "took", "got", "made", "saw", "bought", "did", "ran", "wrote", "met", "found",
            "had", "was", "were", "gave", "said", "told", "came", "began", "won", "lost", "ate",
        ];
        const IS: [&str; 6] = ["is", "are", "must", "should", "uses", "runs"];
        let first = self.told.iter().position(|told| {
            let word = told.word.as_str();
            TOLD.contains(&word) || word.len() > 4 && word.ends_with("ed")
        });
        let is = self.told.iter().position(|told| IS.contains(&told.word.as_str()));
        first.is_some_and(|first| is.is_none_or(|is| first < is))
    }

    /// Whether the two are the same but for one value.
    fn differs_in_value(&self, earlier: &Self) -> bool {
        if self.is_event() || earlier.is_event() {
            return false;
        }
        let ignored = |told: &&Told| !NOWS.contains(&told.word.as_str());
        let here: Vec<&Told> = self.told.iter().filter(ignored).collect();
        let there: Vec<&Told> = earlier.told.iter().filter(ignored).collect();
        let start =
            here.iter().zip(&there).take_while(|(one, other)| one.stem == other.stem).count();
        let rest = here.len().min(there.len()) - start;
        let ends = here.iter().rev().zip(there.iter().rev()).take(rest);
        let end = ends.take_while(|(one, other)| one.stem == other.stem).count();
        let value = (&here[start..here.len() - end], &there[start..there.len() - end]);
        let shared: Vec<&Told> =
            here[..start].iter().chain(&here[here.len() - end..]).copied().collect();
        is_value(value.0, value.1, &here[..start], &shared, self.has_title_of(earlier))
    }

    fn has_title_of(&self, earlier: &Self) -> bool {
        self.title.len() >= 2 && self.title == earlier.title
    }

    /// Whether one says not what the other says, in the same words.
    fn denies(&self, earlier: &Self) -> bool {
        let denials = |one: &Self| {
            one.told.iter().filter(|told| NEGATIONS.contains(&told.word.as_str())).count()
        };
        let (here, there) = (denials(self), denials(earlier));
        let plain = |one: &Self| -> BTreeSet<String> {
            let words = one.told.iter().filter(|told| {
                !is_stop(&told.word)
                    && !NEGATIONS.contains(&told.word.as_str())
                    && told.word != "always"
            });
            words.map(|told| told.stem.clone()).collect()
        };
        (here == 0) != (there == 0) && plain(self).len() >= 2 && plain(self) == plain(earlier)
    }
}

/// Whether two runs of words are values of what is said around them.
fn is_value(
    here: &[&Told],
    there: &[&Told],
    before: &[&Told],
    shared: &[&Told],
    same_title: bool,
) -> bool {
    let longest = here.len().max(there.len());
    if here.is_empty() || there.is_empty() || longest > 5 {
        return false;
    }
    let says = |told: &[&Told]| told.iter().filter(|told| says_something(told)).count();
    let many =
        |told: &&&Told| MANY.contains(&told.stem.as_str()) || MANY.contains(&told.word.as_str());
    if shared.iter().any(|told| many(&told)) {
        return false;
    }
    if says(shared) < if same_title { 1 } else { 2 } {
        return says(shared) >= 1 && excludes(here, there);
    }
    let is_behind = before.last().is_some_and(|told| BEFORE_VALUES.contains(&told.word.as_str()));
    let is_number = |told: &&Told| told.shape == Shape::Number || told.word.len() <= 3;
    let numbers = here.iter().chain(there).all(is_number);
    excludes(here, there) || numbers || is_behind && says(before) >= 2
}

fn excludes(here: &[&Told], there: &[&Told]) -> bool {
    here.iter().any(|one| there.iter().any(|other| lexicon::are_one_of(&one.stem, &other.stem)))
}

fn says_something(told: &Told) -> bool {
    !is_stop(&told.word)
}

fn told(text: &str) -> Vec<Told> {
    /// More words than a memory that states one thing has.
    const MOST: usize = 60;
    let mut all = Vec::new();
    words::each(text, |word| {
        if !word.is_compound && all.len() < MOST {
            let (text, shape) = (word.text.to_owned(), word.shape);
            all.push(Told { stem: stem(&text), word: text, shape });
        }
    });
    all
}

fn told_stems(text: &str) -> Vec<String> {
    content(&told(text)).collect()
}

fn content(told: &[Told]) -> impl Iterator<Item = String> {
    let says = |told: &&Told| {
        let word = told.word.as_str();
        !is_stop(word) && !is_light(word) && !CHANGES.contains(&word) && !NOWS.contains(&word)
    };
    told.iter().filter(says).map(|told| told.stem.clone())
}

/// Stems of what a statement says no longer holds.
fn left(told: &[Told]) -> BTreeSet<String> {
    let mut left = BTreeSet::new();
    for (at, word) in told.iter().enumerate() {
        let after = told.get(at + 1).map(|next| next.word.as_str());
        let start = match word.word.as_str() {
            "instead" | "rather" if matches!(after, Some("of" | "than")) => at + 2,
            word if LEAVINGS.contains(&word) => at + 1,
            _ => continue,
        };
        let words = told[start.min(told.len())..].iter().take(4);
        let words: Vec<&Told> =
            words.take_while(|told| !ENDS.contains(&told.word.as_str())).collect();
        left.extend(
            words
                .iter()
                .filter(|told| !is_stop(&told.word) && !is_light(&told.word))
                .map(|told| told.stem.clone()),
        );
    }
    left
}
