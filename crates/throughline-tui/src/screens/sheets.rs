//! What lies over a screen: at its foot, under a thin line, with the screen still to be seen above.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use throughline_model::reconcile::{ReconcilePlan, Step};
use unicode_width::UnicodeWidthStr as _;

use super::{Text, paint, paragraph, tasks};
use crate::app::{App, Confirm, Picking, PlanSheet, Purpose, Sheet, Told};
use crate::keys::{Action, Context};
use crate::pen::{Pen, cut};
use crate::typing::TextLine;
use crate::view::{inset, rule};

/// How many tasks are offered at once.
const OFFERED: usize = 8;

/// Draws a sheet; the area that is left for the screen, and where the terminal's cursor stands.
pub(crate) fn draw_sheet(
    app: &App,
    sheet: &Sheet,
    area: Rect,
    buffer: &mut Buffer,
) -> (Rect, Option<Position>) {
    match sheet {
        Sheet::Help => help(app, area, buffer),
        Sheet::Typing { purpose, line } => {
            let (rest, place) = foot(app, area, buffer, /*height*/ 1);
            (rest, typed(app, place, buffer, (&question(app, purpose), line)))
        }
        Sheet::Picking(picking) => pick(app, picking, area, buffer),
        Sheet::Plan(plan) => (decision(app, plan, area, buffer), None),
        Sheet::Confirm(confirm) => (confirmation(app, confirm, area, buffer), None),
        Sheet::Told(Told { title, lines }) => (told(app, (title, lines), area, buffer), None),
    }
}

/// Room at the foot, under a line.
fn foot(app: &App, area: Rect, buffer: &mut Buffer, height: usize) -> (Rect, Rect) {
    let height = u16::try_from(height).unwrap_or(u16::MAX);
    let height = height.min(area.height.saturating_sub(1));
    let top = area.bottom() - height;
    rule(app, Rect { y: top - 1, height: 1, ..area }, buffer);
    let rest = Rect { height: area.height - height - 1, ..area };
    (rest, inset(Rect { y: top, height, ..area }))
}

fn question(app: &App, purpose: &Purpose) -> String {
    match purpose {
        Purpose::New => "New task: ".to_owned(),
        Purpose::Title { task } => format!("Title of {task}: "),
        Purpose::Note { task, title } => {
            let title = cut(title, usize::from(app.layout.list.area.width) / 3).0;
            format!("Complete {task} {title}; a note, or nothing: ")
        }
        Purpose::Filter => "Tasks with: ".to_owned(),
        Purpose::Search => "Sessions with: ".to_owned(),
        Purpose::Agents => "Agents with: ".to_owned(),
    }
}

/// A line that is typed, its end always in view.
fn typed(
    app: &App,
    area: Rect,
    buffer: &mut Buffer,
    (question, line): (&str, &TextLine),
) -> Option<Position> {
    let (before, after) = line.halves();
    let asked = question.width().min(usize::from(area.width) * 3 / 4);
    let room = usize::from(area.width).saturating_sub(asked + 1);
    let mut start = before;
    while start.width() > room {
        let mut letters = start.chars();
        letters.next();
        start = letters.as_str();
    }
    let mut pen = Pen::new(buffer, area, 0);
    pen.column(question, asked, app.theme.accent())
        .put(start, Style::new())
        .put(after, Style::new());
    let x = u16::try_from(asked + start.width()).unwrap_or(u16::MAX);
    (area.height > 0).then(|| Position::new(area.x.saturating_add(x).min(area.right()), area.y))
}

fn pick(app: &App, picking: &Picking, area: Rect, buffer: &mut Buffer) -> (Rect, Option<Position>) {
    let shown = OFFERED.min(usize::from(area.height) / 2);
    let (rest, place) = foot(app, area, buffer, shown + 1);
    let Some(look) = &app.data.look else { return (rest, None) };
    let cursor =
        typed(app, place, buffer, (&format!("{} waits for: ", picking.task), &picking.line));
    let list = Rect { y: place.y + 1, height: place.height.saturating_sub(1), ..place };
    if picking.found.is_empty() {
        Pen::new(buffer, list, 0).put("no open task has these words", app.theme.faint());
    }
    let first = picking.cursor.first_of(picking.found.len(), usize::from(list.height));
    let rows = picking.found.iter().enumerate().skip(first);
    for (row, (at, found)) in (0..list.height).zip(rows) {
        let here = at == picking.cursor.at;
        let mut pen = Pen::new(buffer, list, row);
        pen.put(if here { "▌" } else { " " }, app.theme.accent());
        tasks::offer(app, look, &mut pen, *found);
        if here {
            buffer.set_style(Rect { y: list.y + row, height: 1, ..list }, app.theme.selected());
        }
    }
    (rest, cursor)
}

