//! The ranking: what of the candidates answers, in which order, and whether anything does.
//!
//! A term that a candidate has, or has a word for that may stand for it, is worth the word's rarity,
//! less for each repetition, more in a title (as in BM25F). Of several words for one term the best
//! counts, never their sum. What decides whether a candidate is served at all is its *coverage*: how
//! much of the question's rarity it has a word for.

use std::collections::HashMap;

use jiff::Timestamp;

use super::lexicon::{SYNONYM, WIDER};
use super::near::near;
use super::question::{Past, Term, Wanted};
use super::stem::Stems;
use super::supersede::{statuses, successions};
use super::words::{self, Shape, Word};
use super::{Corpus, Document, Question, Ranked};
use crate::memory::{Confidence, MemoryStatus};

/// Memories that are there besides those there are, so that rarity means something among three.
const BACKGROUND: f32 = 60.0;
/// In how many of [`BACKGROUND`] any word is.
const COMMON: f32 = 0.6;
/// In how many of [`BACKGROUND`] a word is that says little.
const COMMON_IF_LIGHT: f32 = 12.0;

/// A term of which no memory has a word, as a share of the rarest: it may be a paraphrase of what
/// is there, so it must not decide alone.
const UNKNOWN: f32 = 0.55;
/// The same for a name, a number or an identifier, which has no paraphrase.
const UNKNOWN_SPECIFIC: f32 = 1.0;

/// The least coverage that is served. What it trades, over the 191 first questions that have an answer and
/// the 47 that have none: at 0.25, 94 % are found among five and 55 % of the others answered with
/// nothing; at 0.35, 89 % and 64 %; at 0.45, 83 % and 74 %. An agent that gets
/// a memory too many reads a line in vain, one that gets none asks its user again, so the lower one.
const LEAST_COVERAGE: f32 = 0.25;
/// The same for one that has a word of the question that hardly any other has.
const LEAST_IF_RARE: f32 = 0.22;
/// How rare that is, as a share of the rarest.
const RARE: f32 = 0.8;
/// The same for one that has a word for a single term only, and that one no synonym.
const LEAST_IF_LONE: f32 = 0.36;
/// The same where a name, number or identifier of the question is in no candidate.
const LEAST_IF_NAME_LACKS: f32 = 0.32;
/// The least rarity that is served: a question of one common word is no evidence.
const LEAST_EVIDENCE: f32 = 1.2;
/// The least share of the best hit's points.
const LEAST_SHARE: f32 = 0.30;

/// Words in a title count more: it was written to be found.
const TITLE: f32 = 1.6;
/// Words in a file's path.
const FILE: f32 = 0.8;
/// How soon repetition stops counting.
const SATURATION: f32 = 0.7;
/// How much a long text takes from each of its words.
const LENGTH: f32 = 0.3;
/// Words of a text that is neither long nor short.
const USUAL_WORDS: f32 = 24.0;
/// What neighbours in the question add that are neighbours in the text, as a share of the rarer.
const NEIGHBOURS: f32 = 0.12;
/// How near in words that is.
const NEAR: u32 = 3;
/// Of how many places of a term that is asked.
const MOST_PLACES: usize = 12;
/// Two words read as one count so much.
const COMPOUND: f32 = 0.25;
/// A memory with just these words as its title, over all others.
const SAME_TITLE: f32 = 4.0;

/// A name, number or identifier that other memories have, and this one lacks: it is about another.
const OTHER_NAME: f32 = 0.75;
/// What was asked for the time before it.
const WHAT_CAME_AFTER: f32 = 0.6;
/// What a word counts for a second term that it may stand for.
const AGAIN: f32 = 0.3;
/// How much of the words of a time a memory has that held then and was learnt before.
const HELD_THEN: f32 = 0.8;

/// Of how many hits it is asked whether one replaces another.
const COMPARED: usize = 24;
/// What share of the best one's points they must have.
const LEAST_COMPARED: f32 = 0.15;
/// `k` of reciprocal rank fusion, as in the paper that proposed it (Cormack and others, 2009).
const FUSION: f32 = 60.0;

