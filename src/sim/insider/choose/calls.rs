//! What an insider does in a conference.

use super::files::{NUMBERS, SYMBOLS, number, stream};
use super::{Choices, Scope, extreme_8, one_of};
use crate::sim::insider::act::{UnitKind, What};

fn kind(choices: &mut impl Choices) -> UnitKind {
    match choices.below(3) {
        0 => UnitKind::Sound,
        1 => UnitKind::Camera,
        _ => UnitKind::Screen,
    }
}

/// A codec: mostly one of those that there are.
fn codec(choices: &mut impl Choices) -> u8 {
    one_of(choices, [1, 1, 2, 3, 4, 0, 255])
}

pub(super) fn notice(choices: &mut impl Choices, scope: &Scope) -> What {
    match choices.below(2) {
        0 => What::Call {
            flags: choices.below(8) as u8,
            loses: one_of(choices, [0, 0, 51, 100]),
            number: number(choices),
            kind: kind(choices),
            codec: codec(choices),
            newest_unit: one_of(choices, NUMBERS),
            newest: one_of(choices, NUMBERS),
            length: one_of(choices, [0, 1, 2, 4]),
        },
        _ => What::Wants {
            stream: stream(choices, scope),
            unit: number(choices),
            symbols: one_of(choices, SYMBOLS),
            above: one_of(choices, SYMBOLS),
            length: one_of(choices, [0, 1, 4, 24]),
        },
    }
}

pub(super) fn unit(choices: &mut impl Choices, scope: &Scope) -> What {
    What::Unit {
        stream: stream(choices, scope),
        kind: kind(choices),
        number: number(choices),
        unit: number(choices),
        time: one_of(choices, NUMBERS),
        flags: one_of(choices, [0, 1, 1, 2, 3, 255]),
        codec: codec(choices),
        bytes: one_of(choices, SYMBOLS).min(extreme_length(choices)),
    }
}

/// A length, in bytes: the longest takes much of the rate that an insider has.
fn extreme_length(choices: &mut impl Choices) -> u16 {
    64 << (extreme_8(choices) & 7)
}
