//! Holds the contract against the model, member by member.

use std::collections::BTreeSet;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};
use sloop_proto::json::{POOL, required, word};

use crate::model::{Model, Shape};

/// What was found. A fault is one line, `path: what is wrong`, and the path begins with the model's name of the shape.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) served: BTreeSet<String>,
    pub(crate) beyond: BTreeSet<String>,
    pub(crate) faults: BTreeSet<String>,
}

/// Compares every operation that the contract serves with the model. Other calls must be named in `beyond`, as
/// `Service` or `Service.Call`, so that a misspelt operation is not taken for one of our own.
pub(crate) fn compare(model: &Model, beyond: &[&str]) -> Report {
    let mut walk = Walk { model, seen: BTreeSet::new(), report: Report::default() };
    for service in POOL.services() {
        for call in service.methods() {
            walk.call(&call, beyond);
        }
    }
    walk.report
}

/// What remains when every exception has excused exactly one fault: faults, and exceptions that excuse none.
pub(crate) fn unexcused(faults: &BTreeSet<String>, exceptions: &[(&str, &str)]) -> Vec<String> {
    let excused: BTreeSet<&str> = exceptions.iter().map(|(fault, _)| *fault).collect();
    let stale = excused.iter().filter(|fault| !faults.contains(**fault));
    faults
        .iter()
        .filter(|fault| !excused.contains(fault.as_str()))
        .cloned()
        .chain(stale.map(|fault| format!("the exception no longer applies: {fault}")))
        .collect()
}

struct Walk<'a> {
    model: &'a Model,
    seen: BTreeSet<(String, String)>,
    report: Report,
}

