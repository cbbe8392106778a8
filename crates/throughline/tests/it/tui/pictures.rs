//! The pictures of the README and the book: real screens, in colour. `THRU_UPDATE_DOCS=1` draws them anew.

use throughline_testkit::pane::svg;
use throughline_testkit::{Pane, Size, World};

use super::{busy, screens};
use crate::docs::assert_current;

/// Wide enough for a sentence, and small enough to be read on a page.
const SIZE: Size = Size(100, 27);

fn assert_picture(name: &str, world: &World, pane: &Pane, title: &str) {
    let picture = world.without_paths(&svg(&pane.sent(), SIZE, title));
    assert_current(&format!("docs/pictures/{name}.svg"), &picture);
}

/// What a command says on a terminal.
fn said(world: &World, words: &[&str]) -> Pane {
    let mut pane = Pane::open(world, words, SIZE, &[]);
    assert_eq!(pane.ends(), 0);
    pane
}

#[test]
fn the_pictures_are_current() {
    let world = busy();
    world.thru(&["publish"]).assert_success();
    world.git("add -A");
    world.commit("lexer");
    world.thru(&["fold"]).assert_success();
    let mut pane = screens(&world, SIZE);
    pane.sees("Choose a licence").types("2").sees("Without a milestone").sees("2 of 10");
    for row in 3..=5 {
        pane.types("j").sees(&format!("{row} of 10"));
    }
    assert_picture("tasks", &world, &pane, "thru");
    pane.types("q").ends();
    world.git("reset --quiet --hard HEAD~1");
    let mut pane = screens(&world, SIZE);
    pane.sees("Choose a licence").sees("Last session").sees("fast-forward");
    assert_picture("now", &world, &pane, "thru");
    pane.types("q").ends();
    assert_picture("next", &world, &said(&world, &["next"]), "thru next");
}
