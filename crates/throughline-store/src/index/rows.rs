//! What goes into the index and comes out of it.

use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use throughline_model::overlay::MemoryUse;

/// A transcript in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub(super) i64);

/// A transcript as it was found on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its path, without the ending of a compressed one: compressing it makes no other transcript.
    pub path: PathBuf,
    /// Whose, as the agent's id.
    pub agent: String,
    /// Whether it lies in the agent's archive.
    pub archived: bool,
    /// Whether it is compressed.
    pub compressed: bool,
    /// In bytes, on the disk.
    pub size: u64,
    /// When it was written last, in nanoseconds since 1970.
    pub modified: i64,
    /// Its number in the file system.
    pub inode: u64,
}

/// The sum of what was found: two are the same if every transcript is. In whatever order they were
/// found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen(pub(super) [u8; 16]);

impl<'a> FromIterator<&'a Found> for Seen {
    fn from_iter<T: IntoIterator<Item = &'a Found>>(found: T) -> Self {
        let sum = found.into_iter().map(digits).fold(0, u128::wrapping_add);
        Self(sum.to_le_bytes())
    }
}

fn digits(found: &Found) -> u128 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&found.size.to_le_bytes());
    hasher.update(&found.modified.to_le_bytes());
    hasher.update(&found.inode.to_le_bytes());
    hasher.update(&[u8::from(found.archived), u8::from(found.compressed)]);
    hasher.update(found.path.as_os_str().as_bytes());
    let mut digits = [0; 16];
    hasher.finalize_xof().fill(&mut digits);
    u128::from_le_bytes(digits)
}

/// A transcript as the index knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its row.
    pub id: SourceId,
    /// As it was when it was read last.
    pub found: Found,
    /// Where reading goes on, in bytes of its text.
    pub offset: u64,
    /// In which turn it stands there.
    pub turn: Option<String>,
    /// Lines that were passed over because something was wrong with them.
    pub skipped: u64,
    /// Why the last reading failed.
    pub error: Option<String>,
    /// How often it failed since it was read well.
    pub attempts: u32,
    /// Whether it was not there at the last look.
    pub is_missing: bool,
}

/// Who speaks in a transcript, and where. `None` and empty: it does not say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meta {
    /// The conversation.
    pub key: String,
    /// The root conversation to which it belongs.
    pub session: String,
    /// Which spawned it.
    pub parent: Option<String>,
    /// Of which it is a copy.
    pub forked_from: Option<String>,
    /// Up to which byte of that one's transcript it shares it.
    pub base_end: Option<u64>,
    /// A subagent's name for people.
    pub nickname: Option<String>,
    /// What a subagent is for.
    pub role: Option<String>,
    /// A subagent's place among the others.
    pub agent_path: Option<String>,
    /// What started it, such as `exec`.
    pub origin: Option<String>,
    /// Who ran the model.
    pub provider: Option<String>,
    /// The agent's version.
    pub version: Option<String>,
    /// The directory in which it worked.
    pub cwd: String,
    /// Its repository's address, without credentials.
    pub repository: String,
    /// The branch at its start.
    pub branch: Option<String>,
    /// HEAD at its start.
    pub head: Option<String>,
    /// When it began, in milliseconds since 1970.
    pub created: Option<i64>,
}

/// Tokens, as the provider counted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tokens {
    /// Read, cached ones included.
    pub input: u64,
    /// Of those, from the cache.
    pub cached: u64,
    /// Written, reasoning included.
    pub output: u64,
    /// Of those, reasoning.
    pub reasoning: u64,
}

impl std::ops::AddAssign for Tokens {
    fn add_assign(&mut self, more: Self) {
        self.input = self.input.saturating_add(more.input);
        self.cached = self.cached.saturating_add(more.cached);
        self.output = self.output.saturating_add(more.output);
        self.reasoning = self.reasoning.saturating_add(more.reasoning);
    }
}

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outcome {
    /// It did not, as far as the transcript says: it runs, or it was killed.
    #[default]
    Open,
    /// By itself.
    Ended,
    /// It was broken off.
    Aborted,
}

impl Outcome {
    /// Every one, in the order of the numbers in the file.
    pub const ALL: [Self; 3] = [Self::Open, Self::Ended, Self::Aborted];

    /// In words and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ended => "ended",
            Self::Aborted => "aborted",
        }
    }

    pub(super) fn number(self) -> i64 {
        self as i64
    }

    pub(super) fn of(number: i64) -> Self {
        let at = usize::try_from(number).unwrap_or_default();
        Self::ALL.get(at).copied().unwrap_or_default()
    }
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemKind {
    /// The user's words.
    Prompt,
    /// The agent's words.
    Answer,
    /// A command.
    Command,
    /// Changed files.
    Files,
    /// A plan.
    Plan,
    /// A compaction.
    Compaction,
}

