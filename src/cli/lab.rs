//! `lab`: its arguments, their defaults, and its settings.

mod client;
mod values;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use self::client::ClientCommand;
use super::endpoint;
use crate::error::{Error, LabUsage, Usage};
use crate::lab::Dialogue;
use crate::lab::divisors::Encoding;
use crate::lab::lesson::Lesson;
use crate::lab::products::Version;
use crate::lab::uppercase::Letters;

/// The prefixes of a MongoDB database's name.
const MONGODB: [&str; 2] = ["mongodb://", "mongodb+srv://"];

/// The arguments of `lab`. Without a command, it lists the lessons.
#[derive(Debug, Args)]
pub struct LabArgs {
    /// What to do; without it, the lessons are listed
    #[command(subcommand)]
    command: Option<LabCommand>,
}

/// Which side of which lesson to take.
#[derive(Debug, Subcommand)]
enum LabCommand {
    /// Be a lesson's server
    Serve(ServeArgs),
    /// Be a lesson's client.
    #[command(flatten)]
    Client(ClientCommand),
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// Which lesson
    lesson: Lesson,

    /// Listen on this address and port [default: 127.0.0.1 and the lesson's port]
    #[arg(long, value_name = "[ADDRESS:]PORT")]
    listen: Option<String>,

    /// hello, exchange, object, person: serve one client after the other
    #[arg(long)]
    keep: bool,

    /// uppercase: take ASCII only, as in the lesson
    #[arg(long)]
    ascii: bool,

    /// oracle, quiz: the same chance in every run
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    seed: Option<String>,

    /// divisors: how the list is sent [default: json]
    #[arg(long)]
    encoding: Option<Encoding>,

    /// products: `terminar` ends the server, as in version 4
    #[arg(long)]
    v4: bool,

    #[command(flatten)]
    database: DatabaseArgs,

    /// Show every byte that is sent and received
    #[arg(long)]
    trace: bool,
}

#[derive(Debug, Args)]
struct DatabaseArgs {
    /// products, quiz: where they are kept; quiz also takes mongodb://… [default: a file in the
    /// folder for your data]
    #[arg(long, value_name = "FILE")]
    database: Option<String>,
}

/// Where products and questions are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// In a file; `None` is the usual one.
    File(Option<PathBuf>),
    /// In a MongoDB server.
    #[cfg(feature = "mongodb")]
    MongoDb(String),
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(Some(path)) => path.display().fmt(f),
            Self::File(None) => Ok(()),
            // The server's URL may hold a password.
            #[cfg(feature = "mongodb")]
            Self::MongoDb(_) => f.write_str("MongoDB"),
        }
    }
}

impl DatabaseArgs {
    fn database(self) -> Result<Database, Error> {
        match self.database {
            Some(url) if MONGODB.iter().any(|begin| url.starts_with(begin)) => {
                #[cfg(feature = "mongodb")]
                return Ok(Database::MongoDb(url));
                #[cfg(not(feature = "mongodb"))]
                Err(LabUsage::NoMongoDb.into())
            }
            path => Ok(Database::File(path.map(PathBuf::from))),
        }
    }
}

/// The settings of `lab`.
pub enum LabSettings {
    /// Lists the lessons.
    List,
    /// Serves a lesson.
    Serve(LabServeSettings),
    /// Runs a lesson's client.
    Join(LabJoinSettings),
    /// Manages the bank of questions.
    Bank(BankSettings),
}

/// The settings of `lab serve`.
pub struct LabServeSettings {
    /// The lesson to serve.
    pub lesson: Lesson,
    /// The host whose address to listen on; `None` is all interfaces.
    pub host: Option<String>,
    /// The port to listen on; 0 is any.
    pub port: u16,
    /// Whether to continue after the first client.
    pub keeps: bool,
    /// `uppercase`: which letters are accepted.
    pub letters: Letters,
    /// `divisors`: how the list is encoded.
    pub encoding: Encoding,
    /// `products`: which version of the document the server follows.
    pub version: Version,
    /// `products`, `quiz`: where they are kept.
    pub database: Database,
    /// Seeds the random choices, to repeat them.
    pub seed: Option<u64>,
    /// Whether to show the bytes of each connection.
    pub trace: Trace,
}

/// The settings of a lesson's client.
pub struct LabJoinSettings {
    /// The server's host.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// How long to keep trying to connect.
    pub patience: Duration,
    /// The client's side.
    pub dialogue: Box<dyn Dialogue>,
    /// Whether to show the bytes of the connection.
    pub trace: Trace,
}

/// Whether the bytes of each connection are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// No bytes are shown.
    Off,
    /// Every byte that is sent or received is shown.
    On,
}

