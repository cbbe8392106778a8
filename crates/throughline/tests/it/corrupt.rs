//! States that are none: whatever stands there, no byte of it is lost, and the place is named.

use std::fmt::Write as _;

use throughline_testkit::{HookEvent, World};

use crate::{json, project, project_folder, text};

const FILE: &str = ".throughline/project_state.json";

/// The tasks of a state around this one's members.
fn with_task(members: &str) -> String {
    with_tasks(&format!("\"t-aaaa\": {{\n\"title\": \"A\",\n\"status\": \"pending\"{members}\n}}"))
}

fn with_tasks(tasks: &str) -> String {
    format!(
        "{{\n\"schema_version\": 1,\n\"project\": {{\n\"id\": \"p-aaaaaaaaaaaa\",\n\"name\": \"r\"\n}},\n\
         \"tasks\": {{\n{tasks}\n}}\n}}\n"
    )
}

fn task(id: &str, members: &str) -> String {
    format!("\"{id}\": {{\n\"title\": \"A\",\n\"status\": \"pending\",\n{members}\n}}")
}

/// What can stand there, made from a good state, and a word of what is said about it.
fn corpus(good: &str) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let cut = |share: usize| good.as_bytes()[..good.len() * share / 100].to_vec();
    let put = |from: &str, to: &str| {
        assert!(good.contains(from), "{from} is not in {good}");
        good.replacen(from, to, 1).into_bytes()
    };
    let mut hole = good.as_bytes().to_vec();
    let middle = hole.len() / 2;
    hole[middle..middle + 16].fill(0);
    let nul_tail = [&cut(60)[..], &[0; 512]].concat();
    let latin = good.replace("Good", "G\u{fc}t").chars().map(|c| c as u32 as u8).collect();
    let utf16 = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let nested =
        |depth: usize| with_task(&format!(",\n\"x\": {}{}", "[".repeat(depth), "]".repeat(depth)));
    let circle = [
        task("t-aaaa", "\"depends_on\": [\"t-bbbb\"]"),
        task("t-bbbb", "\"depends_on\": [\"t-aaaa\"]"),
    ];
    let parents =
        [task("t-aaaa", "\"parent\": \"t-bbbb\""), task("t-bbbb", "\"parent\": \"t-aaaa\"")];
    let refs = [task("t-aaaa", "\"ref\": \"R-1\""), task("t-bbbb", "\"ref\": \"R-1\"")];
    let twice = [task("t-aaaa", "\"priority\": 1"), task("t-aaaa", "\"priority\": 2")];
    let huge = with_task(&format!(",\n\"notes\": \"{}\"", "x".repeat(17 << 20)));
    let mut many = String::new();
    for n in 0..20_001 {
        let comma = if n == 0 { "" } else { ",\n" };
        write!(many, "{comma}{}", task(&format!("t-{n:05}"), "\"priority\": 1")).expect("text");
    }
    let markers = format!("<<<<<<< HEAD\n{good}=======\n{good}>>>>>>> theirs\n").into_bytes();
    let diff3 = put("\"tasks\"", "||||||| base\n\"tasks\"");
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n".to_vec();
    let text = |text: String| text.into_bytes();
    vec![
        ("empty", Vec::new(), "line 1"),
        ("one newline", b"\n".to_vec(), "line"),
        ("white space", vec![b' '; 100], "line 1"),
        ("cut in the middle", cut(50), "line"),
        ("cut at the end", cut(97), "line"),
        ("only an opening", b"{".to_vec(), "line 1"),
        ("NUL hole", hole, "line"),
        ("NUL tail", nul_tail, "line"),
        ("NULs only", vec![0; 4096], "line 1"),
        ("conflict markers", markers, "line 1"),
        ("marker of diff3", diff3, "line"),
        ("LFS pointer", pointer, "line 1"),
        ("two BOMs", format!("\u{feff}\u{feff}{good}").into_bytes(), "line 1"),
        ("Latin-1", latin, "UTF-8"),
        ("UTF-16", utf16, "line 1"),
        ("an array", b"[]\n".to_vec(), "line 1"),
        ("a string", b"\"state\"\n".to_vec(), "line 1"),
        ("null", b"null\n".to_vec(), "line 1"),
        ("text after the end", [good.as_bytes(), b"{}\n"].concat(), "line"),
        ("a comment", put("{", "// mine\n{"), "line 1"),
        (
            "a trailing comma",
            text(with_tasks(&format!("{},", task("t-aaaa", "\"priority\": 1")))),
            "line",
        ),
        ("a top key twice", put("\"tasks\"", "\"notes\": {},\n\"tasks\""), "notes"),
        ("an id twice", text(with_tasks(&twice.join(",\n"))), "t-aaaa"),
        ("a member twice", text(with_task(",\n\"status\": \"completed\"")), "status"),
        ("a ref twice", text(with_tasks(&refs.join(",\n"))), "R-1"),
        ("status of another world", text(with_task(",\n\"kind\": \"novel\"")), "novel"),
        ("priority as text", text(with_task(",\n\"priority\": \"high\"")), "a number should stand"),
        ("priority out of range", text(with_task(",\n\"priority\": 99")), "priority"),
        ("a fraction", text(with_task(",\n\"priority\": 1.5")), "line"),
        ("an enormous number", text(with_task(",\n\"priority\": 99999999999999999999999")), "line"),
        ("title as number", put("\"title\": \"Good\"", "\"title\": 7"), "a string should stand"),
        ("tasks as array", text(with_tasks("").replace("{\n\n}", "[]")), "line"),
        (
            "no version",
            text(with_task("").replace("\"schema_version\": 1,\n", "")),
            "schema_version",
        ),
        ("version 0", put("\"schema_version\": 1", "\"schema_version\": 0"), "version"),
        (
            "version as text",
            put("\"schema_version\": 1", "\"schema_version\": \"1\""),
            "a number should stand",
        ),
        ("depends on nothing", text(with_task(",\n\"depends_on\": [\"t-gone\"]")), "t-gone"),
        ("depends on itself", text(with_task(",\n\"depends_on\": [\"t-aaaa\"]")), "t-aaaa"),
        ("a circle", text(with_tasks(&circle.join(",\n"))), "t-aaaa"),
        ("a circle of parents", text(with_tasks(&parents.join(",\n"))), "t-aaaa"),
        ("an id that is none", text(with_tasks(&task("../../x", "\"priority\": 1"))), "line"),
        ("65 deep", text(nested(70)), "deep"),
        ("100,000 deep", text(nested(100_000)), "deep"),
        ("a lone surrogate", text(with_task(",\n\"notes\": \"\\ud800\"")), "line"),
        ("a raw newline in a string", text(with_task(",\n\"notes\": \"a\nb\"")), "line"),
        ("17 MiB", text(huge), "16"),
        ("20,001 tasks", text(with_tasks(&many)), "20"),
    ]
}

