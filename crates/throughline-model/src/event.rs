//! What the local log holds: one event of ours. Nothing of it leaves the machine.
//!
//! An event is small and says what happened, not what was said: no prompt, no answer, no title. Its text
//! passes the funnel for secrets when it is made.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::redact::redact;
use crate::sanitise;

/// How much it matters, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Counted and timed.
    Info,
    /// Not as it should be; work went on.
    Warn,
    /// Something failed.
    Error,
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warn, Self::Error];

    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A hook was answered; the word is the agent's event, and it has a duration.
    Hook,
    /// A fold ended; it has a duration.
    Fold,
    /// A brief was wanted: `hit`, a ready one was used, or `miss`, it had to be made.
    Brief,
    /// Git and memory disagreed; the word is the kind of drift.
    Drift,
    /// What was decided about it; the word is the outcome.
    Reconcile,
    /// A state file could not be read.
    Validation,
    /// Sessions that nobody observed were taken in.
    Backfill,
    /// Something older stood in, or nothing did: `last_good`, `old_brief`, `without_<database>`.
    Fallback,
    /// A database that is truth was made, brought up to date, backed up or restored, or could not be used; the
    /// word is `<name>.<outcome>`.
    Database,
    /// Something came of a goal: what was done (`set`, `complete`, …), `budget_limited`, `tokens` with how many as
    /// its text, `go_on`, or `rest.<why>` where a turn ended with one.
    Goal,
    /// A hook could not write, or was told not to, and went on observing.
    Shadow,
    /// Something happened to an agent job; the word says what, an end has a duration.
    Job,
    /// Something failed.
    Problem,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Hook,
        Self::Fold,
        Self::Brief,
        Self::Drift,
        Self::Reconcile,
        Self::Validation,
        Self::Backfill,
        Self::Fallback,
        Self::Database,
        Self::Goal,
        Self::Shadow,
        Self::Job,
        Self::Problem,
    ];

    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hook => "hook",
            Self::Fold => "fold",
            Self::Brief => "brief",
            Self::Drift => "drift",
            Self::Reconcile => "reconcile",
            Self::Validation => "validation",
            Self::Backfill => "backfill",
            Self::Fallback => "fallback",
            Self::Database => "database",
            Self::Goal => "goal",
            Self::Shadow => "shadow",
            Self::Job => "job",
            Self::Problem => "problem",
        }
    }

    /// By its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// How long a text may be, in characters.
const LONGEST_TEXT: usize = 600;

/// How long a word may be, in characters.
const LONGEST_WORD: usize = 40;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEvent {
    /// When it ended.
    pub at: Timestamp,
    /// How much it matters.
    pub level: Level,
    /// What happened.
    pub kind: Kind,
    /// In which session, if in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Which of its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    /// How long it took, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub micros: Option<u64>,
    /// More, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl LogEvent {
    /// An event without more.
    pub fn new(at: Timestamp, level: Level, kind: Kind) -> Self {
        Self { at, level, kind, session: None, word: None, micros: None, text: None }
    }

    /// Of that session.
    #[must_use]
    pub fn of(self, session: Option<&str>) -> Self {
        Self { session: session.map(|text| sanitise::for_model(text, LONGEST_TEXT)), ..self }
    }

    /// With this word.
    #[must_use]
    pub fn word(self, word: &str) -> Self {
        Self { word: Some(sanitise::for_model(word, LONGEST_WORD)), ..self }
    }

    /// That took so long.
    #[must_use]
    pub fn took(self, time: std::time::Duration) -> Self {
        Self { micros: Some(u64::try_from(time.as_micros()).unwrap_or(u64::MAX)), ..self }
    }

    /// With this text, without secrets.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        Self { text: Some(sanitise::for_model(&redact(text), LONGEST_TEXT)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_is_written() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::json!(kind), kind.as_str());
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        for level in Level::ALL {
            assert_eq!(serde_json::json!(level), level.as_str());
        }
    }

    #[test]
    fn a_secret_does_not_get_in() {
        let event = LogEvent::new(Timestamp::UNIX_EPOCH, Level::Warn, Kind::Problem);
        let event = event.text("token ghp_0123456789abcdefghijABCDEFGHIJ012345\nsecond");
        let text = event.text.expect("text");
        assert!(text.contains("[REDACTED:") && !text.contains('\n'), "{text}");
    }
}
