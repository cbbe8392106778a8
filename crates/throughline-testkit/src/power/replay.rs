//! A disk on which a traced command's calls are carried out again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Syncs;
use crate::strace::{Call, Trace};
use crate::world::{Entry, Picture};

/// Files and names, each as it is and as it is sure to be.
#[derive(Debug)]
pub(super) struct Disk {
    root: PathBuf,
    syncs: Syncs,
    files: Vec<Content>,
    names: BTreeMap<PathBuf, Node>,
    sure: BTreeMap<PathBuf, Node>,
    /// Steps that no sync of their folder has made sure, oldest first.
    steps: Vec<Step>,
    /// Where each open file's next read or write is, by process and descriptor.
    positions: BTreeMap<(u32, i64), Position>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Folder { mode: u32 },
    File(usize),
}

#[derive(Debug)]
struct Content {
    mode: u32,
    sure: Vec<u8>,
    /// What it held after each write since the last sync.
    later: Vec<Vec<u8>>,
}

/// One step in one folder: names and what they become.
#[derive(Debug)]
struct Step {
    folder: PathBuf,
    becomes: Vec<(PathBuf, Option<Node>)>,
}

#[derive(Debug, Clone, Copy)]
enum Position {
    At(usize),
    AtEnd,
}

impl Content {
    fn now(&self) -> &Vec<u8> {
        self.later.last().unwrap_or(&self.sure)
    }

    fn write(&mut self, offset: usize, bytes: &[u8]) {
        let mut now = self.now().clone();
        now.resize(now.len().max(offset + bytes.len()), 0);
        now[offset..offset + bytes.len()].copy_from_slice(bytes);
        self.later.push(now);
    }

    fn cut(&mut self, length: usize) {
        let mut now = self.now().clone();
        now.resize(length, 0);
        self.later.push(now);
    }

    fn sync(&mut self) {
        if let Some(now) = self.later.pop() {
            self.sure = now;
            self.later.clear();
        }
    }

    /// Everything that may be read after the power is back: old, torn, zeros, each step, new.
    fn possible(&self) -> Vec<Vec<u8>> {
        let mut possible = vec![self.sure.clone()];
        let mut last = &self.sure;
        for later in &self.later {
            let begin = last.iter().zip(later).take_while(|(old, new)| old == new).count();
            // "Up to any byte": the first, the middle and the last stand for all.
            let (first, end) = (begin + 1, later.len());
            let cuts =
                BTreeSet::from([first, begin + (end.max(begin) - begin) / 2, end.max(1) - 1]);
            let inside = cuts.into_iter().filter(|cut| (first..end).contains(cut));
            possible.extend(inside.map(|cut| later[..cut].to_vec()));
            if end > begin {
                let mut zeros = later.clone();
                zeros[begin..].fill(0);
                possible.push(zeros);
            }
            possible.push(later.clone());
            last = later;
        }
        possible
    }
}

impl Disk {
    /// A disk on which all of a picture is sure.
    pub(super) fn of(before: &Picture, root: &Path, syncs: Syncs) -> Self {
        let mut files = Vec::new();
        let mut sure = BTreeMap::new();
        for (path, entry) in &before.entries {
            let node = match entry {
                Entry::Folder { mode } => Node::Folder { mode: *mode },
                Entry::File { mode, bytes } => {
                    files.push(Content { mode: *mode, sure: bytes.clone(), later: Vec::new() });
                    Node::File(files.len() - 1)
                }
            };
            sure.insert(path.clone(), node);
        }
        let (names, steps, positions) = (sure.clone(), Vec::new(), BTreeMap::new());
        Self { root: root.to_owned(), syncs, files, names, sure, steps, positions }
    }

    /// Carries out one call; whether the disk may look otherwise after it.
    pub(super) fn carry_out(&mut self, trace: &Trace, at: usize) -> bool {
        let call = &trace.calls()[at];
        if call.error.is_some() {
            return false;
        }
        match call.name.as_str() {
            "openat" => self.open(call, trace.path_at(at, 0)),
            "close" => self.close(call),
            "lseek" => self.seek(call),
            "read" | "pread64" => false,
            "write" => self.write(call),
            "pwrite64" => self.write_at(call),
            "ftruncate" => self.truncate(call),
            "fsync" | "fdatasync" => self.sync(call),
            "rename" => self.rename(trace.path(at, 0), trace.path(at, 1)),
            "renameat" | "renameat2" => self.rename(trace.path_at(at, 0), trace.path_at(at, 2)),
            "unlink" => self.remove(trace.path(at, 0)),
            "unlinkat" => self.remove(trace.path_at(at, 0)),
            "mkdir" => self.make_folder(trace.path(at, 0)),
            "mkdirat" => self.make_folder(trace.path_at(at, 0)),
            _ => self.check_unknown(call),
        }
    }

