//! Tests of `funnel`: in each kind of record, which words are cleaned and which are left as they are.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::change::Change;
use crate::record::Record;
use crate::redact::specimens;
use crate::session::Session;
use crate::state::Field;

const CLEAN: &str = "[REDACTED:github-token]";

/// Records' bodies. `FREE` stands for a secret that has to go, `KEPT` for one in the place of an id, a path
/// or another thing that must stay what it is, so that records still fit together.
const BODIES: &[&str] = &[
    r#"{"change":{"verb":"KEPT","changes":[{"note":{"id":"n-aaaa","new":NOTE}}]}}"#,
    r#"{"abort":{"record":"r-1","changes":[{"note":{"id":"n-aaaa","old":NOTE}}]}}"#,
    r#"{"plan":{"session":"KEPT","agent":"KEPT","turn":"KEPT","steps":[STEP,STEP],"dropped":[STEP],
        "changes":[{"note":{"id":"n-aaaa","new":NOTE}}]}}"#,
    r#"{"turn_begin":{"session":"KEPT","turn":"KEPT","prompt":"say FREE","git":{"head":"KEPT"}}}"#,
    r#"{"approval":{"session":"KEPT","tool":"KEPT","what":"run FREE"}}"#,
    r#"{"tool_ran":{"session":"KEPT","tool":"KEPT","what":"run FREE"}}"#,
    r#"{"drift":{"session":"KEPT","drift":DRIFT,"asks":true}}"#,
    r#"{"reconcile":{"drift":DRIFT,"decisions":[],"by_default":true,"git":{"worktree":"KEPT"}}}"#,
    r#"{"line_begin":{"fork_point":"KEPT","settled":true,"git":{"head":"KEPT"}}}"#,
    r#"{"line_end":{"successor":"KEPT"}}"#,
    r#"{"session_start":{"session":"KEPT","source":"KEPT","transcript":"KEPT","agent_kind":"KEPT"}}"#,
    r#"{"turn_end":{"session":"KEPT","turn":"KEPT","interrupted":false,"git":{}}}"#,
    r#"{"subagent":{"session":"KEPT","agent":"KEPT","agent_type":"KEPT","stopped":true}}"#,
    r#"{"compacting":{"session":"KEPT"}}"#,
    r#"{"session_end":{"session":"KEPT","reason":"KEPT"}}"#,
    r#"{"intent":{"file":"KEPT","after":"KEPT","through":{"segment":1,"offset":2}}}"#,
];

const CHANGES: &[&str] = &[
    r#"{"create":{"id":"t-aaaa","place":"state","task":TASK}}"#,
    r#"{"remove":{"id":"t-aaaa","place":"private","task":TASK,"at":"2026-01-05T09:00:00Z"}}"#,
    r#"{"add":{"id":"t-aaaa","list":"labels","value":"FREE"}}"#,
    r#"{"drop":{"id":"t-aaaa","list":"labels","value":"FREE"}}"#,
    r#"{"add":{"id":"t-aaaa","list":"related","value":"KEPT"}}"#,
    r#"{"drop":{"id":"t-aaaa","list":"depends_on","value":"KEPT"}}"#,
    r#"{"show":{"id":"t-aaaa","evidence":EVIDENCE}}"#,
    r#"{"unshow":{"id":"t-aaaa","evidence":EVIDENCE}}"#,
    r#"{"promote":{"id":"t-aaaa"}}"#,
    r#"{"demote":{"id":"t-aaaa"}}"#,
    r#"{"milestone":{"id":"m-aaaa","old":{"status":"open","title":"FREE"},
        "new":{"status":"open","title":"a FREE"}}}"#,
    r#"{"note":{"id":"n-aaaa","old":NOTE,"new":NOTE}}"#,
    r#"{"snapshot":{"id":"FREE","old":SNAPSHOT,"new":SNAPSHOT}}"#,
    r#"{"resolve":{"at":"/tasks/t-aaaa/notes","old":{"value":"FREE","conflict":{"stands":"a FREE",
        "others":["FREE",["FREE",1],{"a":"FREE","b":true,"c":null}]}},"new":{"value":"FREE"}}}"#,
    r#"{"claim":{"id":"t-aaaa","old":{"owner":"FREE","until":"2026-01-05T09:00:00Z"},
        "new":{"owner":"a FREE","until":"2026-01-05T09:00:00Z"}}}"#,
    r#"{"focus":{"old":"t-aaaa"}}"#,
    r#"{"recall":{"session":"KEPT","past":PAST}}"#,
    r#"{"forget":{"session":"KEPT","past":PAST}}"#,
    r#"{"mirror":{"session":"KEPT","old":PLAN,"new":PLAN}}"#,
];

