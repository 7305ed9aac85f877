//! The file of messages: its tables, how it is opened, and what can be wrong with it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::mount;
use crate::chat::archive::terms::TooManyTerms;
use crate::store::database::{self, OpenFault, Schema, words};

/// The file's name in the folder of data.
const FILE: &str = "archive.db";

/// Statements that stay prepared. Writing a message takes a dozen, and preparing one takes longer
/// than doing it.
const STATEMENTS: usize = 64;

/// How long a reader waits for a file that is just being opened by somebody else.
const READER_WAIT: std::time::Duration = std::time::Duration::from_secs(5);

/// The index of words, as it is made; the schema's first step has it too.
pub(super) const WORDS: &str = "
    CREATE VIRTUAL TABLE words USING fts5
        (text, content = '', columnsize = 0, tokenize = 'ascii');
    INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
";

/// The kind of file, and its tables.
///
/// A message's row begins with its clock, so that the newest are read from the end of an index. The
/// index of words holds no text: it is given each message's words, with the numbers of its room
/// and its author in front (`index.rs`). Texts that are deleted are overwritten with zeros. The log
/// is brought into the file once a second, and not with each batch (`rooms.rs`).
pub(super) const SCHEMA: Schema = Schema {
    application_id: 0x726f_6172,
    pragmas: "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;
        PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;
        PRAGMA wal_autocheckpoint = 8000; PRAGMA cache_size = -512;",
    steps: &[
        "
        CREATE TABLE rooms
            (number INTEGER PRIMARY KEY, tag BLOB NOT NULL UNIQUE, name TEXT NOT NULL,
             kind INTEGER NOT NULL);
        CREATE TABLE people (number INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE);
        CREATE TABLE speakers
            (number INTEGER PRIMARY KEY, person INTEGER NOT NULL, name TEXT NOT NULL,
             folded TEXT NOT NULL, short INTEGER NOT NULL, session INTEGER NOT NULL,
             UNIQUE (person, session, name, short));
        CREATE INDEX speakers_by_name ON speakers (folded, person);
        CREATE TABLE messages
            (row INTEGER PRIMARY KEY, room INTEGER NOT NULL, speaker INTEGER NOT NULL,
             sequence INTEGER NOT NULL, place INTEGER NOT NULL, brief INTEGER NOT NULL,
             flags INTEGER NOT NULL, addressee INTEGER, clock INTEGER, wall_ms INTEGER,
             text TEXT NOT NULL);
        CREATE INDEX messages_by_brief ON messages (brief);
        CREATE TABLE forms
            (number INTEGER PRIMARY KEY, room INTEGER NOT NULL, of BLOB NOT NULL,
             made_by BLOB NOT NULL, person INTEGER NOT NULL, wall_ms INTEGER NOT NULL,
             is_waiting INTEGER NOT NULL, text TEXT, UNIQUE (of, made_by, room));
        CREATE TABLE frames
            (number INTEGER PRIMARY KEY, room INTEGER NOT NULL, position BLOB NOT NULL,
             person INTEGER NOT NULL, hash INTEGER NOT NULL, sum INTEGER NOT NULL,
             bytes BLOB NOT NULL, UNIQUE (room, position));
        CREATE TABLE forgotten
            (room INTEGER NOT NULL, person INTEGER NOT NULL, until_clock INTEGER NOT NULL,
             PRIMARY KEY (room, person)) WITHOUT ROWID;
        CREATE TABLE shares
            (room INTEGER NOT NULL, person INTEGER NOT NULL, bytes INTEGER NOT NULL,
             messages INTEGER NOT NULL, PRIMARY KEY (room, person)) WITHOUT ROWID;
        CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE VIRTUAL TABLE words USING fts5
            (text, content = '', columnsize = 0, tokenize = 'ascii');
        INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
    ",
        "
        CREATE TABLE read_marks (room INTEGER PRIMARY KEY, id BLOB NOT NULL);
    ",
    ],
};

/// Why the file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Another program's database.
    Foreign,
    /// A newer version of this program has written it.
    Newer,
    /// Its bytes make no sense; SQLite's words.
    Damaged(String),
    /// The disk is full.
    Full,
    /// Another process holds it.
    Busy,
    /// The system does not let us write there; its words.
    Refused(String),
    /// It lies on a file system of another machine, of this kind.
    Remote(String),
    /// There is no such file.
    Missing,
    /// It is a folder.
    Folder,
    /// What was to be written cannot be stored, wherever the file is; SQLite's words.
    Rejected(String),
    /// Anything else; the words of the system or of SQLite.
    Other(String),
}

