//! `HOME/goals_1.sqlite`: goals, what each turn cost, and what came of them.
//!
//! Owns that file alone. A session has one goal at a time and so has a project; those before stay as history. Each
//! change is one `BEGIN IMMEDIATE` transaction around a step of [`throughline_model::goal`]: the row is read,
//! the writer's id compared, and written with what follows from it in one `UPDATE` that names the id again. A
//! turn's cost is kept by turn, so it can be booked again and again, and what a goal did cost is their sum.

mod rows;
mod schema;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use throughline_model::goal::driving::Run;
use throughline_model::goal::{Act, Goal, Refused, Spent};
use throughline_model::session::Usage;

pub use schema::DATABASE;

use crate::columns::{millis, time};
use crate::{Change, Database, Opened, RuntimeError, Truth};
use rows::{Kept, number};

/// The database, open.
#[derive(Debug)]
pub struct Goals {
    opened: Opened,
}

/// Of whom a goal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner<'a> {
    /// The project.
    pub project: &'a str,
    /// The session; absent for the project's own goal.
    pub session: Option<&'a str>,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum GoalError {
    /// The state machine says no.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// There is a goal that is not complete.
    #[error("there is a goal already, {found}: complete or clear it first")]
    Taken {
        /// Which.
        found: String,
    },
    /// There is none.
    #[error("there is no goal")]
    None,
    /// The database.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

/// What came of a goal once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalEvent {
    /// When.
    pub at: Timestamp,
    /// What was done, in a word.
    pub what: String,
    /// How it stood afterwards, in a word.
    pub status: String,
    /// By whom, in a word.
    pub by: String,
}

/// A turn and what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnCost {
    /// Which.
    pub turn: String,
    /// When it began.
    pub began: Timestamp,
    /// When it ended, if it did.
    pub ended: Option<Timestamp>,
    /// As the provider counted.
    pub usage: Usage,
}

impl Truth for Goals {
    const DATABASE: &'static Database = &DATABASE;

    fn over(opened: Opened) -> Self {
        Self { opened }
    }
}

impl Goals {
    /// The goal that its owner has now.
    ///
    /// # Errors
    /// [`RuntimeError`]
    pub fn current(&self, owner: Owner<'_>) -> Result<Option<Goal>, RuntimeError> {
        let found = self.opened.with(|c| rows::current(c, owner))?;
        found.map(|kept| kept.read(self.opened.path())).transpose()
    }

    /// A goal by its id, also one of history.
    ///
    /// # Errors
    /// [`RuntimeError`]
    pub fn find(&self, id: &str) -> Result<Option<Goal>, RuntimeError> {
        let found = self.opened.with(|c| rows::find(c, id))?;
        found.map(|kept| kept.read(self.opened.path())).transpose()
    }

    /// Every goal of a project and its sessions, the latest first, with whether its owner has it now.
    ///
    /// # Errors
    /// [`RuntimeError`]
    pub fn list(&self, project: &str) -> Result<Vec<(Goal, bool)>, RuntimeError> {
        let found = self.opened.with(|c| rows::list(c, project))?;
        let read = |(kept, current): (Kept, bool)| Ok((kept.read(self.opened.path())?, current));
        found.into_iter().map(read).collect()
    }

