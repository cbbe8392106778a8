//! Memories: whether their database is sound, the pages can be read, and what is made of sessions gets done.

use throughline_model::job::JobStatus;
use throughline_model::memory::sheet;
use throughline_runtime::memories::{JobKind, Memories, MemoryFilter, Visible};
use throughline_runtime::{RuntimeError, Truth as _};

use super::table::{Check, Finding};
use super::{Depth, DoctorOptions};
use crate::memory::Root;
use crate::surroundings::Surroundings;

/// A few sessions that can't be read are no sign of anything.
const FEW: usize = 3;

pub(super) fn look(world: &Surroundings, options: &DoctorOptions) -> Vec<Finding> {
    let memories = match Memories::read(&world.home) {
        Ok(Some(memories)) => memories,
        Ok(None) => return vec![Check::MemoryFile.ok("none yet")],
        Err(error) => return vec![unusable(&error)],
    };
    let sound = match options.depth {
        Depth::Usual => Ok(()),
        Depth::Deep => Memories::DATABASE.verify(&world.home).map(drop),
    };
    let filter = MemoryFilter { visible: Visible::Everything, ..MemoryFilter::default() };
    let all = match sound.and_then(|()| memories.list(&filter)) {
        Ok(all) => all,
        Err(error) => return vec![unusable(&error)],
    };
    let mut roots: Vec<Root> = all.iter().map(|memory| Root::of(&memory.scope)).collect();
    roots.sort();
    roots.dedup();
    vec![
        Check::MemoryFile.ok(format!("{} memories", all.len())),
        pages(world, &roots),
        jobs(&memories),
    ]
}

fn unusable(error: &RuntimeError) -> Finding {
    match error {
        RuntimeError::Damaged { .. }
        | RuntimeError::Insound { .. }
        | RuntimeError::Unreadable { .. } => Check::MemoryFile.fail(error.to_string()),
        RuntimeError::Newer { .. }
        | RuntimeError::Altered { .. }
        | RuntimeError::Busy { .. }
        | RuntimeError::Unusable { .. }
        | RuntimeError::Store(_) => Check::MemoryFile.warn(error.to_string()),
    }
}

/// Pages that a hand left so that they can't be taken in.
fn pages(world: &Surroundings, roots: &[Root]) -> Finding {
    let wrong = roots.iter().find_map(|root| {
        let page = root.folder(world).join(crate::memory::SHEET);
        let text = std::fs::read_to_string(&page).ok()?;
        let error = sheet::parse(&text).err()?;
        Some(format!("{}: {error}", page.display()))
    });
    match wrong {
        Some(wrong) => Check::MemoryPages.warn(wrong),
        None => Check::MemoryPages.ok(format!("{} of {}", roots.len(), roots.len())),
    }
}

fn jobs(memories: &Memories) -> Finding {
    let jobs = JobKind::ALL.map(|kind| memories.jobs(kind).unwrap_or_default()).concat();
    let failed: Vec<_> = jobs.iter().filter(|row| row.job.status == JobStatus::Failed).collect();
    let last = failed.last().and_then(|row| row.job.error.clone()).unwrap_or_default();
    match failed.len() {
        0 => Check::MemoryJobs.ok(format!("{} done", jobs.len())),
        few if few <= FEW => Check::MemoryJobs.note(format!("{few} failed: {last}")),
        many => Check::MemoryJobs.warn(format!("{many} failed, the last one: {last}")),
    }
}
