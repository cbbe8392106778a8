//! Laws of consolidation, and what it does with a history.

use proptest::prelude::*;

use super::*;
use crate::ids::MemoryId;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_763_700_000 + minute * 60).unwrap()
}

const NOW: i64 = 1_000_000;

fn said(session: &str, minute: i64, text: &str) -> Scoped {
    found(session, minute, MemoryKind::Convention, Confidence::Stated, text)
}

fn found(
    session: &str,
    minute: i64,
    kind: MemoryKind,
    confidence: Confidence,
    text: &str,
) -> Scoped {
    let finding = Finding {
        subject: crate::memory::extract::subject(&kind, text),
        kind,
        reach: Reach::Project,
        title: text.trim_end_matches('.').to_owned(),
        text: text.to_owned(),
        confidence,
        files: Vec::new(),
        source: Source {
            session: Some(session.to_owned()),
            turn: Some("t".to_owned()),
            commit: None,
            file: None,
            at: at(minute),
        },
    };
    Scoped { finding, project: "p-1".to_owned(), line: "main".to_owned() }
}

fn id(number: usize) -> MemoryId {
    MemoryId::parse(&format!("mem-{number}")).unwrap()
}

/// The memories after consolidation, with ids that no other has.
fn after(known: &[Memory], findings: &[Scoped]) -> Vec<Memory> {
    let plan = consolidate(known, findings, at(NOW));
    let taken = known
        .iter()
        .filter_map(|memory| memory.id.as_str().strip_prefix("mem-")?.parse::<usize>().ok());
    let first = taken.max().map_or(0, |highest| highest + 1);
    let ids: Vec<_> = (first..first + plan.added()).map(id).collect();
    plan.carry_out(known, &ids)
}

/// One line for each memory, sorted.
fn shown(memories: &[Memory]) -> Vec<String> {
    let title_of = |id: &MemoryId| {
        memories.iter().find(|one| one.id == *id).map_or("?", |one| one.title.as_str())
    };
    let mut shown: Vec<_> = memories
        .iter()
        .map(|one| {
            let by = one
                .superseded_by
                .as_ref()
                .map_or(String::new(), |by| format!(" by {}", title_of(by)));
            format!("{} {}{by} ({})", one.status.as_str(), one.title, one.sources.len())
        })
        .collect();
    shown.sort();
    shown
}

fn by_person(mut memory: Memory) -> Memory {
    memory.author = Author::Person;
    memory
}

fn only(findings: &[Scoped]) -> Memory {
    let memories = after(&[], findings);
    assert_eq!(memories.len(), 1, "{memories:#?}");
    memories[0].clone()
}

#[test]
fn a_history_comes_to_what_holds() {
    let inferred = |session, minute, text| {
        found(session, minute, MemoryKind::Convention, Confidence::Inferred, text)
    };
    let cases: [(&str, Vec<Scoped>, &[&str]); 8] = [
        (
            "said twice",
            vec![
                said("a", 1, "Run clippy before you commit."),
                said("b", 9, "Always run clippy before committing."),
            ],
            &["current Always run clippy before committing (2)"],
        ),
        (
            "set anew",
            vec![said("a", 1, "Use npm, not yarn."), said("b", 9, "Use pnpm, not npm.")],
            &[
                "current Use pnpm, not npm (1)",
                "superseded Use npm, not yarn by Use pnpm, not npm (1)",
            ],
        ),
        (
            "turned around",
            vec![said("a", 1, "Always squash commits."), said("b", 9, "Never squash commits.")],
            &[
                "current Never squash commits (1)",
                "superseded Always squash commits by Never squash commits (1)",
            ],
        ),
        (
            "at the same time",
            vec![said("a", 1, "Always squash commits."), said("b", 1, "Never squash commits.")],
            &["disputed Always squash commits (1)", "disputed Never squash commits (1)"],
        ),
        (
            "concluded once",
            vec![inferred("a", 1, "Squash commits on merge.")],
            &["suggested Squash commits on merge (1)"],
        ),
        (
            "concluded twice",
            vec![
                inferred("a", 1, "Squash commits on merge."),
                inferred("b", 2, "Squash commits on merge."),
            ],
            &["current Squash commits on merge (2)"],
        ),
        (
            "concluded against the user",
            vec![said("a", 1, "Use npm, not yarn."), inferred("b", 9, "Use pnpm, not npm.")],
            &["current Use npm, not yarn (1)", "suggested Use pnpm, not npm (1)"],
        ),
        (
            "back again",
            vec![
                said("a", 1, "Use tabs for indentation."),
                said("b", 5, "Use spaces for indentation."),
                said("c", 9, "Use tabs for indentation."),
            ],
            &[
                "current Use tabs for indentation (2)",
                "superseded Use spaces for indentation by Use tabs for indentation (1)",
            ],
        ),
    ];
    for (name, findings, expected) in cases {
        assert_eq!(shown(&after(&[], &findings)), expected, "{name}");
    }
}

