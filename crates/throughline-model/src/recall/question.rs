//! A question as what it asks for: terms with what may stand for them, hints, and a time.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;

use super::lexicon;
use super::stem::stem;
use super::time::{self, Period};
use super::words::{self, Shape};
use super::{Corpus, WordMap};

/// Part of a word that says nothing of what is asked.
const STOPS: &str = include_str!("stops.txt");

/// How much of a term a word counts that nearly every question has: "use", "get", "project".
const LIGHT: f32 = 0.35;
/// A part of a phrase, where the phrase was asked for: "request" of "pull request".
const PART: f32 = 0.3;
/// A word of a time: it narrows, and is no subject.
const TIME: f32 = 0.5;
/// How far names, numbers and identifiers outweigh other words.
const SPECIFIC: f32 = 1.3;

/// From so many documents on it costs time to find those that have a common word.
const LARGE: u64 = 1_000;
/// A word is common that more than one in so many documents has.
const COMMON_SHARE: u64 = 8;
/// So many other terms a question must have.
const TELLING: usize = 2;

/// Words of a question that are read. Prompts are asked too, and some hold a whole log.
const MOST_WORDS: usize = 96;

/// Something asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub(super) terms: Vec<Term>,
    /// All stems in order, stops included: what a title is compared with.
    pub(super) stems: Vec<String>,
    pub(super) hints: Hints,
    pub(super) period: Option<Period>,
}

/// What an answer should be about.
#[derive(Debug, Clone)]
pub(super) struct Term {
    /// As it was asked, folded.
    pub(super) word: String,
    /// Stem, or stems of a phrase with a space between → how much it counts; the asked one counts 1.
    pub(super) alternatives: BTreeMap<String, f32>,
    /// The stem that was asked for.
    pub(super) stem: String,
    /// How much the term counts among the terms.
    pub(super) weight: f32,
    /// A name, a number, an identifier: if it is missing, something else was asked for.
    pub(super) is_specific: bool,
    /// It only adds: two words as one, that nobody may have written so.
    pub(super) is_optional: bool,
    /// It says little of what is asked.
    pub(super) is_light: bool,
    /// It only says before what: "before we moved to X".
    pub(super) is_anchor: bool,
    /// Words of a time: a memory of that time has them too.
    pub(super) is_time: bool,
}

/// What is looked for in a table of words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sought {
    /// A word, or words that stand side by side, with a space between.
    Words(String),
    /// Words that begin so.
    Begins(String),
}

impl Sought {
    /// One of these, in FTS5's language; none, if nothing is sought.
    #[must_use]
    pub fn fts(sought: &[Self]) -> Option<String> {
        let parts = sought.iter().map(|one| match one {
            Self::Words(words) => format!("\"{words}\""),
            Self::Begins(letters) => format!("\"{letters}\"*"),
        });
        let parts: Vec<String> = parts.collect();
        (!parts.is_empty()).then(|| parts.join(" OR "))
    }
}

/// What else a question says.
#[derive(Debug, Clone, Default)]
pub(super) struct Hints {
    /// Kinds of memory that it asks for.
    pub(super) kinds: Vec<&'static str>,
    /// Which of the things that held it wants.
    pub(super) past: Past,
    /// It wants a time, a number.
    pub(super) wants: Option<Wanted>,
}

/// What an answer has to have in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// "when".
    Time,
    /// "how many".
    Number,
    /// "who".
    Name,
}

/// Which of the things that held one after another is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Past {
    /// What holds.
    #[default]
    Now,
    /// What held before.
    Earlier,
    /// What held at first.
    First,
}

impl Question {
    /// Reads a question. "Last week" counts from `asked_at`.
    #[must_use]
    pub fn read(text: &str, asked_at: Timestamp) -> Self {
        let asked = Asked::read(text);
        let spoken = time::spoken(&asked.folded, asked_at);
        let hints = hints(&asked.folded);
        let time = spoken.as_ref().map_or(0..0, |spoken| spoken.words.clone());
        let mut terms = asked.terms(&time);
        terms.extend(asked.compounds());
        Self { terms, stems: asked.stems, hints, period: spoken.map(|spoken| spoken.period) }
    }

