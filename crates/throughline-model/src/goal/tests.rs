//! The laws of the state machine.

use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).expect("a time")
}

fn goal(budget: Budget) -> Goal {
    let id = GoalId::parse("g-1").expect("an id");
    Goal::new(id, "p-1", " Ship it ", budget, at(0)).expect("a goal")
}

fn tokens_of(tokens: u64) -> Budget {
    Budget { tokens: Some(tokens), seconds: None }
}

fn spend(tokens: u64) -> Act {
    Act::Spend(Spent { tokens, seconds: 0 })
}

fn walk(budget: Budget, acts: &[Act]) -> Result<Goal, Refused> {
    acts.iter()
        .zip(1..)
        .try_fold(goal(budget), |goal, (act, second)| goal.after("g-1", act, at(second)))
}

#[test]
fn usage_is_input_that_was_not_cached_and_output() {
    assert_eq!(tokens(Usage { input: 100, cached: 90, output: 7 }), 17);
    assert_eq!(tokens(Usage { input: 1, cached: 9, output: 7 }), 7);
}

#[test]
fn what_is_used_and_what_it_leads_to_are_one_step() {
    let goal = walk(tokens_of(10), &[spend(9)]).expect("active");
    assert_eq!(goal.status, GoalStatus::Active);
    let goal = walk(tokens_of(10), &[spend(10)]).expect("limited");
    assert_eq!((goal.status, goal.until), (GoalStatus::BudgetLimited, Some(at(1))));
}

#[test]
fn a_raised_budget_goes_on_and_resuming_alone_does_not() {
    let limited = [spend(10), Act::Resume];
    assert_eq!(walk(tokens_of(10), &limited), Err(Refused::UsedUp));
    let raised = [spend(10), Act::Allow(tokens_of(20))];
    let goal = walk(tokens_of(10), &raised).expect("it goes on");
    assert_eq!((goal.status, goal.since, goal.until), (GoalStatus::Active, at(2), None));
    let lowered = walk(tokens_of(20), &[spend(10), Act::Allow(tokens_of(5))]).expect("lowered");
    assert_eq!(lowered.status, GoalStatus::BudgetLimited);
    // Out of budget can't be hidden behind another word.
    for act in [Act::Pause, Act::Block { reason: "tired".to_owned() }, Act::Limit] {
        assert!(matches!(walk(tokens_of(1), &[spend(1), act]), Err(Refused::NotFrom { .. })));
    }
    assert_eq!(walk(tokens_of(1), &[Act::Allow(tokens_of(0))]), Err(Refused::NoBudget));
}

#[test]
fn what_is_complete_stays_so_and_still_learns_what_it_cost() {
    let goal = walk(Budget::default(), &[Act::Complete, spend(5)]).expect("complete");
    assert_eq!((goal.status, goal.spent.tokens), (GoalStatus::Complete, 5));
    for act in [Act::Resume, Act::Pause, Act::Complete, Act::Allow(tokens_of(9))] {
        assert!(walk(Budget::default(), &[Act::Complete, act]).is_err());
    }
}

#[test]
fn a_turn_counts_where_it_ran_while_the_goal_was_active() {
    let paused = walk(Budget::default(), &[spend(1), Act::Pause]).expect("paused");
    assert!(paused.counts(at(1), None) && paused.counts(at(-5), Some(at(1))));
    assert!(!paused.counts(at(-5), Some(at(-1))), "before it was set");
    assert!(!paused.counts(at(3), None), "after it was paused");
}

#[test]
fn an_objective_has_words_and_not_too_many() {
    let set = |text: &str| {
        Goal::new(GoalId::parse("g-1").expect("an id"), "p-1", text, Budget::default(), at(0))
    };
    assert_eq!(set("  "), Err(Refused::Objective));
    assert_eq!(set(&"é".repeat(LONGEST_OBJECTIVE + 1)), Err(Refused::Objective));
    assert_eq!(set(&"é".repeat(LONGEST_OBJECTIVE)).map(|goal| goal.status), Ok(GoalStatus::Active));
}

fn any_budget() -> impl Strategy<Value = Budget> {
    let bound = || proptest::option::of(0_u64..60);
    (bound(), bound()).prop_map(|(tokens, seconds)| Budget { tokens, seconds })
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        Just(Act::Pause),
        Just(Act::Resume),
        Just(Act::Block { reason: "why".to_owned() }),
        Just(Act::Limit),
        Just(Act::Complete),
        Just(Act::Reword { objective: "Other words".to_owned() }),
        any_budget().prop_map(Act::Allow),
        (0_u64..80, 0_u64..80).prop_map(|(tokens, seconds)| Act::Spend(Spent { tokens, seconds })),
        (0_u64..4).prop_map(|before| Act::Continue { before }),
    ]
}

proptest! {
    #[test]
    fn the_laws_hold_whoever_writes(
        budget in any_budget(),
        acts in proptest::collection::vec((any_act(), any::<bool>(), -20_i64..200), 0..40),
    ) {
        let budget = if check(budget).is_ok() { budget } else { Budget::default() };
        let mut goal = goal(budget);
        for (act, stale, second) in acts {
            let expected = if stale { "g-0" } else { "g-1" };
            let before = goal.clone();
            match goal.after(expected, &act, at(second)) {
                Err(refused) => prop_assert_eq!(
                    stale,
                    matches!(&refused, Refused::Stale { expected, .. } if expected == "g-0")
                ),
                Ok(after) => {
                    prop_assert!(!stale, "a stale writer changes nothing");
                    goal = after;
                }
            }
            prop_assert_eq!(&goal.id, &before.id);
            prop_assert!(goal.spent.tokens >= before.spent.tokens);
            prop_assert!(goal.spent.seconds >= before.spent.seconds);
            prop_assert!(goal.updated >= before.updated);
            prop_assert!(goal.continued <= before.continued + 1);
            let active = goal.status == GoalStatus::Active;
            prop_assert!(!active || !goal.budget.is_used_up(goal.spent));
            prop_assert_eq!(active, goal.until.is_none());
            if before.status == GoalStatus::Complete {
                prop_assert_eq!(goal.status, GoalStatus::Complete);
            }
            let by_a_person = matches!(act, Act::Resume | Act::Allow(_));
            prop_assert!(!active || before.status == GoalStatus::Active || by_a_person);
        }
    }
}
