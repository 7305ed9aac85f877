//! A store in memory, and both sides of `products` on it.

use std::sync::{Arc, Mutex};

use super::Version::{V4, V5};
use super::server::{LIST_RECV_BYTES, list};
use super::*;
use crate::lab::session::tests::{shown, talk_with};
use crate::lab::store::Store;
use crate::lab::{Act, Dialogue, DialogueEvent, Expected, Finding, ended_early, unexpected};

/// A store in memory.
#[derive(Default)]
struct Memory(Mutex<Vec<Product>>);

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
        preco: Price::parse(preco).unwrap(),
    }
}

/// What a server does about a message, with what it does about the store's replies in their place.
fn acts_of(server: &mut Server, store: &Store, message: &[u8]) -> Vec<Act> {
    let acts = server.on_message(message).into_iter();
    acts.flat_map(|act| match act {
        Act::Store(request) => server.on_stored(store.answer(request)),
        act => vec![act],
    })
    .collect()
}

#[test]
fn what_is_added_is_listed_and_found() {
    let store = Arc::new(Memory::default());
    for piece in [1, 7, 1000] {
        let ask = |request, version| {
            let server = Server::new(Version::V5);
            let client = Client::new(request, version);
            let store = Store::Products(Arc::clone(&store) as Arc<dyn ProductStore>);
            shown(talk_with(&store, Box::new(server), Box::new(client), piece))
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

/// What a store does wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flaw {
    /// It fails to add, and says so.
    Fails,
    /// It drops what is added.
    Drops,
    /// It changes the price of what is added.
    Changes,
    /// It finds the oldest of equal codes.
    FindsOldest,
}

/// A store with a flaw.
struct Flawed(Flaw, Memory);

impl ProductStore for Flawed {
    fn add(&self, product: &Product) -> Result<(), StoreFault> {
        let changed = Product {
            preco: Price::Integer(7),
            ..product.clone()
        };
        match self.0 {
            Flaw::Fails => Err(StoreFault("full".into())),
            Flaw::Drops => Ok(()),
            Flaw::Changes => self.1.add(&changed),
            Flaw::FindsOldest => self.1.add(product),
        }
    }

    fn list(&self) -> Result<Vec<Product>, StoreFault> {
        self.1.list()
    }

    fn find(&self, code: &Code) -> Result<Option<Product>, StoreFault> {
        let list = self.1.list()?;
        Ok(list.into_iter().find(|product| product.codigo == *code))
    }
}

#[test]
fn a_product_counts_as_added_once_the_server_shows_it() {
    let pen = product(Code::Number(1), "Caneta", "2.5");
    let old = product(Code::Number(1), "Giz", "0.5");
    for (flaw, version, told) in [
        (Flaw::Fails, V5, &["Unconfirmed"][..]),
        (Flaw::Fails, V4, &["Unconfirmed"]),
        (Flaw::Drops, V5, &["NotKept"]),
        (Flaw::Drops, V4, &["NotKept"]),
        (Flaw::Changes, V5, &["NotKept"]),
        (Flaw::FindsOldest, V5, &[]),
        (Flaw::FindsOldest, V4, &[]),
    ] {
        let memory = Memory::default();
        memory.add(&old).unwrap();
        let store = Store::Products(Arc::new(Flawed(flaw, memory)));
        let server = Server::new(version);
        let client = Client::new(Request::Add(pen.clone()), version);
        let events = talk_with(&store, Box::new(server), Box::new(client), 1000);
        assert_eq!(shown(events), told);
    }
}

#[test]
fn an_answer_to_adicionar_is_shown_and_does_not_confirm() {
    let pen = product(Code::Number(1), "Caneta", "2.5");
    let done = [Act::Send("terminar".into()), Act::Finish];
    let client = || Client::new(Request::Add(pen.clone()), V5);
    for comment in ["ok", r#"{"status": "ok"}"#] {
        let mut client = client();
        assert_eq!(client.on_message(comment.as_bytes()), [Act::show(comment)]);
        // As Python writes it.
        let found = br#"{"codigo": "1", "nome": "Caneta", "preco": 2.50}"#;
        assert_eq!(client.on_message(found), done);
    }
    let merged = br#"ok{"codigo": 1, "nome": "Caneta", "preco": 2.5}"#;
    assert_eq!(client().on_message(merged), done);
    let look = [Act::Send("listar".into())];
    assert_eq!(client().on_message(b"oknull"), look);
    assert_eq!(
        client().on_end(),
        [Act::tell(Finding::Unconfirmed), Act::Close]
    );
}

#[test]
fn a_price_that_is_no_number_travels_as_python_writes_it() {
    let store = Store::Products(Arc::new(Memory::default()));
    let mut server = Server::new(V5);
    let mut hear = |message: &[u8]| acts_of(&mut server, &store, message);
    hear(b"adicionar");
    hear(br#"{"codigo": 1, "nome": "x", "preco": NaN}"#);
    hear(b"adicionar");
    hear(br#"{"codigo": 2, "nome": "y", "preco": -Infinity}"#);
    let [_, Act::Send(sent)] = &hear(b"listar")[..] else {
        panic!("no list")
    };
    let expected =
        r#"[{"codigo":1,"nome":"x","preco":NaN},{"codigo":2,"nome":"y","preco":-Infinity}]"#;
    assert_eq!(str::from_utf8(sent), Ok(expected));
    let mut client = Client::new(Request::List, V4);
    assert_eq!(client.whole(sent), Some(sent.len()));
    let shown = [Act::show("1  x  NaN"), Act::show("2  y  -Infinity")];
    assert_eq!(client.on_message(sent)[..2], shown);
    for wrong in [
        r#"{"codigo": 1, "nome": "x", "preco": "2"}"#,
        r#"{"codigo": 1, "nome": "x", "preco": 2, "cor": 3}"#,
        r#"{"codigo": NaN, "nome": "x", "preco": 2}"#,
        r#"{"codigo": 1, "nome": 2, "preco": 2}"#,
        r#"{"codigo": 1, "nome": "x"}"#,
        r#"[1, "x", 2]"#,
    ] {
        assert_eq!(Product::read(wrong.as_bytes()), None, "{wrong}");
    }
}

#[test]
fn merged_messages_are_told_apart() {
    let memory = Arc::new(Memory::default());
    let store = Store::Products(Arc::clone(&memory) as Arc<dyn ProductStore>);
    let mut server = Server::new(V5);
    let json = r#"{"codigo": "x", "nome": "y}", "preco": 1e2}"#;
    let all = format!("adicionar{json}consultar\"x\"listarlistar\n");
    let mut waiting = all.as_bytes();
    let mut sent = 0;
    while let Some(bytes) = server.whole(waiting) {
        let acts = acts_of(&mut server, &store, &waiting[..bytes]);
        sent += acts
            .iter()
            .filter(|act| matches!(act, Act::Send(_)))
            .count();
        waiting = &waiting[bytes..];
    }
    assert_eq!((waiting, sent), (&b"\n"[..], 3));
    assert_eq!(server.on_message(waiting), []);
    assert_eq!(memory.list().unwrap().len(), 1);
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
    let mut server = Server::new(V4);
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
    let mut server = Server::new(V4);
    let end = server.on_message(b"terminar");
    let stop = Act::Report(DialogueEvent::Stop);
    assert_eq!(end, [Act::show("terminar"), stop, Act::Close]);
}

#[test]
fn a_list_is_read_product_by_product() {
    let lists = [
        ("[]", Some(0)),
        (" [ ] ", Some(0)),
        (r#"[{"codigo":1,"nome":"],","preco":1}]"#, Some(1)),
        (
            "[{\"codigo\":1,\"nome\":\"a\",\"preco\":1} ,\n\
             {\"codigo\":\"[\",\"nome\":\"b\",\"preco\":NaN}]",
            Some(2),
        ),
        ("[{}]", None),
        ("[1]", None),
        ("[,]", None),
        (r#"[{"codigo":1,"nome":"a","preco":1},]"#, None),
        (r#"[{"codigo":1,"nome":"a","preco":1}{}]"#, None),
        ("{}", None),
        ("[", None),
        ("", None),
    ];
    for (list, count) in lists {
        let read = read_list(list.as_bytes()).map(|products| products.len());
        assert_eq!(read, count, "{list}");
    }
    let long = format!(
        r#"{{"codigo":1,"nome":"{}","preco":1}}"#,
        "x".repeat(64 << 10)
    );
    assert_eq!(read_list(format!("[{long}]").as_bytes()), None);
    assert_eq!(read_product_or_null(long.as_bytes()), None);
}

#[test]
fn no_list_fills_the_last_recv() {
    let mut products = vec![product(Code::Number(1), "", "1")];
    let bare = list(&products).len();
    products[0].nome = "x".repeat(LIST_RECV_BYTES - bare);
    assert_eq!(list(&products).len(), LIST_RECV_BYTES + 1);
}
