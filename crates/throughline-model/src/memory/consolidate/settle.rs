//! Which cluster holds where several can't: the later one, unless the user's own word stands against
//! a conclusion.

use jiff::Timestamp;

use super::Name;
use super::cluster::{Cluster, Clustering, Neighbours};
use super::saying::{Family, LEAST_ANSWER, Likeness};
use crate::memory::{Author, Confidence, Memory, MemoryStatus};

/// How a cluster stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    Current,
    Suggested,
    /// Against these.
    Disputed(Vec<Name>),
    Superseded {
        by: Name,
        until: Timestamp,
    },
}

/// How each cluster stands.
pub(super) fn standings(known: &[Memory], all: &Clustering<'_>, names: &[Name]) -> Vec<Standing> {
    let alone: Vec<_> = all.clusters.iter().map(alone).collect();
    let mut around = Neighbours::of(all.clusters.iter().map(|cluster| &cluster.saying));
    for (index, cluster) in all.clusters.iter().enumerate() {
        around.insert(index, &cluster.saying);
    }
    let court = Court { clusters: &all.clusters, names, alone: &alone };
    let standing = |at: usize| {
        let by_person = against_person(known, all, at);
        let answered = || Some(court.superseded(at, answer(&all.clusters, &around, at)?));
        let among = || court.standing(at, &around.near(&all.clusters[at].saying));
        by_person.or_else(answered).unwrap_or_else(among)
    };
    (0..all.clusters.len()).map(standing).collect()
}

/// As if it were the only one: what was concluded once waits for somebody to confirm it.
fn alone(cluster: &Cluster<'_>) -> Standing {
    let is_sure = cluster.confidence() > Confidence::Inferred || cluster.sessions() >= 2;
    if is_sure { Standing::Current } else { Standing::Suggested }
}

/// How it stands against what a person wrote, if it does.
fn against_person(known: &[Memory], all: &Clustering<'_>, at: usize) -> Option<Standing> {
    let cluster = &all.clusters[at];
    let (memory, _) =
        all.fixed.iter().map(|(index, said)| (&known[*index], said)).find(|(memory, said)| {
            let holds = memory.author == Author::Person && memory.status == MemoryStatus::Current;
            holds
                && memory.scope == cluster.scope
                && said.likeness(&cluster.saying) == Likeness::Opposed
        })?;
    let name = Name::Known(memory.id.clone());
    Some(if cluster.last() < memory.since {
        Standing::Superseded { by: name, until: memory.since }
    } else if cluster.confidence() == Confidence::Inferred {
        Standing::Suggested
    } else {
        Standing::Disputed(vec![name])
    })
}

/// What answered a question first.
fn answer(clusters: &[Cluster<'_>], around: &Neighbours, at: usize) -> Option<usize> {
    let asked = &clusters[at];
    if asked.saying.family != Family::Question {
        return None;
    }
    let told = [Family::Rule, Family::Fact].into_iter();
    let told = told.flat_map(|family| around.sharing(&asked.saying, family, LEAST_ANSWER));
    let answers = told.filter(|index| {
        let told = &clusters[*index];
        told.scope == asked.scope
            && told.last() > asked.last()
            && told.saying.answers(&asked.saying)
    });
    answers.min_by_key(|index| (clusters[*index].first(), *index))
}

/// Decides between clusters.
struct Court<'c, 'f> {
    clusters: &'c [Cluster<'f>],
    names: &'c [Name],
    alone: &'c [Standing],
}

impl Court<'_, '_> {
    fn standing(&self, at: usize, near: &[usize]) -> Standing {
        let ours = &self.clusters[at];
        let opposed: Vec<usize> = near
            .iter()
            .copied()
            .filter(|other| {
                let theirs = &self.clusters[*other];
                *other != at
                    && theirs.scope == ours.scope
                    && theirs.saying.likeness(&ours.saying) == Likeness::Opposed
            })
            .collect();
        let verdicts = opposed.iter().map(|other| (*other, self.verdict(at, *other)));
        let (mut lost, mut open) = (Vec::new(), Vec::new());
        for (other, verdict) in verdicts {
            match verdict {
                Verdict::Lost => lost.push(other),
                Verdict::Open => open.push(self.names[other].clone()),
                Verdict::Held => {}
            }
        }
        let next = lost.into_iter().min_by_key(|other| (self.clusters[*other].last(), *other));
        match next {
            Some(by) => self.superseded(at, by),
            None if open.is_empty() => self.alone[at].clone(),
            None => Standing::Disputed(open),
        }
    }

    /// Until the other was first said after this was said last.
    fn superseded(&self, at: usize, by: usize) -> Standing {
        let last = self.clusters[at].last();
        let until = self.clusters[by].times().into_iter().find(|time| *time > last).unwrap_or(last);
        Standing::Superseded { by: self.names[by].clone(), until }
    }

    /// How one fares against another.
    fn verdict(&self, at: usize, other: usize) -> Verdict {
        let (ours, theirs) = (&self.clusters[at], &self.clusters[other]);
        match (self.alone[at] == Standing::Suggested, self.alone[other] == Standing::Suggested) {
            // What waits to be confirmed takes nothing's place.
            (true, _) | (false, true) => return Verdict::Held,
            (false, false) => {}
        }
        let stated = |cluster: &Cluster<'_>| cluster.confidence() == Confidence::Stated;
        match (stated(ours), stated(theirs)) {
            (true, false) => Verdict::Held,
            (false, true) if ours.last() > theirs.last() => Verdict::Open,
            (true, true) | (false, false | true) => match ours.last().cmp(&theirs.last()) {
                std::cmp::Ordering::Less => Verdict::Lost,
                std::cmp::Ordering::Equal => Verdict::Open,
                std::cmp::Ordering::Greater => Verdict::Held,
            },
        }
    }
}

/// How one of two that can't both hold fares.
enum Verdict {
    /// It holds as if the other weren't there.
    Held,
    /// The other took its place.
    Lost,
    /// Nothing tells.
    Open,
}
