//! What is known of one room beside its conversation: who is here, how far own lines have got, and
//! whether the network carries it. Pure.

use super::super::lines::{Lines, Style};
use super::super::names::Names;
use super::delivery::Delivery;
use super::people::People;
use super::transfers::Transfers;
use crate::chat::entry::Syntax;
use crate::chat::event::News;
use crate::chat::rooms::LOBBY;
use crate::terminal::screen::{Color, Form, Screen};
use crate::text::Lang;

/// See the file's head.
#[derive(Debug)]
pub(super) struct Room {
    /// As it is shown.
    pub(super) name: String,
    pub(super) is_keyed: Option<bool>,
    pub(super) is_offline: bool,
    pub(super) people: People,
    pub(super) names: Names,
    pub(super) delivery: Delivery,
    pub(super) transfers: Transfers,
    /// Writes the sentences about what is no message.
    pub(super) lines: Lines,
}

impl Room {
    /// One of which only the name is known.
    pub(super) fn new(name: String, lang: Lang) -> Self {
        let style = Style {
            lang,
            screen: Screen::new(Form::Lines, Color::Never, lang),
            shows_own: true,
            syntax: Syntax::Commands,
        };
        Self {
            lines: Lines::new(style, name.clone()),
            name,
            is_keyed: None,
            is_offline: false,
            people: People::default(),
            names: Names::default(),
            delivery: Delivery::default(),
            transfers: Transfers::default(),
        }
    }

    /// Takes in what is told of it.
    pub(super) fn follow(&mut self, news: &News) {
        self.people.follow(news);
        let ready = match news {
            News::Ready(ready) => Some(ready),
            News::Snapshot(snapshot) => snapshot.ready.as_ref(),
            News::Delivered(report) => {
                self.delivery.report(report);
                None
            }
            News::Files(happened) => {
                self.transfers.follow(happened);
                None
            }
            News::NoNetwork => {
                self.is_offline = true;
                None
            }
            News::InterfaceJoined(_) => {
                self.is_offline = false;
                None
            }
            _ => None,
        };
        if let Some(ready) = ready {
            self.is_keyed = Some(ready.is_keyed);
            let name = ready.room.as_deref().unwrap_or(LOBBY);
            if name != self.name {
                name.clone_into(&mut self.name);
            }
        }
    }
}