impl Walk<'_> {
    fn fault(&mut self, path: &str, what: &str) {
        self.report.faults.insert(format!("{path}: {what}"));
    }

    fn call(&mut self, call: &MethodDescriptor, beyond: &[&str]) {
        let service = call.parent_service().name().to_owned();
        let full = format!("{service}.{}", call.name());
        let ours = beyond.contains(&service.as_str()) || beyond.contains(&full.as_str());
        let operations = self.model.operations();
        match operations.get(call.name()) {
            Some(_) if ours => self.fault(&full, "listed as beyond Lightsail, but the model has it"),
            None if !ours => self.fault(&full, "neither an operation of the model nor listed as beyond it"),
            None => drop(self.report.beyond.insert(full)),
            Some((input, output)) => {
                if !self.report.served.insert(call.name().to_owned()) {
                    self.fault(&full, "served twice");
                }
                if call.is_client_streaming() || call.is_server_streaming() {
                    self.fault(&full, "streams, and Lightsail's operations do not");
                }
                self.message(&call.input(), input);
                self.message(&call.output(), output);
            }
        }
    }

    fn message(&mut self, message: &MessageDescriptor, shape: &str) {
        let pair = (message.full_name().to_owned(), shape.to_owned());
        if !self.seen.insert(pair) {
            return;
        }
        let Shape::Structure(structure) = self.model.shape(shape) else {
            return self.fault(shape, "a message in the contract, not a structure in the model");
        };
        self.named(shape, message.name());
        for field in message.fields() {
            let (path, json) = (format!("{shape}.{}", field.json_name()), field.json_name());
            match structure.members.get(json) {
                Some(held) => self.member(&path, &field, held, structure.required.contains(json)),
                None => self.fault(&path, "a member that the model lacks"),
            }
        }
        for member in structure.members.keys() {
            if !message.fields().any(|field| field.json_name() == *member) {
                self.fault(&format!("{shape}.{member}"), "a member that the contract lacks");
            }
        }
    }

    fn named(&mut self, shape: &str, name: &str) {
        if name != shape {
            self.fault(shape, &format!("called {name} in the contract"));
        }
    }

    fn member(&mut self, path: &str, field: &FieldDescriptor, shape: &str, is_required: bool) {
        match (required(field), is_required) {
            (true, false) => self.fault(path, "required in the contract, not in the model"),
            (false, true) => self.fault(path, "required in the model, not in the contract"),
            _ => {}
        }
        if let Shape::Map(value) = self.model.shape(shape) {
            return self.map(path, field, value);
        }
        match (self.model.shape(shape), field.is_list()) {
            (Shape::List(item), true) => self.kind(path, &field.kind(), item),
            (Shape::List(_), false) => self.fault(path, "a list in the model, not in the contract"),
            (_, true) => self.fault(path, "a list in the contract, not in the model"),
            (_, false) => {
                // Absent and zero differ on the wire; a required member cannot be absent.
                if !is_required && !field.supports_presence() {
                    self.fault(path, "needs `optional`: the model lets it be absent");
                }
                self.kind(path, &field.kind(), shape);
            }
        }
    }

    /// A map of lists: a map of this contract cannot hold a list, so each is in a message with nothing else.
    fn map(&mut self, path: &str, field: &FieldDescriptor, value: &str) {
        let entry = field
            .kind()
            .as_message()
            .filter(|_| field.is_map())
            .map(MessageDescriptor::map_entry_value_field);
        let holder = entry.and_then(|entry| entry.kind().as_message().cloned());
        let fields: Vec<_> = holder.iter().flat_map(MessageDescriptor::fields).collect();
        match (self.model.shape(value), fields.as_slice()) {
            (Shape::List(item), [list]) if list.is_list() => self.kind(path, &list.kind(), item),
            _ => self.fault(path, "a map of lists in the model, not in the contract"),
        }
    }

    fn kind(&mut self, path: &str, kind: &Kind, shape: &str) {
        match (self.model.shape(shape), kind) {
            (Shape::Structure(_), Kind::Message(message)) if !is_timestamp(message) => {
                self.message(message, shape);
            }
            (Shape::Words(words), Kind::Enum(descriptor)) => self.words(shape, descriptor, &words),
            (Shape::Plain(plain), kind) if plain == plain_word(kind) => {}
            (told, kind) => {
                let what = format!("{} in the model, {kind:?} in the contract", told.noun());
                self.fault(path, &what);
            }
        }
    }

    fn words(&mut self, shape: &str, descriptor: &EnumDescriptor, words: &BTreeSet<&str>) {
        self.named(shape, descriptor.name());
        let mut ours = BTreeSet::new();
        for value in descriptor.values() {
            match word(descriptor, value.number()) {
                // Zero is protobuf's word for "nobody said", which Lightsail has no word for.
                None if value.number() == 0 => {}
                None => self.fault(&format!("{shape}.{}", value.name()), "a value with no word"),
                Some(word) if !words.contains(word.as_str()) => {
                    self.fault(&format!("{shape}.{word}"), "a word that the model lacks");
                }
                Some(word) if !ours.insert(word.clone()) => {
                    self.fault(&format!("{shape}.{word}"), "a word given twice");
                }
                Some(_) => {}
            }
        }
        for word in words.iter().filter(|word| !ours.contains(**word)) {
            self.fault(&format!("{shape}.{word}"), "a word that the contract lacks");
        }
    }
}

impl Shape<'_> {
    fn noun(&self) -> &str {
        match self {
            Self::Plain(plain) => plain,
            Self::Words(_) => "enum",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Structure(_) => "structure",
        }
    }
}

fn is_timestamp(message: &MessageDescriptor) -> bool {
    message.full_name() == "google.protobuf.Timestamp"
}

/// The model's word for a kind that is neither an enum nor a message of our own.
fn plain_word(kind: &Kind) -> &'static str {
    match kind {
        Kind::String => "string",
        Kind::Int32 => "integer",
        Kind::Int64 => "long",
        Kind::Float => "float",
        Kind::Double => "double",
        Kind::Bool => "boolean",
        Kind::Bytes => "blob",
        Kind::Message(message) if is_timestamp(message) => "timestamp",
        _ => "nothing that Lightsail has",
    }
}
