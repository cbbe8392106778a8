//! What becomes of a model's proposals.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::ids::MemoryId;
use crate::memory::{Confidence, Finding, MemoryKind, MemoryScope};

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// A finding of session `s<hour>`, at that hour.
fn finding(hour: u8, title: &str, confidence: Confidence, reach: Reach) -> Scoped {
    let finding = Finding {
        kind: MemoryKind::Convention,
        reach,
        title: title.to_owned(),
        text: format!("{title}."),
        confidence,
        subject: None,
        files: vec!["src/a.rs".to_owned()],
        source: Source {
            session: Some(format!("s{hour}")),
            turn: Some("t".to_owned()),
            commit: None,
            file: None,
            at: format!("2026-11-20T{hour:02}:00:00Z").parse().unwrap(),
        },
    };
    Scoped { finding, project: "k".to_owned(), line: "l".to_owned() }
}

fn memory(id: &str, title: &str, author: Author, status: MemoryStatus) -> Memory {
    let source = finding(1, title, Confidence::Observed, Reach::Project).finding.source;
    Memory {
        id: MemoryId::parse(id).unwrap(),
        kind: MemoryKind::Convention,
        scope: MemoryScope::Project { project: "k".to_owned() },
        title: title.to_owned(),
        text: format!("{title}."),
        confidence: Confidence::Observed,
        status,
        author,
        pinned: false,
        key: None,
        subject: subject(&MemoryKind::Convention, title),
        files: Vec::new(),
        since: source.at,
        sources: vec![source],
        until: None,
        superseded_by: None,
        unfounded: false,
        earlier: Vec::new(),
        extra: BTreeMap::new(),
    }
}

fn wording(title: &str, reach: Reach, sessions: &[&str]) -> Wording {
    Wording {
        kind: MemoryKind::Convention,
        reach,
        title: title.to_owned(),
        text: format!("{title}, always."),
        sessions: sessions.iter().map(|session| (*session).to_owned()).collect(),
    }
}

fn proposals(changes: impl IntoIterator<Item = ProposedChange>) -> Proposals {
    let proposal = |change| Proposal { change, because: String::new() };
    Proposals { accepted: changes.into_iter().map(proposal).collect(), refused: Vec::new() }
}

