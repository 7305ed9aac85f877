//! `lab` on loopback: each lesson's server and client, ours with the course's and with each other.
#![cfg(unix)]

use crate::support;

use support::lab::{asks, client, database, ends, lab, serve, their_server, they_ask};
use support::program::Program;
use support::tcp::Naive;

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
fn what_only_python_writes_is_read_or_told() {
    for pickled in [
        // pickle.dumps([2 ** 200], 0), and a list that contains itself.
        &b"(lp0\nL1606938044258990275541962092341162602522202993782792835301376L\na."[..],
        b"\x80\x04\x95\x09\0\0\0\0\0\0\0]\x94(K\x01h\0e.",
    ] {
        let (server, port) = serve("object", &[]);
        Naive::calls(port).sends(pickled);
        let noted = server.ends_with(1).noted.concat();
        assert!(
            noted.contains("too large to show, or contains itself"),
            "{noted}"
        );
    }
    let (server, port) = serve("person", &[]);
    Naive::calls(port).sends(br#"{"nome": "Ana", "idade": NaN, "email": -Infinity}"#);
    let shown = server.ends_with(0).shown;
    assert_eq!(shown[1], "{'nome': 'Ana', 'idade': nan, 'email': -inf}");
}

#[test]
fn an_option_without_effect_is_wrong_use() {
    let noted = Program::start(lab(&["serve", "oracle", "--keep"]))
        .ends_with(2)
        .noted;
    let told = "--keep is not an option of oracle: it belongs to hello, exchange, object, person";
    assert!(noted.concat().ends_with(told), "{noted:?}");
}

#[test]
fn the_command_that_a_server_prints_is_typed_as_printed() {
    let folder = support::folder();
    let (mut server, _) = serve("products", &[&database(folder.path()), "--v4"]);
    let line = server.notes("on this machine: roda ");
    let (_, typed) = line.split_once("roda lab ").unwrap();
    let typed: Vec<&str> = typed.split(' ').collect();
    assert!(Program::start(lab(&typed)).ends_with(0).shown.is_empty());
    server.shows("listar");
    ends(server);
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
        let database = database(folder.path());
        let args: &[&str] = match lesson {
            "products" | "quiz" => &[&database],
            _ => &[],
        };
        let (mut server, port) = serve(lesson, args);
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
    assert!(noted.contains("no program is listening there"), "{noted}");
    let (naive, asking) =
        Naive::is_called_by(|port| Program::start(client(port, &["oracle", "?"])));
    drop(naive);
    let noted = asking.ends_with(1).noted.concat();
    let is_told = noted.contains("got the end of the connection") || noted.contains("was lost");
    assert!(is_told, "{noted}");
}
