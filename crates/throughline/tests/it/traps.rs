//! A repository that tries to run programs, under every command and hook: each trap leaves its name
//! in a folder that must stay empty. Beside that the system calls are read: no program but git and
//! ourselves, nothing written in `.git`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use throughline_testkit::strace::Trace;
use throughline_testkit::{Children, Strace, World};

use crate::bystanders::{COMMANDS, arguments, changed, events, inhabited, picture};

/// Programs that a repository's config can name.
const NAMED: [&str; 15] = [
    "core.fsmonitor",
    "core.pager",
    "core.editor",
    "sequence.editor",
    "core.sshCommand",
    "core.askPass",
    "credential.helper",
    "diff.external",
    "diff.trap.textconv",
    "diff.trap.command",
    "merge.trap.driver",
    "filter.trap.clean",
    "filter.trap.smudge",
    "gpg.program",
    "remote.promised.uploadpack",
];

const GIT_COMMANDS: [&str; 9] = [
    "status",
    "log",
    "rev-parse",
    "config",
    "diff-tree",
    "rev-list",
    "for-each-ref",
    "cat-file",
    "merge-base",
];

const HOOKS: [&str; 5] = [
    "post-index-change",
    "reference-transaction",
    "pre-auto-gc",
    "post-checkout",
    "fsmonitor-watchman",
];

fn script(world: &World, path: &str, ran: &str) -> PathBuf {
    let ran = world.root().join("ran").join(ran);
    world.write(path, format!("#!/bin/sh\necho ran > '{}'\n", ran.display()));
    let path = world.repo().join(path);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("chmod");
    path
}

fn set_traps(world: &World) {
    std::fs::create_dir(world.root().join("ran")).expect("folder");
    let set = |key: &str, value: &str| drop(world.git_args(&["config", key, value]));
    let bait = |name: &str| script(world, &format!("../bait/{name}"), name).display().to_string();
    world.write(".gitattributes", "* filter=trap diff=trap merge=trap\n");
    world.write(".env", "GIT_EXTERNAL_DIFF=./git\n");
    world.git("add --all");
    world.git("commit --quiet --message attributes");
    world.write(".git/info/attributes", "* filter=trap diff=trap merge=trap\n");
    for command in GIT_COMMANDS {
        set(&format!("alias.{command}"), &format!("!{}", bait("alias")));
        set(&format!("pager.{command}"), &bait("pager"));
    }
    set("log.showSignature", "true");
    set("filter.trap.required", "true");
    for name in HOOKS {
        script(world, &format!("../hooks/{name}"), "hook");
    }
    set("core.hooksPath", &world.root().join("hooks").display().to_string());
    // In the repository, for who looks for programs where he stands.
    for name in ["git", "thru", "sh"] {
        script(world, name, name);
    }
    for key in NAMED {
        set(key, &bait(key));
    }
    set("core.repositoryFormatVersion", "1");
    set("extensions.partialClone", "promised");
    set("remote.promised.url", "../nowhere");
    set("remote.promised.promisor", "true");
}

/// An inhabited world with evidence at a commit that was amended since, and then the traps.
fn hostile() -> (World, [String; 2]) {
    let (world, ids) = inhabited(&[]);
    world.commit("more");
    world.thru(&["tasks", "start", &ids[0]]).assert_success();
    world.thru(&["tasks", "complete", &ids[0]]).assert_success();
    world.thru(&["tasks", "reopen", &ids[0]]).assert_success();
    world.thru(&["status"]).assert_success();
    world.git("commit --quiet --amend --message other");
    set_traps(&world);
    for canary in ran(&world) {
        std::fs::remove_file(world.root().join("ran").join(canary)).expect("remove");
    }
    (world, ids)
}

fn ran(world: &World) -> Vec<String> {
    let found = std::fs::read_dir(world.root().join("ran")).expect("list");
    let names = found.map(|entry| entry.expect("entry").file_name().into_string().expect("UTF-8"));
    names.collect()
}

fn judge(world: &World, what: &str, trace: &Trace) {
    assert_eq!(ran(world), Vec::<String>::new(), "{what} ran a program of the repository");
    // What the user's own command line names.
    let named = what.rsplit_once(" -- ").map(|(_, program)| program);
    let own = |path: &std::path::Path| {
        path == world.binary()
            || path.ends_with("bin/git")
            || named.is_some_and(|named| path.ends_with(named))
    };
    // The demo has a repository of its own, with git's own helpers.
    if what != "demo" {
        let programs = trace.programs();
        let strange = programs.iter().filter(|program| program.done && !own(&program.path));
        // What git starts of itself lies with it.
        let strange: Vec<_> =
            strange.filter(|p| !p.path.to_string_lossy().contains("git-core")).collect();
        assert!(strange.is_empty(), "{what}: {strange:?}");
    }
    let (git, agent) = (world.repo().join(".git"), world.codex_home());
    let within = |path: &std::path::Path| path.starts_with(&git) || path.starts_with(&agent);
    let changes = trace.changes();
    let touched: Vec<_> = changes.iter().filter(|c| c.paths().iter().any(|p| within(p))).collect();
    assert!(touched.is_empty(), "{what} wrote: {touched:?}");
}

#[test]
fn no_command_and_no_hook_runs_or_writes_what_is_the_repositorys() {
    let Some(strace) = Strace::required() else { return };
    let (world, ids) = hostile();
    let git = world.repo().join(".git");
    let before = picture(&git);
    for line in COMMANDS {
        let words = arguments(line, &ids);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let trace = world.trace(&strace, Children::Follow, |world| world.thru(&words));
        judge(&world, line, &trace);
    }
    for event in events("s1") {
        let what = format!("{event:?}");
        let trace = world.trace(&strace, Children::Follow, |world| world.hook(event.clone()));
        judge(&world, &what, &trace);
    }
    assert_eq!(changed(&before, &picture(&git)), Vec::<PathBuf>::new());
}

/// A search path with the current folder in it finds nothing there.
#[test]
fn a_program_in_the_repository_is_no_git() {
    let (world, _) = hostile();
    let usual = world.command("git", &world.repo());
    let usual = usual.get_envs().find_map(|(name, value)| value.filter(|_| name == "PATH"));
    let usual = usual.expect("a world's commands have a PATH");
    let path = format!(".::{}", usual.to_str().expect("UTF-8"));
    let lines =
        ["status", "lines list", "cache reconcile --dry-run", "snapshot x", "adr import", "fold"];
    for line in lines {
        let mut command = world.command(world.binary(), &world.repo());
        let ended = command.args(line.split(' ')).env("PATH", &path).output().expect("it starts");
        assert!(ended.status.success(), "{line}: {ended:?}");
        assert_eq!(ran(&world), Vec::<String>::new(), "{line}");
    }
}

/// Or the test above would prove nothing.
#[test]
fn the_traps_go_off_under_plain_git() {
    let (world, _) = hostile();
    world.write("README.md", "# Sample, once more\n");
    for line in ["status", "diff", "log -1", "update-ref refs/heads/x HEAD", "add README.md"] {
        let _ = world.try_git(&line.split(' ').collect::<Vec<_>>());
    }
    let found = ran(&world);
    for trap in ["core.fsmonitor", "filter.trap.clean", "hook"] {
        assert!(found.iter().any(|name| name == trap), "{trap}: {found:?}");
    }
}
