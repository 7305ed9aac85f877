//! A listener whose connections are served by tasks of tokio, and by nobody else: the page's.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

use super::tcp::{Listener, plain_address};

/// Pause after a failed accept, such as one for too many open files.
const FAILURE_PAUSE: Duration = Duration::from_millis(100);

/// See the file's head.
#[derive(Debug)]
pub struct Acceptor {
    listener: TcpListener,
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

    /// The next connection, whose small writes leave at once, the address that it comes from, and
    /// the own one that it came to. Waits as long as it takes: a failed accept is tried again after a pause.
    pub async fn accept(&self) -> (impl AsyncRead + AsyncWrite + Unpin + 'static, Ends) {
        loop {
            if let Ok((stream, from)) = self.listener.accept().await
                && stream.set_nodelay(true).is_ok()
                && let Ok(to) = stream.local_addr()
            {
                let ends = Ends {
                    from: plain_address(from),
                    to: plain_address(to),
                };
                return (stream, ends);
            }
            tokio::time::sleep(FAILURE_PAUSE).await;
        }
    }
}
