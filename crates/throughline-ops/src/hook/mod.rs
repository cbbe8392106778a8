//! What happens when an agent calls a hook. The hot path.
//!
//! Contract: whatever goes wrong, the agent goes on: the answer is empty, or one message for the
//! human at SessionStart, and the exit code 0. Nothing here waits for the project lock, except the
//! publish before a commit, and that for [`PUBLISH_PATIENCE`] only. Git is asked once (HEAD), and
//! once or twice more where HEAD moved; until it answers, memories are looked for. Records are appended with one write and no sync; the fold
//! that a Stop starts syncs them.
//!
//! Cost: one git process, one read of the line's file and of the journal's tail, one write.

mod briefing;
mod goal;
mod memories;
mod plan;
mod session;
mod tool;

use std::cell::Cell;
use std::time::Duration;

use throughline_agents::agent::AgentSpec;
use throughline_agents::hook::{HookAnswer, HookCall, HookEvent, event_key};
use throughline_model::config::WriteMode;
use throughline_model::event::{Kind, Level};
use throughline_model::record::Body;
use throughline_model::sanitise;
use throughline_store::StoreError;
use throughline_store::durable;
use throughline_store::journal::Durability;
use throughline_store::marker::Turn;
use throughline_store::session::Heard;

use crate::error::OpsError;
use crate::here::{Here, Site};
use crate::logs;
use crate::surroundings::Surroundings;

/// How long the publish before an agent's commit waits for the project lock.
const PUBLISH_PATIENCE: Duration = Duration::from_millis(20);

/// Events without an id of their own come again after this at the earliest; two
/// installations of our hooks are called within milliseconds.
const AGAIN_AFTER: Duration = Duration::from_millis(1000);

/// Starts come again when a prompt, a compaction or an end came between, else after this: the second
/// of two installations may be late on a busy machine, and a brief must not be told twice.
const START_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// What an untrusted repository gets, once, and only the human reads it.
const UNTRUSTED: &str = "this repository has project memory; `thru init` to use it";

/// What a hook has to do with.
pub(crate) struct Hook<'a> {
    pub(crate) world: &'a Surroundings,
    pub(crate) here: &'a Here,
    pub(crate) call: &'a HookCall,
    pub(crate) agent: &'a AgentSpec,
    /// Memories that were found while git was asked.
    looked: Cell<Option<memories::Looked>>,
}

/// What became of a call.
#[derive(Debug)]
pub struct HookReport {
    /// What the agent is told.
    pub answer: HookAnswer,
    /// What went wrong, for the log.
    pub problem: Option<OpsError>,
    /// Whether there is a project: where there is none nothing is left, not even in the log.
    pub place: Place,
}

/// Whether a hook was called in a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It was, or that could not be found out.
    Project,
    /// It was not.
    Elsewhere,
}

/// Handles a call. Never fails: a problem is part of the report.
pub fn handle(world: &Surroundings, agent: &AgentSpec, call: &HookCall) -> HookReport {
    reported(world, call, answer(world, agent, call))
}

/// What the prompt of a call, which is about to be given, is to be told, by somebody who stands between user and
/// agent. The call of the prompt itself follows, once its turn has a name.
pub(crate) fn before_prompt(
    world: &Surroundings,
    agent: &AgentSpec,
    call: &HookCall,
) -> HookReport {
    let told = || -> Result<(HookAnswer, Place), OpsError> {
        let Ok(here) = Here::at(world, Site::of(world, &call.cwd)?)? else {
            return Ok((HookAnswer::default(), Place::Elsewhere));
        };
        if !here.config.enabled || here.config.write_mode != WriteMode::Write {
            return Ok((HookAnswer::default(), Place::Project));
        }
        let hook = Hook { world, here: &here, call, agent, looked: Cell::new(None) };
        Ok((hook.before_prompt()?, Place::Project))
    };
    reported(world, call, told())
}