#[test]
fn a_value_holds_until_the_next_was_said() {
    let findings = [
        said("a", 1, "Use tabs for indentation."),
        said("b", 5, "Use spaces for indentation."),
        said("c", 9, "Use spaces for indentation."),
    ];
    let memories = after(&[], &findings);
    let tabs = memories.iter().find(|one| one.title.contains("tabs")).unwrap();
    assert_eq!((tabs.since, tabs.until), (at(1), Some(at(5))));
    assert!(tabs.held_at(at(4)) && !tabs.held_at(at(5)));
}

#[test]
fn what_has_most_support_comes_first() {
    let findings = [
        said("a", 1, "Run clippy before you commit."),
        said("b", 2, "Run clippy before you commit."),
        said("c", 3, "We store times as UTC."),
        said("d", 9, "Name branches after the ticket."),
    ];
    let plan = consolidate(&[], &findings, at(NOW));
    let titles: Vec<_> = plan
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::Add(draft) => Some(draft.title.as_str()),
            Change::Replace { .. }
            | Change::Support { .. }
            | Change::Supersede { .. }
            | Change::Dispute { .. }
            | Change::Drop { .. } => None,
        })
        .collect();
    let expected =
        ["Run clippy before you commit", "Name branches after the ticket", "We store times as UTC"];
    assert_eq!(titles, expected);
}

#[test]
fn a_command_that_works_again_ends_what_was_said_of_it() {
    let of = |session, minute, kind, text: &str, subject: &str| {
        let mut one = found(session, minute, kind, Confidence::Observed, text);
        one.finding.subject = Some(subject.to_owned());
        one
    };
    let fails = of("a", 1, MemoryKind::Pitfall, "`x` fails here; `x --all` works.", "`x` fails");
    let works = of("b", 2, MemoryKind::Command, "Run the tests: `x`.", "`x`");
    let expected = [
        "current Run the tests: `x` (1)",
        "superseded `x` fails here; `x --all` works by Run the tests: `x` (1)",
    ];
    assert_eq!(shown(&after(&[], &[fails, works])), expected);
}

#[test]
fn a_question_ends_when_it_is_decided() {
    let asked = found(
        "a",
        1,
        MemoryKind::Question,
        Confidence::Observed,
        "Should the cache live per user or per project?",
    );
    let decided =
        found("b", 2, MemoryKind::Decision, Confidence::Stated, "The cache lives per project.");
    let expected = [
        "current The cache lives per project (1)",
        "superseded Should the cache live per user or per project? by The cache lives per project (1)",
    ];
    assert_eq!(shown(&after(&[], &[asked, decided])), expected);
}

