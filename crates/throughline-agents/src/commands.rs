//! What a shell command does, as far as hooks must know.
//!
//! Pure, and no shell: it splits words as a POSIX shell does and looks at each simple command.
//! Where it cannot know (a variable as a command, shells nested too deep) it says yes: publishing
//! once too often is harmless, once too seldom leaves a change out of a commit.

mod printed;
mod words;

pub use printed::printed_commit;
use words::{Piece, split};

/// How deep shells in shells and command substitutions are followed.
const DEEPEST: u8 = 6;

const SHELLS: [&str; 6] = ["sh", "bash", "zsh", "dash", "ksh", "fish"];

/// Commands that run the command given in their arguments.
const WRAPPERS: [&str; 12] = [
    "builtin", "command", "doas", "env", "exec", "ionice", "nice", "nohup", "stdbuf", "sudo",
    "timeout", "xargs",
];

/// Words of the shell's grammar after which a command stands.
const KEYWORDS: [&str; 9] = ["!", "{", "if", "then", "elif", "else", "while", "until", "do"];

/// Options of git itself that take the next word.
const GIT_OPTIONS_WITH_VALUE: [&str; 7] =
    ["-C", "-c", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--config-env"];

/// Returns whether running this makes git commit. `command` is a line for a shell, also one that
/// calls a shell with another line.
pub fn runs_git_commit(command: &str) -> bool {
    commits(command, DEEPEST)
}

/// Returns what a person would call the command: of `bash -lc TEXT` the text, of any other
/// argument list its words, quoted where a shell needs it.
pub fn shell_text(argv: &[String]) -> String {
    match argv {
        [shell, option, text] if is_shell(shell) && takes_line(option) => text.clone(),
        _list => argv.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn commits(command: &str, depth: u8) -> bool {
    let Some(deeper) = depth.checked_sub(1) else { return true };
    let mut simple = Vec::new();
    for piece in split(command) {
        match piece {
            Piece::Word(word) => simple.push(word),
            Piece::Substituted(inner) if commits(&inner, deeper) => return true,
            Piece::Substituted(_) => {}
            Piece::End if simple_commits(&simple, deeper) => return true,
            Piece::End => simple.clear(),
        }
    }
    simple_commits(&simple, deeper)
}

/// One command without operators.
fn simple_commits(words: &[String], depth: u8) -> bool {
    let skipped = |word: &&String| KEYWORDS.contains(&word.as_str()) || is_assignment(word);
    let start = words.iter().take_while(skipped).count();
    let words = &words[start..];
    let Some((first, arguments)) = words.split_first() else { return false };
    let name = base_name(first);
    if WRAPPERS.contains(&name) || name == "time" {
        let inner = arguments.iter().position(|word| is_git(word) || is_shell(word));
        return inner.is_some_and(|at| is_followed(&arguments[at..], depth));
    }
    if name == "eval" {
        return commits(&arguments.join(" "), depth);
    }
    is_followed(words, depth) || (name.starts_with('$') && arguments.iter().any(|a| a == "commit"))
}

/// Git or a shell as the first word.
fn is_followed(words: &[String], depth: u8) -> bool {
    let Some((first, arguments)) = words.split_first() else { return false };
    if is_git(first) {
        return git_commits(arguments);
    }
    let line = || arguments.iter().skip_while(|word| !takes_line(word)).nth(1);
    is_shell(first) && line().is_some_and(|line| commits(line, depth))
}

fn git_commits(arguments: &[String]) -> bool {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if GIT_OPTIONS_WITH_VALUE.contains(&word.as_str()) {
            words.next();
        } else if !word.starts_with('-') {
            return word == "commit" || word.starts_with(['$', '`']);
        }
    }
    false
}

fn is_git(word: &str) -> bool {
    matches!(base_name(word), "git" | "git.exe")
}

fn is_shell(word: &str) -> bool {
    SHELLS.contains(&base_name(word))
}

/// `-c`, `-lc`, `-ec` …: the next word is a line for the shell.
fn takes_line(option: &str) -> bool {
    let letters = option.strip_prefix('-').unwrap_or_default();
    letters.ends_with('c') && letters.len() <= 4 && letters.bytes().all(|b| b.is_ascii_lowercase())
}

/// `NAME=value` in front of a command.
fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map(|(name, _)| name.trim_end_matches('+'));
    let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(letter))
}

