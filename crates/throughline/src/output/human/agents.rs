//! Agents, for people.

use throughline_model::agent_tree::AgentStatus;
use throughline_model::sanitise::for_terminal;
use throughline_ops::agents::AgentRow;
use throughline_ops::agents::close::{CloseReport, Do};
use throughline_ops::agents::resume::{ResumeReport, Way};
use throughline_ops::agents::tree::{AgentShowReport, AgentTreeReport};

use super::super::{Screen, Tone};
use super::threads::{name, prompt, stand, time, tokens};
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
    let label = if row.depth == 0 { prompt(thread) } else { last };
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
        (if row.depth == 0 { Tone::Strong } else { Tone::Plain }, label),
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
        let title = (Tone::Strong, prompt(thread));
        screen.line(&[(Tone::Id, &thread.meta.key), (Tone::Plain, "  "), title]);
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

/// What was done, or would be, to an agent.
fn done(screen: &mut Screen, what: Do, (would, did): (&str, &str), row: &AgentRow) {
    let done = match what {
        Do::Look => format!("would {would} "),
        Do::It => format!("{did} "),
    };
    screen.line(&[
        (Tone::Plain, &done),
        (Tone::Id, &name(&row.thread)),
        (Tone::Plain, "  "),
        (Tone::Plain, row.path.as_str()),
    ]);
}

impl Human for CloseReport {
    fn show(&self, screen: &mut Screen) {
        for row in &self.agents {
            done(screen, self.what, ("close", "closed"), row);
        }
        if let (Do::It, Some(first)) = (self.what, self.agents.first()) {
            screen.hint(&format!("`thru agents resume {}` opens them again", name(&first.thread)));
        }
    }
}

impl Human for ResumeReport {
    fn show(&self, screen: &mut Screen) {
        for (row, way) in self.agents.iter().zip(&self.ways) {
            done(screen, self.what, ("open", "opened"), row);
            let through = "goes on through the agent above it";
            let through = row.thread.meta.parent.as_ref().map(|_| through.to_owned());
            if let Some(way) = way.as_ref().map(Way::text).or(through) {
                screen.line(&[(Tone::Plain, "    "), (Tone::Plain, &way)]);
            }
        }
    }
}
