//! An insider in a conference: it calls what it likes, wants what it likes, and sends sound and
//! pictures in its own streams and in those of others, which it cannot sign.

use std::sync::Arc;

use super::{Insider, View};
use crate::protocol::message::Name;
use crate::protocol::wire::compact::{COMPACT_MAX_BYTES, Channel, Compact, StreamId, StreamSeal};
use crate::protocol::wire::frame::call::{
    CALLED_MAX, Call, Called, CalledGuest, Counted, WANTS_MAX, Want, Wants,
};
use crate::protocol::wire::frame::notice::Notice;
use crate::protocol::wire::media::{
    MOMENT_MAX_BYTES, MOMENTS_MAX, PICTURE_OVERHEAD_BYTES, Picture, Signature, Sound, SoundMoment,
    UnitId,
};
use crate::sim::insider::act::{UnitKind, What};

impl Insider {
    /// A notice of a conference.
    pub(super) fn conference(&self, what: What, view: &View<'_>) -> Option<Notice> {
        Some(match what {
            What::Call {
                flags,
                loses,
                number,
                kind,
                codec,
                newest_unit,
                newest,
                length,
            } => {
                let called = |at: u32| Called {
                    number: number.wrapping_add(at),
                    channel: channel(kind),
                    codec,
                    speaks: flags & 4 != 0,
                    newest_unit,
                    newest,
                    guest: Name::parse("guest")
                        .ok()
                        .filter(|_| flags & 8 != 0)
                        .map(|name| CalledGuest {
                            number: newest,
                            name,
                        }),
                };
                let most = u32::from(length).min(CALLED_MAX as u32);
                Notice::Call(Call {
                    has_hand_up: flags & 1 != 0,
                    asks: flags & 2 != 0,
                    loses: loses.min(100),
                    streams: (0..most).map(called).collect(),
                    counted: (flags & 16 != 0).then_some(Counted {
                        stream: StreamId(u64::from(newest_unit)),
                        frames: u16::from(loses),
                    }),
                })
            }
            What::Wants {
                stream,
                unit,
                symbols,
                above,
                length,
            } => {
                let stream = self.stream_seal(stream, view).id();
                let want = |at: u32| Want {
                    stream,
                    unit: unit.wrapping_add(at),
                    symbols: symbols.max(1),
                    above,
                };
                let most = u32::from(length).min(WANTS_MAX as u32);
                let wanted = (0..most).map(want).collect();
                Notice::Wants(Wants { wanted })
            }
            _ => return None,
        })
    }

    /// The frames of a picture or of a packet of sound.
    pub(super) fn unit(&self, by: u8, what: What, view: &View<'_>) -> Vec<Arc<[u8]>> {
        let What::Unit {
            stream,
            kind,
            number,
            unit,
            time,
            flags,
            codec,
            bytes,
        } = what
        else {
            return Vec::new();
        };
        let Some(signer) = self.signer(by) else {
            return Vec::new();
        };
        let seal = self.stream_seal(stream, view);
        let id = UnitId {
            stream: seal.id(),
            unit,
        };
        let sign = |root: &[u8; 32]| -> Signature { signer.sign_unit(root) };
        let closed = match kind {
            UnitKind::Sound => {
                let frame = vec![7; usize::from(bytes).min(MOMENT_MAX_BYTES)];
                let moment = |at: u32| SoundMoment {
                    time: time.wrapping_sub(960 * at),
                    frame: &frame,
                };
                // As many as a frame holds.
                let count = (COMPACT_MAX_BYTES / 2 / frame.len().max(1)).clamp(1, MOMENTS_MAX);
                let sound = Sound {
                    speaks: flags & 2 != 0,
                    codec,
                    moments: (0..count as u32).map(moment).collect(),
                };
                sound.close(id, flags & 1 != 0, sign)
            }
            UnitKind::Camera | UnitKind::Screen => {
                let room = 4 * COMPACT_MAX_BYTES - PICTURE_OVERHEAD_BYTES;
                let frame = vec![7; usize::from(bytes).min(room)];
                let picture = Picture {
                    is_key: flags & 1 != 0,
                    is_droppable: flags & 2 != 0,
                    codec,
                    time,
                    frame: &frame,
                };
                picture.close(id, sign)
            }
        };
        symbols(&seal, &closed, (number, unit), flags)
    }
}

fn channel(kind: UnitKind) -> Channel {
    match kind {
        UnitKind::Sound => Channel::Sound,
        UnitKind::Camera => Channel::Picture,
        UnitKind::Screen => Channel::Screen,
    }
}

/// Cuts a unit into frames of equal length.
fn symbols(
    seal: &StreamSeal,
    closed: &[u8],
    (number, unit): (u32, u32),
    flags: u8,
) -> Vec<Arc<[u8]>> {
    let originals = closed.len().div_ceil(COMPACT_MAX_BYTES);
    let mut length = closed.len().div_ceil(originals.max(1));
    let mut closed = closed.to_vec();
    if originals > 1 {
        length = length.next_multiple_of(2);
        closed.resize(length * originals, 0);
    }
    let pieces = (0..).zip(closed.chunks(length.max(1)));
    let frames = pieces.map(|(piece, bytes)| {
        let frame = Compact {
            number: number.saturating_add(u32::from(piece)),
            frame: unit,
            piece,
            originals: originals as u16, // at most four
            flags,
            bytes,
        };
        seal.close(&frame).into()
    });
    frames.collect()
}
