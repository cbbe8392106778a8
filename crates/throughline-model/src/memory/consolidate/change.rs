//! What to change, and carrying it out on a list of memories.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::cluster::{Cluster, Clustering, latest};
use super::is_ours;
use super::settle::Standing;
use crate::ids::MemoryId;
use crate::memory::{Author, Confidence, Memory, MemoryKind, MemoryScope, MemoryStatus, Source};

/// The most files that a memory names.
const MOST_FILES: usize = 8;

/// A memory that exists, or one that these changes add.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// It has an id.
    Known(MemoryId),
    /// The added one with this number; the caller makes its id.
    New(usize),
}

/// A memory without an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// As in [`Memory::kind`].
    pub kind: MemoryKind,
    /// As in [`Memory::scope`].
    pub scope: MemoryScope,
    /// As in [`Memory::title`].
    pub title: String,
    /// As in [`Memory::text`].
    pub text: String,
    /// As in [`Memory::confidence`].
    pub confidence: Confidence,
    /// [`MemoryStatus::Current`] or [`MemoryStatus::Suggested`]: what else it is, another change says.
    pub status: MemoryStatus,
    /// As in [`Memory::subject`].
    pub subject: Option<String>,
    /// As in [`Memory::files`].
    pub files: Vec<String>,
    /// As in [`Memory::sources`].
    pub sources: Vec<Source>,
    /// As in [`Memory::since`].
    pub since: Timestamp,
}

impl Draft {
    /// The memory by this name.
    pub fn named(self, id: MemoryId) -> Memory {
        let Self { kind, scope, title, text, confidence, status, subject, files, sources, since } =
            self;
        Memory {
            id,
            kind,
            scope,
            title,
            text,
            confidence,
            status,
            author: Author::Consolidation,
            pinned: false,
            key: None,
            subject,
            files,
            sources,
            since,
            until: None,
            superseded_by: None,
            unfounded: false,
            earlier: Vec::new(),
            extra: BTreeMap::new(),
        }
    }

    /// The memory with the words of this one, and all that is not consolidation's as it was.
    fn over(self, old: &Memory) -> Memory {
        let Memory { id, pinned, key, unfounded, extra, .. } = old.clone();
        Memory { pinned, key, unfounded, extra, ..self.named(id) }
    }
}

/// Why a memory goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gone {
    /// No finding says so any more: its sessions were forgotten, or are no longer heard.
    Unfounded,
    /// Another memory says it now.
    Merged,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new memory. The n-th of these is [`Name::New`] n.
    Add(Draft),
    /// Other words, sources or standing for a memory of consolidation's.
    Replace {
        /// Which.
        id: MemoryId,
        /// As it is to be.
        memory: Box<Memory>,
    },
    /// More sources for what a person wrote; nothing else of it changes.
    Support {
        /// Which.
        id: MemoryId,
        /// All its sources from now on.
        sources: Vec<Source>,
    },
    /// A later one took its place.
    Supersede {
        /// What is no longer so.
        name: Name,
        /// What is so now.
        by: Name,
        /// Since when.
        until: Timestamp,
    },
    /// Others say otherwise, and nothing tells which holds.
    Dispute {
        /// Which.
        name: Name,
        /// The others.
        with: Vec<Name>,
    },
    /// It goes. Never one that a person wrote, pinned or rejected.
    Drop {
        /// Which.
        id: MemoryId,
        /// Why.
        why: Gone,
    },
}

/// What consolidation would change, in the order in which it is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consolidated {
    /// The changes.
    pub changes: Vec<Change>,
}

impl Consolidated {
    /// Whether all stands as the findings say.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many new memories there are: so many ids are needed.
    pub fn added(&self) -> usize {
        self.changes.iter().filter(|change| matches!(change, Change::Add(_))).count()
    }

    /// The memories after the changes. A new one without an id left for it is not added.
    pub fn carry_out(&self, known: &[Memory], new_ids: &[MemoryId]) -> Vec<Memory> {
        let mut memories = known.to_vec();
        let mut ids = new_ids.iter();
        for change in &self.changes {
            if let Change::Add(draft) = change {
                memories.extend(ids.next().map(|id| draft.clone().named(id.clone())));
            } else {
                change.carry_out(&mut memories, new_ids);
            }
        }
        memories
    }
}

impl Change {
    fn carry_out(&self, memories: &mut Vec<Memory>, new_ids: &[MemoryId]) {
        let id_of = |name: &Name| match name {
            Name::Known(id) => Some(id.clone()),
            Name::New(number) => new_ids.get(*number).cloned(),
        };
        let mut with = |id: Option<MemoryId>, change: &dyn Fn(&mut Memory)| {
            memories.iter_mut().filter(|memory| Some(&memory.id) == id.as_ref()).for_each(change);
        };
        match self {
            Self::Add(_) => {}
            Self::Replace { id, memory } => with(Some(id.clone()), &|old| old.clone_from(memory)),
            Self::Support { id, sources } => {
                with(Some(id.clone()), &|old| old.sources.clone_from(sources))
            }
            Self::Supersede { name, by, until } => with(id_of(name), &|old| {
                old.status = MemoryStatus::Superseded;
                old.until = Some(*until);
                old.superseded_by = id_of(by);
            }),
            Self::Dispute { name, .. } => with(id_of(name), &|old| {
                old.status = MemoryStatus::Disputed;
                old.until = None;
                old.superseded_by = None;
            }),
            Self::Drop { id, .. } => memories.retain(|memory| memory.id != *id),
        }
    }
}

