//! `thru recall`: what is remembered that answers a question.
//!
//! Memories and sessions' digests lie in a database, what else the project says is read where it lies ([`project`]).
//! The full-text table gives candidates that can be seen from here; what they are worth is decided by
//! [`throughline_model::recall`], a pure function. Nothing fits: nothing is answered.

mod project;

use std::borrow::Cow;

use jiff::Timestamp;
use throughline_model::config::memory::MemorySettings;
use throughline_model::ids::MemoryId;
use throughline_model::memory::{
    Confidence, Memory, MemoryKind, MemoryScope, MemoryStatus, Source,
};
use throughline_model::recall::{Corpus, Document, Question, rank};
use throughline_runtime::memories::{Asked, Candidate, Frequencies, Memories, Visible};

use throughline_store::config::{self, CONFIG_FILE};

use crate::databases;
use crate::error::OpsError;
use crate::here::Here;
use crate::memory::MemoryPlace;
use crate::memory::embed::{self, Asking};
use crate::surroundings::Surroundings;
use crate::times::{self, OfDay};

/// How many candidates the full-text table gives, of each sort.
const CANDIDATES: usize = 300;

/// What a session's digest counts beside a memory: it quotes what was said on the way, and what became of that
/// is said by the memories.
const SESSION: f32 = 0.6;

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

/// What kind of thing answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HitKind {
    /// A memory, of this kind.
    Memory(MemoryKind),
    /// The digest of a session.
    Session,
    /// What a task says of itself.
    Task,
    /// A note about a task or the project.
    Note,
    /// A decision record of the repository.
    Decision,
}

impl HitKind {
    /// In a word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Memory(kind) => kind.as_str(),
            Self::Session => "session",
            Self::Task => "task",
            Self::Note => "note",
            Self::Decision => "adr",
        }
    }
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct RecallHit {
    /// A memory's id, a session's, a task's, a note's, or the path of a decision record.
    pub id: String,
    /// Another tool's name for it.
    pub key: Option<String>,
    /// What kind of thing.
    pub kind: HitKind,
    /// In a few words.
    pub title: String,
    /// In full.
    pub text: String,
    /// How well it fits, from 0 to 1.
    pub score: f32,
    /// How it stands.
    pub status: MemoryStatus,
    /// Where it holds, if it is a memory.
    pub scope: Option<MemoryScope>,
    /// Since when it holds, if it says so.
    pub since: Option<Timestamp>,
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
    /// What the user should know, in sentences.
    pub notes: Vec<String>,
}

/// Asks.
///
/// # Errors
/// [`OpsError`]: the time is none, or the database can't be read.
pub fn recall(world: &Surroundings, options: &RecallOptions) -> Result<RecallReport, OpsError> {
    let as_of = options.as_of.as_deref().map(|text| times::parse(text, OfDay::End)).transpose()?;
    let (place, here) = MemoryPlace::to_read(world)?;
    let now = world.clock.now();
    // "Last week" is the week before the day as of which it is asked.
    let question = Question::read(&options.question, as_of.unwrap_or(now));
    let visible = match options.asker {
        Asker::Person => place.visible(),
        Asker::Agent => place.visible_to_agents(),
    };
    let wanted = Wanted { question: &question, visible, as_of, candidates: CANDIDATES };
    let mut notes = Vec::new();
    let Remembered { mut hits, corpus, asking: _asking } = match databases::read(world)? {
        Some(memories) => {
            let settings = memory_settings(world, here.as_ref())?;
            let asking = embed::ask(world, &settings, &options.question);
            remembered(&memories, &wanted, asking, &mut notes)?
        }
        None => Remembered::default(),
    };
    if let Some(here) = &here {
        let others = project::hits(here, &question, &corpus, as_of, options.asker);
        let others = others.unwrap_or_else(|error| {
            notes.push(format!("tasks, notes and decision records are missing here: {error}"));
            Vec::new()
        });
        hits = project::beside(hits, others);
    }
    hits.truncate(options.most);
    Ok(RecallReport { hits, notes })
}

