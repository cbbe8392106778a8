//! Memory against a small model of it.
//!
//! Random steps of people, git and accidents are carried out on real files and in the model. After
//! each step everything is opened anew and the two agree: what was acknowledged is seen, what was
//! refused is not, an undo gives what stood before and its undo what stood after, and neither a
//! fold nor a publish nor a file that a killed fold left behind changes what is seen.
//!
//! What two sides of a merge make of a field that both changed is not the model's: there it holds
//! the laws of a merge, and goes on from what came out.
//!
//! The cases of a usual run are always the same. `THRU_TEST_TRANSITIONS` is how many steps to take instead, in
//! other cases each time; `cargo xtask semantics` takes a million.

mod model;
mod place;

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use throughline_ops::tasks::transition::Transition;
use throughline_testkit::Effort;

use self::place::{Kind, Place};

/// What happens next. Numbers choose among what is there.
#[derive(Debug, Clone)]
enum Step {
    Add {
        needs: Option<usize>,
    },
    Rename(usize),
    Prioritise(usize, u8),
    Move(usize, Transition),
    Link(usize, usize),
    Unlink(usize),
    Remove(usize),
    Undo,
    Redo,
    Fold,
    /// A writer died in the middle of its `write`.
    TornRecord(usize),
    /// A fold died before it had replaced all of its files.
    KilledFold(Replaced),
    Publish,
    Commit,
    Branch,
    Switch(usize),
    Merge(usize),
    /// The last commit is thrown away, the changes in it are asked back.
    Reset,
}

/// What a killed fold had replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Replaced {
    Nothing,
    States,
}

fn change() -> impl Strategy<Value = Step> {
    let transition = prop_oneof![
        Just(Transition::Start),
        Just(Transition::Complete),
        Just(Transition::Cancel),
        Just(Transition::Reopen),
    ];
    let task = any::<usize>;
    prop_oneof![
        6 => proptest::option::of(task()).prop_map(|needs| Step::Add { needs }),
        2 => task().prop_map(Step::Rename),
        2 => (task(), 0..5u8).prop_map(|(at, to)| Step::Prioritise(at, to)),
        6 => (task(), transition).prop_map(|(at, to)| Step::Move(at, to)),
        3 => (task(), task()).prop_map(|(from, to)| Step::Link(from, to)),
        1 => task().prop_map(Step::Unlink),
        2 => task().prop_map(Step::Remove),
        4 => Just(Step::Undo),
        3 => Just(Step::Redo),
    ]
}

fn accident() -> impl Strategy<Value = Step> {
    let replaced = prop_oneof![Just(Replaced::Nothing), Just(Replaced::States)];
    prop_oneof![
        2 => Just(Step::Fold),
        1 => any::<usize>().prop_map(Step::TornRecord),
        2 => replaced.prop_map(Step::KilledFold),
    ]
}

fn by_git() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Publish),
        3 => Just(Step::Commit),
        2 => Just(Step::Branch),
        3 => any::<usize>().prop_map(Step::Switch),
        2 => any::<usize>().prop_map(Step::Merge),
        1 => Just(Step::Reset),
    ]
}

fn steps(kind: Kind, longest: usize) -> impl Strategy<Value = Vec<Step>> {
    let git = if kind == Kind::Plain { 0 } else { 3 };
    let step = prop_oneof![8 => change(), 3 => accident(), git => by_git()];
    proptest::collection::vec(step, longest / 2..=longest)
}

/// Of a hundred steps that are asked for, how many each kind takes: one with git lasts eight times as long.
fn share(kind: Kind) -> usize {
    match kind {
        Kind::Plain => 80,
        Kind::Local | Kind::Shared => 10,
    }
}

/// How many cases are drawn before it is seen whether they were enough.
const BATCH: u32 = 50;

