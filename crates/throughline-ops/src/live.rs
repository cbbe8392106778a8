//! Which sessions may still be at work.

use std::time::Duration;

use jiff::Timestamp;
use throughline_model::line::{Line, Seen};
use throughline_store::process;

/// A session of which the process is not known counts as alive for that long after its last sign.
const UNKNOWN_IS_ALIVE: Duration = Duration::from_secs(12 * 60 * 60);

/// Whether who gave this last sign, and whose process is not known, may still be at work.
pub(crate) fn may_live(last: Timestamp, now: Timestamp) -> bool {
    now.duration_since(last).unsigned_abs() < UNKNOWN_IS_ALIVE
}

/// Whether a session of the line may still be at work.
pub fn is_live(line: &Line, session: &str, now: Timestamp) -> bool {
    line.sessions.get(session).is_some_and(|seen| may_work(seen, now))
}

fn may_work(seen: &Seen, now: Timestamp) -> bool {
    if seen.ended {
        return false;
    }
    match &seen.process {
        Some(process) => process::is_alive(process),
        None => may_live(seen.last, now),
    }
}
