//! The rules that span tasks: what a state must hold besides its shape.
//!
//! All walks are iterative: a chain of 20,000 tasks must not exhaust the stack.

use std::collections::{BTreeMap, HashMap};

use super::{State, Task};
use crate::ids::{MilestoneId, TaskId};

/// The most tasks that a state may have.
pub const MOST_TASKS: usize = 20_000;

/// The rule that a state breaks, with the task that breaks it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Over [`MOST_TASKS`].
    #[error("{count} tasks are more than the {MOST_TASKS} that a state may have")]
    TooMany {
        /// How many there are.
        count: usize,
        /// The first one too many.
        task: TaskId,
    },
    /// Two tasks with the same `ref`.
    #[error("{task} has the ref \"{reference}\", which {other} has as well")]
    SameRef {
        /// The later one.
        task: TaskId,
        /// The earlier one.
        other: TaskId,
        /// What both have.
        reference: String,
    },
    /// A relation to a task that is not there.
    #[error("{task} {relation} {target}, which does not exist")]
    Nothing {
        /// Whose relation.
        task: TaskId,
        /// In words.
        relation: &'static str,
        /// What is missing.
        target: TaskId,
    },
    /// A milestone that is not there.
    #[error("{task} leads to the milestone {milestone}, which does not exist")]
    NoMilestone {
        /// Whose.
        task: TaskId,
        /// What is missing.
        milestone: MilestoneId,
    },
    /// A task that waits for itself.
    #[error("{task} depends on itself: {path}")]
    Cycle {
        /// One of the circle.
        task: TaskId,
        /// The way round.
        path: String,
    },
    /// A task that is part of itself.
    #[error("{task} is its own ancestor: {path}")]
    ParentCycle {
        /// One of the circle.
        task: TaskId,
        /// The way round.
        path: String,
    },
}

impl Broken {
    /// The task to look at.
    pub fn task(&self) -> &TaskId {
        match self {
            Self::TooMany { task, .. }
            | Self::SameRef { task, .. }
            | Self::Nothing { task, .. }
            | Self::NoMilestone { task, .. }
            | Self::Cycle { task, .. }
            | Self::ParentCycle { task, .. } => task,
        }
    }
}

/// Checks a state against all rules; the first broken one is the answer.
pub fn check(state: &State) -> Result<(), Broken> {
    if let Some(task) = state.tasks.keys().nth(MOST_TASKS) {
        return Err(Broken::TooMany { count: state.tasks.len(), task: task.clone() });
    }
    same_refs(state)?;
    relations(state)?;
    if let Some(path) = parent_cycle(state) {
        return Err(Broken::ParentCycle { task: path[0].clone(), path: arrows(&path) });
    }
    match dependency_cycle(state) {
        Some(path) => Err(Broken::Cycle { task: path[0].clone(), path: arrows(&path) }),
        None => Ok(()),
    }
}

fn same_refs(state: &State) -> Result<(), Broken> {
    let mut seen = BTreeMap::new();
    for (id, task) in &state.tasks {
        let Some(reference) = &task.reference else { continue };
        if let Some(other) = seen.insert(reference, id) {
            let (task, other, reference) = (id.clone(), TaskId::clone(other), reference.clone());
            return Err(Broken::SameRef { task, other, reference });
        }
    }
    Ok(())
}

fn relations(state: &State) -> Result<(), Broken> {
    for (id, task) in &state.tasks {
        let needed = task.depends_on.iter().map(|t| ("depends on", t));
        let parent = task.parent.iter().map(|t| ("is part of", t));
        for (relation, target) in needed.chain(parent) {
            // What was removed stays named until the tombstone is pruned.
            if !state.tasks.contains_key(target) && !state.tombstones.contains_key(target) {
                let (task, target) = (id.clone(), target.clone());
                return Err(Broken::Nothing { task, relation, target });
            }
        }
        if let Some(milestone) = &task.milestone
            && !state.milestones.contains_key(milestone)
        {
            let (task, milestone) = (id.clone(), milestone.clone());
            return Err(Broken::NoMilestone { task, milestone });
        }
    }
    Ok(())
}

/// The longest way round that is shown whole.
const LONGEST_PATH: usize = 12;

fn arrows(path: &[TaskId]) -> String {
    let joined = |ids: &[TaskId]| ids.iter().map(TaskId::as_str).collect::<Vec<_>>().join(" → ");
    if path.len() <= LONGEST_PATH {
        return joined(path);
    }
    let (first, rest) = path.split_at(LONGEST_PATH / 2);
    let (between, last) = rest.split_at(rest.len() - LONGEST_PATH / 2);
    format!("{} → … {} more … → {}", joined(first), between.len(), joined(last))
}

/// A circle of parents, if there is one; its first task stands at both ends.
pub fn parent_cycle(state: &State) -> Option<Vec<TaskId>> {
    cycle(state, |task| task.parent.iter())
}

/// A circle of dependencies, if there is one; its first task stands at both ends.
pub fn dependency_cycle(state: &State) -> Option<Vec<TaskId>> {
    cycle(state, |task| task.depends_on.iter())
}

/// How far the search came with a task that leads to others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    NotYet,
    OnPath,
    Done,
}

/// Depth-first search with a stack of its own. Tasks that lead nowhere can't be on a circle and
/// cost nothing: most have no parent, and many wait for nobody.
fn cycle<'s, T>(state: &'s State, targets: impl Fn(&'s Task) -> T) -> Option<Vec<TaskId>>
where
    T: Iterator<Item = &'s TaskId>,
{
    let leads = |(_, task): &(&TaskId, &'s Task)| targets(task).next().is_some();
    let mut reached: HashMap<&TaskId, Reached> =
        state.tasks.iter().filter(leads).map(|(id, _)| (id, Reached::NotYet)).collect();
    let mut path: Vec<(&TaskId, T)> = Vec::new();
    for (start, task) in state.tasks.iter().filter(leads) {
        if reached[start] != Reached::NotYet {
            continue;
        }
        reached.insert(start, Reached::OnPath);
        path.push((start, targets(task)));
        while let Some((id, rest)) = path.last_mut() {
            let Some(target) = rest.next() else {
                reached.insert(id, Reached::Done);
                path.pop();
                continue;
            };
            match reached.get(target) {
                None | Some(Reached::Done) => {}
                Some(Reached::OnPath) => {
                    let circle = path.iter().map(|(id, _)| *id).skip_while(|on| *on != target);
                    return Some(circle.chain([target]).cloned().collect());
                }
                Some(Reached::NotYet) => {
                    reached.insert(target, Reached::OnPath);
                    path.push((target, targets(&state.tasks[target])));
                }
            }
        }
    }
    None
}
