//! A block of ours in somebody's file: lines between two marks, which are comments in git's config,
//! in attributes and in a shell's script. Taking it out leaves every other byte as it is.

use std::ops::Range;

/// Ends before the word that tells the marks apart.
const BEGIN: &str = "# begin throughline (thru setup git --remove takes it out)\n";

/// Stands where the text before did not end with a newline.
const BEGIN_JOINED: &str =
    "\n# begin throughline, after a newline of ours (thru setup git --remove takes it out)\n";

/// Stands in a script that is ours from its first line on.
const BEGIN_OWN: &str =
    "# begin throughline, in a file of ours (thru setup git --remove takes both out)\n";

const END: &str = "# end throughline\n";

const SHEBANG: &str = "#!/bin/sh\n";

/// Where our block lies in a text, and how it begins; an error if one of its marks is alone.
fn block(text: &str) -> Result<Option<(Range<usize>, &'static str)>, &'static str> {
    let found = [BEGIN_JOINED, BEGIN_OWN, BEGIN]
        .into_iter()
        .find_map(|begin| text.find(begin).map(|at| (at, begin)));
    let Some((at, begin)) = found else { return Ok(None) };
    let inner = at + begin.len();
    let end = text[inner..].find(END).ok_or("the end of our block is missing")?;
    Ok(Some((at..inner + end + END.len(), begin)))
}

/// Whether it is there, whole.
pub(super) fn is_in(text: &str) -> bool {
    matches!(block(text), Ok(Some(_)))
}

/// The text with our block, which comes last unless it is there already.
pub(super) fn with_block(text: &str, inner: &str) -> Result<String, &'static str> {
    with_block_at(text, inner, text.len())
}

/// A script with our block as the first thing that it does: what follows may end it. A script that
/// is not there yet becomes ours.
pub(super) fn with_block_in_script(
    text: Option<&str>,
    inner: &str,
) -> Result<String, &'static str> {
    let Some(text) = text else { return Ok(format!("{SHEBANG}{BEGIN_OWN}{inner}{END}")) };
    let first = text.find('\n').map_or(text.len(), |newline| newline + 1);
    with_block_at(text, inner, first)
}

fn with_block_at(text: &str, inner: &str, new_at: usize) -> Result<String, &'static str> {
    let (range, begin) = match block(text)? {
        Some(found) => found,
        None if new_at == 0 || text[..new_at].ends_with('\n') => (new_at..new_at, BEGIN),
        None => (new_at..new_at, BEGIN_JOINED),
    };
    Ok(format!("{}{begin}{inner}{END}{}", &text[..range.start], &text[range.end..]))
}

/// What a text is without our block.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// It has none.
    Same,
    /// This.
    Text(String),
    /// Nothing: the file was made for the block.
    Nothing,
}

/// Takes our block out.
pub(super) fn without_block(text: &str) -> Result<Left, &'static str> {
    let Some((range, begin)) = block(text)? else { return Ok(Left::Same) };
    let left = format!("{}{}", &text[..range.start], &text[range.end..]);
    let made_for_it = begin == BEGIN_OWN && left == SHEBANG;
    Ok(if made_for_it { Left::Nothing } else { Left::Text(left) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_comes_out_byte_for_byte() {
        for text in ["", "a\n", "a", "a\n\n", "[core]\n\tx = 1"] {
            let with = with_block(text, "inner\n").expect("sound");
            assert_eq!(with_block(&with, "inner\n").as_ref(), Ok(&with), "twice is once");
            let other = with_block(&with, "other\n").expect("sound");
            for ours in [with, other] {
                let after = format!("{ours}later\n");
                assert_eq!(without_block(&ours), Ok(Left::Text(text.to_owned())));
                assert_eq!(without_block(&after), Ok(Left::Text(format!("{text}later\n"))));
            }
        }
        assert!(with_block(BEGIN, "x").is_err());
    }

    #[test]
    fn in_a_script_it_comes_first() {
        for text in ["#!/bin/sh\n", "#!/bin/bash -e\nexit 0\n", "#!/bin/sh", "#!/bin/sh\n\n\nx"] {
            let with = with_block_in_script(Some(text), "inner\n").expect("sound");
            let lines: Vec<&str> = with.lines().take(3).collect();
            assert!(lines[0].starts_with("#!") && lines[2] == "inner", "{with}");
            let again = with_block_in_script(Some(&with), "other\n").expect("sound");
            for ours in [with, again] {
                assert_eq!(without_block(&ours), Ok(Left::Text(text.to_owned())));
            }
        }
        let own = with_block_in_script(None, "inner\n").expect("sound");
        let again = with_block_in_script(Some(&own), "other\n").expect("sound");
        assert_eq!(without_block(&again), Ok(Left::Nothing));
        let more = format!("{own}theirs\n");
        assert_eq!(without_block(&more), Ok(Left::Text(format!("{SHEBANG}theirs\n"))));
    }
}
