//! Tests of `next`.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::ids::MilestoneId;
use crate::line::{Line, Seen};
use crate::plan::PlanStep;
use crate::record::{MirroredStep, Stamp};
use crate::state::tests::{at, empty_state, in_time, task_id};
use crate::state::{Extra, Kind, Milestone, MilestoneStatus, Source, SourceKind};

const NOW: &str = "2026-06-01T00:00:00Z";

fn task() -> Task {
    let source = Source::outside_session(SourceKind::Person);
    Task::new("Parse", Kind::Task, source, at("2026-01-01T00:00:00Z"))
}

fn open_on(view: &mut View, id: &str, change: impl FnOnce(&mut Task)) {
    let mut task = task();
    change(&mut task);
    view.state.tasks.insert(task_id(id), task);
}

/// A line with the milestones `m-1` (due first), `m-2` and `m-3` (never due).
fn empty_view() -> View {
    let mut view = View::new(empty_state(), Line::new("main"));
    for (id, due) in [
        ("m-1", Some("2026-07-01T00:00:00Z")),
        ("m-2", Some("2026-08-01T00:00:00Z")),
        ("m-3", None),
    ] {
        let (title, status, due) = (id.to_owned(), MilestoneStatus::Open, due.map(at));
        let milestone = Milestone { title, status, due, extra: Extra::new() };
        view.state.milestones.insert(milestone_id(id), milestone);
    }
    view
}

fn milestone_id(id: &str) -> MilestoneId {
    MilestoneId::parse(id).expect("a test's own id")
}

/// Gives `session` a plan with these nodes, and a turn that began.
fn plan(view: &mut View, session: &str, ids: &[&str]) {
    let time = at("2026-01-01T00:00:00Z");
    let step = |id: &&str| {
        let step = PlanStep { text: (*id).to_owned(), status: Status::Pending };
        MirroredStep { task: task_id(id), step }
    };
    view.line.plans.push(Plan {
        session: session.to_owned(),
        agent: None,
        root: None,
        steps: ids.iter().map(step).collect(),
        dropped: Vec::new(),
        stamp: Stamp { at: time, boot: "b".to_owned(), since_boot: 0 },
    });
    let seen = Seen {
        process: None,
        open_turn: Some("1".to_owned()),
        first_prompt: None,
        ended: false,
        forked: false,
        last: time,
    };
    view.line.sessions.insert(session.to_owned(), seen);
}

fn is_live(session: &str) -> bool {
    session != "dead"
}

fn ids(view: &View) -> Vec<&str> {
    let steps = next_steps(view, at(NOW), &is_live);
    steps.into_iter().map(|step| step.id.as_str()).collect()
}

type Give = fn(&mut View, &str);

fn with(view: &mut View, id: &str, change: impl FnOnce(&mut Task)) {
    change(view.state.tasks.get_mut(&task_id(id)).expect("there"));
}

/// What puts a task first, most important first.
const CRITERIA: [(&str, Give); 8] = [
    ("interrupted, in progress", |view, id| {
        with(view, id, |t| t.status = Status::InProgress);
        plan(view, "dead", &[id]);
    }),
    ("in progress", |view, id| with(view, id, |t| t.status = Status::InProgress)),
    ("priority", |view, id| with(view, id, |t| t.priority = 0)),
    ("due first", |view, id| with(view, id, |t| t.milestone = Some(milestone_id("m-1")))),
    ("due later", |view, id| with(view, id, |t| t.milestone = Some(milestone_id("m-2")))),
    ("unblocks", |view, id| {
        let waits = task_id(id);
        open_on(view, &format!("waits-for-{id}"), |t| t.depends_on.push(waits));
    }),
    ("plan", |view, id| plan(view, "live", &["elsewhere", id])),
    ("age", |view, id| with(view, id, |t| t.created_at = at("2025-12-01T00:00:00Z"))),
];

#[test]
fn each_criterion_beats_all_that_come_after_it() {
    for (place, (stronger, give)) in CRITERIA.iter().enumerate() {
        let mut view = empty_view();
        // By id, which decides last, it would come last.
        open_on(&mut view, "z", |_| {});
        give(&mut view, "z");
        open_on(&mut view, "a", |_| {});
        for (_, weaker) in &CRITERIA[place + 1..] {
            if *stronger == "due first" && std::ptr::fn_addr_eq(*weaker, CRITERIA[4].1) {
                continue;
            }
            weaker(&mut view, "a");
        }
        assert_eq!(ids(&view)[0], "z", "{stronger} against all weaker ones");
    }
}

