//! `thru agents close`: an agent and all below it are taken out of what is open.

use throughline_model::agent_tree::Closing;
use throughline_runtime::agents::Agents;

use super::tree::Graph;
use super::{AgentRow, refused};
use crate::databases;
use crate::error::OpsError;
use crate::index::AgentHome;
use crate::surroundings::Surroundings;

/// Whether it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Do {
    /// It is shown.
    Look,
    /// It is done.
    It,
}

/// Who was closed.
#[derive(Debug, Clone)]
pub struct CloseReport {
    /// It and those below it that were not closed yet, parents first; as they stood before.
    pub agents: Vec<AgentRow>,
    /// Whether it was done.
    pub what: Do,
}

/// Closes.
///
/// # Errors
/// [`OpsError`]: there is no such agent, one of them is at work, or a file of ours can't be read or written.
pub fn close(
    world: &Surroundings,
    homes: &[AgentHome],
    name: &str,
    what: Do,
) -> Result<CloseReport, OpsError> {
    let graph = Graph::open(world, homes)?;
    let (family, id) = graph.find(name)?;
    let nodes = family.tree.close(&id).map_err(|refusal| refused(&refusal))?;
    if what == Do::It {
        world.home.prepare()?;
        let at = world.clock.now();
        let mut all = Vec::new();
        for node in &nodes {
            let closing = Closing { at, seen: node.agent.last, with: id.clone() };
            all.push((node.agent.id.as_str(), closing));
        }
        databases::open::<Agents>(world)?.close(&all)?;
    }
    Ok(CloseReport { agents: family.rows(nodes), what })
}
