//! Every constant of the reliable group, with its unit and its source. *Simulated* means the
//! scenarios of `sim`; a better measurement may change any of them.

use std::time::Duration;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Round trip of the group before any measurement.
pub const GRTT_UNMEASURED: Duration = ms(25);
/// Bounds of a measured round trip: below the lower one, timers would fire between two datagrams of
/// one burst; above the upper one, a chat would feel dead.
pub const GRTT_MIN: Duration = ms(2);
/// See [`GRTT_MIN`].
pub const GRTT_MAX: Duration = ms(250);
/// Round trip of a link between sites, which is not measured: a satellite's. What carries a link
/// loses little, so that to ask too soon costs more than to ask late.
pub const GRTT_OF_LINK: Duration = ms(600);

/// Longest back-off before a NACK, in round trips (RFC 5401, section 3.2.2).
pub const BACK_OFF_GRTT: u32 = 4;
/// Silence about a frame after a NACK for it was sent or heard, in round trips (NORM).
pub const HOLD_OFF_GRTT: u32 = 6;
/// The same in a group up to [`SMALL_GROUP`], where it never doubles.
pub const BACK_OFF_GRTT_SMALL: u32 = 1;
/// How often the back-off doubles at most, once with each try.
pub const BACK_OFF_DOUBLINGS: u32 = 2;
/// The same in a group up to [`SMALL_GROUP`]: of 20,000 frames at 20 % loss, one is lost nine
/// times, and its sender should not wait long. With 2, 100,000 messages took 0.2 s of 1.0
/// longer.
pub const HOLD_OFF_GRTT_SMALL: u32 = 1;
/// Shortest time between two NACKs of one member in a group up to [`SMALL_GROUP`].
pub const NACK_INTERVAL_SMALL: Duration = ms(5);
/// The same in a larger group.
pub const NACK_INTERVAL_LARGE: Duration = ms(50);
/// Bytes of NACKs for each byte of durable frames that comes: on radio, 200 short frames a second
/// of which 20 % are lost take most of it.
pub const NACK_OF_RECEIVED: f64 = 0.1;
/// Bytes of NACKs for each byte of durable frames that were missing and come: a request for a short
/// frame is as long as the frame. Whoever sends without end and leaves gaps is asked no more.
pub const NACK_OF_REPAIRED: f64 = 1.0;
/// So many bytes of these per second count in full, which is one line of two that are said each
/// second…
pub const NACK_REPAIRED_BYTES_PER_S: f64 = 250.0;
/// …and so many at once. Of more, each counts as [`NACK_OF_RECEIVED`]: one request then asks for
/// many frames.
pub const NACK_REPAIRED_BURST_BYTES: f64 = 8.0 * 1024.0;
/// Bytes of NACKs per second beside that…
pub const NACK_BYTES_PER_S: f64 = 150.0;
/// …and at once: together 2.6 kbit/s over any minute, of the 20 that anybody may cause, and 5.7 if
/// somebody sends all that was missing.
pub const NACK_BURST_BYTES: f64 = 10.0 * 1024.0;
/// After this many requests of which nothing came, a member's frames are asked for a few at a time,
/// and after those of whom something comes.
pub const VAIN_FEW: u32 = 8;
/// So few frames are asked for then, and of a member of which no frame ever came: one byte of a
/// NACK.
pub const PROBE_FRAMES: usize = 8;
/// Upper bound of a small group, in which every member may send without regard to all others.
pub const SMALL_GROUP: usize = 8;

