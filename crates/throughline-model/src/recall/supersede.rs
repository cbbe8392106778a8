//! What takes the place of what: two memories about one thing with different values.
//!
//! The later one holds if it says the same but for the value, or says itself that something changed
//! ("switched from A to B", "no longer"). Of two at the same time, neither does. Two memories that only
//! look alike, because they say the same of different things, must both stay: so what they are about
//! is compared first, and in doubt nothing is replaced.

use std::collections::BTreeSet;
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};

use super::Document;
use super::lexicon::{self, WIDER};
use super::question::{is_light, is_stop};
use super::stem::Stems;
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
    statuses(documents, &successions(documents, &mut Stems::default()), as_of)
}

/// Two documents of which the later says something else of the same.
pub(super) struct Succession {
    pub(super) earlier: usize,
    pub(super) later: usize,
    pub(super) standing: Standing,
}

/// All pairs of which the later takes the earlier one's place, or contradicts it.
pub(super) fn successions(documents: &[Document<'_>], stems: &mut Stems) -> Vec<Succession> {
    let told: Vec<Statement<'_>> =
        documents.iter().map(|document| Statement::read(document, stems)).collect();
    let mut order: Vec<usize> = (0..documents.len()).collect();
    order.sort_by_key(|at| (documents[*at].since, *at));
    let mut found = Vec::new();
    for (place, later) in order.iter().enumerate() {
        for earlier in &order[..place] {
            let standing = compared(&told[*earlier], &told[*later]);
            found.extend(standing.map(|standing| Succession {
                earlier: *earlier,
                later: *later,
                standing,
            }));
        }
    }
    found
}

pub(super) fn statuses(
    documents: &[Document<'_>],
    found: &[Succession],
    as_of: Option<Timestamp>,
) -> Vec<MemoryStatus> {
    let mut statuses: Vec<MemoryStatus> =
        documents.iter().map(|document| status(document, as_of)).collect();
    for Succession { earlier, later, standing } in found {
        let is_known = as_of.is_none_or(|as_of| documents[*later].since <= as_of)
            && matches!(documents[*later].status, MemoryStatus::Current | MemoryStatus::Disputed);
        match standing {
            Standing::Replaces if is_known => statuses[*earlier] = MemoryStatus::Superseded,
            Standing::Contradicts if is_known => {
                dispute(&mut statuses[*earlier]);
                dispute(&mut statuses[*later]);
            }
            Standing::Replaces | Standing::Contradicts => {}
        }
    }
    statuses
}

fn dispute(status: &mut MemoryStatus) {
    if *status == MemoryStatus::Current {
        *status = MemoryStatus::Disputed;
    }
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
    let stems = &mut Stems::default();
    compared(&Statement::read(earlier, stems), &Statement::read(later, stems))
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
    title: Vec<Rc<str>>,
    /// Stems of the title that say what the text doesn't: "… in production".
    beyond: Vec<Rc<str>>,
    told: Vec<Told>,
    /// How many of these come before it begins to say why or what else.
    first: usize,
    /// Stems of title and text that say something.
    content: BTreeSet<Rc<str>>,
    /// It says that it holds from now on.
    says_now: bool,
    /// It says that something changed.
    says_change: bool,
    /// It tells what somebody did, not how something is.
    is_event: bool,
    /// How often it says "not".
    denials: usize,
    /// Stems but for these and what says nothing.
    plain: BTreeSet<Rc<str>>,
    /// Stems of what it says no longer holds, clause by clause.
    left: Vec<BTreeSet<Rc<str>>>,
}

/// A word of a statement.
struct Told {
    word: String,
    stem: Rc<str>,
    clause: u16,
    sentence: u16,
    shape: Shape,
}

/// Words that say that something changed.
const CHANGES: &[&str] = &[
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
    "renegotiated",
    "updated",
    "revised",
    "rescheduled",
    "corrected",
];
const NOWS: &[&str] = &["now", "currently", "nowadays", "meanwhile", "actually"];
/// Words behind which stands what no longer holds.
const LEAVINGS: &[&str] = &[
    "from",
    "longer",
    "replaced",
    "replaces",
    "replacing",
    "dropped",
    "deprecated",
    "retired",
    "ditched",
    "supersedes",
    "superseded",
    "sold",
    "quit",
    "stopped",
];
/// What was so done is no more.
const GONE: &[&str] = &[
    "dropped",
    "replaced",
    "removed",
    "retired",
    "deprecated",
    "rejected",
    "abandoned",
    "superseded",
];
/// Words that end what stands behind those.
const ENDS: &[&str] = &[
    "to", "with", "by", "for", "because", "in", "and", "since", "as", "after", "when", "it", "if",
];
/// Words behind which a value stands.
const BEFORE_VALUES: &[&str] = &[
    "is", "are", "to", "at", "on", "in", "with", "by", "called", "named", "uses", "use", "via",
    "than", "under", "through", "every", "using", "now", "of", "a", "an", "the", "after", "from",
    "as", "for", "within",
];
/// Verbs of which several objects hold at once.
const MANY: &[&str] = &[
    "like", "love", "enjoy", "support", "include", "have", "contain", "know", "need", "allow",
    "read", "visit", "want", "avoid", "see", "play", "own", "meet", "collect", "watch",
];
/// Verbs that end what a statement is about.
const VERBS: &[&str] = &[
    "is", "are", "was", "were", "use", "uses", "run", "runs", "live", "lives", "listen", "listens",
    "has", "have", "must", "should", "go", "goes", "sit", "sits", "point", "points", "default",
    "defaults", "deploy", "deploys", "take", "takes", "need", "needs", "keep", "keeps", "store",
    "stores", "stay", "stays", "happen", "happens", "work", "works", "prefer", "prefers", "write",
    "writes", "log", "logs", "expire", "expires", "belongs", "will", "can", "does",
];
const NEGATIONS: [&str; 9] =
    ["not", "never", "no", "dont", "doesnt", "without", "isnt", "arent", "stop"];

impl<'d> Statement<'d> {
    fn read(document: &Document<'d>, stems: &mut Stems) -> Self {
        let told = told_words(document.text, stems);
        let title: Vec<Rc<str>> = content(&told_words(document.title, stems)).collect();
        let said: BTreeSet<Rc<str>> = content(&told).collect();
        let beyond = title.iter().filter(|word| !said.contains(*word)).cloned().collect();
        let content = said.into_iter().chain(title.iter().cloned()).collect();
        let has = |words: &[&str]| told.iter().any(|told| words.contains(&told.word.as_str()));
        let pair = |one: &str, other: &str| {
            told.windows(2).any(|pair| pair[0].word == one && pair[1].word == other)
        };
        let left = told.chunk_by(|one, other| one.clause == other.clause).map(left);
        Self {
            kind: document.kind,
            subject: document.subject,
            text: document.text,
            since: document.since,
            confidence: document.confidence,
            title,
            says_now: has(NOWS) || pair("as", "of") || pair("from", "now"),
            says_change: has(CHANGES) || pair("no", "longer") || pair("instead", "of"),
            left: left.filter(|left| !left.is_empty()).collect(),
            content,
            first: first_sentence(&told),
            is_event: is_event(&told[..first_sentence(&told)]),
            denials: told.iter().filter(|told| is_negation(told)).count(),
            plain: plain(&told),
            beyond,
            told,
        }
    }

    fn is_memory(&self) -> bool {
        !matches!(self.kind, "digest" | "task" | "adr" | "question")
    }

    fn first(&self) -> &[Told] {
        &self.told[..self.first]
    }

    /// It says how things are, not how something is done or goes wrong.
    fn is_rule(&self) -> bool {
        !matches!(self.kind, "command" | "pitfall")
    }

    /// Whether this one says of what the earlier one says that it changed.
    fn says_so_of(&self, earlier: &Self) -> bool {
        let shared = self.content.intersection(&earlier.content).count();
        if !self.says_change && !self.says_now || shared == 0 || self.is_about_other_than(earlier) {
            return false;
        }
        let named = |left: &BTreeSet<Rc<str>>| left.intersection(&earlier.content).count();
        if let Some(left) = self.left.iter().find(|left| named(left) * 2 > left.len()) {
            let known = earlier.content.iter().filter(|word| self.has_word_for(word)).count();
            let others = earlier.content.difference(left).count();
            let is_of_use = earlier.is_rule() || earlier.kind == self.kind;
            return is_of_use && (known > named(left) || others <= 2);
        }
        let least = earlier.content.len().min(self.content.len());
        let is_same = shared >= 2 && shared * 2 >= least;
        // "Now" alone is said of much that replaces nothing.
        self.says_change && is_same && !earlier.is_event && self.left.is_empty()
            || is_same && shared * 3 >= least * 2 && self.differs_in_value(earlier)
    }

    /// Whether the two have subjects of which neither knows the other's.
    fn is_about_other_than(&self, other: &Self) -> bool {
        let foreign = |one: BTreeSet<Rc<str>>, there: &Self| {
            one.into_iter().any(|word| !there.has_word_for(&word) && !is_light(&word))
        };
        foreign(self.about(), other) && foreign(other.about(), self)
            || foreign(self.scope(), other) && foreign(other.scope(), self)
    }

    fn has_word_for(&self, word: &str) -> bool {
        self.content.contains(word)
            || lexicon::others(word).any(|(other, weight)| {
                weight >= WIDER && other != word && self.content.contains(other)
            })
    }

    /// Whether the title says of what it is in words that neither its own text nor the other has.
    fn is_narrower_than(&self, other: &Self) -> bool {
        self.beyond.iter().any(|word| !other.has_word_for(word))
    }

    /// Stems before the first verb.
    fn about(&self) -> BTreeSet<Rc<str>> {
        let is_verb = |told: &Told| {
            let word = told.word.as_str();
            VERBS.contains(&word)
                || CHANGES.contains(&word)
                || word.len() > 4 && word.ends_with("ed")
        };
        let end = self.told.iter().position(is_verb).unwrap_or(0);
        // "B replaced A" is about what A was for.
        if self.told.get(end).is_some_and(|told| {
            told.word.starts_with("replace") || told.word.starts_with("supersede")
        }) {
            return BTreeSet::new();
        }
        content(&self.told[..end]).collect()
    }

    /// Stems of what it is said for: "for billing".
    fn scope(&self) -> BTreeSet<Rc<str>> {
        let Some(at) = self.told.iter().position(|told| told.word == "for") else {
            return BTreeSet::new();
        };
        content(&self.told[at + 1..self.told.len().min(at + 4)]).collect()
    }

    /// Whether the two are the same but for one value.
    fn differs_in_value(&self, earlier: &Self) -> bool {
        // Whether they are of different things is asked last: it costs most.
        !self.is_event
            && !earlier.is_event
            && self.has_other_value(earlier)
            && (self.says_now || !self.is_narrower_than(earlier) && !earlier.is_narrower_than(self))
    }

    fn has_other_value(&self, earlier: &Self) -> bool {
        let here = without_nows(self.first());
        let there = without_nows(earlier.first());
        let same = |(one, other): &(&&Told, &&Told)| one.stem == other.stem;
        let start = here.iter().zip(&there).take_while(same).count();
        if has_other_figure(&here, &there, start) {
            return true;
        }
        let rest = here.len().min(there.len()) - start;
        let end = here.iter().rev().zip(there.iter().rev()).take(rest).take_while(same).count();
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
        (self.denials == 0) != (earlier.denials == 0)
            && self.plain.len() >= 2
            && self.plain == earlier.plain
    }
}

/// Whether a first sentence tells what somebody did, not how something is.
fn is_event(told: &[Told]) -> bool {
    const TOLD: &[&str] = &[
        "went", "took", "got", "made", "saw", "bought", "did", "ran", "wrote", "met", "found",
        "had", "was", "were", "gave", "said", "told", "came", "began", "won", "lost", "ate",
        "fell", "flew",
    ];
    const IS: &[&str] = &[
        "is", "are", "be", "must", "should", "uses", "runs", "stay", "stays", "get", "gets", "has",
        "have", "may", "will", "can",
    ];
    const ARTICLES: &[&str] = &["a", "an", "the", "each", "every", "any", "no", "all"];
    let is = |told: &Told| IS.contains(&told.word.as_str());
    let tells = |at: usize| {
        let word = told[at].word.as_str();
        // "A failed payment" tells of none.
        let is_adjective = at > 0 && ARTICLES.contains(&told[at - 1].word.as_str());
        TOLD.contains(&word) || word.len() > 4 && word.ends_with("ed") && !is_adjective
    };
    let first = (0..told.len()).find(|at| tells(*at));
    first.is_some_and(|first| !told[..first].iter().any(is))
}

fn is_negation(told: &Told) -> bool {
    NEGATIONS.contains(&told.word.as_str())
}

fn plain(told: &[Told]) -> BTreeSet<Rc<str>> {
    let is_plain =
        |told: &&Told| !is_stop(&told.word) && !is_negation(told) && told.word != "always";
    told.iter().filter(is_plain).map(|told| Rc::clone(&told.stem)).collect()
}

fn without_nows(told: &[Told]) -> Vec<&Told> {
    told.iter().filter(|told| !NOWS.contains(&told.word.as_str())).collect()
}

/// Whether the two say the same up to a figure or a day, whatever they add: "after 90 seconds and …".
fn has_other_figure(here: &[&Told], there: &[&Told], start: usize) -> bool {
    let (Some(one), Some(other)) = (here.get(start), there.get(start)) else { return false };
    let says = here[..start].iter().filter(|told| says_something(told)).count();
    let many = here[..start].iter().any(|told| is_said_of_many(told));
    let after = |told: &[&Told]| told.get(start + 1).map(|told| Rc::clone(&told.stem));
    let is_number = |told: &Told| told.word.bytes().all(|byte| byte.is_ascii_digit());
    let figures = is_number(one) && is_number(other) && after(here) == after(there);
    says >= 2 && !many && (figures || lexicon::are_one_of(&one.stem, &other.stem))
}

fn is_said_of_many(told: &Told) -> bool {
    MANY.contains(&&*told.stem) || MANY.contains(&told.word.as_str())
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
    if shared.iter().any(|told| is_said_of_many(told)) {
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

fn told_words(text: &str, stems: &mut Stems) -> Vec<Told> {
    /// More words than a memory that states one thing has.
    const MOST: usize = 60;
    let mut all = Vec::new();
    words::each(text, |word| {
        if !word.is_compound && all.len() < MOST {
            all.push(Told {
                stem: stems.of(word.text),
                word: word.text.to_owned(),
                clause: word.clause,
                sentence: word.sentence,
                shape: word.shape,
            });
        }
    });
    all
}

fn content(told: &[Told]) -> impl Iterator<Item = Rc<str>> {
    let says = |told: &&Told| {
        let word = told.word.as_str();
        !is_stop(word) && !is_light(word) && !CHANGES.contains(&word) && !NOWS.contains(&word)
    };
    told.iter().filter(says).map(|told| Rc::clone(&told.stem))
}

/// How many words come before a statement begins to say why, or what else is so.
fn first_sentence(told: &[Told]) -> usize {
    let ends = |one: &Told| one.sentence > 0 || matches!(one.word.as_str(), "because" | "since");
    told.iter().position(ends).unwrap_or(told.len())
}

/// "From April on" leaves nothing behind.
fn is_month(told: &Told) -> bool {
    words::MONTHS.contains(&told.word.as_str())
}

/// Stems of what a clause says no longer holds.
fn left(told: &[Told]) -> BTreeSet<Rc<str>> {
    let mut left = BTreeSet::new();
    for (at, word) in told.iter().enumerate() {
        let after = told.get(at + 1).map(|next| next.word.as_str());
        let is_passive =
            at > 0 && matches!(told[at - 1].word.as_str(), "was" | "were" | "is" | "are");
        let start = match word.word.as_str() {
            "instead" | "rather" if matches!(after, Some("of" | "than")) => at + 2,
            word if GONE.contains(&word) && is_passive => {
                left.extend(content(&told[..at - 1]));
                continue;
            }
            word if LEAVINGS.contains(&word) => at + 1,
            _ => continue,
        };
        let words = told[start.min(told.len())..].iter().take(4);
        let words = words.take_while(|told| !ENDS.contains(&told.word.as_str()));
        let says = |told: &&Told| !is_stop(&told.word) && !is_light(&told.word) && !is_month(told);
        left.extend(words.filter(says).map(|told| Rc::clone(&told.stem)));
    }
    left
}
