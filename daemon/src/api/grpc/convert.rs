//! Model types as wire types. Each is taken apart or built whole, so that a new member does not compile until it is
//! answered here.

use jiff::Timestamp;
use sloop_proto::v1 as wire;

use super::firewall;
use crate::{
    model::{
        Blueprint, BlueprintKind, Bundle, Drive, Instance, KeyPair, MetadataOptions, Operation,
        OperationKind, OperationStatus, Place, ResourceType, Status, Tags, TimeOfDay,
    },
    verbs::DailyTimes,
};

pub(super) fn timestamp(instant: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: instant.as_second(), nanos: instant.subsec_nanosecond() }
}

pub(super) fn region(name: &str) -> wire::RegionName {
    let word = format!("REGION_NAME_{}", name.to_ascii_uppercase().replace('-', "_"));
    wire::RegionName::from_str_name(&word).unwrap_or_default()
}

pub(super) fn location(place: &Place, zone: &str) -> wire::ResourceLocation {
    wire::ResourceLocation {
        availability_zone: Some(zone.to_owned()),
        region_name: Some(region(&place.region).into()),
    }
}

pub(super) fn tags(tags: &Tags) -> Vec<wire::Tag> {
    let tag =
        |(key, value): (&str, &str)| wire::Tag { key: Some(key.to_owned()), value: Some(value.to_owned()) };
    tags.iter().map(tag).collect()
}

pub(super) fn pairs(tags: Vec<wire::Tag>) -> Vec<(String, String)> {
    tags.into_iter().map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default())).collect()
}

pub(super) fn resource_type(kind: ResourceType) -> wire::ResourceType {
    match kind {
        ResourceType::Instance => wire::ResourceType::Instance,
        ResourceType::KeyPair => wire::ResourceType::KeyPair,
        ResourceType::StaticIp => wire::ResourceType::StaticIp,
        ResourceType::Disk => wire::ResourceType::Disk,
        ResourceType::InstanceSnapshot => wire::ResourceType::InstanceSnapshot,
        ResourceType::DiskSnapshot => wire::ResourceType::DiskSnapshot,
        ResourceType::Alarm => wire::ResourceType::Alarm,
        ResourceType::ContactMethod => wire::ResourceType::ContactMethod,
        ResourceType::Image => wire::ResourceType::Image,
    }
}

pub(super) fn operation(place: &Place, operation: Operation) -> wire::Operation {
    let zone = match operation.resource_type {
        ResourceType::Instance | ResourceType::Disk => place.zone.as_str(),
        // Lightsail's word for what belongs to the whole region.
        ResourceType::KeyPair
        | ResourceType::StaticIp
        | ResourceType::InstanceSnapshot
        | ResourceType::DiskSnapshot
        | ResourceType::Alarm
        | ResourceType::ContactMethod
        | ResourceType::Image => "all",
    };
    wire::Operation {
        id: Some(operation.id.to_string()),
        resource_name: Some(operation.resource_name),
        resource_type: Some(resource_type(operation.resource_type).into()),
        created_at: Some(timestamp(operation.created_at)),
        location: Some(location(place, zone)),
        is_terminal: Some(operation.status.is_terminal()),
        operation_details: Some(operation.details),
        operation_type: Some(operation_type(operation.kind).into()),
        status: Some(operation_status(operation.status).into()),
        status_changed_at: Some(timestamp(operation.status_changed_at)),
        error_code: operation.error_code,
        error_details: operation.error_details,
    }
}

