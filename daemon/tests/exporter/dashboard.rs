//! The dashboard in docs/grafana asks for what is exported, and for nothing else.

use std::collections::BTreeSet;

use serde_json::Value;
use sloopd::api::http::metrics::exposition;

use crate::{
    grammar::{Sample, read},
    made_up,
};

fn dashboard() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/grafana/sloop.json");
    let text = std::fs::read_to_string(path).expect("the dashboard is there");
    serde_json::from_str(&text).expect("it is JSON")
}

fn samples() -> Vec<Sample> {
    read(&exposition(made_up::report()).expect("written")).expect("sound")
}

/// Every text that stands under that key, however deep.
fn texts<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str().filter(|_| name == key) {
                    Some(text) => found.push(text),
                    None => texts(field, key, found),
                }
            }
        }
        Value::Array(values) => {
            for value in values {
                texts(value, key, found);
            }
        }
        _ => {}
    }
}

fn all(dashboard: &Value, keys: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for key in keys {
        texts(dashboard, key, &mut found);
    }
    found.into_iter().map(str::to_owned).collect()
}

/// What Prometheus is asked, by panels and for choices.
fn questions(dashboard: &Value) -> Vec<String> {
    all(dashboard, &["expr", "query"])
}

/// The names of metrics in a question, with what stands before each.
fn metrics(question: &str) -> Vec<(&str, &str)> {
    let is_part = |part: char| part == '_' || part.is_ascii_alphanumeric();
    let starts = question.match_indices("sloop_").map(|(at, _)| at);
    let named = starts.map(|at| {
        let (before, rest) = question.split_at(at);
        (before, &rest[..rest.find(|part| !is_part(part)).unwrap_or(rest.len())])
    });
    named.collect()
}

#[test]
fn every_metric_of_the_dashboard_is_exported_and_every_exported_one_is_on_it() {
    let samples = samples();
    let exported: BTreeSet<&str> = samples.iter().map(|sample| sample.name.as_str()).collect();
    let questions = questions(&dashboard());
    let asked: BTreeSet<&str> =
        questions.iter().flat_map(|question| metrics(question)).map(|(_, name)| name).collect();
    assert_eq!(asked, exported);
}

#[test]
fn counters_are_shown_as_rates_and_nothing_else_is() {
    let questions = questions(&dashboard());
    for (question, (before, name)) in questions
        .iter()
        .flat_map(|question| metrics(question).into_iter().map(move |found| (question, found)))
    {
        assert_eq!(name.ends_with("_total"), before.ends_with("rate("), "{name} in {question}");
    }
}

#[test]
fn legends_and_choices_use_labels_that_there_are() {
    let (dashboard, samples) = (dashboard(), samples());
    let labels = samples.iter().flat_map(|sample| sample.labels.keys().map(String::as_str));
    // Prometheus's own.
    let known: BTreeSet<&str> = labels.chain(["instance", "job"]).collect();
    let mut used = Vec::new();
    for legend in all(&dashboard, &["legendFormat"]) {
        let labels = legend.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
        used.extend(labels.map(|(label, _)| label.to_owned()));
    }
    for question in questions(&dashboard) {
        let is_part = |part: char| part == '_' || part.is_ascii_alphanumeric();
        let words = question.match_indices("=~").map(|(at, _)| &question[..at]);
        used.extend(
            words.filter_map(|before| before.rsplit(|part| !is_part(part)).next()).map(str::to_owned),
        );
    }
    assert!(used.len() > 20, "{used:?}");
    for label in used {
        assert!(known.contains(label.as_str()), "no such label: {label:?}");
    }
}

#[test]
fn panels_have_places_and_a_source_of_their_own() {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().expect("panels");
    let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
    for panel in panels {
        let title = panel["title"].as_str().expect("a title");
        assert!(ids.insert(panel["id"].as_u64().expect("a number")), "two have the number of {title}");
        let place = |side: &str| panel["gridPos"][side].as_u64().expect("a place");
        assert!(place("x") + place("w") <= 24, "{title} is beyond the edge");
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(cells.insert((x, y)), "{title} lies on another one");
            }
        }
        if panel["type"] != "row" {
            assert_eq!(panel["datasource"]["uid"], "${DS_PROMETHEUS}", "{title}");
            assert!(panel["targets"].as_array().is_some_and(|targets| !targets.is_empty()), "{title}");
        }
    }
    let variables = dashboard["templating"]["list"].as_array().expect("variables");
    let names: Vec<&str> = variables.iter().filter_map(|variable| variable["name"].as_str()).collect();
    assert_eq!(names, ["DS_PROMETHEUS", "host", "name"]);
}
