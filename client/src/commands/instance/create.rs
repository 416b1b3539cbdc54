//! `sloop launch` and `sloop instance create`.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use sloop_proto::v1::{
    Accelerator, CreateInstancesRequest, CreateInstancesResult, GetHostRequest, IpAddressType, Tag,
};

use super::ip_type::IpType;
use super::{next, user_data};
use crate::commands::snapshot::auto::time;
use crate::commands::work::Work;
use crate::commands::{region, tag};
use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::{Output, tell};
use crate::text;
use crate::wait::{Limits, Until};

const BLUEPRINT: &str = "debian_12";
const BUNDLE: &str = "nano_3_0";

/// What to make, apart from blueprint and bundle.
#[derive(Args, Debug)]
struct Spec {
    /// Names of the instances to make
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// Availability zone [default: the only one]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Key pair that is let in [default: the default key pair]
    #[arg(long, value_name = "NAME", add = complete::key_pairs())]
    key_pair: Option<String>,
    /// Which addresses to give; both where this host has both
    #[arg(long, value_enum, value_name = "TYPE")]
    ip_type: Option<IpType>,
    /// File whose text runs as root at the first boot; - reads standard input
    #[arg(long, value_name = "FILE", conflicts_with = "user_data_text")]
    user_data: Option<PathBuf>,
    /// Text that runs as root at the first boot
    #[arg(long, value_name = "TEXT")]
    user_data_text: Option<String>,
    /// Tag to put on the instances; may be given several times
    #[arg(long = "tag", value_name = "KEY[=VALUE]", value_parser = tag::parse)]
    tags: Vec<Tag>,
    /// Have a snapshot of each made every day, at this time by UTC [default: 06:00]
    #[arg(long, value_name = "HH:MM", num_args = 0..=1, default_missing_value = time::DEFAULT)]
    #[arg(value_parser = time::parse)]
    auto_snapshot: Option<String>,
}

/// Arguments of `sloop instance create`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop instance create web --blueprint ubuntu_24_04 --bundle micro_3_0 --wait
  sloop instance create a b c --blueprint debian_12 --bundle nano_3_0 --tag class=linux-101
  sloop instance create app --blueprint debian_12 --bundle nano_3_0 --user-data setup.sh --wait-for first-boot

An image that is not on this host yet comes first; --timeout begins after that.")]
pub(crate) struct CreateArgs {
    #[command(flatten)]
    spec: Spec,
    /// What to make them from; see `sloop blueprint list`
    #[arg(long, value_name = "ID", add = complete::blueprints())]
    blueprint: String,
    /// How much of everything they get; see `sloop bundle list`
    #[arg(long, value_name = "ID", add = complete::bundles())]
    bundle: String,
    /// Wait until SSH answers
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    until: Until,
}

/// Arguments of `sloop launch`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop launch web
  sloop launch web db --blueprint ubuntu_24_04 --bundle small_3_0
  sloop launch app --user-data setup.sh --wait-for first-boot --timeout 10m
  sloop launch shop --auto-snapshot 03:00

An image that is not on this host yet comes first; --timeout begins after that.")]
pub(crate) struct LaunchArgs {
    #[command(flatten)]
    spec: Spec,
    /// What to make them from; see `sloop blueprint list` [default: debian_12]
    #[arg(long, value_name = "ID", add = complete::blueprints())]
    blueprint: Option<String>,
    /// How much of everything they get; see `sloop bundle list` [default: nano_3_0]
    #[arg(long, value_name = "ID", add = complete::bundles())]
    bundle: Option<String>,
    /// Wait until SSH answers, which is what happens anyway
    #[arg(long, hide = true)]
    wait: bool,
    /// Return as soon as the work is accepted
    #[arg(long, conflicts_with_all = ["wait", "wait_for", "timeout"])]
    no_wait: bool,
    #[command(flatten)]
    until: Until,
}

/// Makes instances exactly as told.
pub(crate) async fn create(session: &Session, output: &Output, args: CreateArgs) -> Outcome {
    let limits = (args.wait || args.until.is_given()).then(|| args.until.limits());
    make(session, output, args.spec, (args.blueprint, args.bundle), limits).await
}

/// Makes instances with what is usual, and waits for them.
pub(crate) async fn launch(session: &Session, output: &Output, args: LaunchArgs) -> Outcome {
    for (flag, given, default) in
        [("--blueprint", &args.blueprint, BLUEPRINT), ("--bundle", &args.bundle, BUNDLE)]
    {
        if given.is_none() {
            output.note(&format!("using {flag} {default}, the default"));
        }
    }
    let blueprint = args.blueprint.unwrap_or_else(|| BLUEPRINT.to_owned());
    let bundle = args.bundle.unwrap_or_else(|| BUNDLE.to_owned());
    let limits = (!args.no_wait).then(|| args.until.limits());
    make(session, output, args.spec, (blueprint, bundle), limits).await
}

async fn make(
    session: &Session,
    output: &Output,
    spec: Spec,
    (blueprint_id, bundle_id): (String, String),
    limits: Option<Limits>,
) -> Outcome {
    let names = spec.names.clone();
    let request = CreateInstancesRequest {
        user_data: spec.user_data.as_deref().map(user_data::read).transpose()?.or(spec.user_data_text),
        availability_zone: region::zone(session, spec.zone).await?,
        instance_names: spec.names,
        blueprint_id,
        bundle_id,
        key_pair_name: spec.key_pair,
        ip_address_type: spec.ip_type.map(|word| IpAddressType::from(word).into()),
        tags: spec.tags,
        add_ons: time::add_ons(spec.auto_snapshot),
        ..CreateInstancesRequest::default()
    };
    tell_of_translation(session, output).await;
    let operations = session.instances().create_instances(request).await?.into_inner().operations;
    let mut work = Work::of(operations);
    work.settle(session, output, limits).await;
    let result = CreateInstancesResult { operations: work.operations.clone() };
    let next = next::steps(session, &work.operations, &names, limits.is_some()).await;
    output.answer("CreateInstancesResult", &result, || next)?;
    Ok(work.end(output))
}

/// Tells once, to each person, that guests run without the processor's help and what that means.
async fn tell_of_translation(session: &Session, output: &Output) {
    let Some(marker) = marker().filter(|marker| !output.is_json() && !marker.exists()) else {
        return;
    };
    let Ok(host) = session.host().get_host(GetHostRequest {}).await else {
        return;
    };
    let host = host.into_inner();
    if host.accelerator() != Accelerator::Tcg {
        return;
    }
    let reason = text::safe(&host.accelerator_reason);
    tell(&format!(
        "note: KVM isn't used here ({reason}): guests run in software, many times slower; a boot may take minutes"
    ));
    // At worst the note comes again.
    let _ = marker.parent().map(fs::create_dir_all);
    let _ = fs::write(&marker, "");
}

fn marker() -> Option<PathBuf> {
    let absolute = |key: &str| std::env::var_os(key).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("sloop/told-of-translation"))
}
