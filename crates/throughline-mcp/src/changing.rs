//! The tools that change something: the same ops as behind the commands.

use serde_json::{Value, json};
use throughline_model::state::Field;
use throughline_ops::notes;
use throughline_ops::tasks::add::{AddOptions, add};
use throughline_ops::tasks::edit::Assignment;
use throughline_ops::tasks::transition::{Dependencies, Transition};
use throughline_ops::tasks::update::{Claiming, UpdateOptions, update};

use crate::parameters::Arguments;
use crate::refusal::Refusal;
use crate::shown::terse;
use crate::tools::Call;

type Answer = Result<Value, Refusal>;

pub(crate) fn add_task(call: &Call<'_>) -> Answer {
    let arguments = &call.arguments;
    let mut options = AddOptions::new(arguments.required("title"));
    if let Some(kind) = arguments.text("kind").and_then(crate::reading::kind) {
        options.kind = kind;
    }
    if let Some(priority) = arguments.number("priority") {
        options.priority = priority;
    }
    options.acceptance = arguments.filled("acceptance");
    options.notes = arguments.filled("notes");
    options.parent = arguments.filled("parent");
    options.depends_on = arguments.texts("depends_on");
    options.discovered_from = arguments.filled("discovered_from");
    let report = add(call.world, &call.here, &options)?;
    Ok(json!({ "id": report.id }))
}

pub(crate) fn update_task(call: &Call<'_>) -> Answer {
    let arguments = &call.arguments;
    if arguments.filled("reason").is_some() && arguments.text("status") != Some("cancelled") {
        return Err(Refusal::new(
            "`reason` goes with status=cancelled; add_note keeps other remarks",
        ));
    }
    let force = arguments.flag("force").unwrap_or_default();
    let options = UpdateOptions {
        task: arguments.required("task").to_owned(),
        set: assignments(arguments),
        depends_on_add: arguments.texts("depends_on_add"),
        depends_on_remove: arguments.texts("depends_on_remove"),
        claim: match arguments.flag("claim") {
            Some(true) => Claiming::Take,
            Some(false) => Claiming::Release,
            None => Claiming::Keep,
        },
        to: arguments.text("status").and_then(transition),
        dependencies: if force { Dependencies::Ignore } else { Dependencies::Respect },
        reason: arguments.filled("reason"),
    };
    let report = update(call.world, &call.here, &options)?;
    let status = report.view.task(&report.id).map(|task| task.status);
    Ok(terse(json!({
        "id": report.id, "status": status, "changed": report.changed,
        "unblocked": report.unblocked,
    })))
}

/// Fields that are named; an empty text empties one.
fn assignments(arguments: &Arguments) -> Vec<Assignment> {
    let filled = |text: &str| (!text.trim().is_empty()).then(|| text.to_owned());
    let text = |field, name| Some((field, filled(arguments.text(name)?)));
    let title = arguments.text("title").map(|title| (Field::Title, Some(title.to_owned())));
    let priority = arguments.number("priority").map(|n| (Field::Priority, Some(n.to_string())));
    let texts = [text(Field::Acceptance, "acceptance"), text(Field::Notes, "notes")];
    title.into_iter().chain(priority).chain(texts.into_iter().flatten()).collect()
}

fn transition(word: &str) -> Option<Transition> {
    let all = [Transition::Start, Transition::Complete, Transition::Cancel, Transition::Reopen];
    all.into_iter().find(|to| to.status().as_str() == word)
}

pub(crate) fn add_note(call: &Call<'_>) -> Answer {
    let task = call.arguments.filled("task");
    let report =
        notes::add(call.world, &call.here, call.arguments.required("text"), task.as_deref())?;
    Ok(terse(json!({ "note": report.id, "task": report.task })))
}
