//! Forks that share the start of another transcript: shown as one conversation, page by page over the
//! seam, and what is gone is said.

use std::fs;

use serde_json::{Value, json as object};
use throughline_testkit::World;

use crate::rollouts::{Rollout, id};
use crate::{bare_world, json, text};

/// A fork of `origin` that shares the first bytes of its transcript.
fn fork(world: &World, number: u32, origin: u32, end: usize) -> Rollout {
    let base =
        object!({ "thread_id": id(origin), "end_ordinal_exclusive": 9, "end_byte_offset": end });
    Rollout::new(world, number).meta("forked_from_id", id(origin).into()).meta("history_base", base)
}

/// 1 has three turns; 2 shares two of them and has two more; 3 shares one of these and has one more.
fn forks() -> World {
    let world = bare_world();
    let first = Rollout::new(&world, 1).turn("one", "One.").turn("two", "Two.");
    let seam = first.text().len();
    first.turn("three", "Three.").write(&world);
    let second =
        fork(&world, 2, 1, seam).line("padding", object!({})).turn("other three", "Other.");
    let next = second.text().len();
    second.turn("other four", "Four.").write(&world);
    fork(&world, 3, 2, next)
        .line("a", object!({}))
        .line("b", object!({}))
        .turn("last", "Last.")
        .write(&world);
    world.thru(&["index", "run"]).assert_success();
    world
}

fn turns(world: &World, arguments: &[&str]) -> (Vec<Value>, Value) {
    let page = json(world, &[&["threads", "turns"], arguments].concat());
    (page["turns"].as_array().expect("turns").clone(), page["next"].clone())
}

fn prompts(turns: &[Value]) -> Vec<String> {
    turns.iter().map(|turn| text(&turn["items"][0]["text"])).collect()
}

