//! What is left of a command that was killed, refused by the system, or whose machine lost power.
//!
//! One list of [`scenarios`], each a state of things and one command that writes; four ways to
//! break it (a [`kill`], a failure or a lack of space in [`refuse`], a [`power`] cut); one
//! [`verdict`] on what is left. By default a fixed sample of the points is run; `cargo xtask crash`
//! runs them all.

mod decisions;
mod kill;
mod power;
mod refuse;
mod scenarios;
mod verdict;

use scenarios::Group;
use throughline_testkit::{Effort, Strace};
use verdict::Case;

/// How many points there were, how many of them were run, and how many left something on disk that
/// had not been checked yet.
#[derive(Debug, Default)]
struct Tally {
    points: usize,
    run: usize,
    different: usize,
}

impl Tally {
    fn report(&self, what: &str, case: &Case<'_>) {
        let Self { points, run, different } = self;
        let name = case.scenario.name;
        let text = format!("{what} {name}: {run} of {points} points, {different} different");
        Effort::report(&text);
    }
}

/// Some of many, evenly spread, another begin for each name so that all of them differ.
fn spread<'a, T>(all: &'a [T], most: usize, name: &str) -> Vec<&'a T> {
    let step = all.len().div_ceil(most.max(1)).max(1);
    let begin = name.bytes().map(usize::from).sum::<usize>() % step;
    all.iter().skip(begin).step_by(step).collect()
}

fn break_each(group: &Group) {
    let Some(strace) = Strace::required() else { return };
    group.each(|world, before, scenario| {
        let case = Case::of(&strace, world, before, scenario);
        kill::at_any_call(&case, /*sample*/ 3);
        refuse::any_call(&case, /*sample*/ 3);
        refuse::any_length(&case);
        power::cut_at_any_moment(&case);
    });
}

/// The same with a smaller sample: there are many, and they write by the same few ways.
fn break_some(group: &Group) {
    if Effort::asked() == Effort::All {
        return break_each(group);
    }
    let Some(strace) = Strace::required() else { return };
    group.each(|world, before, scenario| {
        let case = Case::of(&strace, world, before, scenario);
        kill::at_any_call(&case, /*sample*/ 1);
        refuse::any_call(&case, /*sample*/ 1);
    });
}

#[test]
fn changes_of_tasks_are_whole_or_absent() {
    break_each(&scenarios::tasks());
}

#[test]
fn commands_of_a_project_are_whole_or_absent() {
    break_each(&scenarios::project());
}

#[test]
fn a_project_in_the_home_loses_nothing() {
    break_each(&scenarios::local());
    break_each(&scenarios::init());
}

#[test]
fn hooks_end_well_and_damage_nothing() {
    break_each(&scenarios::hooks());
}

#[test]
fn decisions_are_whole_or_absent_and_taken_back() {
    break_some(&decisions::shared());
}

#[test]
fn decisions_in_the_home_are_whole_or_absent_and_taken_back() {
    break_some(&decisions::local());
}

#[test]
fn history_is_brought_in_whole_or_not_at_all() {
    break_some(&decisions::history());
}
