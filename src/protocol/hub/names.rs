//! The names of those who have joined, of which no two look alike.

use std::collections::BTreeMap;

use crate::protocol::lookalike::Looks;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Names {
    ids: BTreeMap<String, u32>,
    /// Who has a name of this look.
    looks: BTreeMap<String, u32>,
}

impl Names {
    /// Whether somebody has this name, or one that looks like it.
    pub(super) fn is_taken(&self, name: &str) -> bool {
        let looks = Looks::of(name).0;
        looks.iter().any(|look| self.looks.contains_key(look))
    }

    /// Gives a name that is not taken to a client.
    pub(super) fn insert(&mut self, name: &str, id: u32) {
        self.ids.insert(name.to_owned(), id);
        for look in Looks::of(name).0 {
            self.looks.insert(look, id);
        }
    }

    /// Frees a name.
    pub(super) fn remove(&mut self, name: &str) {
        self.ids.remove(name);
        for look in Looks::of(name).0 {
            self.looks.remove(&look);
        }
    }

    /// Who has exactly this name.
    pub(super) fn get(&self, name: &str) -> Option<u32> {
        self.ids.get(name).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_with_all_that_look_like_it() {
        let mut names = Names::default();
        names.insert("ana", 1);
        for alike in ["ana", "ANA", "ana ", "a\u{200b}na", "аna"] {
            assert!(names.is_taken(alike), "{alike:?}");
        }
        assert!(!names.is_taken("bia"));
        assert_eq!(
            (names.get("ana"), names.get("ANA"), names.len()),
            (Some(1), None, 1)
        );
        names.remove("ana");
        assert!(!names.is_taken("Ana") && names.len() == 0);
    }
}
