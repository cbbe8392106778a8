//! Commands: what works here, and what fails and what works in its place.
//!
//! Only what is sure: behind a pipe or `||` an exit code says nothing of the command before it.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Draft;
use crate::memory::{Confidence, MemoryKind, Narrative, Told};

/// The longest command that is worth keeping, in bytes.
const LONGEST: usize = 160;

/// The most commands of one session that are kept.
const MOST: usize = 10;

/// How often a command has to work to be kept.
const OFTEN: usize = 2;

/// What a command is for, as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Goal {
    Test,
    Lint,
    Format,
    Check,
    Build,
    Run,
    Install,
    Migrate,
    Generate,
    Bench,
    Document,
    Deploy,
}

/// Words of a command that tell what it is for, the most telling goal first.
const GOALS: &[(Goal, &str, &[&str])] = &[
    (
        Goal::Test,
        "Run the tests",
        &[
            "test",
            "tests",
            "pytest",
            "jest",
            "vitest",
            "nextest",
            "ctest",
            "rspec",
            "phpunit",
            "tox",
            "nox",
            "e2e",
            "playwright",
            "unittest",
        ],
    ),
    (
        Goal::Lint,
        "Lint",
        &[
            "clippy",
            "lint",
            "eslint",
            "flake8",
            "pylint",
            "golangci-lint",
            "shellcheck",
            "oxlint",
            "vet",
            "ruff",
        ],
    ),
    (
        Goal::Format,
        "Format the code",
        &["fmt", "format", "prettier", "black", "gofmt", "rustfmt", "biome"],
    ),
    (
        Goal::Migrate,
        "Migrate the database",
        &["migrate", "migration", "migrations", "alembic", "sqlx"],
    ),
    (
        Goal::Check,
        "Check the types",
        &["check", "typecheck", "type-check", "mypy", "pyright", "tsc"],
    ),
    (Goal::Bench, "Run the benchmarks", &["bench", "benchmark"]),
    (Goal::Generate, "Generate code", &["generate", "codegen", "gen", "protoc"]),
    (Goal::Document, "Build the documentation", &["doc", "docs", "mkdocs", "sphinx-build"]),
    (Goal::Deploy, "Deploy", &["deploy", "release", "publish"]),
    (
        Goal::Build,
        "Build",
        &["build", "compile", "make", "cmake", "ninja", "assemble", "bundle", "package"],
    ),
    (Goal::Install, "Install the dependencies", &["install", "sync", "restore", "ci"]),
    (Goal::Run, "Start it", &["run", "start", "serve", "dev", "up", "preview"]),
];

/// Programs that only look, move files about, or run what is written for the occasion.
const TRIVIAL: &[&str] = &[
    "ls",
    "cat",
    "cd",
    "pwd",
    "echo",
    "printf",
    "head",
    "tail",
    "grep",
    "rg",
    "find",
    "fd",
    "sed",
    "awk",
    "wc",
    "sort",
    "uniq",
    "diff",
    "cut",
    "tr",
    "xargs",
    "tee",
    "less",
    "more",
    "file",
    "stat",
    "which",
    "type",
    "env",
    "export",
    "true",
    "false",
    "test",
    "[",
    "[[",
    "mkdir",
    "touch",
    "cp",
    "mv",
    "rm",
    "ln",
    "chmod",
    "chown",
    "date",
    "sleep",
    "kill",
    "ps",
    "top",
    "history",
    "clear",
    "man",
    "git",
    "nl",
    "tree",
    "du",
    "df",
    "jq",
    "apply_patch",
    "for",
    "while",
    "if",
    "set",
    "source",
    ".",
    "command",
    "read",
    "bat",
    "curl",
    "wget",
    "ssh",
    "scp",
    "sudo",
    "su",
    "open",
    "code",
    "vim",
    "nano",
    "whoami",
    "id",
    "uname",
    "hostname",
    "pkill",
    "thru",
    "base64",
    "openssl",
    "gh",
    "nc",
    "eval",
    "exec",
];

