//! The three stages of a file that git could not merge.

use std::path::Path;

use throughline_model::head::Oid;

use crate::ask::oid;
use crate::process::{Question, records};
use crate::{Git, GitError};

/// What git has of an unmerged file; all absent if it is not unmerged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stages {
    /// What both sides come from.
    pub base: Option<Vec<u8>>,
    /// Ours.
    pub ours: Option<Vec<u8>>,
    /// Theirs.
    pub theirs: Option<Vec<u8>>,
}

impl Git {
    /// The stages of a file, by its path below the worktree's root. Anything but a regular file
    /// counts as absent.
    pub fn stages(&self, worktree: &Path, path: &str) -> Result<Stages, GitError> {
        let pattern = format!(":(top,literal){path}");
        let arguments = ["ls-files", "--unmerged", "-z", "--", &pattern];
        let question = Question::new(worktree, &arguments);
        let answer = self.answer(&question)?;
        let mut stages = Stages::default();
        for record in records(&answer) {
            let (stage, oid) = entry(record).ok_or_else(|| question.unexpected())?;
            let Some(oid) = oid else { continue };
            let blob =
                self.answer(&Question::new(worktree, &["cat-file", "blob", oid.as_str()]))?;
            match stage {
                b'1' => stages.base = Some(blob),
                b'2' => stages.ours = Some(blob),
                b'3' => stages.theirs = Some(blob),
                _ => return Err(question.unexpected()),
            }
        }
        Ok(stages)
    }
}

/// Stage and object of `<mode> <object> <stage>\t<path>`; no object if it is no regular file.
fn entry(record: &[u8]) -> Option<(u8, Option<Oid>)> {
    let facts = record.split(|byte| *byte == b'\t').next()?;
    let mut facts = facts.split(|byte| *byte == b' ');
    let (mode, name, stage) = (facts.next()?, facts.next()?, facts.next()?);
    let name = oid(name)?;
    Some((*stage.first()?, mode.starts_with(b"100").then_some(name)))
}
