//! Who is running: which process is the agent, and whether it still lives.
//!
//! Linux tells by `/proc`; elsewhere a process counts as alive if its number is in use.

use std::fs;

use throughline_model::record::Process;

use crate::clock::boot_id;

/// How far up the agent is looked for: hook, shell, a wrapper or two.
const MOST_ANCESTORS: usize = 6;

/// Programs that stand between an agent and its hooks.
const BETWEEN: [&str; 8] = ["sh", "bash", "zsh", "fish", "dash", "ksh", "env", "timeout"];

/// The process that called this hook: the nearest ancestor that is not a shell.
pub fn caller() -> Option<Process> {
    let mut pid = u32::try_from(rustix::process::getppid()?.as_raw_nonzero().get()).ok()?;
    for _ in 0..MOST_ANCESTORS {
        let stat = Stat::of(pid)?;
        if !BETWEEN.contains(&stat.name.as_str()) || stat.parent <= 1 {
            return Some(Process { pid, started: stat.started, boot: boot_id().to_owned() });
        }
        pid = stat.parent;
    }
    None
}

/// This process; `None` where the system does not tell.
pub fn own() -> Option<Process> {
    of(std::process::id())
}

/// The process that has this number now; `None` where the system does not tell.
pub fn of(pid: u32) -> Option<Process> {
    let started = Stat::of(pid)?.started;
    Some(Process { pid, started, boot: boot_id().to_owned() })
}

/// Whether a process is still the one that was noted. In doubt it is.
pub fn is_alive(process: &Process) -> bool {
    if process.boot != boot_id() {
        return false;
    }
    match Stat::of(process.pid) {
        Some(stat) => stat.started == process.started && !stat.is_zombie,
        None => !fs::exists("/proc/self/stat").unwrap_or(false),
    }
}

struct Stat {
    name: String,
    is_zombie: bool,
    parent: u32,
    started: u64,
}

impl Stat {
    /// Fields 2, 3, 4 and 22 of `/proc/PID/stat` (proc_pid_stat(5)); the name stands in
    /// parentheses and may itself hold some.
    fn of(pid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (open, close) = (text.find('(')?, text.rfind(')')?);
        let name = text.get(open + 1..close)?.to_owned();
        let rest: Vec<&str> = text.get(close + 1..)?.split_whitespace().collect();
        Some(Self {
            name,
            is_zombie: matches!(*rest.first()?, "Z" | "X"),
            parent: rest.get(1)?.parse().ok()?,
            started: rest.get(19)?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_reused_number_is_not_the_same_process() {
        let own = std::process::id();
        let started = Stat::of(own).expect("own stat").started;
        let process = |started, boot: &str| Process { pid: own, started, boot: boot.to_owned() };
        assert!(is_alive(&process(started, boot_id())));
        assert!(!is_alive(&process(started + 1, boot_id())));
        assert!(!is_alive(&process(started, "another")));
    }
}
