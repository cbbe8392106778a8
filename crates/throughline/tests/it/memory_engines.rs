//! Memories that a model makes, asked through a server that speaks OpenAI's API.

use std::time::Duration;

use serde_json::{Value, json as object};
use throughline_testkit::{HookEvent, Provider, Request, Script, Step, World};

use crate::said::{Session, Turn};
use crate::{json, project, text};

const FIRST: Session<'_> =
    Session { id: "01a10000-0000-7000-8000-000000000001", day: 2, branch: "main" };
const SECOND: Session<'_> =
    Session { id: "01a10000-0000-7000-8000-000000000002", day: 3, branch: "main" };

/// What stands in a question of each phase, and in no other.
const EXTRACT: &str = "session_findings";
const CONSOLIDATE: &str = "memory_changes";

const SECRET: &str = "ghp_R8kZq2VtN5wYb7LmXc4JdHs1PfGa9Tu3EoKi";

fn queue<'a>() -> Turn<'a> {
    let prompt = "Keep the job queue in SQLite, one node is enough.";
    Turn { prompt, answer: "Done.", files: &["src/queue.rs"], ..Turn::default() }
}

/// The settings of a user whose engine is that server.
fn think_with(world: &World, provider: &Provider, more: &str) {
    let settings = format!(
        "[memory]\nengine = \"openai-compatible\"\n\
         [memory.endpoint]\nbase_url = \"{}\"\nmodel = \"small\"\n{more}\n",
        provider.base_url()
    );
    world.write(world.state().join("config.toml"), settings);
}

fn finding(title: &str, text: &str) -> Value {
    object!({
        "kind": "decision", "reach": "project", "title": title, "text": text,
        "confidence": "stated", "subject": null, "files": ["src/queue.rs"], "turn": "turn-0",
    })
}

fn found(findings: &[Value]) -> Step {
    let answer = object!({
        "findings": findings, "raw_memory": "- what was found", "rollout_summary": "Worked.",
        "rollout_slug": "job-queue",
    });
    Step::text(&answer.to_string()).usage(700, 300, 20)
}

fn queue_found() -> Step {
    found(&[finding("The job queue is kept in SQLite", "One node is enough for the job queue.")])
}

fn proposed(changes: &[Value]) -> Step {
    Step::text(&object!({ "changes": changes }).to_string()).usage(90, 10, 5)
}

fn change(op: &str, id: Option<&str>, title: &str, session: &str) -> Value {
    object!({
        "op": op, "id": id, "kind": "decision", "title": title, "text": title,
        "reach": "project", "sessions": [session], "because": "it is shorter",
    })
}

fn memories(world: &World) -> Vec<Value> {
    json(world, &["memory", "list"])["memories"].as_array().expect("memories").clone()
}

fn titles(world: &World) -> Vec<String> {
    memories(world).iter().map(|memory| text(&memory["title"])).collect()
}

fn told(world: &World, session: &str) -> String {
    let ran = world.hook(HookEvent::session_start(session, "startup")).assert_success();
    let answer: Value = ran.json();
    text(&answer["hookSpecificOutput"]["additionalContext"])
}

fn asked(provider: &Provider, phase: &str) -> Vec<Request> {
    provider.requests().into_iter().filter(|request| request.raw().contains(phase)).collect()
}

fn update(world: &World) -> Value {
    json(world, &["memory", "update", "--all"])
}

