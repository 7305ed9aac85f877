//! A person's keys become lines: the decoder, the editor, and the question about a paste of
//! several lines. Pure: bytes and the time come in, acts come out.

use std::collections::VecDeque;
use std::time::Duration;

use super::console::{PastePolicy, TypedLine};
use super::keys::{KeyDecoder, KeyEvent};
use super::line_editor::{Edit, LineEditor};
use super::painter::Prompt;
use crate::protocol::message::clean;
use crate::text::{self, Lang};

/// What typing asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Whole lines to leave on the terminal: what was typed.
    Show(String),
    /// A line is done.
    Line(TypedLine),
    /// Ctrl-C on an empty line.
    Interrupt,
    /// Ctrl-D on an empty line.
    End,
    /// Ctrl-Z.
    Suspend,
    /// Ctrl-L.
    ClearScreen,
}

/// A paste that is asked about.
struct Question {
    lines: Vec<TypedLine>,
    prompt: String,
    is_yes: fn(&str) -> bool,
    /// The line that was being typed, and its caret.
    draft: (String, usize),
}

/// See the file's head.
pub(super) struct Typing {
    prompt: String,
    paste: PastePolicy,
    lang: Lang,
    decoder: KeyDecoder,
    editor: LineEditor,
    question: Option<Question>,
    /// Bytes that are no UTF-8 came with the line being typed.
    is_mended: bool,
    acts: VecDeque<Act>,
}

impl Typing {
    pub(super) fn new(prompt: String, paste: PastePolicy, lang: Lang) -> Self {
        Self {
            prompt: clean(&prompt).into_owned(),
            paste,
            lang,
            decoder: KeyDecoder::default(),
            editor: LineEditor::default(),
            question: None,
            is_mended: false,
            acts: VecDeque::new(),
        }
    }

    /// Takes keys in.
    pub(super) fn feed(&mut self, now: Duration, bytes: &[u8]) {
        let mut events = Vec::new();
        self.decoder
            .feed(now, bytes, &mut |event| events.push(event));
        events.into_iter().for_each(|event| self.on_key(event));
    }

    /// When time alone tells what was typed.
    pub(super) fn next_time(&self) -> Option<Duration> {
        self.decoder.next_time()
    }

    /// Takes in what the time tells.
    pub(super) fn on_time(&mut self, now: Duration) {
        let mut events = Vec::new();
        self.decoder.on_time(now, &mut |event| events.push(event));
        events.into_iter().for_each(|event| self.on_key(event));
    }

    /// What is asked for next.
    pub(super) fn poll(&mut self) -> Option<Act> {
        self.acts.pop_front()
    }

    /// What stands below the last line of text.
    pub(super) fn prompt(&self) -> Prompt {
        let prompt = match (&self.question, self.editor.query()) {
            (_, Some(query)) => clean(&text::search_prompt(self.lang, query)).into_owned(),
            (Some(question), None) => question.prompt.clone(),
            (None, None) => self.prompt.clone(),
        };
        Prompt {
            prompt,
            text: self.editor.text().to_owned(),
            caret: self.editor.caret(),
        }
    }

    fn on_key(&mut self, event: KeyEvent) {
        let edit = match event {
            KeyEvent::Mended => {
                self.is_mended = true;
                return;
            }
            KeyEvent::Paste { text, .. } => return self.on_paste(&text),
            KeyEvent::Press(key, modifiers) => self.editor.press(key, modifiers),
        };
        match edit {
            Edit::Edited => {}
            Edit::Line(line) => self.on_line(line),
            Edit::Cleared(line) => {
                self.is_mended = false;
                self.show(&format!("{line}^C"));
                self.drop_paste();
            }
            Edit::Interrupt if self.question.is_some() => {
                self.show("^C");
                self.drop_paste();
            }
            Edit::Interrupt => self.acts.push_back(Act::Interrupt),
            Edit::End if self.question.is_some() => self.on_line(String::new()),
            Edit::End => self.acts.push_back(Act::End),
            Edit::Suspend => self.acts.push_back(Act::Suspend),
            Edit::ClearScreen => self.acts.push_back(Act::ClearScreen),
        }
    }

    fn on_line(&mut self, line: String) {
        self.show(&line);
        let is_mended = std::mem::take(&mut self.is_mended);
        let Some(question) = self.question.take() else {
            self.acts.push_back(Act::Line(TypedLine {
                text: line,
                is_mended,
                ..TypedLine::default()
            }));
            return;
        };
        if !(question.is_yes)(&line) {
            return self.editor.set(question.draft.0, question.draft.1);
        }
        for line in question.lines {
            self.show(&line.text);
            self.acts.push_back(Act::Line(line));
        }
    }

