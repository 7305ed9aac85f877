//! `room new`: an invitation to a room that only the invited can read.

use zeroize::Zeroizing;

use super::Outcome;
use crate::cli::RoomSettings;
use crate::error::{Error, StoreError};
use crate::protocol::wire::seal::host::host_line;
use crate::protocol::wire::seal::invitation::Invitation;
use crate::store::identity::{Identity, random};
use crate::store::secret;
use crate::terminal::screen::{self, Color, Form, Screen};
use crate::text::{self, Lang};

/// Makes an invitation and shows it, on a terminal also for a telephone's camera; or writes it into
/// a file.
pub(super) fn run(settings: &RoomSettings, lang: Lang) -> Result<Outcome, Error> {
    let invitation = Invitation::new(random().map_err(Error::Identity)?);
    let mut line = Zeroizing::new(format!("{} {}", settings.name, *invitation.text()));
    if let Some(who) = &settings.host {
        let host = Identity::signer(who).map_err(Error::Identity)?.key();
        line = Zeroizing::new(format!("{}\n{}", *line, *host_line(&invitation, &host)));
    }
    if let Some(path) = &settings.output {
        let written = secret::write_new(path, Zeroizing::new(format!("{}\n", *line)).as_bytes());
        written.map_err(StoreError::writing(path))?;
        for sentence in text::invitation_file_use(lang, &path.to_string_lossy()) {
            screen::say(&sentence);
        }
        say_host(settings, lang);
        return Ok(Outcome::Done);
    }
    let screen = Screen::new(Form::Lines, Color::Never, lang);
    let mut lines = Zeroizing::new(String::new());
    for one in line.lines() {
        screen.text(one, &mut lines);
    }
    if screen::is_terminal() {
        for row in screen::qr_code(&line) {
            screen.text(&row, &mut lines);
        }
    }
    screen::print(&lines).map_err(Error::Output)?;
    for sentence in text::invitation_use(lang) {
        screen::say(&sentence);
    }
    say_host(settings, lang);
    Ok(Outcome::Done)
}

/// Says what a room with a host is.
fn say_host(settings: &RoomSettings, lang: Lang) {
    if settings.host.is_some() {
        screen::say(&text::invitation_host(lang));
    }
}
