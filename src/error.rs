//! The errors that end a mode early: the act, its object, and the cause. `text` holds their
//! sentences; this file decides their exit codes.

use std::io;
use std::path::{Path, PathBuf};

use crate::cli::Key;
use crate::lab::form::Field;
use crate::lab::lesson::Lesson;
use crate::lab::quiz::question::BankFault;
use crate::net::group::Refusal;
use crate::net::interfaces::ChoiceError;
use crate::net::tcp::CallError;
use crate::protocol::lookalike::Oddity;
use crate::protocol::message::NameFault;
use crate::protocol::wire::seal::host::HostFault;
use crate::protocol::wire::seal::invitation::InvitationFault;
use crate::protocol::wire::seal::passphrase::PassphraseFault;
use crate::store::archive::Fault;

/// An error that ends the program. The person at the keyboard reads it as one line.
#[derive(Debug)]
pub enum Error {
    /// An argument is wrong.
    Usage(Usage),
    /// A setting in a file or a variable is wrong.
    Config(ConfigError),
    /// No interface could be chosen.
    Interfaces(ChoiceError),
    /// The system refused an operation on the group.
    Group {
        /// The group and port, as typed.
        group: String,
        /// What was refused.
        refusal: Refusal,
    },
    /// The program cannot listen on the port.
    Listen {
        /// Where it should listen, as typed.
        address: String,
        /// The system's answer.
        cause: io::Error,
    },
    /// The connection to a peer or a server failed.
    Call {
        /// Its address, as typed.
        address: String,
        /// Why not.
        cause: CallError,
    },
    /// A file or a database could not be used.
    Store(StoreError),
    /// The archive of messages could not be used.
    History {
        /// Its file.
        path: PathBuf,
        /// Why not.
        fault: Fault,
    },
    /// A room could not be opened.
    Room(RoomFault),
    /// The system's random bytes or the settings could not be read.
    Identity(io::Error),
    /// The connection could not be served.
    Connection(io::Error),
    /// The keyboard, or the pipe in its place, could not be read.
    Input(io::Error),
    /// The screen, or the file or pipe in its place, could not be written.
    Output(io::Error),
    /// The system refused to deliver its signals to us.
    Signals(io::Error),
}

impl StoreError {
    /// Makes the error for a file that cannot be written.
    pub fn writing(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::WriteFile { path, cause }
    }

    /// Makes the error for a secret that cannot be read.
    pub fn secret(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Secret { path, cause }
    }
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, or the variable that holds the setting.
    pub path: PathBuf,
    /// The line in the file, from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub fault: ConfigFault,
}

/// What is wrong with settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigFault {
    /// The system refuses to read the file; its own explanation.
    Unreadable(String),
    /// The file is longer than this many bytes.
    TooLong(u64),
    /// The file is not text in UTF-8.
    NotText,
    /// It is a folder, a pipe or a device.
    NotFile,
    /// The file is not TOML; the parser's own explanation.
    Syntax(String),
    /// There is no such setting.
    UnknownKey {
        /// The key, as written.
        key: String,
        /// The setting that was meant, if one is similar.
        meant: Option<Key>,
    },
    /// The key is for a secret, which does not belong into such a file.
    Secret(String),
    /// The value is not one that the key takes.
    Value {
        /// The key.
        key: Key,
        /// The value, as written.
        value: String,
    },
}

/// Why a room cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomFault {
    /// A key was given, but no room.
    NoName,
    /// The key file holds neither 32 bytes nor text.
    NoText(PathBuf),
    /// The environment variable of this name does not hold UTF-8 text.
    NoTextIn(&'static str),
    /// The key would have to be typed, but there is no terminal.
    NoTerminal,
    /// The passphrase cannot be used.
    Passphrase(PassphraseFault),
    /// The invitation cannot be used.
    Invitation(InvitationFault),
    /// What stands behind the invitation, and should name the room's host, does not.
    Host(HostFault),
    /// What may be a passphrase too looks like an invitation, and is mistyped.
    Mistyped(InvitationFault),
    /// The invitation is for another room than the one that was named.
    OtherRoom {
        /// The room that was named.
        named: String,
        /// The room that the invitation is for.
        invited: String,
    },
}

