//! *Agents*: who spawned whom, how each stands, and who works on what, session by session.

use std::collections::BTreeSet;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use throughline_model::agent_tree::AgentStatus;
use throughline_ops::agents::AgentRow;
use throughline_ops::agents::tree::AgentTreeReport;

use super::{Text, heading, list, nothing, paint, paragraph, split, title_in};
use crate::app::App;
use crate::cursor::Cursor;
use crate::keys::Move;
use crate::pen::{Pen, ago, count, cut};
use crate::theme::Theme;
use crate::tree::Below;
use crate::view::Layout;

/// Where somebody is among the agents, and which of them are seen.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// What a filter is compared with, in small letters; of each agent.
    texts: Vec<String>,
    seen: Vec<Seen>,
    words: String,
    /// The ids of agents below which nothing is seen.
    folded: BTreeSet<String>,
    pub(crate) cursor: Cursor,
    selected: Option<String>,
    /// The session from which somebody came, until it is found among them.
    from: Option<String>,
}

/// A row that is seen: which of all, and whether something below it is hidden or shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    row: usize,
    below: Below,
}

impl State {
    /// For who comes from this session.
    pub(crate) fn of(session: Option<String>, report: Option<&AgentTreeReport>) -> Self {
        let mut state = Self { from: session, ..Self::default() };
        report.iter().for_each(|report| state.read(report));
        state
    }

    /// Takes in what was read. Who was on an agent stays on it.
    pub(crate) fn read(&mut self, report: &AgentTreeReport) {
        self.texts = report.agents.iter().map(text).collect();
        let from = self.from.as_ref().and_then(|session| {
            report.agents.iter().find(|row| row.depth == 0 && row.thread.meta.session == *session)
        });
        if let Some(root) = from {
            self.selected = Some(root.thread.meta.key.clone());
            self.from = None;
        }
        self.see(report);
    }

    /// Makes anew what is seen.
    fn see(&mut self, report: &AgentTreeReport) {
        let words: Vec<String> =
            self.words.to_lowercase().split_whitespace().map(String::from).collect();
        let has = |text: &String| words.iter().all(|word| text.contains(word.as_str()));
        let wanted: Vec<bool> = self.texts.iter().map(has).collect();
        let depths: Vec<usize> = report.agents.iter().map(|row| row.depth).collect();
        // Whoever filters wants to see what was found.
        let folds = |at: usize| words.is_empty() && self.folded.contains(id(&report.agents[at]));
        self.seen = visible(&depths, &wanted, folds);
        let selected = self.selected.as_deref();
        let is_selected = |seen: &Seen| Some(id(&report.agents[seen.row])) == selected;
        let place = self.seen.iter().position(is_selected);
        self.cursor.at = place.unwrap_or(self.cursor.at).min(self.seen.len().saturating_sub(1));
        self.select_by(report);
        if !words.is_empty() {
            self.go_to_a_match(&wanted, report);
        }
    }

    /// What is found is seen under what spawned it; the keys shall work on what was meant.
    fn go_to_a_match(&mut self, wanted: &[bool], report: &AgentTreeReport) {
        let fits = |seen: &Seen| wanted[seen.row];
        if !self.seen.get(self.cursor.at).is_some_and(fits) {
            self.cursor.at = self.seen.iter().position(fits).unwrap_or(self.cursor.at);
            self.select_by(report);
        }
    }

    fn select_by(&mut self, report: &AgentTreeReport) {
        self.selected = self.agent(report).map(|row| id(row).to_owned());
    }

