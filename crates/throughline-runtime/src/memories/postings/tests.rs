//! Postings say what the full-text table says, and nothing of what is gone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;
use throughline_model::ids::MemoryId;
use throughline_model::memory::{Memory, MemoryKind, MemoryScope, Source};
use throughline_model::recall::{Sought, indexed};
use throughline_store::home::Home;

use super::search::{decoded, encoded};
use super::*;
use crate::Truth as _;
use crate::memories::{Asked, Candidate, Visible};

/// So many that common words are common.
const MANY: usize = 600;

/// Words of which the first are common and the last are rare.
fn word(number: usize) -> String {
    let sounds = ["ba", "ke", "li", "mo", "nu", "ra", "so", "ti", "vu", "ze"];
    let sound = |(at, sound)| if number >> at & 1 == 1 { sound } else { "x" };
    indexed(&sounds.into_iter().enumerate().map(sound).collect::<String>())
}

fn scope(number: usize) -> MemoryScope {
    let project = "here".to_owned();
    match number % 5 {
        0 => MemoryScope::User,
        1 => MemoryScope::Project { project: "elsewhere".to_owned() },
        2 => MemoryScope::Line { project, line: "main".to_owned() },
        3 => MemoryScope::Line { project, line: "other".to_owned() },
        _ => MemoryScope::Project { project },
    }
}

fn memory(number: usize, text: &str) -> Memory {
    let id = MemoryId::parse(&format!("mem-{number:04}")).expect("an id");
    let words = (word(number * 7 % 500), text.to_owned());
    let at = Timestamp::from_second(1_795_000_000).expect("a time");
    Memory::stated(id, MemoryKind::Fact, scope(number), words, Source::of(at))
}

/// A database of so many memories, with postings if they are enough.
fn filled(count: usize) -> (tempfile::TempDir, Memories) {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::new(folder.path().join("home"));
    home.prepare().expect("a home");
    let mut memories = Memories::open(&home).expect("a database");
    let text = |number: usize| {
        let common = |at: usize| word((number * at * at + at) % (at * 40));
        (1..12).map(common).collect::<Vec<_>>().join(" ")
    };
    let done = memories.change(|change| {
        (0..count).try_for_each(|number| change.put(&memory(number, &text(number))))?;
        change.gather_words()
    });
    done.expect("written");
    (folder, memories)
}

fn ids(memories: &Memories, sought: &[Sought], visible: &Visible, most: usize) -> Vec<String> {
    let asked = Asked { sought, visible: visible.clone(), most };
    let found = memories.candidates(&asked).expect("an answer").into_iter();
    let id = |candidate| match candidate {
        Candidate::Memory(memory) => memory.id.to_string(),
        Candidate::Session(output) => output.session,
    };
    found.map(id).collect()
}

fn is_posted(memories: &Memories) -> bool {
    memories.with(Postings::of).expect("read").is_some()
}

fn here(lines: Option<&[&str]>) -> Visible {
    let lines = lines.map(|lines| lines.iter().map(|line| (*line).to_owned()).collect());
    Visible::Here { projects: vec!["here".to_owned()], lines }
}

#[test]
fn they_say_what_the_full_text_table_says() {
    let (_folder, mut memories) = filled(MANY);
    let (_other, plain) = filled(MANY);
    plain.with(|connection| connection.execute_batch("DELETE FROM posted")).expect("gone");
    assert!(is_posted(&memories) && !is_posted(&plain));
    let places = [Visible::User, here(Some(&["main"])), here(None), Visible::Everything];
    let words = |numbers: &[usize]| -> Vec<Sought> {
        numbers.iter().map(|number| Sought::Words(word(*number))).collect()
    };
    let questions = [
        words(&[3]),
        words(&[1, 30, 77, 400]),
        vec![Sought::Begins("xxlix".to_owned()), Sought::Words(word(5))],
        words(&[999]),
    ];
    for (sought, visible) in questions.iter().flat_map(|q| places.iter().map(move |v| (q, v))) {
        let set = |of: &Memories| -> BTreeSet<String> {
            ids(of, sought, visible, MANY).into_iter().collect()
        };
        assert_eq!(set(&memories), set(&plain), "{sought:?} {visible:?}");
        // Of those that are worth the same another one may be the last.
        let (posted, asked) =
            (ids(&memories, sought, visible, 20), ids(&plain, sought, visible, 40));
        let strange = posted.iter().filter(|id| !asked.contains(id)).count();
        assert!(strange == 0 && posted.len() == asked.len().min(20), "{sought:?} {visible:?}");
    }
    let all: Vec<String> = (0..600).map(word).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(memories.frequencies(&all).expect("read"), plain.frequencies(&all).expect("read"));
    memories.post().expect("nothing to do");
}

