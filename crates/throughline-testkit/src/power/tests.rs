//! The model against programs whose behaviour at a power cut is known.

use super::*;
use crate::strace::{Children, Strace};
use crate::world::World;

/// Runs a script in an empty state folder and asks what may be in `f` once it had answered.
fn possible(script: &str) -> Option<BTreeSet<Option<String>>> {
    let strace = Strace::required()?;
    let world = World::plain().with_binary("/bin/sh");
    std::fs::write(world.state().join("f"), "old").expect("write");
    let before = world.picture();
    let run = |world: &World| world.thru_in(world.state(), &["-ec", script]);
    let trace = world.trace(&strace, Children::Follow, run);
    assert!(trace.ran.is_success(), "{}", trace.ran.screen());
    let all = images(&trace, &before, world.root(), Syncs::Kept, /*most*/ 1000);
    let said = all.iter().filter(|image| image.acknowledged);
    let text = |image: &Image| {
        let bytes = image.picture.file(Path::new("state/f"))?;
        Some(String::from_utf8_lossy(bytes).replace('\0', "0"))
    };
    Some(said.map(text).collect())
}

fn texts(all: &[&str]) -> BTreeSet<Option<String>> {
    all.iter().map(|text| Some((*text).to_owned())).collect()
}

#[test]
fn a_replacement_is_as_sure_as_its_syncs() {
    let write = "printf new | tee t >/dev/null";
    let cases = [
        (format!("{write}; sync t; mv t f; sync .; echo done"), &["new"][..]),
        (format!("{write}; sync t; mv t f; echo done"), &["old", "new"]),
        (format!("{write}; mv t f; sync .; echo done"), &["", "n", "ne", "000", "new"]),
        (format!("{write}; mv t f; echo done"), &["old", "", "n", "ne", "000", "new"]),
    ];
    for (script, expected) in cases {
        let Some(found) = possible(&script) else { return };
        assert_eq!(found, texts(expected), "{script}");
    }
}

#[test]
fn an_append_is_sure_with_one_sync_and_torn_without() {
    let append = "printf +new | tee -a f >/dev/null";
    let Some(synced) = possible(&format!("{append}; sync -d f; echo done")) else { return };
    assert_eq!(synced, texts(&["old+new"]));
    let Some(open) = possible(&format!("{append}; echo done")) else { return };
    assert_eq!(open, texts(&["old", "old+", "old+n", "old+ne", "old0000", "old+new"]));
}

#[test]
fn a_new_folder_needs_a_sync_of_the_one_around_it() {
    let script = "mkdir d; mv f g; printf x | tee d/t >/dev/null; sync d/t d; echo done";
    let Some(found) = possible(script) else { return };
    assert_eq!(found, [None, Some("old".to_owned())].into());
}

#[test]
fn too_many_combinations_are_sampled_with_their_extremes() {
    let all = choices(&[2, 3], /*most*/ 6);
    assert_eq!(BTreeSet::from_iter(&all).len(), 6);
    let questions = [4; 30];
    let some = choices(&questions, /*most*/ 500);
    assert_eq!((some.len(), &some[0], &some[1]), (500, &vec![0; 30], &vec![3; 30]));
    assert_eq!(some, choices(&questions, /*most*/ 500));
    assert!(some.iter().all(|one| one.iter().all(|answer| *answer < 4)));
}
