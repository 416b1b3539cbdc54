//! Lists of digests: `HASH  file` and `HASH *file` as GNU writes them, `SHA256 (file) = HASH` as BSD does.

use super::Digest;

/// A file and its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::adapters::images) struct Listed {
    /// The file's name.
    pub(in crate::adapters::images) name: String,
    /// Its digest.
    pub(in crate::adapters::images) digest: Digest,
}

/// The file that the pattern means: the highest name that matches, numbers compared as numbers. A list of one digest without
/// a name belongs to the only file there can be, one without a `*`.
pub(in crate::adapters::images) fn newest_match(list: &str, pattern: &str) -> Option<Listed> {
    if !pattern.contains('*')
        && let Some(digest) = Digest::parse(list)
    {
        return Some(Listed { name: pattern.to_owned(), digest });
    }
    let listed = list.lines().filter_map(line).filter(|listed| matches(&listed.name, pattern));
    listed.max_by(|a, b| natural(&a.name).cmp(&natural(&b.name)))
}

fn line(line: &str) -> Option<Listed> {
    let line = line.trim();
    let (name, digest) = match line.split_once(" = ") {
        Some((left, digest)) => {
            let (algorithm, rest) = left.split_once(" (")?;
            matches!(algorithm, "SHA256" | "SHA512").then_some(())?;
            (rest.strip_suffix(')')?, Digest::parse(digest)?)
        }
        None => {
            let (digest, name) = line.split_once(char::is_whitespace)?;
            (name.trim_start().trim_start_matches('*').trim_start_matches("./"), Digest::parse(digest)?)
        }
    };
    // A name, not a way: a list cannot lead out of its directory.
    let sound = !name.is_empty() && !name.contains(['/', '\\', '\0']) && name != ".." && name != ".";
    sound.then(|| Listed { name: name.to_owned(), digest })
}

/// Whether `*` in the pattern, at most one of them, stands for the rest of the name.
fn matches(name: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => name == pattern,
        Some((head, tail)) => {
            name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail)
        }
    }
}

/// A name in pieces that compare as people expect: 9 before 10.
fn natural(name: &str) -> Vec<(u128, String)> {
    let mut pieces = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let text_end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (text, tail) = rest.split_at(text_end);
        let number_end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let (number, tail) = tail.split_at(number_end);
        pieces.push((number.parse().unwrap_or(0), text.to_owned()));
        rest = tail;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    #[test]
    fn every_dialect_is_read() {
        for list in [
            format!("{B} *other\n{A} *disk.img\n"),
            format!("{A}  disk.img\n"),
            format!("{A}  ./disk.img"),
            format!("# disk.img: 1 bytes\nSHA256 (disk.img) = {A}\nSHA256 (other) = {B}"),
            A.to_uppercase(),
        ] {
            let found = newest_match(&list, "disk.img").expect("a digest");
            assert_eq!(found.digest.as_str(), A, "{list}");
        }
    }

    #[test]
    fn of_several_builds_the_newest_is_meant() {
        let list = format!("{A}  al-2.9.1-x.qcow2\n{B}  al-2.10.0-x.qcow2\n{A}  al-2.11.0-arm.qcow2");
        let found = newest_match(&list, "al-*-x.qcow2").expect("one");
        assert_eq!((found.name.as_str(), found.digest.as_str()), ("al-2.10.0-x.qcow2", B));
    }

    #[test]
    fn a_list_leads_nowhere_else() {
        for name in ["../disk.img", "/etc/passwd", "a/b", ".."] {
            assert_eq!(newest_match(&format!("{A}  {name}"), "*"), None, "{name}");
        }
        assert_eq!(newest_match("zz  disk.img\nMD5 (disk.img) = aa", "disk.img"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_borne(list in ".{0,300}", pattern in ".{0,20}") {
            let _ = newest_match(&list, &pattern);
        }
    }
}
