//! Histories that pause, leave the branches, or move to another folder.

use super::script::{After, Row, check, row};

/// Both sides changed the same line.
const CLASH: &str = "switch -q -c side
    sh echo theirs >README.md
    commit theirs
    switch -q main
    sh echo ours >README.md
    commit ours";

#[rustfmt::skip]
const WAITING: [Row; 6] = [
    row("a bisect", ["commit one\ncommit two", "sh git bisect start HEAD HEAD~2"], "busy detached", "wait"),
    row("a merge in conflict", [CLASH, "try merge -q side"], "busy", "wait"),
    row("a rebase in conflict", [CLASH, "try rebase -q side"], "busy detached", "wait"),
    row("a cherry-pick in conflict", [CLASH, "try cherry-pick side"], "busy", "wait"),
    row("HEAD detached at a tag", ["tag v1\ncommit one", "checkout -q v1"], "detached", "hold"),
    row("HEAD detached here", ["commit one", "checkout -q --detach"], "detached", "hold"),
];

#[test]
fn a_history_that_waits() {
    check(&WAITING.map(|row| row.after(After::Stands)));
}

#[rustfmt::skip]
const OVER: [Row; 5] = [
    row("a bisect, ended", ["commit one\ncommit two", "sh git bisect start HEAD HEAD~2\nlook\nbisect reset"], "", ""),
    row("a merge, given up", [CLASH, "try merge -q side\nlook\nmerge --abort"], "", ""),
    row("a merge, concluded", [CLASH, "try merge -q side\nlook\nsh echo both >README.md\ncommit both"], "advanced", "fast-forward"),
    row("a rebase, given up", [CLASH, "try rebase -q side\nlook\nrebase --abort"], "", ""),
    row("a rebase, gone through", [CLASH, "sh echo two >two\ncommit two\nlook\ntry rebase -q side\nlook\nsh echo both >README.md\nadd README.md\nrebase --continue"], "rebased", "rebase"),
];

#[test]
fn a_history_that_waited() {
    check(&OVER);
}

#[rustfmt::skip]
const MOVED: [Row; 7] = [
    row("a worktree with a new branch", ["", "worktree add -q -b feature ../linked"], "branched", "fork").in_folder("linked").from("main"),
    row("a worktree with a known line", [FEATURE, "worktree add -q ../linked feature"], "", "").in_folder("linked"),
    row("a worktree does not move this one", ["", "worktree add -q -b feature ../linked"], "", ""),
    row("a worktree, moved", [LINKED, "worktree move ../linked ../elsewhere"], "", "").in_folder("elsewhere"),
    row("a worktree, removed, its line used here", [LINKED, "worktree remove --force ../linked\nswitch -q feature"], "switched", "use"),
    row("a line that is open in a worktree", [LINKED, "switch -q --ignore-other-worktrees feature"], "switched elsewhere", "use note"),
    row("a clone, moved", ["commit one", "sh mv ../repo ../moved\nsh \"$THRU\" init --adopt"], "", "").in_folder("moved"),
];

const FEATURE: &str = "switch -q -c feature\ncommit f1\nlook\nswitch -q main";
const LINKED: &str = "worktree add -q -b feature ../linked
    sh cd ../linked && \"$THRU\" status";

#[test]
fn a_history_in_another_folder() {
    check(&MOVED);
}
