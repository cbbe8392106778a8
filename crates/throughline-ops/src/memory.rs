//! `thru memory …`: what is remembered beyond a session, and who may see it.
//!
//! The truth is `HOME/memories_1.sqlite` ([`throughline_runtime::memories`]). Each memory root (the user's
//! own, and one for each project) also has a folder with `MEMORY.md`, which people read and edit, and
//! its history in a private repository. Every verb works in three steps: take in what a hand changed in
//! `MEMORY.md`, change the database in one transaction, print the sheet anew and keep it. A crash
//! between them loses nothing: the next verb finds the sheet as an edit that changes nothing.
//!
//! Lock: `memory.lock` in the root's folder, for those three steps; never held over a model.

pub mod adopt;
pub mod change;
pub mod consolidate;
pub mod discard;
pub mod export;
pub mod import;
pub mod list;
pub mod mode;
pub mod past;
pub mod status;
pub mod team;
pub mod update;
pub mod why;

pub(crate) mod embed;
pub(crate) mod embedder;
pub(crate) mod engine;
mod foundation;
mod here;
pub mod learn;
mod narrate;
pub(crate) mod promote;
mod propose;
mod root;
mod sheet;
pub(crate) mod uses;
mod workspace;
mod write;

pub use engine::{ASIDE, Allowance, Cost};
pub use here::MemoryPlace;
pub use root::Root;
pub(crate) use root::SHEET;

use throughline_model::ids::MemoryId;
use throughline_model::memory::{Finding, Memory};
use throughline_runtime::memories::{Change, Memories};

use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// How many base32 characters a new id has.
const ID: usize = 6;

/// An id that as good as nobody has.
fn random_id(world: &Surroundings) -> Result<MemoryId, OpsError> {
    Ok(MemoryId::from_entropy(&world.entropy.bytes::<8>()?, ID))
}

/// A word that nobody else has, to prove that a job is one's own.
fn new_token(world: &Surroundings) -> Result<String, OpsError> {
    let bytes = world.entropy.bytes::<20>()?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A new id that nobody has.
fn new_id(world: &Surroundings, change: &Change<'_>) -> Result<MemoryId, OpsError> {
    loop {
        let id = random_id(world)?;
        if !change.is_taken(&id)? {
            return Ok(id);
        }
    }
}

/// The one memory of this name, or whose name begins so, wherever it holds.
fn find(memories: &Memories, name: &str) -> Result<Memory, OpsError> {
    let mut found = memories.named(name)?;
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(OpsError::NoSuch { what: "memory", name: name.to_owned() }),
        _ => Err(OpsError::Refused {
            reason: format!("more than one memory begins with `{name}`: give more of it"),
        }),
    }
}

/// Forgets the findings on which a memory rests, so that it does not come back.
fn forget_findings(change: &Change<'_>, memory: &Memory) -> Result<(), OpsError> {
    for mut output in change.outputs_of(&memory.sources)? {
        let findings = &mut output.extraction.findings;
        let is_source = |finding: &Finding| {
            memory.sources.contains(&finding.source) && finding.kind == memory.kind
        };
        // Of several things said at once those go that say the same; a single one may say it otherwise.
        let is_alone = findings.iter().filter(|finding| is_source(finding)).count() == 1;
        let says_so = |finding: &Finding| {
            is_alone || finding.text == memory.text || finding.title == memory.title
        };
        let before = findings.len();
        findings.retain(|finding| !(is_source(finding) && says_so(finding)));
        if findings.len() < before {
            change.put_output(&output)?;
        }
    }
    Ok(())
}