#[test]
fn a_line_and_a_project_keep_apart_and_the_wider_takes_the_narrower_in() {
    let mut on_line = said("b", 2, "Run clippy before you commit.");
    on_line.finding.reach = Reach::Line;
    let mut elsewhere = said("c", 3, "Run clippy before you commit.");
    elsewhere.project = "p-2".to_owned();
    let memories =
        after(&[], &[said("a", 1, "Run clippy before you commit."), on_line.clone(), elsewhere]);
    assert_eq!(
        memories.iter().map(|one| (one.scope.project(), one.sources.len())).collect::<Vec<_>>(),
        [(Some("p-1"), 2), (Some("p-2"), 1)]
    );
    assert_eq!(only(&[on_line]).scope.line(), Some("main"));
}

#[test]
fn what_a_person_wrote_stands() {
    let npm = by_person(only(&[said("a", 1, "Use npm, not yarn.")]));
    let plan =
        |known: &Memory, findings: &[Scoped]| shown(&after(std::slice::from_ref(known), findings));
    // Said again: one source more.
    assert_eq!(
        plan(&npm, &[said("b", 5, "Use npm, not yarn!")]),
        ["current Use npm, not yarn (2)"]
    );
    // Contradicted later: both are shown, and the person decides.
    assert_eq!(
        plan(&npm, &[said("b", 5, "Use pnpm, not npm.")]),
        ["current Use npm, not yarn (1)", "disputed Use pnpm, not npm (1)"]
    );
    // Contradicted before: the person's word is the newer one.
    let mut later = npm.clone();
    later.since = at(50);
    assert_eq!(
        plan(&later, &[said("b", 5, "Use pnpm, not npm.")]),
        ["current Use npm, not yarn (1)", "superseded Use pnpm, not npm by Use npm, not yarn (1)"]
    );
    // Edited out of what was found: the finding is not told again.
    let mut edited = npm;
    edited.text = "Use bun, whatever the readme says.".to_owned();
    assert_eq!(
        plan(&edited, &[said("a", 1, "Use npm, not yarn.")]),
        ["current Use npm, not yarn (1)"]
    );
}

#[test]
fn what_was_rejected_is_not_suggested_again() {
    let mut rejected = only(&[said("a", 1, "Use npm, not yarn.")]);
    rejected.status = MemoryStatus::Rejected;
    let again = [said("a", 1, "Use npm, not yarn."), said("b", 7, "Always use npm, not yarn!")];
    assert!(consolidate(std::slice::from_ref(&rejected), &again, at(NOW)).is_empty());
    assert!(consolidate(&[rejected], &[], at(NOW)).is_empty());
}

#[test]
fn what_was_confirmed_or_pinned_stays_so() {
    let once =
        [found("a", 1, MemoryKind::Convention, Confidence::Inferred, "Squash commits on merge.")];
    let mut memory = only(&once);
    assert_eq!(memory.status, MemoryStatus::Suggested);
    let mut pinned = memory.clone();
    pinned.pinned = true;
    assert!(consolidate(&[pinned], &[], at(NOW)).is_empty());
    memory.confirm();
    assert_eq!(memory.status, MemoryStatus::Current);
    assert!(consolidate(std::slice::from_ref(&memory), &once, at(NOW)).is_empty());
    assert!(consolidate(&[memory], &[], at(NOW)).is_empty());
}

#[test]
fn a_memory_keeps_its_id_when_it_is_worded_anew() {
    let first = [said("a", 1, "Run clippy before you commit.")];
    let known = after(&[], &first);
    let both = [first[0].clone(), said("b", 9, "Always run clippy before committing anything.")];
    let plan = consolidate(&known, &both, at(NOW));
    assert!(
        matches!(&plan.changes[..], [Change::Replace { id, memory }] if *id == known[0].id && memory.sources.len() == 2),
        "{plan:#?}"
    );
}

