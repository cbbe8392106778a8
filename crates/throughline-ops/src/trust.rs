//! `thru trust`: whose text may reach an agent.

use throughline_model::ids::TaskId;
use throughline_model::state::Task;
use throughline_store::lock::COMMAND_PATIENCE;
use throughline_store::project::TextTrust;

use crate::error::OpsError;
use crate::here::Here;
use crate::init::{Adoption, InitOptions, init};
use crate::surroundings::Surroundings;

/// What shall be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustOptions {
    /// The repository's memory, on this machine.
    Project,
    /// Nothing yet: show the texts that nobody accepted.
    Show,
    /// Those texts, as they stand.
    Texts,
    /// Whatever is committed, from now on.
    Team,
    /// Only own and accepted text, from now on.
    Own,
}

/// What is trusted now.
#[derive(Debug, Clone)]
pub struct TrustReport {
    /// The project's name.
    pub project: String,
    /// Whose text may reach an agent.
    pub text: TextTrust,
    /// Texts that nobody accepted: they reach no agent.
    pub open: Vec<(TaskId, Task)>,
    /// How many were accepted just now.
    pub accepted: usize,
}

/// Extends or shows trust.
pub fn trust(world: &Surroundings, options: TrustOptions) -> Result<TrustReport, OpsError> {
    let here = match Here::find(world) {
        Err(OpsError::NotTrusted { .. }) if options == TrustOptions::Project => {
            let mode = throughline_store::project::Mode::Shared;
            init(world, InitOptions { mode, adoption: Adoption::Mention })?;
            Here::find(world)?
        }
        found => found?,
    };
    // Whatever can fail goes before what is promised.
    let open = unaccepted(&here)?;
    let here = match options {
        TrustOptions::Team => set(world, here, TextTrust::Team)?,
        TrustOptions::Own => set(world, here, TextTrust::Own)?,
        TrustOptions::Project | TrustOptions::Show | TrustOptions::Texts => here,
    };
    let binding = here.project.binding();
    let (project, text) = (binding.name.clone(), binding.text);
    if options == TrustOptions::Texts {
        let accepted = accept(&here, &open)?;
        return Ok(TrustReport { project, text, open: Vec::new(), accepted });
    }
    Ok(TrustReport { project, text, open, accepted: 0 })
}

fn set(world: &Surroundings, mut here: Here, text: TextTrust) -> Result<Here, OpsError> {
    let mut binding = here.project.binding().clone();
    binding.text = text;
    world.home.rebind(&mut here.project, binding)?;
    Ok(here)
}

fn unaccepted(here: &Here) -> Result<Vec<(TaskId, Task)>, OpsError> {
    let loaded = here.load()?;
    let accepted = here.project.accepted()?;
    let own = crate::brief::own_texts(here, &accepted, &loaded.view)?;
    let open = loaded.view.state.tasks.into_iter();
    Ok(open.filter(|(id, task)| !accepted.has(id, task) && !own.contains(id)).collect())
}

fn accept(here: &Here, open: &[(TaskId, Task)]) -> Result<usize, OpsError> {
    let lock = here.project.lock(COMMAND_PATIENCE)?;
    let mut accepted = here.project.accepted()?;
    let count = open.iter().filter(|(id, task)| accepted.accept(id, task)).count();
    here.project.save_accepted(&lock, &accepted)?;
    Ok(count)
}
