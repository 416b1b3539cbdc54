//! Every verb that changes something, and what it leaves.

use sloopd::model::OperationKind as Kind;

/// The kind, the name of the resource, whose that is, and what changed.
pub(crate) type Trace = (Kind, &'static str, &'static str, &'static str);

/// By the contract's calls, as an administrator asks for them where ann has `web`, `db`, `data`, `site` and `laptop`.
pub(crate) const TABLE: &[(&str, &[Trace])] = &[
    ("AllocateStaticIp", &[(Kind::AllocateStaticIp, "blog", "root", "172.27.*")]),
    ("AttachConsole", &[(Kind::AttachConsole, "web", "ann", "")]),
    (
        "AttachDisk",
        &[
            (Kind::AttachDisk, "web", "ann", "data to web at /dev/xvdf"),
            (Kind::AttachDisk, "data", "ann", "data to web at /dev/xvdf"),
        ],
    ),
    (
        "AttachStaticIp",
        &[
            (Kind::AttachStaticIp, "site", "ann", "172.27.* from db to web"),
            (Kind::AttachStaticIp, "web", "ann", "public address 172.27.* -> 172.27.*"),
            (Kind::DetachStaticIp, "db", "ann", "public address 172.27.* -> 172.27.*"),
        ],
    ),
    ("BakeImage", &[(Kind::BakeImage, "nginx", "root", "nginx-000000000000")]),
    (
        "CloneInstance",
        &[
            (Kind::CreateInstanceSnapshot, "web", "ann", "held still for its clone copy"),
            (Kind::CreateInstance, "copy", "root", "a clone of web, nano_3_0, us-east-1a"),
            (
                Kind::CreateDiskFromSnapshot,
                "copy-data",
                "root",
                "disk of 8 GB, a clone of web, at /dev/xvdf of copy",
            ),
        ],
    ),
    ("CloseInstancePublicPorts", &[(Kind::CloseInstancePublicPorts, "web", "ann", "80/tcp closed")]),
    ("CopySnapshot", &[(Kind::CreateInstanceSnapshot, "second", "root", "a copy of first of web")]),
    ("CreateDisk", &[(Kind::CreateDisk, "more", "root", "disk of 8 GB")]),
    ("CreateDiskFromSnapshot", &[(Kind::CreateDiskFromSnapshot, "more", "root", "disk of 8 GB from then")]),
    (
        "CreateDiskSnapshot",
        &[
            (Kind::CreateDiskSnapshot, "now", "root", "now of data"),
            (Kind::CreateDiskSnapshot, "data", "ann", "now of data"),
        ],
    ),
    (
        "CreateInstanceSnapshot",
        &[
            (Kind::CreateInstanceSnapshot, "now", "root", "now of web"),
            (Kind::CreateInstanceSnapshot, "web", "ann", "now of web"),
        ],
    ),
    ("CreateInstances", &[(Kind::CreateInstance, "new", "root", "tiny, nano_3_0, us-east-1a")]),
    (
        "CreateInstancesFromSnapshot",
        &[
            (
                Kind::CreateInstance,
                "copy",
                "root",
                "from the snapshot first of web, nano_3_0, us-east-1a, snapshots daily at 06:00",
            ),
            (
                Kind::CreateDiskFromSnapshot,
                "copy-data",
                "root",
                "disk of 8 GB, from the snapshot first of web, at /dev/xvdf of copy",
            ),
        ],
    ),
    ("CreateKeyPair", &[(Kind::CreateKeyPair, "phone", "root", "SHA256:*")]),
    ("DeleteAutoSnapshot", &[(Kind::DeleteInstanceSnapshot, "20*", "ann", "of web")]),
    ("DeleteDisk", &[(Kind::DeleteDisk, "data", "ann", "disk of 8 GB")]),
    ("DeleteDiskSnapshot", &[(Kind::DeleteDiskSnapshot, "then", "ann", "of data")]),
    (
        "DeleteInstance",
        &[
            (Kind::DeleteInstance, "web", "ann", ""),
            (Kind::DetachDisk, "data", "ann", "from web"),
            (Kind::DetachStaticIp, "site", "ann", "from web"),
        ],
    ),
    ("DeleteInstanceSnapshot", &[(Kind::DeleteInstanceSnapshot, "first", "ann", "of web")]),
    ("DeleteKeyPair", &[(Kind::DeleteKeyPair, "laptop", "ann", "SHA256:*")]),
    (
        "DetachDisk",
        &[
            (Kind::DetachDisk, "data", "ann", "data from web"),
            (Kind::DetachDisk, "web", "ann", "data from web"),
        ],
    ),
    (
        "DetachStaticIp",
        &[
            (Kind::DetachStaticIp, "site", "ann", "172.27.* from web"),
            (Kind::DetachStaticIp, "web", "ann", "public address 172.27.* -> 172.27.*"),
        ],
    ),
    ("DisableAddOn", &[(Kind::DisableAddOn, "web", "ann", "daily at 06:00 -> off")]),
    ("EnableAddOn", &[(Kind::EnableAddOn, "web", "ann", "daily at 06:00")]),
    (
        "GrowDisk",
        &[(Kind::GrowDisk, "web", "ann", "8 GB -> 16 GB"), (Kind::GrowDisk, "data", "ann", "8 GB -> 16 GB")],
    ),
    ("ImportImage", &[(Kind::ImportImage, "tiny", "root", "tiny-000000000000 from tiny.img")]),
    ("ImportKeyPair", &[(Kind::ImportKeyPair, "phone", "root", "SHA256:*")]),
    (
        "OpenInstancePublicPorts",
        &[(Kind::OpenInstancePublicPorts, "web", "ann", "443/tcp open to 0.0.0.0/0, ::/0")],
    ),
    ("PruneImages", &[(Kind::PruneImages, "ubuntu_24_04", "root", "ubuntu_24_04-aaaaaaaaaaaa")]),
    ("PublishPort", &[(Kind::PublishPort, "web", "ann", "28480:80/tcp")]),
    ("PullImage", &[(Kind::PullImage, "ubuntu_24_04", "root", "ubuntu_24_04-000000000000")]),
    (
        "PutInstancePublicPorts",
        &[(
            Kind::PutInstancePublicPorts,
            "web",
            "ann",
            "80/tcp closed; 22/tcp open to 0.0.0.0/0, ::/0 -> 192.0.2.1/32",
        )],
    ),
    ("RebootInstance", &[(Kind::RebootInstance, "web", "ann", "")]),
    ("ReleaseStaticIp", &[(Kind::ReleaseStaticIp, "site", "ann", "172.27.*")]),
    ("RemoveImage", &[(Kind::RemoveImage, "ubuntu_24_04", "root", "ubuntu_24_04-000000000000")]),
    ("ResizeInstance", &[(Kind::ResizeInstance, "web", "ann", "nano_3_0 -> small_3_0")]),
    (
        "RollBackInstance",
        &[
            (Kind::RollBackInstance, "web", "ann", "back to first, the present is kept as kept"),
            (Kind::RollBackInstance, "kept", "root", "back to first, the present is kept as kept"),
            (Kind::RollBackInstance, "data", "ann", "back to first"),
        ],
    ),
    ("SetIpAddressType", &[(Kind::SetIpAddressType, "web", "ann", "dualstack -> ipv4")]),
    ("StartInstance", &[(Kind::StartInstance, "web", "ann", "public address 172.27.*")]),
    ("StopInstance", &[(Kind::StopInstance, "web", "ann", "public address 172.27.* given back")]),
    ("TagResource", &[(Kind::TagResource, "web", "ann", "tag role: web")]),
    ("UnpublishPort", &[(Kind::UnpublishPort, "web", "ann", "28480:80/tcp closed")]),
    ("UntagResource", &[(Kind::UntagResource, "web", "ann", "tag role taken off")]),
    (
        "UpdateInstanceMetadataOptions",
        &[(Kind::UpdateInstanceMetadataOptions, "web", "ann", "hop limit 1 -> 2")],
    ),
    ("UploadSnapshot", &[(Kind::ImportSnapshot, "moved", "root", "of moved")]),
];
