//! One item, many workers: what happens in whatever order.

use proptest::prelude::*;

use super::*;

const RULES: ItemRules = ItemRules {
    attempts: 3,
    retry_delay: SignedDuration::from_secs(5),
    max_runtime: SignedDuration::from_secs(600),
};

/// What may happen; a number is a worker, by the order in which they were started.
#[derive(Debug, Clone)]
enum Step {
    /// The runner wants a worker for it.
    Offer,
    Begin(usize),
    /// Also of one that is dead, from something it left behind.
    Report(usize),
    /// It ends, and its runner sees it.
    End(usize),
    /// It dies together with its runner.
    Die(usize),
    /// Another runner looks what the last one left.
    Recover(WorkerLife),
    /// The runner is told to stop: it ends its worker.
    Stop,
    Cancel,
    Revive,
    Clock(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..6_usize;
    prop_oneof![
        6 => Just(Step::Offer),
        5 => who.clone().prop_map(Step::Begin),
        3 => who.clone().prop_map(Step::Report),
        3 => who.clone().prop_map(Step::End),
        2 => who.prop_map(Step::Die),
        2 => prop_oneof![Just(WorkerLife::Alive), Just(WorkerLife::Unknown)].prop_map(Step::Recover),
        1 => Just(Step::Stop),
        1 => Just(Step::Cancel),
        1 => Just(Step::Revive),
        4 => (-400..800_i64).prop_map(Step::Clock),
    ]
}

#[derive(Debug, Clone)]
struct Worker {
    token: String,
    is_alive: bool,
    is_working: bool,
}

#[derive(Debug)]
struct World {
    item: Item,
    now: Timestamp,
    workers: Vec<Worker>,
    /// Of whom the result is, once there is one.
    result: Option<String>,
    begun: u32,
    revived: bool,
}

impl World {
    fn new() -> Self {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1);
        let (item, workers) = (Item::new(), Vec::new());
        Self { item, now, workers, result: None, begun: 0, revived: false }
    }

    fn take(&mut self, item: Option<Item>) -> bool {
        let is_changed = item.is_some();
        self.item = item.unwrap_or_else(|| self.item.clone());
        is_changed
    }

    /// `unknown` in the place of what the system would tell of a process of which it tells nothing.
    fn life(&self, unknown: WorkerLife) -> WorkerLife {
        let token = self.item.worker.as_deref();
        match self.workers.iter().find(|worker| Some(worker.token.as_str()) == token) {
            Some(worker) if !worker.is_alive => WorkerLife::Gone,
            Some(_) if unknown == WorkerLife::Unknown => WorkerLife::Unknown,
            Some(_) => WorkerLife::Alive,
            None => WorkerLife::Gone,
        }
    }

    fn offer(&mut self) {
        let token = format!("w{}", self.workers.len());
        match assign(&self.item, &RULES, &token, self.now) {
            Offer::Taken(item) => {
                assert_eq!(self.item.status, ItemStatus::Pending);
                self.item = item;
                self.workers.push(Worker { token, is_alive: true, is_working: false });
            }
            Offer::Held => assert_eq!(self.item.status, ItemStatus::Running),
            Offer::Later(at) => assert!(at > self.now),
            Offer::Ended => assert!(self.item.status.is_end()),
        }
    }

    fn begin(&mut self, who: usize) {
        let Some(worker) = self.workers.get(who).filter(|worker| worker.is_alive) else { return };
        let token = worker.token.clone();
        if self.take(begin(&self.item, &RULES, &token, self.now)) {
            self.workers[who].is_working = true;
            self.begun += 1;
        } else if !self.workers[who].is_working {
            // One that may not begin ends at once.
            self.workers[who].is_alive = false;
        }
    }

    fn report(&mut self, who: usize) {
        let Some(token) = self.workers.get(who).map(|worker| worker.token.clone()) else { return };
        let is_own = self.item.is_of(&token) && self.item.began.is_some();
        let taken = self.take(report(&self.item, &token));
        assert_eq!(taken, is_own, "only its own worker, and only once");
        if taken {
            assert_eq!(self.result, None, "completed twice");
            self.result = Some(token);
        }
    }

    fn end(&mut self, who: usize) {
        let Some(worker) = self.workers.get_mut(who) else { return };
        worker.is_alive = false;
        let token = worker.token.clone();
        let was = self.item.clone();
        let failed = self.take(fail(&was, &RULES, &token, "no", self.now));
        assert_eq!(failed, was.is_of(&token));
    }

    fn recover(&mut self, unknown: WorkerLife) {
        let life = self.life(unknown);
        if self.item.status != ItemStatus::Running || self.item.is_held(life, &RULES, self.now) {
            return;
        }
        let token = self.item.worker.clone().expect("a running item has a worker");
        // A lease that ran out over a process of which nothing is known: it was ended as far as can be.
        self.kill(&token);
        let item = match self.item.began {
            Some(_) => fail(&self.item, &RULES, &token, "lost", self.now),
            None => release(&self.item, &token),
        };
        assert!(self.take(item));
    }