#[test]
fn a_model_reads_consolidates_and_is_overruled() {
    let world = project();
    FIRST.says(&world, &[queue()]);
    let provider = Provider::start(
        Script::new().rule(EXTRACT, queue_found()).rule(CONSOLIDATE, proposed(&[])),
    );
    think_with(&world, &provider, "");
    let report = update(&world);
    assert_eq!(report["sessions"][0]["outcome"], "taught", "{report}");
    let cost = object!({ "questions": 2, "input": 790, "cached": 310, "output": 25 });
    assert_eq!(report["cost"], cost, "{report}");
    assert_eq!(titles(&world), ["The job queue is kept in SQLite"]);
    assert!(told(&world, "s1").contains("The job queue is kept in SQLite"));

    // It says it in its own words, and the rules leave them.
    let id = text(&memories(&world)[0]["id"]);
    let reworded = change("replace", Some(&id), "Queue: SQLite, one node", FIRST.id);
    let second = queue_found();
    provider
        .set_script(Script::new().rule(EXTRACT, second).rule(CONSOLIDATE, proposed(&[reworded])));
    SECOND.says(&world, &[queue()]);
    update(&world);
    let known = memories(&world);
    assert_eq!(titles(&world), ["Queue: SQLite, one node"], "{known:#?}");
    assert_eq!((&known[0]["id"], &known[0]["author"]), (&id.as_str().into(), &"model".into()));
    let again = update(&world);
    assert_eq!(
        (&again["cost"]["questions"], &again["consolidated"]["outcome"]),
        (&0.into(), &"clean".into())
    );

    // A hand wins, and what a model would change of it is refused.
    let sheet = crate::project_folder(&world).join("memory/MEMORY.md");
    let edited = world.read(&sheet).replace("Queue: SQLite, one node", "Queue: our SQLite");
    world.write(&sheet, edited);
    let theirs = change("replace", Some(&id), "Queue: Redis", FIRST.id);
    provider.set_script(Script::new().rule(CONSOLIDATE, proposed(&[theirs])));
    let report = json(&world, &["memory", "update", "--now"]);
    assert!(report["notes"][0].as_str().expect("a note").contains("a person wrote it"), "{report}");
    assert_eq!(titles(&world), ["Queue: our SQLite"]);
    let states = json(&world, &["memory", "history"]);
    let first = text(&states["states"].as_array().expect("states").last().expect("one")["id"]);
    world.thru(&["memory", "revert", &first]).assert_success();
    assert_eq!(titles(&world), ["The job queue is kept in SQLite"]);
}

#[test]
fn what_a_model_wrote_goes_with_its_last_session() {
    let world = project();
    let path = FIRST.says(&world, &[queue()]);
    let new = change("add", None, "Jobs wait in SQLite", FIRST.id);
    let provider = Provider::start(
        Script::new().rule(EXTRACT, queue_found()).rule(CONSOLIDATE, proposed(&[new])),
    );
    think_with(&world, &provider, "");
    update(&world);
    assert!(titles(&world).contains(&"Jobs wait in SQLite".to_owned()), "{:?}", titles(&world));
    let stranger = Turn { prompt: "go on", answer: "ok", server: Some("wiki"), ..Turn::default() };
    FIRST.says(&world, &[queue(), stranger]);
    assert!(path.is_file());
    provider.set_script(Script::new().rule(CONSOLIDATE, proposed(&[])));
    let report = update(&world);
    assert_eq!(report["sessions"][0]["outcome"], "polluted", "{report}");
    assert_eq!(titles(&world), Vec::<String>::new());
}

#[test]
fn what_a_model_would_remove_is_superseded_and_does_not_come_back() {
    let world = project();
    FIRST.says(&world, &[queue()]);
    let provider = Provider::start(
        Script::new().rule(EXTRACT, queue_found()).rule(CONSOLIDATE, proposed(&[])),
    );
    think_with(&world, &provider, "");
    update(&world);
    let id = text(&memories(&world)[0]["id"]);
    let gone = change("remove", Some(&id), "", FIRST.id);
    let step = proposed(&[gone]);
    let other = finding("Jobs are retried three times", "A failed job is retried three times.");
    provider.set_script(Script::new().rule(EXTRACT, found(&[other])).rule(CONSOLIDATE, step));
    let prompt = "Failed jobs are retried three times, keep it so.";
    SECOND.says(&world, &[Turn { prompt, answer: "ok", ..Turn::default() }]);
    update(&world);
    assert_eq!(titles(&world), ["Jobs are retried three times"]);
    let past = json(&world, &["memory", "list", "--status", "superseded"]);
    assert_eq!(past["memories"][0]["id"], id, "{past}");
}

