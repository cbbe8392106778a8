//! Agents that the real Codex spawns, three levels deep, in both of its ways: how they stand after a crash, and what
//! closing and going on means for them.

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
}

fn ways() -> [Way; 2] {
    [
        Way {
            settings: "[features]\nmulti_agent = true\n[agents]\nmax_depth = 3",
            namespace: "multi_agent_v1",
            task: |_| object!({ "message": "Help", "agent_type": "explorer" }),
        },
        Way {
            settings: "[features]\nmulti_agent_v2 = true",
            namespace: "collaboration",
            task: |name| object!({ "message": "Help", "task_name": name, "fork_turns": "none" }),
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
    for Way { settings, namespace, task } in ways() {
        let world = connected(&codex);
        let spawn = |name| Step::new().call_in(namespace, "spawn_agent", task(name));
        let provider = Provider::start(
            Script::steps([spawn("first")])
                .default_step(Step::new().hang())
                .rule_times(SPAWNED, 1, spawn("second"))
                .rule(SPAWNED, Step::new().hang()),
        );
        let session = world.codex(&codex, &provider);
        let session = session.config(settings);
        let running = session.spawn("Mend the parser");
        // The root's two, the first one's two, and what the second one is asked.
        provider.wait_for_requests(5, LONG);
        let root = running.kill().thread().to_owned();

        let tree = agents(&world, &["tree", &root]);
        assert_eq!(column(&tree, "status"), ["interrupted"; 3], "{settings}: {tree:#?}");
        let depths: Vec<&Value> = tree.iter().map(|agent| &agent["depth"]).collect();
        assert_eq!(depths, [&object!(0), &object!(1), &object!(2)], "{settings}");
        let ids = column(&tree, "id");
        assert_eq!((&tree[1]["parent"], &tree[2]["parent"]), (&object!(ids[0]), &object!(ids[1])));
        let paths = column(&tree, "path");
        assert!(paths[1].starts_with(&paths[0]) && paths[2].starts_with(&paths[1]), "{paths:?}");
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
        let commands: Vec<String> =
            resumed["commands"].as_array().expect("commands").iter().map(text).collect();
        assert_eq!(column(resumed["agents"].as_array().expect("agents"), "id"), ids[..2]);
        for (command, id) in commands.iter().zip(&ids) {
            assert!(command.ends_with(&format!("&& codex resume {id}")), "{commands:?}");
        }
        let tree = agents(&world, &["tree", &root]);
        assert_eq!(column(&tree, "status"), ["open", "interrupted", "closed"], "{settings}");

        // Codex goes on with what lies deepest, and then it is open by itself.
        session.resume_thread(&ids[2], "Go on").assert_success();
        let tree = agents(&world, &["tree", &root]);
        assert_eq!(column(&tree, "status"), ["open", "interrupted", "open"], "{settings}");
    }
}
