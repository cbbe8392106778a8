//! What a power cut may leave on a disk, replayed from a trace.
//!
//! The model is what POSIX promises and no more:
//!
//! - Bytes that were not synced since they were written may be there, be missing, be there up to
//!   any byte, or have their length without their content (zeros).
//! - A name that was made, changed or removed without a later sync of its folder may be as it was
//!   or as it became, whatever became of other names. A rename is one step, never half of one.
//! - What was synced is there.
//!
//! So a new file needs a sync of its own and one of its folder, and a new folder one of the folder
//! around it. Real file systems promise more; nobody promises that they all do.

mod replay;

use std::collections::BTreeSet;
use std::path::Path;

use crate::strace::Trace;
use crate::world::Picture;

/// Which syncs the replay believes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syncs {
    /// All.
    Kept,
    /// None: what a program that never syncs would leave. The control of a test.
    Dropped,
}

/// What may be on the disk after a power cut.
#[derive(Debug, Clone)]
pub struct Image {
    /// The files.
    pub picture: Picture,
    /// Whether the command had said that it is done.
    pub acknowledged: bool,
    /// After how many calls the power went, for a message.
    pub after: usize,
}

/// Every image of every moment of a traced command, no two alike: all combinations of a moment
/// where there are at most `most`, else that many, the same ones in each run.
///
/// # Panics
/// If the command changed files in a way that the model does not know.
pub fn images(
    trace: &Trace,
    before: &Picture,
    root: &Path,
    syncs: Syncs,
    most: usize,
) -> Vec<Image> {
    let mut disk = replay::Disk::of(before, root, syncs);
    let mut found = Found { most, seen: BTreeSet::new(), images: Vec::new() };
    found.moment(&disk, before, /*acknowledged*/ false, /*after*/ 0);
    let first = trace.calls().first().map_or(0, |call| call.process);
    let mut acknowledged = false;
    for (at, call) in trace.calls().iter().enumerate() {
        let changed = disk.carry_out(trace, at);
        let says = call.process == first && is_answer(call);
        acknowledged |= says && trace.ran.is_success();
        if changed || says {
            found.moment(&disk, before, acknowledged, at + 1);
        }
    }
    found.images
}

/// What the user sees last of a command: its answer, or its end.
fn is_answer(call: &crate::strace::Call) -> bool {
    let to = call.arguments.first().and_then(crate::strace::Argument::number);
    call.name == "exit_group" || (call.name == "write" && to == Some(1))
}

struct Found {
    most: usize,
    seen: BTreeSet<(bool, Vec<u8>)>,
    images: Vec<Image>,
}

impl Found {
    fn moment(&mut self, disk: &replay::Disk, before: &Picture, acknowledged: bool, after: usize) {
        for choice in choices(&disk.open_questions(), self.most) {
            let picture = before.with_entries(disk.settle(&choice));
            if self.seen.insert((acknowledged, picture.sketch())) {
                self.images.push(Image { picture, acknowledged, after });
            }
        }
    }
}

/// Answers to questions with so many answers each: all, or a spread of them that holds the extremes
/// and each single deviation from them.
fn choices(questions: &[usize], most: usize) -> Vec<Vec<usize>> {
    let all = questions.iter().try_fold(1_usize, |all, one| all.checked_mul(*one));
    if let Some(all) = all.filter(|all| *all <= most) {
        return (0..all).map(|number| digits(questions, number)).collect();
    }
    let none = vec![0; questions.len()];
    let whole: Vec<usize> = questions.iter().map(|answers| answers - 1).collect();
    let mut chosen = vec![none.clone(), whole.clone()];
    for (at, answers) in questions.iter().enumerate() {
        for answer in 0..*answers {
            for extreme in [&none, &whole] {
                let mut one = extreme.clone();
                one[at] = answer;
                chosen.push(one);
            }
        }
    }
    let mut state = 1_u64;
    while chosen.len() < most {
        chosen.push(questions.iter().map(|answers| draw(&mut state) % answers).collect());
    }
    chosen.truncate(most);
    chosen
}

fn digits(questions: &[usize], mut number: usize) -> Vec<usize> {
    let digit = |answers: &usize| {
        let digit = number % answers;
        number /= answers;
        digit
    };
    questions.iter().map(digit).collect()
}

/// Knuth's MMIX generator: the same draws in each run.
fn draw(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 40).unwrap_or(0)
}

#[cfg(test)]
mod tests;
