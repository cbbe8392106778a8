//! A model's proposals as changes that can be carried out.
//!
//! A wording gets its sources from the findings of the sessions that it names: those that share its words,
//! else all of them. Confidence, status and scope then follow from these by the same rules as without
//! a model ([`consolidate()`] over findings that say it in the model's words), so a model can neither make
//! something surer than its sessions were nor bring back what a person rejected.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;

use super::consolidation::{Objection, Proposal, Proposals, ProposedChange, Refusal, Wording};
use crate::memory::consolidate::{
    Change, Consolidated, Draft, Gone, MOST_SOURCES, Name, Scoped, consolidate,
};
use crate::memory::extract::subject;
use crate::memory::words::stems;
use crate::memory::{Author, Memory, MemoryStatus, Reach, Source};

/// What the accepted proposals come to, over the memories and findings of one root; and what can't be done
/// after all.
pub fn ground(
    proposals: &Proposals,
    known: &[Memory],
    findings: &[Scoped],
    now: Timestamp,
) -> (Consolidated, Vec<Refusal>) {
    let mut grounds =
        Grounds { known, findings, now, changes: Vec::new(), later: Vec::new(), added: 0 };
    let mut refused = Vec::new();
    for Proposal { change, .. } in &proposals.accepted {
        refused.extend(grounds.take(change).err());
    }
    let Grounds { mut changes, later, .. } = grounds;
    changes.extend(later);
    (Consolidated { changes }, refused)
}

struct Grounds<'a> {
    known: &'a [Memory],
    findings: &'a [Scoped],
    now: Timestamp,
    /// What is added and replaced.
    changes: Vec<Change>,
    /// What is superseded and dropped, which comes after.
    later: Vec<Change>,
    added: usize,
}

impl Grounds<'_> {
    fn take(&mut self, change: &ProposedChange) -> Result<(), Refusal> {
        match change {
            ProposedChange::Add(wording) => {
                let draft = self.draft(wording)?;
                self.add(draft);
            }
            ProposedChange::Replace(id, wording) => {
                let memory = replaced(self.own(id.as_str())?, wording, &self.grounded(wording));
                self.changes.push(Change::Replace { id: id.clone(), memory: Box::new(memory) });
            }
            ProposedChange::Supersede(id, wording) => {
                let old = self.own(id.as_str())?;
                let (scope, held_since) = (old.scope.clone(), old.since);
                let draft = self.draft(wording)?;
                let said = draft.sources.iter().map(|source| source.at).max().unwrap_or(self.now);
                let until = said.max(held_since);
                let by = self.add(Draft { scope, since: until, ..draft });
                self.later.push(Change::Supersede { name: Name::Known(id.clone()), by, until });
            }
            ProposedChange::Remove(id) => {
                let why = self.why_gone(self.own(id.as_str())?);
                self.later.push(Change::Drop { id: id.clone(), why });
            }
        }
        Ok(())
    }

    fn own(&self, id: &str) -> Result<&Memory, Refusal> {
        let memory = self.known.iter().find(|memory| memory.id.as_str() == id);
        memory.ok_or_else(|| refusal(Objection::NoMemory, id))
    }

    fn add(&mut self, draft: Draft) -> Name {
        self.changes.push(Change::Add(draft));
        self.added += 1;
        Name::New(self.added - 1)
    }

    /// What the rules make of the wording where nothing is known but what persons said.
    fn draft(&self, wording: &Wording) -> Result<Draft, Refusal> {
        let grounded = self.grounded(wording);
        if grounded.is_empty() {
            return Err(refusal(Objection::NoSession, &wording.title));
        }
        let settled: Vec<Memory> =
            self.known.iter().filter(|memory| is_a_persons(memory)).cloned().collect();
        let made = consolidate(&settled, &grounded, self.now).changes;
        let is_contested = made.iter().any(is_contest);
        let mut drafts = made.into_iter().filter_map(added);
        let draft = drafts.next().ok_or_else(|| refusal(Objection::Settled, &wording.title))?;
        let status = if is_contested { MemoryStatus::Suggested } else { draft.status };
        Ok(Draft { status, ..draft })
    }

    /// The findings on which a wording rests, in its words; of one project, and where it is for a line of one
    /// line: the latest.
    fn grounded(&self, wording: &Wording) -> Vec<Scoped> {
        let sessions: BTreeSet<&str> = wording.sessions.iter().map(String::as_str).collect();
        let is_of_session = |scoped: &&Scoped| {
            scoped.finding.source.session.as_deref().is_some_and(|id| sessions.contains(id))
        };
        let of_sessions: Vec<&Scoped> = self.findings.iter().filter(is_of_session).collect();
        let words: HashSet<String> = said_in(&wording.title, &wording.text);
        let alike: Vec<&Scoped> =
            of_sessions.iter().copied().filter(|scoped| is_alike(&words, scoped)).collect();
        let found = if alike.is_empty() { of_sessions } else { alike };
        let Some(latest) = found.iter().max_by_key(|scoped| scoped.finding.source.at) else {
            return Vec::new();
        };
        let reaches_user = found.iter().any(|scoped| scoped.finding.reach == Reach::User);
        let reach = match wording.reach {
            Reach::User if reaches_user => Reach::User,
            Reach::User | Reach::Project => Reach::Project,
            Reach::Line => Reach::Line,
        };
        let is_here = |scoped: &&&Scoped| match reach {
            Reach::User => true,
            Reach::Project => scoped.project == latest.project,
            Reach::Line => (&scoped.project, &scoped.line) == (&latest.project, &latest.line),
        };
        found.iter().filter(is_here).map(|scoped| in_words(scoped, wording, reach)).collect()
    }

    /// Whether its sessions still say something, and so something else says it better.
    fn why_gone(&self, memory: &Memory) -> Gone {
        let heard = |source: &Source| {
            self.findings.iter().any(|scoped| scoped.finding.source.session == source.session)
        };
        if memory.sources.iter().any(heard) { Gone::Merged } else { Gone::Unfounded }
    }
}

