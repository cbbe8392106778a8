//! `MEMORY.md`: all memories of a root on one page, to be read, edited by hand and compared by git.
//!
//! A section for each kind, an entry for each memory: `### title`, its text, and one comment that says
//! what it is and how it stands. Entries keep their order, so a diff shows what changed and no more.
//!
//! Invariant: what is printed is read back as it was, whatever the text holds; a line of it that looks
//! like structure gets a backslash, which Markdown doesn't show. A hand may change title, text, section,
//! `pinned` and the status; an entry without its comment is a new one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Memory, MemoryKind, MemoryScope, MemoryStatus, Reach};
use crate::ids::MemoryId;
use crate::sanitise::{for_model, for_terminal};

/// What stands above the first section.
const PREAMBLE: &str = "# Memories\n\n\
    <!-- Edit titles, texts and sections as you like; yours win. To say that one is wrong, write\n\
    \x20    \"rejected\" in its comment; \"pinned\" keeps it up. An entry without a comment is new. -->\n";

/// Between the parts of an entry's comment.
const SEPARATOR: char = '·';

/// Begins an entry's comment.
const COMMENT: &str = "<!-- memory";

/// A section whose kind is another tool's word.
const OTHER: &str = "Other: ";

/// An entry of the page, as somebody left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which memory it is; none, if it is new.
    pub id: Option<MemoryId>,
    /// By its section.
    pub kind: MemoryKind,
    /// On one line.
    pub title: String,
    /// As in [`Memory::text`].
    pub text: String,
    /// Whether it says so.
    pub pinned: bool,
    /// How it stands, if it says so.
    pub status: Option<MemoryStatus>,
    /// How far a new one reaches, [`Reach::Project`] if it doesn't say. One that exists stays in its scope.
    pub reach: Reach,
    /// The line of its title, from 1.
    pub line: usize,
}

/// Why a page can't be read: where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// Nothing to call it by.
    #[error("line {line}: an entry without a title: write one behind the ###")]
    Untitled {
        /// From 1.
        line: usize,
    },
    /// An entry above the first section.
    #[error("line {line}: an entry of no kind: put it under a section such as \"## Decisions\"")]
    Unsorted {
        /// From 1.
        line: usize,
    },
    /// Text that belongs to no entry.
    #[error("line {line}: text outside of any entry: put \"### title\" above it, or take it out")]
    Loose {
        /// From 1.
        line: usize,
    },
    /// One memory stands there twice.
    #[error(
        "line {line}: {id} also stands in line {first}: take the comment out of the one that is new"
    )]
    Twice {
        /// Which.
        id: MemoryId,
        /// Where it stands again, from 1.
        line: usize,
        /// Where it stands first.
        first: usize,
    },
    /// A comment that doesn't say which memory it is.
    #[error("line {line}: `{text}` is not the id of a memory: restore it, or take the comment out")]
    BadId {
        /// From 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// A merge left it open.
    #[error("line {line}: a conflict marker of git: settle the merge first")]
    Conflict {
        /// From 1.
        line: usize,
    },
}

/// What somebody did to the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandEdit {
    /// Its title, text, kind, pin or status is another.
    Changed {
        /// Which.
        id: MemoryId,
        /// As it stands now.
        entry: Entry,
    },
    /// It is new. One with an id was there before and was put back.
    Added(Entry),
    /// It was taken out.
    Removed {
        /// Which.
        id: MemoryId,
    },
}

/// The page.
pub fn print(memories: &[Memory]) -> String {
    let mut page = PREAMBLE.to_owned();
    for (kind, memories) in sections(memories) {
        page.push_str(&format!("\n## {}\n", heading(kind)));
        memories.into_iter().for_each(|memory| page.push_str(&entry(memory)));
    }
    page
}

/// The memories by kind, in the order of the page.
fn sections(memories: &[Memory]) -> Vec<(&MemoryKind, Vec<&Memory>)> {
    let mut sections: BTreeMap<(usize, &MemoryKind), Vec<&Memory>> = BTreeMap::new();
    for memory in memories {
        let place = MemoryKind::NAMED.iter().position(|kind| *kind == memory.kind);
        let key = (place.unwrap_or(MemoryKind::NAMED.len()), &memory.kind);
        sections.entry(key).or_default().push(memory);
    }
    let mut sections: Vec<_> =
        sections.into_iter().map(|((_, kind), memories)| (kind, memories)).collect();
    for (_, memories) in &mut sections {
        memories.sort_by_key(|memory| (&memory.scope, memory.since, &memory.id));
    }
    sections
}

