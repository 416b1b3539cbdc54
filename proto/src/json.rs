//! Any message of the contract as JSON in Lightsail's dress: its member names, its words for enum values, and absent
//! members left out.

use std::{borrow::Cow, sync::LazyLock};

use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, ExtensionDescriptor, FieldDescriptor, Kind, MapKey,
    ReflectMessage, Value,
};
use serde_json::{Map, Number, Value as Json};

/// How instants are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// RFC 3339 text, as the AWS command line prints them.
    Text,
    /// Seconds since the epoch with their fraction, as the Lightsail wire protocol carries them.
    Epoch,
}

/// The descriptors of every message, with the extensions that say what the Lightsail model says of a member.
pub static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    // The bytes are made by this crate's own build script; a set that does not decode is a build that went wrong.
    #[allow(clippy::expect_used)]
    DescriptorPool::decode(crate::DESCRIPTORS).expect("the embedded descriptors decode")
});

/// Renders `message`, whose full protobuf name is `sloop.v1.<name>`.
///
/// Gives `null` for a name that the contract does not hold.
pub fn render<M: Message>(name: &str, message: &M, time: Time) -> Json {
    let Some(descriptor) = POOL.get_message_by_name(&format!("sloop.v1.{name}")) else {
        return Json::Null;
    };
    match DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()) {
        Ok(dynamic) => object(&dynamic, time),
        Err(_) => Json::Null,
    }
}

/// The word that Lightsail uses for an enum value, where the contract records one.
pub fn word(descriptor: &EnumDescriptor, number: i32) -> Option<String> {
    let value = descriptor.get_value(number)?;
    let extension = extension("sloop.v1.word")?;
    let options = value.options();
    options
        .has_extension(&extension)
        .then(|| options.get_extension(&extension).as_str().map(str::to_owned))?
}

/// Whether the Lightsail model marks the member as required.
pub fn required(field: &FieldDescriptor) -> bool {
    extension("sloop.v1.required")
        .is_some_and(|ext| field.options().get_extension(&ext).as_bool().unwrap_or_default())
}

fn extension(name: &str) -> Option<ExtensionDescriptor> {
    POOL.get_extension_by_name(name)
}

fn object(message: &DynamicMessage, time: Time) -> Json {
    if message.descriptor().full_name() == "google.protobuf.Timestamp" {
        return instant(message, time);
    }
    if message.descriptor().full_name() == "google.protobuf.Duration" {
        return span(message);
    }
    let mut members = Map::new();
    for field in message.descriptor().fields() {
        if field.supports_presence() && !message.has_field(&field) {
            continue;
        }
        members.insert(field.json_name().to_owned(), value(&field.kind(), &message.get_field(&field), time));
    }
    Json::Object(members)
}

fn value(kind: &Kind, value: &Value, time: Time) -> Json {
    match value {
        Value::Bool(flag) => Json::Bool(*flag),
        Value::I32(number) => Json::from(*number),
        Value::I64(number) => Json::from(*number),
        Value::U32(number) => Json::from(*number),
        Value::U64(number) => Json::from(*number),
        // Through text, so that a plan's 0.1 does not become 0.10000000149011612.
        Value::F32(number) => number.to_string().parse::<f64>().map_or(Json::Null, real),
        Value::F64(number) => real(*number),
        Value::String(text) => Json::String(text.clone()),
        Value::Bytes(bytes) => Json::String(String::from_utf8_lossy(bytes).into_owned()),
        Value::EnumNumber(number) => named(kind, *number),
        Value::Message(message) => object(message, time),
        Value::List(items) => Json::Array(items.iter().map(|item| self::value(kind, item, time)).collect()),
        Value::Map(entries) => Json::Object(
            entries
                .iter()
                .map(|(key, item)| (key_text(key), self::value(&value_kind(kind), item, time)))
                .collect(),
        ),
    }
}

/// JSON's keys are text.
fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(flag) => flag.to_string(),
        MapKey::I32(number) => number.to_string(),
        MapKey::I64(number) => number.to_string(),
        MapKey::U32(number) => number.to_string(),
        MapKey::U64(number) => number.to_string(),
        MapKey::String(text) => text.clone(),
    }
}

/// What a map leads to.
fn value_kind(map: &Kind) -> Kind {
    map.as_message()
        .filter(|entry| entry.is_map_entry())
        .map_or(Kind::String, |entry| entry.map_entry_value_field().kind())
}

fn real(number: f64) -> Json {
    Number::from_f64(number).map_or(Json::Null, Json::Number)
}

fn named(kind: &Kind, number: i32) -> Json {
    let Kind::Enum(descriptor) = kind else {
        return Json::from(number);
    };
    if let Some(word) = word(descriptor, number) {
        return Json::String(word);
    }
    descriptor
        .get_value(number)
        .map_or_else(|| Json::from(number), |value| Json::String(value.name().to_owned()))
}

/// Seconds and nanoseconds of an instant or a span.
fn parts(message: &DynamicMessage) -> (i64, i32) {
    let part = |name| message.get_field_by_name(name).map(Cow::into_owned);
    let seconds = part("seconds").and_then(|value| value.as_i64()).unwrap_or_default();
    (seconds, part("nanos").and_then(|value| value.as_i32()).unwrap_or_default())
}

/// As protobuf writes it, such as `1.500s`.
fn span(message: &DynamicMessage) -> Json {
    let (seconds, nanos) = parts(message);
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    let millis = nanos.unsigned_abs() / 1_000_000;
    Json::String(format!("{sign}{}.{millis:03}s", seconds.unsigned_abs()))
}

fn instant(message: &DynamicMessage, time: Time) -> Json {
    let (seconds, nanos) = parts(message);
    let Ok(instant) = jiff::Timestamp::new(seconds, nanos) else {
        return Json::Null;
    };
    match time {
        Time::Text => Json::String(instant.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()),
        #[allow(clippy::cast_precision_loss)] // Milliseconds of this millennium fit a double many times over.
        Time::Epoch => real(instant.as_millisecond() as f64 / 1000.0),
    }
}
