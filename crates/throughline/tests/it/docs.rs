//! The pages: what is generated is current, every link leads somewhere, and every command on them exists.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use throughline_ops::doctor::table::{CHECKS, Mends};
use throughline_testkit::{World, needs};

use crate::bare_world;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

/// Every page for people, with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut files = vec![root().join("README.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path if path.extension().is_some_and(|e| e == "md") => files.push(path),
                _ => {}
            }
        }
    }
    let text = |path: PathBuf| (path.clone(), fs::read_to_string(path).expect("a page"));
    files.into_iter().map(text).collect()
}

/// What a generated page is; `THRU_UPDATE_DOCS=1` writes it.
pub(crate) fn assert_current(page: &str, text: &str) {
    let path = root().join(page);
    if needs::asked_to_update_pages() {
        fs::write(&path, text).expect("written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(text.lines()).find(|(found, wanted)| found != wanted);
    let how = "`THRU_UPDATE_DOCS=1 cargo test -p throughline --test it docs::` writes it anew";
    assert!(found == text, "{page} is not current: {differs:?}; {how}");
}

/// The help of every command, by its words, in the order of the help.
fn helps(world: &World) -> Vec<(Vec<String>, String)> {
    let mut all = Vec::new();
    for name in crate::bystanders::named_in_help(world, &[]) {
        let below = crate::bystanders::named_in_help(world, &[&name]);
        if below.is_empty() {
            all.push(vec![name]);
        } else {
            all.extend(below.into_iter().map(|sub| vec![name.clone(), sub]));
        }
    }
    let help = |path: Vec<String>| {
        let words: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let text = world.thru(&words).assert_success().stdout;
        (path, text)
    };
    all.into_iter().map(help).collect()
}

#[test]
fn the_page_of_commands_is_current() {
    let mut page = "# Commands\n\nGenerated from the program. All take `--json` (answer with one JSON object, see \
                    [formats](formats/json.md)) and `-q` (no status messages).\n"
        .to_owned();
    for (path, help) in helps(&bare_world()) {
        let kept: Vec<&str> = help.lines().filter(|line| !is_common(line)).collect();
        let (about, usage) = kept.split_first().expect("help");
        let usage = usage.join("\n");
        let words = path.join(" ");
        write!(page, "\n## `thru {words}`\n\n{about}.\n\n```text\n{}\n```\n", usage.trim())
            .expect("a string takes it");
    }
    assert_current("docs/commands.md", &page);
}

/// What every command takes.
fn is_common(line: &str) -> bool {
    ["--json ", "--quiet ", "--help "].iter().any(|flag| line.contains(flag))
}

#[test]
fn the_page_of_checks_is_current() {
    let mut page = "# When something is wrong\n\n`thru doctor` looks at everything below, in under a second, and says what it measured. \
                    `--fix` mends what is safe to mend (it backs up first), `--deep` looks longer, `--bundle FILE` \
                    writes a report without secrets and paths that can go with an issue. This page is generated from its table.\n"
        .to_owned();
    let mut section = None;
    for row in &CHECKS {
        if section != Some(row.section) {
            section = Some(row.section);
            write!(
                page,
                "\n## {}\n\n| check | expected | what helps |\n| --- | --- | --- |\n",
                row.section.title()
            )
            .expect("a string takes it");
        }
        let mends = match row.mends {
            Mends::Doctor => " (`--fix` does)",
            Mends::Person => "",
        };
        writeln!(page, "| `{}` | {} | {}{mends} |", row.id, row.expected, row.remedy)
            .expect("a string takes it");
    }
    assert_current("docs/troubleshooting.md", &page);
}

#[test]
fn every_link_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)\s#]*)(?:#([^)\s]*))?\)").expect("a pattern");
    let mut broken = Vec::new();
    let example = Regex::new(r"(?s)```.*?```").expect("a pattern");
    for (path, text) in pages() {
        for found in link.captures_iter(&example.replace_all(&text, "")) {
            let (file, anchor) = (&found[1], found.get(2).map(|anchor| anchor.as_str()));
            if file.contains("://") {
                continue;
            }
            let target = match file {
                "" => path.clone(),
                file => path.parent().expect("a folder").join(file),
            };
            let is_there = match anchor {
                None => target.exists(),
                Some(anchor) => anchors(&target).contains(anchor),
            };
            if !is_there {
                broken.push(format!("{}: {}", path.display(), &found[0]));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}

/// The headings of a page, as links name them.
fn anchors(page: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(page).unwrap_or_default();
    let headings = text.lines().filter_map(|line| line.trim_start_matches('#').strip_prefix(' '));
    let slug = |heading: &str| {
        let kept = heading.to_lowercase().replace(' ', "-");
        kept.chars().filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_').collect()
    };
    headings.map(slug).collect()
}

#[test]
fn the_book_has_every_page() {
    let summary = fs::read_to_string(root().join("docs/SUMMARY.md")).expect("a summary");
    let docs = root().join("docs");
    let below = |(path, _): (PathBuf, String)| path.strip_prefix(&docs).ok().map(Path::to_owned);
    let missing = pages().into_iter().filter_map(below).filter(|page| {
        let page = page.display().to_string();
        page != "SUMMARY.md" && !summary.contains(&format!("({page})"))
    });
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

/// The flags of every command and group, by its words.
type Known = BTreeMap<Vec<String>, BTreeSet<String>>;

fn known() -> Known {
    let flag = Regex::new(r"--[a-z][a-z-]*").expect("a pattern");
    let mut known = Known::new();
    for (path, help) in helps(&bare_world()) {
        let flags: BTreeSet<String> =
            flag.find_iter(&help).map(|found| found.as_str().to_owned()).collect();
        for length in 1..=path.len() {
            known.entry(path[..length].to_vec()).or_default().extend(flags.clone());
        }
    }
    known.insert(Vec::new(), ["--help", "--version"].map(str::to_owned).into());
    known
}

/// What is wrong with a command as a page has it: `thru tasks list|show --all # why`.
fn problem(known: &Known, command: &str) -> Option<String> {
    let end = command.find([';', '&', '>', ')', '#', '"', '…']).unwrap_or(command.len());
    let mut words = command[..end].split_whitespace().skip(1).peekable();
    let mut paths = vec![Vec::new()];
    while let Some(word) = words.peek() {
        let extend = |path: &Vec<String>| {
            word.split('|')
                .map(|one| [path.clone(), vec![one.to_owned()]].concat())
                .collect::<Vec<_>>()
        };
        let longer: Vec<Vec<String>> = paths.iter().flat_map(extend).collect();
        let is_path = longer.iter().filter(|path| known.contains_key(*path)).count();
        let alternatives = word.contains('|');
        if is_path == 0 && !(alternatives && paths == [Vec::<String>::new()]) {
            break;
        }
        if is_path < longer.len() {
            return Some(format!("{command}: no such command among {word}"));
        }
        paths = longer;
        words.next();
    }
    // What stands behind a lone `--` is another program's.
    let rest: Vec<&str> = words.take_while(|word| *word != "--").collect();
    let is_bare = paths == [Vec::<String>::new()];
    if is_bare && rest.first().is_some_and(|word| !word.starts_with('-')) {
        return Some(format!("{command}: no such command"));
    }
    let flags: BTreeSet<&String> =
        paths.iter().filter_map(|path| known.get(path)).flatten().collect();
    let flag =
        |word: &&str| word.trim_matches(['[', ']', ',', '.']).split('=').next().map(str::to_owned);
    let unknown =
        rest.iter().filter_map(flag).filter(|word| word.starts_with("--") && word.len() > 2);
    unknown
        .into_iter()
        .find(|word| !flags.contains(word))
        .map(|word| format!("{command}: no {word}"))
}

#[test]
fn every_command_on_a_page_exists() {
    let known = known();
    assert!(problem(&known, "thru tasks list|show --nonsense").is_some(), "the check can fail");
    assert!(problem(&known, "thru tasks nonsense|show").is_some(), "the check can fail");
    assert!(problem(&known, "thru nonsense").is_some(), "the check can fail");
    let code = Regex::new(r"`(thru [^`]+)`").expect("a pattern");
    let shell = Regex::new(r"(?m)^(?:\$ )?(thru [^\n]+)$").expect("a pattern");
    let mut wrong = Vec::new();
    for (path, text) in pages() {
        let text = text.replace("\\|", "|");
        let found = code.captures_iter(&text).chain(shell.captures_iter(&text));
        let problems = found.filter_map(|found| problem(&known, &found[1]));
        wrong.extend(problems.map(|problem| format!("{}: {problem}", path.display())));
    }
    assert_eq!(wrong, Vec::<String>::new());
}
