//! The table of images.

use std::path::PathBuf;

use serde::Deserialize;

use super::broken;
use crate::model::Result;

/// Images.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Images {
    /// Where base images are; `images` in the state directory when absent.
    pub dir: Option<PathBuf>,
    /// Where the catalogue files are.
    pub catalogue: PathBuf,
    /// Where downloads come from: `https://…`, or the absolute path of a directory, as of a USB stick. Empty: the publishers.
    pub mirror: String,
    /// Which images are removed by themselves, when a newer one comes.
    pub prune: PruneWord,
    /// The largest file that is taken in, packed or not, in GiB.
    pub largest_gb: u64,
    /// How long a mirror may send nothing, in seconds.
    pub stall_seconds: u64,
    /// An HTTP proxy for the packages that a bake fetches, such as `http://192.168.1.2:3142`; none when empty.
    pub package_proxy: String,
}

/// Which images are removed by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PruneWord {
    /// Those that a newer one has replaced, once no instance stands on them.
    Replaced,
    /// None.
    Never,
}

impl Default for Images {
    fn default() -> Self {
        Self {
            dir: None,
            catalogue: "/usr/share/sloop/images".into(),
            mirror: String::new(),
            prune: PruneWord::Replaced,
            largest_gb: 64,
            stall_seconds: 30,
            package_proxy: String::new(),
        }
    }
}

impl Images {
    /// What no single value shows.
    pub(super) fn check(&self) -> Result<()> {
        if self.largest_gb == 0 || self.largest_gb > 16_000 {
            return Err(broken("images.largest_gb must be between 1 and 16000".into()));
        }
        if self.stall_seconds == 0 {
            return Err(broken("images.stall_seconds must be at least 1".into()));
        }
        let proxy = &self.package_proxy;
        if !(proxy.is_empty() || proxy.starts_with("http://"))
            || proxy.contains(['"', '\n', '\'', '\\', ';', ' '])
        {
            return Err(broken(format!("images.package_proxy: {proxy:?} must be http://HOST:PORT")));
        }
        Ok(())
    }
}