fn operation_type(kind: OperationKind) -> wire::OperationType {
    use wire::OperationType as Type;
    match kind {
        OperationKind::CreateInstance => Type::CreateInstance,
        OperationKind::StartInstance => Type::StartInstance,
        OperationKind::StopInstance => Type::StopInstance,
        OperationKind::RebootInstance => Type::RebootInstance,
        OperationKind::DeleteInstance => Type::DeleteInstance,
        OperationKind::CreateKeyPair => Type::CreateKeyPair,
        OperationKind::ImportKeyPair => Type::ImportKeyPair,
        OperationKind::DeleteKeyPair => Type::DeleteKeyPair,
        OperationKind::TagResource => Type::TagResource,
        OperationKind::UntagResource => Type::UntagResource,
        OperationKind::OpenInstancePublicPorts => Type::OpenInstancePublicPorts,
        OperationKind::PutInstancePublicPorts => Type::PutInstancePublicPorts,
        OperationKind::CloseInstancePublicPorts => Type::CloseInstancePublicPorts,
        OperationKind::AllocateStaticIp => Type::AllocateStaticIp,
        OperationKind::AttachStaticIp => Type::AttachStaticIp,
        OperationKind::DetachStaticIp => Type::DetachStaticIp,
        OperationKind::ReleaseStaticIp => Type::ReleaseStaticIp,
        OperationKind::CreateInstanceSnapshot => Type::CreateInstanceSnapshot,
        OperationKind::DeleteInstanceSnapshot => Type::DeleteInstanceSnapshot,
        OperationKind::CreateDiskSnapshot => Type::CreateDiskSnapshot,
        OperationKind::DeleteDiskSnapshot => Type::DeleteDiskSnapshot,
        OperationKind::CreateDisk => Type::CreateDisk,
        OperationKind::CreateDiskFromSnapshot => Type::CreateDiskFromSnapshot,
        OperationKind::DeleteDisk => Type::DeleteDisk,
        OperationKind::AttachDisk => Type::AttachDisk,
        OperationKind::DetachDisk => Type::DetachDisk,
        OperationKind::GrowDisk => Type::GrowDisk,
        OperationKind::ResizeInstance => Type::ResizeInstance,
        OperationKind::RollBackInstance => Type::RollBackInstance,
        OperationKind::EnableAddOn => Type::EnableAddOn,
        OperationKind::DisableAddOn => Type::DisableAddOn,
        OperationKind::SetIpAddressType => Type::SetIpAddressType,
        OperationKind::RecoverInstance => Type::RecoverInstance,
        OperationKind::SetRecoveryPolicy => Type::SetRecoveryPolicy,
        OperationKind::PutAlarm => Type::PutAlarm,
        OperationKind::DeleteAlarm => Type::DeleteAlarm,
        OperationKind::TestAlarm => Type::TestAlarm,
        OperationKind::CreateContactMethod => Type::CreateContactMethod,
        OperationKind::DeleteContactMethod => Type::DeleteContactMethod,
        OperationKind::SendContactMethodVerification => Type::SendContactMethodVerification,
        OperationKind::ConfirmContactMethod => Type::ConfirmContactMethod,
        OperationKind::ChangeAlarmState => Type::ChangeAlarmState,
        OperationKind::PublishPort => Type::PublishPort,
        OperationKind::UnpublishPort => Type::UnpublishPort,
        OperationKind::PullImage => Type::PullImage,
        OperationKind::BakeImage => Type::BakeImage,
        OperationKind::ImportImage => Type::ImportImage,
        OperationKind::RemoveImage => Type::RemoveImage,
        OperationKind::PruneImages => Type::PruneImages,
        OperationKind::ImportSnapshot => Type::ImportSnapshot,
        OperationKind::AttachConsole => Type::AttachConsole,
        OperationKind::ReportFirstBoot => Type::ReportFirstBoot,
        OperationKind::UpdateInstanceMetadataOptions => Type::UpdateInstanceMetadataOptions,
    }
}

fn operation_status(status: OperationStatus) -> wire::OperationStatus {
    match status {
        // Lightsail answers `Started` from the first moment on, and its clients know no other word for "wait".
        OperationStatus::NotStarted | OperationStatus::Started => wire::OperationStatus::Started,
        OperationStatus::Failed => wire::OperationStatus::Failed,
        OperationStatus::Succeeded => wire::OperationStatus::Succeeded,
    }
}

pub(super) fn state(status: Status) -> wire::InstanceState {
    wire::InstanceState { code: Some(status.code()), name: Some(status.word().to_owned()) }
}

