//! Memories: what sessions taught, in words that hold longer than a session.
//!
//! A session's transcript is told as a [`Narrative`]; what one session taught is a [`Finding`]; what
//! findings of many sessions come to, and what people wrote themselves, is a [`Memory`]. Each says
//! where it came from. A memory is visible in its scope alone: one of a project never in another,
//! one of a line only where that line's work is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::MemoryId;

pub mod consolidate;
pub mod engine;
pub mod extract;
pub mod foreign;
mod likeness;
pub mod narrative;
pub mod shared;
pub mod sheet;
mod subject;
pub mod telling;
mod word_set;
mod words;

pub use narrative::{Extraction, Narrative, Ran, Told};

/// What kind of thing is remembered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum MemoryKind {
    /// What was decided, and why.
    Decision,
    /// How things are done here.
    Convention,
    /// A command that does something and works.
    Command,
    /// What goes wrong, and what helps.
    Pitfall,
    /// How the user likes it.
    Preference,
    /// What nobody has answered yet.
    Question,
    /// Anything else that is so.
    Fact,
    /// A word of another tool, as it stands there.
    Other(String),
}

impl MemoryKind {
    /// Those that have a name here, in the order in which they are listed.
    pub const NAMED: [Self; 7] = [
        Self::Decision,
        Self::Convention,
        Self::Command,
        Self::Pitfall,
        Self::Preference,
        Self::Question,
        Self::Fact,
    ];

    /// As it is written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Decision => "decision",
            Self::Convention => "convention",
            Self::Command => "command",
            Self::Pitfall => "pitfall",
            Self::Preference => "preference",
            Self::Question => "question",
            Self::Fact => "fact",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for MemoryKind {
    fn from(word: String) -> Self {
        let lower = word.trim().to_lowercase();
        let named = Self::NAMED.into_iter().find(|kind| kind.as_str() == lower);
        named.unwrap_or(Self::Other(lower))
    }
}

impl From<MemoryKind> for String {
    fn from(kind: MemoryKind) -> Self {
        kind.as_str().to_owned()
    }
}

/// Where a memory holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "scope")]
pub enum MemoryScope {
    /// Everywhere this user works.
    User,
    /// In one project, on every line.
    Project {
        /// The project's key in HOME; a name behind `name:` where no project here is called so.
        project: String,
    },
    /// On one line of a project, until it is merged.
    Line {
        /// As in [`MemoryScope::Project`].
        project: String,
        /// The key of the line.
        line: String,
    },
}

impl MemoryScope {
    /// In a word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Project { .. } => "project",
            Self::Line { .. } => "line",
        }
    }

    /// The project in which it holds; none, if it holds in all.
    pub fn project(&self) -> Option<&str> {
        match self {
            Self::User => None,
            Self::Project { project } | Self::Line { project, .. } => Some(project),
        }
    }

    /// The line on which alone it holds.
    pub fn line(&self) -> Option<&str> {
        match self {
            Self::User | Self::Project { .. } => None,
            Self::Line { line, .. } => Some(line),
        }
    }
}

/// How sure it is, the surest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Concluded from what happened.
    Inferred,
    /// It happened so.
    Observed,
    /// The user said so.
    Stated,
}

impl Confidence {
    /// All, the least sure first.
    pub const ALL: [Self; 3] = [Self::Inferred, Self::Observed, Self::Stated];

    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inferred => "inferred",
            Self::Observed => "observed",
            Self::Stated => "stated",
        }
    }
}

/// How a memory stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryStatus {
    /// It holds.
    Current,
    /// It waits for somebody to confirm it: found, but told to nobody unasked.
    Suggested,
    /// Another says the opposite, and nothing tells which holds.
    Disputed,
    /// A later one took its place.
    Superseded,
    /// Somebody said that it is wrong.
    Rejected,
}

impl MemoryStatus {
    /// All.
    pub const ALL: [Self; 5] =
        [Self::Current, Self::Suggested, Self::Disputed, Self::Superseded, Self::Rejected];

    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Suggested => "suggested",
            Self::Disputed => "disputed",
            Self::Superseded => "superseded",
            Self::Rejected => "rejected",
        }
    }

    /// Reads it.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// From where something is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Source {
    /// In which session; none, if a person or another tool said it outside of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// In which turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<String>,
    /// Where HEAD stood, or what was committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The file it was taken from, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Source {
    /// What is known from nowhere but that it was said at that time.
    pub fn of(at: Timestamp) -> Self {
        Self { session: None, turn: None, commit: None, file: None, at }
    }
}

/// What one session taught. Its words are redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of thing.
    pub kind: MemoryKind,
    /// In which scope it seems to hold; the project and line are the session's.
    pub reach: Reach,
    /// In a few words, on one line.
    pub title: String,
    /// In full.
    pub text: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// What it is about, so that a later one of the same subject takes its place: words that say
    /// what is set, not to what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Files it is about, relative to the worktree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// From where it is known.
    pub source: Source,
}

