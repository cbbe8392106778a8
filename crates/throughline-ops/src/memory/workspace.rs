//! The workspace of a root: what sessions taught as files, for people, models and `git diff`.
//!
//! `raw_memories.md` has everything that was found, session by session; `rollout_summaries/` has a page
//! for each session. Both are printed from the database, the same bytes for the same rows. Dated files
//! under `extensions/*/resources/` go after a while. `phase2_workspace_diff.md` is what differs from
//! what was kept last; it is no part of the history itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use throughline_model::config::memory::ConsolidateSettings;
use throughline_model::stem::FileStem;
use throughline_runtime::memories::{Memories, Output, OutputFilter};
use throughline_store::durable::{self, Access};

use super::root::{Root, RootLock};
use crate::error::OpsError;
use crate::surroundings::Surroundings;

const RAW: &str = "raw_memories.md";
const SUMMARIES: &str = "rollout_summaries";
const EXTENSIONS: &str = "extensions";

/// What differs from what was kept last.
pub(super) const DIFF: &str = "phase2_workspace_diff.md";

/// The longest that is written of it, in bytes.
const LONGEST_DIFF: usize = 4 << 20;

/// What git leaves alone.
const EXCLUDED: &str = "phase2_workspace_diff.md\n";

/// Syncs the workspace; whether it differs from what was kept last.
pub(super) fn sync(
    world: &Surroundings,
    memories: &Memories,
    root: &Root,
    lock: &RootLock,
    settings: &ConsolidateSettings,
) -> Result<bool, OpsError> {
    if let Some(project) = root.project() {
        let filter = OutputFilter { project: Some(project.to_owned()), since: None };
        let outputs = memories.outputs(&filter)?;
        lock.write(RAW, &raw(&outputs))?;
        summaries(lock.folder(), &outputs)?;
    }
    prune_extensions(lock.folder(), world.clock.now(), settings.extension_retention);
    let ledger = root.ledger(world);
    ledger.exclude(EXCLUDED)?;
    let changes = ledger.changes()?;
    if !changes.is_empty() {
        let end = changes.floor_char_boundary(LONGEST_DIFF);
        lock.write(DIFF, &changes[..end])?;
    }
    Ok(!changes.is_empty())
}

fn raw(outputs: &[Output]) -> String {
    let mut text = "# What sessions taught\n".to_owned();
    for output in outputs {
        let raw = output.extraction.raw_memory.trim();
        if !raw.is_empty() {
            text.push_str(&format!("\n## Session {}\n\n{raw}\n", output.session));
        }
    }
    text
}

fn summaries(folder: &Path, outputs: &[Output]) -> Result<(), OpsError> {
    let folder = folder.join(SUMMARIES);
    durable::create_private_dir(&folder)?;
    let mut wanted = BTreeSet::new();
    for output in outputs {
        let name = format!("{}.md", file_stem(output));
        let path = folder.join(&name);
        let text = summary(output);
        wanted.insert(name);
        // What stands there already is not written again: a sync costs what changed.
        if fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            durable::replace(&path, text.as_bytes(), Access::Private)?;
        }
    }
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !wanted.contains(&name) {
            // One that stays is dirty the next time too.
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// A slug comes from a model or from a prompt, so it is encoded; the session keeps names apart.
fn file_stem(output: &Output) -> String {
    let slug = output.extraction.rollout_slug.as_deref().unwrap_or("session");
    let day = output.began.strftime("%Y-%m-%d");
    let stem = FileStem::encode(format!("{slug} {}", output.session).as_bytes());
    format!("{day}-{stem}")
}

fn summary(output: &Output) -> String {
    let Output { session, agent, line, began, .. } = output;
    let summary = output.extraction.rollout_summary.trim();
    format!("session: {session}\nagent: {agent}\nline: {line}\nbegan: {began}\n\n{summary}\n")
}

/// Removes files whose name begins with a day that is too long ago.
fn prune_extensions(folder: &Path, now: Timestamp, keep: SignedDuration) {
    let extensions = fs::read_dir(folder.join(EXTENSIONS)).into_iter().flatten().flatten();
    for extension in extensions {
        let resources = fs::read_dir(extension.path().join("resources"));
        for resource in resources.into_iter().flatten().flatten() {
            let name = resource.file_name().to_string_lossy().into_owned();
            if day_of(&name).is_some_and(|day| now.duration_since(day) > keep) {
                let _ = fs::remove_file(resource.path());
            }
        }
    }
}

/// The day with which a file's name begins (2026-11-21…).
fn day_of(name: &str) -> Option<Timestamp> {
    let day: jiff::civil::Date = name.get(..10)?.parse().ok()?;
    day.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dated_file_goes_after_a_while_and_an_undated_one_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let resources = folder.path().join("extensions/notes/resources");
        fs::create_dir_all(&resources).expect("made");
        for name in ["2026-11-01-old.md", "2026-11-20-new.md", "guide.md"] {
            fs::write(resources.join(name), "x").expect("written");
        }
        let now = "2026-11-21T00:00:00Z".parse().expect("a time");
        prune_extensions(folder.path(), now, SignedDuration::from_hours(7 * 24));
        let left = fs::read_dir(&resources).expect("read").flatten();
        let mut left: Vec<_> = left.map(|entry| entry.file_name()).collect();
        left.sort();
        assert_eq!(left, ["2026-11-20-new.md", "guide.md"]);
    }
}
