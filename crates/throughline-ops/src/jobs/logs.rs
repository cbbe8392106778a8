//! What attempts were given and what they printed.

use std::path::PathBuf;

use throughline_model::ids::AgentJobId;
use throughline_runtime::jobs::ItemRow;

use super::{Papers, look_up};
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// As much as is shown of a file, from its end, in bytes.
const MOST: u64 = 64 << 10;

/// One attempt's papers.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Of which item.
    pub row: u32,
    /// Its name.
    pub name: String,
    /// From 1.
    pub number: u32,
    /// What it was given, printed and said, each as a path and the end of the text.
    pub papers: [(PathBuf, String); 3],
}

/// The papers of a job's attempts.
#[derive(Debug, Clone)]
pub struct LogsReport {
    /// Of which job.
    pub id: AgentJobId,
    /// In the table's order; an item's attempts in theirs.
    pub attempts: Vec<Attempt>,
}

/// Reads what attempts at an item left; without a name the last attempts of all items that failed or are being
/// worked on.
///
/// # Errors
/// [`OpsError`]: there is no such job or item.
pub fn logs(world: &Surroundings, name: &str, item: Option<&str>) -> Result<LogsReport, OpsError> {
    let (jobs, job) = look_up(world, name)?;
    let items = jobs.items(&job.id)?;
    let attempts: Vec<Attempt> = match item {
        Some(wanted) => {
            let found = items.iter().find(|item| item.name == wanted);
            let none = || OpsError::NoSuch { what: "item", name: wanted.to_owned() };
            let found = found.ok_or_else(none)?;
            let all = 1..=found.item.attempts;
            all.map(|number| attempt(world, &job.id, found, number)).collect()
        }
        None => items
            .iter()
            .filter(|item| item.result.is_none() && item.item.attempts > 0)
            .map(|item| attempt(world, &job.id, item, item.item.attempts))
            .collect(),
    };
    Ok(LogsReport { id: job.id, attempts })
}

fn attempt(world: &Surroundings, job: &AgentJobId, item: &ItemRow, number: u32) -> Attempt {
    let Papers { input, output, talk } = Papers::of(world, job, item.row, number);
    let papers = [input, output, talk].map(|path| {
        let text = end_of(&path);
        (path, text)
    });
    Attempt { row: item.row, name: item.name.clone(), number, papers }
}

/// A file's last part, from the beginning of a line; nothing of one that is not there.
pub(super) fn end_of(path: &std::path::Path) -> String {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = std::fs::File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(MOST)))?;
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes)?;
        if length > MOST {
            let line = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            bytes.drain(..line);
        }
        Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}
