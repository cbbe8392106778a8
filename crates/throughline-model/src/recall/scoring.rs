//! The ranking: what of the candidates answers, in which order, and whether anything does.
//!
//! A term that a candidate has, or has a word for that may stand for it, is worth the word's rarity,
//! less for each repetition, more in a title (as in BM25F). Of several words for one term the best
//! counts, never their sum. What decides whether a candidate is served at all is its *coverage*: how
//! much of the question's rarity it has a word for.

use std::collections::HashMap;

use jiff::Timestamp;

use super::lexicon::SYNONYM;
use super::question::Past;
use super::reader::Reader;
use super::stem::Stems;
use super::supersede::{statuses, successions};
use super::{Corpus, Document, Question, Ranked};
use crate::memory::{Confidence, MemoryStatus};

/// The least coverage that is served. What it trades, over the 191 first questions that have an answer and
/// the 47 that have none: at 0.25, 94 % are found among five and 55 % of the others answered with
/// nothing; at 0.35, 89 % and 64 %; at 0.45, 83 % and 74 %. An agent that gets
/// a memory too many reads a line in vain, one that gets none asks its user again, so the lower one.
const LEAST_COVERAGE: f32 = 0.25;
/// The same for one that has a word of the question that hardly any other has.
const LEAST_IF_RARE: f32 = 0.22;
/// The same for one that has a word for a single term only, and that one no synonym.
const LEAST_IF_LONE: f32 = 0.36;
/// The same where a name, number or identifier of the question is in no candidate.
const LEAST_IF_NAME_LACKS: f32 = 0.32;
/// The least rarity that is served: a question of one common word is no evidence.
const LEAST_EVIDENCE: f32 = 1.2;
/// The least share of the best hit's points.
const LEAST_SHARE: f32 = 0.30;

/// A cosine from which on a memory is served without a word in common. These four are for all-MiniLM-L6-v2, and
/// were chosen by the first questions (one sweep printed both sets). With them 95.4 % are found among five and 64 % of those without an
/// answer get none, where words alone come to 94.3 % and 55 %; the held-out questions: 97.4 % and 62 %, and by
/// words 97.4 % and 50 %. At 0.35 it is 60 % and 50 % that get none, and at 0.55 94.3 % and 96.7 % that are found.
const LEAST_COSINE: f32 = 0.45;
/// The same as a share of the nearest one's.
const LEAST_SHARE_OF_COSINE: f32 = 0.75;
/// Where the nearest of all is farther, the question is about something else, and few words in common are chance. At
/// 0.25 it helps nobody, at 0.35 it takes 3 % of the answers, at 0.40 7 %.
const FAR_COSINE: f32 = 0.30;
/// The least coverage that is served all the same: also for a memory that has no vector yet.
const LEAST_IF_FAR: f32 = 0.60;

/// Of how many hits it is asked whether one replaces another.
const COMPARED: usize = 24;
/// What share of the best one's points they must have.
const LEAST_COMPARED: f32 = 0.15;
/// `k` of reciprocal rank fusion, as in the paper that proposed it (Cormack and others, 2009).
const FUSION: f32 = 60.0;

/// Ranks the candidates, the best first; nothing, if nothing fits. `vectors` has the candidates
/// that are nearest in meaning of all that there is, as cosines, whether near or far; `as_of` counts what held then alone.
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
    let meaning = vectors.filter(|vectors| !vectors.is_empty()).map(Meaning::of);
    let hits = fused(fitting(hits, lacks_a_name, meaning.as_ref()), meaning.as_ref());
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
pub(super) struct Limits<'q> {
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

    pub(super) fn held_in_period(&self, document: &Document<'_>) -> bool {
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

pub(super) struct Hit {
    pub(super) index: usize,
    pub(super) status: MemoryStatus,
    pub(super) points: f32,
    pub(super) coverage: f32,
    pub(super) evidence: f32,
    /// It has a rare word just as it was asked.
    pub(super) has_rare: bool,
    /// How many terms it has a word for, of those that are not light.
    pub(super) matched: u32,
    /// How many of those just as they were asked.
    pub(super) exact: u32,
    /// How much the best word stands for its term.
    pub(super) best: f32,
    pub(super) why: Vec<String>,
}

impl Hit {
    pub(super) fn new(index: usize, status: MemoryStatus) -> Self {
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
fn fitting(mut hits: Vec<Hit>, lacks_a_name: bool, meaning: Option<&Meaning>) -> Vec<Hit> {
    let is_near = |index| meaning.is_some_and(|meaning| meaning.is_near(index));
    let is_far = meaning.is_some_and(Meaning::is_far);
    hits.retain(|hit| {
        let covers = hit.coverage >= hit.least_coverage(lacks_a_name);
        let is_strong = !is_far || hit.coverage >= LEAST_IF_FAR;
        covers && hit.evidence >= LEAST_EVIDENCE && is_strong || is_near(hit.index)
    });
    let best = hits.iter().map(|hit| hit.points).fold(0.0, f32::max);
    hits.retain(|hit| hit.points >= best * LEAST_SHARE || is_near(hit.index));
    sort(&mut hits);
    hits
}

/// What is nearest to the question in meaning, as cosines.
struct Meaning {
    /// Which candidate → its place, from 1, and how near it is.
    places: HashMap<usize, (f32, f32)>,
    best: f32,
}

impl Meaning {
    fn of(vectors: &[(usize, f32)]) -> Self {
        let mut nearest = vectors.to_vec();
        nearest.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        let best = nearest.first().map_or(0.0, |(_, cosine)| *cosine);
        let place =
            |((index, cosine), place): (&(usize, f32), u16)| (*index, (f32::from(place), *cosine));
        Self { places: nearest.iter().zip(1u16..).map(place).collect(), best }
    }

    /// Near enough to be served without a word in common.
    fn is_near(&self, index: usize) -> bool {
        let least = LEAST_COSINE.max(self.best * LEAST_SHARE_OF_COSINE);
        self.places.get(&index).is_some_and(|(_, cosine)| *cosine >= least)
    }

    /// Nothing is about what was asked.
    fn is_far(&self) -> bool {
        self.best < FAR_COSINE
    }
}

/// The order by words and the order by meaning, as one: reciprocal rank fusion, both counting the same.
fn fused(mut hits: Vec<Hit>, meaning: Option<&Meaning>) -> Vec<Hit> {
    let Some(meaning) = meaning else { return hits };
    for (hit, place) in hits.iter_mut().zip(1u16..) {
        let by_words = if hit.evidence > 0.0 { 1.0 / (FUSION + f32::from(place)) } else { 0.0 };
        let place = meaning.places.get(&hit.index).map(|(place, _)| place);
        let by_meaning = place.map_or(0.0, |place| 1.0 / (FUSION + place));
        if meaning.is_near(hit.index) {
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
