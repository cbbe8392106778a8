//! Lines and decisions for people.

use throughline_model::head::short;
use throughline_model::reconcile::Step;
use throughline_ops::lines::{LineReport, LineRow, LinesReport, Standing};
use throughline_ops::reconcile::ReconcileReport;

use super::super::table::{Cell, Table};
use super::super::{Screen, Tone};
use super::{Human, count};

fn place(standing: &Standing) -> Cell {
    let (tone, text) = match standing {
        Standing::Here => (Tone::Good, "here".to_owned()),
        Standing::In { worktree } => (Tone::Plain, format!("in {worktree}")),
        Standing::Branch => (Tone::Plain, "branch".to_owned()),
        Standing::Gone => (Tone::Warn, "branch gone".to_owned()),
        Standing::Ended { successor: Some(line) } => {
            (Tone::Faint, format!("ended, {line} goes on"))
        }
        Standing::Ended { successor: None } => (Tone::Faint, "ended".to_owned()),
        Standing::Apart => (Tone::Faint, "no branch".to_owned()),
    };
    (tone, text)
}

fn remarks(line: &LineRow) -> String {
    let mut remarks = vec![format!("{} open", line.open)];
    if line.pending > 0 {
        remarks.push(format!("{} not published", line.pending));
    }
    remarks.extend(line.origin.as_ref().map(|origin| format!("from {origin}")));
    remarks.extend(line.undecided.as_ref().map(|what| format!("undecided: {what}")));
    remarks.join(", ")
}

fn cells(line: &LineRow) -> Vec<Cell> {
    let head = line.head.as_deref().map_or("no commit", short);
    vec![
        (Tone::Strong, line.key.clone()),
        (Tone::Id, head.to_owned()),
        place(&line.standing),
        (Tone::Plain, remarks(line)),
    ]
}

impl Human for LinesReport {
    fn show(&self, screen: &mut Screen) {
        let mut table = Table::default();
        self.lines.iter().for_each(|line| table.row(cells(line)));
        table.draw(screen);
        if self.lines.iter().any(|line| line.standing == Standing::Gone) {
            screen.hint("`thru lines adopt LINE` takes over the work of a branch that is gone");
        }
    }
}

impl Human for LineRow {
    fn show(&self, screen: &mut Screen) {
        let mut table = Table::default();
        table.row(cells(self));
        table.draw(screen);
    }
}

impl Human for LineReport {
    fn show(&self, screen: &mut Screen) {
        self.line.show(screen);
        super::tasks::table(&self.tasks, screen);
    }
}

impl Human for ReconcileReport {
    fn show(&self, screen: &mut Screen) {
        let drift = &self.plan.drift;
        if !drift.is_some() && self.plan.steps.is_empty() {
            screen.status(&format!("Nothing to decide: {}.", drift.sentence()));
            return;
        }
        screen.line(&[(Tone::Warn, "Drift: "), (Tone::Plain, &drift.sentence())]);
        for subject in &drift.commits {
            screen.line(&[(Tone::Faint, "  "), (Tone::Plain, subject)]);
        }
        for decision in &self.plan.decisions {
            let kind = format!("  {}: ", decision.kind.as_str());
            screen.line(&[(Tone::Strong, &kind), (Tone::Plain, decision.outcome.as_str())]);
        }
        for step in &self.plan.steps {
            screen.line(&[(Tone::Plain, "  - "), (Tone::Plain, &step.sentence())]);
            choices(step, screen);
        }
        self.outcome(screen);
    }
}

fn choices(step: &Step, screen: &mut Screen) {
    if let Step::Ask { choices, .. } = step {
        for choice in *choices {
            let option = format!("      --{:<14}", choice.as_str());
            screen.line(&[(Tone::Id, &option), (Tone::Plain, choice.consequence())]);
        }
    }
}

trait Outcome {
    fn outcome(&self, screen: &mut Screen);
}

impl Outcome for ReconcileReport {
    /// What was done, and what takes it back.
    fn outcome(&self, screen: &mut Screen) {
        if !self.done {
            screen.hint("nothing was done; `thru cache reconcile` with one of the options does it");
            return;
        }
        if let Some(backup) = self.backup {
            screen.status(&format!("What stood before is backup {backup}."));
        }
        if self.unit.is_some() {
            let changes = count(self.plan.changes.len(), "change");
            screen.hint(&format!("`thru undo` takes the {changes} back"));
        }
    }
}
