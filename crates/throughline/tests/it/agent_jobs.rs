//! `thru jobs`: with small programs as agents, and with the real Codex as workers whose runner is killed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use throughline_testkit::{Codex, Effort, Pane, Provider, Script, Step, World};

use crate::codex::{BEGIN, START, connected};
use crate::{bare_world, project, text};

/// Nothing here takes that long, unless it hangs.
const LIMIT: Duration = Duration::from_secs(120);

/// `thru` with the real clock: retries and leases need one that moves.
fn thru(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command(world.binary(), &world.repo());
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn ran(world: &World, arguments: &[&str]) -> Output {
    thru(world, arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    format!("{out}\n[stderr]\n{err}")
}

fn answer(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", said(output)))
}

fn asked(world: &World, arguments: &[&str]) -> Value {
    answer(&ran(world, &[arguments, &["--json"]].concat()))
}

fn items(world: &World) -> Vec<Value> {
    let jobs = asked(world, &["jobs", "list"]);
    let id = text(&jobs["jobs"][0]["id"]);
    if id.is_empty() {
        return Vec::new();
    }
    asked(world, &["jobs", "show", &id])["list"].as_array().cloned().unwrap_or_default()
}

fn id_of(world: &World) -> String {
    text(&asked(world, &["jobs", "list"])["jobs"][0]["id"])
}

/// Until the items are as wanted.
fn until(world: &World, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let items = items(world);
        if wanted(&items) {
            return items;
        }
        assert!(begun.elapsed() < LIMIT, "{items:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Writes a program that is an agent: it has the item on its standard input.
fn program(world: &World, script: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let path = world.root().join("agent.sh");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn table(world: &World, rows: u32) {
    let rows: String = (1..=rows).map(|row| format!("n{row},\"value, {row}\"\n")).collect();
    world.write("t.csv", format!("name,value\n{rows}"));
}

const RUN: [&str; 9] = [
    "jobs",
    "run",
    "--csv",
    "t.csv",
    "--id",
    "name",
    "--instruction",
    "do {value}",
    "--retry-delay=0s",
];

fn run_of<'a>(program: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&RUN, more, &["--agent", "command", "--", program]].concat()
}

fn by_name(items: &[Value]) -> BTreeMap<String, &Value> {
    items.iter().map(|item| (text(&item["item"]), item)).collect()
}

#[test]
fn results_are_checked_and_exported_and_what_failed_can_be_tried_anew() {
    let world = bare_world();
    table(&world, 4);
    world.write(
        "schema.json",
        r#"{"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}"#,
    );
    // n2 does not fit, n3 fails until a file is there.
    let agent = program(
        &world,
        r#"
cat > "$THROUGHLINE_ITEM.given"
case $THROUGHLINE_ITEM in
  n2) echo '{"n": "two"}' ;;
  n3) test -e ready || { echo first >&2; echo 'not ready' >&2; exit 7; }; echo '{"n": 3}' ;;
  *) echo "{\"n\": $THROUGHLINE_ROW}" ;;
esac"#,
    );
    let more = ["--attempts=2", "--output-schema=schema.json", "--output=out.csv"];
    let output = ran(&world, &run_of(&agent, &more));
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let shown = items(&world);
    let shown = by_name(&shown);
    assert_eq!(shown["n1"]["result"], json!({"n": 1}));
    assert_eq!((&shown["n2"]["status"], &shown["n2"]["attempts"]), (&json!("failed"), &json!(2)));
    let unfit = text(&shown["n2"]["error"]);
    assert!(unfit.contains("does not fit its schema: at `/n`"), "{unfit}");
    assert_eq!(shown["n3"]["error"], "exit status: 7: not ready");
    let given: Value = serde_json::from_str(&world.read("n4.given")).unwrap();
    let cells = json!({"name": "n4", "value": "value, 4"});
    assert_eq!((&given["cells"], &given["instruction"]), (&cells, &json!("do value, 4")));

    let id = id_of(&world);
    let logs = String::from_utf8(ran(&world, &["jobs", "logs", &id, "n3"]).stdout).unwrap();
    assert!(logs.contains("n3, attempt 2") && logs.contains("not ready"), "{logs}");
    world.write("ready", "");
    let again = asked(&world, &["jobs", "resume", &id, "--again"]);
    assert_eq!(
        again["items"],
        json!({"pending": 0, "running": 0, "completed": 3, "failed": 1, "cancelled": 0})
    );
    assert_eq!(world.read("out.csv"), "\
name,value,thru_item,thru_status,thru_attempts,thru_error,thru_result
n1,\"value, 1\",n1,completed,1,,\"{\"\"n\"\":1}\"
n2,\"value, 2\",n2,failed,2,\"the result does not fit its schema: at `/n`: \"\"two\"\" is not of type \"\"integer\"\"\",
n3,\"value, 3\",n3,completed,1,,\"{\"\"n\"\":3}\"
n4,\"value, 4\",n4,completed,1,,\"{\"\"n\"\":4}\"
");
    let lines = world.read("out.jsonl");
    let printed = ran(&world, &["jobs", "export", &id, "--format=jsonl"]);
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), lines);
    let third: Value = serde_json::from_str(lines.lines().nth(2).unwrap()).unwrap();
    assert_eq!((&third["item"], &third["result"]["n"]), (&json!("n3"), &json!(3)));
    let events = asked(&world, &["logs", "-n", "1000"]);
    let events = events["events"].as_array().unwrap().iter();
    let words: Vec<_> = events.filter(|e| e["kind"] == "job").map(|e| text(&e["word"])).collect();
    for word in ["item_completed", "item_retried", "item_failed", "run_failed"] {
        assert!(words.iter().any(|found| found == word), "{word} in {words:?}");
    }
}

