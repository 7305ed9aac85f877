//! `multicast receive`: socket → parse → write, with nothing between. Only the signals have a
//! thread of their own, which ends the wait for datagrams.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use super::Outcome;
use crate::cli::ReceiveSettings;
use crate::clock::{Throttle, WallClock};
use crate::error::Error;
use crate::net::group::{GroupOperation, RECEIVE_BUFFER_BYTES, Refusal};
use crate::net::interfaces::choose;
use crate::net::multicast::Receiver;
use crate::protocol::message::is_farewell;
use crate::protocol::wire::plain::Plain;
use crate::protocol::wire::{Fault, plain, raw};
use crate::terminal::output::{Output, OutputEvent};
use crate::terminal::screen::{Form, Screen, Shown, Speaker, say};
use crate::terminal::{Drain, Talk, signals, stdout_and_stderr};
use crate::text::{self, Lang};

/// Bytes of lines that wait for a slow reader before no more datagrams are read: from then on the
/// kernel keeps them, and counts what it drops.
const WAITING_MAX_BYTES: usize = 1 << 20;

/// Lines handed to the output at once, in bytes, while more datagrams wait.
const BATCH_BYTES: usize = 64 << 10;

/// Shows what a group says until somebody says farewell or a signal comes.
pub(super) fn run(settings: &ReceiveSettings, lang: Lang) -> Result<Outcome, Error> {
    let mut receiver = join(settings, lang)?;
    let _drain = Drain::at_end();
    let ended = receiver.interrupter();
    let (out, talk) = stdout_and_stderr(WAITING_MAX_BYTES, move |event| {
        // A reader that leaves ends the wait for datagrams too.
        if event == OutputEvent::Failed {
            ended.interrupt();
        }
    })?;
    if settings.form == Form::Lines {
        [&out, &talk].into_iter().for_each(Output::wrap_lines);
    }
    let talk = Talk::sentences(talk, lang);
    let (tell, signalled) = mpsc::channel();
    let interrupter = receiver.interrupter();
    let is_signalled = Arc::new(AtomicBool::new(false));
    let (is_told, waiting) = (Arc::clone(&is_signalled), out.clone());
    signals::watch(move |signal| {
        // The receiver of this channel lives as long as the loop; after it nobody cares.
        let _ = tell.send(signal);
        is_told.store(true, Ordering::Release);
        waiting.wake();
        interrupter.interrupt();
    })
    .map_err(Error::Signals)?;

    let mut receiving = Receiving {
        screen: Screen::new(settings.form, settings.color, lang),
        out,
        talk,
        lines: String::new(),
        is_signalled,
        clock: WallClock::default(),
        tally: Tally::default(),
        settings,
        lang,
    };
    // A program that reads these lines may send a signal at once.
    receiving.welcome(&receiver);
    let end = receiving.listen(&mut receiver).map(|ended_by| {
        if let Some(who) = ended_by {
            receiving.talk.say(&text::ended_by(lang, &who));
        }
        receiving.sum_up(&receiver);
        signalled
            .try_recv()
            .map_or(Outcome::Done, Outcome::Signalled)
    });
    super::finish(end, |signal| {
        receiving.talk.conclude();
        let written = receiving.out.finish(signal);
        // A stderr that fails is no reason to fail.
        let _ = receiving.talk.output().finish(signal);
        written
    })
}

/// Joins the group, and says what about that is out of the ordinary.
fn join(settings: &ReceiveSettings, lang: Lang) -> Result<Receiver, Error> {
    let group = settings.group;
    let refused = |refusal| Error::Group {
        group: group.to_string(),
        refusal,
    };
    let choice = choose(&settings.interfaces, group).map_err(Error::Interfaces)?;
    if let Some(notice) = text::chosen_without_route(lang, group, &choice) {
        say(&notice);
    }
    let unable = choice.interfaces.iter().filter(|i| !i.can_multicast);
    unable.for_each(|interface| say(&text::cannot_multicast(lang, interface)));
    let (receiver, refusals) = Receiver::open(group, &choice).map_err(refused)?;
    for refusal in &refusals {
        say(&text::refusal(lang, &group.to_string(), refusal));
    }
    Ok(receiver)
}

/// The loop's state.
struct Receiving<'s> {
    screen: Screen,
    out: Output,
    talk: Talk,
    /// Lines that are not handed to the output yet.
    lines: String,
    is_signalled: Arc<AtomicBool>,
    clock: WallClock,
    tally: Tally,
    settings: &'s ReceiveSettings,
    lang: Lang,
}

