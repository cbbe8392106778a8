//! `thru recall`: what is remembered that answers a question.
//!
//! The full-text table gives candidates that can be seen from here; what they are worth is decided by
//! [`throughline_model::recall`], a pure function. Nothing fits: nothing is answered.

use jiff::Timestamp;
use throughline_model::memory::{MemoryKind, MemoryScope, MemoryStatus, Source};
use throughline_runtime::memories::{Asked, Candidate, Memories};

use crate::error::OpsError;
use crate::memory::MemoryPlace;
use crate::surroundings::Surroundings;
use crate::times::{self, OfDay};

/// How many candidates the full-text table gives, of each sort.
const CANDIDATES: usize = 300;

/// What is asked.
#[derive(Debug, Clone)]
pub struct RecallOptions {
    /// In plain words.
    pub question: String,
    /// How many hits at most.
    pub most: usize,
    /// As it was then; else as it is.
    pub as_of: Option<String>,
    /// Who asks.
    pub asker: Asker,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// A person: outside of any project everything is searched.
    Person,
    /// An agent: only what it may be told here.
    Agent,
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct RecallHit {
    /// A memory's id, or a session's.
    pub id: String,
    /// Another tool's name for it.
    pub key: Option<String>,
    /// What kind of thing; none for a session.
    pub kind: Option<MemoryKind>,
    /// In a few words.
    pub title: String,
    /// In full.
    pub text: String,
    /// How well it fits, from 0 to 1.
    pub score: f64,
    /// How it stands.
    pub status: MemoryStatus,
    /// Where it holds; none for a session.
    pub scope: Option<MemoryScope>,
    /// Since when it holds.
    pub since: Timestamp,
    /// Until when it held.
    pub until: Option<Timestamp>,
    /// From where it is known: the latest.
    pub source: Option<Source>,
    /// Why it was found, in words.
    pub why: String,
}

/// The answers.
#[derive(Debug, Clone)]
pub struct RecallReport {
    /// Best first; empty if nothing fits.
    pub hits: Vec<RecallHit>,
}

/// Asks.
///
/// # Errors
/// [`OpsError`]: the time is none, or the database can't be read.
pub fn recall(world: &Surroundings, options: &RecallOptions) -> Result<RecallReport, OpsError> {
    let as_of = options.as_of.as_deref().map(|text| times::parse(text, OfDay::End)).transpose()?;
    let Some(memories) = Memories::read(&world.home)? else {
        return Ok(RecallReport { hits: Vec::new() });
    };
    let here = MemoryPlace::of(world)?;
    let visible = match options.asker {
        Asker::Person => here.visible(),
        Asker::Agent => here.visible_to_agents(),
    };
    let words = options.question.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    let words = words.map(|word| format!("\"{}\"", word.to_lowercase())).collect::<Vec<_>>();
    let words = words.join(" OR ");
    let asked = Asked { words: &words, visible, most: CANDIDATES };
    let candidates = if words.is_empty() { Vec::new() } else { memories.candidates(&asked)? };
    let hits = candidates.into_iter().map(|candidate| hit(candidate, as_of));
    Ok(RecallReport { hits: hits.take(options.most).collect() })
}

fn hit(candidate: Candidate, _as_of: Option<Timestamp>) -> RecallHit {
    match candidate {
        Candidate::Memory(memory) => RecallHit {
            id: memory.id.to_string(),
            key: memory.key,
            kind: Some(memory.kind),
            title: memory.title,
            text: memory.text,
            score: 0.0,
            status: memory.status,
            scope: Some(memory.scope),
            since: memory.since,
            until: memory.until,
            source: memory.sources.into_iter().next_back(),
            why: String::new(),
        },
        Candidate::Session(output) => RecallHit {
            id: output.session.clone(),
            key: None,
            kind: None,
            title: output.extraction.rollout_slug.unwrap_or_default().replace('-', " "),
            text: output.extraction.rollout_summary,
            score: 0.0,
            status: MemoryStatus::Current,
            scope: None,
            since: output.began,
            until: None,
            source: Some(Source {
                session: Some(output.session),
                turn: None,
                commit: None,
                file: None,
                at: output.began,
            }),
            why: String::new(),
        },
    }
}
