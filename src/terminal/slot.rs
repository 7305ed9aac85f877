//! The pictures of a full screen on their way to the terminal: a thread writes one, and one more
//! may wait. Whoever draws never waits, and draws the next only when there is a place for it, so
//! that a terminal that stands still stops nothing and is shown the newest when it goes on.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::output::wait_for_stream;
use super::signals::{self, Signal};
use crate::clock::monotonic;

/// How long the last bytes may take when a signal ends us.
const AFTER_SIGNAL_WAIT: Duration = Duration::from_millis(500);

/// How often to look, at the end, whether a signal asks not to wait.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// The loop's end of the slot.
#[derive(Clone)]
pub(super) struct Slot {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Something is there to be written, or nothing will be.
    work: Condvar,
    /// Something was taken or written.
    progress: Condvar,
}

#[derive(Default)]
struct State {
    next: Option<Vec<u8>>,
    is_writing: bool,
    /// Somebody found the slot full: the thread reports when it takes the picture.
    wants_room: bool,
    /// Nothing is taken until it is released: the process is about to stop.
    is_held: bool,
    is_closed: bool,
    failure: Option<io::Error>,
    has_failed: bool,
}

impl State {
    fn is_idle(&self) -> bool {
        self.has_failed || self.next.is_none() && !self.is_writing
    }
}

impl Slot {
    /// Starts the thread that writes to `stream`; `tell` is called when there is room again or the
    /// stream has failed.
    ///
    /// # Errors
    /// The system's refusal of a thread.
    pub(super) fn start(stream: File, tell: impl Fn() + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let slot = Self {
            shared: Arc::clone(&shared),
        };
        thread::Builder::new()
            .name("screen".into())
            .spawn(move || write_out(&shared, stream, tell))?;
        Ok(slot)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }

    /// Whether the next picture has a place; if not, it is told when it has one.
    pub(super) fn is_free(&self) -> bool {
        let mut state = self.state();
        let is_free = !state.is_held && (state.has_failed || state.next.is_none());
        state.wants_room |= !is_free;
        is_free
    }

    /// Puts bytes there; what waits already is written before them.
    pub(super) fn put(&self, bytes: Vec<u8>) {
        let mut state = self.state();
        if !state.has_failed && !state.is_held && !bytes.is_empty() {
            match &mut state.next {
                Some(next) => next.extend(bytes),
                None => state.next = Some(bytes),
            }
        }
        drop(state);
        self.shared.work.notify_one();
    }

    /// Why the stream takes no more, returned once.
    pub(super) fn failure(&self) -> Option<io::Error> {
        self.state().failure.take()
    }

    /// Writes these bytes instead of what waits, and nothing more until [`Slot::release`]; waits
    /// for that as long as is allowed.
    pub(super) fn hold(&self, bytes: &[u8], at_most: Duration) {
        let mut state = self.state();
        state.is_held = true;
        state.next = Some(bytes.to_vec());
        self.shared.work.notify_one();
        let goes_on = |state: &mut State| !state.is_idle();
        let waited = self
            .shared
            .progress
            .wait_timeout_while(state, at_most, goes_on);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Takes pictures again.
    pub(super) fn release(&self) {
        self.state().is_held = false;
    }

    /// Writes the last bytes, in place of a picture that waits; waits until they are written: at
    /// most 500 ms after a signal, and otherwise until another signal.
    ///
    /// # Errors
    /// Why the stream takes no more.
    pub(super) fn finish(&self, last: Vec<u8>, signal: Option<Signal>) -> io::Result<()> {
        let began = monotonic();
        let signals = signals::received();
        let mut state = self.state();
        // After the terminal was given back for a stop, the last bytes are there already.
        state.next = (!state.is_held && !state.has_failed).then_some(last);
        state.is_closed = true;
        self.shared.work.notify_one();
        while !state.is_idle() {
            let is_late = match signal {
                Some(_) => monotonic().saturating_duration_since(began) >= AFTER_SIGNAL_WAIT,
                None => signals::received() > signals,
            };
            if is_late {
                break;
            }
            let waited = self.shared.progress.wait_timeout(state, LOOK_INTERVAL);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.failure.take().map_or(Ok(()), Err)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread: takes what waits, and writes it.
fn write_out(shared: &Shared, mut stream: File, tell: impl Fn()) {
    loop {
        let (bytes, is_wanted) = {
            let state = shared.lock();
            let waits = |state: &mut State| state.next.is_none() && !state.is_closed;
            let waited = shared.work.wait_while(state, waits);
            let mut state = waited.unwrap_or_else(PoisonError::into_inner);
            let Some(bytes) = state.next.take() else {
                return;
            };
            state.is_writing = true;
            (bytes, std::mem::take(&mut state.wants_room))
        };
        if is_wanted {
            tell();
        }
        let outcome = write_all(&mut stream, &bytes);
        let mut state = shared.lock();
        state.is_writing = false;
        let has_failed = outcome.is_err();
        if let Err(error) = outcome {
            state.failure = Some(error);
            state.has_failed = true;
            state.next = None;
        }
        drop(state);
        shared.progress.notify_all();
        if has_failed {
            return tell();
        }
    }
}

fn write_all(stream: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => wait_for_stream(stream)?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::fd::OwnedFd;
    use std::sync::mpsc;

    /// Longest time to wait for something that should happen.
    const DEADLINE: Duration = Duration::from_secs(30);

    #[test]
    fn a_reader_that_stands_still_keeps_nobody_waiting_and_then_gets_all_in_order() {
        let (mut reader, writer) = io::pipe().unwrap();
        let (tell, told) = mpsc::channel();
        let tell = move || tell.send(()).unwrap_or_default();
        let slot = Slot::start(OwnedFd::from(writer).into(), tell).unwrap();
        // More than a pipe holds, so that the thread stands still with it.
        let much = vec![b'a'; 1 << 20];
        slot.put(much.clone());
        let end = monotonic() + DEADLINE;
        while !slot.is_free() {
            assert!(monotonic() < end);
        }
        slot.put(b"second".to_vec());
        assert!(!slot.is_free());
        let mut first = vec![0; much.len()];
        reader.read_exact(&mut first).unwrap();
        assert_eq!(first, much);
        told.recv_timeout(DEADLINE).unwrap();
        let mut second = [0; 6];
        reader.read_exact(&mut second).unwrap();
        assert_eq!(&second, b"second");
        slot.hold(b"stopped", DEADLINE);
        slot.put(b"not shown".to_vec());
        assert!(!slot.is_free());
        slot.release();
        slot.finish(b"end".to_vec(), None).unwrap();
        drop(slot);
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "stoppedend");
    }

    #[test]
    fn a_reader_that_is_gone_is_told_once() {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let (tell, told) = mpsc::channel();
        let tell = move || tell.send(()).unwrap_or_default();
        let slot = Slot::start(OwnedFd::from(writer).into(), tell).unwrap();
        slot.put(b"a".to_vec());
        told.recv_timeout(DEADLINE).unwrap();
        assert!(slot.failure().is_some() && slot.failure().is_none());
        slot.finish(b"b".to_vec(), None).unwrap();
    }
}
