//! `lab`: one loop that serves a lesson, one that runs a client, and the commands for the bank of
//! questions. `lab::session` decides which bytes are sent.

mod bank;
mod join;
mod serve;
mod view;

use super::Outcome;
use crate::cli::LabSettings;
use crate::error::Error;
use crate::lab::lesson::Lesson;
use crate::terminal::screen::{self, Color, Form, Screen};
use crate::text::{self, Lang};

/// Lists the lessons, serves one, runs a client, or manages the bank of questions.
pub(super) fn run(settings: LabSettings, lang: Lang) -> Result<Outcome, Error> {
    match settings {
        LabSettings::List => list(lang),
        LabSettings::Serve(settings) => serve::run(&settings, lang),
        LabSettings::Join(settings) => join::run(settings, lang),
        LabSettings::Bank(settings) => bank::run(&settings, lang),
    }
}

fn list(lang: Lang) -> Result<Outcome, Error> {
    let screen = Screen::new(Form::Lines, Color::Never, lang);
    let mut lines = String::new();
    for lesson in Lesson::ALL {
        let (name, port) = (lesson.name(), lesson.port());
        let line = format!("{name:10} {port:>6}  {}", text::lesson(lang, lesson));
        screen.text(&line, &mut lines);
    }
    screen::print(&lines).map_err(Error::Output)?;
    screen::say(&text::lab_usage(lang));
    Ok(Outcome::Done)
}
