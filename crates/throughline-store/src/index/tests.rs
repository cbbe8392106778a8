//! The index against what was put into it.

use std::fs;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::home::Home;

fn home() -> (TempDir, Home, IndexClaim) {
    let folder = TempDir::new().expect("a folder");
    let home = Home::new(folder.path().join("home"));
    let claim = IndexClaim::acquire(&home, Duration::ZERO).expect("nobody has it");
    (folder, home, claim)
}

fn found(name: &str) -> Found {
    Found {
        path: format!("/s/{name}.jsonl").into(),
        agent: "codex".to_owned(),
        archived: false,
        compressed: false,
        size: 100,
        modified: 5_000_000,
        inode: 1,
    }
}

fn item(kind: ItemKind, words: &str) -> ItemRow {
    ItemRow { kind, offset: 7, length: 10, words: words.to_owned() }
}

fn turn(key: &str, at: i64, items: Vec<ItemRow>) -> TurnDelta {
    let key = Some(key.to_owned());
    TurnDelta { key, began: Some(at), seen: Some(at), items, ..TurnDelta::default() }
}

fn chunk(key: &str, turns: Vec<TurnDelta>) -> Chunk {
    let meta = Meta {
        key: key.to_owned(),
        session: key.to_owned(),
        cwd: "/w".to_owned(),
        created: Some(1),
        ..Meta::default()
    };
    let meta = Some(meta);
    Chunk { meta, turns, offset: 50, is_last: true, ..Chunk::default() }
}

#[test]
fn what_was_seen_holds_until_the_next_write() {
    let (_folder, home, claim) = home();
    let mut index = Index::open(&home, &claim).expect("opened").index;
    let (one, two) = (found("one"), Found { archived: true, ..found("two") });
    let both: Seen = [&one, &two].into_iter().collect();
    assert_eq!(both, [&two, &one].into_iter().collect(), "the order is no part of it");
    for change in [
        Found { size: 101, ..one.clone() },
        Found { modified: 5_000_001, ..one.clone() },
        Found { inode: 2, ..one.clone() },
        Found { compressed: true, ..one.clone() },
        Found { path: "/s/ona.jsonl".into(), ..one.clone() },
    ] {
        assert_ne!(both, [&change, &two].into_iter().collect(), "{change:?}");
    }
    index.write(|batch| batch.seen(Some(both))).expect("written");
    assert_eq!(index.seen().expect("read"), Some(both));
    put(&mut index, "one", &chunk("a", Vec::new()));
    assert_eq!(index.seen().expect("read"), None);
}

fn put(index: &mut Index, name: &str, chunk: &Chunk) -> SourceId {
    let found = found(name);
    index
        .write(|batch| {
            let id = batch.enter(&found)?;
            batch.add(id, &found, chunk.clone())?;
            Ok(id)
        })
        .expect("written")
}

fn page(direction: Direction, after: Option<Key>, limit: usize) -> Page {
    Page { sort: Sort::Updated, direction, after, limit }
}

fn keys(threads: &[ThreadRow]) -> Vec<&str> {
    threads.iter().map(|thread| thread.meta.key.as_str()).collect()
}

fn words(words: &str) -> Query {
    Query { words: words.to_owned(), limit: 10, now: 1_000, ..Query::default() }
}

#[test]
fn pages_go_on_where_they_ended_whatever_comes_in() {
    let mut index = Index::in_memory().expect("memory");
    for (name, at) in [("a", 10), ("b", 20), ("c", 20), ("d", 40)] {
        put(&mut index, name, &chunk(name, vec![turn("t", at, Vec::new())]));
    }
    let list =
        |index: &Index, page: &Page| index.threads(&ListFilter::default(), page).expect("a list");
    let first = list(&index, &page(Direction::Descending, None, 2));
    assert_eq!(keys(&first), ["d", "c"]);
    put(&mut index, "e", &chunk("e", vec![turn("t", 50, Vec::new())]));
    let last = |threads: &[ThreadRow]| {
        threads.last().map(|t| Key { at: t.updated, key: t.meta.key.clone() })
    };
    let second = list(&index, &page(Direction::Descending, last(&first), 2));
    assert_eq!(keys(&second), ["b", "a"]);
    let start = Key { at: first[0].updated, key: first[0].meta.key.clone() };
    let since = list(&index, &page(Direction::Ascending, Some(start), 9));
    assert_eq!(keys(&since), ["e"], "backwards from a page's start: what came since");
}

