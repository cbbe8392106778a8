//! Lines come into being: when one is first worked on, the journal says where it came from.
//!
//! A branch starts from the known line that shares the latest commit with it. Two at the same
//! commit: the one that git's reflog names as left for it, else the one with a branch still there,
//! else the last active. A branch that is gone while a new one has its HEAD was renamed.
//!
//! In local mode the new line's first state is kept beside it (`base.json`, see
//! `throughline-store`'s line module): its own later state is compared with it when it is merged.

use std::collections::BTreeSet;

use throughline_model::head::{LineName, Oid};
use throughline_model::line::Line;
use throughline_model::record::{Body, Mark, Origin};
use throughline_store::journal::{Durability, Filter};
use throughline_store::project::Mode;

use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// How far back a branch's start is looked for, in commits.
const FAR: usize = 2_000;

/// How many lines without a checkpoint in that history are asked about one by one.
const MOST_ASKED: usize = 8;

/// Where a line starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Start {
    /// The known line.
    pub(crate) line: String,
    /// The last commit that both have.
    pub(crate) fork_point: Oid,
    /// Whether the known line's branch is gone and this one has its HEAD.
    pub(crate) renamed: bool,
}

/// Makes sure that the journal knows the line on which we are.
pub(crate) fn begin(world: &Surroundings, here: &Here) -> Result<(), OpsError> {
    let key = here.line();
    if is_known(here, &key)? {
        return Ok(());
    }
    let start = start_of(world, here)?;
    let at: Mark = here.project.journal().end()?;
    let origin = start.as_ref().map(|start| Origin { line: start.line.clone(), at });
    if let Some(origin) = &origin
        && here.project.binding().mode == Mode::Local
    {
        let loaded = here.project.load_until(&origin.line, &here.site.worktree, at)?;
        here.project.keep_base(&key, &loaded.view.state)?;
    }
    let fork_point = start.map(|start| start.fork_point.to_string());
    let body = Body::LineBegin { origin, fork_point, git: here.site.git_point() };
    let record = world.record(&key, body)?;
    here.project.journal().append(&[record], Durability::Observed)?;
    Ok(())
}

/// Whether a line was folded, or has records since the last fold.
pub(crate) fn is_known(here: &Here, key: &str) -> Result<bool, OpsError> {
    if here.project.has_line(key) {
        return Ok(true);
    }
    let since = here.project.folded_through();
    let batch = here.project.journal().read(since, &Filter::Lines(vec![key.to_owned()]))?;
    Ok(!batch.records.is_empty())
}

/// The known line from which the one on which we are starts.
pub(crate) fn start_of(world: &Surroundings, here: &Here) -> Result<Option<Start>, OpsError> {
    let Some(now) = &here.site.head.oid else { return Ok(None) };
    let key = here.line();
    let mut known: Vec<Line> = known_lines(here)?;
    known.retain(|line| line.key != key && head_of(line).is_some());
    known.sort_by_key(|line| std::cmp::Reverse(line.checkpoint.as_ref().map(|c| c.at)));
    if known.is_empty() {
        return Ok(None);
    }
    let worktree = &here.site.worktree;
    let branches = world.git.branches(worktree)?;
    let branches: BTreeSet<String> = branches.into_iter().map(|(name, _)| name.key()).collect();
    let gone = |line: &&Line| {
        matches!(LineName::from_key(&line.key), LineName::Branch(_))
            && !branches.contains(&line.key)
    };
    let at_head: Vec<&Line> = known.iter().filter(|l| head_of(l).as_ref() == Some(now)).collect();
    let start = |line: &Line, fork_point: &Oid, renamed| Start {
        line: line.key.clone(),
        fork_point: fork_point.clone(),
        renamed,
    };
    if let Some(old) = at_head.iter().find(|line| gone(line) && line.ended.is_none()) {
        return Ok(Some(start(old, now, /*renamed*/ true)));
    }
    let left = left_for(world, here, &key);
    let best = |lines: &[&Line]| {
        let named = lines.iter().find(|line| Some(&line.key) == left.as_ref());
        let there = named.or_else(|| lines.iter().find(|line| !gone(line)));
        there.or(lines.first()).map(|line| line.key.clone())
    };
    let found = match best(&at_head) {
        Some(key) => Some((key, now.clone())),
        None => nearest(world, here, now, &known, &best)?,
    };
    Ok(found.map(|(line, fork_point)| Start { line, fork_point, renamed: false }))
}

/// The line whose checkpoint, or whose last common commit, is the latest in the history of `now`.
fn nearest(
    world: &Surroundings,
    here: &Here,
    now: &Oid,
    known: &[Line],
    best: &dyn Fn(&[&Line]) -> Option<String>,
) -> Result<Option<(String, Oid)>, OpsError> {
    let worktree = &here.site.worktree;
    let history = world.git.ancestors(worktree, now, None, FAR)?;
    let place = |oid: &Oid| history.iter().position(|ancestor| ancestor == oid);
    let mut shared: Vec<(usize, &Line)> = Vec::new();
    let mut asked = 0;
    for line in known {
        let Some(head) = head_of(line) else { continue };
        let common = match place(&head) {
            Some(at) => Some(at),
            None if asked < MOST_ASKED => {
                asked += 1;
                // A checkpoint that is gone shares nothing.
                let base = world.git.merge_base(worktree, now, &head).ok().flatten();
                base.as_ref().and_then(place)
            }
            None => None,
        };
        shared.extend(common.map(|at| (at, line)));
    }
    let Some(at) = shared.iter().map(|(at, _)| *at).min() else { return Ok(None) };
    let lines: Vec<&Line> = shared.iter().filter(|(p, _)| *p == at).map(|(_, l)| *l).collect();
    Ok(best(&lines).map(|key| (key, history[at].clone())))
}

/// The line that was left for this one, as the reflog has it.
fn left_for(world: &Surroundings, here: &Here, key: &str) -> Option<String> {
    let moves = world.git.head_moves(&here.site.worktree, /*most*/ 50).ok()?;
    moves.iter().find_map(|said| {
        let (from, to) = said.strip_prefix("checkout: moving from ")?.split_once(" to ")?;
        (to == key).then(|| from.to_owned())
    })
}

/// The commit at which a line was left.
pub(crate) fn head_of(line: &Line) -> Option<Oid> {
    let head = line.checkpoint.as_ref().and_then(|c| c.git.head.as_deref());
    head.and_then(Oid::parse)
}

/// All lines, those since the last fold included.
pub(crate) fn known_lines(here: &Here) -> Result<Vec<Line>, OpsError> {
    let mut lines = here.project.lines()?;
    let batch = here.project.journal().read(here.project.folded_through(), &Filter::All)?;
    for (_, record) in &batch.records {
        let at = lines.iter().position(|line| line.key == record.line).unwrap_or_else(|| {
            lines.push(Line::new(record.line.clone()));
            lines.len() - 1
        });
        lines[at].observe(record);
    }
    Ok(lines)
}
