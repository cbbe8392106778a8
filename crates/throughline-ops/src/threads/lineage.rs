//! What a conversation goes on from, as one row of turns.
//!
//! A fork of today's dialect shares the start of another transcript, up to a byte; that one may share an
//! earlier one's. Forks of the old dialect and some subagents hold a copy instead. Either way the turns
//! in front are not the conversation's own, and are told with the name of the one that made them.
//! Numbers of turns count from the first one of the whole row, shared ones included.

use std::collections::HashSet;

use throughline_agents::transcript::{ForkBase, ItemKind, Limits, item_at};
use throughline_store::index::{Direction, Index, Outcome, ThreadRow, Tokens, TurnDetail, TurnRow};

use super::find_any;
use super::words::agent_of;
use crate::error::OpsError;

/// A longer row of forks of forks is nobody's work; what stands before is left out.
const MOST_ORIGINS: usize = 256;

/// A conversation with all that it goes on from.
pub(super) struct Lineage {
    /// The earliest first; the last is the conversation itself.
    stretches: Vec<Stretch>,
    /// Who made each turn, from the first one on; empty where it made all itself.
    makers: Vec<String>,
    /// Why what stands before the first turn can't be shown, if something does.
    pub(super) note: Option<String>,
}

/// Turns that lie in one transcript.
struct Stretch {
    thread: ThreadRow,
    /// How many turns stand in front of it.
    before: u64,
    /// How many of the transcript's turns belong to it.
    count: u64,
    /// The first byte of the transcript that does not.
    end: u64,
}

/// A turn in its place.
pub(super) struct Placed<'a> {
    /// In whose transcript it is read.
    pub(super) thread: &'a ThreadRow,
    /// With its number in the whole row.
    pub(super) turn: TurnRow,
    /// The conversation that made it, if that is another one.
    pub(super) inherited_from: Option<String>,
}

/// How a conversation has what it goes on from.
enum Link {
    /// It shares the transcript up to this byte.
    Shares(u64),
    /// It holds a copy.
    Copies,
}

/// What a conversation goes on from, the nearest first, and why there is no more.
struct Origins {
    links: Vec<(Link, ThreadRow)>,
    note: Option<String>,
}

impl Lineage {
    pub(super) fn of(index: &Index, thread: &ThreadRow) -> Result<Self, OpsError> {
        let Origins { links, note } = origins(index, thread)?;
        if links.is_empty() {
            let stretches = vec![Stretch::whole(thread, /*before*/ 0)];
            return Ok(Self { stretches, makers: Vec::new(), note });
        }
        let mut makers: Vec<(Option<String>, String)> = Vec::new();
        let mut stretches: Vec<Stretch> = Vec::new();
        for at in (0..=links.len()).rev() {
            let own = at.checked_sub(1).map_or(thread, |nearer| &links[nearer].1);
            let names = index.turn_names(own.source.id)?;
            match links.get(at) {
                Some((Link::Shares(end), origin)) => share(index, origin, *end, &mut stretches)?,
                Some((Link::Copies, _)) | None => stretches.clear(),
            }
            let before = stretches.last().map_or(0, |last| last.before + last.count);
            let copied = matches!(links.get(at), Some((Link::Copies, _)));
            makers.truncate(if copied { makers.len() } else { length(before) });
            let earlier = if copied { std::mem::take(&mut makers) } else { Vec::new() };
            makers.extend(made_by(names, &own.meta.key, &earlier));
            stretches.push(Stretch::whole(own, before));
        }
        let makers = makers.into_iter().map(|(_, maker)| maker).collect();
        Ok(Self { stretches, makers, note })
    }

    /// How many shared turns stand in front of the conversation's own.
    pub(super) fn before(&self) -> u64 {
        self.stretches.last().map_or(0, |own| own.before)
    }

    /// The turns after this number, or before it.
    pub(super) fn page(
        &self,
        index: &Index,
        direction: Direction,
        after: Option<u64>,
        limit: usize,
        detail: TurnDetail,
    ) -> Result<Vec<Placed<'_>>, OpsError> {
        let mut page = Vec::new();
        let in_order: Vec<&Stretch> = match direction {
            Direction::Ascending => self.stretches.iter().collect(),
            Direction::Descending => self.stretches.iter().rev().collect(),
        };
        for stretch in in_order {
            let Some(start) = stretch.start(direction, after) else { continue };
            let left = limit - page.len();
            let turns = index.turns(stretch.thread.source.id, direction, start, left, detail)?;
            let turns = turns.into_iter().take_while(|turn| turn.number <= stretch.count);
            page.extend(turns.map(|turn| self.placed(stretch, turn)));
        }
        Ok(page)
    }

    fn placed<'a>(&'a self, stretch: &'a Stretch, mut turn: TurnRow) -> Placed<'a> {
        turn.number += stretch.before;
        cut(&mut turn, stretch.end);
        let own = self.stretches.last().map(|own| &own.thread.meta.key);
        let maker = self.makers.get(length(turn.number).saturating_sub(1));
        let inherited_from = maker.filter(|maker| Some(*maker) != own).cloned();
        Placed { thread: &stretch.thread, turn, inherited_from }
    }

    /// Where the last plan stands.
    pub(super) fn last_plan(&self, index: &Index) -> Result<Option<(&ThreadRow, u64)>, OpsError> {
        for stretch in self.stretches.iter().rev().filter(|stretch| stretch.thread.plans > 0) {
            if let Some(at) = index.last_plan(stretch.thread.source.id, stretch.end)? {
                return Ok(Some((&stretch.thread, at)));
            }
        }
        Ok(None)
    }
}

