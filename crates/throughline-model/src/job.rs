//! A job that many processes may find and one at a time does: who may have it, and what its end means.
//!
//! A job is named by what it is done for, and has a watermark: how far that has come, as a number that
//! only grows. Whoever takes a job gets a token and a lease. Invariants: at any time at most one token
//! is good; an end without the good token changes nothing; a lease that ran out, or whose holder is
//! gone, is taken over by the next who asks; what failed is tried again a bounded number of times, and
//! anew when the watermark grows. The clock may jump: a lease that would run longer than a lease runs
//! was taken before the clock was set back, and counts as run out.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How jobs of one kind are handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobRules {
    /// How long a job is one's own without a sign of life.
    pub lease: SignedDuration,
    /// How long after a failure it is tried again; doubled with each further one.
    pub retry_delay: SignedDuration,
    /// How often it is tried again.
    pub retries: u32,
    /// How many of its kind may run at once.
    pub most_running: u32,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// Somebody has it.
    Running,
    /// It was done.
    Done,
    /// It failed the last time.
    Failed,
}

impl JobStatus {
    /// All.
    pub const ALL: [Self; 3] = [Self::Running, Self::Done, Self::Failed];

    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// How it stands.
    pub status: JobStatus,
    /// The token of who has it, or had it last.
    pub token: String,
    /// When it was taken.
    pub started: Timestamp,
    /// Until when it is that one's, while it runs.
    pub lease_until: Timestamp,
    /// How far the source was when it was taken.
    pub input: i64,
    /// How far the source was when it was done last.
    pub done: Option<i64>,
    /// How often it may still be tried for this input.
    pub retries_left: u32,
    /// Before this it is not tried again.
    pub retry_at: Option<Timestamp>,
    /// What went wrong the last time.
    pub error: Option<String>,
}

/// Whether the process that has a job still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// As far as is known.
    Alive,
    /// It ended.
    Gone,
}

/// What who asks for a job is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is his: so the job stands now.
    Taken(Job),
    /// It was done for this input or a later one.
    UpToDate,
    /// Somebody has it.
    Running,
    /// It failed, and is not tried again before this.
    Later(Timestamp),
    /// It failed too often for this input.
    Exhausted,
    /// So many others of its kind run that this one has to wait.
    Full,
}

/// Who asks for a job, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applicant<'a> {
    /// A word that nobody else has.
    pub token: &'a str,
    /// Now.
    pub now: Timestamp,
    /// How far the source is.
    pub input: i64,
    /// How many others of this kind run with a lease that holds.
    pub running: u32,
}

impl Job {
    /// Whether somebody has it for sure.
    pub fn is_held(&self, rules: &JobRules, holder: Holder, now: Timestamp) -> bool {
        let left = self.lease_until.duration_since(now);
        self.status == JobStatus::Running
            && holder == Holder::Alive
            && left.is_positive()
            && left <= rules.lease
    }

    /// Whether who has this token may still end it.
    pub fn is_of(&self, token: &str) -> bool {
        self.status == JobStatus::Running && self.token == token
    }
}

/// Asks for a job; `job` is how it stands, if there ever was one of this name.
pub fn claim(job: Option<&Job>, holder: Holder, rules: &JobRules, who: &Applicant<'_>) -> Claim {
    let taken = |retries_left: u32, done: Option<i64>| match who.running < rules.most_running {
        true => Claim::Taken(Job {
            status: JobStatus::Running,
            token: who.token.to_owned(),
            started: who.now,
            lease_until: later(who.now, rules.lease),
            input: who.input,
            done,
            retries_left,
            retry_at: None,
            error: None,
        }),
        false => Claim::Full,
    };
    let Some(job) = job else { return taken(rules.retries, None) };
    if job.is_held(rules, holder, who.now) {
        return Claim::Running;
    }
    if job.done.is_some_and(|done| done >= who.input) {
        return Claim::UpToDate;
    }
    if who.input > job.input || job.status == JobStatus::Done {
        return taken(rules.retries, job.done);
    }
    // It failed, or whoever had it disappeared with it: that is a failure too.
    if job.retries_left == 0 {
        return Claim::Exhausted;
    }
    let waits = |at: &Timestamp| {
        let left = at.duration_since(who.now);
        left.is_positive() && left <= longest_delay(rules)
    };
    if let Some(at) = job.retry_at.filter(waits) {
        return Claim::Later(at);
    }
    taken(job.retries_left - 1, job.done)
}