/// Ranks the candidates, the best first; nothing, if nothing fits. `vectors` has candidates with how
/// near they are in meaning, those only that are near; `as_of` counts what held then alone.
#[must_use]
pub fn rank(
    question: &Question,
    corpus: &Corpus,
    candidates: &[Document<'_>],
    vectors: Option<&[(usize, f32)]>,
    as_of: Option<Timestamp>,
) -> Vec<Ranked> {
    let mut reader = Reader::new(question, corpus);
    let limits = Limits { question, as_of };
    let told =
        (0..candidates.len()).filter(|index| candidates[*index].status != MemoryStatus::Rejected);
    let mut hits: Vec<Hit> =
        told.map(|index| reader.weigh(index, &candidates[index], &limits)).collect();
    let newest = hits.iter().map(|hit| candidates[hit.index].since).max();
    for hit in &mut hits {
        hit.points *= prior(&candidates[hit.index], newest);
    }
    sort(&mut hits);
    connect(&mut hits, candidates, &limits, &mut reader.stems);
    hits.retain(|hit| limits.admits(&candidates[hit.index], hit.status));
    let lacks_a_name = reader.lacks_a_name();
    let hits = fused(fitting(hits, lacks_a_name, vectors), vectors);
    hits.into_iter().map(Hit::served).collect()
}

fn sort(hits: &mut [Hit]) {
    hits.sort_by(|one, other| {
        other.points.total_cmp(&one.points).then(one.index.cmp(&other.index))
    });
}

/// Finds what replaced what among the best, and lets each share in what the other was found by: who
/// asks for the old value's words wants the new one, and the other way round for the past.
fn connect(hits: &mut [Hit], candidates: &[Document<'_>], limits: &Limits<'_>, stems: &mut Stems) {
    let best = hits.first().map_or(0.0, |hit| hit.points);
    let likely = hits.iter().take(COMPARED).take_while(|hit| hit.points > best * LEAST_COMPARED);
    let compared: Vec<Document<'_>> = likely.map(|hit| candidates[hit.index]).collect();
    let found = successions(&compared, stems);
    for (hit, status) in hits.iter_mut().zip(statuses(&compared, &found, limits.moment())) {
        hit.status = status;
    }
    for succession in &found {
        let (earlier, later) = (succession.earlier, succession.later);
        share(hits, earlier, later);
        share(hits, later, earlier);
    }
    if limits.past() != Past::Now {
        hits.iter_mut().for_each(prefer_the_past);
    }
    sort(hits);
}

fn share(hits: &mut [Hit], from: usize, to: usize) {
    /// Less than what has the words itself.
    const SHARE: f32 = 0.97;
    if hits[to].points < hits[from].points * SHARE {
        hits[to].points = hits[from].points * SHARE;
        hits[to].coverage = hits[to].coverage.max(hits[from].coverage);
        hits[to].evidence = hits[to].evidence.max(hits[from].evidence);
        hits[to].has_rare |= hits[from].has_rare;
        hits[to].matched = hits[to].matched.max(hits[from].matched);
        hits[to].exact = hits[to].exact.max(hits[from].exact);
        hits[to].best = hits[to].best.max(hits[from].best);
        hits[to].why.push("about the same".to_owned());
    }
}

/// What may be served at all.
struct Limits<'q> {
    question: &'q Question,
    as_of: Option<Timestamp>,
}

impl Limits<'_> {
    fn past(&self) -> Past {
        self.question.hints.past
    }

    /// Whether it held when the question asks about, or may be told as what held before.
    fn admits(&self, document: &Document<'_>, status: MemoryStatus) -> bool {
        let is_past = self.past() != Past::Now;
        if let Some(as_of) = self.as_of {
            let is_over = status == MemoryStatus::Superseded
                || document.until.is_some_and(|until| until <= as_of);
            return document.since <= as_of && (!is_over || is_past);
        }
        let is_over = status == MemoryStatus::Superseded || document.until.is_some();
        !is_over || is_past || self.held_in_period(document)
    }

    fn held_in_period(&self, document: &Document<'_>) -> bool {
        self.question.period.is_some_and(|period| {
            document.since < period.until
                && document.until.is_none_or(|until| until > period.from)
                && (document.status != MemoryStatus::Superseded || document.until.is_some())
        })
    }

    /// The moment whose knowledge decides what replaced what.
    fn moment(&self) -> Option<Timestamp> {
        self.as_of.or_else(|| self.question.period.map(|period| period.until))
    }
}

