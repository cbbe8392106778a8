//! Consolidation: what the findings of many sessions come to.
//!
//! Findings that say the same are one memory; of findings that set the same thing to another value,
//! the later one holds; what contradicts a person's word waits for a person. The outcome is a list of
//! changes that can be printed before it is carried out.
//!
//! Invariants, held by property tests: the order of the findings doesn't matter; consolidating once
//! more changes nothing; a memory goes when its last finding goes, and not before; what a person wrote
//! gets sources and is otherwise left alone; what a person rejected is not suggested again.
//!
//! Likeness of two texts depends on these two alone, not on what else is remembered (no weights by
//! rarity): else forgetting one session would move the memories of others.

mod change;
mod cluster;
mod saying;
mod settle;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use self::cluster::{Cluster, Clustering};
use self::saying::{Family, Likeness, Saying};
use super::{
    Author, Confidence, Finding, Memory, MemoryKind, MemoryScope, MemoryStatus, Reach, Source,
};

pub use self::change::{Change, Consolidated, Draft, Gone, Name};

/// The most sources that a memory lists; the latest stay.
pub const MOST_SOURCES: usize = 20;

/// A finding, and whose session it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scoped {
    /// What was found.
    pub finding: Finding,
    /// The project's key, as in [`MemoryScope::Project`].
    pub project: String,
    /// The line's key, as in [`MemoryScope::Line`].
    pub line: String,
}

impl Scoped {
    /// Where a memory of it holds.
    pub fn scope(&self) -> MemoryScope {
        let project = || self.project.clone();
        match self.finding.reach {
            Reach::User => MemoryScope::User,
            Reach::Project => MemoryScope::Project { project: project() },
            Reach::Line => MemoryScope::Line { project: project(), line: self.line.clone() },
        }
    }
}

/// Says what to change so that the memories are what the findings come to.
///
/// `known` are all memories of the root as they stand, `findings` all that are retained. A finding
/// from after `now` (a clock that was wrong) counts as one of now.
pub fn consolidate(known: &[Memory], findings: &[Scoped], now: Timestamp) -> Consolidated {
    let mut sorted: Vec<&Scoped> = findings.iter().collect();
    sorted.sort_by(|one, other| order(one).cmp(&order(other)));
    sorted.dedup();
    let mut clustering = Clustering::of(known, &sorted, now);
    // What many sessions support comes first, then what was said lately.
    clustering.clusters.sort_by_key(|one| std::cmp::Reverse((one.sessions(), one.last())));
    let names = matched(known, &clustering.clusters);
    let standings = settle::standings(known, &clustering, &names);
    change::changes(known, &clustering, &names, &standings)
}

/// The widest scope first, then by time: so what is narrower finds what is wider.
fn order(scoped: &Scoped) -> impl Ord + '_ {
    let finding = &scoped.finding;
    let source = &finding.source;
    let words = (
        &finding.title,
        &finding.text,
        &finding.kind,
        finding.confidence,
        &finding.subject,
        &finding.files,
    );
    (finding.reach, source.at, source, &scoped.project, &scoped.line, words)
}