/// A sign of life; `None` if the token is not good any more.
pub fn heartbeat(job: &Job, token: &str, rules: &JobRules, now: Timestamp) -> Option<Job> {
    job.is_of(token).then(|| Job { lease_until: later(now, rules.lease), ..job.clone() })
}

/// It was done; `None` if the token is not good any more.
pub fn finish(job: &Job, token: &str) -> Option<Job> {
    let done = Some(job.input.max(job.done.unwrap_or(i64::MIN)));
    job.is_of(token).then(|| Job { status: JobStatus::Done, done, error: None, ..job.clone() })
}

/// It failed; `None` if the token is not good any more.
pub fn fail(job: &Job, token: &str, error: &str, rules: &JobRules, now: Timestamp) -> Option<Job> {
    let failures = rules.retries.saturating_sub(job.retries_left).min(MOST_DOUBLINGS);
    job.is_of(token).then(|| Job {
        status: JobStatus::Failed,
        retry_at: Some(later(now, rules.retry_delay.saturating_mul(1 << failures))),
        error: Some(error.to_owned()),
        ..job.clone()
    })
}

/// It was not tried: who takes it next has as many attempts as this one. `None` if the token is not good
/// any more.
pub fn release(job: &Job, token: &str) -> Option<Job> {
    job.is_of(token).then(|| Job {
        status: JobStatus::Failed,
        retries_left: job.retries_left.saturating_add(1),
        retry_at: None,
        error: None,
        ..job.clone()
    })
}

/// After so many failures the delay grows no more.
const MOST_DOUBLINGS: u32 = 8;

