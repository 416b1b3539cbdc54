//! Text for people: what the daemon says made safe for a terminal, and quantities in their usual dress.

use std::time::SystemTime;

use prost_types::Timestamp;
use sloop_proto::json;

/// The text with everything escaped that a terminal would obey instead of show: control characters, and the marks
/// that reverse the direction of writing.
pub(crate) fn safe(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, character| {
        if obeyed(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
        safe
    })
}

/// The same for text of several lines.
pub(crate) fn safe_lines(text: &str) -> String {
    text.lines().map(safe).collect::<Vec<_>>().join("\n")
}

fn obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One line of a serial console, its colours and cursor movements removed, the rest made [`safe`].
pub(crate) fn console_line(line: &str) -> String {
    let plain = without_escapes(line);
    let plain = plain.trim_end();
    // A line that was overwritten shows its last state.
    let last = plain.rsplit('\r').next().unwrap_or(plain);
    safe(&last.replace('\t', " "))
}

/// The lines of a console log that say something, made safe.
pub(crate) fn console_lines(log: &[u8]) -> Vec<String> {
    let log = String::from_utf8_lossy(log);
    log.split('\n').map(console_line).filter(|line| !line.trim().is_empty()).collect()
}

fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            skip_escape(&mut characters);
        } else {
            plain.push(character);
        }
    }
    plain
}

/// Skips what follows an escape: a control sequence up to its final letter, a string up to its terminator, or one or
/// two characters.
fn skip_escape(characters: &mut std::str::Chars<'_>) {
    match characters.next() {
        Some('[') => {
            characters.find(|character| ('\u{40}'..='\u{7e}').contains(character));
        }
        Some(']' | 'P' | '_' | '^' | 'X') => {
            characters.find(|character| matches!(character, '\u{7}' | '\\' | '\u{9c}'));
        }
        Some('(' | ')' | '#' | '%') => {
            characters.next();
        }
        _ => {}
    }
}

/// How long ago, in its largest unit.
pub(crate) fn age(then: Option<&Timestamp>) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    then.map_or_else(
        || "-".to_owned(),
        |then| span(now.saturating_sub(u64::try_from(then.seconds).unwrap_or(0))),
    )
}

/// When, by UTC, to the second.
pub(crate) fn moment(then: Option<&Timestamp>) -> String {
    let moment = then.and_then(|then| jiff::Timestamp::new(then.seconds, then.nanos).ok());
    moment.map_or_else(|| "-".to_owned(), |moment| moment.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

/// The text, or a dash where there is none.
pub(crate) fn or_dash(text: &str) -> String {
    if text.is_empty() { "-" } else { text }.to_owned()
}

/// A number of seconds in its largest unit.
pub(crate) fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A number of bytes in GiB, or MiB when there are few.
pub(crate) fn bytes(count: u64) -> String {
    let mebibytes = count >> 20;
    if mebibytes < 1024 {
        return format!("{mebibytes} MiB");
    }
    let tenths = mebibytes * 10 / 1024;
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}

/// How much of how much, the unit named once where it is the same.
pub(crate) fn amount(done: u64, total: u64) -> String {
    let (done, total) = (bytes(done), bytes(total));
    match (done.split_once(' '), total.split_once(' ')) {
        (Some((number, unit)), Some((_, same))) if unit == same => format!("{number} of {total}"),
        _ => format!("{done} of {total}"),
    }
}

/// A number with its unit in the plural where that is due.
pub(crate) fn count(number: i32, unit: &str) -> String {
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// The word that Lightsail uses for a value of an enum of the contract.
pub(crate) fn word(of: &str, number: Option<i32>) -> String {
    let descriptor = json::POOL.get_enum_by_name(&format!("sloop.v1.{of}"));
    descriptor.zip(number).and_then(|(of, number)| json::word(&of, number)).unwrap_or_else(|| "-".to_owned())
}

/// Whether the locale can show more than ASCII, by the usual order of its variables.
pub(crate) fn utf8() -> bool {
    let variables = ["LC_ALL", "LC_CTYPE", "LANG"];
    let locale = variables.iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.is_empty());
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        assert_eq!(safe("web\u{1b}[2J\u{7}\n\u{202e}é✓"), "web\\u{1b}[2J\\u{7}\\u{a}\\u{202e}é✓");
    }

    #[test]
    fn console_lines_lose_their_colours() {
        let log = b"[\x1b[0;32m  OK  \x1b[0m] Started sshd\r\n\x1b]0;title\x07\r\n 10%\r 90%\r\nlogin:\x00";
        assert_eq!(console_lines(log), ["[  OK  ] Started sshd", " 90%", "login:\\u{0}"]);
    }

    #[test]
    fn an_escape_cut_off_at_the_end_is_harmless() {
        assert_eq!(console_line("ok\u{1b}"), "ok");
        assert_eq!(console_line("ok\u{1b}[3"), "ok");
    }

    #[test]
    fn quantities_are_short() {
        assert_eq!(
            [span(5), span(119), span(120), span(7_200), span(200_000)],
            ["5s", "119s", "2m", "2h", "2d"]
        );
        assert_eq!([bytes(512 << 20), bytes(1536 << 20)], ["512 MiB", "1.5 GiB"]);
        assert_eq!(amount(120 << 20, 600 << 20), "120 of 600 MiB");
        assert_eq!(amount(120 << 20, 2560 << 20), "120 MiB of 2.5 GiB");
        assert_eq!([count(1, "CPU"), count(2, "CPU")], ["1 CPU", "2 CPUs"]);
    }

    #[test]
    fn moments_are_by_utc() {
        let then = Timestamp { seconds: 1_795_428_900, nanos: 5 };
        assert_eq!(moment(Some(&then)), "2026-11-23 10:15:00Z");
        assert_eq!(moment(Some(&Timestamp { seconds: i64::MAX, nanos: 0 })), "-");
        assert_eq!(moment(None), "-");
    }

    #[test]
    fn enum_values_speak_lightsails_words() {
        assert_eq!(word("OperationStatus", Some(5)), "Succeeded");
        assert_eq!(word("OperationStatus", None), "-");
    }
}