#[test]
fn no_secret_leaves_and_none_comes_back() {
    let world = project();
    let prompt = format!("Keep the queue in SQLite. The token is {SECRET}, export GITHUB_TOKEN.");
    let command = format!("curl -H 'authorization: Bearer {SECRET}' https://example.com");
    let commands = [(command.as_str(), 0)];
    let answer = format!("I used {SECRET}.");
    let turn = Turn { prompt: &prompt, answer: &answer, commands: &commands, ..Turn::default() };
    FIRST.says(&world, &[turn]);
    let leaked = finding("The queue is in SQLite", &format!("Its token is {SECRET}."));
    let provider = Provider::start(
        Script::new().rule(EXTRACT, found(&[leaked])).rule(CONSOLIDATE, proposed(&[])),
    );
    think_with(&world, &provider, "");
    update(&world);
    assert_eq!(titles(&world), ["The queue is in SQLite"]);
    let requests = provider.requests();
    assert_eq!(requests.len(), 2);
    for request in &requests {
        assert!(!request.raw().contains(&SECRET[4..20]), "{}", request.raw());
    }
    assert!(requests[0].raw().contains("[REDACTED"), "{}", requests[0].raw());
    assert!(!json(&world, &["memory", "list"]).to_string().contains(SECRET));
}

#[test]
fn an_answer_that_makes_no_sense_is_a_failure_that_is_paid_for() {
    let world = project();
    FIRST.says(&world, &[queue()]);
    let nonsense = Step::text("I would rather not say.").usage(50, 0, 7);
    let provider = Provider::start(Script::new().rule_times(EXTRACT, 1, nonsense));
    think_with(&world, &provider, "\n[memory.extract]\nretry_delay_seconds = 0");
    let report = update(&world);
    assert_eq!(report["sessions"][0]["outcome"], "failed", "{report}");
    assert!(text(&report["sessions"][0]["what"]).contains("JSON"), "{report}");
    assert_eq!((&report["cost"]["input"], &report["cost"]["output"]), (&50.into(), &7.into()));

    // The next time it is tried again; that phase 2 has no answer leaves what the rules come to.
    let nonsense = Step::text("no").usage(3, 0, 2);
    provider.set_script(Script::new().rule(EXTRACT, queue_found()).rule(CONSOLIDATE, nonsense));
    let report = update(&world);
    assert_eq!(report["consolidated"]["outcome"], "done", "{report}");
    assert!(text(&report["notes"][0]).starts_with("consolidated by rules alone"), "{report}");
    assert_eq!(report["cost"]["output"], 22, "{report}");
    assert_eq!(titles(&world), ["The job queue is kept in SQLite"]);
}

#[test]
fn a_server_that_is_busy_costs_no_attempt() {
    let world = project();
    FIRST.says(&world, &[queue()]);
    SECOND.says(&world, &[queue()]);
    let busy = Step::text("slow down").status(429).header("retry-after", "60");
    let provider = Provider::start(Script::new().default_step(busy));
    think_with(&world, &provider, "\n[memory.extract]\nretries = 0");
    for _ in 0..2 {
        let report = update(&world);
        let outcomes = report["sessions"].as_array().expect("sessions").iter();
        let outcomes: Vec<String> = outcomes.map(|session| text(&session["outcome"])).collect();
        assert_eq!(outcomes, ["waits", "waits"], "{report}");
        assert!(
            text(&report["notes"][0]).contains("429: slow down; 2 of the sessions"),
            "{report}"
        );
    }
    assert!(provider.requests().len() <= 4, "nothing more is asked once it said so");
    provider
        .set_script(Script::new().rule(EXTRACT, queue_found()).rule(CONSOLIDATE, proposed(&[])));
    assert_eq!(update(&world)["sessions"][0]["outcome"], "taught");
}

