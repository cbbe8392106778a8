//! Git at its everyday work, with changes that are pending and with changes that are published:
//! it is never stopped by us, and no line gets another one's changes.

use throughline_testkit::World;

use super::script::{Mode, ask, look, play, remembered};
use crate::{json, tasks, text};

const FILE: &str = ".throughline/project_state.json";

/// Where the task of main stands when git sets to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Pending,
    /// Published and committed.
    Published,
    /// There is no file in the repository.
    Local,
}

const STANDS: [Stand; 3] = [Stand::Pending, Stand::Published, Stand::Local];

/// What git does from main on, and whose tasks are seen then.
struct Row {
    name: &'static str,
    script: &'static str,
    /// Where is looked.
    folder: &'static str,
    titles: &'static [&'static str],
    /// What brings git back to main, with nothing else checked out.
    back: &'static str,
}

const fn row(name: &'static str, script: &'static str, titles: &'static [&'static str]) -> Row {
    Row { name, script, folder: "repo", titles, back: "switch -q main" }
}

impl Row {
    const fn linked(self) -> Self {
        let back = "worktree remove --force ../linked\nswitch -q main";
        Self { folder: "linked", back, ..self }
    }
}

const MAIN: &[&str] = &["Before", "Of main"];
const OTHER: &[&str] = &["Before", "Of other"];
const BOTH: &[&str] = &["Before", "Of main", "Of other"];

/// One after the other in one world: each but the last leaves main with its own.
#[rustfmt::skip]
const ROWS: [Row; 13] = [
    row("switch", "switch -q other", OTHER),
    row("fold, switch there and back", "thru fold\nswitch -q other\nswitch -q main", MAIN),
    row("switch to a new one", "switch -q -c one", MAIN),
    row("switch to a new one from the other", "switch -q -c two other", OTHER),
    row("stash", "sh echo x >>README.md\nstash -q", MAIN),
    row("stash, switch, pop", "sh echo x >>README.md\nstash -q\nswitch -q other\nstash pop -q\ncheckout -q README.md", OTHER),
    row("switch with somebody's own changes", "sh echo x >>README.md\nswitch -q other\ncheckout -q README.md", OTHER),
    row("worktree add", "worktree add -q ../linked other", OTHER).linked(),
    row("worktree add, a new one", "worktree add -q -b three ../linked", MAIN).linked(),
    row("pull --rebase", "sh cd ../peer && git commit -q --allow-empty -m theirs && git push -q\ncommit more\npull -q --rebase origin main", MAIN),
    row("rebase", "sh cd ../peer && git commit -q --allow-empty -m again && git push -q\nfetch -q origin\ncommit still more\nrebase -q origin/main", MAIN),
    row("merge --ff-only", "sh cd ../peer && git pull -q --rebase ../repo main && git commit -q --allow-empty -m ahead\nfetch -q ../peer HEAD\nmerge -q --ff-only FETCH_HEAD", MAIN),
    row("merge", "merge -q --no-edit other", BOTH),
];

/// In a world of its own, because it ends otherwise too.
const REBASE: Row = row("rebase onto the other", "commit more\nrebase -q other", BOTH);

const PEER: &str = "sh git clone -q --bare . ../remote.git
    sh git clone -q ../remote.git ../peer
    sh cd ../peer && git config user.name Peer && git config user.email peer@example.com
    remote add origin ../remote.git";

fn add(world: &World, title: &str) {
    world.thru(&["tasks", "add", title]).assert_success();
}

fn settle(world: &World, mode: Mode, message: &str) {
    if mode == Mode::Shared {
        world.thru(&["publish"]).assert_success();
    }
    world.commit(message);
    look(world, "repo");
}

/// On main, which has a task of its own; so has `other`.
fn ready(stand: Stand) -> World {
    let mode = if stand == Stand::Local { Mode::Local } else { Mode::Shared };
    let world = remembered(mode);
    if mode == Mode::Shared {
        world.thru(&["setup", "git", "--yes"]).assert_success();
    }
    add(&world, "Before");
    settle(&world, mode, "before");
    play(&world, PEER);
    world.branch("other");
    add(&world, "Of other");
    settle(&world, mode, "other");
    world.git("switch -q main");
    add(&world, "Of main");
    match stand {
        Stand::Pending | Stand::Local => {}
        Stand::Published => settle(&world, mode, "main"),
    }
    world
}

