//! *Sessions*: what agents did; one of them turn by turn.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use throughline_model::session::{Action as Did, Outcome, Session, Turn, TurnStatus};
use throughline_ops::sessions::{SessionReport, SessionsReport, Standing};

use super::{Text, heading, list, nothing, paint, paragraph, split, title_in};
use crate::app::App;
use crate::cursor::Cursor;
use crate::keys::Move;
use crate::pen::{Piece, ago, count};
use crate::theme::Theme;
use crate::view::Layout;

/// Where somebody is among the sessions.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// What a search is compared with: of each session, of each turn, in small letters.
    texts: Vec<Vec<String>>,
    /// Sessions that the search found.
    found: Vec<usize>,
    words: String,
    pub(crate) cursor: Cursor,
    selected: Option<String>,
    /// The session whose turns are seen, and where among them somebody is.
    pub(crate) open: Option<Opened>,
}

/// A session with its turns.
#[derive(Debug)]
pub(crate) struct Opened {
    id: String,
    pub(crate) cursor: Cursor,
    /// How many turns it has.
    turns: usize,
}

impl State {
    /// Takes in what was read. Who was on a session stays on it.
    pub(crate) fn read(&mut self, report: &SessionsReport) {
        self.texts = report.sessions.iter().map(|found| texts(&found.session)).collect();
        self.see(report);
        let Some(open) = &mut self.open else { return };
        match report.sessions.iter().find(|found| found.session.id == open.id) {
            Some(found) => open.turns = found.session.turns.len(),
            None => self.open = None,
        }
    }

    fn see(&mut self, report: &SessionsReport) {
        let words: Vec<String> =
            self.words.to_lowercase().split_whitespace().map(String::from).collect();
        let has = |texts: &Vec<String>| {
            words.iter().all(|word| texts.iter().any(|text| text.contains(word.as_str())))
        };
        let found = self.texts.iter().enumerate().filter(|(_, texts)| has(texts));
        self.found = found.map(|(at, _)| at).collect();
        let place = self.found.iter().position(|at| {
            report.sessions.get(*at).map(|found| &found.session.id) == self.selected.as_ref()
        });
        self.cursor.at = place.unwrap_or(0);
        self.select_by(report);
    }

    fn select_by(&mut self, report: &SessionsReport) {
        self.selected = self.session(report).map(|found| found.session.id.clone());
    }

    fn session<'r>(&self, report: &'r SessionsReport) -> Option<&'r SessionReport> {
        report.sessions.get(*self.found.get(self.cursor.at)?)
    }

    /// The id of the selected session.
    pub(crate) fn selected_id(&self, report: &SessionsReport) -> Option<String> {
        self.session(report).map(|found| found.session.id.clone())
    }

    pub(crate) fn words(&self) -> &str {
        &self.words
    }

    /// Sees only sessions that have these words.
    pub(crate) fn search(&mut self, words: &str, report: &SessionsReport) {
        words.clone_into(&mut self.words);
        self.see(report);
    }

    pub(crate) fn press(&mut self, way: Move, page: usize, report: &SessionsReport) {
        match &mut self.open {
            Some(open) => open.cursor.press(way, open.turns, page),
            None => {
                self.cursor.press(way, self.found.len(), page);
                self.select_by(report);
            }
        }
    }

    pub(crate) fn select(&mut self, row: usize, report: &SessionsReport) {
        match &mut self.open {
            Some(open) => open.cursor.at = row,
            None => {
                self.cursor.at = row;
                self.select_by(report);
            }
        }
    }

    /// Opens the selected session: at the first turn that was searched for, else at the last.
    pub(crate) fn open_turns(&mut self, report: &SessionsReport) {
        let Some(found) = self.session(report) else { return };
        let words = self.words.to_lowercase();
        let texts = &self.texts[self.found[self.cursor.at]];
        let turns = found.session.turns.len();
        let hit = |text: &&String| words.split_whitespace().any(|word| text.contains(word));
        // The session's own text comes first, then each turn's.
        let at = texts.iter().skip(1).position(|text| hit(&text));
        let at = at.unwrap_or(turns.saturating_sub(1));
        let cursor = Cursor { at, first: 0 };
        self.open = Some(Opened { id: found.session.id.clone(), cursor, turns });
    }

    pub(crate) fn remember(&mut self, first: usize) {
        match &mut self.open {
            Some(open) => open.cursor.first = first,
            None => self.cursor.first = first,
        }
    }
}

/// The text of a session, then that of each of its turns.
fn texts(session: &Session) -> Vec<String> {
    let own = [session.id.as_str(), &session.agent, session.digest.as_deref().unwrap_or_default()];
    let turns = session.turns.iter().map(text_of);
    std::iter::once(own.join(" ").to_lowercase()).chain(turns).collect()
}

