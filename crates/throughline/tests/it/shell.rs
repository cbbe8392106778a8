//! The words of the requirement: `codex tasks` and `codex cache` are ours, all else is Codex's.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use throughline_testkit::{Codex, World, needs};

use crate::project;

/// Says what it was given, one argument a line, and ends as it is told.
const FAKE: &str = r#"#!/bin/sh
[ "$1" = completion ] && exit 0
printf '<%s>\n' "$@"
[ "$1" = die ] && kill -TERM $$
exit 7
"#;

/// The shells, each with how it reads the script and how it says the last exit code.
const SHELLS: [(&str, &[&str], &str, &str); 3] = [
    ("bash", &["--norc", "-c"], "eval \"$(thru shell-init bash)\"", "$?"),
    ("zsh", &["-f", "-c"], "eval \"$(thru shell-init zsh)\"", "$?"),
    ("fish", &["--no-config", "-c"], "thru shell-init fish | source", "$status"),
];

/// What a shell prints; `None`, if there is no such shell here.
fn shell(world: &World, name: &str, script: &str) -> Option<String> {
    let (_, flags, init, _) = SHELLS.iter().find(|shell| shell.0 == name).expect("a known shell");
    let bin = world.root().join("bin");
    if !bin.exists() {
        fs::create_dir(&bin).expect("a folder");
        symlink(world.binary(), bin.join("thru")).expect("a link");
        fs::write(bin.join("codex"), FAKE).expect("a program");
        fs::set_permissions(bin.join("codex"), fs::Permissions::from_mode(0o755)).expect("ours");
    }
    let program = needs::required_program(name)?;
    let mut command: Command = world.command(&program, &world.repo());
    let path = [bin.as_path(), program.parent().expect("a folder"), Path::new("/bin")];
    command.env("PATH", std::env::join_paths(path).expect("no colon in it"));
    let output = command.args(*flags).arg(format!("{init}\n{script}")).output().expect("it starts");
    let said = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn only_those_words_are_ours() {
    for (name, _, _, code) in SHELLS {
        let world = project();
        world.run("tasks add Parse --ref P-1");
        let Some(said) = shell(
            &world,
            name,
            &format!(
                "codex tasks list --json\ncodex cache validate >/dev/null; echo ours {code}\n\
                 codex exec '  two  words' '' '*' --flag=x; echo theirs {code}\n\
                 codex 'tasks of the day'; codex; codex die; echo died {code}"
            ),
        ) else {
            continue;
        };
        assert!(said.contains("\"title\":\"Parse\""), "{name}: {said}");
        assert!(said.contains("ours 0\n"), "{name}: {said}");
        let rest = "<exec>\n<  two  words>\n<>\n<*>\n<--flag=x>\ntheirs 7\n<tasks of the day>\n<>\n<die>\n";
        assert!(said.contains(rest), "{name}: {said}");
        assert!(said.contains("died 143"), "{name}: {said}");
    }
}

#[test]
fn completion_knows_both() {
    let world = project();
    let bash = "COMP_WORDS=(codex tasks com); COMP_CWORD=2; _thru_codex codex com tasks; echo \"${COMPREPLY[@]}\"\n\
                COMP_WORDS=(codex ta); COMP_CWORD=1; _thru_codex codex ta codex; echo \"${COMPREPLY[@]}\"";
    if let Some(said) = shell(&world, "bash", bash) {
        assert_eq!(said, "complete\ntasks\n");
    }
    if let Some(said) =
        shell(&world, "fish", "complete -C 'codex tasks com'; complete -C 'codex ta'")
    {
        let words: Vec<&str> = said.lines().filter_map(|line| line.split('\t').next()).collect();
        assert!(words.starts_with(&["complete"]) && words.contains(&"tasks"), "{said}");
    }
}

/// If Codex takes one of these words itself, the wrapper must not.
#[test]
fn the_real_codex_has_no_such_commands() {
    let Some(codex) = Codex::required() else { return };
    let world = project();
    let mut command = world.command(codex.native(), Path::new("/"));
    let help = command.arg("--help").output().expect("it starts").stdout;
    let help = String::from_utf8_lossy(&help).into_owned();
    let names: Vec<&str> = help.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.contains(&"exec"), "{help}");
    assert!(!names.contains(&"tasks") && !names.contains(&"cache"), "{help}");
}
