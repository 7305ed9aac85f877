//! A damaged file. If its index of words alone is, that is made anew from the messages; otherwise
//! the file is moved out of the way, and a new one begins.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::file::{self, Fault, WORDS, with_suffix};
use super::index;
use crate::clock::WallClock;

/// What was done about a damaged file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mended {
    /// Nothing: the file in this place is sound, because another process has mended it.
    Sound,
    /// The index of words is empty, and is to be made anew.
    Index,
    /// The file is in another place now.
    Moved(PathBuf),
}

/// Does what is needed so that the file in this place can be used.
///
/// # Errors
/// The system's refusal, or that another process holds the file.
pub(super) fn mend(path: &Path) -> Result<Mended, Fault> {
    let mended = file::open(path).and_then(|(mut connection, _)| mend_index(&mut connection));
    match mended {
        Ok(true) => Ok(Mended::Index),
        Ok(false) => Ok(Mended::Sound),
        Err(Fault::Damaged(_)) => move_aside(path).map(Mended::Moved),
        Err(fault) => Err(fault),
    }
}

/// Empties the index if it is what is damaged. Returns whether it was.
///
/// # Errors
/// [`Fault::Damaged`] if anything else is.
fn mend_index(connection: &mut Connection) -> Result<bool, Fault> {
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table'
        AND name NOT LIKE 'words%' AND name NOT LIKE 'sqlite_%'";
    let names: Vec<String> = {
        let mut tables = connection.prepare(tables)?;
        let names = tables.query_map([], |row| row.get(0))?;
        names.collect::<Result<_, _>>()?
    };
    for name in names {
        expect_sound(connection, &format!("PRAGMA quick_check({name})"))?;
    }
    // It looks at the index too.
    if expect_sound(connection, "PRAGMA quick_check").is_ok() {
        return Ok(false);
    }
    if empty_index(connection, "DROP TABLE words").is_err() {
        // Its pages make no sense, not even as pages that could be given back: they are left where
        // they are, and the file is written anew without them.
        let leave = "PRAGMA writable_schema = ON;
            DELETE FROM sqlite_schema WHERE tbl_name GLOB 'words' OR tbl_name GLOB 'words_*';
            PRAGMA writable_schema = RESET;";
        empty_index(connection, leave)?;
        connection.execute_batch("VACUUM")?;
    }
    expect_sound(connection, "PRAGMA quick_check")?;
    Ok(true)
}

fn empty_index(connection: &mut Connection, remove: &str) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(remove)?;
    transaction.execute_batch(WORDS)?;
    index::begin_renewal(&transaction)?;
    transaction.commit()?;
    Ok(())
}

fn expect_sound(connection: &Connection, check: &str) -> Result<(), Fault> {
    let mut check = connection.prepare(check)?;
    let mut found = check.query([])?;
    while let Some(row) = found.next()? {
        let line: String = row.get(0)?;
        if line != "ok" {
            return Err(Fault::Damaged(line));
        }
    }
    Ok(())
}

/// Moves a file out of the way, with what SQLite keeps beside it. Returns where it is now.
fn move_aside(path: &Path) -> Result<PathBuf, Fault> {
    let stamp = WallClock::default().now().rfc3339.clone();
    let digits = stamp.chars().take(19).filter(char::is_ascii_digit);
    let date: String = digits.collect();
    let free = (0..100).map(|number| match number {
        0 => with_suffix(path, &format!(".damaged-{date}")),
        _ => with_suffix(path, &format!(".damaged-{date}-{number}")),
    });
    let to = free.into_iter().find(|to| !to.exists());
    let to = to.ok_or_else(|| Fault::Refused("too many damaged files".into()))?;
    fs::rename(path, &to).map_err(|error| Fault::of_system(&error))?;
    // They would be taken for those of the new file.
    let _ = fs::rename(with_suffix(path, "-wal"), with_suffix(&to, "-wal"));
    let _ = fs::remove_file(with_suffix(path, "-shm"));
    Ok(to)
}