#[test]
fn pages_of_any_length_are_the_whole_row_of_turns() {
    let world = forks();
    let cases: [(u32, &[&str]); 3] = [
        (1, &["one", "two", "three"]),
        (2, &["one", "two", "other three", "other four"]),
        (3, &["one", "two", "other three", "last"]),
    ];
    for (number, words) in cases {
        let thread = id(number);
        for direction in [&["--ascending"][..], &[]] {
            let (whole, next) = turns(&world, &[&[thread.as_str()][..], direction].concat());
            let mut expected: Vec<(usize, &str)> = (1..).zip(words.iter().copied()).collect();
            if direction.is_empty() {
                expected.reverse();
            }
            let numbers: Vec<_> = expected.iter().map(|(number, _)| object!(number)).collect();
            let words: Vec<_> = expected.iter().map(|(_, words)| *words).collect();
            assert_eq!(
                (prompts(&whole), &next),
                (words.iter().map(|w| w.to_string()).collect(), &Value::Null)
            );
            assert_eq!(whole.iter().map(|t| t["number"].clone()).collect::<Vec<_>>(), numbers);
            for length in 1..=3 {
                let (mut seen, mut after) = (Vec::new(), None::<String>);
                loop {
                    let length = length.to_string();
                    let from = after.as_ref().map(|after| ["--after", after.as_str()]);
                    let from: Vec<&str> = from.into_iter().flatten().collect();
                    let given = [&[thread.as_str(), "-n", &length], direction, &from].concat();
                    let (page, next) = turns(&world, &given);
                    seen.extend(page);
                    after = next.as_u64().map(|next| next.to_string());
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(seen, whole, "{number}, {length} a page, {direction:?}");
            }
        }
    }
}

#[test]
fn what_is_gone_or_forgotten_is_said_in_one_line() {
    let world = forks();
    let screen = |id: &str| {
        let screen = world.without_paths(&world.thru(&["threads", "show", id]).screen());
        let dated = screen.lines().filter(|line| !line.starts_with("transcript"));
        dated.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(screen(&id(3)), @r#"
    0199a003-0000-7000-8000-000000000003  2026-11-20 10:03 to 2026-11-20 10:03
    [WORLD]/repo on main  
    goes on from a copy of 0199a002-0000-7000-8000-000000000002
    0 tokens in (0 cached), 0 out (0 reasoning)
    1  2026-11-20 10:01, inherited from 0199a001-0000-7000-8000-000000000001
    > one
      One.
    2  2026-11-20 10:01, inherited from 0199a001-0000-7000-8000-000000000001
    > two
      Two.
    3  2026-11-20 10:02, inherited from 0199a002-0000-7000-8000-000000000002
    > other three
      Other.
    4  2026-11-20 10:03
    > last
      Last.
    "#);
    world.thru(&["threads", "forget", &id(2)]).assert_success();
    insta::assert_snapshot!(screen(&id(3)), @r#"
    0199a003-0000-7000-8000-000000000003  2026-11-20 10:03 to 2026-11-20 10:03
    [WORLD]/repo on main  
    goes on from a copy of 0199a002-0000-7000-8000-000000000002
    0 tokens in (0 cached), 0 out (0 reasoning)
    1  2026-11-20 10:03
    > last
      Last.
    [stderr]
    warning: it goes on from 0199a002-0000-7000-8000-000000000002, which is forgotten: turns of that are not shown
    "#);
    world.thru(&["threads", "forget", &id(2), "--undo"]).assert_success();
    fs::remove_file(Rollout::new(&world, 1).path(&world)).expect("removed");
    world.thru(&["index", "run"]).assert_success();
    insta::assert_snapshot!(screen(&id(3)), @r#"
    0199a003-0000-7000-8000-000000000003  2026-11-20 10:03 to 2026-11-20 10:03
    [WORLD]/repo on main  
    goes on from a copy of 0199a002-0000-7000-8000-000000000002
    0 tokens in (0 cached), 0 out (0 reasoning)
    1  2026-11-20 10:02, inherited from 0199a002-0000-7000-8000-000000000002
    > other three
      Other.
    2  2026-11-20 10:03
    > last
      Last.
    [stderr]
    warning: it goes on from 0199a001-0000-7000-8000-000000000001, whose transcript is gone: turns of that can't be shown
    "#);
    let hits = json(&world, &["threads", "search", "other"]);
    assert_eq!(hits["hits"].as_array().map(Vec::len), Some(2), "{hits}");
}

#[test]
fn a_turn_that_went_on_is_shown_up_to_the_seam() {
    let world = bare_world();
    let started = object!({ "type": "task_started", "turn_id": "t" });
    let of = |kind: &str, words: &str| {
        let item =
            object!({ "type": kind, "id": "i", "content": [{ "type": "text", "text": words }] });
        object!({ "type": "item_completed", "turn_id": "t", "item": item })
    };
    let open = Rollout::new(&world, 1)
        .line("event_msg", started)
        .line("event_msg", of("UserMessage", "one"));
    let seam = open.text().len();
    let ended = object!({ "type": "task_complete", "turn_id": "t" });
    open.line("event_msg", of("AgentMessage", "Later.")).line("event_msg", ended).write(&world);
    fork(&world, 2, 1, seam).turn("two", "Two.").write(&world);
    world.thru(&["index", "run"]).assert_success();
    let (turns, _) = turns(&world, &[&id(2), "--ascending", "--full"]);
    assert_eq!((turns.len(), &turns[0]["outcome"]), (2, &object!("open")), "{turns:#?}");
    assert_eq!(turns[0]["items"], object!([{ "kind": "prompt", "text": "one" }]));
    assert_eq!(
        (&turns[0]["inherited_from"], &turns[0]["ended_at"]),
        (&object!(id(1)), &Value::Null)
    );
}

#[test]
fn one_that_names_itself_or_a_circle_ends() {
    let world = bare_world();
    fork(&world, 1, 1, 9_000).turn("self", "Self.").write(&world);
    fork(&world, 2, 3, 9_000).turn("two", "Two.").write(&world);
    fork(&world, 3, 2, 9_000).turn("three", "Three.").write(&world);
    world.thru(&["index", "run"]).assert_success();
    for (number, expected) in
        [(1, vec!["self"]), (2, vec!["three", "two"]), (3, vec!["two", "three"])]
    {
        let (turns, _) = turns(&world, &[&id(number), "--ascending"]);
        assert_eq!(prompts(&turns), expected);
    }
}
