//! Decision records for people.

use throughline_model::ids::TaskId;
use throughline_model::state::Field;
use throughline_ops::adr::import::{ImportReport, Imported, Outcome};
use throughline_ops::adr::link::LinkReport;
use throughline_ops::adr::list::{AdrRow, ListReport, Standing};

use super::super::table::{Cell, Table};
use super::super::{Screen, Tone};
use super::{Human, count};

fn imported(one: &Imported) -> Vec<Cell> {
    let outcome = match one.outcome {
        Outcome::Created => (Tone::Good, "new"),
        Outcome::Updated => (Tone::Warn, "updated"),
        Outcome::Unchanged => (Tone::Faint, "unchanged"),
    };
    vec![
        (outcome.0, outcome.1.to_owned()),
        (Tone::Id, one.id.to_string()),
        (Tone::Plain, one.reference.clone().unwrap_or_default()),
        (Tone::Faint, one.status.as_str().to_owned()),
        (Tone::Plain, one.title.clone()),
    ]
}

impl Human for ImportReport {
    fn show(&self, screen: &mut Screen) {
        let mut table = Table::default();
        self.imported.iter().for_each(|one| table.row(imported(one)));
        table.draw(screen);
        for one in self.imported.iter().filter(|one| !one.kept.is_empty()) {
            let fields: Vec<_> = one.kept.iter().map(|field| Field::as_str(*field)).collect();
            let fields = fields.join(", ");
            screen.warn(&format!(
                "{}: {fields} changed in {} and here; left as it is here",
                one.id, one.path
            ));
        }
        for one in &self.imported {
            if let Some(name) = &one.name_taken {
                screen.warn(&format!("{}: another task is called {name}", one.path));
            }
        }
        for (path, why) in &self.skipped {
            screen.status(&format!("Skipped {path}: {why}."));
        }
        if self.unit.is_some() {
            screen.hint("`thru undo` takes it back");
        } else {
            let looked = count(self.imported.len(), "decision record");
            screen.status(&format!("Nothing changed in {looked}."));
        }
    }
}

fn row(row: &AdrRow) -> Vec<Cell> {
    let file = match row.standing {
        Standing::Same => (Tone::Faint, "same"),
        Standing::Changed => (Tone::Warn, "changed"),
        Standing::Gone => (Tone::Bad, "gone"),
        Standing::New => (Tone::Good, "new"),
    };
    let task = row.task.as_ref();
    let related: Vec<_> = row.related.iter().map(TaskId::as_str).collect();
    let related =
        if related.is_empty() { String::new() } else { format!("  ({})", related.join(", ")) };
    vec![
        (Tone::Strong, row.reference.clone().unwrap_or_else(|| row.path.clone())),
        (Tone::Id, task.map(|(id, _)| id.to_string()).unwrap_or_default()),
        (Tone::Faint, task.map(|(_, status)| status.as_str().to_owned()).unwrap_or_default()),
        (file.0, file.1.to_owned()),
        (Tone::Plain, format!("{}{related}", row.title)),
    ]
}

impl Human for ListReport {
    fn show(&self, screen: &mut Screen) {
        let mut table = Table::default();
        self.records.iter().for_each(|record| table.row(row(record)));
        table.draw(screen);
        if self.records.is_empty() {
            screen.status(
                "No decision records here; `thru adr import PATH` takes them from elsewhere.",
            );
        } else if self
            .records
            .iter()
            .any(|r| matches!(r.standing, Standing::New | Standing::Changed))
        {
            screen.hint("`thru adr import` takes in what is new or changed");
        }
    }
}

impl Human for LinkReport {
    fn show(&self, screen: &mut Screen) {
        for task in &self.tasks {
            screen.line(&[
                (Tone::Id, self.record.as_str()),
                (Tone::Plain, " has to do with "),
                (Tone::Id, task.as_str()),
            ]);
        }
        if !self.changed {
            screen.status("It was so already.");
        }
    }
}
