//! Tests of `merge`: laws over random branches, and the cases that people meet.

mod branches;
mod cases;

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::state::{read, write};
use crate::view::View;
use branches::{Tape, branch, trunk};

/// For each of the six laws, ten thousand together: as many as take some seconds; `PROPTEST_CASES` asks for more.
const CASES: u32 = 1_700;

fn cases() -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig { cases: asked.cases.max(CASES), max_shrink_iters: 20_000, ..asked }
}

fn parts(base: &State, ours: &State, theirs: &State) -> Merged {
    merge_parts(Some(base), ours, theirs).expect("small states can be merged")
}

/// The state without conflicts that an edit settled: a merge leaves them out.
fn tidy(state: &State) -> State {
    State { conflicts: open_conflicts(state), ..state.clone() }
}

/// What a state says: members that nobody knows stand in the order in which they came, and that order
/// says nothing. (A million branches had one whose settled state had two of them the other way round.)
fn content(state: &State) -> serde_json::Value {
    serde_json::from_str(&write(state)).expect("what we write is JSON")
}

/// Every scalar and every member of a set, by place.
fn leaves(state: &State) -> BTreeMap<Pointer, String> {
    fn walk(at: &Pointer, value: &Json, leaves: &mut BTreeMap<Pointer, String>) {
        match value {
            Json::Map(members) if !members.is_empty() => {
                members.iter().for_each(|(key, value)| walk(&at.below(key), value, leaves));
            }
            Json::List(items) if Rule::of_task(&last(at)) == Rule::Set => {
                for item in items {
                    leaves.insert(at.below(&item.text()), String::new());
                }
            }
            _ => drop(leaves.insert(at.clone(), value.text())),
        }
    }
    let mut all = BTreeMap::new();
    let root = Pointer::to([]);
    for (sort, things) in sorts(state) {
        for (id, members) in things {
            walk(&root.below(sort).below(&id), &Json::Map(members), &mut all);
        }
    }
    walk(&root.below("project"), &Json::Map(state.label.members()), &mut all);
    state.extra.iter().for_each(|(key, value)| walk(&root.below(key), value, &mut all));
    all
}

fn last(at: &Pointer) -> String {
    at.names().pop().unwrap_or_default()
}

fn sorts(state: &State) -> [(&'static str, Vec<(String, Members)>); 4] {
    fn all<K: ToString, V: AsMembers>(things: &BTreeMap<K, V>) -> Vec<(String, Members)> {
        things.iter().map(|(id, thing)| (id.to_string(), thing.members())).collect()
    }
    [
        ("tasks", all(&state.tasks)),
        ("milestones", all(&state.milestones)),
        ("notes", all(&state.notes)),
        ("snapshots", all(&state.snapshots)),
    ]
}

/// Whether a conflict at the place or around it says that not everything went through, or one of
/// the rules applies that decide in silence.
fn is_recorded(merged: &State, at: &Pointer) -> bool {
    let within = |place: &Pointer| {
        let plain = at.as_str().replace("/\"", "/").replace('"', "");
        format!("{plain}/").starts_with(&format!("{place}/"))
            || place.as_str().starts_with(&format!("{at}/"))
    };
    merged.conflicts.keys().any(within)
}

fn decides_silently(at: &Pointer) -> bool {
    ["status", "completed_at", "created_at"].contains(&last(at).as_str())
}

/// Sides that agree, or of which only one changed something, lose nothing.
fn nothing_is_lost(base: &State, ours: &State, theirs: &State, merged: &State) {
    let [base, ours, theirs, now] = [base, ours, theirs, merged].map(leaves);
    let places: BTreeSet<&Pointer> = base.keys().chain(ours.keys()).chain(theirs.keys()).collect();
    for at in places {
        let (was, here, there) = (base.get(at), ours.get(at), theirs.get(at));
        let wanted = if here == was { there } else { here };
        let agreed = here == there || here == was || there == was;
        let kept = now.get(at) == wanted && agreed;
        let silent = !agreed && decides_silently(at);
        assert!(kept || silent || is_recorded(merged, at), "{at}: {was:?} {here:?} {there:?}");
    }
}

fn is_right(state: &State) {
    assert_eq!(check(state), Ok(()));
    let text = write(state);
    let (back, _) = read(text.as_bytes()).expect("a merged state is readable");
    assert_eq!(&back, state);
}

/// Beside a status the time of completion, else the place itself.
fn completion_beside(at: &Pointer) -> Pointer {
    let mut names = at.names();
    if let Some(status) = names.last_mut().filter(|name| *name == "status") {
        "completed_at".clone_into(status);
    }
    Pointer::to(names.iter().map(String::as_str))
}

/// Settles all conflicts, each as the tape says.
fn settled(state: &State, tape: &mut Tape<'_>) -> State {
    let mut view = View::new(state.clone(), crate::line::Line::new("main"));
    for at in open_conflicts(state).into_keys() {
        branches::settle(&mut view, &at, tape);
    }
    view.state
}

/// Two branches of a trunk and what a merge makes of them, and a third branch.
struct World<'t> {
    base: State,
    ours: State,
    theirs: State,
    third: State,
    merged: Merged,
    tape: Tape<'t>,
}