fn base_name(word: &str) -> &str {
    word.rsplit(['/', '\\']).next().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commits() {
        let yes = [
            "git commit -m x",
            "git add -A && git commit -qm 'fix: say hello' && git log | head -1",
            "git -C sub commit",
            "cd x; git -c user.name=a -c 'b=c d' commit",
            "GIT_AUTHOR_DATE='1 2' FOO=$BAR git commit",
            "env A=b git --no-pager commit",
            "sudo -u me /usr/bin/git commit",
            "timeout 5 git commit",
            "(cd x && git commit)",
            "true\ngit commit",
            "git \\\n  commit",
            "bash -lc 'git commit -m x'",
            "/bin/sh -e -c \"cd a; git commit\"",
            "if ! git diff --quiet; then git commit -am x; fi",
            "for f in *; do git commit $f; done",
            "{ git commit; }",
            "echo \"$(git commit -m x)\"",
            "x=`git commit`",
            "git stash list | xargs git commit -m",
            "eval \"git commit\"",
            "git >log 2>&1 commit",
            "\"git\" 'commit'",
            "git $VERB",
            "time git commit",
            "git add . &git commit",
        ];
        for command in yes {
            assert!(runs_git_commit(command), "{command:?} commits");
        }
    }

    #[test]
    fn what_does_not() {
        let no = [
            "",
            "git",
            "git status",
            "echo \"git commit\"",
            "echo git commit",
            "echo 'x; git commit'",
            "echo '$(git commit)'",
            "git commit-tree HEAD^{tree}",
            "git log --grep commit",
            "git help commit",
            "git -C commit status",
            "grep -rn 'git commit' . | head",
            "ls # git commit",
            "mygit commit",
            "bash commit.sh git commit",
            "git show $COMMIT",
            "cargo test commit",
        ];
        for command in no {
            assert!(!runs_git_commit(command), "{command:?} doesn't commit");
        }
    }

    #[test]
    fn too_deep_to_follow_is_yes() {
        let nested =
            |levels| (0..levels).fold("ls".to_owned(), |line, _| format!("eval {}", quoted(&line)));
        assert!(!runs_git_commit(&nested(DEEPEST - 1)));
        assert!(runs_git_commit(&nested(DEEPEST)));
    }

    #[test]
    fn a_wrapped_line_is_unwrapped_and_a_list_is_quoted() {
        let cases: [(&[&str], &str); 6] = [
            (&["/bin/bash", "-lc", "ls | wc"], "ls | wc"),
            (&["zsh", "-c", "ls"], "ls"),
            (&["git", "commit", "-m", "it's me"], r"git commit -m 'it'\''s me'"),
            (&["bash", "x.sh", "ls"], "bash x.sh ls"),
            (&["bash", "-lc", "ls", "zero"], "bash -lc ls zero"),
            (&["echo", ""], "echo ''"),
        ];
        for (argv, expected) in cases {
            let argv: Vec<String> = argv.iter().map(|&word| word.to_owned()).collect();
            assert_eq!(shell_text(&argv), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken(command in "[\\PC\n\"'`$()\\\\ ;&|<>#]{0,100}") {
            runs_git_commit(&command);
        }

        #[test]
        fn a_quoted_argument_is_never_a_command(text in "[a-z ;&|()$`\"\n]{0,40}git commit") {
            proptest::prop_assert!(!runs_git_commit(&shell_text(&["echo".to_owned(), text])));
        }
    }
}
