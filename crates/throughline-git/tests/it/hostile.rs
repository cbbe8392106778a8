//! A repository that tries to run programs: each writes its name into a folder that must stay
//! empty. The same traps go off under plain git, or the test would prove nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use throughline_model::head::{Dirty, Oid};

use crate::sandbox::Sandbox;

/// A repository `r` with a submodule `r/sub`, full of traps.
fn hostile() -> Sandbox {
    let s = Sandbox::with_repository();
    fs::create_dir(s.path("ran")).unwrap();
    s.git(".", &["clone", "-q", "r", "origin"]);
    s.git("r", &["submodule", "--quiet", "add", "../origin", "sub"]);
    s.commit("r", ".gitattributes", "* filter=committed diff=trap\n", "attributes");
    s.commit("r", "b.txt", "b\n", "b");
    s.commit("r", "b.txt", "c\n", "c");
    signed(&s);
    for git_dir in ["r/.git", "r/.git/modules/sub"] {
        trap(&s, git_dir);
    }
    // Same size and content, another time: git has to read the files, and would filter them. Only
    // `.gitattributes` meets the filter `committed`: attributes of the clone name another for *.txt.
    for file in ["r/.gitattributes", "r/a.txt", "r/b.txt", "r/sub/a.txt"] {
        let later = SystemTime::now() + Duration::from_secs(5);
        fs::File::options().append(true).open(s.path(file)).unwrap().set_modified(later).unwrap();
    }
    s
}

/// HEAD carries a signature, so that a log might call who checks it.
fn signed(s: &Sandbox) {
    let commit = s.git("r", &["cat-file", "commit", "HEAD"]);
    let (head, message) = commit.split_once("\n\n").unwrap();
    let signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----";
    s.write("commit", &format!("{head}\n{signature}\n\n{message}\n"));
    let oid = s.git("r", &["hash-object", "-t", "commit", "-w", "../commit"]);
    s.git("r", &["update-ref", "HEAD", &oid]);
}

fn trap(s: &Sandbox, git_dir: &str) {
    let canary = |name: &str| {
        let ran = s.path("ran").join(name);
        let program = format!("bait-{}-{name}", git_dir.len());
        s.script(&program, &format!("echo ran > '{}'", ran.display())).display().to_string()
    };
    let set = |key: &str, value: &str| {
        s.git(".", &["config", "--file", &format!("{git_dir}/config"), key, value]);
    };
    for name in ["committed", "private", "by=sign"] {
        set(&format!("filter.{name}.clean"), &canary("clean"));
        set(&format!("filter.{name}.required"), "true");
    }
    set("filter.private.process", &canary("process"));
    for key in [
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.askPass",
        "diff.external",
        "diff.trap.textconv",
        "diff.trap.command",
        "gpg.program",
        "remote.promised.uploadpack",
    ] {
        set(key, &canary(key));
    }
    for command in ["status", "log", "rev-parse", "config", "diff-tree"] {
        set(&format!("alias.{command}"), &format!("!{}", canary("alias")));
        set(&format!("pager.{command}"), &canary("pager"));
    }
    set("log.showSignature", "true");
    set("core.hooksPath", &s.path("hooks").display().to_string());
    set("core.attributesFile", &s.path("attributes").display().to_string());
    set("core.repositoryFormatVersion", "1");
    set("extensions.partialClone", "promised");
    set("remote.promised.url", &s.path("origin").display().to_string());
    set("remote.promised.promisor", "true");
    s.write("attributes", "* filter=by=sign\n");
    s.write(&format!("{git_dir}/info/attributes"), "*.txt filter=private\n");
    fs::create_dir_all(s.path("hooks")).unwrap();
    let hook = format!("echo ran > '{}'", s.path("ran/hook").display());
    for name in ["post-index-change", "reference-transaction", "pre-auto-gc"] {
        s.script(&format!("hooks/{name}"), &hook);
    }
}

fn ran(s: &Sandbox) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(s.path("ran"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Every file below, with its bytes and when it last changed.
fn tree(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, metadata) = (entry.path(), entry.metadata().unwrap());
        let bytes = if metadata.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        if metadata.is_dir() {
            found.extend(tree(&path));
        }
        found.insert(path, (bytes, metadata.modified().unwrap()));
    }
    found
}

