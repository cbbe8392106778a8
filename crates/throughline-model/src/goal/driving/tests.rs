//! No script of events gets an agent into an endless loop.

use proptest::prelude::*;

use super::super::{Act, Budget};
use super::*;
use crate::ids::GoalId;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).expect("a time")
}

fn goal(tokens: Option<u64>) -> Goal {
    let (id, budget) = (GoalId::parse("g-1").expect("an id"), Budget { tokens, seconds: None });
    Goal::new(id, "p-1", "Ship it", budget, at(0)).expect("a goal")
}

const ON: GoalSettings =
    GoalSettings { enabled: true, most_in_a_turn: 3, most_in_all: 7, most_minutes: 60 };

const STOP: Stop<'static> = Stop {
    turn: "t1",
    stop_hook_active: false,
    said: "one",
    tokens: Some(5),
    run: None,
    others: Others::Nobody,
};

fn run() -> Run {
    Run { turn: "t1".to_owned(), count: 1, began: at(0), said: "zero".to_owned(), tokens: 1 }
}

/// Name, settings, goal, stop, at which second, and why the turn ends, if it does.
type Case<'a> = (&'a str, GoalSettings, Goal, Stop<'a>, i64, Option<Rest>);

#[test]
fn each_bound_has_its_reason() {
    let run = run();
    let again = Stop { stop_hook_active: true, run: Some(&run), ..STOP };
    let often = Run { count: 3, ..run.clone() };
    let paused = goal(None).after("g-1", &Act::Pause, at(1)).expect("paused");
    let used = Goal { continued: 7, ..goal(None) };
    let cases: [Case<'_>; 13] = [
        ("a first stop", ON, goal(None), STOP, 9, None),
        ("a second one", ON, goal(None), again.clone(), 9, None),
        ("off", GoalSettings::default(), goal(None), STOP, 9, Some(Rest::Off)),
        ("paused", ON, paused, STOP, 9, Some(Rest::NotActive(GoalStatus::Paused))),
        ("own", ON, goal(None), Stop { others: Others::Agent, ..STOP }, 9, Some(Rest::AgentsOwn)),
        ("hook", ON, goal(None), Stop { run: None, ..again.clone() }, 9, Some(Rest::OtherHook)),
        (
            "turn",
            ON,
            goal(None),
            Stop { run: Some(&often), ..again.clone() },
            9,
            Some(Rest::OftenInTurn),
        ),
        ("all", ON, used, STOP, 9, Some(Rest::OftenInAll)),
        ("late", ON, goal(None), again.clone(), 3_600, Some(Rest::Long)),
        ("a clock that went back", ON, goal(None), again.clone(), -1, Some(Rest::Long)),
        (
            "same words",
            ON,
            goal(None),
            Stop { said: "zero", ..again.clone() },
            9,
            Some(Rest::Still),
        ),
        (
            "no tokens",
            ON,
            goal(None),
            Stop { said: "", tokens: Some(1), ..again.clone() },
            9,
            Some(Rest::Still),
        ),
        ("budget", ON, goal(Some(12)), STOP, 9, Some(Rest::Budget)),
    ];
    for (name, settings, goal, stop, second, expected) in cases {
        // Seven of the goal's tokens are not of this turn.
        let verdict = decide(settings, &goal, 7, &stop, at(second));
        match expected {
            Some(rest) => assert_eq!(verdict, Verdict::Rest(rest), "{name}"),
            None => assert!(matches!(verdict, Verdict::GoOn(_)), "{name}: {verdict:?}"),
        }
    }
}

#[test]
fn the_agent_is_told_the_objective_inside_the_fence_and_how_to_end() {
    let told = reason(&goal(Some(100)), &["Write it".to_owned()], |text| format!("<<{text}>>"));
    let inside = told.split("<<").nth(1).expect("a fence");
    assert_eq!(inside, "Objective: Ship it\nNext step: Write it\nTokens left: 100>>");
    assert!(told.contains("update_goal with goal g-1 and status complete"), "{told}");
}

/// What befalls a session.
#[derive(Debug, Clone)]
enum Event {
    Stops { turn: u8, active: bool, said: u8, tokens: Option<u64>, others: bool },
    Acts(Act),
    Time(i64),
}

fn event() -> impl Strategy<Value = Event> {
    let stop = (0_u8..5, any::<bool>(), 0_u8..9, proptest::option::of(0_u64..2_000), 0_u8..9);
    let act = prop_oneof![
        Just(Act::Complete),
        Just(Act::Block { reason: "why".to_owned() }),
        Just(Act::Pause),
        (0_u64..3_000).prop_map(|tokens| Act::Spend(super::super::Spent { tokens, seconds: 0 })),
    ];
    prop_oneof![
        9 => stop.prop_map(|(turn, active, said, tokens, others)| Event::Stops {
            turn, active, said, tokens, others: others == 0,
        }),
        1 => act.prop_map(Event::Acts),
        1 => (-5_000_i64..5_000).prop_map(Event::Time),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Whatever an agent says, claims and does: without a person no more than the bound, and never past a goal that
    /// is not active.
    #[test]
    fn a_thousand_scripts_end(
        tokens in proptest::option::of(1_u64..3_000),
        events in proptest::collection::vec(event(), 0..120),
    ) {
        let (mut goal, mut run, mut now) = (goal(tokens), None::<Run>, 0_i64);
        let (mut in_all, mut in_turn) = (0_u64, std::collections::BTreeMap::<u8, u64>::new());
        for event in events {
            now += 1;
            match event {
                Event::Time(by) => now += by,
                Event::Acts(act) => if let Ok(after) = goal.after("g-1", &act, at(now)) { goal = after },
                Event::Stops { turn, active, said, tokens, others } => {
                    let (name, said) = (format!("t{turn}"), format!("{said}"));
                    let others = if others { Others::Agent } else { Others::Nobody };
                    let stop = Stop {
                        turn: &name, stop_hook_active: active, said: &said, tokens,
                        run: run.as_ref(), others,
                    };
                    let Verdict::GoOn(next) = decide(ON, &goal, 0, &stop, at(now)) else { continue };
                    let act = Act::Continue { before: goal.continued };
                    prop_assert_eq!(goal.status, GoalStatus::Active);
                    prop_assert_eq!(others, Others::Nobody);
                    goal = goal.after("g-1", &act, at(now)).expect("it is active");
                    let same = run.as_ref().is_some_and(|run| run.turn == next.turn);
                    let count = in_turn.entry(turn).or_default();
                    *count = if same { *count + 1 } else { 1 };
                    in_all += 1;
                    prop_assert!(*count <= 3 && next.count == *count);
                    run = Some(next);
                }
            }
        }
        prop_assert!(in_all <= 7, "{in_all}");
    }
}
