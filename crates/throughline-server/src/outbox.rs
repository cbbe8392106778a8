//! What is on its way to a client, and who the clients are.
//!
//! A client that does not read slows down nobody but itself. Its own answers wait for it, because its next
//! request does too; what it is told unasked does not: where [`MOST`] messages wait, the client is let go,
//! since one that missed something must not believe that it knows all.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use serde_json::Value;

use crate::message::notification;

/// So many messages wait for a client at most.
const MOST: usize = 256;

/// The way to a client.
pub(crate) struct Outbox {
    lines: SyncSender<Arc<str>>,
    /// Once it said hello: what it does not want to be told.
    unwanted: OnceLock<Vec<String>>,
    /// Whether it was let go.
    is_lost: AtomicBool,
    /// Ends the connection, so that nobody waits for it any more.
    close: Box<dyn Fn() + Send + Sync>,
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("is_lost", &self.is_lost).finish_non_exhaustive()
    }
}

impl Outbox {
    /// A way, and its other end.
    pub(crate) fn open(
        close: impl Fn() + Send + Sync + 'static,
    ) -> (Arc<Self>, Receiver<Arc<str>>) {
        let (lines, waiting) = sync_channel(MOST);
        let (unwanted, is_lost) = (OnceLock::new(), AtomicBool::new(false));
        (Arc::new(Self { lines, unwanted, is_lost, close: Box::new(close) }), waiting)
    }

    /// Sends an answer; waits for a client that does not read.
    pub(crate) fn answer(&self, line: String) {
        if !self.is_lost() && self.lines.send(line.into()).is_err() {
            self.lose();
        }
    }

    /// From now on it is told what others did, but for what it does not want.
    pub(crate) fn listen(&self, unwanted: Vec<String>) {
        let _ = self.unwanted.set(unwanted);
    }

    /// Tells what it did not ask for.
    pub(crate) fn tell(&self, method: &str, line: Arc<str>) {
        let Some(unwanted) = self.unwanted.get() else { return };
        let is_wanted = !self.is_lost() && !unwanted.iter().any(|name| name == method);
        if is_wanted && self.lines.try_send(line).is_err() {
            self.lose();
        }
    }

    /// Lets it go.
    pub(crate) fn lose(&self) {
        self.is_lost.store(true, Ordering::Release);
        (self.close)();
    }

    /// Whether it was let go.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }
}

/// All clients.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    all: Mutex<Vec<Weak<Outbox>>>,
}

impl Clients {
    /// A client came.
    pub(crate) fn add(&self, outbox: &Arc<Outbox>) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|client| client.strong_count() > 0);
        all.push(Arc::downgrade(outbox));
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|client| client.strong_count() > 0).count()
    }

    /// Tells all of them.
    pub(crate) fn tell(&self, method: &str, params: &Value) {
        let line: Arc<str> = notification(method, params).into();
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.iter()
            .filter_map(Weak::upgrade)
            .for_each(|client| client.tell(method, Arc::clone(&line)));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_does_not_read_is_let_go_and_holds_nobody_up() {
        let clients = Clients::default();
        let closed = Arc::new(AtomicBool::new(false));
        let close = Arc::clone(&closed);
        let (slow, waiting) = Outbox::open(move || close.store(true, Ordering::Release));
        let (quick, read) = Outbox::open(|| {});
        for client in [&slow, &quick] {
            client.listen(vec!["unwanted".to_owned()]);
            clients.add(client);
        }
        for number in 0..=MOST {
            clients.tell("n", &json!({ "number": number }));
            assert!(read.recv().is_ok_and(|line| line.contains(&number.to_string())));
        }
        assert!(slow.is_lost() && closed.load(Ordering::Acquire) && !quick.is_lost());
        assert_eq!(waiting.try_iter().count(), MOST, "what was on its way arrives");
        clients.tell("unwanted", &Value::Null);
        assert!(read.try_recv().is_err());
    }

    #[test]
    fn who_has_not_said_hello_is_told_nothing() {
        let clients = Clients::default();
        let (outbox, waiting) = Outbox::open(|| {});
        clients.add(&outbox);
        clients.tell("n", &Value::Null);
        assert!(waiting.try_recv().is_err());
        assert_eq!(clients.count(), 1);
        drop(outbox);
        assert_eq!(clients.count(), 0);
    }
}
