//! The screens, and what they have in common: a list beside or above what is to be said of its
//! selected row.

pub(crate) mod agents;
pub(crate) mod depends;
pub(crate) mod history;
pub(crate) mod lines;
pub(crate) mod now;
pub(crate) mod sessions;
mod sheets;
pub(crate) mod tasks;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use throughline_ops::tasks::list::Row;

pub(crate) use sheets::draw_sheet;

use crate::app::App;
use crate::cursor::Cursor;
use crate::pen::{Pen, Piece, wrapped};
use crate::theme::Theme;
use crate::view::{List, inset, rule};

/// From this width on the two parts of a screen stand side by side.
const WIDE: u16 = 110;

/// Below this height there is room for the list alone.
const TALL: u16 = 14;

/// Lines of text, each of pieces with their look.
pub(crate) type Text = Vec<Vec<Piece>>;

/// The list and the place for what is to be said of its selected row.
pub(crate) fn split(app: &App, area: Rect, buffer: &mut Buffer) -> (Rect, Option<Rect>) {
    if area.width >= WIDE {
        let left = area.width * 11 / 20;
        for row in 0..area.height {
            let line = Rect { x: area.x + left, width: 1, ..area };
            Pen::new(buffer, line, row).put("│", app.theme.faint());
        }
        let right = Rect { x: area.x + left + 1, width: area.width - left - 1, ..area };
        return (Rect { width: left, ..area }, Some(inset(right)));
    }
    if area.height < TALL {
        return (area, None);
    }
    let above = area.height * 11 / 20;
    rule(app, Rect { y: area.y + above, height: 1, ..area }, buffer);
    let below = Rect { y: area.y + above + 1, height: area.height - above - 1, ..area };
    (Rect { height: above, ..area }, Some(inset(below)))
}

/// A heading with a remark, and where in its list somebody is; what is left of the area.
pub(crate) fn heading(
    app: &App,
    (area, buffer): (Rect, &mut Buffer),
    (title, remark): (&str, &str),
    place: Option<(usize, usize)>,
) -> Rect {
    let mut pen = Pen::new(buffer, inset(area), 0);
    if let Some((at, length)) = place.filter(|(_, length)| *length > 0) {
        pen.right(&format!("{} of {length}", at + 1), title.len(), app.theme.faint());
    }
    pen.put(title, app.theme.strong()).skip(/*columns*/ 2).put(remark, app.theme.faint());
    let used = area.height.min(1);
    Rect { y: area.y + used, height: area.height - used, ..area }
}

/// Draws those rows of a list that are seen.
pub(crate) fn list(
    app: &App,
    (area, buffer): (Rect, &mut Buffer),
    (cursor, length): (Cursor, usize),
    mut draw: impl FnMut(usize, &mut Pen<'_>),
) -> List {
    let height = usize::from(area.height);
    let first = cursor.first_of(length, height);
    for (row, at) in (0..area.height).zip(first..length) {
        let here = at == cursor.at;
        let mut pen = Pen::new(buffer, inset(area), row);
        pen.put(if here { "▌" } else { " " }, app.theme.accent());
        draw(at, &mut pen);
        if here {
            let line = Rect { y: area.y + row, height: 1, ..inset(area) };
            buffer.set_style(line, app.theme.selected());
        }
    }
    List { area, first, length }
}

/// What to do where there is nothing.
pub(crate) fn nothing(app: &App, area: Rect, buffer: &mut Buffer, sentence: &str) {
    let text = Rect { x: area.x + 1, ..inset(area) };
    for (row, line) in (0..).zip(wrapped(sentence, usize::from(text.width))) {
        Pen::new(buffer, text, row).put(&line, app.theme.faint());
    }
}

/// Draws lines of text from `from` on.
pub(crate) fn paint(area: Rect, buffer: &mut Buffer, text: &Text, from: usize) {
    for (row, line) in (0..area.height).zip(text.iter().skip(from)) {
        let mut pen = Pen::new(buffer, area, row);
        line.iter().for_each(|(piece, style)| {
            pen.put(piece, *style);
        });
    }
}

/// A text in a style, wrapped, each line behind so many blanks.
pub(crate) fn paragraph(text: &str, (width, indent): (usize, usize), style: Style) -> Text {
    let lines = wrapped(text, width.saturating_sub(indent).max(1)).into_iter();
    lines.map(|line| vec![(format!("{}{line}", " ".repeat(indent)), style)]).collect()
}

/// A heading in a text, with an empty line above it unless it is the first.
pub(crate) fn title_in(text: &mut Text, title: &str, theme: Theme) {
    if !text.is_empty() {
        text.push(Vec::new());
    }
    text.push(vec![(title.to_owned(), theme.strong())]);
}

/// A task in a text: sign, id, title.
pub(crate) fn task_line(row: &Row, theme: Theme) -> Vec<Piece> {
    let (sign, style) = theme.sign(row.status, !row.blocked_by.is_empty());
    vec![
        (format!("{sign} "), style),
        (format!("{}  ", row.id), theme.id()),
        (row.title.clone(), title_style(row, theme)),
    ]
}

/// A finished task's title steps back.
pub(crate) fn title_style(row: &Row, theme: Theme) -> Style {
    if row.status.is_open() { Style::new() } else { theme.faint() }
}

/// A task in a list: sign and id, then what `indent` says, then the title; at the right what there
/// is to know about it.
pub(crate) fn task_row(app: &App, pen: &mut Pen<'_>, row: &Row, indent: &str) {
    let theme = app.theme;
    let (sign, style) = theme.sign(row.status, !row.blocked_by.is_empty());
    pen.put(sign, style).skip(/*columns*/ 1).column(row.id.as_str(), /*width*/ 9, theme.id());
    pen.right(&remarks(row), /*least*/ 30, theme.faint());
    pen.put(indent, theme.faint()).put(&row.title, title_style(row, theme));
}

fn remarks(row: &Row) -> String {
    let mut remarks: Vec<String> = row.reference.clone().into_iter().collect();
    match row.blocked_by.as_slice() {
        [] => {}
        [one] => remarks.push(format!("waits for {one}")),
        more => remarks.push(format!("waits for {}", more.len())),
    }
    remarks.extend(row.claimed_by.clone());
    // 2 is the ordinary priority.
    remarks.extend((row.priority != 2).then(|| format!("P{}", row.priority)));
    remarks.join(" · ")
}
