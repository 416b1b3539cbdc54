//! What the rooms may know of each other and of the world.

use crate::{
    paths::{Named, paths},
    source::tokens,
};

/// Every room, and the rooms that it may name. `testing` is built for tests only, so that any room may name it.
pub(crate) const ROOMS: &[(&str, &[&str])] = &[
    ("adapters", &["ports", "model"]),
    ("api", &["verbs", "engine", "model", "ports"]),
    ("config", &["model"]),
    ("engine", &["ports", "model"]),
    ("lib", &[]),
    ("main", &["config", "wiring"]),
    ("model", &[]),
    ("ports", &["model"]),
    ("simulated", &["ports", "model"]),
    ("socket", &[]),
    ("testing", &["model"]),
    ("verbs", &["engine", "model", "ports"]),
    ("wiring", &["adapters", "api", "config", "engine", "model", "ports", "simulated", "socket", "verbs"]),
];

/// Adapters that other adapters build on; `ffi` is there for all.
const SIBLINGS: &[(&str, &[&str])] =
    &[("images", &["disk"]), ("netlink", &["dhcp", "ra"]), ("volumes", &["disk", "images", "seed"])];

/// Libraries, with their families (`virt` stands for `virt_sys` too), and the only places that know them.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("axum", &["api/http", "api/metadata", "api/visitors"]),
    ("flate2", &["adapters/images"]),
    ("hickory", &["api/dns"]),
    ("lettre", &["adapters/notify"]),
    ("liblzma", &["adapters/images"]),
    ("netlink_sys", &["adapters/nftables"]),
    ("pco", &["adapters/metrics"]),
    ("pgp", &["adapters/images"]),
    ("prometheus", &["api/http/metrics"]),
    ("prost", &["api/grpc"]),
    ("reqwest", &["adapters/images", "adapters/notify"]),
    ("rtnetlink", &["adapters/netlink"]),
    ("rusqlite", &["adapters/metrics", "adapters/sqlite"]),
    ("sloop_proto", &["api/grpc"]),
    ("tonic", &["api/grpc"]),
    ("virt", &["adapters/libvirt", "adapters/ffi"]),
    ("zstd", &["adapters/images", "adapters/metrics"]),
];

/// What some rooms must not touch: the path, whether a room is one of those, and why.
type Ban = (&'static str, fn(&str) -> bool, &'static str);

const BANS: &[Ban] = &[
    ("std::process::Command", is_no_adapter, "adapters alone run programs"),
    ("tokio::process", is_no_adapter, "adapters alone run programs"),
    ("std::fs", is_pure, "no I/O here"),
    ("tokio::fs", is_pure, "no I/O here"),
    ("std::net::TcpListener", is_pure, "no I/O here"),
    ("std::net::TcpStream", is_pure, "no I/O here"),
    ("async_trait", is_model, "the model waits for nothing"),
    ("futures", is_model, "the model waits for nothing"),
    ("tokio", is_model, "the model waits for nothing"),
];

/// Files of `verbs` that are no verbs.
const NO_VERBS: &[&str] =
    &["verbs/mod.rs", "verbs/admission.rs", "verbs/images/course.rs", "verbs/images/mod.rs", "verbs/page.rs"];

const MOST_LINES: usize = 350;

/// All faults of one file, each as `file:line: what`. The file's name is as seen from `src`.
pub(crate) fn faults(file: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let names = module(file);
    for named in paths(text, &names) {
        for what in faults_of_path(file, &named) {
            found.push(format!("{file}:{}: {what}", named.line));
        }
    }
    for token in tokens(text) {
        if token.text == "unsafe" && !is_within(file, "adapters/ffi") {
            found.push(format!("{file}:{}: `unsafe` outside adapters/ffi", token.line));
        }
    }
    let lines = text.lines().count();
    if lines > MOST_LINES {
        found.push(format!("{file}:{lines}: more than {MOST_LINES} lines"));
    }
    if room(file) == "verbs" && !NO_VERBS.contains(&file) && !implements_verbs(text) {
        found.push(format!("{file}:1: a file of verbs without `impl Verbs`"));
    }
    found
}

