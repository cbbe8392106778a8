//! Evidence follows its commits, or says that they are gone; and what is told, is told once.

use serde_json::Value;
use throughline_testkit::{HookEvent, World};

use super::script::{MODES, kinds, look, play, remembered};
use crate::{json, text};

const FOUR: &str = "commit one\ncommit two";

/// What becomes of evidence at the third of four commits.
enum Becomes {
    /// It stands at this revision.
    At(&'static str),
    Orphaned,
}

#[test]
fn evidence_follows_its_commit_or_is_marked() {
    let todo =
        |edit: &str| format!("sh GIT_SEQUENCE_EDITOR=\"sed -i {edit}\" git rebase -q -i HEAD~3");
    let cases = [
        ("commits on top", "commit five".to_owned(), Becomes::At("HEAD~2")),
        ("amended", "sh git commit -q --amend -m other".to_owned(), Becomes::At("HEAD~1")),
        (
            "rebased",
            "switch -q -c side HEAD~3\ncommit aside\nswitch -q main\nrebase -q side".to_owned(),
            Becomes::At("HEAD~1"),
        ),
        ("squashed into the one before", todo("'2s/pick/squash/'"), Becomes::At("HEAD~1")),
        ("squashed with the one after", todo("'3s/pick/squash/'"), Becomes::At("HEAD")),
        ("another one dropped", todo("'1d'"), Becomes::At("HEAD~1")),
        ("dropped", todo("'2d'"), Becomes::Orphaned),
    ];
    for (mode, (name, script, becomes)) in
        MODES.into_iter().flat_map(|mode| cases.iter().map(move |case| (mode, case)))
    {
        let world = remembered(mode);
        play(&world, FOUR);
        world.commit("three");
        let id = text(&json(&world, &["tasks", "add", "Shown"])["id"]);
        world.thru(&["tasks", "complete", &id]).assert_success();
        let before = evidence(&world, &id);
        assert_eq!(before["commit"], world.head(), "{name} {mode:?}");
        world.commit("four");
        look(&world, "repo");
        play(&world, script);
        look(&world, "repo");
        let after = evidence(&world, &id);
        let orphans = json(&world, &["tasks", "list", "--orphaned"]);
        let orphans = orphans["tasks"].as_array().expect("tasks").len();
        match becomes {
            Becomes::At(revision) => {
                let expected = world.git(&format!("rev-parse {revision}"));
                assert_eq!(after["commit"], expected.trim_end(), "{name} {mode:?}");
                assert_eq!((&after["orphaned"], orphans), (&Value::Null, 0), "{name} {mode:?}");
            }
            Becomes::Orphaned => {
                assert_eq!(after["commit"], before["commit"], "{name} {mode:?}");
                assert_eq!(
                    (&after["orphaned"], orphans),
                    (&Value::Bool(true), 1),
                    "{name} {mode:?}"
                );
            }
        }
    }
}

fn evidence(world: &World, id: &str) -> Value {
    json(world, &["tasks", "show", id])["evidence"][0].clone()
}

#[test]
fn what_an_amended_commit_showed_the_new_one_shows() {
    for mode in MODES {
        let world = remembered(mode);
        world.commit("one");
        let id = text(&json(&world, &["tasks", "add", "Shown"])["id"]);
        world.thru(&["tasks", "complete", &id]).assert_success();
        play(&world, "sh echo more >more; git add more; git commit -q --amend -m one");
        look(&world, "repo");
        assert_eq!(evidence(&world, &id)["commit"], world.head(), "{mode:?}");
        assert_eq!(evidence(&world, &id)["orphaned"], Value::Null, "{mode:?}");
    }
}

#[test]
fn a_session_is_told_of_a_drift_once_and_the_log_has_its_outcome() {
    let cases = [
        ("switch -q -c feature", "branched"),
        ("commit two", "advanced"),
        ("sh git commit -q --amend -m other", "amended"),
        ("reset -q --hard HEAD~1", "rewound"),
        ("checkout -q --detach", "detached"),
    ];
    for (mode, (script, kind)) in MODES.into_iter().flat_map(|mode| cases.map(|case| (mode, case)))
    {
        let world = remembered(mode);
        world.commit("one");
        look(&world, "repo");
        say(&world, HookEvent::session_start("s1", "startup"));
        say(&world, HookEvent::user_prompt_submit("s1", "t1", "begin"));
        play(&world, script);
        let told = say(&world, HookEvent::user_prompt_submit("s1", "t2", "go on"));
        let message = text(&told["systemMessage"]);
        let context = text(&told["hookSpecificOutput"]["additionalContext"]);
        assert!(!message.is_empty(), "{kind} {mode:?}: {told}");
        assert!(context.contains(&message), "{kind} {mode:?}: {told}");
        look(&world, "repo");
        for turn in ["t3", "t4"] {
            let again = say(&world, HookEvent::user_prompt_submit("s1", turn, "go on"));
            assert_eq!(again["systemMessage"], Value::Null, "{kind} {mode:?}: {again}");
        }
        let log = json(&world, &["log", "--drift"]);
        let entries = log["log"].as_array().expect("log").iter();
        let bodies = entries.map(|entry| &entry["record"]["body"]);
        let told: Vec<_> = bodies
            .filter(|body| {
                kinds(&body["drift"]["drift"]) == kind || kinds(&body["reconcile"]["drift"]) == kind
            })
            .collect();
        let answered =
            |body: &&&Value| !body["reconcile"].is_null() || body["drift"]["asks"] == true;
        let holds = kind == "detached" && !told.is_empty();
        assert!(holds || told.iter().any(|body| answered(&body)), "{kind} {mode:?}: {log}");
    }
}

fn say(world: &World, event: HookEvent) -> Value {
    let ran = world.hook(event).assert_success();
    if ran.stdout.is_empty() { Value::Null } else { ran.json() }
}

#[test]
fn what_was_told_is_done_although_a_turn_ended_first() {
    for mode in MODES {
        let world = remembered(mode);
        world.commit("one");
        let id = text(&json(&world, &["tasks", "add", "Shown"])["id"]);
        world.thru(&["tasks", "complete", &id]).assert_success();
        say(&world, HookEvent::session_start("s1", "startup"));
        play(&world, "sh git commit -q --amend -m other");
        let amended = world.head();
        say(&world, HookEvent::user_prompt_submit("s1", "t1", "go on"));
        world.commit("the agent's own");
        say(&world, HookEvent::stop("s1", "t1", "done"));
        let status = look(&world, "repo");
        assert_eq!(kinds(&status["drift"]), "amended", "{mode:?}: {status}");
        assert_eq!(evidence(&world, &id)["commit"], amended, "{mode:?}");
        assert_eq!(kinds(&look(&world, "repo")["drift"]), "", "{mode:?}: once");
    }
}
