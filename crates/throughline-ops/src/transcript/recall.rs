//! A session that nobody observed, from its transcript alone.
//!
//! What a hook would have said is read afterwards: where turns begin and end, what plans were given,
//! which commits were made. Where HEAD stood is known for the start and after each commit. A
//! transcript that names no turns gets them numbered, each from a prompt on.

use std::path::Path;

use jiff::Timestamp;
use throughline_agents::agent;
use throughline_agents::transcript::{Item, ItemKind, Limits, Offset, read_from};
use throughline_model::plan::PlanStep;
use throughline_model::record::GitPoint;
use throughline_model::session::{Past, Session, Subagent, TurnStatus};

use super::{digest, take_in};
use crate::here::Here;

/// A session with what its file does not keep.
#[derive(Debug, Clone)]
pub(crate) struct Recalled {
    /// For its file.
    pub(crate) session: Session,
    /// Every plan that was given, in order, redacted.
    pub(crate) plans: Vec<GivenPlan>,
    /// Commits, as git printed their names, each with its turn.
    pub(crate) commits: Vec<(String, String)>,
}

/// A plan as it was given.
#[derive(Debug, Clone)]
pub(crate) struct GivenPlan {
    /// In which turn.
    pub(crate) turn: String,
    /// When.
    pub(crate) at: Timestamp,
    /// The whole list.
    pub(crate) steps: Vec<PlanStep>,
}

/// Reads a session. A transcript that can't be read leaves it without turns.
pub(crate) fn recall(here: &Here, id: &str, past: &Past) -> Recalled {
    let mut session = Session::new(id, &past.agent, past.began);
    (session.last, session.ended, session.recalled) = (past.last, true, true);
    session.transcript = Some(past.transcript.clone());
    let subagent = |(id, kind): (&String, &Option<String>)| {
        (id.clone(), Subagent { agent_type: kind.clone(), stopped: true })
    };
    session.subagents = past.subagents.iter().map(subagent).collect();
    let mut reading = Reading {
        here,
        past,
        head: past.head.clone(),
        turn: None,
        made: Recalled { session, plans: Vec::new(), commits: Vec::new() },
    };
    reading.read();
    let mut made = reading.made;
    made.session.digest = digest(&made.session);
    made.session.redact();
    made
}

/// To the second, as all times are kept.
fn time_of(item: &Item, began: Timestamp) -> Timestamp {
    let at = item.at.unwrap_or(began);
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

struct Reading<'a> {
    here: &'a Here,
    past: &'a Past,
    /// Where HEAD stands, as far as it is known.
    head: Option<String>,
    /// The turn in which the transcript stands.
    turn: Option<String>,
    made: Recalled,
}

impl Reading<'_> {
    fn read(&mut self) {
        let Some(agent) = agent::find(&self.past.agent) else { return };
        let path = Path::new(&self.past.transcript);
        let opened = read_from(path, Offset::default(), &Limits::default(), &agent.transcript);
        let Ok(mut reader) = opened else { return };
        for item in reader.by_ref().map_while(Result::ok) {
            self.take(item);
        }
        let next = reader.finish().next_offset;
        self.made.session.read_to = next.bytes;
        self.made.session.reading_turn = next.turn;
    }

    fn take(&mut self, mut item: Item) {
        let Some(turn) = self.turn_of(&item) else { return };
        let at = time_of(&item, self.past.began);
        item.turn = Some(turn.clone());
        match &item.kind {
            ItemKind::TurnEnded { .. } => self.end(&turn, at, TurnStatus::Ended),
            ItemKind::TurnAborted { .. } => self.end(&turn, at, TurnStatus::Interrupted),
            ItemKind::Compacted => self.made.session.compactions += 1,
            ItemKind::Plan { steps } => {
                let mut steps = steps.clone();
                steps.iter_mut().for_each(PlanStep::redact);
                self.made.plans.push(GivenPlan { turn, at, steps });
            }
            ItemKind::Command { commit: Some(commit), .. } => self.commit(&turn, commit),
            _other => {}
        }
        take_in(self.here, &mut self.made.session, item);
    }

    /// The turn of an item, begun if it is new.
    fn turn_of(&mut self, item: &Item) -> Option<String> {
        let begins = matches!(item.kind, ItemKind::Prompt { .. } | ItemKind::TurnStarted);
        let number = self.made.session.turns.len() + 1;
        let turn = match &item.turn {
            Some(turn) => turn.clone(),
            None if matches!(item.kind, ItemKind::Prompt { .. }) => format!("turn-{number}"),
            None => self.turn.clone()?,
        };
        if begins && self.made.session.turn_mut(&turn).is_none() {
            let at = time_of(item, self.past.began);
            let git = GitPoint { head: self.head.clone(), ..GitPoint::default() };
            self.made.session.begin_turn(&turn, at, &self.past.line, None, &git);
            // Until its end is read it was killed.
            self.stands(&turn, TurnStatus::Interrupted);
        }
        self.turn = Some(turn.clone());
        Some(turn)
    }

    fn stands(&mut self, turn: &str, status: TurnStatus) {
        if let Some(turn) = self.made.session.turn_mut(turn) {
            turn.status = status;
        }
    }

    fn end(&mut self, turn: &str, at: Timestamp, status: TurnStatus) {
        let git = GitPoint { head: self.head.clone(), ..GitPoint::default() };
        if let Some(turn) = self.made.session.turn_mut(turn) {
            (turn.status, turn.ended, turn.git_after) = (status, Some(at), Some(git));
        }
    }

    fn commit(&mut self, turn: &str, printed: &str) {
        if self.made.commits.iter().any(|(known, _)| known == printed) {
            return;
        }
        self.made.commits.push((printed.to_owned(), turn.to_owned()));
        let full = self.past.commits.iter().find(|full| full.starts_with(printed));
        self.head = full.cloned().or(self.head.take());
    }
}
