//! Our groups in Codex's `hooks.json`: text in, text out.
//!
//! A hook's trust is tied to its place (event, group, handler), so others' groups never move: ours
//! are put at the end of each event's list, and one that is taken out from before others leaves an
//! empty group there. Edits are splices: every byte that is not ours stays.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::error::OpsError;

/// An event of a turn to which we listen.
struct Event {
    name: &'static str,
    /// Of which tools, where that matters.
    matcher: Option<&'static str>,
    /// How many seconds Codex waits for us.
    timeout: u32,
}

const fn event(name: &'static str, matcher: Option<&'static str>, timeout: u32) -> Event {
    Event { name, matcher, timeout }
}

/// Codex clamps the last two to 3 seconds, with a warning.
const EVENTS: [Event; 11] = [
    event("SessionStart", None, 5),
    event("UserPromptSubmit", None, 5),
    event("PreToolUse", Some("Bash"), 5),
    event("PostToolUse", Some("update_plan|Bash|apply_patch"), 5),
    event("PermissionRequest", None, 5),
    event("PreCompact", None, 5),
    event("SubagentStart", None, 5),
    event("SubagentStop", None, 5),
    event("Stop", None, 5),
    event("SessionEnd", None, 3),
    event("Interrupt", None, 3),
];

/// How many hooks are ours when all is well.
pub(super) const COUNT: usize = EVENTS.len();

const ARGUMENTS: &str = " hook codex";

/// The command of our hooks, for a shell.
pub(super) fn command(thru: &Path) -> Result<String, OpsError> {
    let unfit =
        |problem: &str| OpsError::File { path: thru.to_owned(), problem: problem.to_owned() };
    if !thru.is_absolute() {
        return Err(unfit("is not an absolute path, which Codex needs"));
    }
    let path = thru.to_str().ok_or_else(|| unfit("is not UTF-8, which Codex's files are"))?;
    Ok(format!("'{}'{ARGUMENTS}", path.replace('\'', "'\\''")))
}

/// Adds our groups, or mends them where they stand. The text, and what is new in it.
pub(super) fn connect(text: &str, command: &str) -> Result<(String, Vec<String>), String> {
    let mut text = if text.trim().is_empty() { "{}\n".to_owned() } else { text.to_owned() };
    let root = members(&text)?;
    if !root.contains_key("hooks") {
        let whole = text.trim_start();
        let start = text.len() - whole.len();
        let whole = start..start + whole.trim_end().len();
        text = append(&text, whole, "\"hooks\": {}", /*depth*/ 1);
    }
    let mut summary = Vec::new();
    for event in &EVENTS {
        if let Some(next) = with_event(&text, event, command)? {
            text = next;
            summary.push(format!("hook {}: {command}", event.name));
        }
    }
    Ok((text, summary))
}

/// How our groups stand in a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Census {
    /// Events of ours whose first group is as this version writes it.
    pub(super) exact: usize,
    /// Events that have a group of ours, however it looks.
    pub(super) there: usize,
    /// Groups beyond the first of their event.
    pub(super) doubled: usize,
    /// The commands of ours, each once.
    pub(super) commands: BTreeSet<String>,
}

/// Counts our groups.
pub(super) fn census(text: &str, command: &str) -> Result<Census, String> {
    let mut census = Census::default();
    if text.trim().is_empty() {
        return Ok(census);
    }
    let lists = lists(text)?;
    for event in &EVENTS {
        let Some(list) = lists.get(event.name) else { continue };
        let groups = groups(event.name, list)?;
        let ours: Vec<_> = groups.into_iter().filter(|group| is_ours(group, command)).collect();
        let first = ours.first().map(|group| value(group));
        census.there += usize::from(first.is_some());
        census.exact += usize::from(first.is_some_and(|group_| group_ == group(event, command)));
        census.doubled += ours.len().saturating_sub(1);
        let theirs =
            |part: &&RawValue| value(part)["hooks"][0]["command"].as_str().map(str::to_owned);
        census.commands.extend(ours.iter().filter_map(theirs));
    }
    Ok(census)
}

/// Takes our groups out.
pub(super) fn disconnect(text: &str, command: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Ok(text.to_owned());
    }
    let mut text = text.to_owned();
    while let Some(next) = without_one(&text, command)? {
        text = next;
    }
    let root = members(&text)?;
    let Some(hooks) = root.get("hooks") else { return Ok(text) };
    let empty = hooks.get().trim_matches(['{', '}']).trim().is_empty();
    Ok(if empty { without_member(&text, "hooks", &span(&text, hooks)) } else { text })
}

/// Whether nothing but an empty object is left.
pub(super) fn is_empty(text: &str) -> bool {
    members(text).is_ok_and(|root| root.is_empty())
}

type Members<'t> = BTreeMap<String, &'t RawValue>;

