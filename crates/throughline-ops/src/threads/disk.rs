//! `thru threads disk`: where the space of transcripts goes. It reads all of them, and deletes nothing.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use throughline_agents::transcript::{Weights, weigh};
use throughline_store::index::{Facts, Found, Index, IndexError};

use crate::cores;
use crate::index::{AgentHome, look};
use crate::surroundings::Surroundings;

/// What one agent's transcripts take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AgentDisk {
    /// How many there are.
    pub transcripts: u64,
    /// In bytes, on the disk.
    pub bytes: u64,
    /// How many of them the agent has in its archive.
    pub archived: u64,
    /// What those take.
    pub archived_bytes: u64,
    /// Where the bytes go.
    pub weights: Weights,
}

/// What one transcript takes.
#[derive(Debug, Clone)]
pub struct ThreadDisk {
    /// The transcript.
    pub path: PathBuf,
    /// The conversation, if the index knows it.
    pub key: Option<String>,
    /// Its title; empty if it is not known.
    pub title: String,
    /// Whether the agent has it in its archive.
    pub archived: bool,
    /// In bytes, on the disk: what deleting it would free.
    pub bytes: u64,
    /// Where the bytes go.
    pub weights: Weights,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct DiskReport {
    /// By the agent's id.
    pub agents: BTreeMap<&'static str, AgentDisk>,
    /// The largest transcripts, the largest first.
    pub largest: Vec<ThreadDisk>,
    /// What could not be weighed, with the reason.
    pub failed: Vec<(PathBuf, String)>,
}

/// Weighs every transcript; names so many of the largest.
pub fn disk(world: &Surroundings, homes: &[AgentHome], largest: usize) -> DiskReport {
    let inventory = look(homes);
    let weighed = cores::each(
        &inventory.found,
        || false,
        |(found, agent)| {
            weigh(&found.path, &agent.transcript.scales).map_err(|error| error.to_string())
        },
    );
    // Without the index a transcript has no name, and is as large.
    let mut names = names(world).unwrap_or_default();
    let mut report = DiskReport { failed: inventory.unseen, ..DiskReport::default() };
    for ((found, agent), weights) in inventory.found.into_iter().zip(weighed) {
        let weights = weights.unwrap_or_else(|reason| {
            report.failed.push((found.path.clone(), reason));
            Weights::default()
        });
        let weights = weights.of_total(found.size);
        report.agents.entry(agent.id).or_default().add(&found, weights);
        let facts = names.remove(&found.path);
        let (key, title) = facts.map(|facts| (facts.key, facts.title)).unzip();
        let (archived, bytes) = (found.archived, found.size);
        let title = title.unwrap_or_default();
        report.largest.push(ThreadDisk { path: found.path, key, title, archived, bytes, weights });
    }
    report.largest.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
    report.largest.truncate(largest);
    report
}

impl AgentDisk {
    fn add(&mut self, found: &Found, weights: Weights) {
        self.transcripts += 1;
        self.bytes += found.size;
        self.archived += u64::from(found.archived);
        self.archived_bytes += if found.archived { found.size } else { 0 };
        self.weights = self.weights.plus(weights);
    }
}

fn names(world: &Surroundings) -> Result<HashMap<PathBuf, Facts>, IndexError> {
    let Some(index) = Index::read(&world.home)? else { return Ok(HashMap::new()) };
    let mut facts: HashMap<_, _> = index.facts()?.into_iter().collect();
    let sources = index.sources()?.into_iter();
    let named = sources.filter_map(|source| Some((source.found.path, facts.remove(&source.id)?)));
    Ok(named.collect())
}
