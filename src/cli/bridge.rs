//! `bridge`: a member without a person, which carries a room to other networks. Its settings are
//! those of `chat`, with another role and servers.

mod file;

use std::path::PathBuf;

use clap::Args;

use self::file::BridgeFile;
use super::chat::ChatSettings;
use super::keeping::bytes;
use super::member::MemberArgs;
use super::name;
use super::room::RoomChoice;
use super::secret::RoomSecret;
use crate::chat::rooms::LOBBY;
use crate::error::{Error, Usage};
use crate::net::nats::NatsTls;
use crate::protocol::message::{NAME_MAX_BYTES, Name, split_within};
use crate::protocol::wire::frame::durable::Role;
use crate::store::host;
use crate::terminal::screen::Form;

/// The name of a bridge that is given no other.
const NAME: &str = "bridge";

/// Most bytes of files in each room, if nothing else is said.
const FILES_BYTES: u64 = 1 << 30;

/// The arguments of `bridge`.
#[derive(Debug, Args)]
pub struct BridgeArgs {
    /// A NATS server, such as nats://host:4222 or tls://host:4222; may be repeated for the servers
    /// of a cluster
    #[arg(long, value_name = "URL")]
    nats: Vec<String>,

    /// The context of the `nats` command that says what else is not said here: the servers, and who
    /// this bridge is to them
    #[arg(long, value_name = "NAME")]
    context: Option<String>,

    /// File with what is not said here, and with several rooms that have keys of their own, in TOML
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// What people at the other networks call this one, 1 to 32 bytes [default: the bridge's name
    /// if it was given one, or else this computer's]
    #[arg(long, allow_hyphen_values = true)]
    site: Option<String>,

    /// The bridge's own name, under which it is listed here, 1 to 32 bytes [default: bridge]
    #[arg(long, allow_hyphen_values = true)]
    name: Option<String>,

    /// Room to carry, whose key only some have; may be repeated: a key is that of the last one
    #[arg(long, allow_hyphen_values = true)]
    room: Vec<String>,

    /// Also carry rooms without a key, which everybody at each network and at the server can read
    #[arg(long)]
    public: bool,

    /// File with the credentials for the servers, as `nsc` writes it
    #[arg(long, value_name = "FILE")]
    creds: Option<PathBuf>,

    /// File with the seed of the NKey that the servers know
    #[arg(long, value_name = "FILE", conflicts_with = "creds")]
    nkey: Option<PathBuf>,

    /// File with the certificates that the servers' are signed with, besides those of the system
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,

    /// File with this bridge's own certificate, where the servers ask for one
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// File with the key of that certificate
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Keep what is said in this JetStream stream too, made if there is none, so that a network
    /// that was cut off gets it also when no other bridge runs
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,

    /// Carry files too, and keep them in this folder: whatever is offered is taken, and given to
    /// the other networks
    #[arg(long, value_name = "FOLDER")]
    files: Option<PathBuf>,

    /// Most bytes of files that are taken in each room, of all together, such as 500M
    /// [default: 1 GiB]
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true)]
    files_limit: Option<String>,

    #[command(flatten)]
    member: MemberArgs,

    /// One JSON object per event; messages are not among them
    #[arg(long)]
    json: bool,
}

/// The servers by which rooms are carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeSettings {
    /// What people at the other networks call this one.
    pub site: Name,
    /// Their addresses.
    pub servers: Vec<String>,
    /// The context that says what the rest does not.
    pub context: Option<String>,
    /// The file with the credentials.
    pub creds: Option<PathBuf>,
    /// The file with the seed of an NKey.
    pub nkey: Option<PathBuf>,
    /// The files with certificates.
    pub tls: NatsTls,
    /// The stream that keeps what is said.
    pub stream: Option<String>,
    /// The files that are carried, if any are.
    pub files: Option<CarriedFilesSettings>,
}

/// The files that a bridge carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedFilesSettings {
    /// Where they are kept.
    pub folder: PathBuf,
    /// Most bytes that are taken in each room.
    pub limit_bytes: u64,
}

impl TryFrom<BridgeArgs> for ChatSettings {
    type Error = Error;

