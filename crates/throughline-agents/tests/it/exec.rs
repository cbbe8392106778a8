//! The real Codex as something that thinks, against a provider that answers from a script.

#![expect(clippy::disallowed_methods, reason = "the tests start Codex as it is started by hand")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use throughline_agents::codex::exec::{
    ExecAnswer, ExecError, ExecQuestion, Sight, arguments, read_answer,
};
use throughline_model::memory::engine::budget::TokenUse;
use throughline_testkit::{Codex, Provider, Script, Step};

/// A home of Codex in which everything is on that could get into the question: hooks, a server, AGENTS.md.
fn prepare(home: &Path, provider: &Provider) {
    let leaves = |name: &str| json!({"type": "command", "command": format!("touch {}", home.join(name).display())});
    let hooks = json!({"hooks": {"SessionStart": [{"hooks": [leaves("hook-ran")]}]}});
    fs::write(home.join("hooks.json"), hooks.to_string()).unwrap();
    fs::create_dir(home.join("work")).unwrap();
    fs::write(home.join("work/AGENTS.md"), "words of a project").unwrap();
    fs::write(home.join("instructions.md"), "Think, and be brief.").unwrap();
    fs::write(home.join("schema.json"), schema().to_string()).unwrap();
    let config = format!(
        "model = \"gpt-5.5\"\nmodel_provider = \"stand-in\"\n\
         [features]\nmemories = true\n\
         [model_providers.stand-in]\nname = \"Stand-in\"\nbase_url = \"{}\"\nwire_api = \"responses\"\n\
         request_max_retries = 0\nstream_max_retries = 0\nstream_idle_timeout_ms = 20000\n\
         [mcp_servers.theirs]\ncommand = \"touch\"\nargs = [\"{}\"]\n",
        provider.base_url(),
        home.join("server-ran").display(),
    );
    fs::write(home.join("config.toml"), config).unwrap();
}

fn schema() -> Value {
    json!({
        "type": "object", "additionalProperties": false,
        "properties": {"a": {"type": "integer"}}, "required": ["a"],
    })
}

fn run(codex: &Codex, home: &Path, sight: Sight) -> Output {
    let servers = ["theirs".to_owned()];
    let question = ExecQuestion {
        folder: &home.join("work"),
        instructions: &home.join("instructions.md"),
        schema: &home.join("schema.json"),
        model: None,
        sight,
        mcp_servers: &servers,
    };
    let mut running = Command::new(codex.native())
        .args(arguments(&question))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", home)
        .env("CODEX_HOME", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    running.stdin.take().unwrap().write_all(b"What is it?").unwrap();
    running.wait_with_output().unwrap()
}

fn tools(body: &Value) -> Vec<&str> {
    body["tools"].as_array().unwrap().iter().filter_map(|tool| tool["name"].as_str()).collect()
}

#[test]
fn codex_gets_the_question_and_nothing_else() {
    let Some(codex) = Codex::required() else { return };
    for (sight, sees_files) in [(Sight::Question, false), (Sight::Folder, true)] {
        let home = tempfile::tempdir().unwrap();
        let step = Step::text("{\"a\": 1}").usage(700, 300, 20).reasoning(7);
        let provider = Provider::start(Script::steps([step]));
        prepare(home.path(), &provider);
        let output = run(&codex, home.path(), sight);
        let printed = String::from_utf8_lossy(&output.stdout);
        let usage = TokenUse { input: 700, cached: 300, output: 20, reasoning: 7 };
        let text = "{\"a\": 1}".to_owned();
        assert_eq!(read_answer(&printed), Ok(ExecAnswer { text, usage }), "{output:?}");

        let requests = provider.requests();
        let [request] = &requests[..] else { panic!("{requests:?}") };
        assert_eq!(request.developer_texts()[0], "Think, and be brief.");
        assert_eq!(request.user_texts(), ["What is it?"]);
        assert_eq!(request.body()["text"]["format"]["schema"], schema());
        assert_eq!(tools(request.body()).contains(&"exec_command"), sees_files);
        assert!(!request.raw().contains("words of a project"), "{}", request.raw());
        for left in ["hook-ran", "server-ran", "sessions"] {
            assert!(!home.path().join(left).exists(), "{left}");
        }
    }
}

#[test]
fn why_codex_has_no_answer_is_told() {
    let Some(codex) = Codex::required() else { return };
    let home = tempfile::tempdir().unwrap();
    let failing = Step::new().fail("context_length_exceeded", "too long");
    let provider = Provider::start(Script::steps([failing]));
    prepare(home.path(), &provider);
    let output = run(&codex, home.path(), Sight::Question);
    let answer = read_answer(&String::from_utf8_lossy(&output.stdout));
    let Err(ExecError::Failed { message, spent }) = answer else { panic!("{output:?}") };
    assert!(message.contains("ran out of room") && spent == TokenUse::default(), "{message}");
}
