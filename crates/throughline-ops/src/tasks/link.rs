//! `thru tasks link | unlink`: relations between tasks.

use throughline_model::change::Change;
use throughline_model::ids::TaskId;
use throughline_model::state::{Field, ListField};
use throughline_model::view::View;

use super::find;
use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// What binds one task to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The first can't be completed before the second.
    DependsOn,
    /// The first is part of the second.
    Parent,
    /// They have to do with each other.
    Related,
    /// The second turned up the first.
    DiscoveredFrom,
}

/// Whether a relation is made or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bond {
    /// Made.
    Link,
    /// Ended.
    Unlink,
}

/// What shall be bound.
#[derive(Debug, Clone)]
pub struct LinkOptions {
    /// Id or ref.
    pub from: String,
    /// How.
    pub relation: Relation,
    /// Id or ref.
    pub to: String,
    /// Made or ended.
    pub bond: Bond,
}

/// What was bound.
#[derive(Debug, Clone)]
pub struct LinkReport {
    /// The first.
    pub from: TaskId,
    /// How.
    pub relation: Relation,
    /// The second.
    pub to: TaskId,
    /// Made or ended.
    pub bond: Bond,
    /// Whether anything changed.
    pub changed: bool,
    /// The line as it stands now.
    pub view: View,
}

/// Makes or ends a relation.
pub fn link(
    world: &Surroundings,
    here: &Here,
    options: &LinkOptions,
) -> Result<LinkReport, OpsError> {
    let verb = match options.bond {
        Bond::Link => "link",
        Bond::Unlink => "unlink",
    };
    let mut ends = None;
    let done = apply(world, here, verb, |view| {
        let (from, to) = (find(view, &options.from)?.0, find(view, &options.to)?.0);
        ends = Some((from.clone(), to.clone()));
        changes(view, options)
    })?;
    let (from, to) = ends.expect("a plan that succeeded found both tasks");
    let changed = !done.changes.is_empty();
    Ok(LinkReport {
        from,
        relation: options.relation,
        to,
        bond: options.bond,
        changed,
        view: done.view,
    })
}

/// One relation is made or ended.
pub(crate) fn changes(view: &View, options: &LinkOptions) -> Result<Vec<Change>, OpsError> {
    let (from, task) = find(view, &options.from)?;
    let (to, _) = find(view, &options.to)?;
    let mut changes = Vec::new();
    let makes = options.bond == Bond::Link;
    if makes && !view.is_private(from) && view.is_private(to) {
        super::promote::promote(view, to, &mut changes);
    }
    changes.extend(bond(from, task, to, options));
    Ok(changes)
}

fn bond(
    from: &TaskId,
    task: &throughline_model::state::Task,
    to: &TaskId,
    options: &LinkOptions,
) -> Option<Change> {
    let list = match options.relation {
        Relation::Parent => {
            let is_parent = task.parent.as_ref() == Some(to);
            return match options.bond {
                Bond::Link => Change::set(from, task, Field::Parent, Some(to.as_str())),
                Bond::Unlink if is_parent => Change::set(from, task, Field::Parent, None),
                Bond::Unlink => None,
            };
        }
        Relation::DependsOn => ListField::DependsOn,
        Relation::Related => ListField::Related,
        Relation::DiscoveredFrom => ListField::DiscoveredFrom,
    };
    let there = task.list(list).contains(&to.as_str());
    let (id, value) = (from.clone(), to.to_string());
    match options.bond {
        Bond::Link if !there => Some(Change::Add { id, list, value }),
        Bond::Unlink if there => Some(Change::Drop { id, list, value }),
        Bond::Link | Bond::Unlink => None,
    }
}