/// What is enabled of something that has daily snapshots at that time, or has none.
pub(super) fn add_ons(daily: Option<TimeOfDay>) -> Vec<wire::AddOn> {
    let add_on = |time: TimeOfDay| wire::AddOn {
        name: Some("AutoSnapshot".into()),
        status: Some("Enabled".into()),
        snapshot_time_of_day: Some(time.to_string()),
        // Another time holds from when it is said, so that the next one is taken at it, too.
        next_snapshot_time_of_day: Some(time.to_string()),
        threshold: None,
        duration: None,
    };
    daily.map(add_on).into_iter().collect()
}

pub(super) fn instance(place: &Place, daily: &DailyTimes, instance: Instance) -> wire::Instance {
    wire::Instance {
        name: Some(instance.name.to_string()),
        arn: Some(place.arn("Instance", instance.id.0)),
        support_code: Some(format!("{}/{}", place.account, instance.id.guest())),
        created_at: Some(timestamp(instance.created_at)),
        location: Some(location(place, &place.zone)),
        resource_type: Some(wire::ResourceType::Instance.into()),
        tags: tags(&instance.tags),
        hardware: Some(hardware(place, daily, &instance)),
        networking: Some(networking(&instance)),
        ip_address_type: Some(address_type(&instance).into()),
        blueprint_id: Some(instance.blueprint_id),
        blueprint_name: Some(instance.blueprint_name),
        bundle_id: Some(instance.bundle_id),
        add_ons: add_ons(daily.of(instance.id.0)),
        is_static_ip: Some(instance.has_static_ip),
        private_ip_address: Some(instance.private_ip.to_string()),
        public_ip_address: instance.public_ip.map(|ip| ip.to_string()),
        ipv6_addresses: instance.ipv6.iter().map(ToString::to_string).collect(),
        state: Some(state(instance.status)),
        username: Some(instance.username),
        ssh_key_name: instance.key_pair.map(|name| name.to_string()),
        metadata_options: Some(metadata_options(instance.metadata)),
        instance_status: None,
        system_status: None,
    }
}

#[allow(clippy::cast_precision_loss)] // A plan's memory in MiB fits a float's 24 bits.
fn hardware(place: &Place, daily: &DailyTimes, instance: &Instance) -> wire::InstanceHardware {
    wire::InstanceHardware {
        cpu_count: Some(signed(instance.cpu_count)),
        ram_size_in_gb: Some(instance.ram_mb as f32 / 1024.0),
        disks: instance.drives.iter().map(|one| drive(place, daily, instance, one)).collect(),
    }
}

fn drive(place: &Place, daily: &DailyTimes, instance: &Instance, drive: &Drive) -> wire::Disk {
    let is_system = drive.slot.is_system();
    // A system disk has its instance's identity, and that one's add-ons are shown there.
    let daily = daily.of(drive.disk.0).filter(|_| !is_system);
    wire::Disk {
        name: drive.name.as_ref().map(ToString::to_string),
        arn: (!is_system).then(|| place.arn("Disk", drive.disk.0)),
        created_at: Some(timestamp(instance.created_at)),
        location: Some(location(place, &place.zone)),
        resource_type: Some(wire::ResourceType::Disk.into()),
        add_ons: add_ons(daily),
        size_in_gb: Some(signed(drive.stack.bytes() >> 30)),
        is_system_disk: Some(is_system),
        path: Some(if is_system { "/dev/vda".into() } else { drive.slot.to_string() }),
        state: Some(wire::DiskState::InUse.into()),
        attached_to: Some(instance.name.to_string()),
        is_attached: Some(true),
        attachment_state: Some("attached".into()),
        ..wire::Disk::default()
    }
}

fn networking(instance: &Instance) -> wire::InstanceNetworking {
    wire::InstanceNetworking {
        monthly_transfer: Some(wire::MonthlyTransfer {
            gb_per_month_allocated: Some(signed(instance.transfer_gb)),
        }),
        ports: instance.ports.iter().map(firewall::port).collect(),
    }
}

