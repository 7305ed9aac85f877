//! What stands around the modes: services that read no input, invitations in files, settings in a
//! file, completions and man pages.
#![cfg(unix)]

use crate::support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use support::command;
use support::place::{Home, Place};
use support::program::Program;

/// `roda …`, to be started.
fn roda(args: &[&str]) -> Command {
    let mut roda = command(env!("CARGO_BIN_EXE_roda"));
    roda.args(args);
    roda
}

#[test]
fn a_service_reads_no_input_and_ends_by_a_signal() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let inputs = ["exec \"$@\" < /dev/null", "exec \"$@\" <&-", "exec \"$@\""];
    for (at, script) in inputs.into_iter().enumerate() {
        let name = format!("mon{at}");
        let home = Home::new();
        let inner = place.chat(&home, &["--name", &name, "--listen-only"]);
        let mut shell = command("sh");
        shell.args(["-c", script, "sh"]).arg(inner.get_program());
        shell.args(inner.get_args());
        let variables = inner.get_envs();
        shell.envs(variables.filter_map(|(name, value)| Some((name, value?))));
        let mut service = Program::start(shell).keeping(&home);
        if !script.contains('<') {
            service.says(&format!("dito por {name}"));
        }
        service.falls_silent();
        service.notes("Ctrl-C leaves");
        bia.notes(&format!("{name} entered"));
        let said = format!("oi, {name}");
        bia.says(&said);
        service.shows(&said);
        service.gets_signal("TERM");
        service.ends_with(143);
        bia.notes(&format!("{name} left"));
        assert!(!bia.has_shown(&format!("dito por {name}")));
    }
}

#[test]
fn an_invitation_is_written_for_its_owner_alone_and_replaces_no_file() {
    let folder = support::folder();
    let path = folder.path().join("convite");
    let file = path.to_str().unwrap();
    let new = || Program::start(roda(&["room", "new", "turma-a", "--output", file]));
    let made = new().ends_with(0);
    assert!(made.shown.is_empty(), "{made:?}");
    let typed = made.noted.iter().find_map(|line| line.split_once("type: "));
    let (_, typed) = typed.expect("it says what to type");
    assert_eq!(typed, format!("roda chat --invite-file {file}"));
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let invitation = fs::read_to_string(&path).unwrap();
    assert!(invitation.starts_with("turma-a "), "{invitation}");
    let mut again = new();
    again.notes("exists already");
    again.ends_with(1);
    assert_eq!(fs::read_to_string(&path).unwrap(), invitation);
    // Whoever has it enters, and the room is the one that it names.
    let place = Place::on_loopback();
    let mut ana = place.member(&Home::new(), "ana", &["--invite-file", file]);
    ana.notes("turma-a");
}

#[test]
fn an_invitation_to_another_room_than_the_named_one_is_wrong_use() {
    let place = Place::on_loopback();
    let folder = support::folder();
    let path = folder.path().join("convite");
    let file = path.to_str().unwrap();
    Program::start(roda(&["room", "new", "turma-a", "--output", file])).ends_with(0);
    let invitation = fs::read_to_string(&path).unwrap();
    let home = Home::new();
    for room in ["turma-b", "lobby"] {
        let by_file = place.chat(&home, &["--room", room, "--invite-file", file]);
        let mut by_variable = place.chat(&home, &["--room", room]);
        by_variable.env("RODA_INVITE", &invitation);
        for command in [by_file, by_variable] {
            let mut ana = Program::start(command);
            ana.notes(&format!("for the room turma-a, not for {room}"));
            ana.ends_with(2);
        }
    }
    let mut ana = place.member(&home, "ana", &["--room", "turma-a", "--invite-file", file]);
    ana.says("sair");
    ana.falls_silent();
}

