//! Our files: whose they are, whether they can be read, how much there is.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use throughline_model::line::Line;
use throughline_model::record::Mark;
use throughline_store::durable;
use throughline_store::home::Home;
use throughline_store::journal::Filter;
use throughline_store::logs::Logs;

use super::table::{Check, Finding};
use super::{Depth, DoctorOptions};
use crate::here::Here;

/// How much free space is enough, and how little is none, in bytes.
const ENOUGH: u64 = 512 << 20;
const NONE: u64 = 16 << 20;

/// How large HOME may get unmentioned, in bytes.
const LARGE: u64 = 2 << 30;

/// The caps of the log, together, in bytes.
const LOG: u64 = 10 << 20;

/// How many records may wait: a fold follows each turn, and a turn has a few dozen.
const BACKLOG: usize = 5_000;

/// A late record is taken in by the next writer.
const LATE: Duration = Duration::from_secs(60);

/// How many session files are read if not all are.
const SAMPLE: usize = 100;

/// How many files are named.
const NAMED: usize = 3;

/// What a walk over HOME found.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Files that others can read or write, folders that they can enter.
    pub(super) open: Vec<PathBuf>,
    foreign: Vec<PathBuf>,
    bytes: u64,
    files: u64,
}

/// Whose files should be ours.
fn own(options: &DoctorOptions) -> u32 {
    let pretended = options.pretended("uid").and_then(|uid| uid.parse().ok());
    pretended.unwrap_or_else(|| rustix::process::geteuid().as_raw())
}

/// Looks at everything in HOME, following no link.
pub(super) fn walk(home: &Path, options: &DoctorOptions) -> Walk {
    let (mut walk, own) = (Walk::default(), own(options));
    let mut folders = vec![home.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(found) = entry.metadata() else { continue };
            let path = entry.path();
            if found.is_symlink() {
                continue;
            }
            if found.uid() != own {
                walk.foreign.push(path.clone());
            }
            if found.mode() & 0o077 != 0 {
                walk.open.push(path.clone());
            }
            walk.bytes += found.blocks().saturating_mul(512);
            walk.files += u64::from(found.is_file());
            if found.is_dir() {
                folders.push(path);
            }
        }
    }
    walk
}

/// What can be said of HOME as a whole.
pub(super) fn whole(home: &Path, options: &DoctorOptions) -> Vec<Finding> {
    let mut findings: Vec<Finding> = disk(home, options).into_iter().collect();
    if !home.is_dir() {
        return findings;
    }
    let walk = walk(home, options);
    let own = own(options);
    let mut foreign = walk.foreign;
    foreign
        .extend(fs::metadata(home).is_ok_and(|found| found.uid() != own).then(|| home.to_owned()));
    findings.push(match walk.open.as_slice() {
        [] => Check::Permissions.ok("all"),
        open => Check::Permissions.warn(format!("others can read {}", named(open))),
    });
    findings.push(match foreign.as_slice() {
        [] => Check::Owner.ok("all"),
        foreign => Check::Owner.fail(format!("somebody else's: {}", named(foreign))),
    });
    let size = format!("{} in {} files", bytes(walk.bytes), walk.files);
    findings.extend(log(home));
    findings.push(if walk.bytes > LARGE { Check::Size.note(size) } else { Check::Size.ok(size) });
    findings
}

/// None is there before somebody reads it, or a fold finds enough to put into it.
fn log(home: &Path) -> Option<Finding> {
    Some(match Logs::read(&Home::new(home)) {
        Ok(None) => return None,
        Ok(Some(logs)) if logs.size() > LOG => Check::Log.warn(bytes(logs.size())),
        Ok(Some(logs)) => Check::Log.ok(bytes(logs.size())),
        Err(error) => Check::Log.warn(error.to_string()),
    })
}

fn named(paths: &[PathBuf]) -> String {
    let some = paths.iter().take(NAMED).map(|path| path.display().to_string());
    let some = some.collect::<Vec<_>>().join(", ");
    match paths.len().saturating_sub(NAMED) {
        0 => some,
        more => format!("{some} and {more} more"),
    }
}

/// In the unit that is read best.
pub(super) fn bytes(count: u64) -> String {
    match count {
        0..1_048_576 => format!("{} KiB", count / 1024),
        1_048_576..10_737_418_240 => format!("{} MiB", count / 1_048_576),
        _ => format!("{} GiB", count / 1_073_741_824),
    }
}

