//! Transcripts of gigabytes: how fast they are read, and how much memory that takes.
//!
//! The reader is the library's, in a release build of `crates/throughline-agents/tests/it/size.rs`,
//! which also holds the memory to its budget. Speed is by the time that the
//! reader ran on a core, page cache warm.

use std::process::Command;

use rustix::fs::statvfs;

use super::Report;
use crate::XtaskError;

/// In MiB: ordinary lines, and a single line.
const SIZES: [u64; 2] = [10 * 1024, 1024];

/// What must be free beside, so that nobody else runs out of room.
const ROOM_LEFT_MIB: u64 = 4 * 1024;

/// MB/s on a core.
const SLOWEST: u64 = 300;

#[expect(clippy::disallowed_methods, reason = "a chore starts cargo")]
pub(crate) fn measure(report: &mut Report<'_>) -> Result<(), XtaskError> {
    report.say("\nTranscripts")?;
    let free = statvfs(std::env::temp_dir()).map_err(std::io::Error::from)?;
    let free = free.f_bavail * free.f_frsize / (1024 * 1024);
    if free < SIZES[0] + ROOM_LEFT_MIB {
        report.missed("transcripts: not measured, the disk is too full");
        return report.say(&format!("{free} MiB are free, too few for {} more", SIZES[0]));
    }
    let mut cargo = Command::new("cargo");
    cargo.current_dir(crate::workspace_root());
    cargo.env("THRU_TEST_TRANSCRIPT_MIB", SIZES.map(|mib| mib.to_string()).join(" "));
    cargo.args(["test", "--release", "--locked", "--package", "throughline-agents"]);
    cargo.args(["--test", "it", "--", "size::", "--test-threads=1", "--nocapture"]);
    let output = cargo.output()?;
    let said = [output.stdout, output.stderr].concat();
    for line in String::from_utf8_lossy(&said).lines().filter(|line| line.contains(" MB/s")) {
        report.say(line)?;
        if line.contains("ordinary") && speed(line).is_none_or(|speed| speed < SLOWEST) {
            report.missed(&format!("transcripts: {line}"));
        }
    }
    if !output.status.success() {
        report.missed("transcripts: more memory than allowed, or not read right");
        report.say(&String::from_utf8_lossy(&said))?;
    }
    Ok(())
}

/// The number in front of `MB/s`.
fn speed(line: &str) -> Option<u64> {
    line.split_once(" MB/s")?.0.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::speed;

    #[test]
    fn a_speed_is_found() {
        assert_eq!(
            speed("codex, ordinary lines: 24 MiB, 9 items, 340 MB/s, peak 1 KiB"),
            Some(340)
        );
        assert_eq!(speed("24 MiB"), None);
    }
}
