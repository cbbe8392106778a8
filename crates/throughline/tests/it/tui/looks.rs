//! Each screen as it is seen, small and large.

use std::path::PathBuf;

use throughline_testkit::{Key, Pane};

use super::{LARGE, SMALL, busy, screens};
use crate::bystanders::{changed, picture};
use crate::project;

/// Goes through all screens; each by its name as it was seen.
fn tour(pane: &mut Pane) -> Vec<(&'static str, String)> {
    let mut seen = Vec::new();
    let mut look = |name, pane: &Pane| seen.push((name, pane.screen()));
    look("now", pane.sees("Choose a licence").sees("Last session"));
    look("keys", pane.types("?").sees("draw anew"));
    pane.press(Key::Escape).misses("draw anew");
    look("tasks", pane.types("2").sees("Without a milestone"));
    look("dependencies", pane.types("d").sees("Dependencies  above"));
    pane.press(Key::Escape).misses("Dependencies  above");
    look(
        "filter",
        pane.types("/").sees("Tasks with").types("numbers").sees("waits for t-").sees("3 of 3"),
    );
    pane.press(Key::Enter).sees("with \"numbers\"").types("l").sees("waits for:");
    look("link", pane.types("lic").sees("waits for: lic").misses("Benchmarks"));
    pane.press(Key::Escape).misses("waits for:").press(Key::Enter).misses("with \"numbers\"");
    look("task", pane);
    look("lines", pane.types("3").sees("You are on it."));
    look("sessions", pane.types("4").sees("Left to do"));
    look("turns", pane.press(Key::Enter).sees("Answered"));
    look("history", pane.types("5").sees("2026-11-21T05:00"));
    seen
}

#[test]
fn every_screen_at_two_sizes() {
    let world = busy();
    for (size, name) in [(SMALL, "small"), (LARGE, "large")] {
        let mut pane = screens(&world, size);
        for (screen, seen) in tour(&mut pane) {
            insta::assert_snapshot!(format!("{name}_{screen}"), world.without_paths(&seen));
        }
        pane.types("q");
        assert_eq!(pane.ends(), 0);
    }
}

#[test]
fn looking_leaves_git_and_the_agents_folder_alone() {
    let world = busy();
    let folders = [world.repo(), world.codex_home()];
    let before = folders.each_ref().map(|folder| picture(folder));
    let mut pane = screens(&world, SMALL);
    tour(&mut pane);
    pane.types("q").ends();
    for (folder, before) in folders.iter().zip(&before) {
        assert_eq!(changed(before, &picture(folder)), Vec::<PathBuf>::new());
    }
}

#[test]
fn an_empty_project_says_what_to_do() {
    let world = project();
    let mut pane = screens(&world, SMALL);
    pane.sees("no tasks yet: press n");
    pane.types("2").sees("Open tasks").sees("no tasks yet: press n");
    pane.types("4").sees("no session yet: `thru setup codex` connects Codex");
    pane.types("1").sees("Next").types("n").sees("New task:").types("The first").press(Key::Enter);
    pane.sees("is new").sees("The first").misses("no tasks yet");
}
