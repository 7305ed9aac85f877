//! The face for people, line by line: `[14:03:21] ana: oi`. Messages are data, for stdout;
//! everything else is talk, for stderr.

mod amendments;
pub(in crate::face) mod bar;
mod beyond;
mod call;
mod delivery;
pub(in crate::face) mod files;
mod keeping;
mod other_wires;
mod ready;

use std::net::SocketAddr;
use std::time::Duration;

use self::amendments::{Answer, answering, marks_in, shown_text};
pub(super) use self::beyond::{placed, sentence as sentence_of_beyond};
pub(super) use self::call::sentences as sentences_of_call;
use self::delivery::{delivery, undelivered};
use self::files::Progress;
use super::arrivals::{Crowd, Earlier, Movement};
use super::day::Days;
use super::failure;
use super::guests;
use super::mention::mentions;
use super::relations;
use crate::chat::entry::Syntax;
use crate::chat::event::{Content, Guest, Id, MemberState, Message, News, Person, Stats, Timing};
use crate::chat::trust::{PRIVATE, SUFFIX, Standing, VERIFIED};
use crate::clock::WallClock;
use crate::protocol::fingerprint::fingerprint;
use crate::protocol::lookalike::clean_name;
use crate::terminal::screen::{PEER, Screen, Shown, Speaker};
use crate::text::{self, Lang};

/// What an event looks like.
#[derive(Debug)]
pub enum Line {
    /// A line for stdout, with its line end.
    Data(String),
    /// Sentences for stderr.
    Talk(Vec<String>),
}

/// What stands in a line beside its text, in bytes: a time, a name and colours.
const LINE_BYTES: usize = 96;

/// How lines are written.
#[derive(Clone, Debug)]
pub struct Style {
    /// The person's language.
    pub lang: Lang,
    /// How messages look.
    pub screen: Screen,
    /// Whether own messages are data as well: where what is typed is not seen beside stdout.
    pub shows_own: bool,
    /// What a line may be: a menu has no `/help` to point at.
    pub syntax: Syntax,
}

/// Writes sentences and messages.
#[derive(Debug)]
pub struct Lines {
    style: Style,
    clock: WallClock,
    /// The room's name as it is shown.
    room: String,
    /// Stands before what is of another room than the one that is typed in.
    mark: Option<String>,
    me: Option<Me>,
    /// The newest message that this person has read in earlier sessions.
    read_until: Option<Id>,
    /// Which days the messages are of, if that is shown.
    days: Option<Days>,
    progress: Progress,
}

/// Whose name is looked for in others' messages.
#[derive(Debug)]
struct Me {
    name: String,
    bell: Bell,
}

/// Whether the terminal's bell rings when somebody writes this person's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bell {
    /// It stays silent.
    #[default]
    Silent,
    /// It rings.
    Rings,
}

/// The character that rings a terminal's bell.
const BEL: char = '\x07';

impl Lines {
    /// A face for one room; `room` is its name as it is shown.
    #[must_use]
    pub fn new(style: Style, room: String) -> Self {
        Self {
            style,
            clock: WallClock::default(),
            room,
            mark: None,
            me: None,
            read_until: None,
            days: None,
            progress: Progress::default(),
        }
    }

    /// Shows from now on, before the first message of each day but today, which day it is.
    #[must_use]
    pub fn dated(mut self) -> Self {
        self.days = Some(Days::since(self.clock.now().day));
        self
    }

    /// Highlights a name in others' messages from now on, and may ring the bell for it.
    pub(super) fn notice(&mut self, name: &str, bell: Bell) {
        let name = clean_name(name).into_owned();
        self.me = Some(Me { name, bell });
    }

    /// Looks for another name of this person from now on.
    pub(super) fn rename(&mut self, name: &str) {
        if let Some(me) = &mut self.me {
            me.name = clean_name(name).into_owned();
        }
    }

    /// Writes of another room from now on, in which this person is called `me`; with its name in
    /// front if it is to be told from others.
    pub(super) fn turn_to(&mut self, room: &str, me: &str, is_marked: bool) {
        self.mark = is_marked.then(|| format!("[{}] ", clean_name(room)));
        room.clone_into(&mut self.room);
        if !me.is_empty() {
            self.rename(me);
        }
    }

    /// What stands before a line now.
    pub(super) fn mark(&self) -> Option<&str> {
        self.mark.as_deref()
    }

    /// Whether own messages are shown where they are typed on the same terminal.
    pub(super) fn shows_own(&self) -> bool {
        self.style.shows_own
    }