fn reported(
    world: &Surroundings,
    call: &HookCall,
    answered: Result<(HookAnswer, Place), OpsError>,
) -> HookReport {
    match answered {
        Ok((answer, place)) => HookReport { answer, problem: None, place },
        Err(problem) => {
            let answer = complaint(world, call, &problem);
            HookReport { answer, problem: Some(problem), place: Place::Project }
        }
    }
}

fn answer(
    world: &Surroundings,
    agent: &AgentSpec,
    call: &HookCall,
) -> Result<(HookAnswer, Place), OpsError> {
    let (site, ahead) = Site::of_while(world, &call.cwd, || memories::ahead(world, call))?;
    let (known, looked) = match ahead.flatten() {
        Some(ahead) => (Some(ahead.known), ahead.looked),
        None => (None, None),
    };
    let here = match Here::at_known(world, site, known)? {
        Ok(here) => here,
        Err(site) => return Ok((untrusted(world, call, &site), Place::Elsewhere)),
    };
    if !here.config.enabled || here.config.write_mode == WriteMode::Off {
        return Ok((HookAnswer::default(), Place::Elsewhere));
    }
    let starts = matches!(call.event, HookEvent::SessionStart { .. });
    let patience = if starts { START_AGAIN_AFTER } else { AGAIN_AFTER };
    let again = call.recurs().then_some(patience);
    if here.project.claim_event(&event_key(call), again)? == Turn::Theirs {
        return Ok((HookAnswer::default(), Place::Project));
    }
    let hook = Hook { world, here: &here, call, agent, looked: Cell::new(looked) };
    let mut answer = hook.dispatch()?;
    if starts && here.config.write_mode == WriteMode::Write {
        hook.add_notice(&mut answer);
    }
    if here.config.write_mode == WriteMode::Shadow {
        logs::note_word(world, Level::Info, Kind::Shadow, "configured");
    }
    if let Some(unreadable) = here.own_unreadable() {
        unreadable.log(world);
    }
    let answer = match here.config.write_mode {
        WriteMode::Write => answer,
        WriteMode::Shadow | WriteMode::Off => HookAnswer::default(),
    };
    Ok((answer, Place::Project))
}

impl Hook<'_> {
    fn dispatch(&self) -> Result<HookAnswer, OpsError> {
        match &self.call.event {
            HookEvent::SessionStart { source } => self.session_start(*source),
            HookEvent::PromptSubmitted { prompt } => self.prompt(prompt),
            HookEvent::ToolStarting { tool } => self.tool_starting(tool),
            HookEvent::ToolFinished { tool, .. } => self.tool_finished(tool),
            HookEvent::PermissionAsked { tool } => self.permission_asked(tool),
            HookEvent::Compacting => self.compacting(),
            HookEvent::SubagentStarted => self.subagent(/*stopped*/ false),
            HookEvent::SubagentStopped { .. } => self.subagent(/*stopped*/ true),
            HookEvent::TurnStopped { last_message, stop_hook_active } => {
                let answer = self.for_goal(last_message.as_deref(), *stop_hook_active);
                self.turn_end(/*interrupted*/ false)?;
                Ok(answer)
            }
            HookEvent::Interrupted => self.turn_end(/*interrupted*/ true),
            HookEvent::SessionEnded { reason } => self.session_end(reason),
        }
    }

    /// What became of a database while nobody looked.
    fn add_notice(&self, answer: &mut HookAnswer) {
        let notice = crate::databases::take_notice(&self.world.home);
        if !notice.is_empty() {
            let said = answer.message.take().into_iter().chain(notice);
            answer.message = Some(said.collect::<Vec<_>>().join("; "));
        }
    }

    pub(crate) fn session(&self) -> String {
        self.call.session.clone()
    }

    pub(crate) fn turn(&self) -> String {
        self.call.turn.clone().unwrap_or_else(|| "unknown".to_owned())
    }

    /// Records an observation and says nothing.
    pub(crate) fn note(&self, body: Body) -> Result<HookAnswer, OpsError> {
        self.observe(body)?;
        Ok(HookAnswer::default())
    }

    pub(crate) fn observe(&self, body: Body) -> Result<(), OpsError> {
        let record = self.world.record(&self.here.line(), body)?;
        self.here.project.journal().append(&[record], Durability::Observed)?;
        Ok(())
    }

    fn subagent(&self, stopped: bool) -> Result<HookAnswer, OpsError> {
        let Some(agent) = self.call.agent.clone() else { return Ok(HookAnswer::default()) };
        let agent_type = self.call.agent_type.clone();
        self.note(Body::Subagent { session: self.session(), agent, agent_type, stopped })
    }
}

