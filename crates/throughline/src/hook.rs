//! `thru hook AGENT`: one JSON event on standard input, one JSON answer or nothing on standard
//! output. Entered before the command line is parsed: every millisecond of it is the user's.
//!
//! Whatever happens, the exit code is 0 and the agent goes on; a panic is caught and logged.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use throughline_agents::agent::{self, AgentSpec, HookWire};
use throughline_agents::hook::LONGEST_CALL;
use throughline_model::record::Actor;
use throughline_ops::hook::{Place, handle, log_hook, log_problem};
use throughline_ops::surroundings::Surroundings;

use crate::environment::Environment;

/// How long a turn waits for one answer of git, where the machine is busy: the agent waits too.
const GIT_PATIENCE: Duration = Duration::from_secs(2);

/// Whether the arguments are those of a hook of an agent whose hooks we answer.
pub(crate) fn is_hook(arguments: &[OsString]) -> bool {
    agent_of(arguments).is_some()
}

fn agent_of(arguments: &[OsString]) -> Option<(&'static AgentSpec, HookWire)> {
    match arguments {
        [_, hook, name] if hook == "hook" => {
            let agent = agent::find(name.to_str()?)?;
            Some((agent, agent.hooks?))
        }
        _ => None,
    }
}

/// Answers one call.
pub(crate) fn run(environment: &Environment, arguments: &[OsString]) -> ExitCode {
    if environment.is_aside {
        return ExitCode::SUCCESS;
    }
    let begun = Instant::now();
    // The default hook would print into the agent's log.
    std::panic::set_hook(Box::new(|_| {}));
    let answered = catch_unwind(AssertUnwindSafe(|| {
        agent_of(arguments).and_then(|(agent, hooks)| answer(environment, agent, hooks))
    }));
    match answered {
        Ok(Some(answered)) => {
            // Codex went away: it does not need the answer any more.
            let _ = io::stdout().write_all(answered.text.unwrap_or_default().as_bytes());
            if answered.place == Place::Project {
                log_hook(&answered.world, answered.event, begun.elapsed());
            }
        }
        Ok(None) => {}
        Err(_) => {
            let world = environment.surroundings(Actor::Person);
            let _ = catch_unwind(AssertUnwindSafe(|| log_problem(&world, "a hook panicked")));
        }
    }
    ExitCode::SUCCESS
}

/// A call that was understood.
struct Answered {
    text: Option<String>,
    world: Surroundings,
    event: &'static str,
    place: Place,
}

fn answer(environment: &Environment, agent: &AgentSpec, hooks: HookWire) -> Option<Answered> {
    let mut input = Vec::new();
    let limit = u64::try_from(LONGEST_CALL).unwrap_or(u64::MAX) + 1;
    let read = io::stdin().take(limit).read_to_end(&mut input);
    let parsed = (hooks.parse)(&input);
    let session = parsed
        .as_ref()
        .ok()
        .and_then(|call| call.as_ref())
        .map(|call| (call.session.clone(), call.agent.clone()));
    let actor = match session {
        Some((session, agent)) => Actor::Agent { session: Some(session), agent },
        None => Actor::Agent { session: None, agent: None },
    };
    let mut world = environment.surroundings(actor);
    world.git = world.git.with_deadline(GIT_PATIENCE);
    match parsed {
        Ok(Some(call)) => {
            let report = handle(&world, agent, &call);
            if let Some(problem) = &report.problem {
                log_problem(&world, &format!("{}: {problem}", call.event.name()));
            }
            let text = (hooks.answer)(&call.event, &report.answer);
            Some(Answered { text, world, event: call.event.name(), place: report.place })
        }
        Ok(None) => None,
        Err(error) => {
            let cut = if read.is_err() { " (standard input broke off)" } else { "" };
            log_problem(&world, &format!("{error}{cut}"));
            None
        }
    }
}