    /// What an event looks like; `line` is the number of the line that asked for it.
    pub fn line(&mut self, line: Option<u64>, news: &News) -> Line {
        match news {
            News::Message(message) => self.message(message, line),
            News::Edited(edited) => self.edited(edited),
            News::Deleted(deleted) => self.deleted(deleted),
            News::Found(found) => self.found(found),
            News::Recent(messages) => self.recent(messages),
            News::ReadUntil(id) => {
                self.read_until = Some(*id);
                Line::Talk(Vec::new())
            }
            News::Guest(guest) => self.guest(guest),
            News::Failed(failed) => {
                let sentence = failure::sentence(self.style.lang, failed, line, &self.room);
                Line::Talk(vec![sentence])
            }
            News::Ready(ready) => Line::Talk(self.ready(ready)),
            News::Stats(stats) => Line::Talk(self.stats(stats)),
            News::Fingerprints(members) => {
                let fingerprint = |member| fingerprint_of(self.style.lang, member);
                Line::Talk(members.iter().filter_map(fingerprint).collect())
            }
            News::Hub(news) => Line::Talk(self.hub(news)),
            News::Undelivered(ended) => Line::Talk(undelivered(self.style.lang, ended)),
            News::Peer(news) => Line::Talk(vec![self.peer(news)]),
            News::Files(happened) => self.files(happened),
            News::Media(happened) => self.call(happened),
            other => Line::Talk(sentence(self.style.lang, other).into_iter().collect()),
        }
    }

    /// The line that stands for messages from before that are not shown.
    pub(super) fn earlier(&self, earlier: &Earlier) -> Line {
        let mut line = String::new();
        let sentence = text::earlier(self.style.lang, earlier.left_out, earlier.all);
        self.style.screen.aside(&sentence, &mut line);
        Line::Data(line)
    }

    /// The one line that stands for many people who came or went.
    pub(super) fn crowd(&self, crowd: &Crowd) -> Line {
        let named: Vec<String> = crowd.named.iter().map(addressed).collect();
        let sentence = match crowd.movement {
            Movement::WasHere => text::many_are_here,
            Movement::Entered => text::many_entered,
            Movement::Left => text::many_left,
            Movement::Gone => text::many_are_gone,
            Movement::Silent => text::many_are_silent,
            Movement::Back => text::many_are_back,
        };
        Line::Talk(vec![sentence(self.style.lang, crowd.count, &named)])
    }

    /// Takes in that the last line of data was not shown after all.
    pub(super) fn was_left_out(&mut self) {
        self.days.iter_mut().for_each(Days::forget);
    }

    fn message(&mut self, message: &Message, line: Option<u64>) -> Line {
        // What was just typed on the same terminal stands there already.
        let is_typed = message.is_mine() && line.is_some() && message.timing == Timing::Live;
        let is_proven = message.who.is_proven();
        let is_repeated = message.to.is_some() && is_proven;
        if is_typed && !is_repeated && !self.style.shows_own {
            return Line::Talk(Vec::new());
        }
        let is_answer = line.is_some() && message.timing == Timing::History;
        let answer = Answer {
            id: is_answer.then_some(&message.id),
            ..Answer::default()
        };
        self.message_as(message, answer)
    }

    fn message_as(&mut self, message: &Message, answer: Answer<'_>) -> Line {
        let is_proven = message.who.is_proven();
        let lang = self.style.lang;
        let guest = message.guest.as_ref();
        let guest = guest.map(|guest| guests::of_member(lang, guest, &message.who));
        let speaker = match &message.to {
            _ if guest.is_some() => guest.unwrap_or_default(),
            Some(to) if is_proven => format!("{PRIVATE} {}", addressed(to)),
            _ if message.is_private && !message.is_own && !is_proven => {
                text::privately(self.style.lang, &message.who.name)
            }
            _ if message.is_own && message.who.standing == Standing::Nameless => {
                text::me(self.style.lang).to_owned()
            }
            _ => {
                let mut speaker = marked(&message.who);
                if message.is_private && is_proven {
                    speaker.extend([' ', PRIVATE]);
                }
                speaker
            }
        };
        let at = Duration::from_millis(message.wall_ms);
        let source = message.source.unwrap_or_else(nowhere);
        let speaker = match message.content {
            Content::Action(_) => Speaker::Actor(&speaker),
            _ => Speaker::Name(&speaker),
        };
        let is_news = !message.is_mine() && message.timing != Timing::History;
        let text = shown_text(self.style.lang, message);
        let line = self.data_as(at, source, speaker, Some(&text), answer);
        match is_news {
            true => self.noticed(line, Some(message.text())),
            false => line,
        }
    }

