//! Whether a turn that wants to end goes on because of a goal. Pure, and never an endless loop.
//!
//! A turn goes on at most [`GoalSettings::most_in_a_turn`] times and [`GoalSettings::most_minutes`] long, and a goal
//! lets turns go on at most [`GoalSettings::most_in_all`] times until a person takes it up again; that count is in
//! the goal and is written before the agent hears of it, so no script of events can get around it. Besides, a
//! turn ends where nothing moves: the agent says the same again, or nothing and used no tokens. Somebody else who drives
//! (the agent's own goals, another hook) is left to it.

use jiff::Timestamp;

use super::{Goal, GoalStatus};
use crate::config::GoalSettings;

/// What is kept of a turn that went on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Which turn.
    pub turn: String,
    /// How often it went on.
    pub count: u64,
    /// When it did first.
    pub began: Timestamp,
    /// Identifies what the agent said last.
    pub said: String,
    /// The turn's tokens by then.
    pub tokens: u64,
}

/// Who else may drive the thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// Nobody.
    Nobody,
    /// The agent has a goal of its own for it, or that can't be found out.
    Agent,
}

/// A turn that wants to end.
#[derive(Debug, Clone)]
pub struct Stop<'a> {
    /// Which.
    pub turn: &'a str,
    /// Whether a hook made it go on before.
    pub stop_hook_active: bool,
    /// Identifies what the agent said last.
    pub said: &'a str,
    /// The turn's tokens so far, as [`super::tokens`] counts them; absent if nobody counted.
    pub tokens: Option<u64>,
    /// What is known of this session's last turn that went on.
    pub run: Option<&'a Run>,
    /// Who else drives.
    pub others: Others,
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on; what is to be kept of it.
    GoOn(Run),
    /// It ends.
    Rest(Rest),
}

/// Why it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// The user did not turn goals on.
    Off,
    /// The goal is not active.
    NotActive(GoalStatus),
    /// What the goal may cost is used up by this turn.
    Budget,
    /// The agent's own goal drives.
    AgentsOwn,
    /// Another hook drives.
    OtherHook,
    /// It went on often enough.
    OftenInTurn,
    /// The goal let turns go on often enough.
    OftenInAll,
    /// It went on for long enough.
    Long,
    /// Nothing moves.
    Still,
}

impl Rest {
    /// In a word, for counting.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::NotActive(status) => status.as_str(),
            Self::Budget => "budget",
            Self::AgentsOwn => "agents_own",
            Self::OtherHook => "other_hook",
            Self::OftenInTurn => "often_in_turn",
            Self::OftenInAll => "often_in_all",
            Self::Long => "long",
            Self::Still => "still",
        }
    }

    /// What the user is told where a goal is left active; empty where nothing is to be told.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Off | Self::NotActive(_) | Self::AgentsOwn | Self::OtherHook => "",
            Self::Budget => "the goal's budget is used up; `thru goals budget` raises it",
            Self::OftenInTurn => "the turn went on often enough for the goal; prompt it to go on",
            Self::OftenInAll => {
                "the goal let turns go on often enough; `thru goals resume` takes it up again"
            }
            Self::Long => "the turn went on long enough for the goal; prompt it to go on",
            Self::Still => "nothing moved since the turn went on for the goal; prompt it to go on",
        }
    }
}

/// Decides. `spent_before` are the goal's tokens without those of this turn.
pub fn decide(
    settings: GoalSettings,
    goal: &Goal,
    spent_before: u64,
    stop: &Stop<'_>,
    now: Timestamp,
) -> Verdict {
    match rest(settings, goal, spent_before, stop, now) {
        Some(rest) => Verdict::Rest(rest),
        None => Verdict::GoOn(next_run(stop, now)),
    }
}

/// What is known of this very turn.
fn own<'a>(stop: &Stop<'a>) -> Option<&'a Run> {
    stop.run.filter(|run| run.turn == stop.turn)
}

fn rest(
    settings: GoalSettings,
    goal: &Goal,
    spent_before: u64,
    stop: &Stop<'_>,
    now: Timestamp,
) -> Option<Rest> {
    let run = own(stop);
    let bound = |most: usize| u64::try_from(most).unwrap_or(u64::MAX);
    let spent = super::Spent {
        tokens: spent_before.saturating_add(stop.tokens.unwrap_or(0)).max(goal.spent.tokens),
        seconds: goal.spent.seconds,
    };
    match () {
        () if !settings.enabled => Some(Rest::Off),
        () if goal.status != GoalStatus::Active => Some(Rest::NotActive(goal.status)),
        () if stop.others == Others::Agent => Some(Rest::AgentsOwn),
        () if stop.stop_hook_active && run.is_none() => Some(Rest::OtherHook),
        () if goal.budget.is_used_up(spent) => Some(Rest::Budget),
        () if goal.continued >= bound(settings.most_in_all) => Some(Rest::OftenInAll),
        () if run.map_or(0, |run| run.count) >= bound(settings.most_in_a_turn) => {
            Some(Rest::OftenInTurn)
        }
        () if run.is_some_and(|run| is_long(run, settings, now)) => Some(Rest::Long),
        () if run.is_some_and(|run| is_still(run, stop)) => Some(Rest::Still),
        () => None,
    }
}

/// A clock that went back says that it was long.
fn is_long(run: &Run, settings: GoalSettings, now: Timestamp) -> bool {
    let minutes = i64::try_from(settings.most_minutes).unwrap_or(i64::MAX);
    let took = now.duration_since(run.began);
    took.is_negative() || took.as_secs() / 60 >= minutes
}

fn is_still(run: &Run, stop: &Stop<'_>) -> bool {
    // Who says something else moves, also where its tokens are not in the transcript yet.
    match stop.said {
        "" => stop.tokens.is_none_or(|tokens| tokens <= run.tokens),
        said => run.said == said,
    }
}

fn next_run(stop: &Stop<'_>, now: Timestamp) -> Run {
    let (count, began) = own(stop).map_or((0, now), |run| (run.count, run.began));
    let (turn, said) = (stop.turn.to_owned(), stop.said.to_owned());
    Run { turn, count: count + 1, began, said, tokens: stop.tokens.unwrap_or(0) }
}

/// What the agent is told when its turn goes on.
pub fn reason(goal: &Goal, steps: &[String], fence: impl FnOnce(&str) -> String) -> String {
    let mut about = vec![format!("Objective: {}", goal.objective)];
    about.extend(steps.iter().map(|step| format!("Next step: {step}")));
    let left = goal.budget.tokens.map(|tokens| tokens.saturating_sub(goal.spent.tokens));
    about.extend(left.map(|left| format!("Tokens left: {left}")));
    format!(
        "A goal of this session is active, so the turn goes on: take the next step towards it. When it \
         is reached, and you made sure of it, call the tool update_goal with goal {id} and status \
         complete; where you can't go on without a person, with status blocked and a reason, and then \
         end your turn.\n{about}",
        id = goal.id,
        about = fence(&about.join("\n")),
    )
}

#[cfg(test)]
mod tests;
