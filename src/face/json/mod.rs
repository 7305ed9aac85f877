//! The face for programs: one object per line, of the one schema that `src/manual/json.md`
//! documents. Words for people never stand here: `data` of an error is English in every language.

mod amendments;
mod beyond;
pub mod call;
mod files;
mod guests;
mod object;
mod page;
pub mod place;
mod stored;

use std::time::Duration;

use self::amendments::{of_deleted, of_edited, of_forgotten, of_found, of_searched};
use self::beyond::of_beyond;
#[cfg(feature = "web")]
pub(in crate::face) use self::files::kind_of_offer;
use self::object::{Dropped, NetworkInterface, Object, OpenRoom, Someone};
use self::page::Extras;
use super::failure;
use super::lines::sentence_of_beyond;
use crate::chat::event::{
    Content, Delivered, Failure, Guest, HubNews, Ignored, Message, News, PeerNews, Person, Ready,
    Stats, Timing,
};
use crate::chat::rooms::RoomNews;
use crate::chat::trust::Standing;
use crate::clock::WallClock;
use crate::protocol::engine::event::Version;
use crate::terminal::screen::{Color, Form, Screen};
use crate::text::Lang;

/// The version of the schema, which `ready` alone carries.
pub const SCHEMA: u32 = 2;

/// Writes objects.
#[derive(Debug)]
pub struct Json {
    /// The room's name, in modes that have rooms.
    room: Option<String>,
    screen: Screen,
    clock: WallClock,
    /// The language of the words of errors.
    lang: Lang,
    /// What a page is told besides.
    extras: Option<Extras>,
}

impl Json {
    /// A face for one room, or for a mode that has none.
    #[must_use]
    pub fn new(room: Option<String>) -> Self {
        Self {
            room,
            screen: Screen::new(Form::Json, Color::Never, Lang::En),
            clock: WallClock::default(),
            lang: Lang::En,
            extras: None,
        }
    }

    /// Writes of another room from now on.
    pub(super) fn turn_to(&mut self, room: &str) {
        self.room = Some(room.to_owned());
    }

    /// One line, with its line end, for an event. `request` is the name that the program
    /// gave its request.
    pub fn line(&mut self, request: Option<&str>, news: &News) -> String {
        let mut object = object_of(news);
        let words = match news {
            News::Failed(failed) => {
                let room = self.room.as_deref().unwrap_or_default();
                Some(failure::sentence(self.lang, failed, None, room))
            }
            News::Files(happened) => files::words(self.lang, happened),
            News::Media(happened) => call::words(self.lang, happened),
            News::Beyond(happened) => sentence_of_beyond(self.lang, happened),
            _ => None,
        };
        if let Some(words) = &words {
            object.data = Some(Some(words));
        }
        if let Some(extras) = &mut self.extras {
            extras.add(news, &mut object);
        }
        let stamp = match news {
            News::Message(message) => self.clock.at(Duration::from_millis(message.wall_ms)),
            News::Guest(guest) => self.clock.at(Duration::from_millis(guest.wall_ms)),
            News::Edited(edited) => self.clock.at(Duration::from_millis(edited.wall_ms)),
            News::Deleted(deleted) => self.clock.at(Duration::from_millis(deleted.wall_ms)),
            News::Found(found) => self.clock.at(Duration::from_millis(found.message.wall_ms)),
            News::Files(happened) => match files::wall_ms(happened) {
                Some(wall_ms) => self.clock.at(Duration::from_millis(wall_ms)),
                None => self.clock.now(),
            },
            _ => self.clock.now(),
        };
        let object = Object {
            time: &stamp.rfc3339,
            room: self.room.as_deref(),
            request,
            ..object
        };
        let mut line = String::new();
        self.screen.object(&object, &mut line);
        line
    }
}

/// Whether programs are told of this at all. What a person saw in earlier sessions and what a face
/// reads on for itself is no news, and how guests are served concerns nobody else.
#[must_use]
pub(in crate::face) fn is_told(news: &News) -> bool {
    let is_for_one_face = matches!(news, News::Recent(_) | News::ReadUntil(_) | News::Page(_));
    !is_for_one_face && !news.is_for_server()
}

