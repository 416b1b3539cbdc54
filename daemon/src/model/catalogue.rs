//! What can be launched.

use std::collections::BTreeMap;

use super::{Blueprint, Bundle, CpuShare, Error, Kind, Result};

/// Blueprints and bundles, as the catalogue files describe them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// In the order of their ids.
    pub blueprints: Vec<Blueprint>,
    /// Smallest first.
    pub bundles: Vec<Bundle>,
}

impl Catalogue {
    /// The active blueprint with that id.
    pub fn blueprint(&self, id: &str) -> Result<&Blueprint> {
        let active = || self.blueprints.iter().filter(|blueprint| blueprint.active);
        active().find(|blueprint| blueprint.id == id).ok_or_else(|| {
            unknown("blueprintId", "blueprint", id, active().map(|blueprint| blueprint.id.as_str()))
        })
    }

    /// The active bundle with that id.
    pub fn bundle(&self, id: &str) -> Result<&Bundle> {
        let active = || self.bundles.iter().filter(|bundle| bundle.active);
        active()
            .find(|bundle| bundle.id == id)
            .ok_or_else(|| unknown("bundleId", "bundle", id, active().map(|bundle| bundle.id.as_str())))
    }

    /// The baselines of the plans that have one, by the plans' ids. Those that are not active any more are among them: there may
    /// be instances of them.
    pub fn cpu_baselines(&self) -> BTreeMap<String, CpuShare> {
        let baseline = |bundle: &Bundle| Some((bundle.id.clone(), bundle.cpu_baseline?));
        self.bundles.iter().filter_map(baseline).collect()
    }
}

fn unknown<'a>(field: &'static str, what: &str, id: &str, known: impl Iterator<Item = &'a str>) -> Error {
    let shown = super::shown(id);
    Error {
        field: Some(field),
        ..Error::new(Kind::InvalidInput, "InvalidParameter", format!("Unknown {what}: {shown}"))
    }
    .tip(format!("choose one of: {}", known.collect::<Vec<_>>().join(", ")))
}
