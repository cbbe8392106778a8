//! The steps of the write protocol, as places where another process may come in between.
//!
//! In the program a step is nothing. In a test each is a switch to another thread, so that shuttle decides
//! who goes on, and every order of steps can be tried on one thread of the system. Nobody stands still
//! there: who waits for a lock asks again after a switch. There is no unsafe code and none without locks
//! here, so loom and miri would find nothing to look at.

/// Where a process is in the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Before a lock is asked for, each time.
    Lock,
    /// The journal's lock is let go.
    Unlocked,
    /// The late files are known.
    LateListed,
    /// It is known where a segment ends; nothing is written yet.
    Measured,
    /// Lines are in a segment.
    Written,
    /// They are durable.
    Synced,
    /// A late file is written, under its temporary name.
    LateWritten,
    /// It has its name.
    LateNamed,
    /// One is removed.
    LateRemoved,
    /// A reader has one segment.
    SegmentRead,
    /// A state file is what it was before.
    Compared,
    /// What is to stand in it is in the journal.
    Intended,
    /// It stands there.
    Replaced,
    /// A line.json is about to be replaced.
    LineSaved,
}

#[cfg(not(test))]
mod program {
    use std::time::Duration;

    use super::Step;

    #[inline]
    pub(crate) fn reach(_: Step) {}

    /// How many turns to wait, where threads take turns.
    #[inline]
    pub(crate) fn turns(_: Duration) -> Option<u128> {
        None
    }

    /// Whether locks are left out.
    #[inline]
    pub(crate) fn leaves_locks_out() -> bool {
        false
    }
}

#[cfg(not(test))]
pub(crate) use program::{leaves_locks_out, reach, turns};
#[cfg(test)]
pub(crate) use tests::{leaves_locks_out, reach, turns};

#[cfg(test)]
mod tests;
