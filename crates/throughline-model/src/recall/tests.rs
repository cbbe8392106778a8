//! The laws of recall, and cases of what replaces what.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use super::{Corpus, Document, Question, Ranked, Standing, indexed, rank, standing};
use crate::memory::{Confidence, MemoryStatus};

fn day(day: i64) -> Timestamp {
    let first: Timestamp = "2026-01-01T09:00:00Z".parse().unwrap();
    first.checked_add((day * 24).hours()).unwrap()
}

fn fact<'a>(title: &'a str, text: &'a str, since: i64) -> Document<'a> {
    Document {
        title,
        text,
        files: &[],
        kind: "fact",
        subject: None,
        since: day(since),
        until: None,
        status: MemoryStatus::Current,
        confidence: Confidence::Stated,
        pinned: false,
        support: 1,
        used: 0,
    }
}

fn corpus(documents: &[Document<'_>]) -> Corpus {
    let mut frequency: BTreeMap<String, u64> = BTreeMap::new();
    for document in documents {
        let words = indexed(&format!("{} {}", document.title, document.text));
        let mut stems: Vec<&str> = words.split(' ').collect();
        stems.sort_unstable();
        stems.dedup();
        for stem in stems {
            *frequency.entry(stem.to_owned()).or_default() += 1;
        }
    }
    Corpus { documents: documents.len() as u64, frequency }
}

fn ask(question: &str, documents: &[Document<'_>]) -> Vec<Ranked> {
    let question = Question::read(question, day(180));
    rank(&question, &corpus(documents), documents, None, None)
}

fn titles<'a>(question: &str, documents: &[Document<'a>]) -> Vec<&'a str> {
    ask(question, documents).iter().map(|hit| documents[hit.index].title).collect()
}

const FACTS: [(&str, &str); 8] = [
    ("Billing port", "The billing service listens on port 8080."),
    ("Search port", "The search service listens on port 8081."),
    ("Deploying", "Releases go out with `make ship` from main."),
    ("Database", "We keep invoices in Postgres 16."),
    ("Flaky login test", "The sign-in spec fails now and then because of the clock."),
    ("Tabs", "The user wants four spaces, never tabs."),
    ("Queue", "Jobs are put into RabbitMQ; the worker is src/jobs/worker.rs."),
    ("Caroline's run", "Caroline ran a charity race on 20 May 2023."),
];

fn facts() -> Vec<Document<'static>> {
    FACTS.iter().zip(0..).map(|((title, text), at)| fact(title, text, at)).collect()
}

#[test]
fn a_paraphrase_without_a_shared_word_is_found() {
    let cases = [
        ("How do I push this live?", "Deploying"),
        ("Where is our bill data persisted?", "Database"),
        ("Which authentication check is unreliable?", "Flaky login test"),
        ("what indentation is liked", "Tabs"),
        ("which message broker do we have", "Queue"),
        ("rabbitmqq", "Queue"),
        ("What did Caroline do for a fundraiser?", "Caroline's run"),
    ];
    for (question, title) in cases {
        assert_eq!(titles(question, &facts()).first(), Some(&title), "{question}");
    }
}

#[test]
fn what_nothing_answers_has_no_hits() {
    for question in
        ["Who won the chess tournament?", "What is the capital of Peru?", "the of and", ""]
    {
        assert_eq!(titles(question, &facts()), [""; 0], "{question}");
    }
}

#[test]
fn a_later_memory_takes_the_place_of_the_one_with_another_value() {
    let replaced = [
        ("The staging database runs on port 5432.", "The staging database runs on port 5433."),
        ("We use Jenkins for CI.", "CI moved from Jenkins to GitHub Actions."),
        ("Caroline lives in Boston.", "Caroline lives in Chicago."),
        ("Use tabs for indentation.", "Use spaces for indentation."),
        ("Sessions are kept in Redis.", "Sessions are no longer kept in Redis but in Postgres."),
        ("We deploy on Tuesdays.", "We deploy on Thursdays now."),
    ];
    for (earlier, later) in replaced {
        let found = standing(&fact("", earlier, 0), &fact("", later, 9));
        assert_eq!(found, Some(Standing::Replaces), "{earlier} {later}");
    }
}

#[test]
fn neighbours_do_not_replace_each_other() {
    let neighbours = [
        ("The billing service listens on port 8080.", "The search service listens on port 8081."),
        ("Caroline likes hiking.", "Caroline likes painting."),
        ("Caroline went hiking on Monday.", "Caroline went hiking on Friday."),
        ("The billing service uses RabbitMQ.", "The search service moved from RabbitMQ to Kafka."),
        ("The worker pool size is 8.", "The worker pool timeout is 30s."),
        ("The API supports JSON.", "The API supports XML."),
        (
            "Joining vessels by name is slow.",
            "Vessels have a number; names change when one is sold.",
        ),
        ("Run `make lint` before pushing.", "Run `make test` before pushing."),
        ("We use RabbitMQ for search.", "We switched from RabbitMQ to Kafka for billing."),
    ];
    for (earlier, later) in neighbours {
        let found = standing(&fact("", earlier, 0), &fact("", later, 9));
        assert_eq!(found, None, "{earlier} {later}");
    }
}

