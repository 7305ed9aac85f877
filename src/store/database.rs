//! Our own SQLite files: opening them, recognising them by their application id, and creating their
//! tables.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, Error, ErrorCode, TransactionBehavior, ffi};

use crate::clock::monotonic;

/// How long to wait while another process locks the file.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// Pause where SQLite itself does not wait for the lock.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// The kind of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schema {
    /// Marks the kind, in SQLite's own field for that.
    pub(super) application_id: i32,
    /// How the file is written; said before the tables are made, and at each opening.
    pub(super) pragmas: &'static str,
    /// The statements that make each version of the tables out of the one before it; the first
    /// creates them.
    pub(super) steps: &'static [&'static str],
}

/// Why a file cannot be opened.
#[derive(Debug)]
pub(super) enum OpenFault {
    /// Its folder cannot be made.
    Folder(io::Error),
    /// SQLite refuses.
    Sqlite(Error),
    /// The first rows cannot be written.
    Filling(String),
    /// Another program's database.
    Foreign,
    /// A newer version of this program has written it.
    Newer,
}

impl From<Error> for OpenFault {
    fn from(error: Error) -> Self {
        Self::Sqlite(error)
    }
}

impl OpenFault {
    /// The fault as it is shown.
    pub(super) fn words(self) -> String {
        match self {
            Self::Folder(error) => error.to_string(),
            Self::Sqlite(error) => words(error),
            Self::Filling(why) => why,
            Self::Foreign => "it is another program's database".into(),
            Self::Newer => "a newer version of this program has written it".into(),
        }
    }
}

/// Creates a file that this user alone can read, if there is none; one that others could read until
/// now becomes one, too. SQLite gives the files that it keeps beside it the same permissions.
///
/// # Errors
/// The system's refusal to create it.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|path| !path.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let others =
            |about: &fs::Metadata| about.is_file() && about.permissions().mode() & 0o077 != 0;
        if fs::metadata(path).is_ok_and(|about| others(&about)) {
            // Whoever may not change them may still write.
            let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
        }
    }
    Ok(())
}

/// Opens a file, and creates it if there is none; `fill` then inserts the initial rows.
///
/// # Errors
/// What the system or SQLite says, or that the file is something else.
pub(super) fn open(
    path: &Path,
    schema: Schema,
    fill: impl FnOnce(&Connection) -> Result<(), String>,
) -> Result<Connection, OpenFault> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(OpenFault::Folder)?;
    }
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_WAIT)?;
    // Nothing is changed in a file that is not ours.
    recognise(&*connection.transaction()?, &schema)?;
    set_pragmas(&connection, schema.pragmas)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (is_new, missing) = recognise(&transaction, &schema)?;
    for step in missing {
        transaction.execute_batch(step)?;
    }
    if !missing.is_empty() {
        let set = |pragma, value| transaction.pragma_update(None, pragma, value);
        set("application_id", schema.application_id)?;
        set("user_version", schema.steps.len() as i32)?;
    }
    if is_new {
        fill(&transaction).map_err(OpenFault::Filling)?;
    }
    transaction.commit()?;
    Ok(connection)
}

/// Says how a file is written. Of two that turn its log on at once, SQLite refuses both without
/// waiting, because neither could ever let the other one pass.
fn set_pragmas(connection: &Connection, pragmas: &str) -> Result<(), Error> {
    let end = monotonic() + BUSY_WAIT;
    loop {
        let outcome = connection.execute_batch(pragmas);
        let code = outcome.as_ref().err().and_then(Error::sqlite_error_code);
        if code != Some(ErrorCode::DatabaseBusy) || monotonic() >= end {
            return outcome;
        }
        thread::sleep(BUSY_PAUSE);
    }
}

/// Whether a file is new, and the steps that its tables lack. It must be called in a transaction:
/// another process may be making the file, and half of its marks are those of a foreign one.
pub(super) fn recognise(
    connection: &Connection,
    schema: &Schema,
) -> Result<(bool, &'static [&'static str]), OpenFault> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let (application_id, version) = (number("application_id")?, number("user_version")?);
    let is_new = (application_id, version) == (0, 0) && is_empty(connection)?;
    if application_id != schema.application_id && !is_new {
        return Err(OpenFault::Foreign);
    }
    let made = usize::try_from(version).unwrap_or(usize::MAX);
    let missing = schema.steps.get(made..).ok_or(OpenFault::Newer)?;
    Ok((is_new, missing))
}

fn is_empty(connection: &Connection) -> Result<bool, Error> {
    let count = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection.query_row(count, [], |row| row.get(0))?;
    Ok(tables == 0)
}

/// SQLite's message, or our own for a full disk.
#[expect(clippy::needless_pass_by_value, reason = "it is for map_err")]
pub(super) fn words(error: Error) -> String {
    match error.sqlite_error() {
        Some(sqlite) if sqlite.extended_code == ffi::SQLITE_FULL => "the disk is full".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    const SCHEMA: Schema = Schema {
        application_id: 0x726f_6101,
        pragmas: "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;",
        steps: &["CREATE TABLE words (word TEXT)"],
    };

    #[test]
    fn programs_that_make_one_file_at_once_all_get_it() {
        const PROGRAMS: usize = 4;
        for round in 0..12 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("file.db");
            let begin = Barrier::new(PROGRAMS);
            let make = || {
                begin.wait();
                let mut is_new = false;
                let opened = open(&path, SCHEMA, |_| {
                    is_new = true;
                    Ok(())
                });
                opened.map(|_| is_new)
            };
            let outcomes: Vec<_> = thread::scope(|scope| {
                let programs: Vec<_> = (0..PROGRAMS).map(|_| scope.spawn(make)).collect();
                let ends = programs.into_iter().map(|it| it.join().unwrap());
                ends.collect()
            });
            let made: Vec<bool> = outcomes
                .into_iter()
                .map(|outcome| outcome.unwrap_or_else(|fault| panic!("{round}: {fault:?}")))
                .collect();
            assert_eq!(made.iter().filter(|is_new| **is_new).count(), 1, "{made:?}");
        }
    }
}
