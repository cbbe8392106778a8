//! Memories that a project shares: `.throughline/memories/`, committed with the code.
//!
//! Git moves the files; what they say on the line here is taken into the database when the folder differs
//! from how it was read last. A memory comes from a colleague: unless the user trusts the team's text
//! (`thru trust --team`) or confirms it, it is a suggestion and told to no agent unasked. What the user
//! published stays his own. A file that can't be read is left out and named.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use throughline_model::ids::MemoryId;
use throughline_model::memory::shared::{Shared, parse, print};
use throughline_model::memory::{Author, Memory, MemoryScope, MemoryStatus, Source};
use throughline_runtime::memories::{Change, Memories, Sheet};
use throughline_store::durable::{self, Access};
use throughline_store::project::{Mode, TextTrust};

use super::find;
use super::root::Root;
use super::write::write;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// The folder, below `.throughline`.
const FOLDER: &str = "memories";

/// The member by which a memory says that it came from the team.
const TEAM: &str = "team";

/// The largest file that is read, in bytes, and how many.
const LIMIT: u64 = 64 * 1024;
const FILES: usize = 2_000;

/// What was published or taken back.
#[derive(Debug, Clone)]
pub struct ShareReport {
    /// Which.
    pub memory: Memory,
    /// Its file.
    pub file: PathBuf,
    /// Whether it is there now.
    pub is_shared: bool,
}

/// Whether a memory is to be shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// Its file is written.
    On,
    /// Its file is removed.
    Off,
}

/// Shares a memory with whoever has the repository, or takes it back: its file is written into the
/// worktree, and committed by whoever commits.
///
/// # Errors
/// [`OpsError`]: local mode, a memory that is not the user's own word, files.
pub fn share(
    world: &Surroundings,
    here: &Here,
    name: &str,
    share: Share,
) -> Result<ShareReport, OpsError> {
    let refused = |reason: String| OpsError::Refused { reason };
    if here.project.binding().mode == Mode::Local {
        let reason = "in local mode nothing lies in the repository";
        return Err(refused(reason.to_owned()));
    }
    here.site.check_folder()?;
    let memory = find(&crate::databases::open::<Memories>(world)?, name)?;
    let id = &memory.id;
    if memory.scope.project() != Some(&here.project.key()) {
        return Err(refused(format!("{id} is no memory of this project")));
    }
    let is_own = memory.author == Author::Person && memory.status == MemoryStatus::Current;
    if share == Share::On && !is_own {
        return Err(refused(format!(
            "{id} is not your own word yet: `thru memory confirm {id}` makes it so"
        )));
    }
    let folder = folder(here);
    let file = folder.join(format!("{id}.md"));
    match share {
        Share::On => {
            durable::create_repository_dir(&folder)?;
            durable::check_directory(&folder)?;
            durable::replace(&file, print(&shared(&memory)).as_bytes(), Access::Repository)?;
        }
        Share::Off => fs::remove_file(&file).map_err(|error| OpsError::File {
            path: file.clone(),
            problem: format!("it could not be removed: {error}"),
        })?,
    }
    Ok(ShareReport { memory, file, is_shared: share == Share::On })
}

fn folder(here: &Here) -> PathBuf {
    here.site.folder().join(FOLDER)
}

fn shared(memory: &Memory) -> Shared {
    Shared {
        id: memory.id.clone(),
        kind: memory.kind.clone(),
        status: memory.status,
        since: memory.since,
        title: memory.title.clone(),
        text: memory.text.clone(),
        extra: Vec::new(),
    }
}

/// Takes in what the folder says on the line here. What could not be read, in sentences.
///
/// # Errors
/// [`OpsError`]: the database can't be written.
pub(crate) fn take_in(world: &Surroundings, here: &Here) -> Result<Vec<String>, OpsError> {
    if here.project.binding().mode == Mode::Local || !here.config.memory.enabled {
        return Ok(Vec::new());
    }
    let seen = look(&folder(here));
    let key = format!("team:{}", here.project.key());
    let known = crate::databases::read::<Memories>(world)?
        .map(|memories| memories.sheet(&key))
        .transpose()?;
    let known = known.flatten().map(|sheet| sheet.text).unwrap_or_default();
    // Whose text may be told is part of what was read.
    let trust = here.project.binding().text;
    let print = if seen.is_empty() { String::new() } else { format!("{trust:?} {}", said(&seen)) };
    if print == known {
        return Ok(Vec::new());
    }
    let (files, problems) = read(&seen);
    let project = here.project.key();
    write(world, &[Root::Project(project.clone())], "what the team shares", |change| {
        settle(change, &project, &files, trust, world)?;
        change.put_sheet(&key, &Sheet { text: print, consolidated: None })?;
        Ok::<(), OpsError>(())
    })?;
    Ok(problems)
}

