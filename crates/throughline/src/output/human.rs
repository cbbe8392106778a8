//! Reports for people.

mod adr;
mod agents;
mod audit;
mod diary;
mod disk;
mod goals;
mod jobs;
mod lines;
mod memory;
mod merging;
mod migrate;
mod milestones;
mod project;
mod prune;
mod sessions;
mod setup;
mod tasks;
mod template;
mod threads;

use super::json::{Backups, Export, StateText};
use super::table::Table;
use super::{Screen, Tone};
pub(crate) use memory::may_cost;
pub use migrate::to_migrate;
pub use setup::{announced, announced_files, planned};

/// The human half of a report.
pub trait Human {
    /// Shows it.
    fn show(&self, screen: &mut Screen);
}

impl Human for Export {
    fn show(&self, screen: &mut Screen) {
        screen.raw(&self.text);
    }
}

impl Human for StateText {
    fn show(&self, screen: &mut Screen) {
        screen.text(&self.text);
    }
}

impl Human for Backups {
    fn show(&self, screen: &mut Screen) {
        if self.backups.is_empty() {
            screen
                .status("Nothing is kept yet: a backup is made before a rollback or a migration.");
        }
        let mut table = Table::default();
        for backup in &self.backups {
            table.row(vec![
                (Tone::Id, backup.generation.to_string()),
                (Tone::Faint, backup.about.at.to_string()),
                (Tone::Plain, backup.about.line.clone()),
                (Tone::Plain, format!("before {}", backup.about.before)),
            ]);
        }
        table.draw(screen);
    }
}

/// "1 task", "2 tasks".
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