#[test]
fn nothing_of_a_hostile_repository_runs_and_nothing_in_it_changes() {
    nothing_happens(&hostile());
    // Attributes there switch off every filter by name, and would hide a gap elsewhere.
    let s = hostile();
    fs::remove_file(s.path("r/.git/info/attributes")).unwrap();
    nothing_happens(&s);
}

fn nothing_happens(s: &Sandbox) {
    let (git, r) = (s.ask(), s.path("r"));
    let (head, first) = (s.oid("r", "HEAD"), s.oid("r", "HEAD~3"));
    let gone = Oid::parse(&"1".repeat(40)).unwrap();
    for canary in ran(s) {
        fs::remove_file(s.path("ran").join(canary)).unwrap();
    }
    let before = tree(&s.path("r"));

    let (repository, found) = git.discover(&r).unwrap().unwrap();
    assert_eq!(found.oid, Some(head.clone()));
    let dirty = git.worktree(&repository, Duration::from_secs(60)).dirty;
    assert_eq!(dirty, Dirty::Clean);
    assert!(git.is_ancestor(&r, &first, &head).unwrap());
    assert_eq!(git.merge_base(&r, &first, &head).unwrap(), Some(first.clone()));
    assert_eq!(git.commits_between(&r, &first, &head, 9).unwrap().len(), 3);
    assert_eq!(git.commit_files(&r, &head).unwrap(), ["b.txt"]);
    assert_eq!(git.root_commits(&r, 9).unwrap().len(), 1);
    assert_eq!(git.remotes(&r).unwrap().len(), 1);
    assert_eq!(git.worktree_list(&r).unwrap().len(), 1);
    assert_eq!(git.branches(&r).unwrap().len(), 1);
    assert_eq!(git.ancestors(&r, &head, Some(&first), 9).unwrap().len(), 3);
    assert_eq!(git.parents(&r, &head).unwrap().len(), 1);
    assert_eq!(git.patches(&r, &first, &head, 9).unwrap().len(), 3);
    assert!(!git.head_moves(&r, 9).unwrap().is_empty());
    assert!(git.file_at(&r, &head, "b.txt").unwrap().is_some());
    assert!(git.exists(&r, &head).unwrap());
    // A promisor would have to be asked for these.
    assert!(!git.exists(&r, &gone).unwrap());
    assert!(git.is_ancestor(&r, &gone, &head).is_err());
    assert!(git.merge_base(&r, &gone, &head).is_err());
    assert!(git.commits_between(&r, &gone, &head, 9).is_err());
    assert!(git.commit_files(&r, &gone).is_err());
    assert!(git.discover(&s.path("r/sub")).unwrap().is_some());

    assert_eq!(ran(s), Vec::<String>::new());
    assert!(tree(&s.path("r")) == before, "something in the repository changed");
}

#[test]
fn the_traps_go_off_under_plain_git() {
    let s = hostile();
    let runs = [
        &["status"][..],
        &["log", "-1"],
        &[
            "-c",
            "filter.private.process=",
            "-c",
            "filter.private.required=0",
            "diff",
            "HEAD~1",
            "HEAD",
        ],
        &["update-ref", "refs/heads/x", "HEAD"],
        &["cat-file", "-e", "1111111111111111111111111111111111111111"],
    ];
    for arguments in runs {
        s.try_git("r", arguments);
    }
    let found = ran(&s);
    let traps = ["core.fsmonitor", "clean", "gpg.program", "diff.trap.command", "hook"];
    for trap in traps.into_iter().chain(["remote.promised.uploadpack"]) {
        assert!(found.iter().any(|name| name == trap), "{trap} did not run: {found:?}");
    }
}

#[test]
fn an_empty_source_of_attributes_is_not_enough() {
    let s = hostile();
    let empty = "--attr-source=4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    let no_monitor = "core.fsmonitor=false";
    s.try_git("r", &[empty, "-c", no_monitor, "status", "--ignore-submodules=dirty"]);
    let found = ran(&s);
    assert!(found.iter().any(|name| name == "process" || name == "clean"), "{found:?}");
}