/// Flags that only pick a part, or change what is printed: no remedy.
const NARROWING: &[&str] = &[
    "-p",
    "--package",
    "--lib",
    "--test",
    "--bin",
    "--bins",
    "--doc",
    "--example",
    "-k",
    "-run",
    "--run",
    "--filter",
    "-t",
    "--testNamePattern",
    "--exact",
    "--nocapture",
    "--no-capture",
    "-v",
    "-vv",
    "-q",
    "--quiet",
    "--verbose",
    "-x",
    "--no-fail-fast",
    "--",
    "-s",
    "--tb",
    "--maxfail",
    "-n",
    "-j",
    "--jobs",
    "--ignored",
    "--show-output",
    "--lf",
    "--only",
    "-c",
    "-m",
];

/// A command, made comparable.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Command {
    /// As somebody would type it at the root of the worktree.
    line: String,
    /// What is called, without a path and without `env`-like words before it.
    program: String,
    goal: Option<Goal>,
    words: Vec<String>,
    turn: usize,
    outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Worked,
    Failed { is_missing: bool },
    Unknown,
}

/// What the commands of a session teach.
pub(super) fn findings(narrative: &Narrative) -> Vec<Draft> {
    let root = root(narrative);
    let ran: Vec<Command> = narrative
        .turns
        .iter()
        .enumerate()
        .flat_map(|(turn, told)| {
            told.commands.iter().flat_map(move |one| commands(&one.command, one.exit_code, turn))
        })
        .filter_map(|raw| raw.command(root.as_deref()))
        .collect();
    let remedies = remedies(&ran, &narrative.turns);
    let mut kept: BTreeSet<&str> =
        remedies.iter().map(|(_, worked)| worked.line.as_str()).collect();
    let mut drafts: Vec<_> = remedies
        .iter()
        .flat_map(|(failed, worked)| told_remedy(failed, worked, &narrative.turns))
        .collect();
    for (command, times) in often(&ran) {
        if kept.insert(command.line.as_str()) {
            drafts.extend(told_command(command, times));
        }
    }
    drafts.truncate(MOST);
    drafts
}

/// The folder in which most commands ran, if they say so: the root of the worktree.
fn root(narrative: &Narrative) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for ran in narrative.turns.iter().flat_map(|told| &told.commands) {
        let folder = ran
            .command
            .strip_prefix("cd ")
            .and_then(|rest| rest.split([' ', '&', ';', '\n']).next());
        if let Some(folder) = folder.filter(|folder| folder.starts_with('/')) {
            *counts.entry(folder.trim_end_matches('/')).or_default() += 1;
        }
    }
    let most =
        counts.iter().max_by_key(|(folder, times)| (**times, std::cmp::Reverse(folder.len())));
    most.map(|(folder, _)| (*folder).to_owned())
}

/// A part of a command line, as it ran.
struct Raw {
    line: String,
    turn: usize,
    outcome: Outcome,
}

/// The commands of a line that were joined by `&&`. If it failed, nobody knows where.
fn commands(line: &str, exit_code: Option<i32>, turn: usize) -> Vec<Raw> {
    let line = unwrapped(line.trim());
    if line.contains('\n') || line.len() > 4 * LONGEST || line.contains("<<") {
        return Vec::new();
    }
    let mut parts: Vec<String> = Vec::new();
    let mut folder = None;
    for part in line.split(" && ").map(str::trim) {
        match part.strip_prefix("cd ") {
            Some(path) => folder = Some(path.trim().to_owned()),
            None => parts
                .push(folder.as_ref().map_or(part.to_owned(), |at| format!("cd {at} && {part}"))),
        }
    }
    let is_alone = parts.len() == 1;
    let outcome = |part: &str| match exit_code {
        _ if hides_exit_code(part) => Outcome::Unknown,
        Some(0) => Outcome::Worked,
        Some(code) if is_alone => Outcome::Failed { is_missing: matches!(code, 126 | 127) },
        Some(_) | None => Outcome::Unknown,
    };
    parts.into_iter().map(|line| Raw { outcome: outcome(&line), line, turn }).collect()
}

/// `bash -lc '…'` without the shell around it.
fn unwrapped(line: &str) -> &str {
    let shells = [
        "bash -lc ",
        "bash -c ",
        "sh -c ",
        "sh -lc ",
        "zsh -lc ",
        "zsh -c ",
        "/bin/bash -lc ",
        "/bin/bash -c ",
        "/bin/sh -c ",
        "/bin/zsh -lc ",
    ];
    let Some(rest) = shells.iter().find_map(|shell| line.strip_prefix(shell)) else { return line };
    let rest = rest.trim();
    let quoted = |mark: char| rest.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    quoted('\'').or_else(|| quoted('"')).unwrap_or(rest)
}

