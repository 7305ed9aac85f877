//! One stream of output: a bounded queue and a thread that alone writes. Whoever appends never
//! waits, because the lock of the queue is not held while bytes are written.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::kernel::terminal_size;
use super::painter::{Painter, Prompt};
use super::signals::{self, Signal};
use super::wrap::wrap;
use crate::clock::monotonic;

/// Bytes that a queue holds before it is full: minutes of talk, or a pipe that pauses. One write
/// may pass it, so that a line is never cut.
pub const OUTPUT_MAX_BYTES: usize = 32 << 20;

/// Bytes handed to the system with one call.
const WRITE_BYTES: usize = 64 << 10;

/// How long output may take that is left when a signal ends us.
const AFTER_SIGNAL_WAIT: Duration = Duration::from_millis(500);

/// How often to look, at the end, whether a signal asks not to wait for the output.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// How long to wait where a stream says that it has room and then takes nothing.
#[cfg(unix)]
const NO_ROOM_PAUSE: Duration = Duration::from_millis(1);

/// What the thread of an output reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputEvent {
    /// A queue that was full has room again.
    Room,
    /// The stream takes no more; [`Output::failure`] says why.
    Failed,
}

/// The loop's end of an output; clones share one queue.
#[derive(Clone)]
pub struct Output {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    /// Something is there to be written.
    work: Condvar,
    /// Something was written, or somebody who waits for that is to look around.
    progress: Condvar,
    bytes_max: usize,
}

#[derive(Default)]
struct Queue {
    bytes: Vec<u8>,
    /// Bytes taken by the thread and not yet by the system.
    being_written: usize,
    /// Somebody found the queue full: the thread reports when it has room.
    wants_room: bool,
    failure: Option<io::Error>,
    has_failed: bool,
    /// The newest state of what stands below the text; only that is ever drawn.
    prompt: Option<Prompt>,
    /// The prompt is not shown, whatever it is: the process is about to stop.
    is_held: bool,
    is_screen_cleared: bool,
    /// Lines are for people: on a terminal they are broken between words.
    is_prose: bool,
    /// What is drawn is no longer what is wanted.
    is_stale: bool,
    /// The thread paints or writes what it has taken, which may be a prompt alone.
    is_painting: bool,
    /// Whether a prompt stands on the terminal.
    is_drawn: bool,
    is_closed: bool,
    /// The thread waits for work. Waking costs a call of the system, also where nobody sleeps.
    is_asleep: bool,
    /// How many wait for progress.
    waiting: usize,
}

impl Queue {
    fn bytes_held(&self) -> usize {
        self.bytes.len() + self.being_written
    }

    fn has_work(&self) -> bool {
        !self.bytes.is_empty() || self.is_stale
    }

    fn is_idle(&self) -> bool {
        self.has_failed || !self.has_work() && !self.is_painting
    }
}

