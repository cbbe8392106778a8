//! `codex exec` as something that thinks: how it is started for one question, and what it prints.
//!
//! The question goes to its standard input. It keeps no session, runs no hook and no MCP server, has its own
//! memory off, and is told our instructions in the place of its own, which would cost some thousand tokens
//! and make a coding agent of it. What stays are the user's login, provider and model, and the user's own
//! AGENTS.md, for which it has no switch.

use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;
use throughline_model::memory::engine::budget::TokenUse;

/// What it can see beside the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Nothing: it has no shell.
    Question,
    /// Files, through a shell that can't write.
    Folder,
}

/// How one question is put.
#[derive(Debug, Clone, Copy)]
pub struct ExecQuestion<'q> {
    /// Where it works: a folder of ours, so that no project's AGENTS.md and settings count.
    pub folder: &'q Path,
    /// A file with what it is to do.
    pub instructions: &'q Path,
    /// A file with the JSON Schema of the answer.
    pub schema: &'q Path,
    /// Another model than the user's.
    pub model: Option<&'q str>,
    /// What it can see.
    pub sight: Sight,
    /// The names of the MCP servers in the user's `config.toml`: each is a program that would be started.
    pub mcp_servers: &'q [String],
}

/// Features that start programs, reach out, or give tools that nobody needs for an answer.
const OFF: [&str; 7] =
    ["hooks", "memories", "apps", "plugins", "goals", "multi_agent", "view_image"];

/// Settings that would only lengthen the question.
const SETTINGS: [&str; 6] = [
    "project_doc_max_bytes=0",
    "skills.include_instructions=false",
    "include_environment_context=false",
    "include_permissions_instructions=false",
    "include_apps_instructions=false",
    "web_search=\"disabled\"",
];

/// The arguments behind `codex`.
pub fn arguments(question: &ExecQuestion<'_>) -> Vec<OsString> {
    let mut words: Vec<OsString> = ["exec", "--json", "--ephemeral", "--skip-git-repo-check"]
        .into_iter()
        .chain(["--ignore-rules", "--color", "never", "--sandbox", "read-only"])
        .map(OsString::from)
        .collect();
    let mut push = |flag: &str, value: OsString| words.extend([flag.into(), value]);
    push("--cd", question.folder.into());
    push("--output-schema", question.schema.into());
    OFF.into_iter().chain(blind(question.sight)).for_each(|name| push("--disable", name.into()));
    SETTINGS.into_iter().for_each(|setting| push("-c", setting.into()));
    push("-c", format!("model_instructions_file={}", quoted(question.instructions)).into());
    for name in question.mcp_servers.iter().filter(|name| is_bare(name)) {
        push("-c", format!("mcp_servers.{name}.enabled=false").into());
    }
    if let Some(model) = question.model {
        push("--model", model.into());
    }
    words.push("-".into());
    words
}

fn blind(sight: Sight) -> Option<&'static str> {
    match sight {
        Sight::Question => Some("shell_tool"),
        Sight::Folder => None,
    }
}

/// A path as TOML writes a text; JSON writes it the same way.
fn quoted(path: &Path) -> String {
    Value::from(path.to_string_lossy()).to_string()
}

