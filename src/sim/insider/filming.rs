//! The camera of an honest member in a room under attack, and who watches it.

use std::time::Duration;

use super::check::{Finding, Kind};
use super::trial::{Trial, Weather};
use crate::chat::media::Source;
use crate::sim::World;
use crate::sim::media::Making;

/// The member that films, which stays.
const FILMER: usize = 0;

/// What it films: a small picture now and then.
const FILM: Making = Making {
    frames_per_s: 5,
    bits_per_s: 40_000,
};

/// One of so many pictures is played at least, where the network loses none.
const PLAYED_OF: usize = 2;

/// Everybody watches, and one films.
pub(super) fn begin(world: &mut World, trial: &Trial) {
    let people = 0..usize::from(trial.honest);
    for number in people.filter(|it| *it != FILMER && !trial.is_keeper(*it)) {
        world.watch(number);
    }
    world.film(FILMER, Source::Camera, FILM);
}

/// The film ends.
pub(super) fn end(world: &mut World) {
    world.stop_page(FILMER);
}

/// Nobody plays as the member's what it did not capture, and those who stay see it.
pub(super) fn check(world: &World, trial: &Trial, began: Duration) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |text| findings.push(Finding::new(Kind::Call, text));
    let is_true = |it: &&crate::sim::media::PlayedAt| it.by == FILMER && it.is_true;
    let streams = (0..world.size()).flat_map(|viewer| world.played(viewer));
    let stream = streams.filter(is_true).map(|it| it.stream).next();
    let captured = FILM.frames_per_s as usize * trial.span.as_secs() as usize;
    for viewer in (0..world.size()).filter(|it| *it != FILMER && !trial.is_keeper(*it)) {
        let mut played = world.played(viewer).iter();
        if let Some(false_one) = played.find(|it| Some(it.stream) == stream && !it.is_true) {
            find(format!("{viewer} plays as {FILMER}'s: {false_one:?}"));
        }
        let seen = world.watched(viewer, FILMER, Source::Camera, began).played;
        let is_here = !trial.is_interrupted(viewer) && viewer < trial.newcomer();
        if is_here && trial.weather == Weather::Calm && seen * PLAYED_OF < captured {
            find(format!("{viewer} sees {seen} of {captured} pictures"));
        }
    }
    findings
}
