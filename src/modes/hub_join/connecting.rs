//! A new connection to the hub, and what a moderator proves with there.

use super::{ARRIVAL_WAIT, Driver, Event};
use crate::error::Error;
use crate::net::duplex::Duplex;
use crate::net::tcp::Connection;
use crate::protocol::hub::{ModeratorSecret, Salt};

impl Driver<'_> {
    /// Begins to talk by a new connection.
    pub(super) fn begin(&mut self, connection: Connection) -> Result<(), Error> {
        connection
            .keep_alive(self.settings.keep_alive)
            .map_err(Error::Connection)?;
        self.connections += 1;
        let number = self.connections;
        let (heard, written) = (self.tell.clone(), self.tell.clone());
        let line = Duplex::start(
            connection,
            move |what| heard.send(Event::Heard(number, what)).is_ok(),
            move |what| written.send(Event::Written(number, what)).is_ok(),
        );
        self.line = Some(line.map_err(Error::Connection)?);
        self.in_until = self.now() + ARRIVAL_WAIT;
        Ok(())
    }

    /// Derives the key for a hub in a thread of its own, because it takes a while.
    pub(super) fn derive_key(&self, secret: ModeratorSecret, salt: Salt) {
        let tell = self.tell.clone();
        // Without a thread, the hub waits for the proof in vain, and says so.
        let _ = std::thread::Builder::new()
            .name("key".into())
            .spawn(move || {
                // The program may have ended meanwhile.
                drop(tell.send(Event::Key(secret.key(salt))));
            });
    }
}
