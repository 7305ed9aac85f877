//! What an insider does, drawn from chance or from given bytes. Extreme values are as frequent as
//! ordinary ones, and an attack has habits: most of its acts resemble a few, because much of what
//! does harm does so only when it is repeated.

mod calls;
mod files;

use super::act::{Act, Called, Clock, Cookie, Count, From, List, Role, Runs, Says, To, What, Who};
use crate::protocol::rng::Rng;

/// Most identities and most addresses of one insider.
pub const IDENTITIES_MAX: u8 = 20;

/// Where choices come from.
pub trait Choices {
    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64;
}

impl Choices for Rng {
    fn below(&mut self, end: u64) -> u64 {
        Self::below(self, end)
    }
}

/// Choices by the bytes of a fuzzer; 0 when they are used up.
#[derive(Clone, Copy, Debug)]
pub struct ByteChoices<'b>(&'b [u8]);

impl<'b> ByteChoices<'b> {
    /// Choices by these bytes.
    #[must_use]
    pub fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all bytes are used up.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }
}

impl Choices for ByteChoices<'_> {
    fn below(&mut self, end: u64) -> u64 {
        let wanted = match end {
            0..=0x100 => 1,
            0x101..=0x1_0000 => 2,
            _ => 8,
        };
        let (taken, rest) = self.0.split_at(wanted.min(self.0.len()));
        self.0 = rest;
        let number = taken
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte));
        number.checked_rem(end).unwrap_or(0)
    }
}

/// What an attack is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// How many honest members there are.
    pub honest: u8,
    /// How many identities the insider has.
    pub identities: u8,
    /// How long it goes on, in milliseconds.
    pub span_ms: u32,
    /// How far ahead of the right time its clocks are at most, in seconds.
    pub ahead_max_s: i64,
}

/// An attack of so many acts, in the order of their times, by as many identities as `scope` says
/// or fewer.
#[must_use]
pub fn attack(seed: u64, acts: usize, scope: Scope) -> Vec<Act> {
    let mut rng = Rng::new(seed ^ 0x1125_1de2);
    let scope = Scope {
        identities: 1 + rng.below(scope.identities.into()) as u8,
        ..scope
    };
    let habits: Vec<Act> = (0..=rng.below(4)).map(|_| act(&mut rng, &scope)).collect();
    let mut attack: Vec<Act> = (0..acts)
        .map(|_| {
            let habit = habits.get(rng.below(habits.len() as u64) as usize).copied();
            match habit.filter(|_| rng.below(5) > 0) {
                Some(habit) => like(habit, &mut rng, &scope),
                None => act(&mut rng, &scope),
            }
        })
        .collect();
    attack.sort_by_key(|act| act.at_ms);
    attack
}

/// Any act.
pub fn act(choices: &mut impl Choices, scope: &Scope) -> Act {
    let what = what(choices, scope);
    Act {
        at_ms: choices.below(scope.span_ms.into()) as u32,
        by: choices.below(scope.identities.into()) as u8,
        from: from(choices, scope),
        to: to(choices, scope),
        session: one_of(choices, [0, 0, 0, 0, 0, 1, 2, 255]),
        sequence: sequence(choices, scope),
        clock: clock(choices, scope),
        flags: one_of(choices, [0, 0, 0, 1, 2, 3, 8, 255]),
        grtt: one_of(choices, [0, 80, 80, 255]),
        name: called(choices, scope),
        what,
    }
}

/// An act much like another one, at another time.
fn like(habit: Act, choices: &mut impl Choices, scope: &Scope) -> Act {
    let fresh = act(choices, scope);
    let mut act = Act {
        at_ms: fresh.at_ms,
        ..habit
    };
    match choices.below(12) {
        0 => act.by = fresh.by,
        1 => act.from = fresh.from,
        2 => act.to = fresh.to,
        3 => act.clock = fresh.clock,
        4 => act.sequence = fresh.sequence,
        5 => act.session = fresh.session,
        6 => act.name = fresh.name,
        7 => (act.by, act.from) = (fresh.by, fresh.from),
        _ => {}
    }
    act
}

/// One of some values.
fn one_of<T: Copy + Default, const COUNT: usize>(
    choices: &mut impl Choices,
    values: [T; COUNT],
) -> T {
    let at = choices.below(COUNT as u64) as usize;
    values.get(at).copied().unwrap_or_default()
}