/// Codex takes the key of an override apart at its dots and has no quotes there.
fn is_bare(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    !name.is_empty() && name.chars().all(is_part)
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecAnswer {
    /// The last message.
    pub text: String,
    /// What all of it cost.
    pub usage: TokenUse,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExecError {
    /// Codex or its provider failed.
    #[error("codex can't answer: {message}")]
    Failed {
        /// In Codex's words, on one line.
        message: String,
        /// What it cost all the same.
        spent: TokenUse,
    },
    /// It ended without saying anything.
    #[error("codex ended without an answer")]
    Silent {
        /// What it cost all the same.
        spent: TokenUse,
    },
}

/// As much of a message as is kept, in characters.
const LONGEST_MESSAGE: usize = 300;

/// Reads what `codex exec --json` printed: one event a line. Lines that are none are passed over, so the output
/// of a run that was killed is read as far as it goes.
///
/// # Errors
/// [`ExecError`], if the turn failed or nothing was said.
pub fn read_answer(printed: &str) -> Result<ExecAnswer, ExecError> {
    let mut usage = TokenUse::default();
    let (mut text, mut failure) = (None, None);
    for line in printed.lines() {
        let Ok(event) = serde_json::from_str::<Value>(line) else { continue };
        match event["type"].as_str().unwrap_or_default() {
            "item.completed" if event["item"]["type"] == "agent_message" => {
                text = event["item"]["text"].as_str().map(str::to_owned);
            }
            "turn.completed" => usage += spent(&event["usage"]),
            "turn.failed" => failure = event["error"]["message"].as_str().map(str::to_owned),
            "error" if failure.is_none() => {
                failure = event["message"].as_str().map(str::to_owned);
            }
            _ => {}
        }
    }
    let is_whole = usage != TokenUse::default();
    match (text, failure) {
        (Some(text), None) => Ok(ExecAnswer { text, usage }),
        // What was said of a passing trouble is no failure of a turn that was completed.
        (Some(text), Some(_)) if is_whole => Ok(ExecAnswer { text, usage }),
        (_, Some(said)) => {
            let said = throughline_model::redact::redact(&said);
            let message = throughline_model::sanitise::for_model(&said, LONGEST_MESSAGE);
            Err(ExecError::Failed { message, spent: usage })
        }
        (None, None) => Err(ExecError::Silent { spent: usage }),
    }
}

fn spent(usage: &Value) -> TokenUse {
    let count = |name: &str| usage[name].as_u64().unwrap_or(0);
    TokenUse {
        input: count("input_tokens"),
        cached: count("cached_input_tokens"),
        output: count("output_tokens"),
        reasoning: count("reasoning_output_tokens"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_prints_is_an_answer_or_a_reason() {
        let said =
            r#"{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"{}"}}"#;
        let done = r#"{"type":"turn.completed","usage":{"input_tokens":700,"cached_input_tokens":300,"output_tokens":20,"reasoning_output_tokens":7}}"#;
        let error = r#"{"type":"error","message":"no\u001b[1m luck"}"#;
        let failed = r#"{"type":"turn.failed","error":{"message":"out of room"}}"#;
        let notice = r#"{"type":"item.completed","item":{"type":"error","message":"a notice"}}"#;
        let usage = TokenUse { input: 700, cached: 300, output: 20, reasoning: 7 };
        let answer = |usage| Ok(ExecAnswer { text: "{}".to_owned(), usage });
        let failure =
            |message: &str, spent| Err(ExecError::Failed { message: message.to_owned(), spent });
        let none = TokenUse::default();
        let cases = [
            (vec![notice, "no JSON", said, done], answer(usage)),
            (vec![error, said, done], answer(usage)),
            (vec![said], answer(none)),
            (vec![said, done, said, done], answer(usage + usage)),
            (vec![error, failed], failure("out of room", none)),
            (vec![failed, error], failure("out of room", none)),
            (vec![error], failure("no[1m luck", none)),
            (vec![said, failed], failure("out of room", none)),
            (vec![done], Err(ExecError::Silent { spent: usage })),
            (vec![], Err(ExecError::Silent { spent: none })),
        ];
        for (lines, expected) in cases {
            assert_eq!(read_answer(&lines.join("\n")), expected, "{lines:?}");
        }
    }

    #[test]
    fn names_that_would_be_other_keys_are_left_out() {
        let servers = ["ours", "a.b", "x=1", "", "with space", "dash-ed_1"].map(str::to_owned);
        let question = ExecQuestion {
            folder: Path::new("/w"),
            instructions: Path::new("/w/a \"b\".md"),
            schema: Path::new("/w/schema.json"),
            model: Some("small"),
            sight: Sight::Folder,
            mcp_servers: &servers,
        };
        let words = arguments(&question);
        let words: Vec<_> = words.iter().filter_map(|word| word.to_str()).collect();
        let named: Vec<_> = words.iter().filter(|word| word.starts_with("mcp_servers.")).collect();
        assert_eq!(
            named,
            [&"mcp_servers.ours.enabled=false", &"mcp_servers.dash-ed_1.enabled=false"]
        );
        assert!(words.contains(&r#"model_instructions_file="/w/a \"b\".md""#), "{words:?}");
        assert!(!words.contains(&"shell_tool") && words.ends_with(&["--model", "small", "-"]));
    }
}