fn members(text: &str) -> Result<Members<'_>, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// The lists of groups by event.
fn lists(text: &str) -> Result<BTreeMap<String, &RawValue>, String> {
    let root = members(text)?;
    let Some(hooks) = root.get("hooks") else { return Ok(BTreeMap::new()) };
    members(hooks.get()).map_err(|_| "`hooks` is not an object".to_owned())
}

fn groups<'t>(event: &str, list: &'t RawValue) -> Result<Vec<&'t RawValue>, String> {
    serde_json::from_str(list.get()).map_err(|_| format!("`hooks.{event}` is not a list"))
}

/// Where a part that was borrowed from this text stands in it.
fn span(text: &str, part: &RawValue) -> Range<usize> {
    let start = part.get().as_ptr().addr() - text.as_ptr().addr();
    start..start + part.get().len()
}

fn with_event(text: &str, event: &Event, command: &str) -> Result<Option<String>, String> {
    let wanted = group(event, command);
    let lists = lists(text)?;
    let Some(list) = lists.get(event.name) else {
        let root = members(text)?;
        let hooks = span(text, root.get("hooks").ok_or("`hooks` is missing")?);
        let member = format!("\"{}\": [\n      {}\n    ]", event.name, pretty(&wanted));
        return Ok(Some(append(text, hooks, &member, /*depth*/ 2)));
    };
    let groups = groups(event.name, list)?;
    let ours = groups.iter().find(|group| is_ours(group, command));
    let Some(place) = ours.or_else(|| groups.iter().find(|group| is_spare(group))) else {
        return Ok(Some(append(text, span(text, list), &pretty(&wanted), /*depth*/ 3)));
    };
    if value(place) == wanted {
        return Ok(None);
    }
    Ok(Some(replaced(text, span(text, place), &pretty(&wanted))))
}

/// Without the last group of ours that is found.
fn without_one(text: &str, command: &str) -> Result<Option<String>, String> {
    for (event, list) in lists(text)? {
        let groups = groups(&event, list)?;
        let Some(at) = groups.iter().rposition(|group| is_ours(group, command)) else { continue };
        let place = span(text, groups[at]);
        if groups.len() == 1 {
            return Ok(Some(without_member(text, &event, &span(text, list))));
        }
        if at + 1 == groups.len() {
            return Ok(Some(cut(text, place)));
        }
        return Ok(Some(replaced(text, place, SPARE)));
    }
    Ok(None)
}

fn replaced(text: &str, place: Range<usize>, by: &str) -> String {
    format!("{}{by}{}", &text[..place.start], &text[place.end..])
}

fn value(part: &RawValue) -> Value {
    serde_json::from_str(part.get()).unwrap_or_default()
}

/// Holds the place of a group. Codex counts it and runs nothing.
const SPARE: &str = "{ \"hooks\": [] }";

fn is_spare(group: &RawValue) -> bool {
    value(group) == json!({ "hooks": [] })
}

/// Whether a group is ours alone, of whatever version and path.
fn is_ours(group: &RawValue, command: &str) -> bool {
    let group = value(group);
    let Some([hook]) = group["hooks"].as_array().map(Vec::as_slice) else { return false };
    let Some(theirs) = hook["command"].as_str() else { return false };
    let program = theirs.strip_suffix(ARGUMENTS).map(|program| program.trim_matches('\''));
    let is_thru = |program| Path::new(program).file_name().is_some_and(|name| name == "thru");
    theirs == command || program.is_some_and(is_thru)
}

fn group(event: &Event, command: &str) -> Value {
    let hook = json!({ "type": "command", "command": command, "timeout": event.timeout });
    match event.matcher {
        Some(matcher) => json!({ "matcher": matcher, "hooks": [hook] }),
        None => json!({ "hooks": [hook] }),
    }
}

/// A group as it stands in a file of our own.
fn pretty(group: &Value) -> String {
    format!("{group:#}").replace('\n', "\n      ")
}

/// Puts an item behind the last one of the list or object that stands at `container`.
fn append(text: &str, container: Range<usize>, item: &str, depth: usize) -> String {
    let (start, end) = (container.start + 1, container.end - 1);
    let inside = text[start..end].trim_end();
    let at = start + inside.len();
    let (before, after) = (&text[..at], &text[at..]);
    let (indent, outer) = ("  ".repeat(depth), "  ".repeat(depth - 1));
    if inside.is_empty() {
        return format!("{before}\n{indent}{item}\n{outer}{}", &text[end..]);
    }
    format!("{before},\n{indent}{item}{after}")
}

/// Cuts an item with the comma that parts it from its neighbour.
fn cut(text: &str, item: Range<usize>) -> String {
    let before = text[..item.start].trim_end();
    let after = text[item.end..].trim_start();
    if let Some(before) = before.strip_suffix(',') {
        return format!("{before}{}", &text[item.end..]);
    }
    match after.strip_prefix(',') {
        Some(after) => format!("{}{}", &text[..item.start], after.trim_start()),
        None => format!("{before}{after}"),
    }
}

