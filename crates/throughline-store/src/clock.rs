//! The clocks: wall time for people, boot time for order.

use std::fs;
use std::sync::OnceLock;

use jiff::Timestamp;
use throughline_model::record::Stamp;

/// What time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clock {
    /// The operating system's.
    #[default]
    System,
    /// Stands still, for tests.
    Fixed(Timestamp),
}

impl Clock {
    /// Wall time, to the second: what a file shows.
    pub fn now(&self) -> Timestamp {
        let now = match self {
            Self::System => Timestamp::now(),
            Self::Fixed(at) => *at,
        };
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// Wall time with the boot clock.
    pub fn stamp(&self) -> Stamp {
        Stamp { at: self.now(), boot: boot_id().to_owned(), since_boot: since_boot() }
    }
}

/// Identifies this boot of the machine; `-` where the system does not tell.
pub fn boot_id() -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| {
        let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        // 8 hex digits tell the boots of one machine apart.
        let short: String = id.trim().chars().take(8).collect();
        if short.is_empty() { "-".to_owned() } else { short }
    })
}

/// Nanoseconds since boot.
fn since_boot() -> u64 {
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Monotonic;
    let time = rustix::time::clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}