impl Trace {
    /// What the flag `--trace` selects.
    fn of(is_given: bool) -> Self {
        match is_given {
            true => Self::On,
            false => Self::Off,
        }
    }
}

/// What to do with the bank of questions, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankSettings {
    /// Where it is kept.
    pub database: Database,
    /// What to do.
    pub act: BankAct,
}

/// Where questions are imported from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuestionSource {
    /// From a file.
    File(PathBuf),
    /// From stdin.
    Stdin,
}

/// What can be done with the bank of questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BankAct {
    /// Replaces all questions by those of a file or of stdin.
    Import(QuestionSource),
    /// Writes all questions to stdout.
    Export,
    /// Replaces all questions by the report's ten.
    Reset,
}

/// The version that the flag `--v4` selects.
fn version(is_v4: bool) -> Version {
    match is_v4 {
        true => Version::V4,
        false => Version::V5,
    }
}

impl TryFrom<LabArgs> for LabSettings {
    type Error = Error;

    fn try_from(args: LabArgs) -> Result<Self, Error> {
        match args.command {
            None => Ok(Self::List),
            Some(LabCommand::Serve(args)) => args.try_into().map(Self::Serve),
            Some(LabCommand::Client(command)) => command.try_into(),
        }
    }
}

impl ServeArgs {
    /// Refuses an option that the lesson does not have: it would have no effect.
    fn check(&self) -> Result<(), LabUsage> {
        let options = [
            ("--keep", self.keep),
            ("--ascii", self.ascii),
            ("--seed", self.seed.is_some()),
            ("--encoding", self.encoding.is_some()),
            ("--v4", self.v4),
            ("--database", self.database.database.is_some()),
        ];
        let lesson = self.lesson;
        for (option, is_given) in options {
            let known_to = lessons_with(option);
            if is_given && !known_to.contains(&lesson) {
                return Err(LabUsage::Option {
                    option,
                    lesson,
                    known_to,
                });
            }
        }
        Ok(())
    }
}

/// The lessons whose server has an option.
fn lessons_with(option: &str) -> Vec<Lesson> {
    match option {
        "--keep" => Lesson::ALL
            .into_iter()
            .filter(|lesson| lesson.is_one_shot())
            .collect(),
        "--ascii" => vec![Lesson::Uppercase],
        "--seed" => vec![Lesson::Oracle, Lesson::Quiz],
        "--encoding" => vec![Lesson::Divisors],
        "--v4" => vec![Lesson::Products],
        "--database" => vec![Lesson::Products, Lesson::Quiz],
        _ => Vec::new(),
    }
}

impl LabServeSettings {
    /// The command that runs the lesson's client with this server at one of its addresses.
    #[must_use]
    pub fn client_command(&self, address: SocketAddr) -> String {
        let lesson = self.lesson.name();
        let encoding = || self.encoding.to_possible_value();
        let option = match self.lesson {
            Lesson::Products if self.version == Version::V4 => " --v4".to_owned(),
            Lesson::Divisors => encoding().map_or(String::new(), |encoding| {
                format!(" --encoding {}", encoding.get_name())
            }),
            _ => String::new(),
        };
        format!("roda lab {lesson}{option} --connect {address}")
    }
}

impl TryFrom<ServeArgs> for LabServeSettings {
    type Error = Error;

