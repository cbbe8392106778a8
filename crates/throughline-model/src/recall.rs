//! Recall: which memories answer a question.
//!
//! A [`Question`] says what to ask the full-text table for; [`rank`] weighs what came of it and decides,
//! by words alone: the words of the question, what may stand for them ([`lexicon`], written by hand), how
//! rare they are, and what held when. Nothing is learnt and nothing is random: the same question over
//! the same memories has the same answer, and each hit says why.
//!
//! What a later memory replaced is not served as current ([`superseding`]); what nothing resolves is
//! served as disputed. Where nothing fits, nothing is served.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::memory::{Confidence, MemoryStatus};

#[cfg(test)]
mod evaluation;
mod lexicon;
mod near;
mod question;
mod rarity;
mod reader;
mod scoring;
mod stem;
mod supersede;
mod time;
mod words;

#[cfg(test)]
mod tests;

pub use question::{Question, Sought};
pub use scoring::rank;
pub use supersede::{Standing, standing, superseding};
pub use time::Period;
pub use words::indexed;

/// What is kept by words. They are the user's own, so the hash is made for speed and not against attackers; a hook reads
/// thousands of words.
type WordMap<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

/// Something that may be found.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// In a few words.
    pub title: &'a str,
    /// In full.
    pub text: &'a str,
    /// Files it is about.
    pub files: &'a [String],
    /// The word of a memory's kind, or `digest`, `task`, `adr`.
    pub kind: &'a str,
    /// As [`crate::memory::Memory::subject`].
    pub subject: Option<&'a str>,
    /// Since when it holds.
    pub since: Timestamp,
    /// Until when it held.
    pub until: Option<Timestamp>,
    /// How it stands.
    pub status: MemoryStatus,
    /// How sure it is.
    pub confidence: Confidence,
    /// It never sinks.
    pub pinned: bool,
    /// How many sources say so.
    pub support: u32,
    /// How often it was of use.
    pub used: u32,
}

/// All that could be found, in numbers: what is rare among it tells more.
#[derive(Debug, Clone, Default)]
pub struct Corpus {
    /// How many documents there are.
    pub documents: u64,
    /// In how many documents a word is, for the words of [`Question::terms`]; none, if in none.
    pub frequency: BTreeMap<String, u64>,
}

impl Corpus {
    /// In how many documents a stem is; of several with a space between, in how many at most.
    fn frequency_of(&self, entry: &str) -> u64 {
        let of = |stem| self.frequency.get(stem).copied().unwrap_or(0);
        entry.split(' ').map(of).min().unwrap_or(0)
    }

    fn knows(&self, entry: &str) -> bool {
        self.frequency_of(entry) > 0
    }
}

/// A hit.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// Which of the candidates.
    pub index: usize,
    /// How well it fits, from 0 to 1. Falls from hit to hit.
    pub score: f32,
    /// How it is served: what is not told as current is [`MemoryStatus::Superseded`], and served only
    /// where the question asks for the past.
    pub status: MemoryStatus,
    /// Which words it was found by, and what else spoke for it.
    pub why: Vec<String>,
}
