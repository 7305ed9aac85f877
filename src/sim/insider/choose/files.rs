//! What an insider does about files.

use super::{Choices, Scope, extreme_8, one_of, who};
use crate::sim::insider::act::{Content, Lacking, Says, Stream, Tells, What};

/// Numbers that a stream, a frame or a unit may have.
pub(super) const NUMBERS: [u32; 10] = [
    0,
    1,
    2,
    3,
    64,
    4096,
    1 << 17,
    1 << 31,
    u32::MAX - 1,
    u32::MAX,
];

/// The same of symbols in a unit, and of their lengths.
pub(super) const SYMBOLS: [u16; 8] = [0, 1, 2, 15, 64, 1344, u16::MAX - 64, u16::MAX];

fn content(choices: &mut impl Choices) -> Content {
    match choices.below(8) {
        0 => Content::Nothing(extreme_8(choices)),
        1 | 2 => Content::Offered(choices.below(4) as u8),
        _ => Content::Given,
    }
}

/// A stream: mostly one of the first of a session.
pub(super) fn stream(choices: &mut impl Choices, scope: &Scope) -> Stream {
    Stream {
        of: who(choices, scope),
        number: number(choices),
    }
}

pub(super) fn number(choices: &mut impl Choices) -> u32 {
    match choices.below(3) {
        0 => one_of(choices, NUMBERS),
        _ => choices.below(4) as u32,
    }
}

pub(super) fn offer(choices: &mut impl Choices) -> Says {
    let sizes = [0, 1, 1000, 344_064, 344_065, 1 << 30, 64 << 30, u64::MAX];
    Says::Offer {
        content: content(choices),
        kind: choices.below(4) as u8,
        size_bytes: one_of(choices, sizes),
        index_bytes: one_of(choices, [0, 0, 32, 64, 12 << 20, u32::MAX]),
        name_bytes: extreme_8(choices),
    }
}

pub(super) fn notice(choices: &mut impl Choices, scope: &Scope) -> What {
    let about = content(choices);
    let tells = match choices.below(4) {
        0 => Tells::Announces {
            number: number(choices),
            channel: one_of(choices, [1, 1, 2, 3, 4]),
            symbol_bytes: one_of(choices, SYMBOLS),
            newest: one_of(choices, NUMBERS),
        },
        1 => Tells::Hashes {
            symbol_bytes: one_of(choices, SYMBOLS),
            unit: number(choices),
            first: one_of(choices, SYMBOLS),
            count: extreme_8(choices),
        },
        _ => Tells::Reports {
            stream: match choices.below(3) {
                0 => Some(stream(choices, scope)),
                _ => None,
            },
            flags: one_of(choices, [0, 0, 0, 1, 2, 4, 4, 7]),
            doubts: match choices.below(3) {
                0 => Some(number(choices)),
                _ => None,
            },
            highest: one_of(choices, NUMBERS),
            received: one_of(choices, NUMBERS),
            within_ms: one_of(choices, SYMBOLS),
            done: one_of(choices, NUMBERS),
            lacks: Lacking {
                first: number(choices),
                units: one_of(choices, NUMBERS),
                symbols: one_of(choices, SYMBOLS),
                length: one_of(choices, [0, 1, 1, 80]),
            },
        },
    };
    What::Notice { about, tells }
}

pub(super) fn symbols(choices: &mut impl Choices, scope: &Scope) -> What {
    What::Symbol {
        stream: stream(choices, scope),
        number: number(choices),
        unit: number(choices),
        piece: one_of(choices, SYMBOLS),
        originals: one_of(choices, SYMBOLS),
        flags: extreme_8(choices),
        bytes: one_of(choices, SYMBOLS),
        copies: 1 + choices.below(8) as u8,
    }
}
