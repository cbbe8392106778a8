//! Every conversation ever: what was made is what is found, whatever happens to the index.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use throughline_testkit::history::{Ballast, HistoryOptions, ThreadTruth, write_history};
use throughline_testkit::{Effort, HookEvent, World};

use crate::{bare_world, json, text};

fn options(world: &World, threads: usize) -> HistoryOptions {
    let branch = |name: &str| (name.to_owned(), world.head());
    HistoryOptions {
        threads,
        cwd: world.repo(),
        branches: ["main", "parser", "printer"].map(branch).to_vec(),
        ballast: Ballast::Light,
        seed: 7,
    }
}

/// A world with a history of so many conversations.
fn with_history(threads: usize) -> (World, Vec<ThreadTruth>) {
    let world = bare_world();
    let truth = write_history(&world.codex_home(), &options(&world, threads));
    (world, truth)
}

fn listed(world: &World, more: &[&str]) -> Vec<Value> {
    let list = complete(world, &[&["threads", "list", "-n", "100000"], more].concat());
    list["threads"].as_array().expect("threads").clone()
}

/// An answer from a complete index: on a busy machine a query's own short pass is not enough.
fn complete(world: &World, arguments: &[&str]) -> Value {
    let answer = json(world, arguments);
    if answer["indexing"].is_null() {
        return answer;
    }
    world.thru(&["index", "run"]).assert_success();
    json(world, arguments)
}

/// As [`complete`], where no index can be stored: asks until the short pass was enough.
fn patiently(world: &World, arguments: &[&str]) -> Value {
    let mut answers = (0..100).map(|_| json(world, arguments));
    answers
        .find(|answer| answer["indexing"].is_null())
        .expect("once in a hundred times there is time")
}

fn ids(threads: &[Value]) -> BTreeSet<String> {
    threads.iter().map(|thread| text(&thread["id"])).collect()
}

fn turns(world: &World, id: &str) -> Vec<Value> {
    let shown = complete(world, &["threads", "turns", id, "--full", "--ascending", "-n", "1000"]);
    shown["turns"].as_array().expect("turns").clone()
}

fn texts(turn: &Value, kind: &str) -> Vec<String> {
    let items = turn["items"].as_array().expect("items").iter();
    items.filter(|item| item["kind"] == kind).map(|item| text(&item["text"])).collect()
}

fn index_file(world: &World) -> PathBuf {
    world.state().join("index_1.sqlite")
}

/// All that the commands tell of all conversations.
fn everything(world: &World) -> BTreeMap<String, Vec<Value>> {
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for thread in listed(world, &[]) {
        let id = text(&thread["id"]);
        let turns = turns(world, &id);
        all.insert(id, [vec![thread], turns].concat());
    }
    all
}

