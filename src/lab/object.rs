//! `object`, version 3 of the document: an object is sent as Python's `pickle`. The document shows
//! no more; ours follows version 1, so the client sends it to the server and both end. The client
//! sends a dictionary, which any Python reads, or an instance of a class, which only a Python with
//! that class reads. Reading yields data only: an instance becomes the name of its class and its
//! fields, nothing is imported and no code runs. A pickle delimits itself.

use super::python::{PythonFault, Value, pickle, whole_value};
use super::{Act, Dialogue, Expected, Finding, ended_early, unexpected};

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
            Err(PythonFault::TooLarge) => too_large(),
            Err(PythonFault::Incomplete) if message.len() >= PICKLE_MAX_BYTES => too_large(),
            Err(_) => unexpected(Expected::Pickle, message),
        }
    }

    fn on_end(&mut self) -> Vec<Act> {
        ended_early(Expected::Pickle)
    }
}

/// The acts after a pickle that is in order, but too much to show.
fn too_large() -> Vec<Act> {
    vec![Act::tell(Finding::TooLargeToShow), Act::Close]
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

/// A number if the text reads as one. A name such as `Inf` or `Nan` stays text.
fn value_of(typed: &str) -> Value {
    if !typed.contains(|c: char| c.is_ascii_digit()) {
        return Value::Text(typed.to_owned());
    }
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
        for name in ["Nan", "inf", "Infinity", "e", "-"] {
            assert_eq!(value_of(name), Value::Text(name.to_owned()));
        }
        assert_eq!(value_of("1e3"), Value::Float(1000.0));
        talk(Box::new(Server), Box::new(Client(Value::None)), 1);
    }

    #[test]
    fn a_pickle_that_is_too_large_to_show_is_told_apart_from_none() {
        let long = vec![b'x'; PICKLE_MAX_BYTES];
        let large = [&b"\x80\x04\x8c\x01ax\x10\x00\x00\x00"[..], &long].concat();
        let text = [b"V", &long[..PICKLE_MAX_BYTES - 1]].concat();
        for pickled in [
            // pickle.dumps(10 ** 50), and pickle.dumps([2 ** 200], 0).
            &b"\x80\x04\x95\x18\0\0\0\0\0\0\0\x8a\x15\0\0\0\0\0\0d\xb5\xfd4\x05\xc4\xd2\x87f\x92\
               \xf9\x15;lD."[..],
            b"(lp0\nL1606938044258990275541962092341162602522202993782792835301376L\na.",
            // l = [1]; l.append(l), and a class's instance whose field is itself.
            b"\x80\x04\x95\x09\0\0\0\0\0\0\0]\x94(K\x01h\0e.",
            b"\x80\x02cm\nP\nq\0)\x81q\x01}q\x02X\x04\0\0\0selfh\x01sb.",
            &text,
        ] {
            assert_eq!(
                Server.whole(pickled).unwrap_or(pickled.len()),
                pickled.len()
            );
            assert_eq!(
                Server.on_message(pickled),
                too_large(),
                "{}",
                pickled.escape_ascii()
            );
        }
        let refused = unexpected(Expected::Pickle, &large);
        assert_eq!(
            Server.on_message(&large),
            refused,
            "no instruction is called x"
        );
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
