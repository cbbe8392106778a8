//! Conversations and the index over them, for people.

use jiff::Timestamp;
use throughline_model::head::short;
use throughline_model::state::Status;
use throughline_ops::index::{IndexReport, Progress, StatusReport};
use throughline_ops::threads::Standing;
use throughline_ops::threads::list::ListReport;
use throughline_ops::threads::mark::MarkReport;
use throughline_ops::threads::search::SearchReport;
use throughline_ops::threads::show::{ShowReport, TurnShown};
use throughline_ops::threads::tree::TreeReport;
use throughline_store::index::{ItemKind, Outcome, ThreadRow, Tokens};

use super::super::table::{Cell, Table};
use super::super::{Screen, Tone};
use super::{Human, count};

/// How much of a conversation's name tells it from others; its first half is the time.
const NAME: usize = 13;

pub(super) fn time(at: i64) -> String {
    let time = Timestamp::from_millisecond(at).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M").to_string()
}

pub(super) fn name(thread: &ThreadRow) -> String {
    let key = &thread.meta.key;
    if key.len() == 36 { key.chars().take(NAME).collect() } else { key.clone() }
}

/// What names it for people: a subagent has a name of its own.
fn title(thread: &ThreadRow) -> String {
    let agent = thread.meta.nickname.as_ref().map(|nickname| format!("({nickname}) "));
    format!("{}{}", agent.unwrap_or_default(), prompt(thread))
}

/// Its name, else the start of its first prompt.
pub(super) fn prompt(thread: &ThreadRow) -> &str {
    if thread.title.is_empty() { "(no prompt)" } else { &thread.title }
}

fn cells(thread: &ThreadRow) -> Vec<Cell> {
    let branch = thread.meta.branch.clone().unwrap_or_default();
    let archived = if thread.archived { " archived" } else { "" };
    vec![
        (Tone::Id, name(thread)),
        (Tone::Faint, time(thread.updated)),
        (Tone::Plain, branch),
        (Tone::Faint, format!("{}{archived}", count(usize_of(thread.turns), "turn"))),
        (Tone::Plain, title(thread)),
    ]
}

