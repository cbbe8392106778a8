//! `thru init --template`: what a team puts into its repository so that people and agents know of
//! the memory.
//!
//! A template is a list of pieces: a block at the end of somebody's file, between comments of ours,
//! or a whole file. A plan is made first and can be shown. What is there stays: a block or file that
//! somebody changed is theirs from then on, for writing and for removing. Nothing outside of the
//! worktree is touched, no link is followed, no word comes from stored text.

mod block;
mod disk;

use std::path::{Path, PathBuf};

use throughline_store::project::Mode;

use crate::adr::FOLDERS;
use crate::error::OpsError;
use crate::here::Site;
use crate::setup::FileChange;
use crate::surroundings::Surroundings;
use block::Left;
use disk::Found;

const AGENTS: &str = include_str!("template/files/agents.md");
const DECISION: &str = include_str!("template/files/decision.md");
const CHECKLIST: &str = include_str!("template/files/checklist.md");
const WORKFLOW: &str = include_str!("template/files/workflow.yml");

/// Where GitHub looks for the text of a new pull request; a repository has one of them.
const CHECKLISTS: [&str; 6] = [
    ".github/pull_request_template.md",
    ".github/PULL_REQUEST_TEMPLATE.md",
    "pull_request_template.md",
    "PULL_REQUEST_TEMPLATE.md",
    "docs/pull_request_template.md",
    "docs/PULL_REQUEST_TEMPLATE.md",
];

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Template {
    /// A section in AGENTS.md.
    Minimal,
    /// And a folder of decision records with its first one.
    Adr,
    /// And a checklist for pull requests and a CI check.
    Team,
}

/// Why something is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Somebody changed what was ours, or has a file of that name.
    Changed,
    /// A link leads there, or the file has several names.
    Link,
    /// It is no file of text.
    NoText,
    /// There are decision records already.
    Records,
}

impl Reason {
    /// In words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Changed => "somebody wrote it, or changed it since",
            Self::Link => "links are not followed",
            Self::NoText => "it is no file of text",
            Self::Records => "there are decision records already",
        }
    }
}

/// Something that is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Which file or folder.
    pub path: PathBuf,
    /// Why.
    pub reason: Reason,
}

/// What would be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplatePlan {
    /// The worktree.
    pub worktree: PathBuf,
    /// File by file, with paths below the worktree; what is right already is left out.
    pub changes: Vec<FileChange>,
    /// What is left as it is although something is missing in it.
    pub kept: Vec<Kept>,
}

/// What was taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRemoval {
    /// Files that are as if the block had never been there.
    pub restored: Vec<PathBuf>,
    /// Files that are gone.
    pub removed: Vec<PathBuf>,
    /// What is left as it is although something of ours may be in it.
    pub kept: Vec<Kept>,
}

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Lines at the end of a file.
    Block,
    /// A file.
    Whole,
    /// A file that begins a folder of decision records, unless there is one.
    FirstRecord,
}

/// One piece of a template.
struct Piece {
    path: &'static str,
    kind: Kind,
    text: &'static str,
}

fn pieces(template: Template, worktree: &Path) -> Vec<Piece> {
    let mut all = vec![Piece { path: "AGENTS.md", kind: Kind::Block, text: AGENTS }];
    if template >= Template::Adr {
        let path = "docs/adr/0001-keep-decision-records.md";
        all.push(Piece { path, kind: Kind::FirstRecord, text: DECISION });
    }
    if template >= Template::Team {
        let known = CHECKLISTS.into_iter().find(|path| worktree.join(path).exists());
        let path = known.unwrap_or(CHECKLISTS[0]);
        all.push(Piece { path, kind: Kind::Block, text: CHECKLIST });
        let path = ".github/workflows/throughline.yml";
        all.push(Piece { path, kind: Kind::Whole, text: WORKFLOW });
    }
    all
}

impl Piece {
    /// What the file shall hold; `None` if it does.
    fn wanted(&self, before: Option<&str>) -> Result<Option<String>, Reason> {
        match (self.kind, before) {
            (Kind::Block, _) => block::with_block(before, self.text),
            (Kind::Whole | Kind::FirstRecord, None) => Ok(Some(self.text.to_owned())),
            (Kind::Whole | Kind::FirstRecord, Some(before)) if before == self.text => Ok(None),
            (Kind::Whole | Kind::FirstRecord, Some(_)) => Err(Reason::Changed),
        }
    }

    /// What the file is without us.
    fn without(&self, text: &str) -> Result<Left, Reason> {
        match self.kind {
            Kind::Block => block::without_block(text),
            Kind::Whole | Kind::FirstRecord if text == self.text => Ok(Left::Nothing),
            Kind::Whole | Kind::FirstRecord => Err(Reason::Changed),
        }
    }

