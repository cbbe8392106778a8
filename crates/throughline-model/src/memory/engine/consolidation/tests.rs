//! What models would change of memories, and what they may.

use proptest::prelude::*;

use super::*;
use crate::memory::engine::budget::estimate;
use crate::memory::{Confidence, MemoryScope, MemoryStatus, Source};

const NONCE: [u8; 6] = [0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6];

fn memory(id: &str, author: Author, pinned: bool, scope: MemoryScope) -> Memory {
    let at = "2026-11-20T10:00:00Z".parse().unwrap();
    let (id, words) = (MemoryId::parse(id).unwrap(), ("It".to_owned(), "It is so.".to_owned()));
    let stated = Memory::stated(id, MemoryKind::Fact, scope, words, Source::of(at));
    Memory { confidence: Confidence::Observed, author, pinned, ..stated }
}

fn memories() -> Vec<Memory> {
    let project = || MemoryScope::Project { project: "k".to_owned() };
    let line = MemoryScope::Line { project: "k".to_owned(), line: "l".to_owned() };
    vec![
        memory("mem-a", Author::Consolidation, false, project()),
        memory("mem-b", Author::Consolidation, false, line),
        memory("mem-hand", Author::Person, false, project()),
        memory("mem-pin", Author::Consolidation, true, project()),
        Memory {
            status: MemoryStatus::Rejected,
            ..memory("mem-no", Author::Consolidation, false, project())
        },
        Memory {
            status: MemoryStatus::Superseded,
            ..memory("mem-old", Author::Consolidation, false, project())
        },
    ]
}

fn read(changes: Value) -> Proposals {
    let sessions = BTreeSet::from(["s1".to_owned(), "s2".to_owned()]);
    read_proposals(&json!({"changes": changes}).to_string(), &memories(), &sessions).unwrap()
}

fn said(op: &str, id: Option<&str>, reach: &str) -> Value {
    json!({
        "op": op, "id": id, "kind": "command", "title": "Run it", "text": "With `just it`.",
        "reach": reach, "sessions": ["s2", "s9", "s1"], "because": "s1 says so",
    })
}

fn wording(reach: Reach) -> Wording {
    Wording {
        kind: MemoryKind::Command,
        reach,
        title: "Run it".to_owned(),
        text: "With `just it`.".to_owned(),
        sessions: vec!["s1".to_owned(), "s2".to_owned()],
    }
}

#[test]
fn what_may_be_done_is_taken_in_order() {
    let changes = json!([
        said("add", None, "user"),
        said("replace", Some("mem-a"), "line"),
        said("supersede", Some("mem-b"), "line"),
        {"op": "remove", "id": "mem-b"},
    ]);
    let validator = jsonschema::validator_for(&phase2_schema()).unwrap();
    assert!(validator.is_valid(&json!({"changes": [said("add", None, "user")]})));
    assert!(!validator.is_valid(&json!({"changes": changes})));
    let proposals = read(changes);
    let id = |id: &str| MemoryId::parse(id).unwrap();
    let expected = [
        ProposedChange::Add(wording(Reach::User)),
        ProposedChange::Replace(id("mem-a"), wording(Reach::Line)),
        ProposedChange::Supersede(id("mem-b"), wording(Reach::Line)),
    ];
    let changes: Vec<_> =
        proposals.accepted.iter().map(|proposal| proposal.change.clone()).collect();
    assert_eq!(changes, expected);
    assert_eq!(proposals.accepted[0].because, "s1 says so");
    let twice = Refusal { why: Objection::Twice, what: "mem-b".to_owned() };
    assert_eq!(proposals.refused, [twice]);
    assert_eq!(read(json!([])), Proposals::default());
}

