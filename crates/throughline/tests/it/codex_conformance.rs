//! One client script on Codex's app-server and on ours, over the same sessions: the answers have the shapes
//! of the schema that the real binary writes, and say the same but for what [`DIFFERENCES`] lists.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json as object};
use throughline_testkit::{Codex, Provider, Script, Step, World};

use crate::codex::{connected, folded};
use crate::rpc::Client;
use crate::text;

/// Members whose values differ, and why. `docs/app-server.md` has the same list; a test holds that.
pub(crate) const DIFFERENCES: [(&str, &str); 12] = [
    ("historyMode", "not told: no index has it, and nothing is made up"),
    ("originator", "null: the index does not keep it"),
    ("threadSource", "null: it is an analytics word of Codex's"),
    ("preview", "the first line of the first prompt"),
    ("agent", "ours alone: whose conversation it is"),
    ("readStates", "null: what was read is not kept"),
    ("readState", "null: what was read is not kept"),
    ("rootTurnId", "null: the index does not keep it"),
    ("durationMs", "of a turn, from its first to its last line; of an item the same as Codex's"),
    ("recencyAt", "when the user last said something; Codex's is when its turn began"),
    ("nextCursor", "opaque; ours hold another place"),
    ("backwardsCursor", "opaque; ours hold another place"),
];

struct Both {
    world: World,
    codex: Client,
    ours: Client,
    schemas: Value,
}

/// Three conversations, one of them with a command, a patch and a second turn.
fn sessions(codex: &Codex) -> World {
    let world = connected(codex);
    world.write("a.txt", "one\n");
    let patch = "*** Begin Patch\n*** Add File: b.txt\n+hello\n*** Update File: a.txt\n@@\n-one\n+two\n*** End Patch\n";
    let provider = Provider::start(Script::steps([
        Step::text("Let me look.").shell("echo hi; cat a.txt"),
        Step::new().plan(&[("One", "in_progress"), ("Two", "pending")]),
        Step::new().patch(patch),
        Step::text("All done."),
        Step::new().shell("false"),
        Step::text("Second done."),
        Step::text("Other done."),
        Step::text("Third done."),
    ]));
    let session = world.codex(codex, &provider);
    session.exec("Fix the greeting\n\nwith details").assert_success();
    session.resume("And again").assert_success();
    session.exec("Something else").assert_success();
    session.exec("A third thing").assert_success();
    folded(&world, "Third done.");
    world
}

impl Both {
    fn start() -> Option<Self> {
        let codex = Codex::required()?;
        let world = sessions(&codex);
        let schemas = schemas(&world, &codex);
        let (theirs, ours) = (Client::of_codex(&world, &codex), Client::of_ours(&world));
        Some(Self { world, codex: theirs, ours, schemas })
    }

    /// Asks both; both answers are as the schema has them. Theirs and ours.
    fn call(&mut self, method: &str, of: &str, params: &Value) -> (Value, Value) {
        let theirs = self.codex.call(method, params.clone());
        let ours = self.ours.call(method, params.clone());
        for (whose, answer) in [("Codex's", &theirs), ("our", &ours)] {
            let wrong = self.faults(of, answer);
            assert!(
                wrong.is_empty(),
                "{whose} answer to {method} is no {of}: {wrong:?}\n{answer:#}"
            );
        }
        (theirs, ours)
    }

    /// As [`Both::call`], and both say the same.
    fn agree(&mut self, method: &str, of: &str, params: &Value) -> (Value, Value) {
        let (theirs, ours) = self.call(method, of, params);
        let (mut a, mut b) = (theirs.clone(), ours.clone());
        without_differences(&mut a);
        without_differences(&mut b);
        assert!(is_same(&a, &b), "{method} {params}\ntheirs: {a:#}\nours: {b:#}");
        (theirs, ours)
    }

    /// Both refuse, in the same words where `same`.
    fn refuse(&mut self, method: &str, params: &Value) -> (String, String) {
        let number = |answer: &Value| answer["error"]["code"].as_i64();
        let (theirs, ours) = (
            self.codex.try_call(method, params.clone()),
            self.ours.try_call(method, params.clone()),
        );
        assert_eq!(
            (number(&theirs), number(&ours)),
            (Some(-32600), Some(-32600)),
            "{method} {params}: {theirs} {ours}"
        );
        (text(&theirs["error"]["message"]), text(&ours["error"]["message"]))
    }

    fn faults(&self, of: &str, answer: &Value) -> Vec<String> {
        let mut schema = self.schemas.clone();
        schema["$ref"] = format!("#/definitions/{of}").into();
        for name in ["title", "type"] {
            schema.as_object_mut().expect("an object").remove(name);
        }
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        validator.iter_errors(answer).map(|e| format!("{}: {e}", e.instance_path())).collect()
    }

    fn threads(&mut self) -> Vec<String> {
        let listed = self.codex.call("thread/list", exec());
        listed["data"].as_array().expect("a page").iter().map(|t| text(&t["id"])).collect()
    }
}

fn exec() -> Value {
    object!({ "sourceKinds": ["exec"], "modelProviders": [] })
}

