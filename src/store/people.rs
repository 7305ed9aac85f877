//! The people that this person has met: for each name, the key that it was first seen with, and
//! whether that key was verified; and of whom this person wants to see nothing. One SQLite file in
//! the user's folder of data.

use std::path::Path;

use etcetera::{BaseStrategy, choose_base_strategy};
use rusqlite::{Connection, params};

use super::database::{self, OpenFault, Schema, words};
use crate::chat::ignoring::IGNORED_MAX;
use crate::chat::trust::NAMES_MAX;
use crate::protocol::engine::event::NamedKey;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;

/// The kind of file, and its tables.
const SCHEMA: Schema = Schema {
    application_id: 0x726f_7065,
    pragmas: "",
    steps: &[
        "CREATE TABLE people
            (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, key BLOB NOT NULL,
             verified INTEGER NOT NULL DEFAULT 0);",
        "CREATE TABLE ignored (key BLOB PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;",
    ],
};

/// A person who was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RememberedPerson {
    /// The name.
    pub name: Name,
    /// The key that the name was first seen with.
    pub key: Key,
    /// Whether the two people compared their codes.
    pub is_verified: bool,
}

/// The open file.
#[derive(Debug)]
pub struct People(Connection);

impl People {
    /// Opens the usual file.
    ///
    /// # Errors
    /// What the system or SQLite says.
    pub fn open() -> Result<Self, String> {
        let strategy = choose_base_strategy().map_err(|error| error.to_string())?;
        Self::at(&strategy.data_dir().join("roda").join("people.db"))
    }

    /// Opens the usual file if there is one.
    #[must_use]
    pub fn known() -> Option<Self> {
        let strategy = choose_base_strategy().ok()?;
        let path = strategy.data_dir().join("roda").join("people.db");
        path.exists().then(|| Self::at(&path).ok())?
    }

    /// Opens a file, and creates it, for this user alone, if there is none.
    ///
    /// # Errors
    /// What the system or SQLite says.
    pub fn at(path: &Path) -> Result<Self, String> {
        database::make_private(path).map_err(|error| error.to_string())?;
        database::open(path, SCHEMA, |_| Ok(()))
            .map(Self)
            .map_err(OpenFault::words)
    }