fn object_of(news: &News) -> Object<'_> {
    match news {
        News::Ready(ready) => of_ready(ready),
        News::Message(message) => of_message(message),
        News::Edited(edited) => of_edited(edited),
        News::Deleted(deleted) => of_deleted(deleted),
        News::Found(found) => of_found(found),
        News::Searched { count, has_more } => of_searched(*count, *has_more),
        News::Guest(guest) => of_guest(guest),
        News::Guests(event) => guests::of_event(event),
        News::Entered { person, was_here } => Object {
            here_before: *was_here,
            ..about("entered", person)
        },
        News::Left {
            person,
            with_farewell,
        } => Object {
            farewell: Some(*with_farewell),
            ..about("left", person)
        },
        News::Silent(person) => about("silent", person),
        News::Slow(person) => about("slow", person),
        News::Back(person) => about("back", person),
        News::Namesake(person) => about("namesake", person),
        News::NameTaken(me) => about("name_taken", me),
        News::SharedKey(members) => Object {
            members: Some(members.iter().map(Someone::here).collect()),
            ..event("shared_key")
        },
        News::OwnKeyElsewhere(source) => Object {
            source: Some(*source),
            ..event("own_key_elsewhere")
        },
        News::Equivocation(person) => about("equivocation", person),
        News::Gap { person, frames } => Object {
            frames: Some(*frames),
            ..about("gap", person)
        },
        News::Delivered(delivered) => of_delivered(delivered),
        News::CaughtUp { messages } => Object {
            messages: Some(*messages),
            ..event("caught_up")
        },
        News::Unmirrored { lines } => Object {
            lines: Some(*lines as u64),
            ..event("unmirrored")
        },
        News::Members(members) | News::Fingerprints(members) => Object {
            members: Some(members.iter().map(Someone::here).collect()),
            ..event("members")
        },
        News::Code { person, code } => Object {
            data: Some(Some(code)),
            ..about("code", person)
        },
        News::VerifyAsked(person) => about("verify_asked", person),
        News::Verified(person) => about("verified", person),
        News::Unverified(person) => about("unverified", person),
        News::Stats(stats) => of_stats(stats),
        News::Failed(failure) => of_failure(failure),
        News::Hub(news) => of_hub(news),
        News::Peer(news) => of_peer(news),
        News::Room(news) => of_room(news),
        News::Files(happened) => files::of_event(happened),
        News::Media(happened) => call::of_event(happened),
        other => of_relation(other),
    }
}

/// Who is called what, and who is ignored.
fn of_relation(news: &News) -> Object<'_> {
    match news {
        News::Renamed {
            before,
            person,
            is_own,
        } => Object {
            before: Some(&before.name),
            own: *is_own,
            ..about("renamed", person)
        },
        News::Ignored { who, is_kept } => Object {
            kept: *is_kept,
            ..about_ignored("ignored", who)
        },
        News::Unignored(who) => about_ignored("unignored", who),
        News::IgnoreList(all) => Object {
            members: Some(all.iter().map(Someone::ignored).collect()),
            ..event("ignore_list")
        },
        other => of_circumstance(other),
    }
}