fn usize_of(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

pub(super) fn stand(standing: &Standing, screen: &mut Screen) {
    standing.notes.iter().for_each(|note| screen.warn(note));
    if let Some(Progress { done, wanted }) = standing.behind {
        screen.status(&format!("indexing: {done} of {wanted}"));
    }
}

impl Human for ListReport {
    fn show(&self, screen: &mut Screen) {
        let mut table = Table::default();
        self.threads.iter().for_each(|thread| table.row(cells(thread)));
        table.draw(screen);
        if self.threads.is_empty() {
            screen.status("No conversation was found.");
        }
        if let Some(cursor) = &self.next_cursor {
            screen.hint(&format!("more: --cursor {cursor}"));
        }
        if self.elsewhere > 0 {
            screen.hint(&format!("{} more in other places: --everywhere", self.elsewhere));
        }
        if self.archived > 0 {
            screen.hint(&format!("{} archived: --archived", self.archived));
        }
        stand(&self.standing, screen);
    }
}

impl Human for MarkReport {
    fn show(&self, screen: &mut Screen) {
        let verb = if self.changed { "Marked " } else { "Unchanged " };
        match &self.thread {
            None => screen.line(&[(Tone::Plain, verb), (Tone::Id, &self.key)]),
            Some(thread) => {
                screen.line(&[
                    (Tone::Plain, verb),
                    (Tone::Id, &name(thread)),
                    (Tone::Plain, "  "),
                    (Tone::Strong, &title(thread)),
                    (Tone::Faint, &marks(thread)),
                ]);
                if thread.is_forgotten {
                    screen.hint(&format!(
                        "its transcript stays where it is; `codex delete {}` deletes that",
                        self.key
                    ));
                }
            }
        }
        stand(&self.standing, screen);
    }
}

/// What is said of it, in words.
fn marks(thread: &ThreadRow) -> String {
    let meta = &thread.meta;
    let memory = thread.memory.map(|memory| format!("memory {}", memory.as_str()));
    let said = [
        meta.branch.as_ref().map(|branch| format!("on {branch}")),
        meta.head.as_ref().map(|head| format!("at {}", short(head))),
        (!meta.repository.is_empty()).then(|| meta.repository.clone()),
        thread.archived.then(|| "archived".to_owned()),
        thread.is_forgotten.then(|| "forgotten".to_owned()),
        memory,
    ];
    let said: Vec<String> = said.into_iter().flatten().collect();
    if said.is_empty() { String::new() } else { format!("  ({})", said.join(", ")) }
}

impl Human for TreeReport {
    fn show(&self, screen: &mut Screen) {
        for node in &self.nodes {
            let indent = "  ".repeat(node.depth);
            let thread = &node.thread;
            screen.line(&[
                (Tone::Plain, &indent),
                (Tone::Id, &name(thread)),
                (Tone::Faint, &format!("  {}  ", time(thread.created))),
                (Tone::Plain, &title(thread)),
                (Tone::Faint, thread.meta.agent_path.as_deref().unwrap_or_default()),
            ]);
        }
        stand(&self.standing, screen);
    }
}

impl Human for SearchReport {
    fn show(&self, screen: &mut Screen) {
        for hit in &self.hits {
            let turn = hit.number.map(|number| format!(" turn {number}")).unwrap_or_default();
            screen.line(&[
                (Tone::Id, &name(&hit.thread)),
                (Tone::Faint, &format!("{turn}  {}  {}  ", time(hit.at), hit.kind)),
                (Tone::Plain, hit.thread.meta.branch.as_deref().unwrap_or_default()),
            ]);
            screen.line(&[(Tone::Plain, "    "), (Tone::Plain, &hit.snippet)]);
        }
        if self.hits.is_empty() {
            screen.status("Nothing was found.");
        }
        stand(&self.standing, screen);
    }
}

pub(super) fn tokens(tokens: Tokens) -> String {
    let Tokens { input, cached, output, reasoning } = tokens;
    format!("{input} tokens in ({cached} cached), {output} out ({reasoning} reasoning)")
}

impl Human for ShowReport {
    fn show(&self, screen: &mut Screen) {
        let thread = &self.thread;
        let meta = &thread.meta;
        screen.line(&[
            (Tone::Strong, &meta.key),
            (Tone::Faint, &format!("  {} to {}", time(thread.created), time(thread.updated))),
        ]);
        let model = [&thread.model, &thread.effort].into_iter().flatten();
        let model = model.cloned().collect::<Vec<_>>().join(" ");
        let branch = meta.branch.as_deref().unwrap_or("no branch");
        screen.line(&[(Tone::Plain, &format!("{} on {branch}  {model}", meta.cwd))]);
        if let Some(origin) = &meta.forked_from {
            screen.line(&[(Tone::Plain, &format!("goes on from a copy of {origin}"))]);
        }
        if let Some(parent) = &meta.parent {
            screen.line(&[(Tone::Plain, &format!("spawned by {parent}"))]);
        }
        screen.line(&[(Tone::Faint, &tokens(thread.tokens))]);
        self.turns.iter().for_each(|turn| show_turn(turn, screen));
        for step in &self.plan {
            let (tone, sign) = sign(step.status);
            screen.line(&[(tone, sign), (Tone::Plain, "  "), (Tone::Plain, &step.text)]);
        }
        screen
            .line(&[(Tone::Faint, &format!("transcript {}", thread.source.found.path.display()))]);
        if self.is_gone {
            screen.warn("the transcript is not there any more: what was said can't be shown");
        }
        if let Some(next) = self.next {
            screen.hint(&format!("more: --after {next}"));
        }
        stand(&self.standing, screen);
    }
}

fn sign(status: Status) -> (Tone, &'static str) {
    match status {
        Status::Pending => (Tone::Plain, "○"),
        Status::InProgress => (Tone::Warn, "◐"),
        Status::Completed => (Tone::Good, "●"),
        Status::Cancelled => (Tone::Faint, "✕"),
    }
}

fn show_turn(shown: &TurnShown, screen: &mut Screen) {
    let turn = &shown.turn;
    let outcome = match turn.outcome {
        Outcome::Ended => String::new(),
        Outcome::Open | Outcome::Aborted => format!(", {}", turn.outcome.as_str()),
    };
    let from = shown.inherited_from.as_ref();
    let from = from.map(|thread| format!(", inherited from {thread}")).unwrap_or_default();
    let head = format!("{}  {}{outcome}{from}", turn.number, time(turn.began));
    screen.line(&[(Tone::Faint, &head)]);
    for said in &shown.said {
        let (tone, mark) = match said.kind {
            ItemKind::Prompt => (Tone::Strong, "> "),
            ItemKind::Command => (Tone::Faint, "$ "),
            ItemKind::Answer | ItemKind::Files | ItemKind::Plan | ItemKind::Compaction => {
                (Tone::Plain, "  ")
            }
        };
        screen.line(&[(tone, mark), (tone, &said.text)]);
    }
    for (what, names) in [("changed", &turn.files), ("commit", &turn.commits)] {
        if !names.is_empty() {
            screen.line(&[(Tone::Faint, &format!("  {what} {}", names.join(", ")))]);
        }
    }
}

impl Human for IndexReport {
    fn show(&self, screen: &mut Screen) {
        let what = count(usize_of(self.found), "transcript");
        let read = format!("{} read in {} ms", self.read, self.took.as_millis());
        screen.status(&format!("{what}, {read}"));
        if let Some(path) = &self.put_aside {
            screen.warn(&format!("the index was damaged: the old one is {}", path.display()));
        }
        if self.skipped > 0 {
            screen.status(&format!("{} were passed over", count(usize_of(self.skipped), "line")));
        }
        for (path, reason) in self.failed.iter().chain(&self.unseen) {
            screen.warn(&format!("{}: {reason}", path.display()));
        }
    }
}

impl Human for StatusReport {
    fn show(&self, screen: &mut Screen) {
        let bytes = |bytes: u64| format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10);
        screen.plain(&format!(
            "{} in {} ({}); the index has {}",
            count(usize_of(self.threads), "conversation"),
            count(usize_of(self.sources), "transcript"),
            bytes(self.transcripts),
            bytes(self.size),
        ));
        if self.skipped > 0 {
            screen.plain(&format!("{} were passed over", count(usize_of(self.skipped), "line")));
        }
        if self.gone > 0 {
            screen.plain(&format!("{} are gone", count(usize_of(self.gone), "transcript")));
        }
        for (path, reason) in &self.failed {
            screen.warn(&format!("{}: {reason}", path.display()));
        }
        stand(&Standing { behind: self.behind, notes: self.notes.clone() }, screen);
    }
}