/// The source answers a NACK within a round trip divided by this.
pub const SOURCE_REPAIR_GRTT_DIVISOR: u32 = 5;
/// Other members that hold the frame answer later by this, times their rank.
pub const HOLDER_REPAIR_STEP: Duration = ms(60);
/// Holders of a higher rank never answer: four are enough at any size (simulated).
pub const HOLDER_RANK_MAX: usize = 4;
/// After sending or hearing a repair, a holder ignores NACKs for it this long, in round trips.
pub const MUTE_GRTT: u32 = 1;
/// From the third time on that a frame is asked for, that time doubles with each…
pub const MUTE_SINGLE_ASKS: u8 = 2;
/// …at most so often. Of 20,000 frames at 20 % loss, one is asked for so often.
pub const MUTE_DOUBLINGS: u8 = 5;
/// Bytes of repairs for each byte that a member says, with unasked repeats: three receivers that
/// lose 40 % of a bulk transfer need 2.4, and four times in all is what anybody may make of it.
pub const REPAIR_CREDIT: f64 = 2.5;
/// That credit lasts at least this long, and at most twice as long.
pub const REPAIR_CREDIT_AGE: Duration = Duration::from_secs(30);
/// Only own frames younger than this are repaired on credit: after it, receivers ask no more.
pub const REPAIR_YOUNG: Duration = GAP_GIVEN_UP_AFTER;
/// Bytes per second of all other repairs…
pub const REPAIR_BYTES_PER_S: f64 = 400.0;
/// …and how many at once: together 6 kbit/s over any minute, of the 20 that anybody may cause.
pub const REPAIR_BURST_BYTES: f64 = 20.0 * 1024.0;
/// Of repairs on credit, so much is left to frames that were asked for seldom, at most this part of
/// what was earned…
pub const REPAIR_CREDIT_LEFT: f64 = 0.4;
/// …and so many bytes: a few lines. Whoever asks for one frame all the time takes no repair from
/// another one.
pub const REPAIR_CREDIT_LEFT_MAX_BYTES: f64 = 8.0 * 1024.0;
/// Upper bound of the copies of one repair, in a group up to [`SMALL_GROUP`].
pub const REPAIR_COPIES_MAX: u8 = 3;
/// Upper bound of the repairs that wait to be sent; more would come too late to help.
pub const REPAIRS_MAX: usize = 4096;

/// After one's own last durable frame, it is sent again after the first two of these times, and
/// a beat follows after the last. Two repeats and not one: with 300 members and 5 % loss, one
/// repeat leaves every second line to a NACK, for which a gap must first be noticed.
pub const TAIL: [Duration; 3] = [ms(60), ms(240), ms(700)];

/// Round trips between the last frame of a burst and its first repeat.
pub const TAIL_OF_BURST_GRTT: u32 = 3;
/// In a group where every member acknowledges, a frame that a member has not acknowledged is
/// repeated after each of these times more: at 40 % loss, 3 of 100 members lose the frame, its tail
/// and the beat.
pub const INSIST: [Duration; 4] = [ms(500), ms(1000), ms(2000), ms(4000)];
/// Time between such a repeat and the beat behind it.
pub const TAIL_BEAT_AFTER: Duration = ms(200);
/// A farewell is repeated after each of these times; then its author is gone.
pub const FAREWELL_TAIL: [Duration; 3] = [ms(30), ms(100), ms(250)];

/// Above this many NACKs per frame (moving average), every frame is repeated once, unasked.
pub const REPEAT_ONCE_ABOVE: f64 = 0.5;
/// Above this many, twice.
pub const REPEAT_TWICE_ABOVE: f64 = 2.0;
/// Time between a frame and an unasked repeat of it, in round trips.
pub const REPEAT_GRTT: u32 = 2;

/// Bytes per second of all that others cause a member to send, but NACKs and repairs of what it
/// said lately: four reports a second…
pub const REACTION_BYTES_PER_S: f64 = 1000.0;
/// …and how many at once: 150 reports, and a quarter for what is more urgent. Together these are 15
/// kbit/s over any minute, of the 20 that anybody may cause.
pub const REACTION_BURST_BYTES: f64 = 48.0 * 1024.0;
/// The same for each byte of durable frames that comes: 2 kbit/s at 1 Mbit/s…
pub const REACTION_OF_RECEIVED: f64 = 0.002;
/// …and where more comes in a second than this, for each further byte…
pub const RECEIVED_FAST_BYTES_PER_S: usize = 200_000;
/// …so much: 128 reports and 200 requests a second at 100 Mbit/s.
pub const REACTION_OF_FAST: f64 = 0.02;
/// A member acknowledges by a beat what it may not report, so often: 16 members at a time.
pub const ACKNOWLEDGE_EVERY: Duration = Duration::from_secs(1);

