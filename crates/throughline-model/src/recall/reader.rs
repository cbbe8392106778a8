//! Reads what may answer with a question in mind: which words of it stand for which terms.

use std::rc::Rc;

use super::lexicon::{SYNONYM, WIDER};
use super::near::near;
use super::question::{Term, Wanted};
use super::rarity::{Rarity, Understood, importance, number};
use super::scoring::{Hit, Limits};
use super::stem::{Beginnings, Stems};
use super::words::{self, Shape, Word};
use super::{Corpus, Document, Question, WordMap};
use crate::memory::MemoryStatus;

/// How rare that is, as a share of the rarest.
const RARE: f32 = 0.8;
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
struct Meaning {
    worths: Vec<Worth>,
    /// Its number among the words of phrases.
    part: Option<u16>,
}

/// Reads candidates with a question in mind.
pub(super) struct Reader<'q> {
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
    entries: WordMap<&'q str, Vec<Worth>>,
    /// Stems of phrases → their numbers.
    parts: WordMap<&'q str, u16>,
    /// Phrases, by the numbers of their stems.
    phrases: WordMap<Vec<u16>, Vec<Worth>>,
    /// Terms of which no memory has a word, with what one nearly the same is worth.
    unknown: Vec<(usize, f32)>,
    /// How the stems begin that mean something.
    beginnings: Beginnings,
    /// Words as they are written → what they mean; texts repeat themselves.
    read: WordMap<String, Option<Rc<Meaning>>>,
    pub(super) stems: Stems,
}

impl<'q> Reader<'q> {
    pub(super) fn new(question: &'q Question, corpus: &Corpus) -> Self {
        let rarity = Rarity::among(corpus);
        let mut reader = Self {
            question,
            importance: Vec::new(),
            most: rarity.most,
            is_found: vec![false; question.terms.len()],
            is_known: Vec::new(),
            entries: WordMap::default(),
            parts: WordMap::default(),
            phrases: WordMap::default(),
            unknown: Vec::new(),
            beginnings: Beginnings::of([].into_iter()),
            read: WordMap::default(),
            stems: Stems::default(),
        };
        for (at, term) in question.terms.iter().enumerate() {
            reader.learn(at, term, corpus, &rarity);
        }
        let stems = reader.entries.keys().chain(reader.parts.keys()).copied();
        reader.beginnings = Beginnings::of(stems);
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

    /// None, if it means nothing.
    fn meaning(&mut self, word: &str) -> Option<Rc<Meaning>> {
        if self.unknown.is_empty() && !self.beginnings.may_have(word) {
            return None;
        }
        if let Some(known) = self.read.get(word) {
            return known.clone();
        }
        let meaning = self.look_up(word);
        let says = !meaning.worths.is_empty() || meaning.part.is_some();
        let meaning = says.then(|| Rc::new(meaning));
        self.read.insert(word.to_owned(), meaning.clone());
        meaning
    }

    fn look_up(&mut self, word: &str) -> Meaning {
        let (mut worths, mut part) = (Vec::new(), None);
        if self.beginnings.may_have(word) {
            let stem = self.stems.of(word);
            worths = self.entries.get(&*stem).cloned().unwrap_or_default();
            part = self.parts.get(&*stem).copied();
        }
        for (term, value) in &self.unknown {
            let asked = &self.question.terms[*term].word;
            if let Some(weight) = near(asked, word).filter(|_| asked != word) {
                worths.push(Worth { term: *term, weight, value: value * weight });
            }
        }
        Meaning { worths, part }
    }

    pub(super) fn weigh(
        &mut self,
        index: usize,
        document: &Document<'_>,
        limits: &Limits<'_>,
    ) -> Hit {
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
            let meaning = self.meaning(word.text);
            let worths = meaning.as_ref().map_or(&[][..], |meaning| &meaning.worths);
            found.tell(&word, start, boost, worths);
            if word.is_compound {
                return;
            }
            let part = meaning.and_then(|meaning| meaning.part);
            if let (Some(before), Some(part)) = (last[1], part) {
                let three = last[0].map(|first| vec![first, before, part]);
                for phrase in three.into_iter().chain([vec![before, part]]) {
                    let worths = self.phrases.get(&phrase);
                    found.tell(&word, start, boost, worths.map_or(&[][..], Vec::as_slice));
                }
            }
            last = [last[1], part];
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
    pub(super) fn lacks_a_name(&self) -> bool {
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
