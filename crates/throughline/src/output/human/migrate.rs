//! What history brought in, for people.

use throughline_ops::migrate::{Counts, LineFate, LinePart, MigratePlan, MigrateReport};

use super::super::json::UpToDate;
use super::super::table::{Cell, Table};
use super::super::{Screen, Tone};
use super::{Human, count};

/// Of steps: open, completed, cancelled.
fn said(counts: &Counts) -> String {
    format!(
        "{}, {}, {}; {} open, {} completed, {} cancelled",
        count(counts.sessions, "session"),
        count(counts.turns, "turn"),
        count(counts.commits, "commit"),
        counts.open,
        counts.completed,
        counts.cancelled,
    )
}

fn fate(part: &LinePart) -> Cell {
    match &part.fate {
        LineFate::Known => (Tone::Plain, "known".to_owned()),
        LineFate::New => (Tone::Good, "new".to_owned()),
        LineFate::Ends { successor: Some(line) } => (Tone::Faint, format!("branch gone → {line}")),
        LineFate::Ends { successor: None } => (Tone::Faint, "branch gone".to_owned()),
    }
}

/// What would be brought in.
pub fn to_migrate(plan: &MigratePlan, screen: &mut Screen) {
    for note in &plan.notes {
        screen.status(note);
    }
    if plan.is_empty() {
        screen.status(&format!("Nothing to do{}.", known(plan)));
        return;
    }
    let mut table = Table::default();
    for part in &plan.lines {
        let counts = (Tone::Plain, said(&part.counts));
        table.row(vec![(Tone::Strong, part.key.clone()), counts, fate(part)]);
    }
    table.draw(screen);
    if plan.apart > 0 {
        let apart = count(plan.apart, "session");
        screen.status(&format!("{apart} belong to no line: without tasks."));
    }
    if !plan.milestones.is_empty() {
        let names = plan.milestones.join(", ");
        screen.line(&[(Tone::Strong, "Milestones: "), (Tone::Plain, &names)]);
    }
    screen.line(&[(Tone::Strong, "Together: "), (Tone::Plain, &said(&plan.counts))]);
}

fn known(plan: &MigratePlan) -> String {
    match plan.passed_over {
        0 => ": there is no session here that nobody observed".to_owned(),
        number => format!(": {} known already", count(number, "session")),
    }
}

impl Human for MigratePlan {
    fn show(&self, screen: &mut Screen) {
        to_migrate(self, screen);
    }
}

impl Human for MigrateReport {
    fn show(&self, screen: &mut Screen) {
        to_migrate(&self.plan, screen);
        for problem in &self.problems {
            screen.status(problem);
        }
        if let Some(written) = &self.written {
            screen.status(&format!("Brought in; what stood before is backup {}.", written.backup));
            screen.hint("`thru undo` takes it back");
        }
    }
}

impl Human for UpToDate {
    fn show(&self, screen: &mut Screen) {
        screen.status("All files are of today's versions.");
        screen.hint("--from-history begins with what agents did here before");
    }
}
