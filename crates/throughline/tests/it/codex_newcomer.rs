//! The way of a newcomer, from nothing to a second session that goes on. Its screens are those of
//! `docs/first-minutes.md`.

use regex::Regex;
use throughline_testkit::{Codex, Pane, Provider, Script, Size, Step, World};

use crate::codex::{folded, memory_of};
use crate::{bare_world, docs};

const PAGE: &str = "docs/first-minutes.md";

/// When the sessions are, so that the screens say so.
const NOW: &str = "2026-11-21T09:16:55Z";

/// What differs from run to run, in the order in which a page names it.
struct Steady {
    pattern: Regex,
    seen: Vec<String>,
    names: &'static [&'static str],
}

impl Steady {
    fn new(pattern: &str, names: &'static [&'static str]) -> Self {
        Self { pattern: Regex::new(pattern).expect("a pattern"), seen: Vec::new(), names }
    }

    fn apply(&mut self, text: &str) -> String {
        let name = |found: &regex::Captures<'_>| {
            let found = found[0].to_owned();
            let at = self.seen.iter().position(|known| *known == found).unwrap_or_else(|| {
                self.seen.push(found);
                self.seen.len() - 1
            });
            self.names[at.min(self.names.len() - 1)].to_owned()
        };
        self.pattern.replace_all(text, name).into_owned()
    }
}

/// The screens of the page, by name.
struct Screens<'w> {
    world: &'w World,
    steady: [Steady; 5],
    page: String,
}

impl<'w> Screens<'w> {
    fn new(world: &'w World) -> Self {
        let steady = [
            Steady::new(
                r"\bt-[0-9a-z]{5}\b",
                &["t-8kq2m", "t-3ercx", "t-9v0td", "t-d749c", "t-x01fe"],
            ),
            Steady::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", &["2026-11-21T09:16:55Z"]),
            Steady::new(r"\b01[0-9a-f]{6}-[0-9a-f]{3,4}\b", &["01a0a5d2-7c1e"]),
            Steady::new(r"\b[0-9a-f]{9}\b", &["4c0387f85", "a81d05e2c", "f3120bb97"]),
            Steady::new(r#"nonce="[0-9a-f]+""#, &[r#"nonce="5f0c2a9be1d4""#]),
        ];
        let page = std::fs::read_to_string(docs::root().join(PAGE)).expect("the page");
        Self { world, steady, page }
    }

    fn command(&mut self, name: &str, commands: &[&str]) {
        let screens = commands.iter().map(|command| {
            let words: Vec<&str> = command.split_whitespace().skip(1).collect();
            let said = match command.split_once(' ') {
                Some(("thru", _)) => self.world.thru(&words).assert_success().screen(),
                Some(("git", arguments)) => {
                    self.world.git(arguments);
                    String::new()
                }
                _ => panic!("{command}: neither thru nor git"),
            };
            let shown = command.replace(" --yes", "").replace(" -q", "");
            let lines = said.replace("[stderr]\n", "");
            format!("$ {}\n{}", shown.split(" --codex ").next().unwrap_or(&shown), lines.trim_end())
        });
        let text = screens.collect::<Vec<_>>().join("\n");
        self.put(name, &text);
    }

    /// Puts a screen behind its mark.
    fn put(&mut self, name: &str, text: &str) {
        let mut text = self.world.without_paths(text).replace("[WORLD]/repo", "~/greeter");
        text = text
            .replace("[WORLD]/codex", "~/.codex")
            .replace("[WORLD]/state", "~/.local/state/throughline");
        for steady in &mut self.steady {
            text = steady.apply(&text);
        }
        let lines: Vec<&str> =
            text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        let mark = format!("<!-- screen: {name} -->\n");
        let (before, after) = self.page.split_once(&mark).expect("the page has the mark");
        let after = match after.trim_start().strip_prefix("```text\n") {
            Some(old) => old.split_once("\n```\n").expect("the screen ends").1,
            None => after,
        };
        self.page = format!("{before}{mark}\n```text\n{}\n```\n{after}", lines.join("\n"));
    }
}

#[test]
fn from_nothing_to_a_second_session() {
    let Some(codex) = Codex::required() else { return };
    let world = bare_world();
    world.write("greet.py", "print('hello')\n");
    world.commit("a greeter");
    std::fs::create_dir_all(world.codex_home()).expect("a folder");
    world.write(world.codex_home().join("config.toml"), "");
    let mut screens = Screens::new(&world);

    screens.command("init", &["thru init"]);
    world.git("add -A");
    world.commit("remember");
    let native = codex.native().to_str().expect("UTF-8").to_owned();
    screens.command("setup", &[&format!("thru setup codex --yes --codex {native}")]);

    let first = Provider::start(Script::steps([
        Step::new().plan(&[
            ("Read greet.py", "completed"),
            ("Make it friendly", "in_progress"),
            ("Write tests", "pending"),
        ]),
        Step::text("I read greet.py; it prints one word. Next: a friendly sentence."),
    ]));
    world.codex(&codex, &first).believing(NOW).exec("Make the greeting friendly").assert_success();
    folded(&world, "it prints one word");
    screens.command("status", &["thru status"]);
    let mut pane = Pane::open(&world, &["tui"], Size(80, 24), &[("THRU_TEST_NOW", NOW)]);
    let screen = pane.sees("Last session").screen();
    screens.put("tui", &screen);
    pane.types("q").ends();

    let second = Provider::start(Script::steps([Step::text("Going on.")]));
    world.codex(&codex, &second).believing(NOW).exec("Continue").assert_success();
    let told = memory_of(&second, 0);
    assert_eq!(told.len(), 1, "{told:?}");
    for expected in ["Make it friendly", "it prints one word", "main"] {
        assert!(told[0].contains(expected), "{expected:?} is missing in {}", told[0]);
    }
    folded(&world, "Going on.");
    screens.put("brief", &told[0]);
    screens.command(
        "branch",
        &["git switch -q -c two-languages", "thru status --line", "thru lines list -q"],
    );
    docs::assert_current(PAGE, &screens.page);
}
