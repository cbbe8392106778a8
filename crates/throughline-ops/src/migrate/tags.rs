//! Tags as milestones that are reached: those in the history of HEAD that somebody made on purpose,
//! annotated or named as a version, each with a snapshot of its commit.

use jiff::Timestamp;
use throughline_git::Tag;
use throughline_model::change::Change;
use throughline_model::ids::MilestoneId;
use throughline_model::state::{Extra, Milestone, MilestoneStatus, Snapshot};

use super::steps::derived;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// As many characters as a milestone's id gets that is not derived, and some more.
const ID_LENGTH: usize = 8;

/// The milestones and snapshots that the line does not have yet.
pub(super) fn changes(world: &Surroundings, here: &Here) -> Result<Vec<Change>, OpsError> {
    let Some(head) = &here.site.head.oid else { return Ok(Vec::new()) };
    let state = here.read()?.view.state;
    let tags = world.git.tags_in(&here.site.worktree, head)?;
    let wanted = tags.into_iter().filter(|tag| tag.annotated || is_version(&tag.name));
    let is_new = |tag: &Tag| {
        !state.milestones.contains_key(&id(tag)) && !state.snapshots.contains_key(&tag.name)
    };
    Ok(wanted.filter(is_new).flat_map(reached).collect())
}

/// The names of the milestones among changes.
pub(super) fn names(changes: &[Change]) -> Vec<String> {
    let title = |change: &Change| match change {
        Change::Milestone { new: Some(new), .. } => Some(new.title.clone()),
        _other => None,
    };
    changes.iter().filter_map(title).collect()
}

fn id(tag: &Tag) -> MilestoneId {
    MilestoneId::from_entropy(&derived(&format!("milestone of tag {}", tag.name)), ID_LENGTH)
}

fn reached(tag: Tag) -> [Change; 2] {
    let id = id(&tag);
    let (title, status) = (tag.name.clone(), MilestoneStatus::Reached);
    let milestone = Milestone { title, status, due: None, extra: Extra::new() };
    let snapshot = Snapshot {
        commit: tag.commit.to_string(),
        at: Timestamp::from_second(tag.at).unwrap_or(Timestamp::UNIX_EPOCH),
        reason: "tag".to_owned(),
        milestone: Some(id.clone()),
        extra: Extra::new(),
    };
    [
        Change::Milestone { id, old: None, new: Some(milestone) },
        Change::Snapshot { id: tag.name, old: None, new: Some(snapshot) },
    ]
}

/// `v1`, `1.2`, `parser-2.0.1`, `v3.0-rc1`: a number with a dot, or a `v` before it.
fn is_version(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    let starts = |part: &str| {
        let number = part.strip_prefix('v').unwrap_or(part);
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        digits > 0 && (number.len() < part.len() || number[digits..].starts_with('.'))
    };
    last.split('-').any(starts)
}

#[cfg(test)]
mod tests {
    use super::is_version;

    #[test]
    fn versions_are_told_from_other_names() {
        for version in ["v1", "1.2", "v0.3.0-rc1", "parser-2.0.1", "release/1.0", "app-v2"] {
            assert!(is_version(version), "{version}");
        }
        for other in ["", "nightly", "before-merge", "2026-10-01", "v", "vista", "x.1"] {
            assert!(!is_version(other), "{other}");
        }
    }
}
