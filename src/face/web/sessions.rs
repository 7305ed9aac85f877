//! Guests' sessions, by the secrets that their pages show. Only hashes of the secrets are held, so
//! that how long a look-up takes says nothing about them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use tokio::sync::OwnedSemaphorePermit;

use super::rules::Scheme;
use super::token::Token;
use crate::chat::guests::{GUESTS_MAX, GuestSession};

/// Most sessions that are known: of guests who are here, and of some who were.
const SESSIONS_MAX: usize = 2 * GUESTS_MAX;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Sessions(RefCell<Table>);

#[derive(Debug, Default)]
struct Table {
    newest: u64,
    /// The sessions, and how each was opened.
    by_secret: BTreeMap<[u8; 32], (GuestSession, Scheme)>,
    by_age: BTreeMap<GuestSession, [u8; 32]>,
    /// The place among the streams of each session that has one.
    streams: BTreeMap<GuestSession, Weak<OwnedSemaphorePermit>>,
    /// The sessions whose file is coming.
    uploads: BTreeMap<GuestSession, Weak<()>>,
}

impl Sessions {
    /// A new session. Where there are too many, the oldest is forgotten.
    pub(super) fn open(&self, secret: &Token, by: Scheme) -> GuestSession {
        let mut table = self.0.borrow_mut();
        table.newest += 1;
        let session = GuestSession(table.newest);
        let hash = hash(secret.digits());
        table.by_secret.insert(hash, (session, by));
        table.by_age.insert(session, hash);
        if table.by_age.len() > SESSIONS_MAX
            && let Some((_, oldest)) = table.by_age.pop_first()
        {
            table.by_secret.remove(&oldest);
        }
        session
    }

    /// The session of a secret, shown as it was given: whoever listens to plain http learns no
    /// session of https, and what was learned there is worth nothing here.
    pub(super) fn of(&self, secret: &str, by: Scheme) -> Option<GuestSession> {
        let (session, opened_by) = *self.0.borrow().by_secret.get(&hash(secret))?;
        (opened_by == by).then_some(session)
    }

    /// Forgets a session.
    pub(super) fn close(&self, session: GuestSession) {
        let mut table = self.0.borrow_mut();
        if let Some(hash) = table.by_age.remove(&session) {
            table.by_secret.remove(&hash);
        }
    }

    /// Leave for a session's file to come, for as long as it is held; `None` while another comes.
    pub(super) fn upload(&self, session: GuestSession) -> Option<Arc<()>> {
        let uploads = &mut self.0.borrow_mut().uploads;
        uploads.retain(|_, leave| leave.strong_count() > 0);
        let leave = Arc::new(());
        let known = uploads.insert(session, Arc::downgrade(&leave));
        match known {
            None => Some(leave),
            Some(known) => {
                uploads.insert(session, known);
                None
            }
        }
    }

    /// The place of a session's stream among all streams: its own as long as one of its streams
    /// lasts, and else one that `take` finds. However many streams a session opens, and however
    /// slowly they end, they take one place.
    pub(super) fn place(
        &self,
        session: GuestSession,
        take: impl FnOnce() -> Option<OwnedSemaphorePermit>,
    ) -> Option<Arc<OwnedSemaphorePermit>> {
        let mut table = self.0.borrow_mut();
        let known = table.streams.get(&session).and_then(Weak::upgrade);
        if let Some(known) = known {
            return Some(known);
        }
        let place = Arc::new(take()?);
        table.streams.retain(|_, place| place.strong_count() > 0);
        table.streams.insert(session, Arc::downgrade(&place));
        Some(place)
    }
}

fn hash(secret: &str) -> [u8; 32] {
    *blake3::hash(secret.as_bytes()).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::web::token::TOKEN_BYTES;

    #[test]
    fn the_streams_of_a_session_take_one_place_among_all() {
        let sessions = Sessions::default();
        let all = Arc::new(tokio::sync::Semaphore::new(2));
        let place = |session| {
            let take = || Arc::clone(&all).try_acquire_owned().ok();
            sessions.place(GuestSession(session), take)
        };
        let of_one: Vec<_> = (0..100).filter_map(|_| place(1)).collect();
        assert_eq!((of_one.len(), all.available_permits()), (100, 1));
        let other = place(2);
        assert!(other.is_some() && place(3).is_none());
        drop(of_one);
        assert!(place(3).is_some());
        assert!(sessions.0.borrow().streams.len() <= 2);
    }

    #[test]
    fn one_file_of_a_session_comes_at_a_time() {
        let sessions = Sessions::default();
        let (first, other) = (GuestSession(1), GuestSession(2));
        let leave = sessions.upload(first);
        assert!(leave.is_some() && sessions.upload(first).is_none());
        assert!(sessions.upload(first).is_none() && sessions.upload(other).is_some());
        drop(leave);
        assert!(sessions.upload(first).is_some());
    }

    #[test]
    fn a_session_is_known_by_its_secret_until_it_ends() {
        let sessions = Sessions::default();
        let secret = |number: u64| {
            let mut bytes = [0; TOKEN_BYTES];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            Token::of(&bytes)
        };
        let by = Scheme::Http;
        let first = sessions.open(&secret(0), by);
        assert_eq!(sessions.of(secret(0).digits(), by), Some(first));
        assert_eq!(sessions.of(secret(0).digits(), Scheme::Https), None);
        assert_eq!(sessions.of("x", by), None);
        sessions.close(first);
        assert_eq!(sessions.of(secret(0).digits(), by), None);
        for number in 0..10_000 {
            sessions.open(&secret(number), by);
        }
        assert_eq!(sessions.0.borrow().by_age.len(), SESSIONS_MAX);
        assert_eq!(sessions.0.borrow().by_secret.len(), SESSIONS_MAX);
        assert!(sessions.of(secret(9_999).digits(), by).is_some());
    }
}
