//! What a person or a program may ask of a room, and how a typed line becomes that.

use super::amending::Which;
use super::archive::search::{Query, Span};
use super::entry::{Entry, split_name, whole_name};
use super::event::Failure;
use super::finding::{self, Purpose};
use super::guests::{GuestName, GuestsCommand};
use super::media::{MediaCommand, RuleCommand};
use super::rooms::{self, RoomsCommand, Secret};
use super::transfer::{FilesCommand, WhichOffer};
use super::typed_call;
use super::typed_files;
pub use super::typed_files::ToSend;
use super::vocabulary::{Argument, CommandWord, SHARED_COMMANDS, meant};
use crate::protocol::engine::event::MessageId;

/// Numbers what a face asks, so that the answers can be told apart. The lines face counts its
/// lines, so that a request's number is a line's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// What is asked of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Say a text to everybody.
    Say(String),
    /// Say what this person does: `acena`.
    Act(String),
    /// Say a text for a guest of this member's.
    SayAsGuest {
        /// Who.
        guest: GuestName,
        /// The text.
        text: String,
    },
    /// Something about this member's guests.
    Guests(GuestsCommand),
    /// Say a text to one person.
    SayTo {
        /// The name, as typed.
        to: String,
        /// The text.
        text: String,
    },
    /// List who is here; with a name, the fingerprints of those who are called so.
    Who(Option<String>),
    /// Change a message of this person's.
    Edit {
        /// Which.
        which: Which,
        /// What it is to say.
        text: String,
    },
    /// Withdraw a message of this person's.
    Delete(Which),
    /// Show the last messages.
    History(usize),
    /// Remember that this person has read up to a message.
    MarkRead(MessageId),
    /// Look for messages.
    Find {
        /// What is looked for.
        query: Box<Query>,
        /// What for.
        purpose: Purpose,
    },
    /// Give a face that comes late the present state of the room.
    Snapshot,
    /// Show the code to compare with somebody.
    Verify(String),
    /// The codes were compared, and are equal.
    Verified(String),
    /// The codes were not compared after all.
    Unverify(String),
    /// Go by another name.
    Nick(String),
    /// Show nothing of somebody any more; without a name, list of whom nothing is shown.
    Ignore(Option<String>),
    /// Show somebody again.
    Unignore(String),
    /// Something about files.
    Files(FilesCommand),
    /// Something about a conference.
    Media(MediaCommand),
    /// Something that the host decides, or somebody whom it has appointed.
    Rule(RuleCommand),
    /// Count what is held and what was dropped.
    Stats,
    /// Leave the room.
    Leave(Leave),
}

/// How a member leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The farewell was typed.
    Farewell,
    /// The input ended: what it said is to be delivered first.
    EndOfInput,
    /// A signal: at once.
    Signal,
}

/// What a typed line asks for: a command, or something that a face does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// The list of commands.
    Help,
    /// To clear the screen.
    ClearScreen,
    /// The page.
    Page(PageAsk),
    /// To offer files, which have to be read first.
    Send(ToSend),
    /// To offer the picture of the clipboard.
    Paste,
    /// To show a file that is here.
    View(WhichOffer),
    /// A command.
    Command(Command),
    /// Something about the rooms together.
    Rooms(RoomsCommand),
    /// An answer to what was asked last; `None` if there is none.
    Answer(Option<Secret>),
}

/// What is asked of the page, which is a face and no part of the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageAsk {
    /// Open it, and say where it is.
    Open,
    /// Another link from now on.
    Renew,
    /// Open it to take part in the room's call.
    Call,
    /// Let guests in, also where the room has a key.
    LetGuestsIn,
}

/// Reads what was typed; `when` reads what may be a time, such as `yesterday`: the core knows no
/// clock and no calendar.
///
/// # Errors
/// A command that does not exist, or lacks something.
pub fn read(entry: Entry, when: impl Fn(&str) -> Option<Span>) -> Result<Asked, Failure> {
    let command = match entry {
        Entry::Nothing => return Ok(Asked::Nothing),
        Entry::NotSay | Entry::Object(_) => return Err(Failure::NotSay),
        Entry::Flawed(failure) => return Err(failure),
        Entry::ClearScreen => return Ok(Asked::ClearScreen),
        Entry::Rooms(command) => return Ok(Asked::Rooms(command)),
        Entry::Answer(answer) => return Ok(Asked::Answer(answer)),
        Entry::Leave(_) => Command::Leave(Leave::Farewell),
        Entry::Direct(command) => *command,
        Entry::Say { text, to: None } => Command::Say(text),
        Entry::Say { text, to: Some(to) } => Command::SayTo { to, text },
        Entry::Edit { id, text } => Command::Edit {
            which: Which::parse(&id).ok_or(Failure::NoMessageId(id))?,
            text,
        },
        Entry::Delete { id } => Command::Delete(Which::parse(&id).ok_or(Failure::NoMessageId(id))?),
        Entry::Page { place, limit } => finding::page(place, limit),
        Entry::MarkRead(id) => Command::MarkRead(id),
        Entry::Guests(command) => Command::Guests(*command),
        Entry::Send(to_send) => return Ok(Asked::Send(to_send)),
        Entry::Command(line) => return of_line(&line, when),
    };
    Ok(Asked::Command(command))
}

