//! A listener whose connections are served by tasks of tokio, and by nobody else: the page's.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

use super::tcp::{Listener, keep_alive, plain_address};

/// Pause after a failed accept, such as one for too many open files.
const FAILURE_PAUSE: Duration = Duration::from_millis(100);

/// Silence after which the other side's system is asked whether it is still there. Within twice
/// that, a telephone that has left the network is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// See the file's head.
#[derive(Debug)]
pub struct Acceptor {
    listener: TcpListener,
}

/// An accepted connection, of which nothing was read.
#[derive(Debug)]
pub struct Accepted {
    pub(super) stream: TcpStream,
}

impl Accepted {
    /// Its bytes as they come.
    #[must_use]
    pub fn plain(self) -> impl AsyncRead + AsyncWrite + Unpin + 'static {
        self.stream
    }
}

/// The two ends of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    /// The other side.
    pub from: SocketAddr,
    /// This side.
    pub to: SocketAddr,
}

impl Acceptor {
    /// Accepts the connections of a listener, inside a runtime of tokio that has its drivers.
    ///
    /// # Errors
    /// The system's.
    pub fn open(listener: Listener) -> io::Result<Self> {
        let listener = TcpListener::from_std(listener.into_nonblocking()?)?;
        Ok(Self { listener })
    }

    /// The next connection, whose small writes leave at once, and its two ends. Waits as long as it
    /// takes: a failed accept is tried again after a pause.
    pub async fn accept(&self) -> (Accepted, Ends) {
        loop {
            if let Ok((stream, from)) = self.listener.accept().await
                && stream.set_nodelay(true).is_ok()
                && keep_alive(SockRef::from(&stream), KEEP_ALIVE).is_ok()
                && let Ok(to) = stream.local_addr()
            {
                let ends = Ends {
                    from: plain_address(from),
                    to: plain_address(to),
                };
                return (Accepted { stream }, ends);
            }
            tokio::time::sleep(FAILURE_PAUSE).await;
        }
    }
}
