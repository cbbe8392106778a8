//! What an agent is told of memories, within the budget of a hook.
//!
//! At the start of a session the foremost ones, at a prompt those that its words ask for and that this
//! session was not told yet. Each is noted with the exact words and the reason, so that
//! `thru memory why` can say what was told. Without a database this costs one look at the disk. That
//! memories can't be read is logged, and the session goes on without them.
//!
//! They are looked for while git is asked where we are, for the place that its files show ([`ahead`]), and so is the
//! project. If git says another one, that was in vain: what is told is always of the place that git says.

use throughline_agents::hook::{HookCall, HookEvent};
use throughline_git::guess;
use throughline_model::head::Head;
use throughline_model::memory::Memory;
use throughline_model::memory::telling::{Sinking, Telling, at_prompt, at_start, may_tell};
use throughline_model::recall::Question;
use throughline_runtime::Truth as _;
use throughline_runtime::memories::{Memories, Served, Visible, told};
use throughline_store::session::Heard;

use super::Hook;
use crate::error::OpsError;
use crate::here::{Known, Site, settings};
use crate::memory::MemoryPlace;
use crate::recall::{self, Found, Wanted, look};
use crate::surroundings::Surroundings;

/// Of so many that come first the ones are chosen that are told at a start.
const FOREMOST: usize = 48;

/// Of so many that have words in common with a prompt the ones are chosen that fit it.
const CANDIDATES: usize = 80;

/// How well a memory must fit a prompt to be told unasked: a prompt is a task, not a question, and
/// what does not help disturbs.
const FITS: f32 = 0.45;

/// By so many of its words it must be found: one, such as a number, is often chance.
const WORDS: usize = 2;

/// So many are told at a prompt at most.
const AT_PROMPT: usize = 3;

/// What is told of memories.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    /// For the agent: a heading and a line each; empty if nothing is told.
    pub(super) lines: Vec<String>,
    /// Which ones.
    pub(super) ids: Vec<String>,
}

/// What was found before anybody knew what the session heard.
pub(crate) struct Looked {
    visible: Visible,
    /// None, if there is nothing to read, or it can't be read now: it is not tried again.
    found: Option<(Memories, Result<Likely, OpsError>)>,
}

/// Memories that may be told.
enum Likely {
    /// The foremost ones.
    AtStart(Vec<Memory>),
    /// Those that the prompt asks for, best first.
    AtPrompt(Vec<Found>),
}

/// What is found where the files say that we are, before git says it.
pub(crate) struct Ahead {
    pub(crate) known: Known,
    /// None, where nothing is to be told.
    pub(crate) looked: Option<Looked>,
}

/// Looks for the project of a call and its memories where the files say that we are. None, where they don't.
pub(crate) fn ahead(world: &Surroundings, call: &HookCall) -> Option<Ahead> {
    let guess = guess(&call.cwd)?;
    let head = Head { oid: None, line: guess.line, operation: None, rebasing: None };
    let (worktree, identity) = (guess.worktree, guess.common_dir);
    let project = world.home.find(&identity).ok().flatten()?;
    let site = Site { repository: None, worktree, identity: identity.clone(), head };
    // It reads the line, which is then known.
    let visible = MemoryPlace::at(&site, &project).visible_to_agents();
    let may_tell = || {
        let config = settings(world, &project, &site).ok();
        tells(call) && config.is_some_and(|config| config.enabled && config.memory.enabled)
    };
    let looked = may_tell().then(|| look_for(world, call, visible));
    Some(Ahead { known: Known { identity, project }, looked })
}

/// Whether a call is answered with memories: a subagent's parent has them.
fn tells(call: &HookCall) -> bool {
    matches!(call.event, HookEvent::SessionStart { .. })
        || matches!(call.event, HookEvent::PromptSubmitted { .. }) && call.agent.is_none()
}

fn look_for(world: &Surroundings, call: &HookCall, visible: Visible) -> Looked {
    let found = crate::databases::read_at_once::<Memories>(world).map(|memories| {
        let found = memories.at_one_moment(|memories| {
            if let HookEvent::PromptSubmitted { prompt } = &call.event {
                asked_for(world, memories, prompt, &visible)
            } else {
                Ok(Likely::AtStart(memories.foremost(&visible, FOREMOST)?))
            }
        });
        (memories, found)
    });
    Looked { visible, found }
}

