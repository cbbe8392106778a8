//! How the runner is told that a process ended: a thread that sleeps in the kernel until it does.

use std::sync::mpsc::Sender;
use std::thread;

use rustix::io::{Errno, retry_on_intr};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use throughline_model::record::Process;
use throughline_store::process::is_alive;

use super::run::Ring;

/// Rings once this child ended. It is not reaped: its number stays its own until its parent does so.
pub(super) fn attend_child(pid: u32, worker: String, bell: Sender<Ring>) {
    thread::spawn(move || {
        if let Some(pid) = pid_of(pid) {
            let wait = || waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
            // An error means that there is nothing to wait for.
            let _ = retry_on_intr(wait);
        }
        let _ = bell.send(Ring::Ended(worker));
    });
}

/// Rings once a process ended that is no child of ours.
pub(super) fn attend_other(process: Process, worker: String, bell: Sender<Ring>) {
    thread::spawn(move || {
        wait_for(&process);
        let _ = bell.send(Ring::Ended(worker));
    });
}

#[cfg(target_os = "linux")]
fn wait_for(process: &Process) {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::process::{PidfdFlags, pidfd_open};

    let Some(pid) = pid_of(process.pid) else { return };
    let Ok(descriptor) = pidfd_open(pid, PidfdFlags::empty()) else { return };
    // The number may be another's by now; from here on the descriptor is of one process.
    if !is_alive(process) {
        return;
    }
    let _: Result<usize, Errno> =
        retry_on_intr(|| poll(&mut [PollFd::new(&descriptor, PollFlags::IN)], None));
}

/// Without a descriptor of a process that is not ours nothing tells of its end.
#[cfg(not(target_os = "linux"))]
fn wait_for(process: &Process) {
    while is_alive(process) {
        thread::sleep(std::time::Duration::from_millis(500));
    }
}

/// Ends a worker with all that it started in its group.
pub(super) fn kill(pid: u32) {
    if let Some(group) = pid_of(pid) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// The same for one that may have ended long ago, so that its number is another's.
pub(super) fn kill_if_alive(process: &Process) {
    if is_alive(process) {
        kill(process.pid);
    }
}

/// Asks a process to stop.
pub(super) fn ask_to_stop(process: &Process) {
    if let Some(pid) = pid_of(process.pid).filter(|_| is_alive(process)) {
        let _ = rustix::process::kill_process(pid, Signal::TERM);
    }
}

fn pid_of(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}
