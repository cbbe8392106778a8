//! Loading a line as its readers see it: the state file plus the line's records that it lacks.
//!
//! Which records a file lacks is told by its hash: known bytes lack what comes after their mark;
//! unknown bytes (git merged, or a hand edited) are replayed with a guard from the last mark on.
//! A missing file lacks everything. Cost: one read and parse of the file, one of the journal's
//! tail; in shared mode the cached view spares both a long tail.

use std::path::{Path, PathBuf};

use throughline_model::line::Line;
use throughline_model::record::{Body, Mark, Origin, Record};
use throughline_model::state::{LARGEST_STATE, Label, State, Writable, read, write};
use throughline_model::stem::FileStem;
use throughline_model::view::{Replay, View, countable};

use crate::durable;
use crate::error::StoreError;
use crate::journal::{Batch, Filter, NewerRecord};
use crate::lock::ProjectLock;
use crate::project::{Mode, Project};

/// The file's name in a worktree's `.throughline` folder and in a line's folder.
pub const STATE_FILE: &str = "project_state.json";

/// How many forks a line's history is followed back.
const MOST_FORKS: usize = 16;

/// A line, loaded.
#[derive(Debug)]
pub struct Loaded {
    /// What readers see.
    pub view: View,
    /// The state file that was read.
    pub file: PathBuf,
    /// Hash of its bytes; `None` if it is missing.
    pub hash: Option<String>,
    /// Whether this program may write it.
    pub writable: Writable,
    /// How its records were applied: guarded means that git or a hand changed it.
    pub replay: Replay,
    /// The end of the journal when it was read.
    pub end: Mark,
    /// Journal lines that could not be read.
    pub bad: usize,
    /// Records of it that a newer program wrote, and that are not in the view for that.
    pub newer: usize,
}

/// Hash of a state file's bytes.
pub fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_owned()
}

impl Project {
    /// The state file of a line: in the worktree (shared mode) or in HOME.
    pub fn state_path(&self, key: &str, worktree: &Path) -> PathBuf {
        match self.binding().mode {
            Mode::Shared => worktree.join(".throughline").join(STATE_FILE),
            Mode::Local => self.own_state_path(key),
        }
    }

    /// The state file in HOME: the state itself in local mode, else the cached view.
    pub fn own_state_path(&self, key: &str) -> PathBuf {
        self.line_folder(key).join(STATE_FILE)
    }

    /// Loads a line as its readers see it.
    pub fn load(&self, key: &str, worktree: &Path) -> Result<Loaded, StoreError> {
        Loading::new(self, worktree).line(key)
    }

    /// As [`Project::load`], without records from `until` on: what a fold may write.
    pub fn load_until(
        &self,
        key: &str,
        worktree: &Path,
        until: Mark,
    ) -> Result<Loaded, StoreError> {
        Loading { until, ..Loading::new(self, worktree) }.line(key)
    }

    /// As [`Project::load_until`], on bytes of its state file that stand elsewhere: in a commit, in
    /// a backup.
    pub fn load_from(
        &self,
        key: &str,
        worktree: &Path,
        until: Mark,
        bytes: &[u8],
    ) -> Result<Loaded, StoreError> {
        let committed = Some(bytes);
        Loading { committed, until, ..Loading::new(self, worktree) }.line(key)
    }

    /// Loads a line as it was folded last, with its records since, without looking at its state
    /// file. `None` if it never was folded, or nothing of that is left.
    pub fn load_folded(
        &self,
        key: &str,
        worktree: &Path,
        until: Mark,
    ) -> Result<Option<Loaded>, StoreError> {
        Loading { until, ..Loading::new(self, worktree) }.folded(key)
    }

