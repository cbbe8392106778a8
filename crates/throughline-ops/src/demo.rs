//! `thru demo`: the main job on an embedded default. No agent, no network: a recorded session of
//! our own making is played through the real hook path, process by process, in a temporary
//! repository with a home of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::error::OpsError;
use crate::spawn::command;

/// Where the demo plays.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// An empty folder that the caller removes afterwards.
    pub folder: PathBuf,
    /// This program.
    pub thru: PathBuf,
}

/// One scene, as a user would see it.
#[derive(Debug, Clone)]
pub struct Scene {
    /// What happens.
    pub title: String,
    /// What is seen.
    pub shown: String,
}

/// The whole play.
#[derive(Debug, Clone)]
pub struct DemoReport {
    /// In order.
    pub scenes: Vec<Scene>,
}

/// The transcript of the recorded session; `@REPOSITORY@` stands for the worktree.
const TRANSCRIPT: &str = include_str!("demo/session.jsonl");

const SESSION: &str = "demo-0001";
const TURN: &str = "demo-turn-1";

/// Plays the demo.
pub fn demo(options: &DemoOptions) -> Result<DemoReport, OpsError> {
    let stage = Stage::build(options)?;
    let scenes = vec![
        stage.project()?,
        stage.first_session()?,
        stage.what_is_remembered()?,
        stage.switch()?,
        stage.second_session()?,
    ];
    Ok(DemoReport { scenes })
}

struct Stage<'a> {
    options: &'a DemoOptions,
    repository: PathBuf,
    transcript: PathBuf,
}

impl<'a> Stage<'a> {
    fn build(options: &'a DemoOptions) -> Result<Self, OpsError> {
        let repository = options.folder.join("greeter");
        let transcript = options.folder.join("rollout.jsonl");
        write(&repository.join("greet.py"), "print(\"hi\")\n")?;
        let lines = TRANSCRIPT.replace("@REPOSITORY@", &repository.display().to_string());
        write(&transcript, &lines)?;
        let stage = Self { options, repository, transcript };
        stage.git(&["init", "-q", "-b", "main"])?;
        stage.git(&["config", "user.name", "Demo"])?;
        stage.git(&["config", "user.email", "demo@example.com"])?;
        stage.commit("A greeting")?;
        Ok(stage)
    }

    fn project(&self) -> Result<Scene, OpsError> {
        let mut shown = self.seen("thru init")?;
        self.commit("Remember")?;
        shown.push_str(&self.seen("thru tasks add \"Greet in two languages\" --priority 1")?);
        Ok(scene("A repository becomes a project", shown))
    }

    fn first_session(&self) -> Result<Scene, OpsError> {
        let prompt = "Make the greeting friendly.";
        let mut shown = format!("you>    {prompt}\n");
        self.hook(&json!({ "hook_event_name": "SessionStart", "source": "startup" }))?;
        self.hook(&json!({ "hook_event_name": "UserPromptSubmit", "prompt": prompt }))?;
        shown.push_str("codex>  (plans three steps, changes greet.py, finishes two of them)\n");
        self.plan("call-1", ["in_progress", "pending", "pending"])?;
        write(&self.repository.join("greet.py"), "print(\"hello, friend\")\n")?;
        self.plan("call-2", ["completed", "completed", "in_progress"])?;
        let answer = "The greeting is friendly now. Its tests are not written yet.";
        self.hook(&json!({
            "hook_event_name": "Stop", "stop_hook_active": false, "last_assistant_message": answer,
        }))?;
        shown.push_str(&format!("codex>  {answer}\n"));
        self.run("fold --quiet")?;
        Ok(scene("A Codex session works; its plan is mirrored as it goes", shown))
    }

    fn plan(&self, call: &str, status: [&str; 3]) -> Result<Value, OpsError> {
        let words = ["Read greet.py", "Make it friendly", "Write tests"];
        let steps: Vec<Value> = words
            .iter()
            .zip(status)
            .map(|(step, status)| json!({ "step": step, "status": status }))
            .collect();
        self.hook(&json!({
            "hook_event_name": "PostToolUse", "tool_name": "update_plan", "tool_use_id": call,
            "tool_input": { "plan": steps }, "tool_response": "Plan updated",
        }))
    }

    fn what_is_remembered(&self) -> Result<Scene, OpsError> {
        let shown = self.seen("thru plan")? + &self.seen("thru sessions show")?;
        Ok(scene("What is remembered, in plain files", shown))
    }