struct Hit {
    index: usize,
    status: MemoryStatus,
    points: f32,
    coverage: f32,
    evidence: f32,
    /// It has a rare word just as it was asked.
    has_rare: bool,
    /// How many terms it has a word for, of those that are not light.
    matched: u32,
    /// How many of those just as they were asked.
    exact: u32,
    /// How much the best word stands for its term.
    best: f32,
    why: Vec<String>,
}

impl Hit {
    fn new(index: usize, status: MemoryStatus) -> Self {
        let (points, coverage, evidence) = (0.0, 0.0, 0.0);
        let (has_rare, matched, exact, best) = (false, 0, 0, 0.0);
        let why = Vec::new();
        Self { index, status, points, coverage, evidence, has_rare, matched, exact, best, why }
    }

    /// How much of the question it must have a word for.
    fn least_coverage(&self, lacks_a_name: bool) -> f32 {
        let least = match (self.has_rare, self.exact, self.matched) {
            (true, _, _) => LEAST_IF_RARE,
            (false, 0, 0 | 1) if self.best < SYNONYM => LEAST_IF_LONE,
            (false, _, _) => LEAST_COVERAGE,
        };
        if lacks_a_name { least.max(LEAST_IF_NAME_LACKS) } else { least }
    }

    fn served(self) -> Ranked {
        // A same title, and what speaks for a memory besides its words, may lift it beyond 1.
        let score = self.points.clamp(0.0, 1.0);
        Ranked { index: self.index, score, status: self.status, why: self.why }
    }
}

/// Those with enough in common with the question, the best first.
fn fitting(mut hits: Vec<Hit>, lacks_a_name: bool, vectors: Option<&[(usize, f32)]>) -> Vec<Hit> {
    let is_near = |index| vectors.is_some_and(|near| near.iter().any(|(one, _)| *one == index));
    hits.retain(|hit| {
        let covers = hit.coverage >= hit.least_coverage(lacks_a_name);
        covers && hit.evidence >= LEAST_EVIDENCE || is_near(hit.index)
    });
    let best = hits.iter().map(|hit| hit.points).fold(0.0, f32::max);
    hits.retain(|hit| hit.points >= best * LEAST_SHARE || is_near(hit.index));
    sort(&mut hits);
    hits
}

/// The order by words and the order by meaning, as one.
fn fused(mut hits: Vec<Hit>, vectors: Option<&[(usize, f32)]>) -> Vec<Hit> {
    let Some(vectors) = vectors else { return hits };
    let mut nearest = vectors.to_vec();
    nearest.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    let places: HashMap<usize, f32> =
        nearest.iter().zip(1u16..).map(|((index, _), place)| (*index, f32::from(place))).collect();
    for (hit, place) in hits.iter_mut().zip(1u16..) {
        let by_words = if hit.evidence > 0.0 { 1.0 / (FUSION + f32::from(place)) } else { 0.0 };
        let by_meaning = places.get(&hit.index).map_or(0.0, |place| 1.0 / (FUSION + place));
        if by_meaning > 0.0 {
            hit.why.push("near in meaning".to_owned());
        }
        hit.points = (by_words + by_meaning) * (FUSION + 1.0) / 2.0;
    }
    sort(&mut hits);
    hits
}

/// Lifts what was replaced over what replaced it.
fn prefer_the_past(hit: &mut Hit) {
    if hit.status == MemoryStatus::Superseded {
        hit.points *= 1.5;
        hit.why.push("held before".to_owned());
    }
}

