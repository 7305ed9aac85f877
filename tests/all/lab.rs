//! `lab` on loopback: each lesson's server and client, ours with the course's and with each other.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use crate::support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use support::lab::{asks, client, lab, serve, their_server, they_ask};
use support::program::Program;
use support::tcp::Naive;

/// What ends whatever goes on.
fn ends(server: Program) -> Vec<String> {
    server.gets_signal("TERM");
    server.ends_with(143).shown
}

/// A database in a folder, as an argument.
fn database(folder: &Path) -> String {
    format!("--database={}", folder.join("lab.db").display())
}

#[test]
fn hello() {
    let (server, port) = serve("hello", &[]);
    assert!(they_ask("hello", port, &[]).is_empty());
    let noted = server.ends_with(0).noted;
    assert!(noted[2].ends_with(" connected"), "{noted:?}");

    let (mut server, port) = serve("hello", &["--keep"]);
    asks(port, &["hello"], 0);
    asks(port, &["hello"], 0);
    server.notes(" connected");
    ends(server);

    let (server, port) = their_server("hello", &[]);
    asks(port, &["hello"], 0);
    assert_eq!(server.ends_with(0).shown[1], "um cliente chegou");
}

#[test]
fn exchange() {
    let (server, port) = serve("exchange", &[]);
    assert_eq!(they_ask("exchange", port, &[]), ["Olá, cliente!"]);
    assert_eq!(server.ends_with(0).shown, ["oi"]);

    let (server, port) = their_server("exchange", &[]);
    assert_eq!(asks(port, &["exchange"], 0).shown, ["Bem-vindo"]);
    assert_eq!(server.ends_with(0).shown[1], "Olá, servidor!");
}

#[test]
fn object() {
    for protocol in ["0", "1", "2", "3", "4", "5"] {
        let (server, port) = serve("object", &[]);
        they_ask("object", port, &[protocol]);
        let shown = server.ends_with(0).shown;
        assert_eq!(
            shown,
            ["produto.Produto(codigo=1, nome='Caneta', preco=2.5)"]
        );
    }
    for (args, shown) in [
        (&["object", "a=1", "b=é"][..], "dict {'a': 1, 'b': 'é'}"),
        (
            &["object", "--class", "produto.Produto"],
            "Produto {'codigo': 1, 'nome': 'Caneta', 'preco': 2.5}",
        ),
    ] {
        let (server, port) = their_server("object", &[]);
        asks(port, args, 0);
        assert_eq!(server.ends_with(0).shown[1], shown);
    }
}

#[test]
fn an_object_that_would_run_something_is_refused() {
    let (server, port) = serve("object", &[]);
    let mut enemy = Naive::calls(port);
    let folder = support::folder();
    let trace = folder.path().join("ran");
    enemy.sends(format!("cos\nsystem\n(S'touch {}'\ntR.", trace.display()).as_bytes());
    assert_eq!(enemy.receives(), "");
    drop(enemy);
    let noted = server.ends_with(1).noted.concat();
    assert!(noted.contains("nothing is imported or run here"), "{noted}");
    assert!(!trace.exists());
}

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
    // A list of many recvs.
    for code in 0..60 {
        let name = "x".repeat(40);
        asks(port, &["products", "add", &code.to_string(), &name, "1"], 0);
    }
    assert_eq!(they_ask("products", port, &["listar", "terminar"]), ["62"]);
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
    assert_eq!(bank(&["import", path], 0).noted, ["10 questions are kept"]);
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
}

#[test]
fn uppercase() {
    let (server, port) = serve("uppercase", &[]);
    assert_eq!(they_ask("uppercase", port, &["ola mundo"]), ["OLA MUNDO"]);
    assert_eq!(asks(port, &["uppercase", "maçã"], 0).shown, ["MAÇÃ"]);
    let mut asked = Program::start(client(port, &["uppercase"]));
    asked.says("perguntado");
    assert_eq!(asked.ends_with(0).shown, ["PERGUNTADO"]);
    let mut silent = Program::start(client(port, &["uppercase"]));
    silent.falls_silent();
    let noted = silent.ends_with(1).noted;
    assert_eq!(noted[1], "the input ended before the answer");
    ends(server);

    let (mut server, port) = serve("uppercase", &["--ascii"]);
    let noted = asks(port, &["uppercase", "maçã"], 1).noted.concat();
    assert!(
        noted.contains("expected an answer, got the end of the connection"),
        "{noted}"
    );
    server.notes("expected text in ASCII, got 'maçã'");
    ends(server);

    let (server, port) = their_server("uppercase", &[]);
    assert_eq!(asks(port, &["uppercase", "ola"], 0).shown, ["OLA"]);
    server.ends_with(0);
}

#[test]
fn oracle() {
    let answers = ["sim", "não", "talvez"];
    let (server, port) = serve("oracle", &["--seed", "1"]);
    assert!(answers.contains(&&*they_ask("oracle", port, &["Vai chover?"])[0]));
    ends(server);
    let (server, port) = their_server("oracle", &[]);
    let shown = asks(port, &["oracle", "Vai chover?"], 0).shown;
    assert!(answers.contains(&&*shown[0]));
    assert_eq!(server.ends_with(0).shown[1], "Vai chover?");
}

#[test]
fn primes() {
    let (server, port) = serve("primes", &[]);
    for (shape, number, product) in [
        ("i", "10", "77"),
        ("q", "50000", "2500999979"),
        ("i", "1", "0"),
    ] {
        assert_eq!(they_ask("primes", port, &[shape, number]), [product]);
    }
    let noted = asks(port, &["primes", "1"], 1).noted;
    assert_eq!(noted[1], "the server refuses: no prime is below 2");
    ends(server);
    for args in [&["primes", "7"][..], &["primes", "7", "--wide"]] {
        let (server, port) = their_server("primes", &[]);
        assert_eq!(asks(port, args, 0).shown, ["77"]);
        server.ends_with(0);
    }
}

