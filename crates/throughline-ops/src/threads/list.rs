//! `thru threads list`

use throughline_store::index::{Direction, Index, Key, ListFilter, Page, Sort, ThreadRow};

use super::here::ready_here;
use super::{Scope, Standing, cursor, parse_cursor};
use crate::error::OpsError;
use crate::index::AgentHome;
use crate::surroundings::Surroundings;

/// Which conversations, and how.
#[derive(Debug, Clone)]
pub struct ListOptions {
    /// Whose.
    pub scope: Scope,
    /// Which of these.
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
pub struct ListReport {
    /// In order.
    pub threads: Vec<ThreadRow>,
    /// For the next page, if there is one.
    pub next_cursor: Option<String>,
    /// For what came since in front of this page: to be used in the other direction.
    pub backwards_cursor: Option<String>,
    /// How many more the same filter finds outside of this project.
    pub elsewhere: u64,
    /// How many more the same filter finds among those that are put away. Counted for a first page.
    pub archived: u64,
    /// How the index stands.
    pub standing: Standing,
}

/// Lists conversations.
///
/// # Errors
/// [`OpsError`]: a wrong cursor, or no index at all.
pub fn list(
    world: &Surroundings,
    homes: &[AgentHome],
    options: &ListOptions,
) -> Result<ListReport, OpsError> {
    let (ready, places) = ready_here(world, homes)?;
    let after = options.cursor.as_deref().map(|c| parse_cursor(options.sort, c)).transpose()?;
    let mut filter = options.filter.clone();
    let here = match options.scope {
        Scope::Here => places,
        Scope::Everywhere => None,
    };
    let elsewhere = elsewhere(&ready.index, &filter, here.as_ref())?;
    filter.places = here;
    let archived = archived(&ready.index, &filter, options)?;
    // One more than asked for tells whether there is a next page.
    let limit = options.limit + 1;
    let page = Page { sort: options.sort, direction: options.direction, after, limit };
    let mut threads = ready.index.threads(&filter, &page)?;
    let has_more = threads.len() > options.limit;
    threads.truncate(options.limit);
    let cursor_of = |thread: &ThreadRow| cursor(options.sort, &key(options.sort, thread));
    Ok(ListReport {
        next_cursor: threads.last().filter(|_| has_more).map(cursor_of),
        backwards_cursor: threads.first().map(cursor_of),
        threads,
        elsewhere,
        archived,
        standing: Standing::of(&ready),
    })
}

fn archived(index: &Index, filter: &ListFilter, options: &ListOptions) -> Result<u64, OpsError> {
    if options.cursor.is_some() || filter.archived != Some(false) {
        return Ok(0);
    }
    Ok(index.count(&ListFilter { archived: Some(true), ..filter.clone() })?)
}

fn elsewhere(index: &Index, filter: &ListFilter, here: Option<&Vec<i64>>) -> Result<u64, OpsError> {
    match here {
        Some(here) => Ok(index.count(&ListFilter { not_in: here.clone(), ..filter.clone() })?),
        None => Ok(0),
    }
}

fn key(sort: Sort, thread: &ThreadRow) -> Key {
    let at = match sort {
        Sort::Created => thread.created,
        Sort::Updated => thread.updated,
        Sort::Recent => thread.recent,
    };
    Key { at, key: thread.meta.key.clone() }
}
