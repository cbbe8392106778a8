//! Tasks for people.

use throughline_model::head::short;
use throughline_model::state::Status;
use throughline_ops::notes::NoteReport;
use throughline_ops::tasks::add::AddReport;
use throughline_ops::tasks::claim::ClaimReport;
use throughline_ops::tasks::edit::EditReport;
use throughline_ops::tasks::import::ImportReport;
use throughline_ops::tasks::link::{Bond, LinkReport, Relation};
use throughline_ops::tasks::list::{ListReport, Row};
use throughline_ops::tasks::promote::PromoteReport;
use throughline_ops::tasks::remove::RemoveReport;
use throughline_ops::tasks::show::ShowReport;
use throughline_ops::tasks::transition::{Transition, TransitionReport};

use super::super::table::{Cell, Table};
use super::super::{Screen, Tone};
use super::{Human, count};

/// A sign for a status that reads without colour.
pub(super) fn sign(status: Status, blocked: bool) -> Cell {
    let (tone, text) = match (status, blocked) {
        (Status::Pending, true) => (Tone::Warn, "◌"),
        (Status::Pending, false) => (Tone::Plain, "○"),
        (Status::InProgress, _) => (Tone::Strong, "◐"),
        (Status::Completed, _) => (Tone::Good, "●"),
        (Status::Cancelled, _) => (Tone::Faint, "✕"),
    };
    (tone, text.to_owned())
}

/// What stands beside a title.
fn remarks(row: &Row) -> String {
    let mut remarks = Vec::new();
    remarks.extend(row.reference.clone());
    if !row.blocked_by.is_empty() {
        let open: Vec<_> = row.blocked_by.iter().take(3).map(ToString::to_string).collect();
        remarks.push(format!("waits for {}", open.join(", ")));
    }
    remarks.extend(row.claimed_by.as_ref().map(|owner| format!("claimed by {owner}")));
    remarks.extend(row.folded.then(|| "folded".to_owned()));
    remarks.extend(row.line.as_ref().map(|line| format!("on {line}")));
    if remarks.is_empty() { String::new() } else { format!("  ({})", remarks.join("; ")) }
}

pub(super) fn cells(row: &Row) -> Vec<Cell> {
    let tone = if row.status.is_open() { Tone::Plain } else { Tone::Faint };
    let kind = if row.private { "step" } else { row.kind.as_str() };
    vec![
        sign(row.status, !row.blocked_by.is_empty()),
        (Tone::Id, row.id.to_string()),
        (Tone::Faint, format!("P{}", row.priority)),
        (Tone::Faint, kind.to_owned()),
        (tone, format!("{}{}", row.title, remarks(row))),
    ]
}

pub(super) fn table(rows: &[Row], screen: &mut Screen) {
    let mut table = Table::default();
    rows.iter().for_each(|row| table.row(cells(row)));
    table.draw(screen);
}

impl Human for ListReport {
    fn show(&self, screen: &mut Screen) {
        table(&self.tasks, screen);
        if self.tasks.is_empty() {
            let others = if self.total == 0 { "; `thru tasks add` makes one" } else { "" };
            screen.status(&format!("No such tasks on {}{others}.", self.line));
        }
        if !self.elsewhere.is_empty() && self.tasks.iter().all(|task| task.line.is_none()) {
            let there =
                self.elsewhere.iter().map(|(line, count)| format!("{count} more on {line}"));
            let there: Vec<_> = there.collect();
            screen.status(&format!("{}: --all-lines", there.join(", ")));
        }
    }
}

impl Human for ShowReport {
    fn show(&self, screen: &mut Screen) {
        let task = &self.task;
        let (tone, sign) = sign(task.status, !self.row.blocked_by.is_empty());
        screen.line(&[
            (tone, &sign),
            (Tone::Plain, " "),
            (Tone::Id, self.row.id.as_str()),
            (Tone::Plain, "  "),
            (Tone::Strong, &task.title),
        ]);
        let mut facts = vec![
            ("status", task.status.as_str().to_owned()),
            ("kind", task.kind.as_str().to_owned()),
            ("priority", task.priority.to_string()),
        ];
        let optional = [
            ("ref", task.reference.clone()),
            ("parent", task.parent.as_ref().map(ToString::to_string)),
            ("milestone", task.milestone.as_ref().map(ToString::to_string)),
            ("owner", task.owner.clone()),
            ("labels", Some(task.labels.join(", ")).filter(|l| !l.is_empty())),
            ("claim", self.claim.as_ref().map(|c| format!("{} until {}", c.owner, c.until))),
            ("deferred", task.deferred_until.map(|t| t.to_string())),
            ("acceptance", task.acceptance.clone()),
            ("notes", task.notes.clone()),
            ("reason", task.reason.clone()),
            ("created", Some(task.created_at.to_string())),
            ("completed", task.completed_at.map(|t| t.to_string())),
            (
                "place",
                self.row.private.then(|| "private to this line (thru tasks promote)".to_owned()),
            ),
        ];
        facts.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        for (name, value) in facts {
            screen.line(&[(Tone::Faint, &format!("  {name:<11}")), (Tone::Plain, &value)]);
        }
        for (heading, rows) in
            [("Needs", &self.needs), ("Waiting for it", &self.waiting), ("Parts", &self.children)]
        {
            if !rows.is_empty() {
                screen.line(&[(Tone::Strong, heading)]);
                table(rows, screen);
            }
        }
        evidence(self, screen);
        for (id, note) in &self.notes {
            screen.line(&[
                (Tone::Id, id.as_str()),
                (Tone::Faint, &format!(" {} ", note.at)),
                (Tone::Plain, &note.text),
            ]);
        }
    }
}

