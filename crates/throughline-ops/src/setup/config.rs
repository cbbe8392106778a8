//! Our part of Codex's `config.toml`: text in, text out.
//!
//! Two tables are ours: `[tools.update_plan]` (off by default since Codex 0.152; without it there
//! is no plan to mirror) and `[mcp_servers.throughline]`. A table that is not there yet is put at
//! the end as text, so that every byte before it stays; one that is there is edited in place.
//! Taking back is done against the text from before: what stood there returns, the rest goes.

use toml_edit::{Array, DocumentMut, InlineTable, Item, TableLike, TomlError, Value};

/// A configuration that holds the plan tool and nothing else.
pub(super) const PLAN_TOOL_ON: &str = "[tools.update_plan]\nenabled = true\n";

/// What Codex passes on to our MCP server: by itself it passes none of these, and hooks and server
/// would then keep two homes, or read two settings of git.
const PASSED_ON: [&str; 4] =
    ["THROUGHLINE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "CODEX_HOME"];

/// Why a configuration can't be edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ConfigError {
    /// Line and column are counted from 1, the column in characters.
    #[error("line {line}, column {column}: {problem}")]
    Malformed { line: usize, column: usize, problem: String },
    /// Something that must be a table is not.
    #[error("`{key}` is not a table")]
    NotATable { key: String },
}

/// An edited configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edited {
    /// The whole file.
    pub(super) text: String,
    /// What is new, one line each; empty if nothing is.
    pub(super) summary: Vec<String>,
}

/// A table of ours, and what it must hold.
struct Part {
    parent: &'static str,
    name: &'static str,
    values: Vec<(&'static str, Value)>,
    reason: &'static str,
}

impl Part {
    fn block(&self) -> String {
        let lines = self.values.iter().map(|(key, value)| format!("{key} = {value}\n"));
        format!("[{}]\n{}", self.dotted(), lines.collect::<String>())
    }

    fn inline(&self) -> InlineTable {
        self.values.iter().map(|(key, value)| (*key, value.clone())).collect()
    }

    fn dotted(&self) -> String {
        format!("{}.{}", self.parent, self.name)
    }

    fn summary(&self) -> String {
        let pairs = self.values.iter().map(|(key, value)| format!("{key} = {value}"));
        let pairs = pairs.collect::<Vec<_>>().join(", ");
        format!("[{}] {pairs}: {}", self.dotted(), self.reason)
    }
}

fn parts(program: &str) -> [Part; 2] {
    let server = vec![
        ("command", Value::from(program)),
        ("args", Value::Array(Array::from_iter(["mcp"]))),
        ("env_vars", Value::Array(Array::from_iter(PASSED_ON))),
    ];
    let plan = vec![("enabled", Value::from(true))];
    let plan_reason = "the plan tool, off by default";
    let server_reason = "project memory as tools";
    [
        Part { parent: "tools", name: "update_plan", values: plan, reason: plan_reason },
        Part { parent: "mcp_servers", name: "throughline", values: server, reason: server_reason },
    ]
}

/// Adds our tables, or mends them; `program` is the absolute path of `thru`.
pub(super) fn connect(text: &str, program: &str) -> Result<Edited, ConfigError> {
    let mut edited = Edited { text: text.to_owned(), summary: Vec::new() };
    for part in parts(program) {
        let mut document = parse(&edited.text)?;
        let next = match place(&mut document, &part)? {
            Place::Right => continue,
            Place::Edited => document.to_string(),
            Place::Missing => append(&edited.text, &part.block()),
        };
        parse(&next)?;
        edited.text = next;
        edited.summary.push(part.summary());
    }
    Ok(edited)
}

/// Takes our tables and the trust in our hooks out again. What stood in `original`, the text from
/// before [`connect`], stays or returns.
pub(super) fn disconnect(
    text: &str,
    original: &str,
    program: &str,
    trusted: &[String],
) -> Result<String, ConfigError> {
    let before = parse(original)?;
    let mut document = parse(text)?;
    // First, while no comment of others stands right above the trust that Codex appended.
    let mut text =
        if forget(&mut document, trusted) { document.to_string() } else { text.to_owned() };
    // From the end: the last block that was appended is the first to go.
    for part in parts(program).iter().rev() {
        let stood = find(&before, part.parent, part.name);
        if stood.is_none()
            && let Some(cut) = without_block(&text, &part.block())
        {
            text = cut;
            continue;
        }
        let mut document = parse(&text)?;
        if take_back(&mut document, part, stood) {
            text = document.to_string();
        }
    }
    // The line break that `append` needed, where the file had none at its end.
    Ok(if text.strip_suffix('\n') == Some(original) { original.to_owned() } else { text })
}

/// Whether hooks are written into this file. Codex reads them as well as those in `hooks.json`,
/// but says at each start that it would rather have one of the two.
pub(super) fn has_hooks(text: &str) -> bool {
    let document = text.parse::<DocumentMut>().ok();
    let hooks = document.as_ref().and_then(|document| document.get("hooks"));
    hooks
        .and_then(Item::as_table_like)
        .is_some_and(|hooks| hooks.iter().any(|(key, _)| key != "state"))
}

fn parse(text: &str) -> Result<DocumentMut, ConfigError> {
    text.parse().map_err(|error: TomlError| {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let before = text.get(..at).unwrap_or_default();
        let last = before.rsplit('\n').next().unwrap_or_default();
        ConfigError::Malformed {
            line: before.matches('\n').count() + 1,
            column: last.chars().count() + 1,
            problem: error.message().replace('\n', ", "),
        }
    })
}

enum Place {
    Right,
    Edited,
    Missing,
}

/// Edits a table that is there, or one that can only be written inside its inline parent.
fn place(document: &mut DocumentMut, part: &Part) -> Result<Place, ConfigError> {
    let Some(parent) = document.get_mut(part.parent) else { return Ok(Place::Missing) };
    let not_a_table = |key: String| ConfigError::NotATable { key };
    if let Some(inline) = parent.as_inline_table_mut()
        && !inline.contains_key(part.name)
    {
        inline.insert(part.name, Value::InlineTable(part.inline()));
        return Ok(Place::Edited);
    }
    let parent = parent.as_table_like_mut().ok_or_else(|| not_a_table(part.parent.to_owned()))?;
    let Some(table) = parent.get_mut(part.name) else { return Ok(Place::Missing) };
    let table = table.as_table_like_mut().ok_or_else(|| not_a_table(part.dotted()))?;
    let edits = part.values.iter().filter(|(key, value)| set(table, key, value)).count();
    Ok(if edits == 0 { Place::Right } else { Place::Edited })
}

/// Sets a key, keeping the comment beside it. A list of names keeps what the user added to it.
fn set(table: &mut dyn TableLike, key: &str, value: &Value) -> bool {
    let Some(old) = table.get_mut(key).and_then(Item::as_value_mut) else {
        table.insert(key, Item::Value(value.clone()));
        return true;
    };
    let wanted = if key == "env_vars" { joined(old, value) } else { value.clone() };
    if same(old, &wanted) {
        return false;
    }
    let decor = old.decor().clone();
    *old = wanted;
    *old.decor_mut() = decor;
    true
}

fn joined(old: &Value, ours: &Value) -> Value {
    let (Some(old), Some(ours)) = (old.as_array(), ours.as_array()) else { return ours.clone() };
    let mut all = old.clone();
    for name in ours.iter().filter_map(Value::as_str) {
        if !old.iter().any(|there| there.as_str() == Some(name)) {
            all.push(name);
        }
    }
    Value::Array(all)
}

/// Equal but for spaces, comments and quotes.
fn same(left: &Value, right: &Value) -> bool {
    match (left.as_array(), right.as_array()) {
        (Some(left), Some(right)) => left.iter().map(plain).eq(right.iter().map(plain)),
        (Some(_), None) | (None, Some(_)) => false,
        (None, None) => plain(left) == plain(right),
    }
}

fn plain(value: &Value) -> String {
    match value.as_str() {
        Some(text) => format!("{text:?}"),
        None => value.clone().decorated("", "").to_string(),
    }
}

fn append(text: &str, block: &str) -> String {
    let line_end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let gap = if text.is_empty() { "" } else { "\n" };
    format!("{text}{line_end}{gap}{block}")
}

/// Cuts a block that stands as [`append`] wrote it, unless somebody added keys to it.
fn without_block(text: &str, block: &str) -> Option<String> {
    let at = text.find(block)?;
    let (before, after) = (&text[..at], &text[at + block.len()..]);
    let says = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let alone = after.lines().find(says).is_none_or(|line| line.trim_start().starts_with('['));
    let starts_line = before.is_empty() || before.ends_with('\n');
    // The blank line of `append`; it is the file's first byte if the file was one line break.
    let before =
        before.strip_suffix('\n').filter(|b| b.is_empty() || b.ends_with('\n')).unwrap_or(before);
    let after = if before.is_empty() { after.strip_prefix('\n').unwrap_or(after) } else { after };
    (alone && starts_line).then(|| format!("{before}{after}"))
}

fn find<'t>(document: &'t DocumentMut, parent: &str, name: &str) -> Option<&'t dyn TableLike> {
    document.get(parent)?.as_table_like()?.get(name)?.as_table_like()
}

