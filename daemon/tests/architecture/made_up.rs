//! The checker, held against sources with faults: a check that cannot fail proves nothing.

use crate::rules::faults;

/// The faults of a made-up file without the file's name.
fn found(file: &str, text: &str) -> Vec<String> {
    let prefix = format!("{file}:");
    let faults = faults(file, text).into_iter();
    faults.map(|fault| fault.trim_start_matches(&prefix).to_owned()).collect()
}

fn verb(text: &str) -> Vec<String> {
    found("verbs/launch.rs", &format!("{text}\nimpl Verbs {{}}\n"))
}

#[test]
fn a_forbidden_arrow_is_seen_however_it_is_written() {
    let arrow = "verbs → api (api::grpc::Door)";
    for (text, line) in [
        ("use crate::api::grpc::Door;", 1),
        ("use super::super::api::grpc::Door;", 1),
        ("use crate::{\n    model::Error,\n    api::{self as doors, grpc::Door},\n};", 3),
        ("fn f() {}\nfn g() { crate::api::grpc::Door; }", 2),
        ("type Door = Box<dyn crate::api::grpc::Door>;", 1),
        ("pub use crate::api::{grpc::{Door as Other}};", 1),
        ("mod tests {\n use super::super::super::api::grpc::Door;\n}", 2),
        ("mod tests { fn f() { if true { } } }\nuse super::super::api::grpc::Door;", 2),
    ] {
        let faults = verb(text);
        assert!(faults.contains(&format!("{line}: {arrow}")), "{text:?} gave {faults:?}");
    }
}

#[test]
fn allowed_arrows_are_no_faults() {
    for text in [
        "use crate::{engine::Engine, model::{self, Error}, ports::Store};",
        "use super::{Verbs, page::Page};",
        "mod tests { use super::*; use crate::testing; }",
        "// use crate::api::Door;\n/* use crate::api; /* crate::api::x */ crate::api::x */",
        "const A: &str = \"use crate::api::Door; \\\" crate::api::x\";",
        "const A: &str = r#\"crate::api::x \" crate::api::x\"#; const B: char = '\"'; const C: u8 = b'\\'';",
        "fn f<'a>(x: &'a str) -> impl Iterator + use<'a> { loop { break 'a } }",
    ] {
        assert_eq!(verb(text), [""; 0], "{text:?}");
    }
}

#[test]
fn each_room_has_its_own_arrows() {
    for (file, text, fault) in [
        ("model/disk.rs", "use crate::ports::Store;", "1: model → ports (ports::Store)"),
        ("ports/disk.rs", "use crate::engine::Engine;", "1: ports → engine (engine::Engine)"),
        ("engine/run.rs", "use crate::verbs::Verbs;", "1: engine → verbs (verbs::Verbs)"),
        ("simulated/mod.rs", "use crate::adapters::host;", "1: simulated → adapters (adapters::host)"),
        ("adapters/seed.rs", "use super::super::config;", "1: adapters → config (config)"),
        ("adapters/seed.rs", "use super::dhcp::x;", "1: adapters/seed → adapters/dhcp (adapters::dhcp::x)"),
        ("adapters/seed.rs", "use super::*;", "1: adapters/seed → adapters/* (adapters::*)"),
        ("config.rs", "use crate::wiring::Daemon;", "1: config → wiring (wiring::Daemon)"),
        ("socket.rs", "use crate::model::Error;", "1: socket → model (model::Error)"),
        ("main.rs", "use sloopd::verbs::Verbs;", "1: main → verbs (sloopd::verbs::Verbs)"),
        ("lib.rs", "pub use wiring::Daemon;", "1: lib → wiring (wiring::Daemon)"),
        ("testing.rs", "use crate::engine::Engine;", "1: testing → engine (engine::Engine)"),
        ("api/mod.rs", "use crate as all;", "1: api → the whole crate ()"),
        ("api/mod.rs", "use super::*;", "1: api → the whole crate (*)"),
    ] {
        assert_eq!(found(file, text), [fault], "{file}: {text}");
    }
}

#[test]
fn each_library_has_its_place() {
    for (file, text, fault) in [
        ("engine/mod.rs", "use lettre::Message;", "1: lettre outside adapters/notify (lettre::Message)"),
        ("verbs/mod.rs", "use tonic::Status;", "1: tonic outside api/grpc (tonic::Status)"),
        ("api/metadata.rs", "use tonic_types as t;", "1: tonic outside api/grpc (tonic_types)"),
        ("main.rs", "fn f() { sloop_proto::v1::X }", "1: sloop_proto outside api/grpc (sloop_proto::v1::X)"),
        (
            "engine/mod.rs",
            "#[derive(prost::Message)] struct A;",
            "1: prost outside api/grpc (prost::Message)",
        ),
        (
            "api/grpc/mod.rs",
            "use axum::Router;",
            "1: axum outside api/http and api/metadata and api/visitors (axum::Router)",
        ),
        (
            "adapters/keys.rs",
            "fn f() -> rusqlite::Row {}",
            "1: rusqlite outside adapters/metrics and adapters/sqlite (rusqlite::Row)",
        ),
        (
            "adapters/dhcp.rs",
            "use ::rtnetlink::new;",
            "1: rtnetlink outside adapters/netlink (rtnetlink::new)",
        ),
        (
            "adapters/seed.rs",
            "extern crate virt_sys;",
            "1: virt outside adapters/libvirt and adapters/ffi (virt_sys)",
        ),
    ] {
        assert_eq!(found(file, text), [fault], "{file}: {text}");
    }
    assert_eq!(found("adapters/ffi/libvirt.rs", "use virt_sys as sys;"), [""; 0]);
    assert_eq!(found("adapters/libvirt/xml.rs", "use virt::connect::Connect;"), [""; 0]);
}

#[test]
fn bans_are_seen_even_behind_a_shorter_name() {
    let runs = "adapters alone run programs";
    for (file, text, fault) in [
        (
            "engine/run.rs",
            "use std::process::Command;",
            format!("1: std::process::Command: {runs} (std::process::Command)"),
        ),
        (
            "engine/run.rs",
            "use std::{io, process};",
            format!("1: std::process::Command: {runs} (std::process)"),
        ),
        ("engine/run.rs", "use tokio::process::*;", format!("1: tokio::process: {runs} (tokio::process::*)")),
        ("ports/store.rs", "fn f() { std::fs::read(p) }", "1: std::fs: no I/O here (std::fs::read)".into()),
        (
            "model/name.rs",
            "use std::net::TcpStream;",
            "1: std::net::TcpStream: no I/O here (std::net::TcpStream)".into(),
        ),
        (
            "model/name.rs",
            "use tokio::sync::watch;",
            "1: tokio: the model waits for nothing (tokio::sync::watch)".into(),
        ),
        ("adapters/keys.rs", "\nunsafe fn f() {}", "2: `unsafe` outside adapters/ffi".into()),
        ("verbs/idle.rs", "", "1: a file of verbs without `impl Verbs`".into()),
    ] {
        assert_eq!(found(file, text), [fault], "{file}: {text}");
    }
    assert_eq!(found("main.rs", "fn main() -> std::process::ExitCode {}"), [""; 0]);
    assert_eq!(found("adapters/keys.rs", "use tokio::process::Command;"), [""; 0]);
    assert_eq!(found("model/name.rs", "use std::{fmt, net::Ipv4Addr};"), [""; 0]);
}

#[test]
fn a_long_file_is_seen() {
    assert_eq!(found("config.rs", &"\n".repeat(350)), [""; 0]);
    assert_eq!(found("config.rs", &"\n".repeat(351)), ["351: more than 350 lines"]);
}
