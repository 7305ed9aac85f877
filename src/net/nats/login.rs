//! How a bridge shows the servers who it is, and how it knows that they are theirs.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use async_nats::ConnectOptions;
use zeroize::Zeroizing;

/// A text that is shown to nobody.
type Hidden = Zeroizing<String>;

/// Letters of an NKey's seed, and what that of a user begins with.
const SEED_LETTERS: usize = 58;
const SEED_OF_USER: &str = "SU";

/// How a bridge shows who it is.
#[derive(Default)]
pub enum NatsLogin {
    /// Not at all, or by its certificate.
    #[default]
    None,
    /// By the text of a credentials file.
    Creds(Hidden),
    /// By the seed of an NKey.
    Nkey(Hidden),
    /// By a token.
    Token(Hidden),
    /// By a name and a password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: Hidden,
    },
}

impl NatsLogin {
    /// A login by a credentials file, whose text this is.
    ///
    /// # Errors
    /// Why it is none.
    pub fn creds(text: String) -> io::Result<Self> {
        let text = Zeroizing::new(text);
        ConnectOptions::new().credentials(&text)?;
        Ok(Self::Creds(text))
    }

    /// A login by an NKey, whose seed is in this text, alone or between lines that say what it is.
    ///
    /// # Errors
    /// Why it is none.
    pub fn nkey(text: String) -> io::Result<Self> {
        let text = Zeroizing::new(text);
        let is_letter = |it: u8| it.is_ascii_uppercase() || (b'2'..=b'7').contains(&it);
        let is_seed = |word: &&str| {
            let is_user = word.starts_with(SEED_OF_USER) && word.len() == SEED_LETTERS;
            is_user && word.bytes().all(is_letter)
        };
        let seed = text.split_whitespace().find(is_seed);
        let seed = seed.map(|seed| Self::Nkey(Zeroizing::new(seed.to_owned())));
        seed.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "no seed of a user's NKey"))
    }

    pub(super) fn apply(&self, options: ConnectOptions) -> io::Result<ConnectOptions> {
        Ok(match self {
            Self::None => options,
            Self::Creds(text) => options.credentials(text)?,
            Self::Nkey(seed) => options.nkey(seed.to_string()),
            Self::Token(token) => options.token(token.to_string()),
            Self::Password { user, password } => {
                options.user_and_password(user.clone(), password.to_string())
            }
        })
    }
}

/// How the connection is kept secret, and the servers known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NatsTls {
    /// A file with the certificates of authorities.
    pub ca: Option<PathBuf>,
    /// The files of this bridge's certificate and of its key.
    pub cert: Option<(PathBuf, PathBuf)>,
    /// Whether it begins at once, without a word in clear.
    pub is_first: bool,
}

impl NatsTls {
    pub(super) fn apply(&self, mut options: ConnectOptions) -> ConnectOptions {
        if let Some(path) = &self.ca {
            options = options.add_root_certificates(path.clone());
        }
        if let Some((cert, key)) = &self.cert {
            options = options.add_client_certificate(cert.clone(), key.clone());
        }
        if self.is_first {
            options = options.tls_first();
        }
        let is_asked_for = self.ca.is_some() || self.cert.is_some() || self.is_first;
        match is_asked_for {
            true => options.require_tls(true),
            false => options,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_found_alone_and_between_lines() {
        let seed = format!("SU{}", "A2".repeat(28));
        let decorated = format!("-----BEGIN USER NKEY SEED-----\n{seed}\n------END------\n");
        for text in [seed.clone(), format!("{seed}\n"), decorated] {
            assert!(matches!(NatsLogin::nkey(text), Ok(NatsLogin::Nkey(it)) if *it == seed));
        }
        let other = format!("SA{}", "A2".repeat(28));
        for wrong in ["", "SU", &other, &seed[1..], &format!("{seed}1")] {
            assert!(NatsLogin::nkey(wrong.to_owned()).is_err(), "{wrong}");
        }
        assert!(NatsLogin::creds("x".to_owned()).is_err());
    }
}
