//! Tests of `change`.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use super::*;
use crate::drift::{Drift, DriftKind, Place as GitPlace};
use crate::head::Operation;
use crate::ids::{RecordId, UnitId};
use crate::line::Line;
use crate::plan::PlanStep;
use crate::record::{
    Actor, Body, GitPoint, Mark, MirroredStep, Origin, Part, Process, RECORD_VERSION, Record, Stamp,
};
use crate::state::tests::{
    any_evidence, any_milestone, any_note, any_snapshot, any_state, any_task, at, task_id,
};
use crate::state::{MilestoneStatus, Status};
use crate::view::View;

/// What somebody might do next, before it is known where it meets the view.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    what: u8,
    which: usize,
    other: usize,
    task: Task,
    evidence: Evidence,
    milestone: Milestone,
    note: Note,
    snapshot: Snapshot,
}

fn any_wish() -> impl Strategy<Value = Wish> {
    let parts = (any_task(), any_evidence(), any_milestone(), any_note(), any_snapshot());
    (0..14_u8, any::<usize>(), any::<usize>(), parts).prop_map(
        |(what, which, other, (task, evidence, milestone, note, snapshot))| Wish {
            what,
            which,
            other,
            task,
            evidence,
            milestone,
            note,
            snapshot,
        },
    )
}

/// A view with private tasks, and changes whose old values hold when they are applied in order.
/// No change leaves a task resting on something that is gone.
pub(crate) fn any_unit() -> impl Strategy<Value = (View, Vec<Change>)> {
    (any_state(), vec(any_task(), 0..3), vec(any_wish(), 1..8)).prop_map(
        |(state, private, wishes)| {
            let mut line = Line::new("main");
            for (n, task) in private.into_iter().enumerate() {
                line.private.insert(task_id(&format!("private-{n}")), task);
            }
            let before = View::new(state, line);
            let mut view = before.clone();
            let mut changes = Vec::new();
            for (n, wish) in wishes.into_iter().enumerate() {
                if let Some(change) = granted(&view, n, wish) {
                    view.change(&change);
                    changes.push(change);
                }
            }
            (before, changes)
        },
    )
}

/// The view after the changes.
pub(crate) fn changed(view: &View, changes: &[Change]) -> View {
    let mut view = view.clone();
    changes.iter().for_each(|change| view.change(change));
    view
}

fn granted(view: &View, n: usize, wish: Wish) -> Option<Change> {
    let pick = |count: usize| (count > 0).then(|| wish.which % count);
    let place = if wish.other.is_multiple_of(2) { Place::State } else { Place::Private };
    if wish.what == 0 {
        let id = task_id(&format!("new-{n}"));
        return Some(Change::Create { id, place, task: TaskJson(Box::new(wish.task)) });
    }
    if let 9..=13 = wish.what {
        return beside_tasks(view, n, wish);
    }
    let (id, task) = view.tasks().nth(pick(view.tasks().count())?)?;
    let id = id.clone();
    let targets: Vec<_> = view.state.tasks.keys().cloned().collect();
    let target = targets.get(wish.other % targets.len().max(1)).cloned();
    match wish.what {
        1 => {
            let rests = |t: &Task| t.parent.as_ref() == Some(&id) || t.depends_on.contains(&id);
            let needed = view.tasks().any(|(_, t)| rests(t));
            let place = if view.is_private(&id) { Place::Private } else { Place::State };
            let (task, at) = (TaskJson(Box::new(task.clone())), at("2026-02-01T00:00:00Z"));
            (!needed).then_some(Change::Remove { id, place, task, at })
        }
        2..=4 => {
            let field = Field::ALL[wish.other % Field::ALL.len()];
            let milestone = view.state.milestones.keys().next().cloned();
            let new = if field == Field::Parent {
                target.map(String::from)
            } else if field == Field::Milestone {
                milestone.map(String::from)
            } else {
                wish.task.get(field)
            };
            Change::set(&id, task, field, new.as_deref())
        }
        5 => {
            let list = ListField::ALL[wish.other % ListField::ALL.len()];
            let label = wish.task.labels.first().cloned();
            let value = if list == ListField::Labels { label } else { target.map(String::from) }?;
            let there = task.list(list).contains(&value.as_str());
            (!there).then_some(Change::Add { id, list, value })
        }
        6 => {
            let list = ListField::ALL[wish.other % ListField::ALL.len()];
            let value = (*task.list(list).first()?).to_owned();
            Some(Change::Drop { id, list, value })
        }
        7 => {
            let evidence = wish.evidence;
            (!task.evidence.contains(&evidence)).then_some(Change::Show { id, evidence })
        }
        _ => view.is_private(&id).then_some(Change::Promote { id }),
    }
}