/// Cuts a member of an object, given where its value stands.
fn without_member(text: &str, name: &str, value: &Range<usize>) -> String {
    let before = text[..value.start].trim_end();
    let key = format!("\"{name}\"");
    let key = before.strip_suffix(':').and_then(|before| before.trim_end().strip_suffix(&key));
    match key {
        Some(before) => cut(text, before.len()..value.end),
        // Written with escapes, by somebody else: an empty value does no harm.
        None => format!("{}{}", &text[..=value.start], &text[value.end - 1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMAND: &str = "'/opt/thru' hook codex";

    fn connected(text: &str) -> String {
        connect(text, COMMAND).expect("edit").0
    }

    fn commands(text: &str, event: &str) -> Vec<String> {
        let root: Value = serde_json::from_str(text).expect("json");
        let groups = root["hooks"][event].as_array().cloned().unwrap_or_default();
        let command = |group: Value| group["hooks"][0]["command"].as_str().map(str::to_owned);
        groups.into_iter().map(|group| command(group).unwrap_or_default()).collect()
    }

    #[test]
    fn a_new_file_is_plain_json_and_nothing_is_left_of_it() {
        let text = connected("");
        let value: Value = serde_json::from_str(&text).expect("json");
        assert_eq!(text.lines().count(), format!("{value:#}").lines().count(), "{text}");
        assert_eq!(value["hooks"].as_object().map(serde_json::Map::len), Some(COUNT));
        assert_eq!(value["hooks"]["PreToolUse"][0]["matcher"], "Bash");
        assert!(is_empty(&disconnect(&text, COMMAND).expect("edit")));
    }

    #[test]
    fn others_keep_every_byte_and_taking_back_is_the_identity() {
        let texts = [
            r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"a"}]}]}}"#,
            "{\n\t\"version\" : 1.50,\n\t\"hooks\" : { \"Stop\" : [ {\"hooks\": [] , \"x\": 1} ] }\n}",
            r#"{"b": 1, "a": {"hooks": {}}, "hooks": {"PreModelRequest": [{"hooks": []}]}, "z": 2}"#,
            "{\"other\": [ ]}\n\n",
        ];
        for text in texts {
            let (once, summary) = connect(text, COMMAND).expect("edit");
            assert_eq!(summary.len(), COUNT, "{text}");
            assert_eq!(connect(&once, COMMAND), Ok((once.clone(), Vec::new())));
            assert_eq!(disconnect(&once, COMMAND).as_deref(), Ok(text), "{once}");
        }
    }

    #[test]
    fn nobody_moves() {
        let text = r#"{"hooks": {"Stop": [{"hooks": [{"command": "a"}]}]}}"#;
        let once = connected(text);
        assert_eq!(commands(&once, "Stop"), ["a", COMMAND]);
        let later = once.replacen(
            "      }\n    ]",
            "      }, {\"hooks\": [{\"command\": \"b\"}]}\n    ]",
            20,
        );
        let stop = commands(&later, "SessionStart");
        assert_eq!(stop, [COMMAND, "b"], "{later}");
        let out = disconnect(&later, COMMAND).expect("edit");
        assert_eq!(commands(&out, "SessionStart"), ["", "b"], "{out}");
        assert_eq!(commands(&connected(&out), "SessionStart"), [COMMAND, "b"]);
    }

    #[test]
    fn a_new_path_takes_the_old_ones_place() {
        let (old, _) = connect("", "'/old/thru' hook codex").expect("edit");
        let (new, summary) = connect(&old, COMMAND).expect("edit");
        assert_eq!(new, old.replace("/old/thru", "/opt/thru"));
        assert_eq!(summary.len(), COUNT);
    }

    #[test]
    fn a_group_shared_with_others_is_not_ours() {
        let mixed = format!(
            r#"{{"hooks": {{"Stop": [{{"hooks": [{{"command": "{COMMAND}"}}, {{"command": "x"}}]}}]}}}}"#
        );
        assert_eq!(disconnect(&mixed, COMMAND).as_deref(), Ok(mixed.as_str()));
        let lookalike =
            mixed.replace(", {\"command\": \"x\"}", "").replace("/opt/thru", "thruster");
        assert_eq!(disconnect(&lookalike, COMMAND), Ok(lookalike.clone()));
    }

    #[test]
    fn what_is_malformed_is_refused() {
        let cases = [
            ("{\n\"hooks\": {,}", "line 2"),
            ("[]", "invalid type"),
            (r#"{"hooks": []}"#, "`hooks` is not an object"),
            (r#"{"hooks": {"Stop": 1}}"#, "`hooks.Stop` is not a list"),
        ];
        for (text, expected) in cases {
            let error = connect(text, COMMAND).expect_err(text);
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_path_is_quoted_for_the_shell() {
        let quoted = command(Path::new("/o'clock and/thru")).expect("absolute");
        assert_eq!(quoted, r"'/o'\''clock and/thru' hook codex");
        assert!(command(Path::new("thru")).is_err());
    }
}
