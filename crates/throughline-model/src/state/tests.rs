//! Tests of `state`.

mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use rustix::time::{ClockId, clock_gettime};

use super::*;
use crate::json::tests::any_json;
use crate::json::{DEEPEST, Json};

pub(crate) fn task_id(text: &str) -> TaskId {
    TaskId::parse(text).expect("a test's own id")
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("a test's own time")
}

pub(crate) fn empty_state() -> State {
    let id = ProjectId::parse("p-6f1d0c").expect("a test's own id");
    State::empty(Label { id, name: "parser".to_owned(), extra: Extra::new() })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ -~]{1,10}",
        1 => "\\PC{1,6}",
        1 => "[\u{0}-\u{1f}\"\\\\é\u{2028}]{1,4}",
    ]
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    (-62_000_000_000_i64..250_000_000_000, prop_oneof![Just(0), 0..1_000_000_000_i32])
        .prop_map(|(second, nano)| Timestamp::new(second, nano.abs()).expect("in jiff's range"))
}

/// Members with names that no version of ours uses.
pub(crate) fn any_extra() -> impl Strategy<Value = Extra> {
    let some = btree_map("[A-Z\"é\\n]{1,3}", any_json(), 1..3);
    prop_oneof![
        3 => Just(Extra::new()),
        1 => some.prop_map(|members| members.into_iter().collect()),
    ]
}

pub(crate) fn any_milestone() -> impl Strategy<Value = Milestone> {
    let status =
        select(&[MilestoneStatus::Open, MilestoneStatus::Reached, MilestoneStatus::Dropped]);
    (any_text(), status, of(any_time()), any_extra())
        .prop_map(|(title, status, due, extra)| Milestone { title, status, due, extra })
}

pub(crate) fn any_note() -> impl Strategy<Value = Note> {
    let task = of("t-[a-z0-9]{1,4}".prop_map(|id| task_id(&id)));
    (any_text(), any_time(), task, of(any_text()), any_extra())
        .prop_map(|(text, at, task, session, extra)| Note { text, at, task, session, extra })
}

pub(crate) fn any_snapshot() -> impl Strategy<Value = Snapshot> {
    let milestone = of("m-[a-z0-9]{1,4}".prop_map(|id| MilestoneId::parse(&id).expect("an id")));
    (any_text(), any_time(), any_text(), milestone, any_extra()).prop_map(
        |(commit, at, reason, milestone, extra)| Snapshot { commit, at, reason, milestone, extra },
    )
}

pub(crate) fn any_evidence() -> impl Strategy<Value = Evidence> {
    (of(any_text()), vec(any_text(), 0..3), of(any_text()), of(any_text()), any_extra()).prop_map(
        |(commit, files, session, turn, extra)| {
            let orphaned = files.len() == 1;
            Evidence { commit, files, session, turn, orphaned, extra }
        },
    )
}

/// A task without relations to others.
pub(crate) fn any_task() -> impl Strategy<Value = Task> {
    let words = (any_text(), select(&Status::ALL), select(&Kind::ALL), PRIORITIES);
    let source = (select(&SourceKind::ALL), of(any_text()), any_extra())
        .prop_map(|(kind, session, extra)| Source { kind, session, extra });
    let texts = vec(of(any_text()), 6);
    let times = (any_time(), of(any_time()), of(any_time()));
    let labels = btree_set(any_text(), 0..3);
    let evidence = vec(any_evidence(), 0..2);
    (words, source, texts, times, labels, evidence, any_extra()).prop_map(
        |(words, source, mut texts, times, labels, evidence, extra)| {
            let mut task = Task::new(words.0, words.2, source, times.0);
            (task.status, task.priority) = (words.1, words.3);
            (task.deferred_until, task.completed_at) = (times.1, times.2);
            let mut text = || texts.pop().flatten();
            (task.owner, task.acceptance, task.notes) = (text(), text(), text());
            (task.target_commit, task.adr, task.reason) = (text(), text(), text());
            task.labels = labels.into_iter().rev().collect();
            (task.evidence, task.extra) = (evidence, extra);
            task
        },
    )
}

