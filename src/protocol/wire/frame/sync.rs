//! Catching up: four short dialogues of two members, all by unicast.
//!
//! ```text
//! what 1 |
//!   1 ask         cookie 8 | from 8 | cut 8                   what do you hold in this range?
//!   2 cookie      cookie 8                                    say that again, with this
//!   3 inventory   from 8 | cut 8 | part 1 | parts 1 | runs    this
//!   4 want        cookie 8 | runs                             send me these
//! run: short id 8 | session 8 | first 4 | count 4             to the end of the body
//! ```
//!
//! Whoever asks without the cookie gets nothing but the cookie, which is no longer than the
//! question: an address that was made up never gets more than it was made to ask for.

use super::bytes::{Reader, Writer};
use crate::protocol::wire::ids::MemberTag;

/// Most runs in one frame.
pub const RUNS_MAX: usize = 36;

/// A durable frame, also of a member not met yet: short id, session, sequence.
pub type FrameName = (u64, u64, u32);

/// Consecutive durable frames of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SequenceRange {
    /// The person's short id.
    pub short: u64,
    /// The session.
    pub session: u64,
    /// The first sequence.
    pub first: u32,
    /// How many.
    pub count: u32,
}

impl SequenceRange {
    /// Ascending frames as at most `max` runs.
    pub fn of(frames: impl Iterator<Item = FrameName>, max: usize) -> Vec<Self> {
        let mut runs: Vec<Self> = Vec::new();
        for (short, session, sequence) in frames {
            let next = |run: &Self| (run.short, run.session, run.first + run.count);
            let is_full = runs.len() == max;
            match runs.last_mut() {
                Some(run) if next(run) == (short, session, sequence) => run.count += 1,
                _ if is_full => break,
                _ => runs.push(Self {
                    short,
                    session,
                    first: sequence,
                    count: 1,
                }),
            }
        }
        runs
    }

    /// Whose they are.
    #[must_use]
    pub fn tag(&self) -> MemberTag {
        MemberTag::of(self.short, self.session)
    }

    /// Each of them.
    pub fn frames(&self) -> impl Iterator<Item = FrameName> + use<> {
        let &Self { short, session, .. } = self;
        let sequences = self.first..self.first.saturating_add(self.count);
        sequences.map(move |sequence| (short, session, sequence))
    }
}

/// The body of a sync frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sync {
    /// What do you hold with a clock in `from..cut`?
    Ask {
        /// The answerer's cookie, or 0.
        cookie: u64,
        /// First clock.
        from: u64,
        /// First clock that does not count.
        cut: u64,
    },
    /// Ask again with this.
    Cookie(u64),
    /// What the author holds, in parts.
    Inventory {
        /// First clock.
        from: u64,
        /// First clock that does not count.
        cut: u64,
        /// Which part, from 0.
        part: u8,
        /// How many parts there are.
        parts: u8,
        /// What is held.
        runs: Vec<SequenceRange>,
    },
    /// Send me these.
    Want {
        /// The answerer's cookie.
        cookie: u64,
        /// What is wanted.
        runs: Vec<SequenceRange>,
    },
}

const ASK: u8 = 1;
const COOKIE: u8 = 2;
const INVENTORY: u8 = 3;
const WANT: u8 = 4;

impl Sync {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(match reader.u8()? {
            ASK => Self::Ask {
                cookie: reader.u64()?,
                from: reader.u64()?,
                cut: reader.u64()?,
            },
            COOKIE => Self::Cookie(reader.u64()?),
            INVENTORY => {
                let (from, cut) = (reader.u64()?, reader.u64()?);
                let (part, parts) = (reader.u8()?, reader.u8()?);
                let runs = read_runs(reader)?;
                Self::Inventory {
                    from,
                    cut,
                    part,
                    parts,
                    runs,
                }
            }
            WANT => Self::Want {
                cookie: reader.u64()?,
                runs: read_runs(reader)?,
            },
            _ => return None,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Ask { cookie, from, cut } => {
                writer.u8(ASK);
                writer.u64(*cookie);
                writer.u64(*from);
                writer.u64(*cut);
            }
            Self::Cookie(cookie) => {
                writer.u8(COOKIE);
                writer.u64(*cookie);
            }
            Self::Inventory {
                from,
                cut,
                part,
                parts,
                runs,
            } => {
                writer.u8(INVENTORY);
                writer.u64(*from);
                writer.u64(*cut);
                writer.u8(*part);
                writer.u8(*parts);
                write_runs(runs, writer);
            }
            Self::Want { cookie, runs } => {
                writer.u8(WANT);
                writer.u64(*cookie);
                write_runs(runs, writer);
            }
        }
    }
}

fn read_runs(reader: &mut Reader<'_>) -> Option<Vec<SequenceRange>> {
    let mut runs = Vec::new();
    while !reader.is_empty() {
        let run = SequenceRange {
            short: reader.u64()?,
            session: reader.u64()?,
            first: reader.u32()?,
            count: reader.u32()?,
        };
        let is_sound = run.first > 0 && run.count > 0;
        run.first.checked_add(run.count).filter(|_| is_sound)?;
        runs.push(run);
    }
    (runs.len() <= RUNS_MAX).then_some(runs)
}

fn write_runs(runs: &[SequenceRange], writer: &mut Writer<'_>) {
    debug_assert!(runs.len() <= RUNS_MAX, "more go into the next part");
    for run in runs {
        writer.u64(run.short);
        writer.u64(run.session);
        writer.u32(run.first);
        writer.u32(run.count);
    }
}
