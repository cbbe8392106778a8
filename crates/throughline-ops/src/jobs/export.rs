//! A job's results as CSV and as JSON Lines.
//!
//! CSV: the table's own columns, then `thru_item`, `thru_status`, `thru_attempts`, `thru_error` and
//! `thru_result`, which is JSON; a name that the table has already gets a number. JSON Lines: one object an item.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use throughline_runtime::jobs::{ItemRow, JobRow, folder};
use throughline_store::durable::{self, Access};

use super::look_up;
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// The table with columns behind it.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

/// The columns behind the table's own.
const COLUMNS: [&str; 5] =
    ["thru_item", "thru_status", "thru_attempts", "thru_error", "thru_result"];

/// All items of a job as text, whatever their status.
///
/// # Errors
/// [`OpsError`]: there is none of that name.
pub fn export(world: &Surroundings, name: &str, format: ExportFormat) -> Result<String, OpsError> {
    let (jobs, job) = look_up(world, name)?;
    let items = jobs.items(&job.id)?;
    Ok(text(&job, &items, format))
}

/// Writes both forms: where the job was told to, else into its folder in HOME. Returns the paths.
pub(super) fn save(
    world: &Surroundings,
    job: &JobRow,
    items: &[ItemRow],
) -> Result<Vec<PathBuf>, OpsError> {
    let (csv, access) = match &job.order.output {
        Some(path) => (path.clone(), Access::Repository),
        None => (kept_at(world, job), Access::Private),
    };
    write_both(csv, access, job, items)
}

/// Writes both forms into the job's folder in HOME, wherever it was told to write them.
pub(super) fn keep(world: &Surroundings, job: &JobRow, items: &[ItemRow]) -> Result<(), OpsError> {
    write_both(kept_at(world, job), Access::Private, job, items).map(drop)
}

fn kept_at(world: &Surroundings, job: &JobRow) -> PathBuf {
    folder(&world.home, &job.id).join("results.csv")
}

fn write_both(
    csv: PathBuf,
    access: Access,
    job: &JobRow,
    items: &[ItemRow],
) -> Result<Vec<PathBuf>, OpsError> {
    let lines = beside(&csv);
    durable::replace(&csv, text(job, items, ExportFormat::Csv).as_bytes(), access)?;
    durable::replace(&lines, text(job, items, ExportFormat::JsonLines).as_bytes(), access)?;
    Ok(vec![csv, lines])
}

/// The same name with `.jsonl`, behind the ending if that is none of a table.
fn beside(csv: &Path) -> PathBuf {
    if csv.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) {
        return csv.with_extension("jsonl");
    }
    let mut name = csv.as_os_str().to_owned();
    name.push(".jsonl");
    name.into()
}

fn text(job: &JobRow, items: &[ItemRow], format: ExportFormat) -> String {
    match format {
        ExportFormat::Csv => as_csv(&job.order.headers, items),
        ExportFormat::JsonLines => {
            items.iter().map(|item| format!("{}\n", line(&job.order.headers, item))).collect()
        }
    }
}

fn as_csv(headers: &[String], items: &[ItemRow]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let columns = COLUMNS.map(|name| free(name, headers));
    let mut put = |record: Vec<&str>| {
        // Into memory, and each record has as many cells as the first.
        let _ = writer.write_record(record);
    };
    put(headers.iter().chain(&columns).map(String::as_str).collect());
    for item in items {
        let attempts = item.item.attempts.to_string();
        let status = item.item.status.as_str();
        let (error, result) = (item.item.error.as_deref(), item.result.as_deref());
        let own =
            [&item.name, status, &attempts, error.unwrap_or_default(), result.unwrap_or_default()];
        put(item.cells.iter().map(String::as_str).chain(own).collect());
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The name, with a number if a column has it already.
fn free(name: &str, headers: &[String]) -> String {
    let is_taken = |name: &str| headers.iter().any(|header| header == name);
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !is_taken(name)).unwrap_or_default()
}

fn line(headers: &[String], item: &ItemRow) -> Value {
    let cells = headers.iter().cloned().zip(item.cells.iter().cloned().map(Value::from));
    let result = item.result.as_deref().and_then(|text| serde_json::from_str(text).ok());
    json!({
        "item": item.name, "row": item.row, "cells": cells.collect::<Map<_, _>>(),
        "status": item.item.status, "attempts": item.item.attempts, "error": item.item.error,
        "session": item.session, "result": result.unwrap_or(Value::Null),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use throughline_model::agent_job::{Item, ItemStatus};

    use super::*;

    fn item(row: u32, cells: Vec<String>, result: Option<Value>) -> ItemRow {
        let status = if result.is_some() { ItemStatus::Completed } else { ItemStatus::Failed };
        ItemRow {
            row,
            name: format!("n{row}"),
            cells,
            item: Item {
                status,
                attempts: row,
                error: Some("a, \"b\"\n".to_owned()),
                ..Item::new()
            },
            process: None,
            result: result.map(|result| result.to_string()),
            session: None,
            ended: None,
        }
    }

    fn result() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<String>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            prop::collection::btree_map(".*", any::<Option<String>>(), 0..3)
                .prop_map(|members| json!(members)),
        ]
    }

    proptest! {
        #[test]
        fn both_forms_give_back_what_went_in(
            rows in prop::collection::vec((prop::array::uniform2(any::<String>()), prop::option::of(result())), 1..8),
        ) {
            let headers = ["a,\"b\"", "thru_result"].map(str::to_owned);
            let items: Vec<ItemRow> = (1..).zip(rows)
                .map(|(row, (cells, result))| item(row, cells.to_vec(), result)).collect();
            let text = as_csv(&headers, &items);
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let names = reader.headers().expect("headers").clone();
            prop_assert_eq!(names.iter().collect::<Vec<_>>(), [
                "a,\"b\"", "thru_result", "thru_item", "thru_status", "thru_attempts", "thru_error",
                "thru_result_2",
            ]);
            let records: Vec<csv::StringRecord> =
                reader.records().collect::<Result<_, _>>().expect("records");
            prop_assert_eq!(records.len(), items.len());
            for (record, item) in records.iter().zip(&items) {
                let own = [item.name.as_str(), item.item.status.as_str(), &item.item.attempts.to_string(),
                    "a, \"b\"\n", item.result.as_deref().unwrap_or_default()];
                let expected: Vec<&str> = item.cells.iter().map(String::as_str).chain(own).collect();
                prop_assert_eq!(record.iter().collect::<Vec<_>>(), expected);
                let read: Value = serde_json::from_str(&line(&headers, item).to_string()).expect("JSON");
                let result = item.result.as_deref().map_or(Value::Null, |text| serde_json::from_str(text).expect("JSON"));
                prop_assert_eq!(&read["result"], &result);
                prop_assert_eq!(read["cells"]["thru_result"].as_str(), item.cells.get(1).map(String::as_str));
            }
        }
    }

    #[test]
    fn the_lines_lie_beside_the_table() {
        for (csv, lines) in
            [("/a/b.csv", "/a/b.jsonl"), ("/a/b.CSV", "/a/b.jsonl"), ("/a/b.c", "/a/b.c.jsonl")]
        {
            assert_eq!(beside(Path::new(csv)), Path::new(lines));
        }
    }
}