/// Tasks with random relations. `rank` orders them otherwise than their ids do, and relations go
/// down in rank only, so that there is no circle.
fn any_tasks(milestones: Vec<MilestoneId>) -> impl Strategy<Value = BTreeMap<TaskId, Task>> {
    let one = (any_task(), any::<u64>(), any::<bool>(), any::<u8>());
    btree_map("[A-Za-z0-9._-]{1,6}", one, 0..7).prop_map(move |seeds| {
        let ranks: Vec<(u64, TaskId)> =
            seeds.iter().map(|(id, seed)| (seed.1, task_id(id))).collect();
        let mut tasks = BTreeMap::new();
        for (place, (id, (mut task, rank, has_ref, pick))) in seeds.into_iter().enumerate() {
            let lower = ranks.iter().filter(|(other, _)| *other < rank);
            let chosen = |bit: usize| {
                let picked = move |n: &usize| (usize::from(pick) >> ((n + bit) % 8)) & 1 == 1;
                lower.clone().enumerate().filter(move |(n, _)| picked(n)).map(|(_, (_, id))| id)
            };
            task.depends_on = chosen(0).cloned().collect();
            task.parent = chosen(1).next().cloned();
            task.related = chosen(2).cloned().collect();
            task.discovered_from = chosen(3).cloned().collect();
            task.reference = has_ref.then(|| format!("REF-{place}"));
            task.milestone = milestones.get(usize::from(pick)).cloned();
            tasks.insert(task_id(&id), task);
        }
        tasks
    })
}

pub(crate) fn any_state() -> impl Strategy<Value = State> {
    let milestone_id = "m-[a-z0-9]{1,4}".prop_map(|id| MilestoneId::parse(&id).expect("an id"));
    let note_id = "n-[a-z0-9]{1,4}".prop_map(|id| NoteId::parse(&id).expect("an id"));
    let tombstone_id = "gone-[a-z]{1,3}".prop_map(|id| task_id(&id));
    let label = ("p-[a-z0-9]{4}", any_text(), any_extra()).prop_map(|(id, name, extra)| {
        let id = ProjectId::parse(&id).expect("an id");
        Label { id, name, extra }
    });
    let milestones = btree_map(milestone_id, any_milestone(), 0..3);
    let with_tasks = milestones.prop_flat_map(|milestones| {
        let ids = milestones.keys().cloned().collect();
        (Just(milestones), any_tasks(ids))
    });
    let rest = (
        btree_map(note_id, any_note(), 0..3),
        btree_map(any_text(), any_snapshot(), 0..2),
        btree_map(tombstone_id, any_time(), 0..2),
    );
    (label, with_tasks, rest, any_extra()).prop_map(
        |(label, (milestones, tasks), (notes, snapshots, tombstones), extra)| {
            let version = StateVersion::CURRENT;
            let conflicts = BTreeMap::new();
            State {
                version,
                label,
                tasks,
                milestones,
                notes,
                snapshots,
                tombstones,
                conflicts,
                extra,
            }
        },
    )
}

proptest! {
    #[test]
    fn what_was_written_reads_back_and_writes_the_same_bytes(state in any_state()) {
        let text = write(&state);
        let (back, writable) = read(text.as_bytes()).expect("own output");
        prop_assert_eq!(writable, Writable::Yes);
        prop_assert_eq!(&back, &state);
        prop_assert_eq!(write(&back), text);
    }

    #[test]
    fn the_order_of_insertion_leaves_no_trace(state in any_state()) {
        let mut other = State { tasks: BTreeMap::new(), ..state.clone() };
        for (id, task) in state.tasks.iter().rev() {
            other.tasks.insert(id.clone(), task.clone());
        }
        prop_assert_eq!(write(&other), write(&state));
    }

    #[test]
    fn layout_by_hand_is_not_content(state in any_state()) {
        let text = write(&state);
        let by_hand = format!("\u{feff}{}", text.replace('\n', "\r\n  "));
        let (back, _) = read(by_hand.as_bytes()).expect("own output, laid out otherwise");
        prop_assert_eq!(write(&back), text);
    }

    #[test]
    fn damaged_bytes_are_read_or_refused(state in any_state(), at in any::<usize>(), byte: u8) {
        let mut bytes = write(&state).into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = read(&bytes);
        let _ = read(&bytes[..at]);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200), text in "[\\[\\]{}\",:0-9a-z\n <>=\\\\]{0,80}") {
        let _ = read(&bytes);
        if let Ok((state, _)) = read(text.as_bytes()) {
            prop_assert!(read(write(&state).as_bytes()).is_ok());
        }
    }
}

