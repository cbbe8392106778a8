//! Tests of `stem`.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Names that file systems, shells or people take for one another, or for something else.
const AWKWARD: &[&str] = &[
    "",
    ".",
    "..",
    "/",
    "../../etc/passwd",
    "feature/x",
    "feature-x",
    "Feature/X",
    "feature\\x",
    "caf\u{e9}",
    "cafe\u{301}",
    "name",
    "name.",
    "name..",
    "name ",
    " name",
    "NAME",
    "con",
    "CON",
    "con.txt",
    "nul",
    "aux",
    "com1",
    "COM\u{b9}",
    "lpt9",
    "prn",
    "-rf",
    "--",
    "~",
    "~root",
    "$HOME",
    "a\0b",
    "a\nb",
    "\u{202e}gpj.exe",
    "\u{feff}main",
    "main",
    "ma\u{200b}in",
    "ma\u{131}n",
    "*",
    "?",
    "a:b",
    "a:b:$DATA",
    "refs/heads/main",
    "@{u}",
    "\u{1f600}",
    "stra\u{df}e",
    "strasse",
    "STRASSE",
    "name-0123456789",
    "x",
    "x-0123456789",
];

fn assert_laws(stem: &FileStem) {
    let text = stem.as_str();
    assert!(text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-')), "{text}");
    assert!((12..=LONGEST_STEM).contains(&text.len()), "{text}");
    assert!(!text.starts_with('-'), "{text}");
    assert!(!is_reserved_on_windows(text), "{text}");
    assert_eq!(FileStem::parse(text).as_ref(), Some(stem));
    let json = serde_json::to_string(stem).unwrap();
    assert_eq!(&serde_json::from_str::<FileStem>(&json).unwrap(), stem);
    assert_eq!(Path::new("dir").join(stem).components().count(), 2);
}

fn is_reserved_on_windows(name: &str) -> bool {
    let base = name.split('.').next().unwrap_or(name);
    let numbered = |port: &str| {
        base.strip_prefix(port).is_some_and(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit())
    };
    matches!(base, "con" | "prn" | "aux" | "nul" | "conin$" | "conout$")
        || numbered("com")
        || numbered("lpt")
}

#[test]
fn awkward_names_become_harmless_and_stay_apart() {
    let mut seen = BTreeMap::new();
    for name in AWKWARD {
        let stem = FileStem::encode(name.as_bytes());
        assert_laws(&stem);
        assert_eq!(seen.insert(stem.clone(), name), None, "{name:?} meets another as {stem}");
    }
}

#[test]
fn a_stem_can_be_recognised_by_people() {
    // The digits are pinned: existing directories are found by them.
    for (name, stem) in [
        ("feature/Lexer--v2", "feature-lexer-v2-4574d2ca9a"),
        ("", "x-af1349b9f5"),
        ("\u{65e5}\u{672c}", "x-fb52b4c818"),
    ] {
        assert_eq!(FileStem::encode(name.as_bytes()).as_str(), stem, "{name}");
    }
    let long = FileStem::encode("ab/".repeat(100).as_bytes());
    assert!(long.as_str().starts_with("ab-ab-ab-"));
    assert_eq!(long.as_str().len(), LONGEST_STEM);
}

#[test]
fn only_what_the_encoder_writes_is_recognised() {
    for alien in [
        "",
        "-",
        "-0123456789",
        "main",
        "main-012345678",
        "main-01234567890",
        "Main-0123456789",
        "main-012345678G",
        "main-ABCDEF0123",
        "ma.in-0123456789",
        "a/b-0123456789",
        "-main-0123456789",
        "ma--in-0123456789",
        "main--0123456789",
        "..-0123456789",
        "main-0123456789.json",
        &format!("{}-0123456789", "a".repeat(41)),
    ] {
        assert_eq!(FileStem::parse(alien), None, "{alien}");
        assert!(serde_json::from_value::<FileStem>(alien.into()).is_err(), "{alien}");
    }
}

proptest! {
    #[test]
    fn any_bytes_obey(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
        assert_laws(&FileStem::encode(&raw));
    }

    #[test]
    fn different_names_have_different_stems(
        name in "[a-zA-Z0-9/._ é-]{1,60}",
        change in 0..6_usize,
    ) {
        let other = match change {
            0 => name.to_uppercase(),
            1 => name.to_lowercase(),
            2 => format!("{name}."),
            3 => format!("{name} "),
            4 => name.replace('/', "-"),
            _ => name.replace('\u{e9}', "e\u{301}"),
        };
        let equal = FileStem::encode(name.as_bytes()) == FileStem::encode(other.as_bytes());
        prop_assert_eq!(equal, name == other);
    }
}
