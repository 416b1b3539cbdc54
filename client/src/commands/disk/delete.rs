//! `sloop disk delete`.

use clap::Args;
use sloop_proto::v1::{DeleteDiskRequest, DeleteDiskResult};

use crate::commands::deletion::Deletion;
use crate::commands::snapshot::auto;
use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;

/// Arguments of `delete`.
#[derive(Args, Debug)]
pub(crate) struct DeleteArgs {
    /// Names of the disks
    #[arg(value_name = "NAME", required = true, add = complete::disks())]
    names: Vec<String>,
    #[command(flatten)]
    deletion: Deletion,
}

/// Deletes disks, after asking; each by itself, whatever becomes of the others.
pub(super) async fn run(session: &Session, output: &Output, args: DeleteArgs) -> Outcome {
    let (what, answer) = (auto::with_them(&args.names), |operations| DeleteDiskResult { operations });
    let deleted = args.deletion.run(
        (session, output),
        (args.names, &what),
        async |disk_name| {
            // Whoever said yes was told of them.
            let request = DeleteDiskRequest { disk_name, force_delete_add_ons: Some(true) };
            Ok(session.disks().delete_disk(request).await?.into_inner().operations)
        },
        ("DeleteDiskResult", answer),
    );
    deleted.await
}
