//! What programs find at the socket besides the verbs: health, the contract by reflection, and consoles.

use anyhow::{Context as _, Result, ensure};
use sloop_lab::Lab;
use sloop_proto::v1::{
    AddOn, AddOnRequest, AddOnType, AttachConsoleRequest, AutoSnapshotAddOnRequest, CreateDiskRequest,
    CreateInstancesRequest, DeleteDiskRequest, DeleteInstanceRequest, GetDisksRequest, GetInstanceRequest,
    GetInstancesRequest, disks_client::DisksClient, instances_client::InstancesClient,
    terminal_client::TerminalClient,
};
use tonic::Code;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

#[tokio::test]
async fn the_daemon_says_that_it_serves() -> Result<()> {
    let lab = Lab::simulated()?;
    let mut health = HealthClient::new(lab.channel().await?);
    let answer = health.check(HealthCheckRequest::default()).await?.into_inner();
    ensure!(answer.status() == ServingStatus::Serving, "{answer:?}");
    Ok(())
}

#[tokio::test]
async fn the_contract_can_be_read_from_the_daemon() -> Result<()> {
    let lab = Lab::simulated()?;
    let mut reflection = ServerReflectionClient::new(lab.channel().await?);
    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = reflection.server_reflection_info(tokio_stream::once(list)).await?.into_inner();
    let answer = answers.message().await?.context("an answer")?.message_response.context("a message")?;
    let MessageResponse::ListServicesResponse(services) = answer else { anyhow::bail!("{answer:?}") };
    let names: Vec<_> = services.service.into_iter().map(|service| service.name).collect();
    for wanted in
        ["Catalogue", "Host", "Instances", "KeyPairs", "Operations", "Readiness", "Tags", "Terminal"]
    {
        ensure!(names.contains(&format!("sloop.v1.{wanted}")), "{wanted} is missing in {names:?}");
    }
    Ok(())
}

/// Automatic snapshots at that time, asked for with something new.
fn daily(time: &str) -> AddOnRequest {
    AddOnRequest {
        add_on_type: AddOnType::AutoSnapshot.into(),
        auto_snapshot_add_on_request: Some(AutoSnapshotAddOnRequest {
            snapshot_time_of_day: Some(time.into()),
        }),
        stop_instance_on_idle_request: None,
    }
}

fn new_instance(add_ons: Vec<AddOnRequest>) -> CreateInstancesRequest {
    CreateInstancesRequest {
        instance_names: vec!["web".into()],
        availability_zone: "us-east-1a".into(),
        blueprint_id: "tiny".into(),
        bundle_id: "nano_3_0".into(),
        add_ons,
        ..CreateInstancesRequest::default()
    }
}

fn new_disk(add_ons: Vec<AddOnRequest>) -> CreateDiskRequest {
    CreateDiskRequest {
        disk_name: "data".into(),
        availability_zone: "us-east-1a".into(),
        size_in_gb: 8,
        tags: Vec::new(),
        add_ons,
    }
}

#[tokio::test]
async fn add_ons_that_cannot_be_are_refused_before_anything_is_made() -> Result<()> {
    let lab = Lab::simulated()?;
    let channel = lab.channel().await?;
    let (mut instances, mut disks) = (InstancesClient::new(channel.clone()), DisksClient::new(channel));
    let idle = AddOnRequest { add_on_type: AddOnType::StopInstanceOnIdle.into(), ..AddOnRequest::default() };
    for (add_ons, told) in [
        (vec![daily("25:00")], "25:00 is not a time of the day"),
        (vec![daily("03:00"), daily("04:00")], "more than once"),
        (vec![daily("03:00"), idle], "addOnType"),
    ] {
        let instance = instances.create_instances(new_instance(add_ons.clone())).await;
        let disk = disks.create_disk(new_disk(add_ons)).await;
        for refused in [instance.err(), disk.err()] {
            let refused = refused.with_context(|| format!("refused, for {told}"))?;
            ensure!(refused.code() == Code::InvalidArgument && refused.message().contains(told), "{refused}");
        }
    }
    let left = instances.get_instances(GetInstancesRequest::default()).await?.into_inner().instances;
    ensure!(left.is_empty(), "{left:?}");
    let left = disks.get_disks(GetDisksRequest::default()).await?.into_inner().disks;
    ensure!(left.is_empty(), "{left:?}");
    Ok(())
}

#[tokio::test]
async fn add_ons_are_shown_and_go_only_where_that_is_said() -> Result<()> {
    let lab = Lab::simulated()?;
    let channel = lab.channel().await?;
    let (mut instances, mut disks) = (InstancesClient::new(channel.clone()), DisksClient::new(channel));
    instances.create_instances(new_instance(vec![daily("03:00")])).await?;
    disks.create_disk(new_disk(vec![daily("03:00")])).await?;
    let wanted = [AddOn {
        name: Some("AutoSnapshot".into()),
        status: Some("Enabled".into()),
        snapshot_time_of_day: Some("03:00".into()),
        next_snapshot_time_of_day: Some("03:00".into()),
        ..AddOn::default()
    }];
    let request = GetInstanceRequest { instance_name: "web".into(), ..GetInstanceRequest::default() };
    let web = instances.get_instance(request).await?.into_inner().instance.context("an instance")?;
    ensure!(web.add_ons == wanted, "{web:?}");
    let all = disks.get_disks(GetDisksRequest::default()).await?.into_inner().disks;
    ensure!(all.len() == 1 && all[0].add_ons == wanted, "{all:?}");

    for force_delete_add_ons in [None, Some(false), Some(true)] {
        let request = DeleteInstanceRequest { instance_name: "web".into(), force_delete_add_ons };
        let web = instances.delete_instance(request).await.err().map(|refused| refused.code());
        let request = DeleteDiskRequest { disk_name: "data".into(), force_delete_add_ons };
        let data = disks.delete_disk(request).await.err().map(|refused| refused.code());
        let wanted = (force_delete_add_ons != Some(true)).then_some(Code::FailedPrecondition);
        ensure!((web, data) == (wanted, wanted), "{force_delete_add_ons:?}: {web:?}, {data:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_console_carries_keys_and_output() -> Result<()> {
    let lab = Lab::real()?;
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "tiny_1_0", "--wait-for", "first-boot"])?;
    let mut terminal = TerminalClient::new(lab.channel().await?);
    let (keys, typed) = tokio::sync::mpsc::channel(4);
    let input = b"\nexpr 6 \\* 7\n".to_vec();
    keys.send(AttachConsoleRequest { instance_name: "web".into(), input }).await?;
    let typed = tokio_stream::wrappers::ReceiverStream::new(typed);
    let mut shown = terminal.attach_console(typed).await?.into_inner();
    let mut text = String::new();
    let answered = async {
        while let Some(piece) = shown.message().await? {
            text.push_str(&String::from_utf8_lossy(&piece.output));
            if text.lines().any(|line| line.trim() == "42") {
                return Ok(());
            }
        }
        anyhow::bail!("the console ended: {text}")
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), answered)
        .await
        .context("no answer in time")??;
    // Hanging up leaves the guest alone.
    drop((keys, shown));
    lab.must(&["ssh", "web", "--", "true"])?;
    Ok(())
}
