//! Architecture decision records (ADRs): what a markdown file says, and what that means for the
//! task that stands for it.
//!
//! The word of a record's status decides where its task stands:
//!
//! | the file says | the task is |
//! | --- | --- |
//! | accepted, approved, adopted, agreed, decided, done, implemented, final, active | `completed` |
//! | nothing: it was written down because it was decided | `completed` |
//! | rejected, declined, deprecated, superseded, replaced, withdrawn, retired, obsolete, abandoned | `cancelled`, with the file's words as its reason |
//! | proposed, draft and any other word | `pending` |
//!
//! A task keeps an [`Imprint`] of the file and of what the import made of it. It lies in the state,
//! not in HOME, because file and task move together: on another branch, in another clone and after
//! an undo the imprint still belongs to the task beside it. With it a changed file is noticed, and
//! what a person changed on the task since is told from what the import wrote.

mod heading;
mod read;

use jiff::Timestamp;

use crate::change::Change;
use crate::ids::TaskId;
use crate::state::{Field, Status, Task};

pub use read::read;

/// A decision record, as its file tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adr {
    /// Its number, from the name of the file, else from its heading or front matter.
    pub number: Option<u32>,
    /// What was decided, on one line and never empty; its length is the file's.
    pub title: String,
    /// The words of its status, on one line.
    pub status: Option<String>,
    /// The day that it gives for itself, at midnight UTC.
    pub date: Option<Timestamp>,
}

impl Adr {
    /// Whether the file is a decision record at all, and not some other page beside them.
    pub fn is_record(&self) -> bool {
        self.number.is_some() || self.status.is_some()
    }

    /// The name that people use: `ADR-0007`.
    pub fn reference(&self) -> Option<String> {
        self.number.map(reference)
    }

    /// What its status means.
    pub fn standing(&self) -> Standing {
        let Some(status) = &self.status else { return Standing::Decided };
        standing_of(status).unwrap_or(Standing::Open)
    }
}

/// The name of the record with this number.
pub fn reference(number: u32) -> String {
    format!("ADR-{number:04}")
}

/// Whether a decision holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Decided,
    /// It is still to be made.
    Open,
    /// It was turned down, or holds no longer.
    Ended,
}

const DECIDED: [&str; 9] = [
    "accepted",
    "approved",
    "adopted",
    "agreed",
    "decided",
    "done",
    "implemented",
    "final",
    "active",
];
const OPEN: [&str; 5] = ["proposed", "proposal", "draft", "pending", "open"];
/// "superceded" is what a tool in wide use writes.
const ENDED: [&str; 11] = [
    "rejected",
    "declined",
    "deprecated",
    "superseded",
    "superceded",
    "replaced",
    "withdrawn",
    "retired",
    "obsolete",
    "obsoleted",
    "abandoned",
];

/// What a status says by its first word; `None` if that is no word of the table above, or if the
/// line offers several to choose from, as a template does.
fn standing_of(status: &str) -> Option<Standing> {
    let choices = status.split('|').filter(|choice| first_word(choice).is_some());
    if choices.count() > 1 || status.starts_with('{') {
        return None;
    }
    first_word(status)
}

fn first_word(text: &str) -> Option<Standing> {
    let word = text.split(|c: char| !c.is_alphabetic()).find(|word| !word.is_empty())?;
    let word = word.to_lowercase();
    let is_in = |words: &[&str]| words.contains(&word.as_str());
    let open = || is_in(&OPEN).then_some(Standing::Open);
    let ended = || is_in(&ENDED).then_some(Standing::Ended);
    is_in(&DECIDED).then_some(Standing::Decided).or_else(ended).or_else(open)
}

/// Digests of what an import saw and wrote: of the file's bytes, of the title, and of status and
/// reason. As text: three times 16 hex digits (64 bits of BLAKE3), with spaces between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imprint {
    file: String,
    title: String,
    standing: String,
}

/// Enough that no two texts of one project meet by chance. Nothing rests on it but "changed".
const DIGITS: usize = 16;

