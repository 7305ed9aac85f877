//! Whether there is a connection, and what of the client's events is news. While there is none, the
//! client tries again every few seconds, and says each time why it failed.

use std::collections::BTreeSet;

use async_nats::{ClientError, ConnectErrorKind, Event};

use super::NatsNews;

/// Faults that are remembered while there is no connection.
const FAULTS_MAX: usize = 16;

/// How the connection stands.
#[derive(Debug, Default)]
pub(super) struct Connection {
    is_up: bool,
    /// What was wrong with an attempt, since there was a connection last.
    faults: BTreeSet<String>,
}

impl Connection {
    /// What to tell of an event, if it is news.
    pub(super) fn note(&mut self, event: &Event) -> Option<NatsNews> {
        match event {
            Event::Connected => {
                *self = Self {
                    is_up: true,
                    ..Self::default()
                };
                None
            }
            Event::Disconnected | Event::Closed => {
                self.is_up = false;
                Some(NatsNews::Down(event.to_string()))
            }
            Event::ServerError(error) => self.fault(error.to_string()),
            Event::ClientError(ClientError::Other(why)) => {
                // It is known that there is no connection.
                let kinds = [ConnectErrorKind::Io, ConnectErrorKind::TimedOut];
                let says_more = kinds.iter().all(|kind| kind.to_string() != *why);
                (self.is_up || says_more)
                    .then(|| self.fault(why.clone()))
                    .flatten()
            }
            Event::ClientError(error) => self.fault(error.to_string()),
            _ => None,
        }
    }

    /// Without a connection, each fault is told once: it comes again with each attempt.
    fn fault(&mut self, why: String) -> Option<NatsNews> {
        let has_room = self.faults.len() < FAULTS_MAX;
        let is_new = self.is_up || has_room && self.faults.insert(why.clone());
        is_new.then_some(NatsNews::Fault(why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt_failed(kind: ConnectErrorKind) -> Event {
        Event::ClientError(ClientError::Other(kind.to_string()))
    }

    fn told(connection: &mut Connection, event: &Event) -> Option<String> {
        connection.note(event).map(|news| match news {
            NatsNews::Down(why) => format!("down: {why}"),
            NatsNews::Fault(why) => why,
            other => format!("{other:?}"),
        })
    }

    #[test]
    fn an_outage_is_told_once_and_each_other_fault_of_its_attempts_once() {
        let mut connection = Connection::default();
        let refused = attempt_failed(ConnectErrorKind::AuthorizationViolation);
        for _ in 0..2 {
            assert_eq!(told(&mut connection, &Event::Connected), None);
            let down = told(&mut connection, &Event::Disconnected);
            assert_eq!(down.as_deref(), Some("down: disconnected"));
            for _ in 0..100 {
                let silent = attempt_failed(ConnectErrorKind::Io);
                assert_eq!(told(&mut connection, &silent), None);
            }
            let fault = told(&mut connection, &refused);
            assert_eq!(fault.as_deref(), Some("authorization violation"));
            assert_eq!(told(&mut connection, &refused), None);
        }
    }

    #[test]
    fn what_a_server_refuses_while_there_is_a_connection_is_told_each_time() {
        let mut connection = Connection::default();
        connection.note(&Event::Connected);
        let error = async_nats::ServerError::Other("Permissions Violation".to_owned());
        for _ in 0..3 {
            let fault = told(&mut connection, &Event::ServerError(error.clone()));
            assert!(fault.is_some_and(|fault| fault.contains("Permissions Violation")));
        }
    }

    #[test]
    fn what_is_remembered_of_a_server_with_ever_new_faults_is_bounded() {
        let mut connection = Connection::default();
        let fault = |number| Event::ClientError(ClientError::Other(format!("fault {number}")));
        let told = (0..1000).filter(|number| connection.note(&fault(*number)).is_some());
        assert_eq!(told.count(), FAULTS_MAX);
        assert_eq!(connection.faults.len(), FAULTS_MAX);
    }
}
