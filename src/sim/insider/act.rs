//! What an insider can do, as values that can be written down: `{:?}` of an [`Act`] is Rust that a
//! test can hold. Whom and what an act concerns is said relative to the run (*the third honest
//! member*, *one more than the last sequence*), so that an act keeps its sense when those before it
//! are left out.

pub use crate::protocol::wire::frame::durable::Role;

/// One datagram of an insider, or several copies of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Act {
    /// When, in milliseconds since the attack began.
    pub at_ms: u32,
    /// Which of its identities signs it.
    pub by: u8,
    /// The address that it seems to come from.
    pub from: From,
    /// Whom it reaches.
    pub to: To,
    /// Which session it belongs to: 0 is the identity's first, 1 the next, and so on.
    pub session: u8,
    /// The frame's sequence number.
    pub sequence: Count,
    /// The frame's clock.
    pub clock: Clock,
    /// The author's flags: 1 bulk, 2 acknowledgements asked for.
    pub flags: u8,
    /// The round trip that it states, as one byte.
    pub grtt: u8,
    /// The name that it claims.
    pub name: Called,
    /// What it is.
    pub what: What,
}

/// An address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// An insider's own with this number; what is sent there is read.
    Address(u8),
    /// An honest member's.
    Forged(u8),
}

/// Whom a datagram reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Everybody.
    All,
    /// One honest member.
    One(u8),
    /// The honest members whose bits are set.
    Some(u8),
}

/// A number in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// This one.
    Is(u32),
    /// One more than the identity's last of this kind.
    Next,
    /// So many more than the last.
    Skip(u32),
    /// So many fewer than the last.
    Back(u32),
    /// An honest member's newest durable frame, and this many more.
    Of(u8, i32),
}

/// A time in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// This much from now, in seconds.
    Off(i64),
    /// The 64 bits of the field.
    Bits(u64),
}

/// A member that a frame names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// An honest one.
    Honest(u8),
    /// An identity of the insider.
    Insider(u8),
    /// Somebody who is not there.
    Nobody(u8),
}

/// A name that is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// Its own.
    Itself,
    /// An honest member's.
    Like(u8),
    /// One that looks like an honest member's.
    Resembling(u8),
    /// The longest possible.
    Long(u8),
}

/// A list of members with numbers: the first, and those after it in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List {
    /// The first.
    pub of: Who,
    /// The number of each.
    pub number: Count,
    /// How many; as many as the field holds at most.
    pub length: u8,
}

/// The records of a durable frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Texts of this many bytes.
    Texts {
        /// How many.
        count: u8,
        /// Bytes of each.
        bytes: u16,
    },
    /// A text that begins like an honest member's message.
    Forgery(u16),
    /// An action of this many bytes.
    Action(u16),
    /// A text that a guest of the identity says.
    Guest {
        /// The number that the identity gives the guest.
        number: u32,
        /// The guest's name; [`Called::Itself`] is the identity's own.
        name: Called,
        /// Bytes of the text.
        bytes: u16,
    },
    /// HELLO.
    Hello {
        /// The identity's session that it replaces, as [`Act::session`]; none if `None`.
        replaces: Option<u8>,
        /// A byte of the session key, all of whose bytes are alike.
        key: u8,
        /// What it claims to be: a keeper remembers for others, a bridge passes on what they say.
        role: Role,
    },
    /// A sealed text for a member, of this many bytes.
    Private(Who, u16),
    /// A farewell.
    Leaving,
    /// An offer of a content.
    Offer {
        /// Which one: the file that is given is offered again.
        content: Content,
        /// What it is: 0 a file, 1 a folder, 2 a picture, 3 a text.
        kind: u8,
        /// Its length, in bytes.
        size_bytes: u64,
        /// Length of its index, in bytes.
        index_bytes: u32,
        /// Bytes of its name.
        name_bytes: u8,
    },
    /// Decisions that only the room's host may make.
    Decides {
        /// About whom.
        of: Who,
        /// Which; numbers beyond the last begin again.
        decision: u8,
        /// How many.
        count: u8,
    },
    /// Changes of messages, as if they were its own.
    Amends {
        /// Whose session is named.
        of: Who,
        /// The clock of the first message.
        clock: Clock,
        /// The frame of the first message.
        first: Count,
        /// How many messages, one after the other.
        count: u8,
        /// Bytes of what they say from now on; `None` withdraws them.
        bytes: Option<u16>,
    },
}

/// A content that is offered, or might be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// The file that an honest member gives.
    Given,
    /// What the insider offers under this number.
    Offered(u8),
    /// What nobody offers.
    Nothing(u8),
}

/// A stream of compact frames, by its author and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Who sends it.
    pub of: Who,
    /// Which one of that session.
    pub number: u32,
}

/// What is lacking of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// The first unit.
    pub first: u32,
    /// How many units, in each run.
    pub units: u32,
    /// How many symbols of each.
    pub symbols: u16,
    /// How many runs, one behind the other.
    pub length: u8,
}

/// What a notice says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// That a stream is sent.
    Announces {
        /// Its number in the identity's session.
        number: u32,
        /// Its channel, 1 to 4.
        channel: u8,
        /// Length of its symbols, in bytes; made even.
        symbol_bytes: u16,
        /// The number of its newest frame.
        newest: u32,
    },
    /// What the identity has and lacks.
    Reports {
        /// By which stream it comes; none if `None`.
        stream: Option<Stream>,
        /// 1 has all, 2 has stopped, 4 asks urgently.
        flags: u8,
        /// Which unit it doubts.
        doubts: Option<u32>,
        /// The highest number that it has heard.
        highest: u32,
        /// How many frames it has heard.
        received: u32,
        /// In how many milliseconds.
        within_ms: u16,
        /// How many units it has.
        done: u32,
        /// What it lacks.
        lacks: Lacking,
    },
    /// What the hashes of symbols are.
    Hashes {
        /// Length of the symbols, in bytes.
        symbol_bytes: u16,
        /// Which unit.
        unit: u32,
        /// The first symbol.
        first: u16,
        /// How many; as many as the field holds at most.
        count: u8,
    },
}