/// What happens around the conversation.
fn of_circumstance(news: &News) -> Object<'_> {
    match news {
        News::Alone {
            interfaces,
            hears_itself,
        } => Object {
            interfaces: Some(interfaces.iter().map(NetworkInterface::of).collect()),
            hears_itself: Some(*hears_itself),
            ..event("alone")
        },
        News::InterfaceJoined(interface) => Object {
            name: Some(&interface.name),
            state: Some("joined"),
            ..event("interface")
        },
        News::InterfaceLost(interface) => Object {
            name: Some(&interface.name),
            state: Some("lost"),
            ..event("interface")
        },
        News::NoNetwork => event("no_network"),
        News::Forgotten(it) => of_forgotten(it),
        News::KeptAgain { missing } => Object {
            messages: Some(usize::try_from(*missing).unwrap_or(usize::MAX)),
            ..event("kept_again")
        },
        News::Slept => event("slept"),
        News::Beyond(news) => of_beyond(news),
        News::Missed { lines } => Object {
            lines: Some(*lines),
            ..event("missed")
        },
        News::Undelivered(ended) => Object {
            waiting: Some(ended.waiting.iter().map(Someone::of).collect()),
            has: Some(ended.holders),
            of: (ended.wanted > 0).then_some(ended.wanted),
            unsent: Some(ended.unsent).filter(|unsent| *unsent > 0),
            ..event("undelivered")
        },
        _ => Object::default(),
    }
}

fn event(event: &str) -> Object<'_> {
    Object {
        event,
        ..Object::default()
    }
}

fn about<'e>(event: &'e str, person: &'e Person) -> Object<'e> {
    let Someone {
        user,
        key,
        verified,
        namesake,
        ..
    } = Someone::of(person);
    Object {
        event,
        user: Some((person.standing != Standing::Nameless).then_some(user)),
        key,
        verified,
        namesake,
        ..Object::default()
    }
}

fn about_ignored<'e>(event: &'e str, who: &'e Ignored) -> Object<'e> {
    match who {
        Ignored::Person(person) => about(event, person),
        Ignored::Guest { name, address } => Object {
            event,
            user: Some(Some(name)),
            address: Some(*address),
            ..Object::default()
        },
        Ignored::GuestOf { name, host } => Object {
            event,
            user: Some(Some(name)),
            guest_of: Some(Someone::of(host)),
            ..Object::default()
        },
    }
}

fn of_ready(ready: &Ready) -> Object<'_> {
    Object {
        schema: Some(SCHEMA),
        keyed: Some(ready.is_keyed),
        interfaces: Some(ready.interfaces.iter().map(NetworkInterface::of).collect()),
        ..about("ready", &ready.me)
    }
}

fn of_message(message: &Message) -> Object<'_> {
    Object {
        id: Some(message.id.to_string()),
        to: message.to.as_ref().map(|person| &*person.name),
        data: match &message.content {
            Content::Text(text) => Some(Some(text)),
            Content::Action(text) => Some(Some(text)),
            Content::Null => Some(None),
            Content::Object(_) => None,
        },
        object: match &message.content {
            Content::Object(object) => serde_json::from_str(object).ok(),
            Content::Text(_) | Content::Action(_) | Content::Null => None,
        },
        source: message.source,
        action: matches!(message.content, Content::Action(_)),
        own: message.is_own,
        private: message.is_private,
        late: message.timing == Timing::Late,
        history: message.timing == Timing::History,
        edited: matches!(message.version, Version::Edited(_)),
        deleted: message.version == Version::Deleted,
        ..guests::about_author("message", message)
    }
}

fn of_guest(guest: &Guest) -> Object<'_> {
    Object {
        user: Some(guest.name.as_deref()),
        data: Some(guest.text.as_deref()),
        source: Some(guest.source),
        ..event("guest")
    }
}

fn of_delivered(delivered: &Delivered) -> Object<'_> {
    Object {
        first: Some(delivered.first.to_string()),
        last: Some(delivered.last.to_string()),
        has: Some(delivered.has),
        of: Some(delivered.of),
        waiting: Some(delivered.waiting.iter().map(Someone::of).collect()),
        kept_for: Some(delivered.kept_for).filter(|count| *count > 0),
        ..event("delivered")
    }
}

fn of_stats(stats: &Stats) -> Object<'_> {
    let dropped = stats.faults.iter().map(|(fault, frames)| Dropped {
        why: failure::snake_case(&format!("{fault:?}")),
        frames: *frames,
    });
    Object {
        messages: None,
        of: Some(stats.members),
        held_bytes: Some(stats.held_bytes),
        dropped: Some(dropped.collect()),
        refused: Some(stats.refused),
        repeats: Some(stats.repeats),
        ahead: Some(stats.ahead),
        misdirected: Some(stats.misdirected),
        unknown: Some(stats.unknown).filter(|count| *count > 0),
        ..event("stats")
    }
}

