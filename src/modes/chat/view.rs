//! How events become lines for people or objects for programs.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;

use super::secret::Room;
use crate::error::Error;
use crate::protocol::engine::clock::clock_ms;
use crate::protocol::engine::event::{Delivery, EngineEvent};
use crate::protocol::engine::trust::{PRIVATE, VERIFIED};
use crate::terminal::console::Console;
use crate::terminal::screen::{Form, Shown, Speaker};
use crate::text::{self, Lang};

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
    verified: bool,
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
    waiting: Option<&'e [String]>,
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
        self.console.say(sentence);
        Ok(())
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
            stamp: &self.console.wall_clock.now().clone(),
            source: nowhere(),
            speaker: Speaker::Name(&format!("{PRIVATE} {to}")),
            data: Some(text),
        };
        self.console.message(&shown);
        Ok(())
    }

    /// Shows the code to compare with somebody.
    pub(super) fn code(&mut self, who: &str, code: &str) -> Result<(), Error> {
        if self.console.screen.form() == Form::Lines {
            let lang = self.console.screen.lang();
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
            event if self.console.screen.form() == Form::Json => self.object(object_of(event)),
            event => match sentence_of(self.console.screen.lang(), event) {
                Some(sentence) => self.say(&sentence),
                None => Ok(()),
            },
        }
    }

    fn said(&mut self, said: &Delivery, event: &str) -> Result<(), Error> {
        let console = &mut self.console;
        let moment = Duration::from_millis(clock_ms(said.id.place.clock));
        let stamp = &console.wall_clock.at(moment).clone();
        let mut marked = said.who.clone();
        if said.is_verified {
            marked.extend([' ', VERIFIED]);
        }
        if said.is_private {
            marked.extend([' ', PRIVATE]);
        }
        match console.screen.form() {
            Form::Lines => console.message(&Shown {
                stamp,
                source: said.source.unwrap_or_else(nowhere),
                speaker: Speaker::Name(&marked),
                data: Some(&said.text),
            }),
            Form::Json => console.object(&Object {
                event,
                time: &stamp.rfc3339,
                room: self.room.shown(),
                user: Some(&said.who),
                data: Some(&said.text),
                source: said.source,
                late: said.is_late,
                verified: said.is_verified,
                private: said.is_private,
                ..Object::default()
            }),
        };
        Ok(())
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
        let name = name.unwrap_or_else(|| text::anonymous(self.console.screen.lang()));
        let shown = Shown {
            stamp: &self.console.wall_clock.now().clone(),
            source,
            speaker: Speaker::Name(&format!("~{name}")),
            data: text,
        };
        self.console.message(&shown);
        Ok(())
    }

    fn object(&mut self, object: Object<'_>) -> Result<(), Error> {
        let stamp = self.console.wall_clock.now().clone();
        let object = Object {
            time: &stamp.rfc3339,
            room: self.room.shown(),
            ..object
        };
        self.console.object(&object);
        Ok(())
    }
}

/// What stands for the address of somebody who has left.
fn nowhere() -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], 0))
}

fn object_of(event: &EngineEvent) -> Object<'_> {
    let object = Object::default();
    let about = |event, who| Object {
        event,
        user: Some(who),
        ..Object::default()
    };
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
        EngineEvent::Namesake { who, .. } => about("namesake", who),
        EngineEvent::Equivocation { who } => about("equivocation", who),
        EngineEvent::Gap { who, frames } => Object {
            frames: Some(*frames),
            ..about("gap", who)
        },
        EngineEvent::Delivered {
            by, of, waiting, ..
        } => Object {
            event: "delivered",
            by: Some(*by),
            of: Some(*of),
            waiting: Some(waiting),
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
        EngineEvent::Said(_) | EngineEvent::Met { .. } | EngineEvent::Guest { .. } => object,
    }
}

fn sentence_of(lang: Lang, event: &EngineEvent) -> Option<String> {
    Some(match event {
        EngineEvent::Entered {
            who,
            was_here: true,
        } => text::is_here(lang, who),
        EngineEvent::Entered { who, .. } => text::entered(lang, who),
        EngineEvent::Left {
            who,
            with_farewell: true,
        } => text::member_left(lang, who),
        EngineEvent::Left { who, .. } => text::member_gone(lang, who),
        EngineEvent::Silent(who) => text::silent(lang, who),
        EngineEvent::Back(who) => text::back(lang, who),
        EngineEvent::Gap { who, .. } => text::gap(lang, who),
        EngineEvent::Namesake { name, who } => text::namesake(lang, name, who),
        EngineEvent::Equivocation { who } => text::equivocation(lang, who),
        EngineEvent::CaughtUp { messages } => text::caught_up(lang, *messages),
        EngineEvent::Unmirrored { lines } => text::unmirrored(lang, *lines),
        EngineEvent::Delivered {
            by, of, waiting, ..
        } if !waiting.is_empty() => text::waiting_for(lang, *by, *of, waiting),
        // That all went well is said only to those who were told to wait.
        EngineEvent::Delivered {
            by,
            of,
            was_told: true,
            ..
        } => text::delivered(lang, *by, *of),
        EngineEvent::Delivered { .. }
        | EngineEvent::Said(_)
        | EngineEvent::Met { .. }
        | EngineEvent::Guest { .. } => {
            return None;
        }
    })
}