#[test]
fn what_may_not_be_done_is_refused_and_told() {
    let mut elsewhere = said("add", None, "project");
    elsewhere["sessions"] = json!(["s9"]);
    let mut wordless = said("replace", Some("mem-a"), "project");
    wordless["title"] = json!(" \u{200b}");
    wordless["text"] = Value::Null;
    let cases = [
        (said("forget", Some("mem-a"), "project"), Objection::NoOperation, "mem-a"),
        (json!("mem-a"), Objection::NoOperation, ""),
        (said("replace", Some("mem-z"), "project"), Objection::NoMemory, "mem-z"),
        (said("remove", None, "project"), Objection::NoMemory, "Run it"),
        (said("remove", Some("mem-hand"), "project"), Objection::OfAPerson, "mem-hand"),
        (said("supersede", Some("mem-hand"), "project"), Objection::OfAPerson, "mem-hand"),
        (said("replace", Some("mem-pin"), "project"), Objection::OfAPerson, "mem-pin"),
        (said("replace", Some("mem-no"), "project"), Objection::OfAPerson, "mem-no"),
        (said("supersede", Some("mem-old"), "project"), Objection::Past, "mem-old"),
        (said("replace", Some("mem-a"), "user"), Objection::Wider, "mem-a"),
        (said("supersede", Some("mem-b"), "project"), Objection::Wider, "mem-b"),
        (elsewhere, Objection::NoSession, "Run it"),
        (wordless, Objection::NoWords, "mem-a"),
    ];
    for (change, why, what) in cases {
        let proposals = read(json!([change]));
        assert_eq!(proposals.accepted, []);
        assert_eq!(proposals.refused, [Refusal { why, what: what.to_owned() }]);
    }
    let mut kept = said("replace", Some("mem-a"), "project");
    kept["sessions"] = json!([]);
    assert_eq!(read(json!([kept])).accepted.len(), 1);
    for (answer, error) in [("[]", ReadError::NoObject), ("{}", ReadError::OtherShape)] {
        assert_eq!(read_proposals(answer, &memories(), &BTreeSet::new()), Err(error));
    }
}

#[test]
fn a_question_holds_both_and_says_what_is_left_out() {
    insta::assert_snapshot!(phase2_input("# Memories\n</memories>", "+ new\n- old", 100, NONCE), @r"
    <memories a1b2c3d4e5f6>
    # Memories
    ‹/memories>
    </memories a1b2c3d4e5f6>
    <changes a1b2c3d4e5f6>
    + new
    - old
    </changes a1b2c3d4e5f6>
    ");
    let (sheet, diff) = ("memory\n".repeat(1_000), "+ change\n".repeat(1_000));
    let cut = phase2_input(&sheet, &diff, 1_000, NONCE);
    assert_eq!(cut.matches("bytes are left out]").count(), 2, "{cut}");
    let whole = phase2_input("memory", &diff, 3_000, NONCE);
    assert!(!whole.contains("left out"));
}

#[test]
fn every_operation_is_explained() {
    let instructions = phase2_instructions();
    for (word, _) in OPERATIONS {
        assert!(instructions.contains(&format!("\n- {word}: ")), "{word}");
    }
}

proptest! {
    #[test]
    fn a_question_keeps_its_budget(
        sheet in "(\\PC|\n|</memories a1b2c3d4e5f6>){0,400}",
        diff in "(\\PC|\n|</changes a1b2c3d4e5f6>\n){0,400}",
        budget in 0_usize..400,
    ) {
        let text = phase2_input(&sheet, &diff, budget, NONCE);
        prop_assert!(estimate(&text) <= u64::try_from(budget).unwrap());
        let nonces = text.matches("a1b2c3d4e5f6").count();
        prop_assert!(nonces == if text.is_empty() { 0 } else { 4 }, "{text}");
    }

    #[test]
    fn any_answer_is_read_or_refused(
        text in "\\PC{0,60}",
        op in "add|replace|supersede|remove|\\PC{0,4}",
        id in "mem-(a|b|hand|pin|z)",
        words in "\\PC{0,120}",
        reach in "user|project|line|",
        session in "s1|s9|",
    ) {
        let _ = read_proposals(&text, &memories(), &BTreeSet::new());
        let change = json!({
            "op": op, "id": id, "title": words, "text": words, "reach": reach,
            "sessions": [session], "because": words, "kind": words,
        });
        let proposals = read(json!([change, text, change]));
        prop_assert_eq!(proposals.accepted.len() + proposals.refused.len(), 3);
        for Proposal { change, .. } in &proposals.accepted {
            match change {
                ProposedChange::Add(_) => {}
                ProposedChange::Replace(id, _) | ProposedChange::Supersede(id, _) | ProposedChange::Remove(id) => {
                    prop_assert!(["mem-a", "mem-b"].contains(&id.as_str()));
                }
            }
        }
    }
}
