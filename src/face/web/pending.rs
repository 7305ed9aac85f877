//! Requests of pages that wait for their answers: what is told for one of them is gathered, and
//! handed over with the turn of the loop in which something was told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::server::{Answering, Refused};
use crate::chat::command::RequestId;

/// Most bytes of one answer; the oldest messages of a longer one are left out.
const ANSWER_MAX_BYTES: usize = 4 << 20;

/// Most requests whose names are kept for what is told of them later.
const NAMES_MAX: usize = 1024;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Pendings {
    waiting: BTreeMap<RequestId, Pending>,
    /// The names that pages gave their requests.
    names: BTreeMap<RequestId, String>,
}

/// What an answer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// Messages as they were said, one after the other.
    History,
    /// Anything else.
    Other,
}

#[derive(Debug)]
struct Pending {
    answering: Answering,
    subject: Subject,
    lines: VecDeque<Arc<str>>,
    bytes: usize,
    /// Whether lines were left out.
    is_cut: bool,
}

impl Answering {
    /// Answers.
    pub fn answer(self, lines: Vec<u8>) {
        // A page that waits no more has gone.
        let _ = self.0.send(Ok(lines));
    }

    /// Whether somebody waits for the answer.
    pub(super) fn is_awaited(&self) -> bool {
        !self.0.is_closed()
    }

    /// Answers that it cannot be.
    pub fn refuse(self, why: Refused, words: String) {
        let _ = self.0.send(Err((why, words)));
    }
}

impl Pendings {
    /// Waits for what is told of a request.
    pub(super) fn wait(
        &mut self,
        request: RequestId,
        name: Option<String>,
        subject: Subject,
        answering: Answering,
    ) {
        if let Some(name) = name {
            self.names.insert(request, name);
            if self.names.len() > NAMES_MAX {
                self.names.pop_first();
            }
        }
        let pending = Pending {
            answering,
            subject,
            lines: VecDeque::new(),
            bytes: 0,
            is_cut: false,
        };
        self.waiting.insert(request, pending);
    }

    /// The name that the page gave a request.
    pub(super) fn name_of(&self, request: RequestId) -> Option<&str> {
        self.names.get(&request).map(String::as_str)
    }

    /// What a request is about.
    pub(super) fn subject(&self, request: RequestId) -> Subject {
        let pending = self.waiting.get(&request);
        pending.map_or(Subject::Other, |pending| pending.subject)
    }

    /// Whether the oldest lines of an answer were left out, since it is too long.
    pub(super) fn is_cut(&self, request: RequestId) -> bool {
        let pending = self.waiting.get(&request);
        pending.is_some_and(|pending| pending.is_cut)
    }

    /// Adds a line to the answer of a request. Returns whether somebody waits for it.
    pub(super) fn take(&mut self, request: RequestId, line: &Arc<str>) -> bool {
        let pending = self.waiting.get_mut(&request);
        let Some(pending) = pending.filter(|pending| pending.answering.is_awaited()) else {
            return false;
        };
        pending.bytes += line.len();
        pending.lines.push_back(Arc::clone(line));
        while pending.bytes > ANSWER_MAX_BYTES
            && pending.lines.len() > 1
            && let Some(oldest) = pending.lines.pop_front()
        {
            pending.bytes -= oldest.len();
            pending.is_cut = true;
        }
        true
    }

    /// Answers every request of which something was told, and forgets those whose pages have gone.
    pub(super) fn settle(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        for (request, pending) in std::mem::take(&mut self.waiting) {
            if !pending.answering.is_awaited() {
                continue;
            }
            if pending.lines.is_empty() {
                self.waiting.insert(request, pending);
                continue;
            }
            let lines = pending.lines.iter();
            let lines = lines.flat_map(|line| line.bytes()).collect();
            pending.answering.answer(lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[test]
    fn an_answer_is_what_was_told_in_one_turn_and_no_longer_than_the_bound() {
        let mut pendings = Pendings::default();
        let (sender, mut answer) = oneshot::channel();
        let request = RequestId(7);
        let name = Some("a".to_owned());
        pendings.wait(request, name, Subject::History, Answering(sender));
        assert_eq!(pendings.subject(request), Subject::History);
        pendings.settle();
        assert!(answer.try_recv().is_err(), "nothing was told yet");
        let line: Arc<str> = "x".repeat(ANSWER_MAX_BYTES / 3).into();
        for _ in 0..3 {
            assert!(pendings.take(request, &line));
        }
        assert!(!pendings.is_cut(request));
        assert!(pendings.take(request, &"last\n".into()));
        assert!(pendings.is_cut(request));
        pendings.settle();
        let lines = answer.try_recv().unwrap().unwrap();
        assert!(lines.len() <= ANSWER_MAX_BYTES && lines.ends_with(b"xlast\n"));
        assert!(!pendings.take(request, &line), "it was answered");
        assert_eq!(pendings.name_of(request), Some("a"));
    }

    #[test]
    fn who_waits_no_more_is_forgotten() {
        let mut pendings = Pendings::default();
        for number in 0..2000 {
            let (sender, answer) = oneshot::channel();
            drop(answer);
            let name = Some(number.to_string());
            let request = RequestId(number);
            pendings.wait(request, name, Subject::Other, Answering(sender));
            assert!(!pendings.take(request, &"late\n".into()));
            pendings.settle();
        }
        assert!(pendings.waiting.is_empty());
        assert_eq!(pendings.names.len(), NAMES_MAX);
    }
}
