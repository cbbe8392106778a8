//! How far a job is: on a terminal one line that is written over, elsewhere a line for each tenth.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use throughline_ops::jobs::run::Progress;

use super::Screen;

/// How many cells the bar has.
const CELLS: u32 = 20;

/// The progress of one run.
#[derive(Debug)]
pub struct ProgressBar {
    live: bool,
    /// The last tenth that was told, where lines stay.
    tenth: Option<u32>,
}

impl ProgressBar {
    /// As this screen can show it.
    pub fn of(screen: &Screen) -> Self {
        Self { live: !screen.quiet && io::stderr().is_terminal(), tenth: None }
    }

    /// Whether it moves, so that it wants to be told of the time that passes.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// Shows it.
    pub fn show(&mut self, screen: &mut Screen, progress: &Progress) {
        if self.live {
            screen.flush();
            screen.in_progress = true;
            // Nobody sees it: nothing to do about it.
            let line = line(progress, Bar::Shown);
            let line: String = line.chars().take(screen.width().saturating_sub(1)).collect();
            let _ = write!(io::stderr(), "\r\x1b[K{line}");
            return;
        }
        let tenth = progress.tally.ended() * 10 / progress.tally.total().max(1);
        if self.tenth.replace(tenth) != Some(tenth) {
            screen.status(&line(progress, Bar::Hidden));
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bar {
    Shown,
    Hidden,
}

fn line(progress: &Progress, bar: Bar) -> String {
    let tally = &progress.tally;
    let (ended, total) = (tally.ended(), tally.total());
    let full = ended * CELLS / total.max(1);
    let bar = match bar {
        Bar::Shown => {
            let cells = (0..CELLS).map(|cell| if cell < full { '#' } else { '.' });
            format!("[{}] ", cells.collect::<String>())
        }
        Bar::Hidden => String::new(),
    };
    let counts =
        [(tally.running, "running"), (tally.failed, "failed"), (tally.cancelled, "cancelled")];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts: String = counts.map(|(count, word)| format!(", {count} {word}")).collect();
    let rate = progress.rate().map(|rate| match rate {
        rate if rate >= 1.0 => format!(", {rate:.1}/s"),
        rate => format!(", {:.1}/min", rate * 60.0),
    });
    let left = progress.left().filter(|_| tally.open() > 0);
    let left = left.map(|left| format!(", {} left", short(left)));
    format!(
        "{bar}{ended} of {total}{counts}{}{}",
        rate.unwrap_or_default(),
        left.unwrap_or_default()
    )
}

/// In the two largest units.
pub(super) fn short(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use throughline_model::agent_job::{ItemStatus, Tally};

    use super::*;

    fn at(counts: [u32; 5], ended: u32, seconds: u64) -> Progress {
        let mut tally = Tally::default();
        ItemStatus::ALL
            .into_iter()
            .zip(counts)
            .for_each(|(status, items)| tally.add(status, items));
        Progress { tally, ended, elapsed: Duration::from_secs(seconds) }
    }

    #[test]
    fn a_line_says_how_far_how_fast_and_how_long() {
        let shown = |progress, bar| line(&progress, bar);
        let lines = [
            shown(at([10, 0, 0, 0, 0], 0, 0), Bar::Shown),
            shown(at([90, 8, 100, 1, 1], 51, 17), Bar::Shown),
            shown(at([90, 0, 10, 0, 0], 10, 3600), Bar::Hidden),
            shown(at([0, 0, 10, 0, 0], 10, 5), Bar::Hidden),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r"
        [....................] 0 of 10
        [##########..........] 102 of 200, 8 running, 1 failed, 1 cancelled, 3.0/s, 32 s left
        10 of 100, 0.2/min, 9 h 0 min left
        10 of 10, 2.0/s
        ");
    }
}
