//! The one way to write: every file of ours is read and replaced here.
//!
//! A replacement is durable when [`replace`] returns: temporary file in the same directory
//! (never followed, never shared), write, sync, rename, sync of the directory. A sync that failed
//! is never retried (the kernel may have dropped the pages): the temporary file goes, the old one
//! stays. Cost: about two disk flushes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::error::{IoContext as _, StoreError};

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The user alone: mode 0600.
    Private,
    /// Whoever may read the repository: the old file's mode, else as the umask says.
    Repository,
    /// As [`Access::Repository`], and who may read it may run it.
    Program,
}

/// Makes a directory that only the user can enter, with its parents, each durable by its name in
/// the one around it. One that is there costs a look.
pub fn create_private_dir(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        return Ok(());
    }
    let nameless = |folder: &Path| folder.as_os_str().is_empty();
    let missing = path.ancestors().take_while(|folder| !nameless(folder) && !folder.exists());
    let missing: Vec<&Path> = missing.collect();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).at("create", path)?;
    missing.into_iter().rev().try_for_each(sync_directory_of)
}

/// Makes a directory of the repository, with the mode that the umask says; whether it was missing.
pub fn create_repository_dir(path: &Path) -> Result<bool, StoreError> {
    match fs::create_dir(path) {
        Ok(()) => sync_directory_of(path).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).at("create", path),
    }
}

/// Reads a file of ours whole; a link, a pipe or a device in its place is refused, not opened.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    let file = open_regular(path)?;
    let size = file.metadata().at("read", path)?.len();
    if size > limit {
        return Err(StoreError::TooLarge { path: path.to_owned(), size, limit });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    file.take(limit).read_to_end(&mut bytes).at("read", path)?;
    Ok(bytes)
}

/// [`read`], with `None` where there is no file.
pub fn read_if_there(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
    match read(path, limit) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The paths in a directory, in no order; none where there is no directory. A listing that failed
/// is an error: taken for an empty one, it would hide what is there.
pub(crate) fn list(directory: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = loop {
        match fs::read_dir(directory) {
            Ok(entries) => break entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            // Unlike the other calls of the standard library this one does not ask again.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).at("list", directory),
        }
    };
    entries.map(|entry| entry.map(|entry| entry.path()).at("list", directory)).collect()
}

/// Opens a regular file for reading, following no link and waiting for no pipe.
pub(crate) fn open_regular(path: &Path) -> Result<File, StoreError> {
    open_with(OpenOptions::new().read(true), path)
}

/// Opens a regular file as `options` say, following no link and waiting for no pipe.
pub(crate) fn open_with(options: &mut OpenOptions, path: &Path) -> Result<File, StoreError> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC).bits();
    let flags = i32::try_from(flags).expect("open flags fit an i32");
    let opened = options.custom_flags(flags).open(path);
    if let Err(error) = &opened
        && error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
    {
        return Err(StoreError::NotAFile { path: path.to_owned(), found: "a symbolic link" });
    }
    let file = opened.at("open", path)?;
    let kind = file.metadata().at("read", path)?.file_type();
    if kind.is_file() {
        return Ok(file);
    }
    let found = if kind.is_dir() { "a directory" } else { "a pipe or device" };
    Err(StoreError::NotAFile { path: path.to_owned(), found })
}

/// Refuses a link, or anything else, where a directory of ours should be; missing is fine.
pub fn check_directory(path: &Path) -> Result<(), StoreError> {
    let kind = match fs::symlink_metadata(path) {
        Ok(found) => found.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).at("look at", path),
    };
    let found = match () {
        () if kind.is_dir() => return Ok(()),
        () if kind.is_symlink() => "a symbolic link",
        () if kind.is_file() => "a file",
        () => "a pipe or device",
    };
    Err(StoreError::NotADirectory { path: path.to_owned(), found })
}

/// Refuses to replace what is not a plain file of one name.
fn check_target(path: &Path) -> Result<Option<u32>, StoreError> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).at("look at", path),
    };
    let kind = found.file_type();
    let problem = match () {
        () if kind.is_symlink() => "a symbolic link",
        () if kind.is_dir() => "a directory",
        () if !kind.is_file() => "a pipe or device",
        () if found.nlink() > 1 => "a file with several names (hard links)",
        () => return Ok(Some(found.permissions().mode() & 0o777)),
    };
    Err(StoreError::NotAFile { path: path.to_owned(), found: problem })
}

