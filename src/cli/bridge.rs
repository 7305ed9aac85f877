//! `bridge`: a member without a person, which carries a room to other networks. Its settings are
//! those of `chat`, with another role and servers.

use std::path::PathBuf;

use clap::Args;

use super::chat::ChatSettings;
use super::member::MemberArgs;
use super::name;
use super::room::RoomChoice;
use super::secret::RoomSecret;
use crate::chat::rooms::LOBBY;
use crate::error::{Error, Usage};
use crate::protocol::wire::frame::durable::Role;
use crate::terminal::screen::Form;

/// The name of a bridge that is given no other.
const NAME: &str = "bridge";

/// The arguments of `bridge`.
#[derive(Debug, Args)]
pub struct BridgeArgs {
    /// A NATS server, such as nats://host:4222 or tls://host:4222; may be repeated for the servers
    /// of a cluster
    #[arg(long, value_name = "URL", required = true)]
    nats: Vec<String>,

    /// What people at the other networks call this one, 1 to 32 bytes [default: bridge]
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

    /// File with the certificates that the servers' are signed with, besides those of the system
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,

    /// Keep what is said in this JetStream stream too, made if there is none, so that a network
    /// that was cut off gets it also when no other bridge runs
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,

    #[command(flatten)]
    member: MemberArgs,

    /// One JSON object per event; messages are not among them
    #[arg(long)]
    json: bool,
}

/// The servers by which rooms are carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeSettings {
    /// Their addresses.
    pub servers: Vec<String>,
    /// The file with the credentials.
    pub creds: Option<PathBuf>,
    /// The file with certificates.
    pub tls_ca: Option<PathBuf>,
    /// The stream that keeps what is said.
    pub stream: Option<String>,
}

impl TryFrom<BridgeArgs> for ChatSettings {
    type Error = Error;

    fn try_from(args: BridgeArgs) -> Result<Self, Error> {
        if let Some(url) = args.nats.iter().find(|url| url.contains('@')) {
            let server = url.rsplit('@').next().unwrap_or_default();
            return Err(Usage::SecretInUrl(server.to_owned()).into());
        }
        let member = args.member.of_rooms(args.room)?;
        let is_public = |room: &&RoomChoice| room.secret == RoomSecret::Public;
        if let Some(room) = member.rooms.iter().find(is_public)
            && !args.public
        {
            let name = room.shown().unwrap_or(LOBBY).to_owned();
            return Err(Usage::PublicBridge(name).into());
        }
        let name = name(args.name.as_deref().unwrap_or(NAME))?;
        let form = if args.json { Form::Json } else { Form::Lines };
        Ok(Self {
            role: Role::Bridge,
            bridge: Some(BridgeSettings {
                servers: args.nats,
                creds: args.creds,
                tls_ca: args.tls_ca,
                stream: args.stream,
            }),
            ..Self::without_input(name, member, form)
        })
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
