//! What the rows promise: one goal for each owner, no stale writer, cost by turn, history.

use std::sync::Mutex;

use jiff::Timestamp;
use throughline_model::goal::{Budget, GoalStatus};
use throughline_model::ids::GoalId;
use throughline_store::home::Home;

use super::*;

const PROJECT: Owner<'static> = Owner { project: "p-1", session: None };
const SESSION: Owner<'static> = Owner { project: "p-1", session: Some("s1") };

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).expect("a time")
}

fn goal(id: &str, owner: Owner<'_>, tokens: Option<u64>) -> Goal {
    let (id, budget) = (GoalId::parse(id).expect("an id"), Budget { tokens, seconds: None });
    let goal = Goal::new(id, owner.project, "Ship it", budget, at(0)).expect("a goal");
    Goal { session: owner.session.map(str::to_owned), milestone: Some("m-1".to_owned()), ..goal }
}

fn world() -> (tempfile::TempDir, Home) {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::new(folder.path().join("home"));
    home.prepare().expect("a home");
    (folder, home)
}

fn turn(id: &str, began: i64, tokens: u64) -> TurnCost {
    let usage = Usage { input: tokens + 50, cached: 60, output: 10 };
    TurnCost { turn: id.to_owned(), began: at(began), ended: Some(at(began + 10)), usage }
}

#[test]
fn an_owner_has_one_goal_and_those_before_are_history() {
    let (_folder, home) = world();
    let mut goals = Goals::open(&home).expect("open");
    let first = goal("g-1", PROJECT, Some(100));
    goals.set(&first, "person").expect("set");
    goals.set(&goal("g-2", SESSION, None), "agent").expect("another owner");
    assert_eq!(goals.current(PROJECT).expect("read"), Some(first));
    let taken = goals.set(&goal("g-3", PROJECT, None), "person");
    assert!(matches!(taken, Err(GoalError::Taken { found }) if found == "g-1"));
    goals.act(PROJECT, "g-1", &Act::Complete, ("person", at(5))).expect("complete");
    goals.set(&goal("g-3", PROJECT, None), "person").expect("set");
    goals.clear(PROJECT, "g-3", ("person", at(6))).expect("cleared");
    assert_eq!(goals.current(PROJECT).expect("read"), None);
    let all = goals.list("p-1").expect("read");
    let all: Vec<_> = all.iter().map(|(goal, current)| (goal.id.as_str(), *current)).collect();
    assert_eq!(all, [("g-3", false), ("g-2", true), ("g-1", false)]);
    let history = goals.history("g-1").expect("read");
    let history: Vec<_> =
        history.iter().map(|event| (event.what.as_str(), event.status.as_str())).collect();
    assert_eq!(history, [("set", "active"), ("complete", "complete")]);
}

#[test]
fn a_writer_who_means_another_goal_is_told_and_changes_nothing() {
    let (_folder, home) = world();
    let mut goals = Goals::open(&home).expect("open");
    goals.set(&goal("g-1", PROJECT, None), "person").expect("set");
    goals.clear(PROJECT, "g-1", ("person", at(1))).expect("cleared");
    let none = goals.act(PROJECT, "g-1", &Act::Pause, ("agent", at(2)));
    assert!(matches!(none, Err(GoalError::None)));
    goals.set(&goal("g-2", PROJECT, None), "person").expect("set");
    let before = goals.current(PROJECT).expect("read");
    for act in [Act::Pause, Act::Complete, Act::Block { reason: "why".to_owned() }] {
        let stale = goals.act(PROJECT, "g-1", &act, ("agent", at(3))).expect_err("stale");
        assert!(stale.to_string().contains("it is g-2 now"), "{stale}");
    }
    assert!(goals.clear(PROJECT, "g-1", ("agent", at(3))).is_err());
    assert_eq!(goals.current(PROJECT).expect("read"), before);
    assert_eq!(goals.history("g-2").expect("read").len(), 1);
}