fn with(mut params: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().expect("an object") {
        params[name] = value.clone();
    }
    params
}

/// As the real binary has them.
fn schemas(world: &World, codex: &Codex) -> Value {
    let folder: PathBuf = world.state().join("schemas");
    let mut command: Command = world.command(codex.native(), Path::new("/"));
    command.args(["app-server", "generate-json-schema", "--experimental", "--out"]).arg(&folder);
    assert!(command.status().expect("it starts").success());
    let file = folder.join("codex_app_server_protocol.v2.schemas.json");
    serde_json::from_str(&std::fs::read_to_string(file).expect("schemas")).expect("JSON")
}

fn without_differences(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(without_differences),
        Value::Object(members) => {
            let is_turn = members.contains_key("itemsView");
            members.retain(|name, _| match name.as_str() {
                "durationMs" => !is_turn,
                name => !DIFFERENCES.iter().any(|(differs, _)| *differs == name),
            });
            members.values_mut().for_each(without_differences);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Times of a conversation in seconds: what one takes from a file's name and the other from its first line may
/// lie on both sides of a full one.
const TIMES: [&str; 4] = ["createdAt", "updatedAt", "startedAt", "completedAt"];

fn is_same(theirs: &Value, ours: &Value) -> bool {
    match (theirs, ours) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let member = |(name, a): (&String, &Value)| {
                let Some(b) = b.get(name) else { return false };
                match (a.as_i64(), b.as_i64()) {
                    (Some(a), Some(b)) if TIMES.contains(&name.as_str()) => a.abs_diff(b) <= 1,
                    (_, _) => is_same(a, b),
                }
            };
            a.len() == b.len() && a.iter().all(member)
        }
        (a, b) => a == b,
    }
}

#[test]
fn real_codex_and_we_list_and_read_the_same_conversations() {
    let Some(mut both) = Both::start() else { return };
    both.call("thread/loaded/list", "ThreadLoadedListResponse", &object!({}));
    let (_, ours) = both.agree("thread/list", "ThreadListResponse", &exec());
    assert_eq!(ours["data"].as_array().map(Vec::len), Some(3));
    for more in [
        object!({ "sortDirection": "asc" }),
        object!({ "sortKey": "updated_at" }),
        object!({ "sortKey": "recency_at", "limit": 2 }),
        object!({ "limit": 0 }),
        object!({ "archived": true }),
        object!({ "cwd": both.world.repo() }),
        object!({ "cwd": ["/nowhere"] }),
        object!({ "modelProviders": ["nobody"] }),
        object!({ "sourceKinds": [] }),
        object!({ "sourceKinds": ["cli", "subAgent", "unknown"] }),
        object!({ "searchTerm": "Something" }),
        object!({ "excludedThreadIds": [both.threads()[0]] }),
    ] {
        both.agree("thread/list", "ThreadListResponse", &with(exec(), &more));
    }
    for thread in both.threads() {
        let of = object!({ "threadId": thread });
        both.agree("thread/read", "ThreadReadResponse", &of);
        for more in [
            object!({}),
            object!({ "itemsView": "full" }),
            object!({ "itemsView": "notLoaded", "sortDirection": "asc" }),
            object!({ "limit": 1 }),
        ] {
            both.agree("thread/turns/list", "ThreadTurnsListResponse", &with(of.clone(), &more));
        }
        for more in [object!({}), object!({ "limit": 2 }), object!({ "sortDirection": "desc" })] {
            both.agree("thread/items/list", "ThreadItemsListResponse", &with(of.clone(), &more));
        }
    }
}

#[test]
fn real_codex_and_we_turn_the_same_pages() {
    let Some(mut both) = Both::start() else { return };
    let pages = |client: &mut Client, method: &str, params: &Value, direction: &str| {
        let mut pages = Vec::new();
        let mut cursor = Value::Null;
        loop {
            let more = object!({ "cursor": cursor, "limit": 1, "sortDirection": direction });
            let mut page = client.call(method, with(params.clone(), &more));
            cursor = page["nextCursor"].clone();
            without_differences(&mut page);
            pages.push(page);
            if cursor.is_null() {
                return pages;
            }
        }
    };
    let last = both.threads().pop().expect("the first conversation");
    let of = object!({ "threadId": last });
    for (method, params) in
        [("thread/list", exec()), ("thread/turns/list", of.clone()), ("thread/items/list", of)]
    {
        for direction in ["asc", "desc"] {
            let theirs = pages(&mut both.codex, method, &params, direction);
            let ours = pages(&mut both.ours, method, &params, direction);
            let same =
                theirs.len() == ours.len() && theirs.iter().zip(&ours).all(|(a, b)| is_same(a, b));
            assert!(same, "{method} {direction}\ntheirs: {theirs:#?}\nours: {ours:#?}");
        }
    }
}

