//! How events become lines for people or objects for programs.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;

use super::secret::Room;
use crate::error::Error;
use crate::protocol::engine::clock::clock_ms;
use crate::protocol::engine::event::{Delivery, EngineEvent, NamedKey};
use crate::terminal::console::Console;
use crate::terminal::screen::{Form, Shown, Speaker};
use crate::text::{self, Lang};

/// What stands beside the name when nobody else could read a message.
const PRIVATE: char = '✉';

/// What the person sits at, and the room that is talked about.
pub(super) struct View {
    pub(super) console: Console,
    pub(super) room: Room,
}

/// One event for programs. What does not belong to it is left out.
#[derive(Serialize, Default)]
struct Object<'e> {
    event: &'e str,
    time: &'e str,
    room: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SocketAddr>,
    #[serde(skip_serializing_if = "is_false")]
    late: bool,
    #[serde(skip_serializing_if = "is_false")]
    private: bool,
    #[serde(skip_serializing_if = "is_false")]
    here_before: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    farewell: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<&'e [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<usize>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl View {
    /// Says one sentence to a person; programs are told events, and may read stderr.
    pub(super) fn say(&mut self, sentence: &str) -> Result<(), Error> {
        self.console.say(sentence)
    }

    /// Says what went wrong, to programs as an event.
    pub(super) fn fault(&mut self, sentence: &str) -> Result<(), Error> {
        if self.console.screen.form() == Form::Lines {
            return self.say(sentence);
        }
        self.object(Object {
            event: "error",
            data: Some(sentence),
            ..Object::default()
        })
    }

    /// Shows who is here.
    pub(super) fn who(&mut self, sentence: &str, members: &[String]) -> Result<(), Error> {
        if self.console.screen.form() == Form::Lines {
            return self.say(sentence);
        }
        self.object(Object {
            event: "who",
            members: Some(members),
            ..Object::default()
        })
    }

    /// Shows what was said to one person only.
    pub(super) fn said_privately(&mut self, to: &str, text: &str) -> Result<(), Error> {
        if self.console.screen.form() == Form::Json {
            return self.object(Object {
                event: "said_privately",
                user: Some(to),
                data: Some(text),
                private: true,
                ..Object::default()
            });
        }
        let shown = Shown {
            stamp: self.console.wall_clock.now(),
            source: nowhere(),
            speaker: Speaker::Name(&format!("{PRIVATE} {to}")),
            data: Some(text),
        };
        self.console.screen.message(&shown).map_err(Error::Output)
    }

    /// Shows the code to compare with somebody.
    pub(super) fn code(&mut self, who: &str, code: &str) -> Result<(), Error> {
        if self.console.screen.form() == Form::Lines {
            let lang = self.console.lang;
            return self.say(&text::compare_code(lang, who, code));
        }
        self.object(Object {
            event: "code",
            user: Some(who),
            data: Some(code),
            ..Object::default()
        })
    }

    /// Shows one message of the history.
    pub(super) fn past(&mut self, said: &Delivery) -> Result<(), Error> {
        self.said(said, "history")
    }

    /// Shows what happened.
    pub(super) fn event(&mut self, event: &EngineEvent) -> Result<(), Error> {
        match event {
            EngineEvent::Said(said) => self.said(said, "message"),
            EngineEvent::Guest { name, text, source } => {
                self.guest(name.as_deref(), text.as_deref(), *source)
            }
            EngineEvent::Sent { .. } => Ok(()),
            event if self.console.screen.form() == Form::Json => self.object(object_of(event)),
            event => match sentence_of(self.console.lang, event) {
                Some(sentence) => self.say(&sentence),
                None => Ok(()),
            },
        }
    }

    fn said(&mut self, said: &Delivery, event: &str) -> Result<(), Error> {
        let console = &mut self.console;
        let moment = Duration::from_millis(clock_ms(said.id.place.clock));
        let stamp = console.wall_clock.at(moment);
        let mut marked = said.who.name.to_string();
        if said.is_private {
            marked.extend([' ', PRIVATE]);
        }
        let written = match console.screen.form() {
            Form::Lines => console.screen.message(&Shown {
                stamp,
                source: said.source.unwrap_or_else(nowhere),
                speaker: Speaker::Name(&marked),
                data: Some(&said.text),
            }),
            Form::Json => console.screen.object(&Object {
                event,
                time: &stamp.rfc3339,
                room: self.room.shown(),
                user: Some(said.who.name.as_str()),
                data: Some(&said.text),
                source: said.source,
                late: said.is_late,
                private: said.is_private,
                ..Object::default()
            }),
        };
        written.map_err(Error::Output)
    }

    /// A guest is shown with `~` in front of the name that it claims.
    fn guest(
        &mut self,
        name: Option<&str>,
        text: Option<&str>,
        source: SocketAddr,
    ) -> Result<(), Error> {
        if self.console.screen.form() == Form::Json {
            return self.object(Object {
                event: "guest",
                user: name,
                data: text,
                source: Some(source),
                ..Object::default()
            });
        }
        let name = name.unwrap_or_else(|| text::anonymous(self.console.lang));
        let shown = Shown {
            stamp: self.console.wall_clock.now(),
            source,
            speaker: Speaker::Name(&format!("~{name}")),
            data: text,
        };
        self.console.screen.message(&shown).map_err(Error::Output)
    }

    fn object(&mut self, object: Object<'_>) -> Result<(), Error> {
        let stamp = self.console.wall_clock.now();
        let object = Object {
            time: &stamp.rfc3339,
            room: self.room.shown(),
            ..object
        };
        self.console.screen.object(&object).map_err(Error::Output)
    }
}

