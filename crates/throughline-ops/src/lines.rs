//! Lines come into being: when one is first worked on, the journal says where it came from.
//!
//! A branch starts from the known line that shares the latest commit with it. Two at the same
//! commit: the one whose own commit it is, else the one that git's reflog names as left for it, else
//! the one with a branch still there, else the last active. A branch that is gone while a new one
//! has its HEAD was renamed.
//!
//! In local mode the new line's first state is kept beside it (`base.json`, see
//! `throughline-store`'s line module): its own later state is compared with it when it is merged.

mod list;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use throughline_model::head::{LineName, Oid};
use throughline_model::line::Line;
use throughline_model::record::{Body, Mark, Origin, Record};
use throughline_model::view::{View, standing};
use throughline_store::journal::{Durability, Filter};
use throughline_store::project::Mode;
use throughline_store::view::{STATE_FILE, WHOLE};

pub(crate) use list::find;
pub use list::{Ended, LineReport, LineRow, LinesReport, Standing, list, retire, show};

use crate::error::OpsError;
use crate::here::Here;
use crate::last_good::is_broken;
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
        inherit_commons(here, &origin.line, &key)?;
        let loaded = here.project.load_until(&origin.line, &here.site.worktree, at)?;
        // Without a base it starts from the other line itself. One that lacks what only a newer
        // program can read would stay so for good.
        if here.project.check_writable(&loaded).is_ok() {
            here.project.keep_base(&key, &loaded.view.state)?;
        }
    }
    let fork_point = start.map(|start| start.fork_point.to_string());
    let git = here.site.git_point();
    let body = Body::LineBegin { origin, fork_point, settled: false, git };
    let record = world.record(&key, body)?;
    here.project.journal().append(&[record], Durability::Observed)?;
    Ok(())
}

/// What the origin took over from others, or they from it, before the fork is no change of the fork.
fn inherit_commons(here: &Here, origin: &str, key: &str) -> Result<(), OpsError> {
    let lines = known_lines(here)?;
    let others: Vec<&str> =
        lines.iter().map(|line| line.key.as_str()).filter(|other| *other != key).collect();
    Ok(here.project.inherit_commons(origin, key, &others)?)
}

/// Whether a line was folded, or began since the last fold. That somebody was seen on it is not
/// enough: a hook observes a branch that the agent made in the middle of a turn.
pub(crate) fn is_known(here: &Here, key: &str) -> Result<bool, OpsError> {
    if here.project.has_line(key) {
        // One that history alone tells of did not begin: whoever gets there starts it. What can't be
        // read is no news of a beginning.
        let line = here.project.line(key).ok().flatten();
        if line.is_none_or(|line| line.checkpoint.is_some()) {
            return Ok(true);
        }
    }
    let since = here.project.folded_through();
    let batch = here.project.journal().read(since, &Filter::Lines(vec![key.to_owned()]))?;
    let begins = |record: &Record| matches!(record.body, Body::LineBegin { .. });
    Ok(batch.records.iter().any(|(_, record)| begins(record)))
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
    let branches = world.git.branches(&here.site.worktree)?;
    let tips: BTreeMap<String, Oid> = branches.into_iter().map(|(n, tip)| (n.key(), tip)).collect();
    let gone = |line: &&Line| {
        matches!(LineName::from_key(&line.key), LineName::Branch(_))
            && !tips.contains_key(&line.key)
    };
    let was_here = |line: &&Line| head_of(line).as_ref() == Some(now);
    let old = known.iter().filter(gone).find(|line| was_here(line) && line.ended.is_none());
    if let Some(old) = old {
        let (line, fork_point) = (old.key.clone(), now.clone());
        return Ok(Some(Start { line, fork_point, renamed: true }));
    }
    let left = left_for(world, here, &key);
    let heads = |line: &Line| -> Vec<Oid> {
        tips.get(&line.key).cloned().into_iter().chain(head_of(line)).collect()
    };
    let Some((fork_point, mut lines)) = nearest(world, here, now, &known, &heads)? else {
        return Ok(None);
    };
    // That a line forked there and went on makes the commit no more its own than its origin's.
    let inherits = |line: &Line| {
        line.fork_point.as_deref() == Some(fork_point.as_str())
            && !heads(line).contains(&fork_point)
    };
    let rank = |line: &&Line| (inherits(line), Some(&line.key) != left.as_ref(), gone(line));
    // The sort keeps the last active first among equals.
    lines.sort_by_key(rank);
    let line = lines.first().map(|line| line.key.clone());
    Ok(line.map(|line| Start { line, fork_point, renamed: false }))
}

