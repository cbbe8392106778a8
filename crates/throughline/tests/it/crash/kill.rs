//! Killed at any system call: what was acknowledged is there, the rest is whole or absent, and
//! nothing has to be repaired by hand.

use throughline_testkit::strace::Call;
use throughline_testkit::{Effort, Fault};

use super::verdict::{Case, Outcome, Torn};
use super::{Tally, spread};

/// Calls between which a disk can differ; the others leave what the last of these left.
const WRITING: [&str; 11] = [
    "openat",
    "write",
    "rename",
    "unlink",
    "mkdir",
    "fsync",
    "fdatasync",
    "ftruncate",
    "flock",
    "clone3",
    "exit_group",
];

/// `sample`: how many points in a sample, of the calls that matter.
pub(super) fn at_any_call(case: &Case<'_>, sample: usize) {
    let all = case.trace.points();
    let mut tally = Tally { points: all.len(), ..Tally::default() };
    for (call, nth) in chosen(&all, case.scenario.name, sample) {
        let (fault, children) = (Fault::kill(&call.name, nth), case.scenario.children);
        let ran = case.run(|world| {
            world.with_fault(case.strace, children, &fault, |world| (case.scenario.run)(world))
        });
        let outcome = match ran.code {
            Some(0) => Outcome::Acknowledged,
            Some(_) | None => Outcome::Unknown,
        };
        if let Err(why) = case.check(outcome, Torn::No, &mut tally) {
            panic!("{} killed at {fault:?}: {why}", case.scenario.name)
        }
    }
    tally.report("kill", case);
}

/// All points, or some of those at which the disk can differ.
fn chosen<'c>(all: &[(&'c Call, u32)], name: &str, sample: usize) -> Vec<(&'c Call, u32)> {
    match Effort::asked() {
        Effort::All => all.to_vec(),
        Effort::Sample => {
            let writing = |(call, _): &&(&Call, u32)| {
                WRITING.contains(&call.name.as_str()) && is_writing(call)
            };
            let writing: Vec<_> = all.iter().filter(writing).copied().collect();
            spread(&writing, sample, name).into_iter().copied().collect()
        }
    }
}

/// An `openat` that only reads changes nothing.
fn is_writing(call: &Call) -> bool {
    call.name != "openat" || call.arguments[2].shown().contains("O_CREAT")
}
