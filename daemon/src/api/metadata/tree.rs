//! A tree of named texts: how a path through it is followed and how a directory is listed. Pure.

/// A text, or a directory of more.
#[derive(Debug)]
pub(super) enum Node {
    /// What is answered.
    Leaf(String),
    /// What is inside, by name.
    Dir(Vec<Entry>),
}

/// A node and its name.
#[derive(Debug)]
pub(super) struct Entry {
    /// What a path calls it.
    name: String,
    /// What a listing calls it, where that is something else.
    shown: Option<String>,
    node: Node,
}

/// A text.
pub(super) fn leaf(name: &str, text: impl Into<String>) -> Entry {
    Entry { name: name.to_owned(), shown: None, node: Node::Leaf(text.into()) }
}

/// A directory.
pub(super) fn dir(name: &str, entries: Vec<Entry>) -> Entry {
    Entry { name: name.to_owned(), shown: None, node: Node::dir(entries) }
}

impl Entry {
    /// The same entry, called `shown` in listings.
    pub(super) fn listed_as(mut self, shown: impl Into<String>) -> Self {
        self.shown = Some(shown.into());
        self
    }

    fn line(&self) -> String {
        match (&self.shown, &self.node) {
            (Some(shown), _) => shown.clone(),
            (None, Node::Dir(_)) => format!("{}/", self.name),
            (None, Node::Leaf(_)) => self.name.clone(),
        }
    }
}

impl Node {
    /// A directory, sorted by name.
    pub(super) fn dir(mut entries: Vec<Entry>) -> Self {
        entries.sort_by(|one, two| one.name.cmp(&two.name));
        Self::Dir(entries)
    }

    /// The text, or the listing: an entry a line, directories with a slash, no newline at the end.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Leaf(text) => text.clone(),
            Self::Dir(entries) => entries.iter().map(Entry::line).collect::<Vec<_>>().join("\n"),
        }
    }

    /// What is at the path. Several slashes count as one, and those at the end count for nothing.
    pub(super) fn find(&self, path: &str) -> Option<&Self> {
        let inside = path.trim_start_matches('/');
        let Self::Dir(entries) = self else {
            return inside.is_empty().then_some(self);
        };
        let named = |name: &str| entries.iter().find(|entry| entry.name == name).map(|entry| &entry.node);
        // The key of a tag may hold slashes anywhere, so the whole rest may be one name.
        if let Some(node) = named(path).or_else(|| named(inside)) {
            return Some(node);
        }
        if inside.is_empty() {
            return Some(self);
        }
        let (first, rest) = inside.split_once('/').unwrap_or((inside, ""));
        named(first).and_then(|node| node.find(rest)).or_else(|| named(inside.trim_end_matches('/')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Node {
        let tags = vec![leaf("a", "1"), leaf("a/b", "2"), leaf("a//b/", "3"), leaf("/", "4")];
        Node::dir(vec![
            leaf("id", "x"),
            dir("tags", tags),
            dir("keys", vec![dir("0", vec![leaf("key", "k")]).listed_as("0=me")]),
        ])
    }

    fn at(path: &str) -> Option<String> {
        sample().find(path).map(Node::text)
    }

    #[test]
    fn directories_are_listed_by_name() {
        assert_eq!(at("").as_deref(), Some("id\nkeys/\ntags/"));
        assert_eq!(at("keys").as_deref(), Some("0=me"));
        assert_eq!(at("/keys//0/").as_deref(), Some("key"));
    }

    #[test]
    fn slashes_do_not_matter() {
        for path in ["id", "/id", "//id", "id/", "//id///"] {
            assert_eq!(at(path).as_deref(), Some("x"), "{path}");
        }
        assert_eq!(at("//"), at(""));
    }

    #[test]
    fn a_text_holds_nothing_else() {
        for path in ["id/x", "id/.", "id/..", "..", "../id", "keys/0=me", "none", "keys/1/key"] {
            assert_eq!(at(path), None, "{path}");
        }
    }

    #[test]
    fn a_name_may_hold_slashes() {
        for (path, text) in [
            ("tags/a", "1"),
            ("tags/a/", "1"),
            ("tags//a", "1"),
            ("tags/a/b", "2"),
            ("tags/a/b/", "2"),
            ("tags/a//b/", "3"),
            ("tags//", "4"),
        ] {
            assert_eq!(at(path).as_deref(), Some(text), "{path}");
        }
        assert_eq!(at("tags/a/c"), None);
    }
}
