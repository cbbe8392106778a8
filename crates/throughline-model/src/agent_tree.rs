//! Who spawned whom: the agents of a session as a tree, what each is called there, how it stands, and what closing
//! one, or going on with it, means for those below.
//!
//! Pure. How an agent stands is never stored: it follows from the end of its transcript and from whether its process
//! lives, so it is right after a crash. Stored is that a user closed it ([`Closing`]), and an agent that went on
//! after that is open again by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;

#[cfg(test)]
mod tests;

/// The deepest tree that is shown; a hostile transcript can claim any depth.
pub const DEEPEST: usize = 64;

/// The name of an agent in its tree, as Codex writes it: the names of all above it and its own behind `/root`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgentPath(String);

/// The name of the first agent.
const ROOT: &str = "/root"; // tidy: path is data

/// The longest name of one agent, in characters.
const LONGEST_NAME: usize = 64;

impl AgentPath {
    /// Of the agent that the user talks to.
    pub fn root() -> Self {
        Self(ROOT.to_owned())
    }

    /// Of a path from the root; `None`, if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let below = text.strip_prefix(ROOT)?;
        let is_path = below.is_empty()
            || below.strip_prefix('/').is_some_and(|names| names.split('/').all(is_name));
        is_path.then(|| Self(text.to_owned()))
    }

    /// Of an agent below this one.
    pub fn child(&self, name: &str) -> Self {
        Self(format!("{self}/{name}"))
    }

    /// What a reference means where this is the agent that makes it: from the root, or from here (`tests`, `../other`,
    /// `.`). `None`, if it leads above the root or is no reference.
    pub fn resolve(&self, reference: &str) -> Option<Self> {
        if reference.starts_with('/') {
            return Self::parse(reference);
        }
        let mut at = self.clone();
        for part in reference.split('/') {
            at = match part {
                "." => at,
                ".." => at.parent()?,
                name if is_name(name) => at.child(name),
                _ => return None,
            };
        }
        Some(at)
    }

    /// Of the agent that spawned it; none of the root.
    pub fn parent(&self) -> Option<Self> {
        let (above, _name) = self.0.rsplit_once('/')?;
        Self::parse(above)
    }

    /// Behind the root's name, as people may write it; the root's own in full.
    pub fn short(&self) -> &str {
        let below = self.0.strip_prefix(ROOT).and_then(|below| below.strip_prefix('/'));
        below.unwrap_or(&self.0)
    }

    /// In full.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AgentPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty()
        && name.chars().count() <= LONGEST_NAME
        && name.chars().all(is_part)
        && !name.chars().all(|c| c == '.')
}

/// How a transcript ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// Nothing was asked yet, or the last turn ended by itself.
    AtRest,
    /// In the middle of a turn.
    InTurn,
    /// With a turn that was broken off.
    BrokenOff,
}

/// That a user closed an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// When.
    pub at: Timestamp,
    /// When something had last been written in its transcript then: what is written later opens it again, whatever
    /// the clocks say.
    pub seen: Timestamp,
    /// The id of the agent that the user named: this one, or one above it.
    pub with: String,
}

/// How an agent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentStatus {
    /// In a turn, and its process lives.
    Working,
    /// It waits for what it is told next.
    Open,
    /// Its last turn was broken off, by a person or with its process.
    Interrupted,
    /// The user closed it, and nothing happened in it since.
    Closed,
}

impl AgentStatus {
    /// All.
    pub const ALL: [Self; 4] = [Self::Working, Self::Open, Self::Interrupted, Self::Closed];

    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Open => "open",
            Self::Interrupted => "interrupted",
            Self::Closed => "closed",
        }
    }
}

/// What is known of one agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its id: that of its conversation.
    pub id: String,
    /// The id of the agent that spawned it.
    pub parent: Option<String>,
    /// What its transcript says it is called in its tree.
    pub says: Option<String>,
    /// What it was called by who spawned it.
    pub nickname: Option<String>,
    /// When it began.
    pub began: Timestamp,
    /// When something was last written in its transcript.
    pub last: Timestamp,
    /// How its transcript ends.
    pub tail: Tail,
    /// Whether the process in which it runs lives, as far as is known.
    pub is_alive: bool,
    /// That it was closed.
    pub closing: Option<Closing>,
}

impl Agent {
    /// How it stands.
    pub fn status(&self) -> AgentStatus {
        if self.closing.as_ref().is_some_and(|closing| self.last <= closing.seen) {
            return AgentStatus::Closed;
        }
        match (self.tail, self.is_alive) {
            (Tail::InTurn, true) => AgentStatus::Working,
            (Tail::InTurn, false) | (Tail::BrokenOff, _) => AgentStatus::Interrupted,
            (Tail::AtRest, _) => AgentStatus::Open,
        }
    }
}

/// An agent in its tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// How far from the root, which is at 0.
    pub depth: usize,
    /// Its name in the tree. No two have the same.
    pub path: AgentPath,
    /// What is known of it.
    pub agent: Agent,
}

/// The agents of one session: depth first, in the order in which they began.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AgentTree {
    /// The root first.
    pub nodes: Vec<Node>,
}

/// Why an agent can't be closed or gone on with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AgentRefusal {
    /// It is not in the tree.
    #[error("there is no such agent in this tree")]
    Unknown,
    /// It, or one below it, is in a turn.
    #[error("{path} is at work: end its turn first")]
    Working {
        /// Which.
        path: AgentPath,
    },
    /// It is closed already.
    #[error("{path} is closed already")]
    Closed {
        /// Which.
        path: AgentPath,
    },
    /// It is not closed, and nothing below it was closed with it.
    #[error("{path} is not closed")]
    NotClosed {
        /// Which.
        path: AgentPath,
    },
}

