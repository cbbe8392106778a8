//! The index: a disposable SQLite database over the transcripts of all sessions ever.
//!
//! **Purpose.** To list and search conversations in milliseconds. It holds references (which file, at
//! which byte), not copies; what can't be derived from a transcript is never in it, and deleting it
//! costs a pass over the transcripts and nothing else.
//!
//! **Files owned.** `HOME/index_1.sqlite` with SQLite's `-wal` and `-shm`, and `HOME/index.lock`. The
//! number is the format's: another format is another file, so an older `thru` beside a newer one
//! keeps its own. A file that is no index of ours, or a damaged one, is put aside as
//! `index_1.damaged.sqlite` (one, the latest) and made anew.
//!
//! **Lock.** Who writes holds an [`IndexClaim`] (`flock`, so a dead owner's is free at once). Readers hold
//! nothing and never wait: they see the last commit. Hooks never open the index.
//!
//! **Compatibility.** Format 1 (0.1.0): the first. A change of the tables is a new file name.
//!
//! **Cost.** One transaction a batch; a transcript's rows and the byte up to which they go are one
//! commit, so a kill at any point leaves whole transcripts or none and nothing is read twice that was
//! committed. `synchronous = NORMAL`: what a power cut takes is read again.

mod claim;
mod error;
mod facts;
mod laid;
mod lineage;
mod list;
mod open;
mod rows;
mod schema;
mod search;
mod write;

pub use claim::IndexClaim;
pub use error::IndexError;
pub use facts::Facts;
pub use lineage::{Told, without_copies};
pub use list::{Direction, Key, ListFilter, Origin, Page, Remembered, Sort, TurnDetail};
pub use open::{Index, Opened, sqlite_version};
pub use rows::{
    Chunk, Found, ItemKind, ItemRow, Meta, Outcome, Seen, Source, SourceId, ThreadRow, Tokens,
    TurnDelta, TurnRow,
};
pub use search::{Hit, Query};
pub use write::Batch;

#[cfg(test)]
mod tests;
