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
//!
//! Nothing answers `adicionar`, so a product that was not kept looks like one that was. A server
//! that cannot write therefore closes without an answer, and our client ends with `consultar` and
//! the code, and compares. If another product comes back (some servers find the oldest of equal
//! codes), it looks through `listar`. Version 4 has no `consultar`, so there it asks by `listar`
//! alone.

mod client;
mod price;
mod server;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::StoreFault;
use super::python::{Value, json};

pub use self::client::{Client, Request};
pub use self::price::Price;
pub use self::server::Server;

/// The operations, as the wire spells them.
const ADD: &str = "adicionar";
const LIST: &str = "listar";
const FIND: &str = "consultar";
const END: &str = "terminar";

/// Most products in a store: at the longest message each, a list takes 10 MB.
pub const PRODUCTS_MAX: usize = 10_000;

/// Longest product that is read, in bytes. Our own are at most a message long; other servers may
/// take longer ones.
const PRODUCT_MAX_BYTES: usize = 64 << 10;

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

/// A product.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// Its code.
    pub codigo: Code,
    /// Its name.
    pub nome: String,
    /// Its price.
    pub preco: Price,
}

impl Product {
    /// Decodes a product: a JSON object with these three keys and no others.
    #[must_use]
    pub fn read(message: &[u8]) -> Option<Self> {
        if message.len() > PRODUCT_MAX_BYTES {
            return None;
        }
        let object = json::read(message).ok()?;
        let Value::Dictionary(pairs) = &object else {
            return None;
        };
        let codigo = match object.get("codigo")? {
            Value::Integer(number) => Code::Number(i64::try_from(*number).ok()?),
            Value::Text(text) => Code::Text(text.clone()),
            _ => return None,
        };
        let Value::Text(nome) = object.get("nome")? else {
            return None;
        };
        let (nome, preco) = (nome.clone(), Price::of(object.get("preco")?)?);
        (pairs.len() == 3).then_some(Self {
            codigo,
            nome,
            preco,
        })
    }

    /// Encodes the product as JSON.
    #[must_use]
    pub fn json(&self) -> String {
        let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
        let codigo = match &self.codigo {
            Code::Number(number) => number.to_string(),
            Code::Text(text) => quoted(text),
        };
        let (nome, preco) = (quoted(&self.nome), self.preco);
        format!(r#"{{"codigo":{codigo},"nome":{nome},"preco":{preco}}}"#)
    }

    /// Whether another product is this one, however the server writes codes and numbers.
    fn is_same_as(&self, other: &Self) -> bool {
        self.codigo.to_string() == other.codigo.to_string()
            && self.nome == other.nome
            && self.preco.is_same_as(other.preco)
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}  {}", self.codigo, self.nome, self.preco)
    }
}

/// Encodes a list of products as JSON.
fn list_json(products: &[Product]) -> String {
    let products: Vec<String> = products.iter().map(Product::json).collect();
    format!("[{}]", products.join(","))
}

/// Decodes a JSON list of products, one after the other: a list is long, and a product short.
fn read_list(message: &[u8]) -> Option<Vec<Product>> {
    let inner = message
        .trim_ascii()
        .strip_prefix(b"[")?
        .strip_suffix(b"]")?;
    let (mut rest, mut products) = (inner.trim_ascii(), Vec::new());
    if rest.is_empty() {
        return Some(products);
    }
    loop {
        let (product, more) = rest.split_at_checked(json::delimited(rest)?)?;
        products.push(Product::read(product)?);
        rest = more.trim_ascii_start();
        if rest.is_empty() {
            return Some(products);
        }
        rest = rest.strip_prefix(b",")?;
    }
}

/// Decodes a product, or `null`.
fn read_product_or_null(message: &[u8]) -> Option<Option<Product>> {
    match message.trim_ascii() {
        b"null" => Some(None),
        object => Product::read(object).map(Some),
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

/// The version of the document that both sides follow. They differ in what `terminar` ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `terminar` ends the server.
    V4,
    /// `terminar` ends the connection.
    V5,
}
