//! A goal: what a session or a project is to reach, how it stands, and what it may cost.
//!
//! Every change is [`Goal::after`], a pure step of the state machine that names the goal which the writer
//! means: whoever holds another id is told so ([`Refused::Stale`]) and changes nothing. Invariants, held by a
//! property test: an id never changes, what was used never shrinks, a goal that is `active` has budget left
//! (what is used and what it leads to are one step), and a complete one stays complete. How a goal makes a turn go
//! on is [`driving`].

pub mod driving;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::GoalId;
use crate::session::Usage;

/// The longest objective, in characters: what Codex takes for its own goals.
pub const LONGEST_OBJECTIVE: usize = 4_000;

/// How a goal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoalStatus {
    /// It is worked on.
    Active,
    /// A person put it off.
    Paused,
    /// The agent can't go on by itself.
    Blocked,
    /// The provider lets nobody go on for now.
    UsageLimited,
    /// What it may cost is used up.
    BudgetLimited,
    /// It is reached.
    Complete,
}

impl GoalStatus {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Active,
        Self::Paused,
        Self::Blocked,
        Self::UsageLimited,
        Self::BudgetLimited,
        Self::Complete,
    ];

    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Blocked => "blocked",
            Self::UsageLimited => "usage_limited",
            Self::BudgetLimited => "budget_limited",
            Self::Complete => "complete",
        }
    }

    /// By its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// What it may cost; what is absent has no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Budget {
    /// Tokens: read and not cached, and written.
    pub tokens: Option<u64>,
    /// Seconds in which turns ran.
    pub seconds: Option<u64>,
}

/// What it did cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Spent {
    /// Tokens, as [`tokens`] counts them.
    pub tokens: u64,
    /// Seconds in which turns ran.
    pub seconds: u64,
}

/// The tokens that count: input without what came from the cache, and output.
pub fn tokens(usage: Usage) -> u64 {
    usage.input.saturating_sub(usage.cached).saturating_add(usage.output)
}

impl Budget {
    /// Whether so much is all of it.
    pub fn is_used_up(self, spent: Spent) -> bool {
        let over = |bound: Option<u64>, used| bound.is_some_and(|bound| used >= bound);
        over(self.tokens, spent.tokens) || over(self.seconds, spent.seconds)
    }
}

/// One goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    /// Which.
    pub id: GoalId,
    /// The project of which it is.
    pub project: String,
    /// The session of which it is; absent if it is the project's.
    pub session: Option<String>,
    /// The milestone that it leads to.
    pub milestone: Option<String>,
    /// What is to be reached.
    pub objective: String,
    /// How it stands.
    pub status: GoalStatus,
    /// Why, where somebody said so.
    pub reason: Option<String>,
    /// What it may cost.
    pub budget: Budget,
    /// What it did cost.
    pub spent: Spent,
    /// How often it let a turn go on since a person set it or took it up.
    pub continued: u64,
    /// When it was set.
    pub created: Timestamp,
    /// When it became active last: turns that ended before it do not count.
    pub since: Timestamp,
    /// When it ceased to be active; turns that began after it do not count.
    pub until: Option<Timestamp>,
    /// When it was changed last.
    pub updated: Timestamp,
}

/// What somebody wants of a goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Put it off.
    Pause,
    /// Go on with it, as a person says.
    Resume,
    /// It can't be gone on with.
    Block {
        /// Why.
        reason: String,
    },
    /// The provider lets nobody go on.
    Limit,
    /// It is reached.
    Complete,
    /// It may cost so much.
    Allow(Budget),
    /// It is said in other words.
    Reword {
        /// What is to be reached.
        objective: String,
    },
    /// It did cost so much, in all.
    Spend(Spent),
    /// It lets a turn go on, for the so-and-so-many-th time.
    Continue {
        /// How often it did before, as the writer knows it.
        before: u64,
    },
}

impl Act {
    /// In a word, for its history.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Block { .. } => "block",
            Self::Limit => "limit",
            Self::Complete => "complete",
            Self::Allow(_) => "budget",
            Self::Reword { .. } => "reword",
            Self::Spend(_) => "spend",
            Self::Continue { .. } => "continue",
        }
    }
}

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The writer means another goal, or saw it before somebody else changed it.
    #[error("goal {expected} is not the current one any more; it is {found} now: look at it first")]
    Stale {
        /// Which the writer means.
        expected: String,
        /// Which there is.
        found: String,
    },
    /// It can't be done from where the goal stands.
    #[error("a goal that is {} can't be changed by `{act}`", from.as_str())]
    NotFrom {
        /// How it stands.
        from: GoalStatus,
        /// What was wanted.
        act: &'static str,
    },
    /// There is nothing left of what it may cost.
    #[error("its budget is used up: `thru goals budget` raises it, and it goes on")]
    UsedUp,
    /// A bound of nothing.
    #[error("a budget must be more than nothing")]
    NoBudget,
    /// No words, or too many.
    #[error("an objective has 1 to {LONGEST_OBJECTIVE} characters")]
    Objective,
}

