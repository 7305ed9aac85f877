//! What the rooms tell, taken into their conversations. Pure.

use std::time::Duration;

use super::super::arrivals::{Movement, movement};
use super::super::guests;
use super::super::lines::{Line, addressed, typed};
use super::super::mention::mentions;
use super::app::{App, Effect, Notices, equip};
use super::conversation::{Place, What};
use super::held::Held;
use super::panel::{Panel, Verify};
use super::room::Room;
use super::talk::{Talk, TalkKey};
use super::view::Scroll;
use crate::chat::event::{Guest, Message, News, Person, Timing, Told};
use crate::chat::rooms::RoomNumber;
use crate::chat::transfer::event::FilesEvent;
use crate::protocol::fingerprint::code_words;
use crate::terminal::screen::short_name;
use crate::text;

/// Who has pressed no key for so long is away: what comes then is marked as new.
const AWAY: Duration = Duration::from_secs(120);

/// Longest notice for the desktop, in characters.
const NOTICE_MAX_CHARS: usize = 160;

impl App {
    /// Takes in what a room tells.
    pub(super) fn on_told(&mut self, told: &Told) {
        let (number, news) = (told.room, &told.news);
        self.air.follow(told);
        if self.left.contains(&number) {
            // What fails concerns the program, too.
            if matches!(news, News::Failed(_)) {
                let room = self.talk().key.room;
                let told = Told {
                    room,
                    ..told.clone()
                };
                self.tell_sentences(&told);
            }
            return;
        }
        if told
            .request
            .is_some_and(|request| self.searches.contains(&request))
        {
            return self.on_found(told);
        }
        let key = TalkKey::of_room(number);
        self.meet(&key);
        if let Some(room) = self.rooms.get_mut(&number) {
            room.follow(news);
            if let Some(talk) = self.talks.get_mut(&key) {
                room.names.follow(news, talk.input.completion());
            }
        }
        if matches!(news, News::Failed(_)) {
            self.end_reading(told.request);
        }
        match news {
            News::Message(message) => self.on_message(told, message),
            News::Room(news) => self.on_rooms(told, news),
            News::Page(page) => self.on_page(told.request, page),
            News::ReadUntil(id) => self.on_read_until(&key, *id),
            News::Snapshot(snapshot) => {
                if let Some(id) = snapshot.read_until {
                    self.on_read_until(&key, id);
                }
                self.remember(number, &snapshot.messages);
            }
            News::Recent(messages) => self.remember(number, messages),
            News::Edited(edited) => {
                self.follow(&key, news);
                if !edited.is_own && edited.timing == Timing::Live {
                    self.call(&key, &edited.text, &addressed(&edited.who));
                }
            }
            News::Deleted(deleted) => {
                self.follow(&key, news);
                if deleted.is_own && told.request.is_some() {
                    self.note_in(&key, &text::deletion_explained(self.lang()));
                }
            }
            News::Forgotten(_) => {
                self.follow(&key, news);
                self.tell_sentences(told);
            }
            News::Guest(guest) => self.on_guest(&key, guest),
            // The title or the status says so, and what was missed stands in its place.
            _ if is_in_bars(news) => {}
            _ => match movement(news) {
                Some((movement, person)) => self.note_move(&key, movement, person),
                None => self.tell_sentences(told),
            },
        }
    }

    /// Sees to it that there is a conversation for what comes.
    pub(super) fn meet(&mut self, key: &TalkKey) {
        if self.talks.position(key).is_some() {
            return;
        }
        let lang = self.lang();
        let room = self.rooms.entry(key.room);
        room.or_insert_with(|| Room::new(key.room.to_string(), lang));
        let mut talk = Talk::new(key.clone());
        talk.conversation.held = Held::of(self.config.is_archived);
        equip(talk.input.completion());
        self.talks.add(talk);
    }

    /// A room was left.
    pub(super) fn part(&mut self, number: RoomNumber) {
        let keys: Vec<TalkKey> = self.talks.iter().map(|talk| talk.key.clone()).collect();
        for key in keys.iter().filter(|key| key.room == number) {
            self.talks.remove(key);
        }
        if self.talks.position(&TalkKey::of_room(number)).is_none() {
            self.rooms.remove(&number);
            self.left.insert(number);
        }
    }

    fn tell_sentences(&mut self, told: &Told) {
        let key = self.asker_of(told);
        match &told.news {
            News::Renamed {
                person,
                is_own: true,
                ..
            } => self.config.name = person.name.to_string(),
            News::Code { person, code } => self.show_code(told.room, person, code),
            _ => {}
        }
        self.follow_renamed(told);
        let Some(room) = self.rooms.get_mut(&told.room) else {
            return;
        };
        match room.lines.line(told.request.map(|id| id.0), &told.news) {
            Line::Talk(sentences) => sentences.iter().for_each(|said| self.note_in(&key, said)),
            Line::Data(line) => self.note_in(&key, line.trim_end()),
        }
        self.note_preview(&key, &told.news);
    }

    /// Shows what a picture shows that is offered.
    fn note_preview(&mut self, key: &TalkKey, news: &News) {
        let News::Files(happened) = news else {
            return;
        };
        if let FilesEvent::Offered(offered) = &**happened
            && let Some(preview) = &offered.offer.preview
            && let Some(talk) = self.talks.get_mut(key)
        {
            let what = What::Preview(Box::new(preview.pixels()));
            talk.conversation.note(self.now.wall_ms, what);
        }
    }

    /// A private conversation follows its person to another name.
    fn follow_renamed(&mut self, told: &Told) {
        let News::Renamed { before, person, .. } = &told.news else {
            return;
        };
        let key = TalkKey::with(told.room, before.clone());
        if let Some(talk) = self.talks.get_mut(&key) {
            talk.key.with = Some(person.clone());
        }
    }

