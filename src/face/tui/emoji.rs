//! Emoji by their names, `:ok:`. Pure. A table of the usual ones, and no crate: the whole set would
//! be a hundred times the size of what is used.

/// Names, in English and Portuguese, and what they stand for.
const EMOJI: [(&str, &str); 60] = [
    ("+1", "👍"),
    ("-1", "👎"),
    ("abraco", "🤗"),
    ("agua", "💧"),
    ("alarm", "⏰"),
    ("angry", "😠"),
    ("beer", "🍺"),
    ("bomdia", "🌞"),
    ("book", "📖"),
    ("broken_heart", "💔"),
    ("bug", "🐛"),
    ("bulb", "💡"),
    ("cafe", "☕"),
    ("cake", "🎂"),
    ("check", "✅"),
    ("choro", "😢"),
    ("clap", "👏"),
    ("coffee", "☕"),
    ("computer", "💻"),
    ("confused", "😕"),
    ("cool", "😎"),
    ("coracao", "💖"),
    ("cross", "❌"),
    ("cry", "😢"),
    ("dedo", "👆"),
    ("eyes", "👀"),
    ("fire", "🔥"),
    ("fogo", "🔥"),
    ("grin", "😁"),
    ("hand", "✋"),
    ("hello", "👋"),
    ("heart", "💖"),
    ("hourglass", "⏳"),
    ("hug", "🤗"),
    ("joy", "😂"),
    ("key", "🔑"),
    ("kiss", "😘"),
    ("laugh", "😄"),
    ("lock", "🔒"),
    ("mail", "📧"),
    ("muscle", "💪"),
    ("no", "🚫"),
    ("ok", "👌"),
    ("palmas", "👏"),
    ("party", "🎉"),
    ("pray", "🙏"),
    ("question", "❓"),
    ("riso", "😂"),
    ("rocket", "🚀"),
    ("sad", "😞"),
    ("sleep", "😴"),
    ("smile", "😊"),
    ("sono", "😴"),
    ("sorriso", "😊"),
    ("star", "⭐"),
    ("tada", "🎉"),
    ("think", "🤔"),
    ("wave", "👋"),
    ("wink", "😉"),
    ("zap", "⚡"),
];

/// The whole table: on each line a name, a blank, and what it stands for.
#[cfg(feature = "web")]
pub(in crate::face) fn emoji_table() -> String {
    let lines = EMOJI.iter().map(|(name, emoji)| format!("{name} {emoji}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Longest name that is looked for, in bytes.
const NAME_MAX_BYTES: usize = 16;

/// What a text that ends in `:name:` ends in instead: where it begins, and what it is.
pub(super) fn ended(text: &str) -> Option<(usize, &'static str)> {
    let before = text.strip_suffix(':')?;
    let (start, name) = begun(before)?;
    let (_, emoji) = EMOJI.iter().find(|(known, _)| *known == name)?;
    Some((start, emoji))
}

/// What a text that ends in the beginning of a name, `:na`, may end in instead.
pub(super) fn like(text: &str) -> Option<(usize, &'static str)> {
    let (start, name) = begun(text).filter(|(_, name)| !name.is_empty())?;
    let (_, emoji) = EMOJI.iter().find(|(known, _)| known.starts_with(name))?;
    Some((start, emoji))
}

/// Where a name begins that a text ends in, with its colon, and the name.
fn begun(text: &str) -> Option<(usize, &str)> {
    let start = text.rfind(':')?;
    let name = text.get(start + 1..)?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-');
    let is_word = text
        .get(..start)?
        .chars()
        .next_back()
        .is_none_or(char::is_whitespace);
    (is_word && name.len() <= NAME_MAX_BYTES && name.chars().all(is_name)).then_some((start, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::picture::cells_of;

    #[test]
    fn a_name_between_colons_is_an_emoji() {
        assert_eq!(ended("oi :ok:"), Some((3, "👌")));
        assert_eq!(ended("às 10:30:"), None);
        assert_eq!(ended("a:ok:"), None);
        assert_eq!(ended(":nada:"), None);
        assert_eq!(like("oi :rock"), Some((3, "🚀")));
        assert_eq!(like("oi :"), None);
        for (name, emoji) in EMOJI {
            assert_eq!(ended(&format!(":{name}:")), Some((0, emoji)));
            assert_eq!(cells_of(emoji), 2, "{name}");
        }
    }
}
