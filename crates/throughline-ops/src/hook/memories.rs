//! What an agent is told of memories, within the budget of a hook.
//!
//! At the start of a session the foremost ones, at a prompt those that its words ask for and that this
//! session was not told yet. Each is noted with the exact words and the reason, so that
//! `thru memory why` can say what was told. Without a database this costs one look at the disk. That
//! memories can't be read is logged, and the session goes on without them.

use std::collections::BTreeMap;

use throughline_model::memory::Memory;
use throughline_model::memory::telling::{Sinking, Telling, at_prompt, at_start, may_tell};
use throughline_model::recall::Question;
use throughline_runtime::Truth as _;
use throughline_runtime::memories::{Memories, Served, Tally, told};
use throughline_store::session::Heard;

use super::Hook;
use crate::error::OpsError;
use crate::memory::MemoryPlace;
use crate::recall::{self, Found, Wanted, look};

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

impl Hook<'_> {
    /// At the start of a session.
    pub(super) fn remembered(&self) -> Remembered {
        self.within_reason(|memories, here| {
            let foremost = memories.foremost(&here.visible_to_agents(), FOREMOST)?;
            let tallies = memories.tallies(&foremost)?;
            let kept: Vec<&Memory> =
                foremost.iter().filter(|memory| self.may_tell(memory, &tallies)).collect();
            let told = at_start(&kept, self.here.config.memory.brief_tokens);
            Ok(self.tell(&told))
        })
    }

    /// At a prompt.
    pub(super) fn remembered_for(&self, prompt: &str, heard: &Heard) -> Remembered {
        self.within_reason(|memories, here| {
            let question = Question::read(prompt, self.world.clock.now());
            let wanted = Wanted {
                question: &question,
                visible: here.visible_to_agents(),
                as_of: None,
                candidates: CANDIDATES,
                // A turn waits for no server.
                near: Vec::new(),
            };
            let found = look(memories, &recall::of(memories, &question)?, &wanted)?;
            let tallies = memories.tallies(found.iter().filter_map(Found::memory))?;
            let news: Vec<(&Memory, String)> = found
                .iter()
                .filter(|found| found.score >= FITS && found.words() >= WORDS)
                .filter_map(|found: &Found| Some((found.memory()?, found.why.join(", "))))
                .filter(|(memory, _)| !heard.memories.iter().any(|id| *id == memory.id.as_str()))
                .filter(|(memory, _)| self.may_tell(memory, &tallies))
                .take(AT_PROMPT)
                .collect();
            let told = at_prompt(&news, self.here.config.memory.brief_tokens);
            Ok(self.tell(&told))
        })
    }

    fn may_tell(&self, memory: &Memory, tallies: &BTreeMap<String, Tally>) -> bool {
        let last_used = tallies.get(memory.id.as_str()).and_then(|tally| tally.last_used);
        let after = self.here.config.memory.consolidate.max_unused;
        let sinking = Sinking { now: self.world.clock.now(), after };
        may_tell(memory) && !sinking.sank(memory, last_used)
    }

    fn within_reason(
        &self,
        choose: impl FnOnce(&Memories, &MemoryPlace) -> Result<Remembered, OpsError>,
    ) -> Remembered {
        if !self.here.config.memory.enabled {
            return Remembered::default();
        }
        let Some(memories) = crate::databases::read_at_once::<Memories>(self.world) else {
            return Remembered::default();
        };
        let chosen = choose(&memories, &MemoryPlace::at(&self.here.site, &self.here.project));
        chosen.unwrap_or_else(|error| {
            if let OpsError::Runtime(error) = &error {
                crate::databases::went_without(self.world, Memories::DATABASE, error);
            }
            super::log_problem(self.world, &error.to_string());
            Remembered::default()
        })
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