/// Frames that a receiver keeps ahead of the next one in order.
pub const WINDOW_FRAMES: u32 = 4096;
/// A sender gets at most this many frames ahead of the slowest reporter: they cover 60 ms at 55,000
/// frames a second, which a frame lost twice takes to arrive, and are 4.7 MiB. Members that
/// send in bulk at the same time share them, so that receivers have room for all.
pub const WINDOW_SENT_FRAMES: u32 = 3500;
/// Frames that a sender sends before the first report.
pub const WINDOW_FIRST_FRAMES: u32 = 256;
/// A receiver whose reports stall this long stops limiting the send window. So does one for which
/// the window waits this long, and which moves on by less than [`LAGGING_PER_S`] meanwhile.
pub const STUCK_AFTER: Duration = Duration::from_secs(3);
/// The same after many have left the window: 20 % loss at full speed moves on thousands of times a
/// second, so that this is still plenty.
pub const STUCK_AFTER_MIN: Duration = ms(500);
/// Frames per second that a receiver must move on by while the window waits for it.
pub const LAGGING_PER_S: f64 = 200.0;
/// A receiver that left the window for that stays outside this long, and twice as long each time…
pub const LAGGARD_OUT: Duration = Duration::from_secs(10);
/// …up to this.
pub const LAGGARD_OUT_MAX: Duration = Duration::from_secs(320);
/// In bulk, a receiver reports after this many frames…
pub const REPORT_FRAMES: u32 = 256;
/// …or after this time.
pub const REPORT_INTERVAL: Duration = ms(5);
/// Frames for each of which a report may leave, beside a few a second: 15 reports at 1000 frames a
/// second.
pub const REPORT_FRAMES_MIN: u32 = 64;
/// Members that report in bulk.
pub const REPORTERS: usize = 8;

/// Frames per second on a cable, at first.
pub const PACE_START_PER_S: f64 = 4000.0;
/// The pace grows this often while it is used up: with 100 ms, 100,000 messages took 0.25 s longer,
/// and with 25 ms 0.06 s of 0.55…
pub const PACE_GROWS_EVERY: Duration = ms(10);
/// …by this factor.
pub const PACE_GROWS_BY: f64 = 2.0;
/// How much arrives is measured over at least this many datagrams…
pub const ARRIVALS_FRAMES: u32 = 128;
/// …and over at least this time.
pub const ARRIVALS_INTERVAL: Duration = ms(10);
/// Where less than half arrives, the pace is what arrives times this, so that random loss leaves
/// some room. At 100 Mbit/s, 30,000 messages lost 55,000 datagrams without this.
pub const PACE_OVER_ARRIVALS: f64 = 1.5;
/// After that, the pace does not grow for this time…
pub const PACE_HOLD: Duration = ms(100);
/// …and by this factor from then on.
pub const PACE_FEELS_BY: f64 = 1.25;
/// After a pause of this length, the pace grows as at first again.
pub const PACE_PAUSE: Duration = Duration::from_secs(1);
/// Upper bound of the pace: no machine sends more.
pub const PACE_MAX_PER_S: f64 = 1_000_000.0;
/// Frames per second where a member is on radio: a multicast frame takes 2 ms of air at
/// 6 Mbit/s (RFC 9119).
pub const PACE_RADIO_PER_S: f64 = 200.0;
/// A member that was heard within this time counts among those that share the air.
pub const SPEAKING: Duration = Duration::from_secs(1);
/// Upper bound of that count.
pub const SPEAKERS_MAX: usize = 64;
/// Frames that may leave at once.
pub const PACE_BURST: f64 = 64.0;

/// A backlog waits at most this long for a larger batch, because each batch has one signature.
pub const BATCH_WAIT: Duration = ms(1);