fn text_of(turn: &Turn) -> String {
    let mut text: Vec<&str> = vec![&turn.line];
    text.extend([&turn.prompt, &turn.answer].into_iter().flatten().map(String::as_str));
    text.extend(turn.follow_ups.iter().map(String::as_str));
    for action in &turn.actions {
        match action {
            Did::Command { command, .. } => text.push(command),
            Did::Files { paths } => text.extend(paths.iter().map(String::as_str)),
            Did::Mcp { server, tool } => text.extend([server.as_str(), tool]),
        }
    }
    text.join(" ").to_lowercase()
}

/// What a session is called: what it was asked first, else what it did.
pub(crate) fn name_of(session: &Session) -> &str {
    let asked = session.turns.iter().find_map(|turn| turn.prompt.as_deref());
    asked.or(session.digest.as_deref()).unwrap_or("(not kept)")
}

/// Draws the screen.
pub(crate) fn draw(app: &App, area: Rect, buffer: &mut Buffer, layout: &mut Layout) {
    let Some(report) = &app.data.sessions else {
        nothing(app, area, buffer, "reading…");
        return;
    };
    if let Some(open) = &app.sessions.open
        && let Some(found) = report.sessions.iter().find(|found| found.session.id == open.id)
    {
        return turns(app, (area, buffer), (open, &found.session), layout);
    }
    let (above, below) = split(app, area, buffer);
    let state = &app.sessions;
    let (at, length) = (state.cursor.at, state.found.len());
    let mut remark = report.problems.first().cloned().unwrap_or_default();
    if !state.words.is_empty() {
        remark = format!("with \"{}\"", state.words);
    }
    let rest = heading(app, (above, buffer), ("Sessions", &remark), Some((at, length)));
    if length == 0 {
        let sentence = if state.words.is_empty() {
            "no session yet: `thru setup codex` connects Codex, and what it does is kept here"
        } else {
            "no session has these words: Esc shows the others again"
        };
        nothing(app, rest, buffer, sentence);
    }
    layout.list = list(app, (rest, buffer), (state.cursor, length), |at, pen| {
        let found = &report.sessions[state.found[at]];
        let session = &found.session;
        let (word, style) = standing(found.standing, app.theme);
        pen.column(&ago(app.now, session.last), /*width*/ 12, app.theme.faint());
        pen.column(word, /*width*/ 13, style);
        pen.right(&count(session.turns.len(), "turn"), /*least*/ 20, app.theme.faint());
        pen.put(name_of(session), Style::new());
    });
    if let (Some(below), Some(found)) = (below, state.session(report)) {
        paint(below, buffer, &about(app, found, usize::from(below.width)), 0);
    }
}

fn standing(standing: Standing, theme: Theme) -> (&'static str, Style) {
    let style = match standing {
        Standing::Working => theme.accent(),
        Standing::Waiting => Style::new(),
        Standing::Interrupted => theme.warn(),
        Standing::Ended => theme.faint(),
    };
    (standing.as_str(), style)
}

/// A session in short: what was asked, what was done, what is left.
fn about(app: &App, found: &SessionReport, width: usize) -> Text {
    let session = &found.session;
    let theme = app.theme;
    let mut text = paragraph(name_of(session), (width, 0), theme.strong());
    if let Some(digest) = &session.digest {
        text.extend(paragraph(digest, (width, 0), Style::new()));
    }
    let mut facts = vec![
        format!("{} session {}", session.agent, crate::pen::cut(&session.id, 13).0),
        format!("began {}", ago(app.now, session.began)),
    ];
    let lines: BTreeSet<&str> = session.turns.iter().map(|turn| turn.line.as_str()).collect();
    if !lines.is_empty() {
        facts.push(format!("on {}", lines.into_iter().collect::<Vec<_>>().join(", ")));
    }
    text.extend(paragraph(&facts.join(" · "), (width, 0), theme.faint()));
    let all = session.turns.iter();
    deeds(&mut text, all.clone().flat_map(|turn| &turn.actions), width, theme);
    if let Some(last) = session.turns.last() {
        follow_ups(&mut text, last, width, theme);
    }
    let used: u64 = all.filter_map(|turn| turn.usage).map(|usage| usage.output).sum();
    if used > 0 {
        text.push(vec![(format!("{used} tokens written"), theme.faint())]);
    }
    text
}