#[test]
fn what_was_made_is_what_is_found() {
    let (world, truth) = with_history(24);
    let report = json(&world, &["index", "run"]);
    assert_eq!((&report["transcripts"], &report["read"]), (&24.into(), &24.into()), "{report}");
    let threads = listed(&world, &[]);
    assert_eq!(threads.len(), truth.len());
    for made in &truth {
        let found = threads.iter().find(|thread| thread["id"] == made.id.as_str());
        let found = found.unwrap_or_else(|| panic!("{} is not listed", made.id));
        assert_eq!(text(&found["branch"]), made.branch);
        assert_eq!(found["turns"], made.turns.len());
        assert!(made.turns[0].prompt.starts_with(&text(&found["title"])[..20]), "{found}");
        let all = made.turns.iter().filter(|turn| turn.ended).map(|turn| turn.tokens[0]);
        assert_eq!(found["tokens"]["input"].as_u64(), Some(all.sum()), "{found}");
        for (shown, turn) in turns(&world, &made.id).iter().zip(&made.turns) {
            let outcome = if turn.ended { "ended" } else { "open" };
            assert_eq!(
                (text(&shown["id"]), text(&shown["outcome"])),
                (turn.id.clone(), outcome.into())
            );
            assert_eq!(texts(shown, "prompt"), std::slice::from_ref(&turn.prompt));
            assert_eq!(texts(shown, "command"), turn.commands);
            assert_eq!(texts(shown, "answer").pop(), turn.ended.then(|| turn.answer.clone()));
            let files: BTreeSet<&str> = turn.files.iter().map(String::as_str).collect();
            let shown_files: BTreeSet<&str> =
                shown["files"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            assert_eq!(shown_files, files);
            let commits = shown["commits"].as_array().cloned().unwrap_or_default();
            assert_eq!(commits.first().map(text), turn.commit);
            let counted = if turn.ended { turn.tokens } else { [0; 4] };
            let tokens = &shown["tokens"];
            let tokens =
                ["input", "cached", "output", "reasoning"].map(|name| tokens[name].as_u64());
            assert_eq!(tokens, counted.map(Some));
        }
        let plan = json(&world, &["threads", "show", &made.id])["plan"].clone();
        let plan = plan.as_array().expect("a plan").iter();
        let plan: Vec<_> = plan.map(|step| (text(&step["step"]), text(&step["status"]))).collect();
        let wanted: Vec<_> =
            made.plan.iter().map(|(s, status)| (s.clone(), (*status).into())).collect();
        assert_eq!(plan, wanted);
    }
}

#[test]
fn what_was_said_and_done_is_searched() {
    let (world, truth) = with_history(24);
    let hits = |query: &str| -> BTreeSet<String> {
        let found = complete(&world, &["threads", "search", "-n", "1000", query]);
        let hits = found["hits"].as_array().expect("hits").clone();
        hits.iter().map(|hit| text(&hit["turn"])).collect()
    };
    let every = || truth.iter().flat_map(|thread| thread.turns.iter().map(move |t| (thread, t)));
    let (thread, turn) =
        every().find(|(_, turn)| !turn.files.is_empty() && turn.ended).expect("one");
    let all_of = |is: &dyn Fn(&ThreadTruth, &throughline_testkit::history::TurnTruth) -> bool| {
        every()
            .filter(|(thread, turn)| is(thread, turn))
            .map(|(_, t)| t.id.clone())
            .collect::<BTreeSet<_>>()
    };
    let phrase = turn.prompt.split(' ').take(4).collect::<Vec<_>>().join(" ");
    let with_phrase = all_of(&|_, turn| {
        turn.prompt.contains(&phrase) || (turn.ended && turn.answer.contains(&phrase))
    });
    assert_eq!(hits(&format!("\"{phrase}\"")), with_phrase);
    let file = &turn.files[0];
    assert_eq!(hits(&format!("path:{file}")), all_of(&|_, turn| turn.files.contains(file)));
    let word = turn.commands[0].split(' ').nth(1).expect("a word");
    let runs = |command: &String| command.split(['-', ' ']).any(|part| part == word);
    assert_eq!(hits(&format!("cmd:{word}")), all_of(&|_, turn| turn.commands.iter().any(runs)));
    let on = all_of(&|other, turn| other.branch == thread.branch && turn.commands.iter().any(runs));
    assert_eq!(hits(&format!("cmd:{word} branch:{}", thread.branch)), on);
    let snippet = json(&world, &["threads", "search", &format!("\"{phrase}\"")]);
    let snippet = text(&snippet["hits"][0]["snippet"]);
    assert!(snippet.contains(&phrase), "{snippet}");
    let pattern = format!("^{}", &turn.prompt[..20]);
    let found = json(&world, &["threads", "search", "--regex", &pattern]);
    assert_eq!(text(&found["hits"][0]["turn"]), turn.id);
}

#[test]
fn pages_cover_all_and_go_both_ways() {
    let (world, truth) = with_history(13);
    for order in [&["--sort", "created"][..], &["--sort", "recency", "--ascending"]] {
        let page = |cursor: Option<&str>| {
            let cursor = cursor.map(|cursor| ["--cursor", cursor]);
            let more: Vec<&str> = cursor.into_iter().flatten().collect();
            complete(&world, &[&["threads", "list", "-n", "5"], order, &more].concat())
        };
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let list = page(cursor.as_deref());
            seen.extend(
                list["threads"].as_array().expect("threads").iter().map(|t| text(&t["id"])),
            );
            cursor = list["nextCursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        let all: BTreeSet<_> = truth.iter().map(|thread| thread.id.clone()).collect();
        assert_eq!((seen.len(), seen.iter().cloned().collect()), (13, all), "{order:?}");
    }
    let wrong = world.thru(&["threads", "list", "--sort", "created", "--cursor", "u.1.x"]);
    assert_eq!(wrong.code, Some(3), "{wrong:?}");
}

#[test]
fn filters_leave_what_they_say() {
    let (world, truth) = with_history(24);
    let those = |is: &dyn Fn(&&ThreadTruth) -> bool| -> BTreeSet<String> {
        truth.iter().filter(|thread| is(thread)).map(|thread| thread.id.clone()).collect()
    };
    let found = |more: &[&str]| ids(&listed(&world, more));
    assert_eq!(found(&["--line", "parser"]), those(&|thread| thread.branch == "parser"));
    assert_eq!(found(&["--has-plan"]), those(&|thread| !thread.plan.is_empty()));
    assert_eq!(found(&["--model", "made-up"]).len(), 24);
    assert!(found(&["--model", "other"]).is_empty() && found(&["--archived"]).is_empty());
    assert!(found(&["--agent", "claude"]).is_empty());
    let commit = truth.iter().flat_map(|t| &t.turns).find_map(|t| t.commit.clone()).expect("one");
    let made =
        |thread: &&ThreadTruth| thread.turns.iter().any(|t| t.commit.as_ref() == Some(&commit));
    assert_eq!(found(&["--commit", &commit]), those(&made));
    assert_eq!(found(&["--commit", &world.head()[..10]]).len(), 24);
    let file = truth.iter().flat_map(|t| &t.turns).find_map(|t| t.files.first()).expect("one");
    let touched = |thread: &&ThreadTruth| thread.turns.iter().any(|t| t.files.contains(file));
    assert_eq!(found(&["--touched", file]), those(&touched));
    let early = found(&["--until", "2026-10-01T12:00:00Z"]);
    let late = found(&["--since", "2026-10-01T12:00:00Z"]);
    assert!(early.len() == 12 && late.is_disjoint(&early) || late.len() + early.len() >= 24);
}

#[test]
fn conversations_of_other_places_are_counted_not_hidden() {
    let (world, truth) = with_history(6);
    let elsewhere = HistoryOptions { cwd: "/elsewhere".into(), seed: 8, ..options(&world, 4) };
    write_history(&world.codex_home(), &elsewhere);
    let list = complete(&world, &["threads", "list"]);
    assert_eq!(ids(list["threads"].as_array().expect("threads")).len(), truth.len());
    assert_eq!(list["elsewhere"], 4);
    assert_eq!(listed(&world, &["--everywhere"]).len(), 10);
}

#[test]
fn conversations_of_a_project_that_moved_are_still_its_own() {
    let world = crate::project();
    let here = options(&world, 2);
    let id = write_history(&world.codex_home(), &here)[0].id.clone();
    let (first, second) = (world.root().join("moved"), world.root().join("moved again"));
    let found = |folder: &Path| {
        world.thru_in(folder, &["index", "run"]).assert_success();
        let list = world.thru_in(folder, &["threads", "list", "--json"]).assert_success().json();
        (list["threads"].as_array().map_or(0, Vec::len), list["elsewhere"].clone())
    };
    fs::rename(world.repo(), &first).expect("moved");
    assert_eq!(found(&first), (0, 2.into()), "nobody said yet that it is the same");
    world.thru_in(&first, &["init", "--adopt"]).assert_success();
    assert_eq!(found(&first), (2, 0.into()));
    let there = HistoryOptions { cwd: first.clone(), seed: 8, threads: 3, ..here };
    write_history(&world.codex_home(), &there);
    fs::rename(&first, &second).expect("moved");
    world.thru_in(&second, &["init", "--adopt"]).assert_success();
    assert_eq!(found(&second), (5, 0.into()), "of both places");
    let migrated =
        world.thru_in(&second, &["cache", "migrate", "--from-history", "--dry-run", "--json"]);
    assert_eq!(migrated.assert_success().json()["plan"]["counts"]["sessions"], 5);

    // What lies there now is something else.
    fs::create_dir(world.repo()).expect("a folder");
    assert_eq!(found(&second), (3, 2.into()));
    assert!(world.thru(&["threads", "show", &id]).is_success());
    fs::remove_dir(world.repo()).expect("removed");
    fs::rename(&second, world.repo()).expect("moved");
    world.thru(&["init", "--adopt"]).assert_success();
    assert_eq!(found(&world.repo()), (5, 0.into()), "back where it was");
}

#[test]
fn what_is_added_moved_packed_cut_or_removed_is_seen_by_the_next_query() {
    let (world, truth) = with_history(8);
    assert_eq!(listed(&world, &[]).len(), 8);
    let more = HistoryOptions { seed: 9, ..options(&world, 50) };
    let later = write_history(&world.codex_home(), &more);
    assert_eq!(listed(&world, &[]).len(), 58, "files that were copied in");
    let before = everything(&world);

    let archive = world.codex_home().join("archived_sessions");
    fs::create_dir_all(&archive).expect("a folder");
    let moved = archive.join(truth[0].path.file_name().expect("a name"));
    fs::rename(&truth[0].path, &moved).expect("archived");
    let run = json(&world, &["index", "run"]);
    assert_eq!((&run["read"], &run["gone"]), (&0.into(), &0.into()), "moving reads nothing again");
    assert_eq!(ids(&listed(&world, &["--archived"])), [truth[0].id.clone()].into());

    let packed = truth[1].path.with_extension("jsonl.zst");
    let bytes = fs::read(&truth[1].path).expect("a transcript");
    fs::write(&packed, zstd::encode_all(&bytes[..], 3).expect("packed")).expect("written");
    fs::remove_file(&truth[1].path).expect("removed");
    let after = everything(&world);
    assert_eq!(after[&truth[1].id][1..], before[&truth[1].id][1..], "the same text");

    fs::remove_file(&later[0].path).expect("removed");
    assert!(!ids(&listed(&world, &[])).contains(&later[0].id));
    let cut = fs::read(&later[1].path).expect("a transcript");
    fs::write(&later[1].path, &cut[..cut.len() / 3]).expect("cut");
    let turns_left = turns(&world, &later[1].id).len();
    assert!(turns_left < later[1].turns.len() || later[1].turns.len() == 1, "read anew");
    fs::write(&later[1].path, &cut).expect("whole again");
    assert_eq!(turns(&world, &later[1].id).len(), later[1].turns.len());

    let away = world.root().join("away.jsonl");
    fs::rename(&later[2].path, &away).expect("moved away");
    assert!(!ids(&listed(&world, &[])).contains(&later[2].id));
    fs::rename(&away, &later[2].path).expect("as it was before");
    assert!(ids(&listed(&world, &[])).contains(&later[2].id));
}

#[test]
fn a_growing_transcript_is_read_on() {
    let (world, truth) = with_history(1);
    let whole = fs::read(&truth[0].path).expect("a transcript");
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let mut written = Vec::new();
    for line in lines {
        // Each line comes in two parts, and is asked for in between.
        for half in [&line[..line.len() / 2], &line[line.len() / 2..]] {
            written.extend_from_slice(half);
            fs::write(&truth[0].path, &written).expect("grown");
        }
        world.thru(&["index", "run"]).assert_success();
    }
    let grown = format!("{:#?}", everything(&world));
    json(&world, &["index", "rebuild"]);
    let anew = format!("{:#?}", everything(&world));
    let other = grown.lines().zip(anew.lines()).find(|(grown, anew)| grown != anew);
    assert_eq!(other, None);
}

#[test]
fn a_damaged_missing_or_foreign_index_is_made_anew_and_no_command_fails() {
    let (world, _) = with_history(6);
    let before = everything(&world);
    let file = index_file(&world);
    let good = fs::read(&file).expect("an index");
    let mut torn = good.clone();
    let half = torn.len() / 2;
    torn[half..half + 8192].fill(0x5a);
    let cases: [(&str, Option<&[u8]>); 4] = [
        ("missing", None),
        ("no database", Some(b"no database, and long enough to be taken for a damaged one")),
        ("torn pages", Some(&torn)),
        ("empty", Some(b"")),
    ];
    for (name, bytes) in cases {
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{suffix}", file.display()));
        }
        match bytes {
            Some(bytes) => fs::write(&file, bytes).expect("damaged"),
            None => fs::remove_file(&file).expect("removed"),
        }
        for command in
            [&["threads", "list"][..], &["threads", "search", "cargo"], &["index", "status"]]
        {
            let ran = world.thru(command);
            assert!(ran.is_success(), "{name}: {ran:?}");
        }
        json(&world, &["index", "rebuild"]);
        assert_eq!(everything(&world), before, "{name}");
    }
}

#[test]
fn where_no_index_can_be_written_the_answer_is_the_same_and_says_so() {
    let (world, _) = with_history(4);
    let state = world.state();
    let shown = |world: &World| ids(&listed(world, &[]));
    fs::set_permissions(&state, fs::Permissions::from_mode(0o500)).expect("read-only");
    let can_write = fs::write(state.join("probe"), "").is_ok();
    let list = patiently(&world, &["threads", "list"]);
    fs::set_permissions(&state, fs::Permissions::from_mode(0o700)).expect("writable");
    assert_eq!(ids(list["threads"].as_array().expect("threads")), shown(&world));
    // Root writes where nobody else can: then there is nothing to say.
    assert!(can_write || list["notes"].as_array().is_some_and(|notes| notes.len() == 1), "{list}");

    // A file where HOME should be stops root too.
    fs::remove_dir_all(&state).expect("removed");
    fs::write(&state, "in the way").expect("a file");
    let list = patiently(&world, &["threads", "list"]);
    assert_eq!(list["threads"].as_array().map(Vec::len), Some(4), "{list}");
    assert!(text(&list["notes"][0]).contains("without a stored index"), "{list}");
}

#[test]
fn who_finds_it_claimed_reads_what_is_there() {
    let (world, _) = with_history(4);
    json(&world, &["index", "run"]);
    let lock = fs::File::open(world.state().join("index.lock")).expect("a lock");
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).expect("free");
    let more = HistoryOptions { seed: 11, ..options(&world, 3) };
    write_history(&world.codex_home(), &more);
    let began = Instant::now();
    assert_eq!(listed(&world, &[]).len(), 4, "the last commit");
    assert!(began.elapsed() < Duration::from_secs(5), "it waits for nobody");
    drop(lock);
    // A program that another test is just starting may hold what we held for a moment more.
    let until = Instant::now() + Duration::from_secs(30);
    while listed(&world, &[]).len() < 7 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(listed(&world, &[]).len(), 7);
}

