//! `multicast send`: each typed line becomes a datagram. The keyboard and the signals have a
//! thread each, which only block and send; one loop decides.

use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use super::Outcome;
use crate::cli::{SendSettings, SendWire};
use crate::clock::{Clock, Throttle};
use crate::error::Error;
use crate::net::group::Refusal;
use crate::net::interfaces::choose;
use crate::net::multicast::Sender;
use crate::protocol::message::{FAREWELL, is_farewell};
use crate::protocol::rate::TokenBucket;
use crate::protocol::wire::{plain, raw};
use crate::terminal::console::{Console, ConsoleConfig, ConsoleEvent, PastePolicy, TypedLine};
use crate::terminal::screen;
use crate::terminal::signals::{self, Signal};
use crate::text::{self, Lang};

/// How far a paced sender may fall behind and catch up, which bounds its bursts.
const CATCH_UP_MAX: Duration = Duration::from_millis(20);

/// Everything that comes into the loop.
enum Event {
    Console(ConsoleEvent),
    Signal(Signal),
}

/// Sends typed lines until the farewell, the end of the input, or a signal.
pub(super) fn run(settings: &SendSettings, lang: Lang) -> Result<Outcome, Error> {
    let group = settings.group;
    let choice = choose(&settings.interfaces, group).map_err(Error::Interfaces)?;
    if let Some(notice) = text::chosen_without_route(lang, group, &choice) {
        screen::say(&notice);
    }
    let unable = choice.interfaces.iter().filter(|i| !i.can_multicast);
    unable.for_each(|interface| screen::say(&text::cannot_multicast(lang, interface)));
    let sender = Sender::open(group, settings.ttl, &choice).map_err(|refusal| Error::Group {
        group: group.to_string(),
        refusal,
    })?;

    let (tell, events) = mpsc::channel();
    let tell_signal = tell.clone();
    signals::watch(move |signal| drop(tell_signal.send(Event::Signal(signal))))
        .map_err(Error::Signals)?;
    let config = ConsoleConfig {
        prompt: settings.prompt(),
        paste: PastePolicy::Lines,
        lang,
    };
    let mut console = Console::open(config, move |event| {
        tell.send(Event::Console(event)).is_ok()
    })?;
    // A program that reads these lines may send a signal at once.
    console.wrap_lines();
    console.say(&text::sending_ends(lang));
    console.say(&text::sending(lang, group, &choice.interfaces));
    let mut sending = Sending {
        sender,
        console,
        settings,
        lang,
        clock: Clock::start(),
        datagram: Vec::with_capacity(plain::DATAGRAM_MAX_BYTES),
        pace: settings.rate_per_s.map(pace),
        lines_lost: 0,
        notices: Throttle::default(),
    };
    let end = sending.run(&events);
    let end = match (end, sending.lines_lost) {
        (Err(error), _) => Err(error),
        (Ok(end), 0) => Ok(end),
        (Ok(end), lost) => {
            sending.console.say(&text::not_sent_in_all(lang, lost));
            Ok(match end {
                Outcome::Done => Outcome::Incomplete,
                end => end,
            })
        }
    };
    super::finish(end, |signal| sending.console.finish(signal))
}

/// The loop's state.
struct Sending<'s> {
    sender: Sender,
    console: Console,
    settings: &'s SendSettings,
    lang: Lang,
    clock: Clock,
    datagram: Vec<u8>,
    /// A token for each datagram that may leave now.
    pace: Option<TokenBucket>,
    lines_lost: u64,
    notices: Throttle,
}

impl Sending<'_> {
    fn run(&mut self, events: &Receiver<Event>) -> Result<Outcome, Error> {
        loop {
            let event = self.next_event(events);
            let now = self.clock.now().time;
            let signal = match event {
                Some(Event::Signal(signal)) => Some(signal),
                Some(Event::Console(event)) => self.console.handle(now, event),
                None => self.console.on_time(now),
            };
            if let Some(signal) = signal {
                return Ok(Outcome::Signalled(signal));
            }
            let is_due = |pace: &mut TokenBucket| pace.refill(now) >= 1.0;
            if !self.pace.as_mut().is_none_or(is_due) {
                continue;
            }
            if let Some(line) = self.console.next_line()
                && self.speak(&line)
            {
                return Ok(Outcome::Done);
            }
            if self.console.is_over() {
                let end = self.console.end();
                return end.map(|()| Outcome::Done).map_err(Error::Input);
            }
        }
    }

    /// The next event: waits for it when there is nothing to send, until the next line is due
    /// when there is and it is paced, and not at all otherwise.
    fn next_event(&self, events: &Receiver<Event>) -> Option<Event> {
        let now = self.clock.now().time;
        let until = |at: Duration| at.saturating_sub(now);
        let until_paced = self.pace.as_ref().map(|pace| until(pace.available_at(1.0)));
        let until_typed = self.console.next_time().map(until);
        let wait = match self.console.has_line() {
            true => Some(until_paced.unwrap_or_default()),
            false => until_typed,
        };
        match wait {
            None => events.recv().ok(),
            Some(Duration::ZERO) => events.try_recv().ok(),
            Some(wait) => events.recv_timeout(wait).ok(),
        }
    }

    /// Sends a line; whether it was the farewell.
    fn speak(&mut self, line: &TypedLine) -> bool {
        for notice in line.notices(self.lang) {
            self.console.say(&notice);
        }
        let is_end = is_farewell(&line.text);
        self.send_pieces(if is_end { FAREWELL } else { &line.text }, line.number);
        is_end
    }

    /// Sends a text, in as many datagrams as it needs. A line of which a piece was sent on no
    /// interface at all counts as lost.
    fn send_pieces(&mut self, text: &str, number: u64) {
        let mut is_lost = false;
        let pieces = match &self.settings.wire {
            SendWire::Plain(user) => plain::pieces(Some(user), text),
            SendWire::Raw => raw::pieces(text),
        };
        for piece in pieces {
            let refusals = match &self.settings.wire {
                SendWire::Plain(user) => {
                    plain::encode(Some(user), piece, &mut self.datagram);
                    self.sender.send(&self.datagram)
                }
                SendWire::Raw => self.sender.send(piece.as_bytes()),
            };
            if let Some(pace) = &mut self.pace {
                pace.spend(1.0);
            }
            is_lost |= refusals.len() == self.sender.outlets();
            self.tell_refusals(&refusals, is_lost.then_some(number));
        }
        self.lines_lost += u64::from(is_lost);
    }

    /// Shows which interfaces refused, and the line's number if all did.
    fn tell_refusals(&mut self, refusals: &[Refusal], lost: Option<u64>) {
        // A person sees each refusal; a program would be flooded.
        if refusals.is_empty() || !(self.console.is_person() || self.notices.ask().is_some()) {
            return;
        }
        let group = self.settings.group.to_string();
        for refusal in refusals {
            self.console.say(&text::refusal(self.lang, &group, refusal));
        }
        if let Some(number) = lost {
            self.console.say(&text::not_sent(self.lang, number));
        }
    }
}

/// A pace of so many datagrams a second.
fn pace(rate_per_s: u32) -> TokenBucket {
    let rate_per_s = f64::from(rate_per_s);
    let burst = (rate_per_s * CATCH_UP_MAX.as_secs_f64()).max(1.0);
    TokenBucket::new(rate_per_s, burst, Duration::ZERO)
}
