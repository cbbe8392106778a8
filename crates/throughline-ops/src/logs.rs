//! `thru logs | stats`, and what everybody notes for them.
//!
//! Noting never fails: what can't be noted is not in the log, and that is all. Hooks and commands append to
//! a plain file; the fold, and whoever reads the log, carries that into the database (`throughline-store`'s
//! `logs`).

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use throughline_model::event::{Kind, Level, LogEvent};
use throughline_model::record::Actor;
use throughline_store::clock::Clock;
use throughline_store::home::Home;
use throughline_store::logs::{DUE, LogFilter, LogRow, Logs, drain, note as append};

use crate::error::OpsError;
use crate::surroundings::Surroundings;
use crate::times::{self, OfDay};

/// An event of now, in the session that asks.
pub fn event(world: &Surroundings, level: Level, kind: Kind) -> LogEvent {
    let session = match &world.actor {
        Actor::Agent { session, .. } => session.as_deref(),
        Actor::Person | Actor::Fold => None,
    };
    LogEvent::new(world.clock.now(), level, kind).of(session)
}

/// Notes an event, if it can be noted.
pub fn note(world: &Surroundings, event: &LogEvent) {
    // Nobody is left to tell.
    let _ = append(&world.home, event);
}

/// Notes for somebody who has no world at hand.
#[derive(Debug, Clone)]
pub struct Noter {
    home: Home,
    clock: Clock,
}

impl Noter {
    /// Into the log of this world.
    pub fn of(world: &Surroundings) -> Self {
        Self { home: world.home.clone(), clock: world.clock }
    }

    /// Into the log of the home there.
    pub fn at(home: &std::path::Path) -> Self {
        Self { home: Home::new(home), clock: Clock::System }
    }

    /// Notes it, if it can be noted.
    pub fn note(&self, level: Level, kind: Kind, word: &str, text: &str) {
        let event = LogEvent::new(self.clock.now(), level, kind).word(word).text(text);
        let _ = append(&self.home, &event);
    }
}

/// Notes that something of a kind happened.
pub(crate) fn note_word(world: &Surroundings, level: Level, kind: Kind, word: &str) {
    note(world, &event(world, level, kind).word(word));
}

/// Carries what was noted into the database, once there is enough of it.
pub(crate) fn drain_if_due(world: &Surroundings) {
    let _ = drain(&world.home, DUE);
}

/// Which events are shown.
#[derive(Debug, Clone, Default)]
pub struct LogsOptions {
    /// Of sessions whose id begins so; empty for all.
    pub sessions: Vec<String>,
    /// That matter at least so much.
    pub level: Option<Level>,
    /// Since then.
    pub since: Option<Timestamp>,
    /// The last of them, so many.
    pub most: Option<u32>,
    /// Behind this row.
    pub after: i64,
}

/// What the log holds.
#[derive(Debug, Clone, Default)]
pub struct LogsReport {
    /// Oldest first.
    pub rows: Vec<LogRow>,
    /// Why there are none, if the log can't be read.
    pub problem: Option<String>,
}

/// Reads the log. One that can't be read is an empty one with a reason.
pub fn logs(world: &Surroundings, options: &LogsOptions) -> LogsReport {
    let drained = drain(&world.home, /*due*/ 0).err();
    let filter = LogFilter {
        sessions: options.sessions.clone(),
        level: options.level,
        since: options.since,
        after: options.after,
        most: options.most,
    };
    let rows = Logs::read(&world.home).and_then(|logs| match logs {
        Some(logs) => logs.rows(&filter),
        None => Ok(Vec::new()),
    });
    match rows {
        Ok(rows) => LogsReport { rows, problem: drained.map(|error| error.to_string()) },
        Err(error) => LogsReport { rows: Vec::new(), problem: Some(error.to_string()) },
    }
}

/// A moment: a day, a time, or how long ago (`2h`, `30m`).
///
/// # Errors
/// [`OpsError::Refused`], if it is none of them.
pub fn parse_since(text: &str, now: Timestamp) -> Result<Timestamp, OpsError> {
    match text.parse::<SignedDuration>() {
        Ok(ago) if ago.is_positive() => Ok(now.saturating_sub(ago).unwrap_or(Timestamp::MIN)),
        Ok(_) | Err(_) => times::parse(text, OfDay::Start),
    }
}

/// How long things of a kind took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    /// Of which kind.
    pub kind: Kind,
    /// Which of its kind; empty for all.
    pub word: String,
    /// How many were timed.
    pub count: usize,
    /// Half took no longer.
    pub p50: Duration,
    /// All but one in a hundred took no longer.
    pub p99: Duration,
    /// None took longer.
    pub most: Duration,
}

