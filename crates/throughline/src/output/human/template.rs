//! Templates for people.

use throughline_ops::template::{Kept, TemplatePlan, TemplateRemoval};

use super::super::json::Templated;
use super::super::{Screen, Tone};
use super::Human;

fn kept(all: &[Kept], screen: &mut Screen) {
    for one in all {
        let why = one.reason.sentence();
        screen.status(&format!("Left {} as it is: {why}", one.path.display()));
    }
}

impl Human for TemplatePlan {
    fn show(&self, screen: &mut Screen) {
        super::setup::planned_files(&self.changes, screen);
        kept(&self.kept, screen);
    }
}

impl Human for Templated {
    fn show(&self, screen: &mut Screen) {
        self.project.show(screen);
        for path in &self.written {
            let path = path.strip_prefix(&self.project.worktree).unwrap_or(path);
            screen.line(&[(Tone::Good, "  wrote "), (Tone::Plain, &path.display().to_string())]);
        }
        kept(&self.kept, screen);
        if self.written.is_empty() && self.kept.is_empty() {
            screen.plain("The template is there already.");
        }
        screen.hint("the same with `--remove` takes out what nobody changed");
    }
}

impl Human for TemplateRemoval {
    fn show(&self, screen: &mut Screen) {
        for path in &self.restored {
            screen.plain(&format!("Took our block out of {}", path.display()));
        }
        for path in &self.removed {
            screen.plain(&format!("Removed {}", path.display()));
        }
        kept(&self.kept, screen);
        if self.restored.is_empty() && self.removed.is_empty() {
            screen.status("Nothing was taken out.");
        }
    }
}
