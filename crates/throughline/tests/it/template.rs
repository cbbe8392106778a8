//! Templates: what a repository gets, what stays as it is, and what is taken out again.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use throughline_testkit::World;

use crate::{bare_world, json, tasks};

const RECORD: &str = "docs/adr/0001-keep-decision-records.md";
const CHECKLIST: &str = ".github/pull_request_template.md";
const WORKFLOW: &str = ".github/workflows/throughline.yml";

/// Every file of the worktree but git's and the memory itself, with its bytes; of a link where it leads.
fn files(world: &World) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut open) = (BTreeMap::new(), vec![world.repo()]);
    while let Some(folder) = open.pop() {
        for path in fs::read_dir(folder).expect("list").map(|entry| entry.expect("entry").path()) {
            let name = path.strip_prefix(world.repo()).expect("below").to_owned();
            match path.read_link() {
                Ok(target) => drop(found.insert(name, target.display().to_string().into_bytes())),
                Err(_) if name == Path::new(".git") || name == Path::new(".throughline") => {}
                Err(_) if path.is_dir() => open.push(path),
                Err(_) => drop(found.insert(name, fs::read(path).expect("read"))),
            }
        }
    }
    found
}

fn new_files(world: &World, before: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<String> {
    let new = files(world).into_keys().filter(|path| !before.contains_key(path));
    new.map(|path| path.display().to_string()).collect()
}

fn init(world: &World, template: &str) {
    world.thru(&["init", "--template", template, "--yes"]).assert_success();
}

#[test]
fn each_template_is_written_once_and_taken_out_whole() {
    for (template, expected) in [
        ("minimal", &["AGENTS.md"][..]),
        ("adr", &["AGENTS.md", RECORD]),
        ("team", &[CHECKLIST, WORKFLOW, "AGENTS.md", RECORD]),
    ] {
        let world = bare_world();
        world.commit("base");
        let before = files(&world);
        init(&world, template);
        assert_eq!(new_files(&world, &before), expected, "{template}");
        let written = files(&world);
        let again = json(&world, &["init", "--template", template]);
        assert_eq!((&again["written"], &again["kept"]), (&vec![(); 0].into(), &vec![(); 0].into()));
        assert_eq!(files(&world), written, "a second run changes nothing, and asks nothing");
        world.thru(&["init", "--template", template, "--remove"]).assert_success();
        assert_eq!(files(&world), before, "{template}");
        let again = world.thru(&["init", "--template", template, "--remove"]).assert_success();
        assert!(again.stderr.contains("Nothing"), "{}", again.screen());
        world.thru(&["status"]).assert_success();
    }
}

#[test]
fn it_is_shown_first_and_nothing_is_made_before_somebody_agrees() {
    let world = bare_world();
    world.commit("base");
    let before = files(&world);
    let shown = world.thru(&["init", "--template", "minimal", "--dry-run"]).assert_success();
    assert!(shown.stdout.starts_with("+ AGENTS.md\n"), "{}", shown.screen());
    assert!(shown.stdout.lines().count() <= 11, "at most ten lines: {}", shown.screen());
    assert!(shown.stdout.contains("`thru next`"), "{}", shown.screen());
    assert_eq!(world.thru(&["init", "--template", "minimal"]).code, Some(1), "nobody agreed");
    assert_eq!(files(&world), before);
    assert_eq!(world.thru(&["status"]).code, Some(4), "no project either");
    for wrong in [&["--yes"][..], &["--remove"], &["--template", "minimal", "--local"]] {
        assert_eq!(world.thru(&[&["init"], wrong].concat()).code, Some(2), "{wrong:?}");
    }
}

/// An agent that reads the section finds each tool that it names.
#[test]
fn the_section_names_tools_that_exist() {
    let world = bare_world();
    init(&world, "minimal");
    let section = world.read("AGENTS.md");
    let words = section.split('`').skip(1).step_by(2).filter(|word| word.contains('_'));
    let named: Vec<&str> = words.chain(["reconcile"]).collect();
    assert!(named.len() > 5, "{section}");
    let asked = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}\n{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\",\"params\":{}}\n";
    let answered = world.thru_with_input(&["mcp"], asked).stdout;
    for tool in named {
        assert!(answered.contains(&format!("\"name\":\"{tool}\"")), "{tool}: {answered}");
    }
}

#[test]
fn what_is_there_stays() {
    let world = bare_world();
    world.write("AGENTS.md", "# Ours\n\nBe kind.");
    world.write(".github/PULL_REQUEST_TEMPLATE.md", "- [ ] Tests\n");
    world.write("doc/adr/0007-tabs.md", "# Tabs\n");
    world.write(WORKFLOW, "name: another\n");
    let before = files(&world);
    init(&world, "team");
    assert_eq!(new_files(&world, &before), [""; 0]);
    assert!(world.read("AGENTS.md").starts_with("# Ours\n\nBe kind.\n\n<!-- begin throughline "));
    assert!(
        world.read(".github/PULL_REQUEST_TEMPLATE.md").starts_with("- [ ] Tests\n\n<!-- begin")
    );
    assert_eq!(world.read(WORKFLOW), "name: another\n");
    // Somebody goes on writing before and after the section.
    world.write("AGENTS.md", format!("First.\n{}Last.\n", world.read("AGENTS.md")));
    let done = json(&world, &["init", "--template", "team", "--remove"]);
    assert_eq!(done["restored"].as_array().map(Vec::len), Some(2), "{done}");
    assert_eq!(done["removed"], serde_json::json!([]));
    assert_eq!(world.read("AGENTS.md"), "First.\n# Ours\n\nBe kind.\nLast.\n");
    world.write("AGENTS.md", "# Ours\n\nBe kind.");
    assert_eq!(files(&world), before);
}

#[test]
fn what_somebody_changed_is_neither_written_over_nor_removed() {
    let world = bare_world();
    world.commit("base");
    init(&world, "team");
    let kept = ["AGENTS.md", RECORD, CHECKLIST, WORKFLOW];
    for path in kept {
        world.write(path, world.read(path).replace("thru", "our thru"));
    }
    let changed = files(&world);
    for what in ["--yes", "--remove"] {
        let done = json(&world, &["init", "--template", "team", what]);
        let named: Vec<_> = done["kept"].as_array().expect("a list").iter().collect();
        assert_eq!(named.iter().map(|one| &one["path"]).collect::<Vec<_>>(), kept, "{done}");
        assert!(named.iter().all(|one| one["why"] == "changed"), "{done}");
        assert_eq!(files(&world), changed, "{what}");
    }
}

#[test]
fn no_link_is_followed_and_nothing_outside_is_written() {
    let world = bare_world();
    world.write("../outside/AGENTS.md", "theirs\n");
    world.write("../outside/docs/file", "theirs\n");
    let outside = world.root().join("outside");
    for (name, target) in [("AGENTS.md", "AGENTS.md"), ("docs", "docs"), (".github", "nowhere")] {
        symlink(outside.join(target), world.repo().join(name)).expect("a link");
    }
    let before = files(&world);
    for what in ["--yes", "--remove"] {
        let done = json(&world, &["init", "--template", "team", what]);
        let why = done["kept"].as_array().expect("a list").iter().map(|one| &one["why"]);
        assert!(why.clone().count() == 4 && why.clone().all(|why| why == "link"), "{done}");
        assert_eq!(files(&world), before);
    }
    assert_eq!(world.read("../outside/AGENTS.md"), "theirs\n");
    assert_eq!(fs::read_dir(outside.join("docs")).expect("list").count(), 1);
    assert!(!outside.join("nowhere").exists());
    // From a folder deep in the worktree it is still the worktree's.
    let world = bare_world();
    fs::create_dir_all(world.repo().join("src/deep")).expect("folders");
    let deep = world.repo().join("src/deep");
    world.thru_in(&deep, &["init", "--template", "minimal", "--yes"]).assert_success();
    assert!(world.repo().join("AGENTS.md").exists() && !deep.join("AGENTS.md").exists());
}

#[test]
fn the_first_record_is_one_that_memory_imports() {
    let world = bare_world();
    init(&world, "adr");
    world.thru(&["adr", "import"]).assert_success();
    assert_eq!(tasks(&world), [("Keep decision records".to_owned(), "completed".to_owned())]);
}

#[test]
fn a_project_whose_state_is_in_the_home_gets_no_ci_check() {
    let world = bare_world();
    world.thru(&["init", "--local"]).assert_success();
    assert_eq!(world.thru(&["init", "--template", "team", "--yes"]).code, Some(3));
    init(&world, "adr");
    assert!(world.repo().join(RECORD).exists() && !world.repo().join(".throughline").exists());
}

/// The last step of the workflow, as a runner's shell starts it: in a clone, on no branch.
#[test]
fn the_ci_check_tells_a_sound_state_from_a_broken_one() {
    let world = bare_world();
    init(&world, "team");
    world.thru(&["tasks", "add", "One"]).assert_success();
    world.thru(&["publish"]).assert_success();
    world.git("add -A");
    world.commit("remember");
    let workflow = world.read(WORKFLOW);
    let (_, step) = workflow.rsplit_once("run: |\n").expect("a step");
    let script: String = step.lines().map(|line| format!("{}\n", line.trim_start())).collect();
    let check = |clone: &str| {
        world.git(&format!("clone -q . ../{clone}"));
        world.git(&format!("-C ../{clone} checkout -q --detach"));
        world.shell(&format!("cd ../{clone}; thru() {{ \"$THRU\" \"$@\"; }}\nset -e\n{script}"))
    };
    check("sound").assert_success();
    let state = ".throughline/project_state.json";
    world.write(state, world.read(state).replace("\"tasks\"", "<<<<<<< ours\n\"tasks\""));
    world.git("commit -qam broken");
    let ran = check("broken");
    assert_ne!(ran.code, Some(0), "{}", ran.screen());
}
