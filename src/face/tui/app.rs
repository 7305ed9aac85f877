//! The full screen as a value. Pure: what is told, keys, sizes and the time come in; a picture and
//! what is asked for come out. The same events in any order of arrival give the same conversation.

use std::collections::VecDeque;
use std::time::Duration;

use super::super::arrivals::Movement;
use super::super::guests;
use super::super::lines::{Line, Lines, Style as LinesStyle, addressed, typed};
use super::super::mention::mentions;
use super::super::names::Names;
use super::conversation::{Conversation, Place, What};
use super::entry::Look;
use super::input::{Input, Typed};
use super::keys::{self, Action};
use super::layout::{Areas, areas, input_columns};
use super::panel::{Panel, Verify};
use super::people::People;
use super::theme::Theme;
use super::view::{Scroll, View};
use crate::chat::command::commands;
use crate::chat::entry::{self, Entry, Syntax};
use crate::chat::event::{Message, News, Person, Timing, Told};
use crate::clock::Stamp;
use crate::protocol::fingerprint::code_words;
use crate::protocol::time::Moment;
use crate::terminal::keys::{Key, KeyEvent, Modifiers};
use crate::terminal::picture::{COLUMNS_MAX, ROWS_MAX};
use crate::terminal::screen::{Color, Form, Screen, short_name};
use crate::text::Lang;

/// Who has pressed no key for so long is away: what comes then is marked as new.
const AWAY: Duration = Duration::from_secs(120);

/// Longest notice for the desktop, in characters.
const NOTICE_MAX_CHARS: usize = 160;

/// How the screen is opened.
#[derive(Clone, Debug)]
pub struct AppConfig {
    /// The person's language.
    pub lang: Lang,
    /// How things look.
    pub theme: Theme,
    /// This person's name.
    pub name: String,
    /// The room's name as it is shown.
    pub room: String,
}

