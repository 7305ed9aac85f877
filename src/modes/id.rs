//! `id`: who this person is to others; `id new`: somebody else from now on.

use super::Outcome;
use crate::cli::{IdAct, IdSettings};
use crate::error::Error;
use crate::protocol::fingerprint::{fingerprint, fingerprint_words};
use crate::store::identity::Identity;
use crate::terminal::screen::{self, Color, Form, Screen};
use crate::text::{self, Lang};

/// Shows the fingerprint, in hexadecimal groups and as words; makes the identity if there is none,
/// or a new one if that is asked for.
pub(super) fn run(settings: &IdSettings, lang: Lang) -> Result<Outcome, Error> {
    let (signer, old) = match settings.act {
        IdAct::Show => (Identity::signer(&settings.who), None),
        IdAct::Renew => match Identity::renew(&settings.who) {
            Ok((signer, old)) => (Ok(signer), old),
            Err(error) => (Err(error), None),
        },
    };
    let key = signer.map_err(Error::Identity)?.key();
    let screen = Screen::new(Form::Lines, Color::Never, lang);
    let mut lines = String::new();
    for line in [fingerprint(&key), fingerprint_words(&key)] {
        screen.text(&line, &mut lines);
    }
    screen::print(&lines).map_err(Error::Output)?;
    screen::say(&text::fingerprint_use(lang));
    if let Some(old) = old {
        screen::say(&text::old_identity(lang, &old.to_string_lossy()));
    }
    Ok(Outcome::Done)
}
