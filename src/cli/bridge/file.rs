//! The file of `--config`: what else would be options of `bridge`, and several rooms with keys of
//! their own. It holds no secret, only where each is.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::cli::room::RoomChoice;
use crate::cli::room_name;
use crate::cli::secret::{KeyText, RoomSecret};
use crate::error::{ConfigError, ConfigFault, Error};
use crate::store::config::read_file;

/// What may stand there; each name is that of the option.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct BridgeFile {
    pub(super) nats: Vec<String>,
    pub(super) context: Option<String>,
    pub(super) site: Option<String>,
    pub(super) name: Option<String>,
    pub(super) public: bool,
    pub(super) creds: Option<PathBuf>,
    pub(super) nkey: Option<PathBuf>,
    pub(super) tls_ca: Option<PathBuf>,
    pub(super) tls_cert: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) stream: Option<String>,
    pub(super) files: Option<PathBuf>,
    pub(super) files_limit: Option<String>,
    room: Vec<RoomEntry>,
}

/// A room, and where its key is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RoomEntry {
    name: Option<String>,
    key_file: Option<PathBuf>,
    invite_file: Option<PathBuf>,
}

impl BridgeFile {
    /// Reads a file.
    ///
    /// # Errors
    /// A file that cannot be read, and what does not belong into it, with its line.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(path, &read_file(path)?)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            ConfigError {
                path: path.to_owned(),
                line: before.map(|before| before.matches('\n').count() + 1),
                fault: ConfigFault::Syntax(error.message().to_owned()),
            }
        })
    }

    /// Its rooms.
    ///
    /// # Errors
    /// A name that no room can have.
    pub(super) fn rooms(&mut self) -> Result<Vec<RoomChoice>, Error> {
        let mut rooms = Vec::new();
        for entry in std::mem::take(&mut self.room) {
            let name = entry.name.map(room_name).transpose()?;
            let secret = match (entry.key_file, entry.invite_file) {
                (_, Some(path)) => RoomSecret::InviteFile(path),
                (Some(path), None) => RoomSecret::KeyFile(path),
                (None, None) => RoomSecret::Public,
            };
            rooms.push(RoomChoice::new(name, secret, KeyText::Any));
        }
        Ok(rooms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<BridgeFile, ConfigError> {
        BridgeFile::parse(Path::new("bridge.toml"), text)
    }

    #[test]
    fn a_file_names_servers_and_rooms_with_keys_of_their_own() {
        let text = "nats = ['tls://a:4222', 'tls://b:4222']\nsite = 'barco'\ntls-ca = 'ca.pem'\n\
                    [[room]]\nname = 'turma-a'\nkey-file = 'a.key'\n\
                    [[room]]\ninvite-file = 'convite.txt'\n[[room]]\n";
        let mut file = parse(text).unwrap();
        assert_eq!((file.nats.len(), file.site.as_deref()), (2, Some("barco")));
        let rooms = file.rooms().unwrap();
        assert_eq!(rooms[0].shown(), Some("turma-a"));
        assert_eq!(rooms[0].secret, RoomSecret::KeyFile("a.key".into()));
        assert_eq!(
            rooms[1].secret,
            RoomSecret::InviteFile("convite.txt".into())
        );
        assert!(rooms[2].is_lobby());
    }

    #[test]
    fn what_does_not_belong_there_is_told_with_its_line_and_without_its_value() {
        for (text, line) in [
            ("nats = 'tls://a'", 1),
            ("\nsenha = 'segredo'", 2),
            ("[[room]]\nname = 'a'\nkey = 'segredo'", 3),
            ("[[room]\n", 1),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.line, Some(line), "{text}");
            assert!(!format!("{error:?}").contains("segredo"), "{error:?}");
        }
        assert!(parse("[[room]]\nname = ''").unwrap().rooms().is_err());
    }
}
