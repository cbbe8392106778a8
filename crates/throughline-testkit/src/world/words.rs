//! Splits a command line of a test into words.

/// At white space; double or single quotes hold words together and are taken off. Nothing else is
/// special, so a backslash stands for itself.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for character in line.chars() {
        match quote {
            Some(end) if character == end => quote = None,
            None if character == '"' || character == '\'' => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            None if character.is_whitespace() => words.extend(word.take()),
            Some(_) | None => word.get_or_insert_default().push(character),
        }
    }
    assert!(quote.is_none(), "a quote is left open in: {line}");
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn quotes_hold_words_together() {
        let cases: [(&str, &[&str]); 5] = [
            ("", &[]),
            ("  switch  main ", &["switch", "main"]),
            (r#"tasks add "two words""#, &["tasks", "add", "two words"]),
            (r#"--title='it is "so"' ''"#, &["--title=it is \"so\"", ""]),
            (r"a\b", &[r"a\b"]),
        ];
        for (line, expected) in cases {
            assert_eq!(words(line), expected, "{line}");
        }
    }
}
