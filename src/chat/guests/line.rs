//! What guests see of a room: what is said to everybody, and what becomes of it. No private
//! messages, no keys, nobody's coming and going, and nothing of what the host is asked or answered.

use crate::chat::event::{Content, Guest, Id, Message, News, Person, Timing};
use crate::chat::trust::{SUFFIX, Standing};
use crate::protocol::engine::event::Version;
use crate::protocol::lookalike::clean_name;

/// Something that guests see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A message.
    Said(GuestLine),
    /// A message says something else from now on.
    Edited {
        /// Which.
        id: Id,
        /// What it says, uncleaned.
        text: String,
    },
    /// A message was withdrawn.
    Deleted {
        /// Which.
        id: Id,
    },
}

/// A message, as guests see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestLine {
    /// Which; `None` for a line of the plain wire, which is not changed and not shown again.
    pub id: Option<Id>,
    /// The author's name, cleaned, with a suffix where several people have it.
    pub name: String,
    /// Who the author is.
    pub author: GuestLineAuthor,
    /// What is said, uncleaned; empty if it was withdrawn.
    pub text: String,
    /// Whether the text is what the author does: `* ana acena`.
    pub is_action: bool,
    /// When it was said, in milliseconds since 1970.
    pub wall_ms: u64,
    /// Whether it is shown after messages that follow it, or was said before.
    pub timing: Timing,
    /// What became of it.
    pub form: GuestLineForm,
}

/// Who the author of a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuestLineAuthor {
    /// A member, who has a key.
    Member {
        /// Whether it is the host.
        is_host: bool,
    },
    /// A guest of a member.
    Guest {
        /// The member's number for the guest.
        number: u32,
        /// The member's name, cleaned, with a suffix where several people have it.
        of: String,
        /// Whether that is the host.
        is_host: bool,
    },
    /// A program of the plain wire, which proves nothing.
    Plain,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GuestLineForm {
    /// Nothing.
    #[default]
    Original,
    /// Its author has changed it.
    Edited,
    /// Its author has withdrawn it.
    Deleted,
}

/// What guests see of some news of the host's; `None` if it is not for them.
#[must_use]
pub fn line_of(news: &News) -> Option<Seen> {
    match news {
        News::Message(message) => of_message(message).map(Seen::Said),
        News::Guest(guest) => Some(Seen::Said(of_plain(guest))),
        News::Edited(edited) => Some(Seen::Edited {
            id: edited.id,
            text: edited.text.clone(),
        }),
        News::Deleted(deleted) => Some(Seen::Deleted { id: deleted.id }),
        _ => None,
    }
}

/// A message as guests see it; `None` if it is private.
pub(super) fn of_message(message: &Message) -> Option<GuestLine> {
    if message.is_private || message.to.is_some() {
        return None;
    }
    let (is_host, host) = (message.is_own, named(&message.who));
    let (name, author) = match &message.guest {
        None => (host, GuestLineAuthor::Member { is_host }),
        Some(guest) => {
            let author = GuestLineAuthor::Guest {
                number: guest.number,
                of: host,
                is_host,
            };
            (clean_name(guest.name.as_str()).into_owned(), author)
        }
    };
    Some(GuestLine {
        id: Some(message.id),
        name,
        author,
        text: message.text().to_owned(),
        is_action: matches!(message.content, Content::Action(_)),
        wall_ms: message.wall_ms,
        timing: message.timing,
        form: match message.version {
            Version::Original => GuestLineForm::Original,
            Version::Edited(_) => GuestLineForm::Edited,
            Version::Deleted => GuestLineForm::Deleted,
        },
    })
}

fn of_plain(guest: &Guest) -> GuestLine {
    GuestLine {
        id: None,
        name: clean_name(guest.name.as_deref().unwrap_or_default()).into_owned(),
        author: GuestLineAuthor::Plain,
        text: guest.text.clone().unwrap_or_default(),
        is_action: false,
        wall_ms: guest.wall_ms,
        timing: Timing::Live,
        form: GuestLineForm::Original,
    }
}

fn named(person: &Person) -> String {
    let name = clean_name(&person.name);
    match (&person.suffix, person.standing) {
        (Some(suffix), standing) if standing != Standing::Nameless => {
            format!("{name}{SUFFIX}{suffix}")
        }
        _ => name.into_owned(),
    }
}