/// Runs so many cases of so many steps at most, or as many as it takes for the steps asked for.
fn hold(kind: Kind, sample: u32, longest: usize) {
    let (mut cases, mut taken) = (0, 0);
    if let Some(asked) = asked() {
        while taken < asked * share(kind) / 100 {
            taken += run(kind, TestRunner::new(config(BATCH)), longest);
            cases += BATCH;
        }
    } else {
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        taken = run(kind, TestRunner::new_with_rng(config(sample), rng), longest);
        cases = sample;
    }
    Effort::report(&format!("{kind:?}: {cases} cases, {taken} steps"));
}

fn config(cases: u32) -> Config {
    // To shrink a case means to run it again and again.
    Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() }
}

/// How many steps there were.
fn run(kind: Kind, mut runner: TestRunner, longest: usize) -> usize {
    let taken = Cell::new(0);
    let done = runner.run(&steps(kind, longest), |steps| {
        let mut place = Place::new(kind);
        for step in &steps {
            place.take(step);
            taken.set(taken.get() + 1);
        }
        Ok(())
    });
    done.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
    taken.get()
}

#[expect(clippy::disallowed_methods, reason = "tests read the environment themselves")]
fn asked() -> Option<usize> {
    let asked = std::env::var("THRU_TEST_TRANSITIONS").ok()?;
    Some(asked.parse().expect("THRU_TEST_TRANSITIONS is a number"))
}

#[test]
fn a_plain_folder_behaves_as_the_model() {
    hold(Kind::Plain, 8, 40);
}

#[test]
fn memory_beside_a_repository_behaves_as_the_model() {
    hold(Kind::Local, 4, 60);
}

#[test]
fn memory_that_git_carries_behaves_as_the_model() {
    hold(Kind::Shared, 4, 60);
}

/// Found by the cases above: the line in the middle exists in the journal alone.
#[test]
fn a_fork_of_a_fork_that_was_never_folded_has_what_both_have() {
    let add = || Step::Add { needs: None };
    let mut place = Place::new(Kind::Shared);
    for step in [add(), Step::Branch, add(), Step::Branch, add()] {
        place.take(&step);
    }
}

/// Found by more cases than the sample has: of several changes behind a reset the last one was let go.
#[test]
fn a_task_that_was_cancelled_and_removed_is_removed_again_after_a_reset() {
    let mut place = Place::new(Kind::Shared);
    let steps = [
        Step::Add { needs: None },
        Step::Commit,
        Step::Move(0, Transition::Cancel),
        Step::Remove(0),
        Step::Reset,
        Step::Branch,
    ];
    for step in steps {
        place.take(&step);
    }
}

/// Found by many more cases than the sample has: what a fork's origin had taken over from a third line was
/// forgotten when the fork and that line met, and what the fork had set back was lost.
#[test]
fn a_fork_knows_what_its_origin_had_in_common_with_others() {
    let mut place = Place::new(Kind::Local);
    let (branch, main) = (0, 1);
    let steps = [
        Step::Add { needs: None },
        Step::Branch,
        Step::Switch(main),
        Step::Prioritise(0, 3),
        Step::Switch(branch),
        Step::Merge(0),
        Step::Branch,
        Step::Prioritise(0, 2),
        Step::Merge(main),
    ];
    for step in steps {
        place.take(&step);
    }
}

/// Found by many more cases than the sample has: where git had merged the state file, the fork began with the
/// file, and what its origin had not published yet was not seen there.
#[test]
fn a_fork_of_a_merged_line_has_what_that_had_not_published() {
    let add = || Step::Add { needs: None };
    let (of_both, of_one, main) = (2, 1, 0);
    let mut place = Place::new(Kind::Shared);
    let steps = [
        add(),
        Step::Branch,
        add(),
        add(),
        Step::Prioritise(of_both, 1),
        Step::Merge(main),
        Step::Remove(of_one),
        Step::Branch,
    ];
    for step in steps {
        place.take(&step);
    }
}