/// The heading under which memories of a kind stand.
pub(crate) fn heading(kind: &MemoryKind) -> String {
    match kind {
        MemoryKind::Decision => "Decisions".to_owned(),
        MemoryKind::Convention => "Conventions".to_owned(),
        MemoryKind::Command => "Commands".to_owned(),
        MemoryKind::Pitfall => "Pitfalls".to_owned(),
        MemoryKind::Preference => "Preferences".to_owned(),
        MemoryKind::Question => "Open questions".to_owned(),
        MemoryKind::Fact => "Facts".to_owned(),
        MemoryKind::Other(word) => format!("{OTHER}{}", for_model(word, usize::MAX)),
    }
}

/// The kind whose heading it is; people leave out the plural and write as they like.
fn kind(heading: &str) -> MemoryKind {
    let given = heading.trim().to_lowercase();
    let is_it = |kind: &MemoryKind| {
        let whole = self::heading(kind).to_lowercase();
        whole == given || whole.trim_end_matches('s') == given || kind.as_str() == given
    };
    let other =
        || MemoryKind::from(given.strip_prefix(&OTHER.to_lowercase()).unwrap_or(&given).to_owned());
    MemoryKind::NAMED.into_iter().find(is_it).unwrap_or_else(other)
}

fn entry(memory: &Memory) -> String {
    let text = normal_text(&memory.text);
    let text: Vec<_> = text.split('\n').map(escaped).collect();
    let text = text.join("\n");
    let body = if text.is_empty() { String::new() } else { format!("{text}\n\n") };
    format!("\n### {}\n\n{body}{}\n", normal_title(&memory.title), comment(memory))
}

fn comment(memory: &Memory) -> String {
    let since = memory.since.to_string();
    let sources = memory.sources.len();
    let parts = [
        Some(memory.id.to_string()),
        Some(scope(&memory.scope)),
        Some(memory.confidence.as_str().to_owned()),
        Some(memory.status.as_str().to_owned()),
        memory.pinned.then(|| "pinned".to_owned()),
        Some(format!("since {}", since.get(..10).unwrap_or(&since))),
        Some(if sources == 1 { "1 source".to_owned() } else { format!("{sources} sources") }),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    format!("{COMMENT} {} -->", parts.join(&format!(" {SEPARATOR} ")))
}

/// The scope in words; a line's name is shown and not read back.
fn scope(scope: &MemoryScope) -> String {
    match scope.line() {
        None => scope.as_str().to_owned(),
        Some(line) => {
            format!("line {}", for_model(&line.replace(SEPARATOR, " ").replace("--", "-"), 80))
        }
    }
}

/// A title as it stands on the page: on one line, and never empty.
fn normal_title(title: &str) -> String {
    let title = for_model(title, usize::MAX);
    let title = title.trim();
    if title.is_empty() { "…".to_owned() } else { title.to_owned() }
}

/// A text as it stands on the page: without what is not drawn, and without blanks around it.
fn normal_text(text: &str) -> String {
    let lines = text.replace("\r\n", "\n");
    for_terminal(&lines).trim().to_owned()
}

/// What would be read as structure at the start of a line.
const STRUCTURE: &[&str] = &["##", "<!--", "<<<<<<<", "=======", ">>>>>>>"];

fn looks_like_structure(line: &str) -> bool {
    STRUCTURE.iter().any(|mark| line.starts_with(mark)) || line.trim().starts_with(COMMENT)
}

fn escaped(line: &str) -> String {
    let hidden = line.trim_start_matches('\\');
    if looks_like_structure(hidden) { format!("\\{line}") } else { line.to_owned() }
}

fn unescaped(line: &str) -> &str {
    let hidden = line.trim_start_matches('\\');
    let is_escaped = hidden.len() < line.len() && looks_like_structure(hidden);
    if is_escaped { &line[1..] } else { line }
}

/// Reads the page as somebody left it.
pub fn parse(text: &str) -> Result<Vec<Entry>, SheetError> {
    let mut reader = Reader::default();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        reader.line(index + 1, line)?;
    }
    reader.close();
    Ok(reader.entries)
}