const FULL: &str = include_str!("tests/full.json");

#[test]
fn the_canonical_file() {
    let (state, writable) = read(FULL.as_bytes()).expect("the sample");
    assert_eq!(writable, Writable::Yes);
    insta::assert_snapshot!(write(&state), @r###"
    {
      "milestones": {
        "m-4c2e": {
          "status": "reached",
          "title": "0.1",
          "due": "2026-12-01T00:00:00Z",
          "x_new": "kept"
        }
      },
      "notes": {
        "n-1": {
          "at": "2026-11-21T05:20:11Z",
          "session": "01a1",
          "task": "t-8kq2",
          "text": "Strings are hard.",
          "x_new": "kept"
        }
      },
      "project": {
        "id": "p-6f1d0c2a9b7e",
        "name": "parser",
        "x_new": "kept"
      },
      "schema_version": 1,
      "snapshots": {
        "v0.1": {
          "at": "2026-11-22T00:00:00Z",
          "commit": "cb58a12",
          "reason": "release",
          "x_new": "kept"
        }
      },
      "tasks": {
        "t-1x9d": {
          "status": "cancelled",
          "created_at": "1970-01-01T00:00:00Z",
          "kind": "task",
          "priority": 2,
          "source": {
            "kind": "person"
          },
          "title": "Lexer"
        },
        "t-77ab": {
          "status": "in_progress",
          "created_at": "1970-01-01T00:00:00Z",
          "kind": "epic",
          "priority": 2,
          "source": {
            "kind": "person"
          },
          "title": "Parser",
          "depends_on": [
            "t-gone"
          ]
        },
        "t-8kq2": {
          "status": "completed",
          "created_at": "2026-11-21T05:20:11.5Z",
          "kind": "bug",
          "priority": 1,
          "source": {
            "kind": "agent",
            "session": "01a1",
            "x_new": "kept"
          },
          "title": "Reject \"unterminated\" strings\n(é)",
          "ref": "TASK-010",
          "parent": "t-77ab",
          "milestone": "m-4c2e",
          "owner": "ada",
          "labels": [
            "lexer",
            "bug"
          ],
          "depends_on": [
            "t-1x9d"
          ],
          "related": [
            "t-77ab"
          ],
          "discovered_from": [
            "t-1x9d"
          ],
          "acceptance": "A test fails first.",
          "notes": "See RFC 8259.",
          "deferred_until": "2026-11-21T12:00:00Z",
          "target_commit": "cb58a12",
          "adr": "ADR-7",
          "reason": "Found by a fuzzer",
          "x_new": "kept",
          "completed_at": "2026-11-22T00:00:00Z",
          "evidence": [
            {
              "commit": "cb58a12",
              "files": [
                "src/lexer.rs"
              ],
              "session": "01a1",
              "turn": "7",
              "x_new": "kept"
            },
            {}
          ]
        }
      },
      "tombstones": {
        "t-gone": "2026-11-20T00:00:00Z"
      },
      "x_new": "kept"
    }
    "###);
}

/// A state with these tasks, which begin on line 5.
fn with_tasks(tasks: &str) -> String {
    format!(
        "{{\n\"schema_version\": 1,\n\"project\": {{\"id\": \"p-1\"}},\n\"tasks\": {{\n{tasks}\n}}\n}}\n"
    )
}

fn refusal(text: impl AsRef<[u8]>) -> String {
    let refused = read(text.as_ref()).map(|_| "it was read".to_owned());
    refused.unwrap_or_else(|refused| refused.to_string())
}

#[test]
fn what_contradicts_itself_is_refused_by_line_and_id() {
    let cases = [
        (
            "\"t-a\": {\"title\": \"a\", \"status\": \"pending\",\n\"title\": \"b\"}",
            "line 6: t-a: the key \"title\" stands here a second time",
        ),
        (
            "\"t-a\": {\"title\": \"a\", \"status\": \"pending\"},\n\"t-a\": {\"title\": \"b\", \"status\": \"pending\"}",
            "line 6: the id t-a stands here a second time",
        ),
        (
            "\"t-a\": {\"title\": \"a\", \"status\": \"pending\", \"ref\": \"R-1\"},\n\"t-b\": {\"title\": \"b\", \"status\": \"pending\", \"ref\": \"R-1\"}",
            "line 6: t-b has the ref \"R-1\", which t-a has as well",
        ),
        (
            "\"t-a\": {\"title\": \"a\", \"status\": \"pending\"},\n\"t-b\": {\"title\": \"b\", \"status\": \"pending\", \"depends_on\": [\"t-c\"]},\n\"t-c\": {\"title\": \"c\", \"status\": \"pending\", \"depends_on\": [\"t-b\"]}",
            "line 6: t-b depends on itself: t-b → t-c → t-b",
        ),
        (
            "\"t-a\": {\"title\": \"a\", \"status\": \"pending\", \"depends_on\": [\"t-a\"]}",
            "line 5: t-a depends on itself: t-a → t-a",
        ),
        (
            "\"t-a\": {\"title\": \"a\", \"status\": \"pending\", \"parent\": \"t-b\"},\n\"t-b\": {\"title\": \"b\", \"status\": \"pending\", \"parent\": \"t-a\"}",
            "line 5: t-a is its own ancestor: t-a → t-b → t-a",
        ),
        (
            "\n\"t-a\": {\"title\": \"a\", \"status\": \"pending\", \"depends_on\": [\"t-z\"]}",
            "line 6: t-a depends on t-z, which does not exist",
        ),
        (
            "\"t-a\": {\"title\": \"a\", \"status\": \"pending\", \"parent\": \"t-z\"}",
            "line 5: t-a is part of t-z, which does not exist",
        ),
        (
            "\"t-a\": {\"title\": \"a\", \"status\": \"pending\", \"milestone\": \"m-z\"}",
            "line 5: t-a leads to the milestone m-z, which does not exist",
        ),
        (
            "\"t-a\": {\"title\": \"a\", \"status\": \"pending\",\n\"priority\": 7}",
            "line 6: t-a: priority can't be \"7\": 0 (most urgent) to 4",
        ),
        (
            "\"t-a\": {\"title\": \"a\",\n\"status\": \"done\"}",
            "line 6: t-a: status can't be \"done\": pending, in_progress, completed or cancelled",
        ),
        (
            "\"t-a\": {\"title\": \"a\", \"status\": \"pending\",\n\n\"kind\": \"story\"}",
            "line 7: t-a: kind can't be \"story\": task, epic, bug, chore, decision or step",
        ),
        (
            "\"t-a\": {\"title\": \"a\", \"status\": \"pending\",\n\"created_at\": \"yesterday\"}",
            "line 6: t-a: `yesterday` is not a time such as 2026-11-21T05:20:11Z",
        ),
        ("\"t-a\": {\"title\": \"\", \"status\": \"pending\"}", "line 5: t-a: title is missing"),
        ("\"t-a\": {\"title\": \"a\"}", "line 5: t-a: status is missing"),
        ("\"../x\": {}", "line 5: `../x` is not an id"),
        (
            "<<<<<<< HEAD\n\"t-a\": {}\n=======\n>>>>>>> other",
            "line 5: a git conflict marker stands here",
        ),
        (
            "\"t-a\": {\n<<<<<<< HEAD\n\"title\": \"a\"",
            "line 6: t-a: a git conflict marker stands here",
        ),
    ];
    for (tasks, message) in cases {
        assert_eq!(refusal(with_tasks(tasks)), message);
        let with_mark = refusal(format!("\u{feff}{}", with_tasks(tasks)));
        assert_eq!(with_mark, message, "a byte order mark moves no line");
    }
}

#[test]
fn what_is_no_state_is_refused() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    let lfs = "line 1: a Git LFS pointer stands here instead of the state (run `git lfs pull`)";
    let ends = "line 1: the text ends where `{` should stand";
    let depth = |n: usize| {
        let deep = "[".repeat(n) + &"]".repeat(n);
        with_tasks("").replacen("\"tasks\"", &format!("\"x\":\n{deep},\n\"tasks\""), 1)
    };
    let whole = with_tasks("");
    let cases: [(Vec<u8>, &str); 11] = [
        (Vec::new(), ends),
        (b"\n\n".to_vec(), "line 3: the text ends where `{` should stand"),
        ("\u{feff}".into(), ends),
        (pointer.into(), lfs),
        (b"{\n\"a\": \"\xff\"}".to_vec(), "line 2: not UTF-8"),
        (format!("{whole}\0\0\0").into(), "line 8: a NUL byte stands here (a torn write?)"),
        (whole[..whole.len() - 3].into(), "line 6: the text ends where `,` or `}` should stand"),
        (depth(DEEPEST).into(), "line 5: nesting is deeper than 64"),
        (whole.replace("1,", "0,").into(), "line 2: schema_version can't be 0"),
        (b"{}".to_vec(), "line 1: schema_version is missing"),
        (b"{\"schema_version\": 1}".to_vec(), "line 1: project is missing"),
    ];
    for (bytes, message) in cases {
        assert_eq!(refusal(&bytes), message, "{:?}", String::from_utf8_lossy(&bytes));
    }
    assert_eq!(refusal(depth(DEEPEST - 1)), "it was read");
    let size = LARGEST_STATE + 1;
    assert_eq!(read(&vec![b' '; size]), Err(Refused::TooLarge { size }));
}