#[test]
fn a_mistyped_invitation_opens_no_room_unless_it_is_said_to_be_a_passphrase() {
    let place = Place::on_loopback();
    let home = Home::new();
    // The last character is another one.
    let mistyped = "DZY1-WT2Z-EYDX-6MG1-M3V1-N6BQ-8EG5";
    let keyed = |args: &[&str]| {
        let mut chat = place.chat(&home, &[&["--room", "turma-a"], args].concat());
        chat.env("RODA_ROOM_KEY", mistyped);
        Program::start(chat)
    };
    let mut ana = keyed(&[]);
    ana.notes("the invitation has a typing error");
    ana.notes("--passphrase");
    ana.ends_with(2);
    let mut ana = keyed(&["--passphrase"]);
    ana.notes("/help lists");
    ana.gets_signal("TERM");
    ana.ends_with(143);
}

#[test]
fn a_key_in_the_environment_is_text_and_never_ignored() {
    let place = Place::on_loopback();
    let home = Home::new();
    let keyed = |name: &str, home: &Home, key: &OsStr| {
        let mut chat = place.chat(home, &["--name", name, "--room", "turma-a"]);
        chat.env("RODA_ROOM_KEY", key);
        Program::start(chat)
    };
    // Latin-1: as if it were not set, the room would be open to everybody.
    let mut ana = keyed(
        "ana",
        &home,
        OsStr::from_bytes(b"quatro cora\xe7\xf5es azuis e um trem"),
    );
    ana.notes("the variable RODA_ROOM_KEY does not hold UTF-8 text");
    ana.ends_with(2);
    let key = "quatro corações azuis e um trem";
    let marked = format!("\u{feff}{key}");
    let mut ana = keyed("ana", &home, marked.as_ref());
    ana.notes("/help lists");
    let other = Home::new();
    let mut bia = keyed("bia", &other, key.as_ref());
    bia.notes("ana is here");
    for member in [ana, bia] {
        member.gets_signal("TERM");
        member.ends_with(143);
    }
}

/// `roda …` of a person whose settings are in a folder.
fn of_person(home: &Home, args: &[&str]) -> Command {
    let mut roda = roda(args);
    roda.env("XDG_CONFIG_HOME", home.path());
    roda.env_remove("RODA_CONFIG");
    roda
}

/// Where a person's file of settings is.
fn settings_file(home: &Home) -> std::path::PathBuf {
    let folder = home.path().join("roda");
    fs::create_dir_all(&folder).unwrap();
    folder.join("config.toml")
}

#[test]
fn the_settings_are_shown_with_their_sources_and_an_option_beats_them() {
    let home = Home::new();
    let shown = |args: &[&str]| {
        let mut roda = of_person(&home, args);
        roda.env("RODA_TTL", "3").env("LOGNAME", "login");
        Program::start(roda).ends_with(0).shown
    };
    let line = |shown: &[String], key: &str| -> String {
        let found = shown.iter().find(|line| line.starts_with(key));
        let words = found.expect(key).split_whitespace();
        words.collect::<Vec<_>>().join(" ")
    };
    let lines = shown(&["config"]);
    assert!(lines[0].contains("no such file"), "{lines:?}");
    assert_eq!(line(&lines, "name"), "name = \"login\" # default");
    assert_eq!(line(&lines, "ttl"), "ttl = 3 # variable RODA_TTL");
    let text = "# minhas\nname = 'ana'\nlang = \"pt\"\ninterface = ['lo', 'eth0']\n";
    fs::write(settings_file(&home), text).unwrap();
    let lines = shown(&["config"]);
    assert!(lines[0].starts_with("# configurações em "), "{lines:?}");
    assert_eq!(line(&lines, "name"), "name = \"ana\" # linha 2 do arquivo");
    let interfaces = "interface = [\"lo\", \"eth0\"] # linha 4 do arquivo";
    assert_eq!(line(&lines, "interface"), interfaces);
    // What is shown is a file of settings too.
    fs::write(settings_file(&home), lines.join("\n")).unwrap();
    let lines = shown(&["config"]);
    assert_eq!(line(&lines, "name"), "name = \"ana\" # linha 2 do arquivo");
    assert!(shown(&["config", "--lang", "en"])[0].starts_with("# settings in "));
}

#[test]
fn a_member_has_the_name_of_its_settings_unless_an_option_gives_another() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let home = Home::new();
    let file = settings_file(&home);
    fs::write(&file, "name = 'ana'\n").unwrap();
    for (args, name) in [(&[][..], "ana"), (&["--name", "rui"], "rui")] {
        let mut chat = place.chat(&home, args);
        chat.env("RODA_CONFIG", &file);
        let mut member = Program::start(chat).keeping(&home);
        bia.notes(&format!("{name} entered"));
        member.says("sair");
        member.ends_with(0);
    }
}