#[derive(Default)]
struct Reader {
    entries: Vec<Entry>,
    kind: Option<MemoryKind>,
    open: Option<Entry>,
    /// A comment of somebody's, over several lines, outside of any entry.
    in_comment: bool,
    lines_of: BTreeMap<MemoryId, usize>,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) -> Result<(), SheetError> {
        if self.in_comment {
            self.in_comment = !line.contains("-->");
        } else if let Some(heading) = line.strip_prefix("## ") {
            self.close();
            self.kind = Some(kind(heading));
        } else if let Some(title) = line.strip_prefix("###").filter(|rest| !rest.starts_with('#')) {
            self.begin(number, title)?;
        } else if line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ") || line == "======="
        {
            return Err(SheetError::Conflict { line: number });
        } else if let Some(comment) = line.trim().strip_prefix(COMMENT) {
            self.comment(number, comment)?;
        } else {
            self.text(number, line)?;
        }
        Ok(())
    }

    fn begin(&mut self, line: usize, title: &str) -> Result<(), SheetError> {
        self.close();
        let kind = self.kind.clone().ok_or(SheetError::Unsorted { line })?;
        let title = for_model(title, usize::MAX);
        if title.trim().is_empty() {
            return Err(SheetError::Untitled { line });
        }
        let (reach, title) = (Reach::Project, title.trim().to_owned());
        self.open = Some(Entry {
            id: None,
            kind,
            title,
            text: String::new(),
            pinned: false,
            status: None,
            reach,
            line,
        });
        Ok(())
    }

    fn comment(&mut self, line: usize, comment: &str) -> Result<(), SheetError> {
        let entry = self.open.as_mut().ok_or(SheetError::Loose { line })?;
        let parts = comment.trim_end().trim_end_matches('>').trim_end_matches('-');
        for (index, part) in parts.split([SEPARATOR, ',', '|', ';']).map(str::trim).enumerate() {
            match part {
                "pinned" => entry.pinned = true,
                "user" => entry.reach = Reach::User,
                "project" => entry.reach = Reach::Project,
                _ if part == "line" || part.starts_with("line ") => entry.reach = Reach::Line,
                _ if index == 0 && !part.is_empty() => {
                    let bad = |_| SheetError::BadId { line, text: part.chars().take(80).collect() };
                    entry.id = Some(MemoryId::parse(part).map_err(bad)?);
                }
                _ => entry.status = MemoryStatus::of(part).or(entry.status),
            }
        }
        self.is_first(line)
    }

    fn is_first(&mut self, line: usize) -> Result<(), SheetError> {
        let Some(id) = self.open.as_ref().and_then(|entry| entry.id.clone()) else { return Ok(()) };
        match self.lines_of.insert(id.clone(), line) {
            Some(first) => Err(SheetError::Twice { id, line, first }),
            None => Ok(()),
        }
    }

    fn text(&mut self, number: usize, line: &str) -> Result<(), SheetError> {
        match &mut self.open {
            Some(entry) => {
                entry.text.push_str(unescaped(line));
                entry.text.push('\n');
            }
            None if line.starts_with("<!--") => self.in_comment = !line.contains("-->"),
            None if line.trim().is_empty() || line.starts_with("# ") => {}
            None => return Err(SheetError::Loose { line: number }),
        }
        Ok(())
    }

    fn close(&mut self) {
        if let Some(mut entry) = self.open.take() {
            entry.text = normal_text(&entry.text);
            self.entries.push(entry);
        }
    }
}

/// What somebody did to the page since it was printed from `before`.
pub fn hand_edits(before: &[Memory], parsed: &[Entry]) -> Vec<HandEdit> {
    let by_id: BTreeMap<&MemoryId, &Memory> =
        before.iter().map(|memory| (&memory.id, memory)).collect();
    let mut edits = Vec::new();
    for entry in parsed {
        let known = entry.id.as_ref().and_then(|id| by_id.get(id));
        match known {
            None => edits.push(HandEdit::Added(entry.clone())),
            Some(memory) if !is_as_printed(memory, entry) => {
                edits.push(HandEdit::Changed { id: memory.id.clone(), entry: entry.clone() });
            }
            Some(_) => {}
        }
    }
    let there: BTreeSet<&MemoryId> = parsed.iter().filter_map(|entry| entry.id.as_ref()).collect();
    let gone = before.iter().filter(|memory| !there.contains(&memory.id));
    edits.extend(gone.map(|memory| HandEdit::Removed { id: memory.id.clone() }));
    edits
}

fn is_as_printed(memory: &Memory, entry: &Entry) -> bool {
    let words =
        normal_title(&memory.title) == entry.title && normal_text(&memory.text) == entry.text;
    let status = entry.status.is_none_or(|status| status == memory.status);
    words && status && memory.kind == entry.kind && memory.pinned == entry.pinned
}

#[cfg(test)]
mod tests;
