//! The full screen as a value. Pure: what is told, keys, sizes and the time come in; a picture and
//! what is asked for come out. The same events in any order of arrival give the same conversation.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::entry::Look;
use super::held::Held;
use super::input::Typed;
use super::keys::{self, Action};
use super::layout::{Areas, Wanted, areas, input_columns};
use super::panel::Panel;
use super::room::Room;
use super::talk::{Goal, Talk, TalkKey};
use super::talks::Talks;
use super::theme::Theme;
use super::view::{Scroll, View};
use crate::chat::command::RequestId;
use crate::chat::command::commands;
use crate::chat::entry::{self, Entry, Request, Syntax, split_name};
use crate::chat::event::{Person, Told};
use crate::chat::rooms::RoomNumber;
use crate::clock::Stamp;
use crate::face::call::OnAir;
use crate::face::lines::addressed;
use crate::protocol::time::Moment;
use crate::terminal::completion::Completion;
use crate::terminal::keys::{Key, KeyEvent, Modifiers};
use crate::terminal::picture::{COLUMNS_MAX, ROWS_MAX};
use crate::terminal::viewed::Viewed;
use crate::text::{self, Lang};

/// Requests whose asker is remembered: later answers are shown in the room.
const ASKERS_MAX: usize = 64;

/// What this person wants to be told by the desktop and the bell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Notices {
    /// What means them: their name, and what only they can read.
    #[default]
    Mentions,
    /// Every message.
    All,
}

/// How the screen is opened.
#[derive(Clone, Debug)]
pub struct AppConfig {
    /// The person's language.
    pub lang: Lang,
    /// How things look.
    pub theme: Theme,
    /// This person's name.
    pub name: String,
    /// The first room's name as it is shown.
    pub room: String,
    /// What calls this person.
    pub notices: Notices,
    /// Whether the mouse is followed.
    pub takes_mouse: bool,
    /// Whether what is said is kept, so that less of it is held.
    pub is_archived: bool,
    /// Whether private messages are kept too.
    pub keeps_private: bool,
}