#[test]
fn what_is_wrong_is_said_before_anything_starts() {
    let world = bare_world();
    table(&world, 1);
    world.write("bad.json", r#"{"type": 7}"#);
    let agent = program(&world, "touch started");
    let cases: [(&[&str], &str); 7] = [
        (
            &["--instruction", "{valu}"],
            "line 1, character 1: there is no column `valu`; there are name, value",
        ),
        (&["--instruction", "a } b"], "line 1, character 3: a lone `}`"),
        (&["--instruction", "x", "--id", "no"], "there is no column `no`"),
        (&["--instruction", "x", "--output-schema", "bad.json"], "bad.json: no JSON Schema"),
        (&["--instruction", "x", "--output-schema", "t.csv"], "t.csv: "),
        (&["--instruction", "x", "--max-runtime", "soon"], "it is a time such as 90s"),
        (&["--instruction", "x", "--concurrency", "0"], "0 is not in 1..=64"),
    ];
    for (more, sentence) in cases {
        let words =
            [&["jobs", "run", "--csv", "t.csv"], more, &["--agent", "command", "--", &agent]];
        let output = ran(&world, &words.concat());
        assert!(!output.status.success() && said(&output).contains(sentence), "{}", said(&output));
    }
    let words = ["jobs", "run", "--csv", "t.csv", "--instruction", "x"];
    let path = world.root().join("bin");
    std::fs::create_dir(&path).unwrap();
    let output = thru(&world, &words).env("PATH", &path).output().unwrap();
    assert!(said(&output).contains("there is no `codex` on the PATH"), "{}", said(&output));
    std::fs::write(path.join("codex"), "").unwrap();
    let yolo = [&words[..], &["--", "--dangerously-bypass-approvals-and-sandbox"]].concat();
    let output = thru(&world, &yolo).env("PATH", &path).output().unwrap();
    assert!(said(&output).contains("is not for workers"), "{}", said(&output));
    assert_eq!(asked(&world, &["jobs", "list"]), json!({"jobs": []}));
    assert!(!world.repo().join("started").exists());
}

/// Notes an overlap if an earlier worker of the same item still runs; `$1` is its process.
const NO_TWO: &str = r#"
at=$THRU_TEST_AT/$THROUGHLINE_ITEM
if test -e "$at" && grep -q '^State:.[RSDT]' "/proc/$(cat "$at")/status" 2>/dev/null; then
  echo "$THROUGHLINE_ITEM" >> "$THRU_TEST_AT/overlaps"
fi
echo $$ > "$at.new" && mv "$at.new" "$at"
echo "$THROUGHLINE_ITEM" >> "$THRU_TEST_AT/starts"
"#;

fn folder_of_marks(world: &World) -> PathBuf {
    let folder = world.root().join("at");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn spawned(world: &World, arguments: &[&str]) -> Child {
    let mut command = thru(world, arguments);
    command.env("THRU_TEST_AT", folder_of_marks(world));
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn ended(mut child: Child) -> Option<i32> {
    let begun = Instant::now();
    while begun.elapsed() < LIMIT {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    panic!("it does not end");
}

fn is_running(item: &Value) -> bool {
    item["status"] == "running" && !item["began"].is_null()
}

fn is_alive(pid: &Value) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    !status.is_empty() && !status.contains("State:\tZ") && !status.contains("State:\tX")
}

#[test]
fn cancelled_items_end_their_workers_and_the_runner() {
    let world = bare_world();
    table(&world, 5);
    let agent = program(&world, &format!("{NO_TWO} sleep 600 & wait"));
    let runner = spawned(&world, &run_of(&agent, &["--concurrency=2"]));
    let at_work = until(&world, |items| items.iter().filter(|item| is_running(item)).count() == 2);
    let at_work: Vec<&Value> = at_work.iter().filter(|item| is_running(item)).collect();
    let id = id_of(&world);
    let busy = ran(&world, &["jobs", "resume", &id]);
    assert_eq!(busy.status.code(), Some(5), "somebody runs it: {}", said(&busy));
    let cancelled = asked(&world, &["jobs", "cancel", &id]);
    assert_eq!((&cancelled["items"], &cancelled["workers"]), (&json!(5), &json!(2)));
    assert_eq!(ended(runner), Some(1));
    assert!(at_work.iter().all(|item| !is_alive(&item["process"])));
    assert!(items(&world).iter().all(|item| item["status"] == "cancelled"));
    let late = reported(&world, &id, at_work[0], &json!(1));
    assert!(late.contains("not yours any more"), "{late}");
    let refused = ran(&world, &["jobs", "resume", &id]);
    assert!(
        said(&refused).contains("was cancelled; --again takes it up anew"),
        "{}",
        said(&refused)
    );
}

fn files(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_removed_job_lies_in_the_trash_for_two_weeks_and_the_users_own_results_stay() {
    let world = bare_world();
    table(&world, 2);
    let agent = program(&world, "echo \"$THROUGHLINE_ROW\"");
    ran(&world, &run_of(&agent, &["--output=out.csv"]));
    let id = id_of(&world);
    let jobs = world.state().join("jobs");
    let (folder, trash) = (jobs.join(&id), jobs.join("trash"));
    let before = files(&folder);
    let shown = asked(&world, &["jobs", "remove", &id]);
    assert_eq!(shown["items"]["completed"], 2, "{shown}");
    assert_eq!(shown["files"], before.len(), "{shown}");
    assert!(text(&shown["stays"]).ends_with("/out.csv") && shown["done"] == false, "{shown}");
    assert_eq!((files(&folder), id_of(&world)), (before.clone(), id.clone()), "only shown");

    let removed = asked(&world, &["jobs", "remove", &id, "--yes"]);
    assert_eq!((&removed["done"], &removed["purged"]), (&json!(true), &json!(0)));
    assert_eq!(asked(&world, &["jobs", "list"]), json!({"jobs": []}));
    assert!(said(&ran(&world, &["jobs", "remove", &id, "--yes"])).contains("no job"));
    assert_eq!(files(&jobs), ["trash"]);
    let kept = PathBuf::from(text(&removed["trash"]));
    let mut expected =
        [before, vec!["results.csv".to_owned(), "results.jsonl".to_owned()]].concat();
    expected.sort();
    assert_eq!(files(&kept), expected);
    let results = std::fs::read_to_string(kept.join("results.csv")).unwrap();
    assert_eq!(results, world.read("out.csv"), "what the database knew is kept");

    // Two weeks later: with the name that it would have then.
    std::fs::rename(&kept, trash.join(format!("20200101T000000Z-{id}"))).unwrap();
    std::fs::create_dir(trash.join("mine")).unwrap();
    ran(&world, &run_of(&agent, &[]));
    let second = id_of(&world);
    assert_eq!(asked(&world, &["jobs", "remove", &second])["purged"], 1);
    assert_eq!(files(&trash).len(), 2, "only shown");
    let text = said(&ran(&world, &["jobs", "remove", &second[..8], "--yes"]));
    assert!(text.contains("It went; 1 earlier one removed for good"), "{text}");
    let left = files(&trash);
    assert!(left.len() == 2 && left[0].ends_with(&second) && left[1] == "mine", "{left:?}");
}

#[test]
fn a_job_is_not_removed_under_the_hands_of_runner_or_worker() {
    let world = bare_world();
    table(&world, 3);
    let agent = patient(&world);
    let mut runner = spawned(&world, &run_of(&agent, &["--concurrency=1"]));
    until(&world, |items| items.iter().any(is_running));
    let id = id_of(&world);
    let refused = |who: &str| {
        for words in [vec!["jobs", "remove", &id], vec!["jobs", "remove", &id, "--yes"]] {
            let output = ran(&world, &words);
            let text = said(&output);
            assert_eq!(output.status.code(), Some(3), "{who}: {text}");
            assert!(text.contains("is being worked on: `thru jobs cancel"), "{who}: {text}");
        }
        assert_eq!(items(&world).len(), 3, "{who}");
    };
    refused("runner");
    runner.kill().unwrap();
    runner.wait().unwrap();
    refused("a worker that outlived its runner");
    ran(&world, &["jobs", "cancel", &id]);
    let removed = asked(&world, &["jobs", "remove", &id, "--yes"]);
    assert_eq!((&removed["done"], &removed["items"]["cancelled"]), (&json!(true), &json!(3)));
    assert!(items(&world).is_empty());
}

/// As `NO_TWO`, and then waits until the test says go, or is over.
fn patient(world: &World) -> String {
    program(
        world,
        &format!(
            "{NO_TWO} while test -d \"$THRU_TEST_AT\" && ! test -e \"$THRU_TEST_AT/go\"; do sleep 0.05; done; echo \"$THROUGHLINE_ROW\""
        ),
    )
}

fn go(world: &World) {
    std::fs::write(folder_of_marks(world).join("go"), "").unwrap();
}

#[test]
fn a_job_that_runs_is_seen_on_the_screens() {
    let world = project();
    table(&world, 3);
    let agent = patient(&world);
    let mut pane = Pane::open(&world, &["tui"], throughline_testkit::Size(80, 24), &[]);
    pane.sees("no tasks yet");
    let runner = spawned(&world, &run_of(&agent, &["--concurrency=2"]));
    until(&world, |items| items.len() == 3);
    pane.sees(&format!("Job  {}  0 of 3, 2 running", id_of(&world)));
    go(&world);
    assert_eq!(ended(runner), Some(0));
    pane.misses("Job  job-");
}

fn marks(world: &World, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder_of_marks(world).join(name)).unwrap_or_default();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn an_interrupted_run_gives_its_items_back_and_goes_on() {
    let world = bare_world();
    table(&world, 3);
    let agent = patient(&world);
    let runner = spawned(&world, &run_of(&agent, &["--concurrency=2", "--attempts=1"]));
    let at_work = until(&world, |items| items.iter().filter(|item| is_running(item)).count() == 2);
    let pid = rustix_pid(&runner);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(ended(runner), Some(1));
    assert!(at_work.iter().filter(|item| is_running(item)).all(|item| !is_alive(&item["process"])));
    assert!(items(&world).iter().all(|item| item["status"] == "pending"));
    go(&world);
    let report = answer(
        &thru(&world, &["jobs", "resume", &id_of(&world), "--json"])
            .env("THRU_TEST_AT", folder_of_marks(&world))
            .output()
            .unwrap(),
    );
    assert_eq!(
        (&report["status"], &report["items"]["completed"]),
        (&json!("completed"), &json!(3))
    );
    assert_eq!(marks(&world, "overlaps"), [""; 0]);
    assert!(items(&world).iter().all(|item| item["attempts"] == 1), "a stop costs no attempt");
}

fn rustix_pid(child: &Child) -> rustix::process::Pid {
    rustix::process::Pid::from_child(child)
}

#[test]
fn who_outlived_his_runner_is_not_begun_a_second_time() {
    let world = bare_world();
    table(&world, 4);
    let agent = patient(&world);
    let mut runner = spawned(&world, &run_of(&agent, &["--concurrency=2"]));
    let at_work = until(&world, |items| items.iter().filter(|item| is_running(item)).count() == 2);
    runner.kill().unwrap();
    runner.wait().unwrap();
    let listed = asked(&world, &["jobs", "list"]);
    assert_eq!(
        (&listed["jobs"][0]["status"], &listed["jobs"][0]["has_runner"]),
        (&json!("running"), &json!(false))
    );
    let id = id_of(&world);
    let runner = spawned(&world, &["jobs", "resume", &id]);
    // Both places are taken by those of before.
    until(&world, |_| asked(&world, &["jobs", "list"])["jobs"][0]["has_runner"] == true);
    let now: Vec<Value> = items(&world).into_iter().filter(is_running).collect();
    let processes = |items: &[Value]| -> Vec<Value> {
        items.iter().filter(|item| is_running(item)).map(|item| item["process"].clone()).collect()
    };
    assert_eq!(processes(&now), processes(&at_work));
    go(&world);
    assert_eq!(ended(runner), Some(0));
    let items = items(&world);
    assert!(
        items.iter().all(|item| item["status"] == "completed" && item["result"] == item["row"]),
        "{items:#?}"
    );
    assert_eq!(marks(&world, "overlaps"), [""; 0]);
    // Nobody saw how a program ended whose runner was gone, so it is tried once more.
    assert_eq!(marks(&world, "starts"), ["n1", "n1", "n2", "n2", "n3", "n4"]);
}

#[test]
fn one_that_takes_too_long_is_ended_with_all_that_it_started() {
    let world = bare_world();
    table(&world, 1);
    let agent = program(&world, "sleep 600 & echo $! > child; wait");
    let report = asked(&world, &run_of(&agent, &["--attempts=2", "--max-runtime=1s", "--json"]));
    assert_eq!(report["status"], "failed", "{report}");
    let item = items(&world).remove(0);
    assert_eq!((&item["attempts"], &item["error"]), (&json!(2), &json!("it took longer than 1s")));
    let child: Value = world.read("child").trim().parse().unwrap();
    assert!(!is_alive(&child));
}

/// One line for each answer of a server that is bound to a worker.
fn served(world: &World, arguments: &[&str], requests: &[(&str, Value)]) -> Vec<Value> {
    use std::io::{BufRead as _, BufReader, Write as _};
    let mut command = thru(world, &[&["mcp"], arguments].concat());
    let mut server = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (mut input, output) = (server.stdin.take().unwrap(), server.stdout.take().unwrap());
    let mut lines = BufReader::new(output).lines();
    let hello = json!({
        "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" },
    });
    let all = std::iter::once(("initialize", hello)).chain(requests.iter().cloned());
    let mut answers = Vec::new();
    for (number, (method, params)) in (1..).zip(all) {
        let message = json!({"jsonrpc": "2.0", "id": number, "method": method, "params": params});
        writeln!(input, "{message}").unwrap();
        answers.push(serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap());
        if number == 1 {
            writeln!(input, "{}", json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
                .unwrap();
        }
    }
    drop(input);
    server.wait().unwrap();
    answers
}

fn call(result: &Value) -> (&'static str, Value) {
    let meta = json!({"threadId": "the-session"});
    let arguments = json!({"result": result});
    ("tools/call", json!({"name": "report_result", "arguments": arguments, "_meta": meta}))
}

/// What the item's worker of that time is told when it reports now.
fn reported(world: &World, job: &str, item: &Value, result: &Value) -> String {
    let (row, worker) = (item["row"].to_string(), text(&item["worker"]));
    let arguments = ["--job", job, "--row", &row, "--worker", &worker];
    served(world, &arguments, &[call(result)]).pop().unwrap().to_string()
}

#[test]
fn a_report_counts_once_and_from_its_own_worker_alone() {
    let world = bare_world();
    table(&world, 2);
    world.write("schema.json", r#"{"type": "object", "required": ["n"]}"#);
    let agent = patient(&world);
    let more = ["--concurrency=1", "--output-schema=schema.json"];
    let mut runner = spawned(&world, &run_of(&agent, &more));
    let items = until(&world, |items| items.iter().any(is_running));
    let (mine, other) = (&items[0], &items[1]);
    let id = id_of(&world);
    let foreign = json!({"row": 1, "worker": "0123456789abcdef0123"});
    assert!(reported(&world, &id, &foreign, &json!({"n": 1})).contains("not yours any more"));
    let not_begun = json!({"row": other["row"], "worker": mine["worker"]});
    assert!(reported(&world, &id, &not_begun, &json!({"n": 1})).contains("not yours any more"));

    let worker = text(&mine["worker"]);
    let arguments = ["--job", &id, "--row", "1", "--worker", &worker];
    let requests = [
        ("tools/list", json!({})),
        call(&json!({"m": 1})),
        call(&json!({"n": "=1+1, \"x\""})),
        call(&json!({"n": 2})),
    ];
    let answers = served(&world, &arguments, &requests);
    let hello = answers[0]["result"]["instructions"].to_string();
    assert!(hello.contains("report_result"), "{hello}");
    let tools = answers[1]["result"]["tools"].as_array().unwrap();
    assert_eq!((tools.len(), &tools[0]["name"]), (1, &json!("report_result")));
    assert_eq!(tools[0]["inputSchema"]["properties"]["result"]["required"], json!(["n"]));
    assert!(answers[2].to_string().contains("does not fit its schema"), "{}", answers[2]);
    assert_eq!(answers[3]["result"]["structuredContent"], json!({"accepted": true}));
    assert!(answers[4].to_string().contains("not yours any more"), "{}", answers[4]);

    let shown = asked(&world, &["jobs", "show", &id])["list"][0].clone();
    assert_eq!((&shown["status"], &shown["session"]), (&json!("completed"), &json!("the-session")));
    assert_eq!(shown["result"], json!({"n": "=1+1, \"x\""}));
    runner.kill().unwrap();
    runner.wait().unwrap();
    asked(&world, &["jobs", "cancel", &id]);
    // The program that was at work for the first item ends by itself.
    go(&world);
    let plain = served(&world, &[], &[("tools/list", json!({}))]).pop().unwrap();
    assert!(!plain.to_string().contains("report_result"), "only a bound server takes reports");
}

/// How many items, how many of them at once, how long each may take, how often the runner is killed.
#[derive(Debug, Clone, Copy)]
struct Size {
    items: u32,
    concurrency: u32,
    max_runtime: u32,
}

const SAMPLE: Size = Size { items: 12, concurrency: 4, max_runtime: 10 };
const ALL: Size = Size { items: 200, concurrency: 8, max_runtime: 45 };

/// How often the runner is killed.
const KILLS: u32 = 3;

/// In the prompt of an item, and nowhere else in any request.
fn marker(item: u32) -> String {
    format!("number <{item}>")
}

/// Of ten items one fails at first, one hangs at first, one reports too late at first.
fn script(size: Size, overlap: &str) -> Script {
    let report = |item: u32| {
        Step::new().mcp(
            "throughline_job",
            "report_result",
            json!({"result": {"square": item * item}}),
        )
    };
    let late = Duration::from_secs(u64::from(size.max_runtime) + 5);
    let mut script = Script::new().rule(r#"accepted\":true"#, Step::text("Done."));
    for item in 1..=size.items {
        let needle = marker(item);
        script = match item % 10 {
            3 => script.rule_times(&needle, 1, Step::text("no").status(500)),
            5 => script.rule_times(&needle, 1, Step::new().hang()),
            7 => script.rule_times(&needle, 1, report(item).delay(late)),
            _ => script.rule_times(&needle, 1, Step::new().shell(overlap)),
        };
        script = script.rule(&needle, report(item));
    }
    script
}

#[test]
fn real_codex_workers_end_every_item_once_although_their_runner_is_killed() {
    let Some(codex) = Codex::required() else { return };
    let size = Effort::asked().pick(SAMPLE, ALL);
    let world = bare_world();
    let marks = folder_of_marks(&world);
    let overlap = format!("THRU_TEST_AT={}; {}", marks.display(), NO_TWO.replace("$$", "$PPID"));
    let provider = Provider::start(script(size, &overlap));
    let _ = world.codex(&codex, &provider);
    // Slow ones first, so that they don't wait for the end.
    let mut order: Vec<u32> = (1..=size.items).collect();
    order.sort_by_key(|item| !matches!(item % 10, 5 | 7));
    let rows: String = order.iter().map(|item| format!("{item},<{item}>\n")).collect();
    world.write("t.csv", format!("item,mark\n{rows}"));
    world.write("schema.json", r#"{"type": "object", "required": ["square"], "properties": {"square": {"type": "integer"}}}"#);
    let (concurrency, limit) = (
        format!("--concurrency={}", size.concurrency),
        format!("--max-runtime={}s", size.max_runtime),
    );
    let arguments = [
        "jobs",
        "run",
        "--csv=t.csv",
        "--id=item",
        "--instruction=Square number {mark}.",
        "--attempts=20",
        "--retry-delay=0s",
        "--output-schema=schema.json",
        &concurrency,
        &limit,
    ];
    let begun = Instant::now();
    let start = |arguments: &[&str]| {
        let mut command = thru(&world, arguments);
        let folder = codex.native().parent().unwrap().display().to_string();
        command.env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin"));
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let mut runner = start(&arguments);
    for kill in 1..=KILLS {
        let completed = u64::from(size.items * kill / (KILLS + 1));
        until_within(&world, Duration::from_secs(900), completed);
        runner.kill().unwrap();
        runner.wait().unwrap();
        runner = start(&["jobs", "resume", &id_of(&world)]);
    }
    let status = wait_long(runner);
    let took = begun.elapsed();
    let items = items(&world);
    let count = |status: &str| items.iter().filter(|item| item["status"] == status).count();
    assert_eq!((items.len(), count("completed")), (order.len(), order.len()), "{items:#?}");
    assert_eq!(status, Some(0));
    for item in &items {
        let number: u32 = text(&item["item"]).parse().unwrap();
        assert_eq!(item["result"], json!({"square": number * number}), "{item}");
        assert!(!text(&item["session"]).is_empty(), "the conversation is known: {item}");
        let slow = matches!(number % 10, 3 | 5 | 7);
        assert!(
            !slow || item["attempts"].as_u64() >= Some(2),
            "its first attempt came to nothing: {item}"
        );
        let noted = std::fs::read_to_string(marks.join(text(&item["item"])));
        let is_own = noted.is_ok_and(|pid| pid.trim().parse().ok() == item["process"].as_u64());
        assert!(slow || is_own, "the process of an item is its agent's: {item}");
    }
    assert_eq!(
        self::marks(&world, "overlaps"),
        [""; 0],
        "nobody is begun while another one works on the item"
    );
    let sessions: std::collections::BTreeSet<String> =
        items.iter().map(|item| text(&item["session"])).collect();
    assert_eq!(sessions.len(), items.len(), "each in a conversation of its own");
    let attempts: u64 = items.iter().filter_map(|item| item["attempts"].as_u64()).sum();
    // Whoever was the worker of a completed item may not change what stands there.
    let id = id_of(&world);
    for item in items.iter().take(5) {
        let late = reported(&world, &id, item, &json!({"square": 0}));
        assert!(late.contains("not yours any more"), "{late}");
    }
    assert_eq!(self::items(&world), items);
    let requests = provider.requests().len();
    Effort::report(&format!(
        "{} items, {} at once, runner killed {KILLS} times: {attempts} attempts, {requests} requests, {took:?}",
        size.items, size.concurrency
    ));
}

#[test]
fn real_codex_worker_keeps_the_users_limits_and_leaves_the_project_alone() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let result = json!({"result": ["it", {"is": null}]});
    let provider = Provider::start(Script::steps([
        Step::new().mcp("throughline_job", "report_result", result).plan(&START),
        Step::text("Done."),
    ]));
    // As those have it who set nothing: whoever would be asked is not there.
    let limits = "approval_policy = \"on-request\"\nsandbox_mode = \"read-only\"";
    let _ = world.codex(&codex, &provider).config(limits);
    let cell = "$(touch x) `y` {name} \"z\"\n--flag";
    world.write("t.csv", format!("name\n\"{}\"\n", cell.replace('"', "\"\"")));
    let folder = codex.native().parent().unwrap().display().to_string();
    let arguments = ["jobs", "run", "--csv=t.csv", "--instruction=-> {name} <-", "--json"];
    let output = thru(&world, &arguments)
        .env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{} {:#?}", said(&output), items(&world));
    assert_eq!(items(&world)[0]["result"], json!(["it", {"is": null}]));
    let requests = provider.requests();
    assert!(requests[0].contains(&format!("-> {cell} <-")), "a cell goes in as it is");
    assert!(!requests.iter().any(|request| request.raw().contains(BEGIN)), "it is told no memory");
    let permissions = requests[0].developer_texts().join("\n");
    assert!(permissions.contains("read-only"), "{permissions}");
    assert_eq!(asked(&world, &["sessions", "list"])["sessions"], json!([]));
    assert!(crate::tasks(&world).is_empty(), "its plan is nobody's task");
}

fn until_within(world: &World, limit: Duration, completed: u64) {
    let begun = Instant::now();
    loop {
        let jobs = asked(world, &["jobs", "list"]);
        if jobs["jobs"][0]["items"]["completed"].as_u64() >= Some(completed) {
            return;
        }
        assert!(begun.elapsed() < limit, "{jobs}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn wait_long(mut child: Child) -> Option<i32> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if begun.elapsed() > Duration::from_secs(1800) {
            child.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
