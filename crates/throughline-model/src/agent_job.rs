//! An agent job: a table whose rows many agents work on at once, one worker for each item.
//!
//! Not to be confused with [`crate::job`], which leases a piece of housekeeping again and again: an item
//! here is done once. Whoever works on it has a token that nobody else has. Invariants: at any time at
//! most one worker is the item's own; an end that comes without that one's token changes nothing; what
//! is completed, failed or cancelled stays so, unless a person takes up what failed; an attempt counts when
//! its worker begins, so one that never began costs nothing; attempts are bounded.
//!
//! | from | by | to |
//! | --- | --- | --- |
//! | pending | [`assign`], once its wait is over | running |
//! | running | [`report`] of its worker | completed |
//! | running | [`fail`]: attempts are left | pending, later |
//! | running | [`fail`]: none is left | failed |
//! | running | [`release`]: nobody's fault | pending |
//! | pending, running | [`cancel`] | cancelled |
//! | failed, cancelled | [`revive`], by a person, once its worker is gone | pending |

mod order;
mod template;

#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use order::{AgentJobOrder, Assignment, WorkerKind};
pub use template::{Template, TemplateError};

/// How an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemStatus {
    /// Nobody works on it.
    Pending,
    /// Its worker works on it.
    Running,
    /// Its worker reported a result.
    Completed,
    /// No attempt came to a result.
    Failed,
    /// Somebody did not want it any more.
    Cancelled,
}

impl ItemStatus {
    /// All.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Running, Self::Completed, Self::Failed, Self::Cancelled];

    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// By its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether nothing more happens to it by itself.
    pub fn is_end(self) -> bool {
        match self {
            Self::Pending | Self::Running => false,
            Self::Completed | Self::Failed | Self::Cancelled => true,
        }
    }
}

/// How many items stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// Nobody works on them.
    pub pending: u32,
    /// Being worked on.
    pub running: u32,
    /// With a result.
    pub completed: u32,
    /// Without one for good.
    pub failed: u32,
    /// Not wanted any more.
    pub cancelled: u32,
}

impl Tally {
    /// Counts some of a kind.
    pub fn add(&mut self, status: ItemStatus, items: u32) {
        let count = match status {
            ItemStatus::Pending => &mut self.pending,
            ItemStatus::Running => &mut self.running,
            ItemStatus::Completed => &mut self.completed,
            ItemStatus::Failed => &mut self.failed,
            ItemStatus::Cancelled => &mut self.cancelled,
        };
        *count += items;
    }

    /// All of them.
    pub fn total(&self) -> u32 {
        self.open() + self.ended()
    }

    /// Those that have not ended.
    pub fn open(&self) -> u32 {
        self.pending + self.running
    }

    /// Those that ended, in whatever way.
    pub fn ended(&self) -> u32 {
        self.completed + self.failed + self.cancelled
    }

    /// How a job with such items stands once nobody runs it.
    pub fn status(&self) -> ItemStatus {
        match self {
            Self { pending: 0, running: 0, failed: 0, cancelled: 0, .. } => ItemStatus::Completed,
            Self { pending: 0, running: 0, failed: 0, .. } => ItemStatus::Cancelled,
            Self { pending: 0, running: 0, .. } => ItemStatus::Failed,
            Self { .. } => ItemStatus::Pending,
        }
    }
}

/// What an attempt may take, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemRules {
    /// How often a worker may begin.
    pub attempts: u32,
    /// How long after a failure the next one begins; doubled with each further failure.
    pub retry_delay: SignedDuration,
    /// How long one worker may work.
    pub max_runtime: SignedDuration,
}

impl ItemRules {
    /// Until when a worker counts as alive of which nothing can be found out: as long as it may work, and some
    /// time for its end.
    pub fn lease(&self) -> SignedDuration {
        self.max_runtime.saturating_add(GRACE)
    }

    /// How long after so many failures the next attempt begins.
    pub fn delay_after(&self, failures: u32) -> SignedDuration {
        let doublings = failures.saturating_sub(1).min(MOST_DOUBLINGS);
        self.retry_delay.saturating_mul(1 << doublings)
    }
}

/// For the end of a worker that took too long.
const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// After so many failures the delay grows no more.
const MOST_DOUBLINGS: u32 = 6;

/// One row of the table, as far as its working goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// How it stands.
    pub status: ItemStatus,
    /// The token of who works on it, or did so last.
    pub worker: Option<String>,
    /// When that one began; `None`: it was given the item and has not begun.
    pub began: Option<Timestamp>,
    /// How many workers began.
    pub attempts: u32,
    /// Until when a worker of which nothing is known has it.
    pub lease_until: Option<Timestamp>,
    /// Before this nobody tries again.
    pub retry_at: Option<Timestamp>,
    /// What went wrong the last time.
    pub error: Option<String>,
}

/// Whether the process of an item's worker still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerLife {
    /// It does.
    Alive,
    /// It ended.
    Gone,
    /// The system does not tell: the lease decides.
    Unknown,
}

