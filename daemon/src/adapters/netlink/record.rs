//! Which ranges the host was prepared for, in a file: routes and addresses of another configuration are taken away again.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Netlink, Settings, host};
use crate::model::{Error, Result};

#[derive(Debug, Deserialize, PartialEq, Eq, Serialize)]
struct Ranges {
    private: String,
    public: String,
    ipv6: Option<String>,
}

impl Ranges {
    fn of(settings: &Settings) -> Self {
        Self {
            private: settings.private.to_string(),
            public: settings.public.to_string(),
            ipv6: settings.ipv6.map(|range| range.to_string()),
        }
    }

    /// The settings as they were; none where the file is from somewhere else.
    fn settings(&self, now: &Settings) -> Option<Settings> {
        let ipv6 = self.ipv6.as_deref().map(str::parse).transpose().ok()?;
        let (private, public) = (self.private.parse().ok()?, self.public.parse().ok()?);
        Some(Settings { private, public, ipv6, ..now.clone() })
    }
}

impl Netlink {
    /// Takes away what the host was prepared for by another configuration, and writes down what it is prepared for now.
    pub async fn follow_configuration(&self, record: &Path) -> Result<()> {
        self.leave_previous(record).await?;
        let cannot = |error: &dyn std::fmt::Display| {
            Error::internal(format!("cannot write {}: {error}", record.display()))
        };
        let text = serde_json::to_string(&Ranges::of(&self.settings)).map_err(|error| cannot(&error))?;
        std::fs::write(record, text).map_err(|error| cannot(&error))
    }

    /// Takes away what the host was prepared for by another configuration.
    pub(super) async fn leave_previous(&self, record: &Path) -> Result<()> {
        let text = std::fs::read_to_string(record).unwrap_or_default();
        let Ok(previous) = serde_json::from_str::<Ranges>(&text) else { return Ok(()) };
        if previous == Ranges::of(&self.settings) {
            return Ok(());
        }
        match previous.settings(&self.settings) {
            Some(settings) => super::limited(host::leave(&self.handle, &settings)).await,
            None => Ok(()),
        }
    }
}
