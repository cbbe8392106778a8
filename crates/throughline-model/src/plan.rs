//! The plan mirror: an agent's list of steps becomes nodes of the graph, and stays the same nodes
//! however the agent rewrites its list.
//!
//! [`mirror`] is pure: (plan as last seen, new list) → changes. Laws: the same list twice changes
//! nothing; a step never changes the nodes of a live session other than its own.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::change::{Change, Place, TaskJson};
use crate::ids::TaskId;
use crate::line::{Line, Plan};
use crate::record::MirroredStep;
use crate::state::{Evidence, Field, Kind, Source, SourceKind, Status, Task};

/// A step as the agent gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    /// What is to be done.
    pub text: String,
    /// Where it stands; an agent never cancels, it leaves a step out.
    pub status: Status,
}

/// The most steps of a list that are mirrored.
pub const MOST_STEPS: usize = 200;

/// What a root is called if no prompt is known: no task is without a title.
const NAMELESS: &str = "The agent's plan";

/// From this likeness on (0 to 1, normalised Levenshtein), a step of one's own list is the same
/// step in other words. Chosen so that "Fix the parser" ~ "Fix the parser's errors" matches and
/// "Fix bug" ~ "Commit" does not.
const SAME_STEP: f64 = 0.6;

/// What the mirror needs to know.
pub struct Mirror<'a> {
    /// The line, with its plans and private nodes.
    pub line: &'a Line,
    /// Looks a node up, private or not.
    pub node: &'a dyn Fn(&TaskId) -> Option<&'a Task>,
    /// Whose list.
    pub session: &'a str,
    /// Of which subagent.
    pub agent: Option<&'a str>,
    /// The new list, redacted.
    pub steps: &'a [PlanStep],
    /// Whether a session may still be at work. Its steps are then its own.
    pub is_live: &'a dyn Fn(&str) -> bool,
    /// What a root would be called: the first prompt.
    pub prompt: &'a str,
    /// Shows where the work was done.
    pub evidence: Evidence,
    /// Now.
    pub now: jiff::Timestamp,
}

/// What the mirror found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// The root made from the prompt, if the plan stands under one.
    pub root: Option<TaskId>,
    /// The list with its nodes.
    pub steps: Vec<MirroredStep>,
    /// Steps that left the list, to be revived if they return.
    pub dropped: Vec<MirroredStep>,
    /// What to change; empty if the list is the same.
    pub changes: Vec<Change>,
}

/// Matches a new list to the nodes that exist and says what to change.
/// `new_id` gives an id that no task has.
pub fn mirror(input: &Mirror<'_>, new_id: &mut dyn FnMut() -> TaskId) -> Mirrored {
    let old = input.line.plan_of(input.session, input.agent);
    let named = input.steps.iter().filter(|step| !step.text.trim().is_empty());
    let steps: Vec<_> = named.take(MOST_STEPS).collect();
    let matched = match_steps(input, &steps);
    let mut changes = Vec::new();
    let mut root = old.and_then(|plan| plan.root.clone());
    let needs_new = matched.iter().any(Option::is_none);
    let parent = if needs_new { parent(input, &mut root, &mut changes, new_id) } else { None };
    let mirrored = steps.into_iter().zip(matched).map(|(step, found)| {
        let task = match found {
            Some(id) => update(input, id, step, &mut changes),
            None => create(input, step, parent.as_ref(), &mut changes, new_id),
        };
        MirroredStep { task, step: step.clone() }
    });
    let steps: Vec<_> = mirrored.collect();
    let dropped = drop_steps(input, &steps, &mut changes);
    Mirrored { root, steps, dropped, changes }
}

