//! Verbs on base images, and what brings an image that a launch is waiting for.

mod bake_image;
mod course;
mod export_image;
mod find_image;
mod import_image;
mod list_images;
mod prune_images;
mod pull_image;
mod recipe;
mod remove_image;
mod supply;
mod verify_image;

pub(super) use self::{course::begin, supply::Supplies};
pub use self::{
    course::{Course, SupplyMoment},
    import_image::ImportRequest,
    list_images::{ImageInUse, ImageList, MissingImage},
};

use crate::model::{Error, Result};

/// Only who may see everybody's resources may change what all share.
fn only_admins(verbs: &super::Verbs, caller: &crate::model::Caller, what: &str) -> Result<()> {
    if caller.admin || verbs.policy.access == crate::model::Access::Shared {
        return Ok(());
    }
    let message = format!("Images are everybody's: only an administrator may {what}");
    Err(Error::new(crate::model::Kind::AccessDenied, "AccessDenied", message).tip("ask who runs this host"))
}
