//! What an agent is told of memories, and why: at the start of a session the foremost ones, at a prompt
//! those that its words ask for. Pure: the same memories give the same lines.
//!
//! Nothing is told that waits for a confirmation, was superseded or rejected, or rests on a commit that
//! left the history. What nobody used for a while sinks: it is found when somebody asks, and not told
//! unasked. A pinned one never sinks.

use jiff::{SignedDuration, Timestamp};

use super::{Memory, MemoryKind, MemoryScope, MemoryStatus};
use crate::sanitise;

/// How many characters count as a token, as for the brief.
const CHARACTERS_PER_TOKEN: usize = 4;

/// The longest that one memory is told, in characters.
const LONGEST: usize = 240;

/// How many memories are told at once at most.
pub const MOST_TOLD: usize = 8;

/// Why a memory is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The user pinned it.
    Pinned,
    /// It holds for this line alone.
    OfThisLine,
    /// The user said so.
    Stated,
    /// It was seen in several sessions.
    Often(usize),
    /// It is recent.
    Recent,
    /// The prompt asks for it, by these words.
    Asked(String),
}

impl Why {
    /// In words.
    pub fn text(&self) -> String {
        match self {
            Self::Pinned => "pinned".to_owned(),
            Self::OfThisLine => "of this line".to_owned(),
            Self::Stated => "the user's word".to_owned(),
            Self::Often(sessions) => format!("seen in {sessions} sessions"),
            Self::Recent => "recent".to_owned(),
            Self::Asked(words) => format!("the prompt asks for it: {words}"),
        }
    }
}

/// A memory that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling<'m> {
    /// Which.
    pub memory: &'m Memory,
    /// Exactly what the agent is told of it.
    pub line: String,
    /// Why.
    pub why: Why,
}

/// When a memory was last of use, and after how long it sinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sinking {
    /// Now.
    pub now: Timestamp,
    /// After so long without a use.
    pub after: SignedDuration,
}

impl Sinking {
    /// Whether a memory sank.
    pub fn sank(&self, memory: &Memory, last_used: Option<Timestamp>) -> bool {
        let heard = memory.sources.iter().map(|source| source.at).max();
        let last = [Some(memory.since), heard, last_used].into_iter().flatten().max();
        !memory.pinned && last.is_some_and(|last| self.now.duration_since(last) > self.after)
    }
}

/// Whether a memory may be told unasked.
pub fn may_tell(memory: &Memory) -> bool {
    let holds = match memory.status {
        MemoryStatus::Current => true,
        MemoryStatus::Suggested
        | MemoryStatus::Disputed
        | MemoryStatus::Superseded
        | MemoryStatus::Rejected => false,
    };
    holds && memory.until.is_none() && !memory.unfounded
}

/// What is told at the start of a session: `memories` are those that may be told and did not sink.
pub fn at_start<'m>(memories: &[&'m Memory], tokens: usize) -> Vec<Telling<'m>> {
    let mut ordered: Vec<&Memory> = memories.to_vec();
    ordered.sort_by(|a, b| order(b).cmp(&order(a)).then_with(|| a.id.cmp(&b.id)));
    let reasoned = ordered.into_iter().map(|memory| (memory, why(memory)));
    within(reasoned, tokens)
}

/// What is told at a prompt: `found` are those that its words ask for, best first, with these words.
pub fn at_prompt<'m>(found: &[(&'m Memory, String)], tokens: usize) -> Vec<Telling<'m>> {
    let reasoned = found.iter().map(|(memory, words)| (*memory, Why::Asked(words.clone())));
    within(reasoned, tokens)
}

/// How many sessions a memory is known from.
fn support(memory: &Memory) -> usize {
    let sessions: std::collections::BTreeSet<_> =
        memory.sources.iter().filter_map(|source| source.session.as_ref()).collect();
    sessions.len()
}

/// How useful a kind is to somebody who begins: an open question is none of his business yet.
fn weight(kind: &MemoryKind) -> u8 {
    match kind {
        MemoryKind::Convention | MemoryKind::Preference => 4,
        MemoryKind::Pitfall | MemoryKind::Command => 3,
        MemoryKind::Decision => 2,
        MemoryKind::Fact | MemoryKind::Other(_) => 1,
        MemoryKind::Question => 0,
    }
}

fn order(memory: &Memory) -> (bool, bool, super::Confidence, u8, usize, Timestamp) {
    let of_line = matches!(memory.scope, MemoryScope::Line { .. });
    let Memory { pinned, confidence, kind, since, .. } = memory;
    (*pinned, of_line, *confidence, weight(kind), support(memory), *since)
}

fn why(memory: &Memory) -> Why {
    let sessions = support(memory);
    match memory.confidence {
        _ if memory.pinned => Why::Pinned,
        _ if matches!(memory.scope, MemoryScope::Line { .. }) => Why::OfThisLine,
        super::Confidence::Stated => Why::Stated,
        super::Confidence::Observed | super::Confidence::Inferred if sessions > 1 => {
            Why::Often(sessions)
        }
        super::Confidence::Observed | super::Confidence::Inferred => Why::Recent,
    }
}

fn within<'m>(
    reasoned: impl Iterator<Item = (&'m Memory, Why)>,
    tokens: usize,
) -> Vec<Telling<'m>> {
    let mut left = tokens * CHARACTERS_PER_TOKEN;
    let mut told = Vec::new();
    for (memory, why) in reasoned {
        let line = line(memory);
        let room = line.chars().count() + 3;
        if told.len() == MOST_TOLD || room > left {
            break;
        }
        left -= room;
        told.push(Telling { memory, line, why });
    }
    told
}

/// A memory as one line for a model: what it says, what kind of thing it is, and its id, by which it can
/// be looked up.
pub fn line(memory: &Memory) -> String {
    let says = if memory.text.starts_with(memory.title.trim_end_matches('…')) {
        memory.text.clone()
    } else {
        format!("{}: {}", memory.title, memory.text)
    };
    let says = sanitise::for_model(&says, LONGEST);
    format!("{says} ({}, {})", sanitise::for_model(memory.kind.as_str(), LONGEST), memory.id)
}

#[cfg(test)]
mod tests;