#[test]
fn settings_that_cannot_be_used_are_wrong_use_and_hang_nothing() {
    let home = Home::new();
    let file = settings_file(&home);
    let refused = |why: &[&str]| {
        for args in [&["id"][..], &["config"], &["chat"], &["nonsense"]] {
            let mut roda = Program::start(of_person(&home, args));
            let note = roda.notes(&format!("roda: {}", file.display()));
            assert!(why.iter().all(|part| note.contains(part)), "{note}");
            roda.ends_with(2);
        }
        // Help and pages are there all the same.
        for args in [
            &["--help"][..],
            &["chat", "--help"],
            &["man"],
            &["completions", "zsh"],
        ] {
            Program::start(of_person(&home, args)).ends_with(0);
        }
    };
    let long = format!("# {}\n", "x".repeat(64 << 10));
    let texts: [(&[u8], &[&str]); 6] = [
        (b"\nport = 'x'\n", &["line 2", "port", "1 to 65535"]),
        (b"nome = 'ana'\n", &["line 1", "'nome'", "name"]),
        (
            b"passphrase = 'x'\n",
            &["line 1", "'passphrase'", "--key-file"],
        ),
        (b"name = \n", &["line 1", "NAME = VALUE"]),
        (b"name = '\xff'\n", &["UTF-8"]),
        (long.as_bytes(), &["65536 bytes"]),
    ];
    for (text, why) in texts {
        fs::write(&file, text).unwrap();
        refused(why);
    }
    fs::remove_file(&file).unwrap();
    nix::unistd::mkfifo(&file, nix::sys::stat::Mode::S_IRWXU).unwrap();
    refused(&["regular file"]);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    refused(&["regular file"]);
    let mut elsewhere = of_person(&home, &["chat", "--lang", "pt"]);
    elsewhere.env("RODA_CONFIG", "").env("RODA_PORT", "x");
    let mut elsewhere = Program::start(elsewhere);
    elsewhere.notes("RODA_PORT: 'x' não é válido para port: use um número de 1 a 65535");
    elsewhere.ends_with(2);
}

#[test]
fn what_is_installed_is_removed_again_and_nothing_else_is_touched() {
    let package = support::folder();
    let script = package.path().join("scripts").join("install");
    fs::create_dir(script.parent().unwrap()).unwrap();
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/install");
    fs::copy(sources, &script).unwrap();
    // As in a package: the binary stands beside the script's folder.
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_roda"), package.path().join("roda")).unwrap();
    let place = support::folder();
    let bin = place.path().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(bin.join("multicast"), "somebody else's").unwrap();
    let runs = |args: &[&str]| {
        let mut install = command(script.to_str().unwrap());
        install.args(args).arg(&bin);
        Program::start(install).ends_with(0).shown.join("\n")
    };
    let told = runs(&[]);
    assert!(told.contains("multicast is another program"), "{told}");
    let link = fs::read_link(bin.join("tcp-peer")).unwrap();
    assert_eq!(link, std::path::Path::new("roda"));
    let share = place.path().join("share");
    for (page, part) in [("man/man1", "SYNOPSIS"), ("man/pt/man1", "SINOPSE")] {
        let page = fs::read_to_string(share.join(page).join("roda-chat.1")).unwrap();
        assert!(page.contains(part), "{page}");
    }
    assert!(share.join("bash-completion/completions/roda").exists());
    runs(&["--uninstall"]);
    let mut left = files_below(place.path());
    left.sort();
    assert_eq!(left, ["bin/multicast"]);
    assert_eq!(fs::read(bin.join("multicast")).unwrap(), b"somebody else's");
}

/// Every file in a folder and below it, by its path from there.
fn files_below(folder: &std::path::Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path.strip_prefix(folder).unwrap().display().to_string()),
            }
        }
    }
    files
}