/// The commands, in both languages.
pub fn commands() -> impl Iterator<Item = CommandWord> {
    COMMANDS.into_iter().chain(SHARED_COMMANDS)
}

/// The commands that a room alone has.
const COMMANDS: [CommandWord; 64] = {
    use Argument::{Anybody, Nothing, Person, Room, Text};
    [
        CommandWord::new("/join", Nothing),
        CommandWord::new("/entrar", Nothing),
        CommandWord::new("/part", Room),
        CommandWord::new("/deixar", Room),
        CommandWord::new("/room", Room),
        CommandWord::new("/sala", Room),
        CommandWord::new("/rooms", Nothing),
        CommandWord::new("/salas", Nothing),
        CommandWord::new("/who", Person),
        CommandWord::new("/quem", Person),
        CommandWord::new("/list", Person),
        CommandWord::new("/history", Nothing),
        CommandWord::new("/search", Text),
        CommandWord::new("/buscar", Text),
        CommandWord::new("/context", Nothing),
        CommandWord::new("/verify", Person),
        CommandWord::new("/verified", Person),
        CommandWord::new("/unverify", Person),
        CommandWord::new("/ignore", Anybody),
        CommandWord::new("/ignorar", Anybody),
        CommandWord::new("/unignore", Anybody),
        CommandWord::new("/designorar", Anybody),
        CommandWord::new("/guests", Nothing),
        CommandWord::new("/convidados", Nothing),
        CommandWord::new("/kick", Anybody),
        CommandWord::new("/expulsar", Anybody),
        CommandWord::new("/edit", Text),
        CommandWord::new("/editar", Text),
        CommandWord::new("/delete", Nothing),
        CommandWord::new("/apagar", Nothing),
        CommandWord::new("/send", Nothing),
        CommandWord::new("/enviar", Nothing),
        CommandWord::new("/get", Nothing),
        CommandWord::new("/baixar", Nothing),
        CommandWord::new("/files", Nothing),
        CommandWord::new("/arquivos", Nothing),
        CommandWord::new("/stop", Nothing),
        CommandWord::new("/parar", Nothing),
        CommandWord::new("/unshare", Nothing),
        CommandWord::new("/recolher", Nothing),
        CommandWord::new("/call", Nothing),
        CommandWord::new("/chamada", Nothing),
        CommandWord::new("/hand", Nothing),
        CommandWord::new("/mao", Nothing),
        CommandWord::new("/relay", Nothing),
        CommandWord::new("/repassar", Nothing),
        CommandWord::new("/host", Nothing),
        CommandWord::new("/anfitriao", Nothing),
        CommandWord::new("/mute", Person),
        CommandWord::new("/silenciar", Person),
        CommandWord::new("/unmute", Person),
        CommandWord::new("/dessilenciar", Person),
        CommandWord::new("/word", Person),
        CommandWord::new("/palavra", Person),
        CommandWord::new("/appoint", Person),
        CommandWord::new("/nomear", Person),
        CommandWord::new("/dismiss", Person),
        CommandWord::new("/destituir", Person),
        CommandWord::new("/view", Nothing),
        CommandWord::new("/ver", Nothing),
        CommandWord::new("/paste", Nothing),
        CommandWord::new("/colar", Nothing),
        CommandWord::new("/stats", Nothing),
        CommandWord::new("/web", Nothing),
    ]
};