    fn drop_paste(&mut self) {
        if let Some(question) = self.question.take() {
            self.editor.set(question.draft.0, question.draft.1);
        }
    }

    fn on_paste(&mut self, pasted: &str) {
        let pasted = pasted.replace("\r\n", "\n").replace('\r', "\n");
        let whole = pasted.trim_end_matches('\n');
        if !whole.contains('\n') || self.question.is_some() {
            // A line end at the end of one line is not Enter: the person looks at it first.
            let one_row = whole.replace('\n', " ");
            self.editor.insert(&one_row);
            return;
        }
        // What was typed before and behind the caret belongs to the first and the last line.
        let (typed, caret) = self.editor.take();
        let (before, behind) = typed.split_at_checked(caret).unwrap_or((&typed, ""));
        let is_mended = std::mem::take(&mut self.is_mended);
        let text = format!("{before}{whole}{behind}");
        let mut lines: Vec<TypedLine> = text
            .split('\n')
            .map(|line| TypedLine {
                text: line.to_owned(),
                is_mended: is_mended && line.contains(char::REPLACEMENT_CHARACTER),
                is_pasted: true,
                ..TypedLine::default()
            })
            .collect();
        match &self.paste {
            PastePolicy::Ask { question, is_yes } => {
                let prompt = clean(&question(lines.len())).into_owned();
                self.question = Some(Question {
                    lines,
                    prompt,
                    is_yes: *is_yes,
                    draft: (typed, caret),
                });
            }
            PastePolicy::Lines => {
                let has_end = pasted.ends_with('\n');
                let rest = (!has_end).then(|| lines.pop()).flatten();
                for line in lines {
                    self.show(&line.text);
                    self.acts.push_back(Act::Line(line));
                }
                if let Some(rest) = rest {
                    let caret = rest.text.len().saturating_sub(behind.len());
                    self.editor.set(rest.text, caret);
                }
            }
        }
    }

    /// Leaves a typed line where it stood, with what stood before it.
    fn show(&mut self, line: &str) {
        let prompt = match &self.question {
            Some(question) => &question.prompt,
            None => &self.prompt,
        };
        let shown = format!("{prompt}{}\n", clean(line));
        self.acts.push_back(Act::Show(shown));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typing(paste: PastePolicy) -> Typing {
        Typing::new("ana> ".into(), paste, Lang::En)
    }

    fn asking() -> Typing {
        typing(PastePolicy::Ask {
            question: Box::new(|lines| format!("{lines}? ")),
            is_yes: |answer| answer == "y",
        })
    }

    /// The lines that some keys give.
    fn lines(typing: &mut Typing, keys: &str) -> Vec<String> {
        typing.feed(Duration::ZERO, keys.as_bytes());
        let acts = std::iter::from_fn(|| typing.poll());
        acts.filter_map(|act| match act {
            Act::Line(line) => Some(line.text),
            _ => None,
        })
        .collect()
    }

    #[test]
    fn a_paste_of_several_lines_is_asked_about() {
        let mut typing = asking();
        assert!(lines(&mut typing, "meia \x1b[200~um\ndois\n\x1b[201~").is_empty());
        assert_eq!(typing.prompt().prompt, "2? ");
        assert!(lines(&mut typing, "n\r").is_empty());
        assert_eq!(typing.prompt().text, "meia ");
        assert!(lines(&mut typing, "\x1b[200~um\r\ndois\x1b[201~\x03").is_empty());
        assert_eq!(typing.prompt().text, "meia ");
        lines(&mut typing, "\x1b[200~um\ndois\x1b[201~");
        assert_eq!(lines(&mut typing, "y\r"), ["meia um", "dois"]);
        assert_eq!(lines(&mut typing, "\x1b[200~um\n\x1b[201~!\r"), ["um!"]);
    }

    #[test]
    fn or_each_of_its_lines_is_a_line() {
        let mut typing = typing(PastePolicy::Lines);
        let paste = "a \x1b[D\x1b[200~um\ndois\ntrês\x1b[201~";
        assert_eq!(lines(&mut typing, paste), ["aum", "dois"]);
        assert_eq!(lines(&mut typing, "!\r"), ["três! "]);
    }

    #[test]
    fn ctrl_c_clears_a_line_and_interrupts_on_an_empty_one() {
        let mut typing = asking();
        typing.feed(Duration::ZERO, b"meia\x03");
        assert_eq!(typing.poll(), Some(Act::Show("ana> meia^C\n".into())));
        assert_eq!(typing.poll(), None);
        typing.feed(Duration::ZERO, b"\x03");
        assert_eq!(typing.poll(), Some(Act::Interrupt));
    }
}
