//! `thru threads list`

use throughline_store::index::{Direction, Index, ListFilter, Sort, ThreadRow};

use super::desk::{PageOptions, page};
use super::here::ready_here;
use super::{Scope, Standing};
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
    let mut filter = options.filter.clone();
    let here = match options.scope {
        Scope::Here => places,
        Scope::Everywhere => None,
    };
    let elsewhere = elsewhere(&ready.index, &filter, here.as_ref())?;
    filter.places = here;
    let archived = archived(&ready.index, &filter, options)?;
    let (sort, direction, limit) = (options.sort, options.direction, options.limit);
    let cursor = options.cursor.clone();
    let page = page(&ready.index, &PageOptions { filter, sort, direction, cursor, limit })?;
    Ok(ListReport {
        threads: page.threads,
        next_cursor: page.next_cursor,
        backwards_cursor: page.backwards_cursor,
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
