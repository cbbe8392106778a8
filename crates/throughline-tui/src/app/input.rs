//! What keys and mouse do.

use std::collections::BTreeSet;

use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Position;
use throughline_ops::lines::{LineRow, Standing};
use throughline_ops::reconcile::Wish;

use super::{App, Choice, Confirm, Picking, PlanSheet, Purpose, Said, Sheet};
use crate::cursor::Cursor;
use crate::keys::{Action, Context, Move, Place, Screen};
use crate::message::{Act, Effect, Request};
use crate::screens::depends;
use crate::typing::TextLine;

/// How many rows a turn of the mouse wheel moves.
const WHEEL: usize = 3;

impl App {
    pub(super) fn input(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(&key),
            Event::Mouse(mouse) => self.mouse(mouse),
            Event::Paste(text) => self.typed(|line| line.insert(&text)),
            // A window that became smaller and larger again lost what it showed, whatever its size.
            Event::Resize(..) => vec![Effect::Redraw],
            Event::Key(_) | Event::FocusGained | Event::FocusLost => Vec::new(),
        }
    }

    fn key(&mut self, key: &KeyEvent) -> Vec<Effect> {
        self.said = None;
        let context = self.context();
        if let Some(action) = context.action(key) {
            return self.act(context, action);
        }
        if context == Context::On(Place::Now)
            && let KeyCode::Char(letter) = key.code
            && let Some(at) = self.offered().iter().position(|c| c.letter == Some(letter))
        {
            return self.decide(at);
        }
        self.typed(|line| line.press(key))
    }

    /// Changes the line that is being typed, and what follows from it at once.
    fn typed(&mut self, change: impl FnOnce(&mut TextLine)) -> Vec<Effect> {
        let Self { sheet, tasks, sessions, agents, data, .. } = self;
        match sheet {
            Some(Sheet::Typing { purpose, line }) => {
                change(line);
                match purpose {
                    Purpose::Filter => {
                        data.look.iter().for_each(|look| tasks.filter(line.text(), look));
                    }
                    Purpose::Search => {
                        data.sessions.iter().for_each(|all| sessions.search(line.text(), all));
                    }
                    Purpose::Agents => {
                        let report = agents.as_mut().zip(data.agents.as_ref());
                        report.into_iter().for_each(|(a, report)| a.filter(line.text(), report));
                    }
                    Purpose::New | Purpose::Title { .. } | Purpose::Note { .. } => {}
                }
            }
            Some(Sheet::Picking(picking)) => {
                change(&mut picking.line);
                if let Some(look) = &data.look {
                    picking.found = tasks.candidates(picking.line.text(), &picking.without, look);
                    picking.cursor = Cursor::default();
                }
            }
            Some(Sheet::Help | Sheet::Plan(_) | Sheet::Confirm(_) | Sheet::Told(_)) | None => {}
        }
        Vec::new()
    }

    fn mouse(&mut self, mouse: MouseEvent) -> Vec<Effect> {
        let at = Position::new(mouse.column, mouse.row);
        match mouse.kind {
            MouseEventKind::ScrollUp => self.wheel(Move::Up),
            MouseEventKind::ScrollDown => self.wheel(Move::Down),
            MouseEventKind::Down(MouseButton::Left) if self.sheet.is_none() => {
                self.said = None;
                if let Some(screen) = self.layout.tab_at(at) {
                    return self.go(screen);
                }
                if let Some(row) = self.layout.row_at(at) {
                    self.select(row);
                }
                Vec::new()
            }
            _other => Vec::new(),
        }
    }

    fn wheel(&mut self, way: Move) -> Vec<Effect> {
        for _ in 0..WHEEL {
            self.move_by(way);
        }
        Vec::new()
    }

    fn act(&mut self, context: Context, action: Action) -> Vec<Effect> {
        match action {
            Action::Move(way) => return self.moved(context, way),
            Action::Open => return self.open(),
            Action::Back => return self.back(),
            Action::Filter => self.filter(),
            Action::Edit => self.edit(),
            Action::Complete => self.complete(),
            Action::Start => return self.start(),
            Action::Link => self.link(),
            Action::New => self.type_for(Purpose::New, TextLine::default()),
            Action::Depends => self.look_at_dependencies(),
            Action::Agents => return self.look_at_agents(),
            Action::Close => return self.weigh_close(),
            Action::Resume => return self.weigh_resume(),
            Action::ShowAll => self.with_tasks(|tasks, look| tasks.show_all(look)),
            Action::Fold if self.place() == Place::Agents => {
                self.with_agents(|agents, report| agents.fold(report));
            }
            Action::Unfold if self.place() == Place::Agents => {
                self.with_agents(|agents, report| agents.unfold(report));
            }
            Action::Fold => self.with_tasks(|tasks, look| tasks.fold(look)),
            Action::Unfold => self.with_tasks(|tasks, look| tasks.unfold(look)),
            Action::Reconcile => return self.reconcile(),
            Action::Undo => self.undo(),
            Action::Go(screen) => return self.go(screen),
            Action::NextScreen => return self.go(self.screen.beside(1)),
            Action::PreviousScreen => return self.go(self.screen.beside(Screen::ALL.len() - 1)),
            Action::Help => self.sheet = Some(Sheet::Help),
            Action::Quit => return vec![Effect::Quit],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Redraw => {
                let mut effects = vec![Effect::Redraw];
                effects.extend(self.reload());
                return effects;
            }
        }
        Vec::new()
    }

    /// To another screen. What it shows beside the line is read; what is there is shown until then.
    pub(super) fn go(&mut self, screen: Screen) -> Vec<Effect> {
        self.screen = screen;
        let of_screen = |effect: &Effect| *effect != Effect::Ask(Request::Look);
        self.reload().into_iter().filter(of_screen).collect()
    }

    fn moved(&mut self, context: Context, way: Move) -> Vec<Effect> {
        match &mut self.sheet {
            Some(Sheet::Plan(sheet)) => {
                let mut cursor = Cursor { at: sheet.at, first: 0 };
                cursor.press(way, sheet.choices.len(), sheet.choices.len());
                let at = cursor.at;
                if at != sheet.at {
                    (sheet.at, sheet.report) = (at, None);
                    return self.propose();
                }
            }
            Some(Sheet::Picking(picking)) => {
                picking.cursor.press(way, picking.found.len(), /*page*/ 1);
            }
            Some(Sheet::Typing { .. }) if context == Context::Filtering => self.move_by(way),
            Some(Sheet::Help | Sheet::Confirm(_) | Sheet::Told(_) | Sheet::Typing { .. }) => {}
            None => self.move_by(way),
        }
        Vec::new()
    }

    fn move_by(&mut self, way: Move) {
        let page = self.layout.page();
        let data = &self.data;
        match self.place() {
            Place::Now => {
                let length = data.look.as_ref().map_or(0, |look| look.status.next.len());
                self.next.press(way, length, page);
            }
            Place::Detail => self.tasks.scroll(way, page, self.layout.text_height),
            Place::Tasks => self.tasks.press(way, page),
            Place::Depends => {
                if let Some(depends) = &mut self.depends {
                    depends.press(way, page);
                }
            }
            Place::Lines => {
                let length = data.lines.as_ref().map_or(0, |report| report.lines.len());
                self.lines.press(way, length, page);
            }
            Place::Sessions | Place::Turns => {
                if let Some(report) = &data.sessions {
                    self.sessions.press(way, page, report);
                }
            }
            Place::Agents => self.with_agents(|agents, report| agents.press(way, page, report)),
            Place::History => {
                let length = data.history.as_ref().map_or(0, |report| report.entries.len());
                self.history.press(way, length, page);
            }
        }
    }

    /// Selects a row of the list by its number.
    fn select(&mut self, row: usize) {
        match self.place() {
            Place::Now => self.next.at = row,
            Place::Tasks => self.tasks.select(row),
            Place::Depends => {
                if let Some(depends) = &mut self.depends {
                    depends.select(row);
                }
            }
            Place::Lines => self.lines.at = row,
            Place::Sessions | Place::Turns => {
                if let Some(report) = &self.data.sessions {
                    self.sessions.select(row, report);
                }
            }
            Place::Agents => self.with_agents(|agents, report| agents.select(row, report)),
            Place::History => self.history.at = row,
            Place::Detail => {}
        }
    }

    fn open(&mut self) -> Vec<Effect> {
        match self.sheet.take() {
            Some(Sheet::Typing { purpose, line }) => return self.typed_to_the_end(purpose, &line),
            Some(Sheet::Picking(picking)) => return self.picked(&picking),
            Some(Sheet::Plan(sheet)) => return self.carry_out(sheet),
            Some(Sheet::Confirm(confirm)) => return vec![Effect::Ask(confirm.yes)],
            Some(Sheet::Help | Sheet::Told(_)) => {}
            None => self.open_below(),
        }
        Vec::new()
    }

    fn open_below(&mut self) {
        match self.place() {
            Place::Now => {
                let id = self.task().map(|row| row.id.clone());
                if let (Some(id), Some(look)) = (id, &self.data.look) {
                    self.tasks.show(&id, look);
                    self.depends = None;
                    self.screen = Screen::Tasks;
                }
            }
            Place::Tasks => self.tasks.open_detail(),
            Place::Depends => self.look_at_dependencies(),
            Place::Sessions => {
                if let Some(report) = &self.data.sessions {
                    self.sessions.open_turns(report);
                }
            }
            Place::Detail | Place::Lines | Place::Turns | Place::Agents | Place::History => {}
        }
    }

    fn back(&mut self) -> Vec<Effect> {
        let data = &self.data;
        match self.sheet.take() {
            Some(Sheet::Typing { purpose: Purpose::Filter, .. }) => {
                self.with_tasks(|tasks, look| tasks.filter("", look));
            }
            Some(Sheet::Typing { purpose: Purpose::Search, .. }) => {
                if let Some(report) = &data.sessions {
                    self.sessions.search("", report);
                }
            }
            Some(Sheet::Typing { purpose: Purpose::Agents, .. }) => {
                self.with_agents(|agents, report| agents.filter("", report));
            }
            Some(_) => {}
            None => match self.place() {
                Place::Depends => self.depends = None,
                Place::Detail => self.tasks.detail = None,
                Place::Tasks => self.with_tasks(|tasks, look| tasks.filter("", look)),
                Place::Turns => self.sessions.open = None,
                Place::Agents => return self.leave_agents(),
                Place::Sessions => {
                    if let Some(report) = &data.sessions {
                        self.sessions.search("", report);
                    }
                }
                Place::Now | Place::Lines | Place::History => {}
            },
        }
        Vec::new()
    }

    fn with_tasks(
        &mut self,
        change: impl FnOnce(&mut crate::screens::tasks::State, &throughline_ops::look::LookReport),
    ) {
        if let Some(look) = &self.data.look {
            change(&mut self.tasks, look);
        }
    }

    fn type_for(&mut self, purpose: Purpose, line: TextLine) {
        self.sheet = Some(Sheet::Typing { purpose, line });
    }

    fn filter(&mut self) {
        match self.screen {
            Screen::Tasks => self.type_for(Purpose::Filter, TextLine::of(self.tasks.words())),
            Screen::Sessions if self.agents.is_some() => self.filter_agents(),
            Screen::Sessions => self.type_for(Purpose::Search, TextLine::of(self.sessions.words())),
            Screen::Now | Screen::Lines | Screen::History => {}
        }
    }

    fn edit(&mut self) {
        if let Some(row) = self.task() {
            let line = TextLine::of(&row.title);
            self.type_for(Purpose::Title { task: row.id.clone() }, line);
        }
    }

    fn complete(&mut self) {
        if let Some(row) = self.task() {
            let purpose = Purpose::Note { task: row.id.clone(), title: row.title.clone() };
            self.type_for(purpose, TextLine::default());
        }
    }

    fn start(&mut self) -> Vec<Effect> {
        let act = self.task().map(|row| Act::Start { task: row.id.to_string() });
        act.map(|act| Effect::Ask(Request::Act(act))).into_iter().collect()
    }

    fn link(&mut self) {
        let Some(row) = self.task() else { return };
        let without: BTreeSet<_> = row.depends_on.iter().chain([&row.id]).cloned().collect();
        let (task, line) = (row.id.clone(), TextLine::default());
        let Some(look) = &self.data.look else { return };
        let found = self.tasks.candidates("", &without, look);
        let cursor = Cursor::default();
        self.sheet = Some(Sheet::Picking(Picking { task, line, found, cursor, without }));
    }

    fn look_at_dependencies(&mut self) {
        let id = self.task().map(|row| row.id.clone());
        if let (Some(id), Some(look)) = (id, &self.data.look) {
            self.depends = Some(depends::State::of(id, look));
        }
    }

    fn typed_to_the_end(&mut self, purpose: Purpose, line: &TextLine) -> Vec<Effect> {
        let text = line.text().trim().to_owned();
        let act = match purpose {
            Purpose::Filter | Purpose::Search | Purpose::Agents => return Vec::new(),
            Purpose::New | Purpose::Title { .. } if text.is_empty() => return Vec::new(),
            Purpose::New => Act::Add { title: text },
            Purpose::Title { task } => Act::Retitle { task: task.to_string(), title: text },
            Purpose::Note { task, .. } => Act::Complete { task: task.to_string(), note: text },
        };
        vec![Effect::Ask(Request::Act(act))]
    }

    fn picked(&mut self, picking: &Picking) -> Vec<Effect> {
        let row = picking.found.get(picking.cursor.at);
        let row = row.and_then(|at| self.data.look.as_ref()?.rows.get(*at));
        let Some(row) = row else { return Vec::new() };
        let act = Act::Link { task: picking.task.to_string(), needs: row.id.to_string() };
        vec![Effect::Ask(Request::Act(act))]
    }

    /// Opens the sheet on one of the choices that the drift leaves.
    fn decide(&mut self, at: usize) -> Vec<Effect> {
        let question = self.data.look.as_ref().and_then(|look| look.proposed.as_ref());
        let question = question.map(|plan| plan.drift.sentence()).unwrap_or_default();
        let choices = self.offered();
        self.sheet = Some(Sheet::Plan(Box::new(PlanSheet { question, choices, at, report: None })));
        self.propose()
    }

    fn propose(&self) -> Vec<Effect> {
        let Some(Sheet::Plan(sheet)) = &self.sheet else { return Vec::new() };
        let wish = sheet.wish().cloned();
        wish.map(|wish| Effect::Ask(Request::Propose(wish))).into_iter().collect()
    }

    fn reconcile(&mut self) -> Vec<Effect> {
        let line = self.data.lines.as_ref().and_then(|report| report.lines.get(self.lines.at));
        match line.filter(|_| self.screen == Screen::Lines) {
            Some(line) if line.standing != Standing::Here => {
                let (question, choices) = taking_in(line);
                self.sheet = Some(Sheet::Plan(Box::new(PlanSheet {
                    question,
                    choices,
                    at: 0,
                    report: None,
                })));
                self.propose()
            }
            Some(_) | None if self.offered().is_empty() => {
                let drift = self.data.look.as_ref().map(|look| look.status.drift.sentence());
                self.said = drift.map(|drift| Said::Done(format!("Nothing to decide: {drift}.")));
                Vec::new()
            }
            Some(_) | None => self.decide(/*at*/ 0),
        }
    }

    /// Carries out what was shown. What was not there to be read yet, or can't be done, is not.
    fn carry_out(&mut self, sheet: Box<PlanSheet>) -> Vec<Effect> {
        match (&sheet.report, sheet.wish()) {
            (Some(Ok(_)), Some(wish)) => {
                vec![Effect::Ask(Request::Act(Act::Reconcile(wish.clone())))]
            }
            (Some(Err(sentence)), _) => {
                self.said = Some(Said::Failed(sentence.clone()));
                Vec::new()
            }
            (Some(Ok(_)) | None, _) => {
                self.sheet = Some(Sheet::Plan(sheet));
                Vec::new()
            }
        }
    }

    fn undo(&mut self) {
        let history = self.data.history.as_ref();
        let Some(entry) = history.and_then(|report| report.entries.get(self.history.at)) else {
            return;
        };
        let Some(unit) = &entry.record.unit else {
            let sentence = "An observation: there is nothing in it to take back.";
            self.said = Some(Said::Failed(sentence.to_owned()));
            return;
        };
        let changes = entry.record.body.changes();
        // One change alone is what the question says already.
        let changes = if changes.len() > 1 { changes } else { &[] };
        let details = changes.iter().map(throughline_ops::log::sentence).collect();
        let question = format!("Take back {unit}: {}?", entry.sentence);
        let yes = Request::Act(Act::Undo { unit: unit.to_string() });
        self.sheet = Some(Sheet::Confirm(Confirm { question, details, yes }));
    }
}

/// How the work of another line can come to this one.
fn taking_in(line: &LineRow) -> (String, Vec<Choice>) {
    let key = line.key.clone();
    let merge = Choice {
        letter: None,
        word: "merge".to_owned(),
        meaning: format!("the changes of {key} come in"),
        wish: Wish::MergeOf(key.clone()),
    };
    let adopt = Choice {
        letter: None,
        word: "adopt".to_owned(),
        meaning: format!("the changes of {key} come in, and it is over"),
        wish: Wish::Adoption(key.clone()),
    };
    let choices = match line.standing {
        Standing::Gone => vec![adopt, merge],
        Standing::Here
        | Standing::In { .. }
        | Standing::Branch
        | Standing::Ended { .. }
        | Standing::Apart => vec![merge],
    };
    (format!("What {key} did can come to this line"), choices)
}
