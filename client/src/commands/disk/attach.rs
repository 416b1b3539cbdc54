//! `sloop disk attach`.

use clap::Args;
use sloop_proto::v1::{AttachDiskRequest, Disk, GetInstanceRequest};

use crate::commands::work::told;
use crate::complete;
use crate::connect::Session;
use crate::failure::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::text;
use crate::wait::End;

/// Arguments of `attach`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop disk attach data web
  sloop disk attach data web --path /dev/xvdg")]
pub(crate) struct AttachArgs {
    /// Name of the disk
    #[arg(add = complete::disks())]
    disk: String,
    /// Name of the instance
    #[arg(add = complete::instances())]
    instance: String,
    /// Path of the disk, /dev/xvdb to /dev/xvdz [default: the first that is free, from /dev/xvdf]
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    #[command(flatten)]
    end: End,
}

/// Hands a disk to an instance.
pub(super) async fn run(session: &Session, output: &Output, args: AttachArgs) -> Outcome {
    let disk_path = match args.path {
        Some(path) => path,
        None => free_path(session, &args.instance).await?,
    };
    let (disk, instance) = (text::safe(&args.disk), text::safe(&args.instance));
    let place = format!("{instance} as {}", text::safe(&disk_path));
    let request = AttachDiskRequest {
        disk_name: args.disk,
        instance_name: args.instance,
        disk_path,
        auto_mounting: None,
    };
    let mut result = session.disks().attach_disk(request).await?.into_inner();
    args.end.finish(session, output, &mut result.operations).await?;
    output.answer("AttachDiskResult", &result, || {
        let done = format!("{disk} is attached to {place}");
        told(&result.operations, &done, &format!("{disk} is being attached to {place}"))
    })?;
    Ok(0)
}

async fn free_path(session: &Session, name: &str) -> Result<String, Failure> {
    let request = GetInstanceRequest { instance_name: name.to_owned(), ..GetInstanceRequest::default() };
    let instance = session.instances().get_instance(request).await?.into_inner().instance;
    let disks = instance.and_then(|instance| instance.hardware).unwrap_or_default().disks;
    free(&disks).ok_or_else(|| {
        Failure::new(Exit::Conflict, format!("{name} has a disk at every path")).tip("sloop disk detach DISK")
    })
}

/// The first path that no disk has, in the order in which Lightsail's examples use them.
fn free(disks: &[Disk]) -> Option<String> {
    let mut paths = ('f'..='z').chain('b'..='e').map(|letter| format!("/dev/xvd{letter}"));
    paths.find(|path| disks.iter().all(|disk| disk.path() != path.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_from_f_to_z_and_then_from_b() {
        let mut disks = vec![Disk { path: Some("/dev/xvda".into()), ..Disk::default() }];
        let mut taken = String::new();
        while let Some(path) = free(&disks) {
            taken.extend(path.strip_prefix("/dev/xvd"));
            disks.push(Disk { path: Some(path), ..Disk::default() });
        }
        assert_eq!(taken, "fghijklmnopqrstuvwxyzbcde");
    }
}
