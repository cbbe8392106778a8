//! Clusters: findings that say the same as their first one.
//!
//! Who says the same is looked for among those that share a rare word or the subject, so no finding is
//! compared with all others.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::saying::{Family, Likeness, Saying};
use super::{MOST_SOURCES, Scoped, is_within};
use crate::memory::{Author, Confidence, Memory, MemoryScope, MemoryStatus, Source};

/// Findings that are one memory.
#[derive(Debug)]
pub(super) struct Cluster<'f> {
    pub(super) scope: MemoryScope,
    /// What its first finding says.
    pub(super) saying: Saying,
    /// In order of time, but for those of a narrower scope, which come last.
    pub(super) members: Vec<&'f Scoped>,
    /// Where the members stand in the list that was given.
    pub(super) positions: Vec<usize>,
    now: Timestamp,
}

impl Cluster<'_> {
    /// The latest wording of the surest source.
    pub(super) fn wording(&self) -> &Scoped {
        let rank = |one: &&&Scoped| {
            (one.finding.confidence, one.finding.source.at, one.finding.text.clone())
        };
        self.members.iter().max_by_key(rank).map_or(self.members[0], |one| *one)
    }

    pub(super) fn confidence(&self) -> Confidence {
        self.members.iter().map(|one| one.finding.confidence).max().unwrap_or(Confidence::Inferred)
    }

    /// When it was said, the earliest first.
    pub(super) fn times(&self) -> Vec<Timestamp> {
        let mut times: Vec<_> =
            self.members.iter().map(|one| one.finding.source.at.min(self.now)).collect();
        times.sort();
        times
    }

    /// When it was said first.
    pub(super) fn first(&self) -> Timestamp {
        let times = self.members.iter().map(|one| one.finding.source.at.min(self.now));
        times.min().unwrap_or(self.now)
    }

    /// When it was said last.
    pub(super) fn last(&self) -> Timestamp {
        let times = self.members.iter().map(|one| one.finding.source.at.min(self.now));
        times.max().unwrap_or(self.now)
    }

    /// In how many sessions it was found.
    pub(super) fn sessions(&self) -> usize {
        let mut sessions: Vec<_> =
            self.members.iter().map(|one| &one.finding.source.session).collect();
        sessions.sort();
        sessions.dedup();
        sessions.len()
    }

    /// The latest sources, the latest last.
    pub(super) fn sources(&self) -> Vec<Source> {
        latest(self.members.iter().map(|one| one.finding.source.clone()).collect())
    }
}

/// Each once, the latest last, and no more than are listed.
pub(super) fn latest(mut sources: Vec<Source>) -> Vec<Source> {
    sources.sort_by(|one, other| (one.at, one).cmp(&(other.at, other)));
    sources.dedup();
    sources.split_off(sources.len().saturating_sub(MOST_SOURCES))
}

/// All clusters, and what went to memories that consolidation may not write.
#[derive(Debug)]
pub(super) struct Clustering<'f> {
    pub(super) clusters: Vec<Cluster<'f>>,
    /// Findings that say what a person wrote or rejected, by the place of that memory in `known`.
    pub(super) absorbed: Vec<(usize, &'f Scoped)>,
    /// What each such memory says.
    pub(super) fixed: Vec<(usize, Saying)>,
    /// What they said before somebody reworded them, by the same places.
    earlier: Vec<(usize, Saying)>,
}