    /// The line without its state: what a hook needs that only looks at plans and sessions.
    /// Changes of tasks in the state are not seen.
    pub fn load_line_alone(&self, key: &str) -> Result<View, StoreError> {
        let known = self.line(key)?;
        let since = known.as_ref().map_or_else(|| self.folded_through(), |line| line.through);
        let line = self.started(key, known)?;
        let batch = self.journal().read(since, &Filter::Lines(vec![key.to_owned()]))?;
        Ok(replayed(line, self.nothing(), &batch))
    }

    /// Loads a line that is not checked out here: as it was when it was last folded, with its
    /// records since.
    pub fn load_elsewhere(&self, key: &str) -> Result<View, StoreError> {
        if self.binding().mode == Mode::Local {
            return self.load(key, Path::new("")).map(|loaded| loaded.view);
        }
        let known = self.line(key)?;
        let line = self.started(key, known)?;
        let cached = line.cached_for.clone();
        let cached = cached.and_then(|c| Loading::new(self, Path::new("")).cached(&line, &c.hash));
        let base = cached.unwrap_or_else(|| self.nothing());
        let from = base.from.min(line.through);
        let batch = self.journal().read(from, &Filter::Lines(vec![key.to_owned()]))?;
        Ok(replayed(line, base, &batch))
    }

    /// Refuses a line to which a newer program added records since the last fold, or to the line from
    /// which it is about to start: a fold would take them for done.
    pub fn check_records(&self, key: &str) -> Result<(), StoreError> {
        let known = self.line(key)?;
        let own = known.as_ref().map_or_else(Mark::default, |line| line.through);
        let line = self.started(key, known)?;
        let mut count = 0;
        for origin in Loading::new(self, Path::new("")).chain(&line)? {
            let folded = self.line(&origin.line)?.map_or_else(Mark::default, |line| line.through);
            let batch = self.journal().read(own.max(folded), &Filter::All)?;
            let chain = std::slice::from_ref(&origin);
            count += batch.newer.iter().filter(|record| may_belong(record, chain)).count();
        }
        self.refuse_newer(count)
    }

    /// Refuses what so many records of a newer program are missing in.
    pub(crate) fn refuse_newer(&self, count: usize) -> Result<(), StoreError> {
        match count {
            0 => Ok(()),
            count => Err(StoreError::NewerRecords { path: self.root().join("journal"), count }),
        }
    }

    /// The state in the state file of a line, without any pending record; `None` if there is none.
    pub fn published(&self, key: &str, worktree: &Path) -> Result<Option<State>, StoreError> {
        let file = self.state_path(key, worktree);
        let limit = u64::try_from(LARGEST_STATE).unwrap_or(u64::MAX);
        let Some(bytes) = durable::read_if_there(&file, limit)? else { return Ok(None) };
        Ok(Some(parse(&file, &bytes)?.0))
    }

    fn base_path(&self, key: &str) -> PathBuf {
        self.line_folder(key).join("base.json")
    }

    /// Local mode: keeps the state with which a line starts, once.
    pub fn keep_base(&self, key: &str, state: &State) -> Result<(), StoreError> {
        let path = self.base_path(key);
        if path.exists() {
            return Ok(());
        }
        durable::create_private_dir(&self.line_folder(key))?;
        durable::replace(&path, write(state).as_bytes(), durable::Access::Private)
    }

    /// Local mode: the state with which a line started; `None` if it started from nothing.
    pub fn base(&self, key: &str) -> Result<Option<State>, StoreError> {
        let path = self.base_path(key);
        let limit = u64::try_from(LARGEST_STATE).unwrap_or(u64::MAX);
        let Some(bytes) = durable::read_if_there(&path, limit)? else { return Ok(None) };
        Ok(Some(parse(&path, &bytes)?.0))
    }

    /// What two lines had in common when one was merged into the other last. The order of the two
    /// does not matter.
    fn common_path(&self, one: &str, other: &str) -> PathBuf {
        let (first, second) = if one <= other { (one, other) } else { (other, one) };
        // A colon and a line break can't stand in a branch's name.
        let pair = FileStem::encode(format!("{first}\n{second}").as_bytes());
        self.root().join("common").join(format!("{pair}.json"))
    }