/// The node under which new steps stand: the focus, else the session's root, else a new root.
fn parent(
    input: &Mirror<'_>,
    root: &mut Option<TaskId>,
    changes: &mut Vec<Change>,
    new_id: &mut dyn FnMut() -> TaskId,
) -> Option<TaskId> {
    let is_open = |id: &&TaskId| (input.node)(id).is_some_and(|t| t.status.is_open());
    if let Some(focus) = input.line.focus.as_ref().filter(is_open) {
        return Some(focus.clone());
    }
    if root.as_ref().filter(is_open).is_none() {
        let id = new_id();
        let title = if input.prompt.trim().is_empty() { NAMELESS } else { input.prompt };
        let mut task = Task::new(title, Kind::Task, source(input, SourceKind::Prompt), input.now);
        task.status = Status::InProgress;
        let task = TaskJson(Box::new(task));
        changes.push(Change::Create { id: id.clone(), place: Place::Private, task });
        *root = Some(id);
    }
    root.clone()
}

fn source(input: &Mirror<'_>, kind: SourceKind) -> Source {
    Source { session: Some(input.session.to_owned()), ..Source::outside_session(kind) }
}

fn create(
    input: &Mirror<'_>,
    step: &PlanStep,
    parent: Option<&TaskId>,
    changes: &mut Vec<Change>,
    new_id: &mut dyn FnMut() -> TaskId,
) -> TaskId {
    let id = new_id();
    let mut task = Task::new(&*step.text, Kind::Step, source(input, SourceKind::Plan), input.now);
    task.parent = parent.cloned();
    task.status = step.status;
    if step.status == Status::Completed {
        task.completed_at = Some(input.now);
        task.evidence.push(input.evidence.clone());
    }
    let task = TaskJson(Box::new(task));
    changes.push(Change::Create { id: id.clone(), place: Place::Private, task });
    id
}

fn update(input: &Mirror<'_>, id: TaskId, step: &PlanStep, changes: &mut Vec<Change>) -> TaskId {
    let Some(task) = (input.node)(&id) else { return id };
    changes.extend(Change::set(&id, task, Field::Title, Some(&step.text)));
    changes.extend(to_status(input, &id, task, step.status));
    id
}

/// A status change with what belongs to it.
fn to_status(input: &Mirror<'_>, id: &TaskId, task: &Task, status: Status) -> Vec<Change> {
    if task.status == status {
        return Vec::new();
    }
    let done = status == Status::Completed;
    let completed_at = done.then(|| input.now.to_string());
    let mut changes: Vec<_> = [
        Change::set(id, task, Field::Status, Some(status.as_str())),
        Change::set(id, task, Field::CompletedAt, completed_at.as_deref()),
        Change::set(id, task, Field::Reason, None),
    ]
    .into_iter()
    .flatten()
    .collect();
    if done && !task.evidence.contains(&input.evidence) {
        changes.push(Change::Show { id: id.clone(), evidence: input.evidence.clone() });
    }
    changes
}

/// Steps of the thread's own list that are not in the new one are cancelled, unless they are done.
fn drop_steps(
    input: &Mirror<'_>,
    steps: &[MirroredStep],
    changes: &mut Vec<Change>,
) -> Vec<MirroredStep> {
    let kept: BTreeSet<&TaskId> = steps.iter().map(|s| &s.task).collect();
    let gone = own_plan_steps(input).into_iter().filter(|s| !kept.contains(&s.task));
    let gone: Vec<_> = gone.take(MOST_STEPS).cloned().collect();
    for step in &gone {
        let Some(task) = (input.node)(&step.task) else { continue };
        if task.status.is_open() {
            let cancelled = Some(Status::Cancelled.as_str());
            changes.extend(Change::set(&step.task, task, Field::Status, cancelled));
            let reason = Some("left the agent's plan");
            changes.extend(Change::set(&step.task, task, Field::Reason, reason));
        }
    }
    gone
}