/// How far a finding reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// To all of the user's projects.
    User,
    /// To this project.
    Project,
    /// To this line.
    Line,
}

/// Who wrote a memory as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// Consolidation by rules: it may write it anew.
    Consolidation,
    /// A model, in consolidation: a model may write it anew, rules leave its words.
    Model,
    /// A person, or a tool for one: consolidation leaves it as it is.
    Person,
}

/// So many texts are kept that a memory had.
const MOST_EARLIER: usize = 5;

/// Something to remember.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Its name.
    pub id: MemoryId,
    /// What kind of thing.
    pub kind: MemoryKind,
    /// Where it holds.
    #[serde(flatten)]
    pub scope: MemoryScope,
    /// In a few words, on one line.
    pub title: String,
    /// In full.
    pub text: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// How it stands.
    pub status: MemoryStatus,
    /// Who wrote it.
    pub author: Author,
    /// It never sinks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// The name that another tool has for it: two with the same in one scope are one memory that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// As in [`Finding::subject`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// As in [`Finding::files`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// From where it is known, the latest last. Never empty.
    pub sources: Vec<Source>,
    /// Since when it holds.
    pub since: Timestamp,
    /// Until when it held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<MemoryId>,
    /// The commit on which it rests left the history of its line.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unfounded: bool,
    /// Texts that it had before somebody reworded it, the latest last: what says so was said of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<String>,
    /// Members that this version doesn't know.
    #[serde(flatten, deserialize_with = "unknown")]
    pub extra: BTreeMap<String, serde_json::Value>,
}

/// A flattened enum leaves its members to the next flattened field, where they would be doubles.
fn unknown<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, serde_json::Value>, D::Error> {
    let mut members = BTreeMap::deserialize(deserializer)?;
    for known in ["scope", "project", "line"] {
        members.remove(known);
    }
    Ok(members)
}

impl Memory {
    /// A person's word, which holds from the time of its source on.
    pub fn stated(
        id: MemoryId,
        kind: MemoryKind,
        scope: MemoryScope,
        (title, text): (String, String),
        source: Source,
    ) -> Self {
        Self {
            id,
            kind,
            scope,
            title,
            text,
            confidence: Confidence::Stated,
            status: MemoryStatus::Current,
            author: Author::Person,
            pinned: false,
            key: None,
            subject: None,
            files: Vec::new(),
            since: source.at,
            sources: vec![source],
            until: None,
            superseded_by: None,
            unfounded: false,
            earlier: Vec::new(),
            extra: BTreeMap::new(),
        }
    }

    /// Whether it held at a time.
    pub fn held_at(&self, time: Timestamp) -> bool {
        self.since <= time && self.until.is_none_or(|until| time < until)
    }

    /// A person says that it is so. From then on it is theirs: consolidation leaves it as it is, where it
    /// would take back what only a status says.
    pub fn confirm(&mut self) {
        self.author = Author::Person;
        self.status = MemoryStatus::Current;
        self.confidence = Confidence::Stated;
        self.until = None;
        self.superseded_by = None;
    }

    /// Says the same in other words.
    pub fn reword(&mut self, text: String) {
        let before = std::mem::replace(&mut self.text, text);
        if before != self.text {
            self.earlier.retain(|earlier| *earlier != before);
            self.earlier.push(before);
            self.earlier.drain(..self.earlier.len().saturating_sub(MOST_EARLIER));
        }
    }

    /// Redacts all free text.
    pub fn redact(&mut self) {
        crate::funnel::clean_all([&mut self.title, &mut self.text]);
        crate::funnel::clean_all(&mut self.earlier);
        crate::funnel::clean_all(&mut self.subject);
        crate::funnel::clean_all(&mut self.key);
        crate::funnel::clean_all(&mut self.files);
    }
}

impl Finding {
    /// Redacts all free text.
    pub fn redact(&mut self) {
        crate::funnel::clean_all([&mut self.title, &mut self.text]);
        crate::funnel::clean_all(&mut self.subject);
        crate::funnel::clean_all(&mut self.files);
    }
}

#[cfg(test)]
mod tests {
    use super::MemoryKind;

    #[test]
    fn a_kind_is_read_back_and_a_foreign_word_is_kept() {
        for kind in MemoryKind::NAMED {
            assert_eq!(MemoryKind::from(String::from(kind.clone())), kind);
        }
        assert_eq!(MemoryKind::from(" Decision".to_owned()), MemoryKind::Decision);
        assert_eq!(MemoryKind::from("gotcha".to_owned()), MemoryKind::Other("gotcha".to_owned()));
    }
}