#[test]
fn one_that_somebody_is_just_making_fails_no_query() {
    let (world, _) = with_history(4);
    json(&world, &["index", "run"]);
    let lock = fs::File::open(world.state().join("index.lock")).expect("a lock");
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).expect("free");
    for bytes in [&b""[..], b"no database, and long enough to be taken for a damaged one"] {
        wipe(&world);
        fs::write(index_file(&world), bytes).expect("written");
        let list = json(&world, &["threads", "list"]);
        assert!(text(&list["notes"][0]).contains("without a stored index"), "{list}");
        let read: Vec<u8> = fs::read(index_file(&world)).expect("there");
        assert_eq!(read, bytes, "who has no claim changes nothing");
    }
    drop(lock);
    assert_eq!(listed(&world, &[]).len(), 4);
}

/// P16, P17: killed at any point, what goes on comes to the same rows; no commit is done twice, and hardly
/// a byte is read twice.
#[test]
fn killed_at_any_point_it_goes_on_where_it_was() {
    let (threads, ballast) = Effort::asked().pick((60, Ballast::Light), (3_000, Ballast::Real));
    let world = bare_world();
    let options = HistoryOptions { ballast, ..options(&world, threads) };
    let truth = write_history(&world.codex_home(), &options);
    json(&world, &["index", "run"]);
    let some = || truth.iter().step_by(threads / 60).map(|thread| turns(&world, &thread.id));
    let (wanted, rows) = (some().collect::<Vec<_>>(), overview(&world, &truth));
    wipe(&world);
    let began = Instant::now();
    let at_once = run_to(&world, None);
    let whole = began.elapsed();
    let (kills, mut unfinished) = (Effort::asked().pick(6, 200), 0);
    let mut read_again = Vec::new();
    for nth in 0..kills {
        wipe(&world);
        let before = run_to(&world, Some(whole.mul_f64(f64::from(nth) / f64::from(kills))));
        let done = if index_file(&world).exists() { done(&world) } else { 0 };
        let is_unfinished = done < threads as u64;
        unfinished += u32::from(is_unfinished);
        let after = run_to(&world, None);
        if let (true, Some(before), Some(after), Some(whole)) =
            (is_unfinished, before, after, at_once)
        {
            read_again.push((before + after) as f64 / whole as f64);
        }
        let report = json(&world, &["index", "run"]);
        assert_eq!(report["read"], 0, "kill {nth}: it was complete");
        assert!(overview(&world, &truth) == rows, "kill {nth}: other rows");
        if nth % Effort::asked().pick(6, 40) == 0 {
            assert!(some().eq(wanted.iter().cloned()), "kill {nth}: other turns");
        }
    }
    assert!(unfinished > 0, "no kill came before the end");
    let status = json(&world, &["index", "status"]);
    assert_eq!((&status["threads"], &status["transcripts"]), (&threads.into(), &threads.into()));
    let most = read_again.iter().copied().fold(0.0, f64::max);
    let mean = read_again.iter().sum::<f64>() / read_again.len().max(1) as f64;
    Effort::report(&format!(
        "index: {kills} kills in {whole:.1?}, {unfinished} of them in mid pass; rows equal after each; \
         read {mean:.3} times on average, {most:.3} at most (0: cannot be told here)"
    ));
}

