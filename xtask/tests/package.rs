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

/// What `cargo binstall` makes of a template; `tgz` ends with `.tar.gz` among others.
fn filled(template: &str, target: &str) -> String {
    let values = [
        ("version", "1.2.3"),
        ("target", target),
        ("bin", PROGRAM),
        ("binary-ext", ""),
        ("archive-suffix", ".tar.gz"),
        ("repo", "REPO"),
    ];
    let fill =
        |text: String, (name, value): (&str, &str)| text.replace(&format!("{{ {name} }}"), value);
    values.into_iter().fold(template.to_owned(), fill)
}

/// The script of the step with this name.
fn step(workflow: &str, name: &str) -> String {
    let (_, after) = workflow.split_once(&format!("- name: {name}\n")).expect("the step");
    let (_, script) = after.split_once("run: |\n").expect("its script");
    let lines = script.lines().take_while(|line| line.starts_with("          "));
    lines.map(|line| format!("{}\n", line.trim_start())).collect()
}

/// Runs what a release packs, with a `cargo` that makes nothing but the program.
#[test]
fn what_a_release_packs_is_what_binstall_looks_for() {
    let Some(_) = needs::required_program("shasum") else { return };
    let root = xtask::workspace_root();
    let manifest = fs::read_to_string(root.join("crates/throughline/Cargo.toml")).expect("read");
    let manifest: toml_edit::DocumentMut = manifest.parse().expect("a manifest");
    let binstall = |name: &str| {
        let value = &manifest["package"]["metadata"]["binstall"][name];
        value.as_str().unwrap_or_else(|| panic!("no {name}")).to_owned()
    };
    assert_eq!(binstall("pkg-fmt"), "tgz");
    let workflow = fs::read_to_string(root.join(".github/workflows/release.yml")).expect("read");
    let targets = workflow.lines().filter_map(|line| line.trim().strip_prefix("- target: "));
    let targets: Vec<&str> = targets.collect();
    assert_eq!(targets.len(), 4, "{workflow}");
    let pack = format!(
        "cargo() {{ mkdir \"$3\" && echo > \"$3/{PROGRAM}\"; }}\n{}",
        step(&workflow, "Pack")
    );
    for target in targets {
        let folder = tempfile::tempdir().expect("a folder");
        let archive = filled(&binstall("pkg-url"), target);
        let archive = archive.strip_prefix("REPO/releases/download/v1.2.3/").expect("of the tag");
        let said = shell(folder.path(), target, &format!("{pack}tar -tzf '{archive}'"));
        let program = filled(&binstall("bin-dir"), target);
        assert!(said.lines().any(|line| line == program), "{program} in {archive}: {said}");
        shell(folder.path(), target, &format!("shasum -c '{archive}.sha256'"));
    }
}

#[expect(clippy::disallowed_methods, reason = "the test runs the step's script")]
fn shell(folder: &Path, target: &str, script: &str) -> String {
    let mut sh = Command::new("bash");
    sh.args(["-e", "-c", script]).env("GITHUB_REF_NAME", "v1.2.3").env("TARGET", target);
    let ran = sh.current_dir(folder).output().expect("bash starts");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).expect("text")
}

/// A workflow runs what the repository has, and actions of a known version.
#[test]
fn workflows_name_scripts_and_versions_that_exist() {
    let root = xtask::workspace_root();
    for entry in fs::read_dir(root.join(".github/workflows")).expect("workflows").flatten() {
        let text = fs::read_to_string(entry.path()).expect("read");
        for action in text.lines().filter_map(|line| line.split_once("uses: ")) {
            let (_, version) = action.1.rsplit_once('@').expect("a version");
            let is_major =
                version.strip_prefix('v').is_some_and(|major| major.parse::<u32>().is_ok());
            assert!(is_major || version.len() == 40, "{}: {}", entry.path().display(), action.1);
        }
        assert!(!text.contains("secrets."), "{}", entry.path().display());
    }
    let ci = fs::read_to_string(root.join(".github/workflows/ci.yml")).expect("read");
    assert!(ci.contains("run: .ci/run\n") && root.join(".ci/run").is_file());
}
