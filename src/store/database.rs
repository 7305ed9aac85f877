//! Our own SQLite files: opening them, recognising them by their application id, and creating their
//! tables.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, Error, TransactionBehavior, ffi};

/// How long to wait while another process locks the file.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// The kind of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schema {
    /// Marks the kind, in SQLite's own field for that.
    pub(super) application_id: i32,
    /// The statements that make each version of the tables out of the one before it; the first
    /// creates them.
    pub(super) steps: &'static [&'static str],
}

/// Opens a file, and creates it if there is none; `fill` then inserts the initial rows.
///
/// # Errors
/// What the system or SQLite says, or that the file is something else.
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
    let is_new = (application_id, version) == (0, 0) && is_empty(&transaction)?;
    if application_id != schema.application_id && !is_new {
        return Err("it is another program's database".into());
    }
    let made = usize::try_from(version).unwrap_or(usize::MAX);
    let missing = schema.steps.get(made..);
    let missing = missing.ok_or("a newer version of this program has written it")?;
    for step in missing {
        transaction.execute_batch(step).map_err(words)?;
    }
    if !missing.is_empty() {
        let set = |pragma, value| transaction.pragma_update(None, pragma, value);
        set("application_id", schema.application_id).map_err(words)?;
        set("user_version", schema.steps.len() as i32).map_err(words)?;
    }
    if is_new {
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

/// SQLite's message, or our own for a full disk.
#[expect(clippy::needless_pass_by_value, reason = "it is for map_err")]
pub(super) fn words(error: Error) -> String {
    match error.sqlite_error() {
        Some(sqlite) if sqlite.extended_code == ffi::SQLITE_FULL => "the disk is full".into(),
        _ => error.to_string(),
    }
}
