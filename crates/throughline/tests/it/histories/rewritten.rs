//! Histories of one branch.

use super::script::{After, Row, check, row};

const ONWARDS: [Row; 10] = [
    row("nothing happened", ["", ""], "", ""),
    row("a commit", ["", "commit one"], "advanced", "fast-forward"),
    row("three commits", ["", "commit one\ncommit two\ncommit three"], "advanced", "fast-forward"),
    row("a cherry-pick", [SIDE, "cherry-pick side"], "advanced", "fast-forward"),
    row("a revert", ["commit one", "revert --no-edit HEAD"], "advanced", "fast-forward"),
    row("a stash, popped", ["", "sh echo x >>README.md\nstash\nstash pop"], "", ""),
    row(
        "a merge of a branch that memory never saw",
        [SIDE, "merge -q --no-ff side"],
        "advanced",
        "fast-forward",
    ),
    row("a fast-forward to one", [SIDE, "merge -q --ff-only side"], "advanced", "fast-forward"),
    row("a pull", [REMOTE, PEER_COMMIT_AND_PULL], "advanced", "fast-forward"),
    row("a pull that merges", [REMOTE_AND_OWN, PULL_MERGE], "advanced", "fast-forward"),
];

const SIDE: &str = "switch -q -c side\ncommit aside\nswitch -q main";
const REMOTE: &str = "sh git clone -q --bare . ../remote.git
    sh git clone -q ../remote.git ../peer
    sh cd ../peer && git config user.name Peer && git config user.email peer@example.com
    remote add origin ../remote.git
    fetch -q origin
    branch -q -u origin/main";
const REMOTE_AND_OWN: &str = "sh git clone -q --bare . ../remote.git
    sh git clone -q ../remote.git ../peer
    sh cd ../peer && git config user.name Peer && git config user.email peer@example.com
    remote add origin ../remote.git
    fetch -q origin
    branch -q -u origin/main
    commit own";
const PEER_COMMIT_AND_PULL: &str =
    "sh cd ../peer && git commit -q --allow-empty -m theirs && git push -q\npull -q --ff-only";
const PULL_MERGE: &str =
    "sh cd ../peer && git commit -q --allow-empty -m theirs && git push -q\npull -q --no-rebase";
const PULL_REBASE: &str =
    "sh cd ../peer && git commit -q --allow-empty -m theirs && git push -q\npull -q --rebase";
const FORCED: &str = "sh cd ../peer && git commit -q --amend -m theirs && git push -qf
    fetch -q
    reset -q --hard @{u}";
const SHALLOW: &str = "sh cd ../peer && echo theirs >t && git add t && git commit -q -m t1 && git commit -q --allow-empty -m t2 && git push -q
    sh git fetch -q --depth 1 file://$(cd ../remote.git && pwd) main
    reset -q --hard FETCH_HEAD";

#[test]
fn a_branch_that_goes_on() {
    check(&ONWARDS);
}

const FOUR: &str = "commit one\ncommit two\ncommit three\ncommit four";

const REWRITTEN: [Row; 14] = [
    row(
        "an amended message",
        ["commit one", "sh git commit -q --amend -m other"],
        "amended",
        "rebase",
    ),
    row(
        "an amended tree",
        ["commit one", "sh echo x >x; git add x; git commit -q --amend -m one"],
        "amended",
        "rebase",
    ),
    row(
        "amended twice",
        ["commit one", "sh git commit -q --amend -m two; git commit -q --amend -m three"],
        "amended",
        "rebase",
    ),
    row(
        "an amended message and a commit",
        ["commit one", "sh git commit -q --amend -m two\ncommit more"],
        "rebased",
        "rebase",
    ),
    row(
        "a reset and another commit",
        ["commit one", "reset -q --hard HEAD~1\ncommit instead"],
        "amended",
        "rebase",
    ),
    row(
        "a rebase onto a branch that memory never saw",
        ["switch -q -c side\ncommit aside\nswitch -q main\ncommit one", "rebase -q side"],
        "rebased",
        "rebase",
    ),
    row(
        "an interactive rebase that squashes the last two",
        [FOUR, "sh GIT_SEQUENCE_EDITOR=\"sed -i '2s/pick/squash/'\" git rebase -q -i HEAD~2"],
        "rebased",
        "rebase",
    ),
    row(
        "one that squashes in the middle",
        [FOUR, "sh GIT_SEQUENCE_EDITOR=\"sed -i '2s/pick/squash/'\" git rebase -q -i HEAD~3"],
        "rebased",
        "rebase",
    ),
    row(
        "one that drops in the middle",
        [FOUR, "sh GIT_SEQUENCE_EDITOR=\"sed -i '1d'\" git rebase -q -i HEAD~3"],
        "rebased",
        "rebase",
    ),
    row(
        "one that changes the order",
        [FOUR, "sh GIT_SEQUENCE_EDITOR=\"sed -i '1{h;d};2{G}'\" git rebase -q -i HEAD~2"],
        "rebased",
        "rebase",
    ),
    row(
        "one that squashes and drops",
        [
            FOUR,
            "sh GIT_SEQUENCE_EDITOR=\"sed -i -e '2s/pick/squash/' -e '3d'\" git rebase -q -i HEAD~4",
        ],
        "rebased",
        "rebase",
    ),
    row("a pull that rebases", [REMOTE_AND_OWN, PULL_REBASE], "rebased", "rebase"),
    row("a pull after a forced push", [REMOTE, FORCED], "amended", "rebase"),
    row(
        "a reset there and back",
        ["commit one", "reset -q --hard HEAD~1\nreset -q --hard ORIG_HEAD"],
        "",
        "",
    ),
];

#[test]
fn a_branch_that_was_rewritten() {
    check(&REWRITTEN);
}

const ASKED: [Row; 7] = [
    row("a soft reset", ["commit one", "reset -q --soft HEAD~1"], "rewound", "ask"),
    row("a hard reset", ["commit one", "reset -q --hard HEAD~1"], "rewound", "ask"),
    row(
        "an interactive rebase that drops the last",
        [
            "commit one\ncommit two",
            "sh GIT_SEQUENCE_EDITOR=\"sed -i '2d'\" git rebase -q -i HEAD~2",
        ],
        "rewound",
        "ask",
    ),
    row(
        "a reset to work of another kind",
        ["commit one\ncommit two", "reset -q --hard HEAD~2\ncommit other"],
        "replaced",
        "ask",
    ),
    row(
        "an orphan in its place",
        ["commit one", "checkout -q --orphan fresh\ncommit fresh\nbranch -q -M fresh main"],
        "replaced",
        "ask",
    ),
    row(
        "the old HEAD was collected",
        [
            "commit one",
            "sh git commit -q --amend -m two\nreflog expire --expire=now --all\nsh rm -f .git/ORIG_HEAD\ngc -q --prune=now",
        ],
        "replaced",
        "ask",
    ),
    row("a shallow fetch", [REMOTE, SHALLOW], "replaced", "ask"),
];

#[test]
fn a_branch_about_which_somebody_is_asked() {
    check(&ASKED.map(|row| row.after(After::Asked)));
}
