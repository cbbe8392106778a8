//! Conversations for somebody who asks again and again: a server.
//!
//! A command looks at every folder of every agent before it answers, which is most of what it costs. A
//! desk keeps the index open and looks again only when the operating system said that something changed
//! ([`Freshness`]), the last look left something unread, or a second has gone by: a folder that has just
//! been made may be written in before it is watched.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use throughline_store::index::{Direction, Index, Key, ListFilter, Page, Sort, ThreadRow};

use super::mark::{MarkOptions, mark_in};
use super::told::{ItemsOptions, ItemsPage, TurnsOptions, TurnsPage};
use super::{asked_within, cursor, find_any, parse_cursor, search, told};
use crate::error::OpsError;
use crate::index::{AgentHome, Haste, Ready};
use crate::look::Places;
use crate::surroundings::Surroundings;
use crate::watch::Watch;

/// For how long the index is taken for current where no change was noticed.
const TRUSTED: Duration = Duration::from_secs(1);

/// Whether anything that a list of conversations shows may have changed. Shared by all desks.
#[derive(Debug, Clone)]
pub struct Freshness {
    changes: Arc<AtomicU64>,
    watch: Arc<Mutex<Option<Watch>>>,
    places: Arc<Places>,
    /// Whether every folder that matters was there when it was last begun to watch.
    is_whole: Arc<AtomicBool>,
}

