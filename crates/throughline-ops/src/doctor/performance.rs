//! How long things take here. On a machine under load all take longer, so a time is the best of several.

use std::time::{Duration, Instant};

use super::scratch::Scratch;
use super::table::{Check, Finding};
use super::{Depth, Doctor};
use crate::here::Here;

/// Past the budget it is worth knowing; past these it is felt in every turn.
const HOOK: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
const GIT: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
const STATE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(4));

fn rounds(depth: Depth) -> u32 {
    match depth {
        Depth::Usual => 3,
        Depth::Deep => 50,
    }
}

/// A hook in a project of its own.
pub(super) fn hook(scratch: &Scratch, depth: Depth) -> Finding {
    match scratch.prompt_time(rounds(depth)) {
        Ok(took) => judge(Check::HookTime, took, HOOK),
        Err(problem) => Check::HookTime.fail(format!("a hook {problem}")),
    }
}

/// What a hook asks git, in this repository.
pub(super) fn git(doctor: &Doctor<'_>) -> Option<Finding> {
    let took = best(rounds(doctor.options.depth), || {
        doctor.world.git.discover(&doctor.world.directory).is_ok_and(|found| found.is_some())
    })?;
    Some(judge(Check::GitTime, took, GIT))
}

/// Reading this line's state with what it lacks.
pub(super) fn state(doctor: &Doctor<'_>, here: &Here) -> Option<Finding> {
    let took = best(rounds(doctor.options.depth).min(3), || here.load().is_ok())?;
    Some(judge(Check::StateTime, took, STATE))
}

fn best(rounds: u32, mut run: impl FnMut() -> bool) -> Option<Duration> {
    let mut once = || {
        let begun = Instant::now();
        run().then(|| begun.elapsed())
    };
    (0..rounds).map(|_| once()).min().flatten()
}

fn judge(check: Check, took: Duration, (usual, most): (Duration, Duration)) -> Finding {
    let measured = format!("{}.{} ms", took.as_millis(), took.as_micros() / 100 % 10);
    match took {
        took if took > most => check.warn(measured),
        took if took > usual => check.note(measured),
        _ => check.ok(measured),
    }
}
