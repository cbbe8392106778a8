//! `thru agents`: who spawned whom, how each stands, who works on what; and what closing one, or going on with it,
//! means for those below.
//!
//! Agents are conversations in the index; their names, their place and their end are read from transcripts. That a user
//! closed one is kept in the runtime's database. Closing ends no process: it takes an agent and those below it
//! out of what is open, and only what is not at work can be closed.

pub mod close;
pub mod resume;
pub mod tree;

use std::collections::BTreeMap;

use jiff::Timestamp;
use throughline_model::agent_tree::{Agent, AgentPath, AgentRefusal, AgentStatus, Closing, Tail};
use throughline_model::ids::TaskId;
use throughline_model::line::Line;
use throughline_runtime::agents::Agents;
use throughline_store::index::{Direction, Index, Outcome, ThreadRow, TurnDetail};

use crate::databases;
use crate::error::OpsError;
use crate::here::Here;
use crate::live::{is_live, may_live};
use crate::surroundings::Surroundings;

/// One agent of a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentRow {
    /// How far from the root, which is at 0.
    pub depth: usize,
    /// Its name in the tree.
    pub path: AgentPath,
    /// How it stands.
    pub status: AgentStatus,
    /// When the user closed it, and with which agent; kept also if it went on since.
    pub closing: Option<Closing>,
    /// Its conversation.
    pub thread: ThreadRow,
    /// The line on which its session was seen last, if that is known.
    pub line: Option<String>,
    /// What it, or its session if it is the root, has claimed; with the title of what is on the line here.
    pub claims: Vec<(TaskId, Option<String>)>,
}

/// What the project here knows of sessions.
#[derive(Debug, Default)]
struct Whereabouts {
    /// The line on which a session was seen last.
    lines: BTreeMap<String, (Timestamp, String)>,
    claims: BTreeMap<String, Vec<(TaskId, Option<String>)>>,
    /// Sessions that are known, and whether they live.
    alive: BTreeMap<String, bool>,
}

impl Whereabouts {
    /// Of other lines as they were folded last, of the line here as it is.
    fn of(world: &Surroundings, here: Option<&Here>) -> Result<Self, OpsError> {
        let Some(here) = here else { return Ok(Self::default()) };
        let now = world.clock.now();
        let view = here.read()?.view;
        let mut found = Self::default();
        found.take(&view.line, now, |task| view.task(task).map(|task| task.title.clone()));
        let others = here.project.lines()?;
        for line in others.iter().filter(|line| line.key != view.line.key) {
            found.take(line, now, |_| None);
        }
        Ok(found)
    }

    fn take(&mut self, line: &Line, now: Timestamp, title: impl Fn(&TaskId) -> Option<String>) {
        for (session, seen) in &line.sessions {
            let last = self.lines.get(session).map(|(last, _)| *last);
            if last.is_none_or(|last| last < seen.last) {
                self.lines.insert(session.clone(), (seen.last, line.key.clone()));
            }
            *self.alive.entry(session.clone()).or_default() |= is_live(line, session, now);
        }
        for (task, claim) in line.claims.iter().filter(|(_, claim)| claim.until > now) {
            let claims = self.claims.entry(claim.owner.clone()).or_default();
            claims.push((task.clone(), title(task)));
        }
    }

    /// Whether the process in which a session's agents run lives, as far as is known.
    fn is_alive(&self, thread: &ThreadRow, now: Timestamp) -> bool {
        match self.alive.get(&thread.meta.session) {
            Some(alive) => *alive,
            None => may_live(time(thread.updated), now),
        }
    }
}

fn time(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MIN)
}

/// All agents that the user closed.
fn closed(world: &Surroundings) -> Result<BTreeMap<String, Closing>, OpsError> {
    match databases::read::<Agents>(world)? {
        Some(agents) => Ok(agents.closed()?),
        None => Ok(BTreeMap::new()),
    }
}

/// How a transcript ends.
fn tail(index: &Index, thread: &ThreadRow) -> Result<Tail, OpsError> {
    let last = index.turns(
        thread.source.id,
        Direction::Descending,
        /*after*/ None,
        /*limit*/ 1,
        TurnDetail::Items,
    )?;
    Ok(match last.first().map(|turn| turn.outcome) {
        None | Some(Outcome::Ended) => Tail::AtRest,
        Some(Outcome::Open) => Tail::InTurn,
        Some(Outcome::Aborted) => Tail::BrokenOff,
    })
}

/// A conversation as an agent of a tree.
fn agent(
    index: &Index,
    thread: &ThreadRow,
    known: &Whereabouts,
    closing: Option<Closing>,
    now: Timestamp,
) -> Result<Agent, OpsError> {
    Ok(Agent {
        id: thread.meta.key.clone(),
        parent: thread.meta.parent.clone(),
        says: thread.meta.agent_path.clone(),
        nickname: thread.meta.nickname.clone(),
        began: time(thread.created),
        last: time(thread.updated),
        tail: tail(index, thread)?,
        is_alive: known.is_alive(thread, now),
        closing,
    })
}

fn refused(refusal: &AgentRefusal) -> OpsError {
    OpsError::Refused { reason: refusal.to_string() }
}