/// `api/grpc/mod.rs` is the room `api`.
pub(crate) fn room(file: &str) -> &str {
    let first = file.split('/').next().unwrap_or(file);
    first.strip_suffix(".rs").unwrap_or(first)
}

fn module(file: &str) -> Vec<&str> {
    let mut names: Vec<&str> = file.strip_suffix(".rs").unwrap_or(file).split('/').collect();
    if matches!(names.last(), Some(&"mod" | &"lib" | &"main")) {
        names.pop();
    }
    names
}

fn faults_of_path(file: &str, named: &Named) -> Vec<String> {
    let segments: Vec<&str> = named.segments.iter().map(String::as_str).collect();
    let path = segments.join("::");
    let what = match (room(file), segments.as_slice()) {
        // Only the root can name a room without a prefix, and only the program names its library.
        ("lib", [first, ..]) if has_row(first) => arrow(file, &segments),
        ("main", ["sloopd", rest @ ..]) => arrow(file, rest),
        _ if named.is_ours => arrow(file, &segments),
        _ => return faults_of_library(file, &segments, named.is_import),
    };
    what.map(|what| format!("{what} ({path})")).into_iter().collect()
}

/// What is wrong with naming something of our own; the segments begin with the room.
fn arrow(file: &str, segments: &[&str]) -> Option<String> {
    let from = room(file);
    let (_, allowed) = ROOMS.iter().find(|(room, _)| *room == from)?;
    match segments.first() {
        None | Some(&"*") => Some(format!("{from} → the whole crate")),
        Some(&"testing") => None,
        Some(to) if *to == from => sibling(file, segments),
        Some(to) if allowed.contains(to) => None,
        Some(to) => Some(format!("{from} → {to}")),
    }
}

/// What is wrong with naming another adapter.
fn sibling(file: &str, segments: &[&str]) -> Option<String> {
    let [_, from, ..] = *module(file) else {
        return None;
    };
    let to = segments.get(1).copied().unwrap_or("*");
    let known = SIBLINGS.iter().find(|(adapter, _)| *adapter == from);
    let is_allowed = to == from || to == "ffi" || known.is_some_and(|(_, allowed)| allowed.contains(&to));
    (room(file) == "adapters" && !is_allowed).then(|| format!("adapters/{from} → adapters/{to}"))
}

fn faults_of_library(file: &str, segments: &[&str], is_import: bool) -> Vec<String> {
    let path = segments.join("::");
    let first = segments.first().copied().unwrap_or_default();
    let kept = LIBRARIES
        .iter()
        .filter(|(library, _)| first == *library || first.starts_with(&format!("{library}_")))
        .filter(|(_, places)| !places.iter().any(|place| is_within(file, place)))
        .map(|(library, places)| format!("{library} outside {} ({path})", places.join(" and ")));
    let banned = BANS
        .iter()
        .filter(|(ban, applies, _)| applies(room(file)) && reaches(segments, ban, is_import))
        .map(|(ban, _, why)| format!("{ban}: {why} ({path})"));
    kept.chain(banned).collect()
}

/// Whether the path leads to the banned one. The import of a module above it does too: it lends it a shorter name.
fn reaches(segments: &[&str], banned: &str, is_import: bool) -> bool {
    let banned: Vec<&str> = banned.split("::").collect();
    let known = segments.strip_suffix(&["*"]).unwrap_or(segments);
    known.starts_with(&banned) || (is_import && banned.starts_with(known))
}

fn implements_verbs(text: &str) -> bool {
    tokens(text).windows(2).any(|pair| pair[0].text == "impl" && pair[1].text == "Verbs")
}

fn is_within(file: &str, place: &str) -> bool {
    file.strip_prefix(place).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

fn has_row(name: &str) -> bool {
    ROOMS.iter().any(|(room, _)| *room == name)
}

fn is_no_adapter(room: &str) -> bool {
    room != "adapters"
}

fn is_pure(room: &str) -> bool {
    matches!(room, "model" | "ports")
}

fn is_model(room: &str) -> bool {
    room == "model"
}
