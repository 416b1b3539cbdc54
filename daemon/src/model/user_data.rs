//! What the user wants done at first boot.

use super::{Error, Result};

/// A script or cloud-config of at most 16 KiB.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserData(String);

impl UserData {
    /// The limit of EC2 and Lightsail, in bytes.
    pub const MAX: usize = 16 * 1024;

    /// Accepts user data up to the limit.
    pub fn parse(text: String) -> Result<Self> {
        if text.len() > Self::MAX {
            let message =
                format!("User data has {} bytes; the limit is {} bytes (16 KiB)", text.len(), Self::MAX);
            return Err(Error::invalid("userData", message).tip("let the script fetch the rest"));
        }
        if text.contains('\0') {
            return Err(Error::invalid("userData", "User data must be text: it holds a NUL byte"));
        }
        Ok(Self(text))
    }

    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
