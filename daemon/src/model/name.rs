//! Resource names, by Lightsail's rule.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Error, Result};

/// A name that a user gave to a resource: 2 to 255 letters, digits, `-`, `_` and `.`, beginning and ending with a letter
/// or digit. It can hold no slash, no newline and no NUL, and it is still never used as a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceName(String);

const MAX: usize = 255;

impl ResourceName {
    /// Parses the member `field` of a request.
    pub fn parse(field: &'static str, text: &str) -> Result<Self> {
        let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let fits = (2..=MAX).contains(&text.len())
            && text.chars().all(inner)
            && edge(text.chars().next())
            && edge(text.chars().next_back());
        if fits { Ok(Self(text.to_owned())) } else { Err(refusal(field, text)) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a host name label: lower case, at most 63 characters, `-` for what a label cannot hold.
    pub fn host_name(&self) -> String {
        let label: String =
            self.0.chars().take(63).map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        label.trim_matches('-').to_ascii_lowercase()
    }
}

impl TryFrom<String> for ResourceName {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<ResourceName> for String {
    fn from(name: ResourceName) -> Self {
        name.0
    }
}

/// What somebody sent, fit for a message: it may be hostile, so a bounded, escaped piece of it.
#[must_use]
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_default).collect();
    if text.chars().count() > LONGEST {
        shown.push('…');
    }
    shown
}

fn refusal(field: &'static str, text: &str) -> Error {
    let shown = shown(text);
    Error::invalid(
        field,
        format!(
            "{shown} is not a valid resource name. Resource names must be at least 2 characters long and contain only \
             letters, digits, hyphens, underscores and periods, beginning and ending with a letter or digit."
        ),
    )
}

impl fmt::Display for ResourceName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl FromStr for ResourceName {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::parse("resourceName", text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_names_are_refused() {
        let long = "a".repeat(10_000);
        for name in ["", "a", "a/b", "../x", "a\nb", "a\0b", "-ab", "ab-", "a b", "ä2", "a;b", long.as_str()]
        {
            let error = ResourceName::parse("instanceName", name).expect_err(name);
            assert!(error.message.contains("is not a valid resource name"), "{error}");
            assert!(error.message.len() < 500 && !error.message.contains(['\n', '\0']), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_parsed_name_is_safe(text in "\\PC{0,300}") {
            if let Ok(name) = ResourceName::parse("instanceName", &text) {
                prop_assert_eq!(name.as_str(), text.as_str());
                prop_assert!(!name.as_str().contains(['/', '\0', '\n', ' ']));
            }
        }

        #[test]
        fn a_host_name_is_a_label(text in "[A-Za-z0-9][A-Za-z0-9._-]{0,253}[A-Za-z0-9]") {
            let label = ResourceName::parse("instanceName", &text).expect("fits the rule").host_name();
            prop_assert!((1..=63).contains(&label.len()));
            prop_assert!(label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
            prop_assert!(!label.starts_with('-') && !label.ends_with('-'));
        }
    }
}
