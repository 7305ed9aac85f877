//! Removing messages for good.

use std::sync::mpsc;

use super::{Archived, Outcome};
use crate::cli::Selection;
use crate::clock::Clock;
use crate::error::{Error, HistoryUsage, Usage};
use crate::store::archive::{self, Oblivion};
use crate::terminal::prompter::{self, Answer, Prompter};
use crate::terminal::screen;
use crate::text::{self, Lang};

/// Forgets what is named, after a question. Ends with 1 if nothing was removed.
pub(super) fn run(
    file: &Archived,
    selection: &Selection,
    before_ms: Option<u64>,
    is_sure: bool,
    lang: Lang,
) -> Result<Outcome, Error> {
    let rooms = file.rooms_called(selection.room.as_deref(), lang);
    if rooms.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Outcome::Incomplete);
    }
    let what = Oblivion {
        rooms,
        from: selection.from.clone(),
        before_ms,
    };
    let now_ms = Clock::start().now().wall_ms;
    let count = file.reader.count(&what, now_ms).map_err(file.failed())?;
    if !is_sure && !is_meant(count, lang)? {
        screen::say(&text::forgot_nothing(lang));
        return Ok(Outcome::Incomplete);
    }
    let forgot = archive::forget(&file.path, &what, now_ms).map_err(file.failed())?;
    for sentence in text::forgot(lang, &forgot) {
        screen::say(&sentence);
    }
    Ok(match forgot.messages + forgot.frames {
        0 => Outcome::Incomplete,
        _ => Outcome::Done,
    })
}

/// Asks whether so many messages are to be removed.
fn is_meant(count: usize, lang: Lang) -> Result<bool, Error> {
    if !prompter::is_seen() {
        return Err(Usage::History(HistoryUsage::Unasked).into());
    }
    let (tell, answers) = mpsc::channel();
    let prompter = Prompter::start(move |answer| tell.send(answer).is_ok());
    let prompter = prompter.map_err(Error::Input)?;
    screen::say(&text::forget_question(lang, count));
    prompter.read();
    match answers.recv() {
        Ok(Answer::Line(line)) => Ok(text::is_yes(&line)),
        Ok(Answer::Failed(error)) => Err(Error::Input(error)),
        Ok(Answer::End) | Err(_) => Ok(false),
    }
}
