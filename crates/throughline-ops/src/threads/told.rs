//! Turns and items of a conversation as Codex's app-server tells them, page by page.
//!
//! A page goes on from a place (a turn's number, an item's byte), never from a count, so what comes in
//! meanwhile moves nothing. Texts are redacted.

use std::collections::VecDeque;

use throughline_agents::transcript::{Limits, Offset, Stretch, ToldItem, tell};
use throughline_model::redact::redact_json;
use throughline_store::index::{
    Direction, Index, ItemKind, Outcome, ThreadRow, TurnDetail, TurnRow,
};

use super::lineage::{Lineage, Placed};
use super::words::agent_of;
use crate::error::OpsError;

/// How much of the items comes with a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemsView {
    /// None.
    NotLoaded,
    /// The prompt and the last answer.
    Summary,
    /// All.
    Full,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor<At> {
    /// The turn, or the item.
    pub at: At,
    /// Whether it is part of the page.
    pub included: bool,
}

/// Which turns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnsOptions {
    /// From which end.
    pub direction: Direction,
    /// Where an earlier page ended, or began: the number of a turn.
    pub from: Option<Anchor<u64>>,
    /// How many at most.
    pub limit: usize,
    /// How much of them.
    pub view: ItemsView,
}

/// A page of turns.
#[derive(Debug, Clone)]
pub struct TurnsPage {
    /// In the order that was asked for.
    pub turns: Vec<ToldTurn>,
    /// Whether there are more behind.
    pub has_more: bool,
}

/// A turn with its items.
#[derive(Debug, Clone)]
pub struct ToldTurn {
    /// As the index knows it.
    pub turn: TurnRow,
    /// Whether no later turn of the conversation is known; told of one without an end alone.
    pub is_last: bool,
    /// Its items, as far as they were asked for.
    pub items: Vec<ToldItem>,
}

/// The place of an item in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemPlace {
    /// The number of its turn.
    pub turn: u64,
    /// Its line, in bytes of the transcript.
    pub offset: u64,
}

/// Which items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemsOptions {
    /// Of this turn alone, by the agent's name for it.
    pub turn: Option<String>,
    /// From which end.
    pub direction: Direction,
    /// Where an earlier page ended, or began.
    pub from: Option<Anchor<ItemPlace>>,
    /// How many at most.
    pub limit: usize,
}

/// A page of items.
#[derive(Debug, Clone)]
pub struct ItemsPage {
    /// In the order that was asked for, each with its place and its turn's name.
    pub items: Vec<(ItemPlace, Option<String>, ToldItem)>,
    /// Whether there are more behind.
    pub has_more: bool,
}

/// So many turns are looked up at a time where their items are counted and not they.
const TURNS_AT_A_TIME: usize = 16;

/// A page of turns.
///
/// # Errors
/// [`OpsError`], if the index can't be read. A transcript that is gone has turns without items.
pub fn turns(
    index: &Index,
    thread: &ThreadRow,
    options: &TurnsOptions,
) -> Result<TurnsPage, OpsError> {
    let lineage = Lineage::of(index, thread)?;
    let after = options.from.as_ref().map(|from| beyond(from, options.direction));
    // One more than asked for tells whether there is a next page.
    let mut placed = page(index, &lineage, options.direction, after, options.limit + 1)?;
    let has_more = placed.len() > options.limit;
    placed.truncate(options.limit);
    // Which is the last matters for one without an end alone.
    let is_open = |placed: &Placed<'_>| placed.turn.outcome == Outcome::Open;
    let last = match placed.iter().any(is_open) {
        true => last_number(index, &lineage)?,
        false => None,
    };
    let told = placed.into_iter().map(|placed| {
        let items = match options.view {
            ItemsView::NotLoaded => Vec::new(),
            ItemsView::Summary => summary(&placed),
            ItemsView::Full => all(&placed),
        };
        ToldTurn { is_last: Some(placed.turn.number) == last, turn: placed.turn, items }
    });
    Ok(TurnsPage { turns: told.collect(), has_more })
}

/// A page of items, of one turn or of all.
///
/// # Errors
/// [`OpsError`]: there is no such turn, or the index can't be read.
pub fn items(
    index: &Index,
    thread: &ThreadRow,
    options: &ItemsOptions,
) -> Result<ItemsPage, OpsError> {
    let lineage = Lineage::of(index, thread)?;
    let mut wanted = Wanted { options, items: Vec::new() };
    let of_turn = options.from.as_ref().map(|from| Anchor { at: from.at.turn, included: true });
    let mut after = of_turn.map(|from| beyond(&from, options.direction));
    let mut seen = false;
    loop {
        let page = page(index, &lineage, options.direction, after, TURNS_AT_A_TIME)?;
        let Some(end) = page.last().map(|placed| placed.turn.number) else { break };
        for placed in page {
            let is_meant = options.turn.is_none() || options.turn == placed.turn.key;
            seen |= is_meant;
            if is_meant && wanted.take(&placed) {
                return Ok(wanted.page());
            }
        }
        after = Some(end);
    }
    match &options.turn {
        Some(turn) if !seen => Err(OpsError::NoSuch { what: "turn", name: turn.clone() }),
        Some(_) | None => Ok(wanted.page()),
    }
}

