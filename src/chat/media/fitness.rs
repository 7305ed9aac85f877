//! Whether the network carries what is sent: receivers that lose more than half of it say so, and
//! a sender that most of them complain to tells its person.

use std::collections::BTreeMap;
use std::time::Duration;

use super::calls::Calls;
use crate::protocol::node::Node;
use crate::protocol::wire::compact::StreamId;

/// How long losses are counted before they are judged.
const JUDGED_EVERY: Duration = Duration::from_secs(2);

/// Fewest frames that are judged: as many as a voice has in that time, nearly.
const FRAMES_LEAST: u32 = 60;

/// How long a complaint and a question are remembered.
const REMEMBERED: Duration = Duration::from_secs(6);

/// How long it is not told again.
const TOLD_EVERY: Duration = Duration::from_secs(30);

/// Most persons whose complaints and questions are remembered.
const PERSONS_MAX: usize = 1024;

/// What a receiver has lost.
#[derive(Debug, Default)]
pub(super) struct Losses {
    /// The newest frame of each stream, by its author, and how many had arrived, when it was
    /// judged last.
    marks: BTreeMap<StreamId, (u32, u32)>,
    judged_at: Duration,
    /// Whether more than half was lost when it was judged last.
    are_heavy: bool,
}

impl Losses {
    /// Whether more than half of what was sent by multicast is lost.
    pub(super) fn are_heavy(&self) -> bool {
        self.are_heavy
    }

    /// How many of a hundred frames were lost lately, if it is more than half and time to say so.
    /// What comes by unicast does not count.
    pub(super) fn judge(
        &mut self,
        now: Duration,
        played: impl Iterator<Item = StreamId>,
        calls: &Calls,
        node: &Node,
    ) -> Option<u8> {
        if now < self.judged_at + JUDGED_EVERY {
            return None;
        }
        self.judged_at = now;
        let before = std::mem::take(&mut self.marks);
        let (mut sent, mut arrived) = (0_u32, 0_u32);
        for stream in played {
            let Some(remote) = calls.get(stream) else {
                continue;
            };
            let received = node.stream_counts(stream).received_by_group;
            let mark = (remote.called.newest, received);
            if let Some((newest, received)) = before.get(&stream) {
                sent = sent.saturating_add(mark.0.saturating_sub(*newest));
                arrived = arrived.saturating_add(mark.1.saturating_sub(*received));
            }
            self.marks.insert(stream, mark);
        }
        if sent < FRAMES_LEAST {
            // It is judged once there is more, as of a voice on radio.
            for (stream, mark) in &mut self.marks {
                *mark = before.get(stream).copied().unwrap_or(*mark);
            }
            return None;
        }
        self.are_heavy = u64::from(arrived) * 2 < u64::from(sent);
        self.are_heavy
            .then(|| 100 - (u64::from(arrived) * 100 / u64::from(sent)) as u8) // above 50
    }
}

/// What those who receive say of what this member sends.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    /// By person: when it was heard of last, and how much it loses, if it complained.
    persons: BTreeMap<u64, (Duration, Option<u8>)>,
    told_at: Option<Duration>,
}

impl Complaints {
    /// A person asks for something, so that it receives.
    pub(super) fn asks(&mut self, now: Duration, person: u64) {
        self.note(now, person, None);
    }

    /// A person loses much; how many of a hundred frames are lost, if that is to be told.
    /// `members` are all in the room.
    pub(super) fn complains(
        &mut self,
        now: Duration,
        (person, lost): (u64, u8),
        members: usize,
    ) -> Option<u8> {
        self.note(now, person, Some(lost));
        let lost: Vec<u8> = self
            .persons
            .values()
            .filter_map(|(_, lost)| *lost)
            .collect();
        // One of many can be wrong, or lie.
        let are_enough = lost.len() > 1 || members <= 2;
        let are_most = lost.len() * 2 > self.persons.len();
        let is_due = self.told_at.is_none_or(|at| now >= at + TOLD_EVERY);
        if !(are_enough && are_most && is_due) {
            return None;
        }
        self.told_at = Some(now);
        lost.into_iter().min()
    }

    fn note(&mut self, now: Duration, person: u64, lost: Option<u8>) {
        self.persons.retain(|_, (at, _)| now < *at + REMEMBERED);
        if self.persons.len() < PERSONS_MAX || self.persons.contains_key(&person) {
            let known = self.persons.entry(person).or_insert((now, lost));
            *known = (now, lost.or(known.1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_when_most_complain_and_not_again_soon() {
        let (mut complaints, s) = (Complaints::default(), Duration::from_secs);
        assert_eq!(complaints.complains(s(1), (1, 60), 2), Some(60), "of two");
        let mut complaints = Complaints::default();
        assert_eq!(complaints.complains(s(1), (1, 90), 30), None, "one of many");
        (2..6).for_each(|person| complaints.asks(s(1), person));
        assert_eq!(complaints.complains(s(2), (2, 60), 30), None, "two of five");
        assert_eq!(complaints.complains(s(2), (3, 70), 30), Some(60));
        assert_eq!(
            complaints.complains(s(3), (4, 70), 30),
            None,
            "told just now"
        );
        assert_eq!(
            complaints.complains(s(40), (4, 70), 30),
            None,
            "the others are silent"
        );
    }
}
