//! Milestones and snapshots, from the first plan to what was reached.

use serde_json::json as value;

use crate::{json, project, text};

#[test]
fn a_milestone_from_plan_to_reached() {
    let world = project();
    let mut screen = String::new();
    for arguments in [
        "milestones add Beta --due 2027-01-31",
        "milestones add Beta",
        "milestones add Later --due soon",
        "tasks add Parse --ref P-1 --milestone Beta",
        "tasks add Lex --ref L-1 --milestone Beta",
        "milestones list",
        "tasks complete P-1",
        "milestones reach Beta",
        "milestones reach Beta --force",
        "milestones reach Beta --force",
        "milestones drop Beta",
        "milestones list",
        "milestones list --all",
        "snapshot",
    ] {
        screen.push_str(&world.run(arguments));
        screen.push('\n');
    }
    insta::assert_snapshot!(screen, @r#"
    $ thru milestones add Beta --due 2027-01-31
    Added m-1eksj  Beta

    $ thru milestones add Beta
    [stderr]
    error: there is a milestone `Beta` already
    [exit 3]

    $ thru milestones add Later --due soon
    [stderr]
    error: `soon` is neither a day (2026-12-01) nor a time (RFC 3339)
    [exit 3]

    $ thru tasks add Parse --ref P-1 --milestone Beta
    Added t-tr755  Parse

    $ thru tasks add Lex --ref L-1 --milestone Beta
    Added t-0s6g7  Lex

    $ thru milestones list
    ○  m-1eksj  0/2 done  Beta  (due 2027-01-31T23:59:59Z)

    $ thru tasks complete P-1
    Completed t-tr755  Parse

    $ thru milestones reach Beta
    [stderr]
    error: m-1eksj can't be reached yet, still open: t-0s6g7 (--force)
    [exit 3]

    $ thru milestones reach Beta --force
    Reached m-1eksj  Beta
    [stderr]
    Still open: 1 task.

    $ thru milestones reach Beta --force
    Unchanged m-1eksj  Beta

    $ thru milestones drop Beta
    [stderr]
    error: m-1eksj is reached; what is reached can't be dropped
    [exit 3]

    $ thru milestones list
    [stderr]
    No such milestones on main.

    $ thru milestones list --all
    ●  m-1eksj  1/2 done  Beta  (due 2027-01-31T23:59:59Z)

    $ thru snapshot
    cab61b35f  2026-11-21T05:00:09Z  Beta  (milestone reached)
    "#);
}

#[test]
fn showing_names_what_made_it() {
    let world = project();
    let added = json(&world, &["tasks", "add", "Parse", "--ref", "P-1", "--milestone", "Beta"]);
    world.thru(&["tasks", "complete", "P-1"]).assert_success();
    let head = world.head();
    world.thru(&["milestones", "reach", "Beta"]).assert_success();
    let shown = json(&world, &["milestones", "show", "Beta"]);
    assert_eq!(shown["status"], "reached");
    assert_eq!(shown["progress"], value!({ "completed": 1, "open": 0, "cancelled": 0 }));
    assert_eq!(shown["commits"], value!([{ "commit": head, "tasks": [added["id"]] }]));
    assert_eq!(shown["snapshots"][0]["commit"], value!(head));
    // One unit: undo takes milestone and snapshot back together.
    world.thru(&["undo"]).assert_success();
    let shown = json(&world, &["milestones", "show", "Beta"]);
    assert_eq!((text(&shown["status"]).as_str(), &shown["snapshots"]), ("open", &value!([])));
}

#[test]
fn a_milestone_is_named_by_id_or_title() {
    let world = project();
    let made = json(&world, &["milestones", "add", "The  beta"]);
    let id = text(&made["id"]);
    for name in ["The beta", " The  beta ", &id] {
        let task = json(&world, &["tasks", "add", "One", "--milestone", name]);
        assert_eq!(task["milestone"], id.as_str(), "{name:?}");
    }
    let due = ["milestones", "edit", &id, "--title", "Beta", "--due", "2027-01-31T12:00:00Z"];
    let edited = json(&world, &due);
    assert_eq!(
        (&edited["title"], &edited["due"]),
        (&value!("Beta"), &value!("2027-01-31T12:00:00Z"))
    );
    let cleared = json(&world, &["milestones", "edit", "Beta", "--due", ""]);
    assert!(cleared.get("due").is_none() && cleared["changed"] == true, "{cleared}");
    world.thru(&["milestones", "add", "Other"]).assert_success();
    let taken = world.thru(&["milestones", "edit", "Other", "--title", "Beta"]);
    assert_eq!(taken.code, Some(3), "{}", taken.screen());
    assert_eq!(json(&world, &["milestones", "list"])["milestones"][0]["title"], "Beta");
}

#[test]
fn a_snapshot_keeps_its_name() {
    let world = project();
    let first = json(&world, &["snapshot", "before the rewrite", "--reason", "in case"]);
    assert_eq!(first["commit"], world.head().as_str());
    world.commit("more");
    let refused = world.thru(&["snapshot", "before the rewrite"]);
    assert_eq!(refused.code, Some(3), "{}", refused.screen());
    let forced = json(&world, &["snapshot", "before the rewrite", "--force"]);
    assert_eq!(forced["commit"], world.head().as_str());
    assert_eq!(forced["replaced"], first["commit"]);
    world.thru(&["milestones", "add", "Beta"]).assert_success();
    world.thru(&["milestones", "reach", "Beta"]).assert_success();
    let of_milestone = world.thru(&["snapshot", "Beta", "--force"]);
    assert_eq!(of_milestone.code, Some(3), "{}", of_milestone.screen());
    let listed = json(&world, &["snapshot"]);
    assert_eq!(listed["snapshots"].as_array().map(Vec::len), Some(2), "{listed}");
}

#[test]
fn without_a_commit_there_is_no_snapshot() {
    let world = throughline_testkit::World::unborn().with_binary(env!("CARGO_BIN_EXE_thru"));
    world.thru(&["init"]).assert_success();
    let refused = world.thru(&["snapshot", "nothing"]);
    assert_eq!(refused.code, Some(3), "{}", refused.screen());
    world.thru(&["milestones", "add", "Beta"]).assert_success();
    world.thru(&["milestones", "reach", "Beta"]).assert_success();
    assert_eq!(json(&world, &["snapshot"]), value!({ "snapshots": [] }));
}
