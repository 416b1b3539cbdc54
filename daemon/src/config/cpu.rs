//! How much of the host's processors instances may have.

use serde::Deserialize;

/// How much of the host's processors instances may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CpuWord {
    /// What they can get.
    Unlimited,
    /// As at Lightsail: the baseline of their plans, and more for as long as they have saved it up.
    Burst,
}
