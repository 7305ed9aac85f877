//! `products`, versions 4 and 5 of the document and its exercise: the client sends an operation,
//! one word in one message, and its argument as JSON in the next.
//!
//! ```text
//! adicionar, then {"codigo":1,"nome":"Caneta","preco":2.5}     no answer
//! listar                                                      the list, as JSON
//! consultar, then the code, 1 or "A1"                          the product, or null
//! terminar                                                    ends the connection or the server
//! ```
//!
//! The document leaves the JSON's keys and the exercise's answers open; these are ours. A list may
//! be longer than a `recv(2048)`, which the document's client repeats while it comes back full, so
//! a list whose length is a multiple of 2048 bytes is sent with a blank at the end. Products are
//! kept in the order of arrival, even with equal codes; a search finds the newest. The document's
//! exercise keeps them in TinyDB, ours in SQLite. Messages that TCP merged are split by their
//! bytes, except for a bare code and what follows it.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::{
    Act, Dialogue, Expected, StoreFault, Told, ended_early, unexpected, whole_json, whole_word,
};

/// The operations, as the wire spells them.
const ADD: &str = "adicionar";
const LIST: &str = "listar";
const FIND: &str = "consultar";
const END: &str = "terminar";

/// What the document's client reads of a list at once, in bytes.
const LIST_RECV_BYTES: usize = 2048;

/// Most products in a store: at the longest message each, a list takes 10 MB.
pub const PRODUCTS_MAX: usize = 10_000;

/// Longest list that a client accepts, in bytes, even from a server with other limits.
const LIST_MAX_BYTES: usize = 16 << 20;

/// A product's code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Code {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

impl Code {
    /// Parses a typed code: a number if it reads as one, else a text.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        if !(1..=256).contains(&typed.len()) {
            return None;
        }
        Some(match typed.parse() {
            Ok(number) => Self::Number(number),
            Err(_) => Self::Text(typed.to_owned()),
        })
    }

    /// Decodes a code as a client sends it: JSON, or bare.
    fn read(message: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Named {
            codigo: Code,
        }
        let named = || serde_json::from_slice(message).map(|named: Named| named.codigo);
        let json = serde_json::from_slice(message).or_else(|_| named()).ok();
        json.or_else(|| Self::parse(str::from_utf8(message).ok()?.trim()))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Parses a typed price.
#[must_use]
pub fn price(typed: &str) -> Option<Number> {
    typed
        .parse()
        .ok()
        .filter(|price: &Number| price.as_f64().is_some_and(|price| price >= 0.0))
}

/// A product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its code.
    pub codigo: Code,
    /// Its name.
    pub nome: String,
    /// Its price.
    pub preco: Number,
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}  {}", self.codigo, self.nome, self.preco)
    }
}

/// Where products are kept.
pub trait ProductStore: Send + Sync {
    /// Adds a product.
    ///
    /// # Errors
    /// Why the store failed, or that it holds [`PRODUCTS_MAX`] already.
    fn add(&self, product: &Product) -> Result<(), StoreFault>;

    /// All products, in the order of arrival.
    ///
    /// # Errors
    /// Why the store failed.
    fn list(&self) -> Result<Vec<Product>, StoreFault>;

    /// The newest product with this code. A number and its digits are the same code.
    ///
    /// # Errors
    /// Why the store failed.
    fn find(&self, code: &Code) -> Result<Option<Product>, StoreFault>;
}

/// A part of this dialogue that one side expects of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// An operation.
    Operation,
    /// A product as a JSON object.
    Product,
    /// A product's code.
    Code,
    /// A JSON list of products.
    List,
    /// A product, or `null`.
    ProductOrNull,
}

/// What the server waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    Operation,
    Product,
    Code,
}

/// The version of the document that both sides follow. They differ in what `terminar` ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `terminar` ends the server.
    V4,
    /// `terminar` ends the connection.
    V5,
}

/// The server's side.
pub struct Server {
    store: Arc<dyn ProductStore>,
    version: Version,
    awaited: Awaited,
}

impl Server {
    /// Makes a server of the products in this store.
    #[must_use]
    pub fn new(store: Arc<dyn ProductStore>, version: Version) -> Self {
        let awaited = Awaited::Operation;
        Self {
            store,
            version,
            awaited,
        }
    }

    fn operation(&mut self, message: &[u8]) -> Vec<Act> {
        let word = message.trim_ascii();
        let shown = || Act::Show(String::from_utf8_lossy(word).into_owned());
        if word == ADD.as_bytes() {
            self.awaited = Awaited::Product;
            return Vec::new();
        }
        if word == FIND.as_bytes() {
            self.awaited = Awaited::Code;
            return Vec::new();
        }
        if word == LIST.as_bytes() {
            return match self.store.list().map(|products| list(&products)) {
                Ok(list) => vec![shown(), Act::Send(list)],
                Err(fault) => fault.acts(),
            };
        }
        if word == END.as_bytes() {
            let end = match self.version {
                Version::V4 => Act::Stop,
                Version::V5 => Act::Close,
            };
            return vec![shown(), end];
        }
        unexpected(Expected::Products(Part::Operation), message)
    }

