//! The paths that a file names, as seen from the crate's root.

use crate::source::{Token, tokens};

/// A path such as `crate::model::Error`, resolved, and the line that names it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// Without `crate`, `self` and `super` where they could be followed. `*` stands for all of a module.
    pub(crate) segments: Vec<String>,
    /// Whether the path begins in this crate, not in another.
    pub(crate) is_ours: bool,
    /// Whether a `use` names it, so that a shorter name may stand for what is inside.
    pub(crate) is_import: bool,
    pub(crate) line: usize,
}

/// All paths of more than one segment, and all imports. `module` is the file's own place, such as `["api", "grpc"]`.
pub(crate) fn paths(text: &str, module: &[&str]) -> Vec<Named> {
    let tokens = tokens(text);
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        module: module.iter().map(ToString::to_string).collect(),
        blocks: Vec::new(),
        found: Vec::new(),
    };
    while reader.at < tokens.len() {
        reader.step();
    }
    reader.found
}

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    module: Vec<String>,
    /// Open braces: whether each is that of a `mod`.
    blocks: Vec<bool>,
    found: Vec<Named>,
}

impl Reader<'_> {
    fn text(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", |token| token.text)
    }

    fn step(&mut self) {
        match (self.text(0), self.text(1), self.text(2)) {
            // `use<…>` says what a type captures.
            ("use", next, _) if next != "<" => {
                self.at += 1;
                self.tree(&[]);
            }
            ("extern", "crate", name) => {
                let name = vec![name.to_owned()];
                self.at += 3;
                self.import(name);
            }
            ("mod", name, "{") => {
                self.module.push(name.to_owned());
                self.blocks.push(true);
                self.at += 3;
            }
            ("{", _, _) => {
                self.blocks.push(false);
                self.at += 1;
            }
            ("}", _, _) => {
                if self.blocks.pop() == Some(true) {
                    self.module.pop();
                }
                self.at += 1;
            }
            _ if self.is_word() => self.plain(),
            _ => self.at += 1,
        }
    }

    fn is_word(&self) -> bool {
        self.tokens.get(self.at).is_some_and(Token::is_word)
    }

    /// A path in running code.
    fn plain(&mut self) {
        let mut segments = vec![self.text(0).to_owned()];
        let line = self.tokens[self.at].line;
        self.at += 1;
        while self.text(0) == "::" && self.tokens.get(self.at + 1).is_some_and(Token::is_word) {
            segments.push(self.text(1).to_owned());
            self.at += 2;
        }
        if segments.len() > 1 {
            self.add(segments, false, line);
        }
    }

    /// One branch of a `use`, below `stem`.
    fn tree(&mut self, stem: &[String]) {
        let mut segments = stem.to_vec();
        loop {
            match self.text(0) {
                "::" => self.at += 1,
                "{" => {
                    self.at += 1;
                    return self.branches(&segments);
                }
                "" | ";" | "," | "}" => return self.import(segments),
                "as" => {
                    self.import(segments);
                    self.at += 2;
                    return;
                }
                segment => {
                    segments.push(segment.to_owned());
                    self.at += 1;
                }
            }
        }
    }

    fn branches(&mut self, stem: &[String]) {
        loop {
            match self.text(0) {
                "" | ";" => return,
                "}" => {
                    self.at += 1;
                    return;
                }
                "," => self.at += 1,
                _ => self.tree(stem),
            }
        }
    }

    /// An import that ends just before the present token.
    fn import(&mut self, mut segments: Vec<String>) {
        // `{self as wire}` names the stem.
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        let line = self.tokens[self.at - 1].line;
        self.add(segments, true, line);
    }

    fn add(&mut self, segments: Vec<String>, is_import: bool, line: usize) {
        if segments.is_empty() {
            return;
        }
        let (segments, is_ours) = resolved(&self.module, segments);
        self.found.push(Named { segments, is_ours, is_import, line });
    }
}

fn resolved(module: &[String], segments: Vec<String>) -> (Vec<String>, bool) {
    let (mut place, rest) = match segments[0].as_str() {
        "crate" => (Vec::new(), &segments[1..]),
        "self" => (module.to_vec(), &segments[1..]),
        "super" => (module.to_vec(), &segments[..]),
        _ => return (segments, false),
    };
    let ups = rest.iter().take_while(|segment| *segment == "super").count();
    place.truncate(place.len().saturating_sub(ups));
    place.extend_from_slice(&rest[ups..]);
    (place, true)
}
