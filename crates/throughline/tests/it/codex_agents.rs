//! Agents that the real Codex spawns, in both of its ways: how they stand after a crash, and what closing and going on
//! means for them. In its second way who is spawned has no tool to spawn, so there are three levels in its first alone.

use std::time::Duration;

use serde_json::{Value, json as object};
use throughline_testkit::{Codex, Provider, Script, Step, World};

use crate::codex::connected;
use crate::{json, text};

const LONG: Duration = Duration::from_secs(60);

/// What only the requests of spawned agents have.
const SPAWNED: &str = r#"thread_source\":\"subagent"#;

struct Way {
    settings: &'static str,
    namespace: &'static str,
    /// How an agent below is asked for.
    task: fn(&str) -> Value,
    /// Who spawns the second one.
    second_of: usize,
}

fn ways() -> [Way; 2] {
    [
        Way {
            settings: "[features]\nmulti_agent = true\n[agents]\nmax_depth = 3",
            namespace: "multi_agent_v1",
            task: |_| object!({ "message": "Help", "agent_type": "explorer" }),
            second_of: 1,
        },
        Way {
            settings: "[features]\nmulti_agent_v2 = true",
            namespace: "collaboration",
            task: |name| object!({ "message": "Help", "task_name": name, "fork_turns": "none" }),
            second_of: 0,
        },
    ]
}

fn agents(world: &World, arguments: &[&str]) -> Vec<Value> {
    let report = json(world, &[&["agents"], arguments].concat());
    report["agents"].as_array().unwrap_or_else(|| panic!("{report}")).clone()
}

fn column(agents: &[Value], name: &str) -> Vec<String> {
    agents.iter().map(|agent| text(&agent[name])).collect()
}

#[test]
fn real_codex_agents_stand_right_after_a_crash_and_are_closed_and_gone_on_with() {
    let Some(codex) = Codex::required() else { return };
    for Way { settings, namespace, task, second_of } in ways() {
        let world = connected(&codex);
        let spawn = |name| Step::new().call_in(namespace, "spawn_agent", task(name));
        let mut script = Script::steps([spawn("first")]);
        script = match second_of {
            0 => script.step(spawn("second")),
            _ => script.rule_times(SPAWNED, 1, spawn("second")),
        };
        let script = script.default_step(Step::new().hang()).rule(SPAWNED, Step::new().hang());
        let provider = Provider::start(script);
        let session = world.codex(&codex, &provider);
        let session = session.config(settings);
        let running = session.spawn("Mend the parser");
        provider.wait_for_requests(5, LONG);
        let root = running.kill().thread().to_owned();

        let tree = agents(&world, &["tree", &root]);
        assert_eq!(column(&tree, "status"), ["interrupted"; 3], "{settings}: {tree:#?}");
        let depths: Vec<&Value> = tree.iter().map(|agent| &agent["depth"]).collect();
        assert_eq!(depths, [&object!(0), &object!(1), &object!(second_of + 1)], "{settings}");
        let ids = column(&tree, "id");
        assert_eq!(column(&tree[1..], "parent"), [&*ids[0], &*ids[second_of]], "{settings}");
        let paths = column(&tree, "path");
        assert!(
            paths[1].starts_with(&paths[0]) && paths[2].starts_with(&paths[second_of]),
            "{paths:?}"
        );
        for said in tree.iter().filter(|agent| !agent["agent_path"].is_null()) {
            assert_eq!(said["path"], said["agent_path"], "{settings}: as Codex calls it");
        }

        provider.set_script(Script::steps([Step::text("Going on."), Step::text("Deep down.")]));
        session.resume_thread(&root, "Go on").assert_success();
        let tree = agents(&world, &["tree", &root]);
        assert_eq!(column(&tree, "status"), ["open", "interrupted", "interrupted"], "{settings}");

        // One below is closed apart from the others, and stays closed when they are open again.
        assert_eq!(column(&agents(&world, &["close", &paths[2]]), "id"), ids[2..]);
        assert_eq!(column(&agents(&world, &["close", &root]), "id"), ids[..2]);
        let tree = agents(&world, &["tree", &root]);
        assert_eq!(column(&tree, "status"), ["closed"; 3], "{settings}");
        let resumed = json(&world, &["agents", "resume", &root]);
        assert_eq!(column(resumed["agents"].as_array().expect("agents"), "id"), ids[..2]);
        let is_through_parent = !tree[1]["agent_path"].is_null();
        let commands = resumed["commands"].as_array().expect("commands");
        assert!(text(&commands[0]).ends_with(&format!("&& codex resume {root}")), "{commands:?}");
        assert_eq!(commands[1].is_null(), is_through_parent, "{commands:?}");
        let tree = agents(&world, &["tree", &root]);
        assert_eq!(column(&tree, "status"), ["open", "interrupted", "closed"], "{settings}");

        // Codex goes on with what lies deepest, and then it is open by itself; or says why it does not.
        let ran = session.resume_thread(&ids[2], "Go on");
        if is_through_parent {
            assert!(ran.stderr.contains("resume the parent first"), "{ran:?}");
            continue;
        }
        ran.assert_success();
        let tree = agents(&world, &["tree", &root]);
        assert_eq!(column(&tree, "status"), ["open", "interrupted", "open"], "{settings}");
    }
}
