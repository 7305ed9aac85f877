//! The full screen at three sizes and in both languages, compared with the pictures in
//! `tests/pictures`. `RODA_PICTURES=write cargo test --test all pictures` draws them anew.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Duration;

use ratatui::style::{Color, Modifier};
use roda::chat::event::{
    Content, Delivered, Guest, Id, Interface, Message, News, Person, Ready, Standing, Timing, Told,
};
use roda::chat::rooms::RoomNumber;
use roda::clock::{Day, Stamp};
use roda::face::tui::{App, AppConfig, AppInput, Colors, Notices, Theme};
use roda::protocol::time::Moment;
use roda::protocol::wire::frame::Key;
use roda::terminal::keys::{KeyDecoder, KeyEvent};
use roda::terminal::picture::Picture;
use roda::text::Lang;

/// 14:00 of a day in November.
const BEGAN_MS: u64 = 14 * 3_600_000;

fn local(wall_ms: u64) -> Stamp {
    let minutes = wall_ms / 60_000;
    Stamp {
        time_of_day: format!("{:02}:{:02}:00", minutes / 60 % 24, minutes % 60),
        day: Day {
            year: 2026,
            month: 11,
            day_of_month: 27,
            weekday_from_sunday: 5,
        },
        ..Stamp::default()
    }
}

fn person(name: &str, number: u8) -> Person {
    Person {
        key: Some(Key([number; 32])),
        standing: match number {
            2 => Standing::Verified,
            _ => Standing::First,
        },
        ..Person::unproven(name)
    }
}

struct Stage {
    app: App,
    messages: u64,
}

impl Stage {
    fn new(lang: Lang, columns: u16, rows: u16) -> Self {
        let config = AppConfig {
            lang,
            theme: Theme::new(Colors::True),
            name: "ana".into(),
            room: "turma-a".into(),
            notices: Notices::Mentions,
            takes_mouse: true,
            is_archived: true,
            keeps_private: false,
        };
        let mut stage = Self {
            app: App::new(config, local),
            messages: 0,
        };
        stage.happens(&AppInput::Size(columns, rows));
        stage
    }

    fn happens(&mut self, input: &AppInput<'_>) {
        let now = Moment {
            time: Duration::from_secs(1),
            wall_ms: BEGAN_MS,
        };
        self.app.update(now, input);
    }

    fn told(&mut self, news: News) {
        self.happens(&AppInput::Told(&news.into()));
    }

    fn told_in(&mut self, room: u16, news: News) {
        let told = Told {
            room: RoomNumber(room),
            request: None,
            news,
        };
        self.happens(&AppInput::Told(&told));
    }

    fn types(&mut self, keys: &str) {
        let mut events: Vec<KeyEvent> = Vec::new();
        let mut decoder = KeyDecoder::default();
        decoder.feed(Duration::ZERO, keys.as_bytes(), &mut |event| {
            events.push(event);
        });
        for event in &events {
            self.happens(&AppInput::Key(event));
        }
    }

    fn message(&mut self, who: Person, text: &str) -> Message {
        self.messages += 1;
        let wall_ms = BEGAN_MS + self.messages * 20_000;
        Message::local(self.messages, who, Content::Text(text.into()), wall_ms)
    }

    fn says(&mut self, who: Person, text: &str) {
        let message = self.message(who, text);
        self.told(News::Message(message));
    }

    fn picture(&self) -> Picture {
        let (columns, rows) = self.app.size();
        let mut picture = Picture::blank(columns, rows);
        self.app.draw(&mut picture);
        picture
    }
}