    fn try_from(args: ServeArgs) -> Result<Self, Error> {
        args.check()?;
        let typed = args
            .listen
            .unwrap_or_else(|| args.lesson.port().to_string());
        let listening = endpoint::listening(&typed);
        let (host, port) = listening.ok_or(Usage::Listen(typed))?;
        let seed = args.seed.map(|typed| {
            typed.parse().map_err(|_| Usage::Number {
                typed,
                least: 0,
                most: u64::MAX,
                option: "--seed",
            })
        });
        Ok(Self {
            lesson: args.lesson,
            host: Some(host.unwrap_or_else(|| "127.0.0.1".into())),
            port,
            keeps: args.keep,
            letters: match args.ascii {
                true => Letters::Ascii,
                false => Letters::Any,
            },
            encoding: args.encoding.unwrap_or_default(),
            version: version(args.v4),
            database: args.database.database()?,
            seed: seed.transpose()?,
            trace: Trace::of(args.trace),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn lab(args: &[&str]) -> Result<LabSettings, Error> {
        let line = [&["roda", "lab"], args].concat();
        match Cli::try_parse_from(line).unwrap().command {
            Some(Command::Lab(args)) => args.try_into(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_lesson_has_its_port_and_stays_on_this_machine() {
        let Ok(LabSettings::Serve(serve)) = lab(&["serve", "uppercase"]) else {
            panic!("not served")
        };
        assert_eq!(
            (serve.host.as_deref(), serve.port),
            (Some("127.0.0.1"), 12000)
        );
        let Ok(LabSettings::Join(join)) = lab(&["primes", "-5", "--connect", "pc-3"]) else {
            panic!("not joined")
        };
        assert_eq!((&*join.host, join.port), ("pc-3", 12346));
        assert!(matches!(lab(&[]), Ok(LabSettings::List)));
        assert!(matches!(lab(&["quiz"]), Ok(LabSettings::Join(_))));
        let Ok(LabSettings::Bank(bank)) = lab(&["quiz", "import", "a.json"]) else {
            panic!("no bank")
        };
        let file = QuestionSource::File("a.json".into());
        assert_eq!(bank.act, BankAct::Import(file));
        let Ok(LabSettings::Bank(bank)) = lab(&["quiz", "import", "-"]) else {
            panic!("no bank")
        };
        assert_eq!(bank.act, BankAct::Import(QuestionSource::Stdin));
    }

    #[test]
    fn an_option_that_a_lesson_does_not_know_is_refused() {
        let options = [
            &["--keep"][..],
            &["--ascii"],
            &["--seed", "1"],
            &["--encoding", "json"],
            &["--v4"],
            &["--database", "x.db"],
        ];
        for lesson in Lesson::ALL {
            let known = options.iter().filter(|option| {
                let served = lab(&[&["serve", lesson.name()], **option].concat());
                let is_known = lessons_with(option[0]).contains(&lesson);
                match served {
                    Ok(_) => assert!(is_known, "{lesson:?} {option:?}"),
                    Err(error) => {
                        let usage = LabUsage::Option {
                            option: option[0],
                            lesson,
                            known_to: lessons_with(option[0]),
                        };
                        assert!(matches!(&error, Error::Usage(Usage::Lab(lab)) if *lab == usage));
                        assert_eq!(error.exit_code(), 2);
                        assert!(!is_known, "{lesson:?} {option:?}");
                    }
                }
                is_known
            });
            let expected = match lesson {
                Lesson::Products | Lesson::Quiz => 2,
                Lesson::Primes => 0,
                _ => 1,
            };
            assert_eq!(known.count(), expected, "{lesson:?}");
        }
    }

    #[test]
    fn the_printed_command_calls_the_server() {
        let addresses = ["127.0.0.1:5000", "[::1]:80", "192.168.0.7:12345"];
        let served: Vec<Vec<&str>> = Lesson::ALL
            .into_iter()
            .map(|lesson| vec!["serve", lesson.name()])
            .chain([
                vec!["serve", "products", "--v4"],
                vec!["serve", "divisors", "--encoding", "pickle"],
            ])
            .collect();
        for args in served {
            let Ok(LabSettings::Serve(serve)) = lab(&args) else {
                panic!("{args:?}")
            };
            for address in addresses {
                let address: SocketAddr = address.parse().unwrap();
                let command = serve.client_command(address);
                let typed: Vec<&str> = command.split(' ').skip(2).collect();
                let Ok(LabSettings::Join(join)) = lab(&typed) else {
                    panic!("{command}")
                };
                assert_eq!(
                    (&*join.host, join.port),
                    (&*address.ip().to_string(), address.port())
                );
                for option in &args[2..] {
                    assert!(typed.contains(option), "{command}: without {option}");
                }
            }
        }
    }

    #[test]
    fn what_is_missing_is_no_wrong_use() {
        for missing in [
            &["uppercase"][..],
            &["oracle"],
            &["primes", "--wide"],
            &["divisors"],
            &["person", "--nome", "Ana"],
            &["products", "add", "1"],
            &["products", "add", "1", "x", "--v4"],
            &["products", "find"],
            &["products", "--v4"],
        ] {
            assert!(
                matches!(lab(missing), Ok(LabSettings::Join(_))),
                "{missing:?}"
            );
        }
    }

    #[test]
    fn what_cannot_be_is_wrong_use() {
        let long = "x".repeat(1025);
        for wrong in [
            &["primes", "3000000000"][..],
            &["primes", "x", "--wide"],
            &["divisors", "0"],
            &["uppercase", ""],
            &["uppercase", &long],
            &["person", "--nome", "a", "--idade", "x", "--email", "e"],
            &["products", "add", "1", "x", "caro"],
            &["products", "add", "1", "x", "-2.50"],
            &["products", "add", "1", "x", "2,505"],
            &["object", "x"],
            &["serve", "oracle", "--seed", "x"],
            &["serve", "hello", "--listen", "x"],
            &["hello", "--connect", "a:0"],
            #[cfg(not(feature = "mongodb"))]
            &["serve", "quiz", "--database", "mongodb://localhost"],
        ] {
            let error = lab(wrong).err().map(|error| error.exit_code());
            assert_eq!(error, Some(2), "{wrong:?}");
        }
    }
}
