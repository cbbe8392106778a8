//! Two sides that both changed tasks, met in every way that git has: with the merge driver, and
//! without it.

use std::fmt::Write as _;

use throughline_testkit::World;

use crate::{json, project, tasks, text};

const FILE: &str = ".throughline/project_state.json";

/// How many tasks there are before; in the file they stand in the order of their ids.
const BEFORE: usize = 6;

/// Two sides. Lines are arguments for `thru tasks`; `1` to `6` stand for tasks in the file's order.
struct Row {
    name: &'static str,
    theirs: &'static str,
    ours: &'static str,
    /// The tasks are no neighbours in the file, so that a plain merge must do.
    apart: bool,
}

const fn row(name: &'static str, theirs: &'static str, ours: &'static str) -> Row {
    Row { name, theirs, ours, apart: false }
}

const fn apart(name: &'static str, theirs: &'static str, ours: &'static str) -> Row {
    Row { name, theirs, ours, apart: true }
}

#[rustfmt::skip]
const ROWS: [Row; 10] = [
    row("both create", "add North", "add South"),
    row("both create several", "add North\nadd Northwest\nadd Northeast", "add South\nadd Southwest\nadd Southeast"),
    row("they close neighbours", "complete 2\ncomplete 4", "complete 3"),
    row("they reword neighbours", "edit 1 --title North", "edit 2 --title South"),
    row("one closes, the other rewords", "complete 3", "edit 3 --title South"),
    row("both close the same", "complete 3", "complete 3"),
    row("one removes, the other rewords", "remove 3", "edit 3 --title South"),
    row("both add a dependency", "link 3 --depends-on 1", "link 3 --depends-on 2"),
    apart("they close far ones", "complete 1", "complete 6"),
    apart("one closes, the other rewords a far one", "complete 1", "edit 5 --title South"),
];

fn act(world: &World, ids: &[String], script: &str) {
    for line in script.lines() {
        let word = |word: &str| match word.parse::<usize>() {
            Ok(number) => ids[number - 1].clone(),
            Err(_) => word.to_owned(),
        };
        let words: Vec<String> =
            ["tasks".to_owned()].into_iter().chain(line.split(' ').map(word)).collect();
        world.thru(&words.iter().map(String::as_str).collect::<Vec<_>>()).assert_success();
    }
}

fn commit(world: &World, message: &str) {
    world.thru(&["publish"]).assert_success();
    world.commit(message);
}

/// On `main`, whose tasks these are in the file's order.
fn before() -> (World, Vec<String>) {
    let world = project();
    let add = |n: usize| text(&json(&world, &["tasks", "add", &format!("Task {n}")])["id"]);
    let mut ids: Vec<String> = (0..BEFORE).map(add).collect();
    ids.sort();
    commit(&world, "tasks");
    (world, ids)
}

/// On `main`, with `a` beside it.
fn parted(row: &Row) -> (World, Vec<String>) {
    let (world, ids) = before();
    world.branch("a");
    act(&world, &ids, row.theirs);
    commit(&world, "theirs");
    world.git("switch -q main");
    act(&world, &ids, row.ours);
    commit(&world, "ours");
    (world, ids)
}

const MERGE: [&str; 4] = ["merge", "-q", "--no-edit", "a"];

/// What a merge without the driver comes to, at most one command later; and whether git alone did it.
fn plainly_merged(world: &World, row: &Row) -> Result<(String, bool), String> {
    let clean = world.try_git(&MERGE).is_success();
    if row.apart && !clean {
        return Err("git alone could not merge it".to_owned());
    }
    if !clean {
        world.thru(&["cache", "resolve"]).assert_success();
        if !world.git("ls-files -u").contains(FILE) {
            return Err("something was staged".to_owned());
        }
    }
    let found = world.read(FILE);
    world.git("reset -q --hard ORIG_HEAD");
    Ok((found, clean))
}

fn meet(row: &Row) -> Result<bool, String> {
    let (world, _) = parted(row);
    let (plainly, clean) = plainly_merged(&world, row)?;
    world.thru(&["setup", "git", "--yes"]).assert_success();
    let merged = world.try_git(&MERGE);
    if !merged.is_success() {
        return Err(merged.screen());
    }
    if world.read(FILE) != plainly {
        return Err(format!("with the driver:\n{}without:\n{plainly}", world.read(FILE)));
    }
    let sound = world.thru(&["cache", "validate"]);
    if sound.is_success() { Ok(clean) } else { Err(sound.screen()) }
}

#[test]
fn both_sides_changed_tasks() {
    let (mut wrong, mut in_conflict) = (String::new(), 0);
    for row in &ROWS {
        match meet(row) {
            Ok(clean) => in_conflict += usize::from(!clean),
            Err(said) => drop(writeln!(wrong, "{}: {said}", row.name)),
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(in_conflict > 2, "git alone does it all: these rows show nothing of the driver");
}

/// One commit of each side goes over to the other, there and back.
#[test]
fn neighbours_survive_picks_and_rebases_in_a_linked_worktree() {
    let ways = ["cherry-pick a", "rebase -q a", "pull -q --rebase . a", "merge -q --no-edit a"];
    for way in ways {
        let (world, _) = parted(&ROWS[2]);
        world.thru(&["setup", "git", "--yes"]).assert_success();
        world.git("switch -q -c elsewhere a");
        world.git("worktree add -q ../linked main");
        world.git(&format!("-C ../linked {way}"));
        assert_eq!(world.git("-C ../linked status --porcelain"), "", "{way}");
        let linked = world.root().join("linked");
        let listed =
            world.thru_in(&linked, &["tasks", "list", "--all", "--json"]).assert_success().json();
        let all = listed["tasks"].as_array().expect("tasks").iter();
        let done = all.filter(|task| task["status"] == "completed").count();
        assert_eq!(done, 3, "{way}: {listed}");
        world.thru_in(&linked, &["cache", "validate"]).assert_success();
    }
}

/// An octopus does not ask for the driver: git-merge-one-file(1) merges texts by itself.
#[test]
fn an_octopus_merges_what_is_apart_and_leaves_the_rest_to_one_command() {
    let cases = [
        (["complete 1", "complete 6"], true),
        (["link 3 --depends-on 1", "link 3 --depends-on 2"], false),
    ];
    for (scripts, clean) in cases {
        let (world, ids) = before();
        for (branch, script) in ["a", "b"].into_iter().zip(scripts) {
            world.git(&format!("switch -q -c {branch} main"));
            act(&world, &ids, script);
            commit(&world, branch);
        }
        world.git("switch -q main");
        world.commit("ours");
        world.thru(&["setup", "git", "--yes"]).assert_success();
        let merged = world.try_git(&["merge", "-q", "--no-edit", "a", "b"]);
        assert_eq!(merged.is_success(), clean, "{scripts:?}: {merged:?}");
        if !clean {
            world.thru(&["cache", "resolve"]).assert_success();
            world.git("add -A");
            world.git("commit -q --no-edit");
        }
        assert_eq!(world.git("rev-list --parents -n 1 HEAD").split(' ').count(), 4);
        let done = tasks(&world).iter().filter(|(_, status)| status == "completed").count();
        let linked = json(&world, &["tasks", "show", &ids[2]])["depends_on"].clone();
        let linked = linked.as_array().map_or(0, Vec::len);
        assert_eq!((done, linked), if clean { (2, 0) } else { (0, 2) });
        assert_eq!(world.git("status --porcelain"), "");
    }
}
