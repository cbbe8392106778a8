//! What merges left, for people.

use throughline_ops::merge_driver::DriverReport;
use throughline_ops::resolve;
use throughline_ops::tasks::conflicts::{ConflictsReport, ResolveReport};

use super::super::{Screen, Tone};
use super::{Human, count};

impl Human for DriverReport {
    /// In the middle of git's own talk: silent unless somebody has to decide something.
    fn show(&self, screen: &mut Screen) {
        if self.new > 0 {
            let new = count(self.new, "conflict");
            screen.status(&format!(
                "memory: both values of {new} were kept; `thru tasks conflicts` shows them"
            ));
        }
    }
}

impl Human for ConflictsReport {
    fn show(&self, screen: &mut Screen) {
        for one in &self.conflicts {
            screen.line(&[(Tone::Strong, &one.place)]);
            screen.line(&[(Tone::Plain, "  "), (Tone::Id, one.at.as_str())]);
            for (word, value) in one.choices() {
                screen.line(&[(Tone::Faint, &format!("  {word:<8}")), (Tone::Plain, &value)]);
            }
        }
        if self.conflicts.is_empty() {
            screen.status(&format!("Nothing is undecided on {}.", self.line));
        } else {
            screen.hint("`thru tasks resolve PLACE --keep current|N|empty` decides");
        }
    }
}

impl Human for ResolveReport {
    fn show(&self, screen: &mut Screen) {
        for at in &self.settled {
            screen.line(&[(Tone::Plain, "Decided "), (Tone::Id, at.as_str())]);
        }
        if self.open > 0 {
            screen.status(&format!("{} still open.", count(self.open, "conflict")));
        }
    }
}

impl Human for resolve::ResolveReport {
    fn show(&self, screen: &mut Screen) {
        match self {
            Self::Sound { file, unmerged } => {
                screen.status(&format!("{} reads well.", file.display()));
                if *unmerged {
                    screen.hint("git still counts it as unmerged: `git add` ends that");
                }
            }
            Self::Resolved { file, source: _, tasks, open, kept } => {
                let verb = if kept.is_some() { "Mended" } else { "Would mend" };
                let tasks = count(*tasks, "task");
                screen.plain(&format!("{verb} {}: {tasks}", file.display()));
                if *open > 0 {
                    let open = count(*open, "conflict");
                    screen.status(&format!("{open} to decide: `thru tasks conflicts`"));
                }
                if kept.is_some() {
                    screen.hint("nothing was staged: `git add` it and go on");
                }
            }
        }
    }
}
