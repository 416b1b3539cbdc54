//! Sample values for unit tests.

use uuid::Uuid;

use crate::model::{
    Beneath, DiskId, Drive, Firmware, FirstBoot, HostId, Identity, Instance, InstanceId, Layer, LayerId,
    MetadataOptions, Owner, PortRange, PortRule, ResourceName, Slot, Stack, Status, Tags, UserData,
};

/// A host.
pub(crate) const HOST: HostId = HostId(Uuid::from_u128(0x0051_0051_0051_4510_8510_0051_0051_0051));

/// An instance with that name, the same at every call.
pub(crate) fn instance(name: &str) -> Instance {
    let seed = name.bytes().fold(7u128, |sum, byte| sum.wrapping_mul(0x0100_0000_01b3) ^ u128::from(byte));
    let rule = |port| PortRule::everybody(PortRange::tcp(port));
    let id = InstanceId(Uuid::from_u128(0x1234_5678_9abc_4def_8123_0000_0000_0000 ^ (seed << 96) ^ seed));
    Instance {
        id,
        name: ResourceName::parse("instanceName", name).expect("a sound name"),
        owner: Owner("ann".into()),
        owner_number: 1,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        status: Status::Pending,
        blueprint_id: "tiny".into(),
        blueprint_name: "Tiny".into(),
        bundle_id: "nano_3_0".into(),
        cpu_count: 2,
        ram_mb: 512,
        disk_gb: 20,
        transfer_gb: 1024,
        bandwidth_kbps: None,
        published: Vec::new(),
        username: "admin".into(),
        key_pair: None,
        firmware: Firmware::Bios,
        drives: vec![system(id)],
        private_ip: [172, 26, 0, 10].into(),
        public_ip: Some([172, 27, 0, 10].into()),
        has_static_ip: false,
        ipv6: None,
        ports: vec![rule(22), rule(80)],
        metadata: MetadataOptions::default(),
        identity: Identity {
            host_key_private:
                "-----BEGIN OPENSSH PRIVATE KEY-----\nhost\n-----END OPENSSH PRIVATE KEY-----\n".into(),
            host_key_public: "ssh-ed25519 AAAAhost web".into(),
            access_key_private: "access".into(),
            authorized_keys: vec![
                "ssh-ed25519 AAAAaccess sloop".into(),
                "ssh-ed25519 AAAAann ann@home".into(),
            ],
        },
        vendor_config: "cloud_init_modules:\n  - ssh\n".into(),
        user_data: UserData::default(),
        first_boot: FirstBoot::Pending,
        tags: Tags::default(),
    }
}

/// An instance with a disk attached that was made from a snapshot.
pub(crate) fn with_a_disk() -> Instance {
    let mut web = instance("web");
    let layer = |number: u128, beneath| Layer {
        id: LayerId(Uuid::from_u128(0xd15c_0000_0000_4000_8000_0000_0000_0000 + number)),
        beneath,
        bytes: 8 << 30,
        is_made: true,
    };
    let bottom = layer(1, Beneath::Nothing);
    let top = layer(2, Beneath::Layer(bottom.id));
    web.drives.push(Drive {
        disk: DiskId(Uuid::from_u128(0xd15c)),
        name: Some(ResourceName::parse("diskName", "data").expect("a sound name")),
        slot: Slot::of_path("/dev/xvdf").expect("a path"),
        stack: Stack::read(vec![top, bottom]).expect("in order"),
    });
    web
}

/// The system disk of an instance: one layer on a base image.
fn system(id: InstanceId) -> Drive {
    let base = Beneath::Base("/var/lib/sloop/images/tiny-0123456789ab.qcow2".into());
    Drive::system(
        id.system_disk(),
        Layer { id: LayerId(id.0), beneath: base, bytes: 20 << 30, is_made: true },
    )
}