    /// The selected agent.
    pub(crate) fn agent<'r>(&self, report: &'r AgentTreeReport) -> Option<&'r AgentRow> {
        report.agents.get(self.seen.get(self.cursor.at)?.row)
    }

    pub(crate) fn words(&self) -> &str {
        &self.words
    }

    /// Sees only agents that have these words, and those above them.
    pub(crate) fn filter(&mut self, words: &str, report: &AgentTreeReport) {
        words.clone_into(&mut self.words);
        self.see(report);
    }

    pub(crate) fn press(&mut self, way: Move, page: usize, report: &AgentTreeReport) {
        self.cursor.press(way, self.seen.len(), page);
        self.select_by(report);
    }

    pub(crate) fn select(&mut self, row: usize, report: &AgentTreeReport) {
        self.cursor.at = row.min(self.seen.len().saturating_sub(1));
        self.select_by(report);
    }

    /// Folds the selected agent; one that has nothing to fold: the one above it.
    pub(crate) fn fold(&mut self, report: &AgentTreeReport) {
        let Some(Seen { row, below }) = self.seen.get(self.cursor.at).copied() else { return };
        let depth = report.agents[row].depth;
        let above = || report.agents[..row].iter().rfind(|other| other.depth < depth);
        let folded = if below == Below::Seen { Some(&report.agents[row]) } else { above() };
        if let Some(folded) = folded {
            self.folded.insert(id(folded).to_owned());
            self.selected = Some(id(folded).to_owned());
            self.see(report);
        }
    }

    pub(crate) fn unfold(&mut self, report: &AgentTreeReport) {
        if let Some(selected) = &self.selected {
            self.folded.remove(selected);
            self.see(report);
        }
    }
}

fn id(row: &AgentRow) -> &str {
    &row.thread.meta.key
}

/// Rows of a forest that are wanted or have something wanted below them, and are not below one that is folded. A row
/// is below the nearest one before it that is less deep.
fn visible(depths: &[usize], wanted: &[bool], folds: impl Fn(usize) -> bool) -> Vec<Seen> {
    let mut kept = wanted.to_vec();
    let mut has_below = vec![false; depths.len()];
    // Of the rows on the way from a root to where we are.
    let mut way: Vec<usize> = Vec::new();
    for (at, depth) in depths.iter().enumerate() {
        way.retain(|above| depths[*above] < *depth);
        if wanted[at] {
            way.iter().for_each(|above| (kept[*above], has_below[*above]) = (true, true));
        }
        way.push(at);
    }
    let mut seen = Vec::new();
    let mut folded: Option<usize> = None;
    for (row, depth) in depths.iter().enumerate() {
        if folded.is_some_and(|above| above < *depth) || !kept[row] {
            continue;
        }
        folded = (has_below[row] && folds(row)).then_some(*depth);
        let below = match (has_below[row], folded) {
            (false, _) => Below::Nothing,
            (true, None) => Below::Seen,
            (true, Some(_)) => Below::Folded,
        };
        seen.push(Seen { row, below });
    }
    seen
}

fn text(row: &AgentRow) -> String {
    let thread = &row.thread;
    let meta = &thread.meta;
    let mut text = vec![row.path.as_str(), &meta.key, &thread.title, row.status.as_str()];
    let optional = [&meta.nickname, &meta.role, &row.line, &thread.model];
    text.extend(optional.into_iter().flatten().map(String::as_str));
    for (task, title) in &row.claims {
        text.push(task.as_str());
        text.extend(title.as_deref());
    }
    text.join(" ").to_lowercase()
}

/// What an agent is called: the root by what it was asked, the others by their own names.
fn name_of(row: &AgentRow) -> &str {
    let title = row.thread.title.as_str();
    match row.depth {
        0 if title.is_empty() => "(no prompt)",
        0 => title,
        _below => row.path.as_str().rsplit('/').next().unwrap_or_default(),
    }
}

