//! A conference, as a value: who sends voice, camera and screen, what of that is played here, and
//! how whole encoded frames cross a network that loses some. Each part owns its state:
//!
//! ```text
//! frame      what passes between a room and its own page
//! command    what may be asked
//! event      what is told                 · telling (which persons that is about)
//! own        what this member sends
//! room       where the room meets all this
//! ```
//!
//! Everybody sends one stream per source to the group of streams, however many receive it. A
//! picture is one signed unit, cut into symbols with parity; receivers ask for as many symbols more
//! as they lack. What is late is dropped.

pub mod command;
pub mod event;
pub mod frame;
mod own;
mod room;
mod telling;

use std::collections::VecDeque;

pub use self::command::{Hand, MediaCommand};
pub use self::event::{CallState, MediaEvent, MediaRefusal, StreamState};
pub use self::frame::{Captured, Codec, FromPage, Played, Source, ToPage};
use self::own::Own;
use self::telling::{Stream, Tale};
use super::command::RequestId;
use crate::protocol::engine::event::NamedKey;
use crate::protocol::node::Node;
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::StreamId;
use crate::protocol::wire::frame::Key;

/// Most streams that a page may choose at once.
const CHOSEN_MAX: usize = 16;

/// See the file's head.
#[derive(Debug)]
pub(super) struct Conference {
    me: Key,
    own: Own,
    hand: Hand,
    is_watching: bool,
    chosen: Vec<StreamId>,
    out: VecDeque<Out>,
}

/// What comes out.
#[derive(Debug)]
enum Out {
    Page(ToPage),
    Tell(Option<RequestId>, Tale),
}

impl Conference {
    pub(super) fn new(me: Key) -> Self {
        Self {
            me,
            own: Own::default(),
            hand: Hand::Lowered,
            is_watching: false,
            chosen: Vec::new(),
            out: VecDeque::new(),
        }
    }

    fn me(&self, node: &Node) -> NamedKey {
        NamedKey {
            name: node.name().clone(),
            key: self.me,
        }
    }

    fn tell(&mut self, request: Option<RequestId>, tale: Tale) {
        self.out.push_back(Out::Tell(request, tale));
    }

    /// Does what is asked.
    fn obey(&mut self, _: Moment, request: RequestId, command: MediaCommand, node: &mut Node) {
        let request = Some(request);
        match command {
            MediaCommand::Begin(source) => {
                let tale = match self.own.begin(source, node) {
                    Ok(stream) => {
                        let bits_per_s = own::first_bits_per_s(source);
                        let bitrate = ToPage::Bitrate { source, bits_per_s };
                        self.out.push_back(Out::Page(bitrate));
                        Tale::Began(self.own_stream(stream, source, node))
                    }
                    Err(refusal) => Tale::Refused(refusal),
                };
                self.tell(request, tale);
            }
            MediaCommand::End(source) => {
                let tale = match self.own.end(source, node) {
                    Some(stream) => Tale::Ended(self.own_stream(stream, source, node)),
                    None => Tale::Refused(MediaRefusal::NotBegun),
                };
                self.tell(request, tale);
            }
            MediaCommand::Watch => self.is_watching = true,
            MediaCommand::Unwatch => self.is_watching = false,
            MediaCommand::Choose(mut streams) => {
                streams.truncate(CHOSEN_MAX);
                self.chosen = streams;
            }
            MediaCommand::Hand(hand) => {
                self.hand = hand;
                let who = self.me(node);
                self.tell(request, Tale::Hand(who, hand));
            }
            MediaCommand::List => self.tell(request, Tale::List),
        }
    }

    fn own_stream(&self, stream: StreamId, source: Source, node: &Node) -> Stream {
        Stream {
            stream,
            who: self.me(node),
            source,
            codec: self.own.codec(source),
        }
    }

    /// Takes in what the own page captured or wants.
    fn on_page(&mut self, _: Moment, from_page: FromPage) {
        match from_page {
            FromPage::Captured(captured) => self.own.capture(captured),
            FromPage::KeyWanted(_) => {}
        }
    }
}