/// For each new step the node that it is, if there is one: same words first, then likeness.
fn match_steps(input: &Mirror<'_>, steps: &[&PlanStep]) -> Vec<Option<TaskId>> {
    let own = own_steps(input);
    let adoptable = adoptable_steps(input);
    let mut taken = BTreeSet::new();
    let mut found: Vec<Option<TaskId>> = vec![None; steps.len()];
    for candidates in [&own, &adoptable] {
        for (slot, step) in found.iter_mut().zip(steps).filter(|(slot, _)| slot.is_none()) {
            let same = |c: &&Candidate| c.words == words(&step.text) && !taken.contains(&c.id);
            if let Some(candidate) = candidates.iter().find(same) {
                taken.insert(candidate.id.clone());
                *slot = Some(candidate.id.clone());
            }
        }
    }
    for (place, step) in steps.iter().enumerate() {
        if found[place].is_none()
            && let Some(candidate) = most_alike(&own, place, step, &taken)
        {
            taken.insert(candidate.id.clone());
            found[place] = Some(candidate.id.clone());
        }
    }
    found
}

#[derive(Debug)]
struct Candidate {
    id: TaskId,
    words: String,
    place: usize,
}

fn candidate((place, step): (usize, &MirroredStep)) -> Candidate {
    Candidate { id: step.task.clone(), words: words(&step.step.text), place }
}

fn own_steps(input: &Mirror<'_>) -> Vec<Candidate> {
    own_plan_steps(input).into_iter().enumerate().map(candidate).collect()
}

/// The steps of one's own plan, then those that left it; without what a live session adopted since.
fn own_plan_steps<'a>(input: &Mirror<'a>) -> Vec<&'a MirroredStep> {
    let Some(plan) = input.line.plan_of(input.session, input.agent) else { return Vec::new() };
    let held = held_by_others(input, |other| plan.stamp.is_before(&other.stamp));
    plan.steps.iter().chain(&plan.dropped).filter(|s| !held.contains(&s.task)).collect()
}

/// The steps of other sessions that may still be at work, as far as `counts` lets their plans in.
fn held_by_others<'a>(input: &Mirror<'a>, counts: impl Fn(&Plan) -> bool) -> BTreeSet<&'a TaskId> {
    let others = input.line.plans.iter().filter(|p| p.session != input.session && counts(p));
    let live = others.filter(|p| (input.is_live)(&p.session));
    live.flat_map(|p| &p.steps).map(|s| &s.task).collect()
}

/// Open steps of sessions that ended or whose process is gone, unless a live one adopted them.
/// None for a fork: it has its original's words before its eyes, and makes a plan of its own of them.
fn adoptable_steps(input: &Mirror<'_>) -> Vec<Candidate> {
    if input.line.sessions.get(input.session).is_some_and(|seen| seen.forked) {
        return Vec::new();
    }
    let others = input.line.plans.iter().filter(|p| p.session != input.session);
    let held = held_by_others(input, |_| true);
    let open = |s: &&MirroredStep| (input.node)(&s.task).is_some_and(|t| t.status.is_open());
    let free = |s: &&MirroredStep| !held.contains(&s.task) && open(s);
    others.flat_map(|p| p.steps.iter().filter(free)).enumerate().map(candidate).collect()
}

/// A step of one's own list in other words; where two are alike, the nearer one in the list.
fn most_alike<'c>(
    own: &'c [Candidate],
    place: usize,
    step: &PlanStep,
    taken: &BTreeSet<TaskId>,
) -> Option<&'c Candidate> {
    let words = words(&step.text);
    let free = own.iter().filter(|c| !taken.contains(&c.id));
    let scored = free.map(|c| {
        let distance = c.place.abs_diff(place).min(10);
        let near = f64::from(u32::try_from(distance).unwrap_or(10)) * 0.01;
        (strsim::normalized_levenshtein(&c.words, &words) - near, c)
    });
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness >= SAME_STEP).map(|(_, candidate)| candidate)
}

/// A text without what people change without meaning it: case, punctuation, white space.
fn words(text: &str) -> String {
    let word =
        |w: &str| w.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    text.split_whitespace().map(word).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