fn titles(world: &World, folder: &str) -> Vec<String> {
    let listed = ask(world, folder, &["tasks", "list", "--all"]);
    let mut titles: Vec<String> = listed["tasks"]
        .as_array()
        .expect("tasks")
        .iter()
        .map(|task| text(&task["title"]))
        .collect();
    titles.sort();
    titles
}

fn check(world: &World, row: &Row, stand: Stand) -> Result<(), String> {
    let same = |what: &str, found: &[String], expected: &[&str]| {
        if found == expected { Ok(()) } else { Err(format!("{what}: {found:?}, not {expected:?}")) }
    };
    play(world, row.script);
    same("here", &titles(world, row.folder), row.titles)?;
    let changed = world.git("status --porcelain --untracked-files=no");
    same("changed files", &[changed], &[""])?;
    play(world, row.back);
    play(world, "switch -q other");
    same("on other", &titles(world, "repo"), OTHER)?;
    play(world, "switch -q main");
    let main = if row.titles == BOTH { BOTH } else { MAIN };
    same("back on main", &titles(world, "repo"), main)?;
    if stand == Stand::Local {
        return Ok(());
    }
    let pending = json(world, &["status"])["pending"].to_string();
    same("pending", &[pending], &[if stand == Stand::Pending { "1" } else { "0" }])?;
    if world.git(&format!("show other:{FILE}")).contains("Of main") {
        return Err("other's commit has main's task".to_owned());
    }
    Ok(())
}

#[test]
fn git_goes_its_way_and_each_line_keeps_its_own() {
    for stand in STANDS {
        let world = ready(stand);
        for row in &ROWS {
            check(&world, row, stand)
                .unwrap_or_else(|said| panic!("{} ({stand:?}): {said}", row.name));
        }
        let said = check(&ready(stand), &REBASE, stand);
        said.unwrap_or_else(|said| panic!("{} ({stand:?}): {said}", REBASE.name));
    }
}

#[test]
fn the_status_says_what_is_pending_until_it_is_published() {
    let world = ready(Stand::Pending);
    let said = world.thru(&["status"]).assert_success().stdout;
    assert!(said.contains("1 change not published yet: thru publish"), "{said}");
    world.thru(&["publish"]).assert_success();
    let said = world.thru(&["status"]).assert_success().stdout;
    assert!(!said.contains("not published"), "{said}");
}

/// Whichever comes first: the file in the worktree is git's, and every line has its own.
#[test]
fn a_detached_fold_that_races_a_switch_harms_neither() {
    for stand in [Stand::Pending, Stand::Local] {
        let world = ready(stand);
        let caller = world.caller();
        for round in 0..6 {
            let (to, own) = if round % 2 == 0 { ("other", OTHER) } else { ("main", MAIN) };
            let folds =
                [(); 2].map(|()| caller.thru(&["fold", "--quiet"]).spawn().expect("a fold"));
            world.git(&format!("switch -q {to}"));
            for mut fold in folds {
                fold.wait().expect("it ends");
            }
            assert_eq!(world.git("status --porcelain"), "", "{stand:?} {round}");
            assert_eq!(titles(&world, "repo"), own, "{stand:?} {round}");
        }
    }
}

#[test]
fn what_was_pending_on_a_branch_that_is_gone_is_offered_and_adopted() {
    for stand in [Stand::Pending, Stand::Local] {
        let world = ready(stand);
        play(&world, "switch -q -c feature\ncommit f1");
        add(&world, "Of feature");
        play(&world, "switch -q main\nbranch -q -D feature");
        assert_eq!(titles(&world, "repo"), MAIN, "{stand:?}");
        let shown = world.thru(&["lines", "list"]).assert_success();
        assert!(shown.stderr.contains("thru lines adopt"), "{}", shown.screen());
        let listed = json(&world, &["lines", "list"]);
        let gone = listed["lines"].as_array().expect("lines").iter();
        let gone = gone.clone().find(|line| line["line"] == "feature" || line["key"] == "feature");
        assert!(gone.is_some_and(|line| line["open"].as_u64() > Some(0)), "{stand:?}: {listed}");
        world.thru(&["lines", "adopt", "feature"]).assert_success();
        assert!(titles(&world, "repo").contains(&"Of feature".to_owned()), "{stand:?}");
        assert_eq!(tasks(&world).len(), 3, "{stand:?}");
    }
}
