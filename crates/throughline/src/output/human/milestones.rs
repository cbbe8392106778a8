//! Milestones and snapshots for people.

use std::collections::BTreeSet;

use throughline_model::head::short;
use throughline_model::ids::TaskId;
use throughline_model::state::{MilestoneStatus, Snapshot};
use throughline_ops::milestones::MilestoneRow;
use throughline_ops::milestones::add::AddReport;
use throughline_ops::milestones::edit::EditReport;
use throughline_ops::milestones::list::ListReport;
use throughline_ops::milestones::mark::{MarkReport, Outcome};
use throughline_ops::milestones::show::ShowReport;
use throughline_ops::snapshots;

use super::super::table::{Cell, Table};
use super::super::{Screen, Tone};
use super::{Human, count};

fn sign(row: &MilestoneRow) -> Cell {
    let (tone, sign) = match row.milestone.status {
        MilestoneStatus::Open if row.overdue => (Tone::Warn, "○"),
        MilestoneStatus::Open => (Tone::Plain, "○"),
        MilestoneStatus::Reached => (Tone::Good, "●"),
        MilestoneStatus::Dropped => (Tone::Faint, "✕"),
    };
    (tone, sign.to_owned())
}

fn cells(row: &MilestoneRow) -> Vec<Cell> {
    let counted = row.progress.completed + row.progress.open;
    let late = if row.overdue { ", overdue" } else { "" };
    let due = row.milestone.due.map(|due| format!("  (due {due}{late})")).unwrap_or_default();
    vec![
        sign(row),
        (Tone::Id, row.id.to_string()),
        (Tone::Faint, format!("{}/{counted} done", row.progress.completed)),
        (Tone::Plain, format!("{}{due}", row.milestone.title)),
    ]
}

fn one(row: &MilestoneRow, screen: &mut Screen) {
    let mut table = Table::default();
    table.row(cells(row));
    table.draw(screen);
}

fn said(what: &str, row: &MilestoneRow, screen: &mut Screen) {
    screen.line(&[
        (Tone::Plain, what),
        (Tone::Plain, " "),
        (Tone::Id, row.id.as_str()),
        (Tone::Plain, "  "),
        (Tone::Plain, &row.milestone.title),
    ]);
}

fn kept(name: &str, snapshot: &Snapshot) -> Vec<Cell> {
    vec![
        (Tone::Id, short(&snapshot.commit).to_owned()),
        (Tone::Faint, snapshot.at.to_string()),
        (Tone::Plain, format!("{name}  ({})", snapshot.reason)),
    ]
}

fn makers(heading: &str, makers: &[(String, BTreeSet<TaskId>)], screen: &mut Screen) {
    if makers.is_empty() {
        return;
    }
    screen.line(&[(Tone::Strong, heading)]);
    let mut table = Table::default();
    for (name, tasks) in makers {
        let tasks: Vec<_> = tasks.iter().map(TaskId::as_str).collect();
        table.row(vec![(Tone::Id, name.clone()), (Tone::Plain, tasks.join(", "))]);
    }
    table.draw(screen);
}

impl Human for ListReport {
    fn show(&self, screen: &mut Screen) {
        let mut table = Table::default();
        self.milestones.iter().for_each(|row| table.row(cells(row)));
        table.draw(screen);
        if self.milestones.is_empty() {
            let others = if self.total == 0 { "; `thru milestones add` makes one" } else { "" };
            screen.status(&format!("No such milestones on {}{others}.", self.line));
        }
    }
}

impl Human for ShowReport {
    fn show(&self, screen: &mut Screen) {
        one(&self.row, screen);
        if !self.tasks.is_empty() {
            screen.line(&[(Tone::Strong, "Tasks")]);
            super::tasks::table(&self.tasks, screen);
        }
        let commits =
            self.commits.iter().map(|(commit, tasks)| (short(commit).to_owned(), tasks.clone()));
        makers("Commits", &commits.collect::<Vec<_>>(), screen);
        makers("Sessions", &self.sessions, screen);
        if !self.snapshots.is_empty() {
            screen.line(&[(Tone::Strong, "Reached at")]);
            let mut table = Table::default();
            self.snapshots.iter().for_each(|(name, snapshot)| table.row(kept(name, snapshot)));
            table.draw(screen);
        }
    }
}

impl Human for AddReport {
    fn show(&self, screen: &mut Screen) {
        said("Added", &self.row, screen);
    }
}

impl Human for EditReport {
    fn show(&self, screen: &mut Screen) {
        said(if self.changed { "Changed" } else { "Nothing to change on" }, &self.row, screen);
    }
}

impl Human for MarkReport {
    fn show(&self, screen: &mut Screen) {
        let done = match self.outcome {
            Outcome::Reach => "Reached",
            Outcome::Drop => "Dropped",
            Outcome::Reopen => "Reopened",
        };
        said(if self.changed { done } else { "Unchanged" }, &self.row, screen);
        if self.changed && self.outcome != Outcome::Reopen && !self.open.is_empty() {
            let open = count(self.open.len(), "task");
            screen.status(&format!("Still open: {open}."));
        }
    }
}

impl Human for snapshots::MakeReport {
    fn show(&self, screen: &mut Screen) {
        let commit = short(&self.row.snapshot.commit);
        screen.line(&[
            (Tone::Plain, "Kept "),
            (Tone::Id, commit),
            (Tone::Plain, " as "),
            (Tone::Plain, &self.row.name),
        ]);
        if let Some(before) = &self.replaced {
            screen.status(&format!("It was {} before.", short(before)));
        }
    }
}

impl Human for snapshots::ListReport {
    fn show(&self, screen: &mut Screen) {
        let mut table = Table::default();
        self.snapshots.iter().for_each(|row| table.row(kept(&row.name, &row.snapshot)));
        table.draw(screen);
        if self.snapshots.is_empty() {
            screen.status("Nothing is kept yet; `thru snapshot NAME` keeps where git stands.");
        }
    }
}