    fn kill(&mut self, token: &str) {
        self.workers.iter_mut().filter(|w| w.token == token).for_each(|w| w.is_alive = false);
    }

    fn stop(&mut self) {
        if self.item.status == ItemStatus::Running {
            let token = self.item.worker.clone().expect("a running item has a worker");
            self.kill(&token);
            self.begun -= u32::from(self.item.began.is_some());
            assert!(self.take(release(&self.item, &token)));
        }
    }

    fn run(&mut self, step: &Step) {
        match *step {
            Step::Offer => self.offer(),
            Step::Begin(who) => self.begin(who),
            Step::Report(who) => self.report(who),
            Step::End(who) => self.end(who),
            Step::Die(who) => {
                self.workers.iter_mut().skip(who).take(1).for_each(|w| w.is_alive = false);
            }
            Step::Recover(unknown) => self.recover(unknown),
            Step::Stop => self.stop(),
            Step::Cancel => {
                let was = self.item.status;
                assert_eq!(self.take(cancel(&self.item)), !was.is_end());
            }
            Step::Revive => {
                let life = self.life(WorkerLife::Alive);
                if self.take(revive(&self.item, life, &RULES, self.now)) {
                    (self.begun, self.revived) = (0, true);
                }
            }
            Step::Clock(by) => self.now = later(self.now, SignedDuration::from_secs(by)),
        }
    }

    fn check(&self) {
        let at_work = self.workers.iter().filter(|w| w.is_alive && w.is_working);
        let at_work: Vec<&str> = at_work.map(|worker| worker.token.as_str()).collect();
        assert!(at_work.len() <= 1 || self.result.is_some(), "twice at once: {at_work:?}");
        assert!(self.begun <= RULES.attempts, "tried too often");
        assert_eq!(self.item.attempts, self.begun);
        assert_eq!(self.result.is_some(), self.item.status == ItemStatus::Completed);
        if let (Some(result), true) = (&self.result, at_work.len() == 1) {
            assert_eq!(at_work, [result.as_str()], "nobody begins what is completed");
        }
    }
}

proptest! {
    #[test]
    fn an_item_ends_once_and_is_never_worked_on_twice_at_once(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new();
        for step in &steps {
            world.run(step);
            world.check();
        }
        // Whatever happened: once the last worker is gone, the item comes to an end.
        // A clock that was set back far may cost the first turn.
        for turn in 0..2 * RULES.attempts + 2 {
            world.workers.iter_mut().for_each(|worker| worker.is_alive = false);
            world.recover(WorkerLife::Alive);
            world.now = later(world.now, RULES.delay_after(u32::MAX));
            world.offer();
            let last = world.workers.len().saturating_sub(1);
            if turn % 2 == 0 && world.item.status == ItemStatus::Running {
                world.begin(last);
            }
            world.end(last);
            world.check();
        }
        prop_assert!(world.item.status.is_end(), "{:?}", world.item);
    }
}

#[test]
fn a_failure_waits_longer_each_time_and_the_last_one_is_final() {
    let mut item = Item::new();
    let mut now = Timestamp::UNIX_EPOCH;
    let mut waits = Vec::new();
    for attempt in 0..RULES.attempts {
        let token = attempt.to_string();
        let Offer::Taken(taken) = assign(&item, &RULES, &token, now) else { panic!("{item:?}") };
        let begun = begin(&taken, &RULES, &token, now).expect("its own");
        assert_eq!(begin(&begun, &RULES, &token, now), None, "it begins once");
        item = fail(&begun, &RULES, &token, "no", now).expect("its own");
        waits.push(item.retry_at.map(|at| at.duration_since(now).as_secs()));
        now = item.retry_at.unwrap_or(now);
    }
    assert_eq!(waits, [Some(5), Some(10), None]);
    assert_eq!(item.status, ItemStatus::Failed);
    assert_eq!(assign(&item, &RULES, "x", now), Offer::Ended);
}

#[test]
fn a_job_is_what_its_items_are() {
    let tally = |counts: [u32; 5]| {
        let mut tally = Tally::default();
        ItemStatus::ALL
            .into_iter()
            .zip(counts)
            .for_each(|(status, items)| tally.add(status, items));
        (tally.total(), tally.open(), tally.status())
    };
    assert_eq!(tally([1, 0, 2, 3, 0]), (6, 1, ItemStatus::Pending));
    assert_eq!(tally([0, 1, 2, 0, 0]), (3, 1, ItemStatus::Pending));
    assert_eq!(tally([0, 0, 2, 0, 0]), (2, 0, ItemStatus::Completed));
    assert_eq!(tally([0, 0, 2, 1, 1]), (4, 0, ItemStatus::Failed));
    assert_eq!(tally([0, 0, 2, 0, 1]), (3, 0, ItemStatus::Cancelled));
}
