//! An insider that offers, announces, reports and sends what it likes: of its own contents, and of
//! those of others.

use std::sync::Arc;

use super::numbers::Numbers;
use super::{Insider, View};
use crate::chat::transfer::Offer;
use crate::protocol::wire::compact::{COMPACT_MAX_BYTES, Channel, Compact, StreamSeal};
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::frame::durable::Record;
use crate::protocol::wire::frame::notice::{
    About, Announcement, HASHES_MAX, Hashes, LACKS_MAX, Lack, Notice, Report,
};
use crate::protocol::wire::frame::offer::{OFFER_NAME_MAX_BYTES, OfferKind, OfferRecord};
use crate::protocol::wire::seal::signer::Signer;
use crate::sim::insider::act::{Content, Lacking, Says, Stream, Tells, What, Who};

/// Appends an offer.
pub(super) fn offer(says: Says, view: &View<'_>, records: &mut Vec<u8>) {
    let Says::Offer {
        content,
        kind,
        size_bytes,
        index_bytes,
        name_bytes,
    } = says
    else {
        return;
    };
    let name = "n".repeat(usize::from(name_bytes).min(OFFER_NAME_MAX_BYTES));
    let kind = match kind {
        0 => OfferKind::File,
        1 => OfferKind::Folder,
        2 => OfferKind::Picture,
        _ => OfferKind::Text,
    };
    let offered = record(content, view).unwrap_or(OfferRecord {
        kind,
        name: "",
        size_bytes,
        root: hash_of(content),
        index: hash_of(content),
        index_bytes,
        attributes: None,
        preview: None,
    });
    let name = name.as_str();
    Record::Offer(OfferRecord { name, ..offered }).append(records);
}

/// The record of what an honest member gives.
fn record<'v>(content: Content, view: &View<'v>) -> Option<OfferRecord<&'v str>> {
    view.given.filter(|_| content == Content::Given)
}

/// A hash that nothing has.
fn hash_of(content: Content) -> [u8; 32] {
    let number = match content {
        Content::Given => 0,
        Content::Offered(number) | Content::Nothing(number) => number,
    };
    [number; 32]
}

/// How notices name a content.
fn about(content: Content, view: &View<'_>) -> About {
    let given = || Some(Offer::of_record(&record(content, view)?)?.id.0);
    match content {
        Content::Given => given().unwrap_or([0; 16]),
        Content::Nothing(number) => [number; 16],
        Content::Offered(_) => {
            let root = hash_of(content);
            let one_block = Offer::of_record(&OfferRecord {
                kind: OfferKind::File,
                name: "",
                size_bytes: 1,
                root,
                index: root,
                index_bytes: 0,
                attributes: None,
                preview: None,
            });
            one_block.map_or([0; 16], |offer| offer.id.0)
        }
    }
}

impl Insider {
    pub(super) fn notice(&self, content: Content, tells: Tells, numbers: &Numbers<'_>) -> Notice {
        let about = about(content, numbers.view);
        match tells {
            Tells::Announces {
                number,
                channel,
                symbol_bytes,
                newest,
            } => Notice::Announcement(Announcement {
                number,
                channel: match channel {
                    1 => Channel::Files,
                    2 => Channel::Sound,
                    3 => Channel::Picture,
                    4 => Channel::Screen,
                    _ => Channel::Probe,
                },
                about,
                symbol_bytes: (symbol_bytes & !1).max(2),
                newest,
            }),
            Tells::Reports {
                stream,
                flags,
                doubts,
                highest,
                received,
                within_ms,
                done,
                lacks,
            } => Notice::Report(Report {
                about,
                stream: stream.map(|stream| self.stream_seal(stream, numbers.view).id()),
                has_all: flags & 1 != 0,
                has_stopped: flags & 2 != 0,
                is_urgent: flags & 4 != 0,
                doubts,
                highest,
                received,
                within_ms,
                done,
                lacks: runs(lacks),
            }),
            Tells::Hashes {
                symbol_bytes,
                unit,
                first,
                count,
            } => Notice::Hashes(Hashes {
                about,
                symbol_bytes,
                unit,
                first,
                // More would be no such notice.
                hashes: vec![
                    7;
                    usize::from(u16::MAX - first)
                        .min(count.into())
                        .min(HASHES_MAX)
                ],
            }),
        }
    }

    pub(super) fn stream_seal(&self, stream: Stream, view: &View<'_>) -> StreamSeal {
        let (key, session) = match stream.of {
            Who::Honest(number) => view
                .honest(number)
                .map_or((Key([0; 32]), 0), |honest| (honest.key, honest.session)),
            Who::Insider(number) => {
                let key = self.signer(number).map_or(Key([0; 32]), Signer::key);
                (key, self.session(0))
            }
            Who::Nobody(number) => (Key([number; 32]), 0),
        };
        let seals = self.seal.streams();
        seals.stream(&key, session, stream.number)
    }

    /// Compact frames, which anybody in the room can make.
    pub(super) fn symbols(&self, what: What, view: &View<'_>) -> Vec<Arc<[u8]>> {
        let What::Symbol {
            stream,
            number,
            unit,
            piece,
            originals,
            flags,
            bytes,
            copies,
        } = what
        else {
            return Vec::new();
        };
        let seal = self.stream_seal(stream, view);
        let symbol = vec![7; usize::from(bytes).min(COMPACT_MAX_BYTES)];
        let frames = (0..copies).map(|copy| {
            let frame = Compact {
                number: number.saturating_add(copy.into()),
                frame: unit,
                piece: piece.saturating_add(copy.into()),
                originals,
                flags,
                bytes: &symbol,
            };
            seal.close(&frame).into()
        });
        frames.collect()
    }
}

/// Runs of units that lack something, ascending and apart, as the field wants them.
fn runs(lacks: Lacking) -> Vec<Lack> {
    let units = lacks.units.max(1);
    let run = |at: u32| {
        let first = lacks.first.checked_add(units.checked_mul(at)?)?;
        let end = first.checked_add(units)?;
        (end < u32::MAX).then_some(Lack {
            first,
            units,
            symbols: lacks.symbols.max(1),
        })
    };
    let most = u32::from(lacks.length).min(LACKS_MAX as u32);
    (0..most).map_while(run).collect()
}
