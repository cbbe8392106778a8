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
    // A fold that a hook started may be at work there still.
    let folder = project_folder(&world);
    let gone = (0..1_000).any(|_| std::fs::remove_dir_all(&folder).is_ok() || !folder.exists());
    assert!(gone, "{} stays", folder.display());
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
        assert!(pane.is_cooked(), "{signal}: keys are lines again");
    }
}

#[test]
fn the_terminal_is_given_back_by_a_part_that_breaks() {
    let world = project();
    for (part, says) in
        [("screens", "the screens broke"), ("source", "the thread that reads ended")]
    {
        let mut pane = Pane::open(&world, &["tui"], SMALL, &[("THRU_TEST_BREAK", part)]);
        assert_eq!(pane.ends(), 1, "{part}");
        let sent = String::from_utf8_lossy(&pane.sent()).into_owned();
        let left = sent.rfind("\x1b[?1049l").expect("the other screen is left");
        let entered = sent.rfind("\x1b[?1049h").expect("it was entered");
        let (shown, after) = (sent.rfind("\x1b[?25h"), &sent[left..]);
        assert!(entered < left && shown > sent.rfind("\x1b[?25l"), "{part}: {sent:?}");
        assert!(after.contains(says), "{part}: {after:?}");
        assert!(
            sent.contains("a test broke this") && sent.contains("src/lib.rs"),
            "{part}: {sent:?}"
        );
        assert!(pane.is_cooked(), "{part}: keys are lines again");
    }
}

#[expect(clippy::disallowed_methods, reason = "tests start programs themselves")]
fn kill(pane: &Pane, signal: &str) {
    let killed = Command::new("kill").args(["-s", signal, &pane.process().to_string()]).status();
    assert!(killed.expect("kill starts").success());
}

#[test]
fn a_screen_that_somebody_wrote_over_is_drawn_anew() {
    let world = busy();
    let mut pane = screens(&world, SMALL);
    pane.sees("Choose a licence");
    for redraw in ["key", "signal"] {
        let frames = pane.frames().0;
        let sent = pane.sent().len();
        match redraw {
            "key" => drop(pane.types("\x0c")),
            _signal => kill(&pane, "CONT"),
        }
        let all = |pane: &Pane| {
            let new = String::from_utf8_lossy(&pane.sent()[sent..]).into_owned();
            new.contains("Choose") && new.contains("licence") && pane.frames().0 > frames
        };
        pane.waits_for(redraw, all);
    }
}

#[test]
fn what_others_wrote_commands_no_terminal() {
    let world = project();
    let title = "left\u{9b}31m\u{202e}\u{200b}right";
    world.thru(&["tasks", "add", title]).assert_success();
    world.git_args(&["switch", "--quiet", "--create", "b\u{9b}31m\u{202e}txt"]);
    let mut pane = screens(&world, SMALL);
    pane.sees("left").sees("is a new branch").types("2").sees("Open tasks").types("e");
    pane.sees("Title of").types("\u{202e}").press(Key::Enter).misses("Title of");
    pane.types("3").sees("You are on it.").types("5").sees("line begins");
    let sent = String::from_utf8_lossy(&pane.sent()).into_owned();
    for bad in ['\u{9b}', '\u{202e}', '\u{200b}'] {
        assert!(!sent.contains(bad), "{bad:?}");
    }
}

/// The same numbers each time (Knuth's MMIX generator).
fn dice(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).expect("31 bits")
}

#[test]
fn no_keys_and_sizes_in_any_order_break_it() {
    const KEYS: [&str; 40] = [
        "1",
        "2",
        "3",
        "4",
        "5",
        "j",
        "k",
        "g",
        "G",
        "\r",
        "\r",
        "\x1b",
        "\x1b",
        "/",
        "?",
        "a",
        "h",
        " ",
        "d",
        "l",
        "n",
        "e",
        "c",
        "s",
        "r",
        "u",
        "y",
        "f",
        "i",
        "x",
        "\t",
        "\x1b[A",
        "\x1b[B",
        "\x1b[C",
        "\x1b[D",
        "\x1b[5~",
        "\x1b[6~",
        "\x7f",
        "\u{e9}",
        "\x1b[<64;9;9M",
    ];
    let world = busy();
    world.branch("feature");
    let mut pane = screens(&world, SMALL);
    pane.sees("feature is a new branch");
    let mut state = 7;
    for round in 0..30 {
        let column = u16::try_from(dice(&mut state) % 200).expect("small");
        let row = u16::try_from(dice(&mut state) % 60).expect("small");
        for _ in 0..25 {
            pane.types(KEYS[dice(&mut state) % KEYS.len()]);
        }
        pane.clicks(column, row).resizes(Size(column + 1, row + 1));
        assert!(!pane.sent().windows(8).any(|sent| sent == b"panicked"), "round {round}");
    }
    kill(&pane, "TERM");
    assert_eq!(pane.ends(), 0);
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