#[test]
fn divisors() {
    for encoding in ["json", "marshal", "pickle"] {
        let (server, port) = serve("divisors", &["--encoding", encoding]);
        let shown = they_ask("divisors", port, &[encoding, "12"]);
        assert_eq!(shown, ["[1, 2, 3, 4, 6, 12]"]);
        ends(server);
        let (server, port) = their_server("divisors", &[encoding]);
        let args = ["divisors", "12", "--encoding", encoding];
        assert_eq!(asks(port, &args, 0).shown, ["1 2 3 4 6 12"]);
        server.ends_with(0);
    }
}

#[test]
fn person() {
    let (server, port) = serve("person", &[]);
    they_ask("person", port, &[]);
    let shown = server.ends_with(0).shown;
    assert_eq!(
        shown[1],
        "{'nome': 'Alice', 'idade': 25, 'email': 'alice@example.com'}"
    );
    assert_eq!(
        shown[6],
        "Dados recebidos. Nome: Alice. Idade: 25. Email: alice@example.com "
    );
    let (server, port) = their_server("person", &[]);
    let mut asked = Program::start(client(port, &["person", "--nome", "Ana"]));
    asked.says("trinta");
    asked.says("30");
    asked.says("ana@example.com");
    let noted = asked.ends_with(0).noted;
    assert_eq!(noted[1], "an age in years");
    assert_eq!(
        server.ends_with(0).shown[1],
        "Nome: Ana. Idade: 30. Email: ana@example.com"
    );
}

#[test]
fn a_server_that_calculates_wrong_is_told() {
    for (args, answer, told) in [
        (
            &["primes", "10"][..],
            &b"\x4e\0\0\0"[..],
            "wrong: expected '77', got '78'",
        ),
        (
            &["divisors", "6"],
            b"[1, 2, 3]",
            "wrong: expected '1 2 3 6', got '1 2 3'",
        ),
        (
            &["uppercase", "ola"],
            b"Ola",
            "wrong: expected 'OLA', got 'Ola'",
        ),
        (
            &["oracle", "?"],
            b"Sim",
            "expected sim, não or talvez, got 'Sim'",
        ),
    ] {
        let (mut server, asking) = Naive::is_called_by(|port| Program::start(client(port, args)));
        server.sends(answer);
        let noted = asking.ends_with(1).noted;
        assert!(noted[1].ends_with(told), "{noted:?}");
    }
}

#[test]
fn every_byte_is_traced_on_both_sides() {
    let (mut server, port) = serve("uppercase", &["--trace"]);
    let noted = asks(port, &["uppercase", "ola", "--trace"], 0).noted;
    assert!(
        noted[1].ends_with(&format!(" ms: 3 bytes to 127.0.0.1:{port}")),
        "{noted:?}"
    );
    let row = |pairs, text| format!("  0000  {pairs:47}  {text}");
    assert_eq!(noted[2], row("6f 6c 61", "ola"));
    assert!(
        noted[3].ends_with(&format!(" ms: 3 bytes from 127.0.0.1:{port}")),
        "{noted:?}"
    );
    assert_eq!(noted[4], row("4f 4c 41", "OLA"));
    server.notes(&row("4f 4c 41", "OLA"));
    ends(server);
}

#[test]
fn who_breaks_a_protocol_is_told_so_and_the_server_goes_on() {
    let folder = support::folder();
    for (lesson, rubbish, told) in [
        (
            "products",
            &b"apagar"[..],
            "expected adicionar, listar, consultar or terminar, got 'apagar'",
        ),
        (
            "primes",
            b"10",
            "expected a number of 4 bytes (struct i) or 8 (struct q), got '10'",
        ),
        (
            "divisors",
            b"doze",
            "expected a number above 0 in decimal digits, got 'doze'",
        ),
        (
            "quiz",
            b"sim",
            "expected the number of an option, from 0, got 'sim'",
        ),
        ("oracle", b"\xff", "expected text in UTF-8, got ff"),
    ] {
        let (mut server, port) = serve(lesson, &[&database(folder.path())]);
        for _ in 0..2 {
            let mut enemy = Naive::calls(port);
            enemy.sends(rubbish);
            while !enemy.receives().is_empty() {}
        }
        server.notes(told);
        assert!(!server.has_ended(), "{lesson}");
        ends(server);
    }
}

#[test]
fn a_server_that_is_not_there_is_told_apart_from_one_that_closes() {
    let noted = asks(1, &["oracle", "?"], 1).noted.concat();
    assert!(noted.contains("nobody listens there"), "{noted}");
    let (naive, asking) =
        Naive::is_called_by(|port| Program::start(client(port, &["oracle", "?"])));
    drop(naive);
    let noted = asking.ends_with(1).noted.concat();
    let is_told = noted.contains("got the end of the connection") || noted.contains("was lost");
    assert!(is_told, "{noted}");
}

#[cfg(feature = "mongodb")]
#[test]
#[ignore = "RODA_TEST_MONGODB=URL cargo test --features mongodb --test all mongodb -- --ignored"]
fn the_bank_may_be_mongodb() {
    let url = std::env::var("RODA_TEST_MONGODB").expect("RODA_TEST_MONGODB names the server");
    let bank = |act: &str| {
        Program::start(lab(&["quiz", act, "--database", &url]))
            .ends_with(0)
            .shown
    };
    bank("reset");
    assert_eq!(bank("export").concat().matches("statement").count(), 10);
    let (server, port) = serve("quiz", &["--database", &url]);
    assert_eq!(they_ask("quiz", port, &["1", "2", "3"]).len(), 6);
    ends(server);
}
