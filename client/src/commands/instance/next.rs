//! What comes after an instance is made.

use sloop_proto::v1::{GetInstanceRequest, Operation, OperationStatus};

use crate::connect::Session;
use crate::text;

/// What a person does next with each of the instances that were made.
pub(crate) async fn steps(
    session: &Session,
    operations: &[Operation],
    names: &[String],
    waited: bool,
) -> String {
    let mut steps = String::new();
    for operation in operations.iter().filter(|one| names.iter().any(|name| name == one.resource_name())) {
        let name = text::safe(operation.resource_name());
        let step = match operation.status() {
            OperationStatus::Failed => continue,
            _ if waited && operation.is_terminal() => {
                format!(
                    "{name} is at {}\n  log in: sloop ssh {name}\n",
                    address(session, operation.resource_name()).await
                )
            }
            _ => format!(
                "{name} is being made\n  follow: sloop operation watch {}\n",
                text::safe(operation.id())
            ),
        };
        steps.push_str(&step);
    }
    steps
}

async fn address(session: &Session, name: &str) -> String {
    let request = GetInstanceRequest { instance_name: name.to_owned(), ..GetInstanceRequest::default() };
    let answer = session.instances().get_instance(request).await.ok();
    let address = answer.and_then(|answer| answer.into_inner().instance?.public_ip_address);
    address.map_or_else(|| "an address yet unknown".to_owned(), |address| text::safe(&address))
}