    fn try_from(mut args: BridgeArgs) -> Result<Self, Error> {
        let mut file = match &args.config {
            Some(path) => BridgeFile::read(path)?,
            None => BridgeFile::default(),
        };
        let rooms = file.rooms()?;
        args.fill(file);
        let mut member = args.member.of_rooms(args.room)?;
        if !member.are_chosen && !rooms.is_empty() {
            member.rooms.clear();
        }
        member.rooms.extend(rooms);
        check(&args.nats, &args.context)?;
        let is_public = |room: &&RoomChoice| room.secret == RoomSecret::Public;
        if let Some(room) = member.rooms.iter().find(is_public)
            && !args.public
        {
            let name = room.shown().unwrap_or(LOBBY).to_owned();
            return Err(Usage::PublicBridge(name).into());
        }
        let files = files(args.files, args.files_limit)?;
        let site = site(args.site.or_else(|| args.name.clone()))?;
        let name = name(args.name.as_deref().unwrap_or(NAME))?;
        let form = if args.json { Form::Json } else { Form::Lines };
        Ok(Self {
            role: Role::Bridge,
            bridge: Some(BridgeSettings {
                site,
                servers: args.nats,
                context: args.context,
                creds: args.creds,
                nkey: args.nkey,
                tls: NatsTls {
                    ca: args.tls_ca,
                    cert: args.tls_cert.zip(args.tls_key),
                    is_first: false,
                },
                stream: args.stream,
                files,
            }),
            ..Self::without_input(name, member, form)
        })
    }
}

impl BridgeArgs {
    /// Takes from a file what was not typed.
    fn fill(&mut self, file: BridgeFile) {
        let is_login_typed = self.creds.is_some() || self.nkey.is_some();
        if self.nats.is_empty() {
            self.nats = file.nats;
        }
        if !is_login_typed {
            (self.creds, self.nkey) = (file.creds, file.nkey);
        }
        if self.tls_cert.is_none() {
            (self.tls_cert, self.tls_key) = (file.tls_cert, file.tls_key);
        }
        let fill = |typed: &mut Option<String>, filed| {
            if typed.is_none() {
                *typed = filed;
            }
        };
        fill(&mut self.context, file.context);
        fill(&mut self.site, file.site);
        fill(&mut self.name, file.name);
        fill(&mut self.stream, file.stream);
        fill(&mut self.files_limit, file.files_limit);
        self.files = self.files.take().or(file.files);
        self.tls_ca = self.tls_ca.take().or(file.tls_ca);
        self.public |= file.public;
    }
}

fn files(
    folder: Option<PathBuf>,
    limit: Option<String>,
) -> Result<Option<CarriedFilesSettings>, Usage> {
    let limit_bytes = match limit {
        None => FILES_BYTES,
        Some(typed) => bytes(typed, "--files-limit")?,
    };
    Ok(folder.map(|folder| CarriedFilesSettings {
        folder,
        limit_bytes,
    }))
}

/// Checks that there is a server, and no secret in its address.
fn check(servers: &[String], context: &Option<String>) -> Result<(), Usage> {
    if servers.is_empty() && context.is_none() {
        return Err(Usage::NoNats);
    }
    match servers.iter().find(|url| url.contains('@')) {
        Some(url) => {
            let server = url.rsplit('@').next().unwrap_or_default();
            Err(Usage::SecretInUrl(server.to_owned()))
        }
        None => Ok(()),
    }
}