/// A file, its size, and when it was last changed.
type Seen = BTreeMap<PathBuf, (u64, i128)>;

fn look(folder: &Path) -> Seen {
    if durable::check_directory(folder).is_err() {
        return Seen::new();
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(FILES);
    let seen = entries.filter_map(|entry| {
        let path = entry.path();
        let is_page = path.extension().is_some_and(|extension| extension == "md");
        let meta = fs::symlink_metadata(&path).ok().filter(|meta| is_page && meta.is_file())?;
        let modified = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some((path, (meta.len(), i128::try_from(modified.as_nanos()).unwrap_or(i128::MAX))))
    });
    seen.collect()
}

fn said(seen: &Seen) -> String {
    let line =
        |(path, (size, at)): (&PathBuf, &(u64, i128))| format!("{} {size} {at}\n", path.display());
    seen.iter().map(line).collect()
}

fn read(seen: &Seen) -> (BTreeMap<MemoryId, Shared>, Vec<String>) {
    let (mut files, mut problems) = (BTreeMap::new(), Vec::new());
    for path in seen.keys() {
        let bytes = match durable::read(path, LIMIT) {
            Ok(bytes) => bytes,
            Err(error) => {
                problems.push(error.to_string());
                continue;
            }
        };
        match parse(&String::from_utf8_lossy(&bytes)) {
            Ok(shared) => drop(files.insert(shared.id.clone(), shared)),
            Err(error) => problems.push(format!("{}: {error}", path.display())),
        }
    }
    (files, problems)
}

/// Makes the team's memories in the database what the files say.
fn settle(
    change: &Change<'_>,
    project: &str,
    files: &BTreeMap<MemoryId, Shared>,
    trust: TextTrust,
    world: &Surroundings,
) -> Result<(), OpsError> {
    let known = change.of_root(Some(project))?;
    let own: BTreeSet<&MemoryId> =
        known.iter().filter(|memory| !is_of_team(memory)).map(|memory| &memory.id).collect();
    for gone in known.iter().filter(|memory| is_of_team(memory) && !files.contains_key(&memory.id))
    {
        change.remove(&gone.id)?;
    }
    for (id, shared) in files.iter().filter(|(id, _)| !own.contains(id)) {
        let before = known.iter().find(|memory| memory.id == *id);
        // What somebody confirmed, pinned or rejected stays so as long as it says the same.
        let is_same = |memory: &&Memory| {
            memory.text == shared.text && memory.title == shared.title && memory.kind == shared.kind
        };
        let accepted = before.filter(is_same).map(|memory| (memory.status, memory.pinned));
        let (status, pinned) = match (trust, accepted) {
            (TextTrust::Own, Some(accepted)) => accepted,
            (TextTrust::Own, None) => (MemoryStatus::Suggested, false),
            (TextTrust::Team, accepted) => {
                (shared.status, accepted.is_some_and(|(_, pinned)| pinned))
            }
        };
        change.put(&memory(project, shared, (status, pinned), world))?;
    }
    Ok(())
}

fn is_of_team(memory: &Memory) -> bool {
    memory.extra.contains_key(TEAM)
}

fn memory(
    project: &str,
    shared: &Shared,
    (status, pinned): (MemoryStatus, bool),
    world: &Surroundings,
) -> Memory {
    let file = Some(format!(".throughline/{FOLDER}/{}.md", shared.id));
    let at = shared.since.min(world.clock.now());
    let source = Source { file, ..Source::of(at) };
    let scope = MemoryScope::Project { project: project.to_owned() };
    let words = (shared.title.clone(), shared.text.clone());
    Memory {
        status,
        pinned,
        extra: BTreeMap::from([(TEAM.to_owned(), true.into())]),
        ..Memory::stated(shared.id.clone(), shared.kind.clone(), scope, words, source)
    }
}
