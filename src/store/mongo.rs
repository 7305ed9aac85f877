//! The report's own store of questions: database `C115-Trabalho1`, collection `Questions`.

use std::time::Duration;

use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;
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
pub struct MongoBank {
    client: Client,
    questions: Collection<Question>,
}

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
        let questions = client.database(DATABASE).collection(COLLECTION);
        let bank = Self { client, questions };
        let count = bank.questions.count_documents(doc! {}).run();
        if count.map_err(fault)? == 0 {
            bank.replace(&samples())?;
        }
        Ok(bank)
    }
}

impl Bank for MongoBank {
    fn questions(&self) -> Result<Vec<Question>, StoreFault> {
        let found = self.questions.find(doc! {}).sort(doc! { "_id": 1 }).run();
        let questions: Result<Vec<Question>, Error> = found.map_err(fault)?.collect();
        let questions = questions.map_err(fault)?;
        // Other programs write to this collection as well.
        check_bank(&questions).map_err(|bad| StoreFault(bad.to_string()))?;
        Ok(questions)
    }

    /// The server puts the new collection in the place of the old one in one step, so that nobody
    /// finds half of the questions, or none. What fails before that step leaves the old ones.
    fn replace(&self, questions: &[Question]) -> Result<(), StoreFault> {
        // No two programs that replace at once share a collection.
        let fresh = format!("{COLLECTION}.{}", ObjectId::new().to_hex());
        let fresh: Collection<Question> = self.client.database(DATABASE).collection(&fresh);
        let replaced = self.fill(&fresh, questions);
        if replaced.is_err() {
            // What remains of it harms nobody, and its own error explains nothing.
            let _ = fresh.drop().run();
        }
        replaced.map_err(fault)
    }
}

impl MongoBank {
    /// Fills a new collection with questions, and gives it the name of the old one.
    fn fill(&self, fresh: &Collection<Question>, questions: &[Question]) -> Result<(), Error> {
        fresh.insert_many(questions).run()?;
        let rename = doc! {
            "renameCollection": fresh.namespace().to_string(),
            "to": self.questions.namespace().to_string(),
            "dropTarget": true,
        };
        self.client.database("admin").run_command(rename).run()?;
        Ok(())
    }
}

fn fault(error: Error) -> StoreFault {
    StoreFault(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The server has one bank, which this test leaves with the report's questions.
    #[test]
    #[ignore = "scripts/mongodb"]
    fn questions_that_cannot_be_kept_leave_the_old_ones() {
        let url = std::env::var("RODA_TEST_MONGODB").expect("RODA_TEST_MONGODB names the server");
        let bank = MongoBank::open(&url).unwrap();
        bank.replace(&samples()).unwrap();
        let mut twice = samples().split_off(7);
        twice.push(twice[0].clone());
        assert!(bank.replace(&twice).is_err());
        assert_eq!(bank.questions().unwrap(), samples());
        let three = samples().split_off(7);
        bank.replace(&three).unwrap();
        assert_eq!(bank.questions().unwrap(), three);
        let database = bank.client.database(DATABASE);
        let names = database.list_collection_names().run().unwrap();
        assert_eq!(names, [COLLECTION]);
        bank.replace(&samples()).unwrap();
    }
}
