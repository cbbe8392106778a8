//! The tasks of a line as a tree: by milestone, and below that by what is part of what.
//!
//! Built once for each reading ([`Forest`]); what is seen of it ([`Forest::visible`]) is made anew
//! when filter or folding change, in one pass over all tasks, and only the rows on the screen are
//! ever laid out.

use std::collections::{BTreeMap, BTreeSet};

use throughline_model::ids::{MilestoneId, TaskId};
use throughline_model::state::{Milestone, MilestoneStatus, Status};
use throughline_ops::tasks::list::Row;

/// Deeper than any state may be; a circle ends there.
const DEEPEST: usize = 70;

/// Which tasks are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Shown {
    /// Neither completed nor cancelled, and what they are part of.
    #[default]
    Open,
    /// All of them.
    All,
}

/// One row of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    /// A milestone; `None` for the tasks that have none.
    Heading { milestone: Option<MilestoneId>, completed: usize, total: usize },
    /// A task: which of the rows, how deep, and whether something below it is hidden or shown.
    Task { row: usize, depth: usize, below: Below },
}

/// What is part of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Below {
    Nothing,
    Seen,
    Folded,
}

/// The tree.
#[derive(Debug, Default)]
pub(crate) struct Forest {
    children: Vec<Vec<usize>>,
    /// The roots of each group, in the order in which groups are shown.
    groups: Vec<(Option<MilestoneId>, Vec<usize>)>,
    /// What a filter is compared with, in small letters.
    texts: Vec<String>,
}

impl Forest {
    /// Of these rows and milestones.
    pub(crate) fn new(rows: &[Row], milestones: &BTreeMap<MilestoneId, Milestone>) -> Self {
        let places: BTreeMap<&TaskId, usize> =
            rows.iter().enumerate().map(|(at, row)| (&row.id, at)).collect();
        let mut children = vec![Vec::new(); rows.len()];
        let mut roots: BTreeMap<Option<&MilestoneId>, Vec<usize>> = BTreeMap::new();
        for (at, row) in rows.iter().enumerate() {
            let parent = row.parent.as_ref().and_then(|parent| places.get(parent));
            match parent.filter(|parent| **parent != at) {
                Some(parent) => children[*parent].push(at),
                None => roots.entry(row.milestone.as_ref()).or_default().push(at),
            }
        }
        let mut groups: Vec<_> =
            roots.into_iter().map(|(milestone, roots)| (milestone.cloned(), roots)).collect();
        groups.sort_by_key(|(milestone, _)| rank(milestone.as_ref(), milestones));
        Self { children, groups, texts: rows.iter().map(text).collect() }
    }

    /// The rows whose text has all these words in it.
    pub(crate) fn matching(&self, words: &str) -> impl Iterator<Item = usize> {
        let words: Vec<String> =
            words.to_lowercase().split_whitespace().map(String::from).collect();
        let has = move |text: &String| words.iter().all(|word| text.contains(word.as_str()));
        self.texts.iter().enumerate().filter(move |(_, text)| has(text)).map(|(at, _)| at)
    }

    /// What is seen, from top to bottom.
    pub(crate) fn visible(
        &self,
        rows: &[Row],
        (filter, shown): (&str, Shown),
        folded: &BTreeSet<TaskId>,
    ) -> Vec<Item> {
        let filters = !filter.trim().is_empty();
        let mut wanted = vec![false; rows.len()];
        self.matching(filter).for_each(|at| wanted[at] = true);
        if shown == Shown::Open {
            wanted.iter_mut().zip(rows).for_each(|(w, row)| *w &= row.status.is_open());
        }
        let mut walk = Walk { forest: self, rows, wanted, folded, filters, items: Vec::new() };
        let plain = matches!(self.groups.as_slice(), [(None, _)]);
        for (milestone, roots) in &self.groups {
            let start = walk.items.len();
            if !plain {
                let (completed, total) = self.progress(rows, roots);
                let milestone = milestone.clone();
                walk.items.push(Item::Heading { milestone, completed, total });
            }
            for root in roots {
                walk.down(*root, 0);
            }
            if !plain && walk.items.len() == start + 1 {
                walk.items.pop();
            }
        }
        walk.items
    }

    /// How many of the tasks under these are completed, of how many that were not cancelled.
    fn progress(&self, rows: &[Row], roots: &[usize]) -> (usize, usize) {
        let mut waiting: Vec<(usize, usize)> = roots.iter().map(|root| (*root, 0)).collect();
        let (mut completed, mut total) = (0, 0);
        while let Some((at, depth)) = waiting.pop() {
            completed += usize::from(rows[at].status == Status::Completed);
            total += usize::from(rows[at].status != Status::Cancelled);
            if depth < DEEPEST {
                waiting.extend(self.children[at].iter().map(|child| (*child, depth + 1)));
            }
        }
        (completed, total)
    }
}