#[test]
fn a_budget_that_is_used_up_leaves_the_rest_for_later() {
    let world = project();
    FIRST.says(&world, &[queue()]);
    SECOND.says(&world, &[queue()]);
    let dear = queue_found().usage(4_000, 300, 20);
    let provider =
        Provider::start(Script::new().rule(EXTRACT, dear).rule(CONSOLIDATE, proposed(&[])));
    // One question of phase 1 fits, with the longest answer that it may get, and none of phase 2.
    think_with(&world, &provider, "\n[memory.budget]\ntokens_per_run = 12000");
    let ran = world.thru(&["memory", "update", "--all"]).assert_success();
    let most = "openai-compatible may cost at most 24000 tokens now; 0 of 500000 are spent today";
    assert!(ran.screen().contains(most), "{}", ran.screen());
    assert!(
        ran.screen()
            .contains("cost: 1 question, 4000 tokens read (300 of them cached), 20 written"),
        "{}",
        ran.screen()
    );
    assert!(ran.screen().contains("the budget of 12000 tokens for a run"), "{}", ran.screen());
    assert_eq!(asked(&provider, EXTRACT).len(), 1);
    let report = update(&world);
    assert_eq!(report["cost"]["questions"], 1, "{report}");
    assert_eq!(asked(&provider, EXTRACT).len(), 2, "the next run reads the other one");

    think_with(&world, &provider, "\n[memory.budget]\ntokens_per_day = 1500");
    SECOND.says(&world, &[queue(), queue()]);
    let report = update(&world);
    assert!(text(&report["notes"][0]).contains("1500 tokens for a day"), "{report}");
    assert_eq!(provider.requests().len(), 2, "nothing was asked");
}

#[test]
fn a_key_comes_from_a_variable_or_a_program_and_is_shown_nowhere() {
    let world = project();
    FIRST.says(&world, &[queue()]);
    let provider = Provider::start(
        Script::new().rule(EXTRACT, queue_found()).rule(CONSOLIDATE, proposed(&[])),
    );
    think_with(&world, &provider, "key_env = \"OUR_KEY\"");
    let refused = world.thru(&["memory", "update", "--all"]);
    assert!(!refused.is_success());
    assert!(refused.screen().contains("the variable OUR_KEY is no key"), "{}", refused.screen());
    let key = "key-4711-from-here";
    let ran = world.started_by(&["env", &format!("OUR_KEY={key}")], || {
        world.thru(&["memory", "update", "--all"]).assert_success()
    });
    let bearer = format!("Bearer {key}");
    assert_eq!(provider.requests()[0].header("authorization"), Some(bearer.as_str()));
    assert!(!ran.screen().contains(key), "{}", ran.screen());

    think_with(&world, &provider, "key_command = [\"sh\", \"-c\", \"echo key-from-program\"]");
    SECOND.says(&world, &[queue()]);
    update(&world);
    let last = provider.requests().pop().expect("one");
    assert_eq!(last.header("authorization"), Some("Bearer key-from-program"));
    think_with(&world, &provider, "key_command = [\"sh\", \"-c\", \"echo oh-dear >&2; exit 1\"]");
    let refused = world.thru(&["memory", "update", "--all"]);
    let said = refused.screen();
    assert!(!refused.is_success() && said.contains("key_command"), "{said}");
    assert!(!said.contains("oh-dear"), "{said}");
}

