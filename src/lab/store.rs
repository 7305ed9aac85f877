//! What a lesson's server asks of the store that keeps its things, and what the store answers. A
//! store may be slow, or locked by another program: a session waits for its answer and takes no
//! further message until then, and the loop that drives a thousand sessions does not wait.

use std::sync::Arc;

use super::StoreFault;
use super::products::{Code, Product, ProductStore};
use super::quiz::Bank;
use super::quiz::question::Question;

/// What a session asks.
#[derive(Clone, Debug, PartialEq)]
pub enum StoreRequest {
    /// To add a product.
    AddProduct(Product),
    /// For all products.
    ListProducts,
    /// For the newest product with a code.
    FindProduct(Code),
    /// For all questions.
    ListQuestions,
}

/// What the store answers.
#[derive(Clone, Debug, PartialEq)]
pub enum StoreReply {
    /// About products.
    Products(ProductsReply),
    /// All questions.
    Questions(Vec<Question>),
    /// It failed.
    Failed(StoreFault),
}

/// What the store answers about products.
#[derive(Clone, Debug, PartialEq)]
pub enum ProductsReply {
    /// This product was added.
    Added(Product),
    /// All products.
    All(Vec<Product>),
    /// The newest product with this code.
    Found(Code, Option<Product>),
}

/// Where a lesson keeps its things.
#[derive(Clone)]
pub enum Store {
    /// `products`.
    Products(Arc<dyn ProductStore>),
    /// `quiz`.
    Questions(Arc<dyn Bank>),
}

impl Store {
    /// Answers a request. This may take as long as the disk, a lock or a server's network takes.
    #[must_use]
    pub fn answer(&self, request: StoreRequest) -> StoreReply {
        let answer = match (self, request) {
            (Self::Products(store), StoreRequest::AddProduct(product)) => {
                let added = store.add(&product);
                added.map(|()| StoreReply::Products(ProductsReply::Added(product)))
            }
            (Self::Products(store), StoreRequest::ListProducts) => {
                let all = store.list().map(ProductsReply::All);
                all.map(StoreReply::Products)
            }
            (Self::Products(store), StoreRequest::FindProduct(code)) => {
                let found = store.find(&code);
                found.map(|found| StoreReply::Products(ProductsReply::Found(code, found)))
            }
            (Self::Questions(bank), StoreRequest::ListQuestions) => {
                bank.questions().map(StoreReply::Questions)
            }
            (Self::Products(_), StoreRequest::ListQuestions) | (Self::Questions(_), _) => {
                Err(StoreFault("it keeps other things".into()))
            }
        };
        answer.unwrap_or_else(StoreReply::Failed)
    }
}
