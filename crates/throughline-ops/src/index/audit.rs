//! `thru threads audit`: what transcripts say, what our index says, and what the agent's own catalogue
//! says. Reads all three and writes none; repairing reads those transcripts once more into our index.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use throughline_agents::agent::{AgentSpec, Catalogue};
use throughline_model::remote::without_user;
use throughline_store::foreign::{ForeignRow, read_table};
use throughline_store::index::{Chunk, Facts, Found, Index, IndexClaim, Source, SourceId};

use super::gather::{Read, gather};
use super::inventory::{Inventory, Job, look};
use super::{AgentHome, PATIENCE, pass, run};
use crate::error::OpsError;
use crate::index::Until;
use crate::surroundings::Surroundings;

/// How many transcripts a sample has: the latest, and as many from all over the rest.
const SAMPLE: usize = 100;

/// How many differences of a kind are named.
pub const NAMED: usize = 5;

/// How many transcripts are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The latest and some of the rest.
    Sample,
    /// Every one.
    All,
}

/// Whether our index is put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// No.
    Leave,
    /// What differs is read once more.
    Ours,
}

/// What differs from what lies on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Our index.
    Index,
    /// The agent's catalogue.
    Agent,
}

impl Side {
    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Agent => "agent",
        }
    }
}

/// In what it differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// There is a transcript and no entry.
    Missing,
    /// The transcript was written since it was read, or could not be read.
    Stale,
    /// One has it archived, the other not.
    Archive,
    /// Branch, commit or repository.
    Git,
    /// The title.
    Title,
    /// There is an entry and no transcript.
    Gone,
    /// Two transcripts, or two entries, of one conversation.
    Twin,
}

impl Kind {
    /// In words, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::Archive => "archive_mismatch",
            Self::Git => "git_differs",
            Self::Title => "title_differs",
            Self::Gone => "path_gone",
            Self::Twin => "twin",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What differs.
    pub side: Side,
    /// In what.
    pub kind: Kind,
    /// The transcript.
    pub path: PathBuf,
    /// Both values, where there are two.
    pub detail: String,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct AuditReport {
    /// Transcripts on the disk.
    pub transcripts: u64,
    /// Of those, read.
    pub read: u64,
    /// By side and kind: how many, and the first [`NAMED`] of them.
    pub differences: BTreeMap<(Side, Kind), (u64, Vec<Difference>)>,
    /// What could not be compared, in sentences.
    pub notes: Vec<String>,
    /// How many transcripts were read once more into the index.
    pub repaired: Option<u64>,
}

/// Compares.
///
/// # Errors
/// [`OpsError`], if a repair can't be carried out. What can't be compared is a note.
pub fn audit(
    world: &Surroundings,
    homes: &[AgentHome],
    depth: Depth,
    repair: Repair,
) -> Result<AuditReport, OpsError> {
    let inventory = look(homes);
    let mut audit = Audit::default();
    let known = audit.known(world);
    let facts = audit.index(&inventory, &known, depth);
    for home in homes {
        audit.catalogue(home, &inventory, &facts);
    }
    audit.report.transcripts = inventory.found.len() as u64;
    audit.report.notes.extend(
        inventory.unseen.iter().map(|(path, reason)| format!("{}: {reason}", path.display())),
    );
    match repair {
        Repair::Leave => {}
        Repair::Ours => audit.report.repaired = Some(reread(world, homes, &audit.wrong)?),
    }
    Ok(audit.report)
}

/// Reads these transcripts once more, and whatever else is new.
fn reread(world: &Surroundings, homes: &[AgentHome], wrong: &[SourceId]) -> Result<u64, OpsError> {
    if wrong.is_empty() {
        return Ok(run(world, homes, &mut |_| {})?.read);
    }
    let claim = IndexClaim::acquire(&world.home, PATIENCE)?;
    let mut index = Index::open(&world.home, &claim)?.index;
    index.write(|batch| wrong.iter().try_for_each(|id| batch.clear(*id)))?;
    let report = pass::run(&mut index, homes, Until::Complete, &mut |_| {})?;
    index.tidy_up();
    Ok(report.read)
}

/// What the index knows, by path.
type Known = HashMap<PathBuf, (Source, Option<Facts>)>;

/// What holds of each transcript, by path.
type Truth = HashMap<PathBuf, Facts>;

#[derive(Default)]
struct Audit {
    report: AuditReport,
    /// What of the index must be read again.
    wrong: Vec<SourceId>,
}

impl Audit {
    fn differs(&mut self, side: Side, kind: Kind, path: &Path, detail: impl Into<String>) {
        let (count, named) = self.report.differences.entry((side, kind)).or_default();
        *count += 1;
        if named.len() < NAMED {
            named.push(Difference { side, kind, path: path.to_owned(), detail: detail.into() });
        }
    }