impl From<TooManyTerms> for Fault {
    fn from(_: TooManyTerms) -> Self {
        Self::Other("too many words".into())
    }
}

impl Fault {
    /// The fault as the room is told it.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Foreign => OpenFault::Foreign.words(),
            Self::Newer => OpenFault::Newer.words(),
            Self::Full => "the disk is full".into(),
            Self::Busy => "another program holds the file".into(),
            Self::Remote(kind) => format!("it lies on another machine ({kind})"),
            Self::Missing => "no such file".into(),
            Self::Folder => "it is a folder".into(),
            Self::Damaged(why) | Self::Refused(why) | Self::Rejected(why) | Self::Other(why) => {
                why.clone()
            }
        }
    }

    /// Whether it may pass by itself, so that it is worth trying again.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Full | Self::Busy | Self::Other(_))
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        let why = words(error);
        match code {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(why),
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(
                ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::AuthorizationForStatementDenied,
            ) => Self::Refused(why),
            Some(
                ErrorCode::ConstraintViolation
                | ErrorCode::TypeMismatch
                | ErrorCode::TooBig
                | ErrorCode::ParameterOutOfRange,
            )
            | None => Self::Rejected(why),
            _ => Self::Other(why),
        }
    }
}

impl From<OpenFault> for Fault {
    fn from(fault: OpenFault) -> Self {
        match fault {
            OpenFault::Foreign => Self::Foreign,
            OpenFault::Newer => Self::Newer,
            OpenFault::Sqlite(error) => error.into(),
            OpenFault::Folder(error) => Self::of_system(&error),
            OpenFault::Filling(why) => Self::Other(why),
        }
    }
}

impl Fault {
    pub(super) fn of_system(error: &std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full,
            ErrorKind::Interrupted | ErrorKind::WouldBlock => Self::Other(error.to_string()),
            _ => Self::Refused(error.to_string()),
        }
    }
}

/// The file if none is named: in the user's folder of data, beside that of people.
///
/// # Errors
/// A system without such a folder.
pub fn default_path() -> Result<PathBuf, Fault> {
    let strategy = choose_base_strategy().map_err(|error| Fault::Refused(error.to_string()))?;
    Ok(strategy.data_dir().join("roda").join(FILE))
}

/// Opens the file for writing, and creates it, for this user alone, if there is none. Returns
/// whether it is new.
///
/// # Errors
/// See [`Fault`].
pub(super) fn open(path: &Path) -> Result<(Connection, bool), Fault> {
    if let Some(folder) = path.parent().filter(|path| !path.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| Fault::of_system(&error))?;
        if let Some(kind) = mount::remote_kind(folder) {
            return Err(Fault::Remote(kind));
        }
    }
    database::make_private(path).map_err(|error| Fault::of_system(&error))?;
    let mut is_new = false;
    let connection = database::open(path, SCHEMA, |_| {
        is_new = true;
        Ok(())
    })?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok((connection, is_new))
}

/// Opens the file for reading only. One of an earlier version becomes one of this version first.
///
/// # Errors
/// See [`Fault`].
pub(super) fn open_reading(path: &Path) -> Result<Connection, Fault> {
    is_file(path)?;
    match open_readable(path)? {
        (connection, Age::Current) => Ok(connection),
        (_, Age::New) => Err(Fault::Missing),
        (connection, Age::Earlier) => {
            drop(connection);
            drop(open(path)?);
            Ok(open_readable(path)?.0)
        }
    }
}

/// Whether there is a file that may be an archive, so that none is made by asking for it.
pub(super) fn is_file(path: &Path) -> Result<(), Fault> {
    match (path.exists(), path.is_dir()) {
        (false, _) => Err(Fault::Missing),
        (_, true) => Err(Fault::Folder),
        _ => Ok(()),
    }
}

/// Of which version a file is.
enum Age {
    /// Nothing was ever stored in it.
    New,
    Earlier,
    Current,
}

fn open_readable(path: &Path) -> Result<(Connection, Age), Fault> {
    // Without the right to write there, SQLite cannot share the file's index with a writer.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)
        .or_else(|_| Connection::open_with_flags(path, read_only))?;
    connection.busy_timeout(READER_WAIT)?;
    let (is_new, missing) = database::recognise(&*connection.transaction()?, &SCHEMA)?;
    connection.pragma_update(None, "query_only", true)?;
    let age = match (is_new, missing.is_empty()) {
        (true, _) => Age::New,
        (false, false) => Age::Earlier,
        (false, true) => Age::Current,
    };
    Ok((connection, age))
}

/// A path with something behind its name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}
