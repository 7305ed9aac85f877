//! Catching up: four short messages between two members, all by unicast.
//!
//! ```text
//! what 1 |
//! 1 ask         cookie 8 | from 8 | cut 8                   what do you hold in this range?
//! 2 cookie      cookie 8                                    ask again with this cookie
//! 3 inventory   from 8 | cut 8 | part 1 | parts 1 | ranges  this is what I hold
//! 4 want        cookie 8 | ranges                           send me these
//! range: short id 8 | session 8 | first 4 | count 4           to the end of the body
//! ```
//!
//! A member that asks without the right cookie only gets the cookie, which is no longer than the
//! question. A forged source address therefore never receives more than the forger sent.

use super::bytes::{Reader, Writer};
use crate::protocol::wire::ids::MemberTag;

/// Most ranges in one frame.
pub const RUNS_MAX: usize = 36;

/// Names a durable frame, also of a member not met yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FrameName {
    /// The person's short id.
    pub short: u64,
    /// The session.
    pub session: u64,
    /// The sequence.
    pub sequence: u32,
}

impl FrameName {
    /// The member whose frame it is.
    #[must_use]
    pub fn tag(&self) -> MemberTag {
        MemberTag::of(self.short, self.session)
    }
}

/// Consecutive durable frames of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SequenceRange {
    /// The person's short id.
    pub short: u64,
    /// The session.
    pub session: u64,
    /// The first sequence.
    pub first: u32,
    /// How many frames.
    pub count: u32,
}

impl SequenceRange {
    /// Length of a range, in bytes.
    pub const BYTES: usize = 8 + 8 + 4 + 4;

    /// Groups ascending frames into at most `max` ranges.
    pub fn of(frames: impl Iterator<Item = FrameName>, max: usize) -> Vec<Self> {
        let mut runs: Vec<Self> = Vec::new();
        for frame in frames {
            let is_full = runs.len() == max;
            match runs.last_mut() {
                Some(run) if run.next() == frame => run.count += 1,
                _ if is_full => break,
                _ => runs.push(Self {
                    short: frame.short,
                    session: frame.session,
                    first: frame.sequence,
                    count: 1,
                }),
            }
        }
        runs
    }

    /// The frame behind the last one.
    fn next(&self) -> FrameName {
        FrameName {
            short: self.short,
            session: self.session,
            sequence: self.first + self.count,
        }
    }

    /// The member whose frames they are.
    #[must_use]
    pub fn tag(&self) -> MemberTag {
        MemberTag::of(self.short, self.session)
    }

    /// Names each of the frames.
    pub fn frames(&self) -> impl Iterator<Item = FrameName> + use<> {
        let &Self { short, session, .. } = self;
        let sequences = self.first..self.first.saturating_add(self.count);
        sequences.map(move |sequence| FrameName {
            short,
            session,
            sequence,
        })
    }
}

/// The body of a sync frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Asks for an inventory of the frames with a clock in `from..cut`.
    Ask {
        /// The answering member's cookie, or 0.
        cookie: u64,
        /// First clock value in the range.
        from: u64,
        /// First clock value after the range.
        cut: u64,
    },
    /// Requests that the asking member ask again with this cookie.
    Cookie(u64),
    /// Lists what the author holds, in parts.
    Inventory {
        /// First clock value in the range.
        from: u64,
        /// First clock value after the range.
        cut: u64,
        /// The number of this part, from 0.
        part: u8,
        /// How many parts the inventory has.
        parts: u8,
        /// The frames that the author holds.
        runs: Vec<SequenceRange>,
    },
    /// Asks for these frames.
    Want {
        /// The answering member's cookie.
        cookie: u64,
        /// The frames that the author wants.
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