/// A lesson, in which everything is seen once.
fn lesson(lang: Lang, columns: u16, rows: u16) -> Stage {
    let mut stage = Stage::new(lang, columns, rows);
    let (ana, bia, rui) = (person("ana", 1), person("bia", 2), person("rui", 3));
    stage.told(News::Ready(Ready {
        me: ana.clone(),
        room: Some("turma-a".into()),
        is_keyed: true,
        interfaces: vec![Interface {
            name: "eth0".into(),
            address: Some([10, 77, 0, 1].into()),
        }],
    }));
    for person in [&bia, &rui] {
        stage.told(News::Entered {
            person: person.clone(),
            was_here: true,
        });
    }
    stage.says(
        bia.clone(),
        "bom dia, ana! A lista está em https://exemplo.br/lista.pdf",
    );
    stage.says(rui.clone(), "def soma(a, b):\n    return a + b");
    let own = Message {
        is_own: true,
        ..stage.message(
            ana.clone(),
            "obrigada; começo pela segunda questão, que é a mais longa",
        )
    };
    stage.told(News::Message(own));
    let private = Message {
        is_private: true,
        ..stage.message(bia.clone(), "a senha do laboratório é a de sempre")
    };
    stage.told(News::Message(private));
    let late = Message {
        timing: Timing::Late,
        ..stage.message(rui.clone(), "漢字 também passam")
    };
    stage.told(News::Message(late));
    stage.told(News::Guest(Guest {
        name: Some("gil".into()),
        text: Some("oi do Python".into()),
        source: ([10, 77, 0, 9], 5007).into(),
        wall_ms: BEGAN_MS + 200_000,
    }));
    stage.told(News::Entered {
        person: person("zé", 4),
        was_here: false,
    });
    stage.told(News::Left {
        person: rui.clone(),
        with_farewell: true,
    });
    stage.told(News::Silent(person("zé", 4)));
    stage.told(News::Delivered(Delivered {
        first: Id::Local(3),
        last: Id::Local(3),
        has: 1,
        of: 2,
        waiting: vec![person("zé", 4)],
        was_reported: false,
        kept_for: 0,
    }));
    stage.types("resposta\nem duas linhas");
    stage
}

