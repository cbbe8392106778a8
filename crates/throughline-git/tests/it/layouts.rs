//! `discover` on every layout that git has.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use throughline_git::{GitError, guess};
use throughline_model::head::{LineName, ObjectFormat, Operation};

use crate::sandbox::Sandbox;

fn branch(name: &str) -> LineName {
    LineName::Branch(name.to_owned())
}

fn detached(worktree: &str) -> LineName {
    LineName::Detached { worktree: worktree.to_owned() }
}

#[test]
fn a_repository_is_the_same_from_each_of_its_folders() {
    let s = Sandbox::with_repository();
    s.write("r/deep/er/b.txt", "");
    for directory in ["r", "r/deep", "r/deep/er"] {
        let (repository, head) = s.discover(directory);
        assert_eq!(repository.worktree, Some(s.path("r")), "{directory}");
        assert_eq!(repository.git_dir, s.path("r/.git"));
        assert_eq!(repository.common_dir, s.path("r/.git"));
        assert_eq!(repository.object_format, ObjectFormat::Sha1);
        assert!(!repository.bare);
        assert_eq!(head.oid, Some(s.oid("r", "HEAD")));
        assert_eq!((head.branch(), head.operation), (Some("main"), None));
    }
    let (repository, head) = s.discover("r/.git");
    assert_eq!((repository.worktree, head.line), (None, branch("main")));
}

#[test]
fn a_link_to_a_folder_leads_to_the_real_one() {
    let s = Sandbox::with_repository();
    s.write("r/deep/b.txt", "");
    std::os::unix::fs::symlink(s.path("r/deep"), s.path("link")).unwrap();
    assert_eq!(s.discover("link").0.worktree, Some(s.path("r")));
}

#[test]
fn before_the_first_commit_there_is_a_line_without_a_commit() {
    let s = Sandbox::new();
    s.git(".", &["init", "-q", "-b", "trunk", "r"]);
    let (repository, head) = s.discover("r");
    assert_eq!(repository.worktree, Some(s.path("r")));
    assert_eq!((head.oid.clone(), head.line.clone()), (None, branch("trunk")));
    s.write("r/deep/b.txt", "");
    let (below, same) = s.discover("r/deep");
    assert_eq!((below, same), (repository, head));
}

