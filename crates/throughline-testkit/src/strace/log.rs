//! A log of calls, and what they mean: files, programs, sockets.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use super::line::{self, Call, Part};
use crate::world::Ran;

/// Every system call of a command, in the order in which they returned.
#[derive(Debug)]
pub struct Trace {
    calls: Vec<Call>,
    /// Where each call's process stood.
    folders: Vec<PathBuf>,
    /// How the command ended.
    pub ran: Ran,
}

/// A file or folder that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Who.
    pub process: u32,
    /// What, absolute; links in it are not resolved.
    pub path: PathBuf,
    /// Whether for writing, or with the right to create or empty it.
    pub to_write: bool,
    /// Whether it succeeded.
    pub done: bool,
}

/// A call that changed files or names, or could have through what it opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileChange {
    /// Opened for writing; perhaps created.
    Opened(PathBuf),
    /// Got another name, or a second one.
    Named {
        /// The old name.
        from: PathBuf,
        /// The new one.
        to: PathBuf,
    },
    /// A name was removed, of a file or a folder.
    Removed(PathBuf),
    /// A folder, link, pipe or device was made.
    Made(PathBuf),
    /// Length, mode, owner, times or attributes were changed.
    Altered(PathBuf),
}

impl FileChange {
    /// The paths that it touched.
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Opened(path) | Self::Removed(path) | Self::Made(path) | Self::Altered(path) => {
                vec![path]
            }
            Self::Named { from, to } => vec![from, to],
        }
    }
}

/// A program that a process became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Who.
    pub process: u32,
    /// The file.
    pub path: PathBuf,
    /// Its arguments, its name first. Bytes that are no UTF-8 are replaced.
    pub arguments: Vec<String>,
    /// Whether it was there and could be started.
    pub done: bool,
}

/// A socket that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// Who.
    pub process: u32,
    /// The call: `socket`, `socketpair`, `connect`, `bind`, `listen`, …
    pub call: String,
    /// As in `AF_UNIX`; of `socket` and `socketpair` only.
    pub family: Option<String>,
}

impl Trace {
    pub(super) fn parse(text: &str, folder: &Path, ran: Ran) -> Self {
        let mut open: BTreeMap<u32, String> = BTreeMap::new();
        let mut calls = Vec::new();
        for line in text.lines() {
            let (process, line) = line::process(line);
            let whole = match line::part(line) {
                Part::Note => continue,
                Part::Begun(begin) => {
                    open.insert(process, begin.to_owned());
                    continue;
                }
                Part::Resumed(rest) => open.remove(&process).unwrap_or_default() + rest,
                Part::Whole(whole) => whole.to_owned(),
            };
            calls.extend(line::call(process, &whole));
        }
        let folders = folders(&calls, folder);
        Self { calls, folders, ran }
    }

    /// All calls.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// Each call of the first process with its number among those of its name, from 1: the places
    /// where a [`Fault`](super::Fault) can strike. Its own start is left out.
    pub fn points(&self) -> Vec<(&Call, u32)> {
        let first = self.calls.first().map_or(0, |call| call.process);
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        let own = self.calls.iter().filter(|call| call.process == first);
        let counted = own.map(|call| {
            let count = counts.entry(&call.name).or_default();
            *count += 1;
            (call, *count)
        });
        counted.filter(|(call, _)| call.name != "execve").collect()
    }

    /// Everything that was opened, or could not be.
    pub fn opened(&self) -> Vec<Opened> {
        let opened = (0..self.calls.len()).filter_map(|at| {
            let call = &self.calls[at];
            let (path, flags) = match call.name.as_str() {
                "open" => (self.path(at, 0)?, call.arguments.get(1)?),
                "creat" => (self.path(at, 0)?, call.arguments.first()?),
                "openat" | "openat2" => (self.path_at(at, 0)?, call.arguments.get(2)?),
                _ => return None,
            };
            let shown = flags.shown();
            let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"];
            let to_write = call.name == "creat" || writes.iter().any(|flag| shown.contains(flag));
            Some(Opened { process: call.process, path, to_write, done: call.error.is_none() })
        });
        opened.collect()
    }

    /// Every change of files or names that succeeded, in order.
    pub fn changes(&self) -> Vec<FileChange> {
        let done = (0..self.calls.len()).filter(|at| self.calls[*at].error.is_none());
        done.filter_map(|at| self.change(at)).collect()
    }