/// Behind these, the exit code is another command's.
fn hides_exit_code(part: &str) -> bool {
    let shell = [" | ", " || ", "; ", ";", " & ", "|&"];
    shell.iter().any(|mark| part.contains(mark))
        || part.ends_with('&')
        || part.contains("$(")
        || part.contains('`')
}

impl Raw {
    /// None, if it isn't worth keeping or names what others should not see.
    fn command(self, root: Option<&str>) -> Option<Command> {
        let line = at_root(&self.line, root)?;
        let line = without_noise(&line);
        let is_private =
            ["[REDACTED", "/home/", "/Users/", "~/", "/tmp/", "/root", "/var/folders", "://"]
                .iter()
                .any(|mark| line.contains(mark));
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let called = called(&words)?;
        let program = words[called].rsplit('/').next().unwrap_or("").to_owned();
        let is_inline =
            words[called..].iter().any(|word| matches!(word.as_str(), "-c" | "-e" | "-"))
                && is_interpreter(&program);
        let trivial = TRIVIAL.contains(&program.as_str()) || is_inline || line.starts_with('#');
        let kept =
            !is_private && !trivial && line.len() <= LONGEST && !line.contains(['\0', '\u{1b}']);
        let goal = goal(&words[called..]);
        kept.then_some(Command {
            goal,
            program,
            words,
            turn: self.turn,
            outcome: self.outcome,
            line,
        })
    }
}

fn is_interpreter(program: &str) -> bool {
    ["python", "node", "ruby", "perl", "bash", "sh", "zsh", "deno", "bun", "php"]
        .iter()
        .any(|name| program.starts_with(name))
}

/// The line with absolute paths below the root made relative; none, if it ran elsewhere.
fn at_root(line: &str, root: Option<&str>) -> Option<String> {
    let line = root
        .map_or(line.to_owned(), |root| line.replace(&format!("{root}/"), "").replace(root, "."));
    let Some((folder, rest)) = line.strip_prefix("cd ").and_then(|rest| rest.split_once(" && "))
    else {
        return Some(line);
    };
    let folder = folder.trim_matches(['"', '\'']).trim_end_matches('/');
    match folder {
        "." | "" => Some(rest.to_owned()),
        _ if folder.starts_with(['/', '~', '$', '-']) || folder.contains("..") => None,
        _ => Some(format!("cd {folder} && {rest}")),
    }
}

/// Without what only bounds or redirects it.
fn without_noise(line: &str) -> String {
    let mut line = line.trim();
    for end in [" 2>&1", " >/dev/null", " > /dev/null", " 2>/dev/null"] {
        line = line.strip_suffix(end).unwrap_or(line).trim_end();
    }
    let mut words = line.split_whitespace().peekable();
    let mut kept: Vec<&str> = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "timeout" if kept.is_empty() => {
                while words.next_if(|word| word.starts_with('-')).is_some() {}
                words.next();
            }
            "time" | "nohup" if kept.is_empty() => {}
            _ => kept.push(word),
        }
    }
    kept.join(" ")
}

/// The index of the program: behind `cd … &&` and variables.
fn called(words: &[String]) -> Option<usize> {
    let after_cd = words.iter().position(|word| word == "&&").map_or(0, |at| at + 1);
    let is_variable = |word: &String| {
        word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        })
    };
    (after_cd..words.len()).find(|at| !is_variable(&words[*at]))
}

fn goal(words: &[String]) -> Option<Goal> {
    let parts = words.iter().take(5).flat_map(|word| word.split([':', '/', '=']));
    let parts: Vec<&str> = parts.filter(|part| !part.starts_with('-')).collect();
    let told =
        |(_, _, names): &&(Goal, &str, &[&str])| parts.iter().any(|part| names.contains(part));
    GOALS.iter().find(told).map(|(goal, _, _)| *goal)
}

fn sentence(goal: Goal) -> &'static str {
    GOALS.iter().find(|(named, _, _)| *named == goal).map_or("Run", |(_, words, _)| words)
}