impl<'f> Clustering<'f> {
    /// Clusters sorted findings around memories that stand fast, then around themselves.
    pub(super) fn of(known: &[Memory], sorted: &[&'f Scoped], now: Timestamp) -> Self {
        let fixed: Vec<_> = known
            .iter()
            .enumerate()
            .filter(|(_, memory)| is_fixed(memory))
            .map(|(at, memory)| (at, Saying::of_memory(memory)))
            .collect();
        let sayings: Vec<_> = sorted.iter().map(|one| Saying::of_finding(&one.finding)).collect();
        let earlier: Vec<_> = fixed.iter().flat_map(|(at, _)| earlier(*at, &known[*at])).collect();
        let standing = fixed.iter().chain(&earlier).map(|(_, said)| said);
        let mut around_fixed = Neighbours::of(standing.clone().chain(&sayings));
        let mut around = around_fixed.clone();
        for (index, said) in standing.enumerate() {
            around_fixed.insert(index, said);
        }
        let mut all = Self { clusters: Vec::new(), absorbed: Vec::new(), fixed, earlier };
        for (position, (one, said)) in sorted.iter().zip(sayings).enumerate() {
            match all.standing_fast(known, &around_fixed, one, &said) {
                Some(at) => all.absorbed.push((at, one)),
                None => all.join(&mut around, one, said, position, now),
            }
        }
        all
    }

    /// The memory of a person, or a rejected one, that says what the finding says or was made of it.
    fn standing_fast(
        &self,
        known: &[Memory],
        around: &Neighbours,
        one: &Scoped,
        said: &Saying,
    ) -> Option<usize> {
        let scope = one.scope();
        let is_same = |at: usize, fixed: &Saying| {
            let same = fixed.likeness(said) == Likeness::Same;
            is_within(&known[at].scope, &scope)
                && (same || is_made_of(&known[at], fixed, one, said))
        };
        let was_same = |at: usize, earlier: &Saying| {
            // A person's other words may mean something else: only what they were made of is theirs.
            let may_be = known[at].author == Author::Model
                || known[at].sources.contains(&one.finding.source);
            may_be
                && is_within(&known[at].scope, &scope)
                && earlier.likeness(said) == Likeness::Same
        };
        around.near(said).into_iter().find_map(|index| match self.fixed.get(index) {
            Some((at, fixed)) => is_same(*at, fixed).then_some(*at),
            None => {
                let (at, earlier) = &self.earlier[index - self.fixed.len()];
                was_same(*at, earlier).then_some(*at)
            }
        })
    }

    fn join(
        &mut self,
        around: &mut Neighbours,
        one: &'f Scoped,
        said: Saying,
        position: usize,
        now: Timestamp,
    ) {
        let scope = one.scope();
        let near = around.near(&said).into_iter();
        let same = near.filter(|at| {
            is_within(&self.clusters[*at].scope, &scope)
                && self.clusters[*at].saying.likeness(&said) == Likeness::Same
        });
        let width = |at: &usize| self.clusters[*at].scope != scope;
        match same.min_by_key(|at| (width(at), *at)) {
            Some(at) => {
                self.clusters[at].members.push(one);
                self.clusters[at].positions.push(position);
            }
            None => {
                around.insert(self.clusters.len(), &said);
                self.clusters.push(Cluster {
                    scope,
                    saying: said,
                    members: vec![one],
                    positions: vec![position],
                    now,
                });
            }
        }
    }
}

/// What a memory said before.
fn earlier(at: usize, memory: &Memory) -> impl Iterator<Item = (usize, Saying)> {
    memory
        .earlier
        .iter()
        .map(move |text| (at, Saying::of_memory(&Memory { text: text.clone(), ..memory.clone() })))
}

/// Whether consolidation leaves its words alone.
fn is_fixed(memory: &Memory) -> bool {
    memory.author != Author::Consolidation || memory.status == MemoryStatus::Rejected
}

/// Whether a person's memory was edited out of what the finding says: it has its source, and sets the same.
fn is_made_of(memory: &Memory, fixed: &Saying, one: &Scoped, said: &Saying) -> bool {
    let shares = memory.sources.contains(&one.finding.source);
    let sets_the_same = fixed.subject.is_some() && fixed.subject == said.subject;
    shares
        && fixed.family == said.family
        && (sets_the_same || fixed.likeness(said) != Likeness::Unrelated)
}

/// Finds what could be related: by words, or by subject.
///
/// Of two sets of which four fifths are common, each has one of the rarest fifth of the other; of two of
/// which one contains the other, the larger has the rarest word of the smaller.
#[derive(Debug, Clone, Default)]
pub(super) struct Neighbours {
    /// How rare each word is, the rarest first.
    rank: HashMap<u64, u32>,
    by_any: HashMap<(Family, u64), Vec<usize>>,
    by_rarest: HashMap<(Family, u64), Vec<usize>>,
    by_subject: HashMap<(Family, String), Vec<usize>>,
    by_command: HashMap<String, Vec<usize>>,
}

impl Neighbours {
    /// Learns which words are rare.
    pub(super) fn of<'s>(sayings: impl Iterator<Item = &'s Saying>) -> Self {
        let mut counts: HashMap<u64, usize> = HashMap::new();
        for word in sayings.flat_map(|said| said.meaning.stems.iter()) {
            *counts.entry(word).or_default() += 1;
        }
        let mut words: Vec<_> = counts.into_iter().collect();
        words.sort_by_key(|(word, count)| (*count, *word));
        let rank = words.into_iter().zip(0..).map(|((word, _), rank)| (word, rank)).collect();
        Self { rank, ..Self::default() }
    }

    /// The words of a claim, the rarest first.
    fn rarest_first(&self, said: &Saying) -> Vec<u64> {
        let mut words: Vec<u64> = said.meaning.stems.iter().collect();
        words.sort_unstable_by_key(|word| self.rank.get(word));
        words
    }

    pub(super) fn insert(&mut self, index: usize, said: &Saying) {
        let words = self.rarest_first(said);
        if let Some(rarest) = words.first() {
            self.by_rarest.entry((said.family, *rarest)).or_default().push(index);
        }
        for word in words {
            self.by_any.entry((said.family, word)).or_default().push(index);
        }
        if let Some(subject) = &said.subject {
            self.by_subject.entry((said.family, subject.clone())).or_default().push(index);
        }
        if let Some(command) = &said.command {
            self.by_command.entry(command.clone()).or_default().push(index);
        }
    }

    /// What could be related to it, in order.
    pub(super) fn near(&self, said: &Saying) -> Vec<usize> {
        let words = self.rarest_first(said);
        // At least four fifths of these are common, so one of the others plus one is.
        let rare = words.len() - (words.len() * 4).div_ceil(5) + usize::from(!words.is_empty());
        let by_any = words[..rare].iter().filter_map(|word| self.by_any.get(&(said.family, *word)));
        let by_rarest = words.iter().filter_map(|word| self.by_rarest.get(&(said.family, *word)));
        let subject = said.subject.as_ref().map(|subject| (said.family, subject.clone()));
        let by_command = said.command.as_ref().and_then(|command| self.by_command.get(command));
        let by_subject = subject.and_then(|subject| self.by_subject.get(&subject));
        let mut near: Vec<usize> = by_any
            .chain(by_rarest)
            .chain(by_subject)
            .chain(by_command)
            .flatten()
            .copied()
            .collect();
        near.sort_unstable();
        near.dedup();
        near
    }

    /// What of a family has at least so many words in common with it, in order.
    pub(super) fn sharing(&self, said: &Saying, family: Family, least: usize) -> Vec<usize> {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        let words = said.meaning.stems.iter();
        for index in words.filter_map(|word| self.by_any.get(&(family, word))).flatten() {
            *counts.entry(*index).or_default() += 1;
        }
        counts.into_iter().filter(|(_, count)| *count >= least).map(|(index, _)| index).collect()
    }
}