impl ItemKind {
    /// Every one, in the order of the numbers in the file.
    pub const ALL: [Self; 6] =
        [Self::Prompt, Self::Answer, Self::Command, Self::Files, Self::Plan, Self::Compaction];

    /// In words and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Answer => "answer",
            Self::Command => "command",
            Self::Files => "files",
            Self::Plan => "plan",
            Self::Compaction => "compaction",
        }
    }

    pub(super) fn number(self) -> i64 {
        self as i64
    }

    pub(super) fn of(number: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }
}

/// One item: where it stands, and its words for the search, which are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// What.
    pub kind: ItemKind,
    /// Where its line starts.
    pub offset: u64,
    /// How long its line is.
    pub length: u64,
    /// Its words, redacted. Empty: it can't be searched for.
    pub words: String,
}

/// What a piece of a transcript adds to a turn, or a new turn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TurnDelta {
    /// The agent's name for the turn. Without one it is the turn that stands open, else a new one.
    pub key: Option<String>,
    /// Whether it begins here even though it has no name.
    pub begins: bool,
    /// The earliest time seen in it, in milliseconds since 1970.
    pub began: Option<i64>,
    /// The latest time seen in it.
    pub seen: Option<i64>,
    /// When the user said something in it, the latest time.
    pub prompted: Option<i64>,
    /// How it ended.
    pub outcome: Outcome,
    /// Its model.
    pub model: Option<String>,
    /// Its effort.
    pub effort: Option<String>,
    /// Its tokens so far, where the agent tells the sum.
    pub tokens: Option<Tokens>,
    /// Tokens that came since, where it tells each answer's.
    pub more: Tokens,
    /// Its items, in order.
    pub items: Vec<ItemRow>,
    /// Files that it changed.
    pub files: Vec<String>,
    /// Commits that it made.
    pub commits: Vec<String>,
    /// Tools that it used.
    pub tools: Vec<String>,
    /// Conversations that it spawned.
    pub spawned: Vec<String>,
}

/// What was read of a transcript in one go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chunk {
    /// Who speaks, if it is said here.
    pub meta: Option<Meta>,
    /// The first words of the user, for a title.
    pub title: Option<String>,
    /// Tokens of the whole conversation so far, where the agent tells the sum.
    pub tokens: Option<Tokens>,
    /// Tokens that came since, where it tells each answer's.
    pub more: Tokens,
    /// Its turns, in order.
    pub turns: Vec<TurnDelta>,
    /// Where reading goes on.
    pub offset: u64,
    /// In which turn.
    pub turn: Option<String>,
    /// Whether that is the end. A pass that ends before it is taken up by the next one.
    pub is_last: bool,
    /// Lines that were passed over.
    pub skipped: u64,
    /// Why reading ended before the end.
    pub error: Option<String>,
}

/// A conversation, for lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadRow {
    /// Its transcript.
    pub source: Source,
    /// Who and where.
    pub meta: Meta,
    /// The model that it used last.
    pub model: Option<String>,
    /// The effort that it used last.
    pub effort: Option<String>,
    /// Its name, else the start of its first prompt.
    pub title: String,
    /// The start of its first prompt.
    pub preview: String,
    /// The name that the user gave it.
    pub name: Option<String>,
    /// Whether it is put away, by the agent or by the user.
    pub archived: bool,
    /// Whether the user had it forgotten.
    pub is_forgotten: bool,
    /// What the user said about memories of it.
    pub memory: Option<MemoryUse>,
    /// When it began, in milliseconds since 1970.
    pub created: i64,
    /// When something was last written in it.
    pub updated: i64,
    /// When the user last said something.
    pub recent: i64,
    /// How many turns it has.
    pub turns: u64,
    /// How many plans were given.
    pub plans: u64,
    /// Tokens of all its turns.
    pub tokens: Tokens,
}

/// A turn, for lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnRow {
    /// Its number in its conversation, from 1.
    pub number: u64,
    /// The agent's name for it.
    pub key: Option<String>,
    /// When it began, in milliseconds since 1970.
    pub began: i64,
    /// When it ended.
    pub ended: Option<i64>,
    /// How.
    pub outcome: Outcome,
    /// Its model.
    pub model: Option<String>,
    /// Its effort.
    pub effort: Option<String>,
    /// Its tokens.
    pub tokens: Tokens,
    /// Its items, without words.
    pub items: Vec<ItemRow>,
    /// Files that it changed.
    pub files: Vec<String>,
    /// Commits that it made.
    pub commits: Vec<String>,
    /// Tools that it used.
    pub tools: Vec<String>,
}