fn evidence(report: &ShowReport, screen: &mut Screen) {
    if report.task.evidence.is_empty() {
        return;
    }
    screen.line(&[(Tone::Strong, "Evidence")]);
    for evidence in &report.task.evidence {
        let commit = evidence.commit.as_deref().map(short).unwrap_or_default();
        let session =
            evidence.session.as_ref().map(|s| format!(" session {s}")).unwrap_or_default();
        let files = evidence.files.join(", ");
        screen.line(&[
            (Tone::Plain, "  "),
            (Tone::Id, commit),
            (Tone::Faint, &session),
            (Tone::Plain, &format!(" {files}")),
        ]);
    }
}

impl Human for AddReport {
    fn show(&self, screen: &mut Screen) {
        let title = self.view.task(&self.id).map(|task| task.title.clone()).unwrap_or_default();
        screen.line(&[
            (Tone::Plain, "Added "),
            (Tone::Id, self.id.as_str()),
            (Tone::Plain, "  "),
            (Tone::Plain, &title),
        ]);
    }
}

impl Human for EditReport {
    fn show(&self, screen: &mut Screen) {
        let what = if self.changed == 0 {
            "Nothing to change on ".to_owned()
        } else {
            "Changed ".to_owned()
        };
        screen.line(&[(Tone::Plain, &what), (Tone::Id, self.id.as_str())]);
    }
}

impl Human for TransitionReport {
    fn show(&self, screen: &mut Screen) {
        let done = match self.to {
            Transition::Start => "Started",
            Transition::Complete => "Completed",
            Transition::Cancel => "Cancelled",
            Transition::Reopen => "Reopened",
        };
        for id in &self.tasks {
            let title = self.view.task(id).map(|task| task.title.clone()).unwrap_or_default();
            let verb = if self.unchanged.contains(id) { "Unchanged" } else { done };
            screen.line(&[
                (Tone::Plain, verb),
                (Tone::Plain, " "),
                (Tone::Id, id.as_str()),
                (Tone::Plain, "  "),
                (Tone::Plain, &title),
            ]);
        }
        for id in &self.unblocked {
            let title = self.view.task(id).map(|task| task.title.clone()).unwrap_or_default();
            screen.line(&[
                (Tone::Faint, "Ready now "),
                (Tone::Id, id.as_str()),
                (Tone::Plain, "  "),
                (Tone::Plain, &title),
            ]);
        }
    }
}

impl Human for LinkReport {
    fn show(&self, screen: &mut Screen) {
        let relation = match self.relation {
            Relation::DependsOn => "depends on",
            Relation::Parent => "is part of",
            Relation::Related => "has to do with",
            Relation::DiscoveredFrom => "was turned up by",
        };
        let relation = match self.bond {
            Bond::Link => relation.to_owned(),
            Bond::Unlink => format!("no longer {relation}"),
        };
        screen.line(&[
            (Tone::Id, self.from.as_str()),
            (Tone::Plain, &format!(" {relation} ")),
            (Tone::Id, self.to.as_str()),
        ]);
        if !self.changed {
            screen.status("It was so already.");
        }
    }
}

impl Human for ClaimReport {
    fn show(&self, screen: &mut Screen) {
        let text = match &self.claim {
            Some(claim) => format!(" is claimed by {} until {}", claim.owner, claim.until),
            None => " is free".to_owned(),
        };
        screen.line(&[(Tone::Id, self.id.as_str()), (Tone::Plain, &text)]);
        if let Some(from) = &self.taken_from {
            screen.status(&format!("Taken over from {from}, whose lease had run out."));
        }
    }
}

impl Human for PromoteReport {
    fn show(&self, screen: &mut Screen) {
        for id in &self.promoted {
            screen.line(&[(Tone::Plain, "Promoted "), (Tone::Id, id.as_str())]);
        }
        if self.promoted.is_empty() {
            screen.status("It is part of the state already.");
        }
    }
}

impl Human for RemoveReport {
    fn show(&self, screen: &mut Screen) {
        for id in &self.removed {
            screen.line(&[(Tone::Plain, "Removed "), (Tone::Id, id.as_str())]);
        }
        screen.hint("`thru undo` brings it back");
    }
}

impl Human for ImportReport {
    fn show(&self, screen: &mut Screen) {
        screen.plain(&format!("Imported {}", count(self.imported, "task")));
        if self.unit.is_some() {
            screen.hint("`thru undo` takes it back");
        }
    }
}

impl Human for NoteReport {
    fn show(&self, screen: &mut Screen) {
        let about = self.task.as_ref().map(|task| format!(" about {task}")).unwrap_or_default();
        screen.line(&[
            (Tone::Plain, "Noted "),
            (Tone::Id, self.id.as_str()),
            (Tone::Plain, &about),
        ]);
    }
}
