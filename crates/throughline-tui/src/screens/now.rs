//! *Now*: where things stand, what drifted and what can be chosen about it, what to do next.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use throughline_model::state::Status;
use throughline_ops::jobs::list::OpenJob;
use throughline_ops::look::LookReport;
use throughline_ops::plan::PlanReport;

use super::{
    Text, WIDE, heading, list, nothing, paint, paragraph, sessions, split, task_line, tasks,
    title_in,
};
use crate::app::{App, find};
use crate::pen::{Pen, ago, count, cut};
use crate::theme::Theme;
use crate::view::{Layout, List, inset, rule};

/// Whether somebody has to decide something.
pub(crate) fn asks(look: &LookReport) -> bool {
    let proposed = look.proposed.as_ref();
    look.status.open.is_some()
        || proposed.is_some_and(|plan| throughline_model::reconcile::asks(&plan.decisions))
}

/// Draws the screen.
pub(crate) fn draw(app: &App, area: Rect, buffer: &mut Buffer, layout: &mut Layout) {
    let Some(look) = &app.data.look else { return };
    let area = banner(app, look, area, buffer);
    let area = jobs(app, look, area, buffer);
    let (left, right) = if area.width >= WIDE { split(app, area, buffer) } else { (area, None) };
    let rest = steps(app, look, left, (buffer, layout));
    let width = usize::from(rest.width.saturating_sub(2));
    let side = beside(app, look, width);
    let plan_room = usize::from(rest.height).saturating_sub(side.len() + 2);
    let mut text = plans(look, plan_room, width, app.theme);
    if !text.is_empty() && !side.is_empty() {
        text.push(Vec::new());
    }
    text.extend(side);
    paint(inset(below(rest)), buffer, &text, 0);
    if let (Some(right), Some(row)) = (right, app.task()) {
        let about = tasks::about(app, look, row, usize::from(right.width));
        paint(right, buffer, &about, 0);
    }
}

/// The job that runs, in one line; what is left of the area.
fn jobs(app: &App, look: &LookReport, area: Rect, buffer: &mut Buffer) -> Rect {
    let mut running = look.jobs.iter().filter(|job| job.has_runner);
    let Some(job) = running.next() else { return area };
    let more = running.count();
    let theme = app.theme;
    let mut pen = Pen::new(buffer, inset(area), 0);
    pen.put("Job", theme.strong()).skip(/*columns*/ 2).put(job.id.as_str(), theme.id());
    pen.skip(/*columns*/ 2).put(&progress(job), Style::new());
    if more > 0 {
        let more = format!("and {}", count(more, "more job"));
        pen.skip(/*columns*/ 2).put(&more, theme.faint());
    }
    below(below(area))
}

/// How far it is, and how fast.
fn progress(job: &OpenJob) -> String {
    let items = &job.items;
    let counts = [(items.running, "running"), (items.failed, "failed")];
    let counts = counts.into_iter().filter(|(items, _)| *items > 0);
    let counts: String = counts.map(|(items, word)| format!(", {items} {word}")).collect();
    let rate = job.rate.map(|rate| match rate {
        rate if rate >= 60.0 => format!(", {:.1}/s", rate / 60.0),
        rate => format!(", {rate:.1}/min"),
    });
    format!("{} of {}{counts}{}", items.ended(), items.total(), rate.unwrap_or_default())
}

/// One row lower.
fn below(area: Rect) -> Rect {
    let used = area.height.min(1);
    Rect { y: area.y + used, height: area.height - used, ..area }
}

