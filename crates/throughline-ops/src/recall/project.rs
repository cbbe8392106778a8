//! What else of a project answers a question: notes, what tasks say of themselves, decision records.
//!
//! They are read where they lie, the line's view and the worktree's files, and kept nowhere: there are few
//! beside memories, and nothing has to be kept in step. An agent gets no text here that
//! this user neither wrote nor accepted; of a decision record it is told the file, which it reads as it
//! reads the repository's other files.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use throughline_model::adr::Standing;
use throughline_model::ids::{NoteId, TaskId};
use throughline_model::memory::{Confidence, MemoryStatus, Source};
use throughline_model::recall::{Corpus, Document, Question, Ranked, indexed, rank};
use throughline_model::state::{Note, Task};
use throughline_model::view::View;

use super::{Asker, HitKind, RecallHit};
use crate::adr;
use crate::brief::{shown_notes, shown_texts};
use crate::error::OpsError;
use crate::here::Here;

/// What a task counts beside a memory: it says what was wanted, and not always what came of it.
const TASK: f32 = 0.8;

/// What notes and decision records count.
const WHOLE: f32 = 1.0;

/// How well they must fit: they have many words, and to have one that may stand for a word of the question is often
/// chance.
const FITS: f32 = 0.5;

/// They are told only if they fit at least so well as a share of the best hit of all.
const LEAST_SHARE: f32 = 0.5;

/// So much of a decision record is told: the part that fits best.
const EXCERPT: usize = 400;

/// A title made of a text has so many characters.
const TITLE: usize = 80;

/// Something of the project that has words.
#[derive(Debug)]
struct Text {
    what: What,
    kind: HitKind,
    title: String,
    text: String,
    files: Vec<String>,
    since: Option<Timestamp>,
    status: MemoryStatus,
    session: Option<String>,
}

#[derive(Debug)]
enum What {
    Task(TaskId),
    Note(NoteId, Note),
    Decision(String),
}

/// What of the project here answers a question, the best first. They are ranked among themselves: a plan to replace
/// something replaces no memory.
///
/// # Errors
/// [`OpsError`]: the state, the journal or the folders of records can't be read.
pub(super) fn hits(
    here: &Here,
    question: &Question,
    beside: &Corpus,
    as_of: Option<Timestamp>,
    asker: Asker,
) -> Result<Vec<RecallHit>, OpsError> {
    let view = here.read()?.view;
    let (mut texts, corpus) = with_words(all(here, &view)?, question, beside);
    if asker == Asker::Agent {
        keep_what_may_be_told(here, &view, &mut texts)?;
    }
    let documents: Vec<Document<'_>> = texts.iter().map(Text::document).collect();
    let ranked = rank(question, &corpus, &documents, /*vectors*/ None, as_of);
    let fitting = ranked.iter().filter(|hit| hit.score >= FITS);
    Ok(fitting.map(|hit| texts[hit.index].hit(question, asker, hit)).collect())
}

/// The hits of both, the best first; what does not fit nearly as well as the best is left out of these.
pub(super) fn beside(mut hits: Vec<RecallHit>, others: Vec<RecallHit>) -> Vec<RecallHit> {
    let scores = hits.iter().chain(&others).map(|hit| hit.score);
    let least = scores.fold(0.0, f32::max) * LEAST_SHARE;
    hits.extend(others.into_iter().filter(|hit| hit.score >= least));
    hits.sort_by(|one, other| other.score.total_cmp(&one.score));
    hits
}

fn all(here: &Here, view: &View) -> Result<Vec<Text>, OpsError> {
    let mut texts: Vec<Text> =
        view.tasks().filter_map(|(id, task)| Text::of_task(id, task)).collect();
    texts.extend(view.state.notes.iter().map(|(id, note)| Text::of_note(view, id, note)));
    let records = adr::records_as_text(view, &here.site.worktree)?;
    texts.extend(records.into_iter().map(Text::of_record));
    Ok(texts)
}

/// Those that have a word of the question, and how common words are among all.
fn with_words(texts: Vec<Text>, question: &Question, beside: &Corpus) -> (Vec<Text>, Corpus) {
    let terms: BTreeSet<&str> = question.terms().into_iter().collect();
    let mut corpus = beside.clone();
    corpus.documents += u64::try_from(texts.len()).unwrap_or(u64::MAX);
    let mut found = Vec::new();
    for text in texts {
        let words = indexed(&text.words());
        let had: BTreeSet<&str> = words.split(' ').filter(|word| terms.contains(word)).collect();
        for word in &had {
            *corpus.frequency.entry((*word).to_owned()).or_default() += 1;
        }
        if !had.is_empty() {
            found.push(text);
        }
    }
    (found, corpus)
}