/// The latest commit in the history of `now` that known lines have too, and which lines have it.
fn nearest<'l>(
    world: &Surroundings,
    here: &Here,
    now: &Oid,
    known: &'l [Line],
    heads: &dyn Fn(&Line) -> Vec<Oid>,
) -> Result<Option<(Oid, Vec<&'l Line>)>, OpsError> {
    let worktree = &here.site.worktree;
    let history = world.git.ancestors(worktree, now, None, FAR)?;
    let place = |oid: &Oid| history.iter().position(|ancestor| ancestor == oid);
    let mut shared: Vec<(usize, &Line)> = Vec::new();
    let mut asked = 0;
    for line in known {
        let heads = heads(line);
        let mut common = heads.iter().filter_map(place).min();
        if common.is_none() && asked < MOST_ASKED {
            asked += 1;
            // A commit that is gone shares nothing.
            let base = |head| world.git.merge_base(worktree, now, head).ok().flatten();
            common = heads.first().and_then(base).as_ref().and_then(place);
        }
        shared.extend(common.map(|at| (at, line)));
    }
    let Some(at) = shared.iter().map(|(at, _)| *at).min() else { return Ok(None) };
    let lines = shared.into_iter().filter(|(place, _)| *place == at).map(|(_, line)| line);
    Ok(Some((history[at].clone(), lines.collect())))
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
    for (_, record) in standing(&batch.records) {
        let at = lines.iter().position(|line| line.key == record.line).unwrap_or_else(|| {
            lines.push(Line::new(record.line.clone()));
            lines.len() - 1
        });
        lines[at].observe(record);
    }
    Ok(lines)
}

/// What is done about a line whose state file can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Its last good generation is shown, to who only reads.
    Served,
    /// It is an error, to who takes something over.
    Refused,
}

/// A line that may not be checked out here, as its readers see it: from its worktree, from the commit
/// at which its branch stands, or as it was folded last.
pub(crate) fn view_of(
    world: &Surroundings,
    here: &Here,
    line: &Line,
    broken: Broken,
) -> Result<View, OpsError> {
    let key = line.key.as_str();
    let load = |worktree: &Path| match broken {
        Broken::Served => here.read_line(key, worktree, WHOLE),
        Broken::Refused => Ok(here.project.load(key, worktree)?),
    };
    if key == here.line() {
        return Ok(load(&here.site.worktree)?.view);
    }
    if here.project.binding().mode == Mode::Local {
        return Ok(load(Path::new(""))?.view);
    }
    if let Some(worktree) = worktree_of(world, here, key) {
        match load(&worktree) {
            // Its file must not hide the other lines.
            Err(OpsError::Unreadable(unreadable)) => here.mention(*unreadable),
            loaded => return Ok(loaded?.view),
        }
    }
    let path = format!(".throughline/{STATE_FILE}");
    let tip = tip(world, here, line);
    let committed = tip.map(|tip| world.git.file_at(&here.site.worktree, &tip, &path));
    // A commit that is gone takes its file along.
    let Some(bytes) = committed.and_then(Result::ok).flatten() else {
        return Ok(here.project.load_elsewhere(key)?);
    };
    match here.project.load_from(key, Path::new(""), WHOLE, &bytes) {
        // What its tip carries waits for who checks it out.
        Err(error) if broken == Broken::Served && is_broken(&error) => {
            Ok(here.project.load_elsewhere(key)?)
        }
        loaded => Ok(loaded?.view),
    }
}

fn worktree_of(world: &Surroundings, here: &Here, key: &str) -> Option<PathBuf> {
    let listed = world.git.worktree_list(&here.site.worktree).ok()?;
    let mut there = listed.into_iter().filter(|place| !place.prunable);
    there.find(|place| place.branch.as_ref().is_some_and(|b| b.key() == key)).map(|p| p.path)
}

/// Where a line's branch stands; where it was left, if the branch is gone.
pub(crate) fn tip(world: &Surroundings, here: &Here, line: &Line) -> Option<Oid> {
    let branches = world.git.branches(&here.site.worktree).ok()?;
    let name = LineName::from_key(&line.key);
    let branch = branches.into_iter().find(|(branch, _)| *branch == name);
    branch.map(|(_, tip)| tip).or_else(|| head_of(line))
}