/// What writes, or vouches for the file: refused.
const WRITERS: [&[&str]; 8] = [
    &["publish"],
    &["fold"],
    &["tasks", "add", "Another"],
    &["note", "Another"],
    &["undo"],
    &["trust", "--accept"],
    &["cache", "validate"],
    &["milestones", "add", "Another"],
];

/// What only reads: on the last good generation.
const READERS: [&[&str]; 8] = [
    &["status"],
    &["next"],
    &["tasks", "list"],
    &["cache", "show"],
    &["plan"],
    &["lines", "list"],
    &["tasks", "export"],
    &["cache", "reconcile", "--dry-run"],
];

/// Those that a bad state keeps from nothing else than naming it.
const ALWAYS: [&[&str]; 3] = [&["log"], &["sessions", "list"], &["cache", "backups"]];

fn events(session: &str) -> [HookEvent; 4] {
    let commit = serde_json::json!({"command": "git commit -m x"});
    [
        HookEvent::session_start(session, "startup"),
        HookEvent::user_prompt_submit(session, "t1", "go on"),
        HookEvent::pre_tool_use(session, "t1", "Bash", commit),
        HookEvent::post_tool_use_plan(session, "t1", &[("A", "pending")]),
    ]
}

/// A project with a published state, a folded view of it and one kept generation.
fn inhabited() -> World {
    let world = project();
    world.thru(&["tasks", "add", "Good"]).assert_success();
    world.thru(&["publish"]).assert_success();
    world.thru(&["fold"]).assert_success();
    let generation = project_folder(&world).join("backups/1");
    std::fs::create_dir(&generation).expect("folder");
    std::fs::write(generation.join("project_state.json"), world.read(FILE)).expect("write");
    let about =
        r#"{"at": "2026-11-21T05:00:00Z", "line": "main", "before": "a test", "hash": "0"}"#;
    std::fs::write(generation.join("about.json"), about).expect("write");
    world
}