    /// The stems, and the stems of phrases with a space between, whose frequency [`Corpus`] should
    /// tell where it has them; of a phrase its words will do.
    #[must_use]
    pub fn terms(&self) -> Vec<&str> {
        let entries = self.terms.iter().flat_map(|term| term.alternatives.keys());
        let mut stems: Vec<&str> = entries.flat_map(|entry| entry.split(' ')).collect();
        stems.sort_unstable();
        stems.dedup();
        stems
    }

    /// What to look for among [`super::indexed`] words: all that may be found, however weak. Words that the
    /// corpus lacks are looked for by their first letters, as they may be misspelt. Of a large corpus, words
    /// that very many have are looked for only where the question has no others: what has just these answers
    /// nothing. Empty, if nothing is asked.
    #[must_use]
    pub fn sought(&self, corpus: &Corpus) -> Vec<Sought> {
        let asks_for = self.worth_asking(corpus);
        let mut sought = Vec::new();
        for term in &self.terms {
            let known = term.alternatives.keys().filter(|entry| asks_for(entry));
            sought.extend(known.map(|entry| Sought::Words(entry.clone())));
            if !term.is_optional && corpus.frequency_of(&term.stem) == 0 {
                sought.extend(prefix(&term.word).map(|letters| Sought::Begins(letters.to_owned())));
            }
        }
        sought.sort_unstable();
        sought.dedup();
        sought
    }

    /// The same in FTS5's language. None, if nothing is asked.
    #[must_use]
    pub fn fts(&self, corpus: &Corpus) -> Option<String> {
        Sought::fts(&self.sought(corpus))
    }

    /// Which entries find something, and not nearly everything.
    fn worth_asking<'c>(&self, corpus: &'c Corpus) -> impl Fn(&str) -> bool + use<'c> {
        let is_common = |entry: &str| {
            corpus.documents >= LARGE
                && corpus.frequency_of(entry) > corpus.documents / COMMON_SHARE
        };
        let is_telling = |term: &&Term| corpus.knows(&term.stem) && !is_common(&term.stem);
        let others = self.terms.iter().filter(is_telling).count() >= TELLING;
        move |entry| corpus.knows(entry) && !(others && is_common(entry))
    }

    /// The time that it names. What was learnt then answers even without a word in common.
    #[must_use]
    pub fn period(&self) -> Option<Period> {
        self.period
    }

    /// Whether it asks for what held once, and no longer.
    #[must_use]
    pub fn asks_for_the_past(&self) -> bool {
        self.hints.past != Past::Now
    }

    /// The same, by its own words alone: what synonyms are worth is measured against it.
    #[must_use]
    pub fn literal(mut self) -> Self {
        for term in &mut self.terms {
            let asked = term.stem.clone();
            term.alternatives.retain(|entry, _| *entry == asked);
        }
        self
    }
}

/// The first letters of a word that is long enough to be known by them.
fn prefix(word: &str) -> Option<&str> {
    let letters = word.chars().count();
    let kept = if letters >= 7 { 4 } else { 3 };
    let end = word.char_indices().nth(kept)?.0;
    (letters >= 5).then(|| &word[..end])
}

/// The words of a question, before they are terms.
struct Asked {
    folded: Vec<String>,
    stems: Vec<String>,
    shapes: Vec<Shape>,
    compounds: Vec<(String, Shape)>,
}

impl Asked {
    fn read(text: &str) -> Self {
        let mut asked = Self {
            folded: Vec::new(),
            stems: Vec::new(),
            shapes: Vec::new(),
            compounds: Vec::new(),
        };
        words::each(text, |word| {
            if asked.folded.len() >= MOST_WORDS {
                return;
            }
            if word.is_compound {
                asked.compounds.push((word.text.to_owned(), word.shape));
            } else {
                asked.folded.push(word.text.to_owned());
                asked.stems.push(stem(word.text));
                asked.shapes.push(word.shape);
            }
        });
        asked
    }

