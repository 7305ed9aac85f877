//! What members state regularly: beats, statuses, and the acknowledgements and digests in them.

use core::net::SocketAddr;

use super::super::Engine;
use super::super::member::BeatNews;
use super::super::receipts::AckBy;
use super::super::roster::Id;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::beat::{Beat, Digest};
use crate::protocol::wire::frame::status::Status;
use crate::protocol::wire::frame::{ACKS_MAX, Ack, Author, FLAG_ACK_REQUEST};

impl Engine {
    pub(super) fn hear_beat(
        &mut self,
        now: Moment,
        id: Id,
        source: SocketAddr,
        author: &Author,
        beat: &Beat,
    ) {
        let news = BeatNews {
            interval: beat.interval,
            mirror_port: beat.mirror_port,
            link: beat.link,
            knows_history: beat.digest.cut > 0,
        };
        if !self.group.roster.beat(id, author.sequence, news) {
            return; // an older one, which the network kept for a while
        }
        if !self.hear_in_person(now, id, source, author) {
            return;
        }
        // A member that has said nothing, and was never heard, needs no inbox.
        if beat.newest > 0 {
            let first = self.first_sequence(author, beat.newest.saturating_add(1));
            self.open_inbox(id, first);
            let (timing, rng) = (self.group.timing(id), &mut self.rng);
            self.receiving.update(id, |inbox| {
                inbox.believe(beat.newest);
                inbox.learn_newest(beat.newest, now.time, timing, rng);
            });
        }
        self.hear_acks(now, (id, AckBy::Now), &beat.acks);
        let is_full = beat.acks.len() >= ACKS_MAX;
        self.sending.receipts.note_beat(id, is_full, now.time);
        self.note_held(id, &beat.digest);
        let rng = &mut self.rng;
        self.group.hear_asked(&beat.asked, now.time, rng);
        if author.flags & FLAG_ACK_REQUEST != 0 {
            self.plan_report(now, id, author.flags);
        }
        if self.sync.is_worth_asking(id, now.time, &self.group.roster) {
            let members = self.group.roster.size();
            let (log, rng) = (&mut self.log, &mut self.rng);
            self.sync
                .compare(id, &beat.digest, now.time, members, log, rng);
        }
    }

    pub(super) fn hear_status(&mut self, now: Moment, id: Id, status: &Status) {
        if status.ack.of == self.me.tag() {
            let (log, round_trip) = (&mut self.log, &mut self.group.round_trip);
            let delivered = self
                .sending
                .hear_status(id, status, now.time, log, round_trip);
            self.tell_delivered(delivered);
            self.tell_kept(id);
        } else {
            self.group.beyond.acknowledge(id, &status.ack);
        }
    }

    pub(super) fn hear_acks(&mut self, now: Moment, of: (Id, AckBy), acks: &[Ack]) {
        for ack in acks {
            if ack.of == self.me.tag() {
                let log = &mut self.log;
                let delivered = self.sending.hear_ack(of, ack.through, now.time, log);
                self.tell_delivered(delivered);
                self.tell_kept(of.0);
            } else {
                self.group.beyond.acknowledge(of.0, ack);
                self.learn_hint(now, ack.of, ack.through);
            }
        }
    }

    /// Notes that a person who went without something, and has come back in another session, has
    /// it now. That session acknowledges only what is said since it began; but its digest is ours
    /// only if it holds the same frames.
    fn note_held(&mut self, id: Id, digest: &Digest) {
        let receipts = &mut self.sending.receipts;
        let Some(person) = self.group.roster.get(id).map(|member| member.key) else {
            return;
        };
        if let Some(owed) = receipts.owed_to(person)
            && self.log.holds_all(digest, owed)
        {
            let delivered = receipts.settle_for(person);
            self.tell_delivered(delivered);
        }
    }
}
