//! An agent's own server, as somebody sees it who passes its messages on: what hooks would tell is taken from
//! there, so that a project is remembered where hooks are not set up or not trusted.
//!
//! What is seen becomes the same calls that the agent's hooks make, and goes the same way
//! ([`crate::hook::handle`]). Where the hooks work too, each event has the same key, so one of both answers and
//! the other is silent. Only what a prompt is told comes earlier: before the turn has a name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::Value;
use serde_json::value::RawValue;
use throughline_agents::agent::AgentSpec;
use throughline_agents::codex::server::{
    self, Began, ServerEvent, add_context, carry_metadata, notification, prompt,
};
use throughline_agents::hook::{
    HookAnswer, HookCall, HookEvent, StartSource, Tool, ToolOutcome, ToolUse,
};
use throughline_model::record::{Actor, Process};

use crate::error::OpsError;
use crate::hook::{before_prompt, handle, log_problem};
use crate::spawn::command;
use crate::surroundings::Surroundings;

/// Starts the agent's server, for one client: it speaks on pipes.
///
/// # Errors
/// [`OpsError::Program`], if it can't be started.
pub fn start(world: &Surroundings, codex: &Path, home: &Path) -> Result<Child, OpsError> {
    let mut server = command(codex, &world.directory);
    server.arg("app-server").env("CODEX_HOME", home);
    server.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let failed = |error: std::io::Error| OpsError::Program {
        program: codex.display().to_string(),
        problem: format!("can't be started: {error}"),
    };
    server.spawn().map_err(failed)
}

/// What is known of the conversations of one client.
#[derive(Debug)]
pub struct Observer {
    world: Surroundings,
    agent: &'static AgentSpec,
    process: Option<Process>,
    threads: BTreeMap<String, Thread>,
}

#[derive(Debug)]
struct Thread {
    cwd: PathBuf,
    transcript: Option<PathBuf>,
    model: Option<String>,
    /// How it began, until that was told.
    start: Option<StartSource>,
    /// What was said, until its turn has a name.
    prompt: Option<String>,
}

/// A turn that the agent is to begin by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoOn {
    /// In which conversation.
    pub thread: String,
    /// What it is told.
    pub text: String,
}

impl Observer {
    /// Of an agent whose server is this process.
    pub fn new(world: Surroundings, agent: &'static AgentSpec, server: u32) -> Self {
        let process = throughline_store::process::of(server);
        Self { world, agent, process, threads: BTreeMap::new() }
    }

    /// Whether the answer to such a request tells of a conversation.
    pub fn begins(method: &str) -> bool {
        server::begins(method).is_some()
    }

    /// A request that [`Observer::begins`] something was answered.
    pub fn answered(&mut self, method: &str, result: &RawValue) {
        if let (Some(source), Some(began)) = (server::begins(method), server::began(result)) {
            self.begin(began, source);
        }
    }

    fn begin(&mut self, began: Began, source: StartSource) {
        let Began { thread, cwd, transcript, model } = began;
        let new = Thread { cwd, transcript, model, start: Some(source), prompt: None };
        self.threads.insert(thread, new);
    }

    /// A turn is about to be asked for: its parameters get what the agent is to know.
    pub fn before_turn(&mut self, params: &mut Value) {
        carry_metadata(params);
        let said = prompt(params);
        let id = params["threadId"].as_str().unwrap_or_default().to_owned();
        let Some(thread) = self.threads.get_mut(&id) else { return };
        thread.prompt = Some(said.clone());
        let answer = match thread.start.take() {
            Some(source) => self.call(&id, None, HookEvent::SessionStart { source }),
            None => {
                let event = HookEvent::PromptSubmitted { prompt: said };
                let Some(call) = self.call_of(&id, None, event) else { return };
                self.act_for(&id);
                let report = before_prompt(&self.world, self.agent, &call);
                self.answer(report.answer, report.problem.map(|problem| problem.to_string()))
            }
        };
        if let Some(context) = answer.context {
            add_context(params, &context);
        }
    }

    /// More is said in a turn that is going on.
    pub fn before_steer(params: &mut Value) {
        carry_metadata(params);
    }

    /// The server told something; what is to be done about it.
    pub fn told(&mut self, method: &str, params: &RawValue) -> Option<GoOn> {
        match notification(method, params)? {
            ServerEvent::Began(began) => {
                if !self.threads.contains_key(&began.thread) {
                    self.begin(began, StartSource::Startup);
                }
                None
            }
            ServerEvent::Prompted { thread, turn } => {
                let prompt = self.threads.get_mut(&thread)?.prompt.take()?;
                self.call(&thread, Some(turn), HookEvent::PromptSubmitted { prompt });
                None
            }
            ServerEvent::Plan { thread, turn, explanation, steps } => {
                let tool = ToolUse { id: None, kind: Tool::Plan { explanation, steps } };
                let event = HookEvent::ToolFinished { tool, outcome: ToolOutcome::Succeeded };
                self.call(&thread, Some(turn), event);
                None
            }
            ServerEvent::TurnEnded { thread, turn, interrupted: true, .. } => {
                self.call(&thread, Some(turn), HookEvent::Interrupted);
                None
            }
            ServerEvent::TurnEnded { thread, turn, interrupted: false, last_message } => {
                let event = HookEvent::TurnStopped { last_message, stop_hook_active: false };
                let text = self.call(&thread, Some(turn), event).go_on?;
                Some(GoOn { thread, text })
            }
        }
    }

    /// The client is gone, and the server with it.
    pub fn end(&mut self) {
        let threads: Vec<String> = self.threads.keys().cloned().collect();
        for thread in threads {
            let begun = self.threads.get(&thread).is_some_and(|thread| thread.start.is_none());
            if begun {
                let reason = "other".to_owned();
                self.call(&thread, None, HookEvent::SessionEnded { reason });
            }
        }
        self.threads.clear();
    }

    fn call(&mut self, thread: &str, turn: Option<String>, event: HookEvent) -> HookAnswer {
        let Some(call) = self.call_of(thread, turn, event) else { return HookAnswer::default() };
        self.act_for(thread);
        let report = handle(&self.world, self.agent, &call);
        self.answer(report.answer, report.problem.map(|problem| problem.to_string()))
    }

    fn call_of(&self, id: &str, turn: Option<String>, event: HookEvent) -> Option<HookCall> {
        let thread = self.threads.get(id)?;
        Some(HookCall {
            session: id.to_owned(),
            turn,
            agent: None,
            agent_type: None,
            cwd: thread.cwd.clone(),
            transcript: thread.transcript.clone(),
            model: thread.model.clone(),
            permission_mode: None,
            process: self.process.clone(),
            event,
        })
    }

    fn act_for(&mut self, thread: &str) {
        self.world.actor = Actor::Agent { session: Some(thread.to_owned()), agent: None };
    }

    /// Whatever goes wrong, the turn goes on.
    fn answer(&self, answer: HookAnswer, problem: Option<String>) -> HookAnswer {
        if let Some(problem) = problem {
            log_problem(&self.world, &format!("app-server: {problem}"));
        }
        answer
    }
}