    fn change(&self, before: Option<String>) -> Result<Option<FileChange>, Reason> {
        let Some(after) = self.wanted(before.as_deref())? else { return Ok(None) };
        let summary = self.text.lines().map(str::to_owned).collect();
        Ok(Some(FileChange { path: self.path.into(), before, after, summary }))
    }
}

/// Where the project here has its files, and whether it is one already.
fn place(world: &Surroundings) -> Result<(PathBuf, Option<Mode>), OpsError> {
    let site = Site::of(world, &world.directory)?;
    if site.repository.as_ref().is_some_and(|repository| repository.worktree.is_none()) {
        let reason = "a bare repository has no worktree to put a template into".to_owned();
        return Err(OpsError::Refused { reason });
    }
    let project = site.project(world)?;
    let mode = project.as_ref().map(|project| project.binding().mode);
    let worktree = match project {
        // Of a plain directory the project may be further up.
        Some(project) if site.repository.is_none() => project.binding().directory.clone(),
        Some(_) | None => site.worktree,
    };
    Ok((worktree, mode))
}

/// Plans what to write; changes nothing.
pub fn plan(world: &Surroundings, template: Template) -> Result<TemplatePlan, OpsError> {
    let (worktree, mode) = place(world)?;
    if template == Template::Team && mode == Some(Mode::Local) {
        let reason = "this project keeps its state in the home: a CI check would find none; \
                      the templates minimal and adr work here";
        return Err(OpsError::Refused { reason: reason.to_owned() });
    }
    let mut plan = TemplatePlan { worktree, changes: Vec::new(), kept: Vec::new() };
    for piece in pieces(template, &plan.worktree) {
        let records = (piece.kind == Kind::FirstRecord).then(|| records(&plan.worktree)).flatten();
        let change = match (disk::look(&plan.worktree, piece.path)?, records) {
            (Found::Nothing, Some(folder)) => {
                plan.kept.push(Kept { path: folder.into(), reason: Reason::Records });
                continue;
            }
            (Found::Nothing, None) => piece.change(None),
            (Found::Text(before), _) => piece.change(Some(before)),
            (Found::Other(reason), _) => Err(reason),
        };
        match change {
            Ok(change) => plan.changes.extend(change),
            Err(reason) => plan.kept.push(Kept { path: piece.path.into(), reason }),
        }
    }
    Ok(plan)
}

/// The folder in which `thru adr import` would find records.
fn records(worktree: &Path) -> Option<&'static str> {
    let has_entries = |folder: &&str| {
        let entries = std::fs::read_dir(worktree.join(folder));
        entries.is_ok_and(|mut entries| entries.next().is_some())
    };
    FOLDERS.into_iter().find(has_entries)
}

/// Writes what was planned, if everything still stands as it was shown. The files that were written.
pub fn carry_out(plan: &TemplatePlan) -> Result<Vec<PathBuf>, OpsError> {
    plan.changes.iter().try_for_each(|change| still_as_planned(plan, change))?;
    let write = |change: &FileChange| {
        disk::write(&plan.worktree, &change.path.to_string_lossy(), &change.after)
    };
    plan.changes.iter().map(write).collect()
}

fn still_as_planned(plan: &TemplatePlan, change: &FileChange) -> Result<(), OpsError> {
    let planned = change.before.clone().map_or(Found::Nothing, Found::Text);
    if disk::look(&plan.worktree, &change.path.to_string_lossy())? == planned {
        return Ok(());
    }
    let problem = "was changed meanwhile; nothing was written, run it again".to_owned();
    Err(OpsError::File { path: plan.worktree.join(&change.path), problem })
}

/// Takes our blocks out, and the files that are as we wrote them.
pub fn remove(world: &Surroundings, template: Template) -> Result<TemplateRemoval, OpsError> {
    let (worktree, _) = place(world)?;
    let mut done = TemplateRemoval { restored: vec![], removed: vec![], kept: vec![] };
    for piece in pieces(template, &worktree) {
        let left = match disk::look(&worktree, piece.path)? {
            Found::Nothing => continue,
            Found::Text(text) => piece.without(&text),
            Found::Other(reason) => Err(reason),
        };
        match left {
            Ok(Left::Same) => {}
            Ok(Left::Text(text)) => done.restored.push(disk::write(&worktree, piece.path, &text)?),
            Ok(Left::Nothing) => done.removed.push(disk::remove(&worktree, piece.path)?),
            Err(reason) => done.kept.push(Kept { path: piece.path.into(), reason }),
        }
    }
    Ok(done)
}
