//! What the user says of conversations, from the first name to a file that was broken by hand.

use std::fs;
use std::path::PathBuf;
use std::thread;

use serde_json::{Value, json as value};
use throughline_testkit::World;

use crate::rollouts::{Rollout, id};
use crate::{bare_world, json, text};

fn world_of(count: u32) -> World {
    let world = bare_world();
    for number in 1..=count {
        let prompt = format!("Wish number {number}");
        Rollout::new(&world, number).turn(&prompt, "It is done.").write(&world);
    }
    // A query on a busy machine would answer before it has read them all.
    json(&world, &["index", "run"]);
    world
}

fn listed(world: &World, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["threads", "list"], arguments].concat();
    let listed = json(world, &arguments);
    let threads = listed["threads"].as_array().expect("threads");
    threads.iter().map(|thread| text(&thread["title"])).collect()
}

fn found(world: &World, arguments: &[&str]) -> Value {
    json(world, &[&["threads", "search"], arguments].concat())
}

fn overlay(world: &World) -> PathBuf {
    world.state().join("threads.json")
}

#[test]
fn names_marks_and_facts_lie_over_the_transcripts() {
    let world = world_of(3);
    let before = transcripts(&world);
    let first = id(1);
    let mut screen = String::new();
    for arguments in [
        format!("threads name {first} 'The parser'"),
        format!("threads name {first} ''"),
        format!("threads set {first} --branch dev --no-commit --memory disabled"),
        format!("threads set {first} --branch dev"),
        format!("threads set {first} --commit main"),
        format!("threads set {first}"),
        format!("threads archive {}", id(2)),
        format!("threads forget {}", id(3)),
        "threads list".to_owned(),
        "threads list --archived".to_owned(),
        "threads list --forgotten".to_owned(),
        format!("threads show {}", id(3)),
        "threads name 77 x".to_owned(),
    ] {
        screen.push_str(&world.run(&arguments));
        screen.push('\n');
    }
    insta::assert_snapshot!(screen, @r##"
    $ thru threads name 0199a001-0000-7000-8000-000000000001 'The parser'
    Marked 0199a001-0000  The parser  (on main, at 111111111)

    $ thru threads name 0199a001-0000-7000-8000-000000000001 ''
    [stderr]
    error: name can't be empty (`thru threads set --no-name` clears it)
    [exit 3]

    $ thru threads set 0199a001-0000-7000-8000-000000000001 --branch dev --no-commit --memory disabled
    Marked 0199a001-0000  The parser  (on dev, memory disabled)

    $ thru threads set 0199a001-0000-7000-8000-000000000001 --branch dev
    Unchanged 0199a001-0000  The parser  (on dev, memory disabled)

    $ thru threads set 0199a001-0000-7000-8000-000000000001 --commit main
    [stderr]
    error: `main` is no commit: 7 to 64 hexadecimal digits
    [exit 3]

    $ thru threads set 0199a001-0000-7000-8000-000000000001
    [stderr]
    error: nothing to set: name at least one of the options
    [exit 2]

    $ thru threads archive 0199a002-0000-7000-8000-000000000002
    Marked 0199a002-0000  Wish number 2  (on main, at 111111111, archived)

    $ thru threads forget 0199a003-0000-7000-8000-000000000003
    Marked 0199a003-0000  Wish number 3  (on main, at 111111111, forgotten)
    [stderr]
    hint: its transcript stays where it is; `codex delete 0199a003-0000-7000-8000-000000000003` deletes that

    $ thru threads list
    0199a001-0000  2026-11-20 10:01  dev  1 turn  The parser
    [stderr]
    hint: 1 archived: --archived

    $ thru threads list --archived
    0199a002-0000  2026-11-20 10:02  main  1 turn archived  Wish number 2

    $ thru threads list --forgotten
    0199a003-0000  2026-11-20 10:03  main  1 turn  Wish number 3

    $ thru threads show 0199a003-0000-7000-8000-000000000003
    [stderr]
    error: 0199a003-0000-7000-8000-000000000003 is forgotten: `thru threads forget 0199a003-0000-7000-8000-000000000003 --undo` brings it back
    [exit 3]

    $ thru threads name 77 x
    [stderr]
    error: there is no thread `77`
    [exit 1]
    "##);
    insta::assert_snapshot!(fs::read_to_string(overlay(&world)).expect("the overlay"), @r##"
    {
      "version": 1,
      "threads": {
        "0199a001-0000-7000-8000-000000000001": {
          "branch": "dev",
          "commit": null,
          "memory": "disabled",
          "name": "The parser"
        },
        "0199a002-0000-7000-8000-000000000002": {
          "archived_at": "2026-11-21T05:00:07Z"
        },
        "0199a003-0000-7000-8000-000000000003": {
          "forgotten_at": "2026-11-21T05:00:08Z"
        }
      }
    }
    "##);
    assert_eq!(transcripts(&world), before, "transcripts are never written");
}

fn transcripts(world: &World) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = world.codex_home().join("sessions/2026/11/20");
    let mut paths: Vec<_> = fs::read_dir(folder).expect("sessions").flatten().collect();
    paths.sort_by_key(fs::DirEntry::path);
    let read = |entry: fs::DirEntry| (entry.path(), fs::read(entry.path()).expect("a transcript"));
    paths.into_iter().map(read).collect()
}

#[test]
fn filters_search_and_tree_see_what_the_user_said() {
    let world = world_of(2);
    let spawned = Rollout::new(&world, 3).meta("parent_thread_id", value!(id(2)));
    spawned.turn("A part of it", "Done.").write(&world);
    json(&world, &["index", "run"]);
    let said = ["--branch", "dev", "--commit", "2222222222", "--name", "The parser"];
    json(&world, &[&["threads", "set", &id(1)], &said[..]].concat());
    assert_eq!(listed(&world, &["--line", "dev"]), ["The parser"]);
    assert_eq!(listed(&world, &["--line", "main"]), ["A part of it", "Wish number 2"]);
    assert_eq!(listed(&world, &["--commit", "2222222"]), ["The parser"]);
    assert_eq!(listed(&world, &["--name", "PARSE"]), ["The parser"]);
    let hits = found(&world, &["wish", "branch:dev"]);
    assert_eq!(hits["hits"][0]["title"], "The parser");
    let shown = json(&world, &["threads", "show", &id(1)]);
    assert_eq!(shown["thread"]["branch"], "dev");
    // A transcript that is read again, and an index that is made anew, take nothing of it away.
    let longer = Rollout::new(&world, 1).turn("Wish number 1", "It is done.").turn("More", "Yes.");
    longer.write(&world);
    json(&world, &["index", "rebuild"]);
    assert_eq!(listed(&world, &["--line", "dev"]), ["The parser"]);
    json(&world, &["threads", "set", &id(1), "--as-read", "--no-name"]);
    let shown = json(&world, &["threads", "show", &id(1)]);
    assert_eq!(
        (&shown["thread"]["branch"], &shown["thread"]["title"]),
        (&value!("main"), &value!("Wish number 1"))
    );
    // What a forgotten one spawned is still there.
    json(&world, &["threads", "forget", &id(2)]);
    let tree = json(&world, &["threads", "tree", &id(3)]);
    assert_eq!(tree["threads"].as_array().map(Vec::len), Some(1), "{tree}");
    assert_eq!(
        (&tree["threads"][0]["id"], &tree["threads"][0]["depth"]),
        (&value!(id(3)), &value!(0))
    );
    for regex in [&[][..], &["--regex"]] {
        let hits = found(&world, &[regex, &["number 2"]].concat());
        assert_eq!(hits["hits"], value!([]), "{regex:?}");
    }
    json(&world, &["threads", "forget", &id(2), "--undo"]);
    let hits = found(&world, &["number", "2"]);
    assert_eq!(hits["hits"][0]["thread"], value!(id(2)));
}

#[test]
fn pages_are_full_although_most_conversations_are_hidden() {
    let world = world_of(12);
    for number in [1, 2, 5, 6, 7, 8, 12] {
        let verb = if number % 2 == 0 { "archive" } else { "forget" };
        json(&world, &["threads", verb, &id(number)]);
    }
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let after = cursor.as_deref().map(|cursor| ["--cursor", cursor]);
        let paging = after.as_ref().map_or(&[][..], |after| &after[..]);
        let page = json(&world, &[&["threads", "list", "-n", "2"], paging].concat());
        let titles = page["threads"].as_array().expect("threads").iter();
        seen.push(titles.map(|thread| text(&thread["title"])).collect::<Vec<_>>());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    let wish = |number: u32| format!("Wish number {number}");
    assert_eq!(seen, [vec![wish(11), wish(10)], vec![wish(9), wish(4)], vec![wish(3)]]);
}

#[test]
fn what_codex_archived_counts_and_our_mark_does_not_take_it_out() {
    let world = world_of(1);
    let path = Rollout::new(&world, 1).path(&world);
    let archive = world.codex_home().join("archived_sessions");
    fs::create_dir_all(&archive).expect("a folder");
    fs::rename(&path, archive.join(path.file_name().expect("a name"))).expect("moved");
    json(&world, &["index", "run"]);
    let page = json(&world, &["threads", "list"]);
    assert_eq!((&page["threads"], &page["archived"]), (&value!([]), &value!(1)));
    let undone = json(&world, &["threads", "archive", &id(1), "--undo"]);
    assert_eq!(
        (&undone["changed"], &undone["thread"]["archived"]),
        (&value!(false), &value!(true))
    );
}

#[test]
fn a_broken_overlay_is_named_left_alone_and_stops_no_list() {
    let world = world_of(1);
    let newer = value!({ "version": 99, "threads": { id(1): { "name": "Named", "mood": "blue" } }, "x": 1 });
    for (bytes, exit, title) in [
        ("{\"version\": 1,\n \"threads\": {\"a\": 7}}".to_owned(), 6, "Wish number 1"),
        (newer.to_string(), 6, "Named"),
    ] {
        fs::create_dir_all(world.state()).expect("a folder");
        fs::write(overlay(&world), &bytes).expect("written");
        let page = json(&world, &["threads", "list"]);
        assert_eq!(page["threads"][0]["title"], title);
        let is_told = page["notes"][0].as_str().is_some_and(|note| note.contains("line 2"));
        assert_eq!(is_told, title != "Named", "{page}");
        let refused = world.thru(&["threads", "name", &id(1), "x"]);
        assert_eq!(refused.code, Some(exit), "{}", refused.screen());
        assert_eq!(fs::read_to_string(overlay(&world)).expect("the overlay"), bytes);
    }
    // What this version does not know stays.
    let known = newer.to_string().replace("\"version\":99", "\"version\":1");
    fs::write(overlay(&world), &known).expect("written");
    json(&world, &["threads", "name", &id(1), "Renamed"]);
    let kept: Value =
        serde_json::from_slice(&fs::read(overlay(&world)).expect("read")).expect("JSON");
    assert_eq!((&kept["x"], &kept["threads"][id(1)]["mood"]), (&value!(1), &value!("blue")));
    assert_eq!(kept["threads"][id(1)]["name"], "Renamed");
}

#[test]
fn of_many_who_write_at_once_nobody_is_lost() {
    let world = world_of(8);
    let caller = world.caller();
    thread::scope(|scope| {
        for number in 1..=8 {
            let caller = &caller;
            scope.spawn(move || {
                let name = format!("Name {number}");
                let ran = caller.thru(&["threads", "name", &id(number), &name]).output();
                assert!(ran.expect("it starts").status.success());
            });
        }
    });
    let mut names = listed(&world, &["--name", "Name"]);
    names.sort();
    assert_eq!(names, (1..=8).map(|number| format!("Name {number}")).collect::<Vec<_>>());
}

#[test]
fn options_of_a_search_may_come_after_its_words() {
    let world = world_of(2);
    let hits = found(&world, &["wish -2"]);
    assert_eq!(
        (hits["hits"].as_array().map(Vec::len), &hits["hits"][0]["thread"]),
        (Some(1), &value!(id(1)))
    );
    let ran = world.thru(&["threads", "search", "--json", "--", "wish", "-2"]);
    assert_eq!(ran.json(), hits);
}
