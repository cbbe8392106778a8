//! A turn that wants to end, while a goal is active.
//!
//! Where the user did not turn goals on this costs nothing: no file is looked at. Else the goal is read as it
//! stands, the end of the transcript says what the turn cost so far, and
//! [`throughline_model::goal::driving`] decides. That the turn goes on is written before the agent hears of
//! it; where it can't be written within a second, the turn ends. The agent's own goal for the conversation, and one that
//! can't be looked at, win.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use throughline_agents::agent::OwnGoals;
use throughline_agents::hook::HookAnswer;
use throughline_agents::transcript::{ItemKind, Limits, Offset, UsageOf, read_from};
use throughline_model::config::WriteMode;
use throughline_model::event::{Kind, Level};
use throughline_model::goal::driving::{Others, Rest, Stop, Verdict, decide, reason};
use throughline_model::goal::{Goal, GoalStatus, tokens};
use throughline_model::sanitise;
use throughline_model::session::Usage;
use throughline_runtime::goals::{GoalError, Goals, Owner};
use throughline_runtime::{RuntimeError, Truth as _};
use throughline_store::foreign::read_table_within;
use throughline_store::view::hash;

use super::Hook;
use crate::error::OpsError;
use crate::logs;

/// So much of the end of a transcript is read: what a turn cost stands behind each answer.
const TAIL: u64 = 256 << 10;

/// How long the agent's own database is waited for: it may just be writing.
const PATIENCE: Duration = Duration::from_secs(1);

/// The agent's word for a turn that only plans.
const PLANNING: &str = "plan";

/// The longest objective and step that an agent is told again, in characters.
const LONGEST: usize = 1_000;

