//! What was measured, in graphs, in a table and for programs.

use std::io::Write as _;

use serde_json::Value as Json;

use crate::fake::Daemon;
use crate::terminal::{at_terminal, expect};
use crate::{run, sloop};

#[test]
fn a_graph_has_gaps_and_says_which_time_it_is_of() {
    let daemon = Daemon::start();
    let args = ["metrics", "web", "--last", "9m", "--period", "1m", "--metric", "cpuutilization"];
    let (code, out, err) = run(&mut sloop(&daemon.socket()), &args);
    let lines: Vec<_> = out.lines().collect();
    assert_eq!((code, &*err, lines.len()), (0, "", 6), "{out}");
    assert_eq!(lines[0], format!("CPUUtilization{:>66}", "90 %"));
    assert_eq!(lines[1], "100 % |                                                           ##############");
    assert_eq!(lines[4], "  0 % |________##############               ####################################");
    assert!(lines[5].starts_with("web: 20") && lines[5].ends_with("Z, a point for each 60s"), "{}", lines[5]);
    assert!(out.is_ascii());
    let (_, out, _) = run(sloop(&daemon.socket()).env("LC_ALL", "C.UTF-8"), &args);
    assert!(out.contains('⣿') && out.contains('│'), "{out}");
}

#[test]
fn the_usual_ones_are_shown_and_of_bursts_only_what_is_known() {
    let daemon = Daemon::start();
    let (code, out, _) = run(&mut sloop(&daemon.socket()), &["metrics", "web"]);
    assert_eq!(code, 0);
    let titles =
        ["CPUUtilization", "NetworkIn", "NetworkOut", "DiskReadBytes", "DiskWriteOps", "StatusCheckFailed"];
    assert!(titles.iter().all(|title| out.lines().any(|line| line.starts_with(title))), "{out}");
    assert!(out.contains("KiB/s") && !out.contains("BurstCapacityPercentage"), "{out}");
    let asked = ["metrics", "web", "--metric", "BurstCapacityPercentage"];
    let (_, out, _) = run(&mut sloop(&daemon.socket()), &asked);
    assert!(out.lines().next().is_some_and(|title| title.ends_with("no data")), "{out}");
    let (code, out, _) = run(&mut sloop(&daemon.socket()), &["metrics", "--host", "--last", "2w"]);
    assert!(code == 0 && out.contains("HostLoad") && out.contains("host: 20"), "{out}");
}

#[test]
fn json_is_what_lightsail_answers() {
    let daemon = Daemon::start();
    let args = ["metrics", "web", "--metric", "NetworkIn", "--metric", "CPUUtilization", "-o", "json"];
    let (code, out, _) = run(&mut sloop(&daemon.socket()), &args);
    let answer: Json = serde_json::from_str(&out).unwrap();
    let metrics = answer["metrics"].as_array().unwrap();
    assert_eq!((code, metrics.len()), (0, 2));
    assert_eq!(metrics[0]["metricName"], "NetworkIn");
    assert_eq!(metrics[1]["metricName"], "CPUUtilization");
    let point = &metrics[0]["metricData"][1];
    assert_eq!(
        (point["average"].to_string(), point["sum"].to_string()),
        ("10240.0".into(), "61440.0".into())
    );
    assert_eq!(point["unit"], "Bytes");
    assert!(point["timestamp"].as_str().is_some_and(|then| then.ends_with('Z')), "{point}");
    let (_, out, _) =
        run(&mut sloop(&daemon.socket()), &["metrics", "--host", "--metric", "HostLoad", "-o", "json"]);
    let answer: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["metrics"][0]["metricName"], "HostLoad");
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let daemon = Daemon::start();
    let metrics = |args: &[&str]| run(sloop(&daemon.socket()).arg("metrics"), args);
    assert_eq!(metrics(&["ghost"]).0, 3);
    for wrong in [
        &[][..],
        &["web", "--host"],
        &["web", "--metric", "Happiness"],
        &["web", "--metric", "HostLoad"],
        &["--host", "--metric", "NetworkIn"],
        &["web", "--last", "soon"],
        &["web", "--last", "0s"],
    ] {
        let (code, out, err) = metrics(wrong);
        assert_eq!((code, &*out), (2, ""), "{wrong:?}: {err}");
    }
    let (code, _, err) = metrics(&["web", "--period", "90s"]);
    assert!(code == 2 && err.contains("field: period"), "{err}");
    let (code, _, err) = metrics(&["web", "--watch"]);
    assert!(code == 2 && err.contains("--watch draws on a terminal"), "{err}");
    let (code, _, err) = metrics(&["web", "--watch", "-o", "json"]);
    assert!(code == 2 && err.contains("--watch is for people"), "{err}");
}

#[test]
fn a_watched_graph_ends_with_ctrl_c_and_gives_the_screen_back() {
    let daemon = Daemon::start();
    let (mut child, mut terminal) = at_terminal(&daemon, &["metrics", "web", "--watch"]);
    expect(&mut terminal, "\u{1b}[?1049h");
    let seen = expect(&mut terminal, "a point for each");
    assert!(seen.contains("CPUUtilization") && seen.contains("StatusCheckFailed"), "{seen}");
    terminal.write_all(b"x\x03").unwrap();
    expect(&mut terminal, "\u{1b}[?25h\u{1b}[?1049l");
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_is_refused_is_told_before_the_screen_is_taken() {
    let daemon = Daemon::start();
    let (mut child, mut terminal) = at_terminal(&daemon, &["metrics", "ghost", "--watch"]);
    let seen = expect(&mut terminal, "The Instance does not exist: ghost");
    assert!(!seen.contains("1049h"), "{seen}");
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn top_prints_once_where_there_is_no_terminal() {
    let daemon = Daemon::start();
    let (code, out, _) = run(&mut sloop(&daemon.socket()), &["top"]);
    let lines: Vec<_> = out.lines().collect();
    assert_eq!((code, lines.len()), (0, 5), "{out}");
    assert!(lines[0].starts_with("host: CPU 12 %, load -, "), "{out}");
    assert!(
        lines[3].starts_with("web") && lines[3].contains("37.5") && lines[3].contains("1.5 KiB"),
        "{out}"
    );
    assert!(lines[4].starts_with("db") && lines[4].contains("stopped"), "{out}");
    let (_, by_name, _) = run(&mut sloop(&daemon.socket()), &["top", "--once", "--sort", "name"]);
    assert!(by_name.lines().nth(3).is_some_and(|line| line.starts_with("db")), "{by_name}");
    let (_, out, _) = run(&mut sloop(&daemon.socket()), &["top", "-o", "json"]);
    let answer: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["instances"][1]["metrics"][1]["metricName"], "NetworkIn");
    assert_eq!(answer["host"][0]["unit"], "Percent");
}

#[test]
fn top_ends_with_q() {
    let daemon = Daemon::start();
    let (mut child, mut terminal) = at_terminal(&daemon, &["top"]);
    expect(&mut terminal, "\u{1b}[?1049h");
    expect(&mut terminal, "stopped");
    terminal.write_all(b"q").unwrap();
    expect(&mut terminal, "\u{1b}[?1049l");
    assert!(child.wait().unwrap().success());
    let (mut child, mut terminal) = at_terminal(&daemon, &["top", "--once"]);
    let seen = expect(&mut terminal, "stopped");
    assert!(!seen.contains("1049h"), "{seen}");
    assert!(child.wait().unwrap().success());
}
