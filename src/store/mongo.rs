//! The report's own store of questions: database `C115-Trabalho1`, collection `Questions`.

use std::time::Duration;

use mongodb::bson::doc;
use mongodb::error::Error;
use mongodb::options::ClientOptions;
use mongodb::sync::{Client, Collection};

use crate::lab::StoreFault;
use crate::lab::quiz::Bank;
use crate::lab::quiz::question::{Question, check_bank, samples};

/// How long finding a server may take, unless the URL says otherwise.
const SELECTION_WAIT: Duration = Duration::from_secs(5);

/// The names that the report uses.
const DATABASE: &str = "C115-Trabalho1";
const COLLECTION: &str = "Questions";

/// The questions of a MongoDB server.
pub struct MongoBank(Collection<Question>);

impl MongoBank {
    /// Connects to a server by its URL. An empty collection gets the report's ten questions.
    ///
    /// # Errors
    /// What the driver says.
    pub fn open(url: &str) -> Result<Self, StoreFault> {
        let mut options = ClientOptions::parse(url).run().map_err(fault)?;
        options
            .server_selection_timeout
            .get_or_insert(SELECTION_WAIT);
        let client = Client::with_options(options).map_err(fault)?;
        let bank = Self(client.database(DATABASE).collection(COLLECTION));
        if bank.0.count_documents(doc! {}).run().map_err(fault)? == 0 {
            bank.replace(&samples())?;
        }
        Ok(bank)
    }
}

impl Bank for MongoBank {
    fn questions(&self) -> Result<Vec<Question>, StoreFault> {
        let found = self.0.find(doc! {}).sort(doc! { "_id": 1 }).run();
        let questions: Result<Vec<Question>, Error> = found.map_err(fault)?.collect();
        let questions = questions.map_err(fault)?;
        // Other programs write to this collection as well.
        check_bank(&questions).map_err(|bad| StoreFault(bad.to_string()))?;
        Ok(questions)
    }

    /// Replaces in two steps, as the report does: a standalone server has no transactions.
    fn replace(&self, questions: &[Question]) -> Result<(), StoreFault> {
        self.0.drop().run().map_err(fault)?;
        self.0.insert_many(questions).run().map_err(fault)?;
        Ok(())
    }
}

fn fault(error: Error) -> StoreFault {
    StoreFault(error.to_string())
}