    fn add(&mut self, message: &[u8]) -> Vec<Act> {
        let Ok(product) = serde_json::from_slice::<Product>(message) else {
            return unexpected(Expected::Products(Part::Product), message);
        };
        self.awaited = Awaited::Operation;
        match self.store.add(&product) {
            Ok(()) => vec![Act::Show(format!("{ADD} {product}"))],
            Err(fault) => fault.acts(),
        }
    }

    fn find(&mut self, message: &[u8]) -> Vec<Act> {
        let Some(code) = Code::read(message) else {
            return unexpected(Expected::Products(Part::Code), message);
        };
        self.awaited = Awaited::Operation;
        match self.store.find(&code) {
            Ok(found) => vec![
                Act::Show(format!("{FIND} {code}")),
                Act::Send(serde_json::to_vec(&found).unwrap_or_default()),
            ],
            Err(fault) => fault.acts(),
        }
    }
}

/// Encodes a list for the wire.
fn list(products: &[Product]) -> Vec<u8> {
    let mut list = serde_json::to_vec(products).unwrap_or_default();
    if list.len().is_multiple_of(LIST_RECV_BYTES) {
        list.push(b' ');
    }
    list
}

impl Dialogue for Server {
    fn whole(&self, waiting: &[u8]) -> Option<usize> {
        match self.awaited {
            Awaited::Operation => whole_word(waiting, &[ADD, LIST, FIND, END]),
            Awaited::Product | Awaited::Code => whole_json(waiting),
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

    fn on_end(&mut self) -> Vec<Act> {
        match self.awaited {
            Awaited::Operation => vec![Act::Close],
            Awaited::Product => ended_early(Expected::Products(Part::Product)),
            Awaited::Code => ended_early(Expected::Products(Part::Code)),
        }
    }
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Adds a product.
    Add(Product),
    /// Lists all products.
    List,
    /// Finds a product by its code.
    Find(Code),
    /// Ends the connection, and a server of version 4.
    End,
}

/// The client's side: one request, then `terminar`. A server of version 4 would end at that word,
/// so the client does not send it there.
#[derive(Debug)]
pub struct Client {
    request: Request,
    version: Version,
    /// Whether everything that was requested has arrived.
    is_answered: bool,
}

impl Client {
    /// Makes a client with one request.
    #[must_use]
    pub fn new(request: Request, version: Version) -> Self {
        let is_answered = matches!(request, Request::Add(_) | Request::End);
        Self {
            request,
            version,
            is_answered,
        }
    }

    /// Ends the connection after everything was sent. Only a server of version 5 is told.
    fn farewell(&self) -> Vec<Act> {
        match self.version {
            Version::V4 => vec![Act::Close],
            Version::V5 => vec![Act::Send(END.into()), Act::Finish],
        }
    }

    /// The last acts of a request, and the farewell.
    fn end_with(&mut self, acts: impl IntoIterator<Item = Act>) -> Vec<Act> {
        self.is_answered = true;
        acts.into_iter().chain(self.farewell()).collect()
    }
}

impl Dialogue for Client {
    fn begin(&mut self) -> Vec<Act> {
        match &self.request {
            Request::Add(product) => {
                let json = serde_json::to_vec(product).unwrap_or_default();
                self.end_with([Act::Send(ADD.into()), Act::Send(json)])
            }
            Request::List => vec![Act::Send(LIST.into())],
            Request::Find(code) => {
                let json = serde_json::to_vec(code).unwrap_or_default();
                vec![Act::Send(FIND.into()), Act::Send(json)]
            }
            Request::End => vec![Act::Send(END.into()), Act::Finish],
        }
    }

    fn whole(&self, waiting: &[u8]) -> Option<usize> {
        whole_json(waiting).or_else(|| whole_word(waiting, &["null"]))
    }

    fn message_max_bytes(&self) -> usize {
        LIST_MAX_BYTES
    }

    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        if self.is_answered {
            // An answer that the document does not have, and that does no harm.
            return vec![Act::Show(String::from_utf8_lossy(message).into_owned())];
        }
        if let Request::Find(_) = self.request {
            return match serde_json::from_slice::<Option<Product>>(message) {
                Ok(Some(product)) => self.end_with([Act::Show(product.to_string())]),
                Ok(None) => self.end_with([Act::Tell(Told::NotFound)]),
                Err(_) => unexpected(Expected::Products(Part::ProductOrNull), message),
            };
        }
        match serde_json::from_slice::<Vec<Product>>(message) {
            Ok(products) => self.end_with(products.iter().map(|p| Act::Show(p.to_string()))),
            Err(_) => unexpected(Expected::Products(Part::List), message),
        }
    }

    fn on_end(&mut self) -> Vec<Act> {
        match self.request {
            Request::List => ended_early(Expected::Products(Part::List)),
            Request::Find(_) => ended_early(Expected::Products(Part::ProductOrNull)),
            Request::Add(_) | Request::End => vec![Act::Close],
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Mutex;

    use super::Version::{V4, V5};
    use super::*;
    use crate::lab::session::tests::{shown, talk};

    /// A store in memory.
    #[derive(Default)]
    pub(in crate::lab) struct Memory(Mutex<Vec<Product>>);

    impl ProductStore for Memory {
        fn add(&self, product: &Product) -> Result<(), StoreFault> {
            self.0.lock().unwrap().push(product.clone());
            Ok(())
        }

        fn list(&self) -> Result<Vec<Product>, StoreFault> {
            Ok(self.0.lock().unwrap().clone())
        }

        fn find(&self, code: &Code) -> Result<Option<Product>, StoreFault> {
            let products = self.0.lock().unwrap();
            let has_code = |product: &&Product| product.codigo.to_string() == code.to_string();
            Ok(products.iter().rev().find(has_code).cloned())
        }
    }

    fn product(codigo: Code, nome: &str, preco: &str) -> Product {
        Product {
            codigo,
            nome: nome.into(),
            preco: price(preco).unwrap(),
        }
    }

    #[test]
    fn what_is_added_is_listed_and_found() {
        let store = Arc::new(Memory::default());
        for piece in [1, 7, 1000] {
            let ask = |request, version| {
                let server = Server::new(Arc::clone(&store) as Arc<dyn ProductStore>, Version::V5);
                let client = Client::new(request, version);
                shown(talk(Box::new(server), Box::new(client), piece))
            };
            store.0.lock().unwrap().clear();
            assert_eq!(ask(Request::List, V5), [""; 0]);
            let pen = product(Code::Number(1), "Caneta", "2.5");
            let case = product(Code::Text("A1".into()), "Estojo \"é\"", "10");
            assert_eq!(ask(Request::Add(pen), V5), [""; 0]);
            assert_eq!(ask(Request::Add(case), V4), [""; 0], "without the end");
            let all = ["1  Caneta  2.5", "A1  Estojo \"é\"  10"];
            assert_eq!(ask(Request::List, V5), all);
            assert_eq!(ask(Request::Find(Code::Number(1)), V5), all[..1]);
            assert_eq!(ask(Request::Find(Code::Text("A1".into())), V4), all[1..]);
            assert_eq!(ask(Request::Find(Code::Number(2)), V5), ["NotFound"]);
            assert_eq!(ask(Request::End, V5), [""; 0]);
        }
    }

    #[test]
    fn merged_messages_are_told_apart() {
        let store: Arc<dyn ProductStore> = Arc::new(Memory::default());
        let mut server = Server::new(Arc::clone(&store), V5);
        let json = r#"{"codigo": "x", "nome": "y}", "preco": 1e2}"#;
        let all = format!("adicionar{json}consultar\"x\"listarlistar\n");
        let mut waiting = all.as_bytes();
        let mut sent = 0;
        while let Some(bytes) = server.whole(waiting) {
            let acts = server.on_message(&waiting[..bytes]);
            sent += acts
                .iter()
                .filter(|act| matches!(act, Act::Send(_)))
                .count();
            waiting = &waiting[bytes..];
        }
        assert_eq!((waiting, sent), (&b"\n"[..], 3));
        assert_eq!(server.on_message(waiting), []);
        assert_eq!(store.list().unwrap().len(), 1);
    }

    #[test]
    fn codes_come_as_json_or_bare() {
        let number = Some(Code::Number(12));
        for code in ["12", " 12\n", r#"{"codigo":12}"#] {
            assert_eq!(Code::read(code.as_bytes()), number, "{code}");
        }
        let text = Some(Code::Text("A1".into()));
        for code in ["A1", "\"A1\"", r#"{"codigo":"A1"}"#] {
            assert_eq!(Code::read(code.as_bytes()), text, "{code}");
        }
        assert_eq!(Code::read(b"\xff"), None);
        assert_eq!(Code::read(b""), None);
    }

    #[test]
    fn who_breaks_the_protocol_is_told_what_was_expected() {
        let store: Arc<dyn ProductStore> = Arc::new(Memory::default());
        let mut server = Server::new(store, V4);
        let refused = unexpected(Expected::Products(Part::Operation), b"apagar");
        assert_eq!(server.on_message(b"apagar"), refused);
        assert_eq!(server.on_message(b"adicionar"), []);
        let bad = br#"{"codigo":1,"nome":"x"}"#;
        assert_eq!(
            server.on_message(bad),
            unexpected(Expected::Products(Part::Product), bad)
        );
        assert_eq!(
            server.on_end(),
            ended_early(Expected::Products(Part::Product))
        );
        let mut server = Server::new(Arc::new(Memory::default()), V4);
        let end = server.on_message(b"terminar");
        assert_eq!(end, [Act::Show("terminar".into()), Act::Stop]);
    }

    #[test]
    fn no_list_fills_the_last_recv() {
        let mut products = vec![product(Code::Number(1), "", "1")];
        let bare = serde_json::to_vec(&products).unwrap().len();
        products[0].nome = "x".repeat(LIST_RECV_BYTES - bare);
        assert_eq!(list(&products).len(), LIST_RECV_BYTES + 1);
    }
}
