//! *Tasks*: the tree, and all about the selected one.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use throughline_model::head::short;
use throughline_model::ids::{MilestoneId, TaskId};
use throughline_model::state::{Evidence, Status, Task};
use throughline_ops::look::LookReport;
use throughline_ops::tasks::list::Row;

use super::{Text, heading, list, nothing, paint, paragraph, split, task_line, task_row, title_in};
use crate::app::{App, find};
use crate::cursor::Cursor;
use crate::keys::Move;
use crate::pen::{Pen, ago, count};
use crate::theme::Theme;
use crate::tree::{Below, Forest, Item, Shown};
use crate::view::{Layout, List, inset};

/// Where somebody is in the tree, and what of it is seen.
#[derive(Debug, Default)]
pub(crate) struct State {
    forest: Forest,
    /// Of each row.
    ids: Vec<TaskId>,
    items: Vec<Item>,
    pub(crate) cursor: Cursor,
    filter: String,
    shown: Shown,
    folded: BTreeSet<TaskId>,
    /// The selected task alone, from this line on.
    pub(crate) detail: Option<usize>,
}

impl State {
    /// Takes in what was read. Who was on a task stays on it.
    pub(crate) fn read(&mut self, look: &LookReport) {
        let was = self.selected().cloned();
        self.forest = Forest::new(&look.rows, &look.view.state.milestones);
        self.ids = look.rows.iter().map(|row| row.id.clone()).collect();
        self.see(look, was.as_ref());
    }

    /// Makes anew what is seen.
    fn see(&mut self, look: &LookReport, selected: Option<&TaskId>) {
        let wanted = (self.filter.as_str(), self.shown);
        self.items = self.forest.visible(&look.rows, wanted, &self.folded);
        let place =
            selected.and_then(|id| self.items.iter().position(|item| self.id_of(item) == Some(id)));
        self.cursor.at = place.unwrap_or(self.cursor.at).min(self.items.len().saturating_sub(1));
        // Who comes fresh to a tree stands on a task.
        if place.is_none() && self.selected().is_none() && self.cursor.at + 1 < self.items.len() {
            self.cursor.at += 1;
        }
        if self.selected().is_none() {
            self.detail = None;
        }
    }

    fn id_of(&self, item: &Item) -> Option<&TaskId> {
        match item {
            Item::Heading { .. } => None,
            Item::Task { row, .. } => self.ids.get(*row),
        }
    }

    pub(crate) fn selected(&self) -> Option<&TaskId> {
        self.id_of(self.items.get(self.cursor.at)?)
    }

    pub(crate) fn words(&self) -> &str {
        &self.filter
    }

    /// Sees only what has these words.
    pub(crate) fn filter(&mut self, words: &str, look: &LookReport) {
        let was = self.selected().cloned();
        words.clone_into(&mut self.filter);
        self.see(look, was.as_ref());
        if !words.trim().is_empty() {
            self.go_to_a_match(words);
        }
    }

    /// What is found is seen under what it is part of; the keys shall work on what was meant.
    fn go_to_a_match(&mut self, words: &str) {
        let matching: BTreeSet<usize> = self.forest.matching(words).collect();
        let fits = |item: &Item| match item {
            Item::Heading { .. } => false,
            Item::Task { row, .. } => matching.contains(row),
        };
        if !self.items.get(self.cursor.at).is_some_and(fits) {
            self.cursor.at = self.items.iter().position(fits).unwrap_or(self.cursor.at);
        }
    }

    /// Open tasks that have these words and are not left out.
    pub(crate) fn candidates(
        &self,
        words: &str,
        without: &BTreeSet<TaskId>,
        look: &LookReport,
    ) -> Vec<usize> {
        let fits = |row: &&Row| row.status.is_open() && !without.contains(&row.id);
        let found = self.forest.matching(words);
        found.filter(|at| look.rows.get(*at).as_ref().is_some_and(fits)).collect()
    }

    pub(crate) fn press(&mut self, way: Move, page: usize) {
        self.cursor.press(way, self.items.len(), page);
    }

    pub(crate) fn select(&mut self, row: usize) {
        self.cursor.at = row.min(self.items.len().saturating_sub(1));
    }

    /// Goes to a task, wherever it is.
    pub(crate) fn show(&mut self, id: &TaskId, look: &LookReport) {
        self.filter.clear();
        let mut above = find(look, id).and_then(|row| row.parent.clone());
        while let Some(parent) = above {
            // Each is unfolded once; a circle ends there.
            let row = find(look, &parent).filter(|_| self.folded.remove(&parent));
            above = row.and_then(|row| row.parent.clone());
        }
        if find(look, id).is_some_and(|row| !row.status.is_open()) {
            self.shown = Shown::All;
        }
        self.see(look, Some(id));
        self.detail = None;
    }

    pub(crate) fn open_detail(&mut self) {
        self.detail = self.selected().map(|_| 0);
    }

