//! The unix socket: a file of the user's, through which programs of the same user talk to the server.
//!
//! **File owned.** The socket, 0600, and beside it a file `<name>.lock` that is held while the server lives and
//! never removed: a socket whose lock is free is left over from a server that died and is replaced. It comes into
//! being in a folder that nobody else can enter and is then renamed to its place, so at no time can another
//! user connect; and who connects is asked for his id all the same ([`is_ours`]).

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use rustix::fs::{FlockOperation, flock};
use rustix::net::RecvFlags;

use crate::{Service, client, websocket};

/// So many clients at most.
const MOST_CLIENTS: usize = 64;

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Another server has it.
    #[error("{}: another server listens there", path.display())]
    Taken {
        /// The socket.
        path: PathBuf,
    },
    /// Something else stands there.
    #[error("{}: not a socket, and not replaced", path.display())]
    NotASocket {
        /// What stands there.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("can't listen at {}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A socket that is listened at. The lock is held as long as this is.
pub(crate) struct Listening {
    listener: UnixListener,
    path: PathBuf,
    _lock: File,
}

/// Begins to listen.
pub(crate) fn listen(path: &Path) -> Result<Listening, SocketError> {
    let failed = |source| SocketError::Io { path: path.to_owned(), source };
    let lock = lock(path).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => SocketError::Taken { path: path.to_owned() },
        _other => failed(error),
    })?;
    make_room(path)?;
    let listener = bind(path).map_err(failed)?;
    Ok(Listening { listener, path: path.to_owned(), _lock: lock })
}

fn lock(path: &Path) -> io::Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(flags)
        .open(name)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    Ok(file)
}

/// Removes a socket that a dead server left; nothing else.
fn make_room(path: &Path) -> Result<(), SocketError> {
    use std::os::unix::fs::FileTypeExt as _;
    let failed = |source| SocketError::Io { path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(error)),
        Ok(found) if found.file_type().is_socket() => fs::remove_file(path).map_err(failed),
        Ok(_) => Err(SocketError::NotASocket { path: path.to_owned() }),
    }
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut folder = path.as_os_str().to_owned();
    // Short: a socket's path has at most 107 bytes.
    folder.push("~");
    let folder = PathBuf::from(folder);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    fs::DirBuilder::new().mode(0o700).create(&folder)?;
    let within = folder.join(name);
    let bound = UnixListener::bind(&within).and_then(|listener| {
        fs::set_permissions(&within, Permissions::from_mode(0o600))?;
        fs::rename(&within, path)?;
        Ok(listener)
    });
    let removed = fs::remove_dir_all(&folder);
    bound.and_then(|listener| removed.map(|()| listener))
}

impl Listening {
    /// Serves whoever connects, until the process ends.
    pub(crate) fn serve(self, service: &Arc<Service>) -> Result<(), SocketError> {
        let failed = |source| SocketError::Io { path: self.path.clone(), source };
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if is_passing(&error) => continue,
                Err(error) => return Err(failed(error)),
            };
            // Who is not admitted finds the connection closed.
            if is_ours(&stream) && service.clients.count() < MOST_CLIENTS {
                let service = Arc::clone(service);
                let serve = move || serve_one(&service, stream);
                thread::Builder::new().spawn(serve).map_err(failed)?;
            }
        }
    }
}

/// A client that went before it was let in.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted)
}

/// A connection that breaks is a client that left. One that begins as a browser's request is a websocket, as
/// clients of Codex speak on a socket; any other speaks a message a line.
fn serve_one(service: &Arc<Service>, stream: UnixStream) {
    let Ok(closing) = stream.try_clone() else { return };
    let close = move || {
        let _ = closing.shutdown(std::net::Shutdown::Both);
    };
    let _ = match first_byte(&stream) {
        Some(b'G') => match websocket::accept(stream) {
            Ok((input, output)) => client::serve(service, input, output, close),
            Err(error) => Err(error),
        },
        Some(_) => match stream.try_clone() {
            Ok(output) => client::serve(service, stream, output, close),
            Err(error) => Err(error),
        },
        None => Ok(()),
    };
}

/// Waits for a first byte, and leaves it where it is.
fn first_byte(stream: &UnixStream) -> Option<u8> {
    let mut byte = [0_u8];
    let (read, _) = rustix::net::recv(stream, &mut byte, RecvFlags::PEEK).ok()?;
    (read > 0).then_some(byte[0])
}

/// Whether the process at the other end is this user's.
#[cfg(target_os = "linux")]
fn is_ours(stream: &UnixStream) -> bool {
    let peer = rustix::net::sockopt::socket_peercred(stream);
    peer.is_ok_and(|peer| peer.uid == rustix::process::geteuid())
}

/// Elsewhere the permissions of the file decide alone.
#[cfg(not(target_os = "linux"))]
fn is_ours(_: &UnixStream) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_has_a_socket_and_a_dead_one_leaves_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        let first = listen(&path).expect("free");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(matches!(listen(&path), Err(SocketError::Taken { .. })));
        drop(first);
        assert!(path.exists(), "what a server that was killed leaves");
        listen(&path).expect("its place is taken");
        let left: Vec<_> =
            fs::read_dir(folder.path()).expect("read").flatten().map(|e| e.file_name()).collect();
        assert_eq!(left.len(), 2, "{left:?}");
    }

    #[test]
    fn what_is_no_socket_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        fs::write(&path, "precious").expect("written");
        assert!(matches!(listen(&path), Err(SocketError::NotASocket { .. })));
        assert_eq!(fs::read_to_string(&path).expect("there"), "precious");
    }
}
