//! The dependencies of a task, both ways: what it waits for above it, what waits for it below.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use throughline_model::ids::TaskId;
use throughline_ops::look::LookReport;
use throughline_ops::tasks::list::Row;

use super::{heading, list, nothing, task_row};
use crate::app::{App, find};
use crate::cursor::Cursor;
use crate::keys::Move;
use crate::view::Layout;

/// More rows than anybody reads.
const MOST: usize = 500;

/// One row: a task, how far it is from the middle, and whether it stands above already.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Link {
    id: TaskId,
    depth: usize,
    again: bool,
}

/// What is seen.
#[derive(Debug)]
pub(crate) struct State {
    middle: TaskId,
    above: Vec<Link>,
    below: Vec<Link>,
    cursor: Cursor,
}

impl State {
    /// Around this task.
    pub(crate) fn of(middle: TaskId, look: &LookReport) -> Self {
        let mut state =
            Self { middle, above: Vec::new(), below: Vec::new(), cursor: Cursor::default() };
        state.read(look);
        state.cursor.at = state.above.len();
        state
    }

    /// Takes in what was read.
    pub(crate) fn read(&mut self, look: &LookReport) {
        let needs = |row: &Row| row.depends_on.clone();
        let waits = |row: &Row| {
            let waiting = look.rows.iter().filter(|other| other.depends_on.contains(&row.id));
            waiting.map(|other| other.id.clone()).collect()
        };
        self.above = walk(look, &self.middle, &needs);
        // The nearest stands next to the task.
        self.above.reverse();
        self.below = walk(look, &self.middle, &waits);
        self.cursor.at = self.cursor.at.min(self.length() - 1);
    }

    fn length(&self) -> usize {
        self.above.len() + 1 + self.below.len()
    }

    fn link(&self, at: usize) -> Option<&Link> {
        match at.checked_sub(self.above.len()) {
            None => self.above.get(at),
            Some(0) => None,
            Some(at) => self.below.get(at - 1),
        }
    }

    pub(crate) fn selected(&self) -> Option<&TaskId> {
        Some(self.link(self.cursor.at).map_or(&self.middle, |link| &link.id))
    }

    pub(crate) fn press(&mut self, way: Move, page: usize) {
        self.cursor.press(way, self.length(), page);
    }

    pub(crate) fn select(&mut self, row: usize) {
        self.cursor.at = row.min(self.length() - 1);
    }

    pub(crate) fn remember(&mut self, first: usize) {
        self.cursor.first = first;
    }
}

/// Everything that can be reached from a task, the nearest first; what was met already is named
/// again and not followed.
fn walk(look: &LookReport, from: &TaskId, next: &dyn Fn(&Row) -> Vec<TaskId>) -> Vec<Link> {
    let mut links = Vec::new();
    let mut met: BTreeSet<TaskId> = BTreeSet::from([from.clone()]);
    let mut waiting: Vec<(TaskId, usize)> = vec![(from.clone(), 0)];
    while let Some((id, depth)) = waiting.pop() {
        if depth > 0 {
            let again = !met.insert(id.clone());
            links.push(Link { id: id.clone(), depth, again });
            if again || links.len() >= MOST {
                continue;
            }
        }
        let reached = find(look, &id).map(next).unwrap_or_default();
        waiting.extend(reached.into_iter().rev().map(|id| (id, depth + 1)));
    }
    links
}

/// Draws the screen.
pub(crate) fn draw(app: &App, area: Rect, buffer: &mut Buffer, layout: &mut Layout) {
    let (Some(look), Some(state)) = (&app.data.look, &app.depends) else { return };
    let remark = format!(
        "above: what {} waits for ({}); below: what waits for it ({})",
        state.middle,
        state.above.len(),
        state.below.len()
    );
    let rest = heading(app, (area, buffer), ("Dependencies", &remark), None);
    if state.length() == 1 {
        let under = Rect { y: rest.y + 2, height: rest.height.saturating_sub(2), ..rest };
        let sentence = "it waits for nothing, and nothing waits for it: press l to link it";
        nothing(app, under, buffer, sentence);
    }
    layout.list = list(app, (rest, buffer), (state.cursor, state.length()), |at, pen| {
        let (id, indent) = match state.link(at) {
            None => (&state.middle, "● ".replace('●', "→")),
            Some(link) => {
                let seen = if link.again { "… " } else { "" };
                (&link.id, format!("{}{seen}", "  ".repeat(link.depth)))
            }
        };
        if let Some(row) = find(look, id) {
            task_row(app, pen, row, &indent);
        }
    });
}
