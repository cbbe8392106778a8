//! What may happen to screens: other windows, terminals, files and signals.

use std::process::Command;

use throughline_testkit::{Key, Pane, Size, World};

use super::{LARGE, SMALL, busy, project_folder, screens};
use crate::{bare_world, project};

const FILE: &str = ".throughline/project_state.json";

#[test]
fn a_state_file_that_turns_bad_is_told_and_what_was_good_stays() {
    let world = busy();
    world.thru(&["publish"]).assert_success();
    let good = world.read(FILE);
    let mut pane = screens(&world, SMALL);
    pane.sees("Choose a licence").types("2").sees("Without a milestone");
    world.write(FILE, good.replace("\"tasks\"", "<<<<<<< ours\n\"tasks\""));
    pane.sees("last good").sees("Benchmarks against the old parser");
    world.write(FILE, &good);
    pane.misses("last good").sees("Choose a licence");
    world.write(FILE, "");
    pane.sees("last good").sees("Benchmarks against the old parser");
}

#[test]
fn a_project_that_vanishes_is_told_and_what_was_read_stays() {
    let world = busy();
    let mut pane = screens(&world, SMALL);
    pane.sees("Choose a licence");
    std::fs::remove_dir_all(project_folder(&world)).expect("removed");
    pane.sees("! ").sees("Choose a licence");
    pane.types("q");
    assert_eq!(pane.ends(), 0);
}

#[test]
fn every_size_of_a_window_is_survived() {
    let world = busy();
    let mut pane = screens(&world, SMALL);
    pane.sees("Choose a licence").types("2").sees("Without a milestone");
    let before = pane.screen();
    for size in [Size(30, 5), Size(1, 1), Size(300, 2), Size(40, 8), Size(20, 100), LARGE] {
        pane.resizes(size);
        for key in ["1", "2", "3", "4", "?", "?", "5"] {
            pane.types(key);
        }
    }
    pane.sees("2026-11-21T05:00").resizes(SMALL).types("2");
    pane.waits("the screen as it was", |screen| {
        let lines: Vec<&str> = screen.lines().map(str::trim_end).collect();
        lines.join("\n") == before
    });
}

/// The parts of colour sequences that choose one of the 8 or of more colours.
fn colours(sent: &[u8]) -> usize {
    let text = String::from_utf8_lossy(sent);
    let sequences = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';')?;
        (rest[end..].starts_with('m')).then(|| rest[..end].to_owned())
    });
    let chooses = |number: &str| {
        matches!(number, "30" | "31" | "32" | "33" | "34" | "35" | "36" | "37" | "38" | "48")
    };
    sequences.filter(|sequence| sequence.split(';').any(chooses)).count()
}

#[test]
fn no_colour_and_no_more_than_ascii_where_that_is_asked_for() {
    let world = busy();
    let seen = |variables: &[(&str, &str)]| {
        let mut pane = Pane::open(&world, &["tui"], SMALL, variables);
        pane.sees("Choose a licence").types("2").sees("Without a milestone");
        (pane.screen(), colours(&pane.sent()))
    };
    let (usual, coloured) = seen(&[]);
    assert!(coloured > 0 && !usual.is_ascii(), "{usual}");
    let (plain, colours) = seen(&[("NO_COLOR", "1"), ("LC_ALL", "C")]);
    assert!(colours == 0 && plain.is_ascii(), "{plain}");
    insta::assert_snapshot!("plain_tasks", plain);
    assert_eq!(seen(&[("TERM", "dumb")]).1, 0);
    let sequences = |pane: &Pane, of: &str| String::from_utf8_lossy(&pane.sent()).contains(of);
    let mut light = Pane::open(&world, &["tui"], SMALL, &[("COLORFGBG", "0;15")]);
    light.sees("Choose a licence");
    assert!(sequences(&light, "48;5;254") && !sequences(&light, "48;5;237"));
}

#[test]
fn the_terminal_is_given_back() {
    let world = project();
    for signal in ["TERM", "HUP", "INT"] {
        let mut pane = screens(&world, SMALL);
        pane.sees("no tasks yet");
        kill(&pane, signal);
        assert_eq!(pane.ends(), 0, "{signal}");
        let sent = String::from_utf8_lossy(&pane.sent()).into_owned();
        let left = sent.rfind("\x1b[?1049l").expect("the other screen is left");
        assert!(sent[..left].contains("\x1b[?1049h") && sent.ends_with("\x1b[?25h"), "{signal}");
    }
}

#[expect(clippy::disallowed_methods, reason = "tests start programs themselves")]
fn kill(pane: &Pane, signal: &str) {
    let killed = Command::new("kill").args(["-s", signal, &pane.process().to_string()]).status();
    assert!(killed.expect("kill starts").success());
}

#[test]
fn the_mouse_selects_and_scrolls() {
    let world = busy();
    let mut pane = screens(&world, SMALL);
    pane.sees("Choose a licence").clicks(11, 0).sees("Without a milestone");
    pane.sees("2 of 10").clicks(20, 5).sees("3 of 10").scrolls().sees("6 of 10");
    pane.press(Key::Tab).sees("You are on it.");
}

#[test]
fn thru_alone_shows_the_screens_where_there_is_a_project_and_a_terminal() {
    let world = project();
    let alone =
        |world: &World, variables: &[(&str, &str)]| Pane::open(world, &[], SMALL, variables);
    alone(&world, &[]).sees("no tasks yet: press n");
    assert_eq!(alone(&world, &[("TERM", "dumb")]).ends(), 2);
    assert_eq!(alone(&bare_world(), &[]).ends(), 2);
    let piped = world.thru(&[]);
    assert_eq!(piped.code, Some(2), "{piped:?}");
    let refused = world.run("tui");
    insta::assert_snapshot!(refused, @r"
    $ thru tui
    [stderr]
    error: the terminal can't show screens: this is no terminal
    [exit 1]
    ");
    assert_eq!(Pane::open(&bare_world(), &["tui"], SMALL, &[]).ends(), 4);
}
