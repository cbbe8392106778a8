//! Tests of `adr`.

use proptest::prelude::*;

use super::*;

/// `number | title | status | what it means | day`
fn told(name: &str, text: &str) -> String {
    let adr = read(name, text.as_bytes());
    let number = adr.number.map_or("-".to_owned(), |n| n.to_string());
    let status = adr.status.clone().unwrap_or_else(|| "-".to_owned());
    let day = adr.date.map_or("-".to_owned(), |d| d.strftime("%Y-%m-%d").to_string());
    format!("{number} | {} | {status} | {:?} | {day}", adr.title, adr.standing())
}

#[test]
fn any_common_layout_is_read() {
    let cases = [
        (
            "0007-use-rust.md",
            "# 7. Use Rust\n\nDate: 2021-06-15\n\n## Status\n\nAccepted\n\n## Context\n\nWe rejected C.\n",
            "7 | Use Rust | Accepted | Decided | 2021-06-15",
        ),
        (
            "0003-use-make.md",
            "# 3. Use make\n\n## Status\n\nAccepted\n\nSuperceded by [9. Use just](0009-use-just.md)\n",
            "3 | Use make | Superceded by 9. Use just | Ended | -",
        ),
        (
            "0012-store.md",
            "# Store state as JSON\n\n* Status: proposed\n* Date: 2022-01-02\n",
            "12 | Store state as JSON | proposed | Open | 2022-01-02",
        ),
        (
            "caching.md",
            "---\nid: ADR-0042\ntitle: 'Cache nothing'\nstatus: rejected\n---\n\nText.\n",
            "42 | Cache nothing | rejected | Ended | -",
        ),
        (
            "adr-5.md",
            "+++\ntitle = \"ADR-0005: Use TOML\"\nstatus = \"draft\"\n+++\n",
            "5 | Use TOML | draft | Open | -",
        ),
        (
            "x.md",
            "# [ADR 8] Use *one* [queue](https://example.com)\n\n_Status_: Withdrawn\n",
            "8 | Use one queue | Withdrawn | Ended | -",
        ),
        (
            "009.md",
            "\u{feff}# 009 - Two regions\r\n\r\n| Status | ✅ Accepted |\r\n| Date | 2019-12-31 |\r\n",
            "9 | Two regions | ✅ Accepted | Decided | 2019-12-31",
        ),
        (
            "0030-tabs.md",
            "Use tabs\n========\n\nStatus\n------\n\nObsolete, nobody did\n",
            "30 | Use tabs | Obsolete, nobody did | Ended | -",
        ),
        ("0004-no_heading-here.md", "Some text.\n", "4 | No heading here | - | Decided | -"),
        ("20210615-use-kafka.md", "# Use Kafka\n", "- | Use Kafka | - | Decided | -"),
        ("0006-merge.md", "# 3-way merge\n", "6 | 3-way merge | - | Decided | -"),
        ("0009-w.md", "# 9 Lives\n", "9 | Lives | - | Decided | -"),
        (
            "0011-x.md",
            "# Title\n```\nStatus: accepted\n```\n<!-- Status: rejected -->\nStatus: ~~Accepted~~ Superseded by ADR-0012\n",
            "11 | Title | Superseded by ADR-0012 | Ended | -",
        ),
        (".md", "", "- | Untitled | - | Decided | -"),
    ];
    for (name, text, expected) in cases {
        assert_eq!(told(name, text), expected, "{name}: {text}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(name in "\\PC{0,12}", bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let adr = read(&name, &bytes);
        prop_assert!(!adr.title.trim().is_empty());
    }
}
