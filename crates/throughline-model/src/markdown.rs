//! Words out of Markdown.

/// `[words](target)` becomes `words`.
pub fn without_links(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, words, after)) = first_link(rest) {
        kept.push_str(before);
        kept.push_str(words);
        rest = after;
    }
    kept + rest
}

fn first_link(text: &str) -> Option<(&str, &str, &str)> {
    let middle = text.find("](")?;
    let (head, tail) = (&text[..middle], &text[middle + 2..]);
    let open = head.rfind('[')?;
    let (_target, after) = tail.split_once(')')?;
    Some((&head[..open], &head[open + 1..], after))
}

#[cfg(test)]
mod tests {
    use super::without_links;

    #[test]
    fn a_link_becomes_its_words() {
        let cases = [
            ("see [the page](https://x.example/a_b), then", "see the page, then"),
            ("[a](1)[b](2)", "ab"),
            ("a list [x] and (y)", "a list [x] and (y)"),
            ("[never](closed", "[never](closed"),
            ("](", "]("),
        ];
        for (text, expected) in cases {
            assert_eq!(without_links(text), expected);
        }
    }
}