/// What counts, lists and the search tell of all conversations: a row too many or too few shows.
fn overview(world: &World, truth: &[ThreadTruth]) -> Vec<Value> {
    let mut status = json(world, &["index", "status"]);
    // How SQLite fills its pages depends on the batches.
    status["index_bytes"] = Value::Null;
    let mut all = vec![status];
    all.extend(listed(world, &[]));
    for thread in truth.iter().step_by(truth.len() / 5) {
        let phrase = thread.turns[0].prompt.split(' ').take(4).collect::<Vec<_>>().join(" ");
        let found = json(world, &["threads", "search", &format!("\"{phrase}\"")]);
        all.extend(found["hits"].as_array().expect("hits").iter().cloned());
    }
    all
}

/// Runs a pass, kills it after a while if one is given, and returns how many bytes it read where the system
/// tells that of a process that ended.
fn run_to(world: &World, end: Option<Duration>) -> Option<u64> {
    let caller = world.caller();
    let mut command = caller.thru(&["index", "run", "--quiet"]);
    let mut running = command.spawn().expect("it starts");
    if let Some(end) = end {
        sleep(end);
        running.kill().expect("killed");
    }
    let folder = PathBuf::from(format!("/proc/{}", running.id()));
    let has_ended = || {
        let stat = fs::read_to_string(folder.join("stat")).unwrap_or_default();
        stat.rsplit_once(')').is_none_or(|(_, rest)| rest.trim_start().starts_with('Z'))
    };
    while !has_ended() {
        sleep(Duration::from_millis(1));
    }
    let told = fs::read_to_string(folder.join("io")).unwrap_or_default();
    let ended = running.wait().expect("gone");
    assert!(end.is_some() || ended.success(), "{ended}");
    told.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse().ok())
}

