//! What a client must know before it can begin. Fields that were not typed with the command are
//! asked for once the connection is established, as the documents' clients do.

use std::collections::VecDeque;

use super::{Act, Dialogue, Expected, ended_early, primes, products};
use crate::protocol::wire::quiet::MESSAGE_MAX_BYTES;

/// One thing that a person is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// A text to put into upper case.
    Text,
    /// A question to the oracle.
    Question,
    /// A whole number that fits this many bytes.
    Integer(usize),
    /// A whole number above 0.
    Positive,
    /// A product's code.
    Code,
    /// A product's name.
    ProductName,
    /// A price.
    Price,
    /// A person's name.
    Nome,
    /// A person's age.
    Idade,
    /// A person's e-mail address.
    Email,
    /// One of this many options.
    Choice(usize),
}

impl Field {
    /// This field in a form, with what was typed for it.
    #[must_use]
    pub fn typed(self, typed: Option<String>) -> FormField {
        FormField { field: self, typed }
    }

    /// Whether a typed text is a valid answer.
    #[must_use]
    pub fn accepts(self, typed: &str) -> bool {
        match self {
            Self::Text | Self::Question => (1..=MESSAGE_MAX_BYTES).contains(&typed.len()),
            Self::Integer(bytes) => primes::parse(typed, bytes).is_some(),
            Self::Positive => typed.parse::<u64>().is_ok_and(|number| number > 0),
            Self::Code => products::Code::parse(typed).is_some(),
            Self::Price => products::Price::parse(typed).is_some(),
            // Three such fields fit one message.
            Self::ProductName | Self::Nome | Self::Email => (1..=256).contains(&typed.len()),
            Self::Idade => typed.parse::<u32>().is_ok(),
            Self::Choice(of) => typed
                .parse::<usize>()
                .is_ok_and(|number| (1..=of).contains(&number)),
        }
    }
}

/// A field of a form, and the answer if it was typed already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormField {
    /// The field.
    pub field: Field,
    /// The typed answer; `None` makes the form ask for it.
    pub typed: Option<String>,
}

/// A typed answer that its field does not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidAnswer {
    /// The field.
    pub field: Field,
    /// What was typed.
    pub typed: String,
}

/// Makes a client from the answers; `None` if they do not fit together.
type Make = Box<dyn Fn(&[String]) -> Option<Box<dyn Dialogue>> + Send>;

/// A client that may still lack some of its fields.
pub struct Form {
    fields: VecDeque<FormField>,
    answers: Vec<String>,
    make: Make,
    client: Option<Box<dyn Dialogue>>,
}

impl Form {
    /// Makes a form whose client `make` builds from these fields. Some of them may be typed
    /// already.
    ///
    /// # Errors
    /// The first field with an invalid text, and that text.
    pub fn new(
        fields: Vec<FormField>,
        make: impl Fn(&[String]) -> Option<Box<dyn Dialogue>> + Send + 'static,
    ) -> Result<Self, InvalidAnswer> {
        for FormField { field, typed } in &fields {
            if let Some(typed) = typed.as_ref().filter(|typed| !field.accepts(typed)) {
                let (field, typed) = (*field, typed.clone());
                return Err(InvalidAnswer { field, typed });
            }
        }
        Ok(Self {
            fields: fields.into(),
            answers: Vec::new(),
            make: Box::new(make),
            client: None,
        })
    }

    /// Continues with the next missing field, or with the dialogue.
    fn go_on(&mut self) -> Vec<Act> {
        while let Some(FormField { field, typed }) = self.fields.front_mut() {
            let Some(typed) = typed.take() else {
                return vec![Act::ask(*field)];
            };
            self.answers.push(typed);
            self.fields.pop_front();
        }
        self.client = (self.make)(&self.answers);
        match &mut self.client {
            Some(client) => client.begin(),
            None => vec![Act::Close],
        }
    }
}

impl Dialogue for Form {
    fn begin(&mut self) -> Vec<Act> {
        self.go_on()
    }

    fn whole(&self, waiting: &[u8]) -> Option<usize> {
        self.client.as_ref()?.whole(waiting)
    }

    fn message_max_bytes(&self) -> usize {
        match &self.client {
            Some(client) => client.message_max_bytes(),
            None => MESSAGE_MAX_BYTES,
        }
    }

    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        match &mut self.client {
            Some(client) => client.on_message(message),
            None => super::unexpected(Expected::Patience, message),
        }
    }

    fn on_answer(&mut self, line: &str) -> Vec<Act> {
        if let Some(client) = &mut self.client {
            return client.on_answer(line);
        }
        let Some(FormField { field, typed }) = self.fields.front_mut() else {
            return Vec::new();
        };
        let line = line.trim();
        if !field.accepts(line) {
            return unfit(*field);
        }
        *typed = Some(line.to_owned());
        self.go_on()
    }

    fn on_end(&mut self) -> Vec<Act> {
        match &mut self.client {
            Some(client) => client.on_end(),
            None => ended_early(Expected::Patience),
        }
    }
}

/// The acts after an invalid answer.
pub(super) fn unfit(field: Field) -> Vec<Act> {
    vec![Act::tell(super::Finding::Unfit(field)), Act::ask(field)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::{Finding, uppercase};

    fn form(typed: Option<&str>) -> Result<Form, InvalidAnswer> {
        let fields = vec![Field::Text.typed(typed.map(str::to_owned))];
        Form::new(fields, |answers| {
            let client = uppercase::Client(answers.first()?.clone());
            Some(Box::new(client))
        })
    }

    #[test]
    fn what_was_typed_is_not_asked_for() {
        let mut full = form(Some("olá")).ok().unwrap();
        assert_eq!(full.begin(), [Act::Send("olá".into())]);
        let invalid = InvalidAnswer {
            field: Field::Text,
            typed: String::new(),
        };
        assert_eq!(form(Some("")).err(), Some(invalid));
    }

    #[test]
    fn what_is_missing_is_asked_for_until_it_fits() {
        let mut empty = form(None).ok().unwrap();
        assert_eq!(empty.begin(), [Act::ask(Field::Text)]);
        let again = [
            Act::tell(Finding::Unfit(Field::Text)),
            Act::ask(Field::Text),
        ];
        assert_eq!(empty.on_answer("  "), again);
        assert_eq!(empty.on_answer(" olá\n"), [Act::Send("olá".into())]);
        assert_eq!(empty.on_end(), ended_early(Expected::Answer));
    }

    #[test]
    fn fields_take_what_they_are_for() {
        for (field, good, bad) in [
            (Field::Integer(4), "-7", "3000000000"),
            (Field::Integer(8), "3000000000", "9223372036854775808"),
            (Field::Positive, "1", "0"),
            (Field::Code, "12", ""),
            (Field::Price, "2.50", "x"),
            (Field::Price, "2,50", "-2.50"),
            (Field::Idade, "25", "-1"),
            (Field::Choice(4), "4", "5"),
            (Field::Choice(4), "1", "0"),
            (Field::Email, "ana@example.com", ""),
        ] {
            assert!(field.accepts(good) && !field.accepts(bad), "{field:?}");
        }
    }
}