    /// What came of a goal, the oldest first.
    ///
    /// # Errors
    /// [`RuntimeError`]
    pub fn history(&self, id: &str) -> Result<Vec<GoalEvent>, RuntimeError> {
        self.opened.with(|connection| {
            let sql = "SELECT at, what, status, who FROM event WHERE goal = ?1 ORDER BY number";
            let mut statement = connection.prepare_cached(sql)?;
            let event = |row: &rusqlite::Row<'_>| {
                let (at, what, status, by) =
                    (time(row.get(0)?), row.get(1)?, row.get(2)?, row.get(3)?);
                Ok(GoalEvent { at, what, status, by })
            };
            statement.query_map([id], event)?.collect()
        })
    }

    /// Sets a new goal. One that is complete makes room and stays as history.
    ///
    /// # Errors
    /// [`GoalError::Taken`], [`GoalError::Runtime`]; then nothing was changed.
    pub fn set(&mut self, goal: &Goal, by: &str) -> Result<(), GoalError> {
        let owner = Owner { project: &goal.project, session: goal.session.as_deref() };
        self.opened.change(|change| {
            if let Some(found) = current(change, owner)? {
                if found.status != throughline_model::goal::GoalStatus::Complete {
                    return Err(GoalError::Taken { found: found.id.to_string() });
                }
                change.with(|c| rows::retire(c, found.id.as_str()))?;
            }
            change.with(|c| rows::insert(c, goal))?;
            note(change, goal, "set", by)
        })
    }

    /// Does something with its owner's goal, if it is the one that the writer means.
    ///
    /// # Errors
    /// [`GoalError`]; then nothing was changed.
    pub fn act(
        &mut self,
        owner: Owner<'_>,
        expected: &str,
        act: &Act,
        by: (&str, Timestamp),
    ) -> Result<Goal, GoalError> {
        self.act_all(owner, expected, std::slice::from_ref(act), by)
    }

    /// As [`Goals::act`], several things in their order: all of them or none.
    ///
    /// # Errors
    /// [`GoalError`]; then nothing was changed.
    pub fn act_all(
        &mut self,
        owner: Owner<'_>,
        expected: &str,
        acts: &[Act],
        (by, now): (&str, Timestamp),
    ) -> Result<Goal, GoalError> {
        self.opened.change(|change| {
            let mut goal = current(change, owner)?.ok_or(GoalError::None)?;
            for act in acts {
                goal = goal.after(expected, act, now)?;
                write(change, &goal)?;
                note(change, &goal, act.as_str(), by)?;
            }
            Ok(goal)
        })
    }

    /// Takes the goal away from its owner; it stays as history.
    ///
    /// # Errors
    /// [`GoalError`]; then nothing was changed.
    pub fn clear(
        &mut self,
        owner: Owner<'_>,
        expected: &str,
        (by, now): (&str, Timestamp),
    ) -> Result<Goal, GoalError> {
        self.opened.change(|change| {
            let mut goal = current(change, owner)?.ok_or(GoalError::None)?;
            if goal.id.as_str() != expected {
                let (expected, found) = (expected.to_owned(), goal.id.to_string());
                return Err(Refused::Stale { expected, found }.into());
            }
            (goal.until, goal.updated) = (goal.until.or(Some(now)), now);
            write(change, &goal)?;
            change.with(|c| rows::retire(c, expected))?;
            note(change, &goal, "clear", by)?;
            Ok(goal)
        })
    }

    /// Books what turns of a session cost on the goals that they were worked for; the goals that this
    /// changed, as they were and as they are.
    ///
    /// # Errors
    /// [`GoalError::Runtime`]; then nothing was booked.
    pub fn book(
        &mut self,
        owner: Owner<'_>,
        turns: &[TurnCost],
        now: Timestamp,
    ) -> Result<Vec<(Goal, Goal)>, GoalError> {
        let session = owner.session.unwrap_or_default();
        self.opened.change(|change| {
            let mut changed = Vec::new();
            for owner in [owner, Owner { session: None, ..owner }] {
                let Some(goal) = current(change, owner)? else { continue };
                let counted = turns.iter().filter(|turn| goal.counts(turn.began, turn.ended));
                for turn in counted {
                    change.with(|c| rows::book(c, goal.id.as_str(), session, turn))?;
                }
                let spent = change.with(|c| rows::spent(c, goal.id.as_str()))?;
                if spent == goal.spent {
                    continue;
                }
                let after = goal.after(goal.id.as_str(), &Act::Spend(spent), now)?;
                write(change, &after)?;
                if after.status != goal.status {
                    note(change, &after, "spend", "fold")?;
                }
                changed.push((goal, after));
            }
            Ok(changed)
        })
    }

    /// What is booked of one turn.
    ///
    /// # Errors
    /// [`RuntimeError`]
    pub fn booked(&self, goal: &str, session: &str, turn: &str) -> Result<Spent, RuntimeError> {
        self.opened.with(|connection| {
            let sql =
                "SELECT tokens, seconds FROM spent WHERE goal = ?1 AND session = ?2 AND turn = ?3";
            let spent = |row: &rusqlite::Row<'_>| rows::spent_of(row, 0);
            let found = connection.query_row(sql, params![goal, session, turn], spent);
            Ok(found.optional()?.unwrap_or_default())
        })
    }

    /// The last turn of a session that went on.
    ///
    /// # Errors
    /// [`RuntimeError`]
    pub fn run(&self, session: &str) -> Result<Option<Run>, RuntimeError> {
        self.opened.with(|connection| {
            let sql = "SELECT turn, count, began, said, tokens FROM run WHERE session = ?1";
            let run = |row: &rusqlite::Row<'_>| {
                Ok(Run {
                    turn: row.get(0)?,
                    count: number(row.get(1)?),
                    began: time(row.get(2)?),
                    said: row.get(3)?,
                    tokens: number(row.get(4)?),
                })
            };
            connection.query_row(sql, [session], run).optional()
        })
    }

    /// A turn goes on: counted before the agent hears of it, and only once where two ask.
    ///
    /// # Errors
    /// [`GoalError`]; then it does not.
    pub fn go_on(
        &mut self,
        seen: &Goal,
        session: &str,
        run: &Run,
        now: Timestamp,
    ) -> Result<Goal, GoalError> {
        let owner = Owner { project: &seen.project, session: seen.session.as_deref() };
        let act = Act::Continue { before: seen.continued };
        self.opened.change(|change| {
            let goal = current(change, owner)?.ok_or(GoalError::None)?;
            let after = goal.after(seen.id.as_str(), &act, now)?;
            write(change, &after)?;
            change.with(|c| rows::keep_run(c, session, run))?;
            Ok(after)
        })
    }
}

fn current(change: &Change<'_>, owner: Owner<'_>) -> Result<Option<Goal>, RuntimeError> {
    let found = change.with(|c| rows::current(c, owner))?;
    found.map(|kept| kept.read(change.path())).transpose()
}

fn write(change: &Change<'_>, goal: &Goal) -> Result<(), RuntimeError> {
    change.with(|c| rows::update(c, goal))
}

fn note(change: &Change<'_>, goal: &Goal, what: &str, by: &str) -> Result<(), GoalError> {
    let values = (goal.id.as_str(), millis(goal.updated), what, goal.status.as_str(), by);
    let sql = "INSERT INTO event (goal, at, what, status, who) VALUES (?1, ?2, ?3, ?4, ?5)";
    Ok(change.with(|c| c.prepare_cached(sql)?.execute(values).map(drop))?)
}