#[test]
fn what_was_said_in_two_projects_is_lifted() {
    let elsewhere = |mut scoped: Scoped| {
        scoped.project = "p-2".to_owned();
        scoped
    };
    let preference =
        |session, text| found(session, 1, MemoryKind::Preference, Confidence::Stated, text);
    let mut findings = vec![
        preference("a", "I prefer small commits."),
        elsewhere(preference("b", "I prefer small commits!")),
        said(
            "c",
            "In this repo we squash commits.".len().try_into().unwrap(),
            "In this repo we squash commits.",
        ),
        elsewhere(said("d", 3, "In this repo we squash commits.")),
        said("e", 4, "Use tabs for indentation."),
        said("f", 5, "Use tabs for indentation."),
    ];
    lift(&mut findings);
    let reaches: Vec<_> = findings.iter().map(|one| one.finding.reach).collect();
    assert_eq!(
        reaches,
        [Reach::User, Reach::User, Reach::Project, Reach::Project, Reach::Project, Reach::Project]
    );
    // The memory that stood in one project moves, the other goes.
    let known = after(
        &[],
        &[
            preference("a", "I prefer small commits."),
            elsewhere(preference("b", "I prefer small commits!")),
        ],
    );
    let lifted = after(&known, &findings[..2]);
    assert_eq!(lifted.len(), 1);
    assert_eq!(
        (&lifted[0].scope, known.iter().any(|one| one.id == lifted[0].id)),
        (&MemoryScope::User, true)
    );
}

/// Findings that agree, disagree and have nothing to do with each other.
fn findings() -> impl Strategy<Value = Vec<Scoped>> {
    let texts = proptest::sample::select(vec![
        "Use npm, not yarn.",
        "Use pnpm, not npm.",
        "Always use pnpm, not npm!",
        "Always squash commits.",
        "Never squash commits.",
        "Squash commits.",
        "Run clippy before you commit.",
        "Run clippy and the tests before you commit.",
        "Run the tests before you commit.",
        "The staging DB is at db1.example.",
        "The staging DB is at db2.example.",
        "The staging DB is owned by Ada.",
        "Use tabs for indentation.",
        "Use spaces for indentation.",
        "Which queue do we use for mails?",
        "We'll use SQLite for the cache because it needs no server.",
        "We'll use Redis for the cache.",
        "Name branches after the ticket.",
        "`cargo test` works.",
        "",
        "漢字 of the cache",
    ]);
    let kinds = proptest::sample::select(MemoryKind::NAMED.to_vec());
    let confidences = proptest::sample::select(Confidence::ALL.to_vec());
    let reaches =
        proptest::sample::select(vec![Reach::User, Reach::Project, Reach::Project, Reach::Line]);
    let one = (0..6_u8, 0..40_i64, kinds, confidences, texts, reaches, any::<bool>()).prop_map(
        |(session, minute, kind, confidence, text, reach, other)| {
            let mut one = found(&format!("s{session}"), minute, kind, confidence, text);
            one.finding.reach = reach;
            if other {
                one.project = "p-2".to_owned();
            }
            one
        },
    );
    proptest::collection::vec(one, 0..25)
}

/// Words that half of the others have too.
fn phrase() -> impl Strategy<Value = String> {
    let words = vec![
        "always", "never", "deploy", "staging", "build", "cache", "queue", "docs", "lint", "`x`",
        "5", "token",
    ];
    proptest::collection::vec(proptest::sample::select(words), 1..10)
        .prop_map(|words| words.join(" "))
}

/// What a person does to memories: which, and what.
fn hands() -> impl Strategy<Value = Vec<(usize, u8)>> {
    proptest::collection::vec((0..20_usize, 0..5_u8), 0..5)
}

fn touched(mut memories: Vec<Memory>, hands: &[(usize, u8)]) -> Vec<Memory> {
    for (which, what) in hands {
        let Some(memory) = memories.get_mut(*which) else { continue };
        match what {
            0 => memory.status = MemoryStatus::Rejected,
            1 => memory.pinned = true,
            2 => memory.author = Author::Person,
            3 => memory.confirm(),
            _ => {
                memory.author = Author::Person;
                memory.text = "Something else that a person wrote.".to_owned();
            }
        }
    }
    memories
}