/// Tasks `t-00000` and so on, each with `member` of its number.
fn many(count: usize, member: impl Fn(usize) -> String) -> String {
    let mut tasks = String::new();
    for n in 0..count {
        let comma = if n == 0 { "" } else { ",\n" };
        let title = format!("\"title\": \"a\", \"status\": \"pending\"{}", member(n));
        write!(tasks, "{comma}\"t-{n:05}\": {{{title}}}").expect("memory");
    }
    with_tasks(&tasks)
}

fn needs(target: usize) -> String {
    format!(", \"depends_on\": [\"t-{target:05}\"], \"parent\": \"t-{target:05}\"")
}

/// Within 2 s of this thread's own time: what is quadratic takes minutes.
pub(crate) fn in_time<T>(what: impl FnOnce() -> T) -> T {
    let now = || clock_gettime(ClockId::ThreadCPUTime);
    let start = now();
    let found = what();
    let took = now() - start;
    assert!(took.tv_sec < 2, "took {took:?}");
    found
}

#[test]
fn the_most_tasks_in_one_chain_are_read_in_time() {
    let last = MOST_TASKS - 1;
    let up = many(MOST_TASKS, |n| if n == last { String::new() } else { needs(n + 1) });
    let down = many(MOST_TASKS, |n| if n == 0 { String::new() } else { needs(n - 1) });
    for text in [up, down] {
        let (state, _) = in_time(|| read(text.as_bytes())).expect("a chain is no circle");
        assert_eq!(state.tasks.len(), MOST_TASKS);
    }
    let circle = many(MOST_TASKS, |n| needs((n + 1) % MOST_TASKS));
    assert_eq!(
        in_time(|| refusal(circle)),
        "line 5: t-00000 is its own ancestor: t-00000 → t-00001 → t-00002 → t-00003 → t-00004 → \
         t-00005 → … 19989 more … → t-19995 → t-19996 → t-19997 → t-19998 → t-19999 → t-00000"
    );
    assert_eq!(
        in_time(|| refusal(many(MOST_TASKS + 1, |_| String::new()))),
        "line 20005: 20001 tasks are more than the 20000 that a state may have"
    );
}

