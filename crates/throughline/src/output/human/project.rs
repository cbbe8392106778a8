//! The project at a glance, and what was done with it, for people.

use throughline_model::head::short;
use throughline_ops::cache::{RollbackReport, ValidateReport};
use throughline_ops::fold::FoldReport;
use throughline_ops::glance::GlanceReport;
use throughline_ops::init::{InitOrigin, InitReport};
use throughline_ops::last_good::Generation;
use throughline_ops::log::{LogReport, who};
use throughline_ops::next::{NextReport, Step};
use throughline_ops::plan::PlanReport;
use throughline_ops::publish::PublishReport;
use throughline_ops::publish::stage::{Left, StageReport};
use throughline_ops::restore::RestoreReport;
use throughline_ops::status::StatusReport;
use throughline_ops::trust::TrustReport;
use throughline_ops::undo::UndoReport;
use throughline_store::project::Mode;

use super::super::table::{Table, cut};
use super::super::{Screen, Tone};
use super::tasks::sign;
use super::{Human, count};

impl Human for InitReport {
    fn show(&self, screen: &mut Screen) {
        let place = self.worktree.display().to_string();
        let text = match (&self.origin, self.created.is_empty()) {
            (InitOrigin::Known, true) => format!("{place} is a project already"),
            (InitOrigin::Known, false) => format!("Completed the project in {place}"),
            (InitOrigin::New, _) => format!("Made a project in {place}"),
            (InitOrigin::Carried, _) => format!("The memory that {place} carries is trusted now"),
            (InitOrigin::Adopted(from), _) => {
                format!("The memory of {} goes on in {place}", from.display())
            }
        };
        screen.plain(&text);
        for path in &self.created {
            let shown = path.strip_prefix(&self.worktree).unwrap_or(path);
            screen.line(&[(Tone::Good, "  + "), (Tone::Plain, &shown.display().to_string())]);
        }
        if self.mode == Mode::Local {
            screen.status("Local: nothing was put into the directory.");
        } else if !self.created.is_empty() {
            screen.hint("commit these files, so that memory travels with the code");
        }
        for gone in &self.candidates {
            screen.hint(&format!("{} is gone and looks like this project: `thru init --adopt` in a fresh clone takes its memory over", gone.display()));
        }
        screen.hint("`thru setup codex` connects Codex");
    }
}

fn steps(all: &[Step], screen: &mut Screen) {
    let mut table = Table::default();
    for step in all {
        let part = step.part_of.as_ref().map(|p| format!("  [{p}]")).unwrap_or_default();
        table.row(vec![
            sign(step.row.status, /*blocked*/ false),
            (Tone::Id, step.row.id.to_string()),
            (Tone::Plain, format!("{}{part}  — {}", step.row.title, step.why.join(", "))),
        ]);
    }
    table.draw(screen);
}

impl Human for NextReport {
    fn show(&self, screen: &mut Screen) {
        steps(&self.steps, screen);
        let more = self.total - self.steps.len();
        match (self.total, self.blocked) {
            (0, 0) => screen.status(&format!("Nothing is open on {}.", self.line)),
            (0, blocked) => screen.status(&format!(
                "Nothing is ready on {}; {} for others.",
                self.line,
                waits(blocked)
            )),
            _ if more > 0 => screen.status(&format!("{more} more: thru next -n {}", self.total)),
            _ => {}
        }
    }
}

fn waits(blocked: usize) -> String {
    if blocked == 1 { "1 task waits".to_owned() } else { format!("{blocked} tasks wait") }
}

fn plan(plan: &PlanReport, screen: &mut Screen) {
    let short: String = plan.session.chars().take(13).collect();
    let title = plan.root.clone().unwrap_or_else(|| "Plan".to_owned());
    let agent = plan.agent.as_ref().map(|a| format!(", subagent {a}")).unwrap_or_default();
    let live = if plan.live { "" } else { ", over" };
    screen.line(&[
        (Tone::Strong, &title),
        (Tone::Faint, &format!("  (session {short}{agent}{live})")),
    ]);
    let mut table = Table::default();
    for step in &plan.steps {
        let tone = if step.status.is_open() { Tone::Plain } else { Tone::Faint };
        table.row(vec![
            sign(step.status, /*blocked*/ false),
            (Tone::Id, step.id.to_string()),
            (tone, step.title.clone()),
        ]);
    }
    table.draw(screen);
}

impl Human for Vec<PlanReport> {
    fn show(&self, screen: &mut Screen) {
        self.iter().for_each(|one| plan(one, screen));
        if self.is_empty() {
            screen.status("No agent has made a plan on this line yet.");
        }
    }
}

/// How much of a title a prompt has room for, in columns.
const PROMPT_TITLE: usize = 40;

