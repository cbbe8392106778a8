//! The system says no: a failed write is reported and changes nothing, or says "not confirmed";
//! nothing is damaged, and nothing is left lying about. A hook ends well all the same.

use throughline_testkit::strace::Call;
use throughline_testkit::{Effort, Fault, Harm, Often, Ran, World};

use super::scenarios::{Role, Scenario};
use super::verdict::{Case, Outcome, Torn, is_late};
use super::{Tally, spread};

/// What the system may say to which call.
const REFUSALS: [(&str, &[&str]); 10] = [
    ("openat", &["ENOSPC", "EDQUOT", "EROFS", "EMFILE", "EIO"]),
    ("write", &["ENOSPC", "EDQUOT", "EIO"]),
    ("pwrite64", &["ENOSPC", "EDQUOT", "EIO"]),
    ("fsync", &["EIO", "ENOSPC"]),
    ("fdatasync", &["EIO", "ENOSPC"]),
    ("rename", &["ENOSPC", "EROFS", "EIO"]),
    ("unlink", &["EROFS", "EIO"]),
    ("mkdir", &["ENOSPC", "EROFS"]),
    ("ftruncate", &["EIO"]),
    ("pipe2", &["EMFILE"]),
];

/// Calls that a signal may break off; who asks again gets what it wants.
const INTERRUPTED: [&str; 6] = ["openat", "read", "write", "fsync", "fdatasync", "flock"];

/// The largest file of a scenario, in blocks of 512 bytes, but for a long import.
const LONGEST: u32 = 32;

/// Every fault that can strike a traced command.
fn faults(world: &World, calls: &[(&Call, u32)]) -> Vec<(Fault, Answer)> {
    let mut faults = Vec::new();
    for (call, nth) in calls.iter().filter(|(call, _)| concerns(world, call)) {
        let answer = answer(call);
        let at = |harm, often| Fault { call: call.name.clone(), nth: *nth, harm, often };
        for (_, errors) in REFUSALS.iter().filter(|(name, _)| *name == call.name) {
            for error in *errors {
                let harm = Harm::Error(error);
                faults.push((at(harm, Often::Once), answer));
                faults.push((at(harm, Often::FromThenOn), answer));
            }
        }
        if INTERRUPTED.contains(&call.name.as_str()) {
            faults.push((at(Harm::Error("EINTR"), Often::Once), answer));
        }
    }
    faults
}

/// Whether the call is about what the command says, not what it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
}

fn answer(call: &Call) -> Answer {
    let to = call.arguments.first().and_then(|first| first.number());
    if call.name == "write" && to.is_some_and(|to| to <= 2) { Answer::Yes } else { Answer::No }
}

/// Calls about the world's files, and about nothing in particular; not those of the loader.
fn concerns(world: &World, call: &Call) -> bool {
    let path = match call.name.as_str() {
        "openat" => call.arguments[1].bytes().map(|b| String::from_utf8_lossy(&b).into_owned()),
        "read" | "write" => call.arguments[0].file().map(|f| f.display().to_string()),
        _ => return true,
    };
    let root = world.root().display().to_string();
    path.is_some_and(|path| path.starts_with(&root)) || answer(call) == Answer::Yes
}

/// `sample`: how many points in a sample.
pub(super) fn any_call(case: &Case<'_>, sample: usize) {
    let all = faults(case.world, &case.trace.points());
    let most = Effort::asked().pick(sample, all.len());
    let mut tally = Tally { points: all.len(), ..Tally::default() };
    for (fault, answer) in spread(&all, most, case.scenario.name) {
        let children = case.scenario.children;
        let ran = case.run(|world| {
            world.with_fault(case.strace, children, fault, |world| (case.scenario.run)(world))
        });
        let outcome = outcome(case.scenario, fault, *answer, &ran);
        let verdict = outcome.and_then(|outcome| case.check(outcome, Torn::Yes, &mut tally));
        if let Err(why) = verdict {
            panic!("{} with {fault:?}:\n{}{why}", case.scenario.name, ran.screen())
        }
    }
    tally.report("refused", case);
}

/// Files may grow to so many blocks of 512 bytes and no further: a write is cut short there.
pub(super) fn any_length(case: &Case<'_>) {
    let all: Vec<u32> = (0..LONGEST).collect();
    let most = Effort::asked().pick(1, all.len());
    let mut tally = Tally { points: all.len(), ..Tally::default() };
    for blocks in spread(&all, most, case.scenario.name) {
        let ran = case.run(|world| world.with_largest_file(*blocks, |w| (case.scenario.run)(w)));
        let outcome = promised(case.scenario, &ran);
        let verdict = outcome.and_then(|outcome| case.check(outcome, Torn::Yes, &mut tally));
        if let Err(why) = verdict {
            panic!("{} with {blocks} blocks:\n{}{why}", case.scenario.name, ran.screen())
        }
    }
    tally.report("short of space", case);
}

/// What a command's end promises.
fn outcome(
    scenario: &Scenario,
    fault: &Fault,
    answer: Answer,
    ran: &Ran,
) -> Result<Outcome, String> {
    let interrupted = fault.harm == Harm::Error("EINTR");
    if interrupted && !ran.is_success() && !is_late(ran) {
        return Err("an interrupted call is no failure".to_owned());
    }
    let mute = fault.call == "write" && fault.often == Often::FromThenOn;
    if !ran.is_success() && ran.stderr.is_empty() && !mute {
        return Err("a failure without a word".to_owned());
    }
    promised(scenario, ran).map(|promised| match (promised, answer) {
        // What was done can't be said: who asks sees it.
        (Outcome::Refused, Answer::Yes) => Outcome::Unknown,
        (Outcome::Refused, Answer::No) if mute && scenario.role == Role::Decision => {
            Outcome::Unknown
        }
        (promised, _) => promised,
    })
}

fn promised(scenario: &Scenario, ran: &Ran) -> Result<Outcome, String> {
    match (scenario.role, ran.code) {
        (Role::Hook, Some(0)) if ran.stdout.matches("systemMessage").count() > 1 => {
            Err("more than one warning".to_owned())
        }
        (Role::Hook, Some(0)) => Ok(Outcome::Unknown),
        (Role::Hook, _) => Err("a hook ends with 0".to_owned()),
        (_, Some(0)) => Ok(Outcome::Acknowledged),
        // Git is told that it did not work, and does not look at the file.
        (_, Some(1)) if scenario.looks_at.is_some() => Ok(Outcome::Unknown),
        (_, Some(75) | None) => Ok(Outcome::Unknown),
        (_, Some(_)) => Ok(Outcome::Refused),
    }
}