/// How many hooks took how long: those up to a bound, which doubles from 1 ms on.
pub const BOUNDS_MS: [u64; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/// What the log counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatsReport {
    /// How many events of which kind and word.
    pub counts: BTreeMap<(Kind, String), u64>,
    /// By kind, then by word.
    pub times: Vec<Times>,
    /// Hooks by duration: up to each of [`BOUNDS_MS`], and beyond.
    pub hooks: [u64; BOUNDS_MS.len() + 1],
    /// Of the first and the last event.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Why there is nothing, if the log can't be read.
    pub problem: Option<String>,
}

impl StatsReport {
    /// How many events of a kind and word there are.
    pub fn count(&self, kind: Kind, word: &str) -> u64 {
        self.counts.get(&(kind, word.to_owned())).copied().unwrap_or(0)
    }

    /// Of a hundred briefs that were wanted, how many were ready; `None` if none was wanted.
    pub fn hit_rate(&self) -> Option<u64> {
        let (hits, misses) = (self.count(Kind::Brief, "hit"), self.count(Kind::Brief, "miss"));
        (hits * 100).checked_div(hits + misses)
    }
}

/// Counts what the log holds.
pub fn stats(world: &Surroundings, since: Option<Timestamp>) -> StatsReport {
    let report = logs(world, &LogsOptions { since, ..LogsOptions::default() });
    let events: Vec<LogEvent> = report.rows.into_iter().map(|row| row.event).collect();
    StatsReport { problem: report.problem, ..counted(&events) }
}

fn counted(events: &[LogEvent]) -> StatsReport {
    let mut report = StatsReport::default();
    let mut timed: BTreeMap<(Kind, String), Vec<u64>> = BTreeMap::new();
    for event in events {
        let word = event.word.clone().unwrap_or_default();
        *report.counts.entry((event.kind, word.clone())).or_default() += 1;
        let (first, last) = report.span.unwrap_or((event.at, event.at));
        report.span = Some((first.min(event.at), last.max(event.at)));
        let Some(micros) = event.micros else { continue };
        timed.entry((event.kind, String::new())).or_default().push(micros);
        if !word.is_empty() {
            timed.entry((event.kind, word)).or_default().push(micros);
        }
        if event.kind == Kind::Hook {
            let bound = BOUNDS_MS.iter().position(|bound| micros <= bound * 1000);
            report.hooks[bound.unwrap_or(BOUNDS_MS.len())] += 1;
        }
    }
    report.times = timed.into_iter().map(|((kind, word), all)| times_of(kind, word, all)).collect();
    report
}

fn times_of(kind: Kind, word: String, mut all: Vec<u64>) -> Times {
    all.sort_unstable();
    let at = |percent: usize| {
        // The nearest rank: the smallest that so many in a hundred do not exceed.
        let rank = (all.len() * percent).div_ceil(100).max(1);
        Duration::from_micros(all[rank - 1])
    };
    Times { kind, word, count: all.len(), p50: at(50), p99: at(99), most: at(100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(word: &str, millis: u64) -> LogEvent {
        let event = LogEvent::new(Timestamp::UNIX_EPOCH, Level::Info, Kind::Hook);
        event.word(word).took(Duration::from_millis(millis))
    }

    #[test]
    fn durations_are_ranked() {
        let events: Vec<LogEvent> = (1..=200).rev().map(|millis| hook("stop", millis)).collect();
        let report = counted(&events);
        let all = &report.times[0];
        assert_eq!((all.word.as_str(), all.count), ("", 200));
        let millis = [all.p50, all.p99, all.most].map(|time| time.as_millis());
        assert_eq!(millis, [100, 198, 200]);
        assert_eq!(report.hooks, [1, 1, 2, 4, 8, 16, 32, 64, 72, 0]);
        assert_eq!(report.times.len(), 2);
    }

    #[test]
    fn one_event_is_its_own_median() {
        let times = times_of(Kind::Fold, String::new(), vec![7]);
        assert_eq!([times.p50, times.p99, times.most], [Duration::from_micros(7); 3]);
        assert_eq!(counted(&[]), StatsReport::default());
    }

    #[test]
    fn hits_are_counted_in_a_hundred() {
        let brief =
            |word: &str| LogEvent::new(Timestamp::UNIX_EPOCH, Level::Info, Kind::Brief).word(word);
        assert_eq!(counted(&[]).hit_rate(), None);
        let report = counted(&[brief("hit"), brief("hit"), brief("hit"), brief("miss")]);
        assert_eq!(report.hit_rate(), Some(75));
    }

    #[test]
    fn since_is_a_day_a_time_or_how_long_ago() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().expect("time");
        for (text, expected) in [
            ("2h", "2026-11-21T10:00:00Z"),
            ("30m", "2026-11-21T11:30:00Z"),
            ("2026-11-20", "2026-11-20T00:00:00Z"),
            ("2026-11-20T01:02:03Z", "2026-11-20T01:02:03Z"),
        ] {
            assert_eq!(parse_since(text, now).expect(text).to_string(), expected);
        }
        assert!(parse_since("soon", now).is_err());
    }
}
