//! Paths, places in the tree, and the laws of closing and going on.

use proptest::prelude::*;

use super::{Agent, AgentPath, AgentRefusal, AgentStatus, AgentTree, Closing, ROOT, Tail};
use jiff::Timestamp;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).expect("a time")
}

fn agent(id: &str, parent: Option<&str>) -> Agent {
    Agent {
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
        says: None,
        nickname: None,
        began: at(0),
        last: at(10),
        tail: Tail::AtRest,
        is_alive: false,
        closing: None,
    }
}

fn paths(tree: &AgentTree) -> Vec<&str> {
    tree.nodes.iter().map(|node| node.path.as_str()).collect()
}

/// A path below the root.
fn below(names: &str) -> String {
    format!("{ROOT}{names}")
}

#[test]
fn references_are_resolved_from_the_root_and_from_here() {
    let lexer = AgentPath::root().child("lexer");
    let to_parser = below("/parser");
    let cases = [
        ("tests", Some("/lexer/tests")),
        (&to_parser, Some("/parser")),
        ("../parser", Some("/parser")),
        ("..", Some("")),
        (".", Some("/lexer")),
        ("a/b_2", Some("/lexer/a/b_2")),
        ("../..", None),
        ("", None),
        ("a//b", None),
        ("/etc/passwd", None),
        ("/rootless", None),
        ("...", None),
        ("a b", None),
    ];
    for (reference, expected) in cases {
        let resolved = lexer.resolve(reference).map(|path| path.to_string());
        assert_eq!(resolved, expected.map(below), "{reference:?}");
    }
}

#[test]
fn names_come_from_the_transcript_where_they_fit_their_place_and_are_never_twice() {
    let says = |says: &str, agent: Agent| Agent { says: Some(below(says)), ..agent };
    let called = |name: &str, agent: Agent| Agent { nickname: Some(name.to_owned()), ..agent };
    let tree = AgentTree::of(
        "r",
        vec![
            agent("r", None),
            says("/help", agent("a", Some("r"))),
            says("/help", agent("b", Some("r"))),
            called("Ada!", agent("c", Some("a"))),
            called("Ada", agent("d", Some("a"))),
            says("/elsewhere", agent("e", Some("a"))),
            agent("stranger", Some("nobody")),
        ],
    );
    let expected = ["", "/help", "/help/Ada", "/help/Ada-2", "/help/agent", "/agent"];
    assert_eq!(paths(&tree), expected.map(below));
    let by = |name: &str| -> Vec<&str> {
        let from = AgentPath::root();
        tree.named(name, &from).iter().map(|node| node.agent.id.as_str()).collect()
    };
    assert_eq!((by("help/Ada-2"), by("ada"), by("e")), (vec!["d"], vec!["d"], vec!["e"]));
    assert_eq!((by(""), by("zzz")), (vec![], vec![]));
}

#[test]
fn how_one_stands_follows_from_its_transcript_and_its_process() {
    let closing = |second| Some(Closing { at: at(0), seen: at(second), with: "r".to_owned() });
    let cases = [
        (Tail::AtRest, false, None, AgentStatus::Open),
        (Tail::AtRest, true, None, AgentStatus::Open),
        (Tail::InTurn, true, None, AgentStatus::Working),
        (Tail::InTurn, false, None, AgentStatus::Interrupted),
        (Tail::BrokenOff, true, None, AgentStatus::Interrupted),
        (Tail::InTurn, false, closing(10), AgentStatus::Closed),
        (Tail::AtRest, false, closing(9), AgentStatus::Open),
    ];
    for (tail, is_alive, closing, expected) in cases {
        let agent = Agent { tail, is_alive, closing, ..agent("r", None) };
        assert_eq!(agent.status(), expected, "{agent:?}");
    }
}