    /// The index as it stands; an audit that brought it up to date first would find nothing.
    fn known(&mut self, world: &Surroundings) -> Known {
        let read = || {
            let Some(index) = Index::read(&world.home)? else { return Ok(Vec::new()) };
            let mut facts: HashMap<_, _> = index.facts()?.into_iter().collect();
            let sources = index.sources()?.into_iter();
            Ok(sources.map(|source| (facts.remove(&source.id), source)).collect())
        };
        let read: Result<Vec<_>, throughline_store::index::IndexError> = read();
        let rows = read.unwrap_or_else(|error| {
            self.report.notes.push(error.to_string());
            Vec::new()
        });
        let by_path = rows.into_iter().map(|(facts, s)| (s.found.path.clone(), (s, facts)));
        by_path.collect()
    }

    fn index(&mut self, inventory: &Inventory, known: &Known, depth: Depth) -> Truth {
        let chosen = chosen(inventory, depth);
        let mut truth = Truth::new();
        for (at, (found, agent)) in inventory.found.iter().enumerate() {
            let entry = known.get(&found.path).filter(|(source, _)| !source.is_missing);
            let fresh = (chosen[at] || entry.is_none()).then(|| fresh(found, agent)).flatten();
            self.report.read += u64::from(fresh.is_some());
            self.one(found, entry, fresh.as_ref());
            let facts = fresh.or_else(|| entry.and_then(|(_, facts)| facts.clone()));
            truth.extend(facts.map(|facts| (found.path.clone(), facts)));
        }
        self.gone(inventory, known, &truth);
        self.twins(&truth);
        truth
    }

    fn one(
        &mut self,
        found: &Found,
        entry: Option<&(Source, Option<Facts>)>,
        fresh: Option<&Facts>,
    ) {
        let path = &found.path;
        let Some((source, facts)) = entry else {
            return self.differs(Side::Index, Kind::Missing, path, "");
        };
        let before = self.report.differences.values().map(|(count, _)| count).sum::<u64>();
        let was = &source.found;
        let is_same =
            (was.size, was.modified, was.inode) == (found.size, found.modified, found.inode);
        if let Some(error) = &source.error {
            self.differs(Side::Index, Kind::Stale, path, error.clone());
        } else if !is_same {
            let detail = format!("{} bytes were read, there are {}", was.size, found.size);
            self.differs(Side::Index, Kind::Stale, path, detail);
        }
        if was.archived != found.archived {
            self.differs(Side::Index, Kind::Archive, path, archived(found.archived));
        }
        if let (Some(said), Some(fresh), true) = (facts, fresh, is_same) {
            self.compare(Side::Index, path, said, fresh);
            if said.title != fresh.title {
                let detail = two(&said.title, &fresh.title);
                self.differs(Side::Index, Kind::Title, path, detail);
            }
        }
        let after = self.report.differences.values().map(|(count, _)| count).sum::<u64>();
        if after > before {
            self.wrong.push(source.id);
        }
    }

    /// Git facts. What only the transcript has is no difference where the other knows none yet.
    fn compare(&mut self, side: Side, path: &Path, said: &Facts, fresh: &Facts) {
        let line = |facts: &Facts| {
            let [branch, commit] =
                [&facts.branch, &facts.commit].map(|f| f.clone().unwrap_or_default());
            format!("{branch} {commit} {}", facts.repository)
        };
        if line(said) != line(fresh) {
            self.differs(side, Kind::Git, path, two(line(said).trim(), line(fresh).trim()));
        }
    }

    fn gone(&mut self, inventory: &Inventory, known: &Known, truth: &Truth) {
        let is_unseen = |path: &Path| inventory.unseen.iter().any(|(f, _)| path.starts_with(f));
        let here: std::collections::HashSet<_> =
            inventory.found.iter().map(|(found, _)| found.path.as_path()).collect();
        let mut gone: Vec<_> = known.values().collect();
        gone.retain(|(source, _)| {
            !source.is_missing && !here.contains(source.found.path.as_path())
        });
        gone.sort_by(|a, b| a.0.found.path.cmp(&b.0.found.path));
        for (source, facts) in gone {
            let path = &source.found.path;
            let moved = facts.as_ref().and_then(|facts| {
                truth.iter().find(|(_, fresh)| fresh.key == facts.key).map(|(path, _)| path)
            });
            match moved {
                _ if is_unseen(path) => {}
                Some(now) => {
                    let detail = format!("it lies in {} now", now.display());
                    self.differs(Side::Index, Kind::Archive, path, detail);
                }
                None => self.differs(Side::Index, Kind::Gone, path, ""),
            }
        }
    }

    fn twins(&mut self, truth: &Truth) {
        let mut by_key: BTreeMap<&str, Vec<&Path>> = BTreeMap::new();
        for (path, facts) in truth {
            by_key.entry(&facts.key).or_default().push(path);
        }
        for (key, mut paths) in by_key {
            paths.sort();
            for path in paths.iter().skip(1) {
                self.differs(Side::Index, Kind::Twin, path, key);
            }
        }
    }

