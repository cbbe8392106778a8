//! Questions about commits.

use throughline_git::GitError;
use throughline_model::head::Oid;

use crate::sandbox::Sandbox;

#[test]
fn history_is_told_as_it_is() {
    let s = Sandbox::with_repository();
    let (git, r) = (s.ask(), s.path("r"));
    let first = s.oid("r", "HEAD");
    let second = s.commit("r", "b\nc.txt", "", "say \u{1b}[31m--all %H");
    s.git("r", &["switch", "-q", "--orphan", "other"]);
    let apart = s.commit("r", "z.txt", "", "apart");
    let gone = Oid::parse(&"1".repeat(40)).unwrap();

    assert!(git.is_ancestor(&r, &first, &second).unwrap());
    assert!(git.is_ancestor(&r, &first, &first).unwrap());
    assert!(!git.is_ancestor(&r, &second, &first).unwrap());
    let error = git.is_ancestor(&r, &gone, &first);
    assert!(matches!(error, Err(GitError::Failed { .. })), "{error:?}");

    assert_eq!(git.merge_base(&r, &second, &first).unwrap(), Some(first.clone()));
    assert_eq!(git.merge_base(&r, &second, &apart).unwrap(), None);
    assert!(git.merge_base(&r, &gone, &apart).is_err());

    assert!(git.exists(&r, &first).unwrap());
    assert!(!git.exists(&r, &gone).unwrap());

    let between = git.commits_between(&r, &first, &second, 9).unwrap();
    let told: Vec<_> = between.into_iter().map(|c| (c.oid, c.author_date, c.subject)).collect();
    assert_eq!(told, [(second.clone(), 1_800_000_000, "say \u{1b}[31m--all %H".to_owned())]);
    assert!(git.commits_between(&r, &second, &second, 9).unwrap().is_empty());
    assert!(git.commits_between(&r, &gone, &second, 9).is_err());

    assert_eq!(git.commit_files(&r, &first).unwrap(), ["a.txt"]);
    assert_eq!(git.commit_files(&r, &second).unwrap(), ["b\nc.txt"]);
    assert_eq!(git.root_commits(&r, 9).unwrap(), [apart]);
}

#[test]
fn the_newest_come_first_and_no_more_than_wanted() {
    let s = Sandbox::with_repository();
    let first = s.oid("r", "HEAD");
    let oids: Vec<Oid> =
        (0..4).map(|n| s.commit("r", "a.txt", &n.to_string(), &format!("{n}"))).collect();
    let told = s.ask().commits_between(&s.path("r"), &first, &oids[3], 2).unwrap();
    assert_eq!(told.iter().map(|c| c.subject.as_str()).collect::<Vec<_>>(), ["3", "2"]);
}

#[test]
fn a_commit_without_a_subject_or_with_an_old_encoding_is_told() {
    let s = Sandbox::with_repository();
    let first = s.oid("r", "HEAD");
    s.git("r", &["commit", "-q", "--allow-empty", "--allow-empty-message", "-m", ""]);
    s.write("message", "caf\u{e9}\n");
    std::fs::write(s.path("message"), b"caf\xe9\n").unwrap();
    let old = "i18n.commitEncoding=ISO-8859-1";
    s.git("r", &["-c", old, "commit", "-q", "--allow-empty", "-F", "../message"]);
    let told = s.ask().commits_between(&s.path("r"), &first, &s.oid("r", "HEAD"), 9).unwrap();
    assert_eq!(told.iter().map(|c| c.subject.as_str()).collect::<Vec<_>>(), ["caf\u{e9}", ""]);
}

#[test]
fn a_merge_has_the_files_that_it_decided_itself() {
    let s = Sandbox::with_repository();
    s.git("r", &["switch", "-q", "-c", "side"]);
    s.commit("r", "a.txt", "side\n", "side");
    s.commit("r", "s.txt", "side\n", "side 2");
    s.git("r", &["switch", "-q", "main"]);
    s.commit("r", "a.txt", "main\n", "main");
    s.try_git("r", &["merge", "-q", "side"]);
    let merge = s.commit("r", "a.txt", "both\n", "merged");
    assert_eq!(s.ask().commit_files(&s.path("r"), &merge).unwrap(), ["a.txt"]);
}

#[test]
fn a_shallow_clone_answers_for_what_it_has() {
    let s = Sandbox::with_repository();
    let first = s.oid("r", "HEAD");
    let second = s.commit("r", "a.txt", "two\n", "second");
    let from = format!("file://{}", s.path("r").display());
    s.git(".", &["clone", "-q", "--depth=1", &from, "c"]);
    let (git, c) = (s.ask(), s.path("c"));
    assert_eq!(s.discover("c").1.oid, Some(second.clone()));
    assert!(!git.exists(&c, &first).unwrap());
    assert!(git.is_ancestor(&c, &first, &second).is_err());
    assert_eq!(git.root_commits(&c, 9).unwrap(), [second]);
}

#[test]
fn remotes_come_without_their_secrets() {
    let s = Sandbox::with_repository();
    assert!(s.ask().remotes(&s.path("r")).unwrap().is_empty());
    s.git("r", &["remote", "add", "origin", "https://me:hunter2@example.com/a.git"]);
    s.git("r", &["remote", "add", "other", "git@example.com:a.git"]);
    let told = s.ask().remotes(&s.path("r")).unwrap();
    assert_eq!(told, ["https://example.com/a.git", "example.com:a.git"]);
}