/// All changes: first what is added and replaced, then how it stands, then what goes.
pub(super) fn changes(
    known: &[Memory],
    all: &Clustering<'_>,
    names: &[Name],
    standings: &[Standing],
) -> Consolidated {
    let by_id: BTreeMap<&MemoryId, &Memory> =
        known.iter().map(|memory| (&memory.id, memory)).collect();
    let (mut changes, mut standing) = (Vec::new(), Vec::new());
    for ((cluster, name), stands) in all.clusters.iter().zip(names).zip(standings) {
        let draft = draft(cluster, stands);
        match name {
            Name::New(_) => {
                changes.push(Change::Add(draft));
                standing.extend(stand(name, stands));
            }
            Name::Known(id) => {
                let Some(old) = by_id.get(id) else { continue };
                let (words, stands) = rewritten(draft, old, name, stands);
                changes.extend(words);
                standing.extend(stands);
            }
        }
    }
    changes.extend(supported(known, all));
    changes.extend(standing);
    changes.extend(dropped(known, all, names));
    Consolidated { changes }
}

fn draft(cluster: &Cluster<'_>, standing: &Standing) -> Draft {
    let wording = &cluster.wording().finding;
    let status = match standing {
        Standing::Suggested => MemoryStatus::Suggested,
        Standing::Current | Standing::Disputed(_) | Standing::Superseded { .. } => {
            MemoryStatus::Current
        }
    };
    Draft {
        kind: wording.kind.clone(),
        scope: cluster.scope.clone(),
        title: wording.title.clone(),
        text: wording.text.clone(),
        confidence: cluster.confidence(),
        status,
        subject: wording.subject.clone(),
        files: files(cluster),
        sources: cluster.sources(),
        since: cluster.first(),
    }
}

/// The files of the wording that stands, then those of the others, the latest first.
fn files(cluster: &Cluster<'_>) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    let others = cluster.members.iter().rev().flat_map(|one| &one.finding.files);
    for file in cluster.wording().finding.files.iter().chain(others) {
        if files.len() < MOST_FILES && !files.contains(file) {
            files.push(file.clone());
        }
    }
    files
}

/// How a memory comes to stand, if that takes a change of its own.
fn stand(name: &Name, standing: &Standing) -> Option<Change> {
    let name = name.clone();
    match standing {
        Standing::Current | Standing::Suggested => None,
        Standing::Disputed(with) => Some(Change::Dispute { name, with: with.clone() }),
        Standing::Superseded { by, until } => {
            Some(Change::Supersede { name, by: by.clone(), until: *until })
        }
    }
}

/// What changes of a memory that stands: its words, and how it stands.
fn rewritten(
    draft: Draft,
    old: &Memory,
    name: &Name,
    standing: &Standing,
) -> (Option<Change>, Option<Change>) {
    let mut memory = draft.over(old);
    let stands = stand(name, standing);
    if stands.is_some() {
        (memory.status, memory.until) = (old.status, old.until);
        memory.superseded_by.clone_from(&old.superseded_by);
    }
    let stands = stands.filter(|_| !stands_so(old, standing));
    let words =
        (memory != *old).then(|| Change::Replace { id: old.id.clone(), memory: Box::new(memory) });
    (words, stands)
}

fn stands_so(old: &Memory, standing: &Standing) -> bool {
    match standing {
        Standing::Current => old.status == MemoryStatus::Current,
        Standing::Suggested => old.status == MemoryStatus::Suggested,
        Standing::Disputed(_) => old.status == MemoryStatus::Disputed,
        Standing::Superseded { by, until } => {
            let same = old.superseded_by.as_ref().is_some_and(|id| Name::Known(id.clone()) == *by);
            old.status == MemoryStatus::Superseded && old.until == Some(*until) && same
        }
    }
}

/// What a person wrote, with the findings that say the same. What was rejected gets none.
fn supported(known: &[Memory], all: &Clustering<'_>) -> Vec<Change> {
    let mut found: BTreeMap<usize, Vec<Source>> = BTreeMap::new();
    for (at, one) in &all.absorbed {
        found.entry(*at).or_default().push(one.finding.source.clone());
    }
    let heard = found.into_iter().filter(|(at, _)| known[*at].status != MemoryStatus::Rejected);
    let supports = heard.filter_map(|(at, sources)| {
        let old = &known[at];
        let sources = latest(old.sources.iter().cloned().chain(sources).collect());
        (sources != old.sources).then(|| Change::Support { id: old.id.clone(), sources })
    });
    supports.collect()
}

/// Memories of consolidation's that no cluster is.
fn dropped(known: &[Memory], all: &Clustering<'_>, names: &[Name]) -> Vec<Change> {
    let heard: std::collections::BTreeSet<&Source> = {
        let clustered = all.clusters.iter().flat_map(|cluster| &cluster.members);
        clustered
            .copied()
            .chain(all.absorbed.iter().map(|(_, one)| *one))
            .map(|one| &one.finding.source)
            .collect()
    };
    let kept: std::collections::BTreeSet<&MemoryId> = names
        .iter()
        .filter_map(|name| match name {
            Name::Known(id) => Some(id),
            Name::New(_) => None,
        })
        .collect();
    let gone = known
        .iter()
        .filter(|memory| is_ours(memory) && !memory.pinned && !kept.contains(&memory.id));
    gone.map(|memory| {
        let is_heard = memory.sources.iter().any(|source| heard.contains(source));
        let why = if is_heard { Gone::Merged } else { Gone::Unfounded };
        Change::Drop { id: memory.id.clone(), why }
    })
    .collect()
}
