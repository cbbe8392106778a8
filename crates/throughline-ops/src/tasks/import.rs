//! `thru tasks import | export`: one JSON object a line, with the fields of the state file and
//! `id`. `depends_on` and `parent` may name a `ref`, also one that comes later. All or nothing.

use std::collections::BTreeMap;

use serde::Deserialize;
use throughline_model::change::{Change, Place, TaskJson};
use throughline_model::ids::{MilestoneId, TaskId};
use throughline_model::state::{
    Field, Kind, ListField, Milestone, Source, SourceKind, Task, check,
};
use throughline_model::view::View;

use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// What was imported.
#[derive(Debug, Clone)]
pub struct ImportReport {
    /// How many tasks.
    pub imported: usize,
    /// The unit that `thru undo` takes back.
    pub unit: Option<throughline_model::ids::UnitId>,
}

/// A line of an import.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    title: String,
    id: Option<String>,
    status: Option<String>,
    kind: Option<String>,
    priority: Option<u8>,
    created_at: Option<String>,
    source: Option<Source>,
    r#ref: Option<String>,
    parent: Option<String>,
    milestone: Option<String>,
    owner: Option<String>,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    depends_on: Vec<String>,
    #[serde(default)]
    related: Vec<String>,
    #[serde(default)]
    discovered_from: Vec<String>,
    acceptance: Option<String>,
    notes: Option<String>,
    deferred_until: Option<String>,
    target_commit: Option<String>,
    adr: Option<String>,
    adr_import: Option<String>,
    reason: Option<String>,
    completed_at: Option<String>,
    #[serde(default)]
    evidence: Vec<throughline_model::state::Evidence>,
}

fn wrong(line: usize, problem: impl ToString) -> OpsError {
    OpsError::Import { line, problem: problem.to_string() }
}

/// Imports tasks.
pub fn import(world: &Surroundings, here: &Here, text: &str) -> Result<ImportReport, OpsError> {
    let entries = entries(text)?;
    let done = apply(world, here, "import", |view| changes(world, view, &entries))?;
    let created = |change: &&Change| matches!(change, Change::Create { .. });
    Ok(ImportReport { imported: done.changes.iter().filter(created).count(), unit: done.unit })
}

fn entries(text: &str) -> Result<Vec<(usize, Entry)>, OpsError> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            let entry = serde_json::from_str(line).map_err(|error| wrong(number, error))?;
            Ok((number, entry))
        })
        .collect()
}

/// Names to ids: of this import first, then of the line.
struct Names<'v> {
    view: &'v View,
    own: BTreeMap<String, TaskId>,
    known: BTreeMap<&'v str, &'v TaskId>,
}

impl Names<'_> {
    fn find(&self, line: usize, name: &str) -> Result<TaskId, OpsError> {
        let own = self.own.get(name).cloned();
        let by_id = || TaskId::parse(name).ok().filter(|id| self.view.task(id).is_some());
        let found = own.or_else(by_id).or_else(|| self.known.get(name).map(|id| TaskId::clone(id)));
        found.ok_or_else(|| wrong(line, format!("there is no task `{name}`, here or on the line")))
    }
}

fn changes(
    world: &Surroundings,
    view: &View,
    entries: &[(usize, Entry)],
) -> Result<Vec<Change>, OpsError> {
    let (names, ids) = name(world, view, entries)?;
    let mut milestones = BTreeMap::new();
    let mut changes = Vec::new();
    for ((line, entry), id) in entries.iter().zip(ids) {
        let mut task = task(world, *line, entry)?;
        relations(&names, *line, entry, &mut task)?;
        task.milestone = entry
            .milestone
            .as_ref()
            .map(|m| milestone(world, view, m, &mut milestones))
            .transpose()?;
        super::add::promote_needed(view, &task, &mut changes);
        let task = TaskJson(Box::new(task));
        changes.push(Change::Create { id, place: Place::State, task });
    }
    let made = milestones
        .into_values()
        .filter_map(|(id, new)| new.map(|new| Change::Milestone { id, old: None, new: Some(new) }));
    let changes: Vec<Change> = made.chain(changes).collect();
    locate(view, entries, &changes)?;
    Ok(changes)
}

/// Gives every entry its id and learns all names, so that a line may name a later one.
fn name<'v>(
    world: &Surroundings,
    view: &'v View,
    entries: &[(usize, Entry)],
) -> Result<(Names<'v>, Vec<TaskId>), OpsError> {
    let known = view.tasks().filter_map(|(id, task)| Some((task.reference.as_deref()?, id)));
    let mut names = Names { view, own: BTreeMap::new(), known: known.collect() };
    let mut ids = Vec::with_capacity(entries.len());
    let mut taken = std::collections::BTreeSet::new();
    for (line, entry) in entries {
        let id = match &entry.id {
            Some(id) => TaskId::parse(id).map_err(|e| wrong(*line, e))?,
            None => loop {
                let id = world.task_id(view)?;
                if !taken.contains(&id) {
                    break id;
                }
            },
        };
        if view.task(&id).is_some() || !taken.insert(id.clone()) {
            return Err(wrong(*line, format!("the id {id} is taken")));
        }
        for name in entry.id.iter().chain(&entry.r#ref) {
            if names.own.insert(name.clone(), id.clone()).is_some_and(|other| other != id) {
                return Err(wrong(*line, format!("the name `{name}` stands twice in this import")));
            }
        }
        if let Some(reference) = &entry.r#ref
            && names.known.contains_key(reference.as_str())
        {
            return Err(wrong(*line, format!("the ref `{reference}` is taken")));
        }
        ids.push(id);
    }
    Ok((names, ids))
}