#[test]
fn no_command_and_no_hook_changes_a_byte_of_a_bad_state() {
    let world = inhabited();
    let good = world.read(FILE);
    let corpus = corpus(&good);
    assert!(corpus.len() >= 45, "{}", corpus.len());
    let mut wrong = Vec::new();
    for (at, (name, bytes, word)) in corpus.iter().enumerate() {
        world.write(FILE, bytes);
        let stands = |after: &str| {
            let now = std::fs::read(world.repo().join(FILE)).expect("read");
            assert!(now == *bytes, "{name}: {after} changed it");
        };
        // Every command has its turn with several of them, and each of them with some.
        let refused = WRITERS.iter().skip(at % 4).step_by(4).chain(&WRITERS[..1]).map(|w| (w, 6));
        let served = READERS.iter().skip(at % 8).step_by(8).map(|reader| (reader, 0));
        for (arguments, code) in refused.chain(served) {
            let ran = world.thru(arguments);
            let named = ran.stderr.contains(FILE) && ran.stderr.contains(word);
            let once = ran.stderr.matches("last good generation").count() == 1;
            if ran.code != Some(code) || !named || !once {
                wrong.push(format!("{name}: {arguments:?}: {}", ran.screen()));
            }
            stands(&arguments.join(" "));
        }
        let listed = world.thru(&["tasks", "list", "--json"]).assert_success();
        assert!(listed.stdout.contains("Good"), "{name}: {}", listed.screen());
        let session = format!("s-{at}");
        let events = events(&session).into_iter().enumerate();
        for (number, event) in events.filter(|(n, _)| *n == 0 || *n == 1 + at % 3) {
            let ran = world.hook(event).assert_success();
            if number == 0 {
                let told = text(&ran.json()["systemMessage"]);
                // A large file is not parsed in a turn: the last brief is given, and a fold tells.
                let is_parsed = bytes.len() < 512 * 1024;
                if is_parsed && !(told.contains(FILE) && told.contains(word)) {
                    wrong.push(format!("{name}: {told}"));
                }
            }
            stands("a hook");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for arguments in ALWAYS {
        world.thru(arguments).assert_success();
    }
    world.write(FILE, &good);
    world.thru(&["publish"]).assert_success();
    assert!(json(&world, &["tasks", "list", "--all"]).to_string().contains("Good"));
}

/// Legal, if not as we write it: read as it is, and left as it is by whoever only reads.
#[test]
fn an_unusual_but_sound_state_is_read_and_not_rewritten() {
    let world = inhabited();
    let good = world.read(FILE);
    let unusual = [
        ("BOM", format!("\u{feff}{good}")),
        ("CRLF", good.replace('\n', "\r\n")),
        ("one line", good.replace('\n', " ")),
        ("no newline at the end", good.trim_end().to_owned()),
        ("tabs", good.replace("  ", "\t")),
        ("a marker in a string", good.replace("\"Good\"", "\"Good <<<<<<< HEAD\"")),
    ];
    for (name, bytes) in unusual {
        world.write(FILE, &bytes);
        let listed = json(&world, &["tasks", "list"]).to_string();
        assert!(listed.contains("Good"), "{name}: {listed}");
        world.thru(&["fold"]).assert_success();
        assert_eq!(world.read(FILE), bytes, "{name}");
    }
}

#[test]
fn a_bad_line_file_is_put_aside_and_made_again() {
    let world = inhabited();
    let lines = project_folder(&world).join("lines");
    let folder = std::fs::read_dir(lines).expect("lines").next().expect("one").expect("it").path();
    for bad in [&b""[..], b"{", b"\0\0\0\0", b"[]", b"{\"version\": \"x\"}"] {
        std::fs::write(folder.join("line.json"), bad).expect("write");
        world.thru(&["fold"]).assert_success();
        let kept = std::fs::read_dir(&folder).expect("list").map(|entry| entry.expect("it").path());
        let kept = kept.filter(|path| path.to_string_lossy().contains("line.json.bad-"));
        let kept: Vec<Vec<u8>> = kept.map(|path| std::fs::read(path).expect("read")).collect();
        assert!(kept.iter().any(|bytes| bytes == bad), "{bad:?} is lost");
        assert!(json(&world, &["tasks", "list"]).to_string().contains("Good"));
    }
}

#[test]
fn every_generation_is_kept_and_can_come_back() {
    let world = inhabited();
    let titles = ["Second", "Third", "Fourth"];
    for title in titles {
        world.thru(&["tasks", "add", title]).assert_success();
        world.thru(&["cache", "rollback", "1"]).assert_success();
        assert!(!json(&world, &["tasks", "list"]).to_string().contains(title));
    }
    let kept = json(&world, &["cache", "backups"]);
    assert_eq!(kept["backups"].as_array().expect("backups").len(), 1 + titles.len());
    for (generation, title) in (2..).zip(titles) {
        world.thru(&["cache", "rollback", &generation.to_string()]).assert_success();
        assert!(json(&world, &["tasks", "list"]).to_string().contains(title), "{generation}");
    }
}
