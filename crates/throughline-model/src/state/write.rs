//! State to canonical text.
//!
//! Keys stand in a fixed order in which those that change often (`status`, `priority`,
//! `evidence`) are separated by at least two lines that never change, so that plain git merges
//! of different edits of one task stay clean.

use super::{
    Conflict, Evidence, Extra, Label, Milestone, MilestoneStatus, Note, Snapshot, Source, State,
    Task,
};
use crate::json::{Json, Layout, Writer};

/// The one canonical text of a state: same content, same bytes.
pub fn write(state: &State) -> String {
    let mut writer = Writer::new(Layout::Lines);
    writer.object(|w| {
        map(w, "milestones", &state.milestones, milestone);
        map(w, "notes", &state.notes, note);
        w.member("project", |w| label(w, &state.label));
        w.member("schema_version", |w| w.integer(i64::from(state.version.0)));
        map(w, "snapshots", &state.snapshots, snapshot);
        map(w, "tasks", &state.tasks, task);
        if !state.tombstones.is_empty() {
            map(w, "tombstones", &state.tombstones, |w, at| w.text(&at.to_string()));
        }
        if !state.conflicts.is_empty() {
            map(w, "conflicts", &state.conflicts, conflict);
        }
        extra(w, &state.extra);
    });
    writer.finish()
}

/// A task as one line of JSON, for a journal record.
pub(crate) fn task_to_compact(of: &Task) -> String {
    let mut writer = Writer::new(Layout::Compact);
    task(&mut writer, of);
    writer.finish()
}

fn map<K: ToString, V>(
    w: &mut Writer,
    key: &str,
    entries: &std::collections::BTreeMap<K, V>,
    value: fn(&mut Writer, &V),
) {
    w.member(key, |w| {
        w.object(|w| {
            for (key, entry) in entries {
                w.member(&key.to_string(), |w| value(w, entry));
            }
        });
    });
}

fn text(w: &mut Writer, key: &str, value: &str) {
    w.member(key, |w| w.text(value));
}

fn optional(w: &mut Writer, key: &str, value: Option<impl ToString>) {
    if let Some(value) = value {
        text(w, key, &value.to_string());
    }
}

fn list(w: &mut Writer, key: &str, items: &[impl ToString]) {
    if !items.is_empty() {
        w.member(key, |w| {
            w.array(|w| items.iter().for_each(|item| w.item(|w| w.text(&item.to_string()))));
        });
    }
}

fn extra(w: &mut Writer, members: &Extra) {
    for (key, value) in members {
        w.member(key, |w| w.value(value));
    }
}

pub(super) fn task(w: &mut Writer, task: &Task) {
    w.object(|w| {
        text(w, "status", task.status.as_str());
        text(w, "created_at", &task.created_at.to_string());
        text(w, "kind", task.kind.as_str());
        w.member("priority", |w| w.integer(i64::from(task.priority)));
        w.member("source", |w| source(w, &task.source));
        text(w, "title", &task.title);
        optional(w, "ref", task.reference.as_ref());
        optional(w, "parent", task.parent.as_ref());
        optional(w, "milestone", task.milestone.as_ref());
        optional(w, "owner", task.owner.as_ref());
        list(w, "labels", &task.labels);
        list(w, "depends_on", &task.depends_on);
        list(w, "related", &task.related);
        list(w, "discovered_from", &task.discovered_from);
        optional(w, "acceptance", task.acceptance.as_ref());
        optional(w, "notes", task.notes.as_ref());
        optional(w, "deferred_until", task.deferred_until);
        optional(w, "target_commit", task.target_commit.as_ref());
        optional(w, "adr", task.adr.as_ref());
        optional(w, "adr_import", task.adr_import.as_ref());
        optional(w, "reason", task.reason.as_ref());
        extra(w, &task.extra);
        optional(w, "completed_at", task.completed_at);
        if !task.evidence.is_empty() {
            w.member("evidence", |w| {
                w.array(|w| task.evidence.iter().for_each(|e| w.item(|w| evidence(w, e))));
            });
        }
    });
}

pub(super) fn label(w: &mut Writer, label: &Label) {
    w.object(|w| {
        text(w, "id", label.id.as_str());
        text(w, "name", &label.name);
        extra(w, &label.extra);
    });
}

pub(super) fn conflict(w: &mut Writer, conflict: &Conflict) {
    w.object(|w| {
        if let Some(stands) = &conflict.stands {
            w.member("stands", |w| w.value(stands));
        }
        if !conflict.others.is_empty() {
            w.member("others", |w| {
                w.array(|w| conflict.others.iter().for_each(|one| w.item(|w| w.value(one))));
            });
        }
        if conflict.empty {
            w.member("empty", |w| w.value(&Json::Bool(true)));
        }
        extra(w, &conflict.extra);
    });
}

fn source(w: &mut Writer, source: &Source) {
    w.object(|w| {
        text(w, "kind", source.kind.as_str());
        optional(w, "session", source.session.as_ref());
        extra(w, &source.extra);
    });
}

pub(super) fn evidence(w: &mut Writer, evidence: &Evidence) {
    w.object(|w| {
        optional(w, "commit", evidence.commit.as_ref());
        list(w, "files", &evidence.files);
        optional(w, "session", evidence.session.as_ref());
        optional(w, "turn", evidence.turn.as_ref());
        if evidence.orphaned {
            w.member("orphaned", |w| w.boolean(/*value*/ true));
        }
        extra(w, &evidence.extra);
    });
}

pub(super) fn milestone(w: &mut Writer, milestone: &Milestone) {
    let status = match milestone.status {
        MilestoneStatus::Open => "open",
        MilestoneStatus::Reached => "reached",
        MilestoneStatus::Dropped => "dropped",
    };
    w.object(|w| {
        text(w, "status", status);
        text(w, "title", &milestone.title);
        optional(w, "due", milestone.due);
        extra(w, &milestone.extra);
    });
}

pub(super) fn note(w: &mut Writer, note: &Note) {
    w.object(|w| {
        text(w, "at", &note.at.to_string());
        optional(w, "session", note.session.as_ref());
        optional(w, "task", note.task.as_ref());
        text(w, "text", &note.text);
        extra(w, &note.extra);
    });
}

pub(super) fn snapshot(w: &mut Writer, snapshot: &Snapshot) {
    w.object(|w| {
        text(w, "at", &snapshot.at.to_string());
        text(w, "commit", &snapshot.commit);
        optional(w, "milestone", snapshot.milestone.as_ref());
        text(w, "reason", &snapshot.reason);
        extra(w, &snapshot.extra);
    });
}
