//! The snippets of the page about prompts, as they stand there, in the programs that they are for.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use throughline_testkit::{World, needs};

use crate::docs::root;
use crate::project;

/// Longer than any machine takes for a status line.
const LIMIT: Duration = Duration::from_secs(60);

/// The first block of code behind a line of the page.
fn snippet(after: &str) -> String {
    let page = fs::read_to_string(root().join("docs/status-line.md")).expect("the page");
    let (_, rest) =
        page.split_once(after).unwrap_or_else(|| panic!("{after:?} is not on the page"));
    let (_, block) = rest.split_once("```").expect("a block");
    let (_, text) = block.split_once('\n').expect("its first line");
    text.split_once("\n```").expect("its end").0.to_owned() + "\n"
}

/// A project with a task, `thru` on the PATH, and what its line is.
struct Place {
    world: World,
    line: String,
}

impl Place {
    fn new() -> Self {
        let world = project();
        world.thru(&["tasks", "add", "Write the printer"]).assert_success();
        let bin = world.root().join("bin");
        fs::create_dir(&bin).expect("a folder");
        symlink(world.binary(), bin.join("thru")).expect("a link");
        let line = world.thru(&["status", "--line"]).assert_success().stdout.trim().to_owned();
        assert!(line.contains("Write the printer"), "{line}");
        Self { world, line }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.world.root().join(name);
        fs::write(&path, text).expect("written");
        path
    }

    fn command(&self, program: &Path, words: &[&str]) -> Command {
        let mut command = self.world.command(program, &self.world.repo());
        let bin = self.world.root().join("bin");
        let path = [&bin, program.parent().expect("a folder"), Path::new("/bin")];
        command.env("PATH", std::env::join_paths(path).expect("no colon in it"));
        command.args(words);
        command
    }

    /// What a shell prints that reads the snippet first.
    fn says(&self, shell: &str, flags: &[&str], snippet: &str, prompt: &str) -> Option<String> {
        let program = needs::required_program(shell)?;
        let rc = self.file(shell, snippet);
        let script = format!("source {}\n{prompt}", rc.display());
        let output = self.command(&program, flags).arg(script).output().expect("it starts");
        let said = [output.stdout, output.stderr].concat();
        Some(String::from_utf8_lossy(&said).into_owned())
    }
}

#[test]
fn prompts_of_shells_show_the_line() {
    let place = Place::new();
    for (shell, flags, after, prompt) in [
        ("bash", &["--norc", "-c"][..], "bash, in", "echo \"${PS1@P}\""),
        ("zsh", &["-f", "-c"], "zsh, in", "print -P -- $RPROMPT"),
        ("fish", &["--no-config", "-c"], "fish, in", "fish_right_prompt"),
    ] {
        let Some(said) = place.says(shell, flags, &snippet(after), prompt) else { continue };
        assert!(said.starts_with(&place.line), "{shell}: {said:?}");
    }
    let starship = snippet("starship, in");
    assert!(starship.contains("command = \"thru status --line\""), "{starship}");
}

/// A terminal with tmux in it: another tmux, which can be asked what it shows. Both end with it.
struct Tmux<'p> {
    place: &'p Place,
    program: PathBuf,
}

impl Tmux<'_> {
    fn run(&self, server: &str, words: &[&str]) -> String {
        let socket = self.place.world.root().join(server);
        let fixed = ["-S", socket.to_str().expect("UTF-8"), "-f", "/dev/null"];
        let mut command = self.place.command(&self.program, &[&fixed[..], words].concat());
        let output = command.env("TERM", "xterm-256color").output().expect("it starts");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        ["inner", "outer"].iter().for_each(|server| drop(self.run(server, &["kill-server"])));
    }
}

/// Only for a client that is attached tmux runs the command of its status line.
#[test]
fn the_status_line_of_tmux_shows_the_line() {
    let Some(program) = needs::required_program("tmux") else { return };
    let place = Place::new();
    let settings = place.file("tmux.conf", &snippet("## tmux"));
    let inner = place.world.root().join("inner");
    let attached = format!(
        "TMUX= exec tmux -S {} -f {} new-session -c {} 'sleep 600'",
        inner.display(),
        settings.display(),
        place.world.repo().display()
    );
    let tmux = Tmux { place: &place, program };
    let started = tmux.run("outer", &["new-session", "-d", "-x", "100", "-y", "10", &attached]);
    assert_eq!(started, "");
    let since = Instant::now();
    loop {
        let shown = tmux.run("outer", &["capture-pane", "-p"]);
        if shown.contains(&place.line) {
            return;
        }
        assert!(since.elapsed() < LIMIT, "no {:?} in {shown}", place.line);
        thread::sleep(Duration::from_millis(50));
    }
}
