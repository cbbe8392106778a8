//! When a question is about: "in March", "last week", "originally", "as of 2026-03-01".
//!
//! Days are days of UTC. Nothing here asks a clock: "last week" counts from when the question is asked.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

/// From when, and until before when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first moment in it.
    pub from: Timestamp,
    /// The first moment behind it.
    pub until: Timestamp,
}

impl Period {
    /// Whether a time lies in it.
    #[must_use]
    pub fn contains(&self, time: Timestamp) -> bool {
        self.from <= time && time < self.until
    }

    fn of_days(from: Date, until: Date) -> Option<Self> {
        Some(Self { from: start(from)?, until: start(until)? })
    }
}

/// What a question says of time, with the words that say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spoken {
    /// Which of the question's words these are.
    pub(super) words: std::ops::Range<usize>,
    /// The time.
    pub(super) period: Period,
}

/// The first time that the words of a question (folded, without their stops) name.
pub(super) fn spoken(words: &[String], asked_at: Timestamp) -> Option<Spoken> {
    let today = asked_at.to_zoned(TimeZone::UTC).date();
    (0..words.len()).find_map(|at| {
        let found = relative(&words[at..], today).or_else(|| named(words, at, today));
        let (length, from, until) = found?;
        let (mut start, mut period) = (at, Period::of_days(from, until)?);
        if let Some(before) = at.checked_sub(1).map(|before| words[before].as_str()) {
            period = bounded(before, period, asked_at);
            start = if is_lead(before) { at - 1 } else { at };
        }
        if at >= 2 && words[at - 2] == "as" && words[at - 1] == "of" {
            start = at - 2;
        }
        Some(Spoken { words: start..at + length, period })
    })
}

fn is_lead(word: &str) -> bool {
    matches!(word, "in" | "on" | "during" | "since" | "after" | "before" | "until" | "by" | "of")
}

/// "before March" ends where March begins; "since March" goes on until the question is asked.
fn bounded(lead: &str, period: Period, asked_at: Timestamp) -> Period {
    match lead {
        "before" | "until" => Period { from: Timestamp::MIN, until: period.from },
        "since" => Period { from: period.from, until: asked_at.max(period.until) },
        "after" => Period { from: period.until, until: asked_at.max(period.until) },
        _ => period,
    }
}