/// What came in.
#[derive(Default)]
struct Tally {
    messages: u64,
    dropped: BTreeMap<Fault, u64>,
    notices: Throttle,
}

impl Receiving<'_> {
    fn welcome(&mut self, receiver: &Receiver) {
        let (settings, lang) = (self.settings, self.lang);
        let buffer_bytes = receiver.buffer_bytes();
        let sentence = text::receive_buffer(lang, buffer_bytes, RECEIVE_BUFFER_BYTES);
        self.talk.say(&sentence);
        let ends = match settings.stays {
            true => text::ends_by_signal(lang),
            false => text::ends_by_farewell(lang),
        };
        self.talk.say(&ends);
        let name = settings.name.as_ref();
        let sentence = text::listening(lang, name, settings.group, receiver.joined());
        self.talk.say(&sentence);
    }

    fn sum_up(&mut self, receiver: &Receiver) {
        let dropped = std::mem::take(&mut self.tally.dropped);
        let dropped: Vec<(Fault, u64)> = dropped.into_iter().collect();
        let (messages, lost) = (self.tally.messages, receiver.drop_count());
        let sentence = text::received(self.lang, messages, &dropped, lost);
        self.talk.say(&sentence);
    }

    /// Hands the lines over; waits for a reader that is slow, but for no signal.
    fn flush(&mut self) -> Result<(), Error> {
        self.hand_over();
        self.out
            .failure()
            .map_or(Ok(()), |cause| Err(Error::Output(cause)))
    }

    fn hand_over(&mut self) {
        if !self.lines.is_empty() {
            let is_signalled = || self.is_signalled.load(Ordering::Acquire);
            self.out.wait_for_room(is_signalled);
            // After a signal a full queue takes no more: nobody was reading.
            let _ = self.out.write(self.lines.as_bytes());
            self.lines.clear();
        }
    }

    /// Shows datagrams until the end; who said farewell, or `None` after a signal.
    fn listen(&mut self, receiver: &mut Receiver) -> Result<Option<String>, Error> {
        let refused = |cause| Error::Group {
            group: self.settings.group.to_string(),
            refusal: Refusal {
                act: GroupOperation::Receive,
                interface: None,
                cause,
            },
        };
        loop {
            if !receiver.take_waiting().map_err(refused)? {
                self.flush()?;
                if !receiver.wait().map_err(refused)? {
                    return self.flush().map(|()| None);
                }
            }
            for (datagram, source) in receiver.datagrams() {
                if let Some(user) = self.hear(datagram, source) {
                    self.flush()?;
                    return Ok(Some(user));
                }
            }
            if self.lines.len() >= BATCH_BYTES {
                self.flush()?;
            }
            if self.is_signalled.load(Ordering::Acquire) {
                return Ok(None);
            }
        }
    }

    /// Shows one datagram, or counts it as dropped; who said it, if it ends the chat.
    fn hear(&mut self, datagram: &[u8], source: SocketAddr) -> Option<String> {
        let message = match self.decode(datagram) {
            Ok(message) => message,
            Err(fault) => {
                self.drop_datagram(fault, source);
                return None;
            }
        };
        self.tally.messages += 1;
        let speaker = match message.user.as_deref() {
            Some(name) => Speaker::Name(name),
            None if self.settings.raw => Speaker::Address,
            None => Speaker::Anonymous,
        };
        let data = message.data.as_deref();
        let shown = Shown {
            stamp: self.clock.now(),
            source,
            speaker,
            data,
        };
        self.screen.message(&shown, &mut self.lines);
        let ends = !self.settings.stays && data.is_some_and(is_farewell);
        ends.then(|| shown.who(self.lang).into_owned())
    }

    fn decode<'d>(&self, datagram: &'d [u8]) -> Result<Plain<'d>, Fault> {
        if self.settings.raw {
            let data = raw::decode(datagram)?;
            return Ok(Plain {
                user: None,
                data: Some(data.into()),
            });
        }
        plain::decode(datagram)
    }

    fn drop_datagram(&mut self, fault: Fault, source: SocketAddr) {
        *self.tally.dropped.entry(fault).or_default() += 1;
        if let Some(count) = self.tally.notices.ask() {
            // What was heard before stands before it.
            self.hand_over();
            let sentence = text::dropped(self.lang, fault, source, count);
            self.talk.say(&sentence);
        }
    }
}
