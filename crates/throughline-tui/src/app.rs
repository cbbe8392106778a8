//! Everything that the screens show, and what a message makes of it.
//!
//! [`App::update`] is the one way in which anything changes: a message comes in, effects come out.
//! It reads no clock and no file; `now` and the layout of the last frame are put in by the loop.

mod agents;
mod input;
mod sheet;

use jiff::Timestamp;
use throughline_model::ids::TaskId;
use throughline_model::reconcile::{Outcome, ReconcilePlan, choices};
use throughline_ops::agents::tree::AgentTreeReport;
use throughline_ops::lines::LinesReport;
use throughline_ops::log::LogReport;
use throughline_ops::look::LookReport;
use throughline_ops::sessions::SessionsReport;
use throughline_ops::tasks::list::Row;

pub(crate) use sheet::{Choice, Confirm, Picking, PlanSheet, Purpose, Sheet, Told};

use crate::cursor::Cursor;
use crate::keys::{Context, Key, Place, Screen};
use crate::message::{Answer, Effect, Message, Request};
use crate::screens::{agents as agent_tree, depends, sessions, tasks};
use crate::theme::Theme;
use crate::view::Layout;

/// What was read last.
#[derive(Debug, Default)]
pub(crate) struct Data {
    pub(crate) look: Option<LookReport>,
    pub(crate) lines: Option<LinesReport>,
    pub(crate) sessions: Option<SessionsReport>,
    pub(crate) history: Option<LogReport>,
    pub(crate) agents: Option<AgentTreeReport>,
    /// Why what is shown is not what there is, in a sentence.
    pub(crate) trouble: Option<String>,
}

/// A sentence at the foot of the screen, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Done(String),
    Failed(String),
}

/// All of it.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) theme: Theme,
    pub(crate) now: Timestamp,
    pub(crate) screen: Screen,
    pub(crate) data: Data,
    pub(crate) next: Cursor,
    pub(crate) tasks: tasks::State,
    pub(crate) depends: Option<depends::State>,
    pub(crate) lines: Cursor,
    pub(crate) sessions: sessions::State,
    pub(crate) agents: Option<agent_tree::State>,
    pub(crate) history: Cursor,
    pub(crate) sheet: Option<Sheet>,
    pub(crate) said: Option<Said>,
    pub(crate) layout: Layout,
    said_unwatched: bool,
}

impl App {
    pub(crate) fn new(theme: Theme, now: Timestamp) -> Self {
        Self {
            theme,
            now,
            screen: Screen::default(),
            data: Data::default(),
            next: Cursor::default(),
            tasks: tasks::State::default(),
            depends: None,
            lines: Cursor::default(),
            sessions: sessions::State::default(),
            agents: None,
            history: Cursor::default(),
            sheet: None,
            said: None,
            layout: Layout::default(),
            said_unwatched: false,
        }
    }

    /// What to read: the line, and what the screen shows beside it.
    pub(crate) fn reload(&self) -> Vec<Effect> {
        let of_screen = match self.screen {
            Screen::Now | Screen::Tasks => None,
            Screen::Lines => Some(Request::Lines),
            Screen::Sessions if self.agents.is_some() => Some(Request::Agents),
            Screen::Sessions => Some(Request::Sessions),
            Screen::History => Some(Request::History),
        };
        of_screen.into_iter().chain([Request::Look]).map(Effect::Ask).collect()
    }

    /// Takes a message in.
    pub(crate) fn update(&mut self, message: Message) -> Vec<Effect> {
        match message {
            Message::Input(event) => self.input(event),
            Message::Changed => self.reload(),
            Message::Answer(answer) => self.take(answer),
            Message::Stop => vec![Effect::Quit],
            Message::Continued => {
                let mut effects = vec![Effect::Redraw];
                effects.extend(self.reload());
                effects
            }
            Message::Broken(what) => {
                self.data.trouble = Some(what.to_owned());
                vec![Effect::Quit]
            }
        }
    }

    fn take(&mut self, answer: Answer) -> Vec<Effect> {
        match answer {
            Answer::Look(Ok(found)) => self.looked(found.0),
            Answer::Lines(Ok(report)) => self.data.lines = Some(report),
            Answer::Sessions(Ok(report)) => self.sessions_read(report),
            Answer::History(Ok(report)) => self.data.history = Some(report),
            Answer::Agents(Ok(report)) => self.agents_read(report),
            // What is shown stays, under a sentence that says so.
            Answer::Look(Err(sentence))
            | Answer::Lines(Err(sentence))
            | Answer::Sessions(Err(sentence))
            | Answer::Agents(Err(sentence))
            | Answer::History(Err(sentence)) => self.data.trouble = Some(sentence),
            Answer::Proposed { wish, outcome } => self.proposed(&wish, outcome),
            Answer::Done(Ok(sentence)) => {
                self.said = Some(Said::Done(sentence));
                return self.reload();
            }
            Answer::Closed(Ok(report)) => return self.closed(&report),
            Answer::Opened(Ok(report)) => return self.opened(&report),
            Answer::Done(Err(sentence))
            | Answer::Closed(Err(sentence))
            | Answer::Opened(Err(sentence)) => {
                self.said = Some(Said::Failed(sentence));
                return self.reload();
            }
        }
        Vec::new()
    }

    fn looked(&mut self, report: LookReport) {
        self.data.trouble = report.unreadable.first().map(ToString::to_string);
        self.next.at = self.next.at.min(report.status.next.len().saturating_sub(1));
        self.tasks.read(&report);
        if let Some(depends) = &mut self.depends {
            depends.read(&report);
        }
        self.data.look = Some(report);
    }