fn address_type(instance: &Instance) -> wire::IpAddressType {
    if instance.ipv6.is_some() { wire::IpAddressType::Dualstack } else { wire::IpAddressType::Ipv4 }
}

fn metadata_options(options: MetadataOptions) -> wire::InstanceMetadataOptions {
    let MetadataOptions { tokens_required, enabled, hop_limit, ipv6 } = options;
    let tokens = if tokens_required { wire::HttpTokens::Required } else { wire::HttpTokens::Optional };
    let endpoint = if enabled { wire::HttpEndpoint::Enabled } else { wire::HttpEndpoint::Disabled };
    let protocol = if ipv6 { wire::HttpProtocolIpv6::Enabled } else { wire::HttpProtocolIpv6::Disabled };
    wire::InstanceMetadataOptions {
        state: Some(wire::InstanceMetadataState::Applied.into()),
        http_tokens: Some(tokens.into()),
        http_endpoint: Some(endpoint.into()),
        http_put_response_hop_limit: Some(hop_limit.into()),
        http_protocol_ipv6: Some(protocol.into()),
    }
}

pub(super) fn key_pair(place: &Place, pair: KeyPair) -> wire::KeyPair {
    wire::KeyPair {
        arn: Some(place.arn("KeyPair", pair.id.0)),
        support_code: Some(format!("{}/{}", place.account, pair.name)),
        created_at: Some(timestamp(pair.created_at)),
        location: Some(location(place, "all")),
        resource_type: Some(wire::ResourceType::KeyPair.into()),
        tags: tags(&pair.tags),
        fingerprint: Some(pair.public.fingerprint),
        name: Some(pair.name.to_string()),
    }
}

pub(super) fn blueprint(blueprint: Blueprint) -> wire::Blueprint {
    let kind = match blueprint.kind {
        BlueprintKind::Os => wire::BlueprintType::Os,
        BlueprintKind::App => wire::BlueprintType::App,
    };
    wire::Blueprint {
        blueprint_id: Some(blueprint.id),
        name: Some(blueprint.name),
        group: Some(blueprint.group),
        r#type: Some(kind.into()),
        description: Some(match &blueprint.password {
            // Lightsail has no member for it and says it in its console.
            Some(first) => format!(
                "{} The first password, for {}, is in {}; {}.",
                blueprint.description, first.user, first.file, first.hint
            ),
            None => blueprint.description,
        }),
        is_active: Some(blueprint.active),
        min_power: Some(blueprint.min_power),
        version: Some(blueprint.version),
        version_code: Some(blueprint.version_code),
        product_url: Some(blueprint.product_url),
        license_url: Some(blueprint.license_url),
        platform: platform(&blueprint.platform).map(Into::into),
        app_category: None,
    }
}

fn platform(word: &str) -> Option<wire::InstancePlatform> {
    wire::InstancePlatform::from_str_name(&format!("INSTANCE_PLATFORM_{word}"))
}

#[allow(clippy::cast_precision_loss)] // A plan's memory in MiB fits a float's 24 bits.
pub(super) fn bundle(bundle: Bundle) -> wire::Bundle {
    wire::Bundle {
        price: Some(bundle.price_usd),
        cpu_count: Some(signed(bundle.cpu_count)),
        disk_size_in_gb: Some(signed(bundle.disk_gb)),
        bundle_id: Some(bundle.id),
        instance_type: Some(bundle.instance_type),
        is_active: Some(bundle.active),
        name: Some(bundle.name),
        power: Some(bundle.power),
        ram_size_in_gb: Some(bundle.ram_mb as f32 / 1024.0),
        transfer_per_month_in_gb: Some(signed(bundle.transfer_gb)),
        supported_platforms: bundle
            .supported_platforms
            .iter()
            .filter_map(|word| platform(word))
            .map(Into::into)
            .collect(),
        supported_app_categories: Vec::new(),
        public_ipv4_address_count: Some(1),
    }
}

/// Lightsail's integers are signed, and the plans' numbers are small.
pub(super) fn signed(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}