/// What a stream of a conference carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// A voice.
    Sound,
    /// A camera's pictures.
    Camera,
    /// A screen's.
    Screen,
}

/// A cookie in a dialogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// The one that the member gave to this address, or 0.
    Right,
    /// This one.
    Wrong(u64),
}

/// Ranges of frames in a dialogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runs {
    /// Whose, first; those after it in turn.
    pub of: Who,
    /// The first frame of each.
    pub first: Count,
    /// How many frames.
    pub count: u32,
    /// How many ranges.
    pub length: u8,
}

/// The type of a datagram, and what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A durable frame.
    Durable {
        /// What it says.
        says: Says,
        /// Its fragment's number and count.
        fragment: Option<(u16, u16)>,
        /// Its references.
        causes: List,
        /// Its acknowledgements.
        acks: List,
    },
    /// A beat.
    Beat {
        /// The newest frame that it claims.
        newest: Count,
        /// Tenths of a second until the next one.
        interval: u16,
        /// 0 wired, 1 unknown, else radio.
        link: u8,
        /// From when its digest is.
        from: Clock,
        /// Until when.
        cut: Clock,
        /// Its digest.
        xor: u64,
        /// Its acknowledgements.
        acks: List,
        /// Whom it asks for.
        asked: List,
    },
    /// A NACK.
    Nack {
        /// Whose frames, first.
        of: Who,
        /// The first frame.
        first: Count,
        /// How many.
        span: u16,
        /// How many targets.
        targets: u8,
    },
    /// A status, for the member whose frames it is about.
    Status {
        /// Whose frames.
        of: Who,
        /// How far it has them.
        through: Count,
        /// How many datagrams it has heard.
        heard: Count,
        /// The frame that it echoes.
        echo: Count,
        /// How long it held it, in microseconds.
        held_us: u32,
    },
    /// A question for an inventory.
    Ask {
        /// With which cookie.
        cookie: Cookie,
        /// From when.
        from: Clock,
        /// Until when.
        cut: Clock,
    },
    /// A cookie that nobody asked for.
    Give(u64),
    /// A part of an inventory.
    Inventory {
        /// From when.
        from: Clock,
        /// Until when.
        cut: Clock,
        /// Which part.
        part: u8,
        /// Of how many.
        parts: u8,
        /// The frames that it claims to hold.
        runs: Runs,
    },
    /// A request for frames.
    Want {
        /// With which cookie.
        cookie: Cookie,
        /// Which frames.
        runs: Runs,
    },
    /// A notice about streams.
    Notice {
        /// Which content it is about.
        about: Content,
        /// What it says.
        tells: Tells,
    },
    /// A compact frame of a stream, whoever sends that.
    Symbol {
        /// Which stream.
        stream: Stream,
        /// The frame's number, and one more for each further copy.
        number: u32,
        /// Which unit of the content.
        unit: u32,
        /// Which symbol of it.
        piece: u16,
        /// Of how many.
        originals: u16,
        /// What the channel says about it.
        flags: u8,
        /// Bytes of the symbol.
        bytes: u16,
        /// How many frames.
        copies: u8,
    },
    /// A notice of what the identity does in a conference.
    Call {
        /// 1 has its hand up, 2 asks the others, 4 speaks.
        flags: u8,
        /// How many of a hundred frames it loses.
        loses: u8,
        /// The number of its first stream, and one more for each further one.
        number: u32,
        /// What they carry.
        kind: UnitKind,
        /// How that is encoded.
        codec: u8,
        /// The number of the newest unit.
        newest_unit: u32,
        /// The number of the newest frame.
        newest: u32,
        /// How many streams.
        length: u8,
    },
    /// A notice of what the identity lacks of a conference.
    Wants {
        /// Which stream.
        stream: Stream,
        /// Which unit, and one more for each further want.
        unit: u32,
        /// How many symbols.
        symbols: u16,
        /// One more than the highest symbol that it has heard.
        above: u16,
        /// How many wants.
        length: u8,
    },
    /// A packet of sound or a picture, as the author of the stream would send it, but signed by the
    /// identity.
    Unit {
        /// Which stream.
        stream: Stream,
        /// What it is.
        kind: UnitKind,
        /// The number of its first frame.
        number: u32,
        /// Its own number.
        unit: u32,
        /// When it was captured.
        time: u32,
        /// Of sound 1 signed, 2 speaks; of a picture 1 can be decoded alone, 2 can be dropped.
        flags: u8,
        /// How it is encoded.
        codec: u8,
        /// Bytes of it.
        bytes: u16,
    },
    /// What a bridge states about its site.
    Site {
        /// How many people are there.
        people: u16,
        /// What all of them have.
        acks: List,
    },
    /// What was heard on the network, again: from 0, the oldest, to 65,535, the newest.
    Replay {
        /// Which.
        which: u16,
        /// How many times.
        copies: u8,
    },
    /// What no member sends: a sealed and signed frame of this type, of so many bytes alike.
    Rubbish {
        /// Its type.
        kind: u8,
        /// How many bytes.
        bytes: u16,
        /// Which.
        fill: u8,
    },
    /// Bytes that are no frame at all, so many, several times.
    Noise {
        /// How many bytes.
        bytes: u16,
        /// How many times.
        copies: u8,
    },
}
