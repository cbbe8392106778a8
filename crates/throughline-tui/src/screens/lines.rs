//! *Lines*: branches and worktrees, and how each stands to git.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use throughline_model::head::short;
use throughline_ops::lines::{LineRow, Standing};

use super::{Text, heading, list, nothing, paint, paragraph, split};
use crate::app::App;
use crate::pen::{ago, count};
use crate::theme::Theme;
use crate::view::Layout;

/// Draws the screen.
pub(crate) fn draw(app: &App, area: Rect, buffer: &mut Buffer, layout: &mut Layout) {
    let Some(report) = &app.data.lines else {
        nothing(app, area, buffer, "reading…");
        return;
    };
    let (above, below) = split(app, area, buffer);
    let (at, length) = (app.lines.at, report.lines.len());
    let rest = heading(app, (above, buffer), ("Lines", ""), Some((at, length)));
    let longest = report.lines.iter().map(|line| line.key.chars().count()).max().unwrap_or(0);
    let name = longest.clamp(8, usize::from(above.width) / 3) + 2;
    layout.list = list(app, (rest, buffer), (app.lines, length), |at, pen| {
        let line = &report.lines[at];
        let (word, style) = standing(line, app.theme);
        let head = line.head.as_deref().map_or("no commit", short);
        let over = matches!(line.standing, Standing::Ended { .. });
        let strong = if over { app.theme.faint() } else { Style::new() };
        pen.column(&line.key, name, strong).column(head, /*width*/ 11, app.theme.id());
        if let Some(at) = line.at {
            pen.right(&ago(app.now, at), /*least*/ 20, app.theme.faint());
        }
        let open = format!("{} open", line.open);
        pen.column(&open, /*width*/ 9, app.theme.faint()).put(&word, style);
    });
    if let (Some(below), Some(line)) = (below, report.lines.get(at)) {
        paint(below, buffer, &about(app, line, usize::from(below.width)), 0);
    }
}

fn standing(line: &LineRow, theme: Theme) -> (String, Style) {
    if line.undecided.is_some() {
        return ("undecided".to_owned(), theme.warn());
    }
    match &line.standing {
        Standing::Here => ("here".to_owned(), theme.accent()),
        Standing::In { .. } => ("in a worktree".to_owned(), Style::new()),
        Standing::Branch => ("branch".to_owned(), Style::new()),
        Standing::Gone => ("branch gone".to_owned(), theme.warn()),
        Standing::Ended { .. } => ("ended".to_owned(), theme.faint()),
        Standing::Apart => ("no branch".to_owned(), theme.faint()),
    }
}

fn about(app: &App, line: &LineRow, width: usize) -> Text {
    let theme = app.theme;
    let mut text = paragraph(&line.key, (width, 0), theme.strong());
    let mut say = |sentence: String, style: Style| {
        text.extend(paragraph(&sentence, (width, 0), style));
    };
    match &line.standing {
        Standing::Here => say("You are on it.".to_owned(), Style::new()),
        Standing::In { worktree } => {
            say(format!("It is checked out in {worktree}."), Style::new());
        }
        Standing::Branch => say("Its branch is there.".to_owned(), Style::new()),
        Standing::Gone => {
            let what = "Its branch is gone: r shows how this line can take its work over.";
            say(what.to_owned(), theme.warn());
        }
        Standing::Ended { successor: Some(next) } => {
            say(format!("It ended; {next} goes on."), Style::new());
        }
        Standing::Ended { successor: None } => say("It ended.".to_owned(), Style::new()),
        Standing::Apart => say("It is no branch.".to_owned(), Style::new()),
    }
    if let Some(origin) = &line.origin {
        say(format!("It started from {origin}."), Style::new());
    }
    let head = line.head.as_deref().map_or("no commit", short);
    let seen = line.at.map(|at| format!(", last worked on {}", ago(app.now, at)));
    say(format!("At {head}{}.", seen.unwrap_or_default()), theme.faint());
    say(format!("{}.", count(line.open, "open task")), theme.faint());
    if line.pending > 0 {
        let changes = count(line.pending, "change");
        say(format!("{changes} not in its state file yet: `thru publish`."), theme.faint());
    }
    if let Some(undecided) = &line.undecided {
        say(format!("Undecided: {undecided}."), theme.warn());
    }
    text
}
