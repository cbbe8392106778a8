//! Goals for people.

use throughline_model::goal::{Goal, GoalStatus};
use throughline_ops::goals::{GoalReport, GoalShowReport, GoalsReport};

use super::super::table::{Cell, Table};
use super::super::{Screen, Tone};
use super::Human;

fn tone(status: GoalStatus) -> Tone {
    match status {
        GoalStatus::Active => Tone::Plain,
        GoalStatus::Complete => Tone::Good,
        GoalStatus::Paused => Tone::Faint,
        GoalStatus::Blocked | GoalStatus::UsageLimited | GoalStatus::BudgetLimited => Tone::Warn,
    }
}

fn cost(goal: &Goal) -> String {
    let of = |bound: Option<u64>| bound.map(|bound| format!(" of {bound}")).unwrap_or_default();
    let minutes = goal.budget.seconds.map(|seconds| seconds / 60);
    let (tokens, spent) = (of(goal.budget.tokens), goal.spent);
    format!("{}{tokens} tokens, {}{} min", spent.tokens, spent.seconds / 60, of(minutes))
}

fn cells(goal: &Goal) -> Vec<Cell> {
    let whose = match (&goal.session, &goal.milestone) {
        (Some(session), _) => format!("  (session {session})"),
        (None, Some(milestone)) => format!("  (milestone {milestone})"),
        (None, None) => String::new(),
    };
    vec![
        (Tone::Id, goal.id.to_string()),
        (tone(goal.status), goal.status.as_str().to_owned()),
        (Tone::Faint, cost(goal)),
        (Tone::Plain, format!("{}{whose}", goal.objective)),
    ]
}

fn table<'g>(goals: impl Iterator<Item = &'g Goal>, screen: &mut Screen) {
    let mut table = Table::default();
    goals.for_each(|goal| table.row(cells(goal)));
    table.draw(screen);
}

impl Human for GoalReport {
    fn show(&self, screen: &mut Screen) {
        table([&self.goal].into_iter(), screen);
    }
}

impl Human for GoalsReport {
    fn show(&self, screen: &mut Screen) {
        table(self.goals.iter().map(|(goal, _)| goal), screen);
        if self.goals.is_empty() {
            screen.status("No such goals; `thru goals set` sets one.");
        }
    }
}

impl Human for GoalShowReport {
    fn show(&self, screen: &mut Screen) {
        let Some(goal) = &self.goal else {
            screen.status("There is no goal; `thru goals set` sets one.");
            return;
        };
        table([goal].into_iter(), screen);
        if let Some(reason) = &goal.reason {
            screen.line(&[(Tone::Warn, "because "), (Tone::Plain, reason)]);
        }
        let mut history = Table::default();
        for event in &self.history {
            history.row(vec![
                (Tone::Faint, event.at.to_string()),
                (Tone::Plain, event.what.clone()),
                (Tone::Plain, event.status.clone()),
                (Tone::Faint, event.by.clone()),
            ]);
        }
        history.draw(screen);
        if goal.status == GoalStatus::Active && !self.enabled {
            screen
                .hint("turns go on for it with `enabled = true` under [goals] in your config.toml");
        }
    }
}