    /// A way of changing a file that the model lacks must not pass for no change.
    fn check_unknown(&self, call: &Call) -> bool {
        let unknown = [
            "open",
            "creat",
            "writev",
            "pwritev",
            "pwritev2",
            "sendfile",
            "copy_file_range",
            "splice",
            "fallocate",
            "truncate",
            "link",
            "linkat",
            "symlink",
            "symlinkat",
            "rmdir",
            "dup",
            "dup2",
            "dup3",
            "mmap",
            "sync_file_range",
            "msync",
        ];
        let writes = match call.name.as_str() {
            "mmap" => call.arguments.get(2).is_some_and(|a| a.shown().contains("PROT_WRITE")),
            _ => unknown.contains(&call.name.as_str()),
        };
        let ours = call.arguments.iter().any(|argument| {
            let text = argument.bytes().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            let path = argument.file().or(text.map(PathBuf::from));
            path.and_then(|path| self.ours(&path)).is_some()
        });
        let shared = call.name != "mmap" || call.arguments[3].shown().contains("MAP_SHARED");
        assert!(!(writes && ours && shared), "the model of a disk does not know {call:?}");
        false
    }

    /// The path below the root, of what a picture holds.
    fn ours(&self, path: &Path) -> Option<PathBuf> {
        let below = path.strip_prefix(&self.root).ok()?;
        crate::world::is_pictured(below).then(|| below.to_owned())
    }

    fn descriptor(call: &Call) -> Option<(u32, i64)> {
        Some((call.process, call.arguments.first()?.number()?))
    }

    /// The file that a descriptor leads to.
    fn content(&self, call: &Call) -> Option<usize> {
        let path = self.ours(&call.arguments.first()?.file()?)?;
        match self.names.get(&path) {
            Some(Node::File(file)) => Some(*file),
            Some(Node::Folder { .. }) | None => None,
        }
    }

    fn open(&mut self, call: &Call, path: Option<PathBuf>) -> bool {
        let Some(path) = path.and_then(|path| self.ours(&path)) else { return false };
        let flags = call.arguments[2].shown();
        let mode = call.arguments.get(3).map_or("0600", |mode| mode.shown());
        let mode = u32::from_str_radix(mode, /*radix*/ 8).unwrap_or(0o600);
        let position = if flags.contains("O_APPEND") { Position::AtEnd } else { Position::At(0) };
        if let Some(descriptor) = call.result {
            self.positions.insert((call.process, descriptor), position);
        }
        match self.names.get(&path) {
            None if flags.contains("O_CREAT") => {
                // The umask of tests takes nothing that the owner needs.
                self.files.push(Content {
                    mode: mode & 0o755,
                    sure: Vec::new(),
                    later: Vec::new(),
                });
                let node = Node::File(self.files.len() - 1);
                self.step(vec![(path, Some(node))])
            }
            Some(Node::File(file)) if flags.contains("O_TRUNC") => {
                let file = *file;
                self.files[file].cut(0);
                true
            }
            Some(_) | None => false,
        }
    }

    fn close(&mut self, call: &Call) -> bool {
        Self::descriptor(call).and_then(|descriptor| self.positions.remove(&descriptor));
        false
    }

    fn seek(&mut self, call: &Call) -> bool {
        let to = call.result.and_then(|to| usize::try_from(to).ok());
        if let (Some(descriptor), Some(to)) = (Self::descriptor(call), to)
            && let Some(Position::At(at)) = self.positions.get_mut(&descriptor)
        {
            *at = to;
        }
        false
    }

    /// The bytes that the system took.
    fn taken(call: &Call) -> Vec<u8> {
        let bytes = call.arguments[1].bytes().expect("written bytes are traced whole");
        let length = call.result.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        bytes[..length].to_vec()
    }

    fn write(&mut self, call: &Call) -> bool {
        let Some(file) = self.content(call) else { return false };
        let bytes = Self::taken(call);
        let descriptor = Self::descriptor(call).expect("a write names its descriptor");
        let position = self.positions.get_mut(&descriptor).expect("written to what was opened");
        let offset = match position {
            Position::AtEnd => self.files[file].now().len(),
            Position::At(at) => {
                *at += bytes.len();
                *at - bytes.len()
            }
        };
        self.files[file].write(offset, &bytes);
        true
    }

    fn write_at(&mut self, call: &Call) -> bool {
        let Some(file) = self.content(call) else { return false };
        let offset = call.arguments.get(3).and_then(|offset| offset.number());
        let offset = offset.and_then(|offset| usize::try_from(offset).ok());
        self.files[file].write(offset.expect("pwrite64 names its offset"), &Self::taken(call));
        true
    }

