//! Histories of several branches.

use super::script::{After, Row, check, row};

/// `feature` has a commit of its own and was seen; memory is back on main.
const FEATURE: &str = "switch -q -c feature\ncommit f1\nlook\nswitch -q main";
/// As [`FEATURE`], and memory is still there.
const ON_FEATURE: &str = "switch -q -c feature\ncommit f1";
const TWO: &str =
    "switch -q -c one\ncommit f1\nlook\nswitch -q -c two main\ncommit f2\nlook\nswitch -q main";

const SWITCHED: [Row; 8] = [
    row("a switch to a known line", [FEATURE, "switch -q feature"], "switched", "use"),
    row(
        "a switch, and a commit there",
        [FEATURE, "switch -q feature\ncommit f2"],
        "switched advanced",
        "use fast-forward",
    ),
    row(
        "a switch, and an amended commit there",
        [FEATURE, "switch -q feature\nsh git commit -q --amend -m other"],
        "amended switched",
        "rebase use",
    ),
    row("there and back", [FEATURE, "switch -q feature\nswitch -q main"], "", ""),
    row("three switches", [TWO, "switch -q one\nswitch -q two\nswitch -q one"], "switched", "use"),
    row(
        "a branch made and left without a commit",
        ["", "switch -q -c empty\nswitch -q main"],
        "",
        "",
    ),
    row("another branch deleted", [FEATURE, "branch -q -D feature"], "", ""),
    row("back from a detached HEAD", ["tag v1\ncheckout -q v1", "switch -q main"], "", ""),
];

#[test]
fn a_line_that_is_known() {
    check(&SWITCHED);
}

#[rustfmt::skip]
const NEW: [Row; 9] = [
    row("a branch from here", ["", "switch -q -c feature"], "branched", "fork").from("main"),
    row("a branch from here with a commit", ["", "switch -q -c feature\ncommit f1"], "branched", "fork").from("main"),
    row("a branch from elsewhere", [FEATURE, "switch -q -c more feature"], "branched", "fork").from("feature"),
    row("a branch from an older commit", ["commit one\ncommit two", "switch -q -c old HEAD~1"], "branched", "fork").from("main"),
    row("a branch from a remote one", [REMOTE, PEER], "branched", "fork").from("main"),
    row("a second branch by way of one without a commit", ["", "switch -q -c empty\nswitch -q -c feature"], "branched", "fork").from("main"),
    row("a branch renamed", [ON_FEATURE, "branch -q -m renamed"], "renamed", "follow").from("feature"),
    row("a branch renamed, and a commit", [ON_FEATURE, "branch -q -m renamed\ncommit f2"], "branched", "fork").from("feature"),
    row("a branch without history", ["", "switch -q --orphan alone\ncommit alone"], "unrelated", "ask").after(After::Asked),
];

const REMOTE: &str = "sh git clone -q --bare . ../remote.git
    sh git clone -q ../remote.git ../peer
    sh cd ../peer && git config user.name Peer && git config user.email peer@example.com
    remote add origin ../remote.git";
const PEER: &str = "sh cd ../peer && git commit -q --allow-empty -m theirs && git push -q
    fetch -q origin
    switch -q -c feature origin/main";

#[test]
fn a_line_that_is_new() {
    check(&NEW);
}

#[rustfmt::skip]
const MERGED: [Row; 7] = [
    row("a merge", [FEATURE, "merge -q --no-ff feature"], "merged advanced", "merge fast-forward"),
    row("a fast-forward merge", [FEATURE, "merge -q --ff-only feature"], "merged advanced", "merge fast-forward"),
    row("a merge, and the branch deleted", [FEATURE, "merge -q --no-ff feature\nbranch -q -d feature"], "merged advanced", "merge fast-forward"),
    row("an octopus", [TWO, "merge -q one two"], "merged advanced", "merge fast-forward"),
    row("a squash merge shows nothing", [FEATURE, "merge -q --squash feature\ncommit squashed"], "advanced", "fast-forward"),
    row("main merged into a branch", [ON_FEATURE_BESIDE_MAIN, "merge -q main"], "merged advanced", "merge fast-forward"),
    row("a branch rebased onto main", [ON_FEATURE_BESIDE_MAIN, "rebase -q main"], "rebased merged", "rebase merge"),
];

const ON_FEATURE_BESIDE_MAIN: &str =
    "switch -q -c feature\ncommit f1\nlook\nswitch -q main\ncommit m1\nlook\nswitch -q feature";

#[test]
fn a_line_that_took_in_another() {
    check(&MERGED);
}
