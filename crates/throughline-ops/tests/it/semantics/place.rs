//! The real files, and the model beside them.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use throughline_git::{Git, GitEnv};
use throughline_model::ids::TaskId;
use throughline_model::reconcile::Outcome;
use throughline_model::record::Actor;
use throughline_model::state::{Field, Status};
use throughline_ops::OpsError;
use throughline_ops::fold::fold_line;
use throughline_ops::here::Here;
use throughline_ops::init::{Adoption, InitOptions, init};
use throughline_ops::publish::publish;
use throughline_ops::reconcile::{Wish, lost, propose, reconcile};
use throughline_ops::resolve::{Carry, resolve};
use throughline_ops::surroundings::Surroundings;
use throughline_ops::tasks::add::{AddOptions, add};
use throughline_ops::tasks::edit::{EditOptions, edit};
use throughline_ops::tasks::link::{Bond, LinkOptions, Relation, link};
use throughline_ops::tasks::remove::remove;
use throughline_ops::tasks::transition::{Dependencies, Transition, TransitionOptions, transition};
use throughline_ops::undo::undo;
use throughline_store::clock::Clock;
use throughline_store::entropy::Entropy;
use throughline_store::home::Home;
use throughline_store::project::Mode;
use throughline_testkit::World;

use super::model::{Line, Tasks, check_merge, seen};
use super::{Replaced, Step};

/// Where memory lies and what is around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A folder without git.
    Plain,
    /// A repository in local mode.
    Local,
    /// A repository in shared mode.
    Shared,
}

const PATIENCE: Duration = Duration::from_secs(60);

/// As many lines as one case makes.
const MOST_LINES: usize = 4;

/// A world with a project, and its model.
pub(super) struct Place {
    kind: Kind,
    folder: World,
    world: Surroundings,
    on: String,
    lines: BTreeMap<String, Line>,
    /// What two lines had in common last, where that is certain; the names in their order.
    bases: BTreeMap<(String, String), Tasks>,
    /// Numbers of tasks, titles and commits.
    count: usize,
    /// The published state is not committed.
    dirty: bool,
}

impl Place {
    pub(super) fn new(kind: Kind) -> Self {
        let folder = if kind == Kind::Plain { World::plain() } else { World::new() };
        let world = surroundings(&folder);
        let mode = if kind == Kind::Shared { Mode::Shared } else { Mode::Local };
        init(&world, InitOptions { mode, adoption: Adoption::Mention }).unwrap();
        if kind == Kind::Shared {
            // Git leaves every merge of the state to us, as it does where lines met.
            let info = folder.repo().join(".git/info");
            fs::create_dir_all(&info).unwrap();
            fs::write(info.join("attributes"), ".throughline/project_state.json -merge\n").unwrap();
            folder.commit("memory");
        }
        let on = "main".to_owned();
        let lines = BTreeMap::from([(on.clone(), Line::empty())]);
        let (bases, count, dirty) = (BTreeMap::new(), 0, false);
        Self { kind, folder, world, on, lines, bases, count, dirty }
    }

    /// Takes a step, and looks whether memory is where the model is.
    pub(super) fn take(&mut self, step: &Step) {
        self.tick();
        match *step {
            Step::Add { needs } => self.add(needs),
            Step::Rename(at) => self.set(at, Field::Title),
            Step::Prioritise(at, to) => self.prioritise(at, to),
            Step::Move(at, to) => self.transition(at, to),
            Step::Link(from, to) => self.link(from, to),
            Step::Unlink(from) => self.unlink(from),
            Step::Remove(at) => self.remove(at),
            Step::Undo => self.undo(),
            Step::Redo => self.redo(),
            Step::Fold => self.fold(),
            Step::TornRecord(length) => self.tear(length),
            Step::KilledFold(replaced) => self.kill_fold(replaced),
            Step::Publish => self.publish(),
            Step::Commit => self.commit(),
            Step::Branch => self.branch(),
            Step::Switch(to) => self.switch_to(to),
            Step::Merge(from) => self.merge(from),
            Step::Reset => self.reset(),
        }
        self.agree(&format!("{step:?}"));
    }

    fn tick(&mut self) {
        self.count += 1;
        let now = self.world.clock.now() + Duration::from_secs(7);
        self.world.clock = Clock::Fixed(now);
    }

    fn here(&self) -> Here {
        Here::find(&self.world).unwrap()
    }

    fn agree(&self, after: &str) {
        assert_eq!(self.look(), self.line().tasks, "after {after} on {}", self.on);
    }

    /// What a reader sees that opens everything anew.
    fn look(&self) -> Tasks {
        let here = self.here();
        let read = here.read().unwrap();
        assert!(here.unreadable().is_empty(), "{:?}", here.unreadable());
        seen(&read.view)
    }

