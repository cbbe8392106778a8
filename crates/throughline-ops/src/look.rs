//! Everything about a line that a screen shows, from one reading of it.
//!
//! Looking settles no drift: what would be done about one is proposed, and somebody says so.

use std::path::PathBuf;

use throughline_model::reconcile::ReconcilePlan;
use throughline_model::session::Session;
use throughline_model::view::View;
use throughline_store::project::Mode;

use crate::error::OpsError;
use crate::here::Here;
use crate::jobs::list::{OpenJob, open};
use crate::last_good::Unreadable;
use crate::reconcile::{Wish, propose};
use crate::status::{StatusReport, of_loaded};
use crate::surroundings::Surroundings;
use crate::tasks::list::{Lines, ListOptions, Row, Which, rows};

/// How many next steps are looked up: more than any screen has room for beside the rest.
const STEPS: usize = 20;

/// A line, for a screen.
#[derive(Debug, Clone)]
pub struct LookReport {
    /// The project at a glance.
    pub status: StatusReport,
    /// Whether a state file carries the tasks to others, so that changes can be pending for it.
    pub is_published: bool,
    /// What would be done about the drift, if there is one.
    pub proposed: Option<ReconcilePlan>,
    /// Every task of the line, in the order of their making.
    pub rows: Vec<Row>,
    /// The line itself.
    pub view: View,
    /// The session that was last heard of on this line, as far as it was folded.
    pub last: Option<Session>,
    /// Agent jobs on this machine that have not ended.
    pub jobs: Vec<OpenJob>,
    /// The worktree that is looked at.
    pub worktree: PathBuf,
    /// State files in whose place an earlier generation is shown.
    pub unreadable: Vec<Unreadable>,
}

/// Looks at the line.
///
/// # Errors
/// [`OpsError`], if nothing of it can be shown.
pub fn look(world: &Surroundings, here: &Here) -> Result<LookReport, OpsError> {
    let loaded = here.read()?;
    let status = of_loaded(world, here, &loaded, (Lines::This, STEPS))?;
    let drifts = status.drift.is_some() || status.open.is_some();
    let proposed = drifts.then(|| propose(world, here, &Wish::Settings)).transpose()?;
    let all = ListOptions { which: Which::All, ..ListOptions::default() };
    Ok(LookReport {
        is_published: here.project.binding().mode == Mode::Shared,
        proposed: proposed.map(|report| report.plan),
        rows: rows(world, &loaded.view, &all),
        last: last_session(here, &loaded.view),
        // Their own database alone can be broken; then the line is shown without.
        jobs: open(world).unwrap_or_default(),
        worktree: here.site.worktree.clone(),
        unreadable: here.unreadable(),
        view: loaded.view,
        status,
    })
}

fn last_session(here: &Here, view: &View) -> Option<Session> {
    let (id, _) = view.line.sessions.iter().max_by_key(|(_, seen)| seen.last)?;
    // A session whose file can't be read is listed among the problems of `thru sessions list`.
    let path = here.project.session_path(id).ok().flatten()?;
    here.project.read_session(&path).ok()
}

/// Where changes of what a screen shows can be noticed: folders in which files come, go and are
/// written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// Everything that happens in these matters.
    pub whole: Vec<PathBuf>,
    /// In these and all below.
    pub deep: Vec<PathBuf>,
    /// Only these files of other folders matter.
    pub files: Vec<PathBuf>,
}

/// Where to look for changes of this line made elsewhere: the journal, the state file, where git
/// stands.
pub fn places(here: &Here) -> Places {
    let journal = here.project.root().join("journal");
    let state = here.project.state_path(&here.line(), &here.site.worktree);
    let mut places = Places {
        whole: vec![journal.clone(), journal.join("late")],
        deep: Vec::new(),
        files: vec![state],
    };
    if let Some(repository) = &here.site.repository {
        let git = &repository.git_dir;
        places.deep.push(repository.common_dir.join("refs").join("heads"));
        places.whole.push(repository.common_dir.join("reftable"));
        places.files.push(git.join("HEAD"));
        places.files.push(git.join("logs").join("HEAD"));
        // What says that git is in the middle of something; most are there for moments only.
        let busy = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG"];
        places.files.extend(busy.iter().map(|name| git.join(name)));
        places.files.extend(["rebase-merge", "rebase-apply"].map(|name| git.join(name)));
        places.files.push(repository.common_dir.join("packed-refs"));
    }
    places
}
