//! What people and scripts see.

use serde_json::json as value;

use crate::{json, project};

#[test]
fn the_first_minutes() {
    let world = project();
    let mut screen = String::new();
    for arguments in [
        "tasks add Parse --ref P-1",
        "tasks add Lex --priority 0",
        "tasks link P-1 --depends-on P-1",
        "next",
        "tasks complete nothing",
        "publish",
    ] {
        screen.push_str(&world.run(arguments));
        screen.push('\n');
    }
    insta::assert_snapshot!(screen);
}

#[test]
fn what_scripts_rely_on() {
    let world = project();
    let first = json(&world, &["tasks", "add", "First", "--ref", "F-1", "--kind", "bug"]);
    let id = first["id"].as_str().expect("id");
    json(&world, &["tasks", "add", "Second", "--depends-on", "F-1"]);
    let listed = json(&world, &["tasks", "list", "--blocked"]);
    let second = &listed["tasks"][0];
    assert_eq!(second["depends_on"], value!([id]));
    for member in ["id", "title", "status", "kind", "priority", "parent", "depends_on", "ref"] {
        assert!(second.get(member).is_some(), "{member} is missing: {second}");
    }
    let next = json(&world, &["next", "-n", "5"]);
    assert_eq!(next["next"][0]["id"], id);
    assert!(next["next"][0]["why"].as_array().is_some_and(|why| !why.is_empty()));
    let refused = world.thru(&["tasks", "complete", second["id"].as_str().expect("id")]);
    assert_eq!(refused.code, Some(3), "{}", refused.screen());
    let usage = world.thru(&["tasks", "add"]);
    assert_eq!(usage.code, Some(2), "{}", usage.screen());
}

#[test]
fn export_is_the_inverse_of_import() {
    let world = project();
    let text = concat!(
        "{\"title\":\"B\",\"depends_on\":[\"A-1\"],\"milestone\":\"0.1\"}\n",
        "{\"title\":\"A\",\"ref\":\"A-1\",\"priority\":1,\"labels\":[\"x\"]}\n",
    );
    world.thru_with_input(&["tasks", "import", "-"], text).assert_success();
    let exported = world.thru(&["tasks", "export"]).assert_success().stdout;
    world.thru(&["undo"]).assert_success();
    assert_eq!(world.thru(&["tasks", "export"]).assert_success().stdout, "");
    world.thru_with_input(&["tasks", "import", "-"], &exported).assert_success();
    assert_eq!(world.thru(&["tasks", "export"]).assert_success().stdout, exported);
    let wrong = "{\"title\":\"A\"}\n{\"title\":\"B\",\"depends_on\":[\"nowhere\"]}\n";
    let refused = world.thru_with_input(&["tasks", "import", "-"], wrong);
    assert_eq!(refused.code, Some(3));
    assert!(refused.stderr.contains("line 2"), "{}", refused.stderr);
}

#[test]
fn the_demo_plays_the_main_job() {
    let world = project();
    let report = json(&world, &["demo"]);
    let scenes = report["scenes"].as_array().expect("scenes");
    let shown = |at: usize| scenes[at]["shown"].as_str().expect("text");
    assert!(shown(2).contains("Write tests") && shown(2).contains("greet.py"), "{}", shown(2));
    assert!(
        shown(3).contains("two-languages is a new branch that starts from main"),
        "{}",
        shown(3)
    );
    for expected in ["Greet in two languages", "[>] Write tests", "The greeting is friendly now."] {
        assert!(shown(4).contains(expected), "{expected:?} is missing in {}", shown(4));
    }
}
