//! Times as people write them on the command line.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
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

/// A day (2026-12-01), or a time (RFC 3339); one without a zone is UTC.
pub(crate) fn parse(text: &str, of_day: OfDay) -> Result<Timestamp, OpsError> {
    let day = text.parse::<Date>().ok().filter(|_| text.len() == "2026-12-01".len());
    let time = match of_day {
        OfDay::Start => Time::midnight(),
        OfDay::End => Time::constant(23, 59, 59, 0),
    };
    let civil = day.map(|day| day.to_datetime(time)).or_else(|| text.parse::<DateTime>().ok());
    let in_utc = || civil?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    // A civil time would be read from one with a zone too, and the zone passed over.
    let time = text.parse().ok().or_else(in_utc);
    time.ok_or_else(|| OpsError::Refused {
        reason: format!("`{text}` is neither a day (2026-12-01) nor a time (RFC 3339)"),
    })
}
