//! A whole member behind a valid seal. The input is read as a sequence of acts: a well-formed frame
//! of any type with any values in it, from any of several identities and addresses, a command of
//! the person, or time that passes. Nothing panics, no act causes a flood, and memory stays
//! bounded.
#![no_main]

#[path = "../../simulation/memory.rs"]
mod memory;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use roda::chat::command::{Command, Leave, RequestId};
use roda::chat::guests::GuestName;
use roda::chat::transfer::disk::{BlockBytes, DiskFault, Reply, Request};
use roda::chat::transfer::offer::ContentHasher;
use roda::chat::transfer::{FilesCommand, Offer, OfferKind, WhichOffer};
use roda::chat::{Audience, Chat, Config, Input, NetworkNews, Output};
use roda::protocol::message::Name;
use roda::protocol::time::Moment;
use roda::protocol::wire::frame::beat::Link;
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Verdicts;
use roda::sim::insider::act::What;
use roda::sim::insider::choose::{ByteChoices, Choices, Scope, act};
use roda::sim::insider::craft::{Honest, Insider, View};
use roda::sim::member::setup;

/// The second at which the member starts, since 1970.
const START_S: u64 = 1_790_000_000;

/// Most acts of one input, and so many commands and pauses.
const ACTS_MAX: usize = 128;

/// Most bytes that a member may take, whatever it hears in one input: an act is a datagram, and no
/// input has more than 200 kB of them.
const MEMORY_MAX_BYTES: i64 = 16 << 20;

/// Most datagrams that may leave after one act.
const SENT_MAX: usize = 5000;

/// The file that the member gives.
const FILE: [u8; 3000] = [7; 3000];

/// Most requests to the disk that are answered after one act.
const REPLIES_MAX: usize = 64;

thread_local! {
    /// The room, and an insider who has done nothing yet.
    static ROOM: (Seal, Insider) = {
        let seal = Seal::public(None).sharing(Verdicts::default());
        let insider = Insider::new(seal.clone(), START_S * 1000);
        (seal, insider)
    };
}

/// How many frames were heard in all inputs. Now and then it is said how fast.
fn note_frames(more: u64) {
    static FRAMES: AtomicU64 = AtomicU64::new(0);
    static SAID: AtomicU64 = AtomicU64::new(10_000);
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let start = START.get_or_init(Instant::now);
    let frames = FRAMES.fetch_add(more, Ordering::Relaxed) + more;
    let next = SAID.load(Ordering::Relaxed);
    if frames >= next {
        SAID.store(next * 2, Ordering::Relaxed);
        let per_s = frames as f64 / start.elapsed().as_secs_f64();
        eprintln!("{frames} frames, {per_s:.0} a second");
    }
}

/// The member, and what it is reached by.
struct Member {
    chat: Chat,
    insider: Insider,
    honest: [Honest; 1],
    given: Arc<Offer>,
    now_ms: u64,
    frames: u64,
}

impl Member {
    fn new(seal: &Seal, insider: Insider) -> Self {
        let (name, session) = (Name::parse("ana").expect("a name"), START_S << 32 | 1);
        let setup = setup(1, name, session, seal.clone());
        let honest = Honest {
            key: setup.signer.key(),
            session,
            name: "ana".to_owned(),
            address: ([10, 77, 0, 1], 40_000).into(),
            newest: 0,
        };
        let config = Config {
            setup,
            room: None,
            is_keyed: false,
            host: None,
            is_remembered: false,
            audience: Audience::default(),
        };
        let start = Moment {
            time: Duration::ZERO,
            wall_ms: START_S * 1000,
        };
        let mut hasher = ContentHasher::default();
        hasher.block(&FILE);
        let content = hasher.finish("mapa.png".to_owned(), OfferKind::File, &[]);
        let given = Arc::new(Offer::new(&content).expect("an offer"));
        let mut member = Self {
            chat: Chat::new(config, start),
            insider,
            honest: [honest],
            given,
            now_ms: 0,
            frames: 0,
        };
        member.handle(Input::Network(NetworkNews::Interfaces {
            joined: Vec::new(),
            lost: Vec::new(),
            in_use: Vec::new(),
            link: Link::Wired,
            datagram_bytes: 1472,
            link_bytes_per_s: None,
        }));
        let offers = FilesCommand::Offer {
            offer: member.given.clone(),
            index: content.index,
            to: None,
        };
        member.handle(Input::Ask(RequestId(0), Command::Files(offers)));
        member
    }

    fn now(&self) -> Moment {
        Moment {
            time: Duration::from_millis(self.now_ms),
            wall_ms: START_S * 1000 + self.now_ms,
        }
    }

