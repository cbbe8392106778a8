//! Names of things: small text newtypes, so that a session can't be passed where a task is meant.
//!
//! Ids that we make are a prefix and random base32; the randomness comes in as bytes.

use std::fmt;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id: 1 to 64 characters of A-Z a-z 0-9 . _ - are allowed")]
pub struct BadId {
    text: String,
}

/// The longest id that is accepted from a file or an agent.
pub const LONGEST_ID: usize = 64;

/// Crockford's base32 in lower case: no i, l, o, u, so ids survive being read aloud.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

fn base32(entropy: &[u8], length: usize) -> String {
    entropy.iter().take(length).map(|b| char::from(ALPHABET[usize::from(b & 31)])).collect()
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Makes a new id of `length` base32 characters (5 bits each) from random bytes.
            pub fn from_entropy(entropy: &[u8], length: usize) -> Self {
                Self(format!(concat!($prefix, "{}"), base32(entropy, length)))
            }

            /// Reads an id that somebody else wrote.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                if is_id(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(BadId { text: text.chars().take(LONGEST_ID).collect() })
                }
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                if is_id(&text) { Ok(Self(text)) } else { Self::parse(&text) }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

id_type!(
    /// One task, epic, bug, chore, decision or step of a line's state.
    TaskId, "t-");
id_type!(
    /// One milestone of a line's state.
    MilestoneId, "m-");
id_type!(
    /// One note of a line's state.
    NoteId, "n-");
id_type!(
    /// One memory of a user, a project or a line.
    MemoryId, "mem-");
id_type!(
    /// One goal of a session or a project.
    GoalId, "g-");
id_type!(
    /// One record of the journal.
    RecordId, "r-");
id_type!(
    /// What one command or one plan update did: the thing that `thru undo` takes back.
    UnitId, "u-");
id_type!(
    /// A project: random, bound to its clone in HOME; the copy inside a state file is a label.
    ProjectId, "p-");
id_type!(
    /// An agent job: a table that agents work on.
    AgentJobId, "job-");

/// How many base32 characters a new task id gets, so that two branches that add tasks
/// independently rarely pick the same one (5 characters: 1 in 33 million for each pair).
pub fn task_id_length(tasks: usize) -> usize {
    if tasks < 1_000 { 5 } else { 6 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_prefix_and_base32() {
        assert_eq!(TaskId::from_entropy(&[0, 31, 32, 255, 7], 5).as_str(), "t-0z0z7");
    }

    #[test]
    fn outside_text_is_checked() {
        for bad in ["", "a b", "../x", "é", &"x".repeat(65)] {
            assert!(TaskId::parse(bad).is_err(), "{bad:?}");
        }
        assert!(TaskId::parse("T-1.a_b-c").is_ok());
    }
}
