//! Reads an agent's transcript as items, from any byte offset, in bounded memory.
//!
//! A transcript is a file of lines that another program is writing. The reader owns nothing: it
//! opens the file read-only, takes whole lines only, and says where to go on. What an item needs
//! is copied; outputs of tools and images are never kept.
//!
//! Laws: reading up to a line's end and on from there gives the same items as reading at once
//! (but for settings and an answer's usage, which may be told again); each item comes from one line alone;
//! no content makes it fail, only the file system and a file that is not the one that was read
//! before. Memory is one line ([`Limits::longest_line`]) and a decoder's window.

mod few;
mod item;
mod lines;
mod open;
mod reader;
mod told;
mod weight;

pub(crate) use few::Few;
pub use item::{
    Change, FileChange, ForkBase, Item, ItemKind, Meta, SubagentActivity, TokenCount, UsageOf,
};
pub use open::{TranscriptError, is_there};
pub use reader::{Reader, item_at, read_from};
pub use told::{Exact, Stretch, ToldItem, tell};
pub use weight::{LineHead, Scales, Stuff, Weights, weigh};

/// Where to go on reading.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offset {
    /// Bytes from the start; of the text, where the file is compressed. Always a line's start.
    pub bytes: u64,
    /// The turn in which the transcript stands there; lines of old transcripts don't repeat it.
    pub turn: Option<String>,
}

/// How much is read at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest line that is looked at, in bytes. A longer one is counted and skipped.
    pub longest_line: usize,
    /// The longest text that an item keeps, in bytes. Of a longer one the start and the end are
    /// kept: an answer says at its end what is left to do.
    pub longest_text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { longest_line: 8 * 1024 * 1024, longest_text: 256 * 1024 }
    }
}

/// What reading came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tail {
    /// Where to go on. A last line without its line end is not yet consumed.
    pub next_offset: Offset,
    /// What was passed over.
    pub skipped: Skipped,
}

/// Lines, or parts of lines, that gave no item because something was wrong with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Skipped {
    /// Lines over [`Limits::longest_line`].
    pub too_long: u64,
    /// Pieces that are no JSON object, such as a line torn by a crash.
    pub bad_json: u64,
    /// Objects of a known kind whose members are not as expected.
    pub odd: u64,
    /// Lines with runs of NUL bytes, as a crash of the machine leaves them.
    pub nul_holes: u64,
}

impl Skipped {
    /// Whether nothing was passed over.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// How an agent writes its transcript: lines of JSON objects.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// What the agent calls its transcript.
    pub name: &'static str,
    /// How its lines begin, to find the good line that was written behind a torn one.
    pub line_start: &'static [u8],
    /// Reads the object at the start of these bytes.
    pub read: fn(&[u8]) -> Result<ReadObject, BadLine>,
    /// How its lines are weighed.
    pub scales: Scales,
    /// Tells the item of a line, where lines hold what clients of Codex's app-server get; `None` for a line
    /// that holds none.
    pub tell: Option<TellLine>,
}

/// Tells the item that a line holds, if it holds one.
pub type TellLine = fn(&[u8]) -> Option<Exact>;

/// One object, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadObject {
    /// What it says.
    pub said: Said,
    /// Its length in bytes.
    pub length: usize,
}

/// What one object of a transcript says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// The turn, if it says so. What follows belongs to it until another turn is named.
    pub turn: Option<String>,
    /// When, if it says so.
    pub at: Option<jiff::Timestamp>,
    /// What, as far as it is of use.
    pub items: Vec<ItemKind>,
    /// Whether something known in it has members that are not as expected.
    pub odd: bool,
}

/// The bytes don't begin with a JSON object as the dialect has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a line of the transcript")]
pub struct BadLine;

#[cfg(test)]
mod tests;
