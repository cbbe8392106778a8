//! What transcripts lie on the disk, and what of them is to be done.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use throughline_agents::agent::{AgentSpec, TRANSCRIPT_ENDINGS};
use throughline_agents::transcript::Offset;
use throughline_store::index::{Found, Seen, Source, SourceId};

use super::AgentHome;
use crate::cores;

/// How often a transcript that can't be read is tried again although it did not change.
const ATTEMPTS: u32 = 3;

/// Everything that was found.
#[derive(Default)]
pub(crate) struct Inventory {
    pub(crate) found: Vec<(Found, &'static AgentSpec)>,
    /// Folders that could not be looked at: what lies below is not gone.
    pub(crate) unseen: Vec<(PathBuf, String)>,
}

/// A transcript to read.
pub(super) struct Job {
    pub(super) found: Found,
    pub(super) agent: &'static AgentSpec,
    /// `None`: it is new.
    pub(super) source: Option<SourceId>,
    pub(super) from: Offset,
    /// The conversation that it tells, and where that worked, if reading goes on in it.
    pub(super) of: Option<(String, String)>,
    /// Another file stands in its place, so what was read of it goes.
    pub(super) replaced: bool,
}

/// What a pass has to do.
#[derive(Default)]
pub(super) struct Work {
    /// The latest first.
    pub(super) jobs: Vec<Job>,
    /// Transcripts that lie elsewhere now.
    pub(super) moved: Vec<(SourceId, Found)>,
    /// Transcripts that are gone.
    pub(super) gone: Vec<SourceId>,
}

/// Looks at every agent's folders.
pub(crate) fn look(homes: &[AgentHome]) -> Inventory {
    let mut inventory = walk(homes);
    inventory.settle();
    inventory
}

/// As [`look`], in no order and with both where a plain and a compressed one tell the same. A level of
/// folders at a time, on all cores: to look at 3,000 files is most of what a query costs.
pub(super) fn walk(homes: &[AgentHome]) -> Inventory {
    let mut inventory = Inventory::default();
    let mut folders: Vec<Folder> = homes.iter().flat_map(Folder::of).collect();
    while !folders.is_empty() {
        let listed = cores::each(&folders, || false, Folder::list);
        folders.clear();
        for listed in listed {
            inventory.found.extend(listed.found);
            inventory.unseen.extend(listed.unseen);
            folders.extend(listed.folders);
        }
    }
    inventory
}

impl Inventory {
    /// Of a plain and a compressed one of the same name the plain one is read, as the agent does.
    pub(super) fn settle(&mut self) {
        self.found.sort_unstable_by(|(a, _), (b, _)| name_of(a).cmp(&name_of(b)));
        self.found.dedup_by(|(later, _), (first, _)| name_of(later).0 == name_of(first).0);
    }

    /// What was seen, if everything was.
    pub(super) fn seen(&self) -> Option<Seen> {
        self.unseen.is_empty().then(|| self.found.iter().map(|(found, _)| found).collect())
    }
}

/// As bytes: to compare paths part by part costs more than to look at the disk.
fn name_of(found: &Found) -> (&OsStr, bool) {
    (found.path.as_os_str(), found.compressed)
}

/// A folder in which transcripts lie.
struct Folder {
    path: PathBuf,
    /// How many levels there are, this one counted.
    depth: usize,
    archived: bool,
    agent: &'static AgentSpec,
}

/// What lies in a folder.
#[derive(Default)]
struct Listed {
    found: Vec<(Found, &'static AgentSpec)>,
    folders: Vec<Folder>,
    unseen: Option<(PathBuf, String)>,
}

impl Folder {
    fn of(home: &AgentHome) -> impl Iterator<Item = Self> {
        let agent = home.agent;
        agent.stores.iter().map(move |store| Self {
            path: home.path.join(store.folder),
            depth: store.depth,
            archived: store.archived,
            agent,
        })
    }

    fn list(&self) -> Listed {
        let mut listed = Listed::default();
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return listed,
            Err(error) => {
                listed.unseen = Some((self.path.clone(), error.to_string()));
                return listed;
            }
        };
        for entry in entries.flatten() {
            // Links are not followed: a circle of folders would have no end.
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && self.depth > 1 {
                listed.folders.push(self.below(entry.path()));
            } else if kind.is_file() {
                let found = found(&entry, self.archived, self.agent);
                listed.found.extend(found.map(|found| (found, self.agent)));
            }
        }
        listed
    }