fn disk(home: &Path, options: &DoctorOptions) -> Option<Finding> {
    let pretended = options.pretended("free").and_then(|free| free.parse().ok());
    let free = match pretended {
        Some(free) => free,
        None => {
            let there = home.ancestors().find(|folder| folder.exists())?;
            let found = rustix::fs::statvfs(there).ok()?;
            found.f_bavail.saturating_mul(found.f_frsize)
        }
    };
    Some(room(free))
}

fn room(free: u64) -> Finding {
    let measured = format!("{} free", bytes(free));
    match free {
        free if free < NONE => Check::Disk.fail(measured),
        free if free < ENOUGH => Check::Disk.warn(measured),
        _ => Check::Disk.ok(measured),
    }
}

/// The files of one project.
pub(super) fn of_project(here: &Here, depth: Depth) -> Vec<Finding> {
    vec![journal(here), lines(here), sessions(here, depth), backlog(here)]
}

fn journal(here: &Here) -> Finding {
    match here.project.journal().read(Mark::default(), &Filter::All) {
        Err(error) => Check::Journal.fail(error.to_string()),
        Ok(batch) if batch.bad > 0 => {
            let (bad, all) = (batch.bad, batch.records.len() + batch.bad);
            Check::Journal.warn(format!("{bad} of {all} lines can't be read"))
        }
        Ok(batch) if !batch.newer.is_empty() => Check::Journal
            .warn(format!("{} lines are of a newer thru", batch.newer.len()))
            .with_remedy("install that thru, or a newer one"),
        Ok(batch) => Check::Journal.ok(format!("{} records", batch.records.len())),
    }
}

fn lines(here: &Here) -> Finding {
    let folders = fs::read_dir(here.project.root().join("lines")).into_iter().flatten().flatten();
    let files: Vec<PathBuf> = folders.map(|folder| folder.path().join("line.json")).collect();
    let is_bad = |path: &&PathBuf| match durable::read_if_there(path, /*limit*/ 64 << 20) {
        Ok(Some(bytes)) => serde_json::from_slice::<Line>(&bytes).is_err(),
        Ok(None) => false,
        Err(_) => true,
    };
    let bad: Vec<PathBuf> = files.iter().filter(is_bad).cloned().collect();
    match bad.as_slice() {
        [] => Check::Lines.ok(format!("{} known", files.len())),
        bad => Check::Lines.warn(format!("can't be read: {}", named(bad))),
    }
}

fn sessions(here: &Here, depth: Depth) -> Finding {
    let mut files = match here.project.session_files() {
        Ok(files) => files,
        Err(error) => return Check::Sessions.warn(error.to_string()),
    };
    let all = files.len();
    // Their names begin with their time.
    files.sort_unstable();
    let skipped = match depth {
        Depth::Usual => all.saturating_sub(SAMPLE),
        Depth::Deep => 0,
    };
    let read = files.split_off(skipped);
    let bad = read.iter().filter(|path| here.project.read_session(path).is_err());
    let bad: Vec<PathBuf> = bad.cloned().collect();
    match bad.as_slice() {
        [] => Check::Sessions.ok(format!("{all} sessions, {} read", read.len())),
        bad => Check::Sessions.warn(format!("can't be read: {}", named(bad))),
    }
}

fn backlog(here: &Here) -> Finding {
    let late = fs::read_dir(here.project.root().join("journal").join("late"));
    let is_old = |entry: &fs::DirEntry| {
        let modified = entry.metadata().and_then(|found| found.modified());
        modified.ok().and_then(|time| time.elapsed().ok()).is_some_and(|age| age > LATE)
    };
    let late = late.into_iter().flatten().flatten().filter(is_old).count();
    let waiting = here.project.journal().read(here.project.folded_through(), &Filter::All);
    let waiting = waiting.map_or(0, |batch| batch.records.len());
    let measured = format!("{waiting} records wait, {late} of them late");
    if late > 0 || waiting > BACKLOG {
        Check::Backlog.warn(measured)
    } else {
        Check::Backlog.ok(format!("{waiting} records wait"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::Verdict;
    use super::*;

    #[test]
    fn a_full_disk_is_a_failure_and_a_filling_one_a_warning() {
        for (free, verdict) in [
            (0, Verdict::Fail),
            (NONE - 1, Verdict::Fail),
            (NONE, Verdict::Warning),
            (ENOUGH, Verdict::Ok),
            (u64::MAX, Verdict::Ok),
        ] {
            assert_eq!(room(free).verdict, verdict, "{free}");
        }
    }

    #[test]
    fn sizes_are_read_in_one_unit() {
        assert_eq!(
            [1024, 5 << 20, 3 << 30, 50 << 30].map(bytes),
            ["1 KiB", "5 MiB", "3072 MiB", "50 GiB"]
        );
    }
}