/// What drifted, and each choice with its key; what is left of the area.
fn banner(app: &App, look: &LookReport, area: Rect, buffer: &mut Buffer) -> Rect {
    let Some(plan) = &look.proposed else { return area };
    let (theme, asks) = (app.theme, asks(look));
    let style = if asks { theme.warn() } else { Style::new() };
    let width = usize::from(area.width.saturating_sub(4));
    let mut text = paragraph(&plan.drift.sentence(), (width, 0), style);
    for (at, line) in text.iter_mut().enumerate() {
        let sign = match (at, asks) {
            (0, true) => "! ",
            (0, false) => "· ",
            _ => "  ",
        };
        line.insert(0, (sign.to_owned(), style));
    }
    for (at, choice) in app.offered().iter().enumerate() {
        let letter = choice.letter.map_or_else(|| "r".to_owned(), String::from);
        // Where nobody has to decide, the first is what the next command does by itself.
        let by_itself = at == 0 && !asks;
        let default = if by_itself { "by itself with the next change: " } else { "" };
        text.push(vec![
            ("    ".to_owned(), Style::new()),
            (format!("{letter}  "), theme.accent()),
            (format!("{:<14}", choice.word), theme.strong()),
            (format!("{default}{}", choice.meaning), theme.faint()),
        ]);
    }
    let used = u16::try_from(text.len()).unwrap_or(u16::MAX).min(area.height);
    paint(inset(area), buffer, &text, 0);
    let rest = Rect { y: area.y + used, height: area.height - used, ..area };
    rule(app, rest, buffer);
    below(rest)
}

/// The next steps; what is left of the area below them.
fn steps(
    app: &App,
    look: &LookReport,
    area: Rect,
    (buffer, layout): (&mut Buffer, &mut Layout),
) -> Rect {
    let status = &look.status;
    let counts = &status.counts;
    let remark = format!(
        "{} open: {} in progress, {} ready, {} blocked; {} completed",
        counts.open, counts.in_progress, counts.ready, counts.blocked, counts.completed
    );
    let rest = heading(app, (area, buffer), ("Next", &remark), None);
    let length = status.next.len();
    let wanted = u16::try_from(length.max(1)).unwrap_or(u16::MAX);
    let room = if area.width >= WIDE { rest.height / 2 } else { rest.height * 2 / 5 };
    let used = wanted.min(room.max(3)).min(rest.height);
    let rows = Rect { height: used, ..rest };
    if length == 0 {
        nothing(app, rows, buffer, why_nothing(look));
    }
    layout.list = next_list(app, look, (rows, buffer));
    Rect { y: rest.y + used, height: rest.height - used, ..rest }
}

fn why_nothing(look: &LookReport) -> &'static str {
    match (look.rows.is_empty(), look.status.counts.blocked) {
        (true, _) => "no tasks yet: press n",
        (false, 0) => "nothing is open: press n for a new task",
        (false, _) => "nothing is ready: what is open waits for others (2 shows them)",
    }
}

fn next_list(app: &App, look: &LookReport, (area, buffer): (Rect, &mut Buffer)) -> List {
    let next = &look.status.next;
    let theme = app.theme;
    let room = usize::from(area.width);
    list(app, (area, buffer), (app.next, next.len()), |at, pen: &mut Pen<'_>| {
        let step = &next[at];
        let (sign, style) = theme.sign(step.row.status, /*blocked*/ false);
        pen.put(sign, style).skip(/*columns*/ 1);
        pen.column(step.row.id.as_str(), /*width*/ 9, theme.id());
        let why = cut(&step.why.join(", "), room / 3).0;
        pen.right(&why, /*least*/ 24, theme.faint()).put(&step.row.title, Style::new());
        if let Some(part_of) = &step.part_of {
            pen.skip(/*columns*/ 2).put(part_of, theme.faint());
        }
    })
}

/// The agents' plans, the latest first, as far as there is room.
fn plans(look: &LookReport, room: usize, width: usize, theme: Theme) -> Text {
    let mut text = Text::new();
    for plan in &look.status.plans {
        let left = room.saturating_sub(text.len() + 1);
        if left < 2 {
            break;
        }
        plan_text(&mut text, plan, (left, width), theme);
    }
    text
}