/// What comes in.
#[derive(Debug)]
pub enum AppInput<'a> {
    /// Something is told by the room.
    Told(&'a Told),
    /// A sentence beside that.
    Say(&'a str),
    /// Something was typed.
    Key(&'a KeyEvent),
    /// The terminal has so many columns and rows.
    Size(u16, u16),
    /// Time has passed.
    Time,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Something of the room.
    Ask(Entry),
    /// To leave: Ctrl-C on an empty line.
    Interrupt,
    /// To leave: Ctrl-D on an empty line.
    End,
    /// To stop the job, as Ctrl-Z does.
    Suspend,
    /// To draw all of it again.
    Redraw,
    /// To call this person: somebody means them.
    Notice(String),
}

/// See the file's head.
pub struct App {
    config: AppConfig,
    pub(super) conversation: Conversation,
    pub(super) people: People,
    names: Names,
    pub(super) input: Input,
    /// Writes the sentences about what is no message.
    lines: Lines,
    pub(super) panel: Panel,
    pub(super) shows_people: bool,
    pub(super) scroll: Scroll,
    /// Messages that came below what is seen.
    pub(super) unseen: usize,
    /// The first message that was not read.
    unread: Option<Place>,
    /// Whether a key was pressed since that was set.
    is_back: bool,
    typed_at: Duration,
    pub(super) is_keyed: Option<bool>,
    pub(super) is_offline: bool,
    pub(super) has_spoken: bool,
    pub(super) quiet_until: Option<Duration>,
    /// Messages that meant this person since a key was pressed.
    pub(super) called: usize,
    size: (u16, u16),
    pub(super) now: Moment,
    effects: VecDeque<Effect>,
    local: Box<dyn Fn(u64) -> Stamp + Send>,
    is_stale: bool,
}

impl App {
    /// An empty screen; `local` gives the local time of milliseconds since 1970.
    #[must_use]
    pub fn new(config: AppConfig, local: impl Fn(u64) -> Stamp + Send + 'static) -> Self {
        let style = LinesStyle {
            lang: config.lang,
            screen: Screen::new(Form::Lines, Color::Never, config.lang),
            shows_own: true,
            syntax: Syntax::Commands,
        };
        let mut input = Input::default();
        input.completion().set_commands(commands());
        input.completion().add_commands(keys::words());
        Self {
            lines: Lines::new(style, config.room.clone()),
            config,
            conversation: Conversation::default(),
            people: People::default(),
            names: Names::default(),
            input,
            panel: Panel::None,
            shows_people: true,
            scroll: Scroll::Bottom,
            unseen: 0,
            unread: None,
            is_back: true,
            typed_at: Duration::ZERO,
            is_keyed: None,
            is_offline: false,
            has_spoken: false,
            quiet_until: None,
            called: 0,
            size: (0, 0),
            now: Moment::default(),
            effects: VecDeque::new(),
            local: Box::new(local),
            is_stale: true,
        }
    }

    /// Takes something in.
    pub fn update(&mut self, now: Moment, input: &AppInput<'_>) {
        self.now = now;
        match input {
            AppInput::Told(told) => self.on_told(told),
            AppInput::Say(sentence) => self.note(sentence),
            AppInput::Key(event) => self.on_key(event),
            AppInput::Size(columns, rows) => {
                self.size = ((*columns).min(COLUMNS_MAX), (*rows).min(ROWS_MAX));
            }
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

    pub(super) fn room(&self) -> &str {
        &self.config.room
    }

    pub(super) fn name(&self) -> &str {
        &self.config.name
    }

    pub(super) fn areas(&self) -> Areas {
        let rows = match &self.panel {
            Panel::Find(_) => 1,
            _ if self.input.asks().is_some() => 1,
            _ => self.input.rows(input_columns(self.size.0)).rows.len(),
        };
        areas(self.size, rows, self.shows_people)
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
        look_at(View {
            conversation: &self.conversation,
            look: Look {
                lang: self.config.lang,
                theme: self.config.theme,
                columns: self.areas().talk.width,
                me: &self.config.name,
                found,
            },
            local: &*self.local,
            unread: self.unread,
        })
    }

    pub(super) fn quiet_minutes(&self) -> Option<u64> {
        let left = self.quiet_until?.checked_sub(self.now.time)?;
        Some(left.as_secs().div_ceil(60))
    }

    pub(super) fn ask(&mut self, entry: Entry) {
        self.effects.push_back(Effect::Ask(entry));
    }

    pub(super) fn do_effect(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }

    pub(super) fn note(&mut self, sentence: &str) {
        let what = What::Sentence(sentence.to_owned());
        self.conversation.note(self.now.wall_ms, what);
    }

    fn note_move(&mut self, movement: Movement, person: &Person) {
        let name = addressed(person);
        let name = short_name(&name).into_owned();
        self.conversation
            .note_move(self.now.wall_ms, movement, name);
    }

    fn on_told(&mut self, told: &Told) {
        let news = &told.news;
        self.people.follow(news);
        self.names.follow(news, self.input.completion());
        match news {
            News::Message(message) => return self.on_message(message, news),
            News::Snapshot(snapshot) => {
                if let Some(ready) = &snapshot.ready {
                    self.is_keyed = Some(ready.is_keyed);
                }
                self.conversation.follow(news);
                return;
            }
            News::Delivered(_) => {
                self.conversation.follow(news);
                return;
            }
            News::Guest(guest) => {
                let text = guest.text.clone().unwrap_or_default();
                self.conversation
                    .note(guest.wall_ms, What::Guest(guest.clone()));
                let name = guest.name.clone().unwrap_or_default();
                self.on_arrival(None, mentions(&text, self.name()).is_empty());
                self.call(&text, &guests::plain(&name), false);
                return;
            }
            News::Entered { person, was_here } => {
                return self.note_move(
                    match was_here {
                        true => Movement::WasHere,
                        false => Movement::Entered,
                    },
                    person,
                );
            }
            News::Left {
                person,
                with_farewell,
            } => {
                return self.note_move(
                    match with_farewell {
                        true => Movement::Left,
                        false => Movement::Gone,
                    },
                    person,
                );
            }
            News::Silent(person) => return self.note_move(Movement::Silent, person),
            News::Back(person) => return self.note_move(Movement::Back, person),
            // They stand in their places.
            News::CaughtUp { .. } => return,
            News::Ready(ready) => self.is_keyed = Some(ready.is_keyed),
            News::NoNetwork => self.is_offline = true,
            News::InterfaceJoined(_) => self.is_offline = false,
            News::Renamed {
                person,
                is_own: true,
                ..
            } => self.config.name = person.name.to_string(),
            News::Code { person, code } => self.show_code(person, code),
            _ => {}
        }
        let sentences = self.lines.line(told.request.map(|request| request.0), news);
        match sentences {
            Line::Talk(sentences) => sentences.iter().for_each(|said| self.note(said)),
            Line::Data(line) => self.note(line.trim_end()),
        }
    }

    fn on_message(&mut self, message: &Message, news: &News) {
        let is_new = self.conversation.follow(news);
        if !is_new || message.timing == Timing::History {
            return;
        }
        if message.is_mine() {
            // Whoever speaks looks at what follows.
            self.scroll = Scroll::Bottom;
            self.unseen = 0;
            return;
        }
        self.on_arrival(Some((Some(message.id), 0)), false);
        let who = match &message.guest {
            Some(guest) => guests::of_member(self.config.lang, guest, &message.who),
            None => addressed(&message.who),
        };
        self.call(message.text(), &who, message.is_private);
    }

    /// Marks where this person stopped reading, and counts what is not seen.
    fn on_arrival(&mut self, place: Option<Place>, is_quiet: bool) {
        let is_scrolled = self.scroll != Scroll::Bottom;
        if is_scrolled && !is_quiet {
            self.unseen += 1;
        }
        let is_away = self.now.time.saturating_sub(self.typed_at) >= AWAY;
        if (is_scrolled || is_away) && self.is_back && place.is_some() {
            self.unread = place;
            self.is_back = false;
        }
    }

    /// Calls this person, if a message means them.
    fn call(&mut self, text: &str, who: &str, is_private: bool) {
        if !is_private && mentions(text, &self.config.name).is_empty() {
            return;
        }
        self.called += 1;
        if self.quiet_until.is_none() {
            let notice = format!("{who}: {text}");
            let notice = notice.chars().take(NOTICE_MAX_CHARS).collect();
            self.do_effect(Effect::Notice(notice));
        }
    }

    fn show_code(&mut self, person: &Person, code: &str) {
        let me = self.people.me().and_then(|me| me.key);
        let words = match (me, person.key) {
            (Some(me), Some(other)) => code_words(&me, &other),
            _ => String::new(),
        };
        self.panel = Panel::Verify(Verify {
            who: addressed(person),
            typed: typed(person),
            code: code.to_owned(),
            words,
        });
    }

    fn on_key(&mut self, event: &KeyEvent) {
        self.typed_at = self.now.time;
        self.is_back = true;
        self.called = 0;
        match event {
            KeyEvent::Press(key, held) => match self.panel {
                Panel::None => self.press(*key, *held),
                _ => self.press_in_panel(*key, *held),
            },
            KeyEvent::Paste { text, .. } => {
                self.panel = Panel::None;
                self.input.paste(text);
            }
            // U+FFFD is in the line, to be seen.
            KeyEvent::Mended => {}
        }
    }

    pub(super) fn press(&mut self, key: Key, held: Modifiers) {
        if let Some(action) = keys::action(key, held) {
            return self.act(action, "");
        }
        if key == Key::Enter && !held.alt && self.input.text().is_empty() {
            return self.act(Action::Unfold, "");
        }
        match self.input.press(key, held, input_columns(self.size.0)) {
            Typed::Nothing => {}
            Typed::Line { text, is_pasted } => self.on_line(text, is_pasted),
            Typed::Interrupt => self.do_effect(Effect::Interrupt),
            Typed::End => self.do_effect(Effect::End),
            Typed::Suspend => self.do_effect(Effect::Suspend),
            Typed::Redraw => self.do_effect(Effect::Redraw),
        }
    }

    pub(super) fn on_line(&mut self, text: String, is_pasted: bool) {
        self.has_spoken = true;
        let read = match is_pasted {
            true => entry::pasted(text),
            false => entry::read(text, entry::Input::Lines, Syntax::Commands),
        };
        if let Entry::Command(line) = &read.entry
            && let Some((action, rest)) = keys::command(line)
        {
            return self.act(action, rest);
        }
        self.ask(read.entry);
    }
}

#[cfg(test)]
mod tests;