    /// Hands something in and takes everything out; the insider hears what is sent, and the disk
    /// answers.
    fn handle(&mut self, input: Input<'_>) {
        let mut replies = self.take(input);
        for _ in 0..REPLIES_MAX {
            let Some(reply) = replies.pop() else {
                break;
            };
            replies.extend(self.take(Input::Files(reply)));
        }
    }

    /// What a disk answers that holds the member's own file, and keeps nothing.
    fn reply(&self, request: Request) -> Option<Reply> {
        Some(match request {
            Request::Read { offer, block } if offer == self.given.id && block == 0 => {
                let bytes = BlockBytes(FILE.as_slice().into());
                Reply::Block {
                    offer,
                    block,
                    bytes,
                }
            }
            Request::Open { offer, .. } => {
                let (offer, index) = (offer.id, None);
                Reply::Opened { offer, index }
            }
            Request::Begin { offer, .. } => {
                let have = Vec::new();
                Reply::Begun { offer, have }
            }
            Request::Write { offer, block, .. } => Reply::Written { offer, block },
            Request::Read { offer, .. } => {
                let why = DiskFault::NotWhole;
                Reply::Unread { offer, why }
            }
            Request::Finish { offer } => {
                let why = DiskFault::NotWhole;
                Reply::Failed { offer, why }
            }
            Request::Stop { .. } | Request::Forget { .. } | Request::Keep(_) => return None,
        })
    }

    /// Hands something in and takes everything out; what the disk answers.
    fn take(&mut self, input: Input<'_>) -> Vec<Reply> {
        let now = self.now();
        self.chat.handle(now, input);
        let (mut sent, mut replies) = (0, Vec::new());
        loop {
            match self.chat.poll(now) {
                Output::Send(transmit) => {
                    sent += 1;
                    let own = ([10, 77, 200, 0], 666).into();
                    self.insider.hear(&transmit.bytes, Some(own));
                }
                Output::Files(request) => replies.extend(self.reply(request)),
                Output::Wake(_) | Output::Ended(_) => break,
                _ => {}
            }
        }
        assert!(sent < SENT_MAX, "one act causes no flood");
        replies
    }

    fn attack(&mut self, choices: &mut ByteChoices<'_>) {
        let scope = Scope {
            honest: 1,
            identities: 20,
            span_ms: 1,
            ahead_max_s: i64::MAX,
        };
        let act = act(choices, &scope);
        self.honest[0].newest = self.chat.node().newest();
        let view = View {
            honest: &self.honest,
            wall_ms: self.now().wall_ms,
            given: Some(self.given.record()),
        };
        let (from, datagrams) = self.insider.craft(&act, &view);
        let is_frame = !matches!(act.what, What::Noise { .. });
        for bytes in datagrams {
            self.frames += u64::from(is_frame);
            let bytes: Arc<[u8]> = bytes;
            self.handle(Input::Frames {
                from,
                bytes: &bytes,
            });
        }
    }

    fn ask(&mut self, choices: &mut ByteChoices<'_>) {
        let to = "eva3".to_owned();
        let text = "x".repeat([0, 1, 1000, 70_000][choices.below(4) as usize % 4]);
        let command = match choices.below(10) {
            0 => Command::SayTo { to, text },
            1 => Command::Act(text),
            2 => Command::Who(None),
            3 => Command::History(1000),
            4 => Command::Snapshot,
            5 => Command::Verify(to),
            6 => Command::Leave(Leave::EndOfInput),
            7 => Command::SayAsGuest {
                guest: GuestName {
                    number: 1,
                    name: Name::parse(&to).expect("a name"),
                },
                text,
            },
            8 => Command::Files(FilesCommand::Get {
                which: WhichOffer::Newest,
                into: None,
            }),
            _ => Command::Say(text),
        };
        self.handle(Input::Ask(RequestId(1), command));
    }

    /// Time passes, in as many steps as the member wants, but no more than some.
    fn wait(&mut self, milliseconds: u64) {
        let steps = milliseconds.clamp(1, 50);
        for _ in 0..steps {
            self.now_ms += milliseconds / steps;
            self.handle(Input::Time);
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    ROOM.with(|(seal, insider)| {
        let before = memory::in_use() as i64;
        let mut choices = ByteChoices::new(bytes);
        let mut member = Member::new(seal, insider.clone());
        for _ in 0..ACTS_MAX {
            if choices.is_over() {
                break;
            }
            match choices.below(16) {
                0 => {
                    let pauses_ms = [1, 20, 300, 3000, 10_000, 60_000, 600_000, 5];
                    member.wait(pauses_ms[choices.below(8) as usize % 8]);
                }
                1 => member.ask(&mut choices),
                _ => member.attack(&mut choices),
            }
            let taken = memory::in_use() as i64 - before;
            assert!(taken < MEMORY_MAX_BYTES, "{taken} bytes");
        }
        member.wait(40_000);
        note_frames(member.frames);
    });
});