impl Human for Option<GlanceReport> {
    fn show(&self, screen: &mut Screen) {
        let Some(glance) = self else { return };
        let mut pieces = vec![(Tone::Strong, glance.place.line.clone())];
        pieces.extend(glance.is_new.then(|| (Tone::Faint, " new".to_owned())));
        if let Some(tasks) = &glance.tasks {
            let old = if glance.is_old { "~" } else { "" };
            let all = tasks.completed + tasks.open;
            pieces.push((Tone::Plain, format!(" {}/{all}{old}", tasks.completed)));
            let next = tasks.next.as_ref().map(|(_, title)| cut(title, PROMPT_TITLE));
            pieces.extend(next.map(|title| (Tone::Faint, format!(" {title}"))));
        }
        pieces.extend(glance.undecided.map(|kind| (Tone::Warn, format!(" !{}", kind.as_str()))));
        let pieces: Vec<_> = pieces.iter().map(|(tone, text)| (*tone, text.as_str())).collect();
        screen.line(&pieces);
    }
}

impl Human for StatusReport {
    fn show(&self, screen: &mut Screen) {
        let head = self.place.head.as_deref().map_or("no commit", short);
        screen.line(&[
            (Tone::Strong, &self.project),
            (Tone::Plain, " on "),
            (Tone::Strong, &self.place.line),
            (Tone::Faint, &format!(" at {head}")),
        ]);
        if self.drift.is_some() && self.decisions.is_empty() {
            screen.line(&[(Tone::Warn, "Drift: "), (Tone::Plain, &self.drift.sentence())]);
        } else if let Some(told) = &self.told {
            screen.line(&[(
                Tone::Faint,
                &format!("Last drift ({}): {}", told.at, told.drift.sentence()),
            )]);
        }
        let told_above = |kind| self.drift.holds(kind) && self.decisions.is_empty();
        if let Some(open) = self.open.as_ref().filter(|open| !told_above(open.drift.kind)) {
            let drift = &open.drift;
            let line = format!("{} (since {})", drift.sentence(), open.at);
            screen.line(&[(Tone::Warn, "Undecided: "), (Tone::Plain, &line)]);
            screen.hint("`thru cache reconcile` shows the choices");
        }
        let counts = &self.counts;
        screen.plain(&format!(
            "{} open: {} in progress, {} ready, {} blocked; {} completed",
            counts.open, counts.in_progress, counts.ready, counts.blocked, counts.completed
        ));
        for (session, prompt) in &self.interrupted {
            let short: String = session.chars().take(13).collect();
            let prompt = prompt.as_deref().unwrap_or("(not kept)");
            screen.line(&[
                (Tone::Warn, "Interrupted: "),
                (Tone::Plain, &format!("\"{prompt}\" (session {short})")),
            ]);
        }
        self.plans
            .iter()
            .filter(|p| p.steps.iter().any(|s| s.status.is_open()))
            .for_each(|p| plan(p, screen));
        if !self.next.is_empty() {
            screen.line(&[(Tone::Strong, "Next")]);
            steps(&self.next, screen);
        }
        for (id, claim) in &self.claims {
            screen.line(&[
                (Tone::Id, id.as_str()),
                (Tone::Faint, &format!(" claimed by {} until {}", claim.owner, claim.until)),
            ]);
        }
        if let Some(lines) = &self.lines {
            screen.line(&[(Tone::Strong, "Lines")]);
            lines.show(screen);
        }
        self.footer(screen);
    }
}

trait Footer {
    fn footer(&self, screen: &mut Screen);
}

impl Footer for StatusReport {
    /// What wants to be done about the files themselves.
    fn footer(&self, screen: &mut Screen) {
        if self.mode == Mode::Shared && self.pending > 0 {
            let changes = count(self.pending, "change");
            screen.line(&[(Tone::Faint, &format!("{changes} not published yet: thru publish"))]);
        }
        if self.conflicts > 0 {
            let undecided = count(self.conflicts, "conflict");
            screen.warn(&format!("{undecided} of merges to decide: thru tasks conflicts"));
        }
        for overtaken in &self.overtaken {
            screen.warn(&format!("git overtook an acknowledged change: {overtaken}"));
        }
        if self.bad_lines > 0 {
            screen.warn(&format!(
                "{} of the journal can't be read and were left where they are",
                count(self.bad_lines, "line")
            ));
        }
    }
}

impl Human for PublishReport {
    fn show(&self, screen: &mut Screen) {
        match self {
            Self::Local => screen.status("Local mode: there is nothing to publish."),
            Self::Nothing { file } => {
                screen.status(&format!("{} holds everything already.", file.display()));
            }
            Self::Published { file, changes } => {
                screen.plain(&format!(
                    "Published {} to {}",
                    count(*changes, "change"),
                    file.display()
                ));
            }
        }
    }
}

impl Human for StageReport {
    fn show(&self, screen: &mut Screen) {
        match self {
            Self::Nothing => screen.status("There is nothing to publish."),
            Self::Staged { changes: 0, .. } => {
                screen.plain("throughline: the commit carries what was published");
            }
            Self::Staged { changes, .. } => {
                let changes = count(*changes, "change");
                screen.plain(&format!("throughline: the commit carries {changes} of memory"));
            }
            Self::Left { why, pending } => left(*why, *pending, screen),
        }
    }
}