/// The digest of a file's bytes.
pub fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..DIGITS].to_owned()
}

fn standing_digest(status: Status, reason: Option<&str>) -> String {
    digest(format!("{}\n{}", status.as_str(), reason.unwrap_or_default()).as_bytes())
}

impl Imprint {
    /// Reads what a task keeps.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(' ').map(str::to_owned);
        let imprint = Self { file: parts.next()?, title: parts.next()?, standing: parts.next()? };
        parts.next().is_none().then_some(imprint)
    }

    /// The digest of the file.
    pub fn file(&self) -> &str {
        &self.file
    }
}

impl std::fmt::Display for Imprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.file, self.title, self.standing)
    }
}

/// What an import wants a task to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its title, fit for a task.
    pub title: String,
    /// Where it stands.
    pub status: Status,
    /// Why it was cancelled.
    pub reason: Option<String>,
    /// When it was decided.
    pub completed_at: Option<Timestamp>,
    /// The file, relative to the worktree.
    pub path: String,
    /// The digest of the file.
    pub file: String,
}

/// What an import changes on a task that is there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Update {
    /// In order.
    pub changes: Vec<Change>,
    /// Fields that the file changed as well as a person, left as the person has them.
    pub kept: Vec<Field>,
}

impl Wanted {
    /// What the import leaves on the task.
    pub fn imprint(&self) -> Imprint {
        Imprint {
            file: self.file.clone(),
            title: digest(self.title.as_bytes()),
            standing: standing_digest(self.status, self.reason.as_deref()),
        }
    }

    /// Puts everything on a task that is being made.
    pub fn fill(&self, task: &mut Task) {
        task.title.clone_from(&self.title);
        task.status = self.status;
        task.reason.clone_from(&self.reason);
        task.completed_at = self.completed_at;
        task.adr = Some(self.path.clone());
        task.adr_import = Some(self.imprint().to_string());
    }

    /// What must change on a task for it to say this, as far as nobody else changed it since the
    /// last import. `now` is when a decision was noticed whose file gives no day.
    pub fn update(&self, id: &TaskId, task: &Task, now: Timestamp) -> Update {
        let old = task.adr_import.as_deref().and_then(Imprint::parse);
        let new = self.imprint();
        let mut update = Update::default();
        let title = Sides {
            old: old.as_ref().map(|o| o.title.as_str()),
            own: &digest(task.title.as_bytes()),
            new: &new.title,
        };
        if update.takes(&title, Field::Title) {
            update.set(id, task, Field::Title, Some(&self.title));
        }
        let standing = Sides {
            old: old.as_ref().map(|o| o.standing.as_str()),
            own: &standing_digest(task.status, task.reason.as_deref()),
            new: &new.standing,
        };
        if update.takes(&standing, Field::Status) {
            let done = self.status == Status::Completed;
            let at = self.completed_at.or(done.then_some(now)).map(|at| at.to_string());
            update.set(id, task, Field::Status, Some(self.status.as_str()));
            update.set(id, task, Field::Reason, self.reason.as_deref());
            update.set(id, task, Field::CompletedAt, at.as_deref());
        }
        update.set(id, task, Field::Adr, Some(&self.path));
        update.set(id, task, Field::AdrImport, Some(&new.to_string()));
        update
    }
}

/// One thing three times: as the last import wrote it, as it stands, as the file has it now.
struct Sides<'a> {
    old: Option<&'a str>,
    own: &'a str,
    new: &'a str,
}

impl Update {
    /// Whether the file's side is taken.
    fn takes(&mut self, sides: &Sides<'_>, field: Field) -> bool {
        if sides.own == sides.new || sides.old == Some(sides.new) {
            return false;
        }
        let untouched = sides.old == Some(sides.own);
        if !untouched {
            self.kept.push(field);
        }
        untouched
    }

    fn set(&mut self, id: &TaskId, task: &Task, field: Field, new: Option<&str>) {
        self.changes.extend(Change::set(id, task, field, new));
    }
}

#[cfg(test)]
mod tests;
