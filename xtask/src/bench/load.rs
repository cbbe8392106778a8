//! Hooks while 16 others write, and while a stopped process holds one of our locks for ever.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use super::Report;
use super::ground::{Ground, program, timed};
use super::hooks::Turns;
use super::samples::{Budget, Reference, Row, Samples};
use crate::XtaskError;

const WRITERS: usize = 16;

/// 99 of 100 hooks, and each of them, in milliseconds.
const UNDER_LOAD: Budget = Budget::Tail(20.0, 50.0);

pub(crate) fn measure(
    ground: &Ground,
    rounds: usize,
    report: &mut Report<'_>,
) -> Result<(), XtaskError> {
    ground.import(/*first*/ 0, super::SIZES[0]);
    for (title, lock) in [
        ("16 writers", None),
        ("16 writers, the journal's lock held", Some("journal.lock")),
        ("16 writers, the project's lock held", Some("project.lock")),
    ] {
        let held = lock.map(|lock| hold(&ground.project_folder().join(lock)));
        let (rows, references, writes) = beside_writers(ground, title, rounds);
        drop(held);
        report.table(&format!("Hooks beside {title}"), &rows, &references)?;
        report.say(&format!("({writes} commands of the writers ended meanwhile)"))?;
    }
    Ok(())
}

/// What a stopped process would do: take the lock and never give it back.
fn hold(lock: &Path) -> File {
    let file = File::options().read(true).write(true).open(lock);
    let file = file.unwrap_or_else(|error| panic!("{}: {error}", lock.display()));
    flock(&file, FlockOperation::LockExclusive).expect("the lock");
    file
}

fn beside_writers(
    ground: &Ground,
    title: &str,
    rounds: usize,
) -> (Vec<Row>, [Reference; 1], usize) {
    let (over, writes) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut turns = Turns::default();
    let mut status = Samples::default();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let mut template = ground.world.command(ground.world.binary(), &ground.world.repo());
            template.args(["tasks", "add"]).arg(format!("Written by {writer}"));
            let (over, writes) = (&over, &writes);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    timed(copy_of(&template), "");
                    writes.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        thread::sleep(Duration::from_millis(300));
        for round in 0..rounds {
            turns.play(ground, &format!("{}-{round}", title.len()), round);
            status.push(ground.git(&["status", "--porcelain"]));
        }
        over.store(true, Ordering::Relaxed);
    });
    let references = [Reference { short: "status", median: status.median() }];
    let mut rows = turns.rows(UNDER_LOAD);
    rows.push(Row::new("git status --porcelain", status, Budget::Free));
    (rows, references, writes.load(Ordering::Relaxed))
}

/// A `Command` runs any number of times, but its input is set up for one.
fn copy_of(template: &Command) -> Command {
    let mut copy = program(template.get_program());
    copy.args(template.get_args()).env_clear();
    copy.envs(template.get_envs().filter_map(|(key, value)| Some((key, value?))));
    copy.current_dir(template.get_current_dir().expect("a world's commands have a folder"));
    copy
}