    /// A guest is shown with `~` in front of the name that it claims.
    fn guest(&mut self, guest: &Guest) -> Line {
        let name = guest.name.as_deref();
        let name = name.unwrap_or_else(|| text::anonymous(self.style.lang));
        let speaker = guests::plain(name);
        let speaker = Speaker::Name(&speaker);
        let at = Duration::from_millis(guest.wall_ms);
        let line = self.data(at, guest.source, speaker, guest.text.as_deref());
        self.noticed(line, guest.text.as_deref())
    }

    /// The line of a message that others wrote, with the bell if it names this person.
    fn noticed(&self, line: Line, text: Option<&str>) -> Line {
        let rings = |me: &&Me| me.bell == Bell::Rings;
        match (line, self.me.as_ref().filter(rings), text) {
            (Line::Data(mut line), Some(me), Some(text))
                if !mentions(text, &me.name).is_empty() =>
            {
                line.insert(0, BEL);
                Line::Data(line)
            }
            (line, ..) => line,
        }
    }

    fn data(
        &mut self,
        at: Duration,
        source: SocketAddr,
        speaker: Speaker<'_>,
        data: Option<&str>,
    ) -> Line {
        self.data_as(at, source, speaker, data, Answer::default())
    }

    fn data_as(
        &mut self,
        at: Duration,
        source: SocketAddr,
        speaker: Speaker<'_>,
        data: Option<&str>,
        answer: Answer<'_>,
    ) -> Line {
        // Only where no line of its own names the day.
        let is_asked = answer.id.is_some() && self.days.is_none();
        let today = is_asked.then(|| self.clock.now().day);
        let stamp = answering(self.clock.at(at), answer.id, today);
        let shown = Shown {
            stamp: &stamp,
            source,
            speaker,
            data,
        };
        let mut line = String::with_capacity(LINE_BYTES + data.map_or(0, str::len));
        let screen = &self.style.screen;
        if self.days.as_mut().is_some_and(|days| days.begin(stamp.day)) {
            screen.aside(&text::day(self.style.lang, &stamp.day), &mut line);
        }
        line.push_str(self.mark.as_deref().unwrap_or_default());
        let highlight = |text: &str| match (answer.marks, &self.me) {
            ([], Some(me)) => mentions(text, &me.name),
            (marks, _) => marks_in(text, data.unwrap_or_default(), marks),
        };
        screen.message_with(&shown, highlight, &mut line);
        Line::Data(line)
    }

    fn stats(&self, stats: &Stats) -> Vec<String> {
        let lang = self.style.lang;
        let mut sentences = vec![text::stats(lang, stats.members, stats.held_bytes)];
        sentences.extend(text::frames_dropped(lang, stats));
        sentences
    }
}

/// What stands for the address of somebody who has left.
fn nowhere() -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], 0))
}

/// The name by which somebody is addressed: with a suffix where the bare name is not theirs.
#[must_use]
pub fn addressed(person: &Person) -> String {
    let name = clean_name(&person.name);
    match (person.standing, &person.suffix) {
        (Standing::Nameless, _) => PEER.to_owned(),
        (_, Some(suffix)) => format!("{name}{SUFFIX}{suffix}"),
        (_, None) => name.into_owned(),
    }
}

/// The same as it is typed behind a command: a name with blanks stands in quotes.
pub(super) fn typed(person: &Person) -> String {
    let name = addressed(person);
    match name.contains(' ') {
        true => format!("\"{name}\""),
        false => name,
    }
}

/// The same with the mark of a verified person.
fn marked(person: &Person) -> String {
    match person.is_verified() {
        true => format!("{} {VERIFIED}", person.name),
        false => addressed(person),
    }
}

/// One key under several names, with the cure for those who have it.
fn shared_key(lang: Lang, members: &[MemberState]) -> String {
    let name = |member: &MemberState| addressed(&member.person);
    let names: Vec<String> = members.iter().map(name).collect();
    match members.iter().any(|member| member.is_own) {
        true => text::own_key_shared(lang, &names),
        false => text::key_shared(lang, &names),
    }
}

