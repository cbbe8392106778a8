//! The three steps of every verb that changes memories.

use throughline_runtime::memories::{Change, Memories};

use super::root::{Root, RootLock};
use super::sheet;
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// Takes in what hands changed in the sheets of these roots, makes a change, prints the sheets anew and
/// keeps them under `message`.
///
/// # Errors
/// What `change` says, then nothing was changed but for what hands did; a sheet that can't be read.
pub(super) fn write<T>(
    world: &Surroundings,
    roots: &[Root],
    message: &str,
    change: impl FnOnce(&Change<'_>) -> Result<T, OpsError>,
) -> Result<T, OpsError> {
    world.home.prepare()?;
    let mut memories = crate::databases::open::<Memories>(world)?;
    let mut roots: Vec<Root> = roots.to_vec();
    // One order for everybody, so that two never wait for each other.
    roots.sort();
    roots.dedup();
    let locks: Vec<RootLock> =
        roots.iter().map(|root| root.lock(world)).collect::<Result<_, _>>()?;
    for (root, lock) in roots.iter().zip(&locks) {
        sheet::take_in(world, &mut memories, root, lock)?;
    }
    let done = memories.change(change)?;
    for (root, lock) in roots.iter().zip(&locks) {
        sheet::print(world, &mut memories, root, lock, message)?;
    }
    Ok(done)
}
