//! The local log and what it counts, for people and for programs.

use std::time::Duration;

use serde_json::{Value, json};
use throughline_model::event::{Level, LogEvent};
use throughline_ops::logs::{BOUNDS_MS, LogsReport, StatsReport, Times};
use throughline_store::logs::LogRow;

use super::human::Human;
use super::json::Json;
use super::table::Table;
use super::{Screen, Tone};

/// How much of a session's id is shown.
const SESSION: usize = 8;

/// How wide the longest bar is, in columns.
const BAR: u64 = 40;

impl Human for LogsReport {
    fn show(&self, screen: &mut Screen) {
        if let Some(problem) = &self.problem {
            screen.warn(problem);
        }
        if self.rows.is_empty() {
            screen.status("Nothing is in the log.");
        }
        self.rows.iter().for_each(|row| line(row, screen));
    }
}

/// One event on one line.
pub fn line(row: &LogRow, screen: &mut Screen) {
    let event = &row.event;
    let session: String = event.session.as_deref().unwrap_or("-").chars().take(SESSION).collect();
    let (tone, level) = match event.level {
        Level::Info => (Tone::Faint, "info "),
        Level::Warn => (Tone::Warn, "warn "),
        Level::Error => (Tone::Bad, "error"),
    };
    let at = format!("{}  ", event.at);
    screen.line(&[
        (Tone::Faint, &at),
        (tone, level),
        (Tone::Id, &format!("  {session:<SESSION$}  ")),
        (Tone::Plain, &what(event)),
    ]);
}

fn what(event: &LogEvent) -> String {
    let mut what = event.kind.as_str().to_owned();
    for more in [event.word.clone(), event.micros.map(|m| millis(Duration::from_micros(m)))] {
        what.extend(more.into_iter().flat_map(|more| [" ".to_owned(), more]));
    }
    what.extend(event.text.iter().flat_map(|text| [": ", text.as_str()]));
    what
}

fn millis(time: Duration) -> String {
    format!("{}.{} ms", time.as_millis(), time.as_micros() / 100 % 10)
}

impl Json for LogsReport {
    fn to_json(&self) -> Value {
        let one = |row: &LogRow| {
            let mut one = json!(row.event);
            one["id"] = row.id.into();
            one
        };
        let mut answer = json!({ "events": self.rows.iter().map(one).collect::<Vec<_>>() });
        if let Some(problem) = &self.problem {
            answer["problem"] = problem.clone().into();
        }
        answer
    }
}

impl Human for StatsReport {
    fn show(&self, screen: &mut Screen) {
        if let Some(problem) = &self.problem {
            screen.warn(problem);
        }
        let Some((first, last)) = self.span else {
            screen.status("Nothing is in the log.");
            return;
        };
        screen.line(&[(Tone::Faint, &format!("from {first} to {last}"))]);
        self.table_of_counts().draw(screen);
        if let Some(rate) = self.hit_rate() {
            screen.plain(&format!("{rate} % of the briefs were ready"));
        }
        if !self.times.is_empty() {
            screen.plain("");
            self.table_of_times().draw(screen);
        }
        self.plot(screen);
    }
}

trait Shown {
    fn table_of_counts(&self) -> Table;
    fn table_of_times(&self) -> Table;
    fn plot(&self, screen: &mut Screen);
}

impl Shown for StatsReport {
    fn table_of_counts(&self) -> Table {
        let mut table = Table::default();
        for ((kind, word), count) in &self.counts {
            table.row(vec![
                (Tone::Strong, count.to_string()),
                (Tone::Plain, kind.as_str().to_owned()),
                (Tone::Plain, word.clone()),
            ]);
        }
        table
    }

    fn table_of_times(&self) -> Table {
        let mut table = Table::default();
        let heads = ["", "", "p50", "p99", "most", "of"];
        table.row(heads.map(|head| (Tone::Faint, head.to_owned())).to_vec());
        for times in &self.times {
            let Times { kind, word, count, p50, p99, most } = times;
            let mut row =
                vec![(Tone::Plain, kind.as_str().to_owned()), (Tone::Plain, word.clone())];
            row.extend([p50, p99, most].map(|time| (Tone::Plain, millis(*time))));
            row.push((Tone::Faint, count.to_string()));
            table.row(row);
        }
        table
    }

    /// A bar for each doubling of the time, from the first that has a hook to the last.
    fn plot(&self, screen: &mut Screen) {
        let most = self.hooks.iter().copied().max().unwrap_or(0);
        let first = self.hooks.iter().position(|count| *count > 0);
        let last = self.hooks.iter().rposition(|count| *count > 0);
        let (Some(first), Some(last)) = (first, last) else { return };
        screen.plain("");
        screen.line(&[(Tone::Strong, "Hooks by time")]);
        for bucket in first..=last {
            let bound =
                BOUNDS_MS.get(bucket).map_or("more".to_owned(), |bound| format!("{bound} ms"));
            let count = self.hooks[bucket];
            // One that is there is seen.
            let wide = (count * BAR).div_ceil(most.max(1));
            let bar = "#".repeat(usize::try_from(wide).unwrap_or(0));
            let label = format!("{bound:>8} ");
            screen.line(&[
                (Tone::Faint, &label),
                (Tone::Id, &bar),
                (Tone::Plain, &format!(" {count}")),
            ]);
        }
    }
}

impl Json for StatsReport {
    fn to_json(&self) -> Value {
        let counts = self.counts.iter().map(
            |((kind, word), count)| json!({ "kind": kind.as_str(), "word": word, "count": count }),
        );
        let times = self.times.iter().map(|times| {
            let micros = |time: Duration| json!(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
            json!({
                "kind": times.kind.as_str(), "word": times.word, "count": times.count,
                "p50_us": micros(times.p50), "p99_us": micros(times.p99), "max_us": micros(times.most),
            })
        });
        let hooks = self.hooks.iter().enumerate();
        let hooks =
            hooks.map(|(at, count)| json!({ "up_to_ms": BOUNDS_MS.get(at), "count": count }));
        let mut answer = json!({
            "counts": counts.collect::<Vec<_>>(), "times": times.collect::<Vec<_>>(),
            "hooks": hooks.collect::<Vec<_>>(), "brief_hits_percent": self.hit_rate(),
            "from": self.span.map(|span| span.0), "to": self.span.map(|span| span.1),
        });
        if let Some(problem) = &self.problem {
            answer["problem"] = problem.clone().into();
        }
        answer
    }
}
