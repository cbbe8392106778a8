//! Set-up and demo for people.

use throughline_ops::demo::DemoReport;
use throughline_ops::setup::{FileChange, RemovalReport, SetupPlan, SetupReport};

use super::super::json::{Checks, Written};
use super::super::{Screen, Tone};
use super::Human;

/// What would be written, file by file.
pub fn planned(plan: &SetupPlan, screen: &mut Screen) {
    planned_files(&plan.changes, screen);
}

/// Of files alone.
pub fn planned_files(changes: &[FileChange], screen: &mut Screen) {
    for change in changes {
        let sign = if change.before.is_some() { "~ " } else { "+ " };
        screen.line(&[(Tone::Good, sign), (Tone::Strong, &change.path.display().to_string())]);
        for line in &change.summary {
            screen.line(&[(Tone::Faint, &format!("    {line}"))]);
        }
    }
    if changes.is_empty() {
        screen.plain("Every file is as it should be.");
    }
}

/// The same as talk: whatever the answer is, it is shown before it is written.
pub fn announced(plan: &SetupPlan, screen: &mut Screen) {
    announced_files(&plan.changes, screen);
}

/// Of files alone.
pub fn announced_files(changes: &[FileChange], screen: &mut Screen) {
    for change in changes {
        let lines = change.summary.join("\n    ");
        screen.announce(&format!("{}\n    {lines}", change.path.display()));
    }
}

impl Human for Written {
    fn show(&self, screen: &mut Screen) {
        for path in &self.files {
            screen.line(&[(Tone::Good, "  wrote "), (Tone::Plain, &path.display().to_string())]);
        }
        if self.files.is_empty() {
            screen.plain("Every file is as it should be.");
        }
        screen.hint("`thru setup git --remove` takes everything back");
    }
}

impl Human for SetupPlan {
    fn show(&self, screen: &mut Screen) {
        planned(self, screen);
    }
}

impl Human for SetupReport {
    fn show(&self, screen: &mut Screen) {
        for path in &self.written {
            screen.line(&[(Tone::Good, "  wrote "), (Tone::Plain, &path.display().to_string())]);
        }
        screen.plain(&format!("Codex trusts {} of our {} hooks.", self.trusted, self.hooks));
        if self.trusted < self.hooks {
            screen.warn("the others are skipped in silence; `/hooks` in Codex shows them");
        }
        screen.hint("`thru setup codex --remove` takes everything back");
    }
}

impl Human for RemovalReport {
    fn show(&self, screen: &mut Screen) {
        for path in &self.restored {
            screen.plain(&format!("Brought back {}", path.display()));
        }
        for path in &self.cleaned {
            screen
                .plain(&format!("Took our parts out of {} (it was changed since)", path.display()));
        }
        if self.restored.is_empty() && self.cleaned.is_empty() {
            screen.status("Nothing of ours was there.");
        }
    }
}

impl Human for Checks {
    fn show(&self, screen: &mut Screen) {
        for check in &self.checks {
            match &check.remedy {
                None => screen.line(&[(Tone::Good, "ok    "), (Tone::Plain, &check.name)]),
                Some(remedy) => screen.line(&[
                    (Tone::Bad, "wrong "),
                    (Tone::Plain, &check.name),
                    (Tone::Faint, &format!(": {remedy}")),
                ]),
            }
        }
    }
}

impl Human for DemoReport {
    fn show(&self, screen: &mut Screen) {
        for (number, scene) in (1..).zip(&self.scenes) {
            screen.line(&[(Tone::Strong, &format!("{number}. {}", scene.title))]);
            scene.shown.lines().for_each(|line| screen.plain(&format!("   {line}")));
            screen.plain("");
        }
        screen.hint("in your own repository: `thru init`, then `thru setup codex`");
    }
}
