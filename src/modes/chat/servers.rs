//! The servers of a bridge: what the options and a context say of them, and the secrets in files.

use std::path::Path;

use zeroize::Zeroizing;

use crate::cli::BridgeSettings;
use crate::error::{Error, StoreError};
use crate::net::nats::{JetStream, NatsConfig, NatsLogin, NatsTls};
use crate::protocol::wire::frame::ROOM_TAG_BYTES;
use crate::store::identity::random;
use crate::store::nats_context::{self, NatsContext};
use crate::store::secret;

/// What a connection is made with, for rooms with these tags.
///
/// # Errors
/// Files that cannot be read, or are not what they should be.
pub(super) fn config(
    settings: &BridgeSettings,
    tags: Vec<[u8; ROOM_TAG_BYTES]>,
) -> Result<NatsConfig, Error> {
    let context = match &settings.context {
        Some(name) => context(name)?,
        None => NatsContext::default(),
    };
    let servers = match settings.servers.is_empty() {
        true => context.servers(),
        false => settings.servers.clone(),
    };
    let tls = NatsTls {
        ca: settings.tls.ca.clone().or_else(|| context.ca()),
        cert: settings.tls.cert.clone().or_else(|| context.cert()),
        is_first: context.tls_first,
    };
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok(NatsConfig {
        servers,
        login: login(settings, &context)?,
        tls,
        inbox_prefix: said(&context.inbox_prefix),
        jetstream: JetStream {
            stream: settings.stream.clone(),
            domain: said(&context.jetstream_domain),
            api_prefix: said(&context.jetstream_api_prefix),
        },
        tags,
        id: random().map_err(Error::Identity)?,
    })
}

fn context(name: &str) -> Result<NatsContext, Error> {
    let path = nats_context::path(name).map_err(StoreError::secret(Path::new(name)))?;
    Ok(nats_context::read(&path).map_err(StoreError::secret(&path))?)
}

/// What was asked for, or else what the context says.
fn login(settings: &BridgeSettings, context: &NatsContext) -> Result<NatsLogin, Error> {
    let is_asked_for = settings.creds.is_some() || settings.nkey.is_some();
    let (creds, nkey) = match is_asked_for {
        true => (settings.creds.clone(), settings.nkey.clone()),
        false => (context.creds(), context.nkey()),
    };
    if let Some(path) = creds {
        let login = secret::read(&path).and_then(NatsLogin::creds);
        return Ok(login.map_err(StoreError::secret(&path))?);
    }
    if let Some(path) = nkey {
        let login = secret::read(&path).and_then(NatsLogin::nkey);
        return Ok(login.map_err(StoreError::secret(&path))?);
    }
    let hidden = |text: &String| Zeroizing::new(text.clone());
    Ok(match (&context.token, &context.user, &context.password) {
        (token, _, _) if !token.is_empty() => NatsLogin::Token(hidden(token)),
        (_, user, _) if user.is_empty() => NatsLogin::None,
        // As the nats command takes it.
        (_, user, password) if password.is_empty() => NatsLogin::Token(hidden(user)),
        (_, user, password) => NatsLogin::Password {
            user: user.clone(),
            password: hidden(password),
        },
    })
}
