use super::{Page, Verbs};
use crate::model::{Blueprint, Bundle, Result};

impl Verbs {
    /// The blueprints on offer.
    pub fn get_blueprints(&self, inactive: bool, token: Option<&str>) -> Result<Page<Blueprint>> {
        let all = self
            .catalogue
            .blueprints
            .iter()
            .filter(|blueprint| inactive || blueprint.active)
            .cloned()
            .collect();
        Page::by_name(all, |blueprint| &blueprint.id, token)
    }

    /// The plans on offer, smallest first. They always fit on one page.
    pub fn get_bundles(&self, inactive: bool) -> Vec<Bundle> {
        self.catalogue.bundles.iter().filter(|bundle| inactive || bundle.active).cloned().collect()
    }
}
