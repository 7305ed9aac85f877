//! `multicast receive`: socket → parse → write, with nothing between. Only the signals have a
//! thread of their own, which ends the wait for datagrams.

use std::collections::BTreeMap;
use std::net::SocketAddr;
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
use crate::terminal::screen::{Screen, Shown, Speaker, say};
use crate::terminal::signals;
use crate::text::{self, Lang};

/// Shows what a group says until somebody says farewell or a signal comes.
pub(super) fn run(settings: &ReceiveSettings, lang: Lang) -> Result<Outcome, Error> {
    let mut receiver = join(settings, lang)?;
    let (tell, signalled) = mpsc::channel();
    let interrupter = receiver.interrupter();
    signals::watch(move |signal| {
        // The receiver of this channel lives as long as the loop; after it nobody cares.
        let _ = tell.send(signal);
        interrupter.interrupt();
    })
    .map_err(Error::Signals)?;
    // Whoever reads that we are ready may send a signal at once.
    welcome(settings, lang, &receiver);

    let mut receiving = Receiving {
        screen: Screen::open(settings.form, settings.color, lang).map_err(Error::Output)?,
        clock: WallClock::default(),
        tally: Tally::default(),
        settings,
        lang,
    };
    let ended_by = receiving.listen(&mut receiver)?;
    if let Some(who) = ended_by {
        say(&text::ended_by(lang, &who));
    }
    let dropped: Vec<(Fault, u64)> = receiving.tally.dropped.into_iter().collect();
    say(&text::received(
        lang,
        receiving.tally.messages,
        &dropped,
        receiver.drop_count(),
    ));
    Ok(signalled
        .try_recv()
        .map_or(Outcome::Done, Outcome::Signalled))
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
    let (receiver, refusals) = Receiver::open(group, &choice).map_err(refused)?;
    for refusal in &refusals {
        say(&text::refusal(lang, &group.to_string(), refusal));
    }
    Ok(receiver)
}

fn welcome(settings: &ReceiveSettings, lang: Lang, receiver: &Receiver) {
    say(&text::receive_buffer(
        lang,
        receiver.buffer_bytes(),
        RECEIVE_BUFFER_BYTES,
    ));
    say(&text::receiving_ends(lang, settings.stays));
    say(&text::listening(
        lang,
        settings.name.as_ref(),
        settings.group,
        receiver.joined(),
    ));
}

/// The loop's state.
struct Receiving<'s> {
    screen: Screen,
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
                self.screen.flush().map_err(Error::Output)?;
                if !receiver.wait().map_err(refused)? {
                    return Ok(None);
                }
            }
            for (datagram, source) in receiver.datagrams().iter() {
                if let Some(user) = self.hear(datagram, source)? {
                    self.screen.flush().map_err(Error::Output)?;
                    return Ok(Some(user));
                }
            }
        }
    }

    /// Shows one datagram, or counts it as dropped; who said it, if it ends the chat.
    fn hear(&mut self, datagram: &[u8], source: SocketAddr) -> Result<Option<String>, Error> {
        let message = match self.decode(datagram) {
            Ok(message) => message,
            Err(fault) => {
                self.drop_datagram(fault, source);
                return Ok(None);
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
        self.screen.message(&shown).map_err(Error::Output)?;
        let ends = !self.settings.stays && data.is_some_and(is_farewell);
        Ok(ends.then(|| shown.who(self.lang).into_owned()))
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
            say(&text::dropped(self.lang, fault, source, count));
        }
    }
}