#[test]
fn a_turn_is_booked_once_on_the_goals_it_was_worked_for() {
    let (_folder, home) = world();
    let mut goals = Goals::open(&home).expect("open");
    goals.set(&goal("g-1", PROJECT, Some(100)), "person").expect("set");
    goals.set(&goal("g-2", SESSION, None), "person").expect("set");
    // It ended before there was a goal.
    let old = turn("t0", -60, 7);
    let mut book = |turns: &[TurnCost], session| {
        goals.book(Owner { session: Some(session), ..PROJECT }, turns, at(99)).expect("booked")
    };
    assert_eq!(book(&[old.clone(), turn("t1", 10, 30)], "s1").len(), 2);
    assert_eq!(book(&[old, turn("t1", 10, 30)], "s1").len(), 0, "again changes nothing");
    // More of it is known; and another session works for the project, too.
    assert_eq!(book(&[turn("t1", 10, 40)], "s1").len(), 2);
    let limited = book(&[turn("t1", 20, 60)], "s2");
    let (before, after) = &limited[0];
    assert_eq!((before.status, after.status), (GoalStatus::Active, GoalStatus::BudgetLimited));
    assert_eq!((after.spent.tokens, after.spent.seconds), (100, 20));
    assert_eq!(goals.current(SESSION).expect("read").expect("there").spent.tokens, 40);
    assert_eq!(goals.booked("g-1", "s1", "t1").expect("read").tokens, 40);
    let budget = Budget { tokens: Some(200), seconds: None };
    let raised = goals.act(PROJECT, "g-1", &Act::Allow(budget), ("person", at(200)));
    assert_eq!(raised.expect("raised").status, GoalStatus::Active);
}

#[test]
fn where_many_let_the_same_turn_go_on_one_does() {
    let (_folder, home) = world();
    Goals::open(&home).expect("open").set(&goal("g-1", PROJECT, None), "person").expect("set");
    let run =
        Run { turn: "t1".to_owned(), count: 1, began: at(1), said: "one".to_owned(), tokens: 5 };
    let seen = Goals::open(&home).expect("open").current(PROJECT).expect("read").expect("there");
    let refusals = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let done = Goals::open(&home).expect("open").go_on(&seen, "s1", &run, at(2));
                refusals.lock().expect("a list").extend(done.err());
            });
        }
    });
    let refusals = refusals.into_inner().expect("a list");
    assert_eq!(refusals.len(), 5);
    assert!(refusals.iter().all(|e| matches!(e, GoalError::Refused(Refused::Stale { .. }))));
    let goals = Goals::open(&home).expect("open");
    assert_eq!(goals.current(PROJECT).expect("read").expect("there").continued, 1);
    assert_eq!(goals.run("s1").expect("read"), Some(run));
}

#[test]
fn concurrent_writers_leave_a_goal_that_could_be_made_one_after_the_other() {
    let (_folder, home) = world();
    Goals::open(&home).expect("open").set(&goal("g-1", PROJECT, Some(1_000)), "p").expect("set");
    let acts = [Act::Pause, Act::Resume, Act::Block { reason: "why".to_owned() }, Act::Resume];
    std::thread::scope(|scope| {
        for writer in 0..4_i64 {
            let (home, acts) = (&home, &acts);
            scope.spawn(move || {
                let mut goals = Goals::open(home).expect("open");
                for round in 0..10_i64 {
                    let owner = Owner { session: Some("s"), ..PROJECT };
                    let id = format!("{writer}-{round}");
                    let booked = goals.book(owner, &[turn(&id, 1_000 + round, 10)], at(round));
                    booked.expect("booked");
                    for (number, act) in acts.iter().enumerate() {
                        let expected = if number % 2 == 0 { "g-0" } else { "g-1" };
                        let done = goals.act(PROJECT, expected, act, ("w", at(round)));
                        assert!(expected == "g-1" || done.is_err(), "a stale writer got through");
                    }
                }
            });
        }
    });
    let goals = Goals::open(&home).expect("open");
    let found = goals.current(PROJECT).expect("read").expect("there");
    assert_eq!((found.spent.tokens, found.status), (400, GoalStatus::Active));
    let history = goals.history("g-1").expect("read");
    assert!(history.iter().all(|event| event.what == "set" || event.what == "resume"));
}

#[test]
fn several_things_are_done_together_or_not_at_all() {
    let (_folder, home) = world();
    let mut goals = Goals::open(&home).expect("open");
    goals.set(&goal("g-1", PROJECT, None), "person").expect("set");
    let reword = || Act::Reword { objective: "Greet everybody".to_owned() };
    let refused =
        goals.act_all(PROJECT, "g-1", &[reword(), Act::Continue { before: 7 }], ("person", at(5)));
    assert!(refused.is_err());
    let kept = goals.current(PROJECT).expect("read").expect("a goal");
    assert_ne!(kept.objective, "Greet everybody");
    goals.act_all(PROJECT, "g-1", &[reword(), Act::Pause], ("person", at(6))).expect("done");
    let kept = goals.current(PROJECT).expect("read").expect("a goal");
    assert_eq!((kept.objective.as_str(), kept.status), ("Greet everybody", GoalStatus::Paused));
}