impl Goal {
    /// A new one, active.
    ///
    /// # Errors
    /// [`Refused::Objective`], [`Refused::NoBudget`].
    pub fn new(
        id: GoalId,
        project: &str,
        objective: &str,
        budget: Budget,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let objective = checked(objective)?;
        check(budget)?;
        Ok(Self {
            id,
            project: project.to_owned(),
            session: None,
            milestone: None,
            objective,
            status: GoalStatus::Active,
            reason: None,
            budget,
            spent: Spent::default(),
            continued: 0,
            created: now,
            since: now,
            until: None,
            updated: now,
        })
    }

    /// The goal after an act of somebody who means `expected`.
    ///
    /// # Errors
    /// [`Refused`]; then nothing changes.
    pub fn after(&self, expected: &str, act: &Act, now: Timestamp) -> Result<Self, Refused> {
        if expected != self.id.as_str() {
            let (expected, found) = (expected.to_owned(), self.id.to_string());
            return Err(Refused::Stale { expected, found });
        }
        let mut goal = self.clone();
        goal.updated = now.max(self.updated);
        goal.take(act)?;
        if goal.status == GoalStatus::Active && goal.budget.is_used_up(goal.spent) {
            goal.status = GoalStatus::BudgetLimited;
        }
        goal.until = match (goal.status, self.until) {
            (GoalStatus::Active, _) => None,
            (_, Some(until)) => Some(until),
            (_, None) => Some(goal.updated),
        };
        if goal.status == GoalStatus::Active && self.status != GoalStatus::Active {
            goal.since = goal.updated;
        }
        Ok(goal)
    }

    fn take(&mut self, act: &Act) -> Result<(), Refused> {
        use GoalStatus::{Active, Blocked, BudgetLimited, Complete, Paused, UsageLimited};
        match (act, self.status) {
            (Act::Spend(spent), _) => {
                self.spent.tokens = self.spent.tokens.max(spent.tokens);
                self.spent.seconds = self.spent.seconds.max(spent.seconds);
            }
            (Act::Allow(budget), Active | Paused | Blocked | UsageLimited | BudgetLimited) => {
                self.allow(*budget)?;
            }
            (
                Act::Reword { objective },
                Active | Paused | Blocked | UsageLimited | BudgetLimited,
            ) => self.objective = checked(objective)?,
            (Act::Resume, Active | Paused | Blocked | UsageLimited | BudgetLimited) => {
                if self.budget.is_used_up(self.spent) {
                    return Err(Refused::UsedUp);
                }
                (self.status, self.reason, self.continued) = (Active, None, 0);
            }
            (Act::Complete, Active | Paused | Blocked | UsageLimited | BudgetLimited) => {
                (self.status, self.reason) = (Complete, None);
            }
            (Act::Pause, Active | Blocked | UsageLimited) => self.status = Paused,
            (Act::Block { reason }, Active) => {
                (self.status, self.reason) = (Blocked, Some(reason.clone()));
            }
            (Act::Limit, Active) => self.status = UsageLimited,
            (Act::Continue { before }, Active) if *before == self.continued => self.continued += 1,
            (Act::Continue { before }, Active) => {
                let of = |count: u64| format!("{} ({count})", self.id);
                return Err(Refused::Stale { expected: of(*before), found: of(self.continued) });
            }
            (
                Act::Allow(_)
                | Act::Reword { .. }
                | Act::Resume
                | Act::Complete
                | Act::Pause
                | Act::Block { .. }
                | Act::Limit
                | Act::Continue { .. },
                Paused | Blocked | UsageLimited | BudgetLimited | Complete,
            ) => return Err(Refused::NotFrom { from: self.status, act: act.as_str() }),
        }
        Ok(())
    }

    /// A budget that is raised lets a goal go on that was out of it.
    fn allow(&mut self, budget: Budget) -> Result<(), Refused> {
        check(budget)?;
        self.budget = budget;
        if self.status == GoalStatus::BudgetLimited && !budget.is_used_up(self.spent) {
            self.status = GoalStatus::Active;
        }
        Ok(())
    }

    /// Whether a turn is worked for it: one that ran at a time when it was active.
    pub fn counts(&self, began: Timestamp, ended: Option<Timestamp>) -> bool {
        ended.is_none_or(|ended| ended >= self.since)
            && self.until.is_none_or(|until| began <= until)
    }
}

fn checked(objective: &str) -> Result<String, Refused> {
    let objective = objective.trim();
    let fits = (1..=LONGEST_OBJECTIVE).contains(&objective.chars().count());
    if fits { Ok(objective.to_owned()) } else { Err(Refused::Objective) }
}

fn check(budget: Budget) -> Result<(), Refused> {
    let none = [budget.tokens, budget.seconds].contains(&Some(0));
    if none { Err(Refused::NoBudget) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