    fn switch(&self) -> Result<Scene, OpsError> {
        self.git(&["switch", "-q", "-c", "two-languages"])?;
        let mut shown = "$ git switch -c two-languages\nyou>    Go on.\n".to_owned();
        let told = self.hook_in(
            "demo-turn-2",
            &json!({ "hook_event_name": "UserPromptSubmit", "prompt": "Go on." }),
        )?;
        let message = told["systemMessage"].as_str().unwrap_or("(nothing)");
        shown.push_str(&format!("↳ Hook · {message}\n"));
        self.hook_in(
            "demo-turn-2",
            &json!({ "hook_event_name": "SessionEnd", "reason": "other" }),
        )?;
        self.run("fold --quiet")?;
        Ok(scene("Git moves underneath; the very next prompt says so", shown))
    }

    fn second_session(&self) -> Result<Scene, OpsError> {
        let told = self.call(
            "demo-0002",
            TURN,
            &json!({ "hook_event_name": "SessionStart", "source": "startup" }),
        )?;
        let text = told["hookSpecificOutput"]["additionalContext"].as_str().unwrap_or("(nothing)");
        let shown = format!("{text}\n") + &self.seen("thru next")?;
        Ok(scene("The next day: a new session is told where things stand", shown))
    }

    fn hook(&self, event: &Value) -> Result<Value, OpsError> {
        self.hook_in(TURN, event)
    }

    fn hook_in(&self, turn: &str, event: &Value) -> Result<Value, OpsError> {
        self.call(SESSION, turn, event)
    }

    /// One call of the hook, as Codex makes it.
    fn call(&self, session: &str, turn: &str, event: &Value) -> Result<Value, OpsError> {
        let mut input = json!({
            "session_id": session, "turn_id": turn, "cwd": self.repository, "model": "demo",
            "permission_mode": "default", "transcript_path": self.transcript,
        });
        if let (Value::Object(all), Value::Object(event)) = (&mut input, event.clone()) {
            all.extend(event);
        }
        let said = self.start(&["hook", "codex"], Some(&input.to_string()))?;
        Ok(serde_json::from_str(&said).unwrap_or(Value::Null))
    }

    /// A command with what it shows.
    fn seen(&self, line: &str) -> Result<String, OpsError> {
        let rest = line.strip_prefix("thru ").unwrap_or(line);
        Ok(format!("$ {line}\n{}", self.run(rest)?))
    }

    fn run(&self, line: &str) -> Result<String, OpsError> {
        let mut words = Vec::new();
        for (at, part) in line.split('"').enumerate() {
            match at % 2 {
                0 => words.extend(part.split_whitespace()),
                _ => words.push(part),
            }
        }
        self.start(&words, None)
    }

    fn start(&self, arguments: &[&str], input: Option<&str>) -> Result<String, OpsError> {
        let mut thru = command(&self.options.thru, &self.repository);
        thru.args(arguments).env("THROUGHLINE_HOME", self.options.folder.join("home"));
        finish(thru, input)
    }

    fn git(&self, arguments: &[&str]) -> Result<String, OpsError> {
        let mut git = command(Path::new("git"), &self.repository);
        finish(
            {
                git.args(arguments);
                git
            },
            None,
        )
    }

    fn commit(&self, message: &str) -> Result<(), OpsError> {
        self.git(&["add", "-A"])?;
        self.git(&["-c", "commit.gpgsign=false", "commit", "-q", "-m", message]).map(drop)
    }
}

fn scene(title: &str, shown: String) -> Scene {
    Scene { title: title.to_owned(), shown }
}

fn write(path: &Path, text: &str) -> Result<(), OpsError> {
    let failed =
        |e: std::io::Error| OpsError::File { path: path.to_owned(), problem: e.to_string() };
    path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
    std::fs::write(path, text).map_err(failed)
}

/// Runs a command to its end and takes what it said on stdout.
fn finish(mut command: std::process::Command, input: Option<&str>) -> Result<String, OpsError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |problem: String| OpsError::Program { program: program.clone(), problem };
    if input.is_some() {
        command.stdin(Stdio::piped());
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| failed(format!("can't be started: {e}")))?;
    if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
        pipe.write_all(input.as_bytes()).map_err(|e| failed(e.to_string()))?;
    }
    let output = child.wait_with_output().map_err(|e| failed(e.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed(format!("failed: {}", said.lines().next().unwrap_or_default())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
