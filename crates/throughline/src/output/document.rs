//! A conversation as a document: Markdown to read and to share, or JSON.
//!
//! Every text passes the funnel that takes secrets out, paths and titles too. What somebody said stands
//! in a quotation, so that no words can pass for a heading of ours, and a fence that never ends does at
//! its end.

use std::fmt::Write as _;
use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::{Value, json};
use throughline_model::redact::{redact, redact_json};
use throughline_model::sanitise::for_terminal;
use throughline_model::state::Status;
use throughline_ops::threads::show::{Said, ShowReport, TurnShown};
use throughline_store::index::{ItemKind, Outcome, Tokens};

use super::Screen;
use super::human::Human;
use super::json::Json;

/// What [`as_json`] writes; another number is another shape.
const FORMAT: u32 = 1;

const GONE: &str = "the transcript is not there any more: what was said can't be shown";

/// An export that was written.
#[derive(Debug)]
pub struct Saved {
    /// Where.
    pub file: PathBuf,
    /// How many turns it has.
    pub turns: usize,
}

impl Human for Saved {
    fn show(&self, screen: &mut Screen) {
        let turns = super::human::count(self.turns, "turn");
        screen.status(&format!("Wrote {turns} to {}, without secrets.", self.file.display()));
    }
}

impl Json for Saved {
    fn to_json(&self) -> Value {
        json!({ "file": self.file, "turns": self.turns })
    }
}

/// The object of `threads show --full --json`, with its format, one member a line.
pub fn as_json(report: &ShowReport) -> String {
    let mut document = report.to_json();
    if let Value::Object(members) = &mut document {
        // There are no more pages, and how the index stands is of no use to a reader of later.
        members.retain(|name, _| !["next", "indexing"].contains(&name.as_str()));
        members.insert("format".to_owned(), FORMAT.into());
    }
    redact_json(&mut document);
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    throughline_model::sanitise::for_json(&text).into_owned() + "\n"
}

/// The conversation in Markdown.
pub fn as_markdown(report: &ShowReport) -> String {
    let mut page = Page::default();
    page.head(report);
    if !report.plan.is_empty() {
        page.heading("Plan");
        for step in &report.plan {
            let (sign, more) = match step.status {
                Status::Pending => (" ", ""),
                Status::InProgress => (" ", " (in progress)"),
                Status::Completed => ("x", ""),
                Status::Cancelled => ("x", " (cancelled)"),
            };
            page.item(&format!("[{sign}] {}{more}", in_line(&step.text)));
        }
    }
    report.turns.iter().for_each(|turn| page.turn(turn));
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn head(&mut self, report: &ShowReport) {
        let (thread, meta) = (&report.thread, &report.thread.meta);
        let title = if thread.title.is_empty() { &meta.key } else { &thread.title };
        self.line(&format!("# {}\n", in_line(title)));
        let model = [&thread.model, &thread.effort].into_iter().flatten().cloned();
        let model = model.collect::<Vec<_>>().join(" ");
        let (from, to) = (time(thread.created), time(thread.updated));
        let spent = (thread.tokens != Tokens::default()).then(|| tokens(thread.tokens));
        let facts = [
            ("Conversation", Some(code(&meta.key))),
            ("Agent", Some(in_line(&format!("{} {model}", thread.source.found.agent)))),
            ("Folder", Some(code(&meta.cwd))),
            ("Repository", Some(code(&meta.repository))),
            ("Branch", meta.branch.as_deref().map(code)),
            ("Commit", meta.head.as_deref().map(code)),
            ("Goes on from", meta.forked_from.as_deref().map(code)),
            ("Spawned by", meta.parent.as_deref().map(code)),
            ("Time", Some(format!("{from} to {to}"))),
            ("Tokens", spent),
        ];
        self.facts(facts);
        let gone = report.is_gone.then_some(GONE);
        for note in report.standing.notes.iter().map(String::as_str).chain(gone) {
            self.item(&format!("Note: {}", in_line(note)));
        }
    }

    fn turn(&mut self, shown: &TurnShown) {
        let turn = &shown.turn;
        let outcome = match turn.outcome {
            Outcome::Ended => "",
            Outcome::Open => ", not ended",
            Outcome::Aborted => ", broken off",
        };
        self.heading(&format!("Turn {}: {}{outcome}", turn.number, time(turn.began)));
        if let Some(thread) = &shown.inherited_from {
            self.line(&format!("Inherited from {}.\n", code(thread)));
        }
        let mut commands = Vec::new();
        for said in &shown.said {
            if said.kind == ItemKind::Command {
                commands.push(said.text.as_str());
                continue;
            }
            self.commands(&mut commands);
            self.said(said);
        }
        self.commands(&mut commands);
        let spent = (turn.tokens != Tokens::default()).then(|| tokens(turn.tokens));
        let facts = [
            ("Changed", listed(&turn.files)),
            ("Commits", listed(&turn.commits)),
            ("Tools", listed(&turn.tools)),
            ("Tokens", spent),
        ];
        self.facts(facts);
    }

    fn said(&mut self, said: &Said) {
        let name = match said.kind {
            ItemKind::Prompt => "Prompt",
            ItemKind::Answer => "Answer",
            ItemKind::Plan => "Plan",
            // Commands stand together; files are listed with the turn; a compaction has no words.
            ItemKind::Command | ItemKind::Files | ItemKind::Compaction => return,
        };
        self.line(&format!("**{name}**\n"));
        let text = redact(&said.text);
        let text = for_terminal(&text);
        for line in text.lines() {
            self.line(format!("> {line}").trim_end());
        }
        self.line("");
    }

    /// One block for all of them, with a fence that is in none.
    fn commands(&mut self, commands: &mut Vec<&str>) {
        if commands.is_empty() {
            return;
        }
        let all = std::mem::take(commands).join("\n");
        let all = redact(&all);
        let all = for_terminal(&all);
        let fence = "`".repeat(longest_run(&all).max(2) + 1);
        self.line(&format!("{fence}sh\n{all}\n{fence}\n"));
    }

    /// Those that there are.
    fn facts<const N: usize>(&mut self, facts: [(&str, Option<String>); N]) {
        for (name, value) in facts {
            let value = value.filter(|value| !value.is_empty());
            value.into_iter().for_each(|value| self.item(&format!("{name}: {value}")));
        }
    }

    fn heading(&mut self, text: &str) {
        self.line(&format!("\n## {text}\n"));
    }

    fn item(&mut self, text: &str) {
        self.line(&format!("- {text}"));
    }

    fn line(&mut self, text: &str) {
        // Writing to a text can't fail.
        let _ = writeln!(self.text, "{text}");
    }
}

/// Words of others on one line, without secrets.
fn flat(text: &str) -> String {
    let text = redact(text);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for_terminal(&text).into_owned()
}

/// A name that is no prose.
fn code(text: &str) -> String {
    let text = flat(text);
    match text.as_str() {
        "" => text,
        with if with.contains('`') => in_line(with),
        without => format!("`{without}`"),
    }
}

/// Words of others in a line of ours, none of which is markup.
fn in_line(text: &str) -> String {
    let text = flat(text);
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '&') {
            shown.push('\\');
        }
        shown.push(c);
    }
    shown
}

fn listed(names: &[String]) -> Option<String> {
    let names: Vec<_> = names.iter().map(|name| code(name)).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

fn time(at: i64) -> String {
    let time = Timestamp::from_millisecond(at).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn tokens(tokens: Tokens) -> String {
    let Tokens { input, cached, output, reasoning } = tokens;
    format!("{input} in ({cached} cached), {output} out ({reasoning} reasoning)")
}