    fn terms(&self, time: &Range<usize>) -> Vec<Term> {
        let mut terms: Vec<Term> = Vec::new();
        let mut at = 0;
        while at < self.stems.len() {
            let phrase = if time.contains(&at) { Vec::new() } else { self.phrase(at) };
            if let Some(last) = phrase.last() {
                terms.push(self.phrase_term(&phrase));
                at = *last;
            } else {
                terms.extend(self.word_term(at, time.contains(&at)));
            }
            at += 1;
        }
        let mut seen = std::collections::BTreeSet::new();
        terms.retain(|term| seen.insert(term.stem.clone()));
        if terms.iter().all(|term| term.is_light || term.is_time) {
            // "Where do I work?": nothing else was asked.
            terms.iter_mut().filter(|term| term.is_light).for_each(Term::weigh_fully);
        }
        terms
    }

    /// The words from here on that are one entry of the lexicon, also with stops between them: "push
    /// this live".
    fn phrase(&self, at: usize) -> Vec<usize> {
        let all: Vec<usize> = (at..self.stems.len()).take(lexicon::LONGEST).collect();
        let rest = (at + 1..self.stems.len()).filter(|at| !is_stop(&self.folded[*at]));
        let content: Vec<usize> = [at].into_iter().chain(rest).take(2).collect();
        let shorter = all.get(..2).map(<[usize]>::to_vec).unwrap_or_default();
        let is_entry = |places: &Vec<usize>| {
            let stems: Vec<&str> = places.iter().map(|at| self.stems[*at].as_str()).collect();
            places.len() > 1 && lexicon::knows(&stems.join(" "))
        };
        let gap = content.last().map_or(0, |last| last - at);
        let near = if gap <= 2 { content } else { Vec::new() };
        [all, shorter, near].into_iter().find(is_entry).unwrap_or_default()
    }

    fn phrase_term(&self, places: &[usize]) -> Term {
        let of = |from: &[String]| places.iter().map(|at| from[*at].clone()).collect::<Vec<_>>();
        let (stems, words) = (of(&self.stems), of(&self.folded));
        let mut term = Term::of(&words.concat(), stems.join(" "));
        term.alternatives.insert(stem(&term.word), 1.0);
        for (part, word) in stems.into_iter().zip(&words) {
            if !is_stop(word) {
                term.alternatives.entry(part).or_insert(PART);
            }
        }
        term
    }

    fn word_term(&self, at: usize, is_time: bool) -> Option<Term> {
        let word = &self.folded[at];
        if is_stop(word) || is_time && words_of_time(word) {
            return None;
        }
        let mut term = Term::of(word, self.stems[at].clone());
        let shape = self.shapes[at];
        term.is_time = is_time;
        term.is_specific = match shape {
            Shape::Plain => lexicon::is_value(&term.stem),
            Shape::Capital => {
                !lexicon::knows(&term.stem)
                    || lexicon::is_value(&term.stem)
                    || lexicon::is_kind(&term.stem)
            }
            Shape::Identifier | Shape::Number => true,
        };
        if is_time {
            term.weight = TIME;
        } else if is_light(word) || self.is_anchor(at) {
            term.weight = LIGHT;
            term.is_light = true;
            term.is_anchor = self.is_anchor(at);
            term.is_specific = false;
        } else if term.is_specific {
            term.weight = SPECIFIC;
        }
        Some(term)
    }

    /// Whether the word only says when: "before we moved to X" of what was told.
    fn is_anchor(&self, at: usize) -> bool {
        let before = self.folded.iter().position(|word| word == "before");
        before.is_some_and(|before| at > before) && past(&self.folded) == Past::Earlier
    }

    /// Compounds as they were written, and neighbours as if they were one.
    fn compounds(&self) -> Vec<Term> {
        let written = self.compounds.iter().map(|(word, _)| word.clone());
        let pairs = self.folded.windows(2).filter(|pair| !pair.iter().any(|word| is_stop(word)));
        let joined = pairs.map(|pair| pair.concat());
        let optional = |word: String| {
            let mut term = Term::of(&word, stem(&word));
            term.is_optional = true;
            term
        };
        written.chain(joined).map(optional).collect()
    }
}

