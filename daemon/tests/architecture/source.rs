//! Rust source as words with their lines: comments gone, the insides of strings and characters gone.

/// A word or a mark, and the line that it begins on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    pub(crate) line: usize,
}

impl Token<'_> {
    pub(crate) fn is_word(&self) -> bool {
        self.text.starts_with(|first: char| first == '_' || first.is_alphabetic())
    }
}

/// Splits source text. What is no word is a mark of one character, except `::`.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let length = if let Some(length) = hidden(rest) {
            length
        } else {
            let length = visible(rest, first);
            if !first.is_whitespace() {
                let text = rest[..length].trim_start_matches("r#");
                found.push(Token { text, line });
            }
            length
        };
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    found
}

/// How long the comment, string or character is that the text begins with.
fn hidden(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(block_comment(text));
    }
    if text.starts_with('\'') {
        return character(text);
    }
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| opens_string(text, prefix))?;
    let hashes = text[prefix.len()..].bytes().take_while(|byte| *byte == b'#').count();
    let start = prefix.len() + hashes + 1;
    if prefix.ends_with('r') {
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(text[start..].find(&end).map_or(text.len(), |at| start + at + end.len()));
    }
    Some(start + escaped(&text[start..], '"'))
}

fn opens_string(text: &str, prefix: &str) -> bool {
    let Some(rest) = text.strip_prefix(prefix) else {
        return false;
    };
    let rest = if prefix.ends_with('r') { rest.trim_start_matches('#') } else { rest };
    rest.starts_with('"')
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match text.as_bytes().get(at..at + 2) {
            Some(b"/*") => depth += 1,
            Some(b"*/") => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// A character in quotes; a lifetime has no second quote.
fn character(text: &str) -> Option<usize> {
    let mut inside = text.char_indices().skip(1);
    let (_, first) = inside.next()?;
    if first == '\\' {
        return Some(1 + escaped(&text[1..], '\''));
    }
    let (at, second) = inside.next()?;
    (second == '\'').then_some(at + 1)
}

/// How far it is to behind the closing quote, past everything that a backslash protects.
fn escaped(text: &str, quote: char) -> usize {
    let mut protected = false;
    for (at, character) in text.char_indices() {
        if !protected && character == quote {
            return at + 1;
        }
        protected = !protected && character == '\\';
    }
    text.len()
}

fn visible(text: &str, first: char) -> usize {
    if text.starts_with("::") {
        return 2;
    }
    let is_part = |part: char| part == '_' || part.is_alphanumeric();
    let raw = if text.starts_with("r#") { 2 } else { 0 };
    let word = text[raw..].find(|part| !is_part(part)).unwrap_or(text.len() - raw);
    if is_part(first) && word > 0 { raw + word } else { first.len_utf8() }
}
