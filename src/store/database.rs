//! SQLite files of our own: opened, known again by a mark, and made with their tables.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, Error, TransactionBehavior, ffi};

/// How long another process may hold the file.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// What a kind of file holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schema {
    /// Receipts the kind, in SQLite's own field for that.
    pub(super) application_id: i32,
    /// Which tables it has.
    pub(super) version: i32,
    /// What makes them.
    pub(super) tables: &'static str,
}

/// Opens a file, and makes it if there is none; `fill` then puts in what a new one begins with.
///
/// # Errors
/// The system's or SQLite's words, and a file that is something else.
pub(super) fn open(
    path: &Path,
    schema: Schema,
    fill: impl FnOnce(&Connection) -> Result<(), String>,
) -> Result<Connection, String> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    let mut connection = Connection::open(path).map_err(words)?;
    connection.busy_timeout(BUSY_WAIT).map_err(words)?;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(words)?;
    let number = |pragma| transaction.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let application_id = number("application_id").map_err(words)?;
    let version = number("user_version").map_err(words)?;
    if (application_id, version) != (schema.application_id, schema.version) {
        if (application_id, version) != (0, 0) || !is_empty(&transaction)? {
            return Err("it is another program's database".into());
        }
        transaction.execute_batch(schema.tables).map_err(words)?;
        let set = |pragma, value| transaction.pragma_update(None, pragma, value);
        set("application_id", schema.application_id).map_err(words)?;
        set("user_version", schema.version).map_err(words)?;
        fill(&transaction)?;
    }
    transaction.commit().map_err(words)?;
    Ok(connection)
}

fn is_empty(connection: &Connection) -> Result<bool, String> {
    let count = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection
        .query_row(count, [], |row| row.get(0))
        .map_err(words)?;
    Ok(tables == 0)
}

/// What SQLite says, with a full disk by its name.
#[expect(clippy::needless_pass_by_value, reason = "it is for map_err")]
pub(super) fn words(error: Error) -> String {
    match error.sqlite_error() {
        Some(sqlite) if sqlite.extended_code == ffi::SQLITE_FULL => "the disk is full".into(),
        _ => error.to_string(),
    }
}
