//! `thru threads tree`: who spawned whom, and what is a copy of what.

use std::collections::HashSet;

use throughline_store::index::{Direction, Index, ListFilter, Page, Remembered, Sort, ThreadRow};

use super::{Standing, asked, find, find_any};
use crate::error::OpsError;
use crate::index::AgentHome;
use crate::surroundings::Surroundings;

/// How many children of one conversation are shown.
const MOST_CHILDREN: usize = 500;

/// One conversation in a tree.
#[derive(Debug, Clone)]
pub struct Node {
    /// How far from the root, which is at 0.
    pub depth: usize,
    /// Which.
    pub thread: ThreadRow,
}

/// A tree of conversations.
#[derive(Debug, Clone)]
pub struct TreeReport {
    /// Depth first, in the order in which they began.
    pub nodes: Vec<Node>,
    /// How the index stands.
    pub standing: Standing,
}

/// The tree in which a conversation is, from its root down.
///
/// # Errors
/// [`OpsError`]: there is no such conversation, or no index at all.
pub fn tree(world: &Surroundings, homes: &[AgentHome], name: &str) -> Result<TreeReport, OpsError> {
    let ready = asked(world, homes)?;
    let mut nodes = family(&ready.index, find(&ready.index, name)?)?;
    nodes.retain(|node| !node.thread.is_forgotten);
    Ok(TreeReport { nodes, standing: Standing::of(&ready) })
}

/// All that belong to the tree in which a conversation is, depth first, in the order in which they began. What a
/// forgotten one spawned stands in its place.
pub(crate) fn family(index: &Index, of: ThreadRow) -> Result<Vec<Node>, OpsError> {
    let mut nodes = Vec::new();
    let mut seen = HashSet::new();
    let mut waiting = vec![Node { depth: 0, thread: root_of(index, of)? }];
    while let Some(node) = waiting.pop() {
        // A hostile transcript can name itself as its parent.
        if !seen.insert(node.thread.meta.key.clone()) {
            continue;
        }
        let depth = node.depth + usize::from(!node.thread.is_forgotten);
        let children = children(index, &node.thread)?;
        waiting.extend(children.into_iter().rev().map(|thread| Node { depth, thread }));
        nodes.push(node);
    }
    Ok(nodes)
}

fn root_of(index: &Index, mut thread: ThreadRow) -> Result<ThreadRow, OpsError> {
    let mut seen = HashSet::from([thread.meta.key.clone()]);
    while let Some(parent) = thread.meta.parent.clone().filter(|parent| seen.insert(parent.clone()))
    {
        match find_any(index, &parent) {
            Ok(found) => thread = found,
            // Its transcript is gone: the tree begins below it.
            Err(OpsError::NoSuch { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(thread)
}

fn children(index: &Index, of: &ThreadRow) -> Result<Vec<ThreadRow>, OpsError> {
    let (parent, remembered) = (Some(of.meta.key.clone()), Remembered::Either);
    let filter = ListFilter { parent, remembered, ..ListFilter::default() };
    let page = Page {
        sort: Sort::Created,
        direction: Direction::Ascending,
        after: None,
        limit: MOST_CHILDREN,
    };
    Ok(index.threads(&filter, &page)?)
}