fn of_failure(failed: &Failure) -> Object<'_> {
    let object = Object {
        code: Some(failure::code(failed)),
        ..event("error")
    };
    match failed {
        Failure::UnknownCommand { given, .. }
        | Failure::NoCount(given)
        | Failure::OtherRoom(given)
        | Failure::AlreadyIn(given)
        | Failure::CannotEnter { room: given, .. }
        | Failure::CannotOffer { path: given, .. }
        | Failure::NobodyCalled(given)
        | Failure::NameCut(given)
        | Failure::NotIgnored(given)
        | Failure::NoTime(given)
        | Failure::NoWord(given)
        | Failure::NoMessageId(given)
        | Failure::NoMessage(given)
        | Failure::TooOld(given)
        | Failure::NotYourMessage(given)
        | Failure::NotYourGuest(given)
        | Failure::GuestWithoutKey(given)
        | Failure::BadName { given, .. }
        | Failure::OddName { given, .. }
        | Failure::PeopleUnknown(given) => Object {
            name: Some(given),
            ..object
        },
        Failure::SeveralCalled { given, people } => Object {
            name: Some(given),
            members: Some(people.iter().map(Someone::of).collect()),
            ..object
        },
        Failure::NotCompared(person)
        | Failure::NotVerified(person)
        | Failure::NoSessionKey(person) => Object {
            name: Some(&person.name),
            ..object
        },
        Failure::Network { interface, .. } => Object {
            name: interface.as_deref(),
            ..object
        },
        _ => object,
    }
}

fn of_room(news: &RoomNews) -> Object<'_> {
    match news {
        RoomNews::Joined { is_keyed, .. } => Object {
            keyed: Some(*is_keyed),
            ..event("joined")
        },
        RoomNews::Parted => event("parted"),
        RoomNews::Switched => event("switched"),
        RoomNews::List(rooms) => Object {
            rooms: Some(rooms.iter().map(OpenRoom::of).collect()),
            ..event("rooms")
        },
        // Nobody who could answer reads this.
        RoomNews::Asked(_) => event("asked"),
    }
}

fn of_peer(news: &PeerNews) -> Object<'_> {
    let left = |who, with_farewell| Object {
        farewell: Some(with_farewell),
        ..about("left", who)
    };
    match news {
        PeerNews::Ready { me, address } => Object {
            schema: Some(SCHEMA),
            source: Some(*address),
            ..about("ready", me)
        },
        PeerNews::Named(who) => about("entered", who),
        PeerNews::Finished(who) => about("finished", who),
        PeerNews::Farewell(who) => left(who, true),
        PeerNews::Left(who) => left(who, false),
    }
}

fn of_hub(news: &HubNews) -> Object<'_> {
    let says = |name, words| Object {
        data: Some(Some(words)),
        ..event(name)
    };
    match news {
        HubNews::Joined {
            name,
            address,
            is_framed,
            text,
        } => Object {
            schema: Some(SCHEMA),
            user: Some(Some(name)),
            source: Some(*address),
            framed: Some(*is_framed),
            ..says("ready", text)
        },
        HubNews::List { names, text } => Object {
            members: Some(names.iter().map(|name| Someone::unproven(name)).collect()),
            ..says("members", text)
        },
        HubNews::Says(words) => says("hub", words),
        HubNews::Out(words) => says("out", words),
        HubNews::Refused(words) => says("refused", words),
        HubNews::ProofAsked { .. } => says("refused", "moderator"),
        HubNews::Closed => event("closed"),
        HubNews::CloseAsked => event("close_asked"),
        HubNews::Away => event("away"),
        HubNews::Unsent(texts) => Object {
            lines: Some(texts.len() as u64),
            ..says("unsent", texts.first().map_or("", String::as_str))
        },
    }
}
