//! Acknowledged changes that git took out of the state file. In local mode git has no hold of it.

use super::script::{After, Mode, Row, check, check_in, kinds, look, play, remembered, row};
use crate::tasks;

const PUBLISHED: &str = "thru tasks add Kept\nthru publish";
const COMMITTED: &str = "thru tasks add Kept\nthru publish\ncommit state";

#[rustfmt::skip]
const LOST: [Row; 4] = [
    row("a hard reset", [PUBLISHED, "reset -q --hard"], "lost_changes", "ask"),
    row("a stash", [PUBLISHED, "stash -q"], "lost_changes", "ask"),
    row("a forced checkout", [PUBLISHED, "checkout -q -f"], "lost_changes", "ask"),
    row("a reset behind the commit", [COMMITTED, "reset -q --hard HEAD~1"], "lost_changes rewound", "ask ask"),
];

#[test]
fn what_git_takes_away_is_asked_about() {
    check_in(&[Mode::Shared], &LOST.map(|row| row.after(After::Asked)));
}

#[test]
fn what_git_gives_back_is_not() {
    check(&[row(
        "a stash, popped",
        ["thru tasks add Kept", "thru fold\nsh git stash -q || true"],
        "",
        "",
    )]);
    check_in(
        &[Mode::Shared],
        &[row(
            "a stash of published changes, popped",
            [PUBLISHED, "stash -q\nstash pop -q"],
            "",
            "",
        )],
    );
}

#[test]
fn lost_changes_are_made_again_or_let_go() {
    for (answer, titles) in [("--restore", vec!["Kept"]), ("--ignore", vec![])] {
        let world = remembered(Mode::Shared);
        play(&world, PUBLISHED);
        play(&world, "reset -q --hard");
        assert_eq!(kinds(&look(&world, "repo")["drift"]), "lost_changes", "{answer}");
        world.thru(&["cache", "reconcile", answer]).assert_success();
        let left: Vec<String> = tasks(&world).into_iter().map(|(title, _)| title).collect();
        assert_eq!(left, titles, "{answer}");
        let after = look(&world, "repo");
        assert_eq!(kinds(&after["drift"]), "", "{answer}: {after}");
        assert!(after["open"].is_null(), "{answer}: {after}");
    }
}

#[test]
fn a_question_beside_it_stays_open() {
    let world = remembered(Mode::Shared);
    play(&world, COMMITTED);
    look(&world, "repo");
    play(&world, "reset -q --hard HEAD~1");
    assert_eq!(kinds(&look(&world, "repo")["drift"]), "lost_changes rewound");
    world.thru(&["cache", "reconcile", "--restore"]).assert_success();
    assert_eq!(kinds(&look(&world, "repo")["open"]["drift"]), "rewound");
    world.thru(&["cache", "reconcile", "--ignore"]).assert_success();
    assert!(look(&world, "repo")["open"].is_null());
}

/// A reset moves files before it moves HEAD: who looks in between sees a part.
#[test]
fn a_question_grows_with_what_it_is_about() {
    let world = remembered(Mode::Shared);
    play(&world, COMMITTED);
    look(&world, "repo");
    play(&world, "checkout -q HEAD~1 -- .throughline/project_state.json");
    assert_eq!(kinds(&look(&world, "repo")["drift"]), "lost_changes");
    assert_eq!(kinds(&look(&world, "repo")["open"]["drift"]), "lost_changes");
    play(&world, "reset -q --hard HEAD~1");
    assert_eq!(kinds(&look(&world, "repo")["drift"]), "lost_changes rewound");
    assert_eq!(kinds(&look(&world, "repo")["open"]["drift"]), "lost_changes rewound");
    world.thru(&["cache", "reconcile", "--restore"]).assert_success();
    assert_eq!(kinds(&look(&world, "repo")["open"]["drift"]), "rewound");
}