#[test]
fn a_transcript_in_pieces_gives_the_same_rows_as_in_one() {
    let prompt = |words| item(ItemKind::Prompt, words);
    let one = {
        let mut index = Index::in_memory().expect("memory");
        let items = vec![prompt("first words"), item(ItemKind::Command, "cargo test")];
        put(
            &mut index,
            "a",
            &chunk("a", vec![turn("t1", 5, items), turn("t2", 9, vec![prompt("x")])]),
        );
        index
    };
    let pieces = {
        let mut index = Index::in_memory().expect("memory");
        let id =
            put(&mut index, "a", &chunk("a", vec![turn("t1", 5, vec![prompt("first words")])]));
        let more = vec![
            turn("t1", 5, vec![item(ItemKind::Command, "cargo test")]),
            turn("t2", 9, vec![prompt("x")]),
        ];
        let more = Chunk { meta: None, ..chunk("a", more) };
        index.write(|batch| batch.add(id, &found("a"), more)).expect("written");
        index
    };
    for index in [one, pieces] {
        let threads = index
            .threads(&ListFilter::default(), &page(Direction::Descending, None, 9))
            .expect("a list");
        assert_eq!((threads[0].turns, threads[0].updated), (2, 9));
        let turns = index
            .turns(threads[0].source.id, Direction::Ascending, None, 9, TurnDetail::Deeds)
            .expect("turns");
        let shape: Vec<_> = turns.iter().map(|t| (t.number, t.items.len())).collect();
        assert_eq!(shape, [(1, 2), (2, 1)]);
    }
}

#[test]
fn words_phrases_columns_and_filters_find_turns() {
    let mut index = Index::in_memory().expect("memory");
    let mut first = turn("t1", 5, vec![item(ItemKind::Prompt, "Mend the größe of the parser")]);
    first.files = vec!["src/parser.rs".to_owned()];
    first.commits = vec!["abc1234".to_owned()];
    first.tools = vec!["exec".to_owned()];
    put(&mut index, "a", &chunk("a", vec![first]));
    let command = item(ItemKind::Command, "cargo test parser");
    put(&mut index, "b", &chunk("b", vec![turn("t1", 9, vec![command])]));
    let find = |query: &Query| -> Vec<String> {
        let hits = index.search(query).expect("a search");
        hits.into_iter().map(|hit| hit.thread.meta.key).collect()
    };
    let filtered = |filter: ListFilter| -> Vec<String> {
        let page = page(Direction::Ascending, None, 9);
        let threads = index.threads(&filter, &page).expect("a list");
        threads.into_iter().map(|thread| thread.meta.key).collect()
    };
    assert_eq!(find(&words("\"grosse\" OR \"grösse\" OR \"GRÖßE\"")), ["a"]);
    assert_eq!(find(&words("\"the parser\"")), ["a"]);
    assert_eq!(find(&words("command : \"parser\"")), ["b"]);
    assert_eq!(find(&words("\"pars\"*")).len(), 2);
    assert_eq!(find(&Query { path: Some("parser.rs".into()), ..words("") }), ["a"]);
    assert_eq!(find(&Query { tool: Some("exec".into()), ..words("\"parser\"") }), ["a"]);
    assert_eq!(find(&Query { after: Some(6), ..words("\"parser\"") }), ["b"]);
    let touched = |path: &str| ListFilter { touched: Some(path.into()), ..ListFilter::default() };
    assert_eq!(filtered(touched("parser.rs")), ["a"]);
    assert_eq!(filtered(touched("src/parser.rs")), ["a"]);
    assert!(filtered(touched("arser.rs")).is_empty(), "a whole name");
    assert!(filtered(touched("%")).is_empty(), "a name, not a pattern");
    for commit in ["abc1234", "abc", "abc1234def"] {
        let filter = ListFilter { commit: Some(commit.into()), ..ListFilter::default() };
        assert_eq!(filtered(filter), ["a"], "{commit}");
    }
}