#[test]
fn many_unknown_members_are_read_in_time() {
    let members: Vec<_> = (0..100_000).map(|n| format!("\"x{n}\": 0")).collect();
    let text = |more: &str| {
        let members = format!("{}{more}, \"tasks\"", members.join(", "));
        with_tasks("").replacen("\"tasks\"", &members, 1)
    };
    let twice = "line 4: the key \"x70000\" stands here a second time";
    assert_eq!(in_time(|| refusal(text(", \"x70000\": 0"))), twice);
    assert_eq!(in_time(|| refusal(text(""))), "it was read");
}

#[test]
fn a_newer_file_is_read_but_not_written() {
    let cases = [
        ("\"t-a\": {\"title\": \"a\", \"status\": \"paused\"}", true),
        ("\"t-a\": {\"title\": \"a\", \"status\": \"completed\", \"kind\": \"story\"}", true),
        (
            "\"t-a\": {\"title\": \"a\", \"status\": \"pending\", \"source\": {\"kind\": \"robot\"}}",
            true,
        ),
        ("\"t-a\": {\"title\": \"a\", \"status\": \"pending\", \"mood\": [1e400]}", false),
    ];
    for (tasks, is_new_word) in cases {
        let text = with_tasks(tasks);
        assert_eq!(read(text.as_bytes()).is_err(), is_new_word, "{tasks}");
        let newer = text.replace("\"schema_version\": 1", "\"schema_version\": 2");
        let (state, writable) = read(newer.as_bytes()).expect("a newer file");
        assert_eq!((state.version, writable), (StateVersion(2), Writable::No));
        assert!(state.tasks.contains_key(&task_id("t-a")));
    }
    let milestone = "{\"tasks\": {}, \"milestones\": {\"m-a\": {\"title\": \"a\", \"status\": \
                     \"slipping\"}}, \"project\": {\"id\": \"p-1\"}, \"schema_version\": 9}";
    let (state, _) = read(milestone.as_bytes()).expect("the version may stand last");
    assert_eq!(state.milestones.values().next().map(|m| m.status), Some(MilestoneStatus::Open));
}