    fn line(&self) -> &Line {
        &self.lines[&self.on]
    }

    fn line_mut(&mut self) -> &mut Line {
        self.lines.get_mut(&self.on).unwrap()
    }

    /// A unit of a person came of it, if anything changed.
    fn changed(&mut self, tasks: Tasks) {
        if tasks != self.line().tasks {
            self.line_mut().step(tasks);
        }
    }
}

/// People.
impl Place {
    fn add(&mut self, needs: Option<usize>) {
        let mut options = AddOptions::new(format!("task {} made", self.count));
        let needed = needs.and_then(|at| self.line().nth(at));
        options.depends_on = needed.iter().map(ToString::to_string).collect();
        let made = add(&self.world, &self.here(), &options).unwrap();
        self.changed(seen(&made.view));
        let task = &self.line().tasks[&made.id];
        assert_eq!((&task.title, task.priority), (&options.title, 2));
        assert!(task.status == Status::Pending && task.needs.iter().eq(&needed));
        assert_eq!(self.without(&made.id), *self.line().before.last().unwrap());
    }

    fn without(&self, id: &TaskId) -> Tasks {
        let others = self.line().tasks.iter().filter(|(other, _)| *other != id);
        others.map(|(id, task)| (id.clone(), task.clone())).collect()
    }

    fn set(&mut self, at: usize, field: Field) {
        let Some(id) = self.line().nth(at) else { return };
        let number = self.line().tasks[&id].number();
        let title = format!("task {number} renamed {}", self.count);
        self.edit(&id, field, &title);
        let mut tasks = self.line().tasks.clone();
        tasks.get_mut(&id).unwrap().title = title;
        self.changed(tasks);
    }

    fn prioritise(&mut self, at: usize, to: u8) {
        let Some(id) = self.line().nth(at) else { return };
        self.edit(&id, Field::Priority, &to.to_string());
        let mut tasks = self.line().tasks.clone();
        tasks.get_mut(&id).unwrap().priority = to;
        self.changed(tasks);
    }

    fn edit(&self, id: &TaskId, field: Field, value: &str) {
        let set = vec![(field, Some(value.to_owned()))];
        let options = EditOptions { task: id.to_string(), set, ..EditOptions::default() };
        edit(&self.world, &self.here(), &options).unwrap();
    }

    fn transition(&mut self, at: usize, to: Transition) {
        let Some(id) = self.line().nth(at) else { return };
        let (tasks, dependencies) = (vec![id.to_string()], Dependencies::Respect);
        let options = TransitionOptions { tasks, to, dependencies, reason: None };
        let done = transition(&self.world, &self.here(), &options);
        let stands = self.line().tasks[&id].status == to.status();
        if to == Transition::Complete && !stands && self.line().has_open_needs(&id) {
            assert!(matches!(done, Err(OpsError::OpenDependencies { .. })), "{done:?}");
            return;
        }
        assert_eq!(done.unwrap().unchanged.is_empty(), !stands);
        let mut tasks = self.line().tasks.clone();
        tasks.get_mut(&id).unwrap().status = to.status();
        self.changed(tasks);
    }

    /// Only to a task of a lower number, so that no two lines make a circle together.
    fn link(&mut self, from: usize, to: usize) {
        let line = self.line();
        let (Some(from), Some(to)) = (line.nth(from), line.nth(to)) else { return };
        if line.waits_for(&to, &from) {
            let linked = self.bind(&from, &to, Bond::Link);
            assert!(linked.is_err(), "{from} and {to} make a circle");
        } else if line.tasks[&from].number() > line.tasks[&to].number() {
            self.bind(&from, &to, Bond::Link).unwrap();
            self.took_in(&from, &to);
        }
    }

    fn took_in(&mut self, from: &TaskId, to: &TaskId) {
        let mut tasks = self.line().tasks.clone();
        tasks.get_mut(from).unwrap().needs.insert(to.clone());
        self.changed(tasks);
    }

    fn left_out(&mut self, from: &TaskId, to: &TaskId) {
        let mut tasks = self.line().tasks.clone();
        tasks.get_mut(from).unwrap().needs.remove(to);
        self.changed(tasks);
    }

    fn unlink(&mut self, from: usize) {
        let mut bound = self.line().tasks.iter().filter(|(_, task)| !task.needs.is_empty());
        let count = bound.clone().count();
        let chosen = from.checked_rem(count).and_then(|at| bound.nth(at));
        let Some((from, task)) = chosen.map(|(id, task)| (id.clone(), task.clone())) else {
            return;
        };
        let to = task.needs.first().unwrap();
        self.bind(&from, to, Bond::Unlink).unwrap();
        self.left_out(&from, to);
    }

