//! Goals as rows: one list of columns, one way in and one way out.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};
use throughline_model::goal::driving::Run;
use throughline_model::goal::{Budget, Goal, GoalStatus, Spent, tokens};
use throughline_model::ids::GoalId;

use super::{Owner, TurnCost};
use crate::RuntimeError;
use crate::columns::{millis, time};

const COLUMNS: &str = "id, project, session, milestone, objective, status, reason, token_budget, \
    second_budget, tokens, seconds, continued, created, since, until, updated";

/// A row as it lies there: what can't be read is said by [`Kept::read`].
pub(super) struct Kept {
    id: String,
    status: String,
    goal: Box<dyn FnOnce(GoalId, GoalStatus) -> Goal>,
}

impl Kept {
    pub(super) fn read(self, path: &Path) -> std::result::Result<Goal, RuntimeError> {
        let unreadable = |problem: String| RuntimeError::Unreadable {
            path: path.to_owned(),
            what: "goal",
            problem,
        };
        let id = GoalId::parse(&self.id).map_err(|error| unreadable(error.to_string()))?;
        let status = GoalStatus::parse(&self.status);
        let status = status.ok_or_else(|| unreadable(format!("status `{}`", self.status)))?;
        Ok((self.goal)(id, status))
    }
}

fn kept(row: &Row<'_>) -> Result<Kept> {
    let (project, session, milestone) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let (objective, reason) = (row.get(4)?, row.get(6)?);
    let bound = |at: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.map(number));
    let budget = Budget { tokens: bound(7)?, seconds: bound(8)? };
    let (spent, continued) = (spent_of(row, 9)?, number(row.get(11)?));
    let (created, since) = (time(row.get(12)?), time(row.get(13)?));
    let until = row.get::<_, Option<i64>>(14)?.map(time);
    let updated = time(row.get(15)?);
    let goal = move |id, status| Goal {
        id,
        project,
        session,
        milestone,
        objective,
        status,
        reason,
        budget,
        spent,
        continued,
        created,
        since,
        until,
        updated,
    };
    Ok(Kept { id: row.get(0)?, status: row.get(5)?, goal: Box::new(goal) })
}

pub(super) fn current(connection: &Connection, owner: Owner<'_>) -> Result<Option<Kept>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM goal WHERE project = ?1 AND ifnull(session, '') = ?2 AND is_current = 1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let values = params![owner.project, owner.session.unwrap_or_default()];
    statement.query_row(values, kept).optional()
}

pub(super) fn find(connection: &Connection, id: &str) -> Result<Option<Kept>> {
    let sql = format!("SELECT {COLUMNS} FROM goal WHERE id = ?1");
    connection.prepare_cached(&sql)?.query_row([id], kept).optional()
}

pub(super) fn list(connection: &Connection, project: &str) -> Result<Vec<(Kept, bool)>> {
    let sql =
        format!("SELECT {COLUMNS}, is_current FROM goal WHERE project = ?1 ORDER BY number DESC");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map([project], |row| Ok((kept(row)?, row.get(16)?)))?.collect()
}

pub(super) fn insert(connection: &Connection, goal: &Goal) -> Result<()> {
    let sql = "INSERT INTO goal (id, project, session, milestone, objective, status, tokens, seconds, \
               continued, created, since, updated, is_current) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, 0, ?7, ?7, ?7, 1)";
    let values = params![
        goal.id.as_str(),
        goal.project,
        goal.session,
        goal.milestone,
        goal.objective,
        goal.status.as_str(),
        millis(goal.created),
    ];
    connection.execute(sql, values)?;
    update(connection, goal)
}

/// What can change, and only of that very goal.
pub(super) fn update(connection: &Connection, goal: &Goal) -> Result<()> {
    let sql = "UPDATE goal SET status = ?2, reason = ?3, token_budget = ?4, second_budget = ?5, \
               tokens = ?6, seconds = ?7, continued = ?8, since = ?9, until = ?10, updated = ?11, \
               objective = ?12 WHERE id = ?1";
    let values = params![
        goal.id.as_str(),
        goal.status.as_str(),
        goal.reason,
        goal.budget.tokens.map(whole),
        goal.budget.seconds.map(whole),
        whole(goal.spent.tokens),
        whole(goal.spent.seconds),
        whole(goal.continued),
        millis(goal.since),
        goal.until.map(millis),
        millis(goal.updated),
        goal.objective,
    ];
    connection.prepare_cached(sql)?.execute(values).map(drop)
}

pub(super) fn retire(connection: &Connection, id: &str) -> Result<()> {
    connection.execute("UPDATE goal SET is_current = 0 WHERE id = ?1", [id]).map(drop)
}

/// A turn that was read only in part is booked again when more of it is known.
pub(super) fn book(
    connection: &Connection,
    goal: &str,
    session: &str,
    turn: &TurnCost,
) -> Result<()> {
    let sql = "INSERT INTO spent (goal, session, turn, tokens, seconds) VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT DO UPDATE SET tokens = max(tokens, excluded.tokens), \
               seconds = max(seconds, excluded.seconds)";
    let ran = turn.ended.map_or(0, |ended| ended.duration_since(turn.began).as_secs().max(0));
    let values = params![goal, session, turn.turn, whole(tokens(turn.usage)), ran];
    connection.prepare_cached(sql)?.execute(values).map(drop)
}

/// What all turns cost together.
pub(super) fn spent(connection: &Connection, goal: &str) -> Result<Spent> {
    let sql = "SELECT ifnull(sum(tokens), 0), ifnull(sum(seconds), 0) FROM spent WHERE goal = ?1";
    connection.prepare_cached(sql)?.query_row([goal], |row| spent_of(row, 0))
}

pub(super) fn spent_of(row: &Row<'_>, at: usize) -> Result<Spent> {
    Ok(Spent { tokens: number(row.get(at)?), seconds: number(row.get(at + 1)?) })
}

pub(super) fn keep_run(connection: &Connection, session: &str, run: &Run) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO run (session, turn, count, began, said, tokens) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let Run { turn, count, began, said, tokens } = run;
    let values = params![session, turn, whole(*count), millis(*began), said, whole(*tokens)];
    connection.prepare_cached(sql)?.execute(values).map(drop)
}

pub(super) fn number(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

fn whole(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
