//! A person's keys become lines: the decoder, the editor, and the question about a paste of
//! several lines. Pure: bytes and the time come in, acts come out.

mod asking;

use std::collections::VecDeque;
use std::time::Duration;

use self::asking::Asked;
pub use self::asking::Sight;
use super::block::LINE_MAX_BYTES;
use super::completion::Completion;
use super::console::{PastePolicy, TypedLine};
use super::keys::{Key, KeyDecoder, KeyEvent, Modifiers};
use super::line_editor::{Edit, LineEditor};
use super::painter::Prompt;
use super::styled::INDENT;
use super::tabbing::Tabbing;
use crate::chat::rooms::Secret;
use crate::protocol::message::{clean, split_within};
use crate::text::{self, Lang};

/// What typing asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Whole lines to leave on the terminal: what was typed.
    Show(String),
    /// A line is done.
    Line(TypedLine),
    /// What was asked is answered; `None` if the person gave no answer.
    Answer(Option<Secret>),
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
    tabbing: Tabbing,
    question: Option<Question>,
    asked: Option<Asked>,
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
            tabbing: Tabbing::default(),
            question: None,
            asked: None,
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

    /// What Tab completes.
    pub(super) fn completion(&mut self) -> &mut Completion {
        self.tabbing.completion()
    }

    /// Stands before the line from now on.
    pub(super) fn set_prompt(&mut self, prompt: &str) {
        self.prompt = clean(prompt).into_owned();
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
        if let Some(asked) = &self.asked {
            return asked.prompt();
        }
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
        let Some(event) = self.answer(event) else {
            return;
        };
        let edit = match event {
            KeyEvent::Mended => {
                self.is_mended = true;
                return;
            }
            // It is never asked for.
            KeyEvent::Mouse(_) => return,
            KeyEvent::Paste { text, .. } => {
                self.tabbing.end();
                return self.on_paste(&text);
            }
            KeyEvent::Press(key @ (Key::Tab | Key::BackTab), Modifiers { alt: false, .. }) => {
                return self.on_tab(key);
            }
            KeyEvent::Press(key, modifiers) => {
                self.tabbing.end();
                self.editor.press(key, modifiers)
            }
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

    fn on_tab(&mut self, key: Key) {
        if self.question.is_none() && self.editor.query().is_none() {
            self.tabbing.press(key, &mut self.editor);
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
mod tests;
