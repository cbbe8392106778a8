//! What keys and answers do on *Agents*. What closing or resuming would mean is asked for first and shown with a
//! question; only a yes asks for the same to be done.

use throughline_ops::agents::AgentRow;
use throughline_ops::agents::close::{CloseReport, Do};
use throughline_ops::agents::resume::{ResumeReport, Way};
use throughline_ops::agents::tree::AgentTreeReport;

use super::{App, Confirm, Purpose, Said, Sheet, Told};
use crate::keys::Place;
use crate::message::{Effect, Request};
use crate::pen::count;
use crate::screens::agents::State;
use crate::typing::TextLine;

impl App {
    /// To the agents, first to those of the selected session.
    pub(super) fn look_at_agents(&mut self) -> Vec<Effect> {
        let sessions = self.data.sessions.as_ref();
        let session = sessions.and_then(|report| self.sessions.selected_id(report));
        self.agents = Some(State::of(session, self.data.agents.as_ref()));
        vec![Effect::Ask(Request::Agents)]
    }

    /// Back to the sessions; with a filter, to all agents first.
    pub(super) fn leave_agents(&mut self) -> Vec<Effect> {
        if self.agents.as_ref().is_some_and(|agents| !agents.words().is_empty()) {
            self.with_agents(|agents, report| agents.filter("", report));
            return Vec::new();
        }
        self.agents = None;
        vec![Effect::Ask(Request::Sessions)]
    }

    pub(super) fn agents_read(&mut self, report: AgentTreeReport) {
        if let Some(agents) = &mut self.agents {
            agents.read(&report);
        }
        self.data.agents = Some(report);
    }

    pub(super) fn with_agents(&mut self, change: impl FnOnce(&mut State, &AgentTreeReport)) {
        if let (Some(agents), Some(report)) = (&mut self.agents, &self.data.agents) {
            change(agents, report);
        }
    }

    pub(super) fn filter_agents(&mut self) {
        let words = self.agents.as_ref().map(State::words).unwrap_or_default();
        let line = TextLine::of(words);
        self.sheet = Some(Sheet::Typing { purpose: Purpose::Agents, line });
    }

    /// The id of the agent on which the keys work.
    fn agent(&self) -> Option<&str> {
        let row = self.agents.as_ref()?.agent(self.data.agents.as_ref()?)?;
        Some(&row.thread.meta.key)
    }

    pub(super) fn weigh_close(&self) -> Vec<Effect> {
        let ask = |agent: &str| Request::Close { agent: agent.to_owned(), what: Do::Look };
        self.agent().map(ask).map(Effect::Ask).into_iter().collect()
    }

    pub(super) fn weigh_resume(&self) -> Vec<Effect> {
        let ask = |agent: &str| Request::Resume { agent: agent.to_owned(), what: Do::Look };
        self.agent().map(ask).map(Effect::Ask).into_iter().collect()
    }

    /// What closing would mean is asked about, if somebody still stands on that agent.
    pub(super) fn closed(&mut self, report: &CloseReport) -> Vec<Effect> {
        let family = family(&report.agents);
        match report.what {
            Do::Look if self.stands_on(&report.agents) => {
                let details = report.agents.iter().map(|row| row.path.short().to_owned()).collect();
                let question = format!("Close {family}? No process is ended.");
                let agent = id_of(&report.agents);
                let yes = Request::Close { agent, what: Do::It };
                self.sheet = Some(Sheet::Confirm(Confirm { question, details, yes }));
                Vec::new()
            }
            Do::Look => Vec::new(),
            Do::It => {
                self.said = Some(Said::Done(format!("Closed {family}: r opens it again")));
                self.reload()
            }
        }
    }

    /// The same for going on with it; when that is done the commands stay until they were read.
    pub(super) fn opened(&mut self, report: &ResumeReport) -> Vec<Effect> {
        let family = family(&report.agents);
        let ways = report.agents.iter().zip(&report.ways);
        let ways: Vec<String> = ways.map(|(row, way)| how(row, way.as_ref())).collect();
        match report.what {
            Do::Look if self.stands_on(&report.agents) => {
                let question = format!("Open {family} again?");
                let agent = id_of(&report.agents);
                let yes = Request::Resume { agent, what: Do::It };
                self.sheet = Some(Sheet::Confirm(Confirm { question, details: ways, yes }));
                Vec::new()
            }
            Do::Look => Vec::new(),
            Do::It => {
                if self.sheet.is_none() {
                    let title = format!("Opened {family} again; to go on, in a shell:");
                    self.sheet = Some(Sheet::Told(Told { title, lines: ways }));
                }
                self.reload()
            }
        }
    }

    fn stands_on(&self, agents: &[AgentRow]) -> bool {
        let first = agents.first().map(|row| row.thread.meta.key.as_str());
        self.sheet.is_none() && self.place() == Place::Agents && self.agent() == first
    }
}

fn id_of(agents: &[AgentRow]) -> String {
    agents.first().map(|row| row.thread.meta.key.clone()).unwrap_or_default()
}

/// It, and how many below it.
fn family(agents: &[AgentRow]) -> String {
    match agents {
        [] => String::new(),
        [one] => one.path.short().to_owned(),
        [first, below @ ..] => {
            format!("{} and {} below it", first.path.short(), count(below.len(), "agent"))
        }
    }
}

fn how(row: &AgentRow, way: Option<&Way>) -> String {
    let through = "goes on through the agent above it";
    let way = way.map_or_else(|| through.to_owned(), Way::text);
    format!("{}: {way}", row.path.short())
}
