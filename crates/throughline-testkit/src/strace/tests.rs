//! The log is read as strace writes it, and faults strike where they should.

use std::path::PathBuf;

use super::*;
use crate::world::Ran;

fn ran() -> Ran {
    Ran {
        code: Some(0),
        stdout: String::new(),
        stderr: String::new(),
        duration: std::time::Duration::ZERO,
        late: false,
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
}

#[test]
fn a_log_is_read_as_strace_writes_it() {
    let (cwd, a, b) = (hex("/w"), hex("a,)\"<b"), hex("/x/b"));
    let log = format!(
        "7  execve(\"{b}\", [\"{a}\", \"{b}\"], 0x7ff /* 9 vars */) = 0\n\
         7  openat(AT_FDCWD<{cwd}>, \"{a}\", O_WRONLY|O_CREAT|O_CLOEXEC, 0600) = 3<{b}>\n\
         7  write(3<{b}>, \"{a}\", 6 <unfinished ...>\n\
         8  socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3<{b}>\n\
         7  <... write resumed>) = 6\n\
         7  rename(\"{a}\", \"{b}\") = -1 ENOENT (No such file or directory)\n\
         7  unlink(\"{a}\") = 0\n\
         7  fcntl(3<{b}>, F_GETFD) = 0x1 (flags FD_CLOEXEC)\n\
         7  exit_group(0) = ?\n\
         8  +++ exited with 0 +++\n"
    );
    let trace = Trace::parse(&log, Path::new("/start"), ran());
    let names: Vec<&str> = trace.calls().iter().map(|call| call.name.as_str()).collect();
    let expected =
        ["execve", "openat", "socket", "write", "rename", "unlink", "fcntl", "exit_group"];
    assert_eq!(names, expected);
    let path = PathBuf::from("/w/a,)\"<b");
    let changes = [FileChange::Opened(path.clone()), FileChange::Removed(path.clone())];
    assert_eq!(trace.changes(), changes);
    assert_eq!(trace.programs()[0].arguments, ["a,)\"<b", "/x/b"]);
    assert_eq!(trace.sockets()[0].family.as_deref(), Some("AF_UNIX"));
    let write = &trace.calls()[3];
    assert_eq!(write.arguments[0].file(), Some(PathBuf::from("/x/b")));
    assert_eq!((write.arguments[0].number(), write.result), (Some(3), Some(6)));
    assert_eq!(write.arguments[1].bytes().as_deref(), Some(b"a,)\"<b".as_slice()));
    assert_eq!(trace.calls()[4].error.as_deref(), Some("ENOENT"));
    assert_eq!(trace.points().len(), 6);
    let opened = Opened { process: 7, path, to_write: true, done: true };
    assert_eq!(trace.opened(), [opened]);
}

#[test]
fn a_real_program_is_traced_with_its_children_and_killed_where_asked() {
    let Some(strace) = Strace::required() else { return };
    let world = World::plain().with_binary("/bin/sh");
    let script = ["-c", "cat < README.md > copy; mv copy moved"];
    let trace = world.trace(&strace, Children::Follow, |world| world.thru(&script));
    assert!(trace.ran.is_success(), "{:?}", trace.ran);
    let changes = trace.changes();
    let copy = world.repo().join("copy");
    assert!(changes.contains(&FileChange::Opened(copy.clone())), "{changes:?}");
    let moved = FileChange::Named { from: copy.clone(), to: world.repo().join("moved") };
    assert!(changes.contains(&moved), "{changes:?}");
    let programs = trace.programs();
    assert!(programs.iter().any(|p| p.done && p.path.ends_with("mv")), "{programs:?}");
    let alone = world.trace(&strace, Children::Leave, |world| world.thru(&["-c", "true >kept"]));
    let at_open = alone.points().into_iter().find(|(call, _)| {
        call.name == "openat" && call.arguments[1].bytes() == Some(b"kept".to_vec())
    });
    let (call, nth) = at_open.expect("the shell opens the file");
    let fault = Fault::kill(call.name.clone(), nth);
    std::fs::remove_file(world.repo().join("kept")).expect("made by the traced run");
    let killed = world
        .with_fault(&strace, Children::Leave, &fault, |world| world.thru(&["-c", "true >kept"]));
    assert_eq!((killed.code, world.repo().join("kept").exists()), (None, false));
    let fault = Fault { harm: Harm::Error("ENOSPC"), ..fault };
    let failed = world
        .with_fault(&strace, Children::Leave, &fault, |world| world.thru(&["-c", "true >kept"]));
    assert!(failed.code.is_some_and(|code| code != 0), "{failed:?}");
}
