//! Tasks for programs.

use serde_json::{Value, json};
use throughline_model::change::TaskJson;
use throughline_model::ids::TaskId;
use throughline_model::view::View;
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
use throughline_ops::tasks::transition::TransitionReport;

use super::{Json, terse};

/// A task in a list. These members are always there: scripts rely on them.
pub(super) fn row(row: &Row) -> Value {
    let mut value = json!({
        "id": row.id, "title": row.title, "status": row.status, "kind": row.kind,
        "priority": row.priority, "parent": row.parent, "depends_on": row.depends_on,
        "ref": row.reference, "milestone": row.milestone, "ready": row.ready,
    });
    let optional = json!({
        "blocked_by": row.blocked_by, "claimed_by": row.claimed_by, "line": row.line,
        "private": row.private.then_some(true), "folded": row.folded.then_some(true),
    });
    if let (Value::Object(all), Value::Object(more)) = (&mut value, terse(optional)) {
        all.extend(more);
    }
    value
}

fn rows(all: &[Row]) -> Vec<Value> {
    all.iter().map(row).collect()
}

/// A task as it stands in a view.
fn task(view: &View, id: &TaskId) -> Value {
    let found = view.task(id);
    found.map_or(json!({ "id": id }), |task| {
        let now = jiff::Timestamp::UNIX_EPOCH;
        row(&throughline_ops::tasks::list::row(view, id, task, now))
    })
}

impl Json for ListReport {
    fn to_json(&self) -> Value {
        json!({ "tasks": rows(&self.tasks), "line": self.line })
    }

    fn to_text(&self) -> String {
        let mut text = format!("{{\"line\":{},\"tasks\":[", Value::from(self.line.as_str()));
        for (at, task) in self.tasks.iter().enumerate() {
            text.push_str(if at == 0 { "" } else { "," });
            text.push_str(&row(task).to_string());
        }
        text.push_str("]}");
        text
    }
}

impl Json for ShowReport {
    fn to_json(&self) -> Value {
        let mut value = row(&self.row);
        let full = serde_json::to_value(TaskJson(Box::new(self.task.clone())));
        if let (Value::Object(all), Ok(Value::Object(stored))) = (&mut value, full) {
            for (key, stored) in stored {
                all.entry(key).or_insert(stored);
            }
        }
        let notes = self
            .notes
            .iter()
            .map(|(id, note)| json!({ "id": id, "text": note.text, "at": note.at }));
        let ids = |rows: &[Row]| rows.iter().map(|r| r.id.to_string()).collect::<Vec<_>>();
        let more = terse(json!({
            "children": ids(&self.children), "waiting": ids(&self.waiting),
            "notes_about": notes.collect::<Vec<_>>(), "claim": self.claim,
        }));
        if let (Value::Object(all), Value::Object(more)) = (&mut value, more) {
            all.extend(more);
        }
        value
    }
}

impl Json for AddReport {
    fn to_json(&self) -> Value {
        task(&self.view, &self.id)
    }
}

impl Json for EditReport {
    fn to_json(&self) -> Value {
        task(&self.view, &self.id)
    }
}

impl Json for TransitionReport {
    fn to_json(&self) -> Value {
        let tasks: Vec<_> = self.tasks.iter().map(|id| task(&self.view, id)).collect();
        json!({ "tasks": tasks, "unchanged": self.unchanged, "unblocked": self.unblocked })
    }
}

impl Json for LinkReport {
    fn to_json(&self) -> Value {
        let relation = match self.relation {
            Relation::DependsOn => "depends_on",
            Relation::Parent => "parent",
            Relation::Related => "related",
            Relation::DiscoveredFrom => "discovered_from",
        };
        let linked = self.bond == Bond::Link;
        json!({ "from": self.from, "relation": relation, "to": self.to, "linked": linked, "changed": self.changed })
    }
}

impl Json for ClaimReport {
    fn to_json(&self) -> Value {
        terse(json!({ "id": self.id, "claim": self.claim, "taken_from": self.taken_from }))
    }
}

impl Json for PromoteReport {
    fn to_json(&self) -> Value {
        json!({ "promoted": self.promoted })
    }
}

impl Json for RemoveReport {
    fn to_json(&self) -> Value {
        json!({ "removed": self.removed })
    }
}

impl Json for ImportReport {
    fn to_json(&self) -> Value {
        json!({ "imported": self.imported, "unit": self.unit })
    }
}

impl Json for NoteReport {
    fn to_json(&self) -> Value {
        terse(json!({ "id": self.id, "task": self.task }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_the_same_as_tree_and_as_text() {
        for count in 0..3_u8 {
            let row = |n: u8| Row {
                id: TaskId::parse(&format!("t-000{n}")).unwrap(),
                title: format!("say \"{n}\""),
                status: throughline_model::state::Status::Pending,
                kind: throughline_model::state::Kind::Task,
                priority: n,
                parent: None,
                depends_on: Vec::new(),
                reference: None,
                milestone: None,
                ready: true,
                blocked_by: Vec::new(),
                claimed_by: None,
                private: false,
                folded: false,
                line: None,
            };
            let tasks: Vec<Row> = (0..count).map(row).collect();
            let line = "feature/\"x\"".to_owned();
            let report = ListReport { tasks, line, total: 3, elsewhere: Vec::new() };
            let text: Value = serde_json::from_str(&report.to_text()).unwrap();
            assert_eq!(text, report.to_json());
        }
    }
}
