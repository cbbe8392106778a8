//! `codex exec` as a worker on one item of an agent job: how it is started.
//!
//! It is the user's own Codex with the user's settings, sandbox, approvals, hooks and MCP servers. One server is
//! added for this run alone, by which it reports. The prompt goes to its standard input.

use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;

/// The MCP server that is added.
pub const REPORT_SERVER: &str = "throughline_job";

/// How a worker is started.
#[derive(Debug, Clone)]
pub struct WorkerOrder<'o> {
    /// Where it works.
    pub folder: &'o Path,
    /// The program of the server by which it reports.
    pub server: &'o Path,
    /// That server's arguments.
    pub server_arguments: &'o [String],
    /// Codex starts servers with hardly any of its environment: where our memory lies.
    pub throughline_home: &'o Path,
    /// Further arguments of the user's, such as `--model` with its value.
    pub arguments: &'o [String],
}

/// The arguments behind `codex`.
pub fn arguments(order: &WorkerOrder<'_>) -> Vec<OsString> {
    let mut words: Vec<OsString> = ["exec", "--json", "--color", "never"].map(Into::into).to_vec();
    words.extend(["--cd".into(), OsString::from(order.folder)]);
    let path = |path: &Path| Value::from(path.to_string_lossy()).to_string();
    let list: Vec<String> =
        order.server_arguments.iter().map(|word| Value::from(word.as_str()).to_string()).collect();
    let settings = [
        ("command", path(order.server)),
        ("args", format!("[{}]", list.join(","))),
        ("env", format!("{{THROUGHLINE_HOME={}}}", path(order.throughline_home))),
        // A worker that can't report is of no use.
        ("required", "true".to_owned()),
        ("startup_timeout_sec", "60".to_owned()),
        ("tool_timeout_sec", "60".to_owned()),
        // The tool writes our database and nothing else; nobody is there to be asked.
        ("default_tools_approval_mode", "\"approve\"".to_owned()),
    ];
    for (key, value) in settings {
        words.extend(["-c".into(), format!("mcp_servers.{REPORT_SERVER}.{key}={value}").into()]);
    }
    words.extend(order.arguments.iter().map(OsString::from));
    words.push("-".into());
    words
}

/// The first of the user's arguments that would take away a worker's limits, if there is one.
pub fn forbidden(arguments: &[String]) -> Option<&str> {
    let takes = |word: &&String| word.starts_with("--dangerously") || word.starts_with("--yolo");
    arguments.iter().find(takes).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_has_the_users_codex_and_one_server_more() {
        let order = WorkerOrder {
            folder: Path::new("/w"),
            server: Path::new("/a \"b\"/thru"),
            server_arguments: &["mcp".to_owned(), "--item=1".to_owned()],
            throughline_home: Path::new("/h"),
            arguments: &["--model".to_owned(), "small".to_owned()],
        };
        let words = arguments(&order);
        let words: Vec<_> = words.iter().filter_map(|word| word.to_str()).collect();
        assert!(words.contains(&r#"mcp_servers.throughline_job.command="/a \"b\"/thru""#));
        assert!(words.contains(&r#"mcp_servers.throughline_job.args=["mcp","--item=1"]"#));
        assert!(words.contains(&r#"mcp_servers.throughline_job.env={THROUGHLINE_HOME="/h"}"#));
        assert!(words.ends_with(&["--model", "small", "-"]), "{words:?}");
        assert!(!words.iter().any(|word| word.contains("dangerously") || *word == "--sandbox"));
        let given = |word: &str| forbidden(&["-m".to_owned(), word.to_owned()]).is_some();
        assert!(given("--dangerously-bypass-approvals-and-sandbox") && given("--yolo"));
        assert!(!given("dangerously"));
    }
}
