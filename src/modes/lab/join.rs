//! A lesson's client: one connection, one session, and a person who may be asked for input.

use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use super::view::{SessionRequest, View};
use crate::cli::LabJoinSettings;
use crate::clock::Clock;
use crate::error::Error;
use crate::lab::Dialogue;
use crate::lab::session::Session;
use crate::modes::{Outcome, finish};
use crate::net::duplex::Duplex;
use crate::net::tcp::{CallError, Connection, ReadEvent, WriteEvent, call_with_retry};
use crate::terminal::prompter::{Answer, Prompter};
use crate::terminal::signals::{self, Signal};
use crate::text::{self, Lang, TraceDirection};

/// How long the server may be silent while the client waits for it.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// Everything that can wake the loop.
enum Event {
    Signal(Signal),
    /// The output has room again, or has failed.
    Output,
    /// The server does not answer yet.
    Calling,
    Reached(Result<Connection, CallError>),
    Read(ReadEvent),
    Written(WriteEvent),
    Answer(Answer),
}

/// Runs a lesson's client until its dialogue ends.
pub(super) fn run(settings: LabJoinSettings, lang: Lang) -> Result<Outcome, Error> {
    let (tell, events) = mpsc::channel();
    let (tell_signal, tell_reached, tell_answered) = (tell.clone(), tell.clone(), tell.clone());
    signals::watch(move |signal| drop(tell_signal.send(Event::Signal(signal))))
        .map_err(Error::Signals)?;
    let address = format!("{}:{}", settings.host, settings.port);
    let (tell_calling, tell_output) = (tell.clone(), tell.clone());
    call_with_retry(
        settings.host,
        settings.port,
        settings.patience,
        move || drop(tell_calling.send(Event::Calling)),
        move |reached| {
            // If the send fails, the program is already ending.
            drop(tell_reached.send(Event::Reached(reached)));
        },
    )
    .map_err(Error::Connection)?;
    let prompter =
        Prompter::start(move |answered| tell_answered.send(Event::Answer(answered)).is_ok());
    let mut client = Client {
        lang,
        tell,
        clock: Clock::start(),
        view: View::open(settings.trace, lang, move || {
            drop(tell_output.send(Event::Output));
        })?,
        prompter: prompter.map_err(Error::Input)?,
        conversation: None,
        address,
    };
    let end = client.run(&events, settings.dialogue);
    finish(end, |signal| client.view.finish(signal))
}

/// The state of the loop.
struct Client {
    lang: Lang,
    tell: Sender<Event>,
    clock: Clock,
    view: View,
    prompter: Prompter,
    conversation: Option<Conversation>,
    /// The server's address, as typed.
    address: String,
}

/// A connection and its session.
struct Conversation {
    peer: SocketAddr,
    duplex: Duplex,
    session: Session,
    began: Duration,
    heard_at: Duration,
    is_lost: bool,
}

impl Client {
    fn run(
        &mut self,
        events: &Receiver<Event>,
        dialogue: Box<dyn Dialogue>,
    ) -> Result<Outcome, Error> {
        let mut dialogue = Some(dialogue);
        loop {
            if let Some(end) = self.go_on()? {
                self.view.flush()?;
                return Ok(end);
            }
            self.view.flush()?;
            let Some(event) = self.next_event(events) else {
                continue;
            };
            match event {
                Event::Signal(signal) => return Ok(Outcome::Signalled(signal)),
                // The view is looked after in each round.
                Event::Output => {}
                Event::Calling => self.view.say(&text::calling(self.lang, &self.address))?,
                Event::Reached(Ok(connection)) => {
                    if let Some(dialogue) = dialogue.take() {
                        self.begin(connection, dialogue)?;
                    }
                }
                Event::Reached(Err(cause)) => {
                    let address = self.address.clone();
                    return Err(Error::Call { address, cause });
                }
                Event::Answer(Answer::Line(line)) => {
                    if let Some(conversation) = &mut self.conversation {
                        conversation.heard_at = self.clock.now().time;
                        conversation.session.on_answer(&line);
                    }
                }
                Event::Answer(Answer::End) => {
                    self.view.fail(&text::unanswered(self.lang))?;
                    return Ok(Outcome::Incomplete);
                }
                Event::Answer(Answer::Failed(cause)) => return Err(Error::Input(cause)),
                Event::Read(read) => self.on_read(read)?,
                Event::Written(WriteEvent::Bytes(bytes)) => {
                    if let Some(conversation) = &mut self.conversation {
                        conversation.duplex.wrote(bytes);
                    }
                }
                Event::Written(WriteEvent::Lost(_)) => self.lose()?,
            }
        }
    }

