//! Phase 2 by a model: it proposes changes, and what holds without a model decides what becomes of them.
//!
//! It is asked for one project at a time, and only where something changed. What it changes is marked as a
//! model's, so that the rules leave its words the next time. Nothing is deleted on a model's word alone: what it
//! would remove is superseded while sessions still say it, and found by who asks for it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use throughline_model::ids::MemoryId;
use throughline_model::memory::consolidate::{Change, Consolidated, Gone, Scoped};
use throughline_model::memory::engine::{
    PHASE2_OUTPUT_TOKENS, PHASE2_SCHEMA_NAME, Refusal, ground, phase2_input, phase2_instructions,
    phase2_schema, read_proposals,
};
use throughline_model::memory::{Author, Memory, MemoryScope, MemoryStatus, sheet};

use super::engine::{Engine, NoAnswer, Question};
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// What a model answered for a project.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    project: String,
    text: String,
}

/// Asks what is to change in a project's memories, given what changed.
///
/// # Errors
/// [`NoAnswer`].
pub(super) fn ask(
    world: &Surroundings,
    engine: &Engine<'_>,
    project: &str,
    memories: &[Memory],
    diff: &str,
) -> Result<Answered, NoAnswer> {
    let own: Vec<Memory> =
        memories.iter().filter(|memory| is_of(memory, project)).cloned().collect();
    let nonce = world.entropy.bytes::<6>().map_err(OpsError::from)?;
    let text = engine.ask(&Question {
        name: PHASE2_SCHEMA_NAME,
        instructions: phase2_instructions(),
        input: phase2_input(&sheet::print(&own), diff, engine.input_tokens(), nonce),
        schema: phase2_schema(),
        longest_answer: PHASE2_OUTPUT_TOKENS,
    })?;
    Ok(Answered { project: project.to_owned(), text })
}

fn is_of(memory: &Memory, project: &str) -> bool {
    memory.scope.project() == Some(project)
}

/// What comes of a model's proposals.
pub(super) struct Proposed {
    /// The memories after them.
    pub(super) memories: Vec<Memory>,
    /// How many of them are new.
    pub(super) added: usize,
    /// What can't be done.
    pub(super) refused: Vec<Refusal>,
}

/// Carries out what a model proposes.
///
/// # Errors
/// [`NoAnswer::Failed`], if the answer can't be read.
pub(super) fn carry_out(
    answered: &Answered,
    memories: Vec<Memory>,
    findings: &[Scoped],
    now: Timestamp,
    new_ids: &[MemoryId],
) -> Result<Proposed, NoAnswer> {
    let project = &answered.project;
    let findings: Vec<Scoped> =
        findings.iter().filter(|scoped| scoped.project == *project).cloned().collect();
    let sessions: BTreeSet<String> =
        findings.iter().filter_map(|scoped| scoped.finding.source.session.clone()).collect();
    let (own, settling) = seen(&memories, project);
    let proposals = read_proposals(&answered.text, &own, &sessions)
        .map_err(|error| NoAnswer::Failed(error.to_string()))?;
    let (plan, refused) = ground(&proposals, &settling, &findings, now);
    let refused = proposals.refused.into_iter().chain(refused).collect();
    let added = plan.added();
    Ok(Proposed { memories: applied(plan, memories, new_ids, now), added, refused })
}

/// A project's own memories, and with them those that hold everywhere.
fn seen(memories: &[Memory], project: &str) -> (Vec<Memory>, Vec<Memory>) {
    let own = memories.iter().filter(|memory| is_of(memory, project)).cloned().collect();
    let is_seen = |memory: &&Memory| is_of(memory, project) || memory.scope == MemoryScope::User;
    (own, memories.iter().filter(is_seen).cloned().collect())
}

fn applied(
    plan: Consolidated,
    before: Vec<Memory>,
    ids: &[MemoryId],
    now: Timestamp,
) -> Vec<Memory> {
    let is_merged = |change: &Change| matches!(change, Change::Drop { why: Gone::Merged, .. });
    let (merged, changes): (Vec<Change>, Vec<Change>) =
        plan.changes.into_iter().partition(is_merged);
    let mut after = Consolidated { changes }.carry_out(&before, ids);
    for change in &merged {
        let Change::Drop { id, .. } = change else { continue };
        for memory in after.iter_mut().filter(|memory| memory.id == *id) {
            memory.status = MemoryStatus::Superseded;
            memory.until = Some(now);
        }
    }
    for memory in &mut after {
        if memory.author != Author::Person && !before.contains(memory) {
            memory.author = Author::Model;
        }
    }
    after
}

/// Lets those of a model's memories go whose sessions are all forgotten.
pub(super) fn let_go(memories: &mut Vec<Memory>, sessions: &BTreeSet<String>) {
    memories.retain(|memory| {
        let heard = |session: &String| sessions.contains(session);
        let mut named = memory.sources.iter().filter_map(|source| source.session.as_ref());
        memory.author != Author::Model || memory.pinned || named.any(heard)
    });
}