    /// Everybody who was met.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn all(&self) -> Result<Vec<RememberedPerson>, String> {
        let select = "SELECT name, key, verified FROM people ORDER BY number";
        let mut select = self.0.prepare(select).map_err(words)?;
        let person = |row: &rusqlite::Row<'_>| {
            let (name, key): (String, [u8; 32]) = (row.get(0)?, row.get(1)?);
            Ok((name, key, row.get(2)?))
        };
        let rows = select.query_map([], person).map_err(words)?;
        let mut people = Vec::new();
        for row in rows {
            let (name, key, is_verified) = row.map_err(words)?;
            // An older version may have stored a name that today's rules refuse; it is skipped.
            if let Ok(name) = Name::parse(&name) {
                let key = Key(key);
                people.push(RememberedPerson {
                    name,
                    key,
                    is_verified,
                });
            }
        }
        Ok(people)
    }

    /// Remembers a name's key, unless the name already has one, or too many are remembered.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn meet(&self, name: &Name, key: &Key) -> Result<(), String> {
        // Nobody is forgotten for somebody new: a stranger who makes up names would have it so.
        let insert = "INSERT OR IGNORE INTO people (name, key)
            SELECT ?1, ?2 WHERE (SELECT count(*) FROM people) < ?3";
        let values = params![name.as_str(), key.0, NAMES_MAX as i64];
        self.0.execute(insert, values).map_err(words).map(drop)
    }

    /// Remembers that a name's key was verified. From now on, the name belongs to this key.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn verify(&self, name: &Name, key: &Key) -> Result<(), String> {
        let upsert = "INSERT INTO people (name, key, verified) VALUES (?1, ?2, 1)
            ON CONFLICT (name) DO UPDATE SET key = ?2, verified = 1";
        let values = params![name.as_str(), key.0];
        self.0.execute(upsert, values).map_err(words).map(drop)
    }

    /// Takes back what was said by [`People::verify`]: the person keeps the name, unverified.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn unverify(&self, key: &Key) -> Result<(), String> {
        let update = "UPDATE people SET verified = 0 WHERE key = ?1";
        self.0.execute(update, [key.0]).map_err(words).map(drop)
    }

    /// Those of whom nothing is shown, by the names that they had then.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn ignored(&self) -> Result<Vec<NamedKey>, String> {
        let select = self.0.prepare("SELECT name, key FROM ignored");
        let mut select = select.map_err(words)?;
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let rows = select.query_map([], row).map_err(words)?;
        let mut people = Vec::new();
        for row in rows {
            let (name, key): (String, [u8; 32]) = row.map_err(words)?;
            if let Ok(name) = Name::parse(&name) {
                let key = Key(key);
                people.push(NamedKey { name, key });
            }
        }
        Ok(people)
    }

    /// Remembers that nothing of a person is shown, unless too many are remembered.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn ignore(&self, name: &Name, key: &Key) -> Result<(), String> {
        let insert = "INSERT OR REPLACE INTO ignored (name, key)
            SELECT ?1, ?2 WHERE (SELECT count(*) FROM ignored) < ?3";
        let values = params![name.as_str(), key.0, IGNORED_MAX as i64];
        self.0.execute(insert, values).map_err(words).map(drop)
    }

    /// Forgets that nothing of a person was shown.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn unignore(&self, key: &Key) -> Result<(), String> {
        let delete = "DELETE FROM ignored WHERE key = ?1";
        self.0.execute(delete, [key.0]).map_err(words).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn a_name_keeps_its_first_key_until_another_is_verified() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.db");
        let people = People::at(&path).unwrap();
        people.meet(&name("ana"), &Key([1; 32])).unwrap();
        people.meet(&name("ana"), &Key([2; 32])).unwrap();
        people.meet(&name("bia"), &Key([3; 32])).unwrap();
        drop(people);
        let people = People::at(&path).unwrap();
        let all = people.all().unwrap();
        assert_eq!((all[0].key, all[0].is_verified), (Key([1; 32]), false));
        assert_eq!(all.len(), 2);
        people.verify(&name("ana"), &Key([2; 32])).unwrap();
        let all = people.all().unwrap();
        assert_eq!((all[0].key, all[0].is_verified), (Key([2; 32]), true));
    }

    #[test]
    fn a_file_of_the_first_version_goes_on_and_a_later_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(SCHEMA.steps[0]).unwrap();
        let id = SCHEMA.application_id;
        old.pragma_update(None, "application_id", id).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        let insert = "INSERT INTO people (name, key) VALUES ('ana', zeroblob(32))";
        old.execute(insert, []).unwrap();
        drop(old);
        for _ in 0..2 {
            let people = People::at(&path).unwrap();
            assert_eq!(people.all().unwrap().len(), 1);
            people.ignore(&name("zeca"), &Key([7; 32])).unwrap();
            let (name, key) = (name("zeca"), Key([7; 32]));
            assert_eq!(people.ignored().unwrap(), [NamedKey { name, key }]);
        }
        let later = Connection::open(&path).unwrap();
        let version = SCHEMA.steps.len() as i32 + 1;
        later.pragma_update(None, "user_version", version).unwrap();
        drop(later);
        let refused = People::at(&path).unwrap_err();
        assert!(refused.contains("newer"), "{refused}");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_whom_one_has_met() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.db");
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        People::at(&path)
            .unwrap()
            .meet(&name("ana"), &Key([1; 32]))
            .unwrap();
        assert_eq!(mode(), 0o600);
        // An earlier version has made it with the permissions of any file.
        let open_to_all = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(&path, open_to_all).unwrap();
        assert_eq!(People::at(&path).unwrap().all().unwrap().len(), 1);
        assert_eq!(mode(), 0o600);
    }

    #[test]
    fn no_more_are_ignored_than_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let people = People::at(&folder.path().join("people.db")).unwrap();
        let fill = format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {IGNORED_MAX})
             INSERT INTO ignored (name, key) SELECT 'n' || i, randomblob(32) FROM n"
        );
        people.0.execute(&fill, []).unwrap();
        people.ignore(&name("zeca"), &Key([7; 32])).unwrap();
        let ignored = people.ignored().unwrap();
        assert_eq!(ignored.len(), IGNORED_MAX);
        people.unignore(&ignored[0].key).unwrap();
        people.ignore(&name("zeca"), &Key([7; 32])).unwrap();
        let ignored = people.ignored().unwrap();
        assert!(ignored.iter().any(|who| who.name == name("zeca")));
    }

    #[test]
    fn made_up_names_push_out_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let people = People::at(&folder.path().join("people.db")).unwrap();
        people.verify(&name("ana"), &Key([1; 32])).unwrap();
        people.meet(&name("bia"), &Key([2; 32])).unwrap();
        let fill = format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {NAMES_MAX})
             INSERT INTO people (name, key) SELECT 'n' || i, zeroblob(32) FROM n LIMIT {}",
            NAMES_MAX - 2
        );
        people.0.execute(&fill, []).unwrap();
        people.meet(&name("zoe"), &Key([3; 32])).unwrap();
        let names: Vec<String> = people
            .all()
            .unwrap()
            .iter()
            .map(|p| p.name.to_string())
            .collect();
        assert!(names.contains(&"ana".into()) && names.contains(&"bia".into()));
        assert!(!names.contains(&"zoe".into()), "there is no room");
        assert_eq!(names.len(), NAMES_MAX);
        people.verify(&name("zoe"), &Key([3; 32])).unwrap();
        assert_eq!(people.all().unwrap().len(), NAMES_MAX + 1);
        people.unverify(&Key([3; 32])).unwrap();
        assert!(
            !people
                .all()
                .unwrap()
                .iter()
                .any(|person| person.name.as_str() == "zoe" && person.is_verified)
        );
    }
}