fn longest_delay(rules: &JobRules) -> SignedDuration {
    rules.retry_delay.saturating_mul(1 << MOST_DOUBLINGS)
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: JobRules = JobRules {
        lease: SignedDuration::from_secs(3600),
        retry_delay: SignedDuration::from_secs(600),
        retries: 3,
        most_running: 1,
    };

    /// What may happen to one job, in any order, by any of three processes.
    #[derive(Debug, Clone)]
    enum Step {
        Ask(usize),
        Live(usize),
        Finish(usize),
        Fail(usize),
        Die(usize),
        /// The clock moves, or jumps back.
        Clock(i64),
        /// The source grows.
        Grow(i64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..3_usize).prop_map(Step::Ask),
            1 => (0..3_usize).prop_map(Step::Live),
            2 => (0..3_usize).prop_map(Step::Finish),
            2 => (0..3_usize).prop_map(Step::Fail),
            1 => (0..3_usize).prop_map(Step::Die),
            3 => (-20_000..20_000_i64).prop_map(Step::Clock),
            1 => (1..3_i64).prop_map(Step::Grow),
        ]
    }

    /// The world around one job: who believes to have it, and what was really done.
    #[derive(Debug)]
    struct World {
        job: Option<Job>,
        now: Timestamp,
        input: i64,
        /// By process: its token, and since when it has it.
        has: [Option<String>; 3],
        dead: [bool; 3],
        tokens: u32,
        finished: Vec<i64>,
        tries: u32,
    }

    impl World {
        fn holder(&self) -> Holder {
            let token = self.job.as_ref().map(|job| &job.token);
            let of = self.has.iter().position(|has| has.as_ref() == token && has.is_some());
            if of.is_some_and(|of| !self.dead[of]) { Holder::Alive } else { Holder::Gone }
        }

        fn ask(&mut self, who: usize) {
            self.tokens += 1;
            let token = format!("{who}-{}", self.tokens);
            let applicant =
                Applicant { token: &token, now: self.now, input: self.input, running: 0 };
            let held =
                self.job.as_ref().is_some_and(|job| job.is_held(&RULES, self.holder(), self.now));
            let was = self.job.clone();
            match claim(self.job.as_ref(), self.holder(), &RULES, &applicant) {
                Claim::Taken(job) => {
                    assert!(!held, "a lease that holds was broken");
                    assert!(was.as_ref().is_none_or(|was| was.done < Some(self.input)));
                    let is_new = was.is_none_or(|was| was.input < self.input);
                    self.tries = if is_new { 1 } else { self.tries + 1 };
                    assert!(self.tries <= RULES.retries + 1, "tried too often");
                    self.job = Some(job);
                    self.has[who] = Some(token);
                    self.dead[who] = false;
                }
                Claim::UpToDate => assert!(self.finished.contains(&self.input)),
                Claim::Running => assert!(held),
                Claim::Later(at) => assert!(at > self.now),
                Claim::Exhausted => assert_eq!(self.tries, RULES.retries + 1),
                Claim::Full => unreachable!("nothing else runs"),
            }
        }

        fn end(&mut self, who: usize, end: impl Fn(&Job, &str) -> Option<Job>) -> bool {
            let (Some(token), Some(job)) = (&self.has[who], &self.job) else { return false };
            let is_good = job.is_of(token);
            let ended = end(job, token);
            assert_eq!(ended.is_some(), is_good, "the token decides");
            let done = ended.is_some();
            self.job = ended.or_else(|| self.job.take());
            done
        }

        fn run(&mut self, step: &Step) {
            match *step {
                Step::Ask(who) => self.ask(who),
                Step::Live(who) => {
                    let now = self.now;
                    self.end(who, |job, token| heartbeat(job, token, &RULES, now));
                }
                Step::Finish(who) => {
                    let input = self.job.as_ref().map_or(0, |job| job.input);
                    if self.end(who, finish) {
                        assert!(!self.finished.contains(&input), "done twice");
                        self.finished.push(input);
                    }
                }
                Step::Fail(who) => {
                    let now = self.now;
                    self.end(who, |job, token| fail(job, token, "no", &RULES, now));
                }
                Step::Die(who) => self.dead[who] = true,
                Step::Clock(by) => {
                    self.now = later(self.now, SignedDuration::from_secs(by));
                }
                Step::Grow(by) => self.input += by,
            }
        }
    }

    proptest! {
        #[test]
        fn one_at_a_time_never_twice_and_never_stuck(
            steps in prop::collection::vec(step(), 1..60),
        ) {
            let now: Timestamp = "2026-11-21T00:00:00Z".parse().expect("a time");
            let mut world = World {
                job: None, now, input: 1, has: [None, None, None], dead: [false; 3],
                tokens: 0, finished: Vec::new(), tries: 0,
            };
            for step in &steps {
                world.run(step);
            }
            // Whatever happened: a lease later, and after the longest delay, nobody is in the way.
            world.now = later(world.now, RULES.lease + longest_delay(&RULES));
            world.input += 1;
            let applicant =
                Applicant { token: "last", now: world.now, input: world.input, running: 0 };
            let claimed = claim(world.job.as_ref(), Holder::Alive, &RULES, &applicant);
            prop_assert!(matches!(claimed, Claim::Taken(_)), "{claimed:?}");
        }
    }

    #[test]
    fn the_cap_counts_at_claim_time() {
        let now = Timestamp::UNIX_EPOCH;
        let who = Applicant { token: "a", now, input: 1, running: 1 };
        assert_eq!(claim(None, Holder::Gone, &RULES, &who), Claim::Full);
    }

    #[test]
    fn what_was_not_tried_is_nobodys_failure() {
        let (mut job, now) = (None, Timestamp::UNIX_EPOCH);
        for n in 0..10 {
            let token = n.to_string();
            let who = Applicant { token: &token, now, input: 1, running: 0 };
            let Claim::Taken(taken) = claim(job.as_ref(), Holder::Alive, &RULES, &who) else {
                panic!("it is free")
            };
            assert_eq!(taken.retries_left, RULES.retries);
            assert_eq!(release(&taken, "another"), None);
            job = release(&taken, &token);
        }
    }

    #[test]
    fn a_failure_waits_longer_each_time() {
        let now = Timestamp::UNIX_EPOCH;
        let mut job = None;
        let mut waits = Vec::new();
        let mut at = now;
        for n in 0..4 {
            let token = n.to_string();
            let who = Applicant { token: &token, now: at, input: 1, running: 0 };
            let Claim::Taken(taken) = claim(job.as_ref(), Holder::Gone, &RULES, &who) else {
                panic!("it is free")
            };
            let failed = fail(&taken, &token, "no", &RULES, at).expect("its own");
            let retry = failed.retry_at.expect("a time");
            waits.push(retry.duration_since(at).as_secs());
            at = retry;
            job = Some(failed);
        }
        assert_eq!(waits, [600, 1200, 2400, 4800]);
        let who = Applicant { token: "x", now: at, input: 1, running: 0 };
        assert_eq!(claim(job.as_ref(), Holder::Gone, &RULES, &who), Claim::Exhausted);
    }
}
