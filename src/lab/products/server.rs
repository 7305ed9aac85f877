//! The server's side of `products`.

use super::{ADD, Code, END, FIND, LIST, Part, Product, Version, list_json};
use crate::lab::python::json;
use crate::lab::store::{ProductsReply, StoreRequest};
use crate::lab::{Act, Dialogue, DialogueEvent, Expected, ended_early, unexpected, whole_word};

/// What the document's client reads of a list at once, in bytes.
pub(super) const LIST_RECV_BYTES: usize = 2048;

/// What the server waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    Operation,
    Product,
    Code,
}

/// The server's side.
pub struct Server {
    version: Version,
    awaited: Awaited,
}

impl Server {
    /// Makes a server that follows this version of the document.
    #[must_use]
    pub fn new(version: Version) -> Self {
        let awaited = Awaited::Operation;
        Self { version, awaited }
    }

    fn operation(&mut self, message: &[u8]) -> Vec<Act> {
        let word = message.trim_ascii();
        let shown = || Act::show(String::from_utf8_lossy(word).into_owned());
        if word == ADD.as_bytes() {
            self.awaited = Awaited::Product;
            return Vec::new();
        }
        if word == FIND.as_bytes() {
            self.awaited = Awaited::Code;
            return Vec::new();
        }
        if word == LIST.as_bytes() {
            return vec![shown(), Act::Store(StoreRequest::ListProducts)];
        }
        if word == END.as_bytes() {
            let stop = match self.version {
                Version::V4 => Some(Act::Report(DialogueEvent::Stop)),
                Version::V5 => None,
            };
            return [shown()]
                .into_iter()
                .chain(stop)
                .chain([Act::Close])
                .collect();
        }
        unexpected(Expected::Products(Part::Operation), message)
    }

    fn add(&mut self, message: &[u8]) -> Vec<Act> {
        let Some(product) = Product::read(message) else {
            return unexpected(Expected::Products(Part::Product), message);
        };
        self.awaited = Awaited::Operation;
        vec![Act::Store(StoreRequest::AddProduct(product))]
    }

    fn find(&mut self, message: &[u8]) -> Vec<Act> {
        let Some(code) = Code::read(message) else {
            return unexpected(Expected::Products(Part::Code), message);
        };
        self.awaited = Awaited::Operation;
        vec![Act::Store(StoreRequest::FindProduct(code))]
    }
}

/// Encodes a list for the wire.
pub(super) fn list(products: &[Product]) -> Vec<u8> {
    let mut list = list_json(products).into_bytes();
    if list.len().is_multiple_of(LIST_RECV_BYTES) {
        list.push(b' ');
    }
    list
}

impl Dialogue for Server {
    fn whole(&self, waiting: &[u8]) -> Option<usize> {
        match self.awaited {
            Awaited::Operation => whole_word(waiting, &[ADD, LIST, FIND, END]),
            Awaited::Product | Awaited::Code => json::delimited(waiting),
        }
    }

    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        // A person who types into a bare connection ends each line with a newline.
        if message.trim_ascii().is_empty() {
            return Vec::new();
        }
        match self.awaited {
            Awaited::Operation => self.operation(message),
            Awaited::Product => self.add(message),
            Awaited::Code => self.find(message),
        }
    }

    fn on_products(&mut self, reply: ProductsReply) -> Vec<Act> {
        match reply {
            ProductsReply::Added(product) => vec![Act::show(format!("{ADD} {product}"))],
            ProductsReply::All(products) => vec![Act::Send(list(&products))],
            ProductsReply::Found(code, found) => vec![
                Act::show(format!("{FIND} {code}")),
                Act::Send(found.map_or("null".into(), |found| found.json().into())),
            ],
        }
    }

    fn on_end(&mut self) -> Vec<Act> {
        match self.awaited {
            Awaited::Operation => vec![Act::Close],
            Awaited::Product => ended_early(Expected::Products(Part::Product)),
            Awaited::Code => ended_early(Expected::Products(Part::Code)),
        }
    }
}