/// Key by key: what stood there returns, what did not goes; a table left empty goes too. A value
/// that is no longer ours is the user's.
fn take_back(document: &mut DocumentMut, part: &Part, stood: Option<&dyn TableLike>) -> bool {
    let parent = document.get_mut(part.parent).and_then(Item::as_table_like_mut);
    let Some(parent) = parent else { return false };
    let Some(table) = parent.get_mut(part.name).and_then(Item::as_table_like_mut) else {
        return false;
    };
    let edits = part.values.iter().filter(|(key, ours)| revert(table, key, ours, stood)).count();
    // A server without a command is no server: what else was written there goes with it.
    let useless =
        table.is_empty() || (part.name == "throughline" && !table.contains_key("command"));
    if edits > 0 && stood.is_none() && useless {
        parent.remove(part.name);
    }
    edits > 0
}

fn revert(
    table: &mut dyn TableLike,
    key: &str,
    ours: &Value,
    stood: Option<&dyn TableLike>,
) -> bool {
    let Some(now) = table.get_mut(key).and_then(Item::as_value_mut) else { return false };
    let is_ours = if key == "env_vars" { same(now, &joined(now, ours)) } else { same(now, ours) };
    if !is_ours {
        return false;
    }
    match stood.and_then(|stood| stood.get(key)).and_then(Item::as_value) {
        Some(old) if same(old, now) => return false,
        Some(old) => *now = old.clone(),
        None => drop(table.remove(key)),
    }
    true
}

/// Takes Codex's trust in the named hooks out, and tables that it leaves empty.
fn forget(document: &mut DocumentMut, trusted: &[String]) -> bool {
    let Some(hooks) = document.get_mut("hooks").and_then(Item::as_table_like_mut) else {
        return false;
    };
    let Some(state) = hooks.get_mut("state").and_then(Item::as_table_like_mut) else {
        return false;
    };
    let gone = trusted.iter().filter(|key| state.remove(key).is_some()).count();
    if gone > 0 && state.is_empty() {
        hooks.remove("state");
    }
    if gone > 0 && hooks.is_empty() {
        document.as_table_mut().remove("hooks");
    }
    gone > 0
}

#[cfg(test)]
mod tests;
