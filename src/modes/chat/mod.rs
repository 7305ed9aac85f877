//! `chat`: everyone types and hears. The keyboard, the signals and the ears have a thread each,
//! which only block and tell; one loop drives the node, as the simulator does.

mod command;
mod driver;
mod secret;
mod view;

use std::sync::mpsc;
use std::thread;

use self::driver::{Driver, Event};
use self::secret::Room;
use self::view::View;
use super::Outcome;
use crate::cli::ChatSettings;
use crate::clock::Clock;
use crate::error::Error;
use crate::net::group_sockets::GroupSockets;
use crate::net::interfaces;
use crate::net::socket_poller::Batch;
use crate::protocol::engine::Setup;
use crate::protocol::engine::trust::Trust;
use crate::protocol::message::Name;
use crate::protocol::node::Node;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::private::Secrets;
use crate::protocol::wire::seal::Seal;
use crate::store::identity::{Identity, Who, random};
use crate::store::people::People;
use crate::terminal::console::{Console, ConsoleConfig, ConsoleEvent, PastePolicy};
use crate::terminal::screen::{self, Form};
use crate::terminal::signals;
use crate::text::{self, Lang};

/// Batches of datagrams on their way from the ears to the loop: the ears read while the loop
/// works, and no further ahead than the kernel's own buffer should hold.
const BATCHES: usize = 4;

/// Talks until the farewell, the end of the input, or a signal.
pub(super) fn run(settings: &ChatSettings, lang: Lang) -> Result<Outcome, Error> {
    let (tell, events) = mpsc::channel();
    let tell_signal = tell.clone();
    signals::watch(move |signal| drop(tell_signal.send(Event::Signal(signal))))
        .map_err(Error::Signals)?;
    let place = &settings.place;
    if !place.interfaces.is_empty() {
        // A name that nothing has is a mistake; one that comes and goes later is not.
        interfaces::choose(&place.interfaces, place.frames).map_err(Error::Interfaces)?;
    }
    let room = secret::open(settings, lang)?;
    let group = |refusal| Error::Group {
        group: place.frames.to_string(),
        refusal,
    };
    let sockets = GroupSockets::open(place.clone()).map_err(group)?;
    let (poller, interrupter) = sockets.poller().map_err(Error::Connection)?;
    let (tickets, taken) = mpsc::channel();
    (0..BATCHES).for_each(|_| drop(tickets.send(Batch::default())));
    let tell_heard = tell.clone();
    let listen = move || {
        let heard = poller.listen(&taken, |batch| tell_heard.send(Event::Heard(batch)).is_ok());
        if let Err(error) = heard {
            let _ = tell_heard.send(Event::Deaf(error));
        }
    };
    let listener = thread::Builder::new().name("ears".into()).spawn(listen);
    let listener = listener.map_err(Error::Connection)?;
    let clock = Clock::start();
    let people = match settings.who {
        // Who is somebody new for one session leaves no trace of it.
        Who::Ephemeral => Ok(None),
        _ => People::open().map(Some),
    };
    let (trust, people) = match people.and_then(|people| Ok((trust(people.as_ref())?, people))) {
        Ok((trust, people)) => (trust, people),
        Err(why) => {
            screen::say(&text::people_are_forgotten(lang, &why));
            (Trust::default(), None)
        }
    };
    let (identity, node) = node(settings, &room, trust, &clock, &sockets)?;
    let mut view = view(settings, room, lang, move |event| {
        tell.send(Event::Console(event)).is_ok()
    })?;
    if let Some(error) = &identity.is_passing {
        view.say(&text::identity_is_passing(lang, &text::cause(lang, error)))?;
    }
    let mut driver = Driver::new(
        settings,
        lang,
        clock,
        node,
        sockets,
        (view, people),
        tickets,
    );
    let end = driver.run(&events);
    let end = super::finish(end, |signal| driver.view.console.finish(signal));
    drop(driver); // the terminal is put back before the last threads are waited for
    drop(interrupter);
    let _ = listener.join();
    identity.close();
    end
}

/// Whom names belong to, as this person has met them.
fn trust(people: Option<&People>) -> Result<Trust, String> {
    let mut trust = Trust::default();
    for person in people.map_or(Ok(Vec::new()), People::all)? {
        trust.know(person.name, person.key, person.is_verified);
    }
    Ok(trust)
}

/// This member, new in its room.
fn node(
    settings: &ChatSettings,
    room: &Room,
    trust: Trust,
    clock: &Clock,
    sockets: &GroupSockets,
) -> Result<(Identity, Node), Error> {
    let now = clock.now();
    let low = u32::from_be_bytes(random().map_err(Error::Identity)?);
    let session = (now.wall_ms / 1000) << 32 | u64::from(low);
    let identity = Identity::open(&settings.who, session).map_err(Error::Identity)?;
    let setup = Setup {
        signer: identity.signer.clone(),
        session,
        replaces: identity.replaces,
        name: settings.name.clone(),
        seal: Seal::new(&room.key).called(room.name.as_ref().map(Name::as_str)),
        trust,
        mirror_port: settings.place.plain.map(|_| sockets.own_port()),
        link: Link::Unknown,
        seed: u64::from_be_bytes(random().map_err(Error::Identity)?),
        secrets: Secrets::new(random().map_err(Error::Identity)?.into()),
    };
    Ok((identity, Node::new(setup, now)))
}

/// What the person sits at, in this room.
fn view(
    settings: &ChatSettings,
    room: Room,
    lang: Lang,
    tell: impl Fn(ConsoleEvent) -> bool + Clone + Send + 'static,
) -> Result<View, Error> {
    let prompt = match settings.form {
        Form::Lines => format!("{}> ", settings.name),
        Form::Json => String::new(),
    };
    let config = ConsoleConfig {
        prompt,
        paste: PastePolicy::Ask {
            question: Box::new(move |lines| text::paste_question(lang, lines)),
            is_yes: text::is_yes,
        },
        lang,
        form: settings.form,
        color: settings.color,
    };
    Ok(View {
        console: Console::open(config, tell)?,
        room,
    })
}