    /// Says something in a conversation.
    pub(super) fn note_in(&mut self, key: &TalkKey, sentence: &str) {
        let wall_ms = self.now.wall_ms;
        if let Some(talk) = self.talks.get_mut(key) {
            let what = What::Sentence(sentence.to_owned());
            talk.conversation.note(wall_ms, what);
        }
    }

    fn note_move(&mut self, key: &TalkKey, movement: Movement, person: &Person) {
        let name = addressed(person);
        let name = short_name(&name).into_owned();
        let wall_ms = self.now.wall_ms;
        if let Some(talk) = self.talks.get_mut(key) {
            talk.conversation.note_move(wall_ms, movement, name);
        }
    }

    /// Takes a message or a change into a conversation; whether it was something new there.
    fn follow(&mut self, key: &TalkKey, news: &News) -> bool {
        let talk = self.talks.get_mut(key);
        talk.is_some_and(|talk| talk.conversation.follow(news))
    }

    /// Takes in messages from before. Private ones open no conversation of their own.
    fn remember(&mut self, room: RoomNumber, messages: &[Message]) {
        for message in messages {
            let message = Message {
                timing: Timing::History,
                ..message.clone()
            };
            let key = home_of(room, &message);
            self.mark_unread(&key, message.id, message.is_own);
            self.follow(&key, &News::Message(message));
        }
    }

    fn on_message(&mut self, told: &Told, message: &Message) {
        let key = home_of(told.room, message);
        let is_before = message.timing == Timing::History;
        if !is_before {
            self.meet(&key);
        }
        if !self.follow(&key, &told.news) {
            return;
        }
        if is_before {
            return self.mark_unread(&key, message.id, message.is_own);
        }
        if message.is_mine() {
            if key.with.is_some()
                && told.request.is_some()
                && self.asker_of(told).is(&TalkKey::of_room(told.room))
                && let Some(at) = self.talks.position(&key)
            {
                // Somebody was written to from the room: what is typed next goes there too.
                self.look_at(at);
            }
            if let Some(talk) = self.talks.get_mut(&key) {
                // Whoever speaks looks at what follows.
                talk.go_to_bottom();
            }
            return;
        }
        self.on_arrival(&key, Some((Some(message.id), 0)));
        let who = match &message.guest {
            Some(guest) => guests::of_member(self.lang(), guest, &message.who),
            None => addressed(&message.who),
        };
        self.call(&key, message.text(), &who);
    }

    fn on_guest(&mut self, key: &TalkKey, guest: &Guest) {
        if let Some(talk) = self.talks.get_mut(key) {
            let what = What::Guest(guest.clone());
            talk.conversation.note(guest.wall_ms, what);
        }
        self.on_arrival(key, None);
        let text = guest.text.as_deref().unwrap_or_default();
        let name = guest.name.as_deref().unwrap_or_default();
        self.call(key, text, &guests::plain(name));
    }

    /// Marks where this person stopped reading, and counts what is not seen.
    fn on_arrival(&mut self, key: &TalkKey, place: Option<Place>) {
        let is_shown = self.talks.is_shown(key);
        let is_away = self.now.time.saturating_sub(self.typed_at) >= AWAY;
        let Some(talk) = self.talks.get_mut(key) else {
            return;
        };
        let is_scrolled = talk.scroll != Scroll::Bottom;
        let is_read = is_shown && !is_scrolled && !is_away;
        talk.unseen += usize::from(is_scrolled);
        talk.new += usize::from(!is_shown);
        if (is_scrolled || is_away || !is_shown) && talk.is_back && place.is_some() {
            talk.unread = place;
            talk.is_back = false;
        }
        if is_read {
            self.mark_read();
        }
    }

    /// Calls this person, if a message means them or they want to be called for all.
    fn call(&mut self, key: &TalkKey, text: &str, who: &str) {
        let is_meant = key.with.is_some() || !mentions(text, self.name()).is_empty();
        if is_meant && let Some(talk) = self.talks.get_mut(key) {
            talk.called += 1;
        }
        let is_wanted = is_meant || self.config.notices == Notices::All;
        if is_wanted && self.quiet_until.is_none() {
            let room = match self.talks.rooms() {
                1 => String::new(),
                _ => format!("{} · ", self.room_of(key.room).name),
            };
            let notice = format!("{room}{who}: {text}");
            let notice = notice.chars().take(NOTICE_MAX_CHARS).collect();
            self.do_effect(Effect::Notice(notice));
        }
    }

    fn show_code(&mut self, room: RoomNumber, person: &Person, code: &str) {
        // Who waits for an answer waits on.
        if matches!(self.panel, Panel::Asked(_)) {
            return;
        }
        let me = self.room_of(room).people.me().and_then(|me| me.key);
        let words = match (me, person.key) {
            (Some(me), Some(other)) => code_words(&me, &other),
            _ => String::new(),
        };
        self.panel = Panel::Verify(Verify {
            who: addressed(person),
            typed: typed(person),
            code: code.to_owned(),
            words,
            first: 0,
        });
    }
}

/// Whether the bars above and below the conversation show it.
fn is_in_bars(news: &News) -> bool {
    match news {
        News::Delivered(_) | News::CaughtUp { .. } => true,
        News::Files(happened) => matches!(**happened, FilesEvent::Progress(_)),
        _ => false,
    }
}

/// The conversation that a message belongs to.
pub(super) fn home_of(room: RoomNumber, message: &Message) -> TalkKey {
    let other = match message.is_own {
        true => message.to.as_deref(),
        false => Some(&message.who),
    };
    match other.filter(|_| message.is_private) {
        Some(other) => TalkKey::with(room, other.clone()),
        None => TalkKey::of_room(room),
    }
}
