//! The client's side of `products`.

use super::{ADD, Code, END, FIND, LIST, Part, Product, Version};
use crate::lab::{
    Act, Dialogue, Expected, Finding, ended_early, unexpected, whole_json, whole_word,
};

/// Longest list that a client accepts, in bytes, even from a server with other limits.
const LIST_MAX_BYTES: usize = 16 << 20;

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
            return vec![Act::show(String::from_utf8_lossy(message).into_owned())];
        }
        if let Request::Find(_) = self.request {
            return match serde_json::from_slice::<Option<Product>>(message) {
                Ok(Some(product)) => self.end_with([Act::show(product.to_string())]),
                Ok(None) => self.end_with([Act::tell(Finding::NotFound)]),
                Err(_) => unexpected(Expected::Products(Part::ProductOrNull), message),
            };
        }
        match serde_json::from_slice::<Vec<Product>>(message) {
            Ok(products) => self.end_with(products.iter().map(|p| Act::show(p.to_string()))),
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
