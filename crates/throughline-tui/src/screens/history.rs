//! *History*: the journal of the line, newest first, and undo.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use throughline_model::head::LineName;
use throughline_ops::log::{LogEntry, sentence, who};

use super::{Text, heading, list, nothing, paint, paragraph, split};
use crate::app::App;
use crate::pen::ago;
use crate::view::Layout;

/// Draws the screen.
pub(crate) fn draw(app: &App, area: Rect, buffer: &mut Buffer, layout: &mut Layout) {
    let Some(report) = &app.data.history else {
        nothing(app, area, buffer, "reading…");
        return;
    };
    let (above, below) = split(app, area, buffer);
    let (at, length) = (app.history.at, report.entries.len());
    let remark = match report.bad_lines {
        0 => String::new(),
        bad => format!("{bad} lines of the journal can't be read"),
    };
    let rest = heading(app, (above, buffer), ("History", &remark), Some((at, length)));
    if length == 0 {
        let sentence =
            "nothing happened on this line yet: what you and your agents change is kept here";
        nothing(app, rest, buffer, sentence);
    }
    layout.list = list(app, (rest, buffer), (app.history, length), |at, pen| {
        let entry = &report.entries[at];
        let record = &entry.record;
        // What can be taken back stands out from what was only seen.
        let style = if record.unit.is_some() { Style::new() } else { app.theme.faint() };
        pen.column(&ago(app.now, record.stamp.at), /*width*/ 12, app.theme.faint());
        pen.column(who(&record.actor), /*width*/ 7, app.theme.faint());
        pen.put(&entry.sentence, style);
    });
    if let (Some(below), Some(entry)) = (below, report.entries.get(at)) {
        paint(below, buffer, &about(app, entry, usize::from(below.width)), 0);
    }
}

fn about(app: &App, entry: &LogEntry, width: usize) -> Text {
    let theme = app.theme;
    let record = &entry.record;
    let mut text = paragraph(&entry.sentence, (width, 0), theme.strong());
    let line = match LineName::from_key(&record.line) {
        LineName::Directory => String::new(),
        LineName::Branch(_) | LineName::Detached { .. } => format!(" on {}", record.line),
    };
    let when = format!("{} by {}{line}", record.stamp.at, who(&record.actor));
    text.extend(paragraph(&when, (width, 0), theme.faint()));
    if let Some(unit) = &record.unit {
        text.push(vec![
            (unit.to_string(), theme.id()),
            (": u takes it back".to_owned(), theme.faint()),
        ]);
    }
    let changes = record.body.changes();
    if changes.len() > 1 {
        for change in changes {
            text.extend(paragraph(&sentence(change), (width, 2), Style::new()));
        }
    }
    text
}
