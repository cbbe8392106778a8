//! Memories for people.

use jiff::Timestamp;
use throughline_model::head::short;
use throughline_model::memory::{Memory, MemoryScope, MemoryStatus, Source};
use throughline_ops::memory::Allowance;
use throughline_ops::memory::change::ChangedReport;
use throughline_ops::memory::consolidate::{ConsolidateReport, Outcome};
use throughline_ops::memory::discard::{Discard, DiscardReport};
use throughline_ops::memory::import::ImportReport;
use throughline_ops::memory::learn::Learnt;
use throughline_ops::memory::list::{ListReport, ShowReport};
use throughline_ops::memory::mode::ModeReport;
use throughline_ops::memory::past::{DiffReport, HistoryReport, RevertReport};
use throughline_ops::memory::status::{JobReport, RootReport, StatusReport};
use throughline_ops::memory::team::ShareReport;
use throughline_ops::memory::update::UpdateReport;
use throughline_ops::memory::why::WhyReport;
use throughline_ops::recall::RecallReport;
use throughline_runtime::memories::{JobKind, Spent};

use super::super::table::Table;
use super::super::{Screen, Tone};
use super::{Human, count};

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

fn tone(status: MemoryStatus) -> Tone {
    match status {
        MemoryStatus::Current => Tone::Good,
        MemoryStatus::Suggested | MemoryStatus::Disputed => Tone::Warn,
        MemoryStatus::Superseded | MemoryStatus::Rejected => Tone::Faint,
    }
}

