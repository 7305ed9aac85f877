//! The arguments of `lab serve`, and its settings.

use std::net::SocketAddr;

use clap::{Args, ValueEnum};

use super::{Database, DatabaseArgs, Trace, version};
use crate::cli::endpoint::{self, PortAlone};
use crate::error::{Error, LabUsage, Usage};
use crate::lab::divisors::Encoding;
use crate::lab::lesson::Lesson;
use crate::lab::products::Version;
use crate::lab::uppercase::Letters;

/// The arguments of `lab serve`.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Which lesson
    lesson: Lesson,

    /// Listen on this port [default: the lesson's]; a port alone means this machine only, *:PORT
    /// all interfaces, port 0 one that is free
    #[arg(long, value_name = "[ADDRESS:]PORT")]
    listen: Option<String>,

    /// hello, exchange, object, person: serve one client after the other
    #[arg(long)]
    keep: bool,

    /// uppercase: take ASCII only, as in the lesson
    #[arg(long)]
    ascii: bool,

    /// oracle, quiz: repeat the same random choices in every run
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
        let (host, port) = endpoint::listening(typed, PortAlone::ThisMachine)?;
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
            host,
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
    use super::super::tests::lab;
    use super::*;
    use crate::cli::LabSettings;

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
}
