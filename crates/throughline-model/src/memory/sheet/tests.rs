//! The page as it looks, as people leave it, and that any text survives it.

use proptest::prelude::*;

use super::*;
use crate::memory::{Author, Source};

fn memory(number: usize, kind: MemoryKind, title: &str, text: &str) -> Memory {
    let at = jiff::Timestamp::from_second(1_763_700_000 + i64::try_from(number).unwrap() * 86_400)
        .unwrap();
    let id = MemoryId::parse(&format!("mem-{number}")).unwrap();
    let scope = MemoryScope::Project { project: "p-1".to_owned() };
    let words = (title.to_owned(), text.to_owned());
    let stated = Memory::stated(id, kind, scope, words, Source::of(at));
    Memory { author: Author::Consolidation, ..stated }
}

fn page() -> Vec<Memory> {
    let mut german = memory(3, MemoryKind::Preference, "Answer in German", "Answer in German.");
    (german.scope, german.pinned) = (MemoryScope::User, true);
    let mut line = memory(
        1,
        MemoryKind::Fact,
        "The API is v2 here",
        "On this branch the API is v2.\n\n## Not a section\n<!-- memory no -->",
    );
    line.scope = MemoryScope::Line { project: "p-1".to_owned(), line: "feature/x".to_owned() };
    line.status = MemoryStatus::Suggested;
    vec![
        line,
        german,
        memory(2, MemoryKind::Other("gotcha".to_owned()), "Mind the gap", ""),
        memory(0, MemoryKind::Fact, "The DB is at db1", "The DB is at db1."),
    ]
}

