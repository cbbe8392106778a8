//! A home and a project of their own, in a folder that the caller removes: what is tried out here
//! writes nothing into the user's project, home or settings of the agent.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use throughline_store::entropy::Entropy;
use throughline_store::home::Home;
use throughline_store::journal::Filter;
use throughline_store::project::Mode;

use super::Doctor;
use crate::error::OpsError;
use crate::here::Site;
use crate::init::{Adoption, InitOptions, init};
use crate::spawn;
use crate::surroundings::Surroundings;

/// How long a program may take that should take milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

const SESSION: &str = "thru-doctor";

/// The place.
pub(super) struct Scratch {
    world: Surroundings,
    folder: PathBuf,
    path: std::ffi::OsString,
}

impl Scratch {
    /// Makes the place, with a project in a plain folder.
    pub(super) fn make(doctor: &Doctor<'_>, folder: &Path) -> Result<Self, OpsError> {
        let project = folder.join("project");
        let made = fs::create_dir_all(&project);
        made.map_err(|e| OpsError::File { path: project.clone(), problem: e.to_string() })?;
        let world = Surroundings {
            home: Home::new(folder.join("home")),
            git: doctor.world.git.clone(),
            directory: project,
            clock: doctor.world.clock,
            entropy: Entropy::System,
            actor: doctor.world.actor.clone(),
            user: doctor.world.user.clone(),
            program: doctor.world.program.clone(),
            variable: doctor.world.variable,
        };
        let options = InitOptions { mode: Mode::Local, adoption: Adoption::Mention };
        init(&world, options)?;
        Ok(Self { world, folder: folder.to_owned(), path: doctor.options.path.clone() })
    }

    /// Only what the agent would pass on, and every home in here.
    fn in_here<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.env_clear().env("PATH", &self.path).env("HOME", &self.folder);
        command.env("THROUGHLINE_HOME", self.world.home.root());
        command.env("CODEX_HOME", self.folder.join("codex"));
        // A group of its own: what a launcher starts goes with it.
        command.stdin(Stdio::piped()).process_group(0)
    }

    fn event(&self, name: &str, rest: Value) -> String {
        let mut event = json!({
            "hook_event_name": name, "session_id": SESSION, "cwd": self.world.directory,
            "transcript_path": null, "model": "none", "permission_mode": "default",
        });
        if let (Some(event), Value::Object(rest)) = (event.as_object_mut(), rest) {
            event.extend(rest);
        }
        event.to_string()
    }

    /// Calls a hook as Codex does: by a shell.
    fn call(&self, hook: &str, event: &str) -> Result<Duration, String> {
        let mut shell = spawn::command(Path::new("/bin/sh"), &self.world.directory);
        self.run(shell.args(["-c", hook]), event)
    }

    fn run(&self, command: &mut Command, input: &str) -> Result<Duration, String> {
        let begun = Instant::now();
        let command = self.in_here(command).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|e| format!("can't be started: {e}"))?;
        if let Some(mut pipe) = child.stdin.take() {
            // A program that does not read it is found out by what it leaves.
            let _ = pipe.write_all(input.as_bytes());
        }
        let status = wait(&mut child, begun + PATIENCE)?;
        if status { Ok(begun.elapsed()) } else { Err("failed".to_owned()) }
    }

    /// The start of a session, by that command; an error if it left no record.
    pub(super) fn session_start(&self, hook: &str) -> Result<Duration, String> {
        let event = self.event("SessionStart", json!({ "source": "startup" }));
        let took = self.call(hook, &event)?;
        if self.recorded()? { Ok(took) } else { Err("ran, and left no record".to_owned()) }
    }

    fn recorded(&self) -> Result<bool, String> {
        let site = Site::of(&self.world, &self.world.directory);
        let project = site.and_then(|site| site.project(&self.world)).map_err(|e| e.to_string())?;
        let Some(project) = project else { return Ok(false) };
        let batch = project.journal().read(Default::default(), &Filter::All);
        let batch = batch.map_err(|e| e.to_string())?;
        Ok(batch.records.iter().any(|(_, record)| record.body.session() == Some(SESSION)))
    }

    /// The shortest of several prompts, by this program itself.
    pub(super) fn prompt_time(&self, rounds: u32) -> Result<Duration, String> {
        let program = self.world.program.clone();
        let mut best = Duration::MAX;
        for turn in 0..rounds {
            let rest = json!({ "turn_id": format!("turn-{turn}"), "prompt": "How long?" });
            let event = self.event("UserPromptSubmit", rest);
            let mut hook = spawn::command(&program, &self.world.directory);
            best = best.min(self.run(hook.args(["hook", "codex"]), &event)?);
        }
        Ok(best)
    }

    /// How many tools an MCP server has, and after what time it said so.
    pub(super) fn tools(&self, words: &[String]) -> Result<(usize, Duration), String> {
        let (program, arguments) = words.split_first().ok_or("no program is named")?;
        let begun = Instant::now();
        let mut server = spawn::command(Path::new(program), &self.world.directory);
        let server = self.in_here(server.args(arguments));
        let server = server.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = server.spawn().map_err(|e| format!("can't be started: {e}"))?;
        let tools = ask_for_tools(&mut child, begun + PATIENCE);
        drop(child.stdin.take());
        let _ = wait(&mut child, begun + PATIENCE);
        tools.map(|tools| (tools, begun.elapsed()))
    }
}

/// What a client of MCP says until it knows the tools.
fn greeting() -> String {
    let client = json!({ "name": "thru-doctor", "version": env!("CARGO_PKG_VERSION") });
    let hello =
        json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
    let lines = [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello }),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" }),
    ];
    lines.map(|line| format!("{line}\n")).concat()
}

fn ask_for_tools(child: &mut Child, until: Instant) -> Result<usize, String> {
    let output = child.stdout.take().ok_or("has no output")?;
    let (sender, answers) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let answer: Value = serde_json::from_str(&line).unwrap_or_default();
            if sender.send(answer).is_err() {
                return;
            }
        }
    });
    let input = child.stdin.as_mut().ok_or("has no input")?;
    input.write_all(greeting().as_bytes()).map_err(|_| "went away")?;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let answer = answers.recv_timeout(left).map_err(|_| "did not list its tools")?;
        if answer["id"] == 2 {
            return Ok(answer["result"]["tools"].as_array().map_or(0, Vec::len));
        }
    }
}

/// Whether it ended well; one that is late is killed with all that it started.
fn wait(child: &mut Child, until: Instant) -> Result<bool, String> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if Instant::now() < until => thread::sleep(Duration::from_micros(500)),
            Ok(None) => break,
            Err(error) => return Err(error.to_string()),
        }
    }
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
    Err(format!("did not end within {} s", PATIENCE.as_secs()))
}
