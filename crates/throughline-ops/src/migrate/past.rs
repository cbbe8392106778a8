//! Which sessions of the past there are: the conversations of this project in the index, without those
//! that were observed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use throughline_agents::transcript::is_there;
use throughline_model::change::Change;
use throughline_model::head::LineName;
use throughline_model::session::Past;
use throughline_model::stem::FileStem;
use throughline_store::index::{Direction, Index, Key, ListFilter, Page, Sort, ThreadRow};
use throughline_store::journal::Filter;

use super::places::Places;
use super::steps::was_brought_in;
use super::{MigrateOptions, Told};
use crate::error::OpsError;
use crate::here::Here;
use crate::index::AgentHome;
use crate::surroundings::Surroundings;
use crate::transcript::recall;

/// How many conversations are asked for at once.
const PAGE: usize = 500;

/// Where a session stands that nothing ties to a line.
const APART: &str = "main";

/// What there is.
pub(super) struct Found {
    /// The earliest first.
    pub(super) told: Vec<Told>,
    /// Sessions that were brought in before and whose plan stands on a line.
    pub(super) earlier: Vec<Told>,
    pub(super) passed_over: usize,
    pub(super) notes: Vec<String>,
}

pub(super) fn find(
    world: &Surroundings,
    here: &Here,
    homes: &[AgentHome],
    options: &MigrateOptions,
    places: &mut Places<'_>,
) -> Result<Found, OpsError> {
    let run = crate::index::run(world, homes, &mut |_| {})?;
    let ready = crate::index::ready(world, homes)?;
    let mut notes = ready.notes.clone();
    if !run.failed.is_empty() {
        notes.push(format!("{} transcripts can't be read and are left out", run.failed.len()));
    }
    let (mut roots, children) = threads(world, &ready.index, options)?;
    let observed = Observed::of(here)?;
    let (known, unobserved): (Vec<_>, Vec<_>) =
        roots.into_iter().partition(|thread| observed.has(&thread.meta.key));
    roots = unobserved;
    let standing = standing(here)?;
    let earlier = known.iter().filter(|thread| standing.contains(&thread.meta.key));
    let earlier = earlier.map(|thread| tell(here, places, thread, &children)).collect();
    let passed_over = known.len();
    let unread = roots.len();
    roots.retain(|thread| is_there(&thread.source.found.path));
    if roots.len() < unread {
        notes.push(format!("{} transcripts are gone and are left out", unread - roots.len()));
    }
    let told = roots.iter().map(|thread| tell(here, places, thread, &children)).collect();
    Ok(Found { told, earlier, passed_over, notes })
}

/// The sessions of plans that were brought in and stand on a line.
fn standing(here: &Here) -> Result<BTreeSet<String>, OpsError> {
    let mut sessions = BTreeSet::new();
    for line in here.project.lines()? {
        let plans = here.project.load_line_alone(&line.key)?.line.plans.into_iter();
        sessions.extend(plans.filter(was_brought_in).map(|plan| plan.session));
    }
    Ok(sessions)
}

type Subagents = BTreeMap<String, BTreeMap<String, Option<String>>>;

/// The conversations that a user began, each once, and the subagents of each.
fn threads(
    world: &Surroundings,
    index: &Index,
    options: &MigrateOptions,
) -> Result<(Vec<ThreadRow>, Subagents), OpsError> {
    let places = crate::threads::places(world, index)?;
    let filter = ListFilter { places, since: options.since, ..ListFilter::default() };
    let mut page =
        Page { sort: Sort::Created, direction: Direction::Ascending, after: None, limit: PAGE };
    let (mut roots, mut children) = (BTreeMap::new(), Subagents::new());
    loop {
        let rows = index.threads(&filter, &page)?;
        let Some(last) = rows.last() else { break };
        page.after = Some(Key { at: last.created, key: last.meta.key.clone() });
        for row in rows {
            let meta = &row.meta;
            let is_root = meta.session.is_empty() || meta.session == meta.key;
            if is_root && meta.parent.is_none() {
                roots.insert((row.created, meta.key.clone()), row);
            } else {
                let of = children.entry(meta.session.clone()).or_default();
                of.insert(meta.key.clone(), meta.role.clone());
            }
        }
    }
    let mut seen = BTreeSet::new();
    let roots = roots.into_values().filter(|row| seen.insert(row.meta.key.clone())).collect();
    Ok((roots, children))
}

fn tell(here: &Here, places: &mut Places<'_>, thread: &ThreadRow, children: &Subagents) -> Told {
    let meta = &thread.meta;
    let line = places.line_of(meta);
    let apart = || LineName::Detached { worktree: APART.to_owned() }.key();
    let mut past = Past {
        agent: thread.source.found.agent.clone(),
        transcript: thread.source.found.path.to_string_lossy().into_owned(),
        line: line.clone().unwrap_or_else(apart),
        began: time(thread.created),
        last: time(thread.updated),
        head: meta.head.clone(),
        commits: Vec::new(),
        subagents: children.get(&meta.key).cloned().unwrap_or_default(),
    };
    let recalled = recall(here, &meta.key, &past);
    let printed = recalled.commits.iter().map(|(commit, _)| commit.as_str());
    past.commits = printed.filter_map(|c| places.full(c).map(str::to_owned)).collect();
    Told { past, line, recalled }
}

/// To the second, as all times are kept.
fn time(milliseconds: i64) -> Timestamp {
    Timestamp::from_second(milliseconds.div_euclid(1_000)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The sessions that have a file, or of which the journal tells since the last fold.
struct Observed {
    stems: BTreeSet<String>,
    ids: BTreeSet<String>,
}

impl Observed {
    fn of(here: &Here) -> Result<Self, OpsError> {
        let stem = |path: std::path::PathBuf| {
            let name = path.file_stem()?.to_str()?.rsplit_once('_')?.1.to_owned();
            Some(name)
        };
        let stems = here.project.session_files()?.into_iter().filter_map(stem).collect();
        let since = here.project.folded_through();
        let batch = here.project.journal().read(since, &Filter::All)?;
        let mut ids = BTreeSet::new();
        for (_, record) in throughline_model::view::standing(&batch.records) {
            ids.extend(record.body.session().map(str::to_owned));
            for change in record.body.changes() {
                match change {
                    Change::Recall { session, .. } => ids.insert(session.clone()),
                    Change::Forget { session, .. } => ids.remove(session),
                    _other => false,
                };
            }
        }
        Ok(Self { stems, ids })
    }

    fn has(&self, session: &str) -> bool {
        let stem = FileStem::encode(session.as_bytes());
        self.ids.contains(session) || self.stems.contains(stem.as_str())
    }
}
