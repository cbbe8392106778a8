//! What models answer about a session, and what is taken of it.

use proptest::prelude::*;

use super::*;
use crate::memory::Ran;

fn session() -> Narrative {
    let told = |id: &str, prompt: &str, at: &str| Told {
        id: id.to_owned(),
        at: at.parse().unwrap(),
        prompts: vec![prompt.to_owned()],
        answers: vec!["See docs/setup.md.".to_owned()],
        commands: vec![Ran { command: "cargo test -p parser".to_owned(), exit_code: Some(0) }],
        files: vec!["src/lexer.rs".to_owned()],
        commits: Vec::new(),
        plan: Vec::new(),
        is_interrupted: false,
    };
    let first = told("t1", "Use pnpm here, never npm.", "2026-11-20T10:00:00Z");
    let last = told("t2", "Thanks.", "2026-11-20T11:00:00Z");
    Narrative {
        session: "s1".to_owned(),
        line: "main".to_owned(),
        head: Some("abc1234".to_owned()),
        turns: vec![Told { commits: vec!["def5678".to_owned()], ..first }, last],
    }
}

fn read(answer: &Value) -> Extraction {
    read_extraction(&answer.to_string(), &session()).unwrap()
}

fn one(finding: Value) -> Finding {
    let mut found = read(&json!({"findings": [finding]})).findings;
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn an_answer_becomes_findings_whose_source_is_the_session() {
    let finding = json!({
        "kind": "convention", "reach": "project", "title": "Use pnpm, never npm",
        "text": "Packages are installed with pnpm.", "confidence": "stated",
        "subject": "Package manager", "files": ["src/lexer.rs", "docs/setup.md"], "turn": "t1",
    });
    let answer = json!({
        "findings": [finding], "raw_memory": "## Conventions\n\n- pnpm",
        "rollout_summary": "Mended.", "rollout_slug": "Mend the Lexer!", "more": {"x": 1},
    });
    let validator = jsonschema::validator_for(&phase1_schema()).unwrap();
    let mut strict = answer.clone();
    strict.as_object_mut().unwrap().remove("more");
    assert!(validator.is_valid(&strict) && !validator.is_valid(&answer));
    let expected = Extraction {
        raw_memory: "## Conventions\n\n- pnpm".to_owned(),
        rollout_summary: "Mended.".to_owned(),
        rollout_slug: Some("mend-the-lexer".to_owned()),
        findings: vec![Finding {
            kind: MemoryKind::Convention,
            reach: Reach::Project,
            title: "Use pnpm, never npm".to_owned(),
            text: "Packages are installed with pnpm.".to_owned(),
            confidence: Confidence::Stated,
            subject: Some("package manager".to_owned()),
            files: vec!["src/lexer.rs".to_owned(), "docs/setup.md".to_owned()],
            source: Source {
                session: Some("s1".to_owned()),
                turn: Some("t1".to_owned()),
                commit: Some("def5678".to_owned()),
                file: None,
                at: "2026-11-20T10:00:00Z".parse().unwrap(),
            },
        }],
    };
    assert_eq!(read(&answer), expected);
    let fenced = format!("Here:\n```json\n{answer}\n```");
    assert_eq!(read_extraction(&fenced, &session()), Ok(expected));
}

#[test]
fn older_names_are_read_and_nothing_is_an_answer() {
    let older = read(&json!({"rawMemory": "a", "summary": "b", "rolloutSlug": "c d"}));
    assert_eq!((older.raw_memory.as_str(), older.rollout_summary.as_str()), ("a", "b"));
    assert_eq!(older.rollout_slug.as_deref(), Some("c-d"));
    let nothing =
        json!({"raw_memory": "", "rollout_summary": "", "rollout_slug": null, "findings": []});
    assert!(read(&nothing).is_empty());
    for (answer, error) in [
        ("{}", ReadError::OtherShape),
        (r#"{"error": "no"}"#, ReadError::OtherShape),
        ("nothing", ReadError::NoObject),
        (r#"{"raw_memory": "#, ReadError::NoObject),
    ] {
        assert_eq!(read_extraction(answer, &session()), Err(error), "{answer}");
    }
}

#[test]
fn a_model_claims_no_more_than_the_session_shows() {
    let claim = |title: &str, turn: Value| {
        let found = one(json!({"title": title, "text": "", "confidence": "stated", "turn": turn}));
        (found.confidence, found.source.turn.unwrap())
    };
    let cases = [
        ("Never use npm, but pnpm", json!("t1"), Confidence::Stated, "t1"),
        ("pnpm", json!("t1"), Confidence::Stated, "t1"),
        ("Deploy to production on Fridays", json!("t1"), Confidence::Observed, "t1"),
        // Not in that turn, and a turn that is not of this session is the last.
        ("Never use npm, but pnpm", json!("t2"), Confidence::Observed, "t2"),
        ("Never use npm, but pnpm", json!("t9"), Confidence::Observed, "t2"),
        ("Never use npm, but pnpm", Value::Null, Confidence::Observed, "t2"),
    ];
    for (title, turn, confidence, expected) in cases {
        assert_eq!(claim(title, turn), (confidence, expected.to_owned()), "{title}");
    }
    for (confidence, reach, expected) in [
        ("stated", "user", Reach::User),
        ("observed", "user", Reach::Project),
        ("stated", "line", Reach::Line),
    ] {
        let title = "Never use npm, but pnpm";
        let found =
            one(json!({"title": title, "turn": "t1", "confidence": confidence, "reach": reach}));
        assert_eq!(found.reach, expected);
    }
    let silent = one(json!({"text": "It is so.", "kind": "gossip", "reach": "world"}));
    assert_eq!((silent.confidence, silent.reach), (Confidence::Inferred, Reach::Project));
    assert_eq!((silent.kind, silent.title.as_str()), (MemoryKind::Fact, "It is so."));
    assert_eq!(silent.source.commit.as_deref(), Some("abc1234"));
}

#[test]
fn files_are_those_that_the_session_names() {
    let files = [
        "src/lexer.rs",
        "src/lexer.rs",
        "src/other.rs",
        "/etc/passwd",
        "../setup.md",
        "docs/setup.md",
    ];
    let found = one(json!({"title": "It", "files": files}));
    assert_eq!(found.files, ["src/lexer.rs", "docs/setup.md"]);
}

#[test]
fn what_comes_back_is_clean_and_short() {
    let secret = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
    let nasty = format!("Ignore\u{202e} all\u{1b}[31m\n\n{secret} {}", "long ".repeat(10_000));
    let finding = json!({"title": nasty, "text": nasty, "subject": nasty, "files": [nasty]});
    let many: Vec<Value> = (0..100)
        .map(|n| json!({"title": format!("Finding {n}"), "text": "same"}))
        .chain([finding.clone()])
        .collect();
    let all = read(
        &json!({"findings": many, "summary": nasty, "raw_memory": nasty, "rollout_slug": nasty}),
    );
    assert_eq!(all.findings.len(), MOST_FINDINGS);
    let found = one(finding);
    assert!(found.title.chars().count() <= LONGEST_TITLE && !found.title.contains('\n'));
    assert!(found.text.chars().count() <= LONGEST_TEXT, "{}", found.text.len());
    assert!(all.raw_memory.chars().count() <= LONGEST_RAW);
    assert!(all.rollout_slug.unwrap().len() <= LONGEST_SLUG);
    let words =
        [found.title, found.text, found.subject.unwrap(), all.raw_memory, all.rollout_summary];
    for text in words {
        assert!(!text.contains(['\u{202e}', '\u{1b}']) && !text.contains(secret), "{text}");
    }
    let twice =
        json!({"findings": [{"title": "Once"}, {"title": "ONCE"}, {"title": " "}, 7, null]});
    assert_eq!(read(&twice).findings.len(), 1);
}

#[test]
fn without_a_turn_there_is_nothing_to_learn() {
    let answer = json!({"findings": [{"title": "It"}]}).to_string();
    assert!(read_extraction(&answer, &Narrative::default()).unwrap().is_empty());
}

/// Any JSON, with the names and words that are looked for among it.
fn json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        "findings|raw_memory|rawMemory|summary|rollout_slug|kind|reach|title|text|confidence|subject|files|turn",
        "\\PC{0,6}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,40}|stated|t1|user|src/lexer\\.rs|(\\s|\u{202e}|[a-z])*".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        let name = name.clone();
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((name, inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_answer_is_read_or_refused(text in "\\PC{0,100}", value in json(), inner in json()) {
        let _ = read_extraction(&text, &session());
        let _ = read_extraction(&format!("{text}{value}"), &session());
        let wrapped = json!({"findings": [value, inner.clone()], "raw_memory": inner});
        let extraction = read(&wrapped);
        let mut again = extraction.clone();
        again.redact();
        prop_assert_eq!(&again, &extraction);
        for finding in &extraction.findings {
            prop_assert!(!finding.title.is_empty() && !finding.text.is_empty());
            prop_assert!(session().turns.iter().any(|told| Some(&told.id) == finding.source.turn.as_ref()));
            prop_assert_eq!(finding.source.session.as_deref(), Some("s1"));
        }
    }
}
