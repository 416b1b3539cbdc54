//! What went wrong, in words that fit on one line.

use std::error::Error as StdError;

use crate::model::{Error, Kind};

/// As much of what others say as is passed on, in characters.
const QUOTED: usize = 300;

/// Others' words as one line: no control characters, one space between words, cut where they are longer than that: characters.
pub(super) fn line(text: &str, longest: usize) -> String {
    let words = text.split(|one: char| one.is_whitespace() || one.is_control());
    let whole = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match whole.char_indices().nth(longest) {
        Some((at, _)) => format!("{}…", &whole[..at]),
        None => whole,
    }
}

/// Others' words, to be quoted in a failure.
pub(super) fn quoted(text: &str) -> String {
    line(text, QUOTED)
}

/// What lies at the bottom of a failure: what wraps it says where, which is known.
pub(super) fn cause(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    let text = last.to_string();
    quoted(text.split(" (os error").next().unwrap_or_default())
}

/// It was tried and did not arrive; trying again may help.
pub(super) fn failed(message: impl Into<String>) -> Error {
    Error::new(Kind::Unavailable, "NotDelivered", message)
}

/// Nothing is ever sent there.
pub(super) fn refused(message: impl Into<String>) -> Error {
    Error::invalid("contactEndpoint", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_words_become_one_line() {
        for (text, one) in [
            ("", ""),
            (" a  b ", "a b"),
            ("550 no\r\nBcc: x\n", "550 no Bcc: x"),
            ("red \u{1b}[31malarm\u{7}\0", "red [31malarm"),
            ("a\u{2028}b\u{85}c", "a b c"),
        ] {
            assert_eq!(line(text, 80), one, "{text:?}");
        }
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        assert_eq!(line("äöüß", 4), "äöüß");
        assert_eq!(line("äöüßx", 4), "äöüß…");
        assert_eq!(quoted(&"x".repeat(1 << 20)).chars().count(), QUOTED + 1);
    }

    #[test]
    fn a_cause_is_told_without_what_wraps_it_and_its_number() {
        let refused = std::io::Error::from_raw_os_error(111);
        assert_eq!(cause(&refused), "Connection refused");
        let wrapped = std::io::Error::other(Error::internal("at the\nbottom"));
        assert_eq!(cause(&wrapped), "at the bottom");
    }
}