#[test]
fn the_page_reads_well() {
    insta::assert_snapshot!(print(&page()), @r#"
    # Memories

    <!-- Edit titles, texts and sections as you like; yours win. To say that one is wrong, write
         "rejected" in its comment; "pinned" keeps it up. An entry without a comment is new. -->

    ## Preferences

    ### Answer in German

    Answer in German.

    <!-- memory mem-3 · user · stated · current · pinned · since 2025-11-24 · 1 source -->

    ## Facts

    ### The DB is at db1

    The DB is at db1.

    <!-- memory mem-0 · project · stated · current · since 2025-11-21 · 1 source -->

    ### The API is v2 here

    On this branch the API is v2.

    \## Not a section
    \<!-- memory no -->

    <!-- memory mem-1 · line feature/x · stated · suggested · since 2025-11-22 · 1 source -->

    ## Other: gotcha

    ### Mind the gap

    <!-- memory mem-2 · project · stated · current · since 2025-11-23 · 1 source -->
    "#);
    insta::assert_snapshot!(print(&[]), @r#"
    # Memories

    <!-- Edit titles, texts and sections as you like; yours win. To say that one is wrong, write
         "rejected" in its comment; "pinned" keeps it up. An entry without a comment is new. -->
    "#);
}

#[test]
fn what_a_hand_did_is_told() {
    let before = page();
    let printed = print(&before);
    let edits = |text: &str| hand_edits(&before, &parse(text).unwrap());
    assert_eq!(edits(&printed), []);
    let ids = |text: &str| -> Vec<String> {
        edits(text)
            .into_iter()
            .map(|edit| match edit {
                HandEdit::Changed { id, entry } => {
                    format!("{id} is {} {:?}: {}", entry.kind.as_str(), entry.status, entry.text)
                }
                HandEdit::Added(entry) => format!(
                    "new {} {:?} {}: {}",
                    entry.kind.as_str(),
                    entry.reach,
                    entry.title,
                    entry.text
                ),
                HandEdit::Removed { id } => format!("{id} gone"),
            })
            .collect()
    };
    let cases = [
        (
            "The DB is at db1.\n",
            "The DB is at db2.\n",
            "mem-0 is fact Some(Current): The DB is at db2.",
        ),
        (
            "· current · pinned",
            "· rejected · pinned",
            "mem-3 is preference Some(Rejected): Answer in German.",
        ),
        ("## Preferences", "## convention", "mem-3 is convention Some(Current): Answer in German."),
        (" · pinned", "", "mem-3 is preference Some(Current): Answer in German."),
        (
            "## Preferences\n",
            "## Preferences\n\n### No emojis\nAnywhere.\n",
            "new preference Project No emojis: Anywhere.",
        ),
        (
            "## Preferences\n",
            "## Preferences\n### No emojis\n<!-- memory user -->\n",
            "new preference User No emojis: ",
        ),
    ];
    for (from, to, expected) in cases {
        let edited = printed.replacen(from, to, 1);
        assert_ne!(edited, printed, "{from}");
        assert_eq!(ids(&edited), [expected], "{from}");
    }
    let (start, end) = (printed.find("### The DB").unwrap(), printed.find("### The API").unwrap());
    assert_eq!(ids(&format!("{}{}", &printed[..start], &printed[end..])), ["mem-0 gone"]);
    // Windows' line ends, blank lines and a comment that moved up are no edits.
    assert_eq!(edits(&printed.replace('\n', "\r\n")), []);
    assert_eq!(
        edits(&printed.replace("\n\n", "\n\n\n")).len(),
        1,
        "the text of one has a blank line inside"
    );
    assert_eq!(edits(&printed.replace(" · ", ", ")), []);
}

#[test]
fn what_cannot_be_read_says_where_and_what_to_do() {
    let cases = [
        ("### A\n", "line 1: an entry of no kind: put it under a section such as \"## Decisions\""),
        ("## Facts\n\n###\n", "line 3: an entry without a title: write one behind the ###"),
        (
            "## Facts\nLoose.\n",
            "line 2: text outside of any entry: put \"### title\" above it, or take it out",
        ),
        (
            "## Facts\n### A\n<!-- memory mem-1 -->\n### B\n<!-- memory mem-1 -->\n",
            "line 5: mem-1 also stands in line 3: take the comment out of the one that is new",
        ),
        (
            "## Facts\n### A\n<!-- memory mem 1 -->\n",
            "line 3: `mem 1` is not the id of a memory: restore it, or take the comment out",
        ),
        ("## Facts\n<<<<<<< HEAD\n", "line 2: a conflict marker of git: settle the merge first"),
    ];
    for (page, expected) in cases {
        assert_eq!(
            parse(page).map_err(|error| error.to_string()),
            Err(expected.to_owned()),
            "{page}"
        );
    }
}

fn text() -> impl Strategy<Value = String> {
    let pieces = proptest::sample::select(vec![
        "\n",
        "\n\n",
        "## ",
        "### ",
        "#",
        "\\",
        "<!-- memory mem-1 · pinned -->",
        "<!--",
        "-->",
        "=======\n",
        "<<<<<<< HEAD\n",
        ">>>>>>> x\n",
        "```\n",
        "word ",
        " ",
        "\t",
        "\r\n",
        "\r",
        "·",
        "é",
        "\u{202e}",
        "\u{2028}",
        "- ",
    ]);
    prop_oneof![
        proptest::collection::vec(pieces, 0..16).prop_map(|pieces| pieces.concat()),
        "\\PC{0,40}",
        proptest::collection::vec(any::<char>(), 0..30).prop_map(String::from_iter)
    ]
}

fn any_memory() -> impl Strategy<Value = Memory> {
    let kinds = proptest::sample::select(
        [
            MemoryKind::NAMED.to_vec(),
            vec![MemoryKind::Other("gotcha".to_owned()), MemoryKind::Other("decisions".to_owned())],
        ]
        .concat(),
    );
    let statuses = proptest::sample::select(MemoryStatus::ALL.to_vec());
    (kinds, text(), text(), statuses, any::<bool>(), text()).prop_map(
        |(kind, title, text, status, pinned, line)| {
            let scope = MemoryScope::Line { project: "p".to_owned(), line };
            Memory { status, pinned, scope, ..memory(0, kind, &title, &text) }
        },
    )
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(memories in proptest::collection::vec(any_memory(), 0..6)) {
        let memories: Vec<_> = memories.into_iter().enumerate().map(|(number, memory)| Memory { id: MemoryId::parse(&format!("mem-{number}")).unwrap(), ..memory }).collect();
        let page = print(&memories);
        let entries = parse(&page);
        prop_assert!(entries.is_ok(), "{entries:?}\n{page}");
        let entries = entries.unwrap();
        prop_assert_eq!(entries.len(), memories.len());
        prop_assert_eq!(hand_edits(&memories, &entries), []);
        for entry in entries {
            let memory = memories.iter().find(|memory| Some(&memory.id) == entry.id.as_ref()).unwrap();
            prop_assert_eq!(entry.status, Some(memory.status));
        }
    }

    #[test]
    fn any_page_is_read_or_refused_with_its_line(page in text()) {
        let page = format!("## Facts\n### A\n{page}");
        match parse(&page) {
            Ok(entries) => prop_assert!(!entries.is_empty()),
            Err(error) => prop_assert!(error.to_string().starts_with("line ")),
        }
    }
}
