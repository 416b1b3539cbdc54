//! `sloop snapshot copy`.

use clap::Args;
use sloop_proto::v1::CopySnapshotRequest;

use super::auto::of::AutoOf;
use crate::commands::region;
use crate::commands::work::told;
use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::text;
use crate::wait::End;

/// Arguments of `copy`.
#[derive(Args, Debug)]
#[command(
    override_usage = "sloop snapshot copy [OPTIONS] SNAPSHOT NEW_NAME\n       \
                      sloop snapshot copy [OPTIONS] --auto-of NAME NEW_NAME",
    after_help = "\
Examples:
  sloop snapshot copy web-20261123-101500 before-upgrade
  sloop snapshot copy --auto-of web keep                     the latest automatic one
  sloop snapshot copy --auto-of web --date 2026-11-22 keep

An automatic snapshot gives way to newer ones in time; its copy stays."
)]
pub(crate) struct CopyArgs {
    /// Name of the snapshot that there is
    #[arg(required_unless_present = "auto_of", add = complete::snapshots())]
    snapshot: Option<String>,
    /// Name of the snapshot to make
    #[arg(required_unless_present = "auto_of")]
    new_name: Option<String>,
    #[command(flatten)]
    auto: AutoOf,
    #[command(flatten)]
    end: End,
}

impl CopyArgs {
    /// The name of the snapshot that there is, which an automatic one does not have, and that of the one to make. Of an
    /// automatic one, the latter comes first.
    fn names(&self) -> Result<(Option<String>, String), Failure> {
        match (&self.auto.auto_of, &self.snapshot, &self.new_name) {
            (None, Some(old), Some(new)) => Ok((Some(old.clone()), new.clone())),
            (Some(_), Some(new), None) => Ok((None, new.clone())),
            _ => Err(Failure::usage("--auto-of NAME stands in the place of a snapshot")
                .tip("sloop snapshot copy --auto-of NAME NEW_NAME")),
        }
    }

    /// What the copy holds.
    fn held(&self) -> String {
        match (&self.auto.auto_of, &self.auto.date) {
            (Some(source), Some(date)) => format!("what {source} held on {date}"),
            (Some(source), None) => format!("what {source} held at its latest automatic snapshot"),
            (None, _) => format!("what {} does", self.snapshot.as_deref().unwrap_or_default()),
        }
    }
}

/// Makes a snapshot of a snapshot.
pub(super) async fn run(session: &Session, output: &Output, args: CopyArgs) -> Outcome {
    let (source_snapshot_name, target_snapshot_name) = args.names()?;
    let (held, new) = (text::safe(&args.held()), text::safe(&target_snapshot_name));
    let request = CopySnapshotRequest {
        source_snapshot_name,
        use_latest_restorable_auto_snapshot: args.auto.latest(),
        source_resource_name: args.auto.auto_of,
        restore_date: args.auto.date,
        target_snapshot_name,
        source_region: region::home(session).await?,
    };
    let mut result = session.snapshots().copy_snapshot(request).await?.into_inner();
    args.end.finish(session, output, &mut result.operations).await?;
    output.answer("CopySnapshotResult", &result, || {
        told(&result.operations, &format!("{new} holds {held}"), &format!("{new} is being made"))
    })?;
    Ok(0)
}