    /// Keeps what two lines have in common now: the base of their next merge. Nothing here is ever
    /// removed by itself.
    pub fn keep_common(
        &self,
        _lock: &ProjectLock,
        lines: (&str, &str),
        state: &State,
    ) -> Result<(), StoreError> {
        let path = self.common_path(lines.0, lines.1);
        durable::create_private_dir(&self.root().join("common"))?;
        durable::replace(&path, write(state).as_bytes(), durable::Access::Private)
    }

    /// A fork has in common with other lines what its origin has: `key` forks from `origin`. Done again, it
    /// leaves what is kept already.
    pub fn inherit_commons(
        &self,
        origin: &str,
        key: &str,
        others: &[&str],
    ) -> Result<(), StoreError> {
        for other in others {
            let (theirs, own) = (self.common_path(origin, other), self.common_path(key, other));
            let limit = u64::try_from(LARGEST_STATE).unwrap_or(u64::MAX);
            // Its bytes, so that one that can't be read is an error for whoever merges, and for nobody else.
            let kept = durable::read_if_there(&theirs, limit)?.filter(|_| !own.exists());
            if let Some(bytes) = kept {
                durable::replace(&own, &bytes, durable::Access::Private)?;
            }
        }
        Ok(())
    }

    /// What two lines had in common when they were merged last.
    pub fn common(&self, one: &str, other: &str) -> Result<Option<State>, StoreError> {
        let path = self.common_path(one, other);
        let limit = u64::try_from(LARGEST_STATE).unwrap_or(u64::MAX);
        let Some(bytes) = durable::read_if_there(&path, limit)? else { return Ok(None) };
        Ok(Some(parse(&path, &bytes)?.0))
    }

    /// A line that was never folded: empty, or a fork of another one.
    fn new_line(&self, key: &str) -> Result<Line, StoreError> {
        let Some(origin) = self.began_from(key)? else { return Ok(Line::new(key)) };
        let from = self.load_line_alone(&origin.line)?.line;
        Ok(Line::forked(key, &from, origin))
    }

    /// From what a line forked, as the journal tells it.
    fn began_from(&self, key: &str) -> Result<Option<Origin>, StoreError> {
        let begin = |since| -> Result<Option<Origin>, StoreError> {
            let batch = self.journal().read(since, &Filter::Lines(vec![key.to_owned()]))?;
            Ok(batch.records.into_iter().find_map(|(_, record)| match record.body {
                Body::LineBegin { origin, .. } => origin,
                _ => None,
            }))
        };
        // A line whose line.json was put aside began long ago.
        match begin(self.folded_through())? {
            Some(origin) => Ok(Some(origin)),
            None => begin(Mark::default()),
        }
    }

    /// From what a line forked, whether or not it was folded since.
    fn origin(&self, key: &str) -> Result<Option<Origin>, StoreError> {
        match self.line(key)? {
            Some(line) if line.checkpoint.is_some() => Ok(line.origin),
            Some(_) | None => self.began_from(key),
        }
    }

    /// A line with what it starts from. One that history alone told of so far did not start: what it
    /// has joins what it takes over.
    fn started(&self, key: &str, known: Option<Line>) -> Result<Line, StoreError> {
        let mut own = match known {
            Some(line) if line.checkpoint.is_some() => return Ok(line),
            Some(line) => line,
            None => return self.new_line(key),
        };
        let fork = self.new_line(key)?;
        if fork.origin.is_some() {
            (own.origin, own.focus) = (fork.origin, fork.focus);
            own.plans.splice(..0, fork.plans);
            own.private.extend(fork.private);
            own.sessions.extend(fork.sessions);
        }
        Ok(own)
    }

    fn nothing(&self) -> Base {
        Base {
            state: self.empty_state(),
            writable: Writable::Yes,
            hash: None,
            from: Mark::default(),
            replay: Replay::Plain,
            pending: 0,
        }
    }

