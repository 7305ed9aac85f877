//! A member that keeps the format and not the rules: frames by the library's own encoders, with its
//! own signature or under somebody else's name.

use std::time::{SystemTime, UNIX_EPOCH};

use roda::protocol::message::Name;
use roda::protocol::wire::frame::durable::{Durable, Hello, Record, Records};
use roda::protocol::wire::frame::{Author, Body, Frame, Kind, MemberTag};
use roda::protocol::wire::private::SessionKey;
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Signer;

/// One identity.
pub struct Identity {
    signer: Signer,
    name: Name,
    session: u64,
    /// The newest sequences: of durable frames, and of all others.
    sequences: [u32; 2],
    /// How far its clock is ahead, in milliseconds.
    pub ahead_ms: u64,
    /// The port that its frames leave from.
    pub port: u16,
}

/// The time since 1970, in milliseconds.
pub fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

impl Identity {
    /// A fresh one, whose key nobody has seen: the number is another one for each, and the process
    /// another one in each run.
    pub fn new(number: u32, name: Name) -> Self {
        let mut seed = [0xe7; 32];
        let parts = [number, std::process::id(), wall_ms() as u32];
        for (place, part) in seed.chunks_mut(4).zip(parts) {
            place.copy_from_slice(&part.to_be_bytes());
        }
        Self {
            signer: Signer::from_seed(&seed),
            name,
            session: (wall_ms() / 1000) << 32 | u64::from(number),
            sequences: [0; 2],
            ahead_ms: 0,
            port: 5000 + (number % 60_000) as u16,
        }
    }

    /// A frame of its own.
    pub fn frame(&mut self, seal: &Seal, body: Body<'_>) -> Vec<u8> {
        let key = self.signer.key();
        let space = usize::from(body.kind() != Kind::Durable);
        let mut sequence = 0;
        if let Some(last) = self.sequences.get_mut(space) {
            *last += 1;
            sequence = *last;
        }
        let author = Author {
            key,
            short: key.short(),
            session: self.session,
            sequence,
            clock: (wall_ms() + self.ahead_ms) << 16,
            flags: 0,
            grtt: 0,
            name: self.name.clone(),
        };
        self.sign(seal, author, body)
    }

    /// A frame with any author, under this identity's signature.
    pub fn sign(&self, seal: &Seal, author: Author, body: Body<'_>) -> Vec<u8> {
        let mut datagram = Vec::new();
        seal.close(&Frame { author, body }, &self.signer, &mut datagram);
        datagram
    }

    /// The first frame of a member that comes.
    pub fn hello(&mut self, seal: &Seal) -> Vec<u8> {
        let hello = Hello {
            session_key: SessionKey([7; 32]),
            ..Hello::default()
        };
        self.says(seal, Record::Hello(hello))
    }

    /// A frame full of so many bytes that nobody can read: a private message to nobody.
    pub fn nothing(&mut self, seal: &Seal, bytes: usize) -> Vec<u8> {
        let (to, sealed) = (MemberTag::of(7, 7), &vec![0; bytes]);
        self.says(seal, Record::Private { to, sealed })
    }

    fn says(&mut self, seal: &Seal, record: Record<'_>) -> Vec<u8> {
        let mut records = Vec::new();
        record.append(&mut records);
        let body = Durable {
            records: Records::new(&records),
            ..Durable::default()
        };
        self.frame(seal, Body::Durable(body))
    }
}
