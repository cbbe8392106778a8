//! The brief of a line, from its view.

use std::collections::{BTreeMap, BTreeSet};

use throughline_model::brief::{BriefParts, compose, next_line, plan_line};
use throughline_model::change::Change;
use throughline_model::ids::{NoteId, TaskId};
use throughline_model::line::Plan;
use throughline_model::next::NextStep;
use throughline_model::record::Mark;
use throughline_model::sanitise;
use throughline_model::session::Session;
use throughline_model::state::{Note, Task};
use throughline_model::view::View;
use throughline_runtime::memories::Memories;
use throughline_store::accepted::Accepted;
use throughline_store::journal::Filter;
use throughline_store::project::TextTrust;

use crate::error::OpsError;
use crate::here::Here;
use crate::live::is_live;
use crate::surroundings::Surroundings;

/// How many next steps identify what was told.
const TOLD_STEPS: usize = 5;

/// How much of a prompt or answer a brief quotes, in characters.
const QUOTE: usize = 160;

/// A brief with what identifies the next steps in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brief {
    /// The text, without fence and drift.
    pub text: String,
    /// Identifies the next steps that are not of a plan.
    pub next: String,
}

/// Makes the brief of a line from its next steps.
pub(crate) fn brief(
    world: &Surroundings,
    here: &Here,
    view: &View,
    steps: &[NextStep<'_>],
) -> Result<Brief, OpsError> {
    let now = world.clock.now();
    let live = |session: &str| is_live(&view.line, session, now);
    let shown = shown_texts(here, view)?;
    let sessions = latest_sessions(here, view);
    let parts = BriefParts {
        drift: None,
        line: line(here, view, steps),
        interrupted: interrupted(view, &live),
        last_session: last_answer(&sessions),
        plan: open_plan(view).map(plan_lines).unwrap_or_default(),
        next: steps.iter().map(|step| next_line(step, shown.contains(step.id))).collect(),
        follow_ups: follow_ups(&sessions),
    };
    Ok(Brief { text: compose(&parts, room(world, here)), next: next_key(view, steps) })
}

/// The budget without what memories may take, where there are any: a hook adds them.
fn room(world: &Surroundings, here: &Here) -> usize {
    let memory = &here.config.memory;
    let remembers = memory.enabled && Memories::file(&world.home).exists();
    let kept = if remembers { memory.brief_tokens } else { 0 };
    here.config.brief_tokens.saturating_sub(kept)
}

/// The tasks whose text may reach an agent.
pub fn shown_texts(here: &Here, view: &View) -> Result<BTreeSet<TaskId>, OpsError> {
    let accepted = here.project.accepted()?;
    let mut shown = own_texts(here, &accepted, view)?;
    let accepted = view.tasks().filter(|(id, task)| may_show(here, &accepted, view, id, task));
    shown.extend(accepted.map(|(id, _)| id.clone()));
    Ok(shown)
}

/// The notes whose text may reach an agent: those that this user's own journal wrote as they stand.
/// It is read whole, so this is asked only where there are notes to show.
pub fn shown_notes(here: &Here, notes: &[(NoteId, Note)]) -> Result<BTreeSet<NoteId>, OpsError> {
    let all = || notes.iter().map(|(id, _)| id.clone()).collect();
    match here.project.binding().text {
        TextTrust::Team => return Ok(all()),
        TextTrust::Own if notes.is_empty() => return Ok(BTreeSet::new()),
        TextTrust::Own => {}
    }
    let batch = here.project.journal().read(Mark::default(), &Filter::All)?;
    let changes = batch.records.iter().flat_map(|(_, record)| record.body.changes());
    let written = |change: &Change| {
        let Change::Note { id, new: Some(new), .. } = change else { return None };
        let is_it = |(known, note): &&(NoteId, Note)| known == id && note.text == new.text;
        notes.iter().find(is_it).map(|(id, _)| id.clone())
    };
    Ok(changes.filter_map(written).collect())
}

/// Text reaches an agent only if this user's own journal wrote it, or the user accepted it.
fn may_show(here: &Here, accepted: &Accepted, view: &View, id: &TaskId, task: &Task) -> bool {
    match here.project.binding().text {
        TextTrust::Team => true,
        TextTrust::Own => view.is_private(id) || accepted.has(id, task),
    }
}

/// Tasks whose text, as it stands, this user's journal wrote since the last fold, which notes it
/// for good: on this line or on another, since a branch takes over what was written before it. A task that
/// git changed after the journal wrote it is not among them, nor is one of which the journal wrote only a
/// part and nobody accepted the rest.
pub(crate) fn own_texts(
    here: &Here,
    accepted: &Accepted,
    view: &View,
) -> Result<BTreeSet<TaskId>, OpsError> {
    let pending = here.project.journal().read(here.project.folded_through(), &Filter::All)?;
    let mut written: BTreeMap<(&str, TaskId), Vec<&Change>> = BTreeMap::new();
    for (_, record) in &pending.records {
        for change in record.body.changes() {
            if let Some(id) = change.writes_text_of() {
                written.entry((&record.line, id.clone())).or_default().push(change);
            }
        }
    }
    let is_own = |((_, id), changes): ((&str, TaskId), Vec<&Change>)| {
        let now = view.task(&id)?;
        let before = match changes.first()? {
            Change::Create { task, .. } => (*task.0).clone(),
            _ => Some(unwound(now, &changes)).filter(|before| accepted.has(&id, before))?,
        };
        let after = wound(before, &changes);
        let texts = |task: &Task| (task.title.clone(), task.notes.clone(), task.acceptance.clone());
        (texts(&after) == texts(now)).then_some(id)
    };
    Ok(written.into_iter().filter_map(is_own).collect())
}

/// The task as it was before these changes of its text.
fn unwound(now: &Task, changes: &[&Change]) -> Task {
    let mut before = now.clone();
    for change in changes.iter().rev() {
        if let Change::Set { field, old, .. } = change {
            // A value that does not fit leaves the text as it is: then it is not the accepted one.
            let _ = before.set(*field, old.as_deref());
        }
    }
    before
}

/// The task as these changes of its text leave it.
fn wound(mut before: Task, changes: &[&Change]) -> Task {
    for change in changes {
        if let Change::Set { field, new, .. } = change {
            let _ = before.set(*field, new.as_deref());
        }
    }
    before
}

/// Identifies the next steps: what changes without the session's own plan having changed it.
fn next_key(view: &View, steps: &[NextStep<'_>]) -> String {
    let told = steps.iter().filter(|step| !view.is_private(step.id)).take(TOLD_STEPS);
    told.map(|step| step.id.as_str()).collect::<Vec<_>>().join(" ")
}

fn line(here: &Here, view: &View, steps: &[NextStep<'_>]) -> String {
    let open = view.tasks().filter(|(_, task)| task.status.is_open()).count();
    let line = sanitise::for_model(&here.line(), QUOTE);
    let undecided = match throughline_model::merge::open_conflicts(&view.state).len() {
        0 => String::new(),
        conflicts => format!(" Merges left {conflicts} to decide (thru tasks conflicts)."),
    };
    format!("Line {line}: {open} open, {} ready.{undecided}", steps.len())
}

fn interrupted(view: &View, live: &dyn Fn(&str) -> bool) -> Option<String> {
    let session = *view.line.interrupted_sessions(live).first()?;
    let prompt = view.line.sessions.get(session)?.first_prompt.as_deref().unwrap_or("(not kept)");
    Some(format!("The last turn was interrupted while working on: {}", quote(prompt)))
}

fn quote(text: &str) -> String {
    format!("\"{}\"", sanitise::for_model(text, QUOTE))
}

/// The sessions that worked on this line or the one from which it started, the latest first.
fn latest_sessions(here: &Here, view: &View) -> Vec<Session> {
    let files = here.project.session_files().unwrap_or_default();
    let sessions = files.iter().rev().filter_map(|path| here.project.read_session(path).ok());
    let origin = view.line.origin.as_ref().map(|origin| &origin.line);
    let here = |line: &String| *line == view.line.key || Some(line) == origin;
    let on_line = sessions.filter(|s| s.turns.last().is_some_and(|turn| here(&turn.line)));
    let mut latest: Vec<Session> = on_line.take(RECENT).collect();
    latest.sort_by_key(|session| std::cmp::Reverse(session.last));
    latest
}

/// Of so many sessions that began last, the one heard of last is the latest.
const RECENT: usize = 8;

/// What was answered last. A session that was broken off before its first answer has nothing to say,
/// and the one before it has.
fn last_answer(sessions: &[Session]) -> Option<String> {
    let mut turns = sessions.iter().flat_map(|session| session.turns.iter().rev());
    let turn = turns.find(|turn| turn.answer.is_some())?;
    let asked = turn.prompt.as_deref().map(quote);
    let answered = quote(turn.answer.as_deref()?);
    Some(match asked {
        Some(asked) => format!("Last turn: asked {asked}, answered {answered}"),
        None => format!("Last turn: answered {answered}"),
    })
}

fn follow_ups(sessions: &[Session]) -> Vec<String> {
    let turn = sessions.first().and_then(|session| session.turns.last());
    turn.map(|t| t.follow_ups.iter().map(|f| sanitise::for_model(f, QUOTE)).collect())
        .unwrap_or_default()
}

/// The latest plan that has an open step.
fn open_plan(view: &View) -> Option<Vec<(String, throughline_model::state::Status)>> {
    let steps = |plan: &Plan| {
        let step = |s: &throughline_model::record::MirroredStep| {
            let task = view.task(&s.task);
            task.map_or_else(
                || (s.step.text.clone(), s.step.status),
                |t| (t.title.clone(), t.status),
            )
        };
        plan.steps.iter().map(step).collect::<Vec<_>>()
    };
    let mut plans: Vec<&Plan> = view.line.plans.iter().collect();
    plans.sort_by_key(|plan| std::cmp::Reverse(plan.stamp.at));
    plans.into_iter().map(steps).find(|s| s.iter().any(|(_, status)| status.is_open()))
}

fn plan_lines(steps: Vec<(String, throughline_model::state::Status)>) -> Vec<String> {
    steps.iter().map(|(text, status)| plan_line(text, *status)).collect()
}
