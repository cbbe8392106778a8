//! `thru cache resolve`: a state file that git left in conflict becomes a state again.
//!
//! Git's three stages are merged by meaning, as the merge driver does. Where git keeps none (the
//! markers were committed, or a stash left them) the sides are read off the markers, and taken only
//! if merging them leaves nothing to decide. The file's bytes are kept first; nothing is staged.

use std::path::{Path, PathBuf};

use throughline_git::Stages;
use throughline_model::merge::{Merged, open_conflicts};
use throughline_model::state::{LARGEST_STATE, read};
use throughline_store::StoreError;
use throughline_store::backup::About;
use throughline_store::durable::{self, Access};
use throughline_store::lock::COMMAND_PATIENCE;
use throughline_store::project::Mode;
use throughline_store::view::hash;

use crate::error::OpsError;
use crate::here::Here;
use crate::merge_driver::{merge_bytes, text_of};
use crate::surroundings::Surroundings;

/// The state file below the worktree's root.
const FILE: &str = ".throughline/project_state.json";

/// Whether it is done or only shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carry {
    /// Done.
    Out,
    /// Only shown.
    DryRun,
}

/// From what the state was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Git's stages.
    Stages,
    /// The markers in the file.
    Markers,
}

/// What became of the state file.
#[derive(Debug, Clone)]
pub enum ResolveReport {
    /// It reads well: nothing to do.
    Sound {
        /// Which file.
        file: PathBuf,
        /// Whether git still counts it as unmerged.
        unmerged: bool,
    },
    /// It is a state again, or would be.
    Resolved {
        /// Which file.
        file: PathBuf,
        /// From what.
        source: Source,
        /// How many tasks it has.
        tasks: usize,
        /// How many conflicts are open in it.
        open: usize,
        /// Where the bytes from before are kept; `None` if nothing was written.
        kept: Option<u64>,
    },
}

/// Mends the state file of this line.
pub fn resolve(world: &Surroundings, here: &Here, carry: Carry) -> Result<ResolveReport, OpsError> {
    if here.project.binding().mode == Mode::Local || here.site.repository.is_none() {
        let reason = "git does not carry this state: `thru cache backups` shows what is kept of it";
        return Err(OpsError::Refused { reason: reason.to_owned() });
    }
    let lock = here.project.lock(COMMAND_PATIENCE)?;
    let file = here.project.state_path(&here.line(), &here.site.worktree);
    let stages = world.git.stages(&here.site.worktree, FILE)?;
    let bytes = durable::read_if_there(&file, limit())?.unwrap_or_default();
    let untouched = stages.ours.as_ref() == Some(&bytes) && stages.theirs.is_some();
    if read(&bytes).is_ok() && !untouched {
        return Ok(ResolveReport::Sound { file, unmerged: stages != Stages::default() });
    }
    let (merged, source) = mended(&file, &bytes, &stages)?;
    let text = text_of(&file, &merged.state)?;
    let tasks = merged.state.tasks.len();
    let open = open_conflicts(&merged.state).len();
    let kept = match carry {
        Carry::DryRun => None,
        Carry::Out => {
            let (at, line, hash) = (world.clock.now(), here.line(), hash(&bytes));
            let about = About { at, line, before: "resolve".to_owned(), hash };
            let kept = here.project.back_up(&lock, &bytes, about)?;
            if durable::read_if_there(&file, limit())?.unwrap_or_default() != bytes {
                return Err(StoreError::Moved { path: file }.into());
            }
            durable::replace(&file, text.as_bytes(), Access::Repository)?;
            Some(kept)
        }
    };
    Ok(ResolveReport::Resolved { file, source, tasks, open, kept })
}

/// Twice the largest state: with markers both sides stand in it.
fn limit() -> u64 {
    2 * u64::try_from(LARGEST_STATE).unwrap_or(u64::MAX / 2)
}

