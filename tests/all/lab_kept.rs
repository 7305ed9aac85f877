//! The lessons of `lab` that keep something: products, and the questions of the quiz. Ours with the
//! course's and with each other, and with stores that fail.
#![cfg(unix)]

use crate::support;

use std::collections::BTreeSet;
use std::fs;

use support::lab::{asks, client, database, ends, lab, serve, serve_by, their_server, they_ask};
use support::program::Program;
use support::tcp::Naive;

#[test]
fn products() {
    let folder = support::folder();
    let (server, port) = serve("products", &[&database(folder.path())]);
    let pen = r#"adicionar:{"codigo": 1, "nome": "Caneta", "preco": 2.5}"#;
    let theirs = [
        "listar",
        pen,
        "consultar:1",
        "consultar:9",
        "listar",
        "terminar",
    ];
    let product = "{'codigo': 1, 'nome': 'Caneta', 'preco': 2.5}";
    assert_eq!(
        they_ask("products", port, &theirs),
        ["0", product, "None", "1"]
    );
    asks(port, &["products", "add", "A1", "Estojo", "10"], 0);
    let all = asks(port, &["products", "list"], 0).shown;
    assert_eq!(all, ["1  Caneta  2.5", "A1  Estojo  10"]);
    assert_eq!(asks(port, &["products", "find", "A1"], 0).shown, all[1..]);
    let noted = asks(port, &["products", "find", "2"], 1).noted;
    assert_eq!(noted[1], "the server has no product with this code");
    // A comma is typed; on the wire, the price is a number.
    asks(port, &["products", "add", "1,5", "Giz", "0,50"], 0);
    assert_eq!(
        asks(port, &["products", "find", "1,5"], 0).shown,
        ["1,5  Giz  0.5"]
    );
    // A list of many recvs.
    for code in 0..60 {
        let name = "x".repeat(40);
        asks(port, &["products", "add", &code.to_string(), &name, "1"], 0);
    }
    assert_eq!(they_ask("products", port, &["listar", "terminar"]), ["63"]);
    ends(server);

    let (server, port) = their_server("products", &[]);
    asks(port, &["products", "add", "1", "Giz", "0.5"], 0);
    asks(port, &["products", "add", "2", "Lápis", "1"], 0);
    let all = ["1  Giz  0.5", "2  Lápis  1"];
    assert_eq!(asks(port, &["products", "list"], 0).shown, all);
    assert_eq!(asks(port, &["products", "find", "2"], 0).shown, all[1..]);
    asks(port, &["products", "find", "3"], 1);
    asks(port, &["products", "end"], 0);
    server.stops();
}

#[test]
fn version_4_of_products_ends_with_its_client() {
    let folder = support::folder();
    let (server, port) = serve("products", &["--v4", &database(folder.path())]);
    asks(port, &["products", "add", "1", "Giz", "0.5", "--v4"], 0);
    assert_eq!(asks(port, &["products", "list", "--v4"], 0).shown.len(), 1);
    asks(port, &["products", "end", "--v4"], 0);
    server.ends_with(0);
}

#[test]
fn products_survive_whatever_ends_the_server() {
    let folder = support::folder();
    for count in 1..=3 {
        let (server, port) = serve("products", &[&database(folder.path())]);
        asks(
            port,
            &["products", "add", &count.to_string(), "Giz", "0.5"],
            0,
        );
        server.gets_signal("KILL");
        server.stops();
        let (server, port) = serve("products", &[&database(folder.path())]);
        let shown = asks(port, &["products", "list"], 0).shown;
        assert_eq!(shown.len(), count);
        ends(server);
    }
}

/// Adds products with these codes, and returns those that our client calls added.
fn added(port: u16, codes: std::ops::Range<usize>) -> BTreeSet<String> {
    let name = "x".repeat(250);
    let mut added = BTreeSet::new();
    for code in codes {
        let code = code.to_string();
        let adding = client(port, &["products", "add", &code, &name, "1"]).output();
        let adding = adding.unwrap();
        let noted = String::from_utf8(adding.stderr).unwrap();
        match adding.status.code() {
            Some(0) => drop(added.insert(code)),
            Some(1) => {
                assert!(noted.contains("without confirming the product"), "{noted}");
                return added;
            }
            other => panic!("{other:?}: {noted}"),
        }
    }
    panic!("every product was added")
}

