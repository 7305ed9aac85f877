//! What a face receives of wires without rooms: of a connection of two people, and of a hub.

use core::net::SocketAddr;

use super::event::Person;

/// What happens to a connection of two people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerNews {
    /// The two are connected.
    Ready {
        /// This person.
        me: Person,
        /// The other's address.
        address: SocketAddr,
    },
    /// The other has given their name.
    Named(Person),
    /// The other will say nothing more, and still listens.
    Finished(Person),
    /// The other has said farewell.
    Farewell(Person),
    /// The other has left without a farewell.
    Left(Person),
}

/// What a hub says that is no message. The texts are the hub's own, uncleaned.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HubNews {
    /// It let us in.
    Joined {
        /// The name that we go by there.
        name: String,
        /// Its address.
        address: SocketAddr,
        /// Whether it is one of ours, which loses no line.
        is_framed: bool,
        /// Its words.
        text: String,
    },
    /// Who is there.
    List {
        /// Their names.
        names: Vec<String>,
        /// Its words.
        text: String,
    },
    /// Anything else.
    Says(String),
    /// It let us go, or put us out.
    Out(String),
    /// It does not let us in.
    Refused(String),
    /// It wants a moderator's proof, and there is no secret.
    ProofAsked {
        /// The moderator's name.
        name: String,
    },
    /// It closes.
    Closed,
    /// It is asked whether to close the hub for everybody; to be said once more.
    CloseAsked,
    /// The connection to it is lost, and is being made again.
    Away,
    /// Texts of ours that may not have reached it.
    Unsent(Vec<String>),
}
