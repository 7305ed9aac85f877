//! Frames as archives keep them, made by anybody: also by somebody who is not their author.

use roda::protocol::engine::frame_log::Position;
use roda::protocol::engine::stored::StoredFrame;
use roda::protocol::message::Name;
use roda::protocol::wire::frame::durable::{Durable, Record, Records};
use roda::protocol::wire::frame::{Author, Body, Frame, Key};
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Signer;

/// What a frame claims: who says it, under which name, in which place.
pub(crate) struct Claim {
    pub(crate) key: Key,
    pub(crate) name: Name,
    pub(crate) position: Position,
}

/// The frame in which a text is said, sealed for a room and signed by `signer`, whoever its author
/// is.
pub(crate) fn sealed(seal: &Seal, signer: &Signer, claim: Claim, text: &str) -> StoredFrame {
    let Claim {
        key,
        name,
        position,
    } = claim;
    let author = Author {
        key,
        short: position.short,
        session: position.session,
        sequence: position.sequence,
        clock: position.clock,
        flags: 0,
        grtt: 80,
        name,
    };
    let mut records = Vec::new();
    Record::Said(text).append(&mut records);
    let body = Body::Durable(Durable {
        records: Records::new(&records),
        ..Durable::default()
    });
    let mut bytes = Vec::new();
    let hash = seal.close(&Frame { author, body }, signer, &mut bytes);
    StoredFrame {
        position,
        author: key,
        hash,
        bytes: bytes.into(),
    }
}
