//! `thru log`: the journal, newest first.

use throughline_model::change::Change;
use throughline_model::head::short;
use throughline_model::ids::{MilestoneId, UnitId};
use throughline_model::record::{Actor, Body, Record};
use throughline_model::state::{Milestone, MilestoneStatus};
use throughline_store::journal::Filter;

use crate::error::OpsError;
use crate::here::Here;

/// Which records.
#[derive(Debug, Clone, Default)]
pub struct LogOptions {
    /// At most so many.
    pub most: usize,
    /// Of every line, not only this one.
    pub all_lines: bool,
    /// Only what told of drift.
    pub drift: bool,
}

/// A record for people.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// The record.
    pub record: Record,
    /// What it says, in a sentence.
    pub sentence: String,
}

/// What the journal says.
#[derive(Debug, Clone)]
pub struct LogReport {
    /// Newest first.
    pub entries: Vec<LogEntry>,
    /// Lines that could not be read.
    pub bad_lines: usize,
}

/// Reads the journal.
pub fn log(here: &Here, options: &LogOptions) -> Result<LogReport, OpsError> {
    let filter = if options.all_lines { Filter::All } else { Filter::Lines(vec![here.line()]) };
    let batch = here.project.journal().read(throughline_model::record::Mark::default(), &filter)?;
    let wanted = |record: &Record| {
        !options.drift || {
            matches!(
                record.body,
                Body::Drift { .. } | Body::Reconcile { .. } | Body::LineEnd { .. }
            )
        }
    };
    let records = batch.records.into_iter().rev().map(|(_, record)| record);
    let entries = records
        .filter(wanted)
        .take(options.most)
        .map(|record| LogEntry { sentence: describe(&record), record })
        .collect();
    Ok(LogReport { entries, bad_lines: batch.bad })
}

/// Who, in a word.
pub fn who(actor: &Actor) -> &'static str {
    match actor {
        Actor::Person => "you",
        Actor::Agent { .. } => "agent",
        Actor::Fold => "thru",
    }
}

fn describe(record: &Record) -> String {
    match &record.body {
        Body::Change { verb, changes, undoes } => of_changes(verb, changes, undoes.as_ref()),
        Body::Plan { steps, .. } => format!("plan of {} steps", steps.len()),
        Body::LineBegin { origin: Some(origin), .. } => format!("line begins from {}", origin.line),
        Body::LineBegin { origin: None, .. } => "line begins".to_owned(),
        Body::SessionStart { source, .. } => format!("session ({source})"),
        Body::TurnBegin { prompt, .. } => {
            format!("turn: {}", prompt.as_deref().unwrap_or("(not kept)"))
        }
        Body::TurnEnd { interrupted: true, .. } => "turn broken off".to_owned(),
        Body::TurnEnd { interrupted: false, .. } => "turn ends".to_owned(),
        Body::Approval { what, .. } => format!("approval asked: {what}"),
        Body::ToolRan { what, .. } => format!("approved and ran: {what}"),
        Body::Subagent { stopped, agent, .. } => {
            format!("subagent {agent} {}", if *stopped { "stops" } else { "begins" })
        }
        Body::Compacting { .. } => "context is compacted".to_owned(),
        Body::SessionEnd { .. } => "session ends".to_owned(),
        Body::LineEnd { successor: Some(line) } => format!("line ends; {line} goes on"),
        Body::LineEnd { successor: None } => "line ends".to_owned(),
        Body::Drift { drift, asks: true, .. } => format!("asked: {}", drift.sentence()),
        Body::Drift { drift, asks: false, .. } => format!("told: {}", drift.sentence()),
        Body::Reconcile { drift, decisions, by_default, .. } => {
            let words: Vec<_> = decisions.iter().map(|d| d.outcome.as_str()).collect();
            let who = if *by_default { "by default" } else { "decided" };
            format!("{} ({who}): {}", words.join(", "), drift.sentence())
        }
        Body::Intent { file, .. } => format!("writes {file}"),
        Body::Abort { record, .. } => format!("takes {record} back: it could not be synced"),
    }
}

fn of_changes(verb: &str, changes: &[Change], undoes: Option<&UnitId>) -> String {
    let verb = undoes.map_or_else(|| verb.to_owned(), |unit| format!("{verb} of {unit}"));
    match changes {
        [] => verb,
        [one] => format!("{verb}: {}", sentence(one)),
        [first, rest @ ..] => format!("{verb}: {} (and {} more)", sentence(first), rest.len()),
    }
}

/// A change in a few words.
pub fn sentence(change: &Change) -> String {
    let or_nothing = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    match change {
        Change::Create { id, task, .. } => format!("{id} \"{}\"", task.0.title),
        Change::Remove { id, task, .. } => format!("{id} \"{}\" is gone", task.0.title),
        Change::Set { id, field, old, new } => {
            format!("{id} {} {} → {}", field.as_str(), or_nothing(old), or_nothing(new))
        }
        Change::Add { id, list, value } => format!("{id} {} + {value}", list.as_str()),
        Change::Drop { id, list, value } => format!("{id} {} - {value}", list.as_str()),
        Change::Show { id, .. } => format!("{id} has evidence"),
        Change::Unshow { id, .. } => format!("{id} loses evidence"),
        Change::Promote { id } => format!("{id} is promoted"),
        Change::Demote { id } => format!("{id} is private again"),
        Change::Milestone { id, old, new } => match new {
            Some(new) => milestone(id, old.as_ref(), new),
            None => format!("milestone {id} is gone"),
        },
        Change::Note { id, new, .. } => match new {
            Some(new) => format!("note {id} \"{}\"", new.text),
            None => format!("note {id} is gone"),
        },
        Change::Snapshot { id, new, .. } => match new {
            Some(new) => format!("snapshot \"{id}\" at {}", short(&new.commit)),
            None => format!("snapshot \"{id}\" is gone"),
        },
        Change::Resolve { at, new, .. } => {
            let open = if new.conflict.is_some() { "is in conflict" } else { "is settled" };
            format!("{at} {open}")
        }
        Change::Claim { id, new: Some(claim), .. } => format!("{id} is claimed by {}", claim.owner),
        Change::Claim { id, new: None, .. } => format!("{id} is released"),
        Change::Focus { new: Some(id), .. } => format!("focus on {id}"),
        Change::Focus { new: None, .. } => "no focus".to_owned(),
        Change::Recall { session, .. } => format!("session {session} is recalled"),
        Change::Forget { session, .. } => format!("session {session} is forgotten"),
        Change::Mirror { session, new: Some(_), .. } => format!("the plan of {session}"),
        Change::Mirror { session, new: None, .. } => format!("the plan of {session} is gone"),
    }
}

fn milestone(id: &MilestoneId, old: Option<&Milestone>, new: &Milestone) -> String {
    let moved = old.is_some_and(|old| old.status != new.status);
    let what = match new.status {
        MilestoneStatus::Open => " is open again",
        MilestoneStatus::Reached => " is reached",
        MilestoneStatus::Dropped => " is dropped",
    };
    format!("milestone {id} \"{}\"{}", new.title, if moved { what } else { "" })
}