/// What speaks for a memory besides its words. Small: it decides between equals.
fn prior(document: &Document<'_>, newest: Option<Timestamp>) -> f32 {
    /// In how many seconds recency halves.
    const HALF: f32 = 60.0 * 86_400.0;
    let times = |count: u32| f32::from(u16::try_from(count.min(32)).unwrap_or(32)).ln_1p();
    let age = newest.map_or(0.0, |newest| newest.duration_since(document.since).as_secs_f32());
    let recency = 0.04 * (-age / HALF).exp2();
    let stated = match document.confidence {
        Confidence::Stated => 0.02,
        Confidence::Observed => 0.01,
        Confidence::Inferred => 0.0,
    };
    let waits = if document.status == MemoryStatus::Suggested { -0.08 } else { 0.0 };
    let pinned = if document.pinned { 0.04 } else { 0.0 };
    let of_use = 0.01 * times(document.support) + 0.01 * times(document.used);
    1.0 + recency + stated + pinned + of_use + waits
}

/// What one word of a text is worth to one term.
#[derive(Clone, Copy)]
struct Worth {
    term: usize,
    /// How much it may stand for the term, from 0 to 1.
    weight: f32,
    /// That, times how rare it is.
    value: f32,
}

/// What a word, as it is written, means to the question.
#[derive(Clone, Default)]
struct Meaning {
    worths: Vec<Worth>,
    /// Its number among the words of phrases.
    part: Option<u16>,
}

/// Reads candidates with a question in mind.
struct Reader<'q> {
    question: &'q Question,
    /// How much each term counts.
    importance: Vec<f32>,
    /// How rare a word is that no memory has.
    most: f32,
    /// Whether any candidate has a word for the term.
    is_found: Vec<bool>,
    /// Whether any memory has the term's own word.
    is_known: Vec<bool>,
    /// Stem → what it is worth.
    entries: HashMap<&'q str, Vec<Worth>>,
    /// Stems of phrases → their numbers.
    parts: HashMap<&'q str, u16>,
    /// Phrases, by the numbers of their stems.
    phrases: HashMap<Vec<u16>, Vec<Worth>>,
    /// Terms of which no memory has a word, with what one nearly the same is worth.
    unknown: Vec<(usize, f32)>,
    /// Words as they are written → what they mean; texts repeat themselves.
    read: HashMap<String, Meaning>,
    stems: Stems,
}

impl<'q> Reader<'q> {
    fn new(question: &'q Question, corpus: &Corpus) -> Self {
        let rarity = Rarity::among(corpus);
        let mut reader = Self {
            question,
            importance: Vec::new(),
            most: rarity.most,
            is_found: vec![false; question.terms.len()],
            is_known: Vec::new(),
            entries: HashMap::new(),
            parts: HashMap::new(),
            phrases: HashMap::new(),
            unknown: Vec::new(),
            read: HashMap::new(),
            stems: Stems::default(),
        };
        for (at, term) in question.terms.iter().enumerate() {
            reader.learn(at, term, corpus, &rarity);
        }
        reader
    }

    fn learn(&mut self, at: usize, term: &'q Term, corpus: &Corpus, rarity: &Rarity) {
        let frequency = corpus.frequency_of(&term.stem);
        let own = rarity.of(frequency, term.is_light);
        let is_known = frequency > 0;
        let mut understood = Understood::default();
        for (entry, weight) in &term.alternatives {
            let frequency = corpus.frequency_of(entry);
            let rare = rarity.of(frequency, term.is_light);
            let rare = if is_known { rare.min(own * 1.1) } else { rare };
            if frequency > 0 {
                understood.add(rare, *weight);
            }
            let worth = Worth { term: at, weight: *weight, value: weight * rare * term.weight };
            self.enter(entry, worth);
        }
        self.is_known.push(is_known);
        self.importance.push(term.weight * importance(term, is_known, own, &understood, rarity));
        if !is_known && understood.well == 0.0 && !term.is_optional {
            self.unknown.push((at, rarity.most * 0.8 * term.weight));
        }
    }

    fn enter(&mut self, entry: &'q str, worth: Worth) {
        if !entry.contains(' ') {
            self.entries.entry(entry).or_default().push(worth);
            return;
        }
        let mut numbers = Vec::new();
        for stem in entry.split(' ') {
            let next = u16::try_from(self.parts.len()).unwrap_or(u16::MAX);
            numbers.push(*self.parts.entry(stem).or_insert(next));
        }
        self.phrases.entry(numbers).or_default().push(worth);
    }

