//! What was merged holds where it was merged into: memories of a line go on with its work.

use throughline_model::memory::{Memory, MemoryScope};
use throughline_runtime::memories::Memories;

use super::root::Root;
use super::write::write;
use crate::error::OpsError;
use crate::here::Here;
use crate::lines::known_lines;
use crate::surroundings::Surroundings;

/// Lines from which others come, by the names that people give them.
const TRUNKS: [&str; 4] = ["main", "master", "trunk", "develop"];

/// Moves memories of lines that were merged into the line on which we are: to that line, or to the
/// project if it is the one from which others come. How many.
///
/// # Errors
/// [`OpsError`]: the database, a sheet that can't be understood.
pub(crate) fn merged(
    world: &Surroundings,
    here: &Here,
    lines: &[String],
) -> Result<usize, OpsError> {
    let project = here.project.key();
    let Some(memories) = crate::databases::read::<Memories>(world)? else { return Ok(0) };
    let is_of =
        |memory: &Memory| memory.scope.line().is_some_and(|of| lines.iter().any(|l| l == of));
    if !memories.of_root(Some(&project))?.iter().any(is_of) {
        return Ok(0);
    }
    drop(memories);
    let line = here.line();
    let scope = if is_trunk(here, &line)? {
        MemoryScope::Project { project: project.clone() }
    } else {
        MemoryScope::Line { project: project.clone(), line: line.clone() }
    };
    let message = format!("merge of {} into {line}", lines.join(", "));
    write(world, &[Root::Project(project.clone())], &message, |change| {
        let mut moved = 0;
        for memory in change.of_root(Some(&project))?.into_iter().filter(is_of) {
            change.put(&Memory { scope: scope.clone(), ..memory })?;
            moved += 1;
        }
        Ok(moved)
    })
}

/// Whether others come from a line: it is called so, or came from none itself.
fn is_trunk(here: &Here, line: &str) -> Result<bool, OpsError> {
    if TRUNKS.contains(&line) {
        return Ok(true);
    }
    Ok(known_lines(here)?.iter().any(|known| known.key == line && known.origin.is_none()))
}
