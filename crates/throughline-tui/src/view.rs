//! One frame: tabs, what went wrong, the screen, what lies over it, and the keys.
//!
//! Pure: the same app and size draw the same frame. What the mouse may hit comes back as [`Layout`].

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use throughline_model::head::short;

use crate::app::{App, Said};
use crate::keys::{Action, Binding, Screen, Shown};
use crate::pen::{Pen, wrapped};
use crate::screens::{agents, depends, draw_sheet, history, lines, now, sessions, tasks};

/// Where things were drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    tabs: Vec<(Rect, Screen)>,
    pub(crate) list: List,
    /// How many lines the text has that is scrolled.
    pub(crate) text_height: usize,
}

/// A list as it was drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) area: Rect,
    /// The row that was drawn first.
    pub(crate) first: usize,
    /// How many there are.
    pub(crate) length: usize,
}

impl Layout {
    pub(crate) fn tab_at(&self, at: Position) -> Option<Screen> {
        self.tabs.iter().find(|(area, _)| area.contains(at)).map(|(_, screen)| *screen)
    }

    /// The number of the list's row there.
    pub(crate) fn row_at(&self, at: Position) -> Option<usize> {
        let List { area, first, length } = self.list;
        let row = first + usize::from(at.y.saturating_sub(area.y));
        (area.contains(at) && row < length).then_some(row)
    }

    /// How many rows of the list are seen.
    pub(crate) fn page(&self) -> usize {
        usize::from(self.list.area.height).max(1)
    }
}

/// A smaller window gets a sentence.
const LEAST: (u16, u16) = (40, 8);

/// Draws a frame.
pub(crate) fn view(app: &App, frame: &mut Frame<'_>) -> Layout {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    let mut layout = Layout::default();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        Pen::new(buffer, area, 0).put("This window is too small.", app.theme.strong());
        return layout;
    }
    layout.tabs = tabs(app, area, buffer);
    rule(app, Rect { y: area.y + 1, height: 1, ..area }, buffer);
    let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
    footer(app, foot, buffer);
    let mut body = Rect { y: area.y + 2, height: area.height - 3, ..area };
    body = trouble(app, body, buffer);
    let cursor;
    (body, cursor) = match &app.sheet {
        Some(sheet) => draw_sheet(app, sheet, body, buffer),
        None => (body, None),
    };
    screen(app, body, buffer, &mut layout);
    app.theme.finish(buffer);
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
    layout
}

fn screen(app: &App, area: Rect, buffer: &mut Buffer, layout: &mut Layout) {
    if app.data.look.is_none() {
        let text = if app.data.trouble.is_some() { "" } else { "reading…" };
        Pen::new(buffer, inset(area), 0).put(text, app.theme.faint());
        return;
    }
    match app.screen {
        Screen::Now => now::draw(app, area, buffer, layout),
        Screen::Tasks if app.depends.is_some() => depends::draw(app, area, buffer, layout),
        Screen::Tasks => tasks::draw(app, area, buffer, layout),
        Screen::Lines => lines::draw(app, area, buffer, layout),
        Screen::Sessions if app.agents.is_some() => agents::draw(app, area, buffer, layout),
        Screen::Sessions => sessions::draw(app, area, buffer, layout),
        Screen::History => history::draw(app, area, buffer, layout),
    }
}

/// One column free at both sides.
pub(crate) fn inset(area: Rect) -> Rect {
    Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }
}

/// A thin line across.
pub(crate) fn rule(app: &App, area: Rect, buffer: &mut Buffer) {
    let line = "─".repeat(usize::from(area.width));
    Pen::new(buffer, area, 0).put(&line, app.theme.faint());
}

fn tabs(app: &App, area: Rect, buffer: &mut Buffer) -> Vec<(Rect, Screen)> {
    let row = inset(area);
    let mut place = row.x;
    let mut found = Vec::new();
    let asks = app.data.look.as_ref().is_some_and(now::asks);
    for screen in Screen::ALL {
        let mark = if screen == Screen::Now && asks { "!" } else { "" };
        let text = format!("{} {}{mark}", screen.index() + 1, screen.title());
        let width = u16::try_from(text.len()).unwrap_or_default();
        let style = if screen == app.screen { app.theme.accent() } else { app.theme.faint() };
        let tab = Rect {
            x: place,
            width: width.min(row.right().saturating_sub(place)),
            height: 1,
            ..row
        };
        Pen::new(buffer, tab, 0).put(&text, style);
        found.push((tab, screen));
        place = place.saturating_add(width + 3);
    }
    let rest = Rect { x: place, width: row.right().saturating_sub(place), ..row };
    if let Some(look) = &app.data.look {
        let status = &look.status;
        let head = status.place.head.as_deref().map_or("no commit", short);
        let (project, line) = (&status.project, &status.place.line);
        let whole = format!("{project} on {line} {head}");
        let room = usize::from(rest.width);
        let fitting = [whole, format!("{line} {head}"), line.clone()];
        let text = fitting.iter().find(|text| text.chars().count() < room);
        let text = text.cloned().unwrap_or_else(|| crate::pen::cut(line, room.saturating_sub(2)).0);
        Pen::new(buffer, rest, 0).right(&text, /*least*/ 0, app.theme.strong());
    }
    found
}

/// What is shown is not what there is: in words, above everything.
fn trouble(app: &App, area: Rect, buffer: &mut Buffer) -> Rect {
    const MOST: usize = 5;
    let Some(sentence) = &app.data.trouble else { return area };
    let text = inset(area);
    let mut lines = wrapped(sentence, usize::from(text.width.saturating_sub(2)));
    lines.truncate(MOST);
    let mut used = 0;
    for line in &lines {
        let sign = if used == 0 { "! " } else { "  " };
        Pen::new(buffer, text, used).put(sign, app.theme.bad()).put(line, app.theme.bad());
        used += 1;
    }
    let used = (used + 1).min(area.height);
    Rect { y: area.y + used, height: area.height - used, ..area }
}

/// The keys that matter here, or what was done last.
fn footer(app: &App, area: Rect, buffer: &mut Buffer) {
    let mut pen = Pen::new(buffer, inset(area), 0);
    match &app.said {
        Some(Said::Done(sentence)) => {
            pen.put(sentence, app.theme.accent());
            return;
        }
        Some(Said::Failed(sentence)) => {
            pen.put("! ", app.theme.bad()).put(sentence, app.theme.bad());
            return;
        }
        None => {}
    }
    let context = app.context();
    let shown: Vec<_> = context.bindings().filter(|b| b.shown == Shown::Footer).collect();
    // Help and the way out are the last to be left out.
    let is_last = |b: &&&Binding| matches!(b.action, Action::Help | Action::Quit | Action::Back);
    let mut room = usize::from(area.width);
    room = room.saturating_sub(shown.iter().filter(is_last).map(|b| b.width()).sum());
    for binding in shown.iter().copied() {
        if !is_last(&&binding) {
            if binding.width() > room {
                continue;
            }
            room -= binding.width();
        }
        pen.put(binding.name, app.theme.id()).put(" ", app.theme.faint());
        pen.put(binding.short(), app.theme.faint()).skip(Binding::GAP);
    }
}