fn wipe(world: &World) {
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{suffix}", index_file(world).display()));
    }
}

/// How many transcripts are committed, asked while somebody else may hold the claim.
fn done(world: &World) -> u64 {
    let lock = fs::File::open(world.state().join("index.lock")).expect("a lock");
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive)
        .expect("the dead hold none");
    let list = json(world, &["threads", "list", "-n", "100000", "--everywhere"]);
    // Killed before the file had its tables: the answer is not from the file.
    let is_from_file = list["notes"].is_null();
    list["threads"].as_array().filter(|_| is_from_file).map_or(0, Vec::len) as u64
}

#[test]
fn hooks_never_open_it() {
    let world = crate::project();
    write_history(&world.codex_home(), &options(&world, 3));
    for event in crate::bystanders::events("s1") {
        world.hook(event).assert_success();
    }
    world.thru(&["fold"]).assert_success();
    assert!(!index_file(&world).exists());
    world.hook(HookEvent::session_start("s2", "startup")).assert_success();
    assert!(!index_file(&world).exists());
}

/// P20, P23: no secret is in any file of ours, and what is ours is private.
#[test]
fn no_secret_reaches_the_index_or_the_screen() {
    let (world, truth) = with_history(2);
    let secret = ["ghp", "_", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"].concat();
    for thread in &truth {
        let words = fs::read_to_string(&thread.path).expect("a transcript");
        let turn = &thread.turns[0];
        let with = |old: &str, words: &str| words.replace(old, &format!("{old} {secret}"));
        let words = with(&turn.commands[0], &with(&turn.prompt, &words));
        fs::write(&thread.path, words).expect("written");
    }
    world.thru(&["index", "run"]).assert_success();
    let id = &truth[0].id;
    let shown = [
        world.thru(&["threads", "show", id, "--full"]).screen(),
        world.thru(&["threads", "list", "--json"]).screen(),
        world.thru(&["threads", "search", &truth[0].turns[0].prompt[..10]]).screen(),
        world.thru(&["threads", "search", "--regex", "ghp_"]).screen(),
    ];
    assert!(shown[0].contains(&truth[0].turns[0].prompt), "{}", shown[0]);
    assert!(shown.iter().all(|screen| !screen.contains(&secret[..20])), "{shown:?}");
    let found = json(&world, &["threads", "search", &secret]);
    assert_eq!(found["hits"].as_array().map(Vec::len), Some(0), "{found}");
    for entry in fs::read_dir(world.state()).expect("HOME").flatten().filter(|e| e.path().is_file())
    {
        let bytes = fs::read(entry.path()).expect("readable").to_ascii_lowercase();
        let needle = secret.to_ascii_lowercase();
        let needle = &needle.as_bytes()[4..20];
        assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{:?}", entry.path());
        assert_eq!(entry.metadata().expect("meta").permissions().mode() & 0o077, 0, "{entry:?}");
    }
}

#[test]
fn the_screens() {
    let (world, truth) = with_history(3);
    world.thru(&["index", "run"]).assert_success();
    let cut = |path: &Path, text: &str| text.replace(&path.display().to_string(), "[FILE]");
    let list = world.thru(&["threads", "list"]).screen();
    insta::assert_snapshot!(list, @r#"
    01a10002-0000  2026-10-01 02:00  printer  2 turns  bajosti suzenor culanlan tortorsu torstigul kogu…
    01a10001-0000  2026-10-01 01:01  parser   4 turns  cucu hizen lankotor bawacu bazengul kowafe dorto…
    01a10000-0000  2026-10-01 00:01  main     4 turns  ribahi melwajo torcujo gulba bako rinalan sujome…
    "#);
    let last = &truth[2];
    let show = world.thru(&["threads", "show", &last.id[..13]]).screen();
    insta::assert_snapshot!(cut(&last.path, &world.without_paths(&show)), @r#"
    01a10002-0000-7000-8000-000000000005  2026-10-01 02:00 to 2026-10-01 02:00
    [WORLD]/repo on printer  made-up-1 medium
    70233 tokens in (35116 cached), 3558 out (889 reasoning)
    1  2026-10-01 02:00
    > bajosti suzenor culanlan tortorsu torstigul kogulzen riwasti lankoor kozenlan bamelzen kopecu torpeba pegul fejo melpe rifemel melzensu josusu baorjo pekovi lanjo gulfesu hibaba pejovi sustitor bagulh…
      feorri sulanwa wapejo suzenko ridordor pepeba rilanba naristi sutorwa mellantor viba hifetor pestiri vistitor torko dordormel dorsti zenba subaba wastiko nasticu konator tororzen kogulsti sunasu ripe …
      changed src/hitordor.rs, src/nasufe.rs
    2  2026-10-01 02:00
    > tornalan bakotor rilanlan bazen sumel ristiko melguldor nagulsu risugul periwa nawa fesuor kobana kovijo bakogul hihigul torstiri barijo dorsti bafe komelgul zensti suna hivina baba surivi wasuzen koz…
      ririgul melkori babasti wapeba torhilan torlanpe suzengul baviri rikope kopejo stina peripe lanfesti baviwa mellantor cuko rigulgul bahizen supeor gulsu ripena sumelfe konahi supelan lanriba wafelan p…
      changed src/melstizen.rs, src/torjovi.rs
    ◐  torfelan zenjo bakosti torpezen cutorjo
    ○  bamelsti dorjolan peko torwako rijohi
    ○  gullanmel lanbasu dordorba lanbape
    transcript [WORLD]/codex/sessions/2026/10/01/rollout-2026-10-01T02-00-00-01a10002-0000-7000-8000-000000000005.jsonl
    "#);
    insta::assert_snapshot!(world.thru(&["threads", "show", "nothing"]).screen(), @r#"
    [stderr]
    error: there is no thread `nothing`
    [exit 1]
    "#);
}
