//! `sloop version`

use std::path::Path;

use serde_json::json;
use sloop_proto::v1::GetHostRequest;

use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::{Output, pretty, print};
use crate::text;

/// Prints the client's version and, where one answers, the daemon's.
pub(crate) async fn run(socket: &Path, output: &Output) -> Outcome {
    let client = env!("CARGO_PKG_VERSION");
    let daemon = daemon(socket).await;
    let known = daemon.as_ref().ok();
    if output.is_json() {
        print(&pretty(&json!({ "client": client, "daemon": known })))?;
    } else {
        print(&format!(
            "sloop   {client}\nsloopd  {}",
            known.map_or("unknown".to_owned(), |text| text::safe(text))
        ))?;
    }
    daemon.map(|_| 0)
}

async fn daemon(socket: &Path) -> Result<String, Failure> {
    let session = Session::open(socket).await?;
    Ok(session.host().get_host(GetHostRequest {}).await?.into_inner().version)
}
