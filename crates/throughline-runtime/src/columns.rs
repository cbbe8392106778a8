//! What all tables keep in the same way: times, numbers, JSON.

use jiff::Timestamp;

/// A time as the tables keep it: milliseconds since 1970 (UTC).
pub(crate) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A time of the tables. One that no calendar has is the nearest that it has.
pub(crate) fn time(millis: i64) -> Timestamp {
    let bound = if millis < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(millis).unwrap_or(bound)
}

/// JSON of a value that is always JSON.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("our types are JSON")
}