/// What holds goes without saying.
fn mark(memory: &Memory) -> String {
    let status = match memory.status {
        MemoryStatus::Current => None,
        other => Some(other.as_str()),
    };
    let pinned = memory.pinned.then_some("pinned");
    let unfounded = memory.unfounded.then_some("its commit is gone");
    [status, pinned, unfounded].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn scope(scope: &MemoryScope) -> String {
    match scope {
        MemoryScope::User => "user".to_owned(),
        MemoryScope::Project { .. } => "project".to_owned(),
        MemoryScope::Line { line, .. } => line.clone(),
    }
}

impl Human for ListReport {
    fn show(&self, screen: &mut Screen) {
        let mut table = Table::default();
        for listed in &self.memories {
            let memory = &listed.memory;
            table.row(vec![
                (Tone::Id, memory.id.to_string()),
                (Tone::Faint, day(memory.since)),
                (Tone::Plain, memory.kind.as_str().to_owned()),
                (Tone::Faint, scope(&memory.scope)),
                (tone(memory.status), mark(memory)),
                (Tone::Plain, memory.title.clone()),
            ]);
        }
        table.draw(screen);
        if self.memories.is_empty() {
            screen.status("Nothing is remembered here yet.");
            screen.hint(
                "`thru memory update` reads past sessions; `thru memory add` is your own word",
            );
        }
        if self.left_out > 0 {
            screen.hint(&format!(
                "{} superseded or rejected: --status superseded --status rejected",
                self.left_out
            ));
        }
    }
}

fn source(source: &Source) -> String {
    let session = source.session.as_deref().map(|id| format!(" session {}", short(id)));
    let turn = source.turn.as_deref().map(|id| format!(" turn {}", short(id)));
    let commit = source.commit.as_deref().map(|id| format!(" at {}", short(id)));
    let file = source.file.as_deref().map(|file| format!(" in {file}"));
    let parts = [session, turn, commit, file].into_iter().flatten().collect::<String>();
    let by_hand = if source.session.is_none() && source.file.is_none() { " your word" } else { "" };
    format!("{}{by_hand}{parts}", day(source.at))
}

fn body(memory: &Memory, screen: &mut Screen) {
    screen.line(&[
        (Tone::Id, memory.id.as_str()),
        (Tone::Plain, "  "),
        (Tone::Strong, &memory.title),
    ]);
    let facts = format!(
        "{}, {}, {}",
        memory.kind.as_str(),
        scope(&memory.scope),
        memory.confidence.as_str()
    );
    let until = memory.until.map(|until| format!(" until {}", day(until))).unwrap_or_default();
    let mark = mark(memory);
    screen.line(&[
        (Tone::Faint, &facts),
        (Tone::Faint, &format!(", since {}{until}", day(memory.since))),
        (tone(memory.status), &if mark.is_empty() { mark } else { format!("  {mark}") }),
    ]);
    if memory.text != memory.title {
        screen.text(&memory.text);
    }
    for file in &memory.files {
        screen.line(&[(Tone::Faint, "file  "), (Tone::Plain, file)]);
    }
    for one in memory.sources.iter().rev() {
        screen.line(&[(Tone::Faint, "from  "), (Tone::Plain, &source(one))]);
    }
}

impl Human for ShowReport {
    fn show(&self, screen: &mut Screen) {
        body(&self.listed.memory, screen);
        let tally = self.listed.tally;
        if tally.served > 0 {
            let told = format!("{}, used {}", count(tally.served as usize, "time"), tally.used);
            screen.line(&[(Tone::Faint, "told  "), (Tone::Plain, &told)]);
        }
        if let Some(successor) = &self.successor {
            screen.line(&[
                (Tone::Faint, "now   "),
                (Tone::Id, successor.id.as_str()),
                (Tone::Plain, " "),
                (Tone::Plain, &successor.title),
            ]);
        }
    }
}

impl Human for ChangedReport {
    fn show(&self, screen: &mut Screen) {
        screen.line(&[
            (Tone::Id, self.memory.id.as_str()),
            (Tone::Plain, &format!(" {}: ", self.done)),
            (Tone::Plain, &self.memory.title),
            (Tone::Faint, &format!("  ({})", scope(&self.memory.scope))),
        ]);
    }
}

impl Human for ShareReport {
    fn show(&self, screen: &mut Screen) {
        let done = if self.is_shared { " shared: " } else { " no longer shared: " };
        screen.line(&[
            (Tone::Id, self.memory.id.as_str()),
            (Tone::Plain, done),
            (Tone::Plain, &self.file.display().to_string()),
        ]);
        screen.hint("it reaches others with your next commit");
    }
}

impl Human for ImportReport {
    fn show(&self, screen: &mut Screen) {
        let superseding = match self.superseding {
            0 => String::new(),
            some => format!(", {some} of them in place of earlier ones"),
        };
        let known = if self.known == 0 { String::new() } else { format!("; {} known", self.known) };
        let added = match self.added {
            1 => "1 memory".to_owned(),
            many => format!("{many} memories"),
        };
        screen.plain(&format!("imported {added}{superseding}{known}"));
        self.notes.iter().for_each(|note| screen.warn(note));
    }
}

impl Human for HistoryReport {
    fn show(&self, screen: &mut Screen) {
        let mut table = Table::default();
        for state in &self.states {
            table.row(vec![
                (Tone::Id, short(&state.id).to_owned()),
                (Tone::Faint, state.at.to_string()),
                (Tone::Plain, state.message.clone()),
            ]);
        }
        table.draw(screen);
        if self.states.is_empty() {
            screen.status("Nothing was ever remembered here.");
        }
    }
}

impl Human for DiffReport {
    fn show(&self, screen: &mut Screen) {
        for line in self.patch.lines() {
            let tone = match line.as_bytes().first() {
                Some(b'+') => Tone::Good,
                Some(b'-') => Tone::Bad,
                Some(b'@') => Tone::Id,
                Some(_) | None => Tone::Plain,
            };
            screen.line(&[(tone, line)]);
        }
        if self.patch.is_empty() {
            screen.status("Nothing changed.");
        }
    }
}

impl Human for RevertReport {
    fn show(&self, screen: &mut Screen) {
        let RevertReport { changed, added, removed } = self;
        if changed + added + removed == 0 {
            screen.status("It is as it was then.");
            return;
        }
        screen.plain(&format!("{changed} changed back, {added} brought back, {removed} gone"));
    }
}

impl Human for UpdateReport {
    fn show(&self, screen: &mut Screen) {
        let learnt = &self.learnt;
        let taught = learnt.count(|one| matches!(one, Learnt::Taught(_)));
        let findings = learnt.sessions.iter().map(|(_, one)| match one {
            Learnt::Taught(findings) => *findings,
            _other => 0,
        });
        screen.plain(&format!(
            "read {}, learnt {}",
            count(taught + learnt.count(|one| *one == Learnt::Nothing), "session"),
            count(findings.sum(), "thing"),
        ));
        for (session, outcome) in &learnt.sessions {
            match outcome {
                Learnt::Polluted(by) => screen.status(&format!(
                    "{} teaches nothing: it took in words of strangers ({by})",
                    short_id(session)
                )),
                Learnt::Failed(reason) => {
                    screen.warn(&format!("{} could not be read: {reason}", short_id(session)));
                }
                Learnt::Taught(_) | Learnt::Nothing | Learnt::Known | Learnt::Waits => {}
            }
        }
        let ConsolidateReport { outcome, added, changed, dropped, notes } = &self.consolidated;
        match outcome {
            Outcome::Done => {
                screen.plain(&format!("memories: {added} new, {changed} changed, {dropped} gone"))
            }
            Outcome::Clean => screen.plain("memories: nothing changed"),
            Outcome::Later(due) => {
                screen.hint(&format!("consolidated lately; due at {due}, or with --now"));
            }
            Outcome::Running => screen.status("another process is consolidating"),
            Outcome::Waits => {
                screen.status("the last consolidation failed; it is tried again later")
            }
            Outcome::Lost => screen.warn("another process took over; nothing of this run was kept"),
        }
        if self.suggested > 0 {
            screen.hint(&format!(
                "{} to confirm or reject: thru memory list --status suggested",
                self.suggested
            ));
        }
        if self.embedded.made > 0 {
            screen.plain(&format!("{} made", count(self.embedded.made, "vector")));
        }
        if let Some(cost) = &self.cost {
            screen.plain(&format!("cost: {}", spent(&cost.spent)));
        }
        learnt
            .notes
            .iter()
            .chain(notes)
            .chain(&self.embedded.notes)
            .for_each(|note| screen.warn(note));
    }
}

fn spent(spent: &Spent) -> String {
    let Spent { requests, input, cached, output } = spent;
    let asked = usize::try_from(*requests).unwrap_or(usize::MAX);
    let asked = count(asked, "question");
    format!("{asked}, {input} tokens read ({cached} of them cached), {output} written")
}

/// What an update may cost, before it begins.
pub(crate) fn may_cost(allowance: &Allowance) -> String {
    let Allowance { engine, budget, spent_today } = allowance;
    let spent = spent_today.input.saturating_add(spent_today.output);
    format!(
        "{engine} may cost at most {} tokens now; {spent} of {} are spent today",
        allowance.at_most(),
        budget.per_day
    )
}

impl Human for StatusReport {
    fn show(&self, screen: &mut Screen) {
        let engine = self.engine.unwrap_or("switched off");
        let mut facts = vec![("engine", engine.to_owned())];
        if let Some(Allowance { budget, spent_today, .. }) = &self.allowance {
            let tokens = spent_today.input.saturating_add(spent_today.output);
            let (day, run) = (budget.per_day, budget.per_run);
            let budget = format!("{tokens} of {day} tokens today, {run} in a phase of one run");
            facts.push(("budget", budget));
            facts.push(("today", spent(spent_today)));
        }
        facts.push(("due", count(self.due, "session")));
        let last = self.consolidated.map_or("never".to_owned(), |last| last.to_string());
        facts.push(("consolidated", last));
        for job in &self.running {
            facts.push(("running", format!("{}, since {}", job_name(job), job.since)));
        }
        for job in &self.failed {
            let error = job.error.as_deref().unwrap_or_default();
            let again = job.retry_at.map(|at| format!(" (again at {at})")).unwrap_or_default();
            facts.push(("failed", format!("{}: {error}{again}", job_name(job))));
        }
        facts.extend(self.roots.iter().map(|root| ("memories", about(root))));
        let mut table = Table::default();
        for (name, fact) in facts {
            table.row(vec![(Tone::Faint, name.to_owned()), (Tone::Plain, fact)]);
        }
        table.draw(screen);
    }
}

fn job_name(job: &JobReport) -> String {
    match job.kind {
        JobKind::Extract => format!("reading {}", short_id(&job.name)),
        JobKind::Consolidate => "the consolidation".to_owned(),
    }
}

fn about(root: &RootReport) -> String {
    let counts = root.memories.iter().map(|(status, number)| format!("{number} {status}"));
    let whose = match (root.is_here, root.name.as_str()) {
        (true, _) => "this project".to_owned(),
        (false, "user") => "yours".to_owned(),
        (false, name) => name.to_owned(),
    };
    let counts = counts.collect::<Vec<_>>().join(", ");
    format!("{whose}: {counts}, in {}", root.shown)
}

impl Human for WhyReport {
    fn show(&self, screen: &mut Screen) {
        let Some(session) = &self.session else {
            screen.status("No agent was told a memory yet.");
            return;
        };
        screen.line(&[(Tone::Strong, session)]);
        for one in &self.served {
            let turn = match one.turn.as_str() {
                "" => "at its start".to_owned(),
                turn => format!("turn {}", short(turn)),
            };
            let used = one.used.as_deref().map(|how| format!(", used ({how})")).unwrap_or_default();
            screen.line(&[(Tone::Plain, "  "), (Tone::Plain, &one.line)]);
            screen.line(&[(Tone::Faint, &format!("    {turn}: {}{used}", one.why))]);
        }
    }
}

impl Human for ModeReport {
    fn show(&self, screen: &mut Screen) {
        let why = self.why.as_deref().map(|why| format!("  ({why})")).unwrap_or_default();
        screen.line(&[
            (Tone::Id, &self.session),
            (Tone::Plain, "  "),
            (Tone::Plain, self.mode.as_str()),
            (Tone::Faint, &why),
        ]);
    }
}

impl Human for DiscardReport {
    fn show(&self, screen: &mut Screen) {
        let memories = match self.memories {
            1 => "1 memory".to_owned(),
            many => format!("{many} memories"),
        };
        let what = format!("{memories}, and what {} taught", count(self.sessions, "session"));
        match self.what {
            Discard::Look => {
                screen.plain(&format!("would drop {what}"));
                screen.hint("--yes does it (--undo takes it back for 30 days), --now for good");
            }
            Discard::Drop => {
                screen.plain(&format!("dropped {what}"));
                screen.hint("`thru memory drop --undo` takes it back, for 30 days");
            }
            Discard::ForGood => screen.plain(&format!("dropped {what}, for good")),
            Discard::Undo => screen.plain(&format!("took back {what}")),
        }
    }
}

impl Human for RecallReport {
    fn show(&self, screen: &mut Screen) {
        for hit in &self.hits {
            let since = hit.since.map_or_else(String::new, |since| format!(", {}", day(since)));
            let status = match hit.status {
                MemoryStatus::Current => String::new(),
                other => format!("  {}", other.as_str()),
            };
            screen.line(&[
                (Tone::Id, short_id(&hit.id)),
                (Tone::Plain, "  "),
                (Tone::Strong, &hit.title),
                (Tone::Faint, &format!("  {}{since}", hit.kind.as_str())),
                (tone(hit.status), &status),
            ]);
            if hit.text != hit.title {
                hit.text.lines().for_each(|line| {
                    screen.line(&[(Tone::Plain, "    "), (Tone::Plain, line)]);
                });
            }
        }
        if self.hits.is_empty() {
            screen.status("Nothing that is remembered here answers that.");
        }
        self.notes.iter().for_each(|note| screen.warn(note));
    }
}

/// A session's id is long, and its beginning names it.
fn short_id(id: &str) -> &str {
    if id.len() == 36 { &id[..13] } else { id }
}