#[test]
fn worktrees_share_the_common_dir_and_nothing_else() {
    let s = Sandbox::with_repository();
    s.git("r", &["worktree", "add", "-q", "-b", "side", "../w"]);
    s.git("r", &["worktree", "add", "-q", "--detach", "../d"]);
    s.git("r", &["switch", "-q", "--detach"]);
    let lines = ["r", "w", "d"].map(|directory| {
        let (repository, head) = s.discover(directory);
        assert_eq!(repository.common_dir, s.path("r/.git"));
        assert_eq!(repository.worktree, Some(s.path(directory)));
        assert_eq!(head.is_detached(), head.branch().is_none());
        head.line
    });
    assert_eq!(lines, [detached("main"), branch("side"), detached("w-d")]);

    std::fs::remove_dir_all(s.path("d")).unwrap();
    let all = s.ask().worktree_list(&s.path("w")).unwrap();
    let told: Vec<_> = all.into_iter().map(|w| (w.path, w.branch, w.bare, w.prunable)).collect();
    let expected = [
        (s.path("r"), None, false, false),
        (s.path("d"), None, false, true),
        (s.path("w"), Some(branch("side")), false, false),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_worktree_whose_repository_is_gone_is_an_error() {
    let s = Sandbox::with_repository();
    s.git("r", &["worktree", "add", "-q", "-b", "side", "../w"]);
    std::fs::remove_dir_all(s.path("r")).unwrap();
    let answer = s.ask().discover(&s.path("w"));
    assert!(matches!(answer, Err(GitError::Failed { .. })), "{answer:?}");
}

#[test]
fn a_submodule_is_a_repository_of_its_own() {
    let s = Sandbox::with_repository();
    s.git(".", &["init", "-q", "-b", "main", "top"]);
    s.git("top", &["submodule", "--quiet", "add", "../r", "sub"]);
    let (repository, head) = s.discover("top/sub");
    assert_eq!(repository.worktree, Some(s.path("top/sub")));
    assert_eq!(repository.common_dir, s.path("top/.git/modules/sub"));
    assert_eq!(head.line, branch("main"));
}

#[test]
fn a_bare_repository_has_worktrees_but_is_none() {
    let s = Sandbox::with_repository();
    s.git(".", &["clone", "-q", "--bare", "r", "b.git"]);
    s.git("b.git", &["worktree", "add", "-q", "../w", "main"]);
    let (repository, head) = s.discover("b.git");
    assert_eq!((repository.worktree, repository.bare), (None, true));
    assert_eq!(head.oid, Some(s.oid("r", "HEAD")));
    let (linked, _) = s.discover("w");
    assert_eq!((linked.worktree, linked.bare), (Some(s.path("w")), false));
    assert_eq!(linked.common_dir, repository.common_dir);
    let all = s.ask().worktree_list(&s.path("w")).unwrap();
    assert_eq!(all.iter().map(|w| w.bare).collect::<Vec<_>>(), [true, false]);
    assert_eq!((&all[0].oid, &all[1].oid), (&None, &head.oid));
}

#[test]
fn other_formats_answer_alike() {
    for format in ["--object-format=sha256", "--ref-format=reftable"] {
        let s = Sandbox::new();
        s.git(".", &["init", "-q", "-b", "main", format, "r"]);
        assert_eq!(s.discover("r").1.oid, None, "{format}");
        let oid = s.commit("r", "a.txt", "one\n", "first");
        let (repository, head) = s.discover("r");
        assert_eq!((head.oid, head.line), (Some(oid.clone()), branch("main")), "{format}");
        let digits = match repository.object_format {
            ObjectFormat::Sha1 => 40,
            ObjectFormat::Sha256 => 64,
        };
        assert_eq!(oid.as_str().len(), digits);
        s.git("r", &["switch", "-q", "--detach"]);
        assert_eq!(s.discover("r").1.line, detached("main"), "{format}");
    }
}

#[test]
fn any_legal_branch_name_comes_back_as_it_is() {
    let s = Sandbox::with_repository();
    let percent = "a%25FF";
    for (name, key) in [
        ("$(id)", "$(id)"),
        ("gpj.\u{202e}exe", "gpj.\u{202e}exe"),
        ("a\u{3000}b", "a\u{3000}b"),
        ("feature/x'\"y|z", "feature/x'\"y|z"),
        ("@", "@"),
        ("a%FF", percent),
    ] {
        s.git("r", &["symbolic-ref", "HEAD", &format!("refs/heads/{name}")]);
        assert_eq!(s.discover("r").1.line.key(), key, "unborn");
        s.git("r", &["update-ref", "HEAD", s.oid("r", "main").as_str()]);
        assert_eq!(s.discover("r").1.line.key(), key);
    }
    // Bytes that are not UTF-8; written by hand, as no shell argument of these tests can hold them.
    let raw = OsStr::from_bytes(b"a\xff");
    std::fs::write(s.path("r/.git/refs/heads").join(raw), s.oid("r", "main").as_str()).unwrap();
    std::fs::write(s.path("r/.git/HEAD"), b"ref: refs/heads/a\xff\n").unwrap();
    assert_eq!(s.discover("r").1.branch(), Some("a%FF"));
}

#[test]
fn what_git_is_in_the_middle_of() {
    for format in ["--ref-format=files", "--ref-format=reftable"] {
        let s = Sandbox::new();
        s.git(".", &["init", "-q", "-b", "main", format, "r"]);
        let base = s.commit("r", "a.txt", "one\n", "first");
        let main = s.commit("r", "a.txt", "two\n", "second");
        s.git("r", &["switch", "-q", "-c", "side", base.as_str()]);
        let side = s.commit("r", "a.txt", "three\n", "third");
        s.git("r", &["format-patch", "-q", "-1", "-o", "../patches", "main"]);
        let patch = "../patches/0001-second.patch";

        let cases: [(&[&str], &[&str], Operation); 7] = [
            (&["rebase", "main"], &["rebase", "--abort"], Operation::Rebase),
            (&["rebase", "--apply", "main"], &["rebase", "--abort"], Operation::Rebase),
            (&["merge", "main"], &["merge", "--abort"], Operation::Merge),
            (&["cherry-pick", "main"], &["cherry-pick", "--abort"], Operation::CherryPick),
            (&["revert", main.as_str()], &["revert", "--abort"], Operation::Revert),
            (&["am", patch], &["am", "--abort"], Operation::Am),
            (&["bisect", "start", "side", "side~1"], &["bisect", "reset"], Operation::Bisect),
        ];
        for (start, end, operation) in cases {
            s.try_git("r", start);
            let (_, head) = s.discover("r");
            assert_eq!(head.operation, Some(operation), "{format} {start:?}");
            let rebases = operation == Operation::Rebase;
            assert_eq!(head.rebasing.as_deref(), rebases.then_some("side"), "{start:?}");
            assert_eq!(head.is_detached(), rebases, "{start:?}");
            s.git("r", end);
            let (_, head) = s.discover("r");
            assert_eq!((head.oid, head.operation), (Some(side.clone()), None), "{end:?}");
        }
    }
}

#[test]
fn git_has_the_last_word_on_what_looks_like_a_repository() {
    let s = Sandbox::with_repository();
    std::fs::create_dir_all(s.path("plain/.git")).unwrap();
    std::fs::create_dir_all(s.path("r/deep/.git")).unwrap();
    assert_eq!(s.ask().discover(&s.path("plain")).unwrap(), None);
    assert_eq!(s.discover("r/deep").0.worktree, Some(s.path("r")));
}

#[test]
fn the_files_show_where_an_ordinary_worktree_is_and_the_rest_is_left_to_git() {
    let s = Sandbox::with_repository();
    s.write("r/deep/b.txt", "");
    for directory in ["r", "r/deep"] {
        let (repository, head) = s.discover(directory);
        let guess = guess(&s.path(directory)).expect("a guess");
        assert_eq!(
            (Some(guess.worktree), guess.common_dir),
            (repository.worktree, repository.common_dir)
        );
        assert_eq!(guess.line, head.line);
    }
    s.git("r", &["worktree", "add", "-q", "-b", "side", "../w"]);
    assert_eq!((guess(&s.path("w")), guess(&s.path("."))), (None, None));
    s.git("r", &["switch", "-q", "--detach"]);
    assert_eq!(guess(&s.path("r")), None);
}

#[test]
fn what_is_done_until_git_answers_is_done_once_and_only_in_a_repository() {
    let s = Sandbox::with_repository();
    let mut times = 0;
    let found = s.ask().discover_while(&s.path("r"), || times += 1).unwrap();
    let (repository, head, ()) = found.expect("a repository");
    assert_eq!(((repository, head), times), (s.discover("r"), 1));
    let outside = s.ask().discover_while(&s.path("."), || times += 1).unwrap();
    assert!(outside.is_none() && times == 1);
}