/// What comes in.
#[derive(Debug)]
pub enum AppInput<'a> {
    /// Something is told by a room.
    Told(&'a Told),
    /// A sentence beside that.
    Say(&'a str),
    /// Something was typed.
    Key(&'a KeyEvent),
    /// The terminal has so many columns and rows.
    Size(u16, u16),
    /// A file of this name is being read, to be shown.
    Viewing(&'a str),
    /// It was read.
    Viewed(&'a Viewed),
    /// What was said about this time is to be seen, in milliseconds since 1970.
    GoTo(u64),
    /// Time has passed.
    Time,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Something of a room.
    Ask(Request),
    /// To leave all rooms: Ctrl-C on an empty line.
    Interrupt,
    /// The same: Ctrl-D on an empty line.
    End,
    /// To stop the job, as Ctrl-Z does.
    Suspend,
    /// To draw all of it again.
    Redraw,
    /// To call this person: somebody means them.
    Notice(String),
    /// To go to what was said about a time: it is read, and [`AppInput::GoTo`] follows.
    GoTo(String),
    /// To put a text into the terminal's clipboard.
    Copy(String),
}

/// See the file's head.
pub struct App {
    pub(super) config: AppConfig,
    pub(super) rooms: BTreeMap<RoomNumber, Room>,
    /// Stands for a room that is not known.
    nowhere: Room,
    /// Rooms that were left: what is still told of them is not shown.
    pub(super) left: BTreeSet<RoomNumber>,
    pub(super) talks: Talks,
    /// Whether this member sends voice or pictures.
    pub(super) air: OnAir,
    pub(super) panel: Panel,
    pub(super) shows_people: bool,
    /// Whether everything but the text is hidden, so that it can be copied.
    pub(super) is_bare: bool,
    pub(super) typed_at: Duration,
    pub(super) has_spoken: bool,
    pub(super) quiet_until: Option<Duration>,
    /// When it was last kept how far this person has read.
    pub(super) marked_at: Option<Duration>,
    /// What the last key did, until the next one.
    pub(super) hint: Option<String>,
    size: (u16, u16),
    pub(super) now: Moment,
    effects: VecDeque<Effect>,
    requests: u64,
    askers: VecDeque<(RequestId, TalkKey)>,
    /// Searches whose answers the panel of finding takes.
    pub(super) searches: VecDeque<RequestId>,
    pub(super) local: Box<dyn Fn(u64) -> Stamp + Send>,
    is_stale: bool,
}

impl App {
    /// An empty screen; `local` gives the local time of milliseconds since 1970.
    #[must_use]
    pub fn new(config: AppConfig, local: impl Fn(u64) -> Stamp + Send + 'static) -> Self {
        let first = RoomNumber::FIRST;
        let mut talk = Talk::new(TalkKey::of_room(first));
        talk.conversation.held = Held::of(config.is_archived);
        equip(talk.input.completion());
        let room = |name: &str| Room::new(name.to_owned(), config.lang);
        Self {
            rooms: BTreeMap::from([(first, room(&config.room))]),
            nowhere: room(""),
            left: BTreeSet::new(),
            talks: Talks::new(talk),
            air: OnAir::default(),
            panel: Panel::None,
            shows_people: true,
            is_bare: false,
            typed_at: Duration::ZERO,
            has_spoken: false,
            quiet_until: None,
            marked_at: None,
            hint: None,
            size: (0, 0),
            now: Moment::default(),
            effects: VecDeque::new(),
            requests: 0,
            askers: VecDeque::new(),
            searches: VecDeque::new(),
            local: Box::new(local),
            is_stale: true,
            config,
        }
    }

    /// Takes something in.
    pub fn update(&mut self, now: Moment, input: &AppInput<'_>) {
        self.now = now;
        match input {
            AppInput::Told(told) => self.on_told(told),
            AppInput::Say(sentence) => self.note(sentence),
            AppInput::Key(event) => self.on_key(event),
            AppInput::GoTo(wall_ms) => self.go_to(*wall_ms, Goal::Time(*wall_ms)),
            AppInput::Size(columns, rows) => {
                self.size = ((*columns).min(COLUMNS_MAX), (*rows).min(ROWS_MAX));
                self.lay_out_showing();
            }
            AppInput::Viewing(name) => self.begin_showing(name),
            AppInput::Viewed(viewed) => self.on_viewed(viewed),
            AppInput::Time => {
                if self.quiet_until.is_none_or(|until| now.time < until) {
                    return;
                }
                self.quiet_until = None;
            }
        }
        self.is_stale = true;
    }

    /// What is asked for next.
    pub fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Whether another picture would be drawn than the last.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// The picture of what is there now was drawn.
    pub fn was_drawn(&mut self) {
        self.is_stale = false;
    }

    /// When time alone changes what is seen.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        self.quiet_until
    }

    /// How many columns and rows are drawn.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    pub(super) fn lang(&self) -> Lang {
        self.config.lang
    }

    pub(super) fn theme(&self) -> Theme {
        self.config.theme
    }

    /// The conversation that is looked at.
    pub(super) fn talk(&self) -> &Talk {
        self.talks.shown()
    }

    /// The same, to be changed.
    pub(super) fn talk_mut(&mut self) -> &mut Talk {
        self.talks.shown_mut()
    }

    /// The room that is looked at, or in which the private conversation is.
    pub(super) fn room(&self) -> &Room {
        self.room_of(self.talk().key.room)
    }

    pub(super) fn room_of(&self, number: RoomNumber) -> &Room {
        self.rooms.get(&number).unwrap_or(&self.nowhere)
    }

    pub(super) fn name(&self) -> &str {
        &self.config.name
    }

    pub(super) fn areas(&self) -> Areas {
        let talk = self.talk();
        let rows = match (&self.panel, self.question_rows()) {
            (Panel::Find(_), _) => 1,
            (_, Some(question)) => question.len(),
            (_, None) => talk.input.rows(input_columns(self.size.0)).rows.len(),
        };
        let wanted = Wanted {
            input_rows: rows,
            people: self.shows_people,
            tabs: self.talks.len() > 1,
            is_bare: self.is_bare,
        };
        areas(self.size, wanted)
    }

    /// Rows of the conversation that are seen.
    pub(super) fn height(&self) -> usize {
        self.areas().talk.height.into()
    }

    pub(super) fn with_view<T>(&self, look_at: impl FnOnce(View<'_>) -> T) -> T {
        let found = match &self.panel {
            Panel::Find(finder) => Some(finder.query.as_str()).filter(|query| !query.is_empty()),
            _ => None,
        };
        let (talk, room) = (self.talk(), self.room());
        look_at(View {
            conversation: &talk.conversation,
            delivery: &room.delivery,
            others: room.people.count() - 1,
            look: Look {
                lang: self.config.lang,
                theme: self.config.theme,
                columns: self.areas().talk.width,
                me: &self.config.name,
                found,
                is_bare: self.is_bare,
            },
            local: &*self.local,
            unread: talk.unread,
        })
    }

    pub(super) fn quiet_minutes(&self) -> Option<u64> {
        let left = self.quiet_until?.checked_sub(self.now.time)?;
        Some(left.as_secs().div_ceil(60))
    }

    /// Asks for something of the room that is looked at.
    pub(super) fn ask(&mut self, entry: Entry) -> RequestId {
        self.requests += 1;
        let id = RequestId(self.requests);
        let key = self.talk().key.clone();
        let room = key.room;
        self.askers.push_back((id, key));
        if self.askers.len() > ASKERS_MAX {
            self.askers.pop_front();
        }
        self.do_effect(Effect::Ask(Request { id, room, entry }));
        id
    }

    /// Where an answer is shown: in the conversation where it was asked for, or in the room.
    pub(super) fn asker_of(&self, told: &Told) -> TalkKey {
        let asked = told.request.and_then(|request| {
            let mut askers = self.askers.iter();
            askers.find(|(id, key)| *id == request && key.room == told.room)
        });
        let key = asked.map(|(_, key)| key);
        let key = key.filter(|key| self.talks.position(key).is_some());
        key.cloned().unwrap_or_else(|| TalkKey::of_room(told.room))
    }

    pub(super) fn do_effect(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }

    /// Says something in the conversation that is looked at.
    pub(super) fn note(&mut self, sentence: &str) {
        let key = self.talk().key.clone();
        self.note_in(&key, sentence);
    }

    fn on_key(&mut self, event: &KeyEvent) {
        self.typed_at = self.now.time;
        self.hint = None;
        self.talk_mut().is_seen();
        match event {
            KeyEvent::Press(key, held) => match self.panel {
                Panel::None => self.press(*key, *held),
                _ => self.press_in_panel(*key, *held),
            },
            KeyEvent::Paste { text, .. } => {
                if let Panel::Asked(asking) = &mut self.panel {
                    // A key is one line.
                    asking.push(text.lines().next().unwrap_or_default());
                    return;
                }
                self.panel = Panel::None;
                self.talk_mut().input.paste(text);
            }
            KeyEvent::Mouse(mouse) => self.on_mouse(*mouse),
            // U+FFFD is in the line, to be seen.
            KeyEvent::Mended => {}
        }
        let talk = self.talk_mut();
        // Whoever reads above has not read what comes below.
        talk.is_back |= talk.scroll == Scroll::Bottom;
        self.mark_read();
    }

    pub(super) fn press(&mut self, key: Key, held: Modifiers) {
        if let Some((action, rest)) = keys::action(key, held, self.talks.len()) {
            return self.act(action, &rest);
        }
        let columns = input_columns(self.size.0);
        let talk = self.talk();
        let (is_empty, is_editing) = (talk.input.text().is_empty(), talk.editing.is_some());
        let is_plain = !held.ctrl && !held.alt && talk.input.query().is_none();
        match key {
            Key::Enter if is_empty && is_plain && !is_editing => {
                return self.act(Action::Unfold, "");
            }
            Key::Up if is_plain && self.edit_last() => return,
            Key::Escape if is_editing => return self.end_editing(),
            Key::Tab if self.complete_room() => return,
            Key::Tab | Key::BackTab => self.teach_names(),
            _ => {}
        }
        match self.talk_mut().input.press(key, held, columns) {
            Typed::Nothing => {}
            Typed::Line { text, is_pasted } => self.on_line(text, is_pasted),
            Typed::Cleared => self.talk_mut().editing = None,
            Typed::Interrupt if self.talks.rooms() > 1 => self.panel = Panel::Leave,
            Typed::Interrupt => self.leave(Effect::Interrupt),
            Typed::End => self.leave(Effect::End),
            Typed::Suspend => self.do_effect(Effect::Suspend),
            Typed::Redraw => self.do_effect(Effect::Redraw),
        }
    }

    pub(super) fn on_line(&mut self, text: String, is_pasted: bool) {
        self.has_spoken = true;
        if let Some(id) = self.talk_mut().editing.take() {
            if !text.trim().is_empty() {
                let id = id.to_string();
                self.ask(Entry::Edit { id, text });
            }
            return;
        }
        let read = match is_pasted {
            true => entry::pasted(text),
            false => entry::read(text, entry::Input::Lines, Syntax::Commands),
        };
        if let Entry::Command(line) = &read.entry {
            if let Some((action, rest)) = keys::command(line) {
                return self.act(action, rest);
            }
            if self.is_for_screen(line) {
                return;
            }
        }
        if matches!(read.entry, Entry::Leave(_)) {
            self.mark_read_now();
        }
        let with = self.talk().key.with.as_ref().map(addressed);
        self.ask(match read.entry {
            Entry::Say { text, to: None } => Entry::Say { text, to: with },
            other => other,
        });
    }

    /// Does what a command of the room means on a screen; whether it does.
    fn is_for_screen(&mut self, line: &str) -> bool {
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let is_private = self.talk().key.with.is_some();
        match word {
            // A number of messages is the room's to tell.
            "/history" if !rest.trim().is_empty() && rest.trim().parse::<usize>().is_err() => {
                self.do_effect(Effect::GoTo(rest.trim().to_owned()));
            }
            "/msg" => {
                let (name, text) = split_name(rest);
                let found = self.room().people.called(name).cloned();
                match found.filter(|_| text.is_empty()) {
                    Some(person) => self.open_private(person),
                    None => return false,
                }
            }
            "/part" | "/deixar" if is_private && rest.trim().is_empty() => {
                self.act(Action::Close, "")
            }
            // There, it would be told to everybody.
            "/me" | "/eu" if is_private => self.note(&text::no_action_here(self.lang())),
            _ => return false,
        }
        true
    }

    /// Looks at the private conversation with somebody of this room.
    pub(super) fn open_private(&mut self, person: Person) {
        let key = TalkKey::with(self.talk().key.room, person);
        self.meet(&key);
        if let Some(at) = self.talks.position(&key) {
            self.look_at(at);
            // What was said there before comes from where it is kept.
            self.wants_older();
        }
    }

    /// Leaves all rooms.
    pub(super) fn leave(&mut self, by: Effect) {
        self.mark_read_now();
        self.do_effect(by);
    }

    /// Looks at the conversation in a place.
    pub(super) fn look_at(&mut self, at: usize) {
        self.mark_read_now();
        self.talks.show(at);
        self.talk_mut().is_seen();
    }
}

/// Teaches Tab the commands.
pub(super) fn equip(completion: &mut Completion) {
    completion.set_commands(commands());
    completion.add_commands(keys::words());
}

#[cfg(test)]
mod tests;