fn added(change: Change) -> Option<Draft> {
    match change {
        Change::Add(draft) => Some(draft),
        Change::Replace { .. }
        | Change::Support { .. }
        | Change::Supersede { .. }
        | Change::Dispute { .. }
        | Change::Drop { .. } => None,
    }
}

/// Whether a person says otherwise.
fn is_contest(change: &Change) -> bool {
    match change {
        Change::Supersede { .. } | Change::Dispute { .. } => true,
        Change::Add(_) | Change::Replace { .. } | Change::Support { .. } | Change::Drop { .. } => {
            false
        }
    }
}

fn refusal(why: Objection, what: &str) -> Refusal {
    Refusal { why, what: what.to_owned() }
}

fn is_a_persons(memory: &Memory) -> bool {
    memory.author == Author::Person || memory.status == MemoryStatus::Rejected
}

fn said_in(title: &str, text: &str) -> HashSet<String> {
    stems(title).into_iter().chain(stems(text)).collect()
}

/// Two words in common, or all of the shorter.
fn is_alike(words: &HashSet<String>, scoped: &Scoped) -> bool {
    let of_finding = said_in(&scoped.finding.title, &scoped.finding.text);
    let shared = words.intersection(&of_finding).count();
    shared >= 2 || (shared > 0 && shared == words.len().min(of_finding.len()))
}

fn in_words(scoped: &Scoped, wording: &Wording, reach: Reach) -> Scoped {
    let mut scoped = scoped.clone();
    let finding = &mut scoped.finding;
    finding.kind.clone_from(&wording.kind);
    finding.title.clone_from(&wording.title);
    finding.text.clone_from(&wording.text);
    finding.reach = reach;
    // Read off the words that stand: what the finding set may be said by another memory.
    finding.subject = subject(&wording.kind, &wording.title);
    scoped
}

/// The same memory in other words, with what more it rests on.
fn replaced(old: &Memory, wording: &Wording, grounded: &[Scoped]) -> Memory {
    let more = grounded.iter().map(|scoped| scoped.finding.source.clone());
    let mut sources: Vec<Source> = old.sources.iter().cloned().chain(more).collect();
    sources.sort_by(|one, other| (one.at, one).cmp(&(other.at, other)));
    sources.dedup();
    sources.drain(..sources.len().saturating_sub(MOST_SOURCES));
    let (kind, title) = (wording.kind.clone(), wording.title.clone());
    let mut memory = Memory { kind, title, sources, ..old.clone() };
    memory.reword(wording.text.clone());
    memory
}

#[cfg(test)]
mod tests;
