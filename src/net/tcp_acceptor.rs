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

impl Acceptor {
    /// Accepts the connections of a listener, inside a runtime of tokio that has its drivers.
    ///
    /// # Errors
    /// The system's.
    pub fn open(listener: Listener) -> io::Result<Self> {
        let listener = TcpListener::from_std(listener.into_nonblocking()?)?;
        Ok(Self { listener })
    }

    /// The next connection, whose small writes leave at once, and the address that it comes from.
    /// Waits as long as it takes: a failed accept is tried again after a pause.
    pub async fn accept(&self) -> (impl AsyncRead + AsyncWrite + Unpin + 'static, SocketAddr) {
        loop {
            if let Ok((stream, from)) = self.listener.accept().await
                && stream.set_nodelay(true).is_ok()
            {
                return (stream, plain_address(from));
            }
            tokio::time::sleep(FAILURE_PAUSE).await;
        }
    }
}