#[test]
fn each_criterion_beats_the_next_alone() {
    for (stronger, weaker) in CRITERIA.iter().zip(&CRITERIA[1..]) {
        let mut view = empty_view();
        open_on(&mut view, "z", |_| {});
        open_on(&mut view, "a", |_| {});
        (stronger.1)(&mut view, "z");
        (weaker.1)(&mut view, "a");
        assert_eq!(ids(&view)[..2], ["z", "a"], "{} before {}", stronger.0, weaker.0);
    }
}

#[test]
fn among_equals_more_counts() {
    let mut view = empty_view();
    for id in ["a", "b", "c", "d"] {
        open_on(&mut view, id, |_| {});
    }
    plan(&mut view, "live", &["d", "c"]);
    assert_eq!(ids(&view), ["d", "c", "a", "b"], "plan order, then the id");
    open_on(&mut view, "x", |t| t.depends_on = vec![task_id("b")]);
    open_on(&mut view, "y", |t| t.depends_on = vec![task_id("x")]);
    open_on(&mut view, "w", |t| t.depends_on = vec![task_id("c")]);
    assert_eq!(ids(&view), ["b", "c", "d", "a"], "two that wait before one");
}

#[test]
fn only_what_can_be_worked_on_stands_there() {
    let later = at("2026-06-02T00:00:00Z");
    type Change = fn(&mut View);
    let cases: [(&str, bool, Change); 11] = [
        ("a plain task", true, |_| {}),
        ("completed", false, |v| with(v, "a", |t| t.status = Status::Completed)),
        ("cancelled", false, |v| with(v, "a", |t| t.status = Status::Cancelled)),
        ("deferred", false, |v| {
            with(v, "a", |t| t.deferred_until = Some(at("2026-06-01T00:00:01Z")));
        }),
        ("deferred until now", true, |v| with(v, "a", |t| t.deferred_until = Some(at(NOW)))),
        ("blocked", false, |v| with(v, "a", |t| t.depends_on = vec![task_id("open")])),
        ("blocked by a private step", false, |v| {
            v.line.private.insert(task_id("step"), task());
            with(v, "a", |t| t.depends_on = vec![task_id("step")]);
        }),
        ("what it needs is done", true, |v| {
            with(v, "a", |t| t.depends_on = vec![task_id("done")]);
        }),
        ("what it needs was removed", true, |v| {
            v.state.tombstones.insert(task_id("gone"), at(NOW));
            with(v, "a", |t| t.depends_on = vec![task_id("gone")]);
        }),
        ("a prompt's root with open steps", false, |v| {
            with(v, "a", |t| t.source.kind = SourceKind::Prompt);
            with(v, "open", |t| t.parent = Some(task_id("a")));
        }),
        ("a prompt's root, all steps done", true, |v| {
            with(v, "a", |t| t.source.kind = SourceKind::Prompt);
            with(v, "done", |t| t.parent = Some(task_id("a")));
        }),
    ];
    for (what, stands, change) in cases {
        let mut view = empty_view();
        open_on(&mut view, "a", |_| {});
        open_on(&mut view, "open", |t| t.deferred_until = Some(later));
        open_on(&mut view, "done", |t| t.status = Status::Completed);
        change(&mut view);
        assert_eq!(ids(&view).contains(&"a"), stands, "{what}");
        let task = view.task(&task_id("a")).expect("there");
        assert_eq!(is_blocked(&view, task), what.starts_with("blocked"), "{what}");
    }
}

#[test]
fn an_answer_says_why() {
    let mut view = empty_view();
    open_on(&mut view, "a", |_| {});
    open_on(&mut view, "b", |t| t.depends_on = vec![task_id("a")]);
    open_on(&mut view, "c", |_| {});
    for (_, give) in &CRITERIA {
        give(&mut view, "a");
    }
    let steps = next_steps(&view, at(NOW), &is_live);
    let why = |step: &NextStep<'_>| step.why.iter().map(Why::text).collect::<Vec<_>>().join("; ");
    let lines: Vec<_> = steps.iter().map(|s| format!("{}: {}", s.id, why(s))).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    a: in progress on this line; interrupted last time; priority 0; milestone due 2026-08-01; unblocks 2 tasks; next in the plan
    c: nothing stands in its way
    ");
}