/// Pairs of what failed and what worked in its place: each failure once.
fn remedies<'c>(ran: &'c [Command], turns: &[Told]) -> Vec<(&'c Command, &'c Command)> {
    let worked: BTreeSet<&str> = ran
        .iter()
        .filter(|one| one.outcome == Outcome::Worked)
        .map(|one| one.line.as_str())
        .collect();
    let mut seen = BTreeSet::new();
    let mut pairs = Vec::new();
    for (at, failed) in ran.iter().enumerate() {
        let Outcome::Failed { is_missing } = failed.outcome else { continue };
        // What worked at another time was broken by the code, not by how it was called.
        if worked.contains(failed.line.as_str())
            || turns[failed.turn].is_interrupted
            || !seen.insert(&failed.line)
        {
            continue;
        }
        let soon = ran[at + 1..].iter().take_while(|later| later.turn <= failed.turn + 1);
        let mut cures = soon
            .filter(|later| later.outcome == Outcome::Worked && cures(failed, later, is_missing));
        pairs.extend(cures.next().map(|cure| (failed, cure)));
    }
    pairs
}

/// Whether one does what the other was to do, called in another way and not just on less.
fn cures(failed: &Command, worked: &Command, is_missing: bool) -> bool {
    let same_goal = failed.goal.is_some() && failed.goal == worked.goal;
    let same_program = failed.program == worked.program;
    let same_words = failed.words.last() == worked.words.last() && failed.words.len() > 1;
    let same_intent = same_goal
        && (same_program || is_missing || worked.words.contains(&failed.program))
        || is_missing && same_words
        || same_program
            && failed.goal.is_none()
            && worked.goal.is_none()
            && failed.words.get(1) == worked.words.get(1);
    same_intent && is_called_otherwise(failed, worked)
}

/// Something is new that is neither an argument nor a flag that picks a part.
fn is_called_otherwise(failed: &Command, worked: &Command) -> bool {
    let is_new = |word: &&String| !failed.words.contains(word);
    let before_program =
        worked.words.iter().take_while(|word| **word != worked.program).any(|word| is_new(&word));
    let flags = |command: &Command| -> BTreeSet<String> {
        let flags = command.words.iter().filter(|word| word.starts_with('-'));
        let named = flags.map(|flag| flag.split('=').next().unwrap_or(flag).to_owned());
        named.filter(|flag| !NARROWING.contains(&flag.as_str())).collect()
    };
    failed.program != worked.program || before_program || flags(failed) != flags(worked)
}

fn told_remedy(failed: &Command, worked: &Command, turns: &[Told]) -> [Draft; 2] {
    let why = if matches!(failed.outcome, Outcome::Failed { is_missing: true }) {
        " (the command was not found)"
    } else {
        ""
    };
    let text = format!("`{}` fails here{why}; `{}` works.", failed.line, worked.line);
    let edited = !turns[failed.turn].files.is_empty();
    let confidence = if edited { Confidence::Inferred } else { Confidence::Observed };
    let mut pitfall = Draft::new(MemoryKind::Pitfall, confidence, worked.turn, text);
    pitfall.subject = Some(format!("`{}`{}", failed.line, super::FAILS));
    pitfall.title = Some(format!("`{}` fails, `{}` works", failed.line, worked.line));
    let text = match worked.goal {
        Some(goal) => {
            format!("{}: `{}`. (`{}` failed before.)", sentence(goal), worked.line, failed.line)
        }
        None => format!("`{}` works. (`{}` failed before.)", worked.line, failed.line),
    };
    [pitfall, told(worked, text)]
}

fn told_command(command: &Command, times: usize) -> Option<Draft> {
    let goal = command.goal?;
    let text =
        format!("{}: `{}`. It worked {times} times in one session.", sentence(goal), command.line);
    Some(told(command, text))
}

fn told(command: &Command, text: String) -> Draft {
    let mut draft = Draft::new(MemoryKind::Command, Confidence::Observed, command.turn, text);
    draft.subject = Some(format!("`{}`", command.line));
    draft.title = Some(match command.goal {
        Some(goal) => format!("{}: `{}`", sentence(goal), command.line),
        None => format!("`{}`", command.line),
    });
    draft
}

