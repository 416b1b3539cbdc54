//! What can follow on the command line when a person presses Tab: names and ids, asked of the daemon.

use std::path::PathBuf;
use std::time::Duration;

use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

use crate::cli::SOCKET;
use crate::commands::{
    alarm, blueprint, bundle, cost, disk, image, instance, key_pair, name, snapshot, static_ip,
};
use crate::connect::Session;
use crate::failure::Failure;

/// A person at the keyboard waits no longer than this.
const PATIENCE: Duration = Duration::from_millis(500);

/// Names of instances.
pub(crate) fn instances() -> ArgValueCandidates {
    candidates(async |session| {
        let all = instance::list::fetch(&session).await?;
        Ok(all.instances.into_iter().filter_map(|instance| instance.name).collect())
    })
}

/// Names of alarms.
pub(crate) fn alarms() -> ArgValueCandidates {
    candidates(async |session| {
        let all = alarm::fetch(&session, None).await?;
        Ok(all.alarms.into_iter().filter_map(|alarm| alarm.name).collect())
    })
}

/// Names of disks.
pub(crate) fn disks() -> ArgValueCandidates {
    candidates(async |session| {
        let all = disk::fetch(&session).await?;
        Ok(all.disks.into_iter().filter_map(|disk| disk.name).collect())
    })
}

/// Names of instances and of disks.
pub(crate) fn instances_or_disks() -> ArgValueCandidates {
    candidates(async |session| {
        let instances = instance::list::fetch(&session).await?.instances.into_iter();
        let disks = disk::fetch(&session).await?.disks.into_iter();
        let names = instances.map(|instance| instance.name).chain(disks.map(|disk| disk.name));
        Ok(names.flatten().collect())
    })
}

/// Names of resources of any type.
pub(crate) fn names() -> ArgValueCandidates {
    candidates(async |session| {
        let mut names = name::fetch(&session).await?.active_names;
        names.extend(disk::fetch(&session).await?.disks.into_iter().filter_map(|disk| disk.name));
        names.sort();
        names.dedup();
        Ok(names)
    })
}

/// Names of snapshots, of either kind.
pub(crate) fn snapshots() -> ArgValueCandidates {
    candidates(async |session| {
        let instances = snapshot::instances(&session).await?.instance_snapshots.into_iter();
        let disks = snapshot::disks(&session).await?.disk_snapshots.into_iter();
        let names = instances.map(|snapshot| snapshot.name).chain(disks.map(|snapshot| snapshot.name));
        Ok(names.flatten().collect())
    })
}

/// Names of snapshots of instances.
pub(crate) fn instance_snapshots() -> ArgValueCandidates {
    candidates(async |session| {
        let all = snapshot::instances(&session).await?;
        Ok(all.instance_snapshots.into_iter().filter_map(|snapshot| snapshot.name).collect())
    })
}

/// Names of snapshots of disks.
pub(crate) fn disk_snapshots() -> ArgValueCandidates {
    candidates(async |session| {
        let all = snapshot::disks(&session).await?;
        Ok(all.disk_snapshots.into_iter().filter_map(|snapshot| snapshot.name).collect())
    })
}

/// Names of all that would cost something at Lightsail.
pub(crate) fn priced() -> ArgValueCandidates {
    candidates(async |session| cost::names(&session).await)
}

/// Names of key pairs.
pub(crate) fn key_pairs() -> ArgValueCandidates {
    candidates(async |session| {
        let all = key_pair::fetch(&session).await?;
        Ok(all.key_pairs.into_iter().filter_map(|pair| pair.name).collect())
    })
}

/// Names of static addresses.
pub(crate) fn static_ips() -> ArgValueCandidates {
    candidates(async |session| {
        let all = static_ip::fetch(&session).await?;
        Ok(all.static_ips.into_iter().filter_map(|ip| ip.name).collect())
    })
}

/// Ids of blueprints.
pub(crate) fn blueprints() -> ArgValueCandidates {
    candidates(async |session| {
        let all = blueprint::fetch(&session, false).await?;
        Ok(all.blueprints.into_iter().filter_map(|blueprint| blueprint.blueprint_id).collect())
    })
}

/// Ids of images.
pub(crate) fn images() -> ArgValueCandidates {
    candidates(async |session| {
        let all = image::list::fetch(&session).await?;
        Ok(all.images.into_iter().map(|image| image.image_id).collect())
    })
}

/// Ids of images, and of the blueprints that have one.
pub(crate) fn images_or_blueprints() -> ArgValueCandidates {
    candidates(async |session| {
        let all = image::list::fetch(&session).await?;
        let mut ids: Vec<_> =
            all.images.into_iter().flat_map(|image| [image.blueprint_id, image.image_id]).collect();
        ids.sort();
        ids.dedup();
        Ok(ids)
    })
}

/// Ids of bundles.
pub(crate) fn bundles() -> ArgValueCandidates {
    candidates(async |session| {
        let all = bundle::fetch(&session, false).await?;
        Ok(all.bundles.into_iter().filter_map(|bundle| bundle.bundle_id).collect())
    })
}

fn candidates<Q>(question: Q) -> ArgValueCandidates
where
    Q: AsyncFn(Session) -> Result<Vec<String>, Failure> + Send + Sync + 'static,
{
    ArgValueCandidates::new(move || ask(&question))
}

/// Asks the daemon; when it does not answer there is nothing to offer, and no message to disturb the prompt.
fn ask(question: impl AsyncFn(Session) -> Result<Vec<String>, Failure>) -> Vec<CompletionCandidate> {
    let socket = std::env::var_os("SLOOP_SOCKET").map_or_else(|| PathBuf::from(SOCKET), PathBuf::from);
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Vec::new();
    };
    let answer = runtime.block_on(async {
        let asked = async { question(Session::open(&socket).await?).await };
        tokio::time::timeout(PATIENCE, asked).await
    });
    answer.ok().and_then(Result::ok).unwrap_or_default().into_iter().map(CompletionCandidate::new).collect()
}
