//! How what the hub tells becomes lines for people or objects for programs.

use std::net::SocketAddr;

use serde::Serialize;

use super::menu::Menu;
use crate::protocol::hub::joiner::JoinerEvent;
use crate::terminal::console::Console;
use crate::terminal::screen::{Form, Shown, Speaker};
use crate::text;

/// Keyboard, screen and the hub's address.
pub(super) struct View {
    pub(super) console: Console,
    /// The name we go by.
    pub(super) name: String,
    pub(super) has_menu: bool,
}

/// One event for programs. What does not belong to it is left out.
#[derive(Serialize, Default)]
struct Object<'e> {
    event: &'e str,
    time: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    private: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    own: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    framed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<&'e [String]>,
}

impl View {
    /// Shows what the hub told.
    pub(super) fn event(&mut self, hub: SocketAddr, event: &JoinerEvent) {
        if self.console.screen.form() == Form::Json {
            return self.object(object_of(event));
        }
        let lang = self.console.screen.lang();
        match event {
            JoinerEvent::Said {
                from,
                is_private,
                is_own,
                text,
            } => {
                let who = match *is_private && !is_own {
                    true => text::privately(lang, from),
                    false => from.clone(),
                };
                let stamp = self.console.wall_clock.now().clone();
                // There is room: nothing is taken from the hub while there is none.
                self.console.message(&Shown {
                    stamp: &stamp,
                    source: hub,
                    speaker: Speaker::Name(&who),
                    data: Some(text),
                });
            }
            JoinerEvent::Joined { is_framed, .. } => {
                let hub = hub.to_string();
                self.console.say(&text::joined(lang, &hub, self.has_menu));
                if !is_framed {
                    self.console.say(&text::hub_is_naive(lang));
                }
            }
            JoinerEvent::List { names, .. } => self.console.say(&text::at_hub(lang, names)),
            JoinerEvent::Told(words) | JoinerEvent::Out(words) => {
                self.console.say(&text::hub_says(lang, words))
            }
            JoinerEvent::Refused(words) => self.console.say(&text::hub_refused(lang, words)),
            JoinerEvent::ProofAsked => self.console.say(&text::proof_asked(lang, &self.name)),
            JoinerEvent::Closed => self.console.say(&text::hub_closed(lang)),
            JoinerEvent::Broken => self.console.say(&text::hub_broken(lang)),
        }
    }

    /// Says what went wrong, to programs as an event.
    pub(super) fn fault(&mut self, sentence: &str) {
        match self.console.screen.form() {
            Form::Lines => self.console.say(sentence),
            Form::Json => self.object(Object {
                event: "error",
                data: Some(sentence),
                ..Object::default()
            }),
        }
    }

    /// Asks for what the menu needs next.
    pub(super) fn ask(&mut self, menu: &Menu) {
        let lang = self.console.screen.lang();
        match menu {
            Menu::Choice => text::menu(lang)
                .iter()
                .for_each(|line| self.console.say(line)),
            Menu::PrivateTo => self.console.say(&text::asks_whom(lang)),
            Menu::BroadcastMode => self.console.say(&text::asks_me_too(lang)),
            Menu::EchoText | Menu::PrivateText(_) | Menu::BroadcastText(_) => {
                self.console.say(&text::asks_text(lang))
            }
        }
    }

    fn object(&mut self, object: Object<'_>) {
        let stamp = self.console.wall_clock.now().clone();
        // There is room: nothing is taken from the hub while there is none.
        self.console.object(&Object {
            time: &stamp.rfc3339,
            ..object
        });
    }
}

fn object_of(event: &JoinerEvent) -> Object<'_> {
    let about = |event, data| Object {
        event,
        data: Some(data),
        ..Object::default()
    };
    match event {
        JoinerEvent::Said {
            from,
            is_private,
            is_own,
            text,
        } => Object {
            user: Some(from),
            private: is_private.then_some(true),
            own: is_own.then_some(true),
            ..about("message", text)
        },
        JoinerEvent::Joined { text, is_framed } => Object {
            framed: Some(*is_framed),
            ..about("joined", text)
        },
        JoinerEvent::List { names, text } => Object {
            members: Some(names),
            ..about("list", text)
        },
        JoinerEvent::Told(words) => about("hub", words),
        JoinerEvent::Refused(words) => about("refused", words),
        JoinerEvent::Out(words) => about("out", words),
        JoinerEvent::ProofAsked => about("refused", "moderator"),
        JoinerEvent::Closed => about("closed", "server closed"),
        JoinerEvent::Broken => about("error", "not a hub"),
    }
}
