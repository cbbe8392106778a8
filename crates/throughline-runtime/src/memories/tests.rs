//! What the tables promise: scopes, tokens, redaction.

use jiff::{SignedDuration, Timestamp};
use throughline_model::ids::MemoryId;
use throughline_model::job::{Claim, JobRules};
use throughline_model::memory::{Extraction, Memory, MemoryKind, MemoryScope, Source};
use throughline_model::recall::{Sought, indexed};
use throughline_store::home::Home;

use super::*;

const RULES: JobRules = JobRules {
    lease: SignedDuration::from_secs(3600),
    retry_delay: SignedDuration::from_secs(60),
    retries: 3,
    most_running: 2,
};

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + hour * 3600).expect("a time")
}

fn opened() -> (tempfile::TempDir, Memories) {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::new(folder.path().join("home"));
    home.prepare().expect("a home");
    let memories = Memories::open(&home).expect("a database");
    (folder, memories)
}

fn memory(id: &str, scope: MemoryScope, text: &str) -> Memory {
    let (id, words) = (MemoryId::parse(id).expect("an id"), (text.to_owned(), text.to_owned()));
    Memory::stated(id, MemoryKind::Convention, scope, words, Source::of(at(1)))
}

fn project(name: &str) -> MemoryScope {
    MemoryScope::Project { project: name.to_owned() }
}

fn line(of: &str, name: &str) -> MemoryScope {
    MemoryScope::Line { project: of.to_owned(), line: name.to_owned() }
}

fn put(memories: &mut Memories, all: &[Memory]) {
    memories
        .change(|change| all.iter().try_for_each(|memory| change.put(memory)))
        .expect("written");
}

fn lease(key: &str, token: &str) -> Lease {
    Lease { kind: JobKind::Extract, key: key.to_owned(), token: token.to_owned() }
}

fn found(memories: &Memories, word: &str, visible: Visible) -> Vec<String> {
    let sought = [Sought::Words(indexed(word))];
    let asked = Asked { sought: &sought, visible, most: 10 };
    let candidates = memories.candidates(&asked).expect("an answer");
    let mut names: Vec<String> = candidates
        .into_iter()
        .map(|candidate| match candidate {
            Candidate::Memory(memory) => memory.id.to_string(),
            Candidate::Session(output) => output.session,
        })
        .collect();
    names.sort();
    names
}

#[test]
fn a_memory_is_visible_in_its_scope_alone() {
    let (_folder, mut memories) = opened();
    let all = [
        memory("mem-user", MemoryScope::User, "tabs everywhere"),
        memory("mem-a", project("a"), "tabs in a"),
        memory("mem-b", project("b"), "tabs in b"),
        memory("mem-aline", line("a", "feature"), "tabs on the feature"),
    ];
    put(&mut memories, &all);
    let here = |name: &str, lines: Option<&[&str]>| Visible::Here {
        projects: vec![name.to_owned()],
        lines: lines.map(|lines| lines.iter().map(|line| (*line).to_owned()).collect()),
    };
    assert_eq!(found(&memories, "tabs", Visible::User), ["mem-user"]);
    assert_eq!(found(&memories, "tabs", here("b", Some(&["main"]))), ["mem-b", "mem-user"]);
    let feature = ["mem-a", "mem-aline", "mem-user"];
    assert_eq!(found(&memories, "tabs", here("a", Some(&["main"]))), ["mem-a", "mem-user"]);
    assert_eq!(found(&memories, "tabs", here("a", Some(&["main", "feature"]))), feature);
    assert_eq!(found(&memories, "tabs", here("a", None)), feature);
    assert_eq!(found(&memories, "tabs", Visible::Everything).len(), 4);
}

#[test]
fn what_is_replaced_or_removed_is_not_found_by_its_old_words() {
    let (_folder, mut memories) = opened();
    put(&mut memories, &[memory("mem-1", MemoryScope::User, "old words")]);
    put(&mut memories, &[memory("mem-1", MemoryScope::User, "new words")]);
    assert!(found(&memories, "old", Visible::User).is_empty());
    assert_eq!(found(&memories, "new", Visible::User), ["mem-1"]);
    let frequencies = memories.frequencies(&["new", "old", "word"]).expect("counted");
    assert_eq!((frequencies.documents, frequencies.of.len()), (1, 2));
    let id = MemoryId::parse("mem-1").expect("an id");
    let removed = memories.change(|change| change.remove(&id)).expect("removed");
    assert!(removed && found(&memories, "new", Visible::User).is_empty());
}

#[test]
fn a_memory_is_read_back_with_what_this_version_does_not_know() {
    let (_folder, mut memories) = opened();
    let mut first = memory("mem-1", line("a", "feature"), "one");
    first.extra.insert("mood".to_owned(), serde_json::json!({ "of": ["a", 1] }));
    put(&mut memories, std::slice::from_ref(&first));
    let read = memories.named("mem-").expect("read");
    assert_eq!(read, [first]);
    put(&mut memories, &read);
    assert_eq!(memories.named("mem-1").expect("read"), read);
}