/// A file or a database that could not be used.
#[derive(Debug)]
pub enum StoreError {
    /// A file with a secret could not be used.
    Secret {
        /// Its path.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// A file could not be written.
    WriteFile {
        /// Its path.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// A file could not be read.
    ReadFile {
        /// Its path.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// A file of questions is invalid.
    Questions {
        /// Its path, or `stdin`.
        path: PathBuf,
        /// What is wrong with it.
        fault: BankFault,
    },
    /// A database could not be used.
    Database {
        /// Its name.
        name: String,
        /// The database's own explanation.
        why: String,
    },
}

/// A wrong argument, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Not a multicast address of IPv4.
    Group(String),
    /// Not a port.
    Port(String),
    /// Not a time to live.
    Ttl(String),
    /// A name that breaks a rule.
    Name(String, NameFault),
    /// A name that may pass for another one.
    OddName(String, Oddity),
    /// A room's name that breaks a rule.
    Room(String, NameFault),
    /// Not an address to listen on.
    Listen(String),
    /// Not an address to connect to.
    Connect(String),
    /// Not the address of a hub.
    Hub(String),
    /// Not an address at which guests are served.
    Guests(String),
    /// A bridge is to carry a room that everybody can read, and nothing says that this is meant.
    PublicBridge(String),
    /// Nothing says by which servers a bridge carries its rooms.
    NoNats,
    /// The address of a server holds a secret; the address without it.
    SecretInUrl(String),
    /// Not an argument of `history`.
    History(HistoryUsage),
    /// Not an argument of `lab`.
    Lab(LabUsage),
    /// Not a number of bytes, or one that is out of range.
    Bytes {
        /// The typed text.
        typed: String,
        /// The option that it was typed for.
        option: &'static str,
    },
    /// Something about files.
    Files(FilesUsage),
    /// A number that is out of range.
    Number {
        /// The typed text.
        typed: String,
        /// The smallest number that is allowed.
        least: u64,
        /// The largest number that is allowed.
        most: u64,
        /// The option that it was typed for.
        option: &'static str,
    },
}

/// An argument that `history` cannot use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryUsage {
    /// The typed text is not a time.
    When(String),
    /// Nothing says what is to be forgotten.
    NothingToForget,
    /// Nobody can be asked whether it is meant.
    Unasked,
}

/// An argument that `lab` cannot use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabUsage {
    /// A text that does not fit a lesson's field.
    Field {
        /// The typed text.
        typed: String,
        /// The field.
        field: Field,
    },
    /// Not a `FIELD=VALUE` pair.
    Assignment(String),
    /// The lesson has no such option.
    Option {
        /// The option.
        option: &'static str,
        /// The lesson.
        lesson: Lesson,
        /// The lessons that have it.
        known_to: Vec<Lesson>,
    },
    /// Products cannot be kept in a MongoDB server.
    ProductsNeedFile,
    /// This program was built without support for the database.
    NoMongoDb,
}

impl Error {
    /// Makes the error for an address that the program cannot listen on. No host means all
    /// interfaces.
    pub fn listening(host: Option<&str>, port: u16) -> impl Fn(io::Error) -> Self + use<> {
        let address = format!("{}:{port}", host.unwrap_or_default());
        move |cause| Self::Listen {
            address: address.clone(),
            cause,
        }
    }

    /// Returns 2 for wrong use and 1 for everything else.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_)
            | Self::Config(_)
            | Self::Interfaces(ChoiceError::Unknown { .. })
            | Self::History { .. }
            | Self::Room(_)
            | Self::Store(StoreError::Secret { .. }) => 2,
            _ => 1,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<RoomFault> for Error {
    fn from(fault: RoomFault) -> Self {
        Self::Room(fault)
    }
}

impl From<LabUsage> for Error {
    fn from(usage: LabUsage) -> Self {
        Self::Usage(Usage::Lab(usage))
    }
}

/// What is wrong about files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilesUsage {
    /// More files than one person may offer.
    TooMany {
        /// How many were named.
        count: usize,
    },
    /// Something that names no kinds of files.
    Kinds {
        /// The typed text.
        typed: String,
    },
}

impl From<Usage> for Error {
    fn from(usage: Usage) -> Self {
        Self::Usage(usage)
    }
}