/// A tree of up to 12 agents, each with a parent among those before it (or a stranger), some at work, some closed.
fn any_agents() -> impl Strategy<Value = Vec<Agent>> {
    let one = (0_usize..12, 0_usize..4, prop::option::weighted(0.3, 0_usize..12));
    prop::collection::vec(one, 1..12).prop_map(|all| {
        let all = all.into_iter().enumerate();
        all.map(|(number, (parent, tail, closed_with))| {
            let parent = (number > 0).then(|| format!("t{parent}"));
            let (tail, is_alive) = match tail {
                0 => (Tail::InTurn, true),
                1 => (Tail::InTurn, false),
                2 => (Tail::BrokenOff, false),
                _ => (Tail::AtRest, false),
            };
            let closing = closed_with.map(|with| Closing {
                at: at(20),
                seen: at(10),
                with: format!("t{with}"),
            });
            Agent { tail, is_alive, closing, ..agent(&format!("t{number}"), parent.as_deref()) }
        })
        .collect()
    })
}

fn with_closing(agents: &[Agent], ids: &[String], closing: Option<&Closing>) -> Vec<Agent> {
    let changed = |agent: &Agent| match ids.contains(&agent.id) {
        true => Agent { closing: closing.cloned(), ..agent.clone() },
        false => agent.clone(),
    };
    agents.iter().map(changed).collect()
}

proptest! {
    #[test]
    fn each_stands_once_below_its_parent_with_a_name_of_its_own(agents in any_agents()) {
        let tree = AgentTree::of("t0", agents);
        let mut names = paths(&tree);
        names.sort_unstable();
        names.dedup();
        prop_assert_eq!(names.len(), tree.nodes.len());
        for node in &tree.nodes {
            let parent = node.agent.parent.as_ref().and_then(|id| tree.get(id));
            let above = parent.filter(|_| node.agent.id != "t0").map(|node| node.path.clone());
            prop_assert_eq!(node.path.parent(), above);
            prop_assert_eq!(tree.named(node.path.as_str(), &AgentPath::root()), vec![node]);
        }
    }

    #[test]
    fn going_on_undoes_closing_and_nothing_else(agents in any_agents(), target in 0_usize..12) {
        let id = format!("t{target}");
        let tree = AgentTree::of("t0", agents.clone());
        let before: Vec<AgentStatus> = tree.nodes.iter().map(|node| node.agent.status()).collect();
        match tree.close(&id) {
            Ok(closed) => {
                let ids: Vec<String> = closed.iter().map(|node| node.agent.id.clone()).collect();
                prop_assert_eq!(&ids[0], &id);
                let closing = Closing { at: at(30), seen: at(10), with: id.clone() };
                let after = AgentTree::of("t0", with_closing(&agents, &ids, Some(&closing)));
                for node in after.below(&id) {
                    prop_assert_eq!(node.agent.status(), AgentStatus::Closed);
                }
                let again = matches!(after.close(&id), Err(AgentRefusal::Closed { .. }));
                prop_assert!(again);
                let resumed = after.resume(&id).unwrap();
                let resumed: Vec<String> = resumed.iter().map(|node| node.agent.id.clone()).collect();
                // One that was closed with the same one before is no stranger to it.
                prop_assert!(ids.iter().all(|id| resumed.contains(id)));
                let reopened = with_closing(&agents, &resumed, None);
                let reopened = AgentTree::of("t0", reopened);
                for (node, before) in reopened.nodes.iter().zip(before) {
                    if ids.contains(&node.agent.id) || !resumed.contains(&node.agent.id) {
                        prop_assert_eq!(node.agent.status(), before);
                    }
                }
            }
            Err(AgentRefusal::Working { path }) => {
                let node = tree.nodes.iter().find(|node| node.path == path).unwrap();
                prop_assert_eq!(node.agent.status(), AgentStatus::Working);
            }
            Err(AgentRefusal::Closed { .. }) => {
                prop_assert_eq!(tree.get(&id).unwrap().agent.status(), AgentStatus::Closed);
            }
            Err(AgentRefusal::Unknown) => prop_assert!(tree.get(&id).is_none()),
            Err(AgentRefusal::NotClosed { .. }) => prop_assert!(false, "closing asks for no closed one"),
        }
    }
}