    /// Scrolls the text about the selected task.
    pub(crate) fn scroll(&mut self, way: Move, page: usize, height: usize) {
        let mut cursor = Cursor { at: self.detail.unwrap_or_default(), first: 0 };
        cursor.press(way, height.saturating_sub(page) + 1, page);
        self.detail = Some(cursor.at);
    }

    pub(crate) fn show_all(&mut self, look: &LookReport) {
        let was = self.selected().cloned();
        self.shown = match self.shown {
            Shown::Open => Shown::All,
            Shown::All => Shown::Open,
        };
        self.see(look, was.as_ref());
    }

    /// Folds the selected task; one that has nothing to fold: what it is part of.
    pub(crate) fn fold(&mut self, look: &LookReport) {
        let Some(Item::Task { row, below, .. }) = self.items.get(self.cursor.at) else { return };
        let own = self.ids.get(*row).cloned();
        let parent = || look.rows.get(*row).and_then(|row| row.parent.clone());
        let id = if *below == Below::Seen { own } else { parent() };
        if let Some(id) = id {
            self.folded.insert(id.clone());
            self.see(look, Some(&id));
        }
    }

    pub(crate) fn unfold(&mut self, look: &LookReport) {
        if let Some(id) = self.selected().cloned() {
            self.folded.remove(&id);
            self.see(look, Some(&id));
        }
    }
}

/// Draws the screen.
pub(crate) fn draw(app: &App, area: Rect, buffer: &mut Buffer, layout: &mut Layout) {
    let Some(look) = &app.data.look else { return };
    if let (Some(from), Some(row)) = (app.tasks.detail, app.task()) {
        let text = about(app, look, row, usize::from(area.width.saturating_sub(2)));
        paint(inset(area), buffer, &text, from);
        layout.text_height = text.len();
        layout.list = List { area, first: from, length: 0 };
        return;
    }
    let (above, below) = split(app, area, buffer);
    layout.list = tree(app, look, above, buffer);
    if let (Some(below), Some(row)) = (below, app.task()) {
        let text = about(app, look, row, usize::from(below.width));
        let is_more = text.len() > usize::from(below.height);
        let height = below.height - u16::from(is_more);
        paint(Rect { height, ..below }, buffer, &text, 0);
        if is_more {
            let foot = Rect { y: below.bottom() - 1, height: 1, ..below };
            Pen::new(buffer, foot, 0).right("Enter shows the rest", 0, app.theme.faint());
        }
    }
}

fn tree(app: &App, look: &LookReport, area: Rect, buffer: &mut Buffer) -> List {
    let state = &app.tasks;
    let counts = &look.status.counts;
    let mut remark = format!(
        "{} open: {} in progress, {} ready, {} blocked",
        counts.open, counts.in_progress, counts.ready, counts.blocked
    );
    let title = match state.shown {
        Shown::Open => "Open tasks",
        Shown::All => "All tasks",
    };
    if !state.filter.is_empty() {
        remark = format!("with \"{}\"", state.filter);
    }
    let place = Some((state.cursor.at, state.items.len()));
    let rest = heading(app, (area, buffer), (title, &remark), place);
    if state.items.is_empty() {
        nothing(app, rest, buffer, &why_empty(state, look));
    }
    list(app, (rest, buffer), (state.cursor, state.items.len()), |at, pen| match &state.items[at] {
        Item::Heading { milestone, completed, total } => {
            let title = milestone_title(milestone.as_ref(), look);
            pen.right(&format!("{completed}/{total}"), title.len(), app.theme.faint());
            pen.put(title, app.theme.strong());
        }
        Item::Task { row, depth, below } => {
            let sign = match below {
                Below::Nothing => "",
                Below::Seen => "▾ ",
                Below::Folded => "▸ ",
            };
            let indent = format!("{}{sign}", "  ".repeat(*depth));
            task_row(app, pen, &look.rows[*row], &indent);
        }
    })
}

fn why_empty(state: &State, look: &LookReport) -> String {
    if !state.filter.is_empty() {
        return format!("nothing has \"{}\" in it: Esc shows the others again", state.filter);
    }
    if look.rows.is_empty() {
        return "no tasks yet: press n".to_owned();
    }
    "nothing is open: press n for a new task, a for those that are completed".to_owned()
}

fn milestone_title<'l>(milestone: Option<&'l MilestoneId>, look: &'l LookReport) -> &'l str {
    match milestone {
        None => "Without a milestone",
        Some(id) => look.view.state.milestones.get(id).map_or(id.as_str(), |m| &m.title),
    }
}

