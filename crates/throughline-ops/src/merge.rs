//! Merging another line's work into this one: a three-way merge of states, written as changes.
//!
//! Shared mode: git merges the committed file, so the base is that file at the last commit that both
//! have, and what comes in are the changes that the other line never published, or all of them where
//! its commits came in under other names (a squash). Local mode: the base is what the two lines had
//! in common at their last merge, or at their fork. Private nodes stay with their line.

use throughline_model::change::{Change, towards};
use throughline_model::line::Line;
use throughline_model::merge::merge;
use throughline_model::reconcile::{Outcome, ReconcilePlan};
use throughline_model::record::Origin;
use throughline_model::state::{State, read};
use throughline_model::view::View;
use throughline_store::lock::COMMAND_PATIENCE;
use throughline_store::project::Mode;
use throughline_store::view::STATE_FILE;

use crate::error::OpsError;
use crate::here::Here;
use crate::lines::{Broken, known_lines, tip, view_of};
use crate::surroundings::Surroundings;

/// The changes that bring another line's work into this one.
pub(crate) fn incoming(
    world: &Surroundings,
    here: &Here,
    view: &View,
    line: &str,
) -> Result<Vec<Change>, OpsError> {
    let lines = known_lines(here)?;
    let missing = || OpsError::NoSuch { what: "line", name: line.to_owned() };
    let other = lines.iter().find(|known| known.key == line).ok_or_else(missing)?;
    let theirs = view_of(world, here, other, Broken::Refused)?.state;
    let base = match here.project.binding().mode {
        Mode::Shared => published_base(world, here, other)?,
        Mode::Local => kept_base(here, &lines, line)?,
    };
    let merged = merge(base.as_ref(), &view.state, &theirs).map_err(|error| OpsError::Refused {
        reason: format!("{line} can't be merged: {error}"),
    })?;
    Ok(towards(&view.state, &merged.state, world.clock.now()))
}

/// The committed file at the last commit that HEAD and the other line have.
fn published_base(
    world: &Surroundings,
    here: &Here,
    other: &Line,
) -> Result<Option<State>, OpsError> {
    let worktree = &here.site.worktree;
    let Some(head) = &here.site.head.oid else { return Ok(None) };
    let Some(tip) = tip(world, here, other) else { return Ok(None) };
    let Some(common) = world.git.merge_base(worktree, head, &tip)? else { return Ok(None) };
    let path = format!(".throughline/{STATE_FILE}");
    let Some(bytes) = world.git.file_at(worktree, &common, &path)? else { return Ok(None) };
    // A file that was broken at that commit is as good as none.
    Ok(read(&bytes).ok().map(|(state, _)| state))
}

/// What this line and another one had in common at their last merge, else at their fork.
fn kept_base(here: &Here, lines: &[Line], other: &str) -> Result<Option<State>, OpsError> {
    let own = here.line();
    if let Some(common) = here.project.common(&own, other)? {
        return Ok(Some(common));
    }
    Ok(match forked_at(lines, &own, other) {
        Some(child) => here.project.base(&child)?,
        None => None,
    })
}

/// The line whose first state is what two lines had in common: of the two that left their common
/// ancestor, the one that left first.
fn forked_at(lines: &[Line], one: &str, other: &str) -> Option<String> {
    let (ours, theirs) = (chain(lines, one), chain(lines, other));
    let common = ours.iter().find(|link| theirs.iter().any(|t| t.line == link.line))?;
    let child = |chain: &[Link]| {
        let at = chain.iter().position(|link| link.line == common.line)?;
        let child = chain.get(at.checked_sub(1)?)?;
        Some((child.origin.as_ref()?.at, child.line.clone()))
    };
    let children = child(&ours).into_iter().chain(child(&theirs));
    children.min().map(|(_, line)| line)
}

struct Link {
    line: String,
    origin: Option<Origin>,
}

/// A line, what it forked from, and so on.
fn chain(lines: &[Line], from: &str) -> Vec<Link> {
    let mut chain: Vec<Link> = Vec::new();
    let mut next = Some(from.to_owned());
    while let Some(line) = next.take().filter(|line| chain.iter().all(|l| l.line != *line)) {
        let origin = lines.iter().find(|l| l.key == line).and_then(|l| l.origin.clone());
        next = origin.as_ref().map(|origin| origin.line.clone());
        chain.push(Link { line, origin });
    }
    chain
}

/// Remembers what this line has in common with those that were merged into it.
pub(crate) fn remember(here: &Here, plan: &ReconcilePlan) -> Result<(), OpsError> {
    let merges = plan.decisions.iter().any(|decision| decision.outcome == Outcome::Merge);
    if !merges || here.project.binding().mode == Mode::Shared {
        return Ok(());
    }
    let lock = here.project.lock(COMMAND_PATIENCE)?;
    for line in &plan.drift.merged {
        let state = here.project.load_elsewhere(line)?.state;
        here.project.keep_common(&lock, (&here.line(), line), &state)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use throughline_model::record::Mark;

    use super::*;

    fn lines(all: &[(&str, Option<(&str, u64)>)]) -> Vec<Line> {
        let line = |(key, origin): &(&str, Option<(&str, u64)>)| Line {
            origin: origin.map(|(line, offset)| Origin {
                line: line.to_owned(),
                at: Mark { segment: 1, offset },
            }),
            ..Line::new(*key)
        };
        all.iter().map(line).collect()
    }

    #[test]
    fn what_two_lines_have_in_common_is_where_the_first_of_them_left() {
        let all = lines(&[
            ("main", None),
            ("a", Some(("main", 10))),
            ("b", Some(("main", 20))),
            ("c", Some(("b", 30))),
            ("apart", None),
        ]);
        let base = |one, other| forked_at(&all, one, other);
        assert_eq!(base("main", "a").as_deref(), Some("a"));
        assert_eq!(base("a", "main").as_deref(), Some("a"));
        assert_eq!(base("a", "b").as_deref(), Some("a"), "it left first");
        assert_eq!(base("c", "main").as_deref(), Some("b"), "c's own start has b's work in it");
        assert_eq!(base("c", "a").as_deref(), Some("a"));
        assert_eq!(base("apart", "a"), None);
        assert_eq!(base("main", "main"), None);
    }
}