    fn bind(&self, from: &TaskId, to: &TaskId, bond: Bond) -> Result<(), OpsError> {
        let (from, to) = (from.to_string(), to.to_string());
        let options = LinkOptions { from, relation: Relation::DependsOn, to, bond };
        link(&self.world, &self.here(), &options).map(drop)
    }

    fn remove(&mut self, at: usize) {
        let Some(id) = self.line().nth(at) else { return };
        let removed = remove(&self.world, &self.here(), &[id.to_string()]);
        if self.line().is_needed(&id) {
            assert!(matches!(removed, Err(OpsError::Refused { .. })), "{removed:?}");
            return;
        }
        removed.unwrap();
        self.changed(self.without(&id));
    }

    fn undo(&mut self) {
        let Some(before) = self.line_mut().before.pop() else {
            if self.line().knows_all_units {
                let undone = undo(&self.world, &self.here(), None);
                assert!(matches!(undone, Err(OpsError::Refused { .. })), "{undone:?}");
            }
            return;
        };
        let undone = undo(&self.world, &self.here(), None).unwrap();
        assert!(undone.left_alone.is_empty(), "{undone:?}");
        let stood = std::mem::replace(&mut self.line_mut().tasks, before);
        self.line_mut().undone = Some((undone.unit.unwrap(), stood));
    }

    fn redo(&mut self) {
        let Some((unit, stood)) = self.line_mut().undone.take() else { return };
        let undone = undo(&self.world, &self.here(), Some(unit.as_str())).unwrap();
        assert!(undone.left_alone.is_empty(), "{undone:?}");
        self.line_mut().step(stood);
    }
}

/// Files and accidents: none of them is to be seen.
impl Place {
    fn fold(&self) {
        let report = fold_line(&self.world, &self.here()).unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
    }

    fn tear(&self, length: usize) {
        let journal = self.here().project.root().join("journal");
        let mut segments: Vec<PathBuf> = entries(&journal);
        segments.retain(|path| path.extension().is_some_and(|e| e == "jsonl"));
        let Some(last) = segments.last() else { return };
        let text = fs::read(last).unwrap();
        let record = text.split(|byte| *byte == b'\n').rfind(|line| line.len() > 1).unwrap();
        // A copy of a real record, without its end.
        let torn = &record[..1 + length % (record.len() - 1)];
        OpenOptions::new().append(true).open(last).unwrap().write_all(torn).unwrap();
    }

    /// A fold replaces a line's state, then the line, and last notes how far the journal is folded; in
    /// local mode it saves the line first, too, without what the new state holds. What it appended to
    /// the journal stays.
    fn kill_fold(&self, replaced: Replaced) {
        let root = self.here().project.root().to_owned();
        let is_replaced = |path: &Path| match replaced {
            Replaced::Nothing => false,
            Replaced::States => path.ends_with("project_state.json"),
        };
        let files = files_below(&root);
        self.fold();
        if replaced == Replaced::States && self.kind != Kind::Shared {
            return forget_new_states(&root, &files);
        }
        let old = files.iter().filter(|(path, _)| !path.starts_with(root.join("journal")));
        for (path, bytes) in old.filter(|(path, _)| !is_replaced(path)) {
            fs::write(path, bytes).unwrap();
        }
        for (path, _) in files_below(&root) {
            let is_new = files.iter().all(|(old, _)| *old != path);
            if is_new && !path.starts_with(root.join("journal")) && !is_replaced(&path) {
                fs::remove_file(path).unwrap();
            }
        }
    }
}

/// Git.
impl Place {
    fn publish(&mut self) {
        publish(&self.world, &self.here(), PATIENCE).unwrap();
        self.dirty = self.kind == Kind::Shared;
    }

    fn commit(&mut self) {
        self.publish();
        self.folder.commit(&format!("commit {}", self.count));
        self.count += 1;
        self.dirty = false;
        let line = self.line_mut();
        line.commits += 1;
        line.committed = Some(line.tasks.clone());
        self.agree("a commit");
    }

    /// Whoever leaves a branch commits first, or git would carry the file along.
    fn leave(&mut self) {
        if self.dirty {
            self.commit();
        }
    }