/// What who has a worker for an item is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// The item is its own: so it stands now.
    Taken(Item),
    /// Another worker has it.
    Held,
    /// Not before this.
    Later(Timestamp),
    /// It ended, or has to before anybody else may begin.
    Ended,
}

impl Item {
    /// One that nobody worked on.
    pub fn new() -> Self {
        Self {
            status: ItemStatus::Pending,
            worker: None,
            began: None,
            attempts: 0,
            lease_until: None,
            retry_at: None,
            error: None,
        }
    }

    /// Whether the worker with this token is its own.
    pub fn is_of(&self, worker: &str) -> bool {
        self.status == ItemStatus::Running && self.worker.as_deref() == Some(worker)
    }

    /// Whether a worker has it that may still be at work.
    pub fn is_held(&self, life: WorkerLife, rules: &ItemRules, now: Timestamp) -> bool {
        self.status == ItemStatus::Running && self.may_work(life, rules, now)
    }

    fn may_work(&self, life: WorkerLife, rules: &ItemRules, now: Timestamp) -> bool {
        match life {
            WorkerLife::Alive => true,
            WorkerLife::Gone => false,
            WorkerLife::Unknown => {
                let left = self.lease_until.map(|until| until.duration_since(now));
                // A lease that would run longer than a lease runs was given before the clock was set back.
                left.is_some_and(|left| left.is_positive() && left <= rules.lease())
            }
        }
    }
}

impl Default for Item {
    fn default() -> Self {
        Self::new()
    }
}

/// Gives a pending item to a worker.
pub fn assign(item: &Item, rules: &ItemRules, worker: &str, now: Timestamp) -> Offer {
    match item.status {
        ItemStatus::Running => return Offer::Held,
        ItemStatus::Completed | ItemStatus::Failed | ItemStatus::Cancelled => return Offer::Ended,
        ItemStatus::Pending => {}
    }
    let waits = |at: &Timestamp| {
        let left = at.duration_since(now);
        left.is_positive() && left <= rules.delay_after(u32::MAX)
    };
    if let Some(at) = item.retry_at.filter(waits) {
        return Offer::Later(at);
    }
    Offer::Taken(Item {
        status: ItemStatus::Running,
        worker: Some(worker.to_owned()),
        began: None,
        lease_until: Some(later(now, rules.lease())),
        retry_at: None,
        ..item.clone()
    })
}

/// Its worker begins: an attempt; `None` if the item is not its own any more, or it began before.
pub fn begin(item: &Item, rules: &ItemRules, worker: &str, now: Timestamp) -> Option<Item> {
    (item.is_of(worker) && item.began.is_none()).then(|| Item {
        began: Some(now),
        attempts: item.attempts.saturating_add(1),
        lease_until: Some(later(now, rules.lease())),
        ..item.clone()
    })
}

/// Its worker has a result; `None` if the item is not its own any more: too late, or not his.
pub fn report(item: &Item, worker: &str) -> Option<Item> {
    (item.is_of(worker) && item.began.is_some()).then(|| Item {
        status: ItemStatus::Completed,
        lease_until: None,
        error: None,
        ..item.clone()
    })
}

/// Its worker ended without a result; `None` if the item is not its own any more.
pub fn fail(
    item: &Item,
    rules: &ItemRules,
    worker: &str,
    error: &str,
    now: Timestamp,
) -> Option<Item> {
    if !item.is_of(worker) {
        return None;
    }
    let is_last = item.attempts >= rules.attempts;
    let delay = rules.delay_after(item.attempts);
    Some(Item {
        status: if is_last { ItemStatus::Failed } else { ItemStatus::Pending },
        lease_until: None,
        retry_at: (!is_last && delay.is_positive()).then(|| later(now, delay)),
        error: Some(error.to_owned()),
        ..item.clone()
    })
}

/// Its worker was ended, or never began, for no fault of the item: the attempt does not count. `None` if
/// the item is not its own any more.
pub fn release(item: &Item, worker: &str) -> Option<Item> {
    item.is_of(worker).then(|| Item {
        status: ItemStatus::Pending,
        began: None,
        attempts: item.attempts.saturating_sub(u32::from(item.began.is_some())),
        lease_until: None,
        retry_at: None,
        ..item.clone()
    })
}

/// Nobody wants it any more; `None` if it ended already.
pub fn cancel(item: &Item) -> Option<Item> {
    let cancelled = || Item { status: ItemStatus::Cancelled, retry_at: None, ..item.clone() };
    (!item.status.is_end()).then(cancelled)
}

/// Somebody wants it after all, with all attempts anew; `None` unless it failed or was cancelled, and while
/// the worker from whom it was taken may still be at work.
pub fn revive(item: &Item, life: WorkerLife, rules: &ItemRules, now: Timestamp) -> Option<Item> {
    match item.status {
        ItemStatus::Cancelled if item.may_work(life, rules, now) => None,
        ItemStatus::Failed | ItemStatus::Cancelled => Some(Item::new()),
        ItemStatus::Pending | ItemStatus::Running | ItemStatus::Completed => None,
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}
