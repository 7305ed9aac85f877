//! What a member starts with.

use crate::protocol::message::Name;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::frame::durable::Role;
use crate::protocol::wire::private::Secrets;
use crate::protocol::wire::seal::Seal;
use crate::protocol::wire::seal::signer::Signer;

/// What a member starts with.
#[derive(Debug)]
pub struct Setup {
    /// The person.
    pub signer: Signer,
    /// This session: the second of its start in the high half; in the low one, ten bits of its
    /// millisecond, so that sessions are ordered by their start, and 22 random bits.
    pub session: u64,
    /// The session of this person that ended without a farewell, if it is known.
    pub replaces: Option<u64>,
    /// What this session is.
    pub role: Role,
    /// Whether an archive keeps what this session hears, and reports what it kept of earlier ones.
    pub is_archived: bool,
    /// Most bytes of frames that it remembers, usually
    /// [`HISTORY_BYTES`](super::config::HISTORY_BYTES).
    pub depth_bytes: usize,
    /// The name to go by.
    pub name: Name,
    /// The room's seal.
    pub seal: Seal,
    /// The port that plain copies leave from, in the lobby.
    pub mirror_port: Option<u16>,
    /// What carries our multicast.
    pub link: Link,
    /// Seed of all random numbers that need not be secret.
    pub seed: u64,
    /// Source of the random numbers that must be secret.
    pub secrets: Secrets,
}