impl Term {
    fn of(word: &str, entry: String) -> Self {
        let others = lexicon::alternatives(&entry).into_iter();
        let says = |(other, _): &(&str, f32)| !other.split(' ').all(is_stop);
        let mut alternatives: BTreeMap<String, f32> =
            others.filter(says).map(|(other, weight)| (other.to_owned(), weight)).collect();
        alternatives.insert(entry.clone(), 1.0);
        Self {
            word: word.to_owned(),
            alternatives,
            stem: entry,
            weight: 1.0,
            is_specific: false,
            is_optional: false,
            is_light: false,
            is_anchor: false,
            is_time: false,
        }
    }
}

impl Term {
    fn weigh_fully(&mut self) {
        (self.is_light, self.weight) = (false, 1.0);
    }
}

fn words_of_time(word: &str) -> bool {
    is_stop(word) || matches!(word, "last" | "this" | "ago" | "week" | "month" | "year" | "quarter")
}

/// Whether a folded word says nothing of what is asked or told.
pub(super) fn is_stop(word: &str) -> bool {
    listed(word, "stop")
}

/// Whether a folded word says little.
pub(super) fn is_light(word: &str) -> bool {
    listed(word, "light")
}

fn listed(word: &str, list: &str) -> bool {
    use std::sync::LazyLock;

    static LISTS: LazyLock<WordMap<&'static str, &'static str>> = LazyLock::new(|| {
        let rows = STOPS.lines().filter_map(|row| row.split_once(": "));
        rows.flat_map(|(list, words)| words.split(' ').map(move |word| (word, list))).collect()
    });
    LISTS.get(word).is_some_and(|one| *one == list)
}

fn hints(words: &[String]) -> Hints {
    Hints { kinds: kinds(words), past: past(words), wants: wants(words) }
}

/// Kinds of memory, and words that ask for them.
const KINDS: [(&str, &[&str]); 7] = [
    (
        "decision",
        &["why", "decide", "decided", "decision", "chose", "choose", "picked", "reason", "adr"],
    ),
    ("command", &["command", "run", "how do", "how to", "how can", "script", "execute"]),
    (
        "convention",
        &[
            "convention",
            "rule",
            "should",
            "must",
            "allowed",
            "policy",
            "style",
            "how do",
            "guideline",
            "naming",
        ],
    ),
    (
        "preference",
        &["prefer", "prefers", "preferred", "preference", "like", "likes", "favorite", "favourite"],
    ),
    (
        "pitfall",
        &[
            "pitfall",
            "gotcha",
            "careful",
            "wrong",
            "fails",
            "fail",
            "break",
            "breaks",
            "watch out",
            "avoid",
            "trap",
        ],
    ),
    ("question", &["undecided", "unresolved", "open question", "open questions", "unanswered"]),
    ("task", &["task", "tasks", "todo"]),
];

fn kinds(words: &[String]) -> Vec<&'static str> {
    let pairs: Vec<String> = words.windows(2).map(|pair| pair.join(" ")).collect();
    let has = |cue: &&str| words.iter().chain(&pairs).any(|word| word == cue);
    KINDS.iter().filter(|(_, cues)| cues.iter().any(has)).map(|(kind, _)| *kind).collect()
}

fn past(words: &[String]) -> Past {
    let has = |one: &str| words.iter().any(|word| word == one);
    let after = |before: &str, word: &str| {
        words.windows(2).any(|pair| pair[0] == before && pair[1] == word)
    };
    if has("originally") || has("initially") || after("at", "first") || after("the", "beginning") {
        return Past::First;
    }
    let is_told = has("did") || has("was") || has("were") || has("had");
    let was_habit = words.windows(3).any(|three| {
        let who = matches!(three[0].as_str(), "we" | "it" | "they" | "i" | "he" | "she" | "that");
        three[2] == "to" && (three[1] == "used" && who || three[1] == "use" && has("did"))
    });
    if has("previously")
        || has("formerly")
        || has("earlier")
        || was_habit
        || is_told && has("before")
    {
        return Past::Earlier;
    }
    Past::Now
}

fn wants(words: &[String]) -> Option<Wanted> {
    let first = words.first()?.as_str();
    let how = words.windows(2).any(|pair| {
        pair[0] == "how" && matches!(pair[1].as_str(), "many" | "much" | "long" | "often")
    });
    match first {
        "when" => Some(Wanted::Time),
        "who" | "whom" | "whose" => Some(Wanted::Name),
        _ if how => Some(Wanted::Number),
        _ => None,
    }
}