/// What people go by.
pub(super) fn names(people: &[NamedKey]) -> Vec<String> {
    let names = people.iter().map(|person| person.name.to_string());
    names.collect()
}

/// What stands for the address of somebody who has left.
fn nowhere() -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], 0))
}

fn object_of(event: &EngineEvent) -> Object<'_> {
    let object = Object::default();
    match event {
        EngineEvent::Entered { who, was_here } => Object {
            here_before: *was_here,
            ..about("entered", who)
        },
        EngineEvent::Left { who, with_farewell } => Object {
            farewell: Some(*with_farewell),
            ..about("left", who)
        },
        EngineEvent::Silent(who) => about("silent", who),
        EngineEvent::Back(who) => about("back", who),
        EngineEvent::Equivocation { who } => about("equivocation", who),
        EngineEvent::Gap { who, frames } => Object {
            frames: Some(*frames),
            ..about("gap", who)
        },
        EngineEvent::Delivered {
            has, of, waiting, ..
        } => Object {
            event: "delivered",
            by: Some(*has),
            of: Some(*of),
            waiting: Some(names(waiting)),
            ..object
        },
        EngineEvent::CaughtUp { messages } => Object {
            event: "caught_up",
            messages: Some(*messages),
            ..object
        },
        EngineEvent::Unmirrored { lines } => Object {
            event: "unmirrored",
            messages: Some(*lines),
            ..object
        },
        EngineEvent::Said(_) | EngineEvent::Sent { .. } | EngineEvent::Guest { .. } => object,
    }
}

fn about<'e>(event: &'e str, who: &'e NamedKey) -> Object<'e> {
    Object {
        event,
        user: Some(who.name.as_str()),
        ..Object::default()
    }
}

fn sentence_of(lang: Lang, event: &EngineEvent) -> Option<String> {
    Some(match event {
        EngineEvent::Entered {
            who,
            was_here: true,
        } => text::is_here(lang, who.name.as_str()),
        EngineEvent::Entered { who, .. } => text::entered(lang, who.name.as_str()),
        EngineEvent::Left {
            who,
            with_farewell: true,
        } => text::member_left(lang, who.name.as_str()),
        EngineEvent::Left { who, .. } => text::member_gone(lang, who.name.as_str()),
        EngineEvent::Silent(who) => text::silent(lang, who.name.as_str()),
        EngineEvent::Back(who) => text::back(lang, who.name.as_str()),
        EngineEvent::Gap { who, .. } => text::gap(lang, who.name.as_str()),
        EngineEvent::Equivocation { who } => text::equivocation(lang, who.name.as_str()),
        EngineEvent::CaughtUp { messages } => text::caught_up(lang, *messages),
        EngineEvent::Unmirrored { lines } => text::unmirrored(lang, *lines),
        EngineEvent::Delivered {
            has, of, waiting, ..
        } if !waiting.is_empty() => text::waiting_for(lang, *has, *of, &names(waiting)),
        // That all went well is said only to those who were told to wait.
        EngineEvent::Delivered {
            has,
            of,
            was_told: true,
            ..
        } => text::delivered(lang, *has, *of),
        EngineEvent::Delivered { .. }
        | EngineEvent::Said(_)
        | EngineEvent::Sent { .. }
        | EngineEvent::Guest { .. } => {
            return None;
        }
    })
}
