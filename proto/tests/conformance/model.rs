//! Botocore's model of Lightsail, as far as shapes go.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde_json::Value as Json;

/// The model, still in its own words, so that a test can break a copy of it.
#[derive(Clone)]
pub(crate) struct Model(pub(crate) Json);

/// What a member holds.
pub(crate) enum Shape<'a> {
    Plain(&'a str),
    Words(BTreeSet<&'a str>),
    List(&'a str),
    /// By text, to this.
    Map(&'a str),
    Structure(Structure<'a>),
}

/// A message of the model: each member with its shape's name, and those that must be there.
pub(crate) struct Structure<'a> {
    pub(crate) members: BTreeMap<&'a str, &'a str>,
    pub(crate) required: BTreeSet<&'a str>,
}

impl Model {
    /// Reads the model where `make test` puts it, or where `SLOOP_BOTOCORE` says.
    ///
    /// A model that is not there is a failure: a check that skips itself would look just like one that passes.
    pub(crate) fn load() -> Self {
        let path = std::env::var_os("SLOOP_BOTOCORE").map_or_else(fetched, PathBuf::from);
        let bytes = std::fs::read(&path).unwrap_or_else(|error| {
            panic!(
                "no Lightsail model at {}: {error}. Run tools/botocore.sh (or `make test`, which does), or set \
                 SLOOP_BOTOCORE to a service-2.json of botocore's lightsail/2016-11-28",
                path.display()
            )
        });
        Self(serde_json::from_slice(&bytes).expect("the model is JSON"))
    }

    /// The names of all operations, each with the shapes of its request and its result.
    pub(crate) fn operations(&self) -> BTreeMap<&str, (&str, &str)> {
        let entries = self.0["operations"].as_object().expect("the model has operations");
        entries
            .iter()
            .map(|(operation, told)| {
                (operation.as_str(), (name(&told["input"]["shape"]), name(&told["output"]["shape"])))
            })
            .collect()
    }

    /// The shape of that name.
    pub(crate) fn shape(&self, shape: &str) -> Shape<'_> {
        let told = &self.0["shapes"][shape];
        match name(&told["type"]) {
            "structure" => Shape::Structure(structure(told)),
            "list" => Shape::List(name(&told["member"]["shape"])),
            "map" => Shape::Map(name(&told["value"]["shape"])),
            "string" if told["enum"].is_array() => Shape::Words(names(&told["enum"])),
            plain => Shape::Plain(plain),
        }
    }
}

fn fetched() -> PathBuf {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    scratch.parent().unwrap_or(scratch).join("botocore/service-2.json")
}

fn structure(told: &Json) -> Structure<'_> {
    let members = told["members"].as_object().expect("a structure lists its members");
    Structure {
        members: members.iter().map(|(member, told)| (member.as_str(), name(&told["shape"]))).collect(),
        required: names(&told["required"]),
    }
}

fn names(list: &Json) -> BTreeSet<&str> {
    list.as_array().into_iter().flatten().map(name).collect()
}

fn name(told: &Json) -> &str {
    told.as_str().expect("the model names every shape and type")
}