    fn branch(&mut self) {
        if self.lines.len() >= MOST_LINES {
            return;
        }
        self.leave();
        let (name, origin) = (format!("branch-{}", self.lines.len()), self.on.clone());
        self.folder.branch(&name);
        let line = self.line().fork();
        for other in self.lines.keys().filter(|other| **other != origin) {
            if let Some(base) = self.bases.get(&pair(other, &origin)).cloned() {
                self.bases.insert(pair(other, &name), base);
            }
        }
        let base = match self.kind {
            Kind::Shared => line.committed.clone(),
            Kind::Local | Kind::Plain => Some(line.tasks.clone()),
        };
        self.bases.extend(base.map(|base| (pair(&origin, &name), base)));
        self.lines.insert(name.clone(), line);
        self.on = name;
    }

    fn switch_to(&mut self, to: usize) {
        self.leave();
        self.on = self.lines.keys().nth(to % self.lines.len()).unwrap().clone();
        self.folder.git_args(&["switch", "--quiet", &self.on]);
    }

    fn merge(&mut self, from: usize) {
        let mut others = self.lines.keys().filter(|line| **line != self.on);
        let Some(at) = from.checked_rem(others.clone().count()) else { return };
        let (ours, theirs) = (self.on.clone(), others.nth(at).unwrap().clone());
        self.commit();
        self.go(&theirs);
        self.commit();
        self.go(&ours);
        self.merge_in(&theirs);
        let after = self.look();
        let base = self.bases.get(&pair(&ours, &theirs));
        check_merge(&self.lines[&ours], &self.lines[&theirs], base, &after);
        self.bases.retain(|(a, b), _| *a != ours && *b != ours);
        self.bases.insert(pair(&ours, &theirs), self.lines[&theirs].tasks.clone());
        self.line_mut().go_on_from(after);
        self.line_mut().commits = 0;
    }

    fn go(&mut self, line: &str) {
        self.tick();
        self.folder.git_args(&["switch", "--quiet", line]);
        self.on = line.to_owned();
        self.agree("a switch");
    }

    fn merge_in(&mut self, theirs: &str) {
        self.tick();
        let merged = self.folder.try_git(&["merge", "--quiet", "--no-edit", theirs]);
        if !merged.is_success() {
            resolve(&self.world, &self.here(), Carry::Out).unwrap();
            self.folder.git("add --all");
            self.folder.git("commit --quiet --no-edit");
        }
    }

    fn reset(&mut self) {
        if self.kind == Kind::Plain || self.line().commits == 0 {
            return;
        }
        self.commit();
        self.tick();
        self.folder.git("reset --quiet --hard HEAD~1");
        let here = self.here();
        if !lost(&here, &here.read().unwrap()).unwrap().is_empty() {
            reconcile(&self.world, &here, &Wish::Chosen(Outcome::Restore)).unwrap();
        }
        self.tick();
        if propose(&self.world, &self.here(), &Wish::Settings).unwrap().plan.asks() {
            reconcile(&self.world, &self.here(), &Wish::Chosen(Outcome::Ignore)).unwrap();
        }
        let tasks = self.line().tasks.clone();
        self.line_mut().go_on_from(tasks);
        self.line_mut().commits -= 1;
        let on = self.on.clone();
        self.bases.retain(|(a, b), _| *a != on && *b != on);
    }
}

/// The lines as they are saved before their states: what they know of states is old.
fn forget_new_states(root: &Path, before: &[(PathBuf, Vec<u8>)]) {
    let read =
        |bytes: &[u8]| serde_json::from_slice::<throughline_model::line::Line>(bytes).unwrap();
    for (path, bytes) in files_below(&root.join("lines")) {
        if !path.ends_with("line.json") {
            continue;
        }
        let old = before.iter().find(|(old, _)| *old == path).map(|(_, bytes)| read(bytes));
        let mut line = read(&bytes);
        line.contained = old.map(|old| old.contained).unwrap_or_default();
        line.brief = None;
        fs::write(path, serde_json::to_vec_pretty(&line).unwrap()).unwrap();
    }
}

fn pair(a: &str, b: &str) -> (String, String) {
    if a < b { (a.to_owned(), b.to_owned()) } else { (b.to_owned(), a.to_owned()) }
}

fn surroundings(folder: &World) -> Surroundings {
    let environment = GitEnv {
        program: PathBuf::from("git"),
        path: std::env::var_os("PATH").unwrap_or_default(),
        home: Some(folder.home().into()),
        xdg_config_home: None,
    };
    Surroundings {
        home: Home::new(folder.state()),
        git: Git::new(environment),
        directory: folder.repo(),
        clock: Clock::Fixed("2026-01-05T09:00:00Z".parse().unwrap()),
        entropy: Entropy::seeded(1),
        actor: Actor::Person,
        user: "somebody".to_owned(),
        program: PathBuf::from("true"),
        variable: |_| None,
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(listed) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = listed.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn files_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for path in entries(folder) {
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            files.push((path, bytes));
        }
    }
    files
}
