//! `cargo xtask package`: what a release holds, and that the places that name it agree.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use throughline_testkit::needs;
use xtask::package::{PROGRAM, package};

/// The program of this build, beside this test's own; `cargo test --workspace` makes both.
fn thru() -> Option<PathBuf> {
    let own = std::env::current_exe().expect("this test");
    let built = own.ancestors().nth(2).expect("the profile's folder").join(PROGRAM);
    let missing = format!("{} (cargo build --bin thru)", built.display());
    needs::required("the program", if built.is_file() { Ok(built) } else { Err(missing) })
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// The commands under `Commands:` in a help, each with what its help shows below.
#[expect(clippy::disallowed_methods, reason = "the test asks the program")]
fn pages(thru: &Path, path: &[&str]) -> Vec<String> {
    let help = Command::new(thru).args(path).arg("--help").output().expect("it starts").stdout;
    let help = String::from_utf8(help).expect("text");
    let listed = help.split_once("Commands:\n").map_or("", |(_, rest)| rest);
    let listed = listed.lines().take_while(|line| !line.is_empty());
    let below = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let mut all = vec![format!("{}.1", [&[PROGRAM], path].concat().join("-"))];
    for name in below.filter(|name| !name.is_empty() && *name != "help") {
        all.extend(pages(thru, &[path, &[name]].concat()));
    }
    all
}

#[test]
fn a_package_has_the_program_and_a_page_for_every_command() {
    let Some(thru) = thru() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    // Twice: what lies there is written over.
    let files = [(); 2].map(|()| package(folder.path(), &thru).expect("packed"));
    let wanted = [
        "CHANGELOG.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "completions",
        "man",
        PROGRAM,
    ];
    assert_eq!(names(folder.path()), wanted.map(str::to_owned).into());
    let pages: BTreeSet<String> = pages(&thru, &[]).into_iter().collect();
    assert!(pages.contains("thru-tasks-list.1") && pages.len() > 60, "{pages:?}");
    assert_eq!(names(&folder.path().join("man")), pages);
    let completions = ["_thru", "thru.bash", "thru.fish"].map(str::to_owned);
    assert_eq!(names(&folder.path().join("completions")), completions.into());
    assert_eq!(files, [pages.len() + 3 + 5; 2]);
    for page in pages {
        let text = fs::read_to_string(folder.path().join("man").join(&page)).expect("a page");
        let title = format!(".TH {} 1 ", page.trim_end_matches(".1"));
        assert!(text.contains(&title), "{page}: {text}");
        assert!(text.contains(".SH NAME\n") && text.contains(".SH SYNOPSIS\n"), "{page}: {text}");
    }
    assert!(package(folder.path(), Path::new("no-such-program")).is_err());
}
