use std::pin::Pin;

use futures::{Stream, StreamExt as _};
use sloop_proto::v1::{self as wire, readiness_server::Readiness};
use tonic::{Request, Response, Status};

use super::{Door, failure::status};
use crate::{model::FirstBoot, verbs::ReadinessMoment};

#[tonic::async_trait]
impl Readiness for Door {
    type WatchReadinessStream =
        Pin<Box<dyn Stream<Item = Result<wire::WatchReadinessResult, Status>> + Send>>;

    async fn watch_readiness(
        &self,
        request: Request<wire::WatchReadinessRequest>,
    ) -> Result<Response<Self::WatchReadinessStream>, Status> {
        let caller = self.caller(&request).map_err(status)?;
        let watch =
            self.verbs.watch_readiness(&caller, &request.get_ref().instance_name).await.map_err(status)?;
        Ok(Response::new(Box::pin(watch.map(|moment| moment.map(fact).map_err(status)))))
    }
}

fn fact(moment: ReadinessMoment) -> wire::WatchReadinessResult {
    let ReadinessMoment { instance, readiness, console_line, halted } = moment;
    let (first_boot, first_boot_errors) = match instance.first_boot {
        FirstBoot::Pending => (wire::FirstBoot::Pending, Vec::new()),
        FirstBoot::Done => (wire::FirstBoot::Done, Vec::new()),
        FirstBoot::Failed(errors) => (wire::FirstBoot::Failed, errors),
    };
    wire::WatchReadinessResult {
        state: instance.status.word().into(),
        network_up: readiness.network_up,
        ssh_reachable: readiness.ssh_reachable,
        first_boot: first_boot.into(),
        first_boot_errors,
        console_line,
        halted,
    }
}
