//! `thru milestones show`: what made a milestone.

use std::collections::{BTreeMap, BTreeSet};

use throughline_model::ids::TaskId;
use throughline_model::state::{Snapshot, Task};

use super::{MilestoneRow, find, row};
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;
use crate::tasks::list::{ListOptions, Row, Which, rows};

/// All about one milestone.
#[derive(Debug, Clone)]
pub struct ShowReport {
    /// As in a list.
    pub row: MilestoneRow,
    /// Its tasks, in the order of their making.
    pub tasks: Vec<Row>,
    /// HEAD when work on its tasks ended, with the tasks; in the order of the tasks.
    pub commits: Vec<(String, BTreeSet<TaskId>)>,
    /// Sessions that made or did its tasks, with the tasks; in the order of the tasks.
    pub sessions: Vec<(String, BTreeSet<TaskId>)>,
    /// Where it was reached: name and snapshot.
    pub snapshots: Vec<(String, Snapshot)>,
}

/// Shows a milestone.
pub fn show(world: &Surroundings, here: &Here, name: &str) -> Result<ShowReport, OpsError> {
    let view = here.read()?.view;
    let (id, milestone) = find(&view, name)?;
    let milestone_id = Some(id.to_string());
    let wanted = ListOptions { which: Which::All, milestone: milestone_id, ..Default::default() };
    let tasks = rows(world, &view, &wanted);
    let (mut commits, mut sessions) = (Makers::default(), Makers::default());
    for (id, task) in tasks.iter().filter_map(|row| Some((&row.id, view.task(&row.id)?))) {
        commits_of(task).for_each(|commit| commits.add(commit, id));
        sessions_of(task).for_each(|session| sessions.add(session, id));
    }
    let reached = view.state.snapshots.iter().filter(|(_, s)| s.milestone.as_ref() == Some(id));
    Ok(ShowReport {
        row: row(&view, id, milestone, world.clock.now()),
        tasks,
        commits: commits.in_order(),
        sessions: sessions.in_order(),
        snapshots: reached.map(|(name, snapshot)| (name.clone(), snapshot.clone())).collect(),
    })
}

/// Commits that git has no more made nothing.
fn commits_of(task: &Task) -> impl Iterator<Item = &String> {
    let standing = task.evidence.iter().filter(|evidence| !evidence.orphaned);
    standing.filter_map(|evidence| evidence.commit.as_ref())
}

fn sessions_of(task: &Task) -> impl Iterator<Item = &String> {
    let done_by = task.evidence.iter().filter_map(|evidence| evidence.session.as_ref());
    task.source.session.iter().chain(done_by)
}

/// Names in the order of their coming, each with its tasks.
#[derive(Default)]
struct Makers<'a> {
    order: Vec<&'a String>,
    tasks: BTreeMap<&'a String, BTreeSet<TaskId>>,
}

impl<'a> Makers<'a> {
    fn add(&mut self, name: &'a String, task: &TaskId) {
        let tasks = self.tasks.entry(name).or_insert_with(|| {
            self.order.push(name);
            BTreeSet::new()
        });
        tasks.insert(task.clone());
    }

    fn in_order(mut self) -> Vec<(String, BTreeSet<TaskId>)> {
        let Self { order, tasks } = &mut self;
        let taken = order.iter().map(|name| ((*name).clone(), tasks.remove(*name)));
        taken.map(|(name, tasks)| (name, tasks.unwrap_or_default())).collect()
    }
}
