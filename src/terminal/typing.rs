//! A person's keys become lines: the decoder, the editor, and the question about a paste of
//! several lines. Pure: bytes and the time come in, acts come out.

use std::collections::VecDeque;
use std::time::Duration;

use super::block::LINE_MAX_BYTES;
use super::console::{PastePolicy, TypedLine};
use super::keys::{KeyDecoder, KeyEvent};
use super::line_editor::{Edit, LineEditor};
use super::painter::Prompt;
use super::styled::INDENT;
use crate::protocol::message::{clean, split_within};
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
    prompt: String,
    is_yes: fn(&str) -> bool,
    /// The line that was being typed with the paste in it, and the caret behind the paste.
    pasted: (String, usize),
    /// The line without the paste, and its caret.
    draft: (String, usize),
    /// Bytes that are no UTF-8 came with either.
    is_mended: bool,
    /// Nothing was typed before the paste.
    begins_pasted: bool,
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
            // The paste is not lost: it is edited as one line, its line breaks shown as marks.
            self.is_mended = question.is_mended;
            return self.editor.set(question.pasted.0, question.pasted.1);
        }
        let (text, _) = question.pasted;
        self.show_lines(&text);
        self.acts.push_back(Act::Line(TypedLine {
            text,
            is_mended: question.is_mended,
            is_pasted: question.begins_pasted,
            ..TypedLine::default()
        }));
    }

    fn drop_paste(&mut self) {
        if let Some(question) = self.question.take() {
            self.editor.set(question.draft.0, question.draft.1);
        }
    }

    fn on_paste(&mut self, pasted: &str) {
        let pasted = pasted.replace("\r\n", "\n").replace('\r', "\n");
        let one_line = pasted.trim_end_matches('\n');
        if !one_line.contains('\n') {
            // A line end at the end of one line is not Enter: the person looks at it first.
            self.editor.insert(one_line);
            return;
        }
        let mut answered = None;
        if let Some(mut question) = self.question.take() {
            // Another paste instead of an answer: both are asked about.
            self.is_mended |= question.is_mended;
            let (text, caret) = std::mem::take(&mut question.pasted);
            self.editor.set(text, caret);
            answered = Some(question);
        }
        match &self.paste {
            PastePolicy::Ask { .. } => self.ask(&pasted, answered.as_ref()),
            PastePolicy::Lines => self.take_lines(&pasted),
        }
    }

    /// Asks about a paste of several lines; what was typed before and behind the caret belongs to
    /// the first and the last of them. What would make the line too long is left out. `answered` is
    /// the question about an earlier paste that this one goes on with.
    fn ask(&mut self, pasted: &str, answered: Option<&Question>) {
        // Blank lines are kept, but for what follows the last line end.
        let pasted = pasted.strip_suffix('\n').unwrap_or(pasted);
        let PastePolicy::Ask { question, is_yes } = &self.paste else {
            return;
        };
        let draft = self.editor.take();
        let (pasted, _) = split_within(pasted, LINE_MAX_BYTES.saturating_sub(draft.0.len()));
        let (before, behind) = draft.0.split_at_checked(draft.1).unwrap_or((&draft.0, ""));
        let caret = before.len() + pasted.len();
        let begins_pasted =
            before.is_empty() || answered.is_some_and(|question| question.begins_pasted);
        let text = format!("{before}{pasted}{behind}");
        let lines = text.split('\n').count();
        self.question = Some(Question {
            prompt: clean(&question(lines)).into_owned(),
            is_yes: *is_yes,
            pasted: (text, caret),
            draft,
            is_mended: std::mem::take(&mut self.is_mended),
            begins_pasted,
        });
    }

    /// Takes each line of a paste as a line; one without a line end is edited further.
    fn take_lines(&mut self, pasted: &str) {
        let (pasted, has_end) = match pasted.strip_suffix('\n') {
            Some(whole) => (whole, true),
            None => (pasted, false),
        };
        let (typed, caret) = self.editor.take();
        let (before, behind) = typed.split_at_checked(caret).unwrap_or((&typed, ""));
        let text = format!("{before}{pasted}{behind}");
        let is_mended = std::mem::take(&mut self.is_mended);
        let line = |line: &str| TypedLine {
            text: line.to_owned(),
            is_mended: is_mended && line.contains(char::REPLACEMENT_CHARACTER),
            ..TypedLine::default()
        };
        let mut lines: Vec<TypedLine> = text.split('\n').map(line).collect();
        let rest = (!has_end).then(|| lines.pop()).flatten();
        for line in lines {
            self.show(&line.text);
            self.acts.push_back(Act::Line(line));
        }
        if let Some(rest) = rest {
            self.is_mended = rest.is_mended;
            let caret = rest.text.len().saturating_sub(behind.len());
            self.editor.set(rest.text, caret);
        }
    }

    /// Leaves a text of several lines where the prompt stood, indented below the first.
    fn show_lines(&mut self, text: &str) {
        let lines: Vec<_> = text.split('\n').map(clean).collect();
        let lines = lines.join(&format!("\n{INDENT}"));
        let shown = format!("{}{lines}\n", self.prompt);
        self.acts.push_back(Act::Show(shown));
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
        assert!(lines(&mut typing, "\x03").is_empty());
        assert_eq!(typing.prompt().text, "meia ");
        assert!(lines(&mut typing, "\x1b[200~um\r\ndois\x1b[201~nada\x03").is_empty());
        assert_eq!(typing.prompt().text, "meia ");
        lines(&mut typing, "\x1b[200~um\ndois\x1b[201~");
        assert_eq!(lines(&mut typing, "y\r"), ["meia um\ndois"]);
        assert_eq!(lines(&mut typing, "\x1b[200~um\n\x1b[201~!\r"), ["um!"]);
    }

    #[test]
    fn a_paste_that_is_not_to_be_sent_by_lines_is_edited_as_one_line() {
        let mut typing = asking();
        for no in ["n\r", "\r", "\x04"] {
            let paste = format!("a b\x1b[D\x1b[200~um\r\n\r\n\tdois\n\x1b[201~{no}");
            assert!(lines(&mut typing, &paste).is_empty());
            let Prompt { text, caret, .. } = typing.prompt();
            assert_eq!((text.as_str(), caret), ("a um\n\n\tdoisb", 11), "{no:?}");
            assert_eq!(lines(&mut typing, "!\r"), ["a um\n\n\tdois!b"]);
        }
        assert_eq!(lines(&mut typing, "\x1b[A\r"), ["a um\n\n\tdois!b"]);
    }

    #[test]
    fn a_second_paste_is_asked_about_with_the_first() {
        let mut typing = asking();
        lines(&mut typing, "\x1b[200~um\ndois\n\x1b[201~");
        lines(&mut typing, "\x1b[200~\n\ntrês\x1b[201~");
        assert_eq!(typing.prompt().prompt, "4? ");
        assert_eq!(lines(&mut typing, "y\r"), ["um\ndois\n\ntrês"]);
        // No number of pastes makes a line too long.
        let much = format!("\x1b[200~{}\ndois\x1b[201~", "é".repeat(LINE_MAX_BYTES / 4));
        (0..5).for_each(|_| drop(lines(&mut typing, &much)));
        lines(&mut typing, "n\r");
        let held = LINE_MAX_BYTES - 1..=LINE_MAX_BYTES;
        assert!(held.contains(&typing.prompt().text.len()));
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_told_of_the_lines_that_hold_them() {
        let mended = |typing: &mut Typing| -> Vec<bool> {
            let acts = std::iter::from_fn(|| typing.poll());
            acts.filter_map(|act| match act {
                Act::Line(line) => Some(line.is_mended),
                _ => None,
            })
            .collect()
        };
        let paste = b"\x1b[200~um\n\xff\n\xff\x1b[201~";
        let mut lines = typing(PastePolicy::Lines);
        lines.feed(Duration::ZERO, paste);
        lines.feed(Duration::ZERO, b"!\r");
        assert_eq!(mended(&mut lines), [false, true, true]);
        let mut asked = asking();
        asked.feed(Duration::ZERO, paste);
        asked.feed(Duration::ZERO, b"y\r");
        assert_eq!(mended(&mut asked), [true]);
        asked.feed(Duration::ZERO, paste);
        asked.feed(Duration::ZERO, b"n\r\r");
        assert_eq!(mended(&mut asked), [true]);
    }

    #[test]
    fn a_paste_that_is_sent_is_one_line_and_shown_indented() {
        let pasted = |keys: &str| {
            let mut typing = asking();
            typing.feed(Duration::ZERO, keys.as_bytes());
            let acts: Vec<Act> = std::iter::from_fn(|| typing.poll()).collect();
            let shown = "ana> ".to_owned();
            match acts.as_slice() {
                [Act::Show(question), Act::Show(text), Act::Line(line)] => {
                    assert_eq!(question, "2? y\n");
                    (
                        text.strip_prefix(&shown).unwrap().to_owned(),
                        line.is_pasted,
                    )
                }
                other => panic!("{other:?}"),
            }
        };
        let of = |text: &str, is_pasted| (text.to_owned(), is_pasted);
        assert_eq!(
            pasted("\x1b[200~/um\n\x1b[2J\n\x1b[201~y\r"),
            of("/um\n    ␛[2J\n", true)
        );
        // What a person typed before it is read as typed.
        assert_eq!(
            pasted("/msg bia \x1b[200~um\ndois\x1b[201~y\r"),
            of("/msg bia um\n    dois\n", false)
        );
    }

    #[test]
    fn or_each_of_its_lines_is_a_line() {
        let mut typing = typing(PastePolicy::Lines);
        let paste = "a \x1b[D\x1b[200~um\ndois\ntrês\x1b[201~";
        assert_eq!(lines(&mut typing, paste), ["aum", "dois"]);
        assert_eq!(lines(&mut typing, "!\r"), ["três! "]);
        let paste = "\x1b[200~\n\tum\n\n\ndois\n\n\x1b[201~";
        assert_eq!(lines(&mut typing, paste), ["", "\tum", "", "", "dois", ""]);
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