/// Replaces a file durably; on an error the old one stands as it was, except on
/// [`StoreError::NotConfirmed`]: then the new one stands there, and a power cut may take it back.
pub fn replace(path: &Path, bytes: &[u8], access: Access) -> Result<(), StoreError> {
    let old_mode = check_target(path)?;
    let temporary = temporary_beside(path)?;
    let written = write_new(&temporary, bytes, access, old_mode);
    let renamed = written.and_then(|()| fs::rename(&temporary, path).at("replace", path));
    if renamed.is_err() {
        // Best effort: the fold removes leftovers as well.
        let _ = fs::remove_file(&temporary);
    }
    renamed?;
    sync_directory_of(path).map_err(StoreError::unconfirmed)
}

/// Puts a finished file that lies in the same directory in the place of another, or where none is, durably.
///
/// # Errors
/// [`StoreError::Io`]; then the old one stands as it was. [`StoreError::NotConfirmed`] as [`replace`].
pub fn put_in_place(finished: &Path, path: &Path) -> Result<(), StoreError> {
    let open = File::open(finished).at("open", finished)?;
    sync_all(&open).at("sync", finished)?;
    fs::rename(finished, path).at("replace", path)?;
    sync_directory_of(path).map_err(StoreError::unconfirmed)
}

/// How many files wait to become durable at most: each is open.
const MOST_WAITING: usize = 128;

/// Files that are replaced together, for a small part of what one after the other costs: all are written,
/// then all synced, then all renamed. Each is replaced whole or not at all, and all before
/// [`Several::settle`] returns without an error.
#[derive(Debug)]
pub struct Several {
    access: Access,
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
}

impl Several {
    /// None yet.
    pub fn new(access: Access) -> Self {
        Self { access, waiting: Vec::new() }
    }

    /// Takes a file in. What was taken in before may be replaced now.
    pub fn put(&mut self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let old_mode = check_target(path)?;
        let temporary = temporary_beside(path)?;
        let mut file = create_new(&temporary, self.access, old_mode)?;
        let written = file.write_all(bytes).at("write", &temporary);
        self.waiting.push(Waiting { file, temporary, path: path.to_owned() });
        if written.is_err() {
            self.waiting.pop().iter().for_each(Waiting::abandon);
            return written;
        }
        if self.waiting.len() < MOST_WAITING { Ok(()) } else { self.settle() }
    }

    /// Makes durable what was taken in. After an error those that were not replaced yet stand as they were.
    pub fn settle(&mut self) -> Result<(), StoreError> {
        let sync = |waiting: &Waiting| sync_all(&waiting.file).at("sync", &waiting.temporary);
        let synced = self.waiting.iter().try_for_each(sync);
        if synced.is_err() {
            self.waiting.drain(..).for_each(|waiting| waiting.abandon());
            return synced;
        }
        let mut folders: Vec<PathBuf> = Vec::new();
        while let Some(waiting) = self.waiting.pop() {
            let renamed = fs::rename(&waiting.temporary, &waiting.path);
            if renamed.is_err() {
                waiting.abandon();
            }
            renamed.at("replace", &waiting.path)?;
            if !folders.iter().any(|folder| folder == directory_of(&waiting.path)) {
                folders.push(directory_of(&waiting.path).to_owned());
            }
        }
        folders
            .iter()
            .try_for_each(|folder| sync_directory(folder))
            .map_err(StoreError::unconfirmed)
    }
}

impl Drop for Several {
    fn drop(&mut self) {
        self.waiting.iter().for_each(Waiting::abandon);
    }
}

