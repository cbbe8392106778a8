//! The agents Throughline knows, one row each. A new agent is a module and a row.

use crate::hook::{HookAnswer, HookCall, HookError, HookEvent};
use crate::transcript::Dialect;
use crate::{claude, codex};

/// What we know of an agent.
#[derive(Debug)]
pub struct AgentSpec {
    /// Its name in files and on the command line: lower-case letters, digits and dashes.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Other names under which a person may ask for it.
    pub aliases: &'static [&'static str],
    /// The environment variable that names its home.
    pub home_variable: &'static str,
    /// Its home below the user's, if the variable is not set.
    pub default_home: &'static str,
    /// How its hooks speak, if we answer them.
    pub hooks: Option<HookWire>,
    /// How its transcripts are written.
    pub transcript: Dialect,
    /// Where its transcripts lie.
    pub stores: &'static [TranscriptStore],
    /// Its tools that bring in what strangers wrote, by the names in its transcripts.
    pub web_tools: &'static [&'static str],
    /// Where it lists its conversations itself, if it does.
    pub catalogue: Option<&'static Catalogue>,
    /// Its own goals, if it has any.
    pub goals: Option<&'static OwnGoals>,
}

/// How an agent's hooks speak.
#[derive(Debug, Clone, Copy)]
pub struct HookWire {
    /// Reads the input of a hook; `None` is a right call of an event that we don't use.
    pub parse: fn(&[u8]) -> Result<Option<HookCall>, HookError>,
    /// Writes the answer to an event; `None` means to print nothing. A part of the answer that
    /// the agent doesn't take for this event is left out.
    pub answer: fn(&HookEvent, &HookAnswer) -> Option<String>,
}

/// Where an agent keeps goals of its own: a table of an SQLite database, by the names of its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnGoals {
    /// The file, below the agent's home.
    pub database: &'static str,
    /// The variable that names another folder for it.
    pub folder_variable: &'static str,
    /// The table, one row for each conversation that has one.
    pub table: &'static str,
    /// The conversation.
    pub thread: &'static str,
    /// How it stands, in a word.
    pub status: &'static str,
    /// The word for one that is reached.
    pub complete: &'static str,
}

/// An agent's own list of its conversations: a table of an SQLite database, by the names of its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Catalogue {
    /// The file, below the agent's home.
    pub database: &'static str,
    /// The table, one row for each conversation.
    pub table: &'static str,
    /// The conversation.
    pub id: &'static str,
    /// Its transcript.
    pub path: &'static str,
    /// Whether it is archived; 0 is no.
    pub archived: &'static str,
    /// Its branch.
    pub branch: &'static str,
    /// The commit at which it began.
    pub commit: &'static str,
    /// Its repository's address.
    pub repository: &'static str,
    /// Its title: the start of the first prompt.
    pub title: &'static str,
}

impl Catalogue {
    /// Every column that is of use.
    pub fn columns(&self) -> [&'static str; 7] {
        let Self { id, path, archived, branch, commit, repository, title, .. } = *self;
        [id, path, archived, branch, commit, repository, title]
    }
}

/// A folder of transcripts. Their names end in one of [`TRANSCRIPT_ENDINGS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TranscriptStore {
    /// Below the agent's home.
    pub folder: &'static str,
    /// Whether the user put away what lies here.
    pub archived: bool,
    /// How deep files lie at most: 1 is in the folder itself.
    pub depth: usize,
}

/// How names of transcripts end: plain, and compressed.
pub const TRANSCRIPT_ENDINGS: [&str; 2] = [".jsonl", ".jsonl.zst"];

/// Every agent.
pub const AGENTS: &[AgentSpec] = &[codex::SPEC, claude::SPEC];

/// Finds an agent by id or alias, in any case.
pub fn find(name: &str) -> Option<&'static AgentSpec> {
    let same = |known: &str| known.eq_ignore_ascii_case(name);
    AGENTS.iter().find(|spec| same(spec.id) || spec.aliases.iter().any(|alias| same(alias)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_can_be_found_and_no_name_is_taken_twice() {
        let mut taken = BTreeSet::new();
        for spec in AGENTS {
            for name in spec.aliases.iter().chain([&spec.id]) {
                assert!(taken.insert(name.to_ascii_lowercase()), "{name} names two agents");
                assert_eq!(find(&name.to_uppercase()).map(|found| found.id), Some(spec.id));
            }
            assert!(spec.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
            assert!(spec.stores.iter().all(|store| store.depth > 0 && !store.folder.is_empty()));
            assert!(spec.home_variable.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'));
        }
        assert!(find("").is_none());
    }

    #[test]
    fn every_row_refuses_rubbish_and_prints_nothing_for_an_empty_answer() {
        for spec in AGENTS {
            assert!((spec.transcript.read)(b"not json").is_err());
            let Some(hooks) = spec.hooks else { continue };
            assert!((hooks.parse)(b"").is_err(), "{} takes no input for a call", spec.id);
            assert!((hooks.parse)(b"[]").is_err(), "{} takes a list for a call", spec.id);
            let long = vec![b' '; crate::hook::LONGEST_CALL + 1];
            assert!(matches!((hooks.parse)(&long), Err(HookError::TooLong { .. })));
            assert_eq!((hooks.answer)(&HookEvent::Compacting, &HookAnswer::default()), None);
        }
    }
}