/// Items of a page that is being filled.
struct Wanted<'o> {
    options: &'o ItemsOptions,
    items: Vec<(ItemPlace, Option<String>, ToldItem)>,
}

impl Wanted<'_> {
    /// Takes those of a turn; whether that is enough.
    fn take(&mut self, placed: &Placed<'_>) -> bool {
        let mut items: VecDeque<_> = all(placed).into();
        while let Some(item) = match self.options.direction {
            Direction::Ascending => items.pop_front(),
            Direction::Descending => items.pop_back(),
        } {
            let place = ItemPlace { turn: placed.turn.number, offset: item.offset };
            if self.is_behind(place) {
                self.items.push((place, placed.turn.key.clone(), item));
            }
            // One more than asked for tells whether there is a next page.
            if self.items.len() > self.options.limit {
                return true;
            }
        }
        false
    }

    fn is_behind(&self, place: ItemPlace) -> bool {
        let Some(from) = &self.options.from else { return true };
        let behind = match self.options.direction {
            Direction::Ascending => place > from.at,
            Direction::Descending => place < from.at,
        };
        behind || (from.included && place == from.at)
    }

    fn page(mut self) -> ItemsPage {
        let has_more = self.items.len() > self.options.limit;
        self.items.truncate(self.options.limit);
        ItemsPage { items: self.items, has_more }
    }
}

/// The number after which a page goes on.
fn beyond(from: &Anchor<u64>, direction: Direction) -> u64 {
    match (from.included, direction) {
        (false, _) => from.at,
        (true, Direction::Ascending) => from.at.saturating_sub(1),
        (true, Direction::Descending) => from.at.saturating_add(1),
    }
}

/// Clients of this protocol are not told what a turn did beside its items.
fn page<'l>(
    index: &Index,
    lineage: &'l Lineage,
    direction: Direction,
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<Placed<'l>>, OpsError> {
    lineage.page(index, direction, after, limit, TurnDetail::Items)
}

fn last_number(index: &Index, lineage: &Lineage) -> Result<Option<u64>, OpsError> {
    let last = page(index, lineage, Direction::Descending, /*after*/ None, /*limit*/ 1)?;
    Ok(last.first().map(|placed| placed.turn.number))
}

/// Prompt and last answer; a turn that answered nothing has a prompt alone.
fn summary(placed: &Placed<'_>) -> Vec<ToldItem> {
    let items = &placed.turn.items;
    let prompt = items.iter().find(|item| item.kind == ItemKind::Prompt);
    let answer = items.iter().rfind(|item| item.kind == ItemKind::Answer);
    let line = |offset: u64| Stretch { from: at(placed, offset), last: offset };
    [prompt, answer]
        .into_iter()
        .flatten()
        .flat_map(|item| told(placed, line(item.offset)))
        .collect()
}

/// All from the turn's first line to its last. What stands in between of another turn is not its.
fn all(placed: &Placed<'_>) -> Vec<ToldItem> {
    let offsets = || placed.turn.items.iter().map(|item| item.offset);
    let (Some(first), Some(last)) = (offsets().min(), offsets().max()) else { return Vec::new() };
    let mut items = told(placed, Stretch { from: at(placed, first), last });
    items.retain(|item| item.turn == placed.turn.key);
    items
}

fn at(placed: &Placed<'_>, offset: u64) -> Offset {
    Offset { bytes: offset, turn: placed.turn.key.clone() }
}

/// A transcript that can't be read tells nothing; `thru index status` says why.
fn told(placed: &Placed<'_>, stretch: Stretch) -> Vec<ToldItem> {
    let Some(agent) = agent_of(&placed.thread.source) else { return Vec::new() };
    let path = &placed.thread.source.found.path;
    let mut items = tell(path, stretch, &Limits::default(), &agent.transcript).unwrap_or_default();
    items.iter_mut().for_each(|item| redact_json(&mut item.item));
    items
}

/// How a turn stands for who asks now, in milliseconds since 1970. A last turn without an end in whose
/// conversation something was written lately goes on; any other was broken off.
pub fn standing(told: &ToldTurn, thread: &ThreadRow, now: i64) -> TurnStanding {
    let lately = now.saturating_sub(thread.updated) < LATELY;
    match told.turn.outcome {
        Outcome::Ended => TurnStanding::Completed,
        Outcome::Open if told.is_last && lately => TurnStanding::InProgress,
        Outcome::Open | Outcome::Aborted => TurnStanding::Interrupted,
    }
}

/// A turn in which nothing was written for longer is not going on: 10 minutes.
const LATELY: i64 = 10 * 60 * 1000;

/// How a turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnStanding {
    /// It ended by itself.
    Completed,
    /// It was broken off.
    Interrupted,
    /// It goes on.
    InProgress,
}