    fn meaning(&mut self, word: &str) -> &Meaning {
        if !self.read.contains_key(word) {
            let meaning = self.look_up(word);
            self.read.insert(word.to_owned(), meaning);
        }
        &self.read[word]
    }

    fn look_up(&mut self, word: &str) -> Meaning {
        let stem = self.stems.of(word);
        let mut worths = self.entries.get(&*stem).cloned().unwrap_or_default();
        for (term, value) in &self.unknown {
            let asked = &self.question.terms[*term].word;
            if let Some(weight) = near(asked, word).filter(|_| asked != word) {
                worths.push(Worth { term: *term, weight, value: value * weight });
            }
        }
        Meaning { worths, part: self.parts.get(&*stem).copied() }
    }

    fn weigh(&mut self, index: usize, document: &Document<'_>, limits: &Limits<'_>) -> Hit {
        let mut found = Found::new(self.question.terms.len());
        self.read_field(document.title, TITLE, &mut found);
        self.read_field(document.text, 1.0, &mut found);
        for file in document.files {
            self.read_field(file, FILE, &mut found);
        }
        self.read_time(document, limits, &mut found);
        self.read_kind(document, &mut found);
        for (is_found, one) in self.is_found.iter_mut().zip(&found.terms) {
            *is_found |= one.weight > WIDER;
        }
        let mut hit = self.summed(index, document.status, &found);
        hit.points += self.neighbours(&found) / self.total();
        hit.points *= self.fitness(document, &found, limits);
        if hit.coverage > 0.5 && self.has_title(document.title) {
            hit.points += SAME_TITLE;
            hit.why.push("its title".to_owned());
        }
        hit
    }

    fn read_field(&mut self, text: &str, boost: f32, found: &mut Found) {
        let mut last: [Option<u16>; 2] = [None, None];
        let start = found.words;
        words::each(text, |word| {
            let meaning = self.meaning(word.text).clone();
            found.tell(&word, start, boost, &meaning.worths);
            if word.is_compound {
                return;
            }
            if let (Some(before), Some(part)) = (last[1], meaning.part) {
                let three = last[0].map(|first| vec![first, before, part]);
                for phrase in three.into_iter().chain([vec![before, part]]) {
                    let worths = self.phrases.get(&phrase).cloned().unwrap_or_default();
                    found.tell(&word, start, boost, &worths);
                }
            }
            last = [last[1], meaning.part];
        });
    }

    /// A memory of the time that was asked for has the words of that time.
    fn read_time(&self, document: &Document<'_>, limits: &Limits<'_>, found: &mut Found) {
        let is_then = self.question.period.is_some_and(|period| period.contains(document.since));
        let share = if is_then { 1.0 } else { HELD_THEN };
        if !is_then && !limits.held_in_period(document) {
            return;
        }
        for (at, _) in self.question.terms.iter().enumerate().filter(|(_, term)| term.is_time) {
            if found.terms[at].weight < share {
                found.terms[at] = Match::of(self.importance[at] * share, share);
            }
        }
    }

    /// A memory of the kind that was asked for has the word for it.
    fn read_kind(&self, document: &Document<'_>, found: &mut Found) {
        for (at, term) in self.question.terms.iter().enumerate() {
            let is_kind = kind_of(&term.stem) == Some(document.kind);
            if is_kind && found.terms[at].weight < WIDER {
                found.terms[at] = Match::of(self.importance[at] * SYNONYM, SYNONYM);
            }
        }
    }

    /// Whether no candidate has a name, number or identifier of the question.
    fn lacks_a_name(&self) -> bool {
        let terms = self.question.terms.iter().zip(&self.is_found);
        terms
            .filter(|(term, _)| term.is_specific && !term.is_time && !term.is_optional)
            .any(|(_, is_found)| !is_found)
    }

