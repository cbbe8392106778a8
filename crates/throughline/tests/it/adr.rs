//! Decision records in files, and the tasks that stand for them.

use serde_json::{Value, json as value};
use throughline_testkit::World;

use crate::{json, project, text};

fn record(world: &World, file: &str, title: &str, status: &str) {
    let words = format!("# {title}\n\n## Status\n\n{status}\n\n## Context\n\nIt was needed.\n");
    world.write(format!("docs/adr/{file}"), words);
}

/// What `adr list` says of each record: its name, the file's standing, the task's status.
fn listed(world: &World) -> Vec<[String; 3]> {
    let listed = json(world, &["adr", "list"]);
    let all = listed["records"].as_array().expect("records").iter();
    all.map(|r| [text(&r["ref"]), text(&r["file"]), text(&r["status"])]).collect()
}

fn outcome(world: &World) -> Value {
    json(world, &["adr", "import"])["imported"][0].clone()
}

fn row(name: &str, file: &str, status: &str) -> [String; 3] {
    [name, file, status].map(str::to_owned)
}

#[test]
fn records_become_tasks_and_stay_in_step() {
    let world = project();
    record(&world, "0001-use-rust.md", "1. Use Rust", "Accepted");
    record(&world, "0002-use-git.md", "2. Use git", "Proposed");
    let mut screen = String::new();
    for arguments in ["adr list", "adr import", "adr import"] {
        screen.push_str(&world.run(arguments));
        screen.push('\n');
    }
    record(&world, "0002-use-git.md", "2. Use git", "Accepted");
    std::fs::remove_file(world.repo().join("docs/adr/0001-use-rust.md")).expect("remove");
    for arguments in ["adr list", "adr import", "adr list"] {
        screen.push_str(&world.run(arguments));
        screen.push('\n');
    }
    insta::assert_snapshot!(screen, @r#"
    $ thru adr list
    ADR-0001      new  Use Rust
    ADR-0002      new  Use git
    [stderr]
    hint: `thru adr import` takes in what is new or changed

    $ thru adr import
    new  t-d91fp  ADR-0001  completed  Use Rust
    new  t-tjczm  ADR-0002  pending    Use git
    [stderr]
    hint: `thru undo` takes it back

    $ thru adr import
    unchanged  t-d91fp  ADR-0001  completed  Use Rust
    unchanged  t-tjczm  ADR-0002  pending    Use git
    [stderr]
    Nothing changed in 2 decision records.

    $ thru adr list
    ADR-0001  t-d91fp  completed  gone     Use Rust
    ADR-0002  t-tjczm  pending    changed  Use git
    [stderr]
    hint: `thru adr import` takes in what is new or changed

    $ thru adr import
    updated  t-tjczm  ADR-0002  completed  Use git
    [stderr]
    hint: `thru undo` takes it back

    $ thru adr list
    ADR-0001  t-d91fp  completed  gone  Use Rust
    ADR-0002  t-tjczm  completed  same  Use git
    "#);
}

#[test]
fn what_a_person_changed_stays() {
    let world = project();
    record(&world, "0001-use-rust.md", "1. Use Rust", "Proposed");
    assert_eq!(outcome(&world)["outcome"], "created");
    // Only the task: nothing of the file is new.
    world.thru(&["tasks", "edit", "ADR-0001", "--title", "Rust it is"]).assert_success();
    assert_eq!(outcome(&world)["outcome"], "unchanged");
    // Both: the title stays as the person has it, the status is the file's.
    record(&world, "0001-use-rust.md", "1. Use stable Rust", "Accepted");
    let both = outcome(&world);
    assert_eq!((&both["title"], &both["status"]), (&value!("Rust it is"), &value!("completed")));
    assert_eq!(both["kept"], value!(["title"]));
    // Told once.
    assert_eq!(outcome(&world)["outcome"], "unchanged");
}

#[test]
fn undo_of_an_import_brings_the_imprint_back() {
    let world = project();
    record(&world, "0001-use-rust.md", "1. Use Rust", "Proposed");
    world.thru(&["adr", "import"]).assert_success();
    record(&world, "0001-use-rust.md", "1. Use Rust", "Accepted");
    world.thru(&["adr", "import"]).assert_success();
    assert_eq!(listed(&world), [row("ADR-0001", "same", "completed")]);
    world.thru(&["undo"]).assert_success();
    assert_eq!(listed(&world), [row("ADR-0001", "changed", "pending")]);
    assert_eq!(outcome(&world)["outcome"], "updated");
    assert_eq!(listed(&world), [row("ADR-0001", "same", "completed")]);
}

#[test]
fn a_link_holds_both_ways() {
    let world = project();
    record(&world, "0007-use-rust.md", "7. Use Rust", "Accepted");
    world.thru(&["adr", "import"]).assert_success();
    let decision = text(&json(&world, &["tasks", "show", "ADR-0007"])["id"]);
    for (at, name) in ["7", "0007", "ADR-7", "ADR-0007", "docs/adr/0007-use-rust.md", &decision]
        .into_iter()
        .enumerate()
    {
        let task = text(&json(&world, &["tasks", "add", &format!("Task {at}")])["id"]);
        let linked = json(&world, &["adr", "link", name, &task, &task]);
        assert_eq!(
            (&linked["changed"], &linked["tasks"]),
            (&value!(true), &value!([task])),
            "{name}"
        );
        assert_eq!(json(&world, &["tasks", "show", &task])["related"], value!([decision]));
        assert_eq!(json(&world, &["adr", "link", name, &task])["changed"], false);
    }
    let related = json(&world, &["adr", "list"])["records"][0]["related"].clone();
    assert_eq!(related.as_array().map(Vec::len), Some(6), "{related}");
    let itself = world.thru(&["adr", "link", "7", "ADR-0007"]);
    assert_eq!(itself.code, Some(3), "{}", itself.screen());
    let unknown = world.thru(&["adr", "link", "8", "ADR-0007"]);
    assert_eq!(unknown.code, Some(1), "{}", unknown.screen());
}
