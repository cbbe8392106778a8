//! The tools that only read.

use serde_json::{Value, json};
use throughline_model::drift::Drift;
use throughline_model::ids::TaskId;
use throughline_model::memory::MemoryStatus;
use throughline_model::reconcile::Outcome;
use throughline_model::state::{Kind, Status};
use throughline_model::view::View;
use throughline_ops::brief::shown_notes;
use throughline_ops::next::{Step, next};
use throughline_ops::plan::PlanReport;
use throughline_ops::recall::{Asker, RecallHit, RecallOptions, recall as ask};
use throughline_ops::reconcile::{Wish, propose};
use throughline_ops::status::status;
use throughline_ops::tasks::list::{Lines, ListOptions, Row, Which, list};
use throughline_ops::tasks::show::show;

use crate::refusal::Refusal;
use crate::shown::{NOT_ACCEPTED, Shown, about, first, long, sentence, terse};
use crate::tools::Call;

/// How many of a list are shown unless more are asked for.
const MOST: usize = 10;

type Answer = Result<Value, Refusal>;

fn limit(call: &Call<'_>) -> usize {
    call.arguments.number("limit").map_or(MOST, usize::from)
}

fn view(call: &Call<'_>) -> Result<View, Refusal> {
    Ok(call.here.read()?.view)
}

pub(crate) fn next_steps(call: &Call<'_>) -> Answer {
    let report = next(call.world, &call.here, limit(call))?;
    let view = view(call)?;
    let shown = Shown::of(call.world, &call.here, &view)?;
    let more = report.total - report.steps.len();
    let rest = json!({
        "line": sentence(&report.line),
        "more": (more > 0).then_some(more),
        "blocked": (report.blocked > 0).then_some(report.blocked),
    });
    Ok(about("next", steps(&shown, &view, &report.steps), rest))
}

fn steps(shown: &Shown<'_>, view: &View, steps: &[Step]) -> Vec<Value> {
    let step = |step: &Step| {
        let mut value = shown.row(&step.row);
        if let Some(members) = value.as_object_mut() {
            // Every next step is ready, and the parent's title says more than its id.
            members.remove("ready");
            members.insert("why".to_owned(), step.why.join(", ").into());
            let part_of = step.row.parent.as_ref().and_then(|id| Some((id, view.task(id)?)));
            let part_of = part_of.map(|(id, task)| shown.title(id, &task.title));
            members.extend(part_of.map(|title| ("part_of".to_owned(), title.into())));
        }
        value
    };
    steps.iter().map(step).collect()
}

pub(crate) fn project_status(call: &Call<'_>) -> Answer {
    let report = status(call.world, &call.here, Lines::This)?;
    let view = view(call)?;
    let shown = Shown::of(call.world, &call.here, &view)?;
    let interrupted = report.interrupted.iter().filter_map(|(_, prompt)| prompt.as_ref());
    let counts = report.counts;
    let drift = report.drift.is_some().then(|| drift(&report.drift));
    let rest = terse(json!({
        "line": sentence(&report.place.line),
        "head": report.place.head.as_deref().map(|head| &head[..head.len().min(9)]),
        "drift": drift,
        "decide": report.open.as_ref().map(|open| sentence(&open.drift.sentence())),
        "counts": {
            "open": counts.open, "ready": counts.ready, "blocked": counts.blocked,
            "in_progress": counts.in_progress, "completed": counts.completed,
        },
        "interrupted": interrupted.map(|prompt| sentence(prompt)).collect::<Vec<_>>(),
        "unpublished": (report.pending > 0).then_some(report.pending),
        "overtaken": (!report.overtaken.is_empty()).then_some(report.overtaken.len()),
        "plan": report.plans.first().map(|plan| plan_of(&shown, plan)),
    }));
    Ok(about("next", steps(&shown, &view, &report.next), rest))
}

/// The steps of the latest plan.
fn plan_of(shown: &Shown<'_>, plan: &PlanReport) -> Value {
    let step = |step: &throughline_ops::plan::StepLine| json!({ "id": step.id, "title": shown.title(&step.id, &step.title), "status": step.status });
    let (steps, more) = first(plan.steps.iter().map(step).collect(), MOST);
    terse(json!({ "steps": steps, "more": more }))
}

fn drift(drift: &Drift) -> Value {
    terse(
        json!({ "kind": drift.kind, "also": drift.also, "sentence": sentence(&drift.sentence()) }),
    )
}

pub(crate) fn list_tasks(call: &Call<'_>) -> Answer {
    let options = ListOptions {
        which: call.arguments.text("which").map_or(Which::Open, which),
        kind: call.arguments.text("kind").and_then(kind),
        label: call.arguments.filled("label"),
        ..ListOptions::default()
    };
    let report = list(call.world, &call.here, &options)?;
    let shown = Shown::of(call.world, &call.here, &view(call)?)?;
    let (rows, more) = first(report.tasks, limit(call));
    let rows = rows.iter().map(|row| shown.row(row)).collect();
    Ok(about("tasks", rows, json!({ "line": sentence(&report.line), "more": more })))
}