    fn change(&self, at: usize) -> Option<FileChange> {
        let call = &self.calls[at];
        let named = |from, to| Some(FileChange::Named { from, to });
        match call.name.as_str() {
            "open" | "creat" | "openat" | "openat2" => {
                let flags = call.arguments.iter().any(|a| {
                    ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| a.shown().contains(flag))
                });
                let first =
                    if call.name.starts_with("openat") { self.path_at(at, 0) } else { None };
                let path = first.or_else(|| self.path(at, 0))?;
                (flags || call.name == "creat").then_some(FileChange::Opened(path))
            }
            "rename" | "link" => named(self.path(at, 0)?, self.path(at, 1)?),
            "renameat" | "renameat2" | "linkat" => {
                named(self.path_at(at, 0)?, self.path_at(at, 2)?)
            }
            "unlink" | "rmdir" => Some(FileChange::Removed(self.path(at, 0)?)),
            "unlinkat" => Some(FileChange::Removed(self.path_at(at, 0)?)),
            "mkdir" | "mknod" => Some(FileChange::Made(self.path(at, 0)?)),
            "mkdirat" | "mknodat" => Some(FileChange::Made(self.path_at(at, 0)?)),
            "symlink" => Some(FileChange::Made(self.path(at, 1)?)),
            "symlinkat" => Some(FileChange::Made(self.path_at(at, 1)?)),
            "truncate" | "chmod" | "chown" | "lchown" | "utime" | "utimes" | "setxattr"
            | "lsetxattr" | "removexattr" => Some(FileChange::Altered(self.path(at, 0)?)),
            "fchmodat" | "fchmodat2" | "fchownat" | "utimensat" | "futimesat" => {
                Some(FileChange::Altered(self.path_at(at, 0)?))
            }
            "ftruncate" | "fchmod" | "fchown" | "fallocate" | "fsetxattr" => {
                Some(FileChange::Altered(call.arguments.first()?.file()?))
            }
            _ => None,
        }
    }

    /// Every program that a process became, or tried to.
    pub fn programs(&self) -> Vec<Program> {
        let starts = (0..self.calls.len()).filter_map(|at| {
            let call = &self.calls[at];
            let (path, list) = match call.name.as_str() {
                "execve" => (self.path(at, 0)?, call.arguments.get(1)?),
                "execveat" => (self.path_at(at, 0)?, call.arguments.get(2)?),
                _ => return None,
            };
            let texts = list.texts();
            let arguments =
                texts.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect();
            Some(Program { process: call.process, path, arguments, done: call.error.is_none() })
        });
        starts.collect()
    }

    /// Every call about sockets.
    pub fn sockets(&self) -> Vec<Socket> {
        let about = ["socket", "socketpair", "connect", "bind", "listen", "accept", "accept4"];
        let calls = self.calls.iter().filter(|call| about.contains(&call.name.as_str()));
        let socket = |call: &Call| {
            let first = call.arguments.first().map(|first| first.shown().to_owned());
            let family = first.filter(|first| first.starts_with("AF_"));
            Socket { process: call.process, call: call.name.clone(), family }
        };
        calls.map(socket).collect()
    }

    /// The text argument as an absolute path.
    pub(crate) fn path(&self, at: usize, argument: usize) -> Option<PathBuf> {
        let bytes = self.calls[at].arguments.get(argument)?.bytes()?;
        Some(self.folders[at].join(OsString::from_vec(bytes)))
    }

    /// A folder's descriptor and the text after it as an absolute path.
    pub(crate) fn path_at(&self, at: usize, argument: usize) -> Option<PathBuf> {
        let call = &self.calls[at];
        let folder = call.arguments.get(argument)?.file();
        let bytes = call.arguments.get(argument + 1)?.bytes()?;
        let folder = folder.unwrap_or_else(|| self.folders[at].clone());
        Some(folder.join(OsString::from_vec(bytes)))
    }
}

/// The working folder of the process of each call.
fn folders(calls: &[Call], start: &Path) -> Vec<PathBuf> {
    let mut now: BTreeMap<u32, PathBuf> = BTreeMap::new();
    let mut folders = Vec::with_capacity(calls.len());
    for call in calls {
        let here = now.entry(call.process).or_insert_with(|| start.to_owned()).clone();
        let moved = match (call.name.as_str(), call.error.is_none()) {
            ("chdir", true) => call.arguments.first().and_then(|to| to.bytes()),
            _ => None,
        };
        let shown = call.arguments.first().filter(|to| to.shown().starts_with("AT_FDCWD<"));
        if let Some(moved) = moved {
            now.insert(call.process, here.join(OsString::from_vec(moved)));
        } else if let Some(folder) = shown.and_then(|to| to.file()) {
            now.insert(call.process, folder);
        }
        folders.push(now[&call.process].clone());
    }
    folders
}
