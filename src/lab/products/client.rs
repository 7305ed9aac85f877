//! The client's side of `products`.

use super::{ADD, Code, END, FIND, LIST, Part, Product, Version, read_list, read_product_or_null};
use crate::lab::python::json;
use crate::lab::{Act, Dialogue, Expected, Finding, ended_early, unexpected, whole_word};

/// Longest list that a client accepts, in bytes, even from a server with other limits.
const LIST_MAX_BYTES: usize = 16 << 20;

/// What a client asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Adds a product, and makes sure that the server has it.
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
    awaited: Awaited,
}

/// The answer that the client waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    Product,
    List,
    /// Everything that was requested has arrived.
    Nothing,
}

impl Client {
    /// Makes a client with one request.
    #[must_use]
    pub fn new(request: Request, version: Version) -> Self {
        let awaited = match (&request, version) {
            (Request::Add(_), Version::V5) | (Request::Find(_), _) => Awaited::Product,
            (Request::Add(_), Version::V4) | (Request::List, _) => Awaited::List,
            (Request::End, _) => Awaited::Nothing,
        };
        Self {
            request,
            version,
            awaited,
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
        self.awaited = Awaited::Nothing;
        acts.into_iter().chain(self.farewell()).collect()
    }

    /// Takes what the server has under the code of the product that was added.
    fn on_confirmation(&mut self, added: &Product, message: &[u8]) -> Vec<Act> {
        let has = |found: &Product| added.is_same_as(found);
        let is_kept = match self.awaited {
            Awaited::Product => {
                product_at_the_end(message).map(|found| found.as_ref().is_some_and(has))
            }
            _ => read_list(message).map(|products| products.iter().any(has)),
        };
        match (is_kept, self.awaited) {
            (Some(true), _) => self.end_with([]),
            (Some(false), Awaited::Product) => {
                self.awaited = Awaited::List;
                vec![Act::Send(LIST.into())]
            }
            (Some(false), _) => self.end_with([Act::tell(Finding::NotKept)]),
            // Some servers answer `adicionar`, which the document leaves open.
            (None, _) => vec![Act::show(String::from_utf8_lossy(message))],
        }
    }
}

/// Decodes the answer to `consultar`. An answer to `adicionar` may stand before it, because TCP
/// merges what is sent close together.
fn product_at_the_end(message: &[u8]) -> Option<Option<Product>> {
    let object = message.iter().position(|byte| *byte == b'{');
    let from_object = || read_product_or_null(message.get(object?..)?);
    read_product_or_null(message)
        .or_else(from_object)
        .or_else(|| message.ends_with(b"null").then_some(None))
}

impl Dialogue for Client {
    fn begin(&mut self) -> Vec<Act> {
        let send = |text: &str| Act::Send(text.into());
        match &self.request {
            Request::Add(product) => {
                let added = [send(ADD), send(&product.json())];
                let check = match self.version {
                    Version::V4 => vec![send(LIST)],
                    Version::V5 => vec![send(FIND), Act::Send(code_json(&product.codigo))],
                };
                added.into_iter().chain(check).collect()
            }
            Request::List => vec![send(LIST)],
            Request::Find(code) => vec![send(FIND), Act::Send(code_json(code))],
            Request::End => vec![send(END), Act::Finish],
        }
    }

    fn whole(&self, waiting: &[u8]) -> Option<usize> {
        json::delimited(waiting).or_else(|| whole_word(waiting, &["null"]))
    }

    fn message_max_bytes(&self) -> usize {
        LIST_MAX_BYTES
    }

    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        if self.awaited == Awaited::Nothing {
            // An answer that the document does not have, and that does no harm.
            return vec![Act::show(String::from_utf8_lossy(message))];
        }
        match self.request.clone() {
            Request::Add(added) => self.on_confirmation(&added, message),
            Request::Find(_) => match read_product_or_null(message) {
                Some(Some(product)) => self.end_with([Act::show(product.to_string())]),
                Some(None) => self.end_with([Act::tell(Finding::NotFound)]),
                None => unexpected(Expected::Products(Part::ProductOrNull), message),
            },
            Request::List | Request::End => match read_list(message) {
                Some(products) => self.end_with(products.iter().map(|p| Act::show(p.to_string()))),
                None => unexpected(Expected::Products(Part::List), message),
            },
        }
    }

    fn on_end(&mut self) -> Vec<Act> {
        match (&self.request, self.awaited) {
            (_, Awaited::Nothing) => vec![Act::Close],
            (Request::Add(_), _) => vec![Act::tell(Finding::Unconfirmed), Act::Close],
            (_, Awaited::Product) => ended_early(Expected::Products(Part::ProductOrNull)),
            (_, Awaited::List) => ended_early(Expected::Products(Part::List)),
        }
    }
}

fn code_json(code: &Code) -> Vec<u8> {
    serde_json::to_vec(code).unwrap_or_default()
}