    fn sessions_read(&mut self, report: SessionsReport) {
        self.sessions.read(&report);
        self.data.sessions = Some(report);
    }

    fn proposed(
        &mut self,
        wish: &throughline_ops::reconcile::Wish,
        outcome: Result<Box<throughline_ops::reconcile::ReconcileReport>, String>,
    ) {
        if let Some(Sheet::Plan(sheet)) = &mut self.sheet
            && sheet.wish() == Some(wish)
        {
            sheet.report = Some(outcome.map(|report| report.plan));
        }
    }

    /// Takes in how the frame was laid out.
    pub(crate) fn remember(&mut self, layout: Layout) {
        let first = layout.list.first;
        match self.place() {
            Place::Now => self.next.first = first,
            Place::Tasks => self.tasks.cursor.first = first,
            Place::Depends => {
                if let Some(depends) = &mut self.depends {
                    depends.remember(first);
                }
            }
            Place::Lines => self.lines.first = first,
            Place::Sessions | Place::Turns => self.sessions.remember(first),
            Place::Agents => {
                if let Some(agents) = &mut self.agents {
                    agents.cursor.first = first;
                }
            }
            Place::History => self.history.first = first,
            Place::Detail => {}
        }
        self.layout = layout;
    }

    /// Changes made elsewhere are not noticed, once said.
    pub(crate) fn cannot_watch(&mut self, why: &str) {
        if !std::mem::replace(&mut self.said_unwatched, true) {
            let sentence = format!("changes made elsewhere are not seen before Ctrl-L: {why}");
            self.said = Some(Said::Failed(sentence));
        }
    }

    /// Where the keys work now.
    pub(crate) fn context(&self) -> Context {
        match &self.sheet {
            Some(sheet) => sheet.context(),
            None => Context::On(self.place()),
        }
    }

    /// What the screen shows, whatever lies over it.
    pub(crate) fn place(&self) -> Place {
        match self.screen {
            Screen::Now => Place::Now,
            Screen::Tasks if self.depends.is_some() => Place::Depends,
            Screen::Tasks if self.tasks.detail.is_some() => Place::Detail,
            Screen::Tasks => Place::Tasks,
            Screen::Lines => Place::Lines,
            Screen::Sessions if self.agents.is_some() => Place::Agents,
            Screen::Sessions if self.sessions.open.is_some() => Place::Turns,
            Screen::Sessions => Place::Sessions,
            Screen::History => Place::History,
        }
    }

    /// The task on which the keys work.
    pub(crate) fn task(&self) -> Option<&Row> {
        let look = self.data.look.as_ref()?;
        let id = match self.place() {
            Place::Now => &look.status.next.get(self.next.at)?.row.id,
            Place::Depends => self.depends.as_ref()?.selected()?,
            Place::Tasks | Place::Detail => self.tasks.selected()?,
            Place::Lines | Place::Sessions | Place::Turns | Place::Agents | Place::History => {
                return None;
            }
        };
        find(look, id)
    }

    /// What can be chosen about the drift, each with its key.
    pub(crate) fn offered(&self) -> Vec<Choice> {
        let proposed = self.data.look.as_ref().and_then(|look| look.proposed.as_ref());
        proposed.map(offered).unwrap_or_default()
    }
}

/// A row by its task's id.
pub(crate) fn find<'l>(look: &'l LookReport, id: &TaskId) -> Option<&'l Row> {
    look.rows.iter().find(|row| row.id == *id)
}

/// What can be chosen about a drift, the default first. Each choice has as its key the first letter
/// of its word that means nothing else on the first screen.
pub(crate) fn offered(plan: &ReconcilePlan) -> Vec<Choice> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    let decided = plan.decisions.iter().filter(|decision| decision.settles());
    let fitting: Vec<Outcome> = plan.drift.kinds().flat_map(choices).copied().collect();
    let defaults = decided.map(|decision| decision.outcome).filter(|o| fitting.contains(o));
    for outcome in defaults.chain(fitting.iter().copied()) {
        if !outcomes.contains(&outcome) {
            outcomes.push(outcome);
        }
    }
    let mut taken: Vec<char> = Vec::new();
    outcomes
        .into_iter()
        .map(|outcome| Choice::of_outcome(outcome, letter(outcome, &mut taken)))
        .collect()
}

fn letter(outcome: Outcome, taken: &mut Vec<char>) -> Option<char> {
    let means_something = |letter: char| Context::On(Place::Now).means(Key::Char(letter));
    let letters = outcome.as_str().chars().filter(char::is_ascii_lowercase);
    // For the last of many, whose letters others have.
    let mut letters = letters.chain("wxz".chars());
    let free = letters.find(|c| !taken.contains(c) && !means_something(*c));
    taken.extend(free);
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_has_a_key_of_its_own_that_means_nothing_else() {
        let all = [
            Outcome::Fork,
            Outcome::FastForward,
            Outcome::Follow,
            Outcome::Rebase,
            Outcome::Restore,
            Outcome::Merge,
            Outcome::Ignore,
            Outcome::Use,
        ];
        for first in 0..all.len() {
            let mut taken = Vec::new();
            let order = all[first..].iter().chain(&all[..first]);
            let letters: Vec<char> = order.filter_map(|o| letter(*o, &mut taken)).collect();
            let mut unique = letters.clone();
            unique.sort_unstable();
            unique.dedup();
            assert_eq!((letters.len(), unique.len()), (all.len(), all.len()), "{letters:?}");
            assert!(
                letters.iter().all(|l| !Context::On(Place::Now).means(Key::Char(*l))),
                "{letters:?}"
            );
        }
    }
}
