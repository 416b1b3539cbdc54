use super::{Page, Verbs};
use crate::model::{Blueprint, Bundle, Result};

impl Verbs {
    /// The blueprints on offer.
    pub async fn get_blueprints(&self, inactive: bool, token: Option<&str>) -> Result<Page<Blueprint>> {
        let own = self.ports.images.own().await?;
        let blueprints = self.catalogue.blueprints.iter().cloned().chain(own);
        let mut all: Vec<_> = blueprints.filter(|blueprint| inactive || blueprint.active).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        Page::by_name(all, |blueprint| &blueprint.id, token)
    }

    /// The plans on offer, smallest first. They always fit on one page.
    pub fn get_bundles(&self, inactive: bool) -> Vec<Bundle> {
        self.catalogue.bundles.iter().filter(|bundle| inactive || bundle.active).cloned().collect()
    }
}
