//! Notices changes made elsewhere: the operating system tells, nothing polls.
//!
//! Only folders are watched, because files are replaced whole; what happens in them is taken for a
//! change if it concerns a file that matters. Reading is no change. For a screen a burst counts once
//! ([`in_bursts`]): when it has been quiet for a moment, and in a storm every now and then.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::look::Places;

/// It has been quiet for that long.
const QUIET: Duration = Duration::from_millis(50);

/// A burst is not waited out for longer.
const LONGEST: Duration = Duration::from_millis(120);

/// Why changes can't be noticed.
#[derive(Debug, thiserror::Error)]
#[error("changes can't be noticed: {0}")]
pub struct WatchError(#[from] notify::Error);

/// The watch on the places that matter.
#[derive(Debug)]
pub struct Watch {
    watcher: RecommendedWatcher,
    places: Arc<Mutex<Places>>,
    watched: Vec<PathBuf>,
}

impl Watch {
    /// Starts watching nothing. Of each change `tell` is told at once, by a thread of its own.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn start(tell: impl Fn() + Send + 'static) -> Result<Self, WatchError> {
        let places = Arc::new(Mutex::new(Places::default()));
        let known = Arc::clone(&places);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let places = known.lock().unwrap_or_else(PoisonError::into_inner);
            // What can't be told may be anything.
            if event.map_or(true, |event| matters(&event, &places)) {
                tell();
            }
        })?;
        Ok(Self { watcher, places, watched: Vec::new() })
    }

    /// Watches these places from now on. Folders that came back are watched again.
    ///
    /// # Errors
    /// The first folder that can't be watched, though it is there.
    pub fn follow(&mut self, places: &Places) -> Result<(), WatchError> {
        places.clone_into(&mut self.places.lock().unwrap_or_else(PoisonError::into_inner));
        let files = places.files.iter().filter_map(|file| file.parent());
        let folders = places.whole.iter().map(PathBuf::as_path).chain(files);
        let mut wanted: Vec<(PathBuf, RecursiveMode)> =
            folders.map(|folder| (standing(folder), RecursiveMode::NonRecursive)).collect();
        wanted.extend(places.deep.iter().map(|path| match path.is_dir() {
            true => (path.clone(), RecursiveMode::Recursive),
            // All below what is there instead may be somebody's whole home.
            false => (standing(path), RecursiveMode::NonRecursive),
        }));
        // Of a folder that is wanted in both ways the deeper one stays.
        wanted.sort_by(|a, b| (&a.0, is_flat(a.1)).cmp(&(&b.0, is_flat(b.1))));
        wanted.dedup_by(|a, b| a.0 == b.0);
        for gone in self.watched.iter().filter(|path| !wanted.iter().any(|(w, _)| w == *path)) {
            let _ = self.watcher.unwatch(gone);
        }
        let mut first = Ok(());
        for (path, mode) in &wanted {
            let watched = self.watcher.watch(path, *mode);
            first = first.and(watched.map_err(WatchError));
        }
        self.watched = wanted.into_iter().map(|(path, _)| path).collect();
        first
    }
}

fn is_flat(mode: RecursiveMode) -> bool {
    mode == RecursiveMode::NonRecursive
}

/// The folder, or the nearest one above it that is there.
fn standing(folder: &Path) -> PathBuf {
    let found = folder.ancestors().find(|folder| folder.is_dir());
    found.unwrap_or(folder).to_owned()
}

fn matters(event: &Event, places: &Places) -> bool {
    let changes = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _other => true,
    };
    changes && (event.need_rescan() || event.paths.iter().any(|path| concerns(path, places)))
}

fn concerns(path: &Path, places: &Places) -> bool {
    let inside = places.whole.iter().any(|folder| path.parent() == Some(folder));
    let below = places.deep.iter().any(|folder| path.starts_with(folder));
    let file = places.files.iter().any(|file| file == path);
    // A folder on the way to what matters came or went.
    let on_the_way = || {
        let folders = places.whole.iter().chain(&places.deep);
        let files = places.files.iter().filter_map(|file| file.parent());
        folders.map(PathBuf::as_path).chain(files).any(|folder| folder.starts_with(path))
    };
    inside || below || file || on_the_way()
}

/// What to give to [`Watch::start`] so that `told` is told once a burst, for as long as it answers that it
/// wants to be.
pub fn in_bursts(told: impl FnMut() -> bool + Send + 'static) -> impl Fn() + Send + 'static {
    let (changes, queue) = channel();
    thread::spawn(move || collect(&queue, told));
    move || {
        let _ = changes.send(());
    }
}

fn collect(queue: &Receiver<()>, mut told: impl FnMut() -> bool) {
    while queue.recv().is_ok() {
        let began = Instant::now();
        while began.elapsed() < LONGEST && queue.recv_timeout(QUIET).is_ok() {}
        while queue.try_recv().is_ok() {}
        if !told() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, Flag, ModifyKind};

    use super::*;

    #[test]
    fn only_changes_of_what_matters_count() {
        let places = Places {
            whole: vec!["/h/journal".into()],
            deep: vec!["/r/.git/refs/heads".into()],
            files: vec!["/r/.git/HEAD".into(), "/r/.throughline/project_state.json".into()],
        };
        let write = EventKind::Modify(ModifyKind::Any);
        let create = EventKind::Create(CreateKind::Any);
        let read = EventKind::Access(AccessKind::Open(AccessMode::Read));
        let closed = EventKind::Access(AccessKind::Close(AccessMode::Write));
        let cases = [
            (write, "/h/journal/1.jsonl", true),
            (closed, "/h/journal/1.jsonl", true),
            (read, "/h/journal/1.jsonl", false),
            (write, "/h/journal/late/x", false),
            (create, "/r/.git/refs/heads/a/b", true),
            (create, "/r/.git/HEAD", true),
            (create, "/r/.git/index.lock", false),
            (create, "/r/.throughline", true),
            (create, "/r/.throughline/config.toml", false),
            (write, "/r/src", false),
        ];
        for (kind, path, expected) in cases {
            let event = Event::new(kind).add_path(path.into());
            assert_eq!(matters(&event, &places), expected, "{kind:?} {path}");
        }
        assert!(matters(&Event::new(EventKind::Other).set_flag(Flag::Rescan), &places));
    }
}