fn of_line(line: &str, when: impl Fn(&str) -> Option<Span>) -> Result<Asked, Failure> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let (name, text) = split_name(rest);
    let name = Some(name.to_owned()).filter(|name| !name.is_empty());
    let with_name = |usage, command: fn(String) -> Command| match &name {
        None => Err(Failure::Usage(usage)),
        Some(name) => Ok(command(name.clone())),
    };
    let command = match word {
        "/who" | "/quem" | "/list" => Command::Who(name),
        "/history" => finding::history(rest, when)?,
        "/search" | "/buscar" => finding::search(rest, when)?,
        "/context" => finding::context(rest)?,
        "/edit" | "/editar" if rest.trim().is_empty() => {
            return Err(Failure::Usage("/edit [ID] TEXT"));
        }
        "/edit" | "/editar" => {
            let (which, text) = Which::split(rest);
            let text = text.to_owned();
            Command::Edit { which, text }
        }
        "/delete" | "/apagar" => Command::Delete(match rest.trim() {
            "" => Which::Last,
            typed => Which::parse(typed).ok_or_else(|| Failure::NoMessageId(typed.to_owned()))?,
        }),
        "/msg" => match name {
            Some(to) if !text.is_empty() => Command::SayTo {
                to,
                text: text.to_owned(),
            },
            _ => return Err(Failure::Usage("/msg NAME TEXT")),
        },
        "/me" | "/eu" if rest.trim().is_empty() => return Err(Failure::Usage("/me TEXT")),
        "/me" | "/eu" => Command::Act(rest.trim().to_owned()),
        "/verify" => with_name("/verify NAME", Command::Verify)?,
        "/verified" => with_name("/verified NAME", Command::Verified)?,
        "/unverify" => with_name("/unverify NAME", Command::Unverify)?,
        "/nick" | "/apelido" => match whole_name(rest) {
            "" => return Err(Failure::Usage("/nick NAME")),
            name => Command::Nick(name.to_owned()),
        },
        "/ignore" | "/ignorar" => Command::Ignore(name),
        "/unignore" | "/designorar" => with_name("/unignore NAME", Command::Unignore)?,
        "/guests" | "/convidados" => return guests(rest),
        "/kick" | "/expulsar" => match whole_name(rest) {
            "" => return Err(Failure::Usage("/kick NAME")),
            name => Command::Guests(GuestsCommand::Kick(name.to_owned())),
        },
        "/stats" => Command::Stats,
        "/web" => return page(rest),
        "/join" | "/entrar" => return rooms::join(rest).map(Asked::Rooms),
        "/part" | "/deixar" => return Ok(Asked::Rooms(rooms::part(rest))),
        "/room" | "/sala" => return rooms::switch(rest).map(Asked::Rooms),
        "/rooms" | "/salas" => return Ok(Asked::Rooms(RoomsCommand::List)),
        "/help" | "/?" | "/ajuda" => return Ok(Asked::Help),
        "/sair" | "/quit" | "/exit" | "/q" => Command::Leave(Leave::Farewell),
        other => {
            if let Some(asked) = of_parts(other, rest) {
                return asked;
            }
            return Err(Failure::UnknownCommand {
                given: other.to_owned(),
                meant: meant(other, commands().map(|command| command.word)),
            });
        }
    };
    Ok(Asked::Command(command))
}

/// What the commands of files and calls ask for; `None` if the word is another.
fn of_parts(word: &str, rest: &str) -> Option<Result<Asked, Failure>> {
    typed_files::of_line(word, rest).or_else(|| typed_call::of_line(word, rest))
}

/// What `/guests` asks for.
fn guests(typed: &str) -> Result<Asked, Failure> {
    let command = match typed.trim() {
        "" => GuestsCommand::List,
        "new" | "novo" => GuestsCommand::NewLink,
        "yes" | "sim" => return Ok(Asked::Page(PageAsk::LetGuestsIn)),
        other => {
            let (word, name) = other.split_once(' ').unwrap_or((other, ""));
            let name = whole_name(name).to_owned();
            match word {
                "mute" | "calar" if !name.is_empty() => GuestsCommand::Mute {
                    name,
                    is_muted: true,
                },
                "unmute" | "ouvir" if !name.is_empty() => GuestsCommand::Mute {
                    name,
                    is_muted: false,
                },
                _ => return Err(Failure::Usage("/guests [new | mute NAME | unmute NAME]")),
            }
        }
    };
    Ok(Asked::Command(Command::Guests(command)))
}