    fn total(&self) -> f32 {
        let terms = self.question.terms.iter().zip(&self.importance);
        terms.filter(|(term, _)| !term.is_optional).map(|(_, one)| one).sum::<f32>().max(0.01)
    }

    fn summed(&self, index: usize, status: MemoryStatus, found: &Found) -> Hit {
        let total = self.total();
        let mut hit = Hit::new(index, status);
        let length = 1.0 - LENGTH + LENGTH * found.length() / USUAL_WORDS;
        let mut misses_a_name = false;
        for (at, one) in found.terms.iter().enumerate() {
            let term = &self.question.terms[at];
            if one.mass <= 0.0 {
                misses_a_name |= term.is_specific && !term.is_time && self.is_known[at];
                continue;
            }
            let mass = one.mass / length;
            let value = one.value * if found.counts_elsewhere(at) { AGAIN } else { 1.0 };
            let points = value * mass * (SATURATION + 1.0) / (mass + SATURATION);
            if term.is_optional {
                hit.points += points * COMPOUND / total;
                continue;
            }
            hit.points += points / total;
            hit.coverage += value.min(self.importance[at]) / total;
            hit.evidence += value;
            hit.matched += u32::from(!term.is_light);
            hit.best = hit.best.max(one.weight);
            hit.exact += u32::from(!term.is_light && one.weight >= 1.0);
            hit.has_rare |= one.weight >= 1.0 && value >= term.weight * self.most * RARE;
            hit.why.push(if one.word.is_empty() { term.word.clone() } else { one.word.clone() });
        }
        let is_anchor = |at: usize| self.question.terms[at].is_anchor && found.terms[at].mass > 0.0;
        if (0..found.terms.len()).any(is_anchor) {
            hit.points *= WHAT_CAME_AFTER;
        }
        if misses_a_name {
            hit.points *= OTHER_NAME;
            hit.coverage *= OTHER_NAME;
        }
        hit
    }

    /// What terms add that stand side by side as they were asked.
    fn neighbours(&self, found: &Found) -> f32 {
        let required = self.question.terms.iter().filter(|term| !term.is_optional).count();
        (1..required)
            .map(|at| {
                let (one, other) = (&found.terms[at - 1], &found.terms[at]);
                let rarer = self.importance[at - 1].min(self.importance[at]);
                if one.is_near(other) { rarer * NEIGHBOURS } else { 0.0 }
            })
            .sum()
    }

    /// How well it fits besides its words: its kind, its time, what it has in it.
    fn fitness(&self, document: &Document<'_>, found: &Found, limits: &Limits<'_>) -> f32 {
        let hints = &self.question.hints;
        let mut fitness = 1.0;
        if hints.kinds.contains(&document.kind) {
            fitness *= 1.08;
        }
        let has = match hints.wants {
            Some(Wanted::Time | Wanted::Number) => found.has_number,
            Some(Wanted::Name) => found.has_name,
            None => false,
        };
        if has {
            fitness *= 1.05;
        }
        if let Some(period) = self.question.period {
            fitness *= match () {
                () if period.contains(document.since) => 1.3,
                () if limits.held_in_period(document) => 1.15,
                () if document.since >= period.until => 0.8,
                () => 0.9,
            };
        }
        fitness
    }

    fn has_title(&mut self, title: &str) -> bool {
        let mut stems = self.question.stems.iter();
        let mut is_same = true;
        words::each(title, |word| {
            if !word.is_compound && is_same {
                is_same = stems.next().is_some_and(|asked| **asked == *self.stems.of(word.text));
            }
        });
        is_same && stems.next().is_none()
    }
}

/// How rare the words are that stand for a term.
#[derive(Default)]
struct Understood {
    /// Of synonyms.
    well: f32,
    /// Of others, by how much they may stand for it.
    partly: f32,
}

impl Understood {
    fn add(&mut self, rare: f32, weight: f32) {
        if weight >= SYNONYM {
            self.well = self.well.max(rare);
        } else {
            self.partly = self.partly.max(rare * weight / SYNONYM);
        }
    }
}

