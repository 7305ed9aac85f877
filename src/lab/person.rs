//! `person`, section 3 of the practice: the client sends a JSON object with `nome`, `idade` and
//! `email` and closes; the server shows it in the document's three forms. Further keys appear in
//! the first form only.

use serde::{Deserialize, Serialize};

use super::python::{Value, json};
use super::{Act, Dialogue, Expected, ended_early, unexpected};

/// The object that the client sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The name.
    pub nome: String,
    /// The age.
    pub idade: u32,
    /// The e-mail address.
    pub email: String,
}

/// The server's side.
#[derive(Debug)]
pub struct Server;

impl Dialogue for Server {
    fn whole(&self, waiting: &[u8]) -> Option<usize> {
        json::delimited(waiting)
    }

    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        let object = json::read(message).ok();
        match object.as_ref().and_then(forms) {
            Some(forms) => forms
                .into_iter()
                .map(Act::show)
                .chain([Act::Close])
                .collect(),
            None => unexpected(Expected::Person, message),
        }
    }

    fn on_end(&mut self) -> Vec<Act> {
        ended_early(Expected::Person)
    }
}

/// The three forms, as the document's server prints them; `None` if a key is missing.
fn forms(object: &Value) -> Option<Vec<String>> {
    let printed = |key| object.get(key).map(Value::printed);
    let fields = ["nome", "idade", "email"].map(printed);
    let [Some(nome), Some(idade), Some(email)] = fields else {
        return None;
    };
    let last = format!("Dados recebidos. Nome: {nome}. Idade: {idade}. Email: {email} ");
    let head = || "Dados recebidos:".to_owned();
    let dictionary = object.to_string();
    Some(vec![head(), dictionary, head(), nome, idade, email, last])
}

/// The client's side, which sends this person.
#[derive(Debug)]
pub struct Client(pub Person);

impl Dialogue for Client {
    fn begin(&mut self) -> Vec<Act> {
        let json = serde_json::to_vec(&self.0).unwrap_or_default();
        vec![Act::Send(json), Act::Close]
    }

    fn on_message(&mut self, _message: &[u8]) -> Vec<Act> {
        vec![Act::Close]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str) -> Vec<Act> {
        Server.on_message(json.as_bytes())
    }

    #[test]
    fn a_person_is_shown_in_three_forms() {
        let person = Person {
            nome: "Alice".into(),
            idade: 25,
            email: "alice@example.com".into(),
        };
        let [Act::Send(json), Act::Close] = &Client(person).begin()[..] else {
            panic!("nothing sent")
        };
        let lines = [
            "Dados recebidos:",
            "{'nome': 'Alice', 'idade': 25, 'email': 'alice@example.com'}",
            "Dados recebidos:",
            "Alice",
            "25",
            "alice@example.com",
            "Dados recebidos. Nome: Alice. Idade: 25. Email: alice@example.com ",
        ];
        let expected = lines.map(Act::show);
        let acts = shown(str::from_utf8(json).unwrap());
        assert_eq!(acts[..7], expected);
        assert_eq!(acts[7], Act::Close);
    }

    #[test]
    fn values_are_written_as_python_writes_them() {
        let acts = shown(r#"{"nome":"d'Ana","idade":null,"email":[true,"a\\b",{"x":1.5}]}"#);
        let expected = r#"{'nome': "d'Ana", 'idade': None, 'email': [True, 'a\\b', {'x': 1.5}]}"#;
        assert_eq!(acts[1], Act::show(expected));
        assert_eq!(acts[3], Act::show("d'Ana"));
        let acts = shown(r#"{"nome": "Ana", "idade": NaN, "email": [Infinity, -Infinity]}"#);
        assert_eq!(
            acts[1],
            Act::show("{'nome': 'Ana', 'idade': nan, 'email': [inf, -inf]}")
        );
        for bad in ["", "[]", "{", r#"{"nome":"x"}"#] {
            assert_eq!(shown(bad), unexpected(Expected::Person, bad.as_bytes()));
        }
    }
}