/// A decision: what can be chosen, and what the chosen one would do.
fn decision(app: &App, sheet: &PlanSheet, area: Rect, buffer: &mut Buffer) -> Rect {
    let theme = app.theme;
    let width = usize::from(area.width.saturating_sub(2));
    let mut text = paragraph(&sheet.question, (width, 0), theme.strong());
    for (at, choice) in sheet.choices.iter().enumerate() {
        let here = at == sheet.at;
        let sign = if here { "▌ " } else { "  " };
        let word = if here { theme.accent() } else { Style::new() };
        text.push(vec![
            (sign.to_owned(), theme.accent()),
            (format!("{:<14}", choice.word), word),
            (choice.meaning.clone(), theme.faint()),
        ]);
    }
    text.push(Vec::new());
    match &sheet.report {
        None => text.push(vec![("looking at what it would do…".to_owned(), theme.faint())]),
        Some(Err(sentence)) => text.extend(paragraph(sentence, (width, 0), theme.bad())),
        Some(Ok(plan)) => text.extend(consequences(plan, width)),
    }
    let (rest, place) = foot(app, area, buffer, text.len());
    paint(place, buffer, &text, 0);
    rest
}

fn consequences(plan: &ReconcilePlan, width: usize) -> Text {
    // An adoption's end is no step of the plan of a merge.
    let ends = plan.ends.iter().map(|line| Step::End { line: line.clone() });
    let ends = ends.filter(|end| !plan.steps.contains(end));
    let sentences = plan.steps.iter().cloned().chain(ends).map(|step| step.sentence());
    let mut text: Text = sentences
        .flat_map(|sentence| paragraph(&format!("- {sentence}"), (width, 2), Style::new()))
        .collect();
    if text.is_empty() {
        text = paragraph("- nothing changes", (width, 2), Style::new());
    }
    text
}

fn confirmation(app: &App, confirm: &Confirm, area: Rect, buffer: &mut Buffer) -> Rect {
    told(app, (&confirm.question, &confirm.details), area, buffer)
}

/// A title and sentences below it, as many as leave half of the screen.
fn told(app: &App, (title, sentences): (&str, &[String]), area: Rect, buffer: &mut Buffer) -> Rect {
    let width = usize::from(area.width.saturating_sub(2));
    let most = usize::from(area.height) / 2;
    let mut text = paragraph(title, (width, 0), app.theme.accent());
    let lines = sentences.iter();
    text.extend(lines.flat_map(|line| paragraph(line, (width, 2), Style::new())));
    if text.len() > most {
        let more = text.len() - most + 1;
        text.truncate(most.saturating_sub(1));
        text.push(vec![(format!("  and {more} more"), app.theme.faint())]);
    }
    let (rest, place) = foot(app, area, buffer, text.len());
    paint(place, buffer, &text, 0);
    rest
}

/// All keys that work here, in columns.
fn help(app: &App, area: Rect, buffer: &mut Buffer) -> (Rect, Option<Position>) {
    let theme = app.theme;
    let mut text: Vec<Vec<(String, Style)>> = Vec::new();
    for binding in Context::On(app.place()).bindings() {
        // The tabs say the numbers themselves.
        if matches!(binding.action, Action::Go(_)) {
            continue;
        }
        text.push(vec![
            (format!("{:<11}", binding.name), theme.id()),
            (binding.says.to_owned(), Style::new()),
        ]);
    }
    text.push(vec![(format!("{:<11}", "1 - 5"), theme.id()), ("screens".to_owned(), Style::new())]);
    let most = usize::from(area.height.saturating_sub(1)).max(1);
    let columns = (usize::from(area.width) / 38).clamp(1, 4);
    let height = text.len().div_ceil(columns).min(most);
    let (rest, place) = foot(app, area, buffer, height);
    let width = place.width / u16::try_from(columns).unwrap_or(1);
    for (column, lines) in (0..).zip(text.chunks(height.max(1)).take(columns)) {
        let x = place.x + width * column;
        let part = Rect { x, width: width.saturating_sub(2), ..place };
        paint(part, buffer, &lines.to_vec(), 0);
    }
    (rest, None)
}