/// Without what the order of ids decides.
fn without_ids(memories: &[Memory]) -> Vec<String> {
    let mut told: Vec<_> = memories
        .iter()
        .map(|memory| {
            let by = memory
                .superseded_by
                .as_ref()
                .and_then(|by| memories.iter().find(|one| one.id == *by))
                .map(|by| by.text.clone());
            format!("{:?}", (by, Memory { id: id(0), superseded_by: None, ..memory.clone() }))
        })
        .collect();
    told.sort();
    told
}

#[test]
fn what_was_reworded_takes_in_what_said_so_before() {
    let text = "Keep the parser free of allocations.";
    let (first, second) = (said("s1", 1, text), said("s2", 2, text));
    let other = said("s3", 3, "Deploys go through the staging cluster.");
    for (author, is_taken) in [(Author::Model, true), (Author::Person, false)] {
        let mut known = after(&[], std::slice::from_ref(&first));
        known[0].author = author;
        known[0].reword("No heap in there.".to_owned());
        assert_eq!(after(&known, std::slice::from_ref(&first)), known, "it was made of that one");
        let memories = after(&known, &[first.clone(), second.clone(), other.clone()]);
        // Another session may mean what a person took back.
        assert_eq!(memories.len(), if is_taken { 2 } else { 3 }, "{:?}", shown(&memories));
        assert_eq!(memories[0].text, "No heap in there.");
    }
}

