//! What changed in a worktree.

use std::time::Duration;

use throughline_model::head::{Changes, Dirty};

use crate::sandbox::Sandbox;

const LONG: Duration = Duration::from_secs(60);

fn dirty(s: &Sandbox) -> Dirty {
    let (repository, _) = s.discover("r");
    s.ask().worktree(&repository, LONG).dirty
}

fn changes(s: &Sandbox) -> Changes {
    match dirty(s) {
        Dirty::Changed(changes) => changes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_kind_of_change_is_counted() {
    let s = Sandbox::with_repository();
    s.commit("r", "b.txt", "b\n", "b");
    s.commit("r", "c d.txt", "c\n", "c");
    assert_eq!(dirty(&s), Dirty::Clean);
    s.write("r/a.txt", "staged\n");
    s.git("r", &["add", "a.txt"]);
    s.write("r/a.txt", "and more\n");
    s.git("r", &["mv", "b.txt", "moved.txt"]);
    std::fs::remove_file(s.path("r/c d.txt")).unwrap();
    s.write("r/new/x", "");
    s.write("r/new/y", "");
    let found = changes(&s);
    assert_eq!((found.staged, found.unstaged, found.untracked, found.unmerged), (3, 2, 1, 0));
    assert_eq!(found.paths, ["a.txt", "b.txt", "c d.txt", "moved.txt", "new/"]);
}

#[test]
fn a_conflict_is_no_ordinary_change() {
    let s = Sandbox::with_repository();
    s.git("r", &["switch", "-q", "-c", "side"]);
    s.commit("r", "a.txt", "side\n", "side");
    s.git("r", &["switch", "-q", "main"]);
    s.commit("r", "a.txt", "main\n", "main");
    s.try_git("r", &["merge", "-q", "side"]);
    let found = changes(&s);
    assert_eq!((found.staged, found.unstaged, found.unmerged), (0, 0, 1));
    assert_eq!(found.paths, ["a.txt"]);
}

#[test]
fn the_fingerprint_changes_with_the_files_and_with_nothing_else() {
    let s = Sandbox::with_repository();
    s.write("r/a.txt", "two\n");
    let before = changes(&s);
    assert_eq!(changes(&s), before);
    s.write("r/a.txt", "three\n");
    let after = changes(&s);
    assert_ne!(after.fingerprint, before.fingerprint);
    assert_eq!(after.paths, before.paths);
    s.git("r", &["add", "a.txt"]);
    assert_ne!(changes(&s).fingerprint, after.fingerprint);
}

#[test]
fn all_are_counted_and_few_are_named() {
    let s = Sandbox::with_repository();
    for n in 0..60 {
        s.write(&format!("r/{n:02}"), "");
    }
    let found = changes(&s);
    assert_eq!((found.untracked, found.paths.len()), (60, Changes::MOST_PATHS));
    assert_eq!(found.paths[49], "49");
}

#[test]
fn what_can_not_be_found_out_is_unknown() {
    let s = Sandbox::with_repository();
    let (bare, _) = s.discover("r/.git");
    let answer = s.ask().worktree(&bare, LONG).dirty;
    assert!(matches!(answer, Dirty::Unknown { .. }), "{answer:?}");
    std::fs::write(s.path("r/.git/index"), "rubbish").unwrap();
    let answer = dirty(&s);
    assert!(matches!(answer, Dirty::Unknown { .. }), "{answer:?}");
}

#[test]
fn other_hashes_have_another_empty_tree() {
    let s = Sandbox::new();
    s.git(".", &["init", "-q", "--object-format=sha256", "r"]);
    s.commit("r", "a.txt", "one\n", "first");
    assert_eq!(dirty(&s), Dirty::Clean);
    s.write("r/a.txt", "two\n");
    assert_eq!(changes(&s).unstaged, 1);
}