/// Commands with a goal that worked often and ended well, the most frequent first.
fn often(ran: &[Command]) -> Vec<(&Command, usize)> {
    let mut by_line: BTreeMap<&str, (&Command, usize)> = BTreeMap::new();
    for command in ran.iter().filter(|one| one.outcome == Outcome::Worked && one.goal.is_some()) {
        let entry = by_line.entry(&command.line).or_insert((command, 0));
        *entry = (command, entry.1 + 1);
    }
    let mut found: Vec<_> = by_line.into_values().filter(|(_, times)| *times >= OFTEN).collect();
    found.sort_by_key(|(command, times)| {
        (std::cmp::Reverse(*times), command.line.len(), &command.line)
    });
    let mut of_goal: BTreeMap<(Goal, &str), usize> = BTreeMap::new();
    found.retain(|(command, _)| {
        command.goal.is_some_and(|goal| {
            let kept = of_goal.entry((goal, &command.program)).or_default();
            *kept += 1;
            *kept <= 2
        })
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Ran;

    fn told(commands: &[(&str, i32)]) -> Vec<String> {
        told_of(&[commands])
    }

    fn told_of(turns: &[&[(&str, i32)]]) -> Vec<String> {
        let turns = turns.iter().map(|commands| Told {
            id: "t".to_owned(),
            at: jiff::Timestamp::UNIX_EPOCH,
            prompts: Vec::new(),
            answers: Vec::new(),
            commands: commands
                .iter()
                .map(|(line, code)| Ran { command: (*line).to_owned(), exit_code: Some(*code) })
                .collect(),
            files: Vec::new(),
            commits: Vec::new(),
            plan: Vec::new(),
            is_interrupted: false,
        });
        let narrative = Narrative { turns: turns.collect(), ..Narrative::default() };
        findings(&narrative).into_iter().map(|draft| draft.text).collect()
    }

    #[test]
    fn what_failed_and_what_worked_in_its_place() {
        let cases: [(&[(&str, i32)], &str); 5] = [
            (
                &[("cargo test", 101), ("cargo test --all-features", 0)],
                "`cargo test` fails here; `cargo test --all-features` works.",
            ),
            (
                &[("pytest", 127), ("uv run pytest", 0)],
                "`pytest` fails here (the command was not found); `uv run pytest` works.",
            ),
            (
                &[("cargo test", 101), ("DATABASE_URL=sqlite::memory: cargo test", 0)],
                "`cargo test` fails here; `DATABASE_URL=sqlite::memory: cargo test` works.",
            ),
            (
                &[
                    ("bash -lc 'cd /home/dev/x && npm test'", 1),
                    ("cd /home/dev/x && npm test --workspaces", 0),
                ],
                "`npm test` fails here; `npm test --workspaces` works.",
            ),
            (
                &[("python setup.py", 127), ("python3 setup.py", 0)],
                "`python setup.py` fails here (the command was not found); `python3 setup.py` works.",
            ),
        ];
        for (commands, expected) in cases {
            assert_eq!(told(commands).first().map(String::as_str), Some(expected));
        }
        assert_eq!(told_of(&[&[("cargo test", 1)], &[("cargo test --locked", 0)]]).len(), 2);
        assert_eq!(told_of(&[&[("cargo test", 1)], &[], &[("cargo test --locked", 0)]]).len(), 0);
    }

    #[test]
    fn what_proves_nothing_teaches_nothing() {
        let cases: [&[(&str, i32)]; 9] = [
            &[("cargo test", 101), ("cargo test", 0)],
            &[("cargo test", 101), ("cargo test lexer", 0)],
            &[("cargo test", 101), ("cargo test -p lexer", 0)],
            &[("cargo test | tail -5", 1), ("cargo test --all | tail -5", 0)],
            &[("ls x", 2), ("ls -la x", 0)],
            &[("git push", 1), ("git push --force", 0)],
            &[("cargo build", 1), ("cargo test --all", 0)],
            &[("cargo test && cargo build", 1), ("cargo test --all", 0)],
            &[("cargo test", 1), ("TOKEN=[REDACTED:token] cargo test", 0)],
        ];
        for commands in cases {
            assert_eq!(told(commands), [""; 0], "{commands:?}");
        }
    }

    #[test]
    fn what_works_again_and_again_is_kept() {
        let commands = [
            ("cargo test --workspace", 0),
            ("cargo test --workspace 2>&1", 0),
            ("ls", 0),
            ("ls", 0),
            ("cargo fmt", 0),
        ];
        assert_eq!(
            told(&commands),
            ["Run the tests: `cargo test --workspace`. It worked 2 times in one session."]
        );
    }
}