fn task(world: &Surroundings, line: usize, entry: &Entry) -> Result<Task, OpsError> {
    let title = super::title(&entry.title).map_err(|e| wrong(line, e))?;
    let source = entry.source.clone();
    let source = source.unwrap_or_else(|| Source::outside_session(SourceKind::Import));
    let mut task = Task::new(title, Kind::Task, source, world.clock.now());
    if let Some(created) = &entry.created_at {
        task.created_at = created.parse().map_err(|e| wrong(line, format!("created_at: {e}")))?;
    }
    let priority = entry.priority.map(|p| p.to_string());
    let fields = [
        (Field::Status, &entry.status),
        (Field::Kind, &entry.kind),
        (Field::Priority, &priority),
        (Field::Ref, &entry.r#ref),
        (Field::Owner, &entry.owner),
        (Field::Acceptance, &entry.acceptance),
        (Field::Notes, &entry.notes),
        (Field::DeferredUntil, &entry.deferred_until),
        (Field::TargetCommit, &entry.target_commit),
        (Field::Adr, &entry.adr),
        (Field::AdrImport, &entry.adr_import),
        (Field::Reason, &entry.reason),
        (Field::CompletedAt, &entry.completed_at),
    ];
    for (field, value) in fields {
        if let Some(value) = value {
            task.set(field, Some(value)).map_err(|e| wrong(line, e))?;
        }
    }
    task.labels.clone_from(&entry.labels);
    task.evidence.clone_from(&entry.evidence);
    Ok(task)
}

fn relations(
    names: &Names<'_>,
    line: usize,
    entry: &Entry,
    task: &mut Task,
) -> Result<(), OpsError> {
    task.parent = entry.parent.as_ref().map(|p| names.find(line, p)).transpose()?;
    let lists = [
        (ListField::DependsOn, &entry.depends_on),
        (ListField::Related, &entry.related),
        (ListField::DiscoveredFrom, &entry.discovered_from),
    ];
    for (list, values) in lists {
        for value in values {
            task.add(list, names.find(line, value)?.as_str());
        }
    }
    Ok(())
}

type Made = BTreeMap<String, (MilestoneId, Option<Milestone>)>;

fn milestone(
    world: &Surroundings,
    view: &View,
    name: &str,
    made: &mut Made,
) -> Result<MilestoneId, OpsError> {
    if let Some((id, _)) = made.get(name) {
        return Ok(id.clone());
    }
    let mut changes = Vec::new();
    let id = super::add::milestone(world, view, name, &mut changes)?;
    let new = changes.into_iter().find_map(|change| match change {
        Change::Milestone { new, .. } => new,
        _ => None,
    });
    made.insert(name.to_owned(), (id.clone(), new));
    Ok(id)
}

/// Checks the result as a whole, so that a circle is named by the line that closes it.
fn locate(view: &View, entries: &[(usize, Entry)], changes: &[Change]) -> Result<(), OpsError> {
    let mut after = view.clone();
    changes.iter().for_each(|change| after.change(change));
    let Err(broken) = check(&after.state) else { return Ok(()) };
    let created = changes.iter().filter(|c| matches!(c, Change::Create { .. }));
    let at = created.zip(entries).find(|(c, _)| c.task() == Some(broken.task()));
    match at {
        Some((_, (line, _))) => Err(wrong(*line, broken)),
        None => Err(OpsError::Broken(broken)),
    }
}

/// All tasks of the line, one JSON object a line; private ones are left out.
pub fn export(here: &Here) -> Result<String, OpsError> {
    let view = here.read()?.view;
    let mut text = String::new();
    for (id, task) in &view.state.tasks {
        let json = serde_json::to_string(&TaskJson(Box::new(task.clone())));
        let json = json.map_err(|e| OpsError::Refused { reason: e.to_string() })?;
        let title = task.milestone.as_ref().and_then(|m| view.state.milestones.get(m));
        let json = match (&task.milestone, title) {
            (Some(id), Some(milestone)) => by_title(&json, id, &milestone.title),
            _ => json,
        };
        text.push_str(&format!("{{\"id\":\"{id}\",{}\n", &json[1..]));
    }
    Ok(throughline_model::sanitise::for_json(&text).into_owned())
}

/// A milestone travels by its title: its id means nothing elsewhere.
fn by_title(json: &str, id: &MilestoneId, title: &str) -> String {
    let title = serde_json::Value::String(title.to_owned());
    json.replacen(
        &format!("\"milestone\":\"{id}\""),
        &format!("\"milestone\":{title}"),
        /*count*/ 1,
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_with_its_line(
            text in "(\\PC|\n){0,60}",
            at: prop::sample::Index,
            byte in any::<char>(),
        ) {
            let good = "{\"title\":\"A\",\"priority\":1,\"labels\":[\"a\"]}\n\n{\"title\":\"B\"}";
            let mut damaged: Vec<char> = good.chars().collect();
            let at = at.index(damaged.len());
            damaged[at] = byte;
            for text in [text, damaged.iter().collect(), damaged[..at].iter().collect()] {
                let lines = text.lines().count();
                if let Err(error) = entries(&text) {
                    let named = (1..=lines).any(|n| error.to_string().starts_with(&format!("line {n}: ")));
                    prop_assert!(named, "{error}");
                }
            }
        }
    }
}