fn keep_what_may_be_told(here: &Here, view: &View, texts: &mut Vec<Text>) -> Result<(), OpsError> {
    let tasks = shown_texts(here, view)?;
    let notes: Vec<(NoteId, Note)> = texts.iter().filter_map(Text::note).collect();
    let notes = shown_notes(here, &notes)?;
    texts.retain(|text| match &text.what {
        What::Task(id) => tasks.contains(id),
        What::Note(id, note) => {
            let title_is_told = note.task.as_ref().is_none_or(|task| tasks.contains(task));
            notes.contains(id) && title_is_told
        }
        What::Decision(_) => true,
    });
    Ok(())
}

impl Text {
    /// What a task says of itself beyond its title.
    fn of_task(id: &TaskId, task: &Task) -> Option<Self> {
        let parts = [&task.notes, &task.acceptance, &task.reason];
        let parts: Vec<&str> = parts
            .into_iter()
            .flatten()
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
            .collect();
        let files = task.evidence.iter().flat_map(|evidence| evidence.files.iter().cloned());
        (!parts.is_empty()).then(|| Self {
            what: What::Task(id.clone()),
            kind: HitKind::Task,
            title: task.title.clone(),
            text: parts.join("\n"),
            files: files.collect(),
            since: Some(task.created_at),
            status: MemoryStatus::Current,
            session: task.source.session.clone(),
        })
    }

    fn of_note(view: &View, id: &NoteId, note: &Note) -> Self {
        let about = note.task.as_ref().and_then(|task| view.task(task));
        Self {
            what: What::Note(id.clone(), note.clone()),
            kind: HitKind::Note,
            title: about.map_or_else(|| beginning(&note.text, TITLE), |task| task.title.clone()),
            text: note.text.clone(),
            files: Vec::new(),
            since: Some(note.at),
            status: MemoryStatus::Current,
            session: note.session.clone(),
        }
    }

    fn of_record((path, record, text): adr::RecordText) -> Self {
        let status = match record.standing() {
            Standing::Decided => MemoryStatus::Current,
            Standing::Open => MemoryStatus::Suggested,
            Standing::Ended => MemoryStatus::Superseded,
        };
        Self {
            what: What::Decision(path.clone()),
            kind: HitKind::Decision,
            title: record.title,
            text,
            files: vec![path],
            since: record.date,
            status,
            session: None,
        }
    }

    fn note(&self) -> Option<(NoteId, Note)> {
        match &self.what {
            What::Note(id, note) => Some((id.clone(), note.clone())),
            What::Task(_) | What::Decision(_) => None,
        }
    }

    fn words(&self) -> String {
        format!("{}\n{}\n{}", self.title, self.text, self.files.join(" "))
    }

    fn document(&self) -> Document<'_> {
        Document {
            title: &self.title,
            text: &self.text,
            files: &self.files,
            kind: self.kind.as_str(),
            subject: None,
            since: self.since.unwrap_or(Timestamp::UNIX_EPOCH),
            until: None,
            status: self.status,
            confidence: Confidence::Stated,
            pinned: false,
            support: 1,
            used: 0,
        }
    }

    fn source(&self) -> Option<Source> {
        let source = Source::of(self.since?);
        Some(Source { session: Some(self.session.clone()?), ..source })
    }

    fn hit(&self, question: &Question, asker: Asker, ranked: &Ranked) -> RecallHit {
        let (id, weight) = match &self.what {
            What::Task(id) => (id.to_string(), TASK),
            What::Note(id, _) => (id.to_string(), WHOLE),
            What::Decision(path) => (path.clone(), WHOLE),
        };
        let (title, text) = match (&self.what, asker) {
            (What::Decision(path), Asker::Agent) => (path.clone(), String::new()),
            (What::Decision(_), Asker::Person) => {
                (self.title.clone(), excerpt(question, &self.text))
            }
            (What::Task(_) | What::Note(..), _) => (self.title.clone(), self.text.clone()),
        };
        RecallHit {
            id,
            key: None,
            kind: self.kind.clone(),
            title,
            text,
            score: ranked.score * weight,
            status: self.status_as(ranked.status),
            scope: None,
            since: self.since,
            until: None,
            source: self.source(),
            why: ranked.why.join(", "),
        }
    }

    /// What another one replaced is over, whatever it says of itself.
    fn status_as(&self, served: MemoryStatus) -> MemoryStatus {
        if served == MemoryStatus::Current { self.status } else { served }
    }
}

/// The paragraph that has most words of the question, headings apart.
fn excerpt(question: &Question, text: &str) -> String {
    let terms: BTreeSet<&str> = question.terms().into_iter().collect();
    let paragraphs = text.split("\n\n").map(str::trim).filter(|part| !part.starts_with('#'));
    let mut by_words = BTreeMap::new();
    for part in paragraphs.filter(|part| !part.is_empty()) {
        let words = indexed(part);
        let had: BTreeSet<&str> = words.split(' ').filter(|word| terms.contains(word)).collect();
        // Of equals the first.
        by_words.entry(had.len()).or_insert(part);
    }
    by_words.last_entry().map(|entry| beginning(entry.get(), EXCERPT)).unwrap_or_default()
}

fn beginning(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}