proptest! {
    #[test]
    fn once_more_changes_nothing(findings in findings(), hands in hands()) {
        let known = touched(after(&[], &findings), &hands);
        let settled = after(&known, &findings);
        let plan = consolidate(&settled, &findings, at(NOW));
        prop_assert!(plan.is_empty(), "{plan:#?}");
    }

    #[test]
    fn the_order_of_findings_does_not_matter(findings in findings(), hands in hands(), seed in any::<u64>()) {
        let known = touched(after(&[], &findings), &hands);
        let mut shuffled = findings.clone();
        shuffled.sort_by_key(|one| blake3::hash(format!("{seed}{one:?}").as_bytes()).as_bytes().to_vec());
        prop_assert_eq!(consolidate(&known, &findings, at(NOW)), consolidate(&known, &shuffled, at(NOW)));
    }

    #[test]
    fn a_memory_goes_with_its_last_finding_and_not_before(findings in findings(), forgotten in 0..6_u8) {
        let known = after(&[], &findings);
        let forgotten = format!("s{forgotten}");
        let left: Vec<_> = findings.iter().filter(|one| one.finding.source.session.as_deref() != Some(&forgotten)).cloned().collect();
        let memories = after(&known, &left);
        for memory in &known {
            let rests_on_it_alone = memory.sources.iter().all(|source| source.session.as_deref() == Some(&forgotten));
            let is_there = memories.iter().any(|one| one.id == memory.id);
            prop_assert!(!rests_on_it_alone || !is_there, "{}", memory.title);
            // Where one memory less says it all, the sources that are left are that one's.
            let left = memory.sources.iter().filter(|source| source.session.as_deref() != Some(&forgotten));
            for source in left {
                prop_assert!(memories.iter().any(|one| one.sources.contains(source)));
            }
        }
        let heard = |memory: &Memory| memory.sources.iter().all(|source| source.session.as_deref() != Some(&forgotten));
        prop_assert!(memories.iter().all(heard));
        // No trace: as if that session had never been.
        prop_assert_eq!(without_ids(&memories), without_ids(&after(&[], &left)));
    }

    #[test]
    fn a_persons_memory_changes_in_its_sources_only(findings in findings(), hands in hands(), more in findings()) {
        let known = touched(after(&[], &findings), &hands);
        let memories = after(&known, &[findings, more].concat());
        for old in known.iter().filter(|memory| memory.author == Author::Person || memory.status == MemoryStatus::Rejected) {
            let new = memories.iter().find(|memory| memory.id == old.id);
            prop_assert!(new.is_some(), "{}", old.title);
            let new = Memory { sources: old.sources.clone(), ..new.cloned().unwrap() };
            prop_assert_eq!(&new, old);
        }
    }

    #[test]
    fn what_is_related_is_near(findings in findings(), texts in proptest::collection::vec(phrase(), 0..20)) {
        let of_words = texts.iter().map(|text| said("w", 1, text));
        let sayings: Vec<_> = findings.into_iter().chain(of_words).map(|one| Saying::of_finding(&one.finding)).collect();
        let mut around = super::cluster::Neighbours::of(sayings.iter());
        for (index, said) in sayings.iter().enumerate() {
            around.insert(index, said);
        }
        for one in &sayings {
            let near = around.near(one);
            for (index, other) in sayings.iter().enumerate() {
                prop_assert!(one.likeness(other) == Likeness::Unrelated || near.contains(&index), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn every_finding_is_told_by_a_memory(findings in findings()) {
        let memories = after(&[], &findings);
        for one in &findings {
            let source = &one.finding.source;
            prop_assert!(memories.iter().any(|memory| memory.sources.contains(source)), "{}", one.finding.text);
        }
        prop_assert!(memories.iter().all(|memory| memory.superseded_by.as_ref().is_none_or(|by| memories.iter().any(|one| one.id == *by))));
    }
}

/// What one prompt of a session taught, an hour after the one before.
fn heard(hour: i64, prompt: &str) -> Vec<Scoped> {
    let told = crate::memory::Told {
        id: "t".to_owned(),
        at: at(hour * 60),
        prompts: vec![prompt.to_owned()],
        answers: Vec::new(),
        commands: Vec::new(),
        files: Vec::new(),
        commits: Vec::new(),
        plan: Vec::new(),
        is_interrupted: false,
    };
    let narrative = crate::memory::Narrative {
        session: format!("s{hour}"),
        line: "main".to_owned(),
        head: None,
        turns: vec![told],
    };
    let findings = crate::memory::extract::extract(&narrative).findings.into_iter();
    findings
        .map(|finding| Scoped { finding, project: "p-1".to_owned(), line: "main".to_owned() })
        .collect()
}

#[test]
fn three_months_of_a_project_come_to_what_holds_today() {
    let prompts = [
        "Set up the project. We use npm. Let's use SQLite for the job queue.",
        "Add the importer. The staging DB is at db1.example.com. From now on run the linter before you commit.",
        "Answer in German, and fix the importer.",
        "Always run the linter before committing. The rate limit is 100 per minute.",
        "We moved to pnpm. Open question: which queue do we use for outgoing mails?",
        "We'll use Postgres for the job queue because SQLite locks up under load.",
        "The staging DB has moved to db2.example.com. The rate limit is 50 per minute.",
        "We use RabbitMQ as the queue for outgoing mails.",
        "Always squash commits.",
        "Never squash commits.",
    ];
    let findings: Vec<_> =
        (1..).zip(prompts).flat_map(|(hour, prompt)| heard(hour, prompt)).collect();
    insta::assert_snapshot!(shown(&after(&[], &findings)).join("\n"), @r#"
    current Always run the linter before committing (2)
    current Answer in German (1)
    current Never squash commits (1)
    current The rate limit is 50 per minute (1)
    current The staging DB has moved to db2.example.com (1)
    current We moved to pnpm (1)
    current We use RabbitMQ as the queue for outgoing mails (1)
    current We'll use Postgres for the job queue because SQLite locks up under load (1)
    superseded Always squash commits by Never squash commits (1)
    superseded Let's use SQLite for the job queue by We'll use Postgres for the job queue because SQLite locks up under load (1)
    superseded Open question: which queue do we use for outgoing mails? by We use RabbitMQ as the queue for outgoing mails (1)
    superseded The rate limit is 100 per minute by The rate limit is 50 per minute (1)
    superseded The staging DB is at db1.example.com by The staging DB has moved to db2.example.com (1)
    superseded We use npm by We moved to pnpm (1)
    "#);
}
