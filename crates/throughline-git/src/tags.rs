//! Questions about what names commits: tags, the branches that hold a commit, all commits there are.

use std::path::Path;

use throughline_model::head::{LineName, Oid, text_of};

use crate::ask::oid;
use crate::process::Question;
use crate::{Git, GitError};

/// A tag of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Without `refs/tags/`, as [`text_of`] writes it.
    pub name: String,
    /// The commit, behind the tag's own object if it has one.
    pub commit: Oid,
    /// Whether it has an object of its own, with who made it and when.
    pub annotated: bool,
    /// When it was made, in seconds since 1970-01-01 UTC; without an object of its own, the commit.
    pub at: i64,
}

impl Git {
    /// The tags in the history of a commit, by name. Those of something else than a commit are left out.
    pub fn tags_in(&self, directory: &Path, of: &Oid) -> Result<Vec<Tag>, GitError> {
        let merged = format!("--merged={of}");
        let format = "--format=%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)%00%(creatordate:unix)%00%(refname)";
        let arguments = ["for-each-ref", &merged, format, "--", "refs/tags/"];
        let answer = self.answer(&Question::new(directory, &arguments))?;
        Ok(lines(&answer).filter_map(tag).collect())
    }

    /// The branches that have a commit in their history, by name.
    pub fn branches_with(&self, directory: &Path, of: &Oid) -> Result<Vec<LineName>, GitError> {
        let contains = format!("--contains={of}");
        let arguments = ["for-each-ref", &contains, "--format=%(refname)", "--", "refs/heads/"];
        let answer = self.answer(&Question::new(directory, &arguments))?;
        Ok(lines(&answer).filter_map(LineName::of_ref).collect())
    }

    /// Every commit that a ref or a reflog still reaches, at most `most`, the newest first.
    pub fn commits(&self, directory: &Path, most: usize) -> Result<Vec<Oid>, GitError> {
        let count = format!("--max-count={most}");
        let arguments = ["rev-list", "--all", "--reflog", &count, "--"];
        let question = Question::new(directory, &arguments);
        let answer = self.answer(&question)?;
        lines(&answer).map(|line| oid(line).ok_or_else(|| question.unexpected())).collect()
    }
}

fn lines(answer: &[u8]) -> impl Iterator<Item = &[u8]> {
    answer.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

fn tag(line: &[u8]) -> Option<Tag> {
    let parts: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
    let [kind, own, behind_kind, behind, at, name] = parts.as_slice() else { return None };
    let annotated = *kind == b"tag";
    let (kind, commit) = if annotated { (behind_kind, behind) } else { (kind, own) };
    (*kind == b"commit").then_some(())?;
    Some(Tag {
        name: text_of(name.strip_prefix(b"refs/tags/")?),
        commit: oid(commit)?,
        annotated,
        at: std::str::from_utf8(at).ok()?.parse().ok()?,
    })
}
