//! Sessions for people.

use throughline_model::session::{Action, Outcome, Turn};
use throughline_ops::sessions::{SessionReport, SessionsReport, Standing};

use super::super::table::Table;
use super::super::{Screen, Tone};
use super::{Human, count};

fn tone(standing: Standing) -> Tone {
    match standing {
        Standing::Working => Tone::Good,
        Standing::Waiting => Tone::Plain,
        Standing::Interrupted => Tone::Warn,
        Standing::Ended => Tone::Faint,
    }
}

impl Human for SessionsReport {
    fn show(&self, screen: &mut Screen) {
        let mut table = Table::default();
        for found in &self.sessions {
            let session = &found.session;
            let line = session.turns.last().map(|turn| turn.line.clone()).unwrap_or_default();
            let asked = session.turns.iter().find_map(|turn| turn.prompt.clone());
            table.row(vec![
                (Tone::Id, session.id.chars().take(13).collect()),
                (Tone::Faint, session.last.to_string()),
                (tone(found.standing), found.standing.as_str().to_owned()),
                (Tone::Plain, line),
                (Tone::Faint, count(session.turns.len(), "turn")),
                (Tone::Plain, asked.unwrap_or_default()),
            ]);
        }
        table.draw(screen);
        if self.sessions.is_empty() {
            screen.status("No session has worked here yet.");
        }
        self.problems.iter().for_each(|problem| screen.warn(problem));
    }
}

impl Human for SessionReport {
    fn show(&self, screen: &mut Screen) {
        let session = &self.session;
        screen.line(&[
            (Tone::Strong, &session.id),
            (Tone::Plain, "  "),
            (tone(self.standing), self.standing.as_str()),
            (Tone::Faint, &format!("  {} to {}", session.began, session.last)),
        ]);
        session.turns.iter().for_each(|one| turn(one, screen));
        for step in &session.steps {
            screen.line(&[
                (Tone::Id, step.id.as_str()),
                (Tone::Plain, "  "),
                (Tone::Plain, &step.title),
            ]);
        }
        if let Some(transcript) = &session.transcript {
            screen.line(&[(Tone::Faint, &format!("transcript {transcript}"))]);
        }
    }
}

fn turn(turn: &Turn, screen: &mut Screen) {
    let prompt = turn.prompt.as_deref().unwrap_or("(prompt not kept)");
    screen.line(&[
        (Tone::Strong, "> "),
        (Tone::Strong, prompt),
        (Tone::Faint, &format!("  on {}", turn.line)),
    ]);
    for action in &turn.actions {
        let text = match action {
            Action::Command { command, exit_code: Some(0) } => format!("$ {command}"),
            Action::Command { command, exit_code: Some(code) } => {
                format!("$ {command}  (exit {code})")
            }
            Action::Command { command, exit_code: None } => format!("$ {command}  (?)"),
            Action::Files { paths } => format!("~ {}", paths.join(", ")),
            Action::Mcp { server, tool } => format!("@ {server} {tool}"),
        };
        screen.line(&[(Tone::Plain, "  "), (Tone::Plain, &text)]);
    }
    for asked in &turn.approvals {
        let outcome = match asked.outcome {
            Outcome::Ran => "ran",
            Outcome::NotRun => "not run",
            Outcome::Unknown => "unknown",
        };
        screen.line(&[(Tone::Faint, &format!("  ? {} ({outcome})", asked.what))]);
    }
    if let Some(answer) = &turn.answer {
        screen.line(&[(Tone::Plain, "  "), (Tone::Plain, answer)]);
    }
    for open in &turn.follow_ups {
        screen.line(&[(Tone::Warn, "  todo "), (Tone::Plain, open)]);
    }
    if let Some(usage) = &turn.usage {
        screen.line(&[(
            Tone::Faint,
            &format!("  {} tokens in ({} cached), {} out", usage.input, usage.cached, usage.output),
        )]);
    }
}
