//! The catalogue files' own types.

use serde::Deserialize;

use super::image::{Bake, Image, Keys, Password};
use crate::model::{self, BlueprintKind, CpuShare, Error, Firmware, PortRange, PortRule, Result};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bundles {
    pub(super) bundle: Vec<Bundle>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bundle {
    id: String,
    name: String,
    instance_type: String,
    cpu_count: u32,
    cpu_baseline_percent: Option<f32>,
    ram_mb: u32,
    disk_gb: u32,
    transfer_gb: u32,
    bandwidth_kbps: Option<u32>,
    price_usd: f32,
    power: i32,
    active: bool,
    supported_platforms: Vec<String>,
}

impl Bundle {
    pub(super) fn into_model(self) -> Result<model::Bundle> {
        let Self {
            id,
            name,
            instance_type,
            cpu_count,
            cpu_baseline_percent,
            ram_mb,
            disk_gb,
            transfer_gb,
            bandwidth_kbps,
            price_usd,
            power,
            active,
            supported_platforms,
        } = self;
        let cpu_baseline = cpu_baseline_percent.map(|percent| baseline(&id, percent)).transpose()?;
        Ok(model::Bundle {
            id,
            name,
            instance_type,
            cpu_count,
            cpu_baseline,
            ram_mb,
            disk_gb,
            transfer_gb,
            bandwidth_kbps,
            price_usd,
            power,
            active,
            supported_platforms,
        })
    }
}

fn baseline(id: &str, percent: f32) -> Result<CpuShare> {
    CpuShare::of_percent(percent).ok_or_else(|| {
        Error::internal(format!("bundle {id}: cpu_baseline_percent {percent} must be from 1 to 100"))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Blueprint {
    pub(super) id: String,
    name: String,
    group: String,
    r#type: Type,
    platform: String,
    version: String,
    version_code: String,
    description: String,
    user: String,
    firmware: FirmwareWord,
    min_power: i32,
    active: bool,
    product_url: String,
    license_url: String,
    image: Image,
    bake: Option<Bake>,
    password: Option<Password>,
    #[serde(default)]
    first_boot: FirstBoot,
    ports: Vec<Port>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstBoot {
    /// Cloud-config.
    trim: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    Os,
    App,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum FirmwareWord {
    Bios,
    Uefi,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Port {
    from: u16,
    to: u16,
    protocol: String,
}

impl Blueprint {
    pub(super) fn into_model(self, keys: &Keys) -> Result<model::Blueprint> {
        let Self {
            id,
            name,
            group,
            r#type,
            platform,
            version,
            version_code,
            description,
            user,
            firmware,
            min_power,
            active,
            product_url,
            license_url,
            image,
            bake,
            password,
            first_boot,
            ports,
        } = self;
        Ok(model::Blueprint {
            kind: match r#type {
                Type::Os => BlueprintKind::Os,
                Type::App => BlueprintKind::App,
            },
            firmware: match firmware {
                FirmwareWord::Bios => Firmware::Bios,
                FirmwareWord::Uefi => Firmware::Uefi,
            },
            source: image.into_model(bake, keys)?,
            password: password.map(Password::into_model),
            vendor_config: first_boot.trim,
            ports: ports.into_iter().map(Port::into_model).collect::<Result<_>>()?,
            id,
            name,
            group,
            platform,
            version,
            version_code,
            description,
            user,
            min_power,
            active,
            product_url,
            license_url,
        })
    }
}

impl Port {
    fn into_model(self) -> Result<PortRule> {
        let range = PortRange::parse(self.protocol.parse()?, Some(self.from.into()), Some(self.to.into()))?;
        Ok(PortRule::everybody(range))
    }
}
