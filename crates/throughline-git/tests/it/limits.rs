//! What git is not asked, and how long we wait for it.

use std::path::Path;
use std::time::{Duration, Instant};

use throughline_git::{Git, GitEnv, GitError};
use throughline_model::head::Dirty;

use crate::sandbox::{Sandbox, path};

const NOT_THERE: &str = "/nonexistent/git";

#[test]
fn outside_of_a_repository_nothing_is_started() {
    let s = Sandbox::new();
    s.write("plain/deep/a.txt", "");
    let git = s.ask_with(Path::new(NOT_THERE));
    assert_eq!(git.discover(&s.path("plain/deep")).unwrap(), None);
    let gone = git.discover(&s.path("gone"));
    assert!(matches!(gone, Err(GitError::Directory { .. })), "{gone:?}");
}

#[test]
fn without_git_a_repository_is_an_error() {
    let s = Sandbox::with_repository();
    let answer = s.ask_with(Path::new(NOT_THERE)).discover(&s.path("r"));
    assert!(matches!(answer, Err(GitError::Start { .. })), "{answer:?}");
}

#[test]
fn an_ordinary_discovery_starts_one_process() {
    let s = Sandbox::with_repository();
    s.git("r", &["worktree", "add", "-q", "--detach", "../w"]);
    let log = s.path("log");
    let count = format!("echo x >> '{}'; exec git \"$@\"", log.display());
    let git = s.ask_with(&s.script("counting", &count));
    for directory in ["r", "w", "r/.git"] {
        git.discover(&s.path(directory)).unwrap().expect("a repository");
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "x\n", "{directory}");
        std::fs::remove_file(&log).unwrap();
    }
}

/// Git reads HEAD twice for one answer, and somebody switches in between.
#[test]
fn a_switch_while_git_is_asked_gives_no_branch_the_commit_of_another() {
    let s = Sandbox::with_repository();
    s.git("r", &["branch", "first"]);
    s.git("r", &["switch", "-q", "-c", "second"]);
    s.git("r", &["commit", "-q", "--allow-empty", "-m", "of second"]);
    let switched = s.path("switched");
    let race = format!(
        "answer=$(git \"$@\"); if [ -e '{0}' ]; then printf '%s\\n' \"$answer\"; exit; fi; : > '{0}'; \
         git symbolic-ref HEAD refs/heads/first; printf '%s\\n' \"$answer\" | sed '$s|.*|refs/heads/first|'",
        switched.display()
    );
    let (_, head) = s.ask_with(&s.script("race", &race)).discover(&s.path("r")).unwrap().unwrap();
    assert!(switched.exists());
    assert_eq!(head.line.key(), "first");
    assert_eq!(head.oid.unwrap().as_str(), s.git("r", &["rev-parse", "first"]).trim());
}

#[test]
fn past_the_deadline_git_and_what_it_started_are_killed() {
    let s = Sandbox::with_repository();
    let (repository, _) = s.discover("r");
    let pid = s.path("pid");
    let stuck = format!("sleep 300 & echo $! > '{}'; wait", pid.display());
    let git = s.ask_with(&s.script("stuck", &stuck)).with_deadline(Duration::from_millis(300));

    let began = Instant::now();
    let answer = git.discover(&s.path("r"));
    assert!(matches!(answer, Err(GitError::Timeout { .. })), "{answer:?}");
    let dirty = git.worktree(&repository, Duration::from_secs(60)).dirty;
    assert!(matches!(dirty, Dirty::Unknown { .. }), "{dirty:?}");
    assert!(began.elapsed() < Duration::from_secs(30));

    let pid = std::fs::read_to_string(pid).unwrap();
    let is_alive = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    };
    let until = Instant::now() + Duration::from_secs(10);
    while cfg!(target_os = "linux") && is_alive() {
        assert!(Instant::now() < until, "the grandchild outlived its deadline");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_git_that_floods_us_is_stopped() {
    let s = Sandbox::with_repository();
    let git = s.ask_with(&s.script("flood", "exec cat /dev/zero"));
    let answer = git.with_deadline(Duration::from_secs(60)).discover(&s.path("r"));
    assert!(matches!(answer, Err(GitError::TooLong { .. })), "{answer:?}");
}

#[test]
fn a_repository_of_somebody_else_is_named() {
    let s = Sandbox::with_repository();
    // Git's own switch for tests of this refusal.
    let text = "GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec git \"$@\"";
    let git = s.ask_with(&s.script("foreign", text));
    match git.discover(&s.path("r")) {
        Err(GitError::DubiousOwnership { path }) => assert_eq!(path, s.path("r")),
        other => panic!("{other:?}"),
    }
    s.write("home/.gitconfig", &format!("[safe]\n\tdirectory = {}\n", s.path("r").display()));
    assert!(git.discover(&s.path("r")).unwrap().is_some(), "the user's own settings count");
}

#[test]
fn a_git_in_the_repository_is_not_started() {
    let s = Sandbox::with_repository();
    s.script("r/git", "echo ran > ../canary");
    let mut relative = std::ffi::OsString::from(".:");
    relative.push(path());
    let git = Git::new(GitEnv {
        program: "git".into(),
        path: relative,
        home: Some(s.path("home").into()),
        xdg_config_home: None,
    });
    assert!(git.discover(&s.path("r")).unwrap().is_some());
    assert!(!s.path("canary").exists());
}

#[test]
fn a_git_that_writes_is_asked_to_end_before_it_is_killed() {
    let s = Sandbox::with_repository();
    let lock = s.path("lock");
    let slow = format!(
        "lock='{}'; trap 'rm \"$lock\"; exit 1' TERM; : > \"$lock\"; while :; do sleep 0.05; done",
        lock.display()
    );
    let git = s.ask_with(&s.script("slow", &slow)).with_deadline(Duration::from_millis(800));
    let answer = git.stage(&s.path("r"), /*index*/ None, "a.txt");
    assert!(matches!(answer, Err(GitError::Timeout { .. })), "{answer:?}");
    assert!(!lock.exists());
}