/// What the site is called: as it was typed, or like this computer.
fn site(typed: Option<String>) -> Result<Name, Usage> {
    match typed {
        Some(typed) => Name::parse(&typed).map_err(|fault| Usage::Name(typed, fault)),
        None => {
            let host = host::name();
            let (host, _) = split_within(&host, NAME_MAX_BYTES);
            name(host).or_else(|_| name(NAME))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command, InputPolicy};
    use clap::Parser;

    fn bridge(args: &[&str]) -> Result<ChatSettings, Error> {
        let line = [&["roda", "bridge", "--nats", "nats://h:4222"], args].concat();
        match Cli::try_parse_from(line).unwrap().command {
            Some(Command::Bridge(args)) => (*args).try_into(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_bridge_carries_rooms_that_not_everybody_can_read() {
        let room = ["--room", "turma-a", "--key-file", "key.txt"];
        let settings = bridge(&room).unwrap();
        assert_eq!(
            (settings.role, settings.name.as_str()),
            (Role::Bridge, "bridge")
        );
        assert_eq!(settings.input, InputPolicy::Ignore);
        let servers = settings.bridge.unwrap().servers;
        assert_eq!(servers, ["nats://h:4222"]);
        let site = |args: &[&str]| {
            let settings = bridge(&[&room[..], args].concat()).unwrap();
            (
                settings.bridge.unwrap().site.to_string(),
                settings.name.to_string(),
            )
        };
        let names = |site: &str, name: &str| (site.to_owned(), name.to_owned());
        assert_eq!(site(&["--name", "porto"]), names("porto", "porto"));
        let both = ["--site", "Ilha do Mel", "--name", "ponte"];
        assert_eq!(site(&both), names("Ilha do Mel", "ponte"));
        assert!(!site(&[]).0.is_empty());
        assert!(bridge(&[&room[..], &["--site", ""]].concat()).is_err());
        let files = ["--files", "/srv/roda", "--files-limit", "500M"];
        let settings = bridge(&[&room[..], &files].concat()).unwrap();
        let files = settings.bridge.unwrap().files.unwrap();
        assert_eq!(files.limit_bytes, 500 << 20);
        assert!(bridge(&[&room[..], &["--files-limit", "x"]].concat()).is_err());
    }

    #[test]
    fn what_a_file_says_is_beaten_by_what_is_typed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bridge.toml");
        let text = "context = 'ilha'\nsite = 'barco'\nnkey = 'bridge.nk'\n\
                    [[room]]\nname = 'a'\nkey-file = 'a.key'\n\
                    [[room]]\nname = 'b'\nkey-file = 'b.key'\n";
        std::fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap();
        let settings = |more: &[&str]| {
            let line = [&["roda", "bridge", "--config", path], more].concat();
            match Cli::try_parse_from(line).unwrap().command {
                Some(Command::Bridge(args)) => ChatSettings::try_from(*args),
                other => panic!("{other:?}"),
            }
        };
        let filed = settings(&[]).unwrap();
        let names: Vec<Option<&str>> = filed.rooms.iter().map(RoomChoice::shown).collect();
        assert_eq!(names, [Some("a"), Some("b")]);
        let bridge = filed.bridge.unwrap();
        assert_eq!(
            (bridge.site.as_str(), bridge.context.as_deref()),
            ("barco", Some("ilha"))
        );
        assert_eq!(bridge.nkey, Some("bridge.nk".into()));
        let room = ["--room", "c", "--key-file", "c.key"];
        let more = ["--site", "porto", "--creds", "x", "--nats", "nats://h"];
        let typed = settings(&[&room[..], &more].concat()).unwrap();
        assert_eq!(typed.rooms.len(), 3);
        let bridge = typed.bridge.unwrap();
        assert_eq!((bridge.site.as_str(), &bridge.nkey), ("porto", &None));
        assert_eq!(bridge.servers, ["nats://h"]);
        std::fs::write(path, "site = 'barco'\n[[room]]\nkey-file = 'k'\n").unwrap();
        let error = settings(&[]).unwrap_err();
        assert!(matches!(error, Error::Usage(Usage::NoNats)), "{error:?}");
        std::fs::write(
            path,
            "nats = ['nats://ana:senha@h']\n[[room]]\nkey-file='k'",
        )
        .unwrap();
        let error = settings(&[]).unwrap_err();
        assert!(
            matches!(error, Error::Usage(Usage::SecretInUrl(_))),
            "{error:?}"
        );
        std::fs::write(path, "nats = ['nats://h']\n[[room]]\nname = 'd'\n").unwrap();
        let error = settings(&[]).unwrap_err();
        assert!(
            matches!(error, Error::Usage(Usage::PublicBridge(_))),
            "{error:?}"
        );
        assert!(settings(&["--public"]).is_ok());
    }

    #[test]
    fn a_public_room_and_a_secret_in_an_address_are_wrong_use() {
        let two = ["--room", "turma-b", "--room", "turma-a", "--key-file", "k"];
        let secret = ["--nats", "nats://ana:senha@h", "--public"];
        let rows: [&[&str]; 4] = [&[], &["--room", "turma-a"], &two, &secret];
        for wrong in rows {
            let error = bridge(wrong).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{wrong:?}");
            assert!(!format!("{error:?}").contains("senha"));
        }
        assert!(bridge(&["--public"]).unwrap().rooms[0].is_lobby());
    }
}
