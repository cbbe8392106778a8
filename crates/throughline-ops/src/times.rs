//! Times as people write them on the command line.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::error::OpsError;

/// Which moment of a day counts where a day is given; UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfDay {
    /// 00:00:00, for what begins with it.
    Start,
    /// 23:59:59, for what is due on it.
    End,
}

/// A day (2026-12-01), or a time (RFC 3339).
pub(crate) fn parse(text: &str, of_day: OfDay) -> Result<Timestamp, OpsError> {
    let day = text.parse::<Date>().ok().filter(|_| text.len() == "2026-12-01".len());
    let time = match of_day {
        OfDay::Start => Time::midnight(),
        OfDay::End => Time::constant(23, 59, 59, 0),
    };
    let zoned = day.and_then(|day| day.to_datetime(time).to_zoned(TimeZone::UTC).ok());
    let time = zoned.map(|zoned| zoned.timestamp()).or_else(|| text.parse().ok());
    time.ok_or_else(|| OpsError::Refused {
        reason: format!("`{text}` is neither a day (2026-12-01) nor a time (RFC 3339)"),
    })
}