fn beside_tasks(view: &View, n: usize, wish: Wish) -> Option<Change> {
    let new_id = wish.other.is_multiple_of(2);
    let removes = wish.which.is_multiple_of(3);
    match wish.what {
        9 => {
            let known = view.state.milestones.keys().next().cloned().filter(|_| !new_id);
            let id = known.or_else(|| MilestoneId::parse(&format!("new-{n}")).ok())?;
            let old = view.state.milestones.get(&id).cloned();
            let used = view.tasks().any(|(_, t)| t.milestone.as_ref() == Some(&id));
            let goes = removes && old.is_some() && !used;
            Some(Change::Milestone { id, old, new: (!goes).then_some(wish.milestone) })
        }
        10 => {
            let known = view.state.notes.keys().next().cloned().filter(|_| !new_id);
            let id = known.or_else(|| NoteId::parse(&format!("new-{n}")).ok())?;
            let old = view.state.notes.get(&id).cloned();
            let goes = removes && old.is_some();
            Some(Change::Note { id, old, new: (!goes).then_some(wish.note) })
        }
        11 => {
            let known = view.state.snapshots.keys().next().cloned().filter(|_| !new_id);
            let id = known.unwrap_or_else(|| format!("new-{n}"));
            let old = view.state.snapshots.get(&id).cloned();
            let goes = removes && old.is_some();
            Some(Change::Snapshot { id, old, new: (!goes).then_some(wish.snapshot) })
        }
        12 => {
            let id = task_id("claimed");
            let old = view.line.claims.get(&id).cloned();
            let claim = Claim { owner: n.to_string(), until: wish.task.created_at };
            Some(Change::Claim { id, old, new: (!removes).then_some(claim) })
        }
        _ => {
            let old = view.line.focus.clone();
            Some(Change::Focus { old, new: (!removes).then(|| task_id("focus")) })
        }
    }
}

/// The view without what a change may leave behind: tombstones, and the order of sets.
pub(crate) fn content(view: &View) -> View {
    let mut view = view.clone();
    view.state.tombstones.clear();
    for task in view.state.tasks.values_mut().chain(view.line.private.values_mut()) {
        for ids in [&mut task.depends_on, &mut task.related, &mut task.discovered_from] {
            ids.sort();
        }
        task.labels.sort();
        task.evidence.sort_by_cached_key(|e| format!("{e:?}"));
    }
    view
}

proptest! {
    #[test]
    fn the_inverses_in_reverse_order_lead_back((before, changes) in any_unit()) {
        let now = at("2026-03-01T00:00:00Z");
        let after = changed(&before, &changes);
        let inverses: Vec<_> = changes.iter().rev().map(|change| change.inverse(now)).collect();
        let back = changed(&after, &inverses);
        prop_assert_eq!(content(&back), content(&before));
        for (id, change) in changes.iter().filter_map(|c| c.task().map(|id| (id, c))) {
            let made = matches!(change, Change::Create { place: Place::State, .. });
            let buried = back.state.tombstones.contains_key(id);
            prop_assert!(!made || back.task(id).is_some() || buried, "{}", id);
        }
    }

    #[test]
    fn a_change_is_its_inverse_s_inverse((_, changes) in any_unit()) {
        let now = at("2026-02-01T00:00:00Z");
        for change in changes {
            prop_assert_eq!(change.inverse(now).inverse(now), change);
        }
    }

    #[test]
    fn a_record_survives_the_journal(record in any_record()) {
        let text = serde_json::to_string(&record).expect("a record is JSON");
        prop_assert!(!text.contains('\n'));
        let back: Record = serde_json::from_str(&text).expect("own output");
        prop_assert_eq!(&back, &record);
        prop_assert_eq!(serde_json::to_string(&back).expect("a record is JSON"), text);
    }
}

fn any_record() -> impl Strategy<Value = Record> {
    let actor = prop_oneof![
        Just(Actor::Person),
        Just(Actor::Fold),
        (of("s[0-9]"), of("a[0-9]")).prop_map(|(session, agent)| Actor::Agent { session, agent }),
    ];
    let unit = of("u-[a-z]{3}".prop_map(|id| UnitId::parse(&id).expect("an id")));
    let part = of((1..9_u32, 1..9_u32).prop_map(|(number, of)| Part { number, of }));
    (any_body(), actor, unit, part, any::<u64>()).prop_map(
        |(body, actor, unit, part, since_boot)| Record {
            v: RECORD_VERSION,
            id: RecordId::parse("r-1").expect("an id"),
            stamp: Stamp { at: at("2026-01-01T00:00:00.123Z"), boot: "b".to_owned(), since_boot },
            line: "feature/é".to_owned(),
            actor,
            unit,
            part,
            body,
        },
    )
}