/// Open milestones first, by when they are due; tasks without one last.
fn rank(
    milestone: Option<&MilestoneId>,
    all: &BTreeMap<MilestoneId, Milestone>,
) -> (u8, i64, String) {
    let known = milestone.and_then(|id| all.get(id));
    match known {
        None => (2, 0, String::new()),
        Some(milestone) => {
            let over = u8::from(milestone.status != MilestoneStatus::Open);
            let due = milestone.due.map_or(i64::MAX, |due| due.as_second());
            (over, due, milestone.title.clone())
        }
    }
}

fn text(row: &Row) -> String {
    let parts = [
        row.id.as_str(),
        &row.title,
        row.reference.as_deref().unwrap_or_default(),
        row.claimed_by.as_deref().unwrap_or_default(),
        row.kind.as_str(),
        row.status.as_str(),
    ];
    parts.join(" ").to_lowercase()
}

struct Walk<'f> {
    forest: &'f Forest,
    rows: &'f [Row],
    wanted: Vec<bool>,
    folded: &'f BTreeSet<TaskId>,
    filters: bool,
    items: Vec<Item>,
}

impl Walk<'_> {
    /// Puts a task and what is below it into the list, if any of it is wanted.
    fn down(&mut self, row: usize, depth: usize) -> bool {
        let place = self.items.len();
        self.items.push(Item::Task { row, depth, below: Below::Nothing });
        let children = &self.forest.children[row];
        let mut any = false;
        if depth < DEEPEST {
            for child in children {
                any |= self.down(*child, depth + 1);
            }
        }
        if !any && !self.wanted[row] {
            self.items.truncate(place);
            return false;
        }
        // Whoever filters wants to see what was found.
        let folds = any && !self.filters && self.folded.contains(&self.rows[row].id);
        if folds {
            self.items.truncate(place + 1);
        }
        let below = match (any, folds) {
            (false, _) => Below::Nothing,
            (true, true) => Below::Folded,
            (true, false) => Below::Seen,
        };
        self.items[place] = Item::Task { row, depth, below };
        true
    }
}

#[cfg(test)]
mod tests {
    use throughline_model::state::Kind;

    use super::*;

    fn id(name: &str) -> TaskId {
        TaskId::try_from(format!("t-{name}")).expect("an id")
    }

    fn row(name: &str, parent: Option<&str>, status: Status) -> Row {
        Row {
            id: id(name),
            title: format!("Task {name}"),
            status,
            kind: Kind::Task,
            priority: 2,
            parent: parent.map(id),
            depends_on: Vec::new(),
            reference: None,
            milestone: None,
            ready: false,
            blocked_by: Vec::new(),
            claimed_by: None,
            private: false,
            folded: false,
            line: None,
        }
    }

    fn seen(rows: &[Row], filter: &str, shown: Shown, folded: &[&str]) -> Vec<String> {
        let forest = Forest::new(rows, &BTreeMap::new());
        let folded = folded.iter().map(|name| id(name)).collect();
        let items = forest.visible(rows, (filter, shown), &folded);
        let line = |item: Item| match item {
            Item::Heading { .. } => "heading".to_owned(),
            Item::Task { row, depth, below } => {
                let sign = match below {
                    Below::Nothing => "",
                    Below::Seen => "v",
                    Below::Folded => ">",
                };
                format!("{}{}{sign}", " ".repeat(depth), &rows[row].id.as_str()[2..])
            }
        };
        items.into_iter().map(line).collect()
    }

    #[test]
    fn a_task_is_seen_with_what_it_is_part_of() {
        let rows = [
            row("aaaa", None, Status::Completed),
            row("bbbb", Some("aaaa"), Status::Pending),
            row("cccc", Some("bbbb"), Status::Completed),
            row("dddd", None, Status::Completed),
            row("eeee", Some("gone"), Status::Pending),
        ];
        assert_eq!(seen(&rows, "", Shown::Open, &[]), ["aaaav", " bbbb", "eeee"]);
        let all = ["aaaav", " bbbbv", "  cccc", "dddd", "eeee"];
        assert_eq!(seen(&rows, "", Shown::All, &[]), all);
        assert_eq!(
            seen(&rows, "", Shown::All, &["bbbb", "dddd"]),
            ["aaaav", " bbbb>", "dddd", "eeee"]
        );
        assert_eq!(seen(&rows, "TASK cc", Shown::All, &["aaaa"]), ["aaaav", " bbbbv", "  cccc"]);
        assert_eq!(seen(&rows, "nothing", Shown::All, &[]), [""; 0]);
    }

    #[test]
    fn a_circle_of_a_broken_state_shows_nothing_twice() {
        let rows = [
            row("aaaa", Some("bbbb"), Status::Pending),
            row("bbbb", Some("aaaa"), Status::Pending),
            row("cccc", Some("cccc"), Status::Pending),
        ];
        assert_eq!(seen(&rows, "", Shown::All, &[]), ["cccc"]);
    }
}