impl Hook<'_> {
    /// Whether the turn goes on for a goal.
    pub(super) fn for_goal(&self, last_message: Option<&str>, active: bool) -> HookAnswer {
        let config = &self.here.config;
        let is_off = !config.goals.enabled || config.write_mode != WriteMode::Write;
        let is_planning = self.call.permission_mode.as_deref() == Some(PLANNING);
        let (Some(turn), false) =
            (self.call.turn.as_deref(), is_off || is_planning || self.call.agent.is_some())
        else {
            return HookAnswer::default();
        };
        let Some(goals) = crate::databases::read_for_turn::<Goals>(self.world) else {
            return HookAnswer::default();
        };
        let said = last_message.map(|text| hash(text.as_bytes())).unwrap_or_default();
        self.drive(&goals, turn, &said, active).unwrap_or_else(|error| {
            super::log_problem(self.world, &format!("goal: {error}"));
            HookAnswer::default()
        })
    }

    fn drive(
        &self,
        goals: &Goals,
        turn: &str,
        said: &str,
        stop_hook_active: bool,
    ) -> Result<HookAnswer, OpsError> {
        let session = self.call.session.as_str();
        let Some(goal) = self.goal(goals)? else { return Ok(HookAnswer::default()) };
        let run = goals.run(session)?;
        let stop = Stop {
            turn,
            stop_hook_active,
            said,
            tokens: self.turn_tokens(turn),
            run: run.as_ref(),
            others: self.others(),
        };
        let booked = goals.booked(goal.id.as_str(), session, turn)?.tokens;
        let before = goal.spent.tokens.saturating_sub(booked);
        let now = self.world.clock.now();
        match decide(self.here.config.goals, &goal, before, &stop, now) {
            Verdict::Rest(rest) => Ok(self.rests(rest)),
            Verdict::GoOn(run) => match self.counted(&goal, &run)? {
                Some(goal) => {
                    let spent = before + stop.tokens.unwrap_or(booked);
                    self.goes_on(goal, spent)
                }
                None => Ok(HookAnswer::default()),
            },
        }
    }

    /// The session's own, else the project's.
    fn goal(&self, goals: &Goals) -> Result<Option<Goal>, RuntimeError> {
        let project = self.here.project.key();
        let own = Owner { project: &project, session: Some(&self.call.session) };
        let own = goals.current(own)?.filter(|goal| goal.status != GoalStatus::Complete);
        match own {
            Some(goal) => Ok(Some(goal)),
            None => goals.current(Owner { project: &project, session: None }),
        }
    }

    fn rests(&self, rest: Rest) -> HookAnswer {
        let word = format!("rest.{}", rest.as_str());
        logs::note_word(self.world, Level::Info, Kind::Goal, &word);
        let sentence = Some(rest.sentence()).filter(|sentence| !sentence.is_empty());
        HookAnswer { message: sentence.map(str::to_owned), ..HookAnswer::default() }
    }

    /// `None`, if somebody else was faster, or it can't be written now.
    fn counted(
        &self,
        goal: &Goal,
        run: &throughline_model::goal::driving::Run,
    ) -> Result<Option<Goal>, OpsError> {
        let now = self.world.clock.now();
        let went_without = |error: &RuntimeError| {
            crate::databases::went_without(self.world, Goals::DATABASE, error);
        };
        let goals = Goals::open_at_once(&self.world.home).inspect_err(went_without)?;
        let Some(mut goals) = goals else { return Ok(None) };
        match goals.go_on(goal, &self.call.session, run, now) {
            Ok(goal) => Ok(Some(goal)),
            Err(GoalError::Runtime(error)) => {
                went_without(&error);
                Err(error.into())
            }
            Err(GoalError::Refused(_) | GoalError::None | GoalError::Taken { .. }) => Ok(None),
        }
    }

    fn goes_on(&self, goal: Goal, spent: u64) -> Result<HookAnswer, OpsError> {
        logs::note_word(self.world, Level::Info, Kind::Goal, "go_on");
        let mut goal = goal;
        goal.objective = sanitise::for_model(&goal.objective, LONGEST);
        goal.spent.tokens = spent;
        let fence = sanitise::Fence::new(self.world.entropy.bytes()?);
        let text = reason(&goal, &self.next_step(), |about| fence.wrap(about));
        Ok(HookAnswer { go_on: Some(text), ..HookAnswer::default() })
    }

    /// As the last fold left it ready.
    fn next_step(&self) -> Vec<String> {
        let line = self.here.project.line(&self.here.line()).ok().flatten();
        let next = line.and_then(|line| line.brief?.glance?.next);
        let said = next.map(|(id, title)| format!("{id} {}", sanitise::for_model(&title, LONGEST)));
        said.into_iter().collect()
    }

    /// What the turn cost so far, as the provider counted.
    fn turn_tokens(&self, turn: &str) -> Option<u64> {
        let path = self.call.transcript.as_deref()?;
        let from = Offset { bytes: tail_of(path)?, turn: Some(turn.to_owned()) };
        let limits = Limits::default();
        let mut reader = read_from(path, from, &limits, &self.agent.transcript).ok()?;
        let items = reader.by_ref().map_while(Result::ok);
        let usage = items.filter_map(|item| match item.kind {
            ItemKind::Usage { of: UsageOf::Turn, tokens } if item.turn.as_deref() == Some(turn) => {
                Some(Usage { input: tokens.input, cached: tokens.cached, output: tokens.output })
            }
            _ => None,
        });
        usage.last().map(tokens)
    }

    /// Whether the agent follows a goal of its own in this conversation.
    fn others(&self) -> Others {
        let Some(own) = self.agent.goals else { return Others::Nobody };
        let folders = self.own_goals_folders(own);
        let own_one = folders.iter().any(|folder| {
            let (path, columns) = (folder.join(own.database), [own.thread, own.status]);
            match read_table_within(PATIENCE, &path, own.table, &columns) {
                Ok(rows) => rows.unwrap_or_default().iter().any(|row| {
                    let is = |at: usize, text: &str| row[at].as_deref() == Some(text);
                    is(0, &self.call.session) && !is(1, own.complete)
                }),
                Err(_) => true,
            }
        });
        if own_one { Others::Agent } else { Others::Nobody }
    }

    /// The agent's home, as the transcript lies in it, and the folder that was set for databases.
    fn own_goals_folders(&self, own: &OwnGoals) -> Vec<PathBuf> {
        let stores = self.agent.stores;
        let is_store = |folder: &&Path| {
            let name = folder.file_name().and_then(|name| name.to_str());
            stores.iter().any(|store| Some(store.folder) == name)
        };
        let transcript = self.call.transcript.as_deref();
        let home = transcript
            .and_then(|path| path.ancestors().find(is_store)?.parent().map(Path::to_owned));
        let set = (self.world.variable)(own.folder_variable).map(PathBuf::from);
        home.into_iter().chain(set).collect()
    }
}

/// The first byte of a line, so far before the end.
fn tail_of(path: &Path) -> Option<u64> {
    let mut file = File::open(path).ok()?;
    let from = file.metadata().ok()?.len().saturating_sub(TAIL);
    if from == 0 {
        return Some(0);
    }
    file.seek(SeekFrom::Start(from)).ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes).ok()?;
    let line = bytes.iter().position(|byte| *byte == b'\n')?;
    Some(from + u64::try_from(line).ok()? + 1)
}