impl Waiting {
    /// Best effort: the fold removes leftovers as well.
    fn abandon(&self) {
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Writes a file that must not be there yet, durably: whole or not at all.
///
/// # Errors
/// [`StoreError::Io`] of the kind `AlreadyExists`, if something is there; else as [`replace`].
pub fn create(path: &Path, bytes: &[u8], access: Access) -> Result<(), StoreError> {
    let temporary = temporary_beside(path)?;
    let written = write_new(&temporary, bytes, access, None);
    // Unlike a rename it takes nobody's place.
    let linked = written.and_then(|()| match fs::hard_link(&temporary, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists && !is_there(path) => {
            // Not every file system has links.
            fs::rename(&temporary, path).at("create", path)
        }
        linked => linked.at("create", path),
    });
    // Gone already, if it was renamed.
    let _ = fs::remove_file(&temporary);
    linked?;
    sync_directory_of(path).map_err(StoreError::unconfirmed)
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Replaces a file that can be lost: a cache, a hint. No sync.
pub fn replace_quickly(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    check_target(path)?;
    let temporary = temporary_beside(path)?;
    let mut file = create_new(&temporary, Access::Private, None)?;
    let written = file.write_all(bytes).at("write", &temporary);
    let renamed = written.and_then(|()| fs::rename(&temporary, path).at("replace", path));
    if renamed.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    renamed
}

/// Appends a line to a log, in one write and without a sync. A log that would grow past `limit` bytes
/// begins anew with it.
pub fn log_line(path: &Path, line: &str, limit: u64) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    let mut file = open_with(options.append(true).create(true).mode(0o600), path)?;
    let size = file.metadata().at("read", path)?.len();
    let full = size.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX)) > limit;
    if full {
        file.set_len(0).at("empty", path)?;
    }
    file.write_all(line.as_bytes()).at("write", path)
}

/// The suffix of files that are being written.
const TEMPORARY: &str = ".tmp";

pub(crate) fn temporary_beside(path: &Path) -> Result<PathBuf, StoreError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let random = crate::entropy::hex(8)?;
    Ok(directory_of(path).join(format!(".{name}.{random}{TEMPORARY}")))
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    }
}

/// Creates a file that must not exist, and nobody else can read before it has its mode.
pub(crate) fn create_new(
    path: &Path,
    access: Access,
    old_mode: Option<u32>,
) -> Result<File, StoreError> {
    let mode = match access {
        Access::Private => 0o600,
        Access::Repository => old_mode.unwrap_or(0o666) & 0o666,
        Access::Program => old_mode.unwrap_or(0o777),
    };
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path).at("create", path)
}

fn write_new(
    path: &Path,
    bytes: &[u8],
    access: Access,
    old_mode: Option<u32>,
) -> Result<(), StoreError> {
    let mut file = create_new(path, access, old_mode)?;
    file.write_all(bytes).at("write", path)?;
    sync_all(&file).at("sync", path)
}

/// Makes a rename or a new file durable.
pub(crate) fn sync_directory_of(path: &Path) -> Result<(), StoreError> {
    sync_directory(directory_of(path))
}

pub(crate) fn sync_directory(directory: &Path) -> Result<(), StoreError> {
    let open = File::open(directory).at("open", directory)?;
    sync_all(&open).at("sync", directory)
}

#[cfg(not(feature = "no-sync"))]
fn sync_all(file: &File) -> io::Result<()> {
    file.sync_all()
}

#[cfg(not(feature = "no-sync"))]
pub(crate) fn sync_data(file: &File) -> io::Result<()> {
    file.sync_data()
}

#[cfg(feature = "no-sync")]
fn sync_all(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(feature = "no-sync")]
pub(crate) fn sync_data(_: &File) -> io::Result<()> {
    Ok(())
}