#[test]
fn real_codex_and_we_take_and_refuse_the_same_changes() {
    let Some(mut both) = Both::start() else { return };
    let thread = both.threads().remove(0);
    let of = || object!({ "threadId": thread });
    both.agree(
        "thread/name/set",
        "ThreadSetNameResponse",
        &with(of(), &object!({ "name": "The third" })),
    );
    let read = |both: &mut Both| {
        let (theirs, ours) =
            both.agree("thread/read", "ThreadReadResponse", &object!({ "threadId": thread }));
        assert_eq!(theirs["thread"]["name"], ours["thread"]["name"]);
        ours
    };
    assert_eq!(read(&mut both)["thread"]["name"], "The third");
    let git = object!({ "gitInfo": { "branch": null, "sha": "abcdef1234567" } });
    both.call("thread/metadata/update", "ThreadMetadataUpdateResponse", &with(of(), &git));
    assert_eq!(read(&mut both)["thread"]["gitInfo"]["branch"], Value::Null);

    both.agree("thread/goal/get", "ThreadGoalGetResponse", &of());
    for more in [
        object!({ "objective": "Reach it", "tokenBudget": 1000 }),
        object!({ "objective": "Reach it well" }),
        object!({ "status": "paused" }),
        object!({ "status": "active", "tokenBudget": null }),
        object!({}),
        object!({ "status": "complete" }),
    ] {
        let (theirs, ours) =
            both.call("thread/goal/set", "ThreadGoalSetResponse", &with(of(), &more));
        for member in ["objective", "status", "tokenBudget", "tokensUsed", "threadId"] {
            assert_eq!(theirs["goal"][member], ours["goal"][member], "{more}: {member}");
        }
    }
    both.agree("thread/goal/clear", "ThreadGoalClearResponse", &of());
    both.agree("thread/goal/clear", "ThreadGoalClearResponse", &of());

    for (method, more) in [
        ("thread/name/set", object!({ "name": " " })),
        ("thread/metadata/update", object!({})),
        ("thread/metadata/update", object!({ "gitInfo": {} })),
        ("thread/metadata/update", object!({ "gitInfo": { "branch": "" } })),
        ("thread/goal/set", object!({ "objective": "" })),
        ("thread/goal/set", object!({ "objective": "x", "tokenBudget": 0 })),
        ("thread/goal/set", object!({ "objective": "x".repeat(4001) })),
        ("thread/unarchive", object!({})),
        ("thread/turns/list", object!({ "cursor": "zzz" })),
    ] {
        let (theirs, ours) = both.refuse(method, &with(of(), &more));
        assert_eq!(theirs, ours, "{method} {more}");
    }
    for (method, params) in [
        ("thread/read", object!({})),
        ("thread/read", object!({ "threadId": 7 })),
        ("thread/read", object!({ "threadId": "nope" })),
        ("thread/read", object!({ "threadId": "01a1fc3f-b780-7a01-bca3-11463be62a00" })),
        ("thread/list", object!({ "cursor": "zzz" })),
        ("thread/list", object!({ "limit": "x" })),
        ("thread/goal/set", with(of(), &object!({ "status": "paused" }))),
        ("nope/nope", object!({})),
        ("initialize", object!({ "clientInfo": { "name": "again", "version": "1" } })),
    ] {
        both.refuse(method, &params);
    }
    // Last, as Codex moves the file: what it archived itself only it brings back.
    both.ours.call("thread/archive", of());
    let listed = with(exec(), &object!({ "archived": true }));
    assert_eq!(text(&both.ours.call("thread/list", listed)["data"][0]["id"]), thread);
    both.ours.call("thread/unarchive", of());
    for notification in ["thread/name/updated", "thread/goal/updated", "thread/goal/cleared"] {
        let (theirs, ours) = (both.codex.told(notification), both.ours.told(notification));
        assert_eq!(theirs.len(), ours.len(), "{notification}");
        let names = |told: &Value| told.as_object().map(|o| o.keys().cloned().collect::<Vec<_>>());
        let sorted = |told: &Value| {
            names(told).map(|mut names| {
                names.sort();
                names
            })
        };
        assert_eq!(sorted(theirs[0]), sorted(ours[0]), "{notification}");
    }
}

#[test]
fn every_difference_is_in_the_docs() {
    let docs = include_str!("../../../../docs/app-server.md");
    for (member, why) in DIFFERENCES {
        assert!(
            docs.contains(&format!("| `{member}` | {why} |")),
            "docs/app-server.md: | `{member}` | {why} |"
        );
    }
}

/// What both have must be the same; so nothing else of ours may have a name of Codex's.
#[test]
fn real_codex_has_no_method_that_means_something_else_here() {
    let Some(codex) = Codex::required() else { return };
    let world = crate::project();
    let mut theirs = Client::of_codex(&world, &codex);
    let said = theirs.refused("nope/nope", object!({}));
    let known: Vec<&str> = said.split('`').skip(3).step_by(2).collect();
    assert!(known.len() > 100 && known.contains(&"thread/list"), "{said}");
    let listed = Client::of_ours(&world).call("server/methods", object!({}));
    let ours = listed["methods"].as_array().expect("a list").iter().map(text);
    let shared: Vec<String> = ours.filter(|name| known.contains(&name.as_str())).collect();
    assert!(shared.iter().all(|name| name.starts_with("thread/")), "{shared:?}");
    assert_eq!(shared.len(), 13, "{shared:?}");
}