/// All about a task.
pub(crate) fn about(app: &App, look: &LookReport, row: &Row, width: usize) -> Text {
    let theme = app.theme;
    let mut text = paragraph(&row.title, (width, 0), theme.strong());
    facts(app, &mut text, (look, row), width);
    let Some(task) = look.view.task(&row.id) else { return text };
    if let Some(reason) = &task.reason {
        text.extend(paragraph(&format!("because: {reason}"), (width, 0), Style::new()));
    }
    relations(&mut text, look, row, theme);
    for (title, words) in [("Acceptance", &task.acceptance), ("Notes", &task.notes)] {
        if let Some(words) = words {
            title_in(&mut text, title, theme);
            text.extend(paragraph(words, (width, 2), Style::new()));
        }
    }
    notes(app, &mut text, look, row, width);
    evidence(app, &mut text, task, width);
    text
}

fn facts(app: &App, text: &mut Text, (look, row): (&LookReport, &Row), width: usize) {
    let theme = app.theme;
    let (sign, style) = theme.sign(row.status, !row.blocked_by.is_empty());
    let standing = match row.status {
        Status::Pending if !row.blocked_by.is_empty() => "blocked",
        Status::Pending if row.ready => "ready",
        Status::Pending => "not yet",
        Status::InProgress => "in progress",
        Status::Completed => "completed",
        Status::Cancelled => "cancelled",
    };
    text.push(vec![
        (format!("{sign} "), style),
        (format!("{}  ", row.id), theme.id()),
        (standing.to_owned(), Style::new()),
    ]);
    let mut facts = vec![row.kind.as_str().to_owned(), format!("priority {}", row.priority)];
    facts.extend(row.reference.clone());
    facts.extend(row.milestone.as_ref().map(|m| milestone_title(Some(m), look).to_owned()));
    if let Some(claim) = look.view.line.claims.get(&row.id).filter(|c| c.until > app.now) {
        facts.push(format!("{} works on it", claim.owner));
    }
    facts.extend(row.private.then(|| "private to this line".to_owned()));
    let task = look.view.task(&row.id);
    facts.extend(task.map(|task| format!("made {}", ago(app.now, task.created_at))));
    text.extend(paragraph(&facts.join(" · "), (width, 0), theme.faint()));
}

fn relations(text: &mut Text, look: &LookReport, row: &Row, theme: Theme) {
    const MOST: usize = 8;
    let mut group = |title: &str, rows: Vec<&Row>| {
        if rows.is_empty() {
            return;
        }
        title_in(text, title, theme);
        let lines = rows.iter().take(MOST).map(|row| {
            let mut line = task_line(row, theme);
            line.insert(0, ("  ".to_owned(), Style::new()));
            line
        });
        text.extend(lines);
        if rows.len() > MOST {
            text.push(vec![(format!("  and {} more", rows.len() - MOST), theme.faint())]);
        }
    };
    let parent = row.parent.as_ref().and_then(|id| find(look, id));
    group("Part of", parent.into_iter().collect());
    group("Waits for", row.depends_on.iter().filter_map(|id| find(look, id)).collect());
    let waiting = look.rows.iter().filter(|other| other.depends_on.contains(&row.id));
    group("Waiting for it", waiting.collect());
    group("Its parts", look.rows.iter().filter(|o| o.parent.as_ref() == Some(&row.id)).collect());
}

fn notes(app: &App, text: &mut Text, look: &LookReport, row: &Row, width: usize) {
    let about_it =
        look.view.state.notes.values().filter(|note| note.task.as_ref() == Some(&row.id));
    for (number, note) in about_it.enumerate() {
        if number == 0 {
            title_in(text, "Notes about it", app.theme);
        }
        text.extend(paragraph(&note.text, (width, 2), Style::new()));
        text.push(vec![(format!("  {}", ago(app.now, note.at)), app.theme.faint())]);
    }
}

fn evidence(app: &App, text: &mut Text, task: &Task, width: usize) {
    if task.evidence.is_empty() {
        return;
    }
    title_in(text, "Evidence", app.theme);
    for evidence in &task.evidence {
        text.push(evidence_line(evidence, app.theme));
        if !evidence.files.is_empty() {
            text.extend(paragraph(&evidence.files.join(", "), (width, 4), app.theme.faint()));
        }
    }
}

fn evidence_line(evidence: &Evidence, theme: Theme) -> Vec<crate::pen::Piece> {
    let commit = evidence.commit.as_deref().map_or("no commit", short);
    let mut remarks = Vec::new();
    if !evidence.files.is_empty() {
        remarks.push(count(evidence.files.len(), "file"));
    }
    remarks.extend(evidence.session.as_ref().map(|session| format!("session {}", short(session))));
    let mut line =
        vec![(format!("  {commit}  "), theme.id()), (remarks.join(" · "), theme.faint())];
    if evidence.orphaned {
        line.push((" its commit is no longer in history".to_owned(), theme.warn()));
    }
    line
}

/// For a sheet that offers tasks: one of them.
pub(crate) fn offer(app: &App, look: &LookReport, pen: &mut Pen<'_>, row: usize) {
    if let Some(row) = look.rows.get(row) {
        task_row(app, pen, row, "");
    }
}