/// Removes temporary files in a directory that no running write can own any more.
pub fn sweep(directory: &Path, older_than: std::time::Duration) -> usize {
    let Ok(entries) = fs::read_dir(directory) else { return 0 };
    let abandoned = entries.filter_map(Result::ok).filter(|entry| {
        let name = entry.file_name();
        let ours = name.to_string_lossy();
        let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
        ours.starts_with('.') && ours.ends_with(TEMPORARY) && age.is_some_and(|a| a > older_than)
    });
    abandoned.filter(|entry| fs::remove_file(entry.path()).is_ok()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_a_pipe_and_a_second_name_are_refused() {
        let dir = tempfile::tempdir().expect("tempdir");
        let real = dir.path().join("real");
        fs::write(&real, "x").expect("write");
        let link = dir.path().join("link");
        symlink(&real, &link).expect("symlink");
        let fifo = dir.path().join("fifo");
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RUSR).expect("mkfifo");
        let second = dir.path().join("second");
        fs::hard_link(&real, &second).expect("link");
        for path in [&link, &fifo] {
            assert!(matches!(read(path, 10), Err(StoreError::NotAFile { .. })), "{path:?}");
        }
        for path in [&link, &fifo, &second, &dir.path().to_owned()] {
            let refused = replace(path, b"y", Access::Private);
            assert!(matches!(refused, Err(StoreError::NotAFile { .. })), "{path:?}");
        }
        assert_eq!(fs::read(&real).expect("read"), b"x");
    }

    #[test]
    fn several_files_are_replaced_together_or_stand_as_they_were() {
        let dir = tempfile::tempdir().expect("tempdir");
        let path = |number: usize| dir.path().join(number.to_string());
        fs::write(path(0), "old").expect("write");
        let mut several = Several::new(Access::Private);
        for number in 0..=MOST_WAITING {
            several.put(&path(number), b"new").expect("put");
            let are_there = fs::read(path(0)).expect("read") == b"new";
            assert_eq!(are_there, number + 1 >= MOST_WAITING, "no more of them wait");
        }
        several.put(&dir.path().join("no/folder"), b"new").expect_err("nowhere");
        several.settle().expect("settle");
        for number in 0..=MOST_WAITING {
            assert_eq!(fs::read(path(number)).expect("read"), b"new");
        }
        several.put(&path(0), b"never").expect("put");
        drop(several);
        assert_eq!(fs::read(path(0)).expect("read"), b"new");
        assert_eq!(fs::read_dir(dir.path()).expect("list").count(), MOST_WAITING + 1, "no litter");
    }

    #[test]
    fn what_stands_in_the_place_of_a_file_or_folder_is_named() {
        let dir = tempfile::tempdir().expect("tempdir");
        let path = |name: &str| dir.path().join(name);
        fs::write(path("file"), "x").expect("write");
        fs::write(path("twice"), "x").expect("write");
        fs::hard_link(path("twice"), path("second")).expect("link");
        symlink(dir.path(), path("link")).expect("symlink");
        rustix::fs::mkfifoat(rustix::fs::CWD, path("fifo"), rustix::fs::Mode::RUSR)
            .expect("mkfifo");
        for (name, as_target, as_directory) in [
            ("file", None, Some("a file")),
            ("second", Some("a file with several names (hard links)"), Some("a file")),
            ("link", Some("a symbolic link"), Some("a symbolic link")),
            ("fifo", Some("a pipe or device"), Some("a pipe or device")),
            (".", Some("a directory"), None),
            ("missing", None, None),
        ] {
            let found = match check_target(&path(name)) {
                Err(StoreError::NotAFile { found, .. }) => Some(found),
                other => other.map(|_| None).expect("nothing else goes wrong"),
            };
            assert_eq!(found, as_target, "{name} as a file");
            let found = match check_directory(&path(name)) {
                Err(StoreError::NotADirectory { found, .. }) => Some(found),
                other => other.map(|()| None).expect("nothing else goes wrong"),
            };
            assert_eq!(found, as_directory, "{name} as a folder");
        }
        check_target(&path("file/below")).expect_err("a file is no folder");
        check_directory(&path("file/below")).expect_err("a file is no folder");
        assert_eq!(check_target(&path("missing")).expect("looked"), None);
    }

    #[test]
    fn a_folder_is_made_once_and_its_listing_tells_what_failed() {
        let dir = tempfile::tempdir().expect("tempdir");
        let (private, public) = (dir.path().join("a/b"), dir.path().join("c"));
        for _ in 0..2 {
            create_private_dir(&private).expect("made");
        }
        for made in [&private, &dir.path().join("a")] {
            assert_eq!(fs::metadata(made).expect("stat").permissions().mode() & 0o777, 0o700);
        }
        assert!(create_repository_dir(&public).expect("made"));
        assert!(!create_repository_dir(&public).expect("it is there"));
        create_repository_dir(&dir.path().join("no/folder")).expect_err("nowhere");
        assert!(list(&dir.path().join("none")).expect("none").is_empty());
        assert_eq!(list(&dir.path().join("a")).expect("listed"), [private]);
        fs::write(public.join("file"), "").expect("write");
        list(&public.join("file")).expect_err("a file has no listing");
    }

    #[test]
    fn a_file_may_be_as_large_as_its_limit() {
        let dir = tempfile::tempdir().expect("tempdir");
        let path = dir.path().join("f");
        assert_eq!(read_if_there(&path, 3).expect("missing"), None);
        fs::write(&path, "123").expect("write");
        assert_eq!(read_if_there(&path, 3).expect("read").as_deref(), Some(&b"123"[..]));
        let refused = read_if_there(&path, 2);
        assert!(
            matches!(refused, Err(StoreError::TooLarge { size: 3, limit: 2, .. })),
            "{refused:?}"
        );
    }

    #[test]
    fn a_log_begins_anew_with_the_line_that_would_make_it_too_long() {
        let dir = tempfile::tempdir().expect("tempdir");
        let path = dir.path().join("log");
        let log = |line: &str| {
            log_line(&path, line, 6).expect("logged");
            fs::read_to_string(&path).expect("read")
        };
        assert_eq!(log("ab\n"), "ab\n");
        assert_eq!(log("cd\n"), "ab\ncd\n", "as long as it may be");
        assert_eq!(log("e\n"), "e\n");
    }

    #[test]
    fn a_file_that_can_be_lost_is_replaced_whole_as_well() {
        let dir = tempfile::tempdir().expect("tempdir");
        let (path, link) = (dir.path().join("f"), dir.path().join("link"));
        for text in ["first", "second"] {
            replace_quickly(&path, text.as_bytes()).expect("replaced");
            assert_eq!(fs::read_to_string(&path).expect("read"), text);
        }
        symlink(&path, &link).expect("symlink");
        replace_quickly(&link, b"third").expect_err("a link");
        let finished = dir.path().join("finished");
        fs::write(&finished, "fourth").expect("write");
        put_in_place(&finished, &path).expect("put");
        assert_eq!(fs::read_to_string(&path).expect("read"), "fourth");
        put_in_place(&finished, &path).expect_err("it is gone");
        assert_eq!(fs::read_dir(dir.path()).expect("list").count(), 2, "no litter");
    }

    #[test]
    fn leftovers_go_when_they_are_old() {
        let dir = tempfile::tempdir().expect("tempdir");
        let hour = std::time::Duration::from_secs(3_600);
        let long_ago = std::time::SystemTime::now() - 2 * hour;
        for (name, is_old) in
            [(".a.1.tmp", true), (".b.2.tmp", false), (".c", true), ("d.tmp", true)]
        {
            let file = File::create(dir.path().join(name)).expect("create");
            if is_old {
                file.set_modified(long_ago).expect("its time");
            }
        }
        assert_eq!(sweep(dir.path(), hour), 1);
        let mut left: Vec<String> = fs::read_dir(dir.path())
            .expect("list")
            .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        assert_eq!(left, [".b.2.tmp", ".c", "d.tmp"]);
        assert_eq!(sweep(&dir.path().join("none"), hour), 0);
    }

    #[test]
    fn a_new_file_takes_nobodys_place() {
        let dir = tempfile::tempdir().expect("tempdir");
        let path = dir.path().join("f");
        create(&path, b"1", Access::Private).expect("create");
        assert_eq!(fs::metadata(&path).expect("stat").permissions().mode() & 0o777, 0o600);
        let link = dir.path().join("dangling");
        symlink(dir.path().join("nothing"), &link).expect("symlink");
        for there in [&path, &link, &dir.path().to_owned()] {
            let refused = create(there, b"2", Access::Private);
            assert!(
                matches!(&refused, Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists),
                "{refused:?}"
            );
        }
        assert_eq!(fs::read(&path).expect("read"), b"1");
        assert_eq!(fs::read_dir(dir.path()).expect("list").count(), 2, "no litter");
    }

    #[test]
    fn a_replacement_keeps_its_mode_and_leaves_no_litter() {
        let dir = tempfile::tempdir().expect("tempdir");
        let path = dir.path().join("f");
        replace(&path, b"1", Access::Private).expect("replace");
        assert_eq!(fs::metadata(&path).expect("stat").permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("chmod");
        replace(&path, b"2", Access::Repository).expect("replace");
        assert_eq!(fs::metadata(&path).expect("stat").permissions().mode() & 0o777, 0o640);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).expect("chmod");
        replace(&path, b"3", Access::Program).expect("replace");
        assert_eq!(fs::metadata(&path).expect("stat").permissions().mode() & 0o777, 0o750);
        assert_eq!(fs::read_dir(dir.path()).expect("list").count(), 1);
    }
}
