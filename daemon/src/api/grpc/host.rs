use sloop_proto::v1::{self as wire, host_server::Host};
use tonic::{Request, Response, Status};

use super::{Door, convert, failure::status};
use crate::{
    model::{Accelerator, Finding, Verdict},
    verbs::HostReport,
};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Host for Door {
    async fn get_host(&self, _: Request<wire::GetHostRequest>) -> Answer<wire::GetHostResult> {
        Ok(Response::new(report(self.verbs.get_host().await.map_err(status)?)))
    }

    async fn doctor(&self, request: Request<wire::DoctorRequest>) -> Answer<wire::DoctorResult> {
        let findings = if request.get_ref().storage.unwrap_or_default() {
            self.verbs.examine_storage().await
        } else {
            self.verbs.doctor().await
        };
        let findings = findings.into_iter().map(finding).collect();
        Ok(Response::new(wire::DoctorResult { findings }))
    }
}

fn report(report: HostReport) -> wire::GetHostResult {
    let accelerator = match report.hypervisor.accelerator {
        Accelerator::Kvm => wire::Accelerator::Kvm,
        Accelerator::Tcg => wire::Accelerator::Tcg,
        Accelerator::Simulated => wire::Accelerator::Simulated,
    };
    wire::GetHostResult {
        version: env!("CARGO_PKG_VERSION").into(),
        hypervisor: report.hypervisor.name,
        hypervisor_version: report.hypervisor.version,
        accelerator: accelerator.into(),
        accelerator_reason: report.hypervisor.reason,
        cpu_count: convert::signed(report.host.cpu_count),
        memory_bytes: report.host.memory_bytes,
        memory_promised_bytes: report.memory_promised,
        memory_available_bytes: report.memory_available,
        disk_free_bytes: report.disk_free,
        disk_headroom_bytes: report.disk_headroom,
        instance_count: convert::signed(report.instances),
        instance_quota: convert::signed(report.instance_quota),
        kernel: report.host.kernel,
    }
}

fn finding(finding: Finding) -> wire::Finding {
    let Finding { subject, verdict, detail, remedy } = finding;
    let verdict = match verdict {
        Verdict::Ok => wire::Verdict::Ok,
        Verdict::Warning => wire::Verdict::Warning,
        Verdict::Failed => wire::Verdict::Failed,
    };
    wire::Finding { subject, verdict: verdict.into(), detail, remedy }
}