/// What memories say.
#[derive(Default)]
struct Remembered {
    hits: Vec<RecallHit>,
    corpus: Corpus,
    /// Its costs may still be on their way to the books.
    asking: Option<Asking>,
}

fn remembered(
    memories: &Memories,
    wanted: &Wanted<'_>,
    asking: Result<Option<Asking>, String>,
    notes: &mut Vec<String>,
) -> Result<Remembered, OpsError> {
    let corpus = of(memories, wanted.question)?;
    let candidates = by_words(memories, &corpus, wanted)?;
    let near = match &asking {
        Ok(Some(asking)) => asking.near(memories, &wanted.visible),
        Ok(None) => Ok(Vec::new()),
        Err(note) => Err(note.clone()),
    };
    let near = near.unwrap_or_else(|note| {
        notes.push(note);
        Vec::new()
    });
    let found = ranked(memories, &corpus, wanted, candidates, &near)?;
    let hits = found.into_iter().map(Found::hit).collect();
    Ok(Remembered { hits, corpus, asking: asking.ok().flatten() })
}

/// Those that count here; outside of any project the user's own.
fn memory_settings<'h>(
    world: &Surroundings,
    here: Option<&'h Here>,
) -> Result<Cow<'h, MemorySettings>, OpsError> {
    Ok(match here {
        Some(here) => Cow::Borrowed(&here.config.memory),
        None => {
            let user = config::read(&world.home.file(CONFIG_FILE))?;
            Cow::Owned(user.unwrap_or_default().memory)
        }
    })
}

/// How common the words of a question are.
///
/// # Errors
/// [`OpsError`]: the database can't be read.
pub(crate) fn of(memories: &Memories, question: &Question) -> Result<Corpus, OpsError> {
    let Frequencies { documents, of } = memories.frequencies(&question.terms())?;
    Ok(Corpus { documents, frequency: of })
}

/// What is looked for.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// What is asked.
    pub(crate) question: &'a Question,
    /// Where.
    pub(crate) visible: Visible,
    /// As it was then; else as it is.
    pub(crate) as_of: Option<Timestamp>,
    /// Among how many, of each sort.
    pub(crate) candidates: usize,
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    candidate: Candidate,
    /// How well it fits, from 0 to 1.
    pub(crate) score: f32,
    status: MemoryStatus,
    /// By which words, and what else spoke for it.
    pub(crate) why: Vec<String>,
}

/// Looks for what answers a question by its words, best first.
///
/// # Errors
/// [`OpsError`]: the database can't be read.
pub(crate) fn look(
    memories: &Memories,
    corpus: &Corpus,
    wanted: &Wanted<'_>,
) -> Result<Vec<Found>, OpsError> {
    let candidates = by_words(memories, corpus, wanted)?;
    ranked(memories, corpus, wanted, candidates, /*near*/ &[])
}

fn by_words(
    memories: &Memories,
    corpus: &Corpus,
    wanted: &Wanted<'_>,
) -> Result<Vec<Candidate>, OpsError> {
    let sought = wanted.question.sought(corpus);
    let (visible, most) = (wanted.visible.clone(), wanted.candidates);
    Ok(memories.candidates(&Asked { sought: &sought, visible, most })?)
}