#[test]
fn interrupted_is_no_end_and_no_process() {
    let mut view = empty_view();
    plan(&mut view, "dead", &[]);
    plan(&mut view, "live", &[]);
    let found = |view: &View| -> Vec<String> {
        view.line.interrupted_sessions(&is_live).into_iter().map(str::to_owned).collect()
    };
    assert_eq!(found(&view), ["dead"]);
    view.line.sessions.get_mut("dead").expect("there").open_turn = None;
    assert_eq!(found(&view), Vec::<String>::new());
}

#[test]
fn ten_thousand_tasks_are_ordered_in_time() {
    let id = |n: usize| format!("t-{n:05}");
    let mut chain = empty_view();
    let mut fans = empty_view();
    for n in 0..10_000 {
        open_on(&mut chain, &id(n), |t| t.depends_on.extend((n > 0).then(|| task_id(&id(n - 1)))));
        let hub = (n >= 100).then(|| task_id(&id(n % 100)));
        open_on(&mut fans, &id(n), |t| t.depends_on.extend(hub));
    }
    for (view, count) in [(chain, 1), (fans, 100)] {
        let steps = in_time(|| next_steps(&view, at(NOW), &is_live));
        assert_eq!(steps.len(), count);
        let waiting = if count == 1 { MOST_WAITING } else { 99 };
        assert_eq!(steps[0].why, [Why::Unblocks(waiting)]);
    }
}

fn any_view() -> impl Strategy<Value = Vec<(TaskId, Task)>> {
    let one = (select(&Status::ALL), 0..5_u8, 0..4_i64, proptest::option::of(0..12_usize));
    proptest::collection::vec(one, 1..12).prop_map(|seeds| {
        let id = |n: usize| task_id(&format!("t-{n:02}"));
        let task =
            |(n, (status, priority, day, needs)): (usize, (Status, u8, i64, Option<usize>))| {
                let mut task = task();
                (task.status, task.priority) = (status, priority);
                task.created_at += jiff::SignedDuration::from_hours(24 * day);
                task.depends_on = needs.filter(|needed| *needed < n).map(id).into_iter().collect();
                (id(n), task)
            };
        seeds.into_iter().enumerate().map(task).collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_insertion_decides_nothing(tasks in any_view(), private: u16, turn: usize) {
        let filled = |tasks: &[(TaskId, Task)]| {
            let mut view = empty_view();
            for (id, task) in tasks {
                view.state.tasks.insert(id.clone(), task.clone());
            }
            view
        };
        let mut shuffled = tasks.clone();
        shuffled.reverse();
        shuffled.rotate_left(turn % tasks.len());
        let (view, other) = (filled(&tasks), filled(&shuffled));
        prop_assert_eq!(ids(&view), ids(&other));
        // Nor does it matter in which of both places a task is kept.
        let mut split = view.clone();
        for (n, (id, _)) in tasks.iter().enumerate().filter(|(n, _)| private >> (n % 16) & 1 == 1) {
            let task = split.state.tasks.remove(id).unwrap_or_else(|| panic!("{n}"));
            split.line.private.insert(id.clone(), task);
        }
        prop_assert_eq!(ids(&view), ids(&split));
    }

    #[test]
    fn what_stands_there_is_ready_and_all_of_it(tasks in any_view()) {
        let mut view = empty_view();
        view.state.tasks.extend(tasks);
        let ready = |t: &Task| is_ready(&view, t, at(NOW));
        let expected = view.tasks().filter(|(_, t)| ready(t)).count();
        let steps = next_steps(&view, at(NOW), &is_live);
        prop_assert!(steps.iter().all(|step| ready(step.task) && !step.why.is_empty()));
        prop_assert_eq!(steps.len(), expected);
    }
}

#[test]
fn a_milestone_that_is_not_open_is_due_no_more() {
    for (status, expected) in [
        (MilestoneStatus::Open, "milestone due 2026-07-01"),
        (MilestoneStatus::Reached, "nothing stands in its way"),
        (MilestoneStatus::Dropped, "nothing stands in its way"),
    ] {
        let mut view = empty_view();
        view.state.milestones.get_mut(&milestone_id("m-1")).expect("m-1").status = status;
        open_on(&mut view, "t-1", |task| task.milestone = Some(milestone_id("m-1")));
        let steps = next_steps(&view, at(NOW), &|_| false);
        assert_eq!(steps[0].why[0].text(), expected);
    }
}