fn world(tape: &[u32]) -> World<'_> {
    let mut tape = Tape::new(tape);
    let base = trunk(&mut tape);
    let [ours, theirs, third] = [(); 3].map(|()| branch(&base, &mut tape));
    let merged = parts(&base, &ours, &theirs);
    World { base, ours, theirs, third, merged, tape }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_merged_state_is_right_and_both_directions_end_in_it(tape in vec(any::<u32>(), 0..220)) {
        let World { base, ours, theirs, merged, .. } = world(&tape);
        is_right(&merged.state);
        prop_assert_eq!(parts(&base, &theirs, &ours), merged);
    }

    #[test]
    fn nothing_is_lost_in_silence(tape in vec(any::<u32>(), 0..220)) {
        let World { base, ours, theirs, merged, .. } = world(&tape);
        nothing_is_lost(&base, &ours, &theirs, &merged.state);
    }

    #[test]
    fn what_one_side_did_alone_is_what_it_did(tape in vec(any::<u32>(), 0..220)) {
        let World { base, ours, theirs, merged, .. } = world(&tape);
        for x in [&base, &ours, &theirs, &merged.state] {
            prop_assert_eq!(parts(&base, x, x).state, tidy(x));
            prop_assert_eq!(parts(&base, &base, x).state, tidy(x));
            prop_assert_eq!(parts(&base, x, &base).state, tidy(x));
        }
    }

    #[test]
    fn what_was_settled_stays_settled(tape in vec(any::<u32>(), 0..220)) {
        let World { ours, theirs, merged, mut tape, .. } = world(&tape);
        let decided = settled(&merged.state, &mut tape);
        is_right(&decided);
        prop_assert!(open_conflicts(&decided).is_empty());
        for side in [&ours, &theirs] {
            prop_assert_eq!(content(&parts(side, &decided, side).state), content(&tidy(&decided)));
            let later = branch(side, &mut tape);
            let again = parts(side, &decided, &later);
            let differs = |at: &Pointer| value_at(side, at) != value_at(&later, at);
            // Completing once more leaves the status and says something about it all the same.
            let touched = |at: &Pointer| differs(at) || differs(&completion_beside(at));
            let mended = |at: &Pointer| ["ref", "parent"].contains(&last(at).as_str());
            let needed = |at: &Pointer| at.names().len() == 2 || at.as_str().contains("depends_on");
            let (was, is) = (open_conflicts(side), open_conflicts(&later));
            let settled = |at: &Pointer| was.contains_key(at) && !is.contains_key(at);
            let fair = |at: &Pointer| touched(at) || settled(at) || mended(at) || needed(at);
            prop_assert!(again.conflicts.iter().all(fair), "{:?}", again.conflicts);
        }
    }

    #[test]
    fn without_a_base_it_is_right_too(tape in vec(any::<u32>(), 0..220)) {
        let World { ours, theirs, .. } = world(&tape);
        let alone = merge(None, &ours, &theirs).expect("small states can be merged");
        is_right(&alone.state);
        prop_assert_eq!(merge(None, &theirs, &ours), Ok(alone.clone()));
        let kept = |id| alone.state.tasks.contains_key(id);
        prop_assert!(ours.tasks.keys().chain(theirs.tasks.keys()).all(kept));
    }

    #[test]
    fn where_nothing_is_in_conflict_the_order_of_merges_is_free(tape in vec(any::<u32>(), 0..220)) {
        let World { base, ours, theirs, third, merged, .. } = world(&tape);
        let rest = parts(&base, &theirs, &third);
        let (left, right) = (parts(&base, &merged.state, &third), parts(&base, &ours, &rest.state));
        if [&merged, &rest, &left, &right].iter().all(|merged| merged.state.conflicts.is_empty()) {
            prop_assert_eq!(left, right);
        }
    }
}