fn asked_for(
    world: &Surroundings,
    memories: &Memories,
    prompt: &str,
    visible: &Visible,
) -> Result<Likely, OpsError> {
    let question = Question::read(prompt, world.clock.now());
    let wanted = Wanted {
        question: &question,
        visible: visible.clone(),
        as_of: None,
        candidates: CANDIDATES,
    };
    // By words alone: a turn waits for no server.
    let mut found = look(memories, &recall::of(memories, &question)?, &wanted)?;
    found.retain(|found| found.score >= FITS && found.words() >= WORDS);
    Ok(Likely::AtPrompt(found))
}

impl Hook<'_> {
    /// What memories say to this call; `heard` is what the session was told before.
    pub(super) fn remembered(&self, heard: &Heard) -> Remembered {
        if !self.here.config.memory.enabled {
            return Remembered::default();
        }
        let visible = MemoryPlace::at(&self.here.site, &self.here.project).visible_to_agents();
        let looked = self.looked.take().filter(|looked| looked.visible == visible);
        let looked = looked.unwrap_or_else(|| look_for(self.world, self.call, visible));
        let Some((memories, found)) = looked.found else { return Remembered::default() };
        let chosen = found.and_then(|likely| self.choose(&memories, likely, heard));
        chosen.unwrap_or_else(|error| {
            if let OpsError::Runtime(error) = &error {
                crate::databases::went_without(self.world, Memories::DATABASE, error);
            }
            super::log_problem(self.world, &error.to_string());
            Remembered::default()
        })
    }

    fn choose(
        &self,
        memories: &Memories,
        likely: Likely,
        heard: &Heard,
    ) -> Result<Remembered, OpsError> {
        let tokens = self.here.config.memory.brief_tokens;
        match likely {
            Likely::AtStart(foremost) => {
                let mut kept = Vec::new();
                for memory in &foremost {
                    kept.extend(self.may_tell(memories, memory)?.then_some(memory));
                }
                Ok(self.tell(&at_start(&kept, tokens)))
            }
            Likely::AtPrompt(found) => {
                let mut news = Vec::new();
                for found in &found {
                    let Some(memory) = found.memory() else { continue };
                    let was_told = heard.memories.iter().any(|id| *id == memory.id.as_str());
                    if news.len() < AT_PROMPT && !was_told && self.may_tell(memories, memory)? {
                        news.push((memory, found.why.join(", ")));
                    }
                }
                Ok(self.tell(&at_prompt(&news, tokens)))
            }
        }
    }

    /// When it was last of use is asked only where that decides.
    fn may_tell(&self, memories: &Memories, memory: &Memory) -> Result<bool, OpsError> {
        let after = self.here.config.memory.consolidate.max_unused;
        let sinking = Sinking { now: self.world.clock.now(), after };
        if !may_tell(memory) || !sinking.sank(memory, /*last_used*/ None) {
            return Ok(may_tell(memory));
        }
        let tallies = memories.tallies([memory])?;
        let last_used = tallies.get(memory.id.as_str()).and_then(|tally| tally.last_used);
        Ok(!sinking.sank(memory, last_used))
    }

    /// The lines, with a note of each.
    fn tell(&self, told: &[Telling<'_>]) -> Remembered {
        let at = self.world.clock.now();
        let served = |one: &Telling<'_>| Served {
            session: self.session(),
            turn: self.call.turn.clone().unwrap_or_default(),
            memory: one.memory.id.clone(),
            line: one.line.clone(),
            why: one.why.text(),
            at,
            used: None,
        };
        let served: Vec<Served> = told.iter().map(served).collect();
        if served.is_empty() {
            return Remembered::default();
        }
        told::note(&self.world.home, &served);
        let lines = served.iter().map(|one| format!("- {}", one.line));
        Remembered {
            lines: [HEADING.to_owned()].into_iter().chain(lines).collect(),
            ids: served.iter().map(|one| one.memory.to_string()).collect(),
        }
    }
}

/// What stands above the lines: that they are data is said by the fence.
const HEADING: &str = "Remembered from earlier sessions (look one up with the tool `recall`):";