impl AgentTree {
    /// The tree of a root among agents. Who is its own ancestor stands once, where it was met first; what lies deeper
    /// than [`DEEPEST`] is left out.
    pub fn of(root: &str, agents: Vec<Agent>) -> Self {
        let mut of_parent: BTreeMap<Option<String>, Vec<Agent>> = BTreeMap::new();
        let mut first = None;
        for agent in agents {
            if agent.id == root {
                first = Some(agent);
            } else {
                of_parent.entry(agent.parent.clone()).or_default().push(agent);
            }
        }
        let mut tree = Self::default();
        if let Some(first) = first {
            tree.plant(first, &mut of_parent);
        }
        tree
    }

    fn plant(&mut self, root: Agent, of_parent: &mut BTreeMap<Option<String>, Vec<Agent>>) {
        let mut taken = BTreeSet::new();
        let mut waiting = vec![(0, None, root)];
        while let Some((depth, above, agent)) = waiting.pop() {
            let path = path(&agent, above.as_ref(), &taken);
            taken.insert(path.clone());
            // Taken out, so that nobody is met twice.
            let mut below = of_parent.remove(&Some(agent.id.clone())).unwrap_or_default();
            below.sort_by(|one, other| (other.began, &other.id).cmp(&(one.began, &one.id)));
            if depth < DEEPEST {
                waiting
                    .extend(below.into_iter().map(|agent| (depth + 1, Some(path.clone()), agent)));
            }
            self.nodes.push(Node { depth, path, agent });
        }
    }

    /// The agent of this id.
    pub fn get(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.agent.id == id)
    }

    /// The agents that somebody may mean who stands at `from`: by path, by id or its beginning, by nickname.
    pub fn named(&self, name: &str, from: &AgentPath) -> Vec<&Node> {
        if let Some(path) = from.resolve(name)
            && let Some(node) = self.nodes.iter().find(|node| node.path == path)
        {
            return vec![node];
        }
        let is_meant = |node: &&Node| {
            let nickname = node.agent.nickname.as_deref();
            node.agent.id.starts_with(name)
                || nickname.is_some_and(|nickname| nickname.eq_ignore_ascii_case(name))
        };
        if name.is_empty() { Vec::new() } else { self.nodes.iter().filter(is_meant).collect() }
    }

    /// It and all below it, parents first.
    pub fn below(&self, id: &str) -> &[Node] {
        let Some(at) = self.nodes.iter().position(|node| node.agent.id == id) else { return &[] };
        let deeper = self.nodes[at + 1..].iter();
        let count = deeper.take_while(|node| node.depth > self.nodes[at].depth).count();
        &self.nodes[at..=at + count]
    }

    /// Who is closed if this one is: it, and all below it that are not closed yet; parents first.
    ///
    /// # Errors
    /// [`AgentRefusal`].
    pub fn close(&self, id: &str) -> Result<Vec<&Node>, AgentRefusal> {
        let all = self.below(id);
        let first = all.first().ok_or(AgentRefusal::Unknown)?;
        if first.agent.status() == AgentStatus::Closed {
            return Err(AgentRefusal::Closed { path: first.path.clone() });
        }
        if let Some(node) = all.iter().find(|node| node.agent.status() == AgentStatus::Working) {
            return Err(AgentRefusal::Working { path: node.path.clone() });
        }
        let is_open = |node: &&Node| node.agent.status() != AgentStatus::Closed;
        Ok(all.iter().filter(is_open).collect())
    }

    /// Who is open again if this one is: it, and those below it that were closed with it; parents first. Who was
    /// closed apart from them stays closed.
    ///
    /// # Errors
    /// [`AgentRefusal`].
    pub fn resume(&self, id: &str) -> Result<Vec<&Node>, AgentRefusal> {
        let all = self.below(id);
        let first = all.first().ok_or(AgentRefusal::Unknown)?;
        let closing = first.agent.closing.as_ref();
        let closing = closing.filter(|_| first.agent.status() == AgentStatus::Closed);
        let with = closing.map(|closing| &closing.with);
        let with = with.ok_or_else(|| AgentRefusal::NotClosed { path: first.path.clone() })?;
        let is_meant = |node: &&Node| {
            node.agent.status() == AgentStatus::Closed
                && node.agent.closing.as_ref().is_some_and(|closing| closing.with == *with)
        };
        Ok(all.iter().filter(is_meant).collect())
    }
}

/// What its transcript says, where that fits its place; else made of its nickname.
fn path(agent: &Agent, above: Option<&AgentPath>, taken: &BTreeSet<AgentPath>) -> AgentPath {
    let Some(above) = above else { return AgentPath::root() };
    let said = agent.says.as_deref().and_then(AgentPath::parse);
    let fits = |path: &AgentPath| path.parent().as_ref() == Some(above) && !taken.contains(path);
    if let Some(said) = said.filter(fits) {
        return said;
    }
    let nickname = agent.nickname.as_deref().unwrap_or_default();
    let name: String =
        nickname.chars().filter(|c| c.is_alphanumeric()).take(LONGEST_NAME / 2).collect();
    let name = if name.is_empty() { "agent".to_owned() } else { name };
    let numbered = (2..).map(|number| above.child(&format!("{name}-{number}")));
    std::iter::once(above.child(&name))
        .chain(numbered)
        .find(fits)
        .unwrap_or_else(|| above.child(&name))
}