const SESSION: &str = r#"{"version":1,"id":"KEPT","agent":"KEPT","began":"2026-01-05T09:00:00Z",
    "last":"2026-01-05T09:00:00Z","ended":true,"through":{"segment":0,"offset":0},"transcript":"KEPT",
    "read_to":0,"turns":[{"id":"KEPT","status":"ended","began":"2026-01-05T09:00:00Z","line":"KEPT",
    "git_before":{"head":"KEPT"},"prompt":"FREE","answer":"a FREE","actions":[{"command":{"command":
    "FREE"}},{"files":{"paths":["FREE","b"]}},{"mcp":{"server":"FREE","tool":"a FREE"}}],"approvals":[
    {"tool":"KEPT","what":"FREE","outcome":"ran"}],"follow_ups":["FREE","a FREE"]}],"compactions":0,
    "digest":"a FREE","steps":[{"id":"t-aaaa","title":"FREE","status":"completed"}]}"#;

/// What several of them hold.
const PARTS: &[(&str, &str)] = &[
    (
        "TASK",
        r#"{"status":"pending","created_at":"2026-01-05T09:00:00Z","kind":"task","priority":2,"source":
        {"kind":"person","session":"KEPT"},"title":"FREE","ref":"FREE","owner":"FREE","labels":["FREE","b"],
        "acceptance":"a FREE","notes":"a FREE","target_commit":"FREE","adr":"FREE","adr_import":"KEPT",
        "reason":"FREE","evidence":[EVIDENCE]}"#,
    ),
    ("EVIDENCE", r#"{"commit":"KEPT","files":["FREE","b"],"session":"KEPT","turn":"KEPT"}"#),
    (
        "PLAN",
        r#"{"session":"KEPT","steps":[STEP],"dropped":[STEP],"stamp":{"at":"2026-01-05T09:00:00Z",
        "boot":"KEPT","since_boot":1}}"#,
    ),
    ("STEP", r#"{"task":"t-aaaa","text":"a FREE","status":"pending"}"#),
    ("NOTE", r#"{"at":"2026-01-05T09:00:00Z","session":"KEPT","text":"a FREE"}"#),
    ("SNAPSHOT", r#"{"at":"2026-01-05T09:00:00Z","commit":"KEPT","reason":"a FREE"}"#),
    (
        "PAST",
        r#"{"agent":"KEPT","transcript":"KEPT","line":"KEPT","began":"2026-01-05T09:00:00Z",
        "last":"2026-01-05T09:00:00Z","head":"KEPT"}"#,
    ),
    ("DRIFT", r#"{"kind":"advanced","also":[],"to":{"line":"KEPT"},"commits":["FREE","a FREE"]}"#),
];

fn secret() -> String {
    let found = specimens().into_iter().find(|(kind, _)| *kind == "github-token");
    found.expect("a specimen of it").1
}

/// `template` with the secret in all places, and with the secret only where it stays.
fn before_and_after<T: DeserializeOwned>(template: &str) -> (T, T) {
    let whole =
        PARTS.iter().fold(template.to_owned(), |text, (name, part)| text.replace(name, part));
    let read = |free: &str| {
        let text = whole.replace("FREE", free).replace("KEPT", &secret());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    };
    (read(&secret()), read(CLEAN))
}

fn cleans<T: DeserializeOwned + Serialize>(template: &str, redact: fn(&mut T)) {
    let (mut thing, clean) = before_and_after(template);
    redact(&mut thing);
    let text = |thing: &T| serde_json::to_string_pretty(thing).unwrap();
    assert_eq!(text(&thing), text(&clean));
    redact(&mut thing);
    assert_eq!(text(&thing), text(&clean), "once more changes nothing");
}

#[test]
fn free_text_of_every_record_is_cleaned_and_nothing_else() {
    for body in BODIES {
        let record = r#"{"v":1,"id":"r-1","at":"2026-01-05T09:00:00Z","boot":"KEPT","since_boot":1,
            "line":"KEPT","actor":{"agent":{"session":"KEPT"}},"unit":"u-1","body":"#;
        cleans(&format!("{record}{body}}}"), Record::redact);
    }
}

#[test]
fn free_text_of_every_change_is_cleaned_and_nothing_else() {
    for change in CHANGES {
        cleans(change, Change::redact);
    }
}

#[test]
fn free_text_of_a_session_is_cleaned_and_nothing_else() {
    cleans(SESSION, Session::redact);
}

#[test]
fn of_the_fields_those_are_cleaned_that_hold_words() {
    use Field::*;
    let kept = [Status, Kind, Priority, Parent, Milestone, DeferredUntil, AdrImport, CompletedAt];
    let free = [Title, Ref, Owner, Acceptance, Notes, TargetCommit, Adr, Reason];
    for (fields, word) in [(kept, "KEPT"), (free, "FREE")] {
        for field in fields {
            let field = serde_json::to_string(&field).unwrap();
            let set = format!(
                r#"{{"set":{{"id":"t-aaaa","field":{field},"old":"{word}","new":"a {word}"}}}}"#
            );
            cleans(&set, Change::redact);
        }
    }
}