/// Interval between two beats, per member of the group (RTCP's idea): the sum of all members' beats
/// stays constant.
pub const BEAT_PER_MEMBER: Duration = ms(100);
/// Bounds of the interval between two beats.
pub const BEAT_MIN: Duration = Duration::from_secs(5);
/// See [`BEAT_MIN`].
pub const BEAT_MAX: Duration = Duration::from_secs(60);
/// Silence, in the member's own intervals, after which another member asks for it.
pub const ASK_AFTER_BEATS: u32 = 3;
/// Silence, in the same unit, after which a member is gone, if it was asked for at least twice.
pub const GONE_AFTER_BEATS: u32 = 5;
/// Shortest time between two times of asking for a member.
pub const ASK_INTERVAL: Duration = Duration::from_secs(1);
/// A member that is asked for answers twice, this far apart: at 40 % loss, one answer is not
/// enough.
pub const ANSWER_REPEAT: Duration = ms(300);
/// A member answers so often…
pub const ANSWERS: usize = 3;
/// …in this time, whoever asks: its answers are heard by all.
pub const ANSWERS_IN: Duration = Duration::from_secs(6);
/// A session whose clock is further behind than this is believed only when it proves that it is
/// there now. Laptops without a time server are minutes wrong; they are seen a second later.
pub const PROOF_AGE: Duration = Duration::from_secs(60);
/// A frame that is never repaired is dead when its clock is this far behind what its author's clock
/// must show by now: longer than a busy network or a busy receiver holds it up, and shorter than it
/// takes until anybody counts as gone.
pub const STALE_AFTER: Duration = Duration::from_secs(5);
/// When the system's clock is set back, the clocks of frames that are never repaired go on from
/// where they were, at most this far ahead of it: less than [`CLOCK_AHEAD_MAX`], by what two
/// members' clocks may differ.
pub const STAMP_LEAD_MAX: Duration = Duration::from_secs(240);
/// Two clocks drift apart by at most one second in this many: quartz by 100 ppm each, and one that
/// is slewed by a time server by 500 ppm more.
pub const CLOCK_DRIFT_DIVISOR: u32 = 1000;
/// A session not heard before is believed to be there by its clock alone if its frame was made
/// since this member began to listen, or at most this long before.
pub const LISTENING_SLACK: Duration = ms(500);
/// NACKs that are remembered, so that each is taken once.
pub const HEARD_NACKS_MAX: usize = 4096;
/// How long durable frames wait for the proof that their author is there now…
pub const PROOF_WAIT: Duration = Duration::from_secs(60);
/// …how many of one author…
pub const UNPROVEN_AUTHOR_FRAMES: usize = 64;
/// …their bytes…
pub const UNPROVEN_AUTHOR_BYTES: usize = 64 << 10;
/// …how many of all authors…
pub const UNPROVEN_FRAMES: usize = 1024;
/// …and their bytes.
pub const UNPROVEN_BYTES: usize = 1 << 20;
/// When a session begins, its first beat is repeated after each of these times.
pub const HELLO_REPEATS: [Duration; 3] = [ms(100), ms(500), ms(2000)];
/// On hearing a new member, a member sends its next beat within this time per member of the group,
/// so that a newcomer soon knows all.
pub const GREET_PER_MEMBER: Duration = ms(20);
/// A member met within this time after the start was probably here before.
pub const JOINING: Duration = Duration::from_secs(10);

/// In a group up to this size, members acknowledge each line to its author; in a larger one,
/// acknowledgements ride on beats.
pub const ACK_GROUP: usize = 16;
/// Such an acknowledgement comes after this time…
pub const ACK_AFTER_MIN: Duration = ms(50);
/// …and before this one.
pub const ACK_AFTER_MAX: Duration = ms(500);
/// When asked, members of a larger group acknowledge within this time per member…
pub const ASKED_ACK_PER_MEMBER: Duration = ms(2);
/// …and within this time in total.
pub const ASKED_ACK_MAX: Duration = Duration::from_secs(2);
/// A member that is asked twice and answers neither time within this time lacks what it was asked
/// about.
pub const ANSWERED_AFTER: Duration = ms(900);
/// After this time without all acknowledgements, the missing members are reported.
pub const WAITING_AFTER: Duration = Duration::from_secs(3);

/// How long a message waits for those that its author had been shown before.
pub const CAUSE_WAIT: Duration = ms(2000);
/// The same for messages of an author of whom nothing was shown here before: it may be that nobody
/// else can have them.
pub const CAUSE_WAIT_UNKNOWN: Duration = ms(500);
/// Each time that an author's frame was waited for in vain, the next is waited for half as long…
pub const CAUSE_WAIT_HALVINGS: u8 = 4;
/// …and one such time is forgiven after this.
pub const CAUSE_WAIT_FORGIVEN: Duration = Duration::from_secs(60);
/// Persons of whom that is remembered, and frames that others were shown before.
pub const CAUSE_WAITS_MAX: usize = 256;
/// A member that has just come waits for no causes at all for this time.
pub const CAUSES_HEEDED_AFTER: Duration = Duration::from_secs(3);
/// A message that is older than this by its author's clock is shown as late; so is a recorded one.
pub const OLD_AFTER: Duration = Duration::from_secs(300);
/// How long the messages behind a gap are held back.
pub const GAP_SHOWN_AFTER: Duration = Duration::from_secs(3);
/// How long a missing frame is asked for.
pub const GAP_GIVEN_UP_AFTER: Duration = Duration::from_secs(30);
/// After each this many requests of which nothing came, the time between two requests for a
/// member's frames doubles: at 40 % loss, that happens to one of 4000 gaps in a group of two…
pub const VAIN_ASKS: u32 = 16;
/// …and this often at most: a liar's frames are then asked for once a second.
pub const VAIN_DOUBLINGS: u32 = 8;
/// Ranges of sequences, of all members together: what came and what is missing. A range takes at
/// most 56 bytes, and an honest sender's window at 20 % loss 1600 of them.
pub const RANGES_MAX: usize = 16_384;
/// Frames held back behind gaps, of all senders together, in bytes.
pub const HELD_BACK_BYTES: usize = 8 << 20;
/// A session first heard at a sequence up to this is taken to have just begun: its earlier frames
/// are asked for at once.
pub const YOUNG_SESSION: u32 = 64;

