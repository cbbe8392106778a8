//! Numbers and titles: taken apart from the name of a file, and from a heading such as
//! `ADR-0007: Use X`.

/// The number and the words in the name of a file.
pub(super) fn of_name(name: &str) -> (Option<u32>, String) {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let after_prefix = strip_word(stem, "adr").map(|rest| rest.trim_start_matches(['-', '_', ' ']));
    let from = after_prefix.filter(|rest| leading_digits(rest) > 0).unwrap_or(stem);
    let digits = leading_digits(from);
    let (number, rest) = from.split_at(digits);
    let ends = rest.chars().next().is_none_or(|c| "-_ .".contains(c));
    if !ends || is_date(from) {
        return (None, words(stem));
    }
    let rest = rest.trim_start_matches(['-', '_', ' ', '.']);
    (number.parse().ok(), words(if rest.is_empty() { stem } else { rest }))
}

/// A day stands in front of the title, as `2021-06-15` or `20210615`: it numbers nothing.
fn is_date(text: &str) -> bool {
    let digits: String = text.chars().filter(|c| *c != '-').take(8).collect();
    let shape = leading_digits(text);
    let plausible = |from: usize, to: usize, most: u32| {
        digits
            .get(from..to)
            .and_then(|d| d.parse().ok())
            .is_some_and(|n: u32| (1..=most).contains(&n))
    };
    let whole = digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit());
    let hyphens = text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    whole && (shape == 8 || (shape == 4 && hyphens)) && plausible(4, 6, 12) && plausible(6, 8, 31)
}

fn leading_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// A name with hyphens as words, beginning with a capital.
fn words(name: &str) -> String {
    let text = name.replace(['-', '_'], " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    first + chars.as_str()
}

/// `text` without `word` at its beginning, in any case.
fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let head = text.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then(|| &text[word.len()..])
}

const SEPARATORS: [char; 8] = ['.', ':', ')', ']', '-', '–', '—', ' '];

/// Number and title of a heading. `known` is the number that the file's name gave: `7 Ways` is the
/// seventh record, called "Ways", only there.
pub(super) fn of_heading(heading: &str, known: Option<u32>) -> (Option<u32>, String) {
    let heading = heading.trim();
    let (number, title) = labelled(heading)
        .or_else(|| numbered(heading.strip_prefix('[').unwrap_or(heading), known))
        .unwrap_or((None, heading));
    (number, title.trim().to_owned())
}

/// What people put before the number, longest first.
const LABELS: [&str; 7] = [
    "architecture decision record",
    "architectural decision record",
    "decision record",
    "decision",
    "adr",
    "ad",
    "title",
];

/// `ADR-0007: Use X`, `[ADR 7] Use X`, `ADR: Use X`.
fn labelled(heading: &str) -> Option<(Option<u32>, &str)> {
    let text = heading.strip_prefix('[').unwrap_or(heading);
    let rest = LABELS.iter().find_map(|label| strip_word(text, label))?;
    let after = rest.trim_start_matches(['-', '_', ' ', '#']);
    let digits = leading_digits(after);
    let (number, title) = after.split_at(digits);
    if digits > 0 && title.chars().next().is_none_or(|c| SEPARATORS.contains(&c)) {
        return Some((Some(number.parse().ok()?), title.trim_start_matches(SEPARATORS)));
    }
    let colon = rest.trim_start().strip_prefix([':', '–', '—']);
    colon.map(|title| (None, title))
}

/// `7. Use X`, `0007 - Use X`, `0007 Use X`.
fn numbered(heading: &str, known: Option<u32>) -> Option<(Option<u32>, &str)> {
    let (digits, rest) = heading.split_at(leading_digits(heading));
    let number = digits.parse().ok()?;
    let title = rest.trim_start_matches(SEPARATORS);
    let between = &rest[..rest.len() - title.len()];
    let told = between.contains([':', ')', ']', '–', '—', '.']) || between.contains("- ");
    let spaced = between.ends_with(' ') || title.is_empty();
    let bare = !between.is_empty() && (known == Some(number) || digits.starts_with('0'));
    (spaced && (told || bare)).then_some((Some(number), title))
}
