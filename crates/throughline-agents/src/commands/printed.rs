//! What git prints when it made a commit.

/// The hash's length: git abbreviates to 4 digits or more, and SHA-256 has 64.
const HASH_LENGTH: std::ops::RangeInclusive<usize> = 4..=64;

/// The most words that stand before the hash: `detached HEAD (root-commit)`, in any language.
const MOST_WORDS: usize = 6;

/// Returns the hash that `git commit` printed last in `output`, as short as git made it. Its line
/// is `[main 1a2b3c4] subject`, with more words before the hash for a first commit or where no
/// branch is checked out; git translates these words.
pub fn printed_commit(output: &str) -> Option<&str> {
    output.lines().rev().find_map(hash_in)
}

fn hash_in(line: &str) -> Option<&str> {
    let words = line.trim_start().strip_prefix('[')?.split_ascii_whitespace();
    let hash = words.skip(1).take(MOST_WORDS).find_map(|word| word.strip_suffix(']'))?;
    let digits = hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (digits && HASH_LENGTH.contains(&hash.len())).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_commit_that_git_names() {
        let cases = [
            ("[main 1a2b3c4] subject\n 1 file changed\n", Some("1a2b3c4")),
            ("[main (root-commit) 1a2b3c4] subject", Some("1a2b3c4")),
            ("[detached HEAD 1a2b3c4] subject", Some("1a2b3c4")),
            ("[detached HEAD (root-commit) 1a2b3c4] x", Some("1a2b3c4")),
            ("[losgel\u{f6}ster HEAD (Root-Commit) 1a2b3c4] x", Some("1a2b3c4")),
            ("[fix/a]b 1a2b3c4] x]", Some("1a2b3c4")),
            ("hook says hi\r\n[main 1a2b3c4] x\r\n[main 5d6e7f8] y\r\n", Some("5d6e7f8")),
            ("[main 1a2b3c4]", Some("1a2b3c4")),
            ("[main] 1a2b3c4] x", Some("1a2b3c4")),
            ("[main 1A2B3C4] x", None),
            ("[main abc] x", None),
            ("[1a2b3c4] x", None),
            ("1a2b3c4 subject", None),
            ("", None),
        ];
        for (output, expected) in cases {
            assert_eq!(printed_commit(output), expected, "{output:?}");
        }
    }
}
