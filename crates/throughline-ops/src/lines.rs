//! Lines come into being: when one is first worked on, the journal says where it came from.

use throughline_model::line::Line;
use throughline_model::record::{Body, Mark, Origin};
use throughline_store::journal::{Durability, Filter};

use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// Makes sure that the journal knows the line on which we are.
pub(crate) fn begin(world: &Surroundings, here: &Here) -> Result<(), OpsError> {
    let key = here.line();
    if is_known(here, &key)? {
        return Ok(());
    }
    let origin = origin(world, here, &key)?;
    let body = Body::LineBegin { origin, git: here.site.git_point() };
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

/// The known line from which a new one starts: one that stands at the same commit, the last
/// active first; else the one whose commit is its nearest ancestor.
fn origin(world: &Surroundings, here: &Here, key: &str) -> Result<Option<Origin>, OpsError> {
    let mut known: Vec<Line> = known_lines(here)?;
    known.retain(|line| line.key != key);
    known.sort_by_key(|line| std::cmp::Reverse(line.checkpoint.as_ref().map(|c| c.at)));
    let head = here.site.head.oid.as_ref().map(|oid| oid.as_str());
    let at_head = |line: &&Line| checkpoint_head(line) == head;
    let mut found = known.iter().find(at_head);
    if found.is_none() {
        found = nearest_ancestor(world, here, &known)?;
    }
    let at: Mark = here.project.journal().end();
    Ok(found.map(|line| Origin { line: line.key.clone(), at }))
}

pub(crate) fn checkpoint_head(line: &Line) -> Option<&str> {
    line.checkpoint.as_ref().and_then(|c| c.git.head.as_deref())
}

fn nearest_ancestor<'l>(
    world: &Surroundings,
    here: &Here,
    known: &'l [Line],
) -> Result<Option<&'l Line>, OpsError> {
    let Some(now) = &here.site.head.oid else { return Ok(None) };
    let mut nearest: Option<(&Line, throughline_model::head::Oid)> = None;
    for line in known {
        let old = checkpoint_head(line).and_then(throughline_model::head::Oid::parse);
        let Some(old) = old else { continue };
        let worktree = &here.site.worktree;
        if !world.git.is_ancestor(worktree, &old, now).unwrap_or(false) {
            continue;
        }
        let nearer = match &nearest {
            None => true,
            Some((_, best)) => world.git.is_ancestor(worktree, best, &old).unwrap_or(false),
        };
        if nearer {
            nearest = Some((line, old));
        }
    }
    Ok(nearest.map(|(line, _)| line))
}

/// All lines, those since the last fold included.
pub(crate) fn known_lines(here: &Here) -> Result<Vec<Line>, OpsError> {
    let mut lines = here.project.lines();
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
