//! The files of the evaluation, and what an answer looks like.

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A line of `memories.jsonl`, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(super) struct Memory {
    /// Its name in the questions.
    pub(super) key: String,
    /// The project in which it holds; none, if in all.
    pub(super) project: Option<String>,
    /// The line on which alone it holds.
    pub(super) line: Option<String>,
    /// Since when.
    pub(super) at: String,
    pub(super) title: String,
    pub(super) text: String,
}

/// A line of `questions_*.jsonl`.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    /// What it tries.
    pub(super) kind: String,
    /// Where it is asked.
    pub(super) project: String,
    /// On which branch; none: `main`.
    pub(super) line: Option<String>,
    pub(super) ask: String,
    /// Keys of the memories that answer it.
    pub(super) want: Vec<String>,
    /// Keys of those that did once.
    #[serde(default)]
    pub(super) stale: Vec<String>,
    /// For `--as-of`.
    pub(super) as_of: Option<String>,
}

/// An answer, the best first.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub(super) key: String,
    /// It is told as what holds.
    pub(super) is_current: bool,
}

impl Memory {
    /// Whether it may be told where a question is asked.
    pub(super) fn is_visible_to(&self, asked: &Asked) -> bool {
        self.project.as_ref().is_none_or(|project| *project == asked.project)
            && (self.line.is_none() || self.line == asked.line)
    }
}

/// Reads a file of JSON lines that belongs to this program.
///
/// # Panics
/// If a line is no such thing.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Vec<T> {
    let line =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    text.lines().map(line).collect()
}
