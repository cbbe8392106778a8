//! What a world remembers, as bytes: to go back to it, or to what a crash may leave of it.
//!
//! In a picture: `state`, and `.throughline` in the repository. Not in it: git's files and the
//! agent's, which `thru` does not write. Times of files are not kept.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::World;

/// Folders and files, by their path below the world's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub(crate) entries: BTreeMap<PathBuf, Entry>,
    calls: u32,
    tool_calls: u32,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Entry {
    Folder { mode: u32 },
    File { mode: u32, bytes: Vec<u8> },
}

/// A fold ends in milliseconds; on a loaded machine, in seconds.
const FOLD_POLLS: u32 = 3000;
const FOLD_PAUSE: Duration = Duration::from_millis(10);

/// What `thru` writes in a world.
const ROOTS: [&str; 2] = ["state", "repo/.throughline"];

/// Whether a picture holds what lies at this path below the world's root.
pub(crate) fn is_pictured(path: &Path) -> bool {
    ROOTS.iter().any(|root| path.starts_with(root))
}

/// Whether this is a folder around what a picture holds: there before anything was written.
pub(crate) fn is_above_pictured(path: &Path) -> bool {
    ROOTS.iter().any(|root| Path::new(root).starts_with(path) && Path::new(root) != path)
}

/// Members of records whose value differs from run to run though nothing else does.
const VOLATILE: [&[u8]; 4] = [b"\"since_boot\":", b"\"pid\":", b"\"started\":", b"\"crc\":\""];

impl Picture {
    /// The same without what differs from run to run: random names, clocks, process numbers, and
    /// the content of locks. Two pictures with equal sketches need no two checks.
    pub fn sketch(&self) -> Vec<u8> {
        let mut sketch = Vec::new();
        for (path, entry) in &self.entries {
            sketch.extend_from_slice(steady_name(path).as_bytes());
            match entry {
                Entry::Folder { .. } => sketch.push(b'/'),
                Entry::File { .. } if path.extension().is_some_and(|e| e == "lock") => {}
                Entry::File { bytes, .. } => sketch.extend(steady(bytes)),
            }
            sketch.push(0);
        }
        sketch
    }

    /// Other files at the same time.
    pub(crate) fn with_entries(&self, entries: BTreeMap<PathBuf, Entry>) -> Self {
        Self { entries, ..*self }
    }

    /// The paths of all files, below the world's root.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let files = self.entries.iter().filter(|(_, entry)| matches!(entry, Entry::File { .. }));
        files.map(|(path, _)| path.as_path())
    }

    /// The bytes of a file.
    pub fn file(&self, path: &Path) -> Option<&[u8]> {
        match self.entries.get(path)? {
            Entry::File { bytes, .. } => Some(bytes),
            Entry::Folder { .. } => None,
        }
    }
}

/// Without the random digits of a temporary name: `.name.0123abcd.tmp`.
fn steady_name(path: &Path) -> String {
    let name = path.to_string_lossy();
    match name.strip_suffix(".tmp").and_then(|rest| rest.rsplit_once('.')) {
        Some((kept, _)) => format!("{kept}.tmp"),
        None => name.into_owned(),
    }
}

fn steady(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        if let Some(member) = VOLATILE.iter().find(|member| rest.starts_with(member)) {
            kept.extend_from_slice(member);
            let value = &rest[member.len()..];
            let length = value.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            rest = &value[length..];
        } else {
            kept.push(*first);
            rest = after;
        }
    }
    kept
}

impl World {
    /// What it remembers now, and what time it is.
    pub fn picture(&self) -> Picture {
        let mut entries = BTreeMap::new();
        ROOTS.iter().for_each(|root| self.collect(&self.root.join(root), &mut entries));
        Picture { entries, calls: self.calls.get(), tool_calls: self.tool_calls.get() }
    }

    fn collect(&self, path: &Path, entries: &mut BTreeMap<PathBuf, Entry>) {
        let Ok(found) = fs::symlink_metadata(path) else { return };
        let mode = found.permissions().mode() & 0o7777;
        let below = path.strip_prefix(&self.root).expect("it lies in the world").to_owned();
        if !found.is_dir() {
            let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            entries.insert(below, Entry::File { mode, bytes });
            return;
        }
        entries.insert(below, Entry::Folder { mode });
        let children = fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
        children.for_each(|child| self.collect(&child.path(), entries));
    }

    /// Puts files and time back to a picture.
    pub fn restore(&self, picture: &Picture) {
        self.rewind(picture);
        for root in ROOTS {
            let path = self.root.join(root);
            if path.exists() {
                fs::remove_dir_all(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            }
        }
        for (path, entry) in &picture.entries {
            let path = self.root.join(path);
            let (done, mode) = match entry {
                Entry::Folder { mode } => (fs::create_dir_all(&path), mode),
                Entry::File { mode, bytes } => (fs::write(&path, bytes), mode),
            };
            let done =
                done.and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(*mode)));
            done.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }

    /// Waits until no fold that a command left behind runs any more. A stopped fold fails the test.
    pub fn wait_for_folds(&self) {
        for _ in 0..FOLD_POLLS {
            if !self.is_folding() {
                return;
            }
            thread::sleep(FOLD_PAUSE);
        }
        panic!("a fold does not end in {}", self.root.display());
    }

    /// Whether a process was started by a command of this world and is left: it has our `state` in
    /// its environment.
    fn is_folding(&self) -> bool {
        let ours = format!("THROUGHLINE_HOME={}", self.state().display());
        let processes = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
        processes.into_iter().any(|process| {
            let environment = fs::read(process.path().join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == ours.as_bytes())
        })
    }

    /// Lets time pass as if so many commands had run: what comes next has other ids than what a
    /// rewound world made.
    pub fn skip(&self, commands: u32) {
        self.calls.set(self.calls.get() + commands);
    }

    /// Puts the time back to a picture's, and with it the ids that come next; files stay.
    pub fn rewind(&self, picture: &Picture) {
        self.calls.set(picture.calls);
        self.tool_calls.set(picture.tool_calls);
    }
}