    fn truncate(&mut self, call: &Call) -> bool {
        let Some(file) = self.content(call) else { return false };
        let length = call.arguments[1].number().and_then(|length| usize::try_from(length).ok());
        self.files[file].cut(length.expect("ftruncate names a length"));
        true
    }

    fn sync(&mut self, call: &Call) -> bool {
        let path = call.arguments[0].file().and_then(|path| self.ours(&path));
        let (Some(path), Syncs::Kept) = (path, self.syncs) else { return false };
        match self.names.get(&path) {
            Some(Node::File(file)) => {
                let file = *file;
                self.files[file].sync();
            }
            Some(Node::Folder { .. }) => self.sync_folder(&path),
            None if crate::world::is_above_pictured(&path) => self.sync_folder(&path),
            None => return false,
        }
        true
    }

    fn sync_folder(&mut self, folder: &Path) {
        let steps = std::mem::take(&mut self.steps);
        let (synced, open) = steps.into_iter().partition(|step| step.folder == folder);
        self.steps = open;
        for step in Vec::from_iter::<Vec<Step>>(synced) {
            apply(&mut self.sure, &step);
        }
    }

    /// Names change in one step, for now in memory only.
    fn step(&mut self, becomes: Vec<(PathBuf, Option<Node>)>) -> bool {
        let folder = becomes[0].0.parent().map(Path::to_owned).unwrap_or_default();
        let step = Step { folder, becomes };
        apply(&mut self.names, &step);
        self.steps.push(step);
        true
    }

    fn rename(&mut self, from: Option<PathBuf>, to: Option<PathBuf>) -> bool {
        let from = from.and_then(|path| self.ours(&path));
        let Some(from) = from else { return false };
        let to = to.and_then(|path| self.ours(&path)).expect("nothing is moved out of a world");
        assert_eq!(from.parent(), to.parent(), "the model knows renames in one folder only");
        let node = self.names.get(&from).copied();
        assert!(matches!(node, Some(Node::File(_))), "the model knows renames of files only");
        self.step(vec![(from, None), (to, node)])
    }

    fn remove(&mut self, path: Option<PathBuf>) -> bool {
        let Some(path) = path.and_then(|path| self.ours(&path)) else { return false };
        self.step(vec![(path, None)])
    }

    fn make_folder(&mut self, path: Option<PathBuf>) -> bool {
        let Some(path) = path.and_then(|path| self.ours(&path)) else { return false };
        self.step(vec![(path, Some(Node::Folder { mode: 0o700 }))])
    }

    /// What a power cut decides now, each with the number of its answers: for each step whether it
    /// happened, for each file what it holds.
    pub(super) fn open_questions(&self) -> Vec<usize> {
        let steps = self.steps.iter().map(|_| 2);
        steps.chain(self.unsure().map(|file| self.files[file].possible().len())).collect()
    }

    fn unsure(&self) -> impl Iterator<Item = usize> {
        (0..self.files.len()).filter(|file| !self.files[*file].later.is_empty())
    }

    /// What is on the disk if the questions are answered so.
    pub(super) fn settle(&self, answers: &[usize]) -> BTreeMap<PathBuf, Entry> {
        let (steps, contents) = answers.split_at(self.steps.len());
        let mut names = self.sure.clone();
        let happened = self.steps.iter().zip(steps).filter(|(_, answer)| **answer == 1);
        happened.for_each(|(step, _)| apply(&mut names, step));
        let chosen: BTreeMap<usize, usize> = self.unsure().zip(contents.iter().copied()).collect();
        let entry = |node: &Node| match node {
            Node::Folder { mode } => Entry::Folder { mode: *mode },
            Node::File(file) => {
                let content = &self.files[*file];
                let bytes = match chosen.get(file) {
                    Some(answer) => content.possible()[*answer].clone(),
                    None => content.sure.clone(),
                };
                Entry::File { mode: content.mode, bytes }
            }
        };
        let reached = |path: &Path| {
            let mut above = path.ancestors().skip(1);
            above
                .all(|folder| names.contains_key(folder) || crate::world::is_above_pictured(folder))
        };
        let there = names.iter().filter(|(path, _)| reached(path));
        there.map(|(path, node)| (path.clone(), entry(node))).collect()
    }
}

fn apply(names: &mut BTreeMap<PathBuf, Node>, step: &Step) {
    for (path, node) in &step.becomes {
        match node {
            Some(node) => names.insert(path.clone(), *node),
            None => names.remove(path),
        };
    }
}
