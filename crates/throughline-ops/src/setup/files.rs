//! The files that are written under Codex's home: where they are, what they shall hold, and what
//! they hold without us.

use std::fs;
use std::path::{Path, PathBuf};

use throughline_store::durable;

use super::skills::{self, Skill};
use super::{SetupOptions, config, hooks};
use crate::error::OpsError;

/// In bytes; larger than any configuration.
const LIMIT: u64 = 8 * 1024 * 1024;

/// A file that is to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Which.
    pub path: PathBuf,
    /// What it holds; `None` if it is not there.
    pub before: Option<String>,
    /// What it shall hold.
    pub after: String,
    /// What is new in it, in words.
    pub summary: Vec<String>,
}

/// The files that we write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum File {
    Hooks,
    Config,
    Skill(Skill),
}

impl File {
    /// In the order in which they are written: what starts something comes last.
    pub(super) const ALL: [Self; 5] = [
        Self::Skill(skills::USE),
        Self::Skill(skills::UPDATE),
        Self::Skill(skills::DROP),
        Self::Config,
        Self::Hooks,
    ];

    /// Where it is. Behind a link, as some keep their settings, it is the file itself.
    pub(super) fn path(self, codex_home: &Path) -> PathBuf {
        let path = match self {
            Self::Hooks => codex_home.join("hooks.json"),
            Self::Config => codex_home.join("config.toml"),
            Self::Skill(skill) => codex_home.join("skills").join(skill.name).join("SKILL.md"),
        };
        fs::canonicalize(&path).unwrap_or(path)
    }

    /// What it shall hold, and what is new in that.
    fn with_us(
        self,
        text: &str,
        options: &SetupOptions,
    ) -> Result<(String, Vec<String>), OpsError> {
        let path = self.path(&options.codex_home);
        match self {
            Self::Hooks => {
                let command = hooks::command(&options.thru)?;
                hooks::connect(text, &command).map_err(|problem| refused(path, &problem))
            }
            Self::Config => {
                let edited = config::connect(text, &options.thru.to_string_lossy());
                let edited = edited.map_err(|error| refused(path, &error.to_string()))?;
                Ok((edited.text, edited.summary))
            }
            Self::Skill(skill) => Ok((skill.text.to_owned(), vec![skill.about.to_owned()])),
        }
    }

    /// What it holds without us: `None` if nothing is left of it. `original` is what stood there
    /// before the first set-up, if that is known.
    pub(super) fn without_us(
        self,
        text: &str,
        original: Option<&str>,
        options: &SetupOptions,
        trusted: &[String],
    ) -> Result<Option<String>, OpsError> {
        let path = self.path(&options.codex_home);
        let left = match self {
            Self::Hooks => {
                let command = hooks::command(&options.thru)?;
                let left = hooks::disconnect(text, &command);
                let left = left.map_err(|problem| refused(path, &problem))?;
                (original.is_some() || !hooks::is_empty(&left)).then_some(left)
            }
            Self::Config => {
                // Unknown who switched the plan tool on: it stays on.
                let original = original.unwrap_or(config::PLAN_TOOL_ON);
                let program = options.thru.to_string_lossy();
                let left = config::disconnect(text, original, &program, trusted);
                Some(left.map_err(|error| refused(path, &error.to_string()))?)
            }
            Self::Skill(skill) => (text != skill.text).then(|| text.to_owned()),
        };
        Ok(left)
    }
}

fn refused(path: PathBuf, problem: &str) -> OpsError {
    OpsError::File { path, problem: format!("{problem}; nothing was changed") }
}

/// What a file holds; `None` if it is not there.
pub(super) fn text_of(path: &Path) -> Result<Option<String>, OpsError> {
    let Some(bytes) = durable::read_if_there(path, LIMIT)? else { return Ok(None) };
    let text = String::from_utf8(bytes).map_err(|_| refused(path.to_owned(), "is not UTF-8"))?;
    Ok(Some(text))
}

/// What is to change; all of it, or nothing if one file can't be edited.
pub(super) fn plan(options: &SetupOptions) -> Result<Vec<FileChange>, OpsError> {
    let planned: Result<Vec<_>, _> =
        File::ALL.map(|file| change(file, options)).into_iter().collect();
    let mut planned: Vec<FileChange> = planned?.into_iter().flatten().collect();
    warn_of_two_places(options, &mut planned)?;
    Ok(planned)
}

fn change(file: File, options: &SetupOptions) -> Result<Option<FileChange>, OpsError> {
    let path = file.path(&options.codex_home);
    let before = text_of(&path)?;
    let (after, summary) = file.with_us(before.as_deref().unwrap_or_default(), options)?;
    let same = before.as_deref() == Some(after.as_str());
    Ok((!same).then_some(FileChange { path, before, after, summary }))
}

fn warn_of_two_places(options: &SetupOptions, planned: &mut [FileChange]) -> Result<(), OpsError> {
    let hooks = File::Hooks.path(&options.codex_home);
    let fresh = planned.iter_mut().find(|change| change.path == hooks && change.before.is_none());
    let Some(fresh) = fresh else { return Ok(()) };
    let text = text_of(&File::Config.path(&options.codex_home))?.unwrap_or_default();
    if config::has_hooks(&text) {
        let note = "config.toml holds hooks too: Codex runs both, and says it prefers one place";
        fresh.summary.push(note.to_owned());
    }
    Ok(())
}