/// The codes of the products that a server lists.
fn listed(port: u16) -> BTreeSet<String> {
    let shown = asks(port, &["products", "list"], 0).shown;
    let code = |line: &String| line.split(' ').next().unwrap().to_owned();
    shown.iter().map(code).collect()
}

#[test]
fn a_product_that_a_full_disk_refuses_is_not_called_added() {
    let folder = support::folder();
    let database = database(folder.path());
    let (server, _) = serve("products", &[&database]);
    ends(server);
    // The file cannot grow any more: this is a full disk for one process.
    let blocks = fs::metadata(folder.path().join("lab.db")).unwrap().len() / 512;
    let limit = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let (mut server, port) = serve_by(&["sh", "-c", &limit], "products", &[&database]);
    let added = added(port, 0..100);
    server.notes("the database failed: ");
    assert!(!added.is_empty());
    assert_eq!(listed(port), added);
    ends(server);
}

#[test]
fn a_product_that_a_locked_database_refuses_is_not_called_added() {
    let folder = support::folder();
    let (mut server, port) = serve("products", &[&database(folder.path())]);
    let other = rusqlite::Connection::open(folder.path().join("lab.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(added(port, 0..1), BTreeSet::new());
    server.notes("the database failed: database is locked");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(listed(port), BTreeSet::new());
    asks(port, &["products", "add", "1", "Giz", "0,50"], 0);
    assert_eq!(listed(port), BTreeSet::from(["1".to_owned()]));
    ends(server);
}

#[test]
fn a_locked_database_delays_who_asks_it_and_nobody_else() {
    let folder = support::folder();
    let (mut server, port) = serve("products", &[&database(folder.path())]);
    let other = rusqlite::Connection::open(folder.path().join("lab.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let add = br#"adicionar{"codigo": 1, "nome": "Giz", "preco": 1}listar"#;
    let mut waiting = Naive::calls(port);
    waiting.sends(add);
    let mut mistaken = Naive::calls(port);
    mistaken.sends(b"apagar");
    // The one is answered while the other waits for the lock.
    server.notes("expected adicionar");
    assert_eq!(mistaken.receives(), "");
    server.notes("the database failed: database is locked");
    assert_eq!(waiting.receives(), "", "closed without an answer");
    // A signal waits for no lock either.
    let mut waiting = Naive::calls(port);
    waiting.sends(add);
    server.notes("connected");
    server.gets_signal("TERM");
    let noted = server.ends_with(143).noted;
    let failed = noted.iter().filter(|line| line.contains("failed"));
    assert_eq!(failed.count(), 1, "{noted:?}");
}

#[test]
fn a_server_that_closes_at_once_ends_its_client() {
    let (mut server, adding) = Naive::is_called_by(|port| {
        Program::start(client(port, &["products", "add", "1", "Giz", "0.5"]))
    });
    server.receives();
    // The rest of what the client has to say waits for an acknowledgement that never comes.
    drop(server);
    let noted = adding.ends_with(1).noted.concat();
    assert!(noted.contains("without confirming the product"), "{noted}");
}

#[test]
fn a_server_that_forgets_what_is_added_is_told() {
    let (mut server, adding) = Naive::is_called_by(|port| {
        Program::start(client(port, &["products", "add", "1", "Giz", "0.5"]))
    });
    for (heard, answer) in [
        ("adicionar", ""),
        (r#"{"codigo":1,"nome":"Giz","preco":0.5}"#, ""),
        ("consultar", ""),
        ("1", "null"),
        ("listar", "[]"),
    ] {
        assert_eq!(server.receives(), heard);
        server.sends(answer.as_bytes());
    }
    assert_eq!(server.receives(), "terminar");
    drop(server);
    let noted = adding.ends_with(1).noted.concat();
    assert!(
        noted.contains("the server did not keep the product"),
        "{noted}"
    );
}

#[test]
fn two_hundred_clients_at_once_and_nothing_is_lost() {
    let folder = support::folder();
    let (server, port) = serve("products", &[&database(folder.path())]);
    let mut clients: Vec<Naive> = (0..200).map(|_| Naive::calls(port)).collect();
    for (code, client) in clients.iter_mut().enumerate() {
        client.sends(b"adicionar");
        client.sends(format!(r#"{{"codigo":{code},"nome":"n","preco":1}}"#).as_bytes());
    }
    for (code, client) in clients.iter_mut().enumerate() {
        client.sends(format!("consultar\"{code}\"").as_bytes());
    }
    for (code, client) in clients.iter_mut().enumerate() {
        let expected = format!(r#"{{"codigo":{code},"nome":"n","preco":1}}"#);
        assert_eq!(client.receives(), expected);
    }
    let shown = asks(port, &["products", "list"], 0).shown;
    let codes: BTreeSet<&str> = shown
        .iter()
        .map(|line| &line[..line.find(' ').unwrap()])
        .collect();
    assert_eq!(codes.len(), 200);
    ends(server);
}

#[test]
fn quiz() {
    let folder = support::folder();
    let (server, port) = serve("quiz", &[&database(folder.path())]);
    let played = they_ask("quiz", port, &["1", "2", "3"]);
    assert_eq!(played.len(), 6, "{played:?}");
    for feedback in &played[3..] {
        let is_right = feedback.starts_with(r"'\x1b[32mVocê acertou a questão ");
        let is_wrong = feedback.starts_with(r"'\x1b[31mVocê errou a questão ");
        assert!(is_right || is_wrong, "{feedback}");
        assert!(feedback.ends_with(r"\n\x1b[0m'"), "{feedback}");
    }
    ends(server);

    let (server, port) = their_server("quiz", &[]);
    let mut player = Program::start(client(port, &["quiz"]));
    ["1", "x", "3", "2", "2"]
        .into_iter()
        .for_each(|line| player.says(line));
    let outcome = player.ends_with(0);
    let unfit = outcome
        .noted
        .iter()
        .filter(|line| *line == "a number from 1 to 2");
    assert_eq!(unfit.count(), 2);
    let receipts = [
        "Você errou a questão 1 a resposta correta é 1. sim",
        "Você acertou a questão 2",
        "Você acertou a questão 3",
    ];
    assert_eq!(outcome.shown[9..], receipts);
    server.ends_with(0);
}

#[test]
fn the_bank_of_questions_is_imported_exported_and_reset() {
    let folder = support::folder();
    let database = database(folder.path());
    let bank = |args: &[&str], code| {
        let args = [&["quiz"], args, &[&database]].concat();
        Program::start(lab(&args)).ends_with(code)
    };
    let ten = bank(&["export"], 0).shown;
    let file = folder.path().join("mine.json");
    let path = file.to_str().unwrap();
    fs::write(
        &file,
        ten.join("\n").replace("Quanto é 7 vezes 8?", "7 × 8?"),
    )
    .unwrap();
    assert_eq!(bank(&["import", path], 0).noted, ["10 questions saved"]);
    let changed = bank(&["export"], 0).shown;
    assert!(changed.iter().any(|line| line.contains("7 × 8?")));
    fs::write(
        &file,
        "[\n{\"_id\": 1, \"statement\": \"?\", \"options\": [\"a\",\"b\"], \"answer\": 2},\n]",
    )
    .unwrap();
    let noted = bank(&["import", path], 1).noted.concat();
    assert!(
        noted.ends_with("line 3, column 1: trailing comma"),
        "{noted}"
    );
    assert_eq!(bank(&["export"], 0).shown, changed, "the old ones are kept");
    bank(&["reset"], 0);
    assert_eq!(bank(&["export"], 0).shown, ten);
    let mut importing = Program::start(lab(&["quiz", "import", "-", &database]));
    changed.iter().for_each(|line| importing.says(line));
    importing.falls_silent();
    assert_eq!(importing.ends_with(0).noted, ["10 questions saved"]);
    assert_eq!(bank(&["export"], 0).shown, changed);
    let mut importing = Program::start(lab(&["quiz", "import", "-", &database]));
    importing.says("[]");
    importing.falls_silent();
    let noted = importing.ends_with(1).noted.concat();
    assert!(
        noted.contains("stdin") && noted.contains("0 questions"),
        "{noted}"
    );
}

/// The URL of the MongoDB server whose questions may be replaced.
#[cfg(feature = "mongodb")]
fn mongodb() -> String {
    std::env::var("RODA_TEST_MONGODB").expect("RODA_TEST_MONGODB names the server")
}

/// What the report's own access to its questions prints.
#[cfg(feature = "mongodb")]
fn report(args: &[&str]) -> Vec<String> {
    let program = support::tcp::python("quiz_bank.py", &[&[mongodb().as_str()], args].concat());
    program.ends_with(0).shown
}

/// One test, because a server has one bank.
#[cfg(feature = "mongodb")]
#[test]
#[ignore = "scripts/mongodb"]
fn the_bank_may_be_mongodb_and_the_report_s_program_may_share_it() {
    let url = mongodb();
    let folder = support::folder();
    let bank = |args: &[&str], code| {
        let args = [&["quiz"], args, &["--database", &url]].concat();
        Program::start(lab(&args)).ends_with(code)
    };
    bank(&["reset"], 0);
    let ten = bank(&["export"], 0).shown;
    assert_eq!(ten.concat().matches("statement").count(), 10);
    let eighth = r#"{"_id": 8, "statement": "Qual \u00e9 a capital da Austr\u00e1lia?", "#;
    let read = report(&["read", "8"]).concat();
    assert!(
        read.starts_with(eighth) && read.ends_with(r#""answer": 2}"#),
        "{read}"
    );

    let (server, port) = serve("quiz", &["--database", &url]);
    assert_eq!(they_ask("quiz", port, &["1", "2", "3"]).len(), 6);
    // Questions that change while the server runs are asked from the next client on.
    let file = folder.path().join("three.json");
    let three = |answer| {
        let rest = format!(r#""options": ["a", "b"], "answer": {answer}"#);
        let questions = [1, 2, 3].map(|id| format!(r#"{{"_id": {id}, "statement": "?", {rest}}}"#));
        format!("[{}]", questions.join(", "))
    };
    fs::write(&file, three(1)).unwrap();
    let path = file.to_str().unwrap();
    report(&["reset", path]);
    let played = they_ask("quiz", port, &["2", "2", "2"]);
    assert!(
        played[3..].iter().all(|line| line.contains("acertou")),
        "{played:?}"
    );
    report(&[
        "create",
        r#"{"_id": 9, "statement": "9?", "options": ["a", "b"], "answer": 0}"#,
    ]);
    assert_eq!(
        bank(&["export"], 0)
            .shown
            .concat()
            .matches("statement")
            .count(),
        4
    );

    // The report's program checks nothing.
    fs::write(&file, three(2)).unwrap();
    report(&["reset", path]);
    let noted = bank(&["export"], 1).noted.concat();
    assert!(
        noted.contains("MongoDB") && noted.contains("question 1"),
        "{noted}"
    );
    bank(&["import", path], 1);
    bank(&["reset"], 0);
    assert_eq!(bank(&["export"], 0).shown, ten);
    ends(server);
}

#[cfg(feature = "mongodb")]
#[test]
#[ignore = "scripts/mongodb"]
fn a_mongodb_server_that_is_not_there_is_told() {
    let url = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1000";
    let noted = Program::start(lab(&["quiz", "export", "--database", url]))
        .ends_with(1)
        .noted;
    assert!(noted.concat().contains("MongoDB"), "{noted:?}");
}
