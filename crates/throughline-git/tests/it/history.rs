//! Questions about how histories lie to each other.

use throughline_model::head::{LineName, Oid};

use crate::sandbox::Sandbox;

fn branch(name: &str) -> LineName {
    LineName::Branch(name.to_owned())
}

#[test]
fn branches_and_ancestors_are_told() {
    let s = Sandbox::with_repository();
    let (git, r) = (s.ask(), s.path("r"));
    let first = s.oid("r", "HEAD");
    let second = s.commit("r", "b.txt", "b\n", "second");
    s.git("r", &["branch", "feat/x'$(id)", "HEAD~1"]);
    let mut found = git.branches(&r).unwrap();
    found.sort();
    let expected = [(branch("feat/x'$(id)"), first.clone()), (branch("main"), second.clone())];
    assert_eq!(found, expected);

    let all = git.ancestors(&r, &second, None, 9).unwrap();
    assert_eq!(all, [second.clone(), first.clone()]);
    assert_eq!(git.ancestors(&r, &second, Some(&first), 9).unwrap(), std::slice::from_ref(&second));
    assert_eq!(git.ancestors(&r, &second, None, 1).unwrap(), std::slice::from_ref(&second));
    assert_eq!(git.parents(&r, &second).unwrap(), std::slice::from_ref(&first));
    assert!(git.parents(&r, &first).unwrap().is_empty());
    let gone = Oid::parse(&"1".repeat(40)).unwrap();
    assert!(git.ancestors(&r, &gone, None, 9).is_err());
    assert!(git.parents(&r, &gone).is_err());
}

#[test]
fn commits_that_say_the_same_have_the_same_patch() {
    let s = Sandbox::with_repository();
    let (git, r) = (s.ask(), s.path("r"));
    let lines: String = (0..40).map(|n| format!("{n}\n")).collect();
    let base = s.commit("r", "long.txt", &lines, "base");
    s.git("r", &["switch", "-q", "-c", "feature"]);
    s.commit("r", "long.txt", &lines.replace("30\n", "thirty\n"), "change");
    std::fs::write(s.path("r/data.bin"), b"a\0b\n\0c").unwrap();
    s.git("r", &["add", "data.bin"]);
    s.git("r", &["commit", "-q", "-m", "bytes"]);
    s.git("r", &["commit", "-q", "--allow-empty", "-m", "nothing"]);
    let old = s.oid("r", "HEAD");
    s.git("r", &["switch", "-q", "main"]);
    let longer = format!("new\n{lines}");
    s.commit("r", "long.txt", &longer, "elsewhere in the file");
    s.git("r", &["switch", "-q", "feature"]);
    s.git("r", &["rebase", "-q", "main"]);
    let new = s.oid("r", "HEAD");

    let before = git.patches(&r, &base, &old, 9).unwrap();
    let after = git.patches(&r, &s.oid("r", "main"), &new, 9).unwrap();
    assert_eq!((before.len(), after.len()), (3, 3));
    for (a, b) in before.iter().zip(&after) {
        assert_ne!(a.oid, b.oid);
        assert_eq!(a.id, b.id);
    }
    assert_eq!(before[0].id, None, "an empty commit says nothing");
    assert_ne!(before[1].id, before[2].id);

    let other = s.commit("r", "long.txt", &longer.replace("30\n", "dreissig\n"), "other words");
    let others = git.patches(&r, &new, &other, 9).unwrap();
    assert!(before.iter().all(|patch| patch.id != others[0].id));
    let other = s.commit("r", "data.bin", "d\0e", "other bytes");
    let before_it = git.parents(&r, &other).unwrap();
    let others = git.patches(&r, &before_it[0], &other, 9).unwrap();
    assert!(before.iter().all(|patch| patch.id != others[0].id));
}

#[test]
fn the_last_moves_of_head_are_told() {
    let s = Sandbox::with_repository();
    s.git("r", &["switch", "-q", "-c", "feature"]);
    s.git("r", &["branch", "-q", "-m", "renamed"]);
    let moves = s.ask().head_moves(&s.path("r"), 2).unwrap();
    assert_eq!(moves.len(), 2);
    assert!(moves.iter().any(|m| m == "checkout: moving from main to feature"), "{moves:?}");
}

#[test]
fn a_file_is_read_as_a_commit_has_it() {
    let s = Sandbox::with_repository();
    let (git, r) = (s.ask(), s.path("r"));
    let first = s.oid("r", "HEAD");
    s.commit("r", "a.txt", "two\n", "second");
    assert_eq!(git.file_at(&r, &first, "a.txt").unwrap().as_deref(), Some(&b"one\n"[..]));
    assert_eq!(git.file_at(&r, &first, "b.txt").unwrap(), None);
    let gone = Oid::parse(&"1".repeat(40)).unwrap();
    assert!(git.file_at(&r, &gone, "a.txt").is_err());
}