#[test]
fn what_stands_in_the_way_is_told_in_both_languages() {
    let folder = support::folder();
    let file = folder.path().join("arquivo");
    std::fs::write(&file, "").unwrap();
    let below = file.join("x");
    let below = below.to_str().unwrap();
    for (lang, sentence) in [
        ("en", "a part of this path is a file"),
        ("pt", "uma parte deste caminho é um arquivo"),
    ] {
        let noted = Program::start(roda(&["man", below, "--lang", lang]))
            .ends_with(1)
            .noted;
        assert!(noted.concat().contains(sentence), "{noted:?}");
    }
    // No resolver's own words, which are in its own language.
    for listen in [
        &["hub", "serve", "--listen", "300.1.1.1:0"][..],
        &["tcp-peer", "--listen", "300.1.1.1:0"],
    ] {
        let noted = Program::start(roda(listen)).ends_with(1).noted.concat();
        assert!(
            noted.contains("this machine does not have that address"),
            "{noted}"
        );
    }
}

#[test]
fn each_shell_gets_completions_and_each_subcommand_a_man_page() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Program::start(roda(&["completions", shell])).ends_with(0);
        let has = |word: &str| script.shown.iter().any(|line| line.contains(word));
        assert!(has("tcp-peer") && has("listen-only"), "{shell}");
    }
    let page = Program::start(roda(&["man"])).ends_with(0).shown;
    assert!(
        page.iter().any(|line| line.starts_with(".TH roda 1")),
        "{page:?}"
    );
    let folder = support::folder();
    let man = folder.path().join("share").join("man1");
    Program::start(roda(&["man", man.to_str().unwrap()])).ends_with(0);
    for name in [
        "roda",
        "roda-chat",
        "roda-hub-serve",
        "roda-lab-serve",
        "roda-tcp-peer",
    ] {
        let page = fs::read_to_string(man.join(format!("{name}.1"))).unwrap();
        let head = format!(".TH {name} 1 ");
        let version = concat!("\"roda ", env!("CARGO_PKG_VERSION"));
        let title = page.lines().find(|line| line.starts_with(&head));
        assert!(
            title.is_some_and(|title| title.contains(version)),
            "{page:.200}"
        );
    }
    let here = folder.path().join("aqui");
    let portuguese = ["--lang", "pt", "man", here.to_str().unwrap()];
    Program::start(roda(&portuguese)).ends_with(0);
    let page = fs::read_to_string(here.join("roda-chat.1")).unwrap();
    for part in [".SH SINOPSE", ".SH OPÇÕES", "confiável", ".SH EXEMPLOS"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let zsh = Program::start(roda(&["--lang", "pt", "completions", "zsh"])).ends_with(0);
    assert!(zsh.shown.concat().contains("Idioma do programa"));
    let mut taken = Program::start(roda(&["man", "/dev/null/man"]));
    taken.notes("cannot write /dev/null/man/roda.1");
    taken.ends_with(1);
}

#[test]
fn a_port_alone_means_what_the_help_says_and_the_start_says_where() {
    let everywhere = ", on all interfaces";
    let alone = "for this machine only";
    for (args, said) in [
        (&["hub", "serve", "--listen", "0"][..], everywhere),
        (&["hub", "serve", "--listen", "127.0.0.1:0"], alone),
        (&["tcp-peer", "--listen", ":0"], everywhere),
        (&["tcp-peer", "--listen", "127.0.0.1:0"], alone),
        (&["lab", "serve", "uppercase", "--listen", "0"], alone),
        (
            &["lab", "serve", "uppercase", "--listen", "*:0"],
            "on all interfaces",
        ),
    ] {
        Program::start(roda(args)).notes(said);
    }
    for (args, said) in [
        (
            &["hub", "serve", "--help"][..],
            "a port alone means all interfaces",
        ),
        (&["tcp-peer", "--help"], "a port alone means all interfaces"),
        (
            &["lab", "serve", "--help"],
            "a port alone means this machine only",
        ),
    ] {
        let help = Program::start(roda(args)).ends_with(0).shown.join(" ");
        let words: Vec<&str> = help.split_whitespace().collect();
        assert!(words.join(" ").contains(said), "{args:?}: {help}");
    }
}
