//! What names commits, and what still reaches them.

use throughline_model::head::{LineName, Oid};

use crate::sandbox::Sandbox;

#[test]
fn tags_in_the_history_of_a_commit() {
    let s = Sandbox::with_repository();
    let (git, r) = (s.ask(), s.path("r"));
    let first = s.oid("r", "HEAD");
    s.git("r", &["tag", "-a", "v0.1", "-m", "a word\nand another"]);
    s.git("r", &["tag", "light/one"]);
    s.git("r", &["tag", "tree", "HEAD^{tree}"]);
    let second = s.commit("r", "b.txt", "b\n", "second");
    s.git("r", &["tag", "later"]);
    let names = |of: &Oid| -> Vec<(String, bool, Oid)> {
        let tags = git.tags_in(&r, of).unwrap();
        tags.into_iter().map(|tag| (tag.name, tag.annotated, tag.commit)).collect()
    };
    let old =
        [("light/one".to_owned(), false, first.clone()), ("v0.1".to_owned(), true, first.clone())];
    assert_eq!(names(&first), old);
    let new = [("later".to_owned(), false, second.clone())];
    let mut expected = [&new[..], &old[..]].concat();
    expected.sort_unstable();
    assert_eq!(names(&second), expected);
    assert!(git.tags_in(&r, &first).unwrap().iter().all(|tag| tag.at > 0));
    let gone = Oid::parse(&"1".repeat(40)).unwrap();
    assert!(git.tags_in(&r, &gone).is_err());
}

#[test]
fn branches_that_hold_a_commit_and_commits_that_only_a_reflog_reaches() {
    let s = Sandbox::with_repository();
    let (git, r) = (s.ask(), s.path("r"));
    let first = s.oid("r", "HEAD");
    s.git("r", &["branch", "other"]);
    let second = s.commit("r", "b.txt", "b\n", "second");
    let [main, other] = ["main", "other"].map(|name| LineName::Branch(name.to_owned()));
    assert_eq!(git.branches_with(&r, &first).unwrap(), [main.clone(), other]);
    assert_eq!(git.branches_with(&r, &second).unwrap(), [main]);
    s.git("r", &["reset", "-q", "--hard", "HEAD~1"]);
    assert!(git.branches_with(&r, &second).unwrap().is_empty());
    let all = git.commits(&r, /*most*/ 9).unwrap();
    assert!(all.contains(&first) && all.contains(&second), "{all:?}");
    assert_eq!(git.commits(&r, /*most*/ 1).unwrap().len(), 1);
}
