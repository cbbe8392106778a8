//! `thru agents tree|show`: the agents of a session, or of the latest sessions here.

use std::collections::BTreeMap;

use throughline_model::agent_tree::{self, Agent, AgentPath, AgentTree, Closing};
use throughline_store::index::{Direction, Index, ListFilter, Page, Remembered, Sort, ThreadRow};

use super::{AgentRow, Whereabouts, agent, closed};
use crate::error::OpsError;
use crate::here::{Here, Site};
use crate::index::AgentHome;
use crate::surroundings::Surroundings;
use crate::threads::tree::{Node, family};
use crate::threads::{Standing, asked, find, places};

/// Whose agents are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Of the latest sessions of the project here (outside of any: of all), so many.
    Latest(usize),
    /// Of the session in which this agent is: by id, or by path or nickname in the latest session here.
    Named(String),
}

/// Trees, the latest session first.
#[derive(Debug, Clone)]
pub struct AgentTreeReport {
    /// All agents of all trees; a root is at depth 0.
    pub agents: Vec<AgentRow>,
    /// How the index stands.
    pub standing: Standing,
}

/// One agent, and those below it.
#[derive(Debug, Clone)]
pub struct AgentShowReport {
    /// It.
    pub agent: AgentRow,
    /// All below it.
    pub below: Vec<AgentRow>,
    /// How the index stands.
    pub standing: Standing,
}

/// The trees.
///
/// # Errors
/// [`OpsError`]: there is no such agent, no index, or a file of ours can't be read.
pub fn tree(
    world: &Surroundings,
    homes: &[AgentHome],
    whose: &Whose,
) -> Result<AgentTreeReport, OpsError> {
    let graph = Graph::open(world, homes)?;
    let trees = match whose {
        Whose::Latest(most) => {
            let roots = graph.latest(*most)?;
            roots.into_iter().map(|root| graph.tree(root)).collect::<Result<_, _>>()?
        }
        Whose::Named(name) => vec![graph.find(name)?.0],
    };
    let agents = trees.iter().flat_map(|tree| tree.rows(&tree.tree.nodes)).collect();
    Ok(AgentTreeReport { agents, standing: graph.standing })
}

/// One agent.
///
/// # Errors
/// As [`tree`].
pub fn show(
    world: &Surroundings,
    homes: &[AgentHome],
    name: &str,
) -> Result<AgentShowReport, OpsError> {
    let graph = Graph::open(world, homes)?;
    let (tree, id) = graph.find(name)?;
    let mut rows = tree.rows(tree.tree.below(&id)).into_iter();
    let agent = rows.next().ok_or_else(|| no_such(name))?;
    Ok(AgentShowReport { agent, below: rows.collect(), standing: graph.standing })
}

pub(super) fn no_such(name: &str) -> OpsError {
    OpsError::NoSuch { what: "agent", name: name.to_owned() }
}

/// All that is known of agents.
pub(super) struct Graph<'w> {
    world: &'w Surroundings,
    index: Index,
    known: Whereabouts,
    closed: BTreeMap<String, Closing>,
    /// How the index stands.
    pub(super) standing: Standing,
}

/// A tree, with the conversations of its agents.
pub(super) struct Family {
    /// Who is where.
    pub(super) tree: AgentTree,
    rows: BTreeMap<String, AgentRow>,
}

impl Family {
    /// Nodes of it, with all that is known of each.
    pub(super) fn rows<'n>(
        &self,
        nodes: impl IntoIterator<Item = &'n agent_tree::Node>,
    ) -> Vec<AgentRow> {
        let row = |node: &agent_tree::Node| {
            let row = self.rows.get(&node.agent.id)?.clone();
            let (status, path) = (node.agent.status(), node.path.clone());
            Some(AgentRow { depth: node.depth, path, status, ..row })
        };
        nodes.into_iter().filter_map(row).collect()
    }
}

impl<'w> Graph<'w> {
    pub(super) fn open(world: &'w Surroundings, homes: &[AgentHome]) -> Result<Self, OpsError> {
        let ready = asked(world, homes)?;
        let site = Site::of(world, &world.directory)?;
        let here = Here::at(world, site)?.ok();
        let known = Whereabouts::of(world, here.as_ref())?;
        let standing = Standing::of(&ready);
        Ok(Self { world, index: ready.index, known, closed: closed(world)?, standing })
    }

    /// The latest sessions of the project here that a person began.
    fn latest(&self, most: usize) -> Result<Vec<ThreadRow>, OpsError> {
        let filter = ListFilter {
            places: places(self.world, &self.index)?,
            remembered: Remembered::Yes,
            archived: Some(false),
            roots: true,
            ..ListFilter::default()
        };
        let page = Page {
            sort: Sort::Updated,
            direction: Direction::Descending,
            after: None,
            limit: most,
        };
        Ok(self.index.threads(&filter, &page)?)
    }

    /// The agent of this name, and the tree in which it is.
    pub(super) fn find(&self, name: &str) -> Result<(Family, String), OpsError> {
        match find(&self.index, name) {
            Ok(thread) => {
                let id = thread.meta.key.clone();
                return Ok((self.tree(thread)?, id));
            }
            Err(OpsError::NoSuch { .. }) => {}
            Err(error) => return Err(error),
        }
        let latest = self.latest(/*most*/ 1)?;
        let root = latest.into_iter().next().ok_or_else(|| no_such(name))?;
        let family = self.tree(root)?;
        let found: Vec<String> = family
            .tree
            .named(name, &AgentPath::root())
            .into_iter()
            .map(|node| node.agent.id.clone())
            .collect();
        match &found[..] {
            [id] => Ok((family, id.clone())),
            [] => Err(no_such(name)),
            [_, ..] => Err(OpsError::Refused {
                reason: format!("more than one agent is called `{name}`: give its path or its id"),
            }),
        }
    }

    /// The tree in which a conversation is. A forgotten one holds it together and is not shown.
    fn tree(&self, of: ThreadRow) -> Result<Family, OpsError> {
        let now = self.world.clock.now();
        let threads = family(&self.index, of)?;
        let root = threads.first().map(|node| node.thread.meta.key.clone()).unwrap_or_default();
        let (mut agents, mut rows) = (Vec::new(), BTreeMap::new());
        for Node { thread, .. } in threads {
            let key = thread.meta.key.clone();
            let closing = self.closed.get(&key).cloned();
            let agent = agent(&self.index, &thread, &self.known, closing, now)?;
            if !thread.is_forgotten {
                rows.insert(key, self.row(thread, &agent));
            }
            agents.push(agent);
        }
        Ok(Family { tree: AgentTree::of(&root, agents), rows })
    }

    fn row(&self, thread: ThreadRow, agent: &Agent) -> AgentRow {
        let (key, session) = (&thread.meta.key, &thread.meta.session);
        AgentRow {
            depth: 0,
            path: AgentPath::root(),
            status: agent.status(),
            closing: agent.closing.clone(),
            line: self.known.lines.get(session).map(|(_, line)| line.clone()),
            claims: self.known.claims.get(key).cloned().unwrap_or_default(),
            thread,
        }
    }
}
