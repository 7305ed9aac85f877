//! Ends a thread's wait for datagrams from another thread.

use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(not(target_os = "linux"))]
use std::time::Duration;

use socket2::Socket;

/// How often a wait ends by itself and looks at the flag, where a shutdown wakes no UDP socket.
#[cfg(not(target_os = "linux"))]
pub(super) const FLAG_INTERVAL: Duration = Duration::from_millis(250);

/// Ends the wait of the thread that receives, and every later one: when [`Interrupter::interrupt`]
/// is called, or when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Interrupter {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    sockets: Vec<Arc<Socket>>,
    flag: Flag,
}

/// The waiting thread's side: whether it is interrupted.
#[derive(Clone, Debug, Default)]
pub(super) struct Flag(Arc<AtomicBool>);

impl Flag {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// An interrupter that sets this flag and wakes the thread that waits for these sockets. They
    /// receive nothing more after an interrupt, and still send.
    pub(super) fn interrupter(&self, sockets: Vec<Arc<Socket>>) -> Interrupter {
        let flag = self.clone();
        let shared = Arc::new(Shared { sockets, flag });
        Interrupter { shared }
    }
}

impl Interrupter {
    /// Ends the wait.
    pub fn interrupt(&self) {
        self.shared.interrupt();
    }
}

impl Shared {
    fn interrupt(&self) {
        self.flag.0.store(true, Ordering::Release);
        for socket in &self.sockets {
            // Linux returns that the socket is not connected, and wakes its readers and pollers all
            // the same; elsewhere the wait ends by its timeout.
            let _ = socket.shutdown(Shutdown::Read);
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.interrupt();
    }
}
