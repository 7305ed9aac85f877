//! `lab`: its arguments, their defaults, and its settings.

mod client;
mod serve;
mod values;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use self::client::ClientCommand;
pub use self::serve::LabServeSettings;
use self::serve::ServeArgs;
use crate::error::Error;
#[cfg(not(feature = "mongodb"))]
use crate::error::LabUsage;
use crate::lab::Dialogue;
use crate::lab::products::Version;

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
    /// Open a lesson's server
    Serve(ServeArgs),
    /// Be a lesson's client.
    #[command(flatten)]
    Client(ClientCommand),
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

#[cfg(test)]
pub(in crate::cli::lab) mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    pub(super) fn lab(args: &[&str]) -> Result<LabSettings, Error> {
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