fn any_body() -> impl Strategy<Value = Body> {
    let text = || "\\PC{0,5}";
    let git = (of("[0-9a-f]{40}"), of("/\\PC{0,4}")).prop_map(|(head, worktree)| GitPoint {
        operation: head.is_none().then_some(Operation::CherryPick),
        head,
        worktree,
    });
    let process = of(any::<(u32, u64)>())
        .prop_map(|p| p.map(|(pid, started)| Process { pid, started, boot: "b".to_owned() }));
    let changes = any_unit().prop_map(|(_, changes)| changes);
    let mirrored = vec(("t-[a-z]{2}", text()), 0..3).prop_map(|steps| {
        let step = |text| PlanStep { text, status: Status::InProgress };
        let mirrored =
            |(id, text): (String, _)| MirroredStep { task: task_id(&id), step: step(text) };
        steps.into_iter().map(mirrored).collect::<Vec<_>>()
    });
    (changes, mirrored, git, process, of(text()), 0..9_u8).prop_map(
        |(changes, steps, git, process, text, which)| {
            let (session, turn, agent) = ("s".to_owned(), text.clone(), text.clone());
            match which {
                0 => Body::Change { verb: "set".to_owned(), undoes: None, changes },
                1 => {
                    let (root, dropped) = (Some(task_id("t-root")), steps.clone());
                    Body::Plan { session, agent, turn, root, steps, dropped, changes }
                }
                2 => {
                    let at = Mark { segment: 1, offset: u64::MAX };
                    let origin = text.clone().map(|line| Origin { line, at });
                    Body::LineBegin { origin, fork_point: text, settled: true, git }
                }
                3 => Body::SessionStart {
                    session,
                    source: "resume".to_owned(),
                    transcript: text,
                    agent_kind: "codex".to_owned(),
                    process,
                },
                4 => Body::TurnBegin {
                    session,
                    turn: "7".to_owned(),
                    prompt: text.clone(),
                    transcript: text,
                    process,
                    git,
                },
                5 => Body::TurnEnd { session, turn: "7".to_owned(), interrupted: true, git },
                6 => {
                    let record = RecordId::parse("r-0").expect("an id");
                    Body::Abort { record, changes }
                }
                7 => {
                    let to = GitPlace { line: "main".to_owned(), head: git.head };
                    let drift = Drift {
                        kind: DriftKind::LostChanges,
                        also: vec![DriftKind::Busy],
                        operation: git.operation,
                        merged: text.iter().cloned().collect(),
                        ..Drift::none(to)
                    };
                    Body::Drift { session: text, drift, asks: true }
                }
                _ => Body::Intent {
                    file: "state".to_owned(),
                    before: text,
                    after: "h".to_owned(),
                    through: Mark::default(),
                },
            }
        },
    )
}

#[test]
fn a_change_reads_as_people_write_it() {
    let id = || task_id("t-a");
    let milestone = Milestone {
        title: "0.1".to_owned(),
        status: MilestoneStatus::Open,
        due: None,
        extra: vec![("x".to_owned(), crate::json::Json::Null)],
    };
    let cases = [
        (
            Change::Set { id: id(), field: Field::Ref, old: None, new: Some("R-1".to_owned()) },
            r#"{"set":{"id":"t-a","field":"ref","new":"R-1"}}"#,
        ),
        (
            Change::Drop { id: id(), list: ListField::DependsOn, value: "t-b".to_owned() },
            r#"{"drop":{"id":"t-a","list":"depends_on","value":"t-b"}}"#,
        ),
        (Change::Promote { id: id() }, r#"{"promote":{"id":"t-a"}}"#),
        (Change::Focus { old: Some(id()), new: None }, r#"{"focus":{"old":"t-a"}}"#),
        (
            Change::Milestone {
                id: MilestoneId::parse("m-a").expect("an id"),
                old: None,
                new: Some(milestone),
            },
            r#"{"milestone":{"id":"m-a","new":{"status":"open","title":"0.1","x":null}}}"#,
        ),
    ];
    for (change, text) in cases {
        assert_eq!(serde_json::to_string(&change).expect("a change is JSON"), text);
        assert_eq!(serde_json::from_str::<Change>(text).expect("own output"), change);
    }
}
