//! Jobs for people.

use throughline_model::agent_job::{ItemStatus, Tally};
use throughline_ops::jobs::cancel::CancelReport;
use throughline_ops::jobs::list::{ListReport, Listed, ShowReport};
use throughline_ops::jobs::logs::LogsReport;
use throughline_ops::jobs::remove::RemoveReport;
use throughline_ops::jobs::run::RunReport;

use super::super::progress::short;
use super::super::table::Table;
use super::super::{Screen, Tone};
use super::{Human, count};

fn tone(status: ItemStatus) -> Tone {
    match status {
        ItemStatus::Pending => Tone::Plain,
        ItemStatus::Running => Tone::Warn,
        ItemStatus::Completed => Tone::Good,
        ItemStatus::Failed => Tone::Bad,
        ItemStatus::Cancelled => Tone::Faint,
    }
}

fn counts(tally: &Tally) -> String {
    let counts = [
        (tally.completed, "completed"),
        (tally.failed, "failed"),
        (tally.cancelled, "cancelled"),
        (tally.running, "running"),
        (tally.pending, "pending"),
    ];
    let counts = counts.into_iter().filter(|(items, _)| *items > 0);
    counts.map(|(items, word)| format!("{items} {word}")).collect::<Vec<_>>().join(", ")
}

fn status(listed: &Listed) -> &'static str {
    match listed.job.status {
        ItemStatus::Running if !listed.has_runner => "lost its runner",
        status => status.as_str(),
    }
}

impl Human for ListReport {
    fn show(&self, screen: &mut Screen) {
        let mut table = Table::default();
        for listed in &self.jobs {
            let job = &listed.job;
            table.row(vec![
                (Tone::Id, job.id.to_string()),
                (Tone::Faint, job.made.to_string()),
                (tone(job.status), status(listed).to_owned()),
                (Tone::Plain, counts(&job.tally)),
                (Tone::Faint, job.order.csv.display().to_string()),
            ]);
        }
        table.draw(screen);
        if self.jobs.is_empty() {
            screen.status("There is no job yet.");
            screen.hint("`thru jobs run --csv FILE --instruction TEXT` makes one");
        }
    }
}

impl Human for ShowReport {
    fn show(&self, screen: &mut Screen) {
        let job = &self.listed.job;
        screen.line(&[
            (Tone::Id, job.id.as_str()),
            (Tone::Plain, "  "),
            (tone(job.status), status(&self.listed)),
            (Tone::Plain, "  "),
            (Tone::Plain, &counts(&job.tally)),
        ]);
        let about = format!("{} in {}", job.order.worker.as_str(), job.order.directory.display());
        screen.line(&[(Tone::Faint, &about)]);
        screen.line(&[(Tone::Plain, &job.order.instruction)]);
        if let Some(error) = &job.error {
            screen.line(&[(Tone::Bad, error)]);
        }
        let mut table = Table::default();
        for row in &self.items {
            let said = row.result.as_ref().or(row.item.error.as_ref());
            table.row(vec![
                (Tone::Id, row.name.clone()),
                (tone(row.item.status), row.item.status.as_str().to_owned()),
                (Tone::Faint, count(usize::try_from(row.item.attempts).unwrap_or(0), "attempt")),
                (Tone::Plain, said.cloned().unwrap_or_default()),
            ]);
        }
        table.draw(screen);
    }
}

impl Human for RunReport {
    fn show(&self, screen: &mut Screen) {
        let took = short(self.elapsed);
        screen.line(&[
            (Tone::Id, self.id.as_str()),
            (Tone::Plain, "  "),
            (tone(self.status), self.status.as_str()),
            (Tone::Plain, &format!("  {} in {took}", counts(&self.tally))),
        ]);
        if self.found_at_work > 0 {
            let found = usize::try_from(self.found_at_work).unwrap_or(0);
            let found = count(found, "worker");
            screen.status(&format!("{found} of an earlier run went on."));
        }
        self.files.iter().for_each(|file| screen.plain(&file.display().to_string()));
        if let Some(error) = &self.error {
            screen.warn(error);
        }
        let id = &self.id;
        if self.tally.open() > 0 && self.status != ItemStatus::Cancelled {
            screen.hint(&format!("`thru jobs resume {id}` goes on"));
        }
        if self.tally.failed > 0 {
            screen.hint(&format!(
                "`thru jobs logs {id}` says why; `thru jobs resume {id} --again` tries what failed anew"
            ));
        }
    }
}

impl Human for CancelReport {
    fn show(&self, screen: &mut Screen) {
        let items = count(usize::try_from(self.items).unwrap_or(0), "item");
        let workers = count(self.workers, "worker");
        screen.line(&[
            (Tone::Id, self.id.as_str()),
            (Tone::Plain, &format!("  {items} cancelled, {workers} ended")),
        ]);
    }
}

impl Human for RemoveReport {
    fn show(&self, screen: &mut Screen) {
        let items =
            if self.items.total() == 0 { "no items".to_owned() } else { counts(&self.items) };
        screen.line(&[
            (Tone::Id, self.id.as_str()),
            (Tone::Plain, "  "),
            (tone(self.status), self.status.as_str()),
            (Tone::Plain, &format!("  {items}")),
            (Tone::Faint, &format!("  {}, {} bytes", count(self.files, "file"), self.bytes)),
        ]);
        if let Some(stays) = &self.stays {
            screen.status(&format!("{} stays where it is.", stays.display()));
        }
        let purged = count(self.purged, "earlier one");
        if !self.done {
            screen.status(&format!("It would go; {purged} would be removed for good"));
            screen.hint("--yes does it");
            return;
        }
        screen.status(&format!("It went; {purged} removed for good"));
        if let Some(trash) = &self.trash {
            screen.hint(&format!("for 14 days its files lie in {}", trash.display()));
        }
    }
}

impl Human for LogsReport {
    fn show(&self, screen: &mut Screen) {
        for attempt in &self.attempts {
            let head = format!("{}, attempt {}", attempt.name, attempt.number);
            screen.line(&[(Tone::Strong, &head)]);
            for (path, text) in &attempt.papers {
                screen.line(&[(Tone::Faint, &path.display().to_string())]);
                screen.text(text);
            }
        }
        if self.attempts.is_empty() {
            screen.status("No attempt is without a result.");
        }
    }
}