fn which(word: &str) -> Which {
    match word {
        "ready" => Which::Ready,
        "blocked" => Which::Blocked,
        "all" => Which::All,
        _ => Status::ALL
            .into_iter()
            .find(|status| status.as_str() == word)
            .map_or(Which::Open, Which::Status),
    }
}

/// The kind of that name.
pub(crate) fn kind(word: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.as_str() == word)
}

pub(crate) fn show_task(call: &Call<'_>) -> Answer {
    let report = show(call.world, &call.here, call.arguments.required("task"))?;
    let view = view(call)?;
    let shown = Shown::of(call.world, &call.here, &view)?;
    let (id, task) = (&report.row.id, &report.task);
    let own = shown_notes(&call.here, &report.notes)?;
    let (notes, more_notes) = first(report.notes.iter().rev().collect(), MOST);
    let note = |(id, note): &(_, throughline_model::state::Note)| {
        if own.contains(id) { long(&note.text) } else { NOT_ACCEPTED.to_owned() }
    };
    let mut all = shown.row(&report.row);
    let more = terse(json!({
        "acceptance": shown.text(id, task.acceptance.as_ref()),
        "notes": shown.text(id, task.notes.as_ref()),
        "reason": shown.text(id, task.reason.as_ref()),
        "depends_on": mentions(&shown, &view, task.depends_on.iter()),
        "parent": task.parent.as_ref().and_then(|id| Some(shown.mention(id, view.task(id)?))),
        "children": rows(&shown, &view, &report.children),
        "waiting": rows(&shown, &view, &report.waiting),
        "commits": task.evidence.iter().filter_map(|e| commit(e.commit.as_deref()?)).collect::<Vec<_>>(),
        "notes_about": notes.into_iter().map(note).collect::<Vec<_>>(),
        "more_notes": more_notes,
    }));
    if let (Value::Object(all), Value::Object(more)) = (&mut all, more) {
        all.extend(more);
    }
    Ok(all)
}

fn rows(shown: &Shown<'_>, view: &View, rows: &[Row]) -> Vec<Value> {
    mentions(shown, view, rows.iter().map(|row| &row.id))
}

fn mentions<'i>(
    shown: &Shown<'_>,
    view: &View,
    ids: impl Iterator<Item = &'i TaskId>,
) -> Vec<Value> {
    let found = ids.filter_map(|id| Some(shown.mention(id, view.task(id)?)));
    found.take(MOST).collect()
}

/// A commit in short, if it is one: the state file is anybody's.
fn commit(id: &str) -> Option<&str> {
    id.chars().all(|c| c.is_ascii_hexdigit()).then(|| &id[..id.len().min(9)])
}

pub(crate) fn recall(call: &Call<'_>) -> Answer {
    let options = RecallOptions {
        question: call.arguments.required("question").to_owned(),
        most: limit(call),
        as_of: call.arguments.text("as_of").map(str::to_owned),
        asker: Asker::Agent,
    };
    let hit = |hit: &RecallHit| {
        let session = hit.source.as_ref().and_then(|source| source.session.as_deref());
        terse(json!({
            "id": hit.id,
            "kind": sentence(hit.kind.as_str()),
            "title": sentence(&hit.title),
            "text": (hit.text != hit.title && !hit.text.is_empty()).then(|| long(&hit.text)),
            "status": (hit.status != MemoryStatus::Current).then_some(hit.status),
            "since": hit.since.map(|since| since.strftime("%Y-%m-%d").to_string()),
            "session": session.map(sentence),
        }))
    };
    let hits = ask(call.world, &options)?.hits;
    Ok(about("hits", hits.iter().map(hit).collect(), json!({})))
}

pub(crate) fn reconcile(call: &Call<'_>) -> Answer {
    let plan = propose(call.world, &call.here, &Wish::Settings)?.plan;
    // What the settings decide was done when the project was found; it is told all the same.
    let settled = call.here.settled.as_ref().filter(|_| !plan.drift.is_some());
    let plan = settled.unwrap_or(&plan);
    let asked: Vec<Value> = plan.steps.iter().filter_map(choices).collect();
    let rest = json!({
        "drift": drift(&plan.drift),
        "done": settled.map(|_| true),
        "decide": (!asked.is_empty()).then_some("a person decides: thru cache reconcile --<choice>"),
        "choices": asked,
    });
    let steps = plan.steps.iter().map(|step| sentence(&step.sentence()).into()).collect();
    Ok(about("steps", steps, rest))
}

fn choices(step: &throughline_model::reconcile::Step) -> Option<Value> {
    let throughline_model::reconcile::Step::Ask { kind, choices } = step else { return None };
    let choice =
        |outcome: &Outcome| json!({ "choice": outcome.as_str(), "means": outcome.consequence() });
    Some(json!({ "about": kind, "choices": choices.iter().map(choice).collect::<Vec<_>>() }))
}
