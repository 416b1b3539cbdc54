//! Typed identifiers: one cannot be handed over where another is meant.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new one that no other has.
            #[must_use]
            pub fn fresh() -> Self {
                Self(Uuid::new_v4())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// An instance. Its tap, files, domain and firewall chain are named after it, never after the user's name for it.
    InstanceId
);
id!(
    /// An operation.
    OperationId
);
id!(
    /// A key pair.
    KeyPairId
);
id!(
    /// A static address.
    StaticIpId
);
id!(
    /// A disk. That of an instance's system disk is the instance's.
    DiskId
);
id!(
    /// A layer of a disk. Its file is named after it.
    LayerId
);
id!(
    /// A snapshot.
    SnapshotId
);
id!(
    /// An alarm.
    AlarmId
);
id!(
    /// A contact method.
    ContactId
);
id!(
    /// A notice on its way to somebody.
    LetterId
);
id!(
    /// One installation of the daemon. All that it makes is tagged with it, so that two daemons on one host keep apart.
    HostId
);

impl InstanceId {
    /// The eight hexadecimal digits that fit in an interface name.
    pub fn short(&self) -> String {
        self.0.simple().to_string()[..8].to_owned()
    }

    /// The tap's interface name, within the kernel's 15 characters.
    pub fn tap(&self) -> String {
        format!("slp-{}", self.short())
    }

    /// The libvirt domain's name.
    pub fn domain(&self) -> String {
        format!("sloop-{}", self.0)
    }

    /// Its system disk.
    pub fn system_disk(&self) -> DiskId {
        DiskId(self.0)
    }

    /// What the guest knows itself by, in EC2's form: `i-` and seventeen hexadecimal digits.
    pub fn guest(&self) -> String {
        format!("i-{}", &self.0.simple().to_string()[..17])
    }
}
