//! Labels on resources.

use std::collections::BTreeMap;

use super::{Error, Result};

/// Tags of one resource, by key. A key without a value has an empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(BTreeMap<String, String>);

const KEY_MAX: usize = 128;
const VALUE_MAX: usize = 256;

impl Tags {
    /// Tags as they were stored.
    pub fn stored(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// Adds or changes tags, or refuses them all.
    ///
    /// Keys have 1 to 128 characters, values at most 256, as AWS's tagging rules say, and control characters in neither.
    pub fn put(&mut self, pairs: Vec<(String, String)>, quota: usize) -> Result<()> {
        let mut next = self.0.clone();
        for (key, value) in pairs {
            let bad =
                |text: &str, max: usize| text.chars().count() > max || text.chars().any(char::is_control);
            if key.is_empty() || bad(&key, KEY_MAX) {
                return Err(Error::invalid(
                    "tags",
                    format!("A tag's key has 1 to {KEY_MAX} printable characters"),
                ));
            }
            if bad(&value, VALUE_MAX) {
                return Err(Error::invalid(
                    "tags",
                    format!("A tag's value has at most {VALUE_MAX} printable characters"),
                ));
            }
            next.insert(key, value);
        }
        if next.len() > quota {
            return Err(Error::invalid("tags", format!("A resource has at most {quota} tags")));
        }
        self.0 = next;
        Ok(())
    }

    /// Takes tags off; unknown keys are no fault.
    pub fn remove(&mut self, keys: &[String]) {
        self.0.retain(|key, _| !keys.contains(key));
    }

    /// All of them, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}
