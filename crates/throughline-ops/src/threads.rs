//! Conversations of all agents, ever: lists, turns, search, trees.
//!
//! Everything here asks the index ([`crate::index`]) and, for words, the transcripts themselves. None of
//! it needs a project; inside one, its conversations come first, and it is said how many more there are.

pub mod desk;
pub mod disk;
pub mod export;
pub mod list;
pub mod mark;
pub mod search;
pub mod show;
pub mod told;
pub mod tree;

mod here;
mod lineage;
mod query;
mod words;

use throughline_store::index::{Index, Key, Page, Remembered};

use crate::error::OpsError;
use crate::index::{AgentHome, Haste, Progress, Ready, ready_within};
use crate::surroundings::Surroundings;
use crate::times::{self, OfDay};

pub use here::Scope;
pub(crate) use here::places;
pub use throughline_agents::transcript::ToldItem;
pub use throughline_store::index::{Direction, ListFilter, Origin, Sort, ThreadRow};

/// What every answer from the index says beside itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// How far the index is, if it is not complete.
    pub behind: Option<Progress>,
    /// What the user should know, in sentences.
    pub notes: Vec<String>,
}

impl Standing {
    pub(crate) fn of(ready: &Ready) -> Self {
        Self { behind: ready.behind, notes: ready.notes.clone() }
    }
}

/// A time of the command line as milliseconds since 1970: a day, which begins at 00:00 UTC, or a
/// time (RFC 3339).
///
/// # Errors
/// [`OpsError::Refused`], if it is neither.
pub fn parse_since(text: &str) -> Result<i64, OpsError> {
    Ok(times::parse(text, OfDay::Start)?.as_millisecond())
}

/// The index, and over it what the user says of conversations.
pub(crate) fn asked(world: &Surroundings, homes: &[AgentHome]) -> Result<Ready, OpsError> {
    asked_within(world, homes, Haste::COMMAND)
}

/// As [`asked`], for who has more or less time.
fn asked_within(
    world: &Surroundings,
    homes: &[AgentHome],
    haste: Haste,
) -> Result<Ready, OpsError> {
    let mut ready = ready_within(world, homes, haste)?;
    match world.home.overlay() {
        Ok(overlay) => ready.index.lay(&overlay)?,
        Err(error) => ready.notes.push(format!(
            "{error}; until that is mended no name or mark of yours is shown, and nothing is hidden"
        )),
    }
    Ok(ready)
}

/// The whole key of the one conversation of this name, or whose name starts so.
pub(crate) fn named(index: &Index, name: &str) -> Result<String, OpsError> {
    Ok(find_any(index, name)?.meta.key)
}

/// As [`find_any`], if the user did not have it forgotten.
pub(crate) fn find(index: &Index, name: &str) -> Result<ThreadRow, OpsError> {
    let thread = find_any(index, name)?;
    if thread.is_forgotten {
        let key = &thread.meta.key;
        let reason =
            format!("{key} is forgotten: `thru threads forget {key} --undo` brings it back");
        return Err(OpsError::Refused { reason });
    }
    Ok(thread)
}

/// The one conversation of this name, or whose name starts so.
fn find_any(index: &Index, name: &str) -> Result<ThreadRow, OpsError> {
    let remembered = Remembered::Either;
    let filter = ListFilter { key: Some(name.to_owned()), remembered, ..ListFilter::default() };
    let page =
        Page { sort: Sort::Updated, direction: Direction::Descending, after: None, limit: 2 };
    let mut found = index.threads(&filter, &page)?;
    let exact = found.iter().position(|thread| thread.meta.key == name);
    match (exact, found.len()) {
        (Some(at), _) => Ok(found.swap_remove(at)),
        (None, 1) => Ok(found.remove(0)),
        (None, 0) => Err(OpsError::NoSuch { what: "thread", name: name.to_owned() }),
        (None, _) => Err(OpsError::Refused {
            reason: format!("more than one thread begins with `{name}`: give more of it"),
        }),
    }
}

/// A key as a cursor: opaque to others, and good after the index was made anew.
fn cursor(sort: Sort, key: &Key) -> String {
    format!("{}.{}.{}", letter(sort), key.at, key.key)
}

fn letter(sort: Sort) -> &'static str {
    match sort {
        Sort::Created => "c",
        Sort::Updated => "u",
        Sort::Recent => "r",
    }
}

fn parse_cursor(sort: Sort, text: &str) -> Result<Key, OpsError> {
    let rest = text.strip_prefix(letter(sort)).and_then(|rest| rest.strip_prefix('.'));
    let key = rest
        .and_then(|rest| rest.split_once('.'))
        .and_then(|(at, key)| Some(Key { at: at.parse().ok()?, key: key.to_owned() }));
    key.ok_or_else(|| OpsError::Refused {
        reason: format!("`{text}` is no cursor of a list that is sorted so"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_one_of_another_order_is_refused() {
        let key = Key { at: -5, key: "a.b".to_owned() };
        for sort in [Sort::Created, Sort::Updated, Sort::Recent] {
            assert_eq!(parse_cursor(sort, &cursor(sort, &key)).ok(), Some(key.clone()));
        }
        for bad in ["", "u", "u.x.y", "c.1.k", ".1.k", "u.1"] {
            assert!(parse_cursor(Sort::Updated, bad).is_err(), "{bad}");
        }
    }
}