impl Stretch {
    fn whole(thread: &ThreadRow, before: u64) -> Self {
        Self { thread: thread.clone(), before, count: u64::MAX, end: u64::MAX }
    }

    /// Where its part of a page begins, as [`Index::turns`] takes it; `None` if it has none.
    #[expect(clippy::option_option, reason = "a page that begins at the end has no number")]
    fn start(&self, direction: Direction, after: Option<u64>) -> Option<Option<u64>> {
        let behind = self.count.saturating_add(1);
        let in_it = |after: u64| after.checked_sub(self.before);
        match (direction, after) {
            (Direction::Ascending, None) => Some(None),
            (Direction::Ascending, Some(after)) => match in_it(after) {
                Some(after) if after >= self.count => None,
                within => Some(within.map(|after| after.min(i64::MAX.cast_unsigned()))),
            },
            (Direction::Descending, None) if self.count == u64::MAX => Some(None),
            (Direction::Descending, None) => Some(Some(behind)),
            (Direction::Descending, Some(after)) => {
                in_it(after).map(|after| Some(after.min(behind).min(i64::MAX.cast_unsigned())))
            }
        }
    }
}

/// The last stretch of `stretches`, which is the origin's own, ends at this byte.
fn share(
    index: &Index,
    origin: &ThreadRow,
    end: u64,
    stretches: &mut [Stretch],
) -> Result<(), OpsError> {
    if let Some(last) = stretches.last_mut() {
        (last.count, last.end) = (index.turns_before(origin.source.id, end)?, end);
    }
    Ok(())
}

/// The makers of turns: of those that the earlier row begins with as well, who made them there.
fn made_by(
    names: Vec<Option<String>>,
    own: &str,
    earlier: &[(Option<String>, String)],
) -> Vec<(Option<String>, String)> {
    let pairs = names.iter().zip(earlier);
    let copied = pairs.take_while(|(name, (other, _))| name.is_some() && *name == other).count();
    let makers = earlier[..copied].iter().map(|(_, maker)| maker.clone());
    let makers = makers.chain(std::iter::repeat(own.to_owned()));
    names.into_iter().zip(makers).collect()
}

/// A turn that was going on where the fork was made is not known as a whole.
fn cut(turn: &mut TurnRow, end: u64) {
    let all = turn.items.len();
    turn.items.retain(|item| item.offset < end);
    if turn.items.len() < all {
        (turn.ended, turn.outcome, turn.tokens) = (None, Outcome::Open, Tokens::default());
        (turn.files, turn.commits, turn.tools) = (Vec::new(), Vec::new(), Vec::new());
    }
}

fn length(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn origins(index: &Index, thread: &ThreadRow) -> Result<Origins, OpsError> {
    let mut origins = Origins { links: Vec::new(), note: None };
    let mut seen = HashSet::from([thread.meta.key.clone()]);
    while origins.links.len() < MOST_ORIGINS {
        let nearest = origins.links.last().map_or(thread, |(_, origin)| origin);
        let Some((link, key)) = link(nearest) else { break };
        if !seen.insert(key.clone()) {
            break;
        }
        // What a copy holds is there, whatever became of its origin.
        let only_shared = matches!(link, Link::Shares(_))
            && !origins.links.iter().any(|(link, _)| matches!(link, Link::Copies));
        match find_any(index, &key) {
            Ok(origin) if !origin.is_forgotten => origins.links.push((link, origin)),
            Ok(_) | Err(OpsError::NoSuch { .. } | OpsError::Refused { .. }) if !only_shared => {
                break;
            }
            Ok(_) => {
                origins.note = Some(format!(
                    "it goes on from {key}, which is forgotten: turns of that are not shown"
                ));
                break;
            }
            Err(OpsError::NoSuch { .. } | OpsError::Refused { .. }) => {
                origins.note = Some(format!(
                    "it goes on from {key}, whose transcript is gone: turns of that can't be shown"
                ));
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(origins)
}

/// What a conversation goes on from, and how.
fn link(thread: &ThreadRow) -> Option<(Link, String)> {
    if thread.meta.base_end.is_none() {
        return thread.meta.forked_from.clone().map(|origin| (Link::Copies, origin));
    }
    let ForkBase { thread, end } = base(thread)?;
    Some((Link::Shares(end), thread))
}

/// As the transcript itself has it: what it shares need not be what it was forked from.
fn base(thread: &ThreadRow) -> Option<ForkBase> {
    let dialect = &agent_of(&thread.source)?.transcript;
    let path = &thread.source.found.path;
    let items = item_at(path, /*offset*/ 0, &Limits::default(), dialect).unwrap_or_default();
    let told = items.into_iter().find_map(|item| match item.kind {
        ItemKind::Meta(meta) => meta.base,
        _other => None,
    });
    // Without the transcript it is most likely what the index knows.
    told.or_else(|| {
        let (end, thread) = (thread.meta.base_end?, thread.meta.forked_from.clone()?);
        Some(ForkBase { thread, end })
    })
}
