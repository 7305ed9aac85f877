//! What can end a mode early: what was being done, to what, and why it failed. How an error
//! reads is in `text`; which exit code it makes is here.

use std::io;
use std::path::{Path, PathBuf};

use crate::lab::form::Field;
use crate::lab::quiz::question::BankFault;
use crate::net::group::Refusal;
use crate::net::interfaces::ChoiceError;
use crate::net::tcp::CallError;
use crate::protocol::message::NameFault;
use crate::protocol::wire::seal::invitation::InvitationFault;
use crate::protocol::wire::seal::passphrase::PassphraseFault;

/// An error that ends the program, told to the person at the keyboard in one line.
#[derive(Debug)]
pub enum Error {
    /// The arguments ask for something that cannot be.
    Usage(Usage),
    /// No interface could be chosen.
    Interfaces(ChoiceError),
    /// The system refused something about the group.
    Group {
        /// The group and port, as they were asked for.
        group: String,
        /// What was refused.
        refusal: Refusal,
    },
    /// The port could not be listened on.
    Listen {
        /// Where, as it was asked for.
        address: String,
        /// The system's answer.
        cause: io::Error,
    },
    /// The other could not be called.
    Call {
        /// Whom, as it was asked for.
        address: String,
        /// Why not.
        cause: CallError,
    },
    /// A file or a database could not be used.
    Store(StoreError),
    /// A room could not be opened.
    Room(RoomFault),
    /// The system's chance or its settings could not be read.
    Identity(io::Error),
    /// The connection could not be served.
    Connection(io::Error),
    /// The keyboard, or the pipe in its place, could not be read.
    Input(io::Error),
    /// The screen, or the file or pipe in its place, could not be written.
    Output(io::Error),
    /// The system would not let us watch for its signals.
    Signals(io::Error),
}

impl StoreError {
    /// How a secret that could not be read is told.
    pub fn secret(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Secret { path, cause }
    }
}

/// Why a room cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomFault {
    /// The key is for a room that is not named.
    NoName,
    /// The file of a key has neither 32 bytes nor text.
    NoText(PathBuf),
    /// There is no terminal to ask for the key at.
    NoTerminal,
    /// What was given is no passphrase.
    Passphrase(PassphraseFault),
    /// What was given is no invitation.
    Invitation(InvitationFault),
}

/// A file or a database that could not be used.
#[derive(Debug)]
pub enum StoreError {
    /// A file with a secret could not be used.
    Secret {
        /// Which.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// A file could not be read.
    ReadFile {
        /// Which.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// A file of questions that cannot be asked.
    Questions {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        fault: BankFault,
    },
    /// A database could not be used.
    Database {
        /// Which.
        name: String,
        /// Why not, in its own words.
        why: String,
    },
}

/// An argument that cannot be used, as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Usage {
    /// No multicast address of IPv4.
    Group(String),
    /// No port.
    Port(String),
    /// No time to live.
    Ttl(String),
    /// A name that breaks a rule.
    Name(String, NameFault),
    /// A room's name that breaks a rule.
    Room(String, NameFault),
    /// No address to listen on.
    Listen(String),
    /// No address to call.
    Connect(String),
    /// No hub to join.
    Hub(String),
    /// Something that `lab` does not take.
    Lab(LabUsage),
    /// No number of something that may be.
    Number {
        /// What was given.
        typed: String,
        /// The least that may be.
        least: u64,
        /// The most that may be.
        most: u64,
        /// To which option.
        option: &'static str,
    },
}

/// An argument that `lab` cannot use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabUsage {
    /// Not what a lesson takes there.
    Field {
        /// What was given.
        typed: String,
        /// Where.
        field: Field,
    },
    /// No `FIELD=VALUE`.
    Assignment(String),
    /// Products in a MongoDB server.
    ProductsNeedFile,
    /// A database that this program was built without.
    NoMongoDb,
}

impl Error {
    /// How a refusal to listen somewhere is told; without a host, on all interfaces.
    pub fn listening(host: Option<&str>, port: u16) -> impl Fn(io::Error) -> Self + use<> {
        let address = format!("{}:{port}", host.unwrap_or_default());
        move |cause| Self::Listen {
            address: address.clone(),
            cause,
        }
    }

    /// 2 for wrong use, 1 for a system that refuses.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_)
            | Self::Interfaces(ChoiceError::Unknown { .. })
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

impl From<Usage> for Error {
    fn from(usage: Usage) -> Self {
        Self::Usage(usage)
    }
}