impl Freshness {
    /// Watches the transcripts of these homes, and what the user says of them. Where nothing can be watched, a
    /// desk looks each time.
    pub fn watch(world: &Surroundings, homes: &[AgentHome]) -> Self {
        let changes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&changes);
        let tell = move || {
            counted.fetch_add(1, Ordering::AcqRel);
        };
        let freshness = Self {
            changes,
            watch: Arc::new(Mutex::new(Watch::start(tell).ok())),
            places: Arc::new(places(world, homes)),
            is_whole: Arc::default(),
        };
        freshness.follow();
        freshness
    }

    /// Says that something changed.
    pub fn touch(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// What is watched.
    pub fn places(&self) -> &Places {
        &self.places
    }

    fn count(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Folders that came since are watched too.
    fn follow(&self) {
        if self.is_whole.load(Ordering::Acquire) {
            return;
        }
        let is_whole = self.places.deep.iter().all(|folder| folder.is_dir());
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let followed = watch.as_mut().is_some_and(|watch| watch.follow(&self.places).is_ok());
        if !followed {
            *watch = None;
        }
        self.is_whole.store(is_whole, Ordering::Release);
    }

    fn is_watching(&self) -> bool {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

fn places(world: &Surroundings, homes: &[AgentHome]) -> Places {
    let of = |home: &AgentHome| {
        let path = home.path.clone();
        home.agent.stores.iter().map(move |store| path.join(store.folder))
    };
    Places {
        whole: Vec::new(),
        deep: homes.iter().flat_map(of).collect(),
        files: vec![world.home.overlay_path()],
    }
}

/// Answers about conversations.
#[derive(Debug)]
pub struct Desk {
    homes: Vec<AgentHome>,
    freshness: Freshness,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    ready: Ready,
    /// The count of changes before the look.
    seen: u64,
    looked: Instant,
}

/// Which conversations, and how.
#[derive(Debug, Clone)]
pub struct PageOptions {
    /// Which.
    pub filter: ListFilter,
    /// By what they are sorted.
    pub sort: Sort,
    /// In which direction.
    pub direction: Direction,
    /// Where an earlier page ended, or began.
    pub cursor: Option<String>,
    /// How many at most.
    pub limit: usize,
}

/// A page of conversations.
#[derive(Debug, Clone)]
pub struct ThreadPage {
    /// In order.
    pub threads: Vec<ThreadRow>,
    /// For the next page, if there is one.
    pub next_cursor: Option<String>,
    /// For what came since in front of this page: to be used in the other direction.
    pub backwards_cursor: Option<String>,
}

/// A conversation in which something was found.
#[derive(Debug, Clone)]
pub struct ThreadHit {
    /// Which.
    pub thread: ThreadRow,
    /// The text around it, redacted.
    pub snippet: String,
}

impl Desk {
    /// A desk that has not looked yet.
    pub fn new(homes: Vec<AgentHome>, freshness: Freshness) -> Self {
        Self { homes, freshness, open: None }
    }

    /// The index as it is now.
    fn index(&mut self, world: &Surroundings) -> Result<&Index, OpsError> {
        let freshness = &self.freshness;
        let is_current = |open: &Open| {
            let unchanged = open.seen == freshness.count() && freshness.is_watching();
            unchanged && open.ready.behind.is_none() && open.looked.elapsed() < TRUSTED
        };
        let open = match self.open.take().filter(is_current) {
            Some(open) => open,
            None => self.look(world)?,
        };
        Ok(&self.open.insert(open).ready.index)
    }

    fn look(&self, world: &Surroundings) -> Result<Open, OpsError> {
        self.freshness.follow();
        let seen = self.freshness.count();
        let ready = asked_within(world, &self.homes, Haste::SERVER)?;
        Ok(Open { ready, seen, looked: Instant::now() })
    }

    /// A page of conversations.
    ///
    /// # Errors
    /// [`OpsError`]: a wrong cursor, or no index at all.
    pub fn page(
        &mut self,
        world: &Surroundings,
        options: &PageOptions,
    ) -> Result<ThreadPage, OpsError> {
        page(self.index(world)?, options)
    }

    /// The conversation of this name, in full. Archived ones are found, forgotten ones are not.
    ///
    /// # Errors
    /// [`OpsError::NoSuch`], or no index at all.
    pub fn thread(&mut self, world: &Surroundings, id: &str) -> Result<ThreadRow, OpsError> {
        let missing = || OpsError::NoSuch { what: "thread", name: id.to_owned() };
        match find_any(self.index(world)?, id) {
            Ok(thread) if thread.meta.key == id && !thread.is_forgotten => Ok(thread),
            Ok(_) | Err(OpsError::Refused { .. }) => Err(missing()),
            Err(error) => Err(error),
        }
    }

    /// Says something of a conversation, by its name in full; as it is then.
    ///
    /// # Errors
    /// As [`mark`](super::mark::mark).
    pub fn mark(
        &mut self,
        world: &Surroundings,
        options: &MarkOptions,
    ) -> Result<ThreadRow, OpsError> {
        let marked = mark_in(world, self.index(world)?, options)?;
        let missing = || OpsError::NoSuch { what: "thread", name: marked.key.clone() };
        marked.thread.ok_or_else(missing)
    }

    /// A page of a conversation's turns.
    ///
    /// # Errors
    /// As [`told::turns`].
    pub fn turns(
        &mut self,
        world: &Surroundings,
        thread: &ThreadRow,
        options: &TurnsOptions,
    ) -> Result<TurnsPage, OpsError> {
        told::turns(self.index(world)?, thread, options)
    }

    /// A page of a conversation's items.
    ///
    /// # Errors
    /// As [`told::items`].
    pub fn items(
        &mut self,
        world: &Surroundings,
        thread: &ThreadRow,
        options: &ItemsOptions,
    ) -> Result<ItemsPage, OpsError> {
        told::items(self.index(world)?, thread, options)
    }

    /// Conversations in which these words stand, the best first.
    ///
    /// # Errors
    /// [`OpsError`]: the text is no right query, or there is no index at all.
    pub fn search(
        &mut self,
        world: &Surroundings,
        text: &str,
        filter: &ListFilter,
        limit: usize,
    ) -> Result<Vec<ThreadHit>, OpsError> {
        search::of_threads(world, self.index(world)?, text, filter, limit)
    }
}

/// A page of an index.
pub(super) fn page(index: &Index, options: &PageOptions) -> Result<ThreadPage, OpsError> {
    let after = options.cursor.as_deref().map(|c| parse_cursor(options.sort, c)).transpose()?;
    // One more than asked for tells whether there is a next page.
    let limit = options.limit + 1;
    let page = Page { sort: options.sort, direction: options.direction, after, limit };
    let mut threads = index.threads(&options.filter, &page)?;
    let has_more = threads.len() > options.limit;
    threads.truncate(options.limit);
    let cursor_of = |thread: &ThreadRow| cursor(options.sort, &key(options.sort, thread));
    Ok(ThreadPage {
        next_cursor: threads.last().filter(|_| has_more).map(cursor_of),
        backwards_cursor: threads.first().map(cursor_of),
        threads,
    })
}

fn key(sort: Sort, thread: &ThreadRow) -> Key {
    let at = match sort {
        Sort::Created => thread.created,
        Sort::Updated => thread.updated,
        Sort::Recent => thread.recent,
    };
    Key { at, key: thread.meta.key.clone() }
}