    fn below(&self, path: PathBuf) -> Self {
        Self { path, depth: self.depth - 1, archived: self.archived, agent: self.agent }
    }
}

fn found(entry: &fs::DirEntry, archived: bool, agent: &AgentSpec) -> Option<Found> {
    let name = entry.file_name();
    let name = name.to_str()?;
    let [plain, packed] = TRANSCRIPT_ENDINGS;
    let compressed = name.ends_with(packed);
    if !compressed && !name.ends_with(plain) {
        return None;
    }
    let meta = entry.metadata().ok()?;
    let mut path = entry.path();
    if compressed {
        path.set_extension("");
    }
    Some(Found {
        path,
        agent: agent.id.to_owned(),
        archived,
        compressed,
        size: meta.size(),
        modified: meta.mtime().saturating_mul(1_000_000_000).saturating_add(meta.mtime_nsec()),
        inode: meta.ino(),
    })
}

/// Compares what lies on the disk with what is known. Pure.
pub(super) fn plan(inventory: Inventory, known: Vec<Source>) -> Work {
    let mut work = Work::default();
    let by_path =
        known.into_iter().map(|source| (source.found.path.clone().into_os_string(), source));
    let mut known: HashMap<OsString, Source> = by_path.collect();
    let mut unknown = Vec::new();
    for (found, agent) in inventory.found {
        match known.remove(found.path.as_os_str()) {
            Some(source) => {
                if source.is_missing {
                    work.moved.push((source.id, found.clone()));
                }
                work.jobs.extend(job(&source, found, agent));
            }
            None => unknown.push((found, agent)),
        }
    }
    let mut away = Away::new(known.into_values());
    for (found, agent) in unknown {
        match away.take(&found) {
            Some(source) => {
                work.moved.push((source.id, found.clone()));
                work.jobs.extend(job(&source, found, agent));
            }
            None => work.jobs.push(Job::of_new(found, agent)),
        }
    }
    work.gone = away.gone(&inventory.unseen);
    work.jobs.sort_by_key(|job| std::cmp::Reverse(job.found.modified));
    work
}

impl Job {
    pub(super) fn of_new(found: Found, agent: &'static AgentSpec) -> Self {
        Self { found, agent, source: None, from: Offset::default(), of: None, replaced: false }
    }
}

/// What is to be read of a transcript that is known, if anything.
fn job(source: &Source, found: Found, agent: &'static AgentSpec) -> Option<Job> {
    let was = &source.found;
    let same = was.size == found.size && was.modified == found.modified;
    let is_unchanged = same && was.inode == found.inode && was.compressed == found.compressed;
    let is_given_up = source.error.is_none() || source.attempts >= ATTEMPTS;
    if is_unchanged && is_given_up {
        return None;
    }
    // To compress a transcript makes another file of the same text; anything else that does has
    // another text. One that was entered and never read has no size.
    let is_read = source.offset > 0;
    let replaced = is_read
        && was.inode != found.inode
        && was.compressed == found.compressed
        && !is_moved(was, &found);
    let from = if replaced {
        Offset::default()
    } else {
        Offset { bytes: source.offset, turn: source.turn.clone() }
    };
    Some(Job { source: Some(source.id), found, agent, from, of: None, replaced })
}

/// A file that was moved to another file system has another number and the same time.
fn is_moved(was: &Found, found: &Found) -> bool {
    was.path != found.path && was.modified == found.modified
}

/// Transcripts that are not where they were, by name: archiving moves a file and keeps its name.
struct Away {
    by_name: HashMap<(String, PathBuf), Source>,
}

impl Away {
    fn new(sources: impl Iterator<Item = Source>) -> Self {
        let by_name = sources.map(|source| (name(&source.found), source));
        Self { by_name: by_name.collect() }
    }

    fn take(&mut self, found: &Found) -> Option<Source> {
        self.by_name.remove(&name(found))
    }

    fn gone(self, unseen: &[(PathBuf, String)]) -> Vec<SourceId> {
        let is_hidden = |path: &Path| unseen.iter().any(|(folder, _)| path.starts_with(folder));
        let rest = self.by_name.into_values().filter(|source| !source.is_missing);
        rest.filter(|source| !is_hidden(&source.found.path)).map(|source| source.id).collect()
    }
}

fn name(found: &Found) -> (String, PathBuf) {
    let name = found.path.file_name().unwrap_or(OsStr::new(""));
    (found.agent.clone(), PathBuf::from(name))
}