#[test]
fn the_screen_looks_as_its_pictures_show_it() {
    let mut wrong = Vec::new();
    for (code, lang) in [("en", Lang::En), ("pt", Lang::Pt)] {
        for (columns, rows) in [(40, 16), (80, 24), (200, 30)] {
            let stage = lesson(lang, columns, rows);
            compare(
                &format!("talk-{columns}-{code}"),
                &mut stage.picture(),
                &mut wrong,
            );
        }
        let mut stage = lesson(lang, 80, 32);
        stage.types("\x1bOP");
        compare(&format!("help-80-{code}"), &mut stage.picture(), &mut wrong);
        let mut stage = lesson(lang, 80, 24);
        stage.types("\x1bOSfi");
        compare(
            &format!("palette-80-{code}"),
            &mut stage.picture(),
            &mut wrong,
        );
        let mut stage = lesson(lang, 80, 40);
        stage.told(News::Code {
            person: person("bia", 2),
            code: "12345 67890 24680 13579 11223 44556".into(),
        });
        compare(
            &format!("verify-80-{code}"),
            &mut stage.picture(),
            &mut wrong,
        );
        let mut stage = lesson(lang, 80, 24);
        stage.types("\x06soma");
        compare(&format!("find-80-{code}"), &mut stage.picture(), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The same lesson in several rooms, with something new in each, and a private conversation.
fn rooms(lang: Lang, columns: u16, rows: u16) -> Stage {
    let mut stage = lesson(lang, columns, rows);
    let bia = person("bia", 2);
    for (number, name) in [(2, "lobby"), (3, "turma-b")] {
        let ready = News::Ready(Ready {
            me: person("ana", 1),
            room: (name != "lobby").then(|| name.to_owned()),
            is_keyed: name != "lobby",
            interfaces: Vec::new(),
        });
        stage.told_in(number, ready);
    }
    let own = Message {
        is_own: true,
        ..stage.message(person("ana", 1), "boa tarde a todos")
    };
    stage.told_in(3, News::Message(own));
    for text in ["a prova foi adiada", "ana, você leva o projetor?"] {
        let message = stage.message(bia.clone(), text);
        stage.told_in(3, News::Message(message));
    }
    let message = stage.message(person("rui", 3), "alguém aí?");
    stage.told_in(2, News::Message(message));
    stage
}

#[test]
fn several_rooms_and_people_look_as_their_pictures_show_them() {
    let mut wrong = Vec::new();
    for (code, lang) in [("en", Lang::En), ("pt", Lang::Pt)] {
        for (columns, rows) in [(40, 16), (80, 24), (200, 30)] {
            let stage = rooms(lang, columns, rows);
            compare(
                &format!("rooms-{columns}-{code}"),
                &mut stage.picture(),
                &mut wrong,
            );
            let mut stage = rooms(lang, columns, rows);
            stage.types("\x1b4");
            stage.types("sim, levo");
            compare(
                &format!("private-{columns}-{code}"),
                &mut stage.picture(),
                &mut wrong,
            );
            let mut stage = rooms(lang, columns, rows);
            stage.types("\x1b3\x1b[1;3A\x1b[1;3A\x1b[1;3A");
            compare(
                &format!("select-{columns}-{code}"),
                &mut stage.picture(),
                &mut wrong,
            );
            stage.types("d");
            compare(
                &format!("delete-{columns}-{code}"),
                &mut stage.picture(),
                &mut wrong,
            );
            let mut stage = rooms(lang, columns, rows);
            stage.types("\x15\x14");
            compare(
                &format!("bare-{columns}-{code}"),
                &mut stage.picture(),
                &mut wrong,
            );
        }
        let mut stage = rooms(lang, 80, 24);
        stage.types("\x1b[15~");
        compare(
            &format!("choose-80-{code}"),
            &mut stage.picture(),
            &mut wrong,
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Compares a picture with the one that is kept, or keeps it.
fn compare(name: &str, picture: &mut Picture, wrong: &mut Vec<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures");
    let drawn = picture.rows().join("\n") + "\n";
    let mut kinds = vec![("txt", drawn)];
    if name.starts_with("talk-80") {
        // The documents show these.
        kinds.push(("svg", svg(picture)));
    }
    for (ending, drawn) in kinds {
        let path = folder.join(format!("{name}.{ending}"));
        if env::var_os("RODA_PICTURES").is_some_and(|act| act == "write") {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &drawn).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        if kept != drawn {
            let shown = if ending == "txt" {
                drawn
            } else {
                String::new()
            };
            wrong.push(format!("{name}.{ending} differs; it is now:\n{shown}"));
        }
    }
}

/// Cells of a row and of a column, in units of the drawing.
const CELL: (usize, usize) = (9, 18);

/// A picture as a drawing, each cell in its place.
fn svg(picture: &mut Picture) -> String {
    let area = picture.area();
    let (width, height) = (
        usize::from(area.width) * CELL.0,
        usize::from(area.height) * CELL.1,
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"monospace\" font-size=\"15\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#1d1f21\"/>\n"
    );
    for y in 0..area.height {
        for x in 0..area.width {
            let cell = picture.cells().cell((x, y)).unwrap().clone();
            let (mut fore, mut back) = (color(cell.fg, "#d5d8d6"), color(cell.bg, ""));
            if cell.modifier.contains(Modifier::REVERSED) {
                back = std::mem::replace(&mut fore, "#1d1f21".into());
            }
            let (left, top) = (usize::from(x) * CELL.0, usize::from(y) * CELL.1);
            if !back.is_empty() {
                let (width, height) = CELL;
                let _ = writeln!(
                    svg,
                    "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" \
                     fill=\"{back}\"/>"
                );
            }
            if cell.symbol() == " " {
                continue;
            }
            let mut looks = String::new();
            for (flag, look) in [
                (Modifier::BOLD, " font-weight=\"bold\""),
                (Modifier::ITALIC, " font-style=\"italic\""),
                (Modifier::UNDERLINED, " text-decoration=\"underline\""),
                (Modifier::DIM, " opacity=\"0.6\""),
            ] {
                if cell.modifier.contains(flag) {
                    looks.push_str(look);
                }
            }
            let symbol = cell.symbol().replace('&', "&amp;").replace('<', "&lt;");
            let base = top + 14;
            let _ = writeln!(
                svg,
                "<text x=\"{left}\" y=\"{base}\" fill=\"{fore}\"{looks}>{symbol}</text>"
            );
        }
    }
    svg + "</svg>\n"
}

fn color(color: Color, default: &str) -> String {
    match color {
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Red => "#cc6666".into(),
        Color::Magenta => "#b294bb".into(),
        _ => default.to_owned(),
    }
}
