//! The lab's own store, one SQLite file: products and questions, each as the JSON of its wire.
//! Every change is one transaction that is on the disk before it is answered, so a killed server
//! loses nothing that it had accepted.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use etcetera::{BaseStrategy, choose_base_strategy};
use rusqlite::{Connection, OptionalExtension, params};

use super::database::{self, Schema, words};
use crate::lab::StoreFault;
use crate::lab::products::{Code, PRODUCTS_MAX, Product, ProductStore};
use crate::lab::quiz::Bank;
use crate::lab::quiz::question::{Question, samples};

/// The kind of file, and its tables.
const SCHEMA: Schema = Schema {
    application_id: 0x726f_6461,
    pragmas: "",
    steps: &["
        CREATE TABLE products
            (number INTEGER PRIMARY KEY, code TEXT NOT NULL, json TEXT NOT NULL);
        CREATE INDEX products_by_code ON products (code);
        CREATE TABLE questions (id INTEGER PRIMARY KEY, json TEXT NOT NULL);
    "],
};

/// The open file.
#[derive(Debug)]
pub struct LabStore(Mutex<Connection>);

/// The lab's file if none is named: in the user's folder of data.
///
/// # Errors
/// A system without such a folder.
pub fn default_path() -> Result<PathBuf, StoreFault> {
    let strategy = choose_base_strategy().map_err(|error| StoreFault(error.to_string()))?;
    Ok(strategy.data_dir().join("roda").join("lab.db"))
}

impl LabStore {
    /// Opens the file, and creates it with the report's ten questions if there is none.
    ///
    /// # Errors
    /// What the system or SQLite says, or that the file is something else.
    pub fn open(path: &Path) -> Result<Self, StoreFault> {
        let fill = |new: &Connection| insert_questions(new, &samples()).map_err(|fault| fault.0);
        let connection =
            database::open(path, SCHEMA, fill).map_err(|fault| StoreFault(fault.words()))?;
        Ok(Self(Mutex::new(connection)))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // SQLite rolled back a transaction that a panic cut short.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn insert_questions(connection: &Connection, questions: &[Question]) -> Result<(), StoreFault> {
    let insert = "INSERT INTO questions (id, json) VALUES (?1, ?2)";
    let mut insert = connection.prepare(insert).map_err(fault)?;
    for question in questions {
        let json =
            serde_json::to_string(question).map_err(|error| StoreFault(error.to_string()))?;
        let written = insert.execute(params![question.id, json]);
        written.map_err(fault)?;
    }
    Ok(())
}

/// Reads all rows of a statement that returns JSON.
fn read_all<T>(
    connection: &Connection,
    statement: &str,
    parse: impl Fn(&str) -> Result<T, StoreFault>,
) -> Result<Vec<T>, StoreFault> {
    let mut statement = connection.prepare(statement).map_err(fault)?;
    let rows = statement
        .query_map([], |row| row.get::<_, String>(0))
        .map_err(fault)?;
    rows.map(|json| parse(&json.map_err(fault)?)).collect()
}

fn product(json: &str) -> Result<Product, StoreFault> {
    Product::read(json.as_bytes()).ok_or_else(|| StoreFault(format!("{json} is no product")))
}

fn question(json: &str) -> Result<Question, StoreFault> {
    serde_json::from_str(json).map_err(|error| StoreFault(error.to_string()))
}

fn fault(error: rusqlite::Error) -> StoreFault {
    StoreFault(words(error))
}

impl ProductStore for LabStore {
    fn add(&self, product: &Product) -> Result<(), StoreFault> {
        // The same statement counts the products, so that no two processes together exceed the
        // limit.
        let insert = "INSERT INTO products (code, json) SELECT ?1, ?2
            WHERE (SELECT count(*) FROM products) < ?3";
        let values = params![
            product.codigo.to_string(),
            product.json(),
            PRODUCTS_MAX as i64
        ];
        match self.connection().execute(insert, values).map_err(fault)? {
            1 => Ok(()),
            _ => Err(StoreFault(format!(
                "{PRODUCTS_MAX} products are kept already"
            ))),
        }
    }

    fn list(&self) -> Result<Vec<Product>, StoreFault> {
        read_all(
            &self.connection(),
            "SELECT json FROM products ORDER BY number",
            product,
        )
    }

    fn find(&self, code: &Code) -> Result<Option<Product>, StoreFault> {
        let newest = "SELECT json FROM products WHERE code = ?1 ORDER BY number DESC LIMIT 1";
        let found = self
            .connection()
            .query_row(newest, [code.to_string()], |row| row.get::<_, String>(0))
            .optional()
            .map_err(fault)?;
        found.map(|json| product(&json)).transpose()
    }
}

impl Bank for LabStore {
    fn questions(&self) -> Result<Vec<Question>, StoreFault> {
        read_all(
            &self.connection(),
            "SELECT json FROM questions ORDER BY id",
            question,
        )
    }

    fn replace(&self, questions: &[Question]) -> Result<(), StoreFault> {
        let mut connection = self.connection();
        let transaction = connection.transaction().map_err(fault)?;
        let deleted = transaction.execute("DELETE FROM questions", []);
        deleted.map_err(fault)?;
        insert_questions(&transaction, questions)?;
        transaction.commit().map_err(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::products::Price;

    fn product(codigo: Code, nome: &str) -> Product {
        Product {
            codigo,
            nome: nome.into(),
            preco: Price::parse("2.50").unwrap(),
        }
    }

    #[test]
    fn products_stay_in_their_order_and_the_newest_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("lab.db");
        let file = LabStore::open(&path).unwrap();
        assert_eq!(file.list().unwrap(), []);
        let products = [
            product(Code::Number(2), "lápis"),
            product(Code::Text("A'1".into()), "\";--"),
            product(Code::Number(2), "caneta"),
        ];
        for product in &products {
            file.add(product).unwrap();
        }
        drop(file);
        let file = LabStore::open(&path).unwrap();
        assert_eq!(file.list().unwrap(), products);
        for (code, found) in [(Code::Number(2), 2), (Code::Text("2".into()), 2)] {
            assert_eq!(file.find(&code).unwrap().as_ref(), products.get(found));
        }
        assert_eq!(file.find(&Code::Number(9)).unwrap(), None);
    }

    #[test]
    fn questions_are_the_reports_until_they_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab.db");
        let file = LabStore::open(&path).unwrap();
        assert_eq!(file.questions().unwrap(), samples());
        let three = &samples()[4..7];
        file.replace(three).unwrap();
        let twice = [three[0].clone(), three[0].clone()];
        assert!(file.replace(&twice).is_err());
        drop(file);
        assert_eq!(LabStore::open(&path).unwrap().questions().unwrap(), three);
    }

    #[test]
    fn another_programs_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("other.db");
        let connection = Connection::open(&other).unwrap();
        connection.execute_batch("CREATE TABLE notes (x)").unwrap();
        let refused = LabStore::open(&other).unwrap_err();
        assert_eq!(refused.0, "it is another program's database");
        let text = folder.path().join("text");
        std::fs::write(&text, "x".repeat(5000)).unwrap();
        assert!(LabStore::open(&text).is_err());
        assert_eq!(std::fs::read(&text).unwrap().len(), 5000);
    }

    #[test]
    fn there_is_a_last_product() {
        let folder = tempfile::tempdir().unwrap();
        let file = LabStore::open(&folder.path().join("lab.db")).unwrap();
        {
            let connection = file.connection();
            let full = format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                 WHERE i < {PRODUCTS_MAX}) INSERT INTO products (code, json) SELECT i, '' FROM n"
            );
            connection.execute(&full, []).unwrap();
        }
        assert!(file.add(&product(Code::Number(1), "x")).is_err());
    }
}
