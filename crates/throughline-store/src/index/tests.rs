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
        let turns =
            index.turns(threads[0].source.id, Direction::Ascending, None, 9).expect("turns");
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
