//! A host with one fault, and its catalogue.

use sloop_proto::v1::catalogue_server::Catalogue;
use sloop_proto::v1::host_server::Host;
use sloop_proto::v1::*;
use tonic::Request;

use super::{Answer, Script, answer, beyond};

#[tonic::async_trait]
impl Host for Script {
    async fn get_host(&self, _: Request<GetHostRequest>) -> Answer<GetHostResult> {
        answer(GetHostResult {
            version: "9.9.9".into(),
            accelerator: Accelerator::Tcg.into(),
            accelerator_reason: "no /dev/kvm".into(),
            ..GetHostResult::default()
        })
    }

    async fn doctor(&self, _: Request<DoctorRequest>) -> Answer<DoctorResult> {
        let finding = |subject: &str, verdict: Verdict, remedy: &str| Finding {
            subject: subject.into(),
            verdict: verdict.into(),
            detail: "seen".into(),
            remedy: remedy.into(),
        };
        let findings =
            vec![finding("disk", Verdict::Ok, ""), finding("kvm", Verdict::Failed, "load the module")];
        answer(DoctorResult { findings })
    }
}

#[tonic::async_trait]
impl Catalogue for Script {
    async fn get_regions(&self, _: Request<GetRegionsRequest>) -> Answer<GetRegionsResult> {
        let zone = AvailabilityZone { zone_name: Some("us-east-1a".into()), state: Some("available".into()) };
        let name = Some(RegionName::UsEast1.into());
        answer(GetRegionsResult {
            regions: vec![Region { name, availability_zones: vec![zone], ..Region::default() }],
        })
    }

    async fn get_bundles(&self, _: Request<GetBundlesRequest>) -> Answer<GetBundlesResult> {
        beyond()
    }

    async fn get_blueprints(&self, _: Request<GetBlueprintsRequest>) -> Answer<GetBlueprintsResult> {
        beyond()
    }

    async fn get_active_names(&self, _: Request<GetActiveNamesRequest>) -> Answer<GetActiveNamesResult> {
        beyond()
    }
}