/// What `/web` asks for.
fn page(typed: &str) -> Result<Asked, Failure> {
    match typed.trim() {
        "" => Ok(Asked::Page(PageAsk::Open)),
        "new" | "novo" => Ok(Asked::Page(PageAsk::Renew)),
        _ => Err(Failure::Usage("/web [new]")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::entry::{self, Input, Syntax};
    use crate::chat::vocabulary::tests::expect_slips_found;

    fn asked(line: &str, input: Input) -> Result<Asked, Failure> {
        read(
            entry::read(line.to_owned(), input, Syntax::Commands).entry,
            |_| None,
        )
    }

    fn command(line: &str) -> Command {
        match asked(line, Input::Lines) {
            Ok(Asked::Command(command)) => command,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn lines_are_said_and_commands_are_done() {
        assert_eq!(command("oi"), Command::Say("oi".into()));
        assert_eq!(asked("", Input::Lines), Ok(Asked::Nothing));
        assert_eq!(command(" sair "), Command::Leave(Leave::Farewell));
        assert_eq!(command("/sair"), Command::Leave(Leave::Farewell));
        for word in ["/sair", "/quit", "/exit", " /q".trim()] {
            assert_eq!(command(word), Command::Leave(Leave::Farewell));
        }
        assert_eq!(command("/who"), Command::Who(None));
        assert_eq!(command("/quem ana"), Command::Who(Some("ana".into())));
        assert_eq!(command("/history"), Command::History(20));
        assert_eq!(command("/history 5"), Command::History(5));
        assert_eq!(command("/me acena "), Command::Act("acena".into()));
        let private = |to: &str, text: &str| Command::SayTo {
            to: to.into(),
            text: text.into(),
        };
        assert_eq!(
            command("/msg ana a senha e 1234"),
            private("ana", "a senha e 1234")
        );
        assert_eq!(command("/msg \"Ana Luz\"  oi "), private("Ana Luz", "oi"));
        let name = "ana maria".to_owned();
        assert_eq!(command("/verify \"ana maria\" "), Command::Verify(name));
        for typed in ["/nick Ana Luz ", "/apelido \"Ana Luz\""] {
            assert_eq!(command(typed), Command::Nick("Ana Luz".into()));
        }
        assert_eq!(command("/ignore"), Command::Ignore(None));
        assert_eq!(
            command("/ignorar ~gil"),
            Command::Ignore(Some("~gil".into()))
        );
        let guests = |command| Command::Guests(command);
        assert_eq!(command("/guests"), guests(GuestsCommand::List));
        assert_eq!(command("/convidados novo "), guests(GuestsCommand::NewLink));
        for (typed, is_muted) in [
            ("/guests mute rui lima", true),
            ("/convidados ouvir rui lima", false),
        ] {
            let name = "rui lima".to_owned();
            let mute = GuestsCommand::Mute { name, is_muted };
            assert_eq!(command(typed), guests(mute));
        }
        for typed in ["/kick ~rui lima", "/expulsar \"~rui lima\" "] {
            let name = "~rui lima".to_owned();
            assert_eq!(command(typed), guests(GuestsCommand::Kick(name)));
        }
        assert_eq!(command("//etc"), Command::Say("/etc".into()));
        let json = "{\"say\":\"x\"}";
        assert_eq!(command(json), Command::Say(json.into()));
    }

    #[test]
    fn what_cannot_be_done_says_why() {
        let failure = |line| asked(line, Input::Lines).unwrap_err();
        assert_eq!(failure("/history x"), Failure::NoCount("x".into()));
        assert_eq!(failure("/msg"), Failure::Usage("/msg NAME TEXT"));
        assert_eq!(failure("/nick \"\""), Failure::Usage("/nick NAME"));
        assert_eq!(failure("/kick"), Failure::Usage("/kick NAME"));
        assert_eq!(
            failure("/guests all"),
            Failure::Usage("/guests [new | mute NAME | unmute NAME]")
        );
        assert_eq!(failure("/verified"), Failure::Usage("/verified NAME"));
        assert_eq!(failure("/msg ana"), Failure::Usage("/msg NAME TEXT"));
        for (given, meant) in [
            ("/zzz", None),
            ("/hlep", Some("/help")),
            ("/Who", Some("/who")),
            ("/verfied", Some("/verified")),
            ("/x", None),
        ] {
            let failed = failure(given);
            let given = given.to_owned();
            assert_eq!(failed, Failure::UnknownCommand { given, meant });
        }
    }

    #[test]
    fn every_command_is_known_and_found_after_a_slip() {
        for command in commands() {
            let asked = of_line(command.word, |_| None);
            // The face clears the screen.
            let is_known = !matches!(asked, Err(Failure::UnknownCommand { .. }));
            assert!(is_known || command.word == "/clear", "{}", command.word);
        }
        let words: Vec<&str> = commands().map(|command| command.word).collect();
        expect_slips_found(&words);
    }

    #[test]
    fn programs_say_anything_by_json() {
        let said = |line| asked(line, Input::Json);
        let say = |text: &str| Ok(Asked::Command(Command::Say(text.into())));
        assert_eq!(said("{\"say\": \"sair\"}"), say("sair"));
        let (to, text) = ("ana".into(), "oi".into());
        let private = Command::SayTo { to, text };
        let asked = said(r#"{"say": "oi", "to": "ana"}"#);
        assert_eq!(asked, Ok(Asked::Command(private)));
        assert_eq!(said("{\"say\": 1}"), Err(Failure::NotSay));
        assert_eq!(said("oi"), say("oi"));
        assert_eq!(said("/who"), Ok(Asked::Command(Command::Who(None))));
    }
}
