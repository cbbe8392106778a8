//! Tests of `head`.

use proptest::prelude::*;

use super::*;

#[test]
fn a_commit_name_is_full_lower_case_hex() {
    let sha1 = "0123456789abcdef0123456789abcdef01234567";
    let sha256 = format!("{sha1}{}", &sha1[..24]);
    for right in [sha1, &sha256] {
        assert_eq!(Oid::parse(right).unwrap().as_str(), right);
    }
    for wrong in ["", "HEAD", "--all", &sha1[1..], &sha1.to_uppercase(), &format!("{sha1}\n")] {
        assert_eq!(Oid::parse(wrong), None, "{wrong:?}");
        let json = serde_json::to_string(wrong).unwrap();
        assert!(serde_json::from_str::<Oid>(&json).is_err(), "{wrong:?}");
    }
    assert_eq!(Oid::parse(sha1).unwrap().short(), "012345678");
}

#[test]
fn every_kind_of_line_has_its_key() {
    let cases = [
        (LineName::Branch("feature/x".to_owned()), "feature/x"),
        (LineName::Branch("$(id)\u{202e}".to_owned()), "$(id)\u{202e}"),
        (LineName::Detached { worktree: "w-a:b".to_owned() }, ":detached:w-a:b"),
        (LineName::Directory, ":directory"),
    ];
    for (line, key) in cases {
        assert_eq!(line.to_string(), key);
        assert_eq!(LineName::from_key(key), line);
        let json = serde_json::to_string(&line).unwrap();
        assert_eq!(json, serde_json::to_string(key).unwrap());
        assert_eq!(serde_json::from_str::<LineName>(&json).unwrap(), line);
    }
}

#[test]
fn bytes_are_escaped_only_where_they_must_be() {
    let cases: [(&[u8], &str); 6] = [
        (b"100%", "100%"),
        (b"a%zz", "a%zz"),
        (b"a\xff/b", "a%FF/b"),
        (b"a%FF/b", "a%25FF/b"),
        (b"a%25FF", "a%2525FF"),
        ("\u{202e}é".as_bytes(), "\u{202e}é"),
    ];
    for (bytes, text) in cases {
        assert_eq!(text_of(bytes), text);
    }
    assert_eq!(LineName::of_ref(b"refs/tags/x"), None);
}

/// What [`text_of`] does, backwards.
fn bytes_of(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        if *first == b'%' && starts_with_escape(rest) {
            let digits = std::str::from_utf8(&rest[1..3]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &rest[3..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    bytes
}

proptest! {
    #[test]
    fn no_two_names_read_the_same(bytes in bytes_like_names()) {
        prop_assert_eq!(bytes_of(&text_of(&bytes)), bytes);
    }

    #[test]
    fn a_fingerprint_survives_json(entries in proptest::collection::vec(any::<Vec<u8>>(), 0..4)) {
        let all = entries.iter().fold(Fingerprint::EMPTY, |sum, entry| sum.with(entry));
        let json = serde_json::to_string(&all).unwrap();
        prop_assert_eq!(json.len(), 18);
        prop_assert_eq!(serde_json::from_str::<Fingerprint>(&json).unwrap(), all);
        prop_assert_ne!(all.with(b""), all);
    }
}

/// Rich in what could be mistaken for an escape.
fn bytes_like_names() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(b'%'), Just(b'2'), Just(b'5'), Just(b'F'), any::<u8>()];
    proptest::collection::vec(byte, 0..12)
}
