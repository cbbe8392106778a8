//! `thru memory import --from`: what other tools keep as memory, as suggestions with their file and line.
//!
//! Their files are read and never written. A suggestion is told to nobody before somebody confirmed it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use throughline_agents::agent;
use throughline_model::memory::foreign::{Item, Whose, items};
use throughline_model::memory::{Confidence, Memory, MemoryScope, MemoryStatus, Reach, Source};
use throughline_model::session::first_sentence;
use throughline_store::durable;

use super::here::MemoryPlace;
use super::import::ImportReport;
use super::new_id;
use super::root::Root;
use super::write::write;
use crate::error::OpsError;
use crate::here::Site;
use crate::index::AgentHome;
use crate::surroundings::Surroundings;

/// The largest file that is read, in bytes.
const LIMIT: u64 = 1024 * 1024;

/// How many files of one folder are read.
const FILES: usize = 1_000;

/// How long a title is, in characters.
const TITLE: usize = 80;

/// Takes in what an agent keeps as memory of the user and of the project here.
///
/// # Errors
/// [`OpsError`]: no such agent, a file that can't be read.
pub fn adopt(
    world: &Surroundings,
    homes: &[AgentHome],
    name: &str,
) -> Result<ImportReport, OpsError> {
    let unknown = || OpsError::NoSuch { what: "agent", name: name.to_owned() };
    let wanted = agent::find(name).ok_or_else(unknown)?;
    let home = homes.iter().find(|home| home.agent.id == wanted.id).ok_or_else(unknown)?;
    let site = Site::of(world, &world.directory)?;
    let here = MemoryPlace::of(world)?;
    let files = match wanted.id {
        "codex" => of_codex(&home.path),
        _other => of_claude(&home.path, &site.worktree),
    };
    let mut found: Vec<(PathBuf, Item)> = Vec::new();
    for (path, whose) in files.into_iter().filter(|(path, _)| path.is_file()) {
        let bytes = durable::read(&path, LIMIT)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        found.extend(items(&text, whose).into_iter().map(|item| (path.clone(), item)));
    }
    let drafts = found.into_iter().map(|(path, item)| draft(world, &here, &path, item));
    keep(world, drafts.collect::<Result<_, _>>()?, name)
}

/// Codex keeps one summary for everything, in older releases one for each folder.
fn of_codex(home: &Path) -> Vec<(PathBuf, Whose)> {
    let names = ["memory_summary.md", "MEMORY.md"];
    let mut folders = Vec::new();
    for root in ["memories_v2", "memories"].map(|name| home.join(name)) {
        folders.push(root.clone());
        folders.extend(entries(&root).into_iter().filter(|path| path.is_dir()));
    }
    let files = folders.iter().flat_map(|folder| names.map(|name| folder.join(name)));
    files.map(|path| (path, Whose::User)).collect()
}

/// Claude Code keeps pages beside the code and in its home, and notes by project.
fn of_claude(home: &Path, worktree: &Path) -> Vec<(PathBuf, Whose)> {
    let project = ["CLAUDE.md", "CLAUDE.local.md", ".claude/CLAUDE.md"];
    let mut files = vec![(home.join("CLAUDE.md"), Whose::User)];
    files.extend(project.map(|name| (worktree.join(name), Whose::Project)));
    // Everything in a path that is no letter or digit is a hyphen in the folder's name.
    let encoded: String = worktree
        .to_string_lossy()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let notes = entries(&home.join("projects").join(encoded).join("memory"));
    let is_note = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    files.extend(notes.into_iter().filter(is_note).map(|path| (path, Whose::Project)));
    files
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = listed.take(FILES).map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn draft(
    world: &Surroundings,
    here: &MemoryPlace,
    path: &Path,
    item: Item,
) -> Result<Memory, OpsError> {
    let now = world.clock.now();
    let scope = match (item.reach, &here.project) {
        (Reach::User, _) | (_, None) => MemoryScope::User,
        (Reach::Project | Reach::Line, Some(project)) => {
            MemoryScope::Project { project: project.clone() }
        }
    };
    let file = Some(format!("{}:{}", path.display(), item.line));
    let source = Source { file, ..Source::of(now) };
    let words = (first_sentence(&item.text, TITLE), item.text);
    Ok(Memory {
        confidence: Confidence::Observed,
        status: MemoryStatus::Suggested,
        // Its author is a person: consolidation has no finding for it, and must not take it away.
        ..Memory::stated(super::random_id(world)?, item.kind, scope, words, source)
    })
}

/// Keeps what nobody remembers yet, however it stands: what was rejected is not suggested again.
fn keep(world: &Surroundings, drafts: Vec<Memory>, name: &str) -> Result<ImportReport, OpsError> {
    let mut report = ImportReport::default();
    let mut roots: Vec<Root> = drafts.iter().map(|draft| Root::of(&draft.scope)).collect();
    roots.sort();
    roots.dedup();
    if roots.is_empty() {
        return Ok(report);
    }
    write(world, &roots, &format!("import from {name}"), |change| {
        let mut known: BTreeSet<(MemoryScope, String)> = BTreeSet::new();
        for root in &roots {
            let all = change.of_root(root.project())?;
            known.extend(all.into_iter().map(|memory| (memory.scope, memory.text)));
        }
        for mut draft in drafts {
            draft.redact();
            if !known.insert((draft.scope.clone(), draft.text.clone())) {
                report.known += 1;
                continue;
            }
            if change.is_taken(&draft.id)? {
                draft.id = new_id(world, change)?;
            }
            change.put(&draft)?;
            report.added += 1;
        }
        Ok::<(), OpsError>(())
    })?;
    Ok(report)
}
