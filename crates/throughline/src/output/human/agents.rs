//! Agents, for people.

use throughline_model::agent_tree::AgentStatus;
use throughline_model::sanitise::for_terminal;
use throughline_ops::agents::AgentRow;
use throughline_ops::agents::close::{CloseReport, Do};
use throughline_ops::agents::resume::ResumeReport;
use throughline_ops::agents::tree::{AgentShowReport, AgentTreeReport};

use super::super::{Screen, Tone};
use super::threads::{name, stand, time, tokens};
use super::{Human, count};

fn tone(status: AgentStatus) -> Tone {
    match status {
        AgentStatus::Working => Tone::Good,
        AgentStatus::Open => Tone::Plain,
        AgentStatus::Interrupted => Tone::Warn,
        AgentStatus::Closed => Tone::Faint,
    }
}

/// What it is called among those that one sees at once: the root by what was asked, the others by their names.
fn line(screen: &mut Screen, row: &AgentRow) {
    let thread = &row.thread;
    let last = row.path.as_str().rsplit('/').next().unwrap_or_default();
    let title = if thread.title.is_empty() { "(no prompt)" } else { &thread.title };
    let label = if row.depth == 0 { title.to_owned() } else { last.to_owned() };
    let kind = [thread.meta.nickname.as_deref(), thread.meta.role.as_deref()];
    let kind: Vec<&str> = kind.into_iter().flatten().filter(|word| *word != last).collect();
    let kind = if kind.is_empty() { String::new() } else { format!(" ({})", kind.join(", ")) };
    let model = [thread.model.as_deref(), thread.effort.as_deref()];
    let place = row.line.as_deref().or(thread.meta.branch.as_deref());
    let place = place.filter(|_| row.depth == 0).map(|line| format!("on {line}"));
    let facts = model.into_iter().flatten().map(str::to_owned).chain(place);
    let facts: Vec<String> = facts.chain([time(thread.updated)]).collect();
    screen.line(&[
        (Tone::Plain, &"  ".repeat(row.depth)),
        (Tone::Id, &name(thread)),
        (Tone::Plain, "  "),
        (tone(row.status), row.status.as_str()),
        (Tone::Plain, "  "),
        (if row.depth == 0 { Tone::Strong } else { Tone::Plain }, &label),
        (Tone::Plain, &kind),
        (Tone::Faint, &format!("  {}", facts.join(", "))),
    ]);
    for (task, title) in &row.claims {
        let indent = "  ".repeat(row.depth + 1);
        let title = title.as_deref().unwrap_or_default();
        screen.line(&[
            (Tone::Plain, &indent),
            (Tone::Faint, "has claimed "),
            (Tone::Id, task.as_str()),
            (Tone::Plain, "  "),
            (Tone::Plain, title),
        ]);
    }
}

impl Human for AgentTreeReport {
    fn show(&self, screen: &mut Screen) {
        self.agents.iter().for_each(|row| line(screen, row));
        if self.agents.is_empty() {
            screen.status("No agent worked here yet.");
        }
        stand(&self.standing, screen);
    }
}

impl Human for AgentShowReport {
    fn show(&self, screen: &mut Screen) {
        let AgentRow { thread, path, status, closing, .. } = &self.agent;
        let fact = |screen: &mut Screen, name: &str, value: &str| {
            screen.line(&[(Tone::Faint, &format!("{name:<10}")), (Tone::Plain, value)]);
        };
        let title = if thread.title.is_empty() { "(no prompt)" } else { &thread.title };
        screen.line(&[(Tone::Id, &thread.meta.key), (Tone::Plain, "  "), (Tone::Strong, title)]);
        fact(screen, "path", path.as_str());
        let closed = closing
            .as_ref()
            .map(|closing| format!(" (closed {})", closing.at.strftime("%Y-%m-%d %H:%M")));
        fact(screen, "status", &format!("{}{}", status.as_str(), closed.unwrap_or_default()));
        let texts = [
            ("nickname", thread.meta.nickname.as_ref()),
            ("role", thread.meta.role.as_ref()),
            ("parent", thread.meta.parent.as_ref()),
            ("model", thread.model.as_ref()),
            ("effort", thread.effort.as_ref()),
            ("line", self.agent.line.as_ref().or(thread.meta.branch.as_ref())),
        ];
        for (label, value) in texts {
            if let Some(value) = value {
                fact(screen, label, value);
            }
        }
        fact(screen, "folder", &for_terminal(&thread.meta.cwd));
        fact(screen, "worked", &format!("{} to {}", time(thread.created), time(thread.updated)));
        let cost = format!("{}, {}", count_of(thread.turns, "turn"), tokens(thread.tokens));
        fact(screen, "cost", &cost);
        for row in &self.below {
            line(screen, &AgentRow { depth: row.depth - self.agent.depth, ..row.clone() });
        }
        stand(&self.standing, screen);
    }
}

fn count_of(number: u64, what: &str) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), what)
}

impl Human for CloseReport {
    fn show(&self, screen: &mut Screen) {
        let done = match self.what {
            Do::Look => "would close",
            Do::It => "closed",
        };
        for row in &self.agents {
            screen.line(&[
                (Tone::Plain, done),
                (Tone::Plain, " "),
                (Tone::Id, &name(&row.thread)),
                (Tone::Plain, "  "),
                (Tone::Plain, row.path.as_str()),
            ]);
        }
        if let (Do::It, Some(first)) = (self.what, self.agents.first()) {
            screen.hint(&format!("`thru agents resume {}` opens them again", name(&first.thread)));
        }
    }
}

impl Human for ResumeReport {
    fn show(&self, screen: &mut Screen) {
        let done = match self.what {
            Do::Look => "would open",
            Do::It => "opened",
        };
        for (row, command) in self.agents.iter().zip(&self.commands) {
            screen.line(&[
                (Tone::Plain, done),
                (Tone::Plain, " "),
                (Tone::Id, &name(&row.thread)),
                (Tone::Plain, "  "),
                (Tone::Plain, row.path.as_str()),
            ]);
            let through =
                row.thread.meta.parent.as_ref().map(|_| "goes on through the agent above it");
            if let Some(way) = command.as_deref().or(through) {
                screen.line(&[(Tone::Plain, "    "), (Tone::Plain, way)]);
            }
        }
    }
}
