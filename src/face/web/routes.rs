//! Everything that can be asked for at a listener, as one closed table for each kind of listener.

use super::files::File;
use super::server::Audience;
use crate::chat::transfer::OfferId;

/// How something is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// To read it.
    Get,
    /// To do it.
    Post,
    /// To put something there.
    Put,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// A file of the page.
    File(&'static File),
    /// The page's sentences.
    Texts,
    /// That the server shows that it knows the token.
    Prove,
    /// What happens in the rooms, from now on.
    Events,
    /// To say or do something.
    Say,
    /// What was said.
    History,
    /// To come in as a guest.
    Enter,
    /// What a guest may know, from now on.
    GuestEvents,
    /// To say something as a guest.
    GuestSay,
    /// A connection for sound and pictures.
    Connect,
    /// To do something on such a connection.
    Call,
    /// A connection for sound and pictures, as a guest.
    GuestConnect,
    /// To do something on it, as a guest.
    GuestCall,
    /// To offer a file.
    Offer,
    /// A file that is here.
    Fetch(OfferId),
    /// What lets a browser download it.
    Ticket(OfferId),
}

/// What stands at a listener.
#[derive(Debug)]
pub(super) struct Table {
    audience: Audience,
    others: &'static [(&'static str, Verb, Route)],
    /// Where files are, and the tickets for them.
    files: &'static str,
    tickets: &'static str,
}

/// What the person's own page asks for.
pub(super) static PAGE: Table = Table {
    audience: Audience::Person,
    others: &[
        ("/texts", Verb::Get, Route::Texts),
        ("/prove", Verb::Post, Route::Prove),
        ("/events", Verb::Get, Route::Events),
        ("/say", Verb::Post, Route::Say),
        ("/history", Verb::Get, Route::History),
        ("/offer", Verb::Post, Route::Connect),
        ("/call", Verb::Post, Route::Call),
        ("/files", Verb::Put, Route::Offer),
    ],
    files: "/files/",
    tickets: "/tickets/",
};

/// What a guest's page asks for, and there is nothing else for it.
pub(super) static GUESTS: Table = Table {
    audience: Audience::Guests,
    others: &[
        ("/texts", Verb::Get, Route::Texts),
        ("/guest/enter", Verb::Post, Route::Enter),
        ("/guest/events", Verb::Get, Route::GuestEvents),
        ("/guest/say", Verb::Post, Route::GuestSay),
        ("/guest/offer", Verb::Post, Route::GuestConnect),
        ("/guest/call", Verb::Post, Route::GuestCall),
        ("/guest/files", Verb::Put, Route::Offer),
    ],
    files: "/guest/files/",
    tickets: "/guest/tickets/",
};

impl Table {
    /// What stands at a path, and how it is asked for.
    pub(super) fn at(&self, path: &str) -> Option<(Verb, Route)> {
        let file = File::at(path, self.audience).map(|file| (Verb::Get, Route::File(file)));
        file.or_else(|| {
            let found = self.others.iter().find(|(at, ..)| *at == path);
            let found = found.map(|(_, verb, route)| (*verb, *route));
            found.or_else(|| self.of_offer(path))
        })
    }

    /// What stands at the path of one offer.
    fn of_offer(&self, path: &str) -> Option<(Verb, Route)> {
        if let Some(id) = path.strip_prefix(self.files) {
            return Some((Verb::Get, Route::Fetch(offer_id(id)?)));
        }
        let id = path.strip_prefix(self.tickets)?;
        Some((Verb::Post, Route::Ticket(offer_id(id)?)))
    }

    /// Whether a guest's session is asked for, and not the token of the listener.
    pub(super) fn asks_for_session(&self, route: Route) -> bool {
        self.audience == Audience::Guests && route != Route::Enter
    }
}

impl Route {
    /// Whether anybody may have it, since it says nothing about the room.
    pub(super) fn is_public(self) -> bool {
        matches!(self, Self::File(_) | Self::Texts | Self::Prove)
    }

    /// Whether it may be asked for with a ticket instead.
    pub(super) fn takes_ticket(self) -> bool {
        matches!(self, Self::Fetch(_))
    }
}

/// The id of an offer: 32 small hexadecimal digits.
fn offer_id(digits: &str) -> Option<OfferId> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_id = digits.len() == 32 && digits.bytes().all(is_digit);
    let number = u128::from_str_radix(digits, 16).ok().filter(|_| is_id)?;
    Some(OfferId(number.to_be_bytes()))
}

/// The ticket in a query, if one is there.
pub(super) fn shown_ticket(query: &str) -> Option<&str> {
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("ticket="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stands_for_one_thing_and_nothing_else_is_there() {
        for table in [&PAGE, &GUESTS] {
            for (number, (path, verb, route)) in table.others.iter().enumerate() {
                assert_eq!(table.at(path), Some((*verb, *route)), "no file is there");
                let mut before = table.others.iter().take(number);
                assert!(
                    before.all(|(other, ..)| other != path),
                    "{path} is there twice"
                );
            }
        }
        let id = "0123456789abcdef0123456789abcdef";
        let bytes = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef_u128.to_be_bytes();
        let fetched = Some((Verb::Get, Route::Fetch(OfferId(bytes))));
        assert_eq!(PAGE.at(&format!("/files/{id}")), fetched);
        assert_eq!(GUESTS.at(&format!("/guest/files/{id}")), fetched);
        assert_eq!(GUESTS.at(&format!("/files/{id}")), None);
        for none in [
            "/files/",
            "/files/0123",
            "/files/../files/0123456789abcdef",
            "/files/0123456789ABCDEF0123456789abcdef",
            "/files/+123456789abcdef0123456789abcdef",
            "/tickets/0123456789abcdef0123456789abcdefg",
            "",
            "//",
            "/page.css/",
            "/../page.css",
            "/PAGE.CSS",
            "/events/",
        ] {
            assert_eq!(PAGE.at(none), None, "{none}");
        }
    }
}