#[test]
fn unknown_members_survive_at_every_level() {
    let big = "123456789012345678901234567890.5e-400";
    let unknown = format!("{{\"B\": [{big}, {{\"a\": null}}], \"A\": -0}}");
    let (state, _) = read(FULL.replace("\"kept\"", &unknown).as_bytes()).expect("the sample");
    let (back, _) = read(write(&state).as_bytes()).expect("own output");
    let places = [
        &back.extra,
        &back.label.extra,
        &back.milestones.values().next().expect("one").extra,
        &back.notes.values().next().expect("one").extra,
        &back.snapshots.values().next().expect("one").extra,
        &back.tasks[&task_id("t-8kq2")].extra,
        &back.tasks[&task_id("t-8kq2")].source.extra,
        &back.tasks[&task_id("t-8kq2")].evidence[0].extra,
    ];
    for extra in places {
        let [(key, Json::Map(members))] = &extra[..] else { panic!("{extra:?}") };
        let keys: Vec<_> = members.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!((key.as_str(), keys), ("x_new", vec!["B", "A"]));
        let Json::List(items) = &members[0].1 else { panic!("{members:?}") };
        assert_eq!(items[0], Json::Number(big.into()));
    }
}

#[test]
fn what_changes_often_stands_two_lines_apart() {
    let task = write(&read(FULL.as_bytes()).expect("the sample").0);
    let members = task.lines().skip_while(|line| !line.contains("\"t-8kq2\": {"));
    let members: Vec<_> = members.map(str::trim_start).collect();
    let often = ["\"status\"", "\"priority\"", "\"completed_at\""];
    let line = |key: &&str| members.iter().position(|line| line.starts_with(key));
    let lines: BTreeSet<_> = often.iter().filter_map(line).collect();
    assert_eq!(lines.len(), often.len());
    let gaps = lines.iter().zip(lines.iter().skip(1)).map(|(a, b)| b - a);
    assert!(gaps.min() > Some(2), "{lines:?}");
}

#[test]
fn a_field_that_can_not_hold_a_value_stays_as_it_was() {
    let source = Source::outside_session(SourceKind::Person);
    let task = Task::new("a", Kind::Task, source, at("2026-01-01T00:00:00Z"));
    let cases = [
        (Field::Title, Some(""), "title can't be empty"),
        (Field::Title, None, "title can't be empty"),
        (Field::Status, None, "status can't be empty"),
        (Field::Priority, Some("9"), "priority can't be \"9\": 0 (most urgent) to 4"),
        (Field::Parent, Some("../x"), "parent can't be \"../x\": an id"),
        (
            Field::DeferredUntil,
            Some("soon"),
            "deferred_until can't be \"soon\": an RFC 3339 time such as 2026-11-21T05:20:11Z",
        ),
    ];
    for (field, value, message) in cases {
        let mut changed = task.clone();
        let error = changed.set(field, value).expect_err("refused");
        assert_eq!(error.to_string(), message);
        assert_eq!(changed, task);
    }
}