    fn catalogue(&mut self, home: &AgentHome, inventory: &Inventory, truth: &Truth) {
        let Some(catalogue) = home.agent.catalogue else { return };
        let path = home.path.join(catalogue.database);
        let rows = match read_table(&path, catalogue.table, &catalogue.columns()) {
            Ok(Some(rows)) => rows,
            Ok(None) => {
                let note = format!("{} is not there: not compared", path.display());
                return self.report.notes.push(note);
            }
            Err(error) => return self.report.notes.push(error.to_string()),
        };
        let mut entries = HashMap::new();
        for row in &rows {
            let entry = Entry::of(row, catalogue);
            if let Some(twin) = entries.insert(entry.path.clone(), entry) {
                self.differs(Side::Agent, Kind::Twin, &twin.path, twin.facts.key);
            }
        }
        let of_agent = inventory.found.iter().filter(|(_, agent)| agent.id == home.agent.id);
        for (found, _) in of_agent {
            let Some(entry) = entries.remove(&found.path) else {
                self.differs(Side::Agent, Kind::Missing, &found.path, "");
                continue;
            };
            self.entry(found, &entry, truth.get(&found.path));
        }
        let mut rest: Vec<_> = entries.into_values().collect();
        rest.sort_by(|a, b| a.path.cmp(&b.path));
        for entry in rest {
            self.differs(Side::Agent, Kind::Gone, &entry.path, entry.facts.key);
        }
    }

    fn entry(&mut self, found: &Found, entry: &Entry, fresh: Option<&Facts>) {
        if entry.archived.is_some_and(|archived| archived != found.archived) {
            self.differs(Side::Agent, Kind::Archive, &found.path, archived(found.archived));
        }
        let Some(fresh) = fresh else { return };
        if entry.has_git {
            self.compare(Side::Agent, &found.path, &entry.facts, fresh);
        }
        let first = entry.facts.title.lines().map(str::trim).find(|line| !line.is_empty());
        // Both shorten, each in its way; a name that the user gave is no prompt's start either.
        let is_same = |said: &str| fresh.title.starts_with(said) || said.starts_with(&fresh.title);
        if let Some(said) = first.filter(|said| !is_same(said)) {
            self.differs(Side::Agent, Kind::Title, &found.path, two(said, &fresh.title));
        }
    }
}

/// A row of an agent's catalogue.
struct Entry {
    path: PathBuf,
    archived: Option<bool>,
    has_git: bool,
    facts: Facts,
}

impl Entry {
    fn of(row: &ForeignRow, catalogue: &Catalogue) -> Self {
        let names = catalogue.columns();
        let get = |name: &str| {
            let at = names.iter().position(|known| *known == name);
            at.and_then(|at| row.get(at).cloned().flatten()).filter(|text| !text.is_empty())
        };
        let path = PathBuf::from(get(catalogue.path).unwrap_or_default());
        let is_packed = path.extension().is_some_and(|end| end == "zst");
        let (branch, commit) = (get(catalogue.branch), get(catalogue.commit));
        Self {
            path: if is_packed { path.with_extension("") } else { path },
            archived: get(catalogue.archived).map(|archived| archived != "0"),
            has_git: branch.is_some() || commit.is_some(),
            facts: Facts {
                key: get(catalogue.id).unwrap_or_default(),
                branch,
                commit,
                repository: get(catalogue.repository)
                    .map(|url| without_user(&url))
                    .unwrap_or_default(),
                title: get(catalogue.title).unwrap_or_default(),
            },
        }
    }
}

/// Which of the transcripts are read.
fn chosen(inventory: &Inventory, depth: Depth) -> Vec<bool> {
    let count = inventory.found.len();
    let mut chosen = vec![depth == Depth::All; count];
    let mut latest: Vec<usize> = (0..count).collect();
    latest.sort_by_key(|at| std::cmp::Reverse(inventory.found[*at].0.modified));
    latest.iter().take(SAMPLE).for_each(|at| chosen[*at] = true);
    latest.iter().step_by(count.div_ceil(SAMPLE).max(1)).for_each(|at| chosen[*at] = true);
    chosen
}

/// What a transcript says now; `None`, if it can't be read.
fn fresh(found: &Found, agent: &'static AgentSpec) -> Option<Facts> {
    let mut facts: Option<Facts> = None;
    gather(&Job::of_new(found.clone(), agent), &mut |read| match read {
        Read::Chunk(chunk) => {
            take_in(facts.get_or_insert_default(), *chunk);
            true
        }
        Read::Replaced | Read::Failed(_) => false,
    });
    facts.filter(|facts| !facts.key.is_empty())
}

fn take_in(facts: &mut Facts, chunk: Chunk) {
    if let Some(meta) = chunk.meta {
        let (branch, commit) =
            (meta.branch.or(facts.branch.take()), meta.head.or(facts.commit.take()));
        let repository = meta.repository;
        *facts = Facts { key: meta.key, branch, commit, repository, title: facts.title.clone() };
    }
    if facts.title.is_empty() {
        facts.title = chunk.title.unwrap_or_default();
    }
}

fn archived(is: bool) -> &'static str {
    if is { "it lies in the archive" } else { "it lies outside of the archive" }
}

fn two(said: &str, fresh: &str) -> String {
    let or_nothing =
        |text: &str| if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") };
    format!("{}, the transcript says {}", or_nothing(said), or_nothing(fresh))
}