#[test]
fn of_two_transcripts_of_a_conversation_one_is_listed() {
    let mut index = Index::in_memory().expect("memory");
    put(&mut index, "copy", &chunk("same", Vec::new()));
    let longer = Chunk { offset: 90, ..chunk("same", Vec::new()) };
    let id = put(&mut index, "original", &longer);
    let listed = |index: &Index| {
        let all = page(Direction::Ascending, None, 9);
        let threads = index.threads(&ListFilter::default(), &all).expect("a list");
        threads.iter().map(|t| t.source.found.path.display().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(listed(&index), ["/s/original.jsonl"]);
    index.write(|batch| batch.missing(id)).expect("written");
    assert_eq!(listed(&index), ["/s/copy.jsonl"]);
}

#[test]
fn what_is_cleared_leaves_nothing() {
    let mut index = Index::in_memory().expect("memory");
    let mut first = turn("t", 5, vec![item(ItemKind::Prompt, "gone")]);
    first.files = vec!["f".to_owned()];
    let id = put(&mut index, "a", &chunk("a", vec![first]));
    index.write(|batch| batch.clear(id)).expect("written");
    assert!(index.search(&words("\"gone\"")).expect("a search").is_empty());
    for table in ["item", "turn", "touched", "thread"] {
        let count = index
            .rows(&format!("SELECT count(*) FROM {table}"), Vec::new(), |row| row.get::<_, i64>(0));
        assert_eq!(count.expect("counted"), [0], "{table}");
    }
}

#[test]
fn what_is_no_index_of_ours_is_put_aside() {
    let cases: [(&str, &[u8]); 3] = [
        ("text", b"this is no database, and long enough not to be taken for an empty one"),
        ("a torn header", b"SQLite format 3\0"),
        ("rubbish", &[0xff; 8192]),
    ];
    for (name, bytes) in cases {
        let (_folder, home, claim) = home();
        fs::write(home.file("index_1.sqlite"), bytes).expect("a file");
        assert!(Index::read(&home).is_err_and(|error| error.is_damaged()), "{name}");
        let opened = Index::open(&home, &claim).expect(name);
        let aside = opened.put_aside.expect(name);
        assert_eq!(fs::read(aside).expect("it is kept"), bytes, "{name}");
        assert!(opened.index.sources().expect("a new one").is_empty());
    }
}

#[test]
fn a_database_of_somebody_else_is_put_aside_too() {
    let (_folder, home, claim) = home();
    let other = rusqlite::Connection::open(home.file("index_1.sqlite")).expect("a database");
    other.execute_batch("CREATE TABLE theirs (x)").expect("a table");
    drop(other);
    let opened = Index::open(&home, &claim).expect("a new one");
    assert!(opened.put_aside.is_some());
}

/// A process that was killed, or is at it, between making the file and its tables.
#[test]
fn one_that_is_just_being_made_is_none_yet() {
    let (_folder, home, _claim) = home();
    fs::write(home.file("index_1.sqlite"), "").expect("write");
    assert!(Index::read(&home).expect("no index yet").is_none());
}

#[test]
fn it_is_private_and_one_writes() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_folder, home, claim) = home();
    let mut index = Index::open(&home, &claim).expect("a new one").index;
    put(&mut index, "a", &chunk("a", Vec::new()));
    for name in ["index_1.sqlite", "index_1.sqlite-wal", "index_1.sqlite-shm", "index.lock"] {
        let mode = fs::metadata(home.file(name)).expect(name).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert!(IndexClaim::acquire(&home, Duration::ZERO).is_err());
    let reader = Index::read(&home).expect("readable").expect("there");
    assert_eq!(reader.count(&ListFilter::default()).expect("counted"), 1);
}

#[test]
fn no_limit_is_too_high() {
    let mut index = Index::in_memory().expect("memory");
    let id = put(&mut index, "a", &chunk("a", vec![turn("t", 10, Vec::new())]));
    let turns =
        index.turns(id, Direction::Ascending, None, usize::MAX, TurnDetail::Deeds).expect("turns");
    assert_eq!(turns.len(), 1);
    let page = page(Direction::Ascending, None, usize::MAX);
    assert_eq!(index.threads(&ListFilter::default(), &page).expect("a list").len(), 1);
}

mod overlay {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use throughline_model::overlay::{MarkPatch, MemoryUse, Overlay, Patch};

    use super::*;

    fn now() -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }

    fn set(text: &str) -> Patch<String> {
        Patch::Set(text.to_owned())
    }

    /// `patch` said of `key`.
    fn said(overlay: &mut Overlay, key: &str, patch: &MarkPatch) {
        assert_eq!(overlay.patch(key, patch, now()), Ok(true));
    }

    fn listed(index: &Index, filter: &ListFilter) -> Vec<String> {
        let threads = index.threads(filter, &page(Direction::Ascending, None, 99)).expect("a list");
        threads.into_iter().map(|thread| thread.meta.key).collect()
    }

    fn started_on(branch: &str) -> ListFilter {
        ListFilter { branch: Some(branch.to_owned()), ..ListFilter::default() }
    }

    #[test]
    fn every_filter_sees_what_the_user_said_and_the_index_is_not_written() {
        let mut index = Index::in_memory().expect("memory");
        for (key, at) in [("a", 10), ("b", 20), ("c", 30)] {
            let item = item(ItemKind::Prompt, "needle");
            let mut read = chunk(key, vec![turn("t", at, vec![item])]);
            let meta = read.meta.as_mut().expect("who speaks");
            (meta.branch, meta.head) = (Some("main".to_owned()), Some("aaaaaaaaaa".to_owned()));
            read.title = Some("First words".to_owned());
            put(&mut index, key, &read);
        }
        let mut overlay = Overlay::default();
        let moved = MarkPatch {
            name: set("The parser, 100%"),
            branch: set("dev"),
            commit: set("bbbbbbbbbb"),
            repository: set("https://host.example/a"),
            memory: Patch::Set(MemoryUse::Disabled),
            ..MarkPatch::default()
        };
        said(&mut overlay, "a", &moved);
        let away = Patch::Set(());
        let cleared = MarkPatch {
            branch: Patch::Clear,
            commit: Patch::Clear,
            archived: away.clone(),
            ..MarkPatch::default()
        };
        said(&mut overlay, "b", &cleared);
        index.lay(&overlay).expect("laid");
        let all = ListFilter::default;
        let cases: [(ListFilter, &[&str]); 8] = [
            (started_on("main"), &["c"]),
            (started_on("dev"), &["a"]),
            (ListFilter { commit: Some("bbbbbbb".to_owned()), ..all() }, &["a"]),
            (ListFilter { commit: Some("aaaaaaa".to_owned()), ..all() }, &["c"]),
            (ListFilter { name: Some("PARSER, 100%".to_owned()), ..all() }, &["a"]),
            (ListFilter { name: Some("words".to_owned()), ..all() }, &["b", "c"]),
            (ListFilter { name: Some("100_".to_owned()), ..all() }, &[]),
            (ListFilter { archived: Some(true), ..all() }, &["b"]),
        ];
        for (filter, expected) in cases {
            assert_eq!(listed(&index, &filter), expected, "{filter:?}");
        }
        // Another repository is another place, also for who asks what belongs to the project here.
        let places = index.places().expect("places");
        let there = places.iter().find(|(_, _, repository)| repository.ends_with("/a"));
        let (place, cwd, _) = there.expect("its place");
        assert_eq!(cwd, "/w");
        let here = ListFilter { places: Some(vec![*place]), ..all() };
        assert_eq!(listed(&index, &here), ["a"]);
        let elsewhere = ListFilter { not_in: vec![*place], ..all() };
        assert_eq!(listed(&index, &elsewhere), ["b", "c"]);
        let shown = &index.threads(&here, &page(Direction::Ascending, None, 1)).expect("a list")[0];
        assert_eq!((shown.title.as_str(), shown.archived), ("The parser, 100%", false));
        assert_eq!(shown.meta.repository, "https://host.example/a");
        assert_eq!(shown.memory, Some(MemoryUse::Disabled));
        index.lay(&Overlay::default()).expect("laid");
        assert_eq!(listed(&index, &started_on("main")), ["a", "b", "c"]);
    }

    #[test]
    fn what_is_forgotten_is_found_by_nobody_who_does_not_ask_for_it() {
        let mut index = Index::in_memory().expect("memory");
        for key in ["a", "b"] {
            let item = item(ItemKind::Prompt, "needle");
            put(&mut index, key, &chunk(key, vec![turn("t", 10, vec![item])]));
        }
        let mut overlay = Overlay::default();
        let forget = MarkPatch { forgotten: Patch::Set(()), ..MarkPatch::default() };
        said(&mut overlay, "a", &forget);
        index.lay(&overlay).expect("laid");
        assert_eq!(listed(&index, &ListFilter::default()), ["b"]);
        assert_eq!(index.count(&ListFilter::default()).expect("a count"), 1);
        for text in ["needle", ""] {
            let hits = index.search(&words(text)).expect("hits");
            let found: Vec<_> = hits.iter().map(|hit| hit.thread.meta.key.as_str()).collect();
            assert_eq!(found, ["b"], "{text:?}");
        }
        let no = ListFilter { remembered: Remembered::No, ..ListFilter::default() };
        assert_eq!(listed(&index, &no), ["a"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Hidden rows make no page short and lose nothing, however many lie between two shown ones.
        #[test]
        fn pages_are_full_whatever_is_hidden(
            times in prop::collection::vec(0..6_i64, 1..24),
            hidden in prop::collection::btree_set(0..24_usize, 0..24),
            archived in prop::collection::btree_set(0..24_usize, 0..24),
            limit in 1..5_usize,
            latest_first: bool,
        ) {
            let mut index = Index::in_memory().expect("memory");
            let mut overlay = Overlay::default();
            let mut expected = BTreeSet::new();
            for (number, at) in times.iter().enumerate() {
                let key = format!("k{number:02}");
                put(&mut index, &key, &chunk(&key, vec![turn("t", 10 + at, Vec::new())]));
                let mark = |says: bool| if says { Patch::Set(()) } else { Patch::Unchanged };
                let (gone, away) = (hidden.contains(&number), archived.contains(&number));
                let patch =
                    MarkPatch { forgotten: mark(gone), archived: mark(away), ..MarkPatch::default() };
                overlay.patch(&key, &patch, now()).expect("a mark");
                if !gone && !away {
                    expected.insert((10 + at, key));
                }
            }
            index.lay(&overlay).expect("laid");
            let direction = if latest_first { Direction::Descending } else { Direction::Ascending };
            let filter = ListFilter { archived: Some(false), ..ListFilter::default() };
            let mut seen = Vec::new();
            let mut after = None;
            loop {
                let threads = index.threads(&filter, &page(direction, after, limit)).expect("a page");
                let is_last = threads.len() < limit;
                seen.extend(threads.iter().map(|t| (t.updated, t.meta.key.clone())));
                prop_assert!(!is_last || seen.len() == expected.len(), "a short page");
                after = threads.last().map(|t| Key { at: t.updated, key: t.meta.key.clone() });
                if is_last {
                    break;
                }
            }
            let mut expected: Vec<_> = expected.into_iter().collect();
            if latest_first {
                expected.reverse();
            }
            prop_assert_eq!(seen, expected);
        }
    }
}
