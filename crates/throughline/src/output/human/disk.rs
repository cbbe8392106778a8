//! What transcripts take, for people.

use throughline_agents::transcript::Weights;
use throughline_ops::threads::disk::DiskReport;

use super::super::table::{Cell, Table};
use super::super::{Screen, Tone};
use super::{Human, count};

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{}.{} kB", bytes / 1_000, bytes / 100 % 10),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

/// The largest parts first, without what is nothing.
fn parts(weights: &Weights) -> String {
    let mut parts: Vec<_> = weights.parts().into_iter().filter(|(_, bytes)| *bytes > 0).collect();
    parts.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let whole = weights.total().max(1);
    let shown = parts.iter().map(|(name, bytes)| {
        let percent = bytes * 100 / whole;
        format!("{} {} ({percent} %)", name.replace('_', " "), size(*bytes))
    });
    shown.collect::<Vec<_>>().join(", ")
}

impl Human for DiskReport {
    fn show(&self, screen: &mut Screen) {
        for (agent, disk) in &self.agents {
            let all = count(usize::try_from(disk.transcripts).unwrap_or(usize::MAX), "transcript");
            screen.line(&[
                (Tone::Strong, agent),
                (Tone::Plain, &format!("  {all}, {}", size(disk.bytes))),
            ]);
            screen.line(&[(Tone::Plain, "  "), (Tone::Plain, &parts(&disk.weights))]);
            screen.hint(&format!(
                "archiving frees nothing, it moves a transcript; deleting what is archived ({}) frees {}",
                disk.archived,
                size(disk.archived_bytes)
            ));
        }
        let mut table = Table::default();
        for thread in &self.largest {
            let name = thread.path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            let key = thread.key.clone().or(name).unwrap_or_default();
            let row: Vec<Cell> = vec![
                (Tone::Plain, size(thread.bytes)),
                (Tone::Id, key),
                (Tone::Faint, if thread.archived { "archived" } else { "" }.to_owned()),
                (Tone::Plain, thread.title.clone()),
            ];
            table.row(row);
        }
        table.draw(screen);
        for (path, reason) in &self.failed {
            screen.warn(&format!("{}: {reason}", path.display()));
        }
        if !self.largest.is_empty() {
            screen.hint("`codex delete THREAD` frees what it takes; thru deletes no transcript");
        }
    }
}
