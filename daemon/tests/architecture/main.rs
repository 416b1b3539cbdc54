//! The rooms of the daemon, and who may know whom: ARCHITECTURE.md draws it, this test guards it.

mod made_up;
mod paths;
mod rules;
mod source;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    paths::paths,
    rules::{ROOMS, faults, room},
    source::tokens,
};

fn workspace() -> &'static Path {
    let daemon = Path::new(env!("CARGO_MANIFEST_DIR"));
    daemon.parent().expect("the daemon is a member of the workspace")
}

/// Every Rust file below a directory: its name as seen from there, and its text.
fn sources(dir: &Path) -> Vec<(String, String)> {
    let (mut found, mut waiting) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).expect("the sources are there") {
            let path = entry.expect("the directory can be listed").path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((name(dir, &path), fs::read_to_string(&path).expect("a source is text")));
            }
        }
    }
    found.sort();
    found
}

fn name(dir: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(dir).expect("the file is below the directory");
    inside.to_string_lossy().into_owned()
}

fn daemon() -> Vec<(String, String)> {
    sources(&workspace().join("daemon/src"))
}

#[test]
fn rooms_know_only_what_they_may() {
    let files = daemon();
    let found: Vec<String> = files.iter().flat_map(|(file, text)| faults(file, text)).collect();
    assert!(found.is_empty(), "{} faults in daemon/src:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_room_has_a_row_and_every_row_a_room() {
    let there: BTreeSet<String> = daemon().iter().map(|(file, _)| room(file).to_owned()).collect();
    let rows: BTreeSet<String> = ROOMS.iter().map(|(room, _)| (*room).to_owned()).collect();
    assert_eq!(there, rows, "a room is new or gone: say in rules.rs what it may name");
}

/// Were the reader blind, nothing would ever be at fault.
#[test]
fn the_reader_sees_what_wiring_names() {
    let files = daemon();
    let (_, text) = files.iter().find(|(file, _)| file == "wiring.rs").expect("there is a wiring.rs");
    let named = paths(text, &["wiring"]);
    for room in ["adapters", "api", "config", "engine", "ports", "simulated", "socket", "verbs"] {
        let is_seen =
            named.iter().any(|path| path.is_ours && path.segments.first().is_some_and(|first| first == room));
        assert!(is_seen, "wiring.rs names {room}, and it was not seen");
    }
}

#[test]
fn the_testing_room_is_for_tests_only() {
    let text = fs::read_to_string(workspace().join("daemon/src/lib.rs")).expect("there is a lib.rs");
    let words: Vec<&str> = tokens(&text).iter().map(|token| token.text).collect();
    let guarded = ["#", "[", "cfg", "(", "test", ")", "]", "mod", "testing", ";"];
    assert!(words.windows(guarded.len()).any(|window| window == guarded), "testing must be #[cfg(test)]");
}

#[test]
fn the_client_knows_only_the_contract() {
    let path = workspace().join("client/Cargo.toml");
    let manifest: toml::Table =
        fs::read_to_string(&path).expect("there is a client/Cargo.toml").parse().expect("it is TOML");
    assert_eq!(depends_on_daemon(&manifest), [""; 0], "{} depends on the daemon", path.display());
    for (file, text) in sources(&workspace().join("client/src")) {
        let lines: Vec<usize> = paths(&text, &["client"])
            .iter()
            .filter(|path| path.segments.first().is_some_and(|first| first == "sloopd"))
            .map(|path| path.line)
            .collect();
        assert!(lines.is_empty(), "client/src/{file} names sloopd in lines {lines:?}");
    }
}

/// The tables that bring the daemon into the program. Tests may start one.
fn depends_on_daemon(manifest: &toml::Table) -> Vec<String> {
    let mut found = Vec::new();
    for (key, table) in manifest {
        let Some(table) = table.as_table() else { continue };
        if key == "target" {
            let targets = table.values().filter_map(toml::Value::as_table);
            found.extend(targets.flat_map(depends_on_daemon));
        }
        let is_daemon = |(name, told): (&String, &toml::Value)| {
            let package = told.get("package").and_then(toml::Value::as_str);
            package.unwrap_or(name) == "sloopd"
        };
        if matches!(key.as_str(), "dependencies" | "build-dependencies") && table.iter().any(is_daemon) {
            found.push(key.clone());
        }
    }
    found
}

#[test]
fn a_dependency_on_the_daemon_is_seen() {
    for (text, tables) in [
        ("[dependencies]\nsloopd = '1'", vec!["dependencies"]),
        ("[build-dependencies]\nd = { package = 'sloopd', path = '.' }", vec!["build-dependencies"]),
        ("[target.'cfg(unix)'.dependencies]\nsloopd.workspace = true", vec!["dependencies"]),
        ("[dependencies]\nsloop-proto = '1'\n[dev-dependencies]\nsloopd = '1'", vec![]),
    ] {
        let manifest: toml::Table = text.parse().expect("it is TOML");
        assert_eq!(depends_on_daemon(&manifest), tables, "{text}");
    }
}

#[test]
fn the_map_shows_every_room() {
    let path: PathBuf = workspace().join("ARCHITECTURE.md");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{}: {error}: the rooms of daemon/src need their map", path.display())
    });
    let rooms = ROOMS.iter().map(|(room, _)| *room).filter(|room| !matches!(*room, "lib" | "main"));
    let missing: Vec<&str> = rooms.filter(|room| !shows(&text, room)).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md does not show {missing:?} (write `room`, room/ or room.rs)");
}

/// Whether the map names the room as a place, not as a word in passing.
fn shows(text: &str, room: &str) -> bool {
    text.match_indices(room).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + room.len()..]);
        let begins = !before.ends_with(|last: char| last == '_' || last.is_alphanumeric());
        let is_place = after.starts_with('/') || after.starts_with(".rs");
        begins && (is_place || (before.ends_with('`') && after.starts_with('`')))
    })
}

#[test]
fn a_word_in_passing_does_not_show_a_room() {
    assert!(
        shows("see `model`", "model") && shows("model/   types", "model") && shows("socket.rs", "socket")
    );
    assert!(!shows("a model of it", "model") && !shows("remodel/", "model"));
}