fn left(why: Left, pending: usize, screen: &mut Screen) {
    let changes = count(pending, "change");
    let because = match why {
        // Git itself says that nothing was added, and who set it to manual knows.
        Left::NothingElse | Left::Manual => {
            return screen.status("Nothing was published.");
        }
        Left::Paths => "a commit of named paths carries nothing else",
        Left::ForeignIndex => "this commit's index is not the worktree's",
        Left::Operation => "git is in the middle of something",
        Left::Lost => "others are lost; `thru cache reconcile` shows what can be done",
    };
    if pending == 0 {
        return;
    }
    screen.announce(&format!("throughline: {changes} not published: {because}"));
}

impl Human for TrustReport {
    fn show(&self, screen: &mut Screen) {
        for (id, task) in &self.open {
            screen.line(&[
                (Tone::Id, id.as_str()),
                (Tone::Plain, "  "),
                (Tone::Plain, &task.title),
            ]);
            for text in [&task.acceptance, &task.notes].into_iter().flatten() {
                text.lines().for_each(|line| screen.line(&[(Tone::Faint, &format!("    {line}"))]));
            }
        }
        if self.accepted > 0 {
            screen.plain(&format!("Accepted {}", count(self.accepted, "text")));
        }
        match self.open.len() {
            0 => screen
                .status(&format!("{} is trusted; no text waits to be accepted.", self.project)),
            open => {
                screen.status(&format!(
                    "{} that nobody here wrote or accepted; agents see only ids and counts.",
                    count(open, "text")
                ));
                screen.hint("`thru trust --accept` lets them reach agents as they stand");
            }
        }
    }
}

impl Human for LogReport {
    fn show(&self, screen: &mut Screen) {
        let mut table = Table::default();
        for entry in &self.entries {
            let unit = entry.record.unit.as_ref().map(ToString::to_string).unwrap_or_default();
            table.row(vec![
                (Tone::Faint, entry.record.stamp.at.to_string()),
                (Tone::Plain, who(&entry.record.actor).to_owned()),
                (Tone::Id, unit),
                (Tone::Plain, entry.sentence.clone()),
            ]);
        }
        table.draw(screen);
        if self.bad_lines > 0 {
            screen.warn(&format!(
                "{} can't be read and were left where they are",
                count(self.bad_lines, "line")
            ));
        }
    }
}

/// How many changes that were taken back are listed: an import or a migration has hundreds.
const MOST_UNDONE: usize = 20;

impl Human for UndoReport {
    fn show(&self, screen: &mut Screen) {
        screen.line(&[
            (Tone::Plain, &format!("Took back {} ", self.verb)),
            (Tone::Id, self.undone.as_str()),
        ]);
        for change in self.changes.iter().take(MOST_UNDONE) {
            screen.line(&[(Tone::Faint, &format!("  {change}"))]);
        }
        if let Some(more) = self.changes.len().checked_sub(MOST_UNDONE).filter(|more| *more > 0) {
            screen.line(&[(Tone::Faint, &format!("  … and {more} more: --json has all"))]);
        }
        for left in &self.left_alone {
            screen.warn(&format!("left alone: {left}"));
        }
        if let Some(unit) = &self.unit {
            screen.hint(&format!("`thru undo {unit}` does it again"));
        }
    }
}

impl Human for ValidateReport {
    fn show(&self, screen: &mut Screen) {
        screen.plain(&format!(
            "{} is sound: {}, {} pending",
            self.file.display(),
            count(self.tasks, "task"),
            count(self.pending, "change")
        ));
        if !self.canonical {
            screen.status("Its bytes are not the canonical ones (a hand or git wrote it); the next publish mends that.");
        }
        if self.bad_lines + self.newer_lines > 0 {
            screen.warn(&format!(
                "the journal has {} that can't be read and {} of a newer thru",
                count(self.bad_lines, "line"),
                count(self.newer_lines, "line")
            ));
        }
    }
}

impl Human for RestoreReport {
    fn show(&self, screen: &mut Screen) {
        let from = match self.generation {
            Generation::Stage | Generation::Commit => "what git has of it".to_owned(),
            Generation::View => "the last fold".to_owned(),
            Generation::Journal => "the journal".to_owned(),
            Generation::Backup(generation) => format!("generation {generation}"),
        };
        let tasks = count(self.tasks, "task");
        screen.plain(&format!("Restored {} from {from}: {tasks}", self.file.display()));
        screen.hint(&format!("the bytes that stood there are generation {}", self.kept));
    }
}

impl Human for RollbackReport {
    fn show(&self, screen: &mut Screen) {
        screen.plain(&format!(
            "Back at generation {}: {}",
            self.generation,
            count(self.changes, "change")
        ));
        if let Some(kept) = self.kept {
            screen.hint(&format!(
                "what stood before is generation {kept}; `thru undo` takes the rollback back"
            ));
        }
    }
}

impl Human for FoldReport {
    fn show(&self, screen: &mut Screen) {
        screen.status(&format!(
            "Folded {}, wrote {}.",
            count(self.records, "record"),
            count(self.sessions, "session file")
        ));
        self.problems.iter().for_each(|problem| screen.warn(problem));
    }
}
