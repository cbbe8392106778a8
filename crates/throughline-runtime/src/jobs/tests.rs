//! Many workers on real files: who is whose, and what a late word changes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::SignedDuration;
use throughline_model::agent_job::{Assignment, ItemRules, WorkerKind};

use super::*;
use crate::Truth as _;

const ROWS: u32 = 12;

fn rules() -> ItemRules {
    let max_runtime = SignedDuration::from_secs(600);
    ItemRules { attempts: 1_000, retry_delay: SignedDuration::ZERO, max_runtime }
}

fn order() -> AgentJobOrder {
    AgentJobOrder {
        instruction: "do {a}".to_owned(),
        headers: vec!["a".to_owned()],
        worker: WorkerKind::Codex,
        arguments: Vec::new(),
        directory: PathBuf::from("/w"),
        concurrency: 4,
        rules: rules(),
        max_total: Some(SignedDuration::from_mins(3)),
        output_schema: Some(serde_json::json!({"type": "object"})),
        csv: PathBuf::from("/w/t.csv"),
        output: None,
    }
}

fn world() -> (tempfile::TempDir, Home, AgentJobId) {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::new(folder.path().join("home"));
    home.prepare().expect("a home");
    let id = AgentJobId::from_entropy(&[1, 2, 3, 4, 5], /*length*/ 5);
    let items = (1..=ROWS).map(|row| (format!("n{row}"), vec![format!("cell {row}")])).collect();
    let new = NewJob { id: id.clone(), order: order(), items };
    Jobs::open(&home).expect("it opens").create(&new, now()).expect("a job");
    (folder, home, id)
}

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("a time")
}

#[test]
fn a_job_is_read_as_it_was_made_and_one_runner_has_it() {
    let (_folder, home, id) = world();
    let jobs = Jobs::open(&home).expect("it opens");
    let [job] = &jobs.named("job-").expect("jobs")[..] else { panic!("one job") };
    assert_eq!((&job.id, job.status, &job.order), (&id, ItemStatus::Pending, &order()));
    assert_eq!((job.made, job.tally.pending, job.tally.total()), (now(), ROWS, ROWS));
    assert_eq!(jobs.named("job-x").expect("jobs"), []);
    let items = jobs.items(&id).expect("items");
    assert_eq!(
        (items[6].row, items[6].name.as_str(), &items[6].cells[0]),
        (7, "n7", &"cell 7".to_owned())
    );

    assert!(!RunnerLock::is_held(&home, &id));
    let lock = RunnerLock::take(&home, &id).expect("free");
    assert!(RunnerLock::is_held(&home, &id) && RunnerLock::take(&home, &id).is_err());
    drop(lock);
    assert!(!RunnerLock::is_held(&home, &id));
}

#[test]
fn what_a_runner_left_is_released_lost_or_still_at_work() {
    let (_folder, home, id) = world();
    let mut jobs = Jobs::open(&home).expect("it opens");
    let take = |jobs: &mut Jobs, worker: &str| {
        let Ok(Assigned::Item(item)) = jobs.assign(&id, &rules(), worker, now()) else {
            panic!("one")
        };
        Assignment { job: id.clone(), row: item.row, worker: worker.to_owned() }
    };
    let not_begun = take(&mut jobs, "a");
    let alive = take(&mut jobs, "b");
    let dead = take(&mut jobs, "c");
    for worker in [&alive, &dead] {
        assert!(jobs.begin(worker, &rules(), now()).expect("asked").is_some());
    }
    let sql = "UPDATE item SET process = json_set(process, '$.boot', 'another') WHERE row = ?";
    jobs.with(|connection| connection.execute(sql, [dead.row])).expect("another boot");
    let lock = RunnerLock::take(&home, &id).expect("free");
    let left = jobs.recover(&id, &rules(), now(), &lock).expect("recovered");
    let [Left::NotBegun(1), Left::AtWork(at_work), Left::Lost(3, ItemStatus::Pending)] = &left[..]
    else {
        panic!("{left:?}")
    };
    assert_eq!(at_work.row, alive.row);
    // The worker of the first comes into being after all, when the item is another's.
    let again = take(&mut jobs, "d");
    assert_eq!(again.row, not_begun.row);
    assert_eq!(jobs.begin(&not_begun, &rules(), now()).expect("asked"), None);
    let reported = |jobs: &mut Jobs, worker: &Assignment| {
        jobs.report(worker, "1", None, now()).expect("asked")
    };
    assert_eq!(reported(&mut jobs, &again), Reported::Rejected, "it has not begun");
    assert_eq!(reported(&mut jobs, &dead), Reported::Rejected, "it was lost");
    assert_eq!(reported(&mut jobs, &alive), Reported::Accepted);
    assert_eq!(reported(&mut jobs, &alive), Reported::Rejected, "once");
}

/// What each thread does next is drawn from its own numbers, so all of it comes in many orders.
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[test]
fn many_at_once_complete_each_item_once_and_by_its_own_worker() {
    let (_folder, home, id) = world();
    let tokens = AtomicU32::new(0);
    let at_work: Mutex<BTreeMap<u32, String>> = Mutex::default();
    let accepted: Mutex<BTreeMap<u32, String>> = Mutex::default();
    std::thread::scope(|scope| {
        for seed in 1..=6_u64 {
            let (home, id, tokens, at_work, accepted) = (&home, &id, &tokens, &at_work, &accepted);
            scope.spawn(move || {
                let mut jobs = Jobs::open(home).expect("it opens");
                let mut state = seed;
                let mut former: Vec<Assignment> = Vec::new();
                loop {
                    let worker = format!("w{}", tokens.fetch_add(1, Ordering::SeqCst));
                    let item = match jobs.assign(id, &rules(), &worker, now()).expect("asked") {
                        Assigned::Item(item) => item,
                        Assigned::Later(_) => continue,
                        Assigned::None => return,
                    };
                    let own = Assignment { job: id.clone(), row: item.row, worker: worker.clone() };
                    assert!(jobs.begin(&own, &rules(), now()).expect("asked").is_some());
                    let before = at_work.lock().expect("sound").insert(item.row, worker.clone());
                    assert_eq!(before, None, "row {} is worked on twice at once", item.row);
                    // A word of one whose time is over, about whatever item.
                    if let Some(late) =
                        former.get(usize::try_from(draw(&mut state)).unwrap_or(0) % 7)
                    {
                        let said = jobs.report(late, "\"late\"", None, now()).expect("asked");
                        assert_eq!(said, Reported::Rejected);
                    }
                    at_work.lock().expect("sound").remove(&item.row);
                    if draw(&mut state).is_multiple_of(2) {
                        let result = format!("\"{worker}\"");
                        let said = jobs.report(&own, &result, None, now()).expect("asked");
                        assert_eq!(said, Reported::Accepted);
                        let before = accepted.lock().expect("sound").insert(item.row, result);
                        assert_eq!(before, None, "row {} is completed twice", item.row);
                    } else {
                        let failed = jobs.fail(&own, &rules(), "no", now()).expect("asked");
                        assert_eq!(failed, Some(ItemStatus::Pending));
                    }
                    former.push(own);
                }
            });
        }
    });
    let items = Jobs::open(&home).expect("it opens").items(&id).expect("items");
    let results: BTreeMap<u32, String> =
        items.into_iter().map(|item| (item.row, item.result.expect("completed"))).collect();
    assert_eq!(results.len(), usize::try_from(ROWS).expect("few"));
    assert_eq!(results, accepted.into_inner().expect("sound"));
}
