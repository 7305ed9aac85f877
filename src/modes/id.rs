//! `id`: who this person is to others.

use super::Outcome;
use crate::cli::IdSettings;
use crate::error::Error;
use crate::protocol::fingerprint::{fingerprint, fingerprint_words};
use crate::store::identity::Identity;
use crate::terminal::screen::{self, Color, Form, Screen};
use crate::text::{self, Lang};

/// Shows the fingerprint, in hexadecimal groups and as words; makes the identity if there is none.
pub(super) fn run(settings: &IdSettings, lang: Lang) -> Result<Outcome, Error> {
    let signer = Identity::signer(&settings.who).map_err(Error::Identity)?;
    let key = signer.key();
    let screen = Screen::new(Form::Lines, Color::Never, lang);
    let mut lines = String::new();
    for line in [fingerprint(&key), fingerprint_words(&key)] {
        screen.text(&line, &mut lines);
    }
    screen::print(&lines).map_err(Error::Output)?;
    screen::say(&text::fingerprint_use(lang));
    Ok(Outcome::Done)
}