/// Commands, files and tools in short.
fn deeds<'t>(text: &mut Text, actions: impl Iterator<Item = &'t Did>, width: usize, theme: Theme) {
    let (mut commands, mut failed) = (0, 0);
    let (mut files, mut tools): (BTreeSet<&str>, BTreeSet<String>) = Default::default();
    for action in actions {
        match action {
            Did::Command { exit_code, .. } => {
                commands += 1;
                failed += usize::from(exit_code.is_some_and(|code| code != 0));
            }
            Did::Files { paths } => files.extend(paths.iter().map(String::as_str)),
            Did::Mcp { server, tool } => {
                tools.insert(format!("{server}/{tool}"));
            }
        }
    }
    if commands > 0 {
        let failures = if failed > 0 { format!(", {failed} failed") } else { String::new() };
        text.push(vec![(format!("{} ran{failures}", count(commands, "command")), Style::new())]);
    }
    if !files.is_empty() {
        let names: Vec<_> = files.iter().copied().collect();
        let sentence = format!("{} changed: {}", count(files.len(), "file"), names.join(", "));
        text.extend(paragraph(&sentence, (width, 0), Style::new()));
    }
    if !tools.is_empty() {
        let names: Vec<_> = tools.into_iter().collect();
        text.extend(paragraph(&format!("Tools: {}", names.join(", ")), (width, 0), theme.faint()));
    }
}

fn follow_ups(text: &mut Text, turn: &Turn, width: usize, theme: Theme) {
    if turn.follow_ups.is_empty() {
        return;
    }
    title_in(text, "Left to do", theme);
    for left in &turn.follow_ups {
        text.extend(paragraph(left, (width, 2), Style::new()));
    }
}

fn turns(
    app: &App,
    (area, buffer): (Rect, &mut Buffer),
    (open, session): (&Opened, &Session),
    layout: &mut Layout,
) {
    let (above, below) = split(app, area, buffer);
    let (at, length) = (open.cursor.at, session.turns.len());
    let place = Some((at, length));
    let rest = heading(app, (above, buffer), ("Turns", name_of(session)), place);
    if length == 0 {
        nothing(app, rest, buffer, "it began, and nothing was asked yet");
    }
    layout.list = list(app, (rest, buffer), (open.cursor, length), |at, pen| {
        let turn = &session.turns[at];
        let (word, style) = turn_word(turn, app.theme);
        pen.column(&ago(app.now, turn.began), /*width*/ 12, app.theme.faint());
        pen.column(word, /*width*/ 13, style);
        pen.put(turn.prompt.as_deref().unwrap_or("(not kept)"), Style::new());
    });
    if let (Some(below), Some(turn)) = (below, session.turns.get(at)) {
        paint(below, buffer, &about_turn(turn, usize::from(below.width), app.theme), 0);
    }
}

fn turn_word(turn: &Turn, theme: Theme) -> (&'static str, Style) {
    match turn.status {
        TurnStatus::Open => ("open", theme.accent()),
        TurnStatus::Ended => ("ended", theme.faint()),
        TurnStatus::Interrupted => ("interrupted", theme.warn()),
    }
}

fn about_turn(turn: &Turn, width: usize, theme: Theme) -> Text {
    let mut text = Text::new();
    for (title, words) in [("Asked", &turn.prompt), ("Answered", &turn.answer)] {
        if let Some(words) = words {
            title_in(&mut text, title, theme);
            text.extend(paragraph(words, (width, 2), Style::new()));
        }
    }
    if !turn.actions.is_empty() {
        title_in(&mut text, "Did", theme);
        text.extend(turn.actions.iter().flat_map(|action| deed(action, width, theme)));
    }
    if !turn.approvals.is_empty() {
        title_in(&mut text, "Asked to be allowed", theme);
        for approval in &turn.approvals {
            let outcome = match approval.outcome {
                Outcome::Ran => "ran",
                Outcome::NotRun => "did not run",
                Outcome::Unknown => "not known",
            };
            let sentence = format!("{}: {} ({outcome})", approval.tool, approval.what);
            text.extend(paragraph(&sentence, (width, 2), Style::new()));
        }
    }
    follow_ups(&mut text, turn, width, theme);
    text
}

fn deed(action: &Did, width: usize, theme: Theme) -> Text {
    match action {
        Did::Command { command, exit_code } => {
            let failed = exit_code.filter(|code| *code != 0);
            let mut line: Vec<Piece> = vec![("  $ ".to_owned(), theme.faint())];
            let room = width.saturating_sub(14);
            line.push((crate::pen::cut(command, room).0, Style::new()));
            line.extend(failed.map(|code| (format!("  exit {code}"), theme.warn())));
            vec![line]
        }
        Did::Files { paths } => paragraph(&paths.join(", "), (width, 4), Style::new()),
        Did::Mcp { server, tool } => {
            vec![vec![(format!("    {server}/{tool}"), theme.faint())]]
        }
    }
}
