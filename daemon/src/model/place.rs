//! Where the one host says it is.

use super::{Error, Result, shown};

/// The region and zone that the host plays, and the account number in its ARNs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Lightsail region name, such as `us-east-1`.
    pub region: String,
    /// Zone, which begins with the region's name.
    pub zone: String,
    /// Twelve digits.
    pub account: String,
}

/// The regions that Lightsail's clients accept.
const REGIONS: &[&str] = &[
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-north-1",
    "eu-south-2",
    "ca-central-1",
    "ap-east-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "sa-east-1",
];

impl Place {
    /// Whether Lightsail has a region of that name.
    pub fn is_region(name: &str) -> bool {
        REGIONS.contains(&name)
    }

    /// Refuses any other zone than this one.
    pub fn admit_zone(&self, zone: &str) -> Result<()> {
        if zone == self.zone {
            return Ok(());
        }
        let message = format!("Unknown availability zone: {}", shown(zone));
        Err(Error::invalid("availabilityZone", message).tip(format!("this host is {}", self.zone)))
    }

    /// The resource's ARN, in Lightsail's form.
    pub fn arn(&self, resource_type: &str, id: uuid::Uuid) -> String {
        format!("arn:aws:lightsail:{}:{}:{resource_type}/{id}", self.region, self.account)
    }
}