fn what(choices: &mut impl Choices, scope: &Scope) -> What {
    match choices.below(22) {
        0..=3 => What::Durable {
            says: says(choices, scope),
            fragment: fragment(choices),
            causes: list(choices, scope),
            acks: list(choices, scope),
        },
        4..=6 => What::Beat {
            newest: count(choices, scope),
            interval: one_of(choices, [0, 1, 50, 100, 600, u16::MAX]),
            link: choices.below(3) as u8,
            from: clock(choices, scope),
            cut: clock(choices, scope),
            xor: choices.below(u64::MAX),
            acks: list(choices, scope),
            asked: list(choices, scope),
        },
        7 | 8 => What::Nack {
            of: who(choices, scope),
            first: count(choices, scope),
            span: one_of(choices, [1, 1, 8, 64, 512, 512]),
            targets: one_of(choices, [1, 1, 2, 10, 56]),
        },
        9 | 10 => What::Status {
            of: who(choices, scope),
            through: count(choices, scope),
            heard: count(choices, scope),
            echo: count(choices, scope),
            held_us: one_of(choices, [0, 1, 1000, u32::MAX]),
        },
        11..=13 => dialogue(choices, scope),
        14 => What::Replay {
            which: choices.below(0x1_0000) as u16,
            copies: 1 + choices.below(3) as u8,
        },
        15 | 16 => files::notice(choices, scope),
        17 => files::symbols(choices, scope),
        18 => What::Site {
            people: one_of(choices, [0, 1, 7, u16::MAX]),
            acks: list(choices, scope),
        },
        19 => calls::notice(choices, scope),
        20 => calls::unit(choices, scope),
        _ => rubbish(choices),
    }
}

fn dialogue(choices: &mut impl Choices, scope: &Scope) -> What {
    match choices.below(4) {
        0 => What::Ask {
            cookie: cookie(choices),
            from: clock(choices, scope),
            cut: clock(choices, scope),
        },
        1 => What::Give(extreme_64(choices)),
        2 => What::Inventory {
            from: clock(choices, scope),
            cut: clock(choices, scope),
            part: extreme_8(choices),
            parts: extreme_8(choices),
            runs: runs(choices, scope),
        },
        _ => What::Want {
            cookie: cookie(choices),
            runs: runs(choices, scope),
        },
    }
}

fn rubbish(choices: &mut impl Choices) -> What {
    let bytes = one_of(choices, [0, 1, 16, 120, 400, 1400]);
    match choices.below(2) {
        0 => What::Rubbish {
            kind: choices.below(8) as u8,
            bytes,
            fill: extreme_8(choices),
        },
        _ => What::Noise {
            bytes: bytes.min(60),
            copies: 1 + choices.below(20) as u8,
        },
    }
}

fn says(choices: &mut impl Choices, scope: &Scope) -> Says {
    match choices.below(15) {
        0..=3 => Says::Texts {
            count: one_of(choices, [1, 1, 1, 2, 60, 255]),
            bytes: one_of(choices, [0, 1, 20, 800, 1000]),
        },
        4 => Says::Forgery(choices.below(20) as u16),
        5 => Says::Action(one_of(choices, [0, 10, 800])),
        6 | 7 => Says::Hello {
            replaces: one_of(choices, [None, None, Some(0), Some(1)]),
            key: extreme_8(choices),
            role: one_of(
                choices,
                [Role::Person, Role::Person, Role::Keeper, Role::Bridge],
            ),
        },
        8 => Says::Private(who(choices, scope), one_of(choices, [0, 48, 60, 900])),
        9 => Says::Leaving,
        10 => Says::Guest {
            number: one_of(choices, [0, 1, 2, u32::MAX]),
            name: called(choices, scope),
            bytes: one_of(choices, [0, 1, 20, 768, 1000]),
        },
        11 => files::offer(choices),
        12 => Says::Decides {
            of: who(choices, scope),
            decision: choices.below(7) as u8,
            count: one_of(choices, [1, 1, 2, 20]),
        },
        _ => Says::Amends {
            of: who(choices, scope),
            clock: clock(choices, scope),
            first: count(choices, scope),
            count: one_of(choices, [1, 1, 2, 20, 255]),
            bytes: one_of(choices, [None, Some(0), Some(20), Some(900)]),
        },
    }
}