/// The drafts that one added wording comes to.
fn added(wording: Wording, known: &[Memory], findings: &[Scoped]) -> Result<Draft, Objection> {
    let (done, refused) =
        ground(&proposals([ProposedChange::Add(wording)]), known, findings, now());
    match (&done.changes[..], &refused[..]) {
        ([Change::Add(draft)], []) => Ok(draft.clone()),
        ([], [refusal]) => Err(refusal.why),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_memory_is_as_sure_as_its_sessions() {
    let findings = [
        finding(2, "Install packages with pnpm", Confidence::Inferred, Reach::Project),
        finding(3, "pnpm installs packages here", Confidence::Inferred, Reach::Project),
        finding(3, "Answers are short", Confidence::Stated, Reach::User),
    ];
    let title = "Packages are installed with pnpm";
    let once = added(wording(title, Reach::User, &["s2"]), &[], &findings).unwrap();
    assert_eq!((once.status, once.confidence), (MemoryStatus::Suggested, Confidence::Inferred));
    assert_eq!(once.scope, MemoryScope::Project { project: "k".to_owned() });
    assert_eq!((once.title.as_str(), once.sources.len()), (title, 1));

    let twice = added(wording(title, Reach::Line, &["s2", "s3"]), &[], &findings).unwrap();
    assert_eq!((twice.status, twice.confidence), (MemoryStatus::Current, Confidence::Inferred));
    let line = MemoryScope::Line { project: "k".to_owned(), line: "l".to_owned() };
    assert_eq!((twice.scope, twice.sources.len()), (line, 2));
    assert_eq!(twice.since, findings[0].finding.source.at);

    let stated = added(wording("Short answers", Reach::User, &["s3"]), &[], &findings).unwrap();
    assert_eq!((stated.scope, stated.confidence), (MemoryScope::User, Confidence::Stated));
    let nowhere = added(wording(title, Reach::Project, &["s7"]), &[], &findings);
    assert_eq!(nowhere, Err(Objection::NoSession));
}

#[test]
fn what_a_person_said_or_rejected_is_not_added() {
    let title = "Install packages with pnpm";
    let findings = [finding(2, title, Confidence::Observed, Reach::Project)];
    for (author, status) in [
        (Author::Person, MemoryStatus::Current),
        (Author::Person, MemoryStatus::Rejected),
        (Author::Consolidation, MemoryStatus::Rejected),
    ] {
        let known = [memory("mem-a", title, author, status)];
        let refused = added(wording(title, Reach::Project, &["s2"]), &known, &findings);
        assert_eq!(refused, Err(Objection::Settled), "{author:?} {status:?}");
    }
}

#[test]
fn what_contradicts_a_person_waits_for_one() {
    let known =
        [memory("mem-a", "Use tabs for indentation", Author::Person, MemoryStatus::Current)];
    let title = "Use spaces for indentation";
    let findings = [finding(2, title, Confidence::Observed, Reach::Project)];
    let draft = added(wording(title, Reach::Project, &["s2"]), &known, &findings).unwrap();
    assert_eq!(draft.status, MemoryStatus::Suggested);
}

#[test]
fn changes_are_in_the_order_in_which_they_can_be_carried_out() {
    let known = [
        memory("mem-a", "Tests run with make", Author::Consolidation, MemoryStatus::Current),
        memory("mem-b", "Deploy on Fridays", Author::Consolidation, MemoryStatus::Current),
        memory("mem-c", "Logs are in var", Author::Consolidation, MemoryStatus::Current),
    ];
    let findings = [
        finding(4, "Tests run with just", Confidence::Stated, Reach::Project),
        finding(5, "Logs are written to var/log", Confidence::Observed, Reach::Project),
    ];
    let id = |id: &str| MemoryId::parse(id).unwrap();
    let changes = [
        ProposedChange::Remove(id("mem-b")),
        ProposedChange::Supersede(
            id("mem-a"),
            wording("Tests run with just", Reach::Project, &["s4"]),
        ),
        ProposedChange::Replace(
            id("mem-c"),
            wording("Logs lie in var/log", Reach::Project, &["s5"]),
        ),
    ];
    let (done, refused) = ground(&proposals(changes), &known, &findings, now());
    assert_eq!((done.added(), refused), (1, Vec::new()));
    let after = done.carry_out(&known, &[id("mem-new")]);
    let find = |name: &str| after.iter().find(|memory| memory.id.as_str() == name);
    let (old, new) = (find("mem-a").unwrap(), find("mem-new").unwrap());
    assert_eq!((old.status, &old.superseded_by), (MemoryStatus::Superseded, &Some(id("mem-new"))));
    assert_eq!((old.until, new.since), (Some(new.since), findings[0].finding.source.at));
    let logs = find("mem-c").unwrap();
    assert_eq!((logs.title.as_str(), logs.sources.len()), ("Logs lie in var/log", 2));
    assert_eq!(find("mem-b"), None);
    let gone = |change: &Change| matches!(change, Change::Drop { why: Gone::Unfounded, .. });
    assert!(done.changes.iter().any(gone), "{done:?}");
}

proptest! {
    #[test]
    fn persons_are_left_alone_and_all_has_a_source(
        picks in proptest::collection::vec((0_usize..4, 0_usize..4, 0_usize..5, 0_u8..4), 0..8),
    ) {
        const TITLES: [&str; 5] = [
            "Tests run with just", "Never use npm", "Deploy on Fridays", "Logs are in var", "it",
        ];
        let known: Vec<Memory> = [
            (Author::Person, MemoryStatus::Current),
            (Author::Consolidation, MemoryStatus::Current),
            (Author::Consolidation, MemoryStatus::Rejected),
            (Author::Consolidation, MemoryStatus::Suggested),
        ]
        .into_iter()
        .enumerate()
        .map(|(at, (author, status))| memory(&format!("mem-{at}"), TITLES[at], author, status))
        .collect();
        let findings: Vec<Scoped> = (1..4)
            .map(|hour| finding(hour, TITLES[usize::from(hour)], Confidence::Observed, Reach::Project))
            .collect();
        let changes = picks.into_iter().map(|(operation, target, title, session)| {
            let sessions = format!("s{session}");
            let wording = wording(TITLES[title], Reach::Project, &[&sessions]);
            let id = known[[1, 3][target % 2]].id.clone();
            match operation {
                0 => ProposedChange::Add(wording),
                1 => ProposedChange::Replace(id, wording),
                2 => ProposedChange::Supersede(id, wording),
                _ => ProposedChange::Remove(id),
            }
        });
        let (done, _) = ground(&proposals(changes), &known, &findings, now());
        let ids: Vec<MemoryId> =
            (0..done.added()).map(|n| MemoryId::parse(&format!("mem-new{n}")).unwrap()).collect();
        let after = done.carry_out(&known, &ids);
        for memory in &after {
            prop_assert!(!memory.sources.is_empty() && !memory.title.is_empty());
        }
        for of_a_person in known.iter().filter(|memory| is_a_persons(memory)) {
            prop_assert!(after.contains(of_a_person));
        }
    }
}