/// What happens, as a sentence.
fn sentence(lang: Lang, news: &News) -> Option<String> {
    Some(match news {
        News::Entered { person, was_here } => match was_here {
            true => text::is_here(lang, &addressed(person)),
            false => text::entered(lang, &addressed(person)),
        },
        News::Left {
            person,
            with_farewell,
        } => match with_farewell {
            true => text::member_left(lang, &addressed(person)),
            false => text::member_gone(lang, &addressed(person)),
        },
        News::Silent(person) => text::silent(lang, &addressed(person)),
        News::Slow(person) => text::slow(lang, &addressed(person)),
        News::Back(person) => text::back(lang, &addressed(person)),
        News::Gap { person, .. } => text::gap(lang, &addressed(person)),
        News::Namesake(person) => text::namesake(lang, &person.name, &addressed(person)),
        News::NameTaken(me) => text::name_taken(lang, &me.name, &addressed(me)),
        News::SharedKey(members) => shared_key(lang, members),
        News::OwnKeyElsewhere(source) => text::own_key_elsewhere(lang, source.ip()),
        News::Equivocation(person) => text::equivocation(lang, &addressed(person)),
        News::CaughtUp { messages } => text::caught_up(lang, *messages),
        News::Unmirrored { lines } => text::unmirrored(lang, *lines),
        News::Delivered(delivered) => return delivery(lang, delivered),
        News::Forgotten(it) => text::forgotten_here(lang, it.author().is_some()),
        News::KeptAgain { missing } => text::kept_again(lang, *missing),
        News::Members(members) => keeping::who_is_here(lang, members),
        News::Code { person, code } => text::compare_code(lang, &typed(person), code),
        News::VerifyAsked(person) => text::verify_asked(lang, &typed(person)),
        News::Verified(person) => text::is_verified(lang, &person.name),
        News::Unverified(person) => text::is_unverified(lang, &addressed(person)),
        News::Alone {
            interfaces,
            hears_itself,
        } => match hears_itself {
            true => text::alone(lang, interfaces),
            false => text::alone_and_unheard(lang, interfaces),
        },
        News::InterfaceJoined(interface) => text::interface_joined(lang, interface),
        News::InterfaceLost(interface) => text::interface_lost(lang, &interface.name),
        News::NoNetwork => text::no_network(lang),
        News::Slept => text::woke_up(lang),
        News::Beyond(news) => return beyond::sentence(lang, news),
        News::Missed { lines } => text::missed(lang, *lines),
        News::Searched { count, has_more } => text::searched(lang, *count, *has_more),
        other => return relations::sentence(lang, other),
    })
}

fn fingerprint_of(lang: Lang, member: &MemberState) -> Option<String> {
    let fingerprint = fingerprint(member.person.key.as_ref()?);
    let who = marked(&member.person);
    Some(match member.is_own {
        true => text::own_fingerprint(lang, &who, &fingerprint),
        false => text::fingerprint_of(lang, &who, &fingerprint),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::screen::{Color, Form};

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn lines() -> Lines {
        let style = Style {
            lang: Lang::Pt,
            screen: Screen::new(Form::Lines, Color::Never, Lang::Pt),
            shows_own: false,
            syntax: Syntax::Commands,
        };
        Lines::new(style, String::new())
    }

    /// The lines of messages that were said so many days after 1970 began.
    fn said(lines: &mut Lines, days: &[u32]) -> Vec<String> {
        let mut shown = Vec::new();
        for day in days {
            let wall_ms = (DAY * *day).as_millis() as u64;
            let content = Content::Text("oi".into());
            let message = Message::local(1, Person::unproven("ana"), content, wall_ms);
            match lines.line(None, &News::Message(message)) {
                Line::Data(data) => shown.extend(data.lines().map(str::to_owned)),
                Line::Talk(sentences) => panic!("{sentences:?}"),
            }
        }
        shown
    }

    #[test]
    fn a_line_says_which_day_the_messages_behind_it_are_of() {
        let day = |day: u32| {
            let stamp = WallClock::default().at(DAY * day).clone();
            text::day(Lang::Pt, &stamp.day)
        };
        let shown = said(&mut lines().dated(), &[10, 10, 11, 10]);
        let dates: Vec<&String> = shown.iter().filter(|line| line.starts_with('─')).collect();
        assert_eq!(dates, [&day(10), &day(11), &day(10)]);
        assert!(shown[0] == day(10) && shown[3] == day(11) && shown[5] == day(10));
        assert!(day(10).ends_with(" de 1970 ──"), "{}", day(10));
        assert_eq!(said(&mut lines(), &[10, 11]).len(), 2);
    }
}