#[test]
fn who_lost_the_job_publishes_nothing() {
    let world = project();
    FIRST.says(&world, &[queue()]);
    let slow = proposed(&[change("add", None, "From who was too late", FIRST.id)]);
    let slow = slow.delay(Duration::from_secs(8));
    let quick = proposed(&[change("add", None, "From who took over", FIRST.id)]);
    let provider = Provider::start(
        Script::new()
            .rule(EXTRACT, queue_found())
            .rule_times(CONSOLIDATE, 1, slow)
            .rule(CONSOLIDATE, quick),
    );
    let leases = "\n[memory.consolidate]\nlease_seconds = 2\nheartbeat_seconds = 1";
    think_with(&world, &provider, leases);
    let caller = world.caller();
    let first = std::thread::spawn(move || {
        let mut command = caller.thru(&["memory", "update", "--all", "--json"]);
        command.output().expect("it runs")
    });
    provider.wait_for_requests(2, Duration::from_secs(30));
    std::thread::sleep(Duration::from_millis(2_100));
    let caller = world.caller();
    let mut command = caller.thru(&["memory", "update", "--all", "--json"]);
    let over: Value =
        serde_json::from_slice(&command.output().expect("it runs").stdout).expect("JSON");
    assert_eq!(over["consolidated"]["outcome"], "done", "{over}");
    let late = first.join().expect("it ends");
    let late: Value = serde_json::from_slice(&late.stdout).expect("JSON");
    assert_eq!(late["consolidated"]["outcome"], "lost", "{late}");
    let known = titles(&world);
    assert!(known.contains(&"From who took over".to_owned()), "{known:?}");
    assert!(!known.contains(&"From who was too late".to_owned()), "{known:?}");
}

#[test]
fn what_shares_no_word_with_a_question_is_found_by_its_vector() {
    let world = project();
    world.thru(&["memory", "add", "Ship daily"]).assert_success();
    world.thru(&["memory", "add", "The parser lives in src/parser.rs"]).assert_success();
    let provider = Provider::start(Script::new().synonyms(&["ship", "verschicken"]));
    let settings = format!(
        "[recall]\nembeddings = true\n[memory.endpoint]\nbase_url = \"{}\"\n\
         embedding_model = \"tiny\"\n",
        provider.base_url()
    );
    let hits = |question: &str| {
        let found = json(&world, &["recall", question]);
        let hits = found["hits"].as_array().expect("hits").clone();
        let titles: Vec<String> = hits.iter().map(|hit| text(&hit["title"])).collect();
        (titles, text(&found["notes"][0]))
    };
    assert_eq!(hits("verschicken").0, [""; 0]);
    world.write(world.state().join("config.toml"), settings);
    assert_eq!(update(&world)["vectors"], 2);
    assert_eq!(update(&world)["vectors"], 0, "they are made once");
    assert_eq!(hits("verschicken"), (vec!["Ship daily".to_owned()], String::new()));

    // Without the server it goes on by words, and says so.
    provider.set_script(Script::new().embedding_step(Step::new().status(500)));
    let (found, note) = hits("where is the parser?");
    assert_eq!(found, ["The parser lives in src/parser.rs"]);
    assert!(note.starts_with("recalled by words alone: http://127.0.0.1"), "{note}");

    let id = text(&memories(&world)[0]["id"]);
    world.thru(&["memory", "edit", &id, "--text", "It moved to src/read.rs"]).assert_success();
    assert_eq!(update(&world)["vectors"], 1, "what changed is made anew");
}

#[test]
fn a_model_in_a_directory_that_this_program_cannot_run_leaves_recall_to_words() {
    let world = project();
    world.thru(&["memory", "add", "Ship daily"]).assert_success();
    let settings = "[recall]\nembeddings = true\nlocal_model = \"/nowhere/minilm\"\n";
    world.write(world.state().join("config.toml"), settings);
    let found = json(&world, &["recall", "when do we ship?"]);
    assert_eq!(text(&found["hits"][0]["title"]), "Ship daily");
    let note = text(&found["notes"][0]);
    assert!(note.starts_with("recalled by words alone: /nowhere/minilm"), "{note}");
}
