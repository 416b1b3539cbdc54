//! What an instance is called in EC2's words. Pure: the same instance has the same names for its whole life.

use std::{ffi::OsStr, path::Path};

use sha2::{Digest as _, Sha256};

use crate::{
    model::{DOMAIN, Instance, Place, mac_of},
    verbs::Metadata,
};

/// Its name in full, as it calls itself.
pub(super) fn host_name(instance: &Instance) -> String {
    format!("{}.{DOMAIN}", instance.name.host_name())
}

/// The address of its network interface, in colon notation.
pub(super) fn mac(instance: &Instance) -> String {
    mac_of(instance.id).map(|byte| format!("{byte:02x}")).join(":")
}

/// The image that its disk stands on: another one when the blueprint has got a newer image.
pub(super) fn image_id(instance: &Instance) -> String {
    let image = instance.base().and_then(Path::file_stem).and_then(OsStr::to_str);
    id("ami", &[image.unwrap_or(&instance.blueprint_id)])
}

/// Its network interface.
pub(super) fn interface_id(instance: &Instance) -> String {
    id("eni", &[&instance.id.to_string()])
}

/// The order that it came from. Each instance has its own.
pub(super) fn reservation_id(instance: &Instance) -> String {
    id("r", &[&instance.id.to_string()])
}

/// The range of private addresses, which all instances of the host share.
pub(super) fn subnet_id(told: &Metadata) -> String {
    id("subnet", &[&told.place.account, &told.place.zone, &told.subnet.to_string()])
}

/// The network around that range.
pub(super) fn vpc_id(place: &Place) -> String {
    id("vpc", &[&place.account, &place.region])
}

/// The zone's id as AWS forms it: `use1-az1` for `us-east-1a`.
pub(super) fn zone_id(place: &Place) -> String {
    let mut words = place.region.split('-');
    let mut word = || words.next().unwrap_or_default();
    let (area, side, number) = (word(), word(), word());
    let side = match side {
        "northeast" => "ne",
        "northwest" => "nw",
        "southeast" => "se",
        "southwest" => "sw",
        _ => side.get(..1).unwrap_or_default(),
    };
    let letter = place.zone.strip_prefix(place.region.as_str()).and_then(|rest| rest.bytes().next());
    let zone = letter.filter(u8::is_ascii_lowercase).map_or(1, |letter| letter - b'a' + 1);
    format!("{area}{side}{number}-az{zone}")
}

/// EC2's instance identity document. Nobody signs it: there is no Amazon here to vouch for it.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html>
pub(super) fn document(told: &Metadata) -> String {
    let Metadata { instance, place, .. } = told;
    let document = serde_json::json!({
        "accountId": place.account,
        "architecture": "x86_64",
        "availabilityZone": place.zone,
        "billingProducts": null,
        "devpayProductCodes": null,
        "imageId": image_id(instance),
        "instanceId": instance.id.guest(),
        "instanceType": instance.bundle_id,
        "kernelId": null,
        "marketplaceProductCodes": null,
        "pendingTime": instance.created_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "privateIp": instance.private_ip.to_string(),
        "ramdiskId": null,
        "region": place.region,
        "version": "2017-09-30",
    });
    format!("{document:#}")
}

/// An id in EC2's form, a prefix and seventeen hexadecimal digits, that follows from what it stands for.
fn id(prefix: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        // So that no two lists of parts are the same bytes.
        hash.update([0]);
    }
    let mut first = [0; 16];
    first.copy_from_slice(&hash.finalize()[..16]);
    // Seventeen digits are 68 of the 128 bits.
    format!("{prefix}-{:017x}", u128::from_be_bytes(first) >> 60)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::testing;

    #[rstest]
    #[case("us-east-1", "us-east-1a", "use1-az1")]
    #[case("us-west-2", "us-west-2c", "usw2-az3")]
    #[case("eu-central-1", "eu-central-1b", "euc1-az2")]
    #[case("ap-northeast-1", "ap-northeast-1a", "apne1-az1")]
    #[case("ap-southeast-2", "ap-southeast-2a", "apse2-az1")]
    #[case("ap-south-1", "ap-south-1a", "aps1-az1")]
    #[case("odd", "elsewhere", "odd-az1")]
    #[case("", "", "-az1")]
    fn zones_have_ids(#[case] region: &str, #[case] zone: &str, #[case] id: &str) {
        let place = Place { region: region.into(), zone: zone.into(), account: String::new() };
        assert_eq!(zone_id(&place), id);
    }

    #[test]
    fn ids_follow_from_what_they_stand_for() {
        let web = testing::instance("web");
        assert_eq!(image_id(&web), image_id(&testing::instance("db")));
        assert_ne!(interface_id(&web), interface_id(&testing::instance("db")));
        let waiting = Instance { drives: Vec::new(), ..web.clone() };
        assert_ne!(image_id(&waiting), image_id(&web));
        for id in [image_id(&web), image_id(&waiting), interface_id(&web), reservation_id(&web)] {
            let (_, digits) = id.split_once('-').expect("a prefix");
            assert!(digits.len() == 17 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        }
        assert_ne!(id("x", &["a", "b"]), id("x", &["ab"]));
    }

    #[test]
    fn a_mac_is_shown_as_usual() {
        let mac = mac(&testing::instance("web"));
        assert!(mac.len() == 17 && mac.starts_with("52:54:00:"), "{mac}");
    }
}
