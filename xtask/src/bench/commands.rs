//! Commands at 1,000 and 10,000 tasks, the import of 10,000, and memory.

use wait4::Wait4 as _;

use super::ground::Ground;
use super::samples::{Budget, Reference, Row, Samples};
use super::{Report, SIZES};
use crate::XtaskError;

/// DESIGN's budgets in milliseconds: for readers, then for writers.
const READS: [f64; 2] = [15.0, 40.0];
const WRITES: [f64; 2] = [25.0, 80.0];
/// For the import of 10,000 tasks, in milliseconds.
const IMPORT: f64 = 1_000.0;
/// For one process at 10,000 tasks, in MiB.
const MEMORY: f64 = 30.0;

pub(crate) fn measure(
    ground: &Ground,
    rounds: usize,
    report: &mut Report<'_>,
) -> Result<(), XtaskError> {
    let mut before = 0;
    for (at, size) in SIZES.into_iter().enumerate() {
        ground.import(before, size);
        before = size;
        // A published project, as one that grew this large is.
        ground.thru(&["publish"]);
        ground.world.git("add --all");
        ground.world.git("commit --quiet --message tasks");
        let title = format!("Commands: {size} tasks");
        let (rows, references) = at_size(ground, rounds, READS[at], WRITES[at]);
        report.table(&title, &rows, &references)?;
    }
    import(ground, report)?;
    memory(ground, report)
}

fn at_size(ground: &Ground, rounds: usize, read: f64, write: f64) -> (Vec<Row>, [Reference; 3]) {
    let mut times: [Samples; 6] = Default::default();
    let (mut rev_parse, mut status, mut append): (Samples, Samples, Samples) = Default::default();
    for round in 0..rounds {
        let task = format!("R-{}", 3 * round + 1);
        let title = format!("A task more, number {round}");
        let commands: [&[&str]; 6] = [
            &["next"],
            &["tasks", "list", "--ready"],
            &["tasks", "show", &task],
            &["status"],
            &["tasks", "add", &title],
            &["tasks", "complete", &task, "--force"],
        ];
        for (samples, words) in times.iter_mut().zip(commands) {
            samples.push(ground.thru(words));
        }
        rev_parse.push(ground.git(&["rev-parse", "HEAD"]));
        status.push(ground.git(&["status", "--porcelain"]));
        ground.append(&mut append);
    }
    let references = [("rev-parse", &rev_parse), ("status", &status), ("append", &append)]
        .map(|(short, samples)| Reference { short, median: samples.median() });
    let [next, list, show, state, add, complete] = times;
    let rows = vec![
        Row::new("next", next, Budget::Median(read)),
        Row::new("tasks list --ready", list, Budget::Median(read)),
        Row::new("tasks show", show, Budget::Median(read)),
        Row::new("status", state, Budget::Free),
        Row::new("tasks add", add, Budget::Median(write)),
        Row::new("tasks complete", complete, Budget::Median(write)),
        Row::new("git rev-parse HEAD", rev_parse, Budget::Free),
        Row::new("git status --porcelain", status, Budget::Free),
        Row::new("append + fdatasync", append, Budget::Free),
    ];
    (rows, references)
}

/// Into a project of its own: all 10,000 at once.
fn import(ground: &Ground, report: &mut Report<'_>) -> Result<(), XtaskError> {
    let mut times = Samples::default();
    for _ in 0..3 {
        let fresh = Ground::new(ground.world.binary());
        times.push(fresh.import(/*first*/ 0, SIZES[1]));
    }
    report.table("Import", &[Row::new("10,000 tasks", times, Budget::Median(IMPORT))], &[])
}

/// The most that a process had in memory at once.
fn memory(ground: &Ground, report: &mut Report<'_>) -> Result<(), XtaskError> {
    for words in [&["next"][..], &["tasks", "list", "--all", "--json"], &["fold"]] {
        let mut command = ground.world.command(ground.world.binary(), &ground.world.repo());
        command.args(words).stdout(std::process::Stdio::null());
        let used = command.spawn().and_then(|child| child.wait4()).expect("it ends").rusage;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 bytes")]
        let mebibytes = used.maxrss as f64 / 1_048_576.0;
        let words = words.join(" ");
        report.say(&format!("{words}: {mebibytes:.1} MiB at most (budget {MEMORY})"))?;
        if mebibytes > MEMORY {
            report.missed(&format!("memory: {words}"));
        }
    }
    Ok(())
}