/// Nickname and role, as far as the name does not say them.
fn kind(row: &AgentRow) -> Option<String> {
    let meta = &row.thread.meta;
    let said = [&meta.nickname, &meta.role].into_iter().flatten();
    let words: Vec<&str> = said.map(String::as_str).filter(|word| *word != name_of(row)).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// Draws the screen.
pub(crate) fn draw(app: &App, area: Rect, buffer: &mut Buffer, layout: &mut Layout) {
    let (Some(report), Some(state)) = (&app.data.agents, &app.agents) else {
        nothing(app, area, buffer, "reading…");
        return;
    };
    let (above, below) = split(app, area, buffer);
    let (at, length) = (state.cursor.at, state.seen.len());
    let rest =
        heading(app, (above, buffer), ("Agents", &remark(state, report)), Some((at, length)));
    if length == 0 {
        let sentence = match (state.words.is_empty(), report.standing.behind) {
            (true, Some(_)) => "reading transcripts…",
            (true, None) => "no agent worked here yet",
            (false, _) => "no agent has these words: Esc shows the others again",
        };
        nothing(app, rest, buffer, sentence);
    }
    layout.list = list(app, (rest, buffer), (state.cursor, length), |at, pen| {
        let Seen { row, below } = state.seen[at];
        agent_row(app, pen, &report.agents[row], below);
    });
    if let (Some(below), Some(row)) = (below, state.agent(report)) {
        paint(below, buffer, &about(app, report, row, usize::from(below.width)), 0);
    }
}

fn remark(state: &State, report: &AgentTreeReport) -> String {
    if !state.words.is_empty() {
        return format!("with \"{}\"", state.words);
    }
    if let Some(progress) = report.standing.behind {
        return format!("indexing: {} of {}", progress.done, progress.wanted);
    }
    report.standing.notes.first().cloned().unwrap_or_else(|| {
        let of = |status| report.agents.iter().filter(|row| row.status == status).count();
        let shown = AgentStatus::ALL.map(|status| (status.as_str(), of(status)));
        let shown = shown.into_iter().filter(|(_, agents)| *agents > 0);
        shown.map(|(word, agents)| format!("{agents} {word}")).collect::<Vec<_>>().join(", ")
    })
}

fn agent_row(app: &App, pen: &mut Pen<'_>, row: &AgentRow, below: Below) {
    let theme = app.theme;
    let (word, style) = standing(row.status, theme);
    pen.column(&ago(app.now, last(row)), /*width*/ 12, theme.faint());
    pen.column(word, /*width*/ 13, style);
    let claims = match row.claims.as_slice() {
        [] => None,
        [(task, _)] => Some(task.to_string()),
        more => Some(count(more.len(), "claim")),
    };
    let line = line(row).filter(|_| row.depth == 0).map(str::to_owned);
    let remarks: Vec<String> = claims.into_iter().chain(line).collect();
    pen.right(&remarks.join(" · "), /*least*/ 20, theme.faint());
    let sign = match below {
        Below::Nothing => "",
        Below::Seen => "▾ ",
        Below::Folded => "▸ ",
    };
    pen.put(&format!("{}{sign}", "  ".repeat(row.depth)), theme.faint());
    let faint = row.status == AgentStatus::Closed;
    pen.put(name_of(row), if faint { theme.faint() } else { Style::new() });
    if let Some(kind) = kind(row) {
        pen.skip(/*columns*/ 2).put(&kind, theme.faint());
    }
}

fn standing(status: AgentStatus, theme: Theme) -> (&'static str, Style) {
    let style = match status {
        AgentStatus::Working => theme.accent(),
        AgentStatus::Open => Style::new(),
        AgentStatus::Interrupted => theme.warn(),
        AgentStatus::Closed => theme.faint(),
    };
    (status.as_str(), style)
}

fn last(row: &AgentRow) -> Timestamp {
    Timestamp::from_millisecond(row.thread.updated).unwrap_or(Timestamp::MIN)
}

/// All about an agent.
fn about(app: &App, report: &AgentTreeReport, row: &AgentRow, width: usize) -> Text {
    let theme = app.theme;
    let thread = &row.thread;
    let mut text = paragraph(row.path.short(), (width, 0), theme.strong());
    let asked = Some(&thread.title).filter(|title| !title.is_empty());
    text.extend(asked.iter().flat_map(|title| paragraph(title, (width, 0), Style::new())));
    let (word, style) = standing(row.status, theme);
    let mut stands = vec![(word.to_owned(), style)];
    let closed = row.closing.as_ref().filter(|_| row.status == AgentStatus::Closed);
    let closed = closed.map(|closing| format!(" {}", ago(app.now, closing.at)));
    stands.push((closed.unwrap_or_default(), theme.faint()));
    stands.push((format!(" · last active {}", ago(app.now, last(row))), theme.faint()));
    text.push(stands);
    let mut facts: Vec<String> = kind(row).into_iter().collect();
    facts.push(format!("{} {}", thread.source.found.agent, cut(id(row), /*room*/ 13).0));
    facts.extend(thread.model.iter().chain(&thread.effort).cloned());
    text.extend(paragraph(&facts.join(" · "), (width, 0), theme.faint()));
    let line = line(row).map(|line| format!("on {line} "));
    let place = format!("{}in {}", line.unwrap_or_default(), folder(app, row));
    text.extend(paragraph(&place, (width, 0), theme.faint()));
    let turns = count(usize::try_from(thread.turns).unwrap_or(usize::MAX), "turn");
    let tokens = Some(thread.tokens.output).filter(|tokens| *tokens > 0);
    let tokens = tokens.map(|tokens| format!(", {tokens} tokens written"));
    text.push(vec![(turns + &tokens.unwrap_or_default(), theme.faint())]);
    claims(&mut text, row, width, theme);
    spawned(&mut text, report, row, theme);
    text
}

/// The line on which its session was seen last; where that is not known, the branch at its start.
fn line(row: &AgentRow) -> Option<&str> {
    row.line.as_deref().or(row.thread.meta.branch.as_deref())
}

/// The folder in which it works: from the worktree on that these screens show, where it is in that.
fn folder(app: &App, row: &AgentRow) -> String {
    let cwd = &row.thread.meta.cwd;
    let here = app.data.look.as_ref().map(|look| look.worktree.as_path());
    match here.and_then(|here| std::path::Path::new(cwd).strip_prefix(here).ok()) {
        Some(below) if below.as_os_str().is_empty() => "this worktree".to_owned(),
        Some(below) => format!("{} of this worktree", below.display()),
        None => cwd.clone(),
    }
}

fn claims(text: &mut Text, row: &AgentRow, width: usize, theme: Theme) {
    if row.claims.is_empty() {
        return;
    }
    title_in(text, "Has claimed", theme);
    for (task, title) in &row.claims {
        let title = title.as_deref().unwrap_or_default();
        let title = cut(title, width.saturating_sub(14)).0;
        text.push(vec![(format!("  {task}  "), theme.id()), (title, Style::new())]);
    }
}

/// Those that it spawned itself.
fn spawned(text: &mut Text, report: &AgentTreeReport, row: &AgentRow, theme: Theme) {
    let children = report.agents.iter().filter(|other| {
        other.thread.meta.parent.as_deref() == Some(id(row)) && id(other) != id(row)
    });
    let children: Vec<&AgentRow> = children.collect();
    if children.is_empty() {
        return;
    }
    title_in(text, "Spawned", theme);
    for child in children {
        let (word, style) = standing(child.status, theme);
        text.push(vec![
            (format!("  {word:<13}"), style),
            (name_of(child).to_owned(), Style::new()),
            (kind(child).map(|kind| format!("  {kind}")).unwrap_or_default(), theme.faint()),
        ]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(depths: &[usize], wanted: &[usize], folded: &[usize]) -> Vec<String> {
        let flags: Vec<bool> = (0..depths.len()).map(|at| wanted.contains(&at)).collect();
        let seen = visible(depths, &flags, |at| folded.contains(&at));
        let sign = |below| match below {
            Below::Nothing => "",
            Below::Seen => "v",
            Below::Folded => ">",
        };
        seen.iter().map(|seen| format!("{}{}", seen.row, sign(seen.below))).collect()
    }

    #[test]
    fn an_agent_is_seen_with_all_above_it_and_what_is_folded_hides_all_below() {
        // A forgotten agent leaves a gap: row 4 is two deeper than the one above it.
        let depths = [0, 1, 2, 1, 0, 2, 0];
        let all = [0, 1, 2, 3, 4, 5, 6];
        let cases: [(&[usize], &[usize], &[&str]); 5] = [
            (&all, &[], &["0v", "1v", "2", "3", "4v", "5", "6"]),
            (&all, &[1, 4, 6], &["0v", "1>", "3", "4>", "6"]),
            (&all, &[0], &["0>", "4v", "5", "6"]),
            (&[2, 5], &[], &["0v", "1v", "2", "4v", "5"]),
            (&[2], &[0], &["0>"]),
        ];
        for (wanted, folded, expected) in cases {
            assert_eq!(drawn(&depths, wanted, folded), expected, "{wanted:?} without {folded:?}");
        }
    }
}