/// Messages that a member remembers for latecomers: a school day of a lively group.
pub const HISTORY_MESSAGES: usize = 20_000;
/// The same in bytes of frames: 10,000 short lines that came one by one take about 3 MiB.
pub const HISTORY_BYTES: usize = 6 << 20;
/// The same in time.
pub const HISTORY_AGE: Duration = Duration::from_secs(7 * 24 * 3600);
/// Members known at the same time, here or gone.
pub const MEMBERS_MAX: usize = 4096;
/// Members that count as here at one address: a machine on which a whole course is tried out…
pub const MEMBERS_PER_ADDRESS: usize = 512;
/// …and where more than half of the places are taken.
pub const MEMBERS_PER_ADDRESS_CROWDED: usize = 64;
/// More than this many members make it crowded.
pub const MEMBERS_CROWDED: usize = MEMBERS_MAX / 2;
/// Where this many are here, one more counts when it has shown that it receives at its address.
/// That takes three datagrams between each two members, which a smaller group is spared.
pub const MEMBERS_UNPROVEN_MAX: usize = 512;
/// Members at hosts that were not asked within a minute that are asked for this, per second…
pub const CHALLENGES_FRESH_PER_S: f64 = 3.0;
/// …and at once: within a minute, all addresses of a usual network.
pub const CHALLENGES_FRESH_BURST: f64 = 80.0;
/// The same of all others, per second…
pub const CHALLENGES_AGAIN_PER_S: f64 = 1.0;
/// …and at once: all together 12 kbit/s over any minute, of the 20 that anybody may cause. What is
/// answered does not count.
pub const CHALLENGES_AGAIN_BURST: f64 = 40.0;
/// Of those that ask this member and are not known to be here, so many are answered in a minute…
pub const CHALLENGES_ANSWERED_UNKNOWN: usize = 64;
/// …and in a smaller group, where nobody has a reason to ask, all together so many per second…
pub const CHALLENGES_SMALL_PER_S: f64 = 0.5;
/// …and so many at once.
pub const CHALLENGES_SMALL_BURST: f64 = 16.0;
/// From this many members on, perhaps some who know more of them ask.
pub const CHALLENGES_GROUP: usize = 64;

/// Datagrams that are recognised without opening them: as many as a sender's window holds.
pub const RECENT_MAX: usize = 4096;

