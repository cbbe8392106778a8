//! The local log: what `thru` did, how long it took, what went wrong. Nothing of it leaves the machine.
//!
//! **Design.** A hook has 8 ms and needs most of them; to open SQLite costs one more. So whoever has
//! something to say appends one line to a plain file, [`note`]: one `write` to a file opened for
//! appending, no sync, tens of microseconds. Whoever has time (a fold that finds the buffer grown, `thru
//! logs`, `thru stats`) carries what gathered into the database, [`drain`]. Nothing here is worth a
//! failure: every error ends in a smaller log, never in an exit code or an answer.
//!
//! **Files owned.** `HOME/logs_1.sqlite` with SQLite's `-wal` and `-shm`; `HOME/events.jsonl`, the buffer;
//! `HOME/events.<random>.jsonl`, buffers that are parked to be drained; `HOME/logs.lock`. A damaged
//! database is put aside as `logs_1.damaged.sqlite` (one, the latest) and made anew.
//!
//! **Locking.** A writer holds a shared `flock` on the buffer while it writes, and only if the file is
//! still the one of that name. A drain takes it exclusively for the one rename that parks the buffer, so no
//! line can come after the reading of it. A writer that does not get the lock at once parks a file of its
//! own. One drain at a time: `logs.lock`, not waited for.
//!
//! **Once.** The rows of a parked file and its name are one transaction, after which it is removed. A
//! name that is known is removed unread, so a kill at any point neither loses nor doubles a line.
//!
//! **Caps.** 1,000 rows a session and 8 MiB of database, pruned in the transaction that inserts, the pages
//! given back by an incremental vacuum; a log of SQLite's of 1 MiB and 1 MiB of buffer come on top, so that all
//! is within 10 MiB. A full buffer that nobody drains takes no more.

mod buffer;
mod database;

pub use buffer::{DUE, note};
pub use database::{LogError, LogFilter, LogRow, Logs, drain};

#[cfg(test)]
mod tests;
