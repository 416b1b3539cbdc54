use sloop_proto::v1::{self as wire, catalogue_server::Catalogue};
use tonic::{Request, Response, Status};

use super::{Door, convert, failure::status};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Catalogue for Door {
    async fn get_regions(&self, request: Request<wire::GetRegionsRequest>) -> Answer<wire::GetRegionsResult> {
        let place = self.verbs.place();
        let zone =
            wire::AvailabilityZone { zone_name: Some(place.zone.clone()), state: Some("available".into()) };
        let zones = request.get_ref().include_availability_zones.unwrap_or_default();
        let region = wire::Region {
            continent_code: Some(continent(&place.region).into()),
            description: Some("This host".into()),
            display_name: Some("This host".into()),
            name: Some(convert::region(&place.region).into()),
            availability_zones: if zones { vec![zone] } else { Vec::new() },
            // Databases are not served.
            relational_database_availability_zones: Vec::new(),
        };
        Ok(Response::new(wire::GetRegionsResult { regions: vec![region] }))
    }

    async fn get_bundles(&self, request: Request<wire::GetBundlesRequest>) -> Answer<wire::GetBundlesResult> {
        let wire::GetBundlesRequest { include_inactive, page_token: _, app_category } = request.into_inner();
        // No bundle here is for an app category, so asking for one finds none.
        let bundles = if app_category.is_some() {
            Vec::new()
        } else {
            self.verbs
                .get_bundles(include_inactive.unwrap_or_default())
                .into_iter()
                .map(convert::bundle)
                .collect()
        };
        Ok(Response::new(wire::GetBundlesResult { bundles, next_page_token: None }))
    }

    async fn get_blueprints(
        &self,
        request: Request<wire::GetBlueprintsRequest>,
    ) -> Answer<wire::GetBlueprintsResult> {
        let wire::GetBlueprintsRequest { include_inactive, page_token, app_category } = request.into_inner();
        let page = self.verbs.get_blueprints(include_inactive.unwrap_or_default(), page_token.as_deref());
        let page = page.await.map_err(status)?;
        let blueprints = if app_category.is_some() {
            Vec::new()
        } else {
            page.items.into_iter().map(convert::blueprint).collect()
        };
        Ok(Response::new(wire::GetBlueprintsResult { blueprints, next_page_token: page.next }))
    }

    async fn get_active_names(
        &self,
        request: Request<wire::GetActiveNamesRequest>,
    ) -> Answer<wire::GetActiveNamesResult> {
        let caller = self.caller(&request).map_err(status)?;
        let names = self.verbs.get_active_names(&caller, request.get_ref().page_token.as_deref());
        let page = names.await.map_err(status)?;
        Ok(Response::new(wire::GetActiveNamesResult { active_names: page.items, next_page_token: page.next }))
    }
}

/// Lightsail's continent code for a region's name.
fn continent(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("eu") => "EU",
        Some("ap") => "AS",
        _ => "NA",
    }
}