fn start(date: Date) -> Option<Timestamp> {
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

type Days = (usize, Date, Date);

/// "yesterday", "last week", "three days ago".
fn relative(words: &[String], today: Date) -> Option<Days> {
    let word = |at: usize| words.get(at).map(String::as_str);
    let day = 1.day();
    match (word(0)?, word(1)) {
        ("yesterday", _) => Some((1, today.checked_sub(day).ok()?, today)),
        ("last" | "past" | "previous" | "this", Some(unit)) => {
            let (from, until) = unit_around(unit, today, word(0) == Some("this"))?;
            Some((2, from, until))
        }
        (count, Some(unit)) if word(2) == Some("ago") => {
            let then = today.checked_sub(span(unit, number(count)?)?).ok()?;
            let slack = span(unit, 1)?;
            // "two weeks ago" is no day, so it may be half a week to either side.
            let wide = if unit.starts_with("day") { 0.days() } else { halved(slack) };
            Some((3, then.checked_sub(wide).ok()?, then.checked_add(wide).ok()?.tomorrow().ok()?))
        }
        (_, _) => None,
    }
}

fn halved(span: Span) -> Span {
    let days = span.get_years() as i64 * 182 + span.get_months() as i64 * 15;
    (days + i64::from(span.get_weeks()) * 3).days()
}

fn unit_around(unit: &str, today: Date, is_this: bool) -> Option<(Date, Date)> {
    let since_monday = i64::from(today.weekday().to_monday_zero_offset());
    let (first, step) = match unit {
        "week" => (today.checked_sub(since_monday.days()).ok()?, 1.week()),
        "month" => (today.first_of_month(), 1.month()),
        "year" => (today.first_of_year(), 1.year()),
        "quarter" => {
            let month = (today.month() - 1) / 3 * 3 + 1;
            (Date::new(today.year(), month, 1).ok()?, 3.months())
        }
        _ => return None,
    };
    if is_this {
        Some((first, first.checked_add(step).ok()?))
    } else {
        Some((first.checked_sub(step).ok()?, first))
    }
}

fn span(unit: &str, count: i64) -> Option<Span> {
    match unit.trim_end_matches('s') {
        "day" => Some(count.days()),
        "week" => Some(count.weeks()),
        "month" => Some(count.months()),
        "year" => Some(count.years()),
        _ => None,
    }
}

fn number(word: &str) -> Option<i64> {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    let spelt = WORDS.iter().position(|one| *one == word).and_then(|at| i64::try_from(at).ok());
    let article = matches!(word, "a" | "an").then_some(1);
    spelt.or(article).or_else(|| word.parse().ok().filter(|count| (0..1000).contains(count)))
}

/// "march", "march 7", "7 may 2023", "2026 march 7", "2025".
fn named(words: &[String], at: usize, today: Date) -> Option<Days> {
    let word = |at: usize| words.get(at).map(String::as_str);
    let year_at = |at: usize| word(at).and_then(year);
    let day_at = |at: usize| word(at).and_then(|word| word.parse::<i8>().ok()).filter(is_day);
    if let Some(year) = year_at(at) {
        return match (word(at + 1).and_then(month), day_at(at + 2)) {
            (Some(month), Some(day)) => one_day(3, year, month, day),
            (Some(month), None) => whole_month(2, year, month),
            (None, _) => whole_year(1, year, at.checked_sub(1).and_then(word)),
        };
    }
    if let (Some(day), Some(month)) = (day_at(at), word(at + 1).and_then(month)) {
        let spoken = year_at(at + 2);
        let year = spoken.or_else(|| latest(month, day, today))?;
        return one_day(2 + usize::from(spoken.is_some()), year, month, day);
    }
    let month = word(at).and_then(month).filter(|_| is_month(words, at))?;
    let (day, next) = (day_at(at + 1), if day_at(at + 1).is_some() { at + 2 } else { at + 1 });
    let length = next - at + usize::from(year_at(next).is_some());
    let year = year_at(next).or_else(|| latest(month, day.unwrap_or(1), today))?;
    match day {
        Some(day) => one_day(length, year, month, day),
        None => whole_month(length, year, month),
    }
}

fn is_day(day: &i8) -> bool {
    (1..=31).contains(day)
}

fn year(word: &str) -> Option<i16> {
    word.parse().ok().filter(|year| word.len() == 4 && (1990..2100).contains(year))
}

fn month(word: &str) -> Option<i8> {
    const SHORT: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let at = super::words::MONTHS.iter().position(|month| *month == word);
    let at = at.or_else(|| SHORT.iter().position(|month| *month == word))?;
    i8::try_from(at + 1).ok()
}

/// "may" and "march" are verbs too: they need a word around them that makes them months.
fn is_month(words: &[String], at: usize) -> bool {
    let near = |at: usize| words.get(at).map(String::as_str);
    if !matches!(words[at].as_str(), "may" | "march" | "mar" | "jan" | "dec" | "sep") {
        return true;
    }
    let before = at.checked_sub(1).and_then(near).is_some_and(|word| {
        is_lead(word) || matches!(word, "early" | "late" | "mid" | "last" | "this" | "from" | "to")
    });
    before || near(at + 1).is_some_and(|word| word.parse::<u16>().is_ok())
}

/// The latest year in which that day has come.
fn latest(month: i8, day: i8, today: Date) -> Option<i16> {
    let this = Date::new(today.year(), month, day.min(28)).ok()?;
    Some(if this <= today { today.year() } else { today.year() - 1 })
}

fn one_day(length: usize, year: i16, month: i8, day: i8) -> Option<Days> {
    let date = Date::new(year, month, day).ok()?;
    Some((length, date, date.tomorrow().ok()?))
}

fn whole_month(length: usize, year: i16, month: i8) -> Option<Days> {
    let date = Date::new(year, month, 1).ok()?;
    Some((length, date, date.checked_add(1.month()).ok()?))
}

/// A number of four digits is a year where something says so: 2024 may be a port.
fn whole_year(length: usize, year: i16, before: Option<&str>) -> Option<Days> {
    before.filter(|word| is_lead(word))?;
    let date = Date::new(year, 1, 1).ok()?;
    Some((length, date, date.checked_add(1.year()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::spoken;

    fn period(question: &str) -> String {
        let words: Vec<String> = question.split(' ').map(str::to_owned).collect();
        let asked_at = "2026-06-17T12:00:00Z".parse().unwrap();
        spoken(&words, asked_at).map_or_else(String::new, |found| {
            let day = |time: jiff::Timestamp| time.to_string()[..10].to_owned();
            let words = words[found.words].join(" ");
            format!("{words}: {}..{}", day(found.period.from), day(found.period.until))
        })
    }

    #[test]
    fn times_are_read_as_people_say_them() {
        let cases = [
            ("which port in march", "in march: 2026-03-01..2026-04-01"),
            ("what was it in november", "in november: 2025-11-01..2025-12-01"),
            ("what happened last week", "last week: 2026-06-08..2026-06-15"),
            ("what broke yesterday", "yesterday: 2026-06-16..2026-06-17"),
            ("what did we do 3 days ago", "3 days ago: 2026-06-14..2026-06-15"),
            ("the trip on 7 may 2023", "on 7 may 2023: 2023-05-07..2023-05-08"),
            ("the trip on may 7", "on may 7: 2026-05-07..2026-05-08"),
            ("as of 2026 march 1 which db", "as of 2026 march 1: 2026-03-01..2026-03-02"),
            ("since february what changed", "since february: 2026-02-01..2026-06-17"),
            ("in 2025", "in 2025: 2025-01-01..2026-01-01"),
            ("may i push to main", ""),
            ("which service has port 2024", ""),
        ];
        for (question, expected) in cases {
            assert_eq!(period(question), expected, "{question}");
        }
    }
}