/// Which known memory each cluster is; a new one is numbered in the order of the clusters.
fn matched(known: &[Memory], clusters: &[Cluster<'_>]) -> Vec<Name> {
    let mut free: BTreeSet<usize> = (0..known.len()).filter(|at| is_ours(&known[*at])).collect();
    let mut found: Vec<Option<usize>> = vec![None; clusters.len()];
    for (_, cluster, at) in candidates(known, clusters) {
        if found[cluster].is_none() && free.remove(&at) {
            found[cluster] = Some(at);
        }
    }
    let mut new = 0..;
    found
        .into_iter()
        .map(|at| match at {
            Some(at) => Name::Known(known[at].id.clone()),
            None => Name::New(new.next().unwrap_or_default()),
        })
        .collect()
}

/// Whether consolidation may write it anew.
fn is_ours(memory: &Memory) -> bool {
    memory.author == Author::Consolidation && memory.status != MemoryStatus::Rejected
}

/// The score of a memory whose words a finding of the cluster has: more than any number of sources.
const SAME_WORDS: usize = 1_000;

/// Pairs of a cluster and a memory that could be the same, the likeliest first.
fn candidates(
    known: &[Memory],
    clusters: &[Cluster<'_>],
) -> Vec<(std::cmp::Reverse<usize>, usize, usize)> {
    let mut by_text: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut by_source: BTreeMap<&Source, Vec<usize>> = BTreeMap::new();
    for (at, memory) in known.iter().enumerate().filter(|(_, memory)| is_ours(memory)) {
        by_text.entry(&memory.text).or_default().push(at);
        memory.sources.iter().for_each(|source| by_source.entry(source).or_default().push(at));
    }
    let none = Vec::new();
    let mut pairs = Vec::new();
    for (index, cluster) in clusters.iter().enumerate() {
        let mut scores: BTreeMap<usize, usize> = BTreeMap::new();
        let texts = cluster
            .members
            .iter()
            .map(|member| member.finding.text.as_str())
            .collect::<BTreeSet<_>>();
        for at in texts.iter().flat_map(|text| by_text.get(text).unwrap_or(&none)) {
            scores.insert(*at, SAME_WORDS);
        }
        for at in cluster
            .members
            .iter()
            .flat_map(|member| by_source.get(&member.finding.source).unwrap_or(&none))
        {
            *scores.entry(*at).or_default() += 1;
        }
        let fits = |at: &usize, score: usize| {
            let family = Family::of(&known[*at].kind) == cluster.saying.family;
            family && (score >= SAME_WORDS || is_like(&known[*at], cluster))
        };
        let fitting = scores
            .into_iter()
            .filter(|(at, score)| is_within(&cluster.scope, &known[*at].scope) && fits(at, *score));
        pairs.extend(fitting.map(|(at, score)| (std::cmp::Reverse(score), index, at)));
    }
    pairs.sort();
    pairs
}

/// Whether a memory with a source of the cluster says the same, in words that no finding has any more.
fn is_like(memory: &Memory, cluster: &Cluster<'_>) -> bool {
    let said = Saying::of_memory(memory);
    cluster.saying.likeness(&said) == Likeness::Same
}

/// Whether a scope is the other, or holds everywhere where the other does.
fn is_within(wide: &MemoryScope, narrow: &MemoryScope) -> bool {
    match wide {
        MemoryScope::User => true,
        MemoryScope::Project { project } => narrow.project() == Some(project),
        MemoryScope::Line { .. } => wide == narrow,
    }
}

/// Words that tie a statement to the place where it was made.
const TIED: &[&str] = &["we", "our", "here", "repo", "repository", "project", "codebase", "this"];

/// Lifts what the user stated in two projects or more, in the same sense, to all of them.
///
/// Only what is about the person: preferences, and conventions that name neither files nor the place.
/// Call it with the findings of *all* memory roots, before [`consolidate`]; with those of one root it
/// lifts nothing wrongly, but misses what other roots know.
pub fn lift(findings: &mut [Scoped]) {
    let liftable: Vec<usize> =
        (0..findings.len()).filter(|at| is_liftable(&findings[*at])).collect();
    let groups = same_everywhere(findings, &liftable);
    for group in groups {
        let projects: BTreeSet<&str> =
            group.iter().map(|at| findings[*at].project.as_str()).collect();
        if projects.len() >= 2 {
            group.into_iter().for_each(|at| findings[at].finding.reach = Reach::User);
        }
    }
}

fn is_liftable(scoped: &Scoped) -> bool {
    let finding = &scoped.finding;
    let is_rule = matches!(finding.kind, MemoryKind::Preference | MemoryKind::Convention);
    let stated = finding.confidence == Confidence::Stated && finding.reach == Reach::Project;
    let words = super::words::words(&finding.title);
    let is_tied = words.iter().any(|word| TIED.contains(&word.lower.as_str()));
    is_rule && stated && !is_tied && finding.files.is_empty()
}

/// Groups of findings that say the same, whatever their project.
fn same_everywhere(findings: &[Scoped], liftable: &[usize]) -> Vec<Vec<usize>> {
    let nowhere = |at: &usize| {
        let finding = Finding { reach: Reach::User, ..findings[*at].finding.clone() };
        Scoped { finding, project: String::new(), line: String::new() }
    };
    let free: Vec<Scoped> = liftable.iter().map(nowhere).collect();
    let mut sorted: Vec<usize> = (0..free.len()).collect();
    sorted.sort_by(|one, other| order(&free[*one]).cmp(&order(&free[*other])));
    let in_order: Vec<&Scoped> = sorted.iter().map(|at| &free[*at]).collect();
    let clustering = Clustering::of(&[], &in_order, Timestamp::MAX);
    let clusters = clustering.clusters.into_iter();
    clusters
        .map(|cluster| cluster.positions.iter().map(|at| liftable[sorted[*at]]).collect())
        .collect()
}

#[cfg(test)]
mod tests;