/// Digests cover nothing younger: it may still be on its way.
pub const DIGEST_AGE: Duration = Duration::from_secs(10);
/// Digests cover these times in turn, and at last all that is held.
pub const DIGEST_SPANS: [Duration; 3] = [
    Duration::from_secs(60),
    Duration::from_secs(600),
    Duration::from_secs(7200),
];
/// A newcomer that asked another newcomer asks again after this time.
pub const ASK_AGAIN: Duration = Duration::from_secs(1);
/// An exchange that brought nothing is not repeated for this time.
pub const SYNC_FRUITLESS: Duration = Duration::from_secs(300);
/// Members start their exchanges spread over this time per member of the group.
pub const SYNC_SPREAD_PER_MEMBER: Duration = ms(10);
/// Up to this many missing frames are asked for by NACK, from all; more are pulled from one member.
pub const SYNC_BY_NACK_MAX: usize = 64;
/// Frames in one request of a pull.
pub const PULL_FRAMES: usize = 64;
/// A pull that stalls is repeated after this time.
pub const PULL_RETRY: Duration = ms(150);
/// Repeats after which a pull is given up.
pub const PULL_RETRIES_MAX: u32 = 8;
/// The same if there was no answer at all, and others may be asked: by a newcomer, which knows
/// least about those whom it asks…
pub const SILENT_RETRIES_NEW: u32 = 1;
/// …and by others.
pub const SILENT_RETRIES: u32 = 3;
/// An exchange ends after this time; what has come by it stays, and another member is asked for the
/// rest. Whoever tells little by little would otherwise keep a latecomer from all the others.
pub const EXCHANGE_MAX: Duration = Duration::from_secs(10);
/// What is answered to those who catch up is measured in histories: this many bytes and what is
/// held, which is what one newcomer needs. A host gets so many histories at once: one that loses
/// 40 % asks for 1.7…
pub const ANSWERED_TO_HOST: f64 = 2.0;
/// …and all hosts together so many; a class that starts in the same minute asks those among it who
/// have got it already.
pub const ANSWERED_TO_ALL: f64 = 8.0;
/// Both are there again after this time.
pub const ANSWERED_IN: Duration = Duration::from_secs(60);
/// See [`ANSWERED_TO_HOST`].
pub const ANSWERED_LEAST_BYTES: usize = 6 << 10;
/// Exchanges about a difference that a member begins at once…
pub const EXCHANGES_BURST: f64 = 6.0;
/// …and the time in which one more is allowed: a liar's digests always differ.
pub const EXCHANGE_EVERY: Duration = Duration::from_secs(4);
/// An exchange ends sooner with a member that has answered, while no frame has come by it.
pub const EXCHANGE_VAIN_MAX: Duration = Duration::from_secs(3);
/// A member that was asked in vain is not asked again for this time, if there are others; twice as
/// long after each further time, up to [`SYNC_FRUITLESS`].
pub const ASKED_IN_VAIN: Duration = Duration::from_secs(5);
/// Persons and hosts of which that is remembered.
pub const ASKED_IN_VAIN_MAX: usize = 256;
/// Upper bound of the parts of an inventory.
pub const INVENTORY_PARTS_MAX: usize = 64;

/// A clock that is further ahead than this does not advance this member's.
pub const CLOCK_AHEAD_MAX: Duration = Duration::from_secs(300);
/// A session says HELLO again after this time, by its clock: newcomers learn from it what it is,
/// and nobody holds a frame longer than [`HISTORY_AGE`].
pub const HELLO_AGAIN: Duration = Duration::from_secs(3 * 24 * 3600);

/// Frames whose clock is further ahead than this are refused: two members whose clocks are within
/// [`CLOCK_AHEAD_MAX`] of the group's may differ by twice that, and both are right.
pub const CLOCK_REFUSED_AHEAD: Duration = Duration::from_secs(600);
/// The same for what comes from another site, by its clock: no clock that anybody looks at is a day
/// wrong.
pub const SITE_AHEAD: Duration = Duration::from_secs(24 * 3600);

/// A newcomer whose clock differs from all others' waits this long before it takes theirs: within
/// it, somebody answers who has the same.
pub const FOLLOW_AFTER: Duration = Duration::from_secs(1);

/// Longest text of one message, in bytes; longer lines are cut.
pub const TEXT_MAX_BYTES: usize = 64 << 10;
/// Longest action, in bytes: it fits the narrowest frame whole.
pub const ACTION_MAX_BYTES: usize = 800;
/// Longest text of a guest, in bytes: like an action, it fits the narrowest frame whole, with the
/// guest's name.
pub const GUEST_TEXT_MAX_BYTES: usize = 768;
/// Records that may wait to be sent before the caller is asked to pause.
pub const OUTBOX_MESSAGES: usize = 1024;

/// Plain copies per second.
pub const MIRROR_PER_S: f64 = 50.0;
/// Plain copies that may wait to be sent; further lines are not copied, and are counted.
pub const MIRROR_QUEUE_MAX: usize = 500;
/// How long a plain line from an unknown source waits for that source to turn out to be a member.
pub const MIRROR_DOUBT: Duration = Duration::from_secs(2);
/// How long after a member was heard last its plain copies are still recognised: as long as the
/// longest queue of them takes, and a cable that was out.
pub const MIRROR_FORMER: Duration = Duration::from_secs(60);
/// Plain lines that are taken in from one host at once, whatever number of programs is there…
pub const GUEST_LINES: f64 = 500.0;
/// …and per second after that: twice what a member copies.
pub const GUEST_LINES_PER_S: f64 = 2.0 * MIRROR_PER_S;
/// Plain sources remembered.
pub const GUESTS_MAX: usize = 256;

/// Messages that are remembered as changed: some 200 bytes each. Forgetting one costs a reader at
/// most the sight of an old form.
pub const AMENDED_MAX: usize = 4096;
/// The same of one person, who may change more: then the changes of the oldest are forgotten.
pub const AMENDED_PER_PERSON_MAX: usize = 512;
