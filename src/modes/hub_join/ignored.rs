//! Of whom nothing is shown at a hub: people by their names, for there is nothing else to know them
//! by, and for this session only.

use std::collections::BTreeSet;

use crate::chat::event::{Failure, Ignored, News, Person};
use crate::chat::ignoring::IGNORED_MAX;

/// See the file's head.
#[derive(Debug)]
pub(super) struct IgnoredNames {
    /// The name that we go by.
    own: String,
    names: BTreeSet<String>,
}

impl IgnoredNames {
    pub(super) fn new(own: String) -> Self {
        Self {
            own,
            names: BTreeSet::new(),
        }
    }

    /// Whether some news is a message of somebody who is ignored.
    pub(super) fn hides(&self, news: &News) -> bool {
        matches!(news, News::Message(message) if self.names.contains(&*message.who.name))
    }

    /// Ignores a name; without one, lists those that are ignored.
    pub(super) fn ignore(&mut self, name: Option<String>) -> News {
        let Some(name) = name else {
            return News::IgnoreList(self.names.iter().map(|name| who(name)).collect());
        };
        if name == self.own {
            return News::Failed(Failure::IgnoreSelf);
        }
        if self.names.len() >= IGNORED_MAX && !self.names.contains(&name) {
            let limit = IGNORED_MAX;
            return News::Failed(Failure::TooManyIgnored { limit });
        }
        let who = who(&name);
        self.names.insert(name);
        News::Ignored {
            who,
            is_kept: false,
        }
    }

    /// Ignores a name no more.
    pub(super) fn unignore(&mut self, name: String) -> News {
        match self.names.remove(&name) {
            true => News::Unignored(who(&name)),
            false => News::Failed(Failure::NotIgnored(name)),
        }
    }
}

fn who(name: &str) -> Ignored {
    Ignored::Person(Person::unproven(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::event::{Content, Message};

    #[test]
    fn a_name_is_hidden_until_it_is_not() {
        let mut ignored = IgnoredNames::new("ana".into());
        let says = |name: &str| {
            let who = Person::unproven(name);
            News::Message(Message::local(1, who, Content::Null, 0))
        };
        ignored.ignore(Some("zeca".into()));
        assert!(ignored.hides(&says("zeca")));
        assert!(!ignored.hides(&says("bia")));
        assert_eq!(ignored.ignore(None), News::IgnoreList(vec![who("zeca")]));
        assert_eq!(
            ignored.unignore("zeca".into()),
            News::Unignored(who("zeca"))
        );
        assert!(!ignored.hides(&says("zeca")));
        let refused = ignored.unignore("zeca".into());
        assert_eq!(refused, News::Failed(Failure::NotIgnored("zeca".into())));
        let refused = ignored.ignore(Some("ana".into()));
        assert_eq!(refused, News::Failed(Failure::IgnoreSelf));
        (0..IGNORED_MAX).for_each(|n| drop(ignored.ignore(Some(n.to_string()))));
        let limit = IGNORED_MAX;
        let refused = News::Failed(Failure::TooManyIgnored { limit });
        assert_eq!(ignored.ignore(Some("zeca".into())), refused);
    }
}
