//! Where git stands, as values. `throughline-git` fills them.
//!
//! Invariants: an [`Oid`] holds nothing but 40 or 64 lower-case hex digits, so it can stand in any
//! command or path; two different lines never share a key.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A commit's name: 40 (SHA-1) or 64 (SHA-256) lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Oid(String);

/// A text that is no [`Oid`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no commit name of 40 or 64 lower-case hex digits")]
pub struct NotAnOid(String);

impl Oid {
    /// Reads a full name.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let right = matches!(text.len(), 40 | 64) && text.bytes().all(hex);
        right.then(|| Self(text.to_owned()))
    }

    /// The full name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first nine digits, for people.
    pub fn short(&self) -> &str {
        short(&self.0)
    }
}

/// The first nine characters of a name that has too many for people: a commit's, or a session's.
pub fn short(name: &str) -> &str {
    name.char_indices().nth(9).map_or(name, |(end, _)| &name[..end])
}

impl TryFrom<String> for Oid {
    type Error = NotAnOid;

    fn try_from(text: String) -> Result<Self, NotAnOid> {
        Self::parse(&text).ok_or(NotAnOid(text))
    }
}

impl From<Oid> for String {
    fn from(oid: Oid) -> Self {
        oid.0
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which hash names a repository's objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectFormat {
    /// 40 digits; git's default.
    Sha1,
    /// 64 digits; `git init --object-format=sha256`.
    Sha256,
}

impl ObjectFormat {
    /// The tree without entries: git knows it without having stored it.
    pub fn empty_tree(self) -> &'static str {
        match self {
            Self::Sha1 => "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
            Self::Sha256 => "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
        }
    }
}

/// Bytes of git (a branch, a path) as text, no two alike. Those that are not UTF-8 become `%FF`;
/// a `%` that two such digits follow becomes `%25`, so that nothing else reads the same.
pub fn text_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let chunks = bytes.utf8_chunks();
    for (valid, invalid) in chunks.map(|chunk| (chunk.valid(), chunk.invalid())) {
        for (at, c) in valid.char_indices() {
            let looks_escaped = c == '%' && starts_with_escape(&valid.as_bytes()[at..]);
            text.push_str(if looks_escaped { "%25" } else { &valid[at..at + c.len_utf8()] });
        }
        text.extend(invalid.iter().map(|byte| format!("%{byte:02X}")));
    }
    text
}

fn starts_with_escape(bytes: &[u8]) -> bool {
    let upper_hex = |b: &u8| b.is_ascii_digit() || (b'A'..=b'F').contains(b);
    bytes.len() >= 3 && bytes[1..3].iter().all(upper_hex)
}

/// One line of work: a branch, a detached HEAD, or a plain directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum LineName {
    /// A branch, without `refs/heads/`, as [`text_of`] writes it.
    Branch(String),
    /// HEAD is no branch in this worktree.
    Detached {
        /// The worktree: `main`, or `w-` and git's name for a linked one.
        worktree: String,
    },
    /// There is no git.
    Directory,
}

const DETACHED: &str = ":detached:";
const DIRECTORY: &str = ":directory";

impl LineName {
    /// The branch of a full ref; `None` if it is no branch.
    pub fn of_ref(name: &[u8]) -> Option<Self> {
        name.strip_prefix(b"refs/heads/").map(|branch| Self::Branch(text_of(branch)))
    }

    /// The line as one text. A colon can't stand in a branch name, so no two lines share a key.
    pub fn key(&self) -> String {
        match self {
            Self::Branch(name) => name.clone(),
            Self::Detached { worktree } => format!("{DETACHED}{worktree}"),
            Self::Directory => DIRECTORY.to_owned(),
        }
    }

    /// The line with that key.
    pub fn from_key(key: &str) -> Self {
        match key.strip_prefix(DETACHED) {
            Some(worktree) => Self::Detached { worktree: worktree.to_owned() },
            None if key == DIRECTORY => Self::Directory,
            None => Self::Branch(key.to_owned()),
        }
    }
}