impl Output {
    /// Starts the thread that writes to `stream` and reports by `tell` what becomes of it.
    ///
    /// # Errors
    /// The system's refusal of a thread.
    pub fn start(
        stream: File,
        bytes_max: usize,
        tell: impl Fn(OutputEvent) + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            work: Condvar::new(),
            progress: Condvar::new(),
            bytes_max,
        });
        let output = Self {
            shared: Arc::clone(&shared),
        };
        thread::Builder::new()
            .name("output".into())
            .spawn(move || write_out(&shared, stream, tell))?;
        Ok(output)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.shared.lock()
    }

    /// Appends whole lines; false if the queue is full, which then takes nothing. A stream that
    /// has failed takes everything and writes nothing.
    pub fn write(&self, bytes: &[u8]) -> bool {
        let mut queue = self.queue();
        if queue.has_failed {
            return true;
        }
        if queue.bytes_held() >= self.shared.bytes_max {
            queue.wants_room = true;
            return false;
        }
        queue.bytes.extend_from_slice(bytes);
        self.shared.wake_thread(queue);
        true
    }

    /// Appends what its caller has held back, also to a full queue.
    pub(super) fn append(&self, bytes: &[u8]) {
        let mut queue = self.queue();
        if !queue.has_failed {
            queue.bytes.extend_from_slice(bytes);
        }
        self.shared.wake_thread(queue);
    }

    /// Whether the queue takes more; if not, [`OutputEvent::Room`] reports when it does again.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let mut queue = self.queue();
        let has_room = queue.has_failed || queue.bytes_held() < self.shared.bytes_max;
        queue.wants_room |= !has_room;
        has_room
    }

    /// Whether all was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue().is_idle()
    }

    /// Why the stream takes no more, returned once.
    #[must_use]
    pub fn failure(&self) -> Option<io::Error> {
        self.queue().failure.take()
    }

    /// Shows the newest state of the line being typed, or takes it away.
    pub fn show(&self, prompt: Option<Prompt>) {
        let mut queue = self.queue();
        queue.prompt = prompt;
        queue.is_stale = true;
        self.shared.wake_thread(queue);
    }

    /// Breaks lines between words from now on, if this is a terminal.
    pub fn wrap_lines(&self) {
        self.queue().is_prose = true;
    }

    /// Draws again, as after a resize.
    #[cfg(unix)]
    pub(super) fn redraw(&self) {
        let mut queue = self.queue();
        queue.is_stale = true;
        self.shared.wake_thread(queue);
    }

    /// Clears the screen and draws again.
    pub(super) fn clear_screen(&self) {
        let mut queue = self.queue();
        queue.is_screen_cleared = true;
        queue.is_stale = true;
        self.shared.wake_thread(queue);
    }

    /// Takes the prompt away until [`Output::release`], and waits for that as long as is allowed.
    #[cfg(unix)]
    pub(super) fn hold(&self, at_most: Duration) {
        let mut queue = self.queue();
        queue.is_held = true;
        queue.is_stale = true;
        self.shared.work.notify_one();
        queue.waiting += 1;
        let goes_on = |queue: &mut Queue| queue.is_drawn && !queue.has_failed;
        let waited = self
            .shared
            .progress
            .wait_timeout_while(queue, at_most, goes_on);
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        queue.waiting -= 1;
    }

    /// Shows the prompt again.
    #[cfg(unix)]
    pub(super) fn release(&self) {
        let mut queue = self.queue();
        queue.is_held = false;
        queue.is_stale = true;
        self.shared.wake_thread(queue);
    }

    /// Waits until the queue has room, the stream has failed, or `is_interrupted`, which is looked
    /// at again after [`Output::wake`].
    pub fn wait_for_room(&self, is_interrupted: impl Fn() -> bool) {
        let bytes_max = self.shared.bytes_max;
        let goes_on = |queue: &mut Queue| {
            !queue.has_failed && queue.bytes_held() >= bytes_max && !is_interrupted()
        };
        let mut queue = self.queue();
        queue.waiting += 1;
        let waited = self.shared.progress.wait_while(queue, goes_on);
        let mut queue = waited.unwrap_or_else(PoisonError::into_inner);
        queue.waiting -= 1;
    }

    /// Lets whoever waits in [`Output::wait_for_room`] look around.
    pub fn wake(&self) {
        let queue = self.queue();
        self.shared.progress.notify_all();
        drop(queue);
    }

    /// Waits until all is written: at most 500 ms if a signal has asked us to leave, and without a
    /// limit but another signal otherwise.
    ///
    /// # Errors
    /// Why the stream takes no more, if that was not reported before.
    pub fn finish(&self, signal: Option<Signal>) -> io::Result<()> {
        let began = monotonic();
        let signals = signals::received();
        let mut queue = self.queue();
        queue.is_closed = true;
        queue.prompt = None;
        queue.is_stale |= queue.is_drawn;
        self.shared.work.notify_one();
        queue.waiting += 1;
        while !queue.is_idle() {
            let is_late = match signal {
                Some(_) => monotonic().saturating_duration_since(began) >= AFTER_SIGNAL_WAIT,
                None => signals::received() > signals,
            };
            if is_late {
                break;
            }
            let waited = self.shared.progress.wait_timeout(queue, LOOK_INTERVAL);
            (queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        queue.waiting -= 1;
        queue.failure.take().map_or(Ok(()), Err)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the thread look at a queue that was changed, if it sleeps.
    fn wake_thread(&self, queue: MutexGuard<'_, Queue>) {
        let is_asleep = queue.is_asleep;
        drop(queue);
        if is_asleep {
            self.work.notify_one();
        }
    }

    /// Tells those who wait that the thread has got on.
    fn tell_progress(&self, queue: MutexGuard<'_, Queue>) {
        let is_awaited = queue.waiting > 0;
        drop(queue);
        if is_awaited {
            self.progress.notify_all();
        }
    }
}

/// The thread: takes what is queued, paints it, writes it.
fn write_out(shared: &Shared, mut stream: File, tell: impl Fn(OutputEvent)) {
    let mut painter = Painter::default();
    let is_terminal = stream.is_terminal();
    let (mut text, mut out) = (Vec::new(), Vec::new());
    loop {
        out.clear();
        text.clear();
        let (prompt, is_wrapped) = {
            let mut queue = shared.lock();
            queue.is_asleep = true;
            let waits = |queue: &mut Queue| !queue.has_work() && !queue.is_closed;
            let waited = shared.work.wait_while(queue, waits);
            let mut queue = waited.unwrap_or_else(PoisonError::into_inner);
            queue.is_asleep = false;
            if !queue.has_work() {
                return;
            }
            std::mem::swap(&mut queue.bytes, &mut text);
            queue.being_written = text.len();
            queue.is_painting = true;
            queue.is_stale = false;
            if std::mem::take(&mut queue.is_screen_cleared) {
                painter.clear_screen(&mut out);
            }
            let is_shown = !queue.is_held;
            let prompt = queue.prompt.clone().filter(|_| is_shown);
            queue.is_drawn = prompt.is_some() || !painter.is_clear();
            (prompt, queue.is_prose && is_terminal)
        };
        if is_wrapped {
            wrap_for(&stream, &mut text);
        }
        let outcome = if prompt.is_none() && painter.is_clear() && out.is_empty() {
            write_all(shared, &mut stream, &text, 0, &tell)
        } else {
            let size = terminal_size(&stream).unwrap_or_default();
            painter.paint(&text, prompt.as_ref(), size, &mut out);
            let drawing = out.len() - text.len();
            write_all(shared, &mut stream, &out, drawing, &tell)
        };
        if let Err(error) = outcome {
            let mut queue = shared.lock();
            queue.failure = Some(error);
            queue.has_failed = true;
            queue.bytes = Vec::new();
            queue.being_written = 0;
            queue.is_painting = false;
            shared.tell_progress(queue);
            tell(OutputEvent::Failed);
            return;
        }
        let mut queue = shared.lock();
        queue.is_drawn = prompt.is_some();
        queue.is_painting = false;
        shared.tell_progress(queue);
    }
}

/// Breaks lines between words, as wide as a terminal is now.
pub(super) fn wrap_for(terminal: &File, text: &mut Vec<u8>) {
    let columns = terminal_size(terminal).unwrap_or_default().columns;
    if let Ok(lines) = std::str::from_utf8(text) {
        let mut wrapped = String::with_capacity(lines.len() + lines.len() / 8);
        wrap(lines, columns, &mut wrapped);
        *text = wrapped.into_bytes();
    }
}

/// Writes all, of which so many bytes are drawing and not text that was queued; tells when there
/// is room again.
fn write_all(
    shared: &Shared,
    stream: &mut File,
    mut bytes: &[u8],
    mut drawing: usize,
    tell: &impl Fn(OutputEvent),
) -> io::Result<()> {
    while !bytes.is_empty() {
        let piece = bytes.get(..WRITE_BYTES).unwrap_or(bytes);
        let count = match stream.write(piece) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                wait_for_stream(stream)?;
                continue;
            }
            Err(error) => return Err(error),
        };
        bytes = bytes.get(count..).unwrap_or_default();
        let of_drawing = drawing.min(count);
        drawing -= of_drawing;
        let mut queue = shared.lock();
        queue.being_written = queue.being_written.saturating_sub(count - of_drawing);
        let has_room = queue.bytes_held() <= shared.bytes_max / 2;
        let is_wanted = has_room && std::mem::take(&mut queue.wants_room);
        shared.tell_progress(queue);
        if is_wanted {
            tell(OutputEvent::Room);
        }
    }
    shared.lock().being_written = 0;
    Ok(())
}

/// Waits until a stream that somebody made non-blocking takes more.
#[cfg(unix)]
pub(super) fn wait_for_stream(stream: &File) -> io::Result<()> {
    use std::os::fd::AsFd;

    use nix::errno::Errno;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    let mut waiting = [PollFd::new(stream.as_fd(), PollFlags::POLLOUT)];
    match poll(&mut waiting, PollTimeout::NONE) {
        Ok(_) | Err(Errno::EINTR) => {
            thread::sleep(NO_ROOM_PAUSE);
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(unix))]
fn wait_for_stream(_stream: &File) -> io::Result<()> {
    thread::sleep(LOOK_INTERVAL);
    Ok(())
}