/// `near` is what is near in meaning, as cosines; empty where nobody looked.
fn ranked(
    memories: &Memories,
    corpus: &Corpus,
    wanted: &Wanted<'_>,
    mut candidates: Vec<Candidate>,
    near: &[(MemoryId, f32)],
) -> Result<Vec<Found>, OpsError> {
    let near = placed(memories, near, &mut candidates)?;
    let vectors = (!near.is_empty()).then_some(&near[..]);
    let documents: Vec<Document<'_>> = candidates.iter().map(document).collect();
    let ranked = rank(wanted.question, corpus, &documents, vectors, wanted.as_of);
    let mut candidates: Vec<Option<Candidate>> = candidates.into_iter().map(Some).collect();
    let found = ranked.into_iter().filter_map(|hit| {
        let candidate = candidates.get_mut(hit.index)?.take()?;
        let weight = match candidate {
            Candidate::Memory(_) => 1.0,
            Candidate::Session(_) => SESSION,
        };
        Some(Found { candidate, score: hit.score * weight, status: hit.status, why: hit.why })
    });
    let mut found: Vec<Found> = found.collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(found)
}

/// Where among the candidates those stand that are near in meaning; who has no word in common with the
/// question joins them.
fn placed(
    memories: &Memories,
    near: &[(MemoryId, f32)],
    candidates: &mut Vec<Candidate>,
) -> Result<Vec<(usize, f32)>, OpsError> {
    let mut placed = Vec::with_capacity(near.len());
    for (id, nearness) in near {
        let is_it = |candidate: &Candidate| match candidate {
            Candidate::Memory(memory) => memory.id == *id,
            Candidate::Session(_) => false,
        };
        let known = candidates.iter().position(is_it);
        let at = match known {
            Some(at) => at,
            None => {
                let Some(memory) = memories.get(id)? else { continue };
                candidates.push(Candidate::Memory(Box::new(memory)));
                candidates.len() - 1
            }
        };
        placed.push((at, *nearness));
    }
    Ok(placed)
}

/// What a candidate says, for the ranking.
fn document(candidate: &Candidate) -> Document<'_> {
    match candidate {
        Candidate::Memory(memory) => Document {
            title: &memory.title,
            text: &memory.text,
            files: &memory.files,
            kind: memory.kind.as_str(),
            subject: memory.subject.as_deref(),
            since: memory.since,
            until: memory.until,
            status: memory.status,
            confidence: memory.confidence,
            pinned: memory.pinned,
            support: u32::try_from(memory.sources.len()).unwrap_or(u32::MAX),
            used: 0,
        },
        Candidate::Session(output) => Document {
            title: output.extraction.rollout_slug.as_deref().unwrap_or_default(),
            text: &output.extraction.rollout_summary,
            files: &[],
            kind: "digest",
            subject: None,
            since: output.began,
            until: None,
            status: MemoryStatus::Current,
            confidence: Confidence::Observed,
            pinned: false,
            support: 1,
            used: 0,
        },
    }
}

impl Found {
    /// The memory, if it is one.
    pub(crate) fn memory(&self) -> Option<&Memory> {
        match &self.candidate {
            Candidate::Memory(memory) => Some(memory),
            Candidate::Session(_) => None,
        }
    }

    /// By how many words it was found.
    pub(crate) fn words(&self) -> usize {
        // What else spoke for it is said in several words.
        self.why.iter().filter(|why| !why.contains(' ')).count()
    }

    fn hit(self) -> RecallHit {
        let (score, status, why) = (self.score, self.status, self.why.join(", "));
        match self.candidate {
            Candidate::Memory(memory) => RecallHit {
                id: memory.id.to_string(),
                key: memory.key,
                kind: HitKind::Memory(memory.kind),
                title: memory.title,
                text: memory.text,
                score,
                status,
                scope: Some(memory.scope),
                since: Some(memory.since),
                until: memory.until,
                source: memory.sources.into_iter().next_back(),
                why,
            },
            Candidate::Session(output) => RecallHit {
                id: output.session.clone(),
                key: None,
                kind: HitKind::Session,
                title: output.extraction.rollout_slug.unwrap_or_default().replace('-', " "),
                text: output.extraction.rollout_summary,
                score,
                status,
                scope: None,
                since: Some(output.began),
                until: None,
                source: Some(Source {
                    session: Some(output.session),
                    turn: None,
                    commit: None,
                    file: None,
                    at: output.began,
                }),
                why,
            },
        }
    }
}
