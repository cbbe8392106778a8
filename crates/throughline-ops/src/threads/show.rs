//! `thru threads show` and `thru threads turns`: one conversation, turn by turn.
//!
//! What a fork goes on from comes first, as one row with its own turns ([`super::lineage`]).

use throughline_agents::transcript::{Item, Limits, Offset, is_there, item_at, read_from};
use throughline_model::plan::PlanStep;
use throughline_store::index::{Direction, Index, ItemKind, ThreadRow, TurnDetail, TurnRow};

use super::lineage::{Lineage, Placed};
use super::words::{agent_of, text_of};
use super::{Standing, asked, find};
use crate::error::OpsError;
use crate::index::{AgentHome, kind_of};
use crate::surroundings::Surroundings;

/// How much of a text a summary has, in characters.
const SUMMARY: usize = 200;

/// Which turns of a conversation, and how much of them.
#[derive(Debug, Clone)]
pub struct ShowOptions {
    /// The conversation's name, or the start of it.
    pub thread: String,
    /// From which end.
    pub direction: Direction,
    /// Where an earlier page ended.
    pub after: Option<u64>,
    /// How many turns at most.
    pub limit: usize,
    /// How much of them.
    pub detail: Detail,
}

/// How much of a turn is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The start of prompt and last answer.
    Summary,
    /// Every item in full.
    Full,
}

/// One conversation.
#[derive(Debug, Clone)]
pub struct ShowReport {
    /// Which.
    pub thread: ThreadRow,
    /// Its turns, in the order that was asked for.
    pub turns: Vec<TurnShown>,
    /// For the next page, if there is one.
    pub next: Option<u64>,
    /// The plan that was given last, if there is one.
    pub plan: Vec<PlanStep>,
    /// Whether the transcript is not there any more.
    pub is_gone: bool,
    /// How the index stands.
    pub standing: Standing,
}

/// One turn.
#[derive(Debug, Clone)]
pub struct TurnShown {
    /// As the index knows it.
    pub turn: TurnRow,
    /// Its words, redacted.
    pub said: Vec<Said>,
    /// The conversation that made it, if that is another one, from which this one goes on.
    pub inherited_from: Option<String>,
}

/// Words of a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What they are.
    pub kind: ItemKind,
    /// The words.
    pub text: String,
}

/// Shows a conversation.
///
/// # Errors
/// [`OpsError`]: there is none of that name, or no index at all.
pub fn show(
    world: &Surroundings,
    homes: &[AgentHome],
    options: &ShowOptions,
) -> Result<ShowReport, OpsError> {
    let ready = asked(world, homes)?;
    let thread = find(&ready.index, &options.thread)?;
    let lineage = Lineage::of(&ready.index, &thread)?;
    // One more than asked for tells whether there is a next page.
    let limit = options.limit + 1;
    let mut turns =
        lineage.page(&ready.index, options.direction, options.after, limit, TurnDetail::Deeds)?;
    let has_more = turns.len() > options.limit;
    turns.truncate(options.limit);
    let next = turns.last().filter(|_| has_more).map(|placed| placed.turn.number);
    let plan = last_plan(&ready.index, &lineage)?;
    let turns = turns.into_iter().map(|placed| shown(placed, options.detail)).collect();
    let is_gone = !is_there(&thread.source.found.path);
    let mut standing = Standing::of(&ready);
    standing.notes.extend(lineage.note);
    Ok(ShowReport { thread, turns, next, plan, is_gone, standing })
}

fn shown(placed: Placed<'_>, detail: Detail) -> TurnShown {
    let Placed { thread, turn, inherited_from } = placed;
    let said = match detail {
        Detail::Full => all_of(thread, &turn),
        Detail::Summary => summary(thread, &turn),
    };
    TurnShown { turn, said, inherited_from }
}

/// Prompt and last answer, cut.
fn summary(thread: &ThreadRow, turn: &TurnRow) -> Vec<Said> {
    let prompt = turn.items.iter().find(|item| item.kind == ItemKind::Prompt);
    let answer = turn.items.iter().rfind(|item| item.kind == ItemKind::Answer);
    let cut = |said: Said| {
        let text = said.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = text.chars().take(SUMMARY).collect();
        let more = if short.len() < text.len() { "…" } else { "" };
        Said { text: format!("{short}{more}"), ..said }
    };
    let items = [prompt, answer].into_iter().flatten();
    items.filter_map(|item| said_at(thread, item.offset).map(cut)).collect()
}

fn said_at(thread: &ThreadRow, offset: u64) -> Option<Said> {
    let agent = agent_of(&thread.source)?;
    let path = &thread.source.found.path;
    let items = item_at(path, offset, &Limits::default(), &agent.transcript).ok()?;
    items.iter().find_map(said)
}

fn said(item: &Item) -> Option<Said> {
    Some(Said { kind: kind_of(&item.kind)?, text: text_of(item)? })
}

/// Reads once from the turn's first line to its last.
fn all_of(thread: &ThreadRow, turn: &TurnRow) -> Vec<Said> {
    let (Some(first), Some(last)) = (turn.items.first(), turn.items.last()) else {
        return Vec::new();
    };
    let Some(agent) = agent_of(&thread.source) else { return Vec::new() };
    let from = Offset { bytes: first.offset, turn: turn.key.clone() };
    let (path, limits) = (&thread.source.found.path, Limits::default());
    let Ok(reader) = read_from(path, from, &limits, &agent.transcript) else { return Vec::new() };
    let items = reader.map_while(Result::ok).take_while(|item| item.offset <= last.offset);
    items.filter(|item| item.turn == turn.key).filter_map(|item| said(&item)).collect()
}

/// The steps of the last plan of a conversation.
fn last_plan(index: &Index, lineage: &Lineage) -> Result<Vec<PlanStep>, OpsError> {
    let Some((thread, offset)) = lineage.last_plan(index)? else { return Ok(Vec::new()) };
    let Some(agent) = agent_of(&thread.source) else { return Ok(Vec::new()) };
    let path = &thread.source.found.path;
    let items = item_at(path, offset, &Limits::default(), &agent.transcript).unwrap_or_default();
    Ok(items.into_iter().find_map(steps).unwrap_or_default())
}

fn steps(item: Item) -> Option<Vec<PlanStep>> {
    match item.kind {
        throughline_agents::transcript::ItemKind::Plan { mut steps } => {
            for step in &mut steps {
                step.text = throughline_model::redact::redact(&step.text).into_owned();
            }
            Some(steps)
        }
        _other => None,
    }
}
