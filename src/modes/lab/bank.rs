//! The stores of `lab`: opening the one that was typed, and reading and replacing the bank of
//! questions.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::{BankAct, BankSettings, Database, QuestionSource};
#[cfg(feature = "mongodb")]
use crate::error::LabUsage;
use crate::error::{Error, StoreError};
use crate::lab::StoreFault;
use crate::lab::quiz::Bank;
use crate::lab::quiz::question::{Question, read_bank, samples};
use crate::modes::Outcome;
use crate::store::lab::{LabStore, default_path};
use crate::store::text_file;
use crate::terminal::screen::{self, Color, Form, Screen};
use crate::text::{self, Lang};

/// Longest file of questions, in bytes: room for the most and longest questions.
const BANK_MAX_BYTES: u64 = 16 << 20;

/// Opens the store of products.
pub(super) fn open_products(database: &Database) -> Result<LabStore, Error> {
    match database {
        Database::File(path) => open_file(path.as_ref()),
        #[cfg(feature = "mongodb")]
        Database::MongoDb(_) => Err(LabUsage::ProductsNeedFile.into()),
    }
}

/// Opens the lab's own SQLite file.
fn open_file(path: Option<&PathBuf>) -> Result<LabStore, Error> {
    let path = match path {
        Some(path) => path.clone(),
        None => default_path().map_err(|fault| failed("", fault))?,
    };
    LabStore::open(&path).map_err(|fault| failed(&path.to_string_lossy(), fault))
}

/// Opens the bank of questions.
pub(super) fn open(database: &Database) -> Result<Arc<dyn Bank>, Error> {
    match database {
        Database::File(path) => Ok(Arc::new(open_file(path.as_ref())?)),
        #[cfg(feature = "mongodb")]
        Database::MongoDb(url) => {
            let bank = crate::store::mongo::MongoBank::open(url);
            Ok(Arc::new(bank.map_err(|fault| failed("MongoDB", fault))?))
        }
    }
}

/// Imports, exports or resets the questions.
pub(super) fn run(settings: &BankSettings, lang: Lang) -> Result<Outcome, Error> {
    let bank = open(&settings.database)?;
    let store = |fault| failed(&settings.database.to_string(), fault);
    match &settings.act {
        BankAct::Import(source) => {
            let questions = read(source)?;
            bank.replace(&questions).map_err(store)?;
            screen::say(&text::questions_kept(lang, questions.len()));
        }
        BankAct::Reset => {
            let questions = samples();
            bank.replace(&questions).map_err(store)?;
            screen::say(&text::questions_kept(lang, questions.len()));
        }
        BankAct::Export => {
            let questions = bank.questions().map_err(store)?;
            let mut lines = String::new();
            Screen::new(Form::Json, Color::Never, lang).document(&questions, &mut lines);
            screen::print(&lines).map_err(Error::Output)?;
        }
    }
    Ok(Outcome::Done)
}

fn read(source: &QuestionSource) -> Result<Vec<Question>, Error> {
    let (path, json) = match source {
        QuestionSource::File(path) => (path.clone(), text_file::read(path, BANK_MAX_BYTES)),
        QuestionSource::Stdin => {
            let json = text_file::read_from(io::stdin().lock(), BANK_MAX_BYTES);
            (PathBuf::from("stdin"), json)
        }
    };
    let json = json.map_err(|cause| StoreError::ReadFile {
        path: path.clone(),
        cause,
    })?;
    Ok(read_bank(&json).map_err(|fault| StoreError::Questions { path, fault })?)
}

fn failed(name: &str, StoreFault(why): StoreFault) -> Error {
    let name = name.to_owned();
    StoreError::Database { name, why }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_questions_in_the_manual_can_be_imported() {
        let manual = include_str!("../../manual/lab.md");
        let (_, example) = manual.split_once("```json\n").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let questions = read_bank(example).unwrap();
        let right: Vec<&str> = questions
            .iter()
            .map(|question| question.options[question.answer].as_str())
            .collect();
        assert_eq!(right, ["Paris", "56", "sim"]);
    }
}
