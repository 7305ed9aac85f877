//! Two members of a room on a link that loses a third of all datagrams: what leaves, what is lost,
//! what a receiver asks for again (a NACK), what the sender repairs, and what is shown at last.
//! `cargo run --example two_nodes` prints the same each time: no socket, no clock, one seed.
#![allow(clippy::print_stdout, clippy::indexing_slicing)]

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use roda::protocol::engine::Setup;
use roda::protocol::engine::config::HISTORY_BYTES;
use roda::protocol::engine::event::EngineEvent;
use roda::protocol::message::{Name, NameFault};
use roda::protocol::wire::frame::{Body, beat::Link, durable::Role};
use roda::protocol::wire::private::Secrets;
use roda::protocol::wire::seal::{Seal, signer::Signer};
use roda::protocol::{node::Node, rng::Rng, time::Moment};

const NAMES: [&str; 2] = ["ana", "bia"];
const LINES: [&str; 4] = ["shall we meet?", "at noon", "the library", "bring a book"];
const LOSS: f64 = 0.35;
const DELAY: Duration = Duration::from_millis(2);

/// The time of the pretend world: since its start, and in milliseconds since 1970.
fn moment(time: Duration) -> Moment {
    let wall_ms = 1_790_000_000_000 + time.as_millis() as u64;
    Moment { time, wall_ms }
}

/// A member. A real program takes all secrets and seeds from the system's randomness.
fn node(number: u8, seal: &Seal) -> Result<Node, NameFault> {
    let setup = Setup {
        signer: Signer::from_seed(&[number; 32]),
        session: 1_790_000_000 << 32 | u64::from(number),
        replaces: None,
        role: Role::Person,
        is_archived: false,
        depth_bytes: HISTORY_BYTES,
        name: Name::parse(NAMES[usize::from(number)])?,
        seal: seal.clone(),
        mirror_port: None,
        link: Link::Wired,
        seed: u64::from(number),
        secrets: Secrets::new([number; 32].into()),
    };
    Ok(Node::new(setup, moment(Duration::ZERO)))
}

/// The frames that were sent, by author and sequence number: whether a NACK has named each.
type Frames = BTreeMap<(usize, u32), bool>;

/// What a datagram of one of the two says, read with the room's key.
fn describe(seal: &Seal, from: usize, datagram: &[u8], frames: &mut Frames) -> Option<String> {
    let mut inside = Vec::new();
    let opened = seal.open(datagram, &mut inside).ok()?;
    let sequence = opened.frame.author.sequence;
    Some(match &opened.frame.body {
        Body::Durable(_) if frames.get(&(from, sequence)) == Some(&true) => {
            format!("a REPAIR: frame {sequence}")
        }
        Body::Durable(_) => match frames.insert((from, sequence), false) {
            None => format!("frame {sequence}"),
            Some(_) => format!("frame {sequence} again, unasked"),
        },
        Body::Nack(nack) => {
            let missing: Vec<u32> = nack.targets.iter().flat_map(|t| t.sequences()).collect();
            frames.extend(missing.iter().map(|sequence| ((1 - from, *sequence), true)));
            format!("a NACK: frames {missing:?} are missing")
        }
        // A Beat or a Status says what was sent and received, a Sync what a latecomer lacks.
        body => format!("a {:?}", body.kind()),
    })
}

fn main() -> Result<(), NameFault> {
    let seal = Seal::public(None);
    let mut nodes = [node(0, &seal)?, node(1, &seal)?];
    let (mut rng, mut frames) = (Rng::new(7), Frames::new());
    // Datagrams on the link: when each arrives, at which node. All take equally long.
    let mut link: VecDeque<(Duration, usize, Vec<u8>)> = VecDeque::new();
    let mut lines = (1..)
        .map(|n| Duration::from_millis(100 * n))
        .zip(LINES)
        .peekable();
    let (mut now, end) = (Duration::ZERO, Duration::from_secs(1));
    let tell = |at: Duration, what: String| println!("{:>4} ms  {what}", at.as_millis());
    while now < end {
        if let Some((_, line)) = lines.next_if(|(at, _)| *at <= now) {
            tell(now, format!("ana says “{line}”"));
            let taken = nodes[0].say(moment(now), line);
            assert!(taken.is_ok(), "short enough");
        }
        while link.front().is_some_and(|(at, ..)| *at <= now)
            && let Some((_, to, datagram)) = link.pop_front()
        {
            let source = ([10, 0, 0, 2 - to as u8], 40_000).into();
            nodes[to].on_datagram(moment(now), source, &datagram);
        }
        let mut next = lines.peek().map_or(end, |(at, _)| *at);
        for (from, (node, name)) in nodes.iter_mut().zip(NAMES).enumerate() {
            node.on_time(moment(now));
            // After each input: first all that the node wants to send, then all that it tells.
            while let Some(transmit) = node.poll_send(moment(now)) {
                let what = describe(&seal, from, &transmit.bytes, &mut frames).unwrap_or_default();
                let is_lost = rng.happens(LOSS);
                let fate = if is_lost { "  ✗ LOST" } else { "" };
                tell(now, format!("{name} sends {what}{fate}"));
                if !is_lost {
                    link.push_back((now + DELAY, 1 - from, transmit.bytes.to_vec()));
                }
            }
            while let Some(event) = node.poll_event() {
                if let EngineEvent::Said(said) = event {
                    tell(now, format!("{name} SHOWS “{}”", said.text));
                }
            }
            next = next.min(node.next_time(now).unwrap_or(next));
        }
        // Time jumps to what comes first: an arrival, a line, or a timer of one of the nodes.
        next = next.min(link.front().map_or(next, |(at, ..)| *at));
        now = next.max(now + Duration::from_micros(1));
    }
    Ok(())
}
