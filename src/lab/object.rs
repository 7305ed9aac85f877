//! `object`, version 3 of the document: an object is sent as Python's `pickle`. The document shows
//! no more; ours follows version 1, so the client sends it to the server and both end. The client
//! sends a dictionary, which any Python reads, or an instance of a class, which only a Python with
//! that class reads. Reading yields data only: an instance becomes the name of its class and its
//! fields, nothing is imported and no code runs. A pickle delimits itself.

use super::python::{PythonFault, Value, pickle, whole_value};
use super::{Act, Dialogue, Expected, ended_early, unexpected};

/// Longest pickle, in bytes.
const PICKLE_MAX_BYTES: usize = 64 << 10;

/// The server's side.
#[derive(Debug)]
pub struct Server;

impl Dialogue for Server {
    fn whole(&self, waiting: &[u8]) -> Option<usize> {
        whole_value(waiting, pickle::read(waiting))
    }

    fn message_max_bytes(&self) -> usize {
        PICKLE_MAX_BYTES
    }

    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        match pickle::read(message) {
            Ok((value, _)) => vec![Act::show(value.to_string()), Act::Close],
            Err(PythonFault::Refused) => unexpected(Expected::PickledData, message),
            Err(_) => unexpected(Expected::Pickle, message),
        }
    }

    fn on_end(&mut self) -> Vec<Act> {
        ended_early(Expected::Pickle)
    }
}

/// The client's side, which sends this object.
#[derive(Debug)]
pub struct Client(pub Value);

impl Client {
    /// Makes a client from typed `field=value` pairs. A value that reads as a number becomes one.
    ///
    /// # Errors
    /// The first text that is not `field=value`.
    pub fn of(class: Option<String>, typed: &[String]) -> Result<Self, String> {
        let fields = typed.iter().map(|typed| {
            let (field, value) = typed.split_once('=').ok_or_else(|| typed.clone())?;
            Ok((field.to_owned(), value_of(value)))
        });
        let fields = fields.collect::<Result<Vec<_>, String>>()?;
        let keyed = |(field, value)| (Value::Text(field), value);
        Ok(Self(match class {
            Some(class) => Value::Instance { class, fields },
            None => Value::Dictionary(fields.into_iter().map(keyed).collect()),
        }))
    }
}

fn value_of(typed: &str) -> Value {
    let integer = typed
        .parse::<i64>()
        .map(|number| Value::Integer(number.into()));
    let float = || typed.parse::<f64>().map(Value::Float);
    let number = integer.ok().or_else(|| float().ok());
    number.unwrap_or_else(|| Value::Text(typed.to_owned()))
}

impl Dialogue for Client {
    fn begin(&mut self) -> Vec<Act> {
        vec![Act::Send(pickle::write(&self.0)), Act::Close]
    }

    fn on_message(&mut self, _message: &[u8]) -> Vec<Act> {
        vec![Act::Close]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::session::tests::talk;

    #[test]
    fn an_object_arrives_with_its_class_and_fields() {
        let typed = ["codigo=1", "nome=Caneta", "preco=2.5"].map(str::to_owned);
        let shown = |class: Option<&str>| {
            let mut client = Client::of(class.map(str::to_owned), &typed).unwrap();
            let [Act::Send(pickled), Act::Close] = &client.begin()[..] else {
                panic!("nothing sent")
            };
            Server.on_message(pickled)
        };
        let dictionary = "{'codigo': 1, 'nome': 'Caneta', 'preco': 2.5}";
        assert_eq!(shown(None), [Act::show(dictionary), Act::Close]);
        let instance = "produto.Produto(codigo=1, nome='Caneta', preco=2.5)";
        let class = Some("produto.Produto");
        assert_eq!(shown(class), [Act::show(instance), Act::Close]);
        assert!(Client::of(None, &["x".into()]).is_err());
        talk(Box::new(Server), Box::new(Client(Value::None)), 1);
    }

    #[test]
    fn what_would_be_run_is_refused() {
        let hostile = b"cos\nsystem\n(S'true'\ntR.";
        let refused = unexpected(Expected::PickledData, hostile);
        assert_eq!(
            Server.whole(hostile),
            Some(hostile.len()),
            "it is not waited for more"
        );
        assert_eq!(Server.on_message(hostile), refused);
        assert_eq!(
            Server.on_message(b"oi"),
            unexpected(Expected::Pickle, b"oi")
        );
    }
}