fn mended(file: &Path, bytes: &[u8], stages: &Stages) -> Result<(Merged, Source), OpsError> {
    match (&stages.ours, &stages.theirs) {
        (Some(ours), Some(theirs)) => {
            let named = |stage: &str| PathBuf::from(format!("{FILE} ({stage})"));
            let (base_name, ours_name, theirs_name) =
                (named("base"), named("ours"), named("theirs"));
            let base = stages.base.as_deref().map(|base| (base_name.as_path(), base));
            let merged = merge_bytes(base, (&ours_name, ours), (&theirs_name, theirs))?;
            Ok((merged, Source::Stages))
        }
        (None, None) => from_markers(file, bytes),
        (_, _) => Err(refused(
            file,
            "one side removed it: `git add` keeps what stands there, `git rm` removes it",
        )),
    }
}

fn refused(file: &Path, problem: &str) -> OpsError {
    OpsError::File { path: file.to_owned(), problem: problem.to_owned() }
}

const BY_HAND: &str = "git keeps no stages of it, and its text does not tell what was meant: mend it by hand, or \
                       `git checkout -- .throughline/project_state.json`";

fn from_markers(file: &Path, bytes: &[u8]) -> Result<(Merged, Source), OpsError> {
    let by_hand = || refused(file, BY_HAND);
    let text = std::str::from_utf8(bytes).map_err(|_| by_hand())?;
    let sides = sides(text).ok_or_else(by_hand)?;
    let base = sides.base.as_ref().map(|base| (file, base.as_bytes()));
    let merged = merge_bytes(base, (file, sides.ours.as_bytes()), (file, sides.theirs.as_bytes()));
    match merged {
        Ok(merged) if merged.conflicts.is_empty() => Ok((merged, Source::Markers)),
        Ok(_) | Err(_) => Err(by_hand()),
    }
}

/// What stood on each side of the markers.
#[derive(Debug, PartialEq, Eq)]
struct Sides {
    /// Where every conflict shows it.
    base: Option<String>,
    ours: String,
    theirs: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Both,
    Ours,
    Base,
    Theirs,
}

/// Whether these bytes hold git's markers, in order.
pub(crate) fn can_be_taken_apart(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| sides(text).is_some())
}

/// Takes a text with git's markers apart; `None` if there are none, or they are out of order.
fn sides(text: &str) -> Option<Sides> {
    let (mut base, mut ours, mut theirs) = (String::new(), String::new(), String::new());
    let (mut part, mut hunks, mut bases) = (Part::Both, 0, 0);
    for line in text.split_inclusive('\n') {
        let mark = |sign: &str| line.starts_with(&sign.repeat(/*git's default*/ 7));
        part = match part {
            Part::Both if mark("<") => {
                hunks += 1;
                Part::Ours
            }
            Part::Ours if mark("|") => {
                bases += 1;
                Part::Base
            }
            Part::Ours | Part::Base if mark("=") => Part::Theirs,
            Part::Theirs if mark(">") => Part::Both,
            _ if ["<", "|", "=", ">"].into_iter().any(mark) => return None,
            Part::Both | Part::Ours | Part::Base | Part::Theirs => {
                if matches!(part, Part::Both | Part::Ours) {
                    ours.push_str(line);
                }
                if matches!(part, Part::Both | Part::Base) {
                    base.push_str(line);
                }
                if matches!(part, Part::Both | Part::Theirs) {
                    theirs.push_str(line);
                }
                part
            }
        };
    }
    let whole = part == Part::Both && hunks > 0;
    whole.then(|| Sides { base: (bases == hunks).then_some(base), ours, theirs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_taken_apart_or_refused() {
        let text = "a\n<<<<<<< x\nb\n||||||| y\nc\n=======\nd\n>>>>>>> z\ne\n";
        let all = sides(text).expect("sound");
        assert_eq!(all.base.as_deref(), Some("a\nc\ne\n"));
        assert_eq!((all.ours.as_str(), all.theirs.as_str()), ("a\nb\ne\n", "a\nd\ne\n"));
        let plain = text.replace("||||||| y\nc\n", "");
        assert_eq!(sides(&plain).expect("sound").base, None);
        for bad in ["a\n", "<<<<<<< x\n", "=======\n", "<<<<<<< x\n>>>>>>> y\n"] {
            assert_eq!(sides(bad), None, "{bad}");
        }
    }
}