impl From<String> for LineName {
    fn from(key: String) -> Self {
        Self::from_key(&key)
    }
}

impl From<LineName> for String {
    fn from(line: LineName) -> Self {
        line.key()
    }
}

impl fmt::Display for LineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key())
    }
}

/// What git is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// `git rebase`
    Rebase,
    /// `git merge`
    Merge,
    /// `git cherry-pick`
    CherryPick,
    /// `git revert`
    Revert,
    /// `git bisect`
    Bisect,
    /// `git am`
    Am,
}

impl Operation {
    /// As people say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rebase => "rebase",
            Self::Merge => "merge",
            Self::CherryPick => "cherry-pick",
            Self::Revert => "revert",
            Self::Bisect => "bisect",
            Self::Am => "am",
        }
    }
}

/// HEAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The commit; `None` before the first one.
    pub oid: Option<Oid>,
    /// The line.
    pub line: LineName,
    /// What git is in the middle of.
    pub operation: Option<Operation>,
    /// The branch that is being rebased, while HEAD is detached for it.
    pub rebasing: Option<String>,
}

impl Head {
    /// The branch that HEAD names.
    pub fn branch(&self) -> Option<&str> {
        match &self.line {
            LineName::Branch(name) => Some(name),
            LineName::Detached { .. } | LineName::Directory => None,
        }
    }

    /// Whether HEAD is no branch.
    pub fn is_detached(&self) -> bool {
        match self.line {
            LineName::Detached { .. } => true,
            LineName::Branch(_) | LineName::Directory => false,
        }
    }
}

/// A repository, as seen from one directory. Paths are canonical.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The worktree's root; `None` in a bare repository and inside a git directory.
    pub worktree: Option<PathBuf>,
    /// The worktree's own git directory.
    pub git_dir: PathBuf,
    /// What all worktrees share: a project's identity.
    pub common_dir: PathBuf,
    /// Whether it has no worktree of its own.
    pub bare: bool,
    /// Which hash names its objects.
    pub object_format: ObjectFormat,
}

/// What a worktree holds beside its HEAD.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worktree {
    /// Whether anything changed.
    pub dirty: Dirty,
}

/// Whether a worktree or its index differ from HEAD.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dirty {
    /// Nothing changed.
    Clean,
    /// Something did.
    Changed(Changes),
    /// Git could not be asked, or did not answer in time. This is not "clean".
    Unknown {
        /// Why, in words.
        reason: String,
    },
}

/// What changed in a worktree. A file may be staged and unstaged at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// The same as long as nothing else changes.
    pub fingerprint: Fingerprint,
    /// Files whose index entry differs from HEAD.
    pub staged: usize,
    /// Files that differ from the index.
    pub unstaged: usize,
    /// Files with a conflict.
    pub unmerged: usize,
    /// Files and folders that git doesn't know, a folder counted once.
    pub untracked: usize,
    /// The first [`Changes::MOST_PATHS`], in byte order, as [`text_of`] writes them.
    pub paths: Vec<String>,
}

impl Changes {
    /// How many paths are kept: enough to tell a person what it is about.
    pub const MOST_PATHS: usize = 50;
}

/// A 64-bit FNV-1a hash of what changed in a worktree. In JSON: 16 hex digits, because not every
/// reader of JSON keeps 64-bit numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Over nothing; the published offset basis of FNV-1a.
    pub const EMPTY: Self = Self(0xcbf2_9ce4_8422_2325);

    /// Takes in one more entry. Its end counts too: `ab`, `c` is not `a`, `bc`.
    #[must_use]
    pub fn with(self, entry: &[u8]) -> Self {
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        let length = (entry.len() as u64).to_le_bytes();
        let bytes = entry.iter().chain(&length);
        Self(bytes.fold(self.0, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME)))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u64::from_str_radix(&text, /*radix*/ 16).map(Self)
    }
}

#[cfg(test)]
mod tests;