fn fragment(choices: &mut impl Choices) -> Option<(u16, u16)> {
    if choices.below(4) > 0 {
        return None;
    }
    let count = one_of(choices, [2, 3, 64, 1024]);
    let number = one_of(choices, [0, 1, count - 1]);
    Some((number, count))
}

fn from(choices: &mut impl Choices, scope: &Scope) -> From {
    match choices.below(4) {
        0 => From::Forged(honest(choices, scope)),
        _ => From::Address(choices.below(scope.identities.into()) as u8),
    }
}

fn to(choices: &mut impl Choices, scope: &Scope) -> To {
    match choices.below(6) {
        0 => To::One(honest(choices, scope)),
        1 => To::Some(choices.below(256) as u8),
        _ => To::All,
    }
}

fn who(choices: &mut impl Choices, scope: &Scope) -> Who {
    match choices.below(8) {
        0 => Who::Nobody(choices.below(256) as u8),
        1 => Who::Insider(choices.below(scope.identities.into()) as u8),
        _ => Who::Honest(honest(choices, scope)),
    }
}

fn honest(choices: &mut impl Choices, scope: &Scope) -> u8 {
    choices.below(scope.honest.into()) as u8
}

fn called(choices: &mut impl Choices, scope: &Scope) -> Called {
    match choices.below(12) {
        0 => Called::Like(honest(choices, scope)),
        1 => Called::Resembling(honest(choices, scope)),
        2 => Called::Long(choices.below(256) as u8),
        _ => Called::Itself,
    }
}

/// A frame's own sequence: mostly one that is heard.
fn sequence(choices: &mut impl Choices, scope: &Scope) -> Count {
    match choices.below(10) {
        0 => count(choices, scope),
        1 => Count::Skip(choices.below(20) as u32),
        2 => Count::Back(choices.below(4) as u32),
        _ => Count::Next,
    }
}

fn count(choices: &mut impl Choices, scope: &Scope) -> Count {
    let numbers = [
        0,
        1,
        2,
        16,
        255,
        4096,
        1 << 16,
        1 << 31,
        u32::MAX - 1,
        u32::MAX,
    ];
    match choices.below(6) {
        0 | 1 => Count::Is(one_of(choices, numbers)),
        2 => Count::Next,
        3 => Count::Skip(one_of(choices, numbers)),
        _ => {
            let more = [0, 0, 1, -1, -4, 16, 17, 4096, i32::MAX, i32::MIN];
            Count::Of(honest(choices, scope), one_of(choices, more))
        }
    }
}

fn clock(choices: &mut impl Choices, scope: &Scope) -> Clock {
    const YEAR_S: i64 = 365 * 86_400;
    let offsets_s = [
        0, 0, 0, 0, 1, -1, 30, -30, -59, -61, 299, 301, 3600, -3600, YEAR_S, -YEAR_S,
    ];
    let bits = [0, 1, u64::MAX - 1, u64::MAX];
    match choices.below(8) {
        0 if scope.ahead_max_s < YEAR_S => Clock::Bits(choices.below(2)),
        0 => Clock::Bits(one_of(choices, bits)),
        _ => {
            let offset_s = one_of(choices, offsets_s);
            Clock::Off(scope.ahead_max_s.min(offset_s))
        }
    }
}

fn list(choices: &mut impl Choices, scope: &Scope) -> List {
    List {
        of: who(choices, scope),
        number: count(choices, scope),
        length: one_of(choices, [0, 0, 1, 4, 16]),
    }
}

fn runs(choices: &mut impl Choices, scope: &Scope) -> Runs {
    Runs {
        of: who(choices, scope),
        first: count(choices, scope),
        count: one_of(choices, [1, 2, 64, 4096, u32::MAX - 1]),
        length: one_of(choices, [0, 1, 4, 36]),
    }
}

fn cookie(choices: &mut impl Choices) -> Cookie {
    match choices.below(3) {
        0 => Cookie::Wrong(extreme_64(choices)),
        _ => Cookie::Right,
    }
}

fn extreme_8(choices: &mut impl Choices) -> u8 {
    one_of(choices, [0, 1, 7, 255])
}

fn extreme_64(choices: &mut impl Choices) -> u64 {
    one_of(choices, [0, 1, 1 << 32, u64::MAX])
}