/// How much a term counts.
fn importance(
    term: &Term,
    is_known: bool,
    own: f32,
    understood: &Understood,
    rarity: &Rarity,
) -> f32 {
    let best = understood.well.max(understood.partly);
    if is_known {
        own.max(best * 0.5)
    } else if understood.well > 0.0 {
        best
    } else if term.is_specific {
        best.max(rarity.most * UNKNOWN_SPECIFIC)
    } else if term.is_light {
        own
    } else {
        best.max(rarity.most * UNKNOWN)
    }
}

/// The kind of memory that a stem is the word for.
fn kind_of(stem: &str) -> Option<&'static str> {
    Some(match stem {
        "decid" | "decis" => "decision",
        "command" => "command",
        "convent" | "rule" => "convention",
        "prefer" => "preference",
        "pitfal" | "gotcha" => "pitfall",
        "question" => "question",
        "task" => "task",
        _ => return None,
    })
}

/// How rare words are.
struct Rarity {
    documents: f32,
    /// Of a word that no memory has.
    most: f32,
}

impl Rarity {
    fn among(corpus: &Corpus) -> Self {
        let documents = number(corpus.documents) + BACKGROUND;
        Self { documents, most: Self::weighed(documents, COMMON) }
    }

    fn weighed(documents: f32, frequency: f32) -> f32 {
        ((documents - frequency).max(0.0) + 0.5).ln() - (frequency + 0.5).ln()
    }

    fn of(&self, frequency: u64, is_light: bool) -> f32 {
        let background = if is_light { COMMON_IF_LIGHT } else { COMMON };
        let frequency = (number(frequency) + background).min(self.documents);
        // Never nothing: a word that all have still says something beside one that they lack.
        Self::weighed(self.documents, frequency).max(0.1)
    }
}

/// Exact below 2^24, and more memories are not ranked by a difference that small.
#[expect(clippy::cast_precision_loss, reason = "a count of memories, as a weight")]
fn number(count: u64) -> f32 {
    count as f32
}

/// What a text has of one term.
#[derive(Clone, Default)]
struct Match {
    /// How much the best word stands for it.
    weight: f32,
    value: f32,
    /// How much there is of it, by fields and weights.
    mass: f32,
    /// The best word.
    word: String,
    places: Vec<u32>,
}

impl Match {
    /// What has no word, but stands for one.
    fn of(value: f32, weight: f32) -> Self {
        Self { weight, value, mass: 1.0, ..Self::default() }
    }

    fn is_near(&self, other: &Self) -> bool {
        let near = |one: &u32| other.places.iter().any(|place| place.abs_diff(*one) <= NEAR);
        self.places.iter().any(near)
    }
}

/// What a text has of a question.
struct Found {
    terms: Vec<Match>,
    words: u32,
    has_number: bool,
    has_name: bool,
}

impl Found {
    fn new(terms: usize) -> Self {
        Self { terms: vec![Match::default(); terms], words: 0, has_number: false, has_name: false }
    }

    /// Whether the word that stands for a term is another term's own.
    fn counts_elsewhere(&self, term: usize) -> bool {
        let one = &self.terms[term];
        let is_better = |(at, other): (usize, &Match)| {
            at != term && other.word == one.word && (other.weight, term) > (one.weight, at)
        };
        !one.word.is_empty() && one.weight < 1.0 && self.terms.iter().enumerate().any(is_better)
    }

    fn length(&self) -> f32 {
        number(u64::from(self.words))
    }

    fn tell(&mut self, word: &Word<'_>, start: u32, boost: f32, worths: &[Worth]) {
        let place = start + word.at;
        // A field begins away from the one before it.
        self.words = self.words.max(place + 1);
        self.has_number |= word.shape == Shape::Number;
        self.has_name |= word.shape == Shape::Capital;
        for worth in worths {
            let one = &mut self.terms[worth.term];
            one.mass += worth.weight.min(1.0) * boost;
            if one.places.len() < MOST_PLACES {
                one.places.push(place);
            }
            if worth.value > one.value {
                one.weight = worth.weight;
                one.value = worth.value;
                one.word.clear();
                one.word.push_str(word.text);
            }
        }
    }
}