#[test]
fn what_was_said_at_the_same_time_is_disputed() {
    let two = [
        fact("", "The request timeout is 30 seconds.", 3),
        fact("", "The request timeout is 60 seconds.", 3),
    ];
    let statuses: Vec<MemoryStatus> =
        ask("What is the request timeout?", &two).iter().map(|hit| hit.status).collect();
    assert_eq!(statuses, [MemoryStatus::Disputed, MemoryStatus::Disputed]);
}

#[test]
fn the_past_is_served_only_to_who_asks_for_it() {
    let two = [
        fact("Queue", "We use RabbitMQ as the job queue.", 0),
        fact("Queue now", "We switched from RabbitMQ to Kafka as the job queue.", 90),
    ];
    assert_eq!(titles("Which job queue do we use?", &two), ["Queue now"]);
    assert_eq!(titles("Which job queue did we use originally?", &two)[0], "Queue");
    assert_eq!(titles("Which job queue did we use in February?", &two)[0], "Queue");
    let question = Question::read("Which job queue do we use?", day(180));
    let then = rank(&question, &corpus(&two), &two, None, Some(day(30)));
    assert_eq!((then.len(), then[0].index, then[0].status), (1, 0, MemoryStatus::Current));
}

#[test]
fn what_is_near_in_meaning_is_found_without_a_word_and_lifts_what_has_some() {
    let facts = facts();
    let question = Question::read("Which port does billing have?", day(180));
    let ask = |near: &[(usize, f32)]| -> Vec<usize> {
        let hits = rank(&question, &corpus(&facts), &facts, Some(near), None);
        hits.iter().map(|hit| hit.index).collect()
    };
    assert_eq!(ask(&[])[..2], [0, 1]);
    // Far behind by its words, first in meaning; and one without any of the words.
    assert_eq!(ask(&[(1, 0.9), (7, 0.7)])[0], 1);
    assert!(ask(&[(1, 0.9), (7, 0.7)]).contains(&7));
    assert!(!ask(&[(1, 0.9), (7, 0.6)]).contains(&7), "far behind the nearest");
}

#[test]
fn a_prompt_of_any_length_is_a_question() {
    let log = "error: invoices could not be read from postgres\n".repeat(5_000);
    let hits = ask(&log, &facts());
    assert!(hits.iter().any(|hit| FACTS[hit.index].0 == "Database"), "{hits:?}");
}

proptest! {
    #[test]
    fn an_answer_depends_on_nothing_but_what_is_asked(question in "[a-zA-Z ]{0,40}") {
        prop_assert_eq!(ask(&question, &facts()), ask(&question, &facts()));
    }

    #[test]
    fn the_title_that_was_asked_comes_first(at in 0..FACTS.len()) {
        let found = titles(FACTS[at].0, &facts());
        prop_assert_eq!(found.first(), Some(&FACTS[at].0));
    }

    #[test]
    fn an_unrelated_memory_takes_no_hit_away(at in 0..FACTS.len(), other in "[qxz]{5,9}") {
        let before = titles(FACTS[at].1, &facts());
        let mut more = facts();
        more.push(fact(&other, &other, 50));
        let after = titles(FACTS[at].1, &more);
        prop_assert!(before.iter().all(|title| after.contains(title)), "{before:?} {after:?}");
    }

    #[test]
    fn any_text_may_be_asked(question in r"\PC{0,60}") {
        let hits = ask(&question, &facts());
        prop_assert!(hits.windows(2).all(|two| two[0].score >= two[1].score));
        prop_assert!(hits.iter().all(|hit| (0.0..=1.0).contains(&hit.score)));
    }
}

#[test]
fn words_that_very_many_have_are_asked_for_only_where_there_are_no_others() {
    let frequency = [("test", 5_000), ("lexer", 12), ("unicod", 3)];
    let frequency = frequency.map(|(word, count)| (word.to_owned(), count)).into();
    let corpus = |documents| Corpus { documents, frequency: BTreeMap::clone(&frequency) };
    let fts =
        |question, documents| Question::read(question, day(0)).fts(&corpus(documents)).unwrap();
    assert!(!fts("test of the lexer with unicode", 10_000).contains("\"test\""));
    assert!(fts("test of the lexer", 10_000).contains("\"test\""), "one other is not enough");
    assert!(fts("test of the lexer with unicode", 900).contains("\"test\""), "a small corpus");
}