    /// A state without tasks, labelled as this project.
    pub fn empty_state(&self) -> State {
        let (id, name) = (self.binding().label.clone(), self.binding().name.clone());
        State::empty(Label { id, name, extra: Vec::new() })
    }
}

struct Loading<'a> {
    project: &'a Project,
    worktree: &'a Path,
    until: Mark,
    /// The state file as a commit has it, instead of the one in the worktree.
    committed: Option<&'a [u8]>,
}

/// After every record.
pub const WHOLE: Mark = Mark { segment: u64::MAX, offset: u64::MAX };

/// The state on which records are replayed.
struct Base {
    state: State,
    writable: Writable,
    hash: Option<String>,
    from: Mark,
    replay: Replay,
    /// Changes in it that the state file lacks.
    pending: usize,
}

impl<'a> Loading<'a> {
    fn new(project: &'a Project, worktree: &'a Path) -> Self {
        Self { project, worktree, until: WHOLE, committed: None }
    }

    fn line(&self, key: &str) -> Result<Loaded, StoreError> {
        let known = self.project.line(key)?;
        let is_known = known.is_some();
        let line = self.project.started(key, known)?;
        let base = self.read_base(&line)?;
        self.on(line, is_known, base)
    }

    /// As it was folded last, whatever became of the state file: the cached view (shared mode), or
    /// what the journal replays from the line's first state on (local mode).
    fn folded(&self, key: &str) -> Result<Option<Loaded>, StoreError> {
        let Some(line) = self.project.line(key)? else { return Ok(None) };
        let base = match self.project.binding().mode {
            Mode::Local => Some(self.without_file(&line)?),
            Mode::Shared => {
                let cached = line.cached_for.clone();
                cached.and_then(|cached| self.cached(&line, &cached.hash))
            }
        };
        base.map(|base| self.on(line, /*is_folded*/ true, base)).transpose()
    }

    /// The line as its records leave it, from that state on.
    fn on(&self, line: Line, is_folded: bool, base: Base) -> Result<Loaded, StoreError> {
        let file = self.project.state_path(&line.key, self.worktree);
        let from = if is_folded { base.from.min(line.through) } else { base.from };
        let chain = self.chain(&line)?;
        let filter = Filter::Lines(chain.iter().map(|o| o.line.clone()).collect());
        let mut batch = self.project.journal().read(from, &filter)?;
        batch.records.retain(|(at, record)| *at < self.until && belongs(*at, record, &chain));
        batch.end = batch.end.min(self.until);
        let (writable, replay, hash) = (base.writable, base.replay, base.hash.clone());
        let mine = |record: &&NewerRecord| record.at < self.until && may_belong(record, &chain);
        let (end, bad, newer) = (batch.end, batch.bad, batch.newer.iter().filter(mine).count());
        let view = replayed(line, base, &batch);
        Ok(Loaded { view, file, hash, writable, replay, end, bad, newer })
    }

    /// The line and the lines from which it forked, each with how much of the journal counts.
    fn chain(&self, line: &Line) -> Result<Vec<Origin>, StoreError> {
        let mut chain = vec![Origin { line: line.key.clone(), at: WHOLE }];
        let mut origin = line.origin.clone();
        while let Some(from) = origin.take() {
            if chain.len() > MOST_FORKS || chain.iter().any(|o| o.line == from.line) {
                break;
            }
            origin = self.project.origin(&from.line)?;
            chain.push(from);
        }
        Ok(chain)
    }

    /// The file's bytes, which can be many, are gone when this returns.
    fn read_base(&self, line: &Line) -> Result<Base, StoreError> {
        let file = self.project.state_path(&line.key, self.worktree);
        let limit = u64::try_from(LARGEST_STATE).unwrap_or(u64::MAX);
        match self.committed {
            Some(bytes) => self.base(line, &file, Some(bytes)),
            None => self.base(line, &file, durable::read_if_there(&file, limit)?.as_deref()),
        }
    }