fn plan_text(text: &mut Text, plan: &PlanReport, (room, width): (usize, usize), theme: Theme) {
    let done = plan.steps.iter().filter(|step| step.status == Status::Completed).count();
    let live = if plan.live { "at work" } else { "over" };
    let agent = plan.agent.as_ref().map(|agent| format!(", subagent {agent}")).unwrap_or_default();
    let session = cut(&plan.session, 13).0;
    title_in(text, "Plan", theme);
    let remark = format!("  {done}/{} · session {session}{agent}, {live}", plan.steps.len());
    if let Some(line) = text.last_mut() {
        if let Some(root) = &plan.root {
            let root = cut(root, width.saturating_sub(remark.len() + 8)).0;
            line.push((format!("  {root}"), Style::new()));
        }
        line.push((remark, theme.faint()));
    }
    // What is still to be done comes into view first.
    let all = plan.steps.len();
    let most = if all < room { all } else { room.saturating_sub(2).max(1) };
    let open = plan.steps.iter().position(|step| step.status.is_open()).unwrap_or(0);
    let first = open.saturating_sub(1).min(all.saturating_sub(most));
    for step in plan.steps.iter().skip(first).take(most) {
        let (sign, style) = theme.sign(step.status, /*blocked*/ false);
        let title = if step.status.is_open() { Style::new() } else { theme.faint() };
        text.push(vec![(format!("  {sign} "), style), (step.title.clone(), title)]);
    }
    let hidden = all - most;
    if hidden > 0 {
        text.push(vec![(format!("    and {hidden} more"), theme.faint())]);
    }
}

/// The last session, who works on what, and what wants to be looked after.
fn beside(app: &App, look: &LookReport, width: usize) -> Text {
    let mut text = Text::new();
    last_session(app, &mut text, look, width);
    let theme = app.theme;
    let status = &look.status;
    if !status.claims.is_empty() {
        title_in(&mut text, "Claims", theme);
        for (id, claim) in &status.claims {
            let mut line = match find(look, id) {
                Some(row) => task_line(row, theme),
                None => vec![(id.to_string(), theme.id())],
            };
            line.insert(0, ("  ".to_owned(), Style::new()));
            let until = ago(app.now, claim.until);
            line.push((format!("  {}, ends {until}", claim.owner), theme.faint()));
            text.push(line);
        }
    }
    let cares = cares(look);
    if !cares.is_empty() {
        title_in(&mut text, "To look after", theme);
        text.extend(cares.iter().flat_map(|care| paragraph(care, (width, 2), Style::new())));
    }
    text
}

fn last_session(app: &App, text: &mut Text, look: &LookReport, width: usize) {
    let theme = app.theme;
    for (session, prompt) in &look.status.interrupted {
        let prompt = prompt.as_deref().unwrap_or("(not kept)");
        let session = cut(session, 13).0;
        let sentence = format!("Broken off: \"{prompt}\" (session {session})");
        text.extend(paragraph(&sentence, (width, 0), theme.warn()));
    }
    let Some(session) = &look.last else { return };
    title_in(text, "Last session", theme);
    let when = format!(
        "  {} · {} · {}",
        ago(app.now, session.last),
        session.agent,
        count(session.turns.len(), "turn")
    );
    if let Some(line) = text.last_mut() {
        line.push((when, theme.faint()));
    }
    text.extend(paragraph(sessions::name_of(session), (width, 2), Style::new()));
    let left = session.turns.last().map(|turn| turn.follow_ups.as_slice()).unwrap_or_default();
    if !left.is_empty() {
        text.extend(paragraph(&format!("left: {}", left.join("; ")), (width, 2), theme.faint()));
    }
}

/// What a person should do something about, in sentences.
fn cares(look: &LookReport) -> Vec<String> {
    let status = &look.status;
    let mut cares = Vec::new();
    if look.is_published && status.pending > 0 {
        let changes = count(status.pending, "change");
        cares.push(format!("{changes} not in the state file yet: `thru publish`"));
    }
    if status.conflicts > 0 {
        let conflicts = count(status.conflicts, "conflict");
        cares.push(format!("{conflicts} of merges to decide: `thru tasks conflicts`"));
    }
    cares.extend(status.overtaken.iter().map(|what| format!("git overtook a change: {what}")));
    if status.bad_lines > 0 {
        let lines = count(status.bad_lines, "line");
        cares.push(format!("{lines} of the journal can't be read and were left where they are"));
    }
    cares
}
