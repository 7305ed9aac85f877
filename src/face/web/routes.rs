//! Everything that can be asked for at a listener, as one closed table for each kind of listener.

use super::files::File;
use super::server::Audience;

/// How something is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// To read it.
    Get,
    /// To do it.
    Post,
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
    Offer,
    /// To do something on such a connection.
    Call,
    /// A connection for sound and pictures, as a guest.
    GuestOffer,
    /// To do something on it, as a guest.
    GuestCall,
}

/// What stands at a listener.
#[derive(Debug)]
pub(super) struct Table {
    audience: Audience,
    others: &'static [(&'static str, Verb, Route)],
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
        ("/offer", Verb::Post, Route::Offer),
        ("/call", Verb::Post, Route::Call),
    ],
};

/// What a guest's page asks for, and there is nothing else for it.
pub(super) static GUESTS: Table = Table {
    audience: Audience::Guests,
    others: &[
        ("/texts", Verb::Get, Route::Texts),
        ("/guest/enter", Verb::Post, Route::Enter),
        ("/guest/events", Verb::Get, Route::GuestEvents),
        ("/guest/say", Verb::Post, Route::GuestSay),
        ("/guest/offer", Verb::Post, Route::GuestOffer),
        ("/guest/call", Verb::Post, Route::GuestCall),
    ],
};

impl Table {
    /// What stands at a path, and how it is asked for.
    pub(super) fn at(&self, path: &str) -> Option<(Verb, Route)> {
        let file = File::at(path, self.audience).map(|file| (Verb::Get, Route::File(file)));
        file.or_else(|| {
            let found = self.others.iter().find(|(at, ..)| *at == path);
            found.map(|(_, verb, route)| (*verb, *route))
        })
    }
}

impl Route {
    /// Whether anybody may have it, since it says nothing about the room.
    pub(super) fn is_public(self) -> bool {
        matches!(self, Self::File(_) | Self::Texts | Self::Prove)
    }

    /// Whether a guest's session is asked for, and not the token of the listener.
    pub(super) fn is_of_session(self) -> bool {
        matches!(
            self,
            Self::GuestEvents | Self::GuestSay | Self::GuestOffer | Self::GuestCall
        )
    }
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
        for none in [
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