    fn base(&self, line: &Line, file: &Path, bytes: Option<&[u8]>) -> Result<Base, StoreError> {
        let Some(bytes) = bytes else { return self.without_file(line) };
        let hash = hash(bytes);
        if let Some(base) = self.cached(line, &hash) {
            return Ok(base);
        }
        let (state, writable) = parse(file, bytes)?;
        let (from, replay) = self.missing_since(line, &hash)?;
        Ok(Base { state, writable, hash: Some(hash), from, replay, pending: 0 })
    }

    /// Local mode before the first fold of a fork: the state of the line that it came from.
    fn without_file(&self, line: &Line) -> Result<Base, StoreError> {
        let begin = self.project.nothing();
        let (Mode::Local, Some(origin)) = (self.project.binding().mode, &line.origin) else {
            return Ok(begin);
        };
        let state = match self.project.base(&line.key)? {
            Some(state) => state,
            None => self.line(&origin.line)?.view.state,
        };
        Ok(Base { state, from: origin.at, ..begin })
    }

    /// The cached view, if it was made for these bytes.
    fn cached(&self, line: &Line, hash: &str) -> Option<Base> {
        let cached = line.cached_for.as_ref().filter(|c| c.hash == hash)?;
        let limit = u64::try_from(LARGEST_STATE).unwrap_or(u64::MAX);
        let bytes = durable::read(&self.project.own_state_path(&line.key), limit).ok()?;
        let (state, writable) = read(&bytes).ok()?;
        let hash = Some(hash.to_owned());
        Some(Base {
            state,
            writable,
            hash,
            from: cached.through,
            replay: Replay::Plain,
            pending: line.cached_pending,
        })
    }

    /// Since when a file lacks records, by its hash.
    fn missing_since(&self, line: &Line, hash: &str) -> Result<(Mark, Replay), StoreError> {
        if let Some(mark) = line.contained(hash) {
            return Ok((mark, Replay::Plain));
        }
        let mut last = last_contained(line, WHOLE);
        for origin in self.chain(line)?.iter().skip(1) {
            let Some(known) = self.project.line(&origin.line)? else { continue };
            if let Some(mark) = known.contained(hash) {
                return Ok((mark, Replay::Plain));
            }
            // What the origin had pending at the fork no file of this line has either.
            last = last.or_else(|| last_contained(&known, origin.at));
        }
        Ok((last.unwrap_or_default(), Replay::Guarded))
    }
}

/// Reads a state file's bytes.
pub(crate) fn parse(file: &Path, bytes: &[u8]) -> Result<(State, Writable), StoreError> {
    read(bytes)
        .map_err(|refused| StoreError::State { path: file.to_owned(), refused: Box::new(refused) })
}

/// Up to which record, of those before `end`, a file of the line was ever complete.
fn last_contained(line: &Line, end: Mark) -> Option<Mark> {
    line.contained.iter().map(|contained| contained.through).filter(|mark| *mark <= end).max()
}

fn belongs(mark: Mark, record: &Record, chain: &[Origin]) -> bool {
    chain.iter().any(|origin| origin.line == record.line && mark < origin.at)
}

fn may_belong(record: &NewerRecord, chain: &[Origin]) -> bool {
    let is_of = |origin: &Origin| record.line.as_ref().is_none_or(|line| *line == origin.line);
    chain.iter().any(|origin| is_of(origin) && record.at < origin.at)
}

fn replayed(line: Line, base: Base, batch: &Batch) -> View {
    let records = countable(&batch.records, &line);
    let mut view = View::new(base.state, line);
    view.pending = base.pending;
    for (mark, record) in records {
        if *mark >= base.from {
            view.count_pending(record);
        }
        view.apply(record, base.replay);
    }
    view
}