    fn begin(&mut self, connection: Connection, dialogue: Box<dyn Dialogue>) -> Result<(), Error> {
        let now = self.clock.now().time;
        let (heard, written) = (self.tell.clone(), self.tell.clone());
        let duplex = Duplex::start(
            connection,
            move |what| heard.send(Event::Read(what)).is_ok(),
            move |what| written.send(Event::Written(what)).is_ok(),
        )
        .map_err(Error::Connection)?;
        let peer = duplex.peer();
        self.view.say(&text::reached(self.lang, peer))?;
        self.conversation = Some(Conversation {
            peer,
            duplex,
            session: Session::begin(dialogue),
            began: now,
            heard_at: now,
            is_lost: false,
        });
        Ok(())
    }

    /// Waits for the next event. Returns `None` when a timer is due first.
    fn next_event(&self, events: &Receiver<Event>) -> Option<Event> {
        let now = self.clock.now().time;
        let Some(conversation) = &self.conversation else {
            return events.recv().ok();
        };
        let silent =
            (!conversation.session.awaits_answer()).then_some(conversation.heard_at + SILENCE_MAX);
        let dues = [silent, conversation.session.next_time(now)];
        let Some(due) = dues.into_iter().flatten().min() else {
            return events.recv().ok();
        };
        events.recv_timeout(due.saturating_sub(now)).ok()
    }

    /// Runs the session's timers, sends its messages and shows its events. Returns the outcome once
    /// the dialogue has ended.
    fn go_on(&mut self) -> Result<Option<Outcome>, Error> {
        let now = self.clock.now().time;
        let Some(conversation) = &mut self.conversation else {
            return Ok(None);
        };
        let (peer, after) = (conversation.peer, now.saturating_sub(conversation.began));
        conversation.session.on_time(now);
        let mut sent = Vec::new();
        conversation.duplex.send(|acknowledgement| {
            let bytes = conversation.session.poll_send(now, acknowledgement)?;
            sent.push(bytes.clone());
            Some(bytes)
        });
        for bytes in &sent {
            self.view.trace(peer, after, TraceDirection::Sent, bytes)?;
        }
        while let Some(event) = conversation.session.poll_event() {
            if let Some(SessionRequest::Person(field)) = self.view.event(peer, &event)? {
                self.view.ask(&text::question(self.lang, field));
                self.prompter.read();
            }
        }
        if conversation.is_lost
            || (conversation.session.is_over() && conversation.duplex.is_written())
        {
            conversation.duplex.close();
            return Ok(Some(self.view.end));
        }
        if !conversation.session.awaits_answer() && now >= conversation.heard_at + SILENCE_MAX {
            let sentence = text::line_idle(self.lang, peer, SILENCE_MAX);
            self.view.fail(&sentence)?;
            return Ok(Some(Outcome::Incomplete));
        }
        Ok(None)
    }

    fn on_read(&mut self, read: ReadEvent) -> Result<(), Error> {
        let now = self.clock.now().time;
        let Some(conversation) = &mut self.conversation else {
            return Ok(());
        };
        match read {
            ReadEvent::Bytes(bytes) => {
                conversation.heard_at = now;
                conversation.duplex.took();
                let after = now.saturating_sub(conversation.began);
                self.view
                    .trace(conversation.peer, after, TraceDirection::Received, &bytes)?;
                conversation.session.on_bytes(now, &bytes);
                Ok(())
            }
            ReadEvent::Urgent => Ok(()),
            ReadEvent::End => {
                conversation.session.on_end();
                Ok(())
            }
            ReadEvent::Lost(_) => self.lose(),
        }
    }

    /// Handles a lost connection. It is not reported if everything was said already.
    fn lose(&mut self) -> Result<(), Error> {
        let Some(conversation) = &mut self.conversation else {
            return Ok(());
        };
        conversation.is_lost = true;
        match conversation.session.is_ending() {
            true => Ok(()),
            false => self
                .view
                .fail(&text::line_lost(self.lang, conversation.peer)),
        }
    }
}