#[test]
fn a_secret_never_reaches_the_database() {
    let (_folder, mut memories) = opened();
    let secret = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let text = format!("the token is {secret}");
    put(&mut memories, &[memory("mem-1", MemoryScope::User, &text)]);
    let output = Output {
        session: "s".to_owned(),
        agent: "codex".to_owned(),
        project: "p".to_owned(),
        line: "main".to_owned(),
        began: at(1),
        watermark: 1,
        extraction: Extraction { raw_memory: text, ..Extraction::default() },
        engine: "builtin".to_owned(),
        generated: at(2),
    };
    memories.change(|change| change.put_output(&output)).expect("written");
    let listed = memories.list(&MemoryFilter::default()).expect("read");
    let outputs = memories.outputs(&OutputFilter::default()).expect("read");
    assert!(!format!("{listed:?}{outputs:?}").contains(&secret));
}

#[test]
fn two_ask_and_one_gets_it() {
    let (_folder, mut memories) = opened();
    let mut ask = |key: &str, token: &str, input, hour| {
        memories.claim(&lease(key, token), &RULES, input, at(hour)).expect("an answer")
    };
    assert!(matches!(ask("s1", "a", 1, 1), Claim::Taken(_)));
    assert_eq!(ask("s1", "b", 1, 1), Claim::Running);
    assert!(matches!(ask("s2", "c", 1, 1), Claim::Taken(_)));
    // Two run, and no more may.
    assert_eq!(ask("s3", "d", 1, 1), Claim::Full);
    // The leases ran out.
    assert!(matches!(ask("s3", "d", 1, 3), Claim::Taken(_)));
}

#[test]
fn an_end_without_the_token_changes_nothing() {
    let (_folder, mut memories) = opened();
    let (mine, theirs) = (lease("s", "mine"), lease("s", "theirs"));
    memories.claim(&mine, &RULES, 7, at(1)).expect("an answer");
    let taken_over = memories.claim(&theirs, &RULES, 7, at(3)).expect("an answer");
    assert!(matches!(taken_over, Claim::Taken(_)));
    assert!(!memories.heartbeat(&mine, &RULES, at(3)).expect("an answer"));
    assert!(!memories.fail(&mine, &RULES, "no", at(3)).expect("an answer"));
    let finish = |lease: &Lease, memories: &mut Memories| {
        memories.change(|change| change.finish(lease)).expect("an answer")
    };
    assert!(!finish(&mine, &mut memories));
    assert!(finish(&theirs, &mut memories));
    assert_eq!(memories.claim(&mine, &RULES, 7, at(3)).expect("an answer"), Claim::UpToDate);
    let grown = memories.claim(&mine, &RULES, 8, at(3)).expect("an answer");
    assert!(matches!(grown, Claim::Taken(_)));
}

#[test]
fn nothing_worth_keeping_removes_what_a_session_taught_before() {
    let (_folder, mut memories) = opened();
    let mut output = Output {
        session: "s".to_owned(),
        agent: "codex".to_owned(),
        project: "p".to_owned(),
        line: "main".to_owned(),
        began: at(1),
        watermark: 1,
        extraction: Extraction {
            raw_memory: "raw".to_owned(),
            rollout_summary: "moved the parser".to_owned(),
            ..Extraction::default()
        },
        engine: "builtin".to_owned(),
        generated: at(2),
    };
    memories.change(|change| change.put_output(&output)).expect("written");
    let here = Visible::Here { projects: vec!["p".to_owned()], lines: None };
    assert_eq!(found(&memories, "parser", here.clone()), ["s"]);
    output.extraction = Extraction::default();
    memories.change(|change| change.put_output(&output)).expect("written");
    assert!(found(&memories, "parser", here).is_empty());
    assert!(memories.outputs(&OutputFilter::default()).expect("read").is_empty());
}

#[test]
fn a_vector_counts_for_its_own_model_alone() {
    let (_folder, mut memories) = opened();
    put(&mut memories, &[memory("mem-1", MemoryScope::User, "one")]);
    let id = MemoryId::parse("mem-1").expect("an id");
    let vector = Vector { memory: id, words: "h".to_owned(), numbers: vec![0.6, -0.8] };
    memories.change(|change| change.put_vector("small", &vector)).expect("written");
    let made = (vector.memory.clone(), vector.words.clone());
    assert_eq!(memories.embedded("small").expect("read"), [made]);
    assert_eq!(memories.embedded("large").expect("read"), []);
    let nearest = |model: &str, asked: &[f32]| {
        let near = memories.nearest(model, &Visible::User, asked, /*most*/ 5).expect("read");
        near.iter().map(|near| near.cosine).collect::<Vec<_>>()
    };
    let near = nearest("small", &[1.0, 0.0]);
    assert!((near[0] - 0.6).abs() < 0.01 && near.len() == 1, "{near:?}");
    assert_eq!((nearest("small", &[1.0]), nearest("large", &[1.0, 0.0])), (vec![], vec![]));
}