/// One line for the human, once for each repository.
fn untrusted(world: &Surroundings, call: &HookCall, site: &Site) -> HookAnswer {
    let starts = matches!(call.event, HookEvent::SessionStart { .. });
    if !starts || !site.carries_memory() || !first_time(world, site).unwrap_or(false) {
        return HookAnswer::default();
    }
    HookAnswer { message: Some(UNTRUSTED.to_owned()), ..HookAnswer::default() }
}

fn first_time(world: &Surroundings, site: &Site) -> Result<bool, StoreError> {
    world.home.prepare()?;
    world.home.mention_once(&site.identity)
}

/// How much of a problem is told, in characters.
const LONGEST_PROBLEM: usize = 600;

/// What the human is told when we can't work: at SessionStart, else once in a session.
fn complaint(world: &Surroundings, call: &HookCall, problem: &OpsError) -> HookAnswer {
    // The problem may quote what stands in a file.
    let problem = sanitise::for_model(&problem.to_string(), LONGEST_PROBLEM);
    let text =
        format!("project memory is not available: {problem}; the session goes on without it");
    logs::note_word(world, Level::Warn, Kind::Shadow, call.event.name());
    let starts = matches!(call.event, HookEvent::SessionStart { .. });
    let known = Site::of(world, &call.cwd).ok().and_then(|site| site.project(world).ok().flatten());
    if starts {
        if let Some(project) = &known {
            let heard = project.heard(&call.session).unwrap_or_default();
            let heard = Heard { complaint: text.clone(), ..heard };
            // That it can't be noted is part of the problem.
            let _ = project.note_heard(&call.session, &heard);
        }
        return HookAnswer { message: Some(text), ..HookAnswer::default() };
    }
    let Some(project) = known else { return HookAnswer::default() };
    let heard = project.heard(&call.session).unwrap_or_default();
    let news = heard.complaint.is_empty();
    if !news
        || project.note_heard(&call.session, &Heard { complaint: text.clone(), ..heard }).is_err()
    {
        return HookAnswer::default();
    }
    HookAnswer { message: Some(text), ..HookAnswer::default() }
}

/// Where the log of hooks is kept, and how large it may get.
const LOG: (&str, u64) = ("hook.log", 256 * 1024);

/// Notes how long a hook took, from the start of its process to its answer.
pub fn log_hook(world: &Surroundings, event: &str, took: Duration) {
    logs::note(world, &logs::event(world, Level::Info, Kind::Hook).word(event).took(took));
}

/// The last lines of that log, oldest first; none if it can't be read.
pub fn last_problems(world: &Surroundings, most: usize) -> Vec<String> {
    let (name, limit) = LOG;
    let bytes = durable::read_if_there(&world.home.file(name), 2 * limit).ok().flatten();
    let text = String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines[lines.len().saturating_sub(most)..].to_vec()
}

/// One line in HOME's log; when it is full it starts anew.
pub fn log_problem(world: &Surroundings, problem: &str) {
    if !world.home.exists() {
        return;
    }
    let (name, limit) = LOG;
    let problem = throughline_model::redact::redact(problem);
    let problem = sanitise::for_model(&problem, LONGEST_PROBLEM);
    logs::note(world, &logs::event(world, Level::Warn, Kind::Problem).word("hook").text(&problem));
    let line = format!("{} {problem}\n", world.clock.now());
    // Nobody is left to tell.
    let _ = durable::log_line(&world.home.file(name), &line, limit);
}