#[test]
fn what_changed_since_is_found_as_it_is_now() {
    let (_folder, mut memories) = filled(MANY);
    let found = |memories: &Memories, text: &str| {
        let sought = [Sought::Words(indexed(text))];
        ids(memories, &sought, &Visible::Everything, MANY)
    };
    let one = memory(3, "zebra");
    memories.change(|change| change.put(&one)).expect("written");
    assert!(is_posted(&memories) && found(&memories, "zebra").contains(&one.id.to_string()));
    let frequencies = memories.frequencies(&["zebra"]).expect("read");
    assert_eq!(frequencies.of, BTreeMap::from([("zebra".to_owned(), 1)]));
    let gone = |memories: &Memories| {
        let everything: Vec<Sought> = (0..1024).map(|n| Sought::Words(word(n))).collect();
        !ids(memories, &everything, &Visible::Everything, MANY).contains(&one.id.to_string())
    };
    memories.change(|change| change.remove(&one.id)).expect("removed");
    assert!(gone(&memories) && found(&memories, "zebra").is_empty());
    let all: Vec<String> = (0..600).map(word).chain(["yak".to_owned()]).collect();
    let counted = |memories: &Memories| {
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        memories.frequencies(&all).expect("read")
    };
    let some: Vec<Memory> =
        (5..25).map(|number| memory(number * 31, "yak of another text")).collect();
    memories.change(|c| some.iter().try_for_each(|one| c.put(one))).expect("written");
    let posted = counted(&memories);
    memories.with(|connection| connection.execute_batch("DELETE FROM posted")).expect("gone");
    assert_eq!(counted(&memories), posted);
    memories.post().expect("made anew");
    assert!(is_posted(&memories) && counted(&memories) == posted);
    let more = |from: usize| (from..=from + MOST_UNPOSTED).map(|number| memory(number, "yak"));
    memories.change(|c| more(2_000).try_for_each(|one| c.put(&one))).expect("written");
    assert!(!is_posted(&memories) && gone(&memories));
    let with_new = some.len() + MOST_UNPOSTED + 1;
    assert_eq!(found(&memories, "yak").len(), with_new);
    memories.post().expect("made anew");
    assert!(is_posted(&memories) && gone(&memories));
    assert_eq!(found(&memories, "yak").len(), with_new);
}

#[test]
fn the_words_of_what_was_removed_are_gone_at_once() {
    let (_folder, mut memories) = filled(MANY);
    let one = memory(2_000, "wildebeest");
    memories.change(|change| change.put(&one).and_then(|()| change.gather_words())).expect("put");
    let known = |memories: &Memories| {
        let sql = "SELECT count(*) FROM posting WHERE word GLOB 'wildebe*'";
        memories.with(|connection| connection.query_row(sql, [], |row| row.get::<_, i64>(0)))
    };
    assert_eq!(known(&memories).expect("read"), 1);
    memories.change(|change| change.remove(&one.id)).expect("removed");
    assert_eq!(known(&memories).expect("read"), 0);
}

#[test]
fn few_documents_have_none() {
    let (_folder, mut memories) = filled(FEWEST / 2);
    memories.post().expect("nothing to do");
    assert!(!is_posted(&memories));
    let sought = [Sought::Words(word(1))];
    assert!(!ids(&memories, &sought, &Visible::Everything, 10).is_empty());
}

proptest! {
    #[test]
    fn a_list_is_read_as_it_was_written(list in prop::collection::btree_map(any::<u32>(), any::<u8>(), 0..60)) {
        let read: Vec<(usize, u8)> = decoded(&encoded(&list)).collect();
        let written: Vec<(usize, u8)> =
            list.iter().map(|(slot, halves)| (usize::try_from(*slot).unwrap(), *halves)).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn any_bytes_are_a_list(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        prop_assert!(decoded(&bytes).count() <= bytes.len());
    }
}
